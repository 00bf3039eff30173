/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The set of watches, and the tables they are found in; see watch.h.
 */
#include "libgnotify/watch.h"

#include <errno.h>

#include "common/cleanup.h"

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
