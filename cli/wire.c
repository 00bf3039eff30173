/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * One ONC RPC to glusterd's CLI program over its unix socket; see wire.h.
 */
#include "cli/wire.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <rpc/rpc.h>

#include "cli1-xdr.h"
#include "common/cleanup.h"

enum { CLI_PROGRAM = 1238463, CLI_VERSION = 2 };

static void
destroy(CLIENT **client)
{
    if (*client)
        clnt_destroy(*client);
}

static int
connect_to(const char *path, struct sockaddr_un *addr)
{
    *addr = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(addr->sun_path))
        return -ENAMETOOLONG;
    memcpy(addr->sun_path, path, strlen(path) + 1);

    AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)addr, sizeof(*addr)) < 0)
        return errno == ENOENT ? -ECONNREFUSED : -errno;
    int connected = fd;
    fd = -1;
    return connected;
}

static int
outcome(enum clnt_stat stat)
{
    switch (stat) {
    case RPC_SUCCESS:
        return 0;
    case RPC_TIMEDOUT:
        return -ETIMEDOUT;
    case RPC_CANTSEND:
    case RPC_CANTRECV:
        return -ECONNRESET;
    default:
        return -EPROTO;
    }
}

/* xdrproc_t takes a variable number of arguments; a plain cast to it warns. */
static xdrproc_t
proc(bool_t (*f)(XDR *, void *))
{
    return (xdrproc_t)(void (*)(void))f;
}
#define PROC(f) proc((bool_t(*)(XDR *, void *))(void (*)(void))(f))

static int
exchange_dict(CLIENT *client, struct wire_call *c, struct timeval limit)
{
    gf_cli_req req = {{(u_int)c->request_len, (char *)c->request}};
    gf_cli_rsp rsp = {0};

    int ret = outcome(clnt_call(client, (rpcproc_t)c->procedure, PROC(xdr_gf_cli_req),
                                (char *)&req, PROC(xdr_gf_cli_rsp), (char *)&rsp, limit));
    c->op_ret = rsp.op_ret;
    c->op_errno = rsp.op_errno;
    c->op_errstr = rsp.op_errstr;
    c->dict = rsp.dict.dict_val;
    c->dict_len = rsp.dict.dict_len;
    return ret;
}

static int
exchange_friends(CLIENT *client, struct wire_call *c, struct timeval limit)
{
    gf1_cli_peer_list_req req = {c->flags, {(u_int)c->request_len, (char *)c->request}};
    gf1_cli_peer_list_rsp rsp = {0};

    int ret = outcome(clnt_call(client, (rpcproc_t)c->procedure,
                                PROC(xdr_gf1_cli_peer_list_req), (char *)&req,
                                PROC(xdr_gf1_cli_peer_list_rsp), (char *)&rsp, limit));
    c->op_ret = rsp.op_ret;
    c->op_errno = rsp.op_errno;
    c->dict = rsp.friends.friends_val;
    c->dict_len = rsp.friends.friends_len;
    return ret;
}

static int
exchange_workdir(CLIENT *client, struct wire_call *c, struct timeval limit)
{
    gf1_cli_getwd_req req = {c->flags};
    gf1_cli_getwd_rsp rsp = {0};

    int ret = outcome(clnt_call(client, (rpcproc_t)c->procedure,
                                PROC(xdr_gf1_cli_getwd_req), (char *)&req,
                                PROC(xdr_gf1_cli_getwd_rsp), (char *)&rsp, limit));
    c->op_ret = rsp.op_ret;
    c->op_errno = rsp.op_errno;
    c->op_errstr = rsp.wd;
    return ret;
}

int
wire_exchange(struct wire_call *c)
{
    struct sockaddr_un addr;
    struct timeval limit = {.tv_sec = c->timeout};
    AUTO_CLOSE int fd = connect_to(c->socket, &addr);

    if (fd < 0)
        return fd;
    struct netbuf server = {sizeof(addr), sizeof(addr), &addr};
    AUTO(destroy) CLIENT *client =
        clnt_vc_create(fd, &server, CLI_PROGRAM, CLI_VERSION, 0, 0);
    if (!client)
        return -ECONNRESET;
    switch (c->form) {
    case WIRE_FRIENDS:
        return exchange_friends(client, c, limit);
    case WIRE_WORKDIR:
        return exchange_workdir(client, c, limit);
    default:
        return exchange_dict(client, c, limit);
    }
}
