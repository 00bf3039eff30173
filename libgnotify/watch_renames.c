/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * How watches stay with files that are renamed, and know what was in them under an older path; see
 * watch.h.
 */
#include "libgnotify/watch.h"

#include <errno.h>

#include "common/cleanup.h"
#include "common/strbuf.h"

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
