/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the commands about glupy share: `gluster glupy …` (glupy.c) and `gluster volume
 * glupy VOLNAME …` (glupy_status.c, glupy_reload.c).
 */
#ifndef VOLEXT_CLI_GLUPY_H
#define VOLEXT_CLI_GLUPY_H

#include "cli/change.h"

#define GENERATION_PREFIX "features.glupy-generation."

/* Asks all nodes. 0, or an exit status after having said why; a node that is down or
 * fails is a failure when strict. */
int
glupy_ask(struct change *c, const char *what, const char *const *words, bool strict);

/* Does a list of modules name this one? NULL names none. */
bool
glupy_names_module(const char *list, const char *module);

/* glupy-status of c->volume. As glupy_ask. */
int
glupy_ask_status(struct change *c);
/* Calls tell for each instance on the nodes that answered. */
void
glupy_each(const struct change *c,
           void (*tell)(void *arg, const struct node *node, const struct answer_line *process,
                        const struct answer_line *instance),
           void *arg);
/* "node n1, mount /mnt/v1, process 17 (glusterfs)". */
void
glupy_describe(const struct node *node, const struct answer_line *process,
               const struct answer_line *instance, struct strbuf *out);
/* Processes that did not tell what they run. */
void
glupy_tell_hung(struct change *c);

/* After a change of modules' digests in c->options: waits until the processes of the nodes
 * have loaded them; a note for each that could not. As glupy_ask. */
int
glupy_note_failures(struct change *c);
int
glupy_reload(struct change *c, const struct reply *volume, const char *module);

#endif
