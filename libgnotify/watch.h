/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Watches, and which of them a change of the volume concerns: of a record (of what was done, in
 * the volume's words) events are made (in inotify's). No input and output here: whoever
 * adds a watch has looked its path up.
 *
 * A watch is of a file, whatever that is called: it is found by gfid. A recursive one is
 * found by the path, too, which is kept as renames change it.
 */
#ifndef GNOTIFY_WATCH_H
#define GNOTIFY_WATCH_H

#include <string.h>

#include "libgnotify/gnotify.h"
#include "notify/record.h"

enum { WATCH_FORMER = 4, WATCH_GFID = 16 };

/* What a recursive watch was called before: changes that were stamped before then may still
 * come under that name, of bricks that are read later. */
struct watch_former {
    char *path;
    size_t len;
    uint64_t until;
};

struct watch {
    int wd;
    uint32_t mask; /* GNOTIFY_ALL_EVENTS and below, and what gnotify_add_watch has */
    bool is_dir;
    bool gone;  /* its IGNORED was told; watches_sweep frees it */
    bool stale; /* it was renamed, and to what is not known */
    char *path; /* from the volume's root on, with a leading slash; the root itself is "" */
    size_t len;
    /* the gfids of the files that the parts of the path name, the watched one's last; zeros
     * where one is not known. The root has none. */
    uint8_t (*chain)[WATCH_GFID];
    unsigned depth;
    uint8_t gfid[WATCH_GFID];
    struct watch_former former[WATCH_FORMER]; /* the newest first */
    struct watch *next_same;    /* in the table by gfid */
    struct watch *next_sibling; /* in the table by the parent's gfid */
    struct watch *next, *prev;  /* of all */
    struct watch *next_deep, *prev_deep; /* of the recursive ones */
};

struct watches {
    struct watch **by_gfid, **by_parent;
    size_t buckets, count;
    struct watch *first, *last, *deep;
    bool gone;  /* one is; */
    bool stale; /* one may be */
    int last_wd;
    uint32_t last_cookie;
};

/* What is told of one record for one watch. Strings are in the record or the watch. */
struct watch_event {
    int wd;
    uint32_t mask, cookie, flags;
    bool more; /* it is not the last that is made of this record */
    const char *name; /* as in gnotify_event, not NUL-terminated; NULL: none */
    size_t name_len;
    const char *path; /* the same; without a leading slash if it is the root's: "" */
    size_t path_len;
    const uint8_t *parent; /* NULL: not known */
};

/* Takes an event. What is not 0 ends the work on its record, and is returned for it. */
typedef int
watch_take(void *arg, const struct notify_record *r, const struct watch_event *event);

/* 0 or -ENOMEM. Zeroed memory is a set that is empty and may be freed. */
int
watches_init(struct watches *set);

void
watches_free(struct watches *set);

/* Adds a watch, or gives the one of that gfid the new mask. path: as struct watch has it,
 * of `depth` parts, with a gfid for each in chain; both are copied. The root's gfid
 * is not in it. The number of the watch, or -ENOMEM. */
int
watch_add(struct watches *set, const char *path, const uint8_t (*chain)[WATCH_GFID],
          unsigned depth, bool is_dir, uint32_t mask);

/* NULL: there is none, or it is gone. */
struct watch *
watch_get(const struct watches *set, int wd);

/* The next watch of that gfid after `after` (NULL: the first) that is not gone. */
struct watch *
watch_of(const struct watches *set, const uint8_t gfid[WATCH_GFID], const struct watch *after);

/* The same of those whose folder has that gfid. */
struct watch *
watch_in(const struct watches *set, const uint8_t parent[WATCH_GFID], const struct watch *after);

/* It will be freed by watches_sweep; nothing finds it any more. */
void
watch_end(struct watches *set, struct watch *watch);

/* Frees what is gone. No pointer to a watch may be kept across it. */
void
watches_sweep(struct watches *set);

/* A watch has another path now. chain and depth as for watch_add. 0 or -ENOMEM. */
int
watch_rename(struct watches *set, struct watch *watch, const char *path, size_t len,
             const uint8_t (*chain)[WATCH_GFID], unsigned depth);

/* What a rename does to the paths of watches: on the file, and on what is below a folder.
 * 0 or -ENOMEM. */
int
watches_follow(struct watches *set, const struct notify_record *r);

/* The part of a path of the volume that is below a recursive watch, by the name that it has
 * or had when `time` was stamped; NULL if none is. */
const char *
watch_below(const struct watch *watch, const char *path, size_t len, uint64_t time);

extern const uint8_t watch_root[WATCH_GFID];

static inline bool
gfid_known(const uint8_t gfid[WATCH_GFID])
{
    static const uint8_t zeros[WATCH_GFID];

    return memcmp(gfid, zeros, WATCH_GFID) != 0;
}

/* ---- events.c -------------------------------------------------------------- */

/* Makes the events of a record that any watch wants, in inotify's order, and ends watches whose
 * file is gone. synthetic: of a STREAM_SYNTHETIC. 0, what take returned, or -ENOMEM. */
int
watches_apply(struct watches *set, const struct notify_record *r, bool synthetic,
              watch_take *take, void *arg);

/* A crawl has found the file r->gfid at r->name: told to watches with GNOTIFY_CRAWL, or to the one
 * of that number (0: to all such), as the first of what they want that may have been done to it. As
 * watches_apply. */
int
watches_found(struct watches *set, const struct notify_record *r, int only, watch_take *take,
              void *arg);

/* The watch's file is gone without a record of that. As watches_apply. */
int
watch_lost(struct watches *set, struct watch *watch, watch_take *take, void *arg);

/* gnotify_rm_watch's: its last event. */
int
watch_remove(struct watches *set, struct watch *watch, watch_take *take, void *arg);

/* The operations (1 << NOTIFY_…) that these events are made of, and those that tell watches
 * where their files are. */
uint64_t
events_ops(uint32_t mask);

#endif
