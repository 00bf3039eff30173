/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Who reads: the sessions that fetched lately, for the status. When there is no room the one
 * that has been silent longest goes.
 */
#include "xlators/gnotify/gnotify.h"

enum { SESSIONS_MAX = 256 };

/* ns: a fetch waits a minute at most */
static const uint64_t silent = 150 * 1000000000ull;

void
session_seen(struct gnotify *g, const struct session *s, const char *client_uid)
{
    pthread_mutex_lock(&g->sessions_lock);
    if (!g->sessions)
        g->sessions = calloc(SESSIONS_MAX, sizeof(*g->sessions));
    struct session *here = g->sessions;

    for (size_t i = 0; here && i < SESSIONS_MAX; i++) {
        struct session *other = &g->sessions[i];

        if (other->asked && other->known == s->known && other->number == s->number) {
            here = other;
            break;
        }
        if (other->asked < here->asked)
            here = other;
    }
    if (here && here->asked && here->known == s->known && here->number == s->number) {
        here->asked = s->asked;
        here->next = s->next;
        if (s->name[0])
            memcpy(here->name, s->name, sizeof(here->name));
    } else if (here) {
        *here = *s;
        client_host(client_uid, here->host);
    }
    pthread_mutex_unlock(&g->sessions_lock);
}

void
sessions_forget(struct gnotify *g, const struct client *known)
{
    pthread_mutex_lock(&g->sessions_lock);
    for (size_t i = 0; g->sessions && known && i < SESSIONS_MAX; i++) {
        if (g->sessions[i].known == known)
            g->sessions[i].asked = 0;
    }
    pthread_mutex_unlock(&g->sessions_lock);
}

struct session *
sessions_now(struct gnotify *g, size_t *count)
{
    struct session *copy = calloc(SESSIONS_MAX, sizeof(*copy));
    uint64_t now = clock_ns(CLOCK_MONOTONIC);

    *count = 0;
    pthread_mutex_lock(&g->sessions_lock);
    for (size_t i = 0; g->sessions && copy && i < SESSIONS_MAX; i++) {
        const struct session *s = &g->sessions[i];

        if (s->asked && now - s->asked < silent)
            copy[(*count)++] = *s;
    }
    pthread_mutex_unlock(&g->sessions_lock);
    return copy;
}
