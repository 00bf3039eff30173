/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What readers are answered. Nothing is answered under a lock: an answer to a client that is
 * gone comes back here.
 */
#include "xlators/gnotify/serve.h"

#include <errno.h>

static void
request_free(struct gnotify *g, struct request *r)
{
    if (r->waits) {
        atomic_store(&g->followed, clock_ns(CLOCK_MONOTONIC));
        atomic_fetch_sub(&g->waiting, 1);
    }
    pthread_mutex_lock(&g->serve_lock);
    if (g->at_work == r)
        g->at_work = NULL;
    pthread_mutex_unlock(&g->serve_lock);
    notify_place_close(&r->place);
    GF_FREE(r);
}

void
answer_fail(struct gnotify *g, struct request *r, int error)
{
    call_frame_t *frame = r->frame;

    unread_add(g, r->known, frame, 0);
    request_free(g, r);
    STACK_UNWIND_STRICT(ipc, frame, -1, error, NULL);
}

void
answer_send(struct gnotify *g, struct request *r, struct notify_reply *reply)
{
    size_t len = NOTIFY_REPLY_HEADER + reply->bytes;
    uint8_t *buf = GF_MALLOC(len, gf_gnotify_mt_reply);
    dict_t *xdata = dict_new();

    if (!buf || !xdata) {
        GF_FREE(buf);
        if (xdata)
            dict_unref(xdata);
        answer_fail(g, r, ENOMEM);
        return;
    }
    reply->flags |= r->flags;
    reply->cursor = r->cursor;
    reply->recording = atomic_load(&g->active) ? atomic_load(&g->recording) : 0;
    reply->now = clock_ns(CLOCK_REALTIME);
    notify_reply_head(reply, buf);
    if (reply->bytes)
        memcpy(buf + NOTIFY_REPLY_HEADER, reply->records, reply->bytes);
    if (dict_set_bin(xdata, (char *)NOTIFY_WIRE_KEY, buf, len)) {
        GF_FREE(buf);
        dict_unref(xdata);
        answer_fail(g, r, ENOMEM);
        return;
    }
    call_frame_t *frame = r->frame;

    unread_add(g, r->known, frame, len);
    request_free(g, r);
    STACK_UNWIND_STRICT(ipc, frame, 0, 0, xdata);
    dict_unref(xdata);
}
