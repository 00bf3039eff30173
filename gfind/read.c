/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * From the library's events, which are inotify's, to those of reduce.h; see read.h.
 */
#include "gfind/read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    BUFFER = 1 << 20,
    PATIENCE = 120 * 1000, /* ms without an event before all that was recorded has come */
    WANTED = GNOTIFY_CREATE | GNOTIFY_DELETE | GNOTIFY_MOVE | GNOTIFY_MODIFY | GNOTIFY_ATTRIB,
};

/* A move comes as two events, one after the other. */
struct reader {
    struct span *span;
    bool half; /* `move` is the first one of two */
    uint32_t cookie;
    struct reduce_event move;
    char *from;
    bool caught_up;
};

static struct reduce_name
name_of(const struct gnotify_event *e)
{
    struct reduce_name name = {.path = e->path ? e->path : e->name};

    memcpy(name.parent, e->parent, GFID_SIZE);
    return name;
}

/* The other half has not come: what was moved left for where nothing is known of. */
static int
end_move(struct reader *r)
{
    if (!r->half)
        return 0;
    r->half = false;
    r->move.happened = REDUCE_DOUBT;
    int ret = reduce_event(&r->span->reduce, &r->move);

    free(TAKE(r->from));
    return ret;
}

static int
begin_move(struct reader *r, const struct gnotify_event *e, const struct reduce_event *event)
{
    r->half = true;
    r->cookie = e->cookie;
    r->move = *event;
    r->move.happened = REDUCE_MOVE;
    r->from = event->name.path ? strdup(event->name.path) : NULL;
    r->move.name.path = r->from;
    return event->name.path && !r->from ? -ENOMEM : 0;
}

static int
finish_move(struct reader *r, const struct gnotify_event *e, struct reduce_event *event)
{
    if (!r->half || r->cookie != e->cookie) {
        event->happened = REDUCE_LINK; /* from where nothing is known of */
        return reduce_event(&r->span->reduce, event);
    }
    r->half = false;
    r->move.to = event->name;
    r->move.replaced = e->flags & GNOTIFY_REPLACED;
    int ret = reduce_event(&r->span->reduce, &r->move);

    free(TAKE(r->from));
    return ret;
}

static int
take_change(struct reader *r, const struct gnotify_event *e)
{
    struct reduce_event event = {.dir = e->mask & GNOTIFY_ISDIR, .name = name_of(e),
                                 .last_link = e->flags & GNOTIFY_LAST_LINK};

    memcpy(event.gfid, e->gfid, GFID_SIZE);
    if (r->half && !(e->mask & GNOTIFY_MOVED_TO)) {
        int ret = end_move(r);

        if (ret)
            return ret;
    }
    if (e->mask & GNOTIFY_SYNTHETIC)
        event.happened = REDUCE_DOUBT;
    else if (e->mask & GNOTIFY_MOVED_FROM)
        return begin_move(r, e, &event);
    else if (e->mask & GNOTIFY_MOVED_TO)
        return finish_move(r, e, &event);
    else if (e->mask & GNOTIFY_CREATE)
        event.happened = e->flags & GNOTIFY_LINKED ? REDUCE_LINK : REDUCE_CREATE;
    else if (e->mask & GNOTIFY_DELETE)
        event.happened = REDUCE_DELETE;
    else
        event.happened = e->mask & GNOTIFY_MODIFY ? REDUCE_MODIFY : REDUCE_ATTRIB;
    return reduce_event(&r->span->reduce, &event);
}

static int
take_gap(struct span *span, const struct gnotify_event *e)
{
    if (!span->gaps++ || e->from < span->gap_from)
        span->gap_from = e->from;
    if (e->to > span->gap_to)
        span->gap_to = e->to;
    if (!span->why)
        span->why = strdup(e->detail ? e->detail : "");
    return span->why ? 0 : -ENOMEM;
}

static int
take(struct reader *r, const struct gnotify_event *e)
{
    r->span->number = e->number;
    if (e->mask & GNOTIFY_GAP)
        return take_gap(r->span, e);
    if (e->mask & GNOTIFY_CAUGHT_UP)
        r->caught_up = true;
    r->span->events += !!(e->mask & WANTED);
    return e->mask & WANTED ? take_change(r, e) : 0;
}

/* A buffer is taken whole: what came behind the last event that must be read belongs to the
 * span, too. */
static int
take_buffer(struct reader *r, const char *buffer, ssize_t len)
{
    const struct gnotify_event *e = (const void *)buffer;
    int ret = 0;

    while (!ret && (const char *)e < buffer + len) {
        ret = take(r, e);
        e = GNOTIFY_NEXT(e);
    }
    return ret;
}

static int
watch_all(struct gnotify *g)
{
    int wd = gnotify_add_watch(g, "/", WANTED | GNOTIFY_RECURSIVE);

    if (wd < 0)
        fprintf(stderr, "gfind: %s\n", gnotify_error(g));
    return wd < 0 ? wd : 0;
}

static int
read_all(struct reader *r, struct gnotify *g, char *buffer)
{
    while (!r->caught_up || r->half) {
        ssize_t len = gnotify_read(g, buffer, BUFFER, r->caught_up ? 1000 : PATIENCE);

        if (len < 0) {
            fprintf(stderr, "gfind: %s\n", gnotify_error(g));
            return (int)len;
        }
        if (!len && r->caught_up)
            return 0;
        if (!len) {
            fprintf(stderr, "gfind: the bricks do not answer: `gluster volume status` shows "
                            "them; run it again\n");
            return -ETIMEDOUT;
        }
        int ret = take_buffer(r, buffer, len);

        if (ret) {
            fprintf(stderr, "gfind: %s\n", strerror(-ret));
            return ret;
        }
    }
    return 0;
}

int
span_read(struct span *span, struct gnotify *g)
{
    AUTO_FREE char *buffer = aligned_alloc(8, BUFFER);
    struct reader r = {.span = span};
    int ret = buffer ? reduce_init(&span->reduce) : -ENOMEM;

    if (!ret)
        ret = watch_all(g);
    if (!ret)
        ret = read_all(&r, g, buffer);
    if (!ret)
        ret = end_move(&r);
    free(r.from);
    return ret;
}

void
span_free(struct span *span)
{
    reduce_free(&span->reduce);
    free(span->why);
    *span = (struct span)SPAN_INIT;
}
