/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The threads that bring requests: nothing is asked of them but to queue these.
 */
#include "xlators/gnotify/serve.h"

#include <errno.h>

#include <glusterfs/client_t.h>

enum {
    HELD_MAX = 1024, /* requests, of all clients */
    HELD_OF_CLIENT = 128,
    HELLO_PATIENCE_MS = 20000,
};

static struct request *
request_new(call_frame_t *frame, const data_t *data)
{
    struct request *r = GF_CALLOC(1, sizeof(*r) + (size_t)data->len, gf_gnotify_mt_request);

    if (!r)
        return NULL;
    memcpy(r->bytes, data->data, (size_t)data->len);
    r->frame = frame;
    r->client = frame->root->client;
    return r;
}

/* Of what a client sends that is none of ours one line is enough. */
static void
complain(struct gnotify *g, struct client *known, const client_t *client, const char *what)
{
    pthread_mutex_lock(&g->serve_lock);
    bool first = !known || !known->warned;

    g->refused++;
    if (known)
        known->warned = true;
    pthread_mutex_unlock(&g->serve_lock);
    if (first)
        gf_log(g->xl->name, GF_LOG_WARNING, "refused to %s: %s",
               client && client->client_uid ? client->client_uid : "a client", what);
}

/* Under the lock: does it ask on from where all has been told? Then nobody need look at it before
 * something comes, or its time is over. */
static bool
is_at_end(const struct gnotify *g, const struct request *r)
{
    return r->q.kind == NOTIFY_FETCH && r->q.from == NOTIFY_FROM_SEQ && r->q.wait && g->end &&
           r->q.seq == g->end && !memcmp(r->q.id, g->end_id, sizeof(g->end_id)) &&
           r->deadline >= g->server_wakes && !g->server_stops;
}

/* 0 where it was queued; else errno. */
static int
take(struct gnotify *g, struct request *r)
{
    int err = 0;

    pthread_mutex_lock(&g->serve_lock);
    unsigned of_client = g->at_work && g->at_work->client == r->client;

    for (const struct request *o = g->requests; o; o = o->next)
        of_client += o->client == r->client;
    if (!g->server_runs)
        err = ESHUTDOWN;
    else if (r->known && r->known->gone) /* it was under way here when its client went */
        err = ENOTCONN;
    else if (g->held >= HELD_MAX || of_client >= HELD_OF_CLIENT)
        err = EAGAIN;
    if (!err) {
        g->held++;
        *g->requests_end = r;
        g->requests_end = &r->next;
        if (is_at_end(g, r)) {
            r->looked_at = true;
            r->news = g->news;
            serve_waits(g, r);
            fetch_seen(g, r, r->q.seq);
        } else {
            pthread_cond_signal(&g->serve_cond);
        }
    }
    pthread_mutex_unlock(&g->serve_lock);
    return err;
}

/* Who may ask: root, of a client that mounts all of the volume. */
static const char *
refusal(const call_frame_t *frame)
{
    const client_t *client = frame->root->client;

    if (frame->root->uid)
        return "only root may read what changes";
    if (client && client->subdir_mount)
        return "it mounts a folder of the volume only";
    return NULL;
}

int32_t
gnotify_ipc(call_frame_t *frame, xlator_t *this, int32_t op, dict_t *xdata)
{
    struct gnotify *g = this->private;

    if (op != NOTIFY_IPC)
        return default_ipc(frame, this, op, xdata);
    struct client *known = client_of(g, frame);
    const char *why = refusal(frame);
    data_t *data = xdata ? dict_get(xdata, (char *)NOTIFY_WIRE_KEY) : NULL;
    struct request *r = NULL;
    int err = 0;

    if (why)
        err = EPERM;
    else if (!data || data->len < 1 || data->len > NOTIFY_REQUEST_SIZE_MAX)
        err = EPROTO;
    else if (!(r = request_new(frame, data)))
        err = ENOMEM;
    else
        err = -notify_request_decode(r->bytes, (size_t)data->len, &r->q);
    if (err == EPERM || err == EPROTO)
        complain(g, known, frame->root->client, why ? why : "what it sends is no request");
    if (!err) {
        r->known = known;
        uint64_t wait = r->q.kind == NOTIFY_HELLO ? HELLO_PATIENCE_MS : r->q.wait;

        r->deadline = clock_ns(CLOCK_MONOTONIC) + wait * 1000000u;
        err = take(g, r);
    }
    if (!err)
        return 0;
    GF_FREE(r);
    unread_add(g, known, frame, 0);
    unread_cut_off(g, known, frame); /* it may have as many held as there may be, and refusals are answers, too */
    STACK_UNWIND_STRICT(ipc, frame, -1, err, NULL);
    return 0;
}

int32_t
gnotify_client_disconnect(xlator_t *this, client_t *client)
{
    struct gnotify *g = this->private;
    struct request *theirs = NULL;
    void *known = NULL;

    if (!g)
        return 0;
    client_ctx_get(client, this, &known);
    pthread_mutex_lock(&g->serve_lock);
    if (known) /* for ever: who connects again is another one */
        ((struct client *)known)->gone = true;
    for (struct request **at = &g->requests; *at;) {
        struct request *r = *at;

        if (r->client != client) {
            at = &r->next;
            continue;
        }
        *at = r->next;
        r->next = theirs;
        theirs = r;
        g->held--;
    }
    g->requests_end = &g->requests;
    while (*g->requests_end)
        g->requests_end = &(*g->requests_end)->next;
    if (g->at_work && g->at_work->client == client)
        g->at_work->gone = true;
    pthread_mutex_unlock(&g->serve_lock);
    for (struct request *next; theirs; theirs = next) {
        next = theirs->next;
        answer_fail(g, theirs, ENOTCONN);
    }
    sessions_forget(g, known);
    return 0;
}
