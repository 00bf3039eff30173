/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Who reads: the sessions that fetched lately, for the status. When there is no room the one
 * that has been silent longest goes.
 */
#include "xlators/gnotify/gnotify.h"

enum { SESSIONS_MAX = 256 };

/* ns: a fetch waits a minute at most */
static const uint64_t silent = 150 * 1000000000ull;

static struct session *
find(struct gnotify *g, const struct session *s)
{
    for (size_t i = 0; i < g->session_count; i++) {
        if (g->sessions[i].known == s->known && g->sessions[i].number == s->number)
            return &g->sessions[i];
    }
    return NULL;
}

static struct session *
silent_longest(struct gnotify *g)
{
    struct session *found = g->sessions;

    for (size_t i = 1; i < g->session_count; i++) {
        if (g->sessions[i].asked < found->asked)
            found = &g->sessions[i];
    }
    return found;
}

void
session_seen(struct gnotify *g, const struct session *s, const char *client_uid)
{
    pthread_mutex_lock(&g->sessions_lock);
    if (!g->sessions)
        g->sessions = calloc(SESSIONS_MAX, sizeof(*g->sessions));
    struct session *here = g->sessions ? find(g, s) : NULL;
    bool is_new = g->sessions && !here;

    if (is_new) {
        here = g->session_count < SESSIONS_MAX ? &g->sessions[g->session_count++] : silent_longest(g);
        *here = (struct session){.known = s->known, .number = s->number};
        client_host(client_uid, here->host);
    }
    if (here) {
        here->asked = s->asked;
        here->next = s->next;
        if (s->name[0])
            memcpy(here->name, s->name, sizeof(here->name));
    }
    pthread_mutex_unlock(&g->sessions_lock);
}

void
sessions_forget(struct gnotify *g, const struct client *known)
{
    pthread_mutex_lock(&g->sessions_lock);
    for (size_t i = 0; i < g->session_count;) {
        if (g->sessions[i].known == known)
            g->sessions[i] = g->sessions[--g->session_count];
        else
            i++;
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
    for (size_t i = 0; copy && i < g->session_count; i++) {
        const struct session *s = &g->sessions[i];

        if (now - s->asked < silent)
            copy[(*count)++] = *s;
    }
    pthread_mutex_unlock(&g->sessions_lock);
    return copy;
}
