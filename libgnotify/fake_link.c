/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * See fake_link.h.
 */
#include "libgnotify/fake_link.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/must.h"

enum { BRICKS_MAX = 64, CURSORS = 8, HELD = 64, RUN_BITS = 32 };

struct kept {
    uint64_t seq, written;
    enum notify_op op;
    size_t size;
    uint8_t *bytes;
};

struct held {
    void *cookie;
    struct notify_request q;
    char filter[NOTIFY_PATH_FILTER_MAX + 1];
};

struct fake_brick {
    struct link_brick is;
    bool removed, up, ended, off, overtaken_below;
    int error;
    uint8_t id[NOTIFY_ID_SIZE];
    struct kept *kept;
    size_t count, room, first; /* first: what is before was dropped */
    uint64_t next, begun, dropped; /* dropped: numbers below that are gone */
    uint64_t lost, lost_first, lost_since;
    bool clean;
    uint64_t last_written;
    struct { char name[NOTIFY_CURSOR_NAME_MAX + 1]; struct notify_cursor is; } cursors[CURSORS];
    struct held held[HELD];
    unsigned held_count;
};

struct fake {
    struct link link;
    pthread_mutex_t lock;
    const struct link_events *events;
    void *arg;
    struct fake_brick *bricks[BRICKS_MAX];
    unsigned count, limit;
    uint64_t now, ids;
};

static const struct link_calls calls;

static uint64_t
tick(struct fake *f)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    uint64_t real = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;

    f->now = real > f->now ? real : f->now + 1;
    return f->now;
}

static struct fake_brick *
brick_make(struct fake *f, unsigned set)
{
    struct fake_brick *b = calloc(1, sizeof(*b));
    char name[32];

    MUST(b && f->count < BRICKS_MAX);
    snprintf(name, sizeof(name), "s%u:/b%u", f->count, f->count);
    b->is = (struct link_brick){.number = f->count, .set = set, .name = strdup(name)};
    b->up = true;
    b->begun = tick(f);
    b->next = b->dropped = 1ull << RUN_BITS;
    f->ids++;
    memcpy(b->id, &f->ids, sizeof(f->ids));
    f->bricks[f->count++] = b;
    return b;
}

struct fake *
fake_new(const unsigned *sets, unsigned bricks)
{
    struct fake *f = calloc(1, sizeof(*f));

    MUST(f);
    f->link.calls = &calls;
    f->limit = 100;
    pthread_mutex_init(&f->lock, NULL);
    for (unsigned i = 0; i < bricks; i++)
        brick_make(f, sets[i]);
    return f;
}

static void
journal_drop(struct fake_brick *b)
{
    for (size_t i = b->first; i < b->count; i++)
        free(b->kept[i].bytes);
    free(TAKE(b->kept));
    b->first = b->count = b->room = 0;
}

void
fake_free(struct fake *f)
{
    for (unsigned i = 0; i < f->count; i++) {
        journal_drop(f->bricks[i]);
        free((char *)f->bricks[i]->is.name);
        free(f->bricks[i]);
    }
    pthread_mutex_destroy(&f->lock);
    free(f);
}

/* ---- answers ---------------------------------------------------------------------- */

static void
reply_with(struct fake *f, struct fake_brick *b, void *cookie, struct notify_reply *r)
{
    AUTO_FREE uint8_t *buf = malloc(NOTIFY_REPLY_HEADER + r->bytes);

    MUST(buf);
    r->flags |= b->off ? NOTIFY_OFF : 0;
    r->now = tick(f);
    r->recording = b->off || b->lost ? 0 : b->begun;
    if (!b->off) {
        r->extent = (struct notify_extent){
            .oldest = b->first < b->count ? b->kept[b->first].seq : b->next,
            .next = b->next, .since = b->begun};
        memcpy(r->extent.id, b->id, sizeof(b->id));
    }
    notify_reply_head(r, buf);
    if (r->bytes)
        memcpy(buf + NOTIFY_REPLY_HEADER, r->records, r->bytes);
    f->events->answer(f->arg, cookie, 0, buf, NOTIFY_REPLY_HEADER + r->bytes);
}

static bool
is_below(const struct notify_name *n, const char *filter)
{
    size_t len = strlen(filter);

    return n->len >= len && !memcmp(n->path, filter, len) && (n->len == len || n->path[len] == '/');
}

static bool
is_wanted(const struct kept *k, const struct notify_request *q)
{
    struct notify_record r;

    if (k->op >= NOTIFY_OPS)
        return true;
    if (!(q->ops & 1ull << k->op))
        return false;
    MUST(notify_record_decode(k->bytes, k->size, &r) > 0);
    return !q->filter_len || is_below(&r.name, q->filter);
}

static size_t
find_place(const struct fake_brick *b, const struct notify_request *q, unsigned *flags)
{
    size_t at = b->first;

    if (q->from == NOTIFY_FROM_NOW)
        return b->count;
    if (q->from == NOTIFY_FROM_TIME) {
        while (at < b->count && b->kept[at].written < q->seq)
            at++;
        if (at == b->first && b->first && b->begun > q->seq)
            *flags |= NOTIFY_OVERTAKEN;
        return at;
    }
    if (q->from == NOTIFY_FROM_OLDEST)
        return at;
    if (memcmp(q->id, b->id, sizeof(b->id)) != 0 || q->seq > b->next) {
        *flags |= NOTIFY_OTHER;
        return at;
    }
    if (q->seq < b->dropped)
        *flags |= NOTIFY_OVERTAKEN;
    while (at < b->count && b->kept[at].seq < q->seq)
        at++;
    return at;
}

/* False: it is to wait. */
static bool
fetch(struct fake *f, struct fake_brick *b, void *cookie, const struct notify_request *q, bool over)
{
    struct notify_reply r = {0};
    AUTO_FREE uint8_t *buf = malloc(f->limit * (NOTIFY_RECORD_MAX + 1ul));

    MUST(buf);
    if (b->off) {
        if (q->wait && !over)
            return false;
        r.next = q->seq;
        reply_with(f, b, cookie, &r);
        return true;
    }
    size_t at = find_place(b, q, &r.flags);

    r.records = buf;
    for (; at < b->count && r.count < f->limit; at++) {
        const struct kept *k = &b->kept[at];

        if (!is_wanted(k, q))
            continue;
        memcpy(buf + r.bytes, k->bytes, k->size);
        r.bytes += (uint32_t)k->size;
        r.count++;
    }
    if (!r.count && q->wait && !over && !r.flags)
        return false;
    r.flags |= at < b->count ? NOTIFY_MORE : 0;
    r.next = at < b->count ? b->kept[at].seq : b->next;
    reply_with(f, b, cookie, &r);
    return true;
}

/* Fetches that wait are looked at again; with over[session] they come back. */
static void
news(struct fake *f, struct fake_brick *b, uint64_t cancelled)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < b->held_count; i++) {
        struct held h = b->held[i];

        h.q.filter = h.filter;
        if (f->events && !fetch(f, b, h.cookie, &h.q, cancelled && h.q.session == cancelled))
            b->held[kept++] = h;
    }
    b->held_count = kept;
}

static void
remember(struct fake *f, struct fake_brick *b, const struct notify_request *q)
{
    for (unsigned i = 0; i < CURSORS; i++) {
        char *name = b->cursors[i].name;

        if (*name && (strlen(name) != q->name_len || memcmp(name, q->name, q->name_len) != 0))
            continue;
        if (q->kind == NOTIFY_FORGET) {
            *name = '\0';
            continue;
        }
        memcpy(name, q->name, q->name_len);
        name[q->name_len] = '\0';
        memcpy(b->cursors[i].is.id, q->id, sizeof(q->id));
        b->cursors[i].is.seq = q->seq;
        b->cursors[i].is.acked = tick(f);
        return;
    }
}

static void
find_cursor(const struct fake_brick *b, const struct notify_request *q, struct notify_reply *r)
{
    for (unsigned i = 0; q->name_len && i < CURSORS; i++) {
        if (strlen(b->cursors[i].name) == q->name_len &&
            !memcmp(b->cursors[i].name, q->name, q->name_len)) {
            r->cursor = b->cursors[i].is;
            return;
        }
    }
    r->flags |= q->name_len ? NOTIFY_UNKNOWN : 0;
}

static void
serve(struct fake *f, struct fake_brick *b, const struct notify_request *q, void *cookie)
{
    struct notify_reply r = {.next = b->off ? 0 : b->next};

    switch (q->kind) {
    case NOTIFY_FETCH:
        if (fetch(f, b, cookie, q, false))
            return;
        MUST(b->held_count < HELD);
        struct held *h = &b->held[b->held_count++];

        *h = (struct held){.cookie = cookie, .q = *q};
        if (q->filter_len)
            memcpy(h->filter, q->filter, q->filter_len);
        return;
    case NOTIFY_CANCEL:
        news(f, b, q->session);
        break;
    case NOTIFY_ACK:
    case NOTIFY_FORGET:
        remember(f, b, q);
        break;
    default:
        find_cursor(b, q, &r);
    }
    reply_with(f, b, cookie, &r);
}

/* ---- the link ------------------------------------------------------------------------- */

static int
fake_ask(struct link *link, unsigned brick, const void *bytes, size_t len, void *cookie)
{
    struct fake *f = (struct fake *)link;
    struct notify_request q;
    int err = 0;

    pthread_mutex_lock(&f->lock);
    struct fake_brick *b = f->bricks[brick];

    if (!b->up)
        err = -ENOTCONN;
    else if (b->error)
        f->events->answer(f->arg, cookie, b->error, NULL, 0);
    else if (notify_request_decode(bytes, len, &q))
        f->events->answer(f->arg, cookie, -EPROTO, NULL, 0);
    else
        serve(f, b, &q, cookie);
    pthread_mutex_unlock(&f->lock);
    return err;
}

static int
fake_layout(struct link *link, struct link_layout *l)
{
    struct fake *f = (struct fake *)link;

    pthread_mutex_lock(&f->lock);
    *l = (struct link_layout){.bricks = calloc(f->count, sizeof(*l->bricks))};
    MUST(l->bricks);
    for (unsigned i = 0; i < f->count; i++) {
        if (f->bricks[i]->removed)
            continue;
        l->bricks[l->count] = f->bricks[i]->is;
        l->bricks[l->count++].name = strdup(f->bricks[i]->is.name);
        l->sets = f->bricks[i]->is.set >= l->sets ? f->bricks[i]->is.set + 1 : l->sets;
    }
    pthread_mutex_unlock(&f->lock);
    return 0;
}

static void
fake_close(struct link *link)
{
    struct fake *f = (struct fake *)link;

    pthread_mutex_lock(&f->lock);
    f->events = NULL;
    for (unsigned i = 0; i < f->count; i++)
        f->bricks[i]->held_count = 0;
    pthread_mutex_unlock(&f->lock);
}

static const struct link_calls calls = {fake_ask, fake_layout, fake_close};

/* The real one frees alike. */
void
link_layout_free(struct link_layout *layout)
{
    for (unsigned i = 0; i < layout->count; i++)
        free((char *)layout->bricks[i].name);
    free(layout->bricks);
    *layout = (struct link_layout){0};
}

struct link *
fake_reach(const struct link_events *events, void *events_arg, void *arg)
{
    struct fake *f = arg;

    pthread_mutex_lock(&f->lock);
    MUST(!f->events);
    f->events = events;
    f->arg = events_arg;
    for (unsigned i = 0; i < f->count; i++) {
        if (!f->bricks[i]->removed)
            events->up(events_arg, i, f->bricks[i]->up);
    }
    pthread_mutex_unlock(&f->lock);
    return &f->link;
}

/* ---- what happens ------------------------------------------------------------------------ */

static uint64_t
append(struct fake *f, struct fake_brick *b, const struct notify_record *r)
{
    uint8_t buf[NOTIFY_RECORD_MAX];
    ssize_t len = notify_record_encode(r, buf, sizeof(buf));

    MUST(len > 0);
    if (b->count == b->room) {
        b->room = b->room ? 2 * b->room : 64;
        b->kept = reallocarray(b->kept, b->room, sizeof(*b->kept));
        MUST(b->kept);
    }
    struct kept *k = &b->kept[b->count++];

    *k = (struct kept){.seq = b->next++, .written = tick(f), .op = r->op, .size = (size_t)len,
                       .bytes = malloc((size_t)len)};
    MUST(k->bytes);
    memcpy(k->bytes, buf, (size_t)len);
    notify_record_number(k->bytes, k->seq);
    b->last_written = k->written;
    return k->seq;
}

static void
tell_lost(struct fake *f, struct fake_brick *b)
{
    struct notify_record gap = {.op = NOTIFY_GAP, .flags = NOTIFY_HAS_RANGE, .time = b->lost_since,
                                .offset = b->lost_first, .length = b->lost};

    if (b->lost)
        append(f, b, &gap);
    b->lost = 0;
}

uint64_t
fake_record(struct fake *f, unsigned brick, const struct notify_record *r)
{
    pthread_mutex_lock(&f->lock);
    struct fake_brick *b = f->bricks[brick];

    tell_lost(f, b);
    uint64_t seq = append(f, b, r);

    news(f, b, 0);
    pthread_mutex_unlock(&f->lock);
    return seq;
}

static void
set_up(struct fake *f, struct fake_brick *b, bool up)
{
    if (b->up == up)
        return;
    b->up = up;
    for (unsigned i = 0; i < b->held_count && f->events; i++)
        f->events->answer(f->arg, b->held[i].cookie, -ENOTCONN, NULL, 0);
    b->held_count = 0;
    if (f->events)
        f->events->up(f->arg, b->is.number, up);
}

void
fake_up(struct fake *f, unsigned brick, bool up)
{
    pthread_mutex_lock(&f->lock);
    set_up(f, f->bricks[brick], up);
    pthread_mutex_unlock(&f->lock);
}

bool
fake_is_up(struct fake *f, unsigned brick)
{
    pthread_mutex_lock(&f->lock);
    bool up = f->bricks[brick]->up;

    pthread_mutex_unlock(&f->lock);
    return up;
}

void
fake_stop(struct fake *f, unsigned brick, bool clean)
{
    struct notify_record stop = {.op = NOTIFY_STOP};

    pthread_mutex_lock(&f->lock);
    struct fake_brick *b = f->bricks[brick];

    b->clean = clean;
    if (clean)
        tell_lost(f, b);
    b->lost = 0;
    if (clean) {
        stop.time = tick(f);
        append(f, b, &stop);
        news(f, b, 0);
    }
    set_up(f, b, false);
    pthread_mutex_unlock(&f->lock);
}

static void
begin_run(struct fake *f, struct fake_brick *b)
{
    struct notify_record start = {.op = NOTIFY_START,
                                  .flags = NOTIFY_HAS_RANGE | (b->clean ? NOTIFY_CLEAN : 0),
                                  .time = tick(f),
                                  .offset = b->last_written ? b->last_written : b->begun};

    b->next = ((b->next >> RUN_BITS) + 1) << RUN_BITS;
    append(f, b, &start);
}

void
fake_start(struct fake *f, unsigned brick)
{
    pthread_mutex_lock(&f->lock);
    struct fake_brick *b = f->bricks[brick];

    begin_run(f, b);
    set_up(f, b, true);
    pthread_mutex_unlock(&f->lock);
}

void
fake_lose(struct fake *f, unsigned brick, unsigned count, bool tell)
{
    pthread_mutex_lock(&f->lock);
    struct fake_brick *b = f->bricks[brick];

    if (!b->lost) {
        b->lost_first = b->next;
        b->lost_since = tick(f);
    }
    b->lost += count;
    b->next += count;
    if (tell) {
        tell_lost(f, b);
        news(f, b, 0);
    }
    pthread_mutex_unlock(&f->lock);
}

void
fake_retain(struct fake *f, unsigned brick, unsigned keep)
{
    pthread_mutex_lock(&f->lock);
    struct fake_brick *b = f->bricks[brick];

    while (b->count - b->first > keep) {
        b->dropped = b->kept[b->first].seq + 1;
        b->begun = b->kept[b->first].written;
        free(b->kept[b->first++].bytes);
    }
    pthread_mutex_unlock(&f->lock);
}

void
fake_replace(struct fake *f, unsigned brick)
{
    pthread_mutex_lock(&f->lock);
    struct fake_brick *b = f->bricks[brick];

    journal_drop(b);
    f->ids++;
    memcpy(b->id, &f->ids, sizeof(f->ids));
    memset(b->cursors, 0, sizeof(b->cursors));
    b->begun = tick(f);
    b->last_written = 0;
    b->clean = true;
    b->lost = 0;
    b->next = b->dropped = 1ull << RUN_BITS;
    news(f, b, 0);
    pthread_mutex_unlock(&f->lock);
}

void
fake_refuse(struct fake *f, unsigned brick, int error)
{
    pthread_mutex_lock(&f->lock);
    f->bricks[brick]->error = error;
    pthread_mutex_unlock(&f->lock);
}

void
fake_switch(struct fake *f, unsigned brick, bool on)
{
    pthread_mutex_lock(&f->lock);
    struct fake_brick *b = f->bricks[brick];

    if (on && b->off) {
        b->off = false;
        b->clean = false;
        begin_run(f, b);
    }
    b->off = !on;
    news(f, b, 0);
    pthread_mutex_unlock(&f->lock);
}

void
fake_limit(struct fake *f, unsigned records)
{
    pthread_mutex_lock(&f->lock);
    f->limit = records;
    pthread_mutex_unlock(&f->lock);
}

unsigned
fake_add(struct fake *f, unsigned set)
{
    pthread_mutex_lock(&f->lock);
    const struct fake_brick *b = brick_make(f, set);

    if (f->events) {
        f->events->changed(f->arg);
        f->events->up(f->arg, b->is.number, true);
    }
    pthread_mutex_unlock(&f->lock);
    return b->is.number;
}

void
fake_remove(struct fake *f, unsigned brick)
{
    pthread_mutex_lock(&f->lock);
    set_up(f, f->bricks[brick], false);
    f->bricks[brick]->removed = true;
    if (f->events)
        f->events->changed(f->arg);
    pthread_mutex_unlock(&f->lock);
}

bool
fake_cursor(struct fake *f, unsigned brick, const char *name, uint64_t *seq)
{
    struct notify_request q = {.name = name, .name_len = (uint8_t)strlen(name)};
    struct notify_reply r = {0};

    pthread_mutex_lock(&f->lock);
    find_cursor(f->bricks[brick], &q, &r);
    pthread_mutex_unlock(&f->lock);
    *seq = r.cursor.seq;
    return r.cursor.seq;
}

bool
fake_was_dark(struct fake *f, unsigned brick, uint64_t from, uint64_t to)
{
    bool found = false;

    pthread_mutex_lock(&f->lock);
    const struct fake_brick *b = f->bricks[brick];

    for (size_t i = b->first; i < b->count && !found; i++)
        found = b->kept[i].seq >= from && b->kept[i].seq <= to &&
                (b->kept[i].op == NOTIFY_START || b->kept[i].op == NOTIFY_GAP ||
                 b->kept[i].op == NOTIFY_MISSED);
    pthread_mutex_unlock(&f->lock);
    return found;
}

uint64_t
fake_next(struct fake *f, unsigned brick)
{
    pthread_mutex_lock(&f->lock);
    uint64_t next = f->bricks[brick]->next;

    pthread_mutex_unlock(&f->lock);
    return next;
}

uint64_t
fake_now(struct fake *f)
{
    pthread_mutex_lock(&f->lock);
    uint64_t now = tick(f);

    pthread_mutex_unlock(&f->lock);
    return now;
}

void
fake_pass(struct fake *f, uint64_t ns)
{
    pthread_mutex_lock(&f->lock);
    f->now += ns;
    pthread_mutex_unlock(&f->lock);
}

unsigned
fake_held(struct fake *f)
{
    unsigned held = 0;

    pthread_mutex_lock(&f->lock);
    for (unsigned i = 0; i < f->count; i++)
        held += f->bricks[i]->held_count;
    pthread_mutex_unlock(&f->lock);
    return held;
}
