/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The set of inodes that gupcallwait watches, and the queue of those that an upcall has
 * named. libgfapi calls back on threads of its own: they only mark watches here, under
 * the lock; everything else is done by the main thread, which alone adds and removes.
 */
#ifndef VOLEXT_WATCH_H
#define VOLEXT_WATCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/strbuf.h"

enum { GFID_SIZE = 16 }; /* GFAPI_HANDLE_LENGTH */

struct glfs_fd;
struct glfs_object;

struct watch {
    struct watch *parent;       /* the folder that has it; NULL: name is a whole path */
    char *name;
    unsigned char gfid[GFID_SIZE];
    struct glfs_object *object; /* keeps the inode known to libgfapi: it drops upcalls
                                   for any other, and those whose folder it does not know */
    struct stat st;             /* as last seen */
    bool named;                 /* asked for by the user: its end is told as ..._SELF */
    bool silent;                /* only there to be the parent of another */
    bool contents;              /* a folder whose entries are watched too */
    int unread;                 /* 0, or why it could not be listed the last time */
    int left_out;               /* 0, or why an entry of it is not watched */
    bool marked;                /* while a folder is listed: the name is still there */
    bool gone;                  /* deleted; to be removed from the set */
    struct glfs_fd *lease;      /* open because of a lease on it */
    unsigned children;          /* watches that have this one as their parent */

    /* set by libgfapi's threads, under the lock */
    bool queued;
    uint32_t flags;                     /* GFAPI_UP_..., of all upcalls since it was queued */
    unsigned char target[GFID_SIZE];    /* the folder a rename has put it into */
    bool recalled;
    struct watch *next_queued;

    struct watch *next_same;    /* in the table */
    struct watch *next, *prev;  /* all watches, in the order they were added */
};

struct watch_set {
    pthread_mutex_t lock;
    pthread_cond_t wake;        /* something was queued; its clock is CLOCK_MONOTONIC */
    struct watch **buckets;
    size_t bucket_count, count;
    struct watch *first, *last;
    struct watch *queue, **queue_end;
};

/* What was queued, once taken from the queue. */
struct upcall {
    struct watch *watch;
    uint32_t flags;
    unsigned char target[GFID_SIZE];
    bool recalled;
};

/* 0 or -ENOMEM. */
int
watch_set_init(struct watch_set *set);

/* Adds one; name is copied, object is taken over. NULL when memory ran out (and object is
 * still the caller's). */
struct watch *
watch_add(struct watch_set *set, struct watch *parent, const char *name,
          const unsigned char gfid[GFID_SIZE], struct glfs_object *object);

/* Removes and frees it; no other watch may have it as its parent. Its object is closed. */
void
watch_remove(struct watch_set *set, struct watch *watch);

/* The next watch of that inode after `after` (NULL: the first), or NULL. Hard links are
 * several. With the lock held, or on the main thread. */
struct watch *
watch_find(const struct watch_set *set, const unsigned char gfid[GFID_SIZE],
           const struct watch *after);

/* From any thread: an upcall has named this inode. target may be NULL. */
void
watch_mark(struct watch_set *set, const unsigned char gfid[GFID_SIZE], uint32_t flags,
           const unsigned char *target, bool recalled);

/* Takes the oldest from the queue; false when it is empty. */
bool
watch_take(struct watch_set *set, struct upcall *upcall);

/* Waits until something is queued, or until `until` (CLOCK_MONOTONIC). True: queued. */
bool
watch_wait(struct watch_set *set, const struct timespec *until);

/* Gives a watch a new place. 0 or -ENOMEM. */
int
watch_rename(struct watch *watch, struct watch *parent, const char *name);

/* Appends the path inside the volume. */
void
watch_path(const struct watch *watch, struct strbuf *out);

#endif
