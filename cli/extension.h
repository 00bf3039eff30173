/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What extension.c (volume extension) and restart.c (its apply) know of each other.
 */
#ifndef VOLEXT_CLI_EXTENSION_H
#define VOLEXT_CLI_EXTENSION_H

#include "cli/change.h"

/* Asks all nodes what each volfile and brick has; the answers are c's peers. 0, or the
 * exit status after having said why. */
int
extension_ask(struct change *c);

/* A line `brick HOST:PATH running|down WANTED HAS`: does it wait for a restart? */
bool
extension_waits(const struct answer_line *line);

/* Restarts the bricks that wait, one at a time; extension_ask was called. heals: the
 * volume has copies, so that a brick is stopped only when the others have all. The exit
 * status; c->e has ended. */
int
extension_restart(struct change *c, bool heals);
/* The next brick that waits; what it is called is added to name. False: none does. */
bool
extension_next(const struct change *c, struct strbuf *name);

#endif
