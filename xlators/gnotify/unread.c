/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * How much of what a client was answered it has not taken. The server's transport keeps all that the
 * socket does not take, without an end; but it counts what it wrote. Who has too much is answered
 * no more until he takes some, and who asks on and on all the same is cut off.
 *
 * What we count is never more than what is under way, for the transport writes our bytes, its own
 * and those of other answers: nobody who reads waits.
 */
#include "xlators/gnotify/gnotify.h"

#include <glusterfs/client_t.h>
#include <rpc/rpcsvc.h>

enum { UNREAD_MAX = 4 << 20, ERROR_SIZE = 24 /* bytes at least, of an answer without any */ };

/* The connection that a frame came by; NULL where it came by none. It stays as long as the frame. */
static rpc_transport_t *
transport_of(call_frame_t *frame)
{
    call_stack_t *root = frame->root;

    if (!root->client || list_empty(&root->myframes))
        return NULL;
    const call_frame_t *first = list_entry(root->myframes.prev, call_frame_t, frames);
    const rpcsvc_request_t *request = first->local;

    if (!first->this || strcmp(first->this->type, "protocol/server") != 0 || !request || !request->trans ||
        request->trans->xl_private != root->client)
        return NULL;
    return request->trans;
}

static void
count_taken(struct client *c, const rpc_transport_t *transport)
{
    uint64_t written = __atomic_load_n(&transport->total_bytes_write, __ATOMIC_RELAXED);
    uint64_t taken = written > c->taken ? written - c->taken : 0;

    c->unread -= taken < c->unread ? taken : c->unread;
    c->taken = written;
}

void
unread_add(struct gnotify *g, struct client *c, call_frame_t *frame, size_t bytes)
{
    const rpc_transport_t *transport = c ? transport_of(frame) : NULL;

    if (!transport)
        return;
    pthread_mutex_lock(&g->serve_lock);
    count_taken(c, transport);
    c->unread += bytes ? bytes : ERROR_SIZE;
    pthread_mutex_unlock(&g->serve_lock);
}

bool
unread_is_full(struct client *c, call_frame_t *frame)
{
    if (!c || c->unread < UNREAD_MAX)
        return false;
    const rpc_transport_t *transport = transport_of(frame);

    if (transport)
        count_taken(c, transport);
    return transport && c->unread >= UNREAD_MAX;
}

void
unread_cut_off(struct gnotify *g, struct client *c, call_frame_t *frame)
{
    pthread_mutex_lock(&g->serve_lock);
    bool ends = c && !c->cut_off && unread_is_full(c, frame);

    if (ends)
        c->cut_off = true;
    pthread_mutex_unlock(&g->serve_lock);
    if (!ends)
        return;
    rpc_transport_t *transport = transport_of(frame);

    gf_log(g->xl->name, GF_LOG_WARNING, "%s asks on and on and takes no answers: it is cut off",
           frame->root->client->client_uid ? frame->root->client->client_uid : "a client");
    transport->ops->disconnect(transport, _gf_false);
}
