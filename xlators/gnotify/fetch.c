/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A fetch: which records a reader gets.
 */
#include "xlators/gnotify/serve.h"

#include <errno.h>

#include <glusterfs/client_t.h>

int
fetch_cursor(struct server *s, struct request *r)
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
        int err = fetch_cursor(s, r);

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

enum { SLICE = 4 << 20 }; /* bytes of the journal that are looked at in a row for one */

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

void
fetch_seen(struct gnotify *g, const struct request *r, uint64_t next)
{
    struct session seen = {.known = r->known, .number = r->q.session, .next = next,
                           .asked = clock_ns(CLOCK_MONOTONIC)};

    if (!r->known || !r->q.session)
        return;
    snprintf(seen.name, sizeof(seen.name), "%.*s", (int)r->q.name_len, r->q.name);
    session_seen(g, &seen, r->client && r->client->client_uid ? r->client->client_uid : "");
}

enum outcome
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
    fetch_seen(g, r, r->place.seq);
    if (outcome == WAITS)
        return WAITS;
    if (outcome < 0) {
        answer_fail(g, r, -outcome);
        return ANSWERED;
    }
    if (!atomic_load(&g->active))
        reply.flags |= NOTIFY_OFF;
    place_keep(s, r);
    answer_send(g, r, &reply);
    return ANSWERED;
}
