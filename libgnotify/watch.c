/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The set of watches, and how they stay with files that are renamed; see watch.h.
 */
#include "libgnotify/watch.h"

#include <errno.h>

#include "common/cleanup.h"
#include "common/strbuf.h"

enum { BUCKETS = 1024 };

const uint8_t watch_root[WATCH_GFID] = {[15] = 1};

static size_t
bucket(const struct watches *set, const uint8_t gfid[WATCH_GFID])
{
    size_t n;

    memcpy(&n, gfid + WATCH_GFID - sizeof(n), sizeof(n)); /* they are random */
    return (n >> 32 ^ n) & (set->buckets - 1);
}

/* The folder's; zeros where it is not known, and for the root, which has none. */
static const uint8_t *
parent_of(const struct watch *w)
{
    static const uint8_t none[WATCH_GFID];

    return w->depth > 1 ? w->chain[w->depth - 2] : w->depth ? watch_root : none;
}

int
watches_init(struct watches *set)
{
    *set = (struct watches){.buckets = BUCKETS};
    set->by_gfid = calloc(BUCKETS, sizeof(struct watch *));
    set->by_parent = calloc(BUCKETS, sizeof(struct watch *));
    if (set->by_gfid && set->by_parent)
        return 0;
    watches_free(set);
    return -ENOMEM;
}

static void
watch_free(struct watch *w)
{
    for (unsigned i = 0; i < WATCH_FORMER; i++)
        free(w->former[i].path);
    free(w->chain);
    free(w->path);
    free(w);
}

void
watches_free(struct watches *set)
{
    for (struct watch *w = set->first, *next; w; w = next) {
        next = w->next;
        watch_free(w);
    }
    free(set->by_gfid);
    free(set->by_parent);
    *set = (struct watches){0};
}

/* -- tables ------------------------------------------------------------------------- */

/* Files of equal gfids or parents stay in the order they were added. */
static void
table_in(struct watches *set, struct watch *w)
{
    struct watch **at = &set->by_gfid[bucket(set, w->gfid)];

    while (*at)
        at = &(*at)->next_same;
    *at = w;
    at = &set->by_parent[bucket(set, parent_of(w))];
    while (*at)
        at = &(*at)->next_sibling;
    *at = w;
    w->next_same = w->next_sibling = NULL;
}

static void
table_out(struct watches *set, struct watch *w)
{
    struct watch **at = &set->by_gfid[bucket(set, w->gfid)];

    while (*at != w)
        at = &(*at)->next_same;
    *at = w->next_same;
    at = &set->by_parent[bucket(set, parent_of(w))];
    while (*at != w)
        at = &(*at)->next_sibling;
    *at = w->next_sibling;
}

/* More buckets when chains get long; without memory they stay as they are. */
static void
table_grow(struct watches *set)
{
    size_t buckets = set->buckets * 8;
    struct watch **by_gfid = calloc(buckets, sizeof(*by_gfid));
    struct watch **by_parent = calloc(buckets, sizeof(*by_parent));

    if (!by_gfid || !by_parent) {
        free(by_gfid);
        free(by_parent);
        return;
    }
    free(set->by_gfid);
    free(set->by_parent);
    set->by_gfid = by_gfid;
    set->by_parent = by_parent;
    set->buckets = buckets;
    for (struct watch *w = set->first; w; w = w->next) {
        if (!w->gone)
            table_in(set, w);
    }
}

static void
deep_out(struct watches *set, struct watch *w)
{
    if (w->prev_deep)
        w->prev_deep->next_deep = w->next_deep;
    else if (set->deep == w)
        set->deep = w->next_deep;
    if (w->next_deep)
        w->next_deep->prev_deep = w->prev_deep;
    w->next_deep = w->prev_deep = NULL;
}

static void
set_mask(struct watches *set, struct watch *w, uint32_t mask)
{
    deep_out(set, w);
    w->mask = mask;
    if (!(mask & GNOTIFY_RECURSIVE) || !w->is_dir)
        return;
    w->next_deep = set->deep;
    if (set->deep)
        set->deep->prev_deep = w;
    set->deep = w;
}

/* -- one watch ---------------------------------------------------------------------- */

struct watch *
watch_of(const struct watches *set, const uint8_t gfid[WATCH_GFID], const struct watch *after)
{
    struct watch *w = after ? after->next_same : set->by_gfid[bucket(set, gfid)];

    while (w && (w->gone || memcmp(w->gfid, gfid, WATCH_GFID) != 0))
        w = w->next_same;
    return w;
}

struct watch *
watch_in(const struct watches *set, const uint8_t parent[WATCH_GFID], const struct watch *after)
{
    struct watch *w = after ? after->next_sibling : set->by_parent[bucket(set, parent)];

    while (w && (w->gone || memcmp(parent_of(w), parent, WATCH_GFID) != 0))
        w = w->next_sibling;
    return w;
}

struct watch *
watch_get(const struct watches *set, int wd)
{
    struct watch *w = set->first;

    while (w && (w->gone || w->wd != wd))
        w = w->next;
    return w;
}

/* Path and chain, copied. */
static int
place(struct watch *w, const char *path, size_t len, const uint8_t (*chain)[WATCH_GFID],
      unsigned depth)
{
    AUTO_FREE char *copy = strndup(path, len);
    AUTO_FREE void *gfids = calloc(depth ? depth : 1, WATCH_GFID);

    if (!copy || !gfids)
        return -ENOMEM;
    if (depth)
        memcpy(gfids, chain, (size_t)depth * WATCH_GFID);
    free(w->chain);
    w->path = TAKE(copy);
    w->len = len;
    w->chain = TAKE(gfids);
    w->depth = depth;
    return 0;
}

int
watch_add(struct watches *set, const char *path, const uint8_t (*chain)[WATCH_GFID],
          unsigned depth, bool is_dir, uint32_t mask)
{
    const uint8_t *gfid = depth ? chain[depth - 1] : watch_root;
    struct watch *w = watch_of(set, gfid, NULL);

    if (w) {
        /* a folder has one name: whoever adds it has looked that up just now */
        int ret = w->is_dir && strcmp(w->path, path) != 0
                      ? watch_rename(set, w, path, strlen(path), chain, depth)
                      : 0;

        set_mask(set, w, mask);
        return ret ? ret : w->wd;
    }
    w = calloc(1, sizeof(*w));
    if (!w || place(w, path, strlen(path), chain, depth)) {
        free(w);
        return -ENOMEM;
    }
    memcpy(w->gfid, gfid, WATCH_GFID);
    w->is_dir = is_dir;
    w->wd = ++set->last_wd;
    w->prev = set->last;
    *(set->last ? &set->last->next : &set->first) = w;
    set->last = w;
    if (set->count++ > set->buckets * 2)
        table_grow(set); /* which puts it in */
    if (watch_of(set, gfid, NULL) != w)
        table_in(set, w);
    set_mask(set, w, mask);
    return w->wd;
}

void
watch_end(struct watches *set, struct watch *w)
{
    table_out(set, w);
    deep_out(set, w);
    w->gone = set->gone = true;
}

void
watches_sweep(struct watches *set)
{
    if (!set->gone)
        return;
    for (struct watch *w = set->first, *next; w; w = next) {
        next = w->next;
        if (!w->gone)
            continue;
        *(w->prev ? &w->prev->next : &set->first) = w->next;
        *(w->next ? &w->next->prev : &set->last) = w->prev;
        set->count--;
        watch_free(w);
    }
    set->gone = false;
}

/* -- renames ------------------------------------------------------------------------ */

int
watch_rename(struct watches *set, struct watch *w, const char *path, size_t len,
             const uint8_t (*chain)[WATCH_GFID], unsigned depth)
{
    char *old = w->path;

    table_out(set, w);
    int ret = place(w, path, len, chain, depth);

    table_in(set, w);
    if (!ret) {
        w->stale = false;
        free(old);
    }
    return ret;
}

static void
remember(struct watch *w, const char *path, size_t len, uint64_t until)
{
    char *copy = until ? strndup(path, len) : NULL;

    if (!copy)
        return;
    free(w->former[WATCH_FORMER - 1].path);
    memmove(w->former + 1, w->former, sizeof(w->former) - sizeof(w->former[0]));
    w->former[0] = (struct watch_former){copy, len, until};
}

static unsigned
count_parts(const char *path, size_t len)
{
    unsigned n = 0;

    for (size_t i = 0; i < len; i++)
        n += path[i] == '/';
    return n;
}

/* Where the part number `part` of a path ends. */
static size_t
end_of_part(const char *path, size_t len, unsigned part)
{
    size_t i = 0;

    for (part++; part && i < len; part--) {
        for (i++; i < len && path[i] != '/'; i++)
            ;
    }
    return i;
}

/* The file that part `part` of the watch's path names is called r->to now. */
static int
move(struct watches *set, struct watch *w, unsigned part, const struct notify_record *r)
{
    const struct notify_name *to = &r->to;
    unsigned parts = count_parts(to->path, to->len), depth = parts + w->depth - part - 1;
    size_t rest = end_of_part(w->path, w->len, part);
    AUTO_FREE void *memory = calloc(depth, WATCH_GFID);
    uint8_t(*chain)[WATCH_GFID] = memory;
    AUTO_STRBUF struct strbuf path = STRBUF_INIT;

    strbuf_add(&path, to->path, to->len);
    strbuf_add(&path, w->path + rest, w->len - rest);
    if (!chain || strbuf_failed(&path))
        return -ENOMEM;
    if (parts > 1)
        memcpy(chain[parts - 2], to->parent, WATCH_GFID);
    memcpy(chain[parts - 1], w->chain[part], (size_t)(w->depth - part) * WATCH_GFID);
    memcpy(chain[parts - 1], r->gfid, WATCH_GFID);
    if (w->mask & GNOTIFY_RECURSIVE)
        remember(w, w->path, w->len, r->time);
    return watch_rename(set, w, path.data, path.len, (const uint8_t(*)[WATCH_GFID])chain, depth);
}

/* The part of the watch's path that this rename has changed; w->depth if none. */
static unsigned
part_of(const struct watch *w, const struct notify_record *r)
{
    unsigned named = (r->flags & NOTIFY_NAME_ONLY) ? 0 : count_parts(r->name.path, r->name.len);

    for (unsigned i = 0; i < w->depth; i++) {
        if (!memcmp(w->chain[i], r->gfid, WATCH_GFID))
            return i;
        /* the gfid is not known any more, since this part itself was moved here */
        if (i + 1 == named && !gfid_known(w->chain[i]) && w->len > r->name.len &&
            w->path[r->name.len] == '/' && !memcmp(w->path, r->name.path, r->name.len))
            return i;
    }
    return w->depth;
}

static bool
is_called(const struct watch *w, const struct notify_name *name)
{
    return w->len == name->len && !memcmp(w->path, name->path, name->len);
}

static int
follow(struct watches *set, struct watch *w, unsigned part, const struct notify_record *r)
{
    const struct notify_name *to = &r->to;
    size_t end = end_of_part(w->path, w->len, part);

    if (end == to->len && !memcmp(w->path, to->path, end))
        return 0; /* its path is of later already */
    /* what is longer is no path of a volume */
    if (!(r->flags & NOTIFY_TO_NAME_ONLY) && to->len && *to->path == '/' &&
        to->len + (w->len - end) <= NOTIFY_PATH_MAX)
        return move(set, w, part, r);
    w->stale = set->stale = true;
    return 0;
}

int
watches_follow(struct watches *set, const struct notify_record *r)
{
    int ret = 0;

    if (r->op != NOTIFY_RENAME || !(r->flags & NOTIFY_HAS_TO))
        return 0;
    if (!(r->flags & NOTIFY_ISDIR)) {
        for (struct watch *w = watch_of(set, r->gfid, NULL), *next; w && !ret; w = next) {
            next = watch_of(set, r->gfid, w);
            /* or another of its names was renamed */
            if (w->depth && ((r->flags & NOTIFY_NAME_ONLY) || is_called(w, &r->name)))
                ret = follow(set, w, w->depth - 1, r);
        }
        return ret;
    }
    for (struct watch *w = set->first; w && !ret; w = w->next) {
        unsigned part = w->gone ? w->depth : part_of(w, r);

        if (part < w->depth)
            ret = follow(set, w, part, r);
    }
    return ret;
}

static const char *
below(const char *folder, size_t folder_len, const char *path, size_t len)
{
    if (len <= folder_len + 1 || memcmp(path, folder, folder_len) != 0 || path[folder_len] != '/')
        return NULL;
    return path + folder_len + 1;
}

const char *
watch_below(const struct watch *w, const char *path, size_t len, uint64_t time)
{
    const char *rest = below(w->path, w->len, path, len);

    for (unsigned i = 0; !rest && i < WATCH_FORMER; i++) {
        const struct watch_former *f = &w->former[i];

        if (f->path && time && time < f->until)
            rest = below(f->path, f->len, path, len);
    }
    return rest;
}
