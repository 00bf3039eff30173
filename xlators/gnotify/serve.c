/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Readers: what they ask by the ipc operation is queued, and answered by one thread. A
 * fetch that finds nothing stays until there is something, its time is over, or it is
 * cancelled. Nothing is asked of the thread that brings a request but to queue it, and
 * nothing is answered under a lock: an answer to a client that is gone comes back here.
 */
#include "xlators/gnotify/gnotify.h"

#include <errno.h>
#include <inttypes.h>

#include <glusterfs/client_t.h>

enum {
    HELD_MAX = 1024,     /* requests, of all clients */
    HELD_OF_CLIENT = 128,
    SLICE = 4 << 20,     /* bytes of the journal that are looked at in a row for one */
    PLACES = 64,
    PLACE_AGE_S = 30,
    HELLO_PATIENCE_MS = 20000,
};
#define UNREAD_AGAIN 50000000ull /* ns */

struct request {
    struct request *next;
    call_frame_t *frame;
    client_t *client; /* to be compared; the frame has a reference */
    struct client *known;
    struct notify_request q; /* its texts are in bytes */
    uint64_t deadline;       /* ns, monotonic */
    uint64_t news;           /* what g->news was when it was looked at */
    struct notify_place place;
    unsigned flags; /* of the answer */
    struct notify_cursor cursor;
    uint64_t pass; /* of the writer, that is to be over; 0: not asked for yet */
    bool placed, looked_at, waits, again, over, gone;
    uint8_t bytes[];
};

/* Where a session's next fetch will probably begin: the file is open already. */
struct kept_place {
    struct client *known;
    uint64_t session, used;
    struct notify_place place;
};

struct server {
    struct gnotify *g;
    uint8_t *buf; /* NOTIFY_REPLY_MAX, and a record */
    struct kept_place places[PLACES];
};

/* ---- answers --------------------------------------------------------------- */

static void
request_free(struct gnotify *g, struct request *r)
{
    if (r->waits)
        atomic_fetch_sub(&g->waiting, 1);
    notify_place_close(&r->place);
    GF_FREE(r);
}

/* Off the list already. */
static void
fail(struct gnotify *g, struct request *r, int error)
{
    call_frame_t *frame = r->frame;

    unread_add(g, r->known, frame, 0);
    request_free(g, r);
    STACK_UNWIND_STRICT(ipc, frame, -1, error, NULL);
}

static void
answer(struct gnotify *g, struct request *r, struct notify_reply *reply)
{
    size_t len = NOTIFY_REPLY_HEADER + reply->bytes;
    uint8_t *buf = GF_MALLOC(len, gf_gnotify_mt_reply);
    dict_t *xdata = dict_new();

    if (!buf || !xdata) {
        GF_FREE(buf);
        if (xdata)
            dict_unref(xdata);
        fail(g, r, ENOMEM);
        return;
    }
    reply->flags |= r->flags;
    reply->cursor = r->cursor;
    reply->recording = atomic_load(&g->active) ? atomic_load(&g->recording) : 0;
    reply->now = clock_ns(CLOCK_REALTIME);
    notify_reply_head(reply, buf);
    if (reply->bytes)
        memcpy(buf + NOTIFY_REPLY_HEADER, reply->records, reply->bytes);
    if (dict_set_bin(xdata, (char *)NOTIFY_WIRE_KEY, buf, len)) {
        GF_FREE(buf);
        dict_unref(xdata);
        fail(g, r, ENOMEM);
        return;
    }
    call_frame_t *frame = r->frame;

    unread_add(g, r->known, frame, len);
    request_free(g, r);
    STACK_UNWIND_STRICT(ipc, frame, 0, 0, xdata);
    dict_unref(xdata);
}

/* ---- places ---------------------------------------------------------------- */

static bool
place_take(struct server *s, const struct request *r, uint64_t seq, struct notify_place *place)
{
    for (int i = 0; i < PLACES; i++) {
        struct kept_place *p = &s->places[i];

        if (p->used && p->known == r->known && p->session == r->q.session && p->place.seq == seq) {
            *place = p->place;
            p->used = 0;
            return true;
        }
    }
    return false;
}

static void
places_expire(struct server *s, uint64_t now)
{
    for (int i = 0; i < PLACES; i++) {
        struct kept_place *p = &s->places[i];

        if (p->used && now - p->used > PLACE_AGE_S * 1000000000ull) {
            notify_place_close(&p->place);
            p->used = 0;
        }
    }
}

/* r has no place any more. */
static void
place_keep(struct server *s, struct request *r)
{
    struct kept_place *oldest = &s->places[0];
    uint64_t now = clock_ns(CLOCK_MONOTONIC);

    if (!r->place.open)
        return;
    places_expire(s, now);
    for (int i = 1; i < PLACES; i++) {
        if (s->places[i].used < oldest->used)
            oldest = &s->places[i];
    }
    if (oldest->used)
        notify_place_close(&oldest->place);
    *oldest = (struct kept_place){r->known, r->q.session, now, r->place};
    r->place = (struct notify_place){.seq = r->place.seq};
}

/* What is known of the name that r has goes to its answer: -ENOENT for nothing. */
static int
cursor_find(struct server *s, struct request *r)
{
    char name[NOTIFY_CURSOR_NAME_MAX + 1];
    struct kept_cursor c;

    snprintf(name, sizeof(name), "%.*s", (int)r->q.name_len, r->q.name);
    int err = cursor_load(s->g, name, &c);

    if (!err)
        r->cursor = c.at;
    else if (err == -ENOENT)
        r->flags |= NOTIFY_UNKNOWN;
    return err;
}

/* Where the fetch begins. */
static int
place_find(struct server *s, struct request *r, const struct notify_extent *extent)
{
    uint64_t seq = r->q.seq;
    const uint8_t *id = r->q.id;
    enum notify_from from = r->q.from;

    r->placed = true;
    if (from == NOTIFY_FROM_TIME) {
        bool overtaken;

        notify_journal_seek(s->g->journal, &r->place, seq, &overtaken);
        r->flags |= overtaken ? NOTIFY_OVERTAKEN : 0;
        return 0;
    }
    if (from == NOTIFY_FROM_NAME) {
        int err = cursor_find(s, r);

        if (err && err != -ENOENT)
            return err;
        from = err ? NOTIFY_FROM_NOW : NOTIFY_FROM_SEQ;
        id = r->cursor.id;
        seq = r->cursor.seq;
    }
    if (from == NOTIFY_FROM_SEQ &&
        (memcmp(id, extent->id, NOTIFY_ID_SIZE) != 0 || seq > extent->next)) {
        r->flags |= NOTIFY_OTHER;
        from = NOTIFY_FROM_OLDEST;
    }
    if (from == NOTIFY_FROM_OLDEST)
        seq = extent->oldest;
    else if (from == NOTIFY_FROM_NOW)
        seq = extent->next;
    if (!place_take(s, r, seq, &r->place))
        r->place = (struct notify_place){.seq = seq};
    return 0;
}

/* ---- a fetch ---------------------------------------------------------------- */

struct collected {
    const struct notify_request *q;
    uint8_t *buf;
    uint32_t len, count;
    bool full;
};

static bool
is_below(const struct notify_name *name, const char *filter, size_t len)
{
    if (len && filter[len - 1] == '/')
        len--;
    return name->len >= len && !memcmp(name->path, filter, len) &&
           (name->len == len || name->path[len] == '/');
}

static bool
is_wanted(const struct notify_request *q, const struct notify_record *r)
{
    if (r->op >= NOTIFY_OPS)
        return true;
    if (!(q->ops & (1ull << r->op)))
        return false;
    if (!q->filter_len || !(r->flags & NOTIFY_HAS_NAME) || (r->flags & NOTIFY_NAME_ONLY) ||
        is_below(&r->name, q->filter, q->filter_len))
        return true;
    return (r->flags & NOTIFY_HAS_TO) && ((r->flags & NOTIFY_TO_NAME_ONLY) ||
                                          is_below(&r->to, q->filter, q->filter_len));
}

static bool
collect(const struct notify_record *r, void *arg)
{
    struct collected *c = arg;
    uint32_t limit = c->q->limit ? c->q->limit : NOTIFY_REPLY_MAX;

    if (!is_wanted(c->q, r))
        return true;
    ssize_t len = notify_record_encode(r, c->buf + c->len, NOTIFY_REPLY_MAX + NOTIFY_RECORD_MAX - c->len);

    if (len < 0 || (c->count && c->len + (size_t)len > limit)) {
        c->full = true;
        return false;
    }
    c->len += (uint32_t)len;
    c->count++;
    return true;
}

enum outcome { ANSWERED, WAITS };

/* The journal is open. Or -errno. */
static int
fetch_from(struct server *s, struct request *r, struct notify_reply *reply)
{
    struct gnotify *g = s->g;
    struct collected c = {.q = &r->q, .buf = s->buf};
    bool overtaken = false;

    notify_journal_extent(g->journal, &reply->extent);
    int err = r->placed ? 0 : place_find(s, r, &reply->extent);
    uint64_t before = r->place.seq;

    if (!err)
        err = notify_journal_read(g->journal, &r->place, SLICE, &overtaken, collect, &c);
    if (err)
        return err;
    notify_journal_extent(g->journal, &reply->extent);
    if (overtaken)
        r->flags |= NOTIFY_OVERTAKEN;
    if (c.full)
        reply->flags |= NOTIFY_MORE;
    reply->next = r->place.seq;
    reply->count = c.count;
    reply->bytes = c.len;
    reply->records = s->buf;
    r->again = r->place.seq != before; /* there may be more of it */
    bool ends = c.count || r->flags || !r->q.wait || r->over;

    return ends && !(r->again && !c.count && !r->flags && !r->over) ? ANSWERED : WAITS;
}

/* For the status. */
static void
say_seen(struct gnotify *g, const struct request *r)
{
    struct session seen = {.known = r->known, .number = r->q.session, .next = r->place.seq,
                           .asked = clock_ns(CLOCK_MONOTONIC)};

    if (!r->known || !r->q.session)
        return;
    snprintf(seen.name, sizeof(seen.name), "%.*s", (int)r->q.name_len, r->q.name);
    session_seen(g, &seen, r->client && r->client->client_uid ? r->client->client_uid : "");
}

static enum outcome
fetch(struct server *s, struct request *r)
{
    struct gnotify *g = s->g;
    struct notify_reply reply = {0};
    int outcome;

    pthread_rwlock_rdlock(&g->journal_lock);
    if (g->journal) {
        outcome = fetch_from(s, r, &reply);
    } else {
        outcome = r->q.wait && !r->over ? WAITS : ANSWERED;
        reply.flags |= NOTIFY_OFF;
        reply.next = r->q.seq;
    }
    pthread_rwlock_unlock(&g->journal_lock);
    say_seen(g, r);
    if (outcome == WAITS)
        return WAITS;
    if (outcome < 0) {
        fail(g, r, -outcome);
        return ANSWERED;
    }
    if (!atomic_load(&g->active))
        reply.flags |= NOTIFY_OFF;
    place_keep(s, r);
    answer(g, r, &reply);
    return ANSWERED;
}

/* ---- the other requests -------------------------------------------------------- */

static void
answer_head(struct server *s, struct request *r)
{
    struct gnotify *g = s->g;
    struct notify_reply reply = {0};

    pthread_rwlock_rdlock(&g->journal_lock);
    if (g->journal)
        notify_journal_extent(g->journal, &reply.extent);
    if (!g->journal || !atomic_load(&g->active))
        reply.flags |= NOTIFY_OFF;
    pthread_rwlock_unlock(&g->journal_lock);
    reply.next = reply.extent.next;
    answer(g, r, &reply);
}

/* Has all been written that was in the ring when r was looked at first? */
static bool
is_written(struct gnotify *g, struct request *r)
{
    if (!r->pass) {
        bool empty = !atomic_load(&g->ring);

        r->pass = atomic_load(&g->passes_begun) + !empty;
    }
    if (atomic_load(&g->passes_over) >= r->pass)
        return true;
    atomic_store(&g->pass_asked, true);
    writer_kick(g);
    return atomic_load(&g->passes_over) >= r->pass;
}

static enum outcome
hello(struct server *s, struct request *r)
{
    if (!is_written(s->g, r)) {
        if (!r->over)
            return WAITS;
        fail(s->g, r, ETIMEDOUT); /* the disk hangs, or the brick ends */
        return ANSWERED;
    }
    int err = r->q.name_len ? cursor_find(s, r) : 0;

    if (err && err != -ENOENT)
        fail(s->g, r, -err);
    else
        answer_head(s, r);
    return ANSWERED;
}

static void
cancel(struct server *s, struct request *r)
{
    struct gnotify *g = s->g;

    pthread_mutex_lock(&g->serve_lock);
    for (struct request *f = g->requests; f; f = f->next) {
        if (f->q.kind == NOTIFY_FETCH && f->client == r->client && f->q.session == r->q.session)
            f->over = true;
    }
    pthread_mutex_unlock(&g->serve_lock);
    answer_head(s, r);
}

static void
remember(struct server *s, struct request *r)
{
    char name[NOTIFY_CURSOR_NAME_MAX + 1];

    struct kept_cursor c = {.at = {.seq = r->q.seq, .acked = clock_ns(CLOCK_REALTIME)}};

    snprintf(name, sizeof(name), "%.*s", (int)r->q.name_len, r->q.name);
    memcpy(c.at.id, r->q.id, sizeof(c.at.id));
    client_host(r->client && r->client->client_uid ? r->client->client_uid : "", c.host);
    int err = r->q.kind == NOTIFY_ACK ? cursor_store(s->g, name, &c) : cursor_forget(s->g, name);

    if (!err && r->q.kind == NOTIFY_ACK)
        r->cursor = c.at;

    if (err == -ENOENT && r->q.kind == NOTIFY_FORGET)
        r->flags |= NOTIFY_UNKNOWN;
    else if (err) {
        fail(s->g, r, -err);
        return;
    }
    answer_head(s, r);
}

static enum outcome
work(struct server *s, struct request *r)
{
    switch (r->q.kind) {
    case NOTIFY_FETCH:
        return fetch(s, r);
    case NOTIFY_CANCEL:
        cancel(s, r);
        return ANSWERED;
    case NOTIFY_ACK:
    case NOTIFY_FORGET:
        remember(s, r);
        return ANSWERED;
    default:
        return hello(s, r);
    }
}

/* ---- the thread ------------------------------------------------------------------ */

/* Is r to wait, whatever it asks for, until its client takes what it was answered? When that is
 * looked at again goes to *wake. */
static bool
is_blocked(struct gnotify *g, struct request *r, uint64_t now, uint64_t *wake)
{
    if (g->server_stops || !unread_is_full(r->known, r->frame))
        return false;
    *wake = now + UNREAD_AGAIN < *wake ? now + UNREAD_AGAIN : *wake;
    return true;
}

/* Under the lock: one that there is something to do for, off the list. */
static struct request *
next_request(struct gnotify *g, uint64_t now, uint64_t *wake)
{
    for (struct request **at = &g->requests; *at; at = &(*at)->next) {
        struct request *r = *at;

        if (g->server_stops || now >= r->deadline)
            r->over = true;
        if (is_blocked(g, r, now, wake))
            continue;
        if (!r->looked_at || r->again || r->over || r->news != g->news) {
            *at = r->next;
            if (!r->next)
                g->requests_end = at;
            r->next = NULL;
            return r;
        }
        *wake = r->deadline < *wake ? r->deadline : *wake;
    }
    return NULL;
}

static void
wait_for_requests(struct gnotify *g, uint64_t wake)
{
    struct timespec t = {.tv_sec = (time_t)(wake / 1000000000u),
                         .tv_nsec = (long)(wake % 1000000000u)};

    pthread_cond_timedwait(&g->serve_cond, &g->serve_lock, &t);
}

/* Without the lock: r was looked at and finds nothing yet. */
static void
hold(struct gnotify *g, struct request *r)
{
    if (!r->waits && r->q.kind == NOTIFY_FETCH) {
        r->waits = true;
        atomic_fetch_add(&g->waiting, 1);
    }
    pthread_mutex_lock(&g->serve_lock);
    g->at_work = NULL;
    if (!r->gone) {
        *g->requests_end = r;
        g->requests_end = &r->next;
        r = NULL;
    } else {
        g->held--;
    }
    pthread_mutex_unlock(&g->serve_lock);
    if (r)
        fail(g, r, ENOTCONN);
}

static void *
serve_run(void *arg)
{
    struct server *s = arg;
    struct gnotify *g = s->g;

    THIS = g->xl;
    pthread_mutex_lock(&g->serve_lock);
    while (!g->server_stops || g->requests) {
        uint64_t now = clock_ns(CLOCK_MONOTONIC), wake = now + PLACE_AGE_S * 1000000000ull;
        struct request *r = next_request(g, now, &wake);

        if (!r) {
            wait_for_requests(g, wake);
            places_expire(s, clock_ns(CLOCK_MONOTONIC));
            continue;
        }
        g->at_work = r;
        r->news = g->news;
        r->looked_at = true;
        r->again = false;
        pthread_mutex_unlock(&g->serve_lock);
        bool answered = work(s, r) == ANSWERED;

        if (!answered)
            hold(g, r);
        pthread_mutex_lock(&g->serve_lock);
        if (answered) {
            g->at_work = NULL;
            g->held--;
            g->answered++;
        }
    }
    pthread_mutex_unlock(&g->serve_lock);
    for (int i = 0; i < PLACES; i++) {
        if (s->places[i].used)
            notify_place_close(&s->places[i].place);
    }
    free(s->buf);
    free(s);
    return NULL;
}

void
serve_news(struct gnotify *g)
{
    pthread_mutex_lock(&g->serve_lock);
    g->news++;
    if (g->requests || g->at_work)
        pthread_cond_signal(&g->serve_cond);
    pthread_mutex_unlock(&g->serve_lock);
}

int
serve_start(struct gnotify *g)
{
    struct server *s = calloc(1, sizeof(*s));

    if (!s)
        return -ENOMEM;
    s->g = g;
    s->buf = malloc(NOTIFY_REPLY_MAX + NOTIFY_RECORD_MAX);
    int err = s->buf ? gf_thread_create(&g->server, NULL, serve_run, s, "gnserve") : ENOMEM;

    if (err) {
        free(s->buf);
        free(s);
        return err < 0 ? err : -err;
    }
    g->server_runs = true;
    return 0;
}

void
serve_stop(struct gnotify *g)
{
    pthread_mutex_lock(&g->serve_lock);
    g->server_stops = true;
    bool runs = g->server_runs;

    g->server_runs = false;
    pthread_cond_broadcast(&g->serve_cond);
    pthread_mutex_unlock(&g->serve_lock);
    if (runs)
        pthread_join(g->server, NULL);
}

/* ---- the threads that bring requests ------------------------------------------------ */

static struct request *
request_new(call_frame_t *frame, const data_t *data)
{
    struct request *r = GF_CALLOC(1, sizeof(*r) + (size_t)data->len, gf_gnotify_mt_request);

    if (!r)
        return NULL;
    memcpy(r->bytes, data->data, (size_t)data->len);
    r->frame = frame;
    r->client = frame->root->client;
    return r;
}

/* Of what a client sends that is none of ours one line is enough. */
static void
complain(struct gnotify *g, struct client *known, const client_t *client, const char *what)
{
    pthread_mutex_lock(&g->serve_lock);
    bool first = !known || !known->warned;

    g->refused++;
    if (known)
        known->warned = true;
    pthread_mutex_unlock(&g->serve_lock);
    if (first)
        gf_log(g->xl->name, GF_LOG_WARNING, "refused to %s: %s",
               client && client->client_uid ? client->client_uid : "a client", what);
}

/* 0 where it was queued; else errno. */
static int
take(struct gnotify *g, struct request *r)
{
    int err = 0;

    pthread_mutex_lock(&g->serve_lock);
    unsigned of_client = g->at_work && g->at_work->client == r->client;

    for (const struct request *o = g->requests; o; o = o->next)
        of_client += o->client == r->client;
    if (!g->server_runs)
        err = ESHUTDOWN;
    else if (r->known && r->known->gone) /* it was under way here when its client went */
        err = ENOTCONN;
    else if (g->held >= HELD_MAX || of_client >= HELD_OF_CLIENT)
        err = EAGAIN;
    if (!err) {
        g->held++;
        *g->requests_end = r;
        g->requests_end = &r->next;
        pthread_cond_signal(&g->serve_cond);
    }
    pthread_mutex_unlock(&g->serve_lock);
    return err;
}

/* Who may ask: root, of a client that mounts all of the volume. */
static const char *
refusal(const call_frame_t *frame)
{
    const client_t *client = frame->root->client;

    if (frame->root->uid)
        return "only root may read what changes";
    if (client && client->subdir_mount)
        return "it mounts a folder of the volume only";
    return NULL;
}

int32_t
gnotify_ipc(call_frame_t *frame, xlator_t *this, int32_t op, dict_t *xdata)
{
    struct gnotify *g = this->private;

    if (op != NOTIFY_IPC)
        return default_ipc(frame, this, op, xdata);
    struct client *known = client_of(g, frame);
    const char *why = refusal(frame);
    data_t *data = xdata ? dict_get(xdata, (char *)NOTIFY_WIRE_KEY) : NULL;
    struct request *r = NULL;
    int err = 0;

    if (why)
        err = EPERM;
    else if (!data || data->len < 1 || data->len > NOTIFY_REQUEST_SIZE_MAX)
        err = EPROTO;
    else if (!(r = request_new(frame, data)))
        err = ENOMEM;
    else
        err = -notify_request_decode(r->bytes, (size_t)data->len, &r->q);
    if (err == EPERM || err == EPROTO)
        complain(g, known, frame->root->client, why ? why : "what it sends is no request");
    if (!err) {
        r->known = known;
        uint64_t wait = r->q.kind == NOTIFY_HELLO ? HELLO_PATIENCE_MS : r->q.wait;

        r->deadline = clock_ns(CLOCK_MONOTONIC) + wait * 1000000u;
        err = take(g, r);
    }
    if (!err)
        return 0;
    GF_FREE(r);
    unread_add(g, known, frame, 0);
    unread_cut_off(g, known, frame); /* it may have as many held as there may be, and refusals are answers, too */
    STACK_UNWIND_STRICT(ipc, frame, -1, err, NULL);
    return 0;
}

int32_t
gnotify_client_disconnect(xlator_t *this, client_t *client)
{
    struct gnotify *g = this->private;
    struct request *theirs = NULL;
    void *known = NULL;

    if (!g)
        return 0;
    client_ctx_get(client, this, &known);
    pthread_mutex_lock(&g->serve_lock);
    if (known) /* for ever: who connects again is another one */
        ((struct client *)known)->gone = true;
    for (struct request **at = &g->requests; *at;) {
        struct request *r = *at;

        if (r->client != client) {
            at = &r->next;
            continue;
        }
        *at = r->next;
        r->next = theirs;
        theirs = r;
        g->held--;
    }
    g->requests_end = &g->requests;
    while (*g->requests_end)
        g->requests_end = &(*g->requests_end)->next;
    if (g->at_work && g->at_work->client == client)
        g->at_work->gone = true;
    pthread_mutex_unlock(&g->serve_lock);
    for (struct request *next; theirs; theirs = next) {
        next = theirs->next;
        fail(g, theirs, ENOTCONN);
    }
    sessions_forget(g, known);
    return 0;
}
