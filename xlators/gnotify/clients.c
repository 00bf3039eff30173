/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Clients by number: the same for one process on all bricks, over its graphs and
 * connections. Each is named to the writer when it is first seen.
 */
#include "xlators/gnotify/gnotify.h"

#include <glusterfs/client_t.h>

#include "common/file.h"

/* What protocol/client calls itself is
 *     CTX_ID:…-GRAPH_ID:…-PID:…-HOST:…-PC_NAME:…-RECON_NO:…
 * of which the graph, the brick and the connection are not the process. */
static size_t
process_of(const char *uid, char *out, size_t room)
{
    const char *graph = strstr(uid, "-GRAPH_ID:");
    const char *pid = graph ? strstr(graph, "-PID:") : NULL;
    const char *name = strstr(uid, "-PC_NAME:");
    size_t len = name ? (size_t)(name - uid) : strlen(uid);

    if (!pid || (name && name < pid))
        return (size_t)snprintf(out, room, "%.*s", (int)len, uid);
    return (size_t)snprintf(out, room, "%.*s%.*s", (int)(graph - uid), uid,
                            (int)(len - (size_t)(pid - uid)), pid);
}

void
client_host(const char *uid, char out[GNOTIFY_HOST])
{
    const char *host = strstr(uid, "-HOST:"), *end = host ? strstr(host, "-PC_NAME:") : NULL;

    snprintf(out, GNOTIFY_HOST, "%.*s", host && end ? (int)(end - host - 6) : 1, host && end ? host + 6 : "?");
    for (char *c = out; *c; c++) {
        if (*c <= ' ' || *c > '~')
            *c = '?';
    }
}

uint64_t
client_number(const char *uid)
{
    char process[1024], hex[DIGEST_HEX];

    process_of(uid, process, sizeof(process));
    digest_bytes(process, strlen(process), hex);
    hex[16] = '\0';
    return strtoull(hex, NULL, 16);
}

/* Tells the writer its name. False: there was no room. */
static bool
announce(struct gnotify *g, const struct client *c, const char *uid)
{
    char process[1024];

    process_of(uid, process, sizeof(process));
    size_t len = strnlen(process, NOTIFY_DETAIL_MAX);
    struct event *e = event_alloc(g, len);

    if (!e)
        return false;
    memcpy(e->text, process, len);
    e->is_client = true;
    e->r.op = NOTIFY_CLIENT;
    e->r.flags = NOTIFY_HAS_ACTOR | NOTIFY_HAS_DETAIL;
    e->r.client = c->number;
    e->r.detail = e->text;
    e->r.detail_len = (uint8_t)len;
    return ring_push(g, e);
}

static struct client *
client_new(struct gnotify *g, client_t *client)
{
    struct client *c = GF_CALLOC(1, sizeof(*c), gf_gnotify_mt_client);

    if (!c)
        return NULL;
    c->number = client_number(client->client_uid ? client->client_uid : "");
    pthread_mutex_lock(&g->clients_lock);
    void *theirs = client_ctx_set(client, g->xl, c);

    if (theirs == c) {
        c->next = g->clients;
        g->clients = c;
    }
    pthread_mutex_unlock(&g->clients_lock);
    if (theirs == c)
        return c;
    GF_FREE(c);
    return theirs;
}

struct client *
client_of(struct gnotify *g, const call_frame_t *frame)
{
    client_t *client = frame->root->client;
    void *value = NULL;

    if (!client)
        return NULL;
    client_ctx_get(client, g->xl, &value);
    struct client *c = value ? value : client_new(g, client);

    if (c && !atomic_load_explicit(&c->announced, memory_order_relaxed) &&
        atomic_load(&g->active) && !atomic_exchange(&c->announced, true) &&
        !announce(g, c, client->client_uid ? client->client_uid : ""))
        atomic_store(&c->announced, false);
    return c;
}

int32_t
gnotify_client_destroy(xlator_t *this, client_t *client)
{
    struct gnotify *g = this->private;
    void *value = NULL;

    if (!g || client_ctx_del(client, this, &value) || !value)
        return 0;
    sessions_forget(g, value);
    pthread_mutex_lock(&g->clients_lock);
    for (struct client **at = &g->clients; *at; at = &(*at)->next) {
        if (*at == value) {
            *at = (*at)->next;
            break;
        }
    }
    pthread_mutex_unlock(&g->clients_lock);
    GF_FREE(value);
    return 0;
}

void
clients_free(struct gnotify *g)
{
    for (struct client *next; g->clients; g->clients = next) {
        next = g->clients->next;
        GF_FREE(g->clients);
    }
}
