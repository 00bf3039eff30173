/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * GNOTIFY_CRAWL: when to crawl and where, and what becomes of what is found. Nothing behind the gap
 * is acknowledged until all has been told (api_numbers.c).
 */
#include "libgnotify/api.h"

#include <errno.h>
#include <time.h>

#include "common/clock.h"
#include "common/strbuf.h"

#define SECOND 1000000000ull
#define CLOCKS (60 * SECOND) /* clients' clocks may differ by so much: ctime is theirs */
/* A folder that was moved while a crawl ran was listed in neither place, perhaps: so far a
 * rename's time may be outside of the crawl's. */
#define MARGIN (2 * SECOND)
enum { GATHER = 1000 /* ms: gaps that come one after another are crawled at once */, ROOTS = 1000 };

/* ---- what is to be crawled ------------------------------------------------------------------ */

static uint64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static bool
is_within(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    return !strncmp(path, folder, len) && (!path[len] || path[len] == '/');
}

static bool
covers(const struct fill_root *wide, const struct fill_root *r)
{
    return wide->only == r->only && wide->since <= r->since &&
           (wide->deep ? is_within(r->path, wide->path) : !r->deep && !strcmp(r->path, wide->path));
}

/* Takes root.path. */
static int
root_add(struct filling *f, struct fill_root root)
{
    AUTO_FREE char *path = root.path;
    unsigned kept = 0;

    if (!path)
        return -ENOMEM;
    for (unsigned i = 0; i < f->root_count; i++) {
        if (covers(&f->roots[i], &root))
            return 0;
    }
    struct fill_root *roots = realloc(f->roots, (f->root_count + 1) * sizeof(*roots));

    if (!roots)
        return -ENOMEM;
    f->roots = roots;
    for (unsigned i = 0; i < f->root_count; i++) {
        if (covers(&root, &roots[i]))
            free(roots[i].path);
        else
            roots[kept++] = roots[i];
    }
    roots[kept++] = (struct fill_root){TAKE(path), root.since, root.deep, root.only};
    f->root_count = kept;
    return 0;
}

static int
root_of(struct filling *f, const struct watch *w, uint64_t since, int only)
{
    return root_add(f, (struct fill_root){strdup(w->path), since,
                                          w->is_dir && w->mask & GNOTIFY_RECURSIVE, only});
}

static bool
crawls(const struct watch *w)
{
    return !w->gone && w->mask & (GNOTIFY_CRAWL | GNOTIFY_CRAWL_FIRST);
}

/* Something will be crawled for: renames since are looked at. */
static void
open_window(struct filling *f, uint64_t since)
{
    bool open = f->job || f->wanted;

    if (!f->wanted)
        f->due = now_ms() + GATHER;
    f->wanted = true;
    f->window_since = open && f->window_since < since ? f->window_since : since;
    f->window_from = open ? f->window_from : now_ns() - MARGIN;
    f->window_to = UINT64_MAX;
}

int
api_fill_gap(struct gnotify *g, const struct stream_event *s)
{
    struct filling *f = &g->filling;
    uint64_t since = s->from > CLOCKS ? s->from - CLOCKS : s->from ? 1 : 0;
    bool any = false;

    for (struct watch *w = g->watches.first; w && !any; w = w->next)
        any = crawls(w);
    if (!any)
        return 0;
    f->gap_since = f->gap && f->gap_since < since ? f->gap_since : since;
    f->gap = true;
    f->from = f->from && f->from < s->from ? f->from : s->from;
    f->to = f->to > s->to ? f->to : s->to;
    open_window(f, since);
    return api_hold(g, api_number(g), s->number - 1, false);
}

int
api_fill_first(struct gnotify *g, int wd)
{
    struct filling *f = &g->filling;
    const struct watch *w = watch_get(&g->watches, wd);
    bool none = !g->seen && !g->acked;
    int ret = root_of(f, w, 0, wd);

    f->to = now_ns();
    open_window(f, 0);
    return ret ? ret : api_hold(g, none ? 0 : api_number(g) + 1, g->seen, none);
}

/* A folder has moved: what is in it was looked for in neither place, perhaps. */
int
api_fill_renamed(struct gnotify *g, const struct notify_record *r)
{
    struct filling *f = &g->filling;
    uint64_t time = r->time ? r->time : now_ns();
    bool active = f->job || f->wanted;
    int ret = 0;

    if (r->op != NOTIFY_RENAME || !(r->flags & NOTIFY_ISDIR) || !(r->flags & NOTIFY_HAS_TO) ||
        time < f->window_from || time > f->window_to)
        return 0;
    AUTO_FREE char *to = strndup(r->to.path ? r->to.path : "", r->to.len);
    bool known = to && *to == '/' && !(r->flags & NOTIFY_TO_NAME_ONLY) && f->root_count < ROOTS;
    unsigned before = f->root_count;

    for (struct watch *w = g->watches.first; to && w && !ret; w = w->next) {
        bool deep = w->is_dir && w->mask & GNOTIFY_RECURSIVE;

        if (!crawls(w))
            continue;
        if (!known || is_within(w->path, to))
            ret = root_of(f, w, f->window_since, 0);
        else if (deep && is_within(to, w->path))
            ret = root_add(f, (struct fill_root){strdup(to), f->window_since, true, 0});
    }
    if (ret || !to)
        return ret ? ret : -ENOMEM;
    if (f->root_count == before)
        return 0;
    f->wanted = true;
    f->due = active ? f->due : now_ms() + GATHER;
    return api_hold(g, api_number(g), g->seen - 1, false);
}

/* ---- what is found ---------------------------------------------------------------------------- */

static int
tell_of_all(struct gnotify *g, uint32_t mask, const char *detail)
{
    struct filling *f = &g->filling;
    bool gap = mask & GNOTIFY_GAP;

    f->shift++;
    return api_add(g, &(struct pack_parts){
        .event = {.wd = -1, .mask = mask, .number = api_number(g), .from = gap ? f->from : 0,
                  .to = gap ? f->to : 0},
        .detail = detail, .detail_len = detail ? strlen(detail) : 0});
}

static int
tell_failed(struct gnotify *g, const struct fill_item *item)
{
    AUTO_STRBUF struct strbuf detail = STRBUF_INIT;

    if (item->error == -ETOOMANYREFS)
        strbuf_str(&detail, "the crawl could not list many more folders");
    else if (*item->path != '/')
        strbuf_fmt(&detail, "%s is away: the crawl did not see what is only there", item->path);
    else
        strbuf_fmt(&detail, "the crawl could not list %.4096s: %s", item->path, strerror(-item->error));
    return strbuf_failed(&detail) ? -ENOMEM : tell_of_all(g, GNOTIFY_GAP, detail.data);
}

static int
tell_found(struct gnotify *g, const struct fill_item *item)
{
    struct notify_record r = {.op = NOTIFY_MISSED, .time = item->time,
                              .flags = NOTIFY_HAS_NAME | (item->dir ? NOTIFY_ISDIR : 0),
                              .name = {.path = item->path, .len = (uint16_t)strlen(item->path)}};

    memcpy(r.gfid, item->gfid, sizeof(r.gfid));
    g->filling.shift++;
    int ret = watches_found(&g->watches, &r, item->only, api_take, g);

    watches_sweep(&g->watches);
    return ret;
}

/* All that was to be crawled is told. */
static int
finish(struct gnotify *g)
{
    struct filling *f = &g->filling;
    int ret = tell_of_all(g, GNOTIFY_CRAWLED, NULL);

    f->from = f->to = 0;
    f->window_to = now_ns() + MARGIN;
    return ret ? ret : api_release(g);
}

int
api_fill_read(struct gnotify *g)
{
    struct filling *f = &g->filling;
    AUTO_FREE struct fill_item *item = f->job ? fill_next(f->job) : NULL;
    int ret;

    if (item) {
        ret = item->kind == FILL_FOUND ? tell_found(g, item) : tell_failed(g, item);
        return ret ? ret : 1;
    }
    if (!f->job || !fill_is_over(f->job))
        return 0;
    /* A folder that was moved meanwhile must be known before all is said to be told: a program
     * that ends then would not get what is in it. */
    if (!f->ends)
        f->end = stream_given(g->stream);
    f->ends = true;
    if (g->seen < f->end)
        return 0;
    f->ends = false;
    fill_free(TAKE(f->job));
    ret = f->wanted ? 0 : finish(g);
    return ret ? ret : 1;
}

/* ---- begin and end ----------------------------------------------------------------------------- */

static void
wake(void *stream)
{
    stream_wake(stream);
}

bool
api_fill_wants(const struct gnotify *g)
{
    return g->filling.wanted && !g->filling.job;
}

bool
api_fill_is_due(const struct gnotify *g)
{
    return api_fill_wants(g) && now_ms() >= g->filling.due;
}

int
api_fill_begin(struct gnotify *g)
{
    struct filling *f = &g->filling;
    int ret = 0;

    for (struct watch *w = g->watches.first; w && !ret && f->gap; w = w->next)
        ret = crawls(w) ? root_of(f, w, f->gap_since, 0) : 0;
    if (ret)
        return ret;
    unsigned count = f->root_count;

    f->gap = f->wanted = false;
    f->root_count = 0;
    ret = fill_start(link_volume(g->link), TAKE(f->roots), count, wake, g->stream, &f->job);
    if (!ret)
        return 0;
    AUTO_FREE char *why = str_fmt("no crawl could be begun: %s", strerror(-ret));

    ret = why ? tell_of_all(g, GNOTIFY_GAP, why) : -ENOMEM;
    return ret ? ret : finish(g);
}

/* What gnotify_close leaves to a thread: a crawl whose bricks do not answer, and what it uses. */
struct rest {
    struct fill *job;
    struct stream *stream;
};

static void *
close_rest(void *arg)
{
    struct rest *rest = arg;

    fill_free(rest->job);
    stream_close(rest->stream);
    free(rest);
    return NULL;
}

static bool
leave(struct fill *job, struct stream *stream)
{
    struct rest *rest = malloc(sizeof(*rest));
    pthread_t thread;
    sigset_t all, old;

    if (!rest)
        return false;
    *rest = (struct rest){job, stream};
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int ret = pthread_create(&thread, NULL, close_rest, rest);

    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (ret)
        free(rest);
    else
        pthread_detach(thread);
    return !ret;
}

void
api_fill_close(struct gnotify *g)
{
    struct filling *f = &g->filling;
    bool left = false;

    if (f->job) {
        fill_cancel(f->job);
        left = !fill_wait(f->job, 100) && leave(f->job, g->stream);
        if (!left)
            fill_free(f->job);
    }
    if (!left && g->stream)
        stream_close(g->stream);
    fill_roots_free(f->roots, f->root_count);
    free(f->places);
}
