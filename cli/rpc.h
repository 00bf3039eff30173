/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Requests to glusterd: off the main thread, so that Ctrl-C works at once
 * (libtirpc blocks signals during a call), with a time limit, and again while
 * another command holds the lock.
 */
#ifndef VOLEXT_CLI_RPC_H
#define VOLEXT_CLI_RPC_H

#include "cli/cli.h"
#include "cli/dict.h"

enum rpc_procedure {
    RPC_LIST_FRIENDS = 3,
    RPC_GET_VOLUME = 5,
    RPC_START_VOLUME = 8,
    RPC_SET_VOLUME = 12,
    RPC_RESET_VOLUME = 20,
    RPC_PROFILE_VOLUME = 23,
    RPC_GETWD = 26,
    RPC_STATUS_VOLUME = 27,
    RPC_LIST_VOLUME = 33,
    RPC_COPY_FILE = 37,
    RPC_SYS_EXEC = 38,
    RPC_GET_VOL_OPT = 41,
};

struct reply {
    int op_ret;
    int op_errno;
    char *op_errstr; /* never NULL after a reply; what GETWD answers */
    struct dict dict;
};

#define REPLY_INIT {0}
#define AUTO_REPLY AUTO(reply_free)

/* Sends request (NULL: an empty dict) and fills reply, which the caller frees. While
 * another command holds glusterd's lock it is sent again, for at most 20 seconds. `what`
 * ("checking the nodes"; NULL: waiting for glusterd) is shown on a terminal when it takes
 * long. 0: glusterd has answered, reply->op_ret says what. -ECONNREFUSED: it does not run;
 * -EINTR: Ctrl-C; -ETIMEDOUT; -ECONNRESET; -EPROTO; -EBADMSG; -ENOMEM; -ENOENT: the module
 * cannot be loaded. */
int
rpc_call(struct cli *cli, enum rpc_procedure procedure, const char *what,
         const struct request *request, struct reply *reply);
void
reply_free(struct reply *reply);

/* A command that ends because rpc_call returned ret < 0: says so in e, ends e, and
 * returns the exit status: 1, or 130 after Ctrl-C. command as for emit_fail. */
int
rpc_fail(struct cli *cli, struct emit *e, const char *command, int ret);
/* What rpc_call's ret means, a sentence without its full stop. */
const char *
rpc_reason(int ret);

/* Waits without holding up Ctrl-C. 0 or -EINTR. */
int
rpc_sleep(int milliseconds);

#endif
