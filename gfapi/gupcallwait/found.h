/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Between enlist.c, which says what is watched, and look.c, which says what has changed.
 */
#ifndef VOLEXT_FOUND_H
#define VOLEXT_FOUND_H

#include "gfapi/gupcallwait/look.h"

/* What a lookup found; the object is the owner's of this. */
struct found {
    struct glfs_object *object;
    unsigned char gfid[GFID_SIZE];
    struct stat st;
};

void
found_close(struct found *found);
#define AUTO_FOUND AUTO(found_close)

/* Is it the inode that is watched? */
bool
found_is(const struct found *found, const struct watch *watch);

/* Always a lookup, and by name: replicate sends lookups to all bricks that have the file,
 * and a stat to one of them only, which then would be the only one to tell of changes.
 * dir NULL: name is a whole path. 0 or -errno. */
int
look_up(struct look *look, struct watch *dir, const char *name, struct found *found);

/* Shows an event of this watch. */
void
look_tell(struct look *look, const struct watch *watch, uint32_t what);

/* Watches those entries of a folder that are not watched yet; told: they are new, and so
 * events. An entry that cannot be watched is named on standard error and left out (each
 * time, unless the reason is that of the last time). The
 * same is said if the folder itself cannot be read: the next look tries it again. */
void
look_scan(struct look *look, struct watch *dir, bool told);

/* The same for one entry. If it is a file that is watched by another name, which it no
 * longer has, it has been moved: its own watch will find it here. */
void
look_discovered(struct look *look, struct watch *dir, const char *name, bool told);

#endif
