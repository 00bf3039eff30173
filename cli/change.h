/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Changing options of extensions: ask every node, set, see that every node has it.
 * Behind volume set, volume reset, and glupy install.
 */
#ifndef VOLEXT_CLI_CHANGE_H
#define VOLEXT_CLI_CHANGE_H

#include "cli/cli.h"
#include "cli/peers.h"
#include "cli/rpc.h"

#define DIGEST_PREFIX "features.glupy-digest."

/* ---- a volume as glusterd describes it ---------------------------------- */

/* GET_VOLUME of one volume. 0; -ENOENT: it does not exist; or as rpc_call. */
int
volume_fetch(struct cli *cli, const char *volume, struct reply *reply);

/* The stored value of an option of ours (key without `user.`), or NULL. The reply's. */
const char *
volume_option(const struct reply *volume, const char *key);

/* ---- a change ----------------------------------------------------------- */

struct change {
    struct cli *cli;
    struct emit *e;
    const char *command; /* "volume set": for messages */
    const char *volume;
    struct kv options;   /* keys without `user.` */
    bool force;          /* leave nodes that are down out */
    bool with_stock;     /* stock options go with it, which can make the places that are
                            missing now: what lacks one is seen afterwards only */
    bool part;           /* of a command on several volumes: what fails ends this volume's part,
                            and not c->e */
    bool quiet;          /* what waits, and which nodes are down, the caller tells */
    struct peers peers;
};

#define AUTO_CHANGE AUTO(change_free)
void
change_free(struct change *c);

/* Each of these returns 0, or the exit status of the command, which then has said why
 * in c->e and ended it. */

/* Asks every node whether it can; adds the digests of the modules that are named. */
int
change_check(struct change *c);
/* One SET_VOLUME with all options; when it fails, no node keeps anything of it. */
int
change_set(struct change *c);
/* Every node has it. Bricks that wait for a restart are told in c->e. */
int
change_applied(struct change *c);
/* Tells every node that what was to be set was not; what they answer does not matter. said:
 * what glusterd said, as far as known: not when it tells that no node had begun. */
void
change_settle(struct change *c, const char *said);

/* Nodes that answered nothing useful: a note in text, a list `missing` in XML and JSON. */
void
change_tell_silent(struct change *c);

/* Ends with what rpc_call's ret means. */
int
change_rpc_fail(struct change *c, int ret);
/* Ends with a sentence. Exit status 1. */
int
change_fail(struct change *c, int op_errno, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
