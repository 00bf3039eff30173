/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Directory entries while a request has them. Who gets the answer may take them away or
 * free them, so Python looks at them under a lock and no longer than until then. No Python
 * here; the lock is never held across anything that waits.
 */
#ifndef VOLEXT_GLUPY_ENTRIES_H
#define VOLEXT_GLUPY_ENTRIES_H

#include <stdbool.h>

#include <glusterfs/gf-dirent.h>

/* One entry as Python knows it. It lives as long as the entries' memory, whatever happens
 * to the entry. */
struct slot {
    gf_dirent_t *entry;
    struct iatt *stat; /* what Python sees and edits; goes back to the entry at the end */
};

struct entries {
    bool given;             /* somebody else has them */
    unsigned count;
    struct slot **at;       /* by number; NULL until asked for */
    struct slot *slots;
    struct list_head removed; /* freed with the rest, since Python may have them */
    gf_dirent_t head;       /* last: GlusterFS gives it a flexible array */
};

/* Makes entries of the memory and takes over those in `from`, a list of GlusterFS's, or
 * NULL. */
void
entries_init(struct entries *e, gf_dirent_t *from);
/* Frees what is still there; not e itself. May drop inodes: not under the GIL. */
void
entries_free(struct entries *e);
static inline struct entries *
entries_of(gf_dirent_t *head)
{
    return (struct entries *)((char *)head - offsetof(struct entries, head));
}
/* Moves those of `from` to e, which is empty: views of `from` are stale then. False
 * if they were given before. */
bool
entries_move(struct entries *e, struct entries *from);
/* From now on Python cannot get at them; what it edited is in them. */
void
entries_give(struct entries *e);

/* Locks, and makes slots at the first time. 0, or an errno and then it is not locked:
 * ESTALE after entries_give, ENOMEM. */
int
entries_lock(struct entries *e);
void
entries_unlock(void);
/* Locked: takes number i out. */
void
entries_remove(struct entries *e, unsigned i);
/* Locked: the entry gets another name. 0 or ENOMEM. */
int
entries_rename(struct entries *e, struct slot *slot, const char *name);
/* Locked: the slot's stat, for good, or NULL when out of memory. */
struct iatt *
entries_stat(struct slot *slot);

#endif
