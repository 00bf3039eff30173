/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * One ONC RPC to glusterd. The module behind it links libtirpc and libgfxdr, and
 * is loaded by rpc.c when a command needs glusterd.
 */
#ifndef VOLEXT_CLI_WIRE_H
#define VOLEXT_CLI_WIRE_H

#include <stddef.h>

enum wire_form {
    WIRE_DICT,    /* gf_cli_req, gf_cli_rsp */
    WIRE_FRIENDS, /* gf1_cli_peer_list_req with flags, gf1_cli_peer_list_rsp */
    WIRE_WORKDIR, /* gf1_cli_getwd_req, gf1_cli_getwd_rsp: op_errstr is the folder */
};

struct wire_call {
    const char *socket;
    int procedure;
    enum wire_form form;
    int flags;
    int timeout; /* seconds */
    const char *request;
    size_t request_len;
    /* filled by a reply; the caller frees both */
    int op_ret;
    int op_errno;
    char *op_errstr;
    char *dict;
    size_t dict_len;
};

/* Sends, and waits for the reply. 0: there is one. -ECONNREFUSED: nobody listens at
 * socket. -ETIMEDOUT; -ECONNRESET: the connection ended without a reply; -EPROTO: what
 * came is not a reply; -ENOMEM; another -errno of socket(2) or connect(2). */
int
wire_exchange(struct wire_call *call);

#define WIRE_SYMBOL "wire_exchange"

#endif
