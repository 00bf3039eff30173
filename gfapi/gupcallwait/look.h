/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Asks the bricks about what is watched. That serves two ends: it says what has changed
 * (an upcall says only that something has, sometimes with a replica's or a fragment's
 * attributes), and it keeps the interest alive: a brick tells a client of changes to
 * an inode only for features.cache-invalidation-timeout after it last asked for it.
 */
#ifndef VOLEXT_LOOK_H
#define VOLEXT_LOOK_H

#include "gfapi/gupcallwait/show.h"
#include "gfapi/gupcallwait/watch.h"

struct glfs;

struct look {
    struct glfs *fs;
    struct watch_set set;
    const struct show *show;
    bool recursive;
    size_t shown;    /* events shown so far */
    size_t named;    /* watches the user asked for, which are still there */
    bool failed;     /* something could not be looked at since this was cleared */
    bool away;       /* that was said; cleared when everything could be looked at */
    uint32_t flags;  /* of the upcall that is looked after now */
};

/* Begins to watch a path of the volume and, for a folder, its entries. 0, or -errno with
 * a message said. */
int
look_add(struct look *look, const char *path);

/* Something about this watch may have changed: looks, shows what has. flags and target
 * are the upcall's; 0 and zeros if none came. */
void
look_at(struct look *look, const struct upcall *upcall);

/* Frees watches of what is gone. No pointer to a watch may be kept across it. */
void
look_sweep(struct look *look);

#endif
