/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * From the stream into the program's buffer.
 */
#include "libgnotify/api.h"

#include <errno.h>
#include <sys/eventfd.h>

#include "common/clock.h"
#include "common/strbuf.h"

enum {
    ACK_EVERY = 10000, /* ms: how often what no watch wants is acknowledged, */
    LOOK_EVERY = 1000, /* and files are looked for that may be elsewhere */
    AT_ONCE = 100,     /* what a read without waiting may take */
};

/* ---- one event ------------------------------------------------------------- */

/* Into the buffer, or, when that is full, to what waits. */
int
api_add(struct gnotify *g, const struct pack_parts *parts)
{
    size_t size = pack_size(parts);
    struct pack *p = g->pack;

    if (!g->first && size <= p->size - p->used) {
        pack_write(parts, p->buf + p->used);
        p->used += size;
        g->given = parts->event.number;
        return 0;
    }
    struct waiting *w = malloc(offsetof(struct waiting, event) + size);

    if (!w)
        return -ENOMEM;
    w->next = NULL;
    pack_write(parts, &w->event);
    *g->end = w;
    g->end = &w->next;
    return 0;
}

static void
fill_actor(struct gnotify_event *e, const struct notify_record *r)
{
    if (!(r->flags & NOTIFY_HAS_ACTOR))
        return;
    e->flags |= GNOTIFY_HAS_ACTOR;
    e->pid = r->pid;
    e->uid = r->uid;
    e->gid = r->gid;
}

int
api_take(void *arg, const struct notify_record *r, const struct watch_event *e)
{
    struct gnotify *g = arg;
    const char *client = g->current ? g->current->client : NULL;
    uint64_t number = api_number(g);
    struct pack_parts parts = {
        .event = {.wd = e->wd, .mask = e->mask, .cookie = e->cookie, .flags = e->flags,
                  /* all of a change is done with when its last event is */
                  .number = e->more && number ? number - 1 : number},
        .path = e->path, .path_len = e->path_len, .name = e->name, .name_len = e->name_len,
    };
    struct gnotify_event *event = &parts.event;

    if (!r || e->mask & GNOTIFY_IGNORED)
        return api_add(g, &parts);
    event->time = r->time;
    memcpy(event->gfid, r->gfid, sizeof(event->gfid));
    if (e->parent)
        memcpy(event->parent, e->parent, sizeof(event->parent));
    if (e->flags & GNOTIFY_HAS_RANGE) {
        event->offset = r->offset;
        event->length = r->length;
    }
    fill_actor(event, r);
    if (r->flags & NOTIFY_HAS_DETAIL && r->op != NOTIFY_MISSED) {
        parts.detail = r->detail;
        parts.detail_len = r->detail_len;
    }
    parts.client = client;
    parts.client_len = client ? strlen(client) : 0;
    return api_add(g, &parts);
}

static int
take_gap(struct gnotify *g, const struct stream_event *s)
{
    static const char *const reasons[] = {
        [STREAM_RETENTION] = "its journal does not reach back so far",
        [STREAM_CRASH] = "it ended without writing its last records",
        [STREAM_OVERFLOW] = "it had no room for records",
        [STREAM_AWAY] = "it was down, or recorded nothing, and no copy of it can be read",
        [STREAM_LOST] = "its journal is another one",
    };
    const char *reason = (size_t)s->why < ARRAY_SIZE(reasons) ? reasons[s->why] : "?";
    AUTO_STRBUF struct strbuf detail = STRBUF_INIT;

    g->lost = true;
    strbuf_fmt(&detail, "%s%s%s", s->brick ? s->brick : "", s->brick ? ": " : "", reason);
    if (strbuf_failed(&detail) || api_fill_gap(g, s))
        return -ENOMEM;
    return api_add(g, &(struct pack_parts){
        .event = {.wd = -1, .mask = GNOTIFY_GAP, .number = api_number(g), .from = s->from, .to = s->to},
        .detail = detail.data, .detail_len = detail.len});
}

static int
convert(struct gnotify *g, const struct stream_event *s)
{
    int ret = -EPROTO;

    g->current = s;
    g->seen = s->number;
    switch (s->kind) {
    case STREAM_CHANGE:
    case STREAM_SYNTHETIC:
        ret = watches_apply(&g->watches, s->record, s->kind == STREAM_SYNTHETIC, api_take, g);
        watches_sweep(&g->watches);
        if (!ret)
            ret = api_fill_renamed(g, s->record);
        break;
    case STREAM_GAP:
        ret = take_gap(g, s);
        break;
    case STREAM_CAUGHT_UP:
        ret = api_add(g, &(struct pack_parts){
            .event = {.wd = -1, .mask = GNOTIFY_CAUGHT_UP, .number = api_number(g)}});
        break;
    }
    g->current = NULL;
    return ret;
}

/* ---- where files are ------------------------------------------------------- */

/* A watch whose file may be elsewhere: what it was renamed to is not known. */
static int
find_watch(struct gnotify *g, struct watch *w)
{
    AUTO(name_free) struct name now = {0};
    int ret = name_of(g->link, w->gfid, w->depth > 1 ? w->chain[w->depth - 2] : watch_root,
                      strrchr(w->path, '/') + 1, &now);

    if (ret == -ENOENT)
        return watch_lost(&g->watches, w, api_take, g);
    if (ret == -ENOMEM)
        return ret;
    if (ret == -ENODATA) { /* it goes by its gfid, and the next rename tells the name */
        w->stale = false;
        return 0;
    }
    if (ret) { /* bricks are away: later again */
        w->stale = g->watches.stale = true;
        return 0;
    }
    if (strcmp(now.path, w->path) != 0)
        return watch_rename(&g->watches, w, now.path, strlen(now.path),
                            (const uint8_t(*)[WATCH_GFID])now.chain, now.depth);
    w->stale = false;
    return 0;
}

static int
find_again(struct gnotify *g)
{
    int64_t now = now_ms();
    bool all = g->lost;
    int ret = 0;

    if (now < g->look_due)
        return 0;
    g->look_due = now + LOOK_EVERY;
    g->lost = g->watches.stale = false;
    for (struct watch *w = g->watches.first; w && !ret; w = w->next) {
        if (!w->gone && w->depth && (all || w->stale))
            ret = find_watch(g, w);
    }
    watches_sweep(&g->watches);
    return ret;
}

/* ---- reading --------------------------------------------------------------- */

static void
give_waiting(struct gnotify *g, struct pack *p)
{
    for (struct waiting *w; (w = g->first) && w->event.size <= p->size - p->used;) {
        pack_copy(&w->event, p->buf + p->used);
        p->used += w->event.size;
        g->given = w->event.number;
        g->first = w->next;
        free(w);
    }
    if (!g->first)
        g->end = &g->first;
}

void
api_forget_waiting(struct gnotify *g)
{
    for (struct waiting *w; (w = g->first); free(w))
        g->first = w->next;
    g->end = &g->first;
}

void
api_signal(struct gnotify *g)
{
    bool on = g->first || g->interrupted || g->failed || api_fill_wants(g) ||
              (g->filling.job && fill_is_ready(g->filling.job));
    uint64_t value = 1;

    if (on == g->signalled)
        return;
    /* it cannot fail: the counter is 0 or 1 */
    if ((on ? write(g->signal_fd, &value, sizeof(value))
            : read(g->signal_fd, &value, sizeof(value))) < 0)
        return;
    g->signalled = on;
}

/* What was read and no watch wants need not be read again, whatever becomes of this
 * program: else the journals would drop it one day, and that would be a gap. */
static void
ack_unwanted(struct gnotify *g)
{
    if (!g->has_cursor || !g->watches.count || g->first || g->given > g->acked ||
        g->seen <= g->stream_acked || api_is_held(g))
        return;
    int64_t now = now_ms();

    if (now < g->ack_due)
        return;
    g->ack_due = now + ACK_EVERY;
    if (!stream_ack(g->stream, g->seen)) {
        g->stream_acked = g->seen;
        g->acked = api_number(g);
    }
}

/* How long to wait for one more event: -1 for ever. */
static int
remaining(const struct pack *p, int timeout, int64_t deadline)
{
    if (p->used || !timeout)
        return 0;
    if (timeout < 0)
        return -1;
    int64_t left = deadline - now_ms();

    return left > 0 ? (int)left : 0;
}

/* Begins a crawl that is wanted. */
static int
begin_crawl(struct gnotify *g)
{
    int ret = 0;

    if (g->lost) {
        g->look_due = 0;
        ret = find_again(g);
    }
    return ret ? ret : api_fill_begin(g);
}

/* One event of the stream, waiting for it so long. 1; 0: there is none yet; -errno. */
static int
read_event(struct gnotify *g, int wait)
{
    struct stream_event event;
    int ret = stream_read(g->stream, wait, &event);

    if (ret == -EINTR && !atomic_exchange(&g->woken, false))
        return 1; /* a crawl has found something */
    if (ret > 0)
        ret = convert(g, &event);
    else if (ret < 0)
        return ret;
    else
        return 0;
    if (!ret && (g->lost || g->watches.stale))
        ret = find_again(g);
    return ret ? ret : 1;
}

/* Reads the stream, and what a crawl finds, until the buffer is full, or has something and there is
 * no more. 0 or -errno, which is to be told when the buffer is empty. */
static int
read_stream(struct gnotify *g, struct pack *p, int timeout)
{
    /* events that no watch wants must not hold up a read that is not to wait */
    int64_t deadline = now_ms() + (timeout > 0 ? timeout : AT_ONCE);

    for (;;) {
        int found = api_fill_read(g);
        int left = found || api_fill_wants(g) ? 0 : remaining(p, timeout, deadline);
        int wait = g->has_cursor && (left < 0 || left > ACK_EVERY) ? ACK_EVERY : left;
        int ret = found < 0 ? found : g->first ? 1 : read_event(g, wait);
        bool none = !ret && !found;

        if (ret >= 0 && !g->first && (api_fill_is_due(g) || (none && api_fill_wants(g)))) {
            ret = begin_crawl(g);
            none = false;
        }
        if (ret < 0 || (none && wait == left))
            return ret;
        if (none) {
            ack_unwanted(g);
            ret = g->lost || g->watches.stale ? find_again(g) : 0;
        }
        if (ret < 0)
            return ret;
        if (g->first || (timeout >= 0 && !p->used && now_ms() >= deadline))
            return 0;
    }
}

static const char *
why_over(int error)
{
    switch (error) {
    case EPERM:
        return "the bricks refuse this reader: only root of a client that may mount the whole "
               "volume is let in";
    case ENOMEM:
        return "out of memory: an event could not be kept";
    default:
        return strerror(error);
    }
}

ssize_t
api_read(struct gnotify *g, void *buf, size_t size, int timeout)
{
    struct pack p = {.buf = buf, .size = size};

    give_waiting(g, &p);
    if (!g->first && !g->interrupted && !g->failed) {
        g->pack = &p;
        int ret = read_stream(g, &p, timeout);

        g->pack = NULL;
        if (ret == -EINTR)
            g->interrupted = true;
        else
            g->failed = ret;
        ack_unwanted(g);
    }
    ssize_t given = (ssize_t)p.used;

    if (!given && g->first) {
        given = api_fail(g, -EINVAL, "the buffer has %zu bytes, and the next event needs %u: "
                         "GNOTIFY_EVENT_MAX always suffices", size, g->first->event.size);
    } else if (!given && g->failed) {
        given = api_fail(g, g->failed, "no more can be read of the volume: %s",
                         why_over(-g->failed));
    } else if (!given && g->interrupted) {
        g->interrupted = false;
        given = api_fail(g, -EINTR, "gnotify_wake was called");
    }
    api_signal(g);
    return given;
}
