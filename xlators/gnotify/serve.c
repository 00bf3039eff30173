/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Readers' requests are looked at and answered, one after the other. A fetch that finds nothing stays
 * until there is something, its time is over, or it is cancelled. There is a thread for that; but what
 * was only waiting for the writer's news the writer answers itself, where it is little: to wake
 * another thread costs more than the answer.
 */
#include "xlators/gnotify/serve.h"

#include <errno.h>

enum {
    SLEEP_S = 30,
    BY_WRITER = 8, /* requests that it looks at in a row */
};
#define UNREAD_AGAIN 50000000ull /* ns */

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
    answer_send(g, r, &reply);
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
        answer_fail(s->g, r, ETIMEDOUT); /* the disk hangs, or the brick ends */
        return ANSWERED;
    }
    int err = r->q.name_len ? fetch_cursor(s, r) : 0;

    if (err && err != -ENOENT)
        answer_fail(s->g, r, -err);
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
        answer_fail(s->g, r, -err);
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

/* Can the writer look at r? Not where it would wait for the disk, or r is far behind. */
static bool
is_quick(const struct request *r)
{
    return r->looked_at && !r->again &&
           (r->q.kind == NOTIFY_FETCH || (r->q.kind == NOTIFY_HELLO && !r->q.name_len));
}

/* Under the lock: one that there is something to do for, off the list; of the writer's (by_writer) where
 * there is something to do for others *wake becomes 0. */
static struct request *
next_request(struct gnotify *g, bool by_writer, uint64_t now, uint64_t *wake)
{
    for (struct request **at = &g->requests; *at; at = &(*at)->next) {
        struct request *r = *at;

        if (g->server_stops || now >= r->deadline)
            r->over = true;
        if (is_blocked(g, r, now, wake))
            continue;
        if (r->looked_at && !r->again && !r->over && r->news == g->news) {
            *wake = r->deadline < *wake ? r->deadline : *wake;
            continue;
        }
        if (by_writer && !is_quick(r)) {
            *wake = 0;
            continue;
        }
        *at = r->next;
        if (!r->next)
            g->requests_end = at;
        r->next = NULL;
        return r;
    }
    return NULL;
}

/* ---- one request ---------------------------------------------------------------- */

void
serve_waits(struct gnotify *g, struct request *r)
{
    if (r->waits || r->q.kind != NOTIFY_FETCH)
        return;
    r->waits = true;
    atomic_fetch_add(&g->waiting, 1);
    writer_is_followed(g);
}

/* Without the lock: r was looked at and finds nothing yet. */
static void
hold(struct gnotify *g, struct request *r)
{
    serve_waits(g, r);
    pthread_mutex_lock(&g->serve_lock);
    g->at_work = NULL;
    r->again = r->again && r->place.seq != g->end;
    if (!r->gone) {
        *g->requests_end = r;
        g->requests_end = &r->next;
        r = NULL;
    } else {
        g->held--;
    }
    pthread_mutex_unlock(&g->serve_lock);
    if (r)
        answer_fail(g, r, ENOTCONN);
}

/* Under the lock, which is let go meanwhile. */
static void
look_at(struct gnotify *g, struct request *r)
{
    struct server *s = g->serves;

    g->serving = true;
    g->at_work = r;
    r->news = g->news;
    r->looked_at = true;
    r->again = false;
    pthread_mutex_unlock(&g->serve_lock);
    bool answered = work(s, r) == ANSWERED;

    if (!answered)
        hold(g, r);
    pthread_mutex_lock(&g->serve_lock);
    g->serving = false;
    if (answered) {
        g->held--;
        g->answered++;
    }
}

/* ---- the thread ------------------------------------------------------------------ */

/* Under the lock: until there may be something to do, or `wake`. */
static void
sleep_until(struct gnotify *g, uint64_t wake)
{
    struct timespec t = {.tv_sec = (time_t)(wake / 1000000000u),
                         .tv_nsec = (long)(wake % 1000000000u)};

    g->server_wakes = wake;
    pthread_cond_timedwait(&g->serve_cond, &g->serve_lock, &t);
    g->server_wakes = 0;
}

static void *
serve_run(void *arg)
{
    struct gnotify *g = arg;

    THIS = g->xl;
    pthread_mutex_lock(&g->serve_lock);
    while (!g->server_stops || g->requests || g->serving) {
        uint64_t now = clock_ns(CLOCK_MONOTONIC), wake = now + SLEEP_S * 1000000000ull;

        g->server_wants = g->serving;
        if (g->serving) { /* the writer is at it */
            sleep_until(g, wake);
            continue;
        }
        places_expire(g->serves, now);
        struct request *r = next_request(g, false, now, &wake);

        if (r)
            look_at(g, r);
        else
            sleep_until(g, wake);
    }
    struct server *s = TAKE(g->serves);

    pthread_mutex_unlock(&g->serve_lock);
    places_close(s);
    free(s->buf);
    free(s);
    return NULL;
}

/* Under the lock: the writer looks at what waited for its news. */
static void
serve_by_writer(struct gnotify *g)
{
    uint64_t now = clock_ns(CLOCK_MONOTONIC), wake = UINT64_MAX;

    for (unsigned n = 0; n < BY_WRITER; n++) {
        struct request *r = g->server_stops ? NULL : next_request(g, true, now, &wake);

        if (!r)
            break;
        look_at(g, r);
        if (n + 1 == BY_WRITER)
            wake = 0;
    }
    if (g->server_wants || wake < g->server_wakes)
        pthread_cond_signal(&g->serve_cond);
    g->server_wants = false;
}

void
serve_news(struct gnotify *g)
{
    struct notify_extent extent = {0};

    if (g->journal)
        notify_journal_extent(g->journal, &extent);
    pthread_mutex_lock(&g->serve_lock);
    g->news++;
    g->end = extent.next;
    memcpy(g->end_id, extent.id, sizeof(g->end_id));
    if (g->serves && !g->serving && g->requests) /* the thread, if it has one in hand, looks at all */
        serve_by_writer(g);
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
    pthread_mutex_lock(&g->serve_lock); /* for the writer runs */
    g->serves = s;
    pthread_mutex_unlock(&g->serve_lock);
    int err = s->buf ? gf_thread_create(&g->server, NULL, serve_run, g, "gnserve") : ENOMEM;

    if (err) {
        pthread_mutex_lock(&g->serve_lock);
        g->serves = NULL;
        pthread_mutex_unlock(&g->serve_lock);
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
