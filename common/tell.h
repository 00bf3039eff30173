/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A process of root's tells what it does: it has a socket FOLDER/PID, in a folder that nobody
 * but root can enter. Who connects is given the description and the connection ends.
 */
#ifndef VOLEXT_TELL_H
#define VOLEXT_TELL_H

#include "strbuf.h"

struct teller {
    const char *parent, *folder; /* of the sockets; made where they are not there */
    void (*describe)(struct strbuf *out);
    /* Starts a thread that nobody waits for, without signals: 0, or what is not. */
    int (*thread)(void *(*run)(void *arg), void *arg);
};

/* Whoever connects is told t->describe(). Starts once in a process, t stays; a process that
 * may not write where the sockets are does without. */
void
tell_start(const struct teller *t);

#endif
