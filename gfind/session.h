/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What gfind remembers of a session: a small file on this machine. Where in the bricks'
 * journals the session is they remember themselves, under two cursors: one stands where was
 * acknowledged, the other behind what was printed last; to acknowledge is to change their
 * roles, which is one write of this file.
 */
#ifndef GFIND_SESSION_H
#define GFIND_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"

enum { SESSION_NAME_MAX = 50, CURSOR_SIZE = 65 };

struct session {
    char *folder; /* STATE/VOLUME */
    char *name;
    int lock;           /* held open while it is used */
    bool there;         /* it has a file */
    int64_t created;    /* seconds since 1970 */
    int acked, printed; /* which cursor, 1 or 2; 0: none */
    uint64_t acked_time, printed_time; /* when what they stand behind was read: ns since 1970 */
};

#define SESSION_INIT {.lock = -1}
#define AUTO_SESSION AUTO(session_free)

/* 1 to SESSION_NAME_MAX letters, digits, `.`, `_` and `-`; the first no dot. */
bool
session_is_name(const char *name);

/* Reads a session, or begins one that is not there (its file is written by session_save), and
 * keeps others from using it until session_free(). 0; -EBUSY: another process uses it; -EBADMSG: the file
 * is damaged; -errno. */
int
session_open(const char *state, const char *volume, const char *name, struct session *session);

/* The same for one that must be there: else -ENOENT. */
int
session_find(const char *state, const char *volume, const char *name, struct session *session);

/* Writes it so that it is on disk, whole or not at all. 0 or -errno. */
int
session_save(struct session *session);

/* Removes its file. 0 or -errno. */
int
session_remove(const struct session *session);

void
session_free(struct session *session);

/* The name of its cursor 1 or 2. */
void
session_cursor(const struct session *session, int which, char name[CURSOR_SIZE]);

/* Each session of a volume, or of all (NULL), sorted. 0, what `each` returned, or -errno; of
 * one that cannot be read session is NULL. */
int
session_list(const char *state, const char *volume,
             int (*each)(void *arg, const char *volume, const char *name,
                         const struct session *session),
             void *arg);

#endif
