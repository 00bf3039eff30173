/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * One lock per volume and node: who holds it may write the volume's volfiles and
 * pending files. It orders glusterd's filters and pre hooks against volext's own
 * reconciling. Held for one file at a time, about a millisecond.
 */
#ifndef VOLEXT_GLUSTERD_LOCK_H
#define VOLEXT_GLUSTERD_LOCK_H

#include "glusterd/site.h"

struct lock {
    int fd;
    char *path;
};

#define LOCK_INIT {.fd = -1}
#define AUTO_LOCK AUTO(lock_drop)

enum lock_who {
    LOCK_GLUSTERD, /* glusterd waits for us: after 200 ms the lock is taken away */
    LOCK_OTHER,    /* waits up to 10 s, then -ETIMEDOUT */
};

/* 0 or -errno (then nothing is held; a caller that glusterd waits for goes on). */
int
lock_take(struct lock *lock, const struct site *site, const char *name,
          enum lock_who who);
/* False when it was taken away: then what was read under it is out of date. */
bool
lock_is_held(const struct lock *lock);
void
lock_drop(struct lock *lock);

#endif
