/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What a crawl asks beside its listings.
 */
#ifndef GNOTIFY_CRAWL_OWN_H
#define GNOTIFY_CRAWL_OWN_H

#include <stdbool.h>
#include <stdint.h>

struct glfs;

/* Distribute lists what it can reach, and says nothing of a brick that is away. So each set of
 * bricks without which files are missing is told here, by its name. 0; -EAGAIN: the
 * volume's bricks are just being changed; -errno. */
int
crawl_sets_away(struct glfs *fs, void (*away)(void *arg, const char *set), void *arg);

/* When something below a folder was changed last, as features/marker keeps it: ns since 1970.
 * False: it does not (geo-replication.indexing is off), or not for this folder yet. */
struct crawl_xtime {
    char key[80]; /* the attribute; empty: there is none */
    int (*set_pid)(void *pid);
};

void
crawl_xtime_init(struct glfs *fs, struct crawl_xtime *xtime);
bool
crawl_xtime_of(struct glfs *fs, const struct crawl_xtime *xtime, const char *folder, uint64_t *time);

#endif
