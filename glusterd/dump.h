/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Statedumps of brick processes, as GlusterFS makes them on SIGUSR1: memory only, into
 * a folder of our own, so that no other dump is taken for ours and none is left behind.
 */
#ifndef VOLEXT_GLUSTERD_DUMP_H
#define VOLEXT_GLUSTERD_DUMP_H

#include "common/strbuf.h"
#include "glusterd/site.h"

struct dump {
    pid_t pid;
    struct strbuf text;
    const char *why; /* static: there is no text */
};

struct dumps {
    struct dump *list; /* one for each process */
    size_t count;
};

#define DUMPS_INIT {0}
#define AUTO_DUMPS AUTO(dumps_free)

/* Adds a process that is to be asked; once is enough. 0 or -ENOMEM. */
int
dumps_add(struct dumps *dumps, pid_t pid);
/* Asks all of them and waits some seconds at most. What could not be had has a why. */
void
dumps_take(struct dumps *dumps, const struct site *site);
const struct dump *
dumps_find(const struct dumps *dumps, pid_t pid);
void
dumps_free(struct dumps *dumps);

#endif
