/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volext peer REQUEST ARG…: answers `gluster system:: execute volext REQUEST ARG…`.
 *
 * glusterd collects what every node prints, without saying whose line is whose, and
 * throws all of it away when one exits non-zero. So the exit status is always 0 and
 * every line is UUID<TAB>WORD<TAB>FIELD…, with bytes below 0x20, 0x7f and `%` as
 * %XX; the last one is UUID<TAB>end<TAB>0, or 1 after a line `error`.
 */
#ifndef VOLEXT_GLUSTERD_PEER_H
#define VOLEXT_GLUSTERD_PEER_H

#include "common/strbuf.h"
#include "glusterd/brick.h"
#include "glusterd/site.h"
#include "volgen/volgen.h"

enum { PEER_LINE_MAX = 4000 };

struct peer {
    struct site *site;
    char *uuid;
    char **argv; /* of the request */
    int argc;
    struct strbuf error; /* a sentence; set when the request fails */
};

/* Prints one line; the fields end with NULL. Too long a line is cut. */
void
peer_say(const struct peer *peer, const char *word, ...)
    __attribute__((sentinel));

/* The same with fields NAME=VALUE. The line's length. */
struct kv;
size_t
peer_say_fields(const struct peer *peer, const char *word, const struct kv *fields);

/* Each returns 0, or -errno with peer->error set. */
int
peer_module_prepare(struct peer *peer);
int
peer_module_verify(struct peer *peer);
int
peer_module_commit(struct peer *peer);
int
peer_module_drop(struct peer *peer);
int
peer_module_list(struct peer *peer);
int
peer_module_show(struct peer *peer);
int
peer_module_remove(struct peer *peer);
int
peer_module_get(struct peer *peer);
int
peer_check(struct peer *peer);
int
peer_glupy_status(struct peer *peer);
int
peer_notify_status(struct peer *peer);
int
peer_notify_forget(struct peer *peer);
int
peer_upcall_status(struct peer *peer);
int
peer_upcall_turn(struct peer *peer);
int
peer_brick_stop(struct peer *peer);

/* Bricks are in the volfiles of every node: is this one's process on this node? */
bool
peer_brick_is_local(const struct peer *peer, const char *volume,
                    const struct brick *brick);

/* Calls visit for each brick of the volume that is this node's, with what is in its volfile; pid
 * is 0 where it does not run. What visit takes out of brick is its own. Stops when that is not 0, and
 * returns it; -errno. */
int
peer_each_brick(struct peer *peer, const char *volume,
                int (*visit)(void *arg, struct brick *brick, const struct volgen_graph *graph, pid_t pid),
                void *arg);

/* For volgen_table_load: what is wrong with a description goes to the log. */
void
peer_complain(void *arg, const char *sentence);

int
cmd_peer(struct site *site, int argc, char **argv);

#endif
