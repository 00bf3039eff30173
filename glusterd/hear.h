/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What processes say of themselves: each has a socket in a folder, named by its pid, and gives
 * one document to who connects. All are asked at once, so that those that hang cost the
 * patience for one.
 */
#ifndef VOLEXT_GLUSTERD_HEAR_H
#define VOLEXT_GLUSTERD_HEAR_H

#include "common/strbuf.h"

/* A process that was asked. */
struct said {
    char pid[16];
    int fd;          /* private to hear.c */
    const char *why; /* it said nothing useful, or NULL. Static */
    struct strbuf answer; /* empty: it was about to end */
};

struct heard {
    struct said *list;
    size_t count;
};

#define HEARD_INIT {0}
#define AUTO_HEARD AUTO(heard_free)

/* Asks all that have a socket in the folder, 4 s at most. A folder that is not root's has
 * none. */
void
hear_all(struct heard *t, const char *folder);
void
heard_free(struct heard *t);

#endif
