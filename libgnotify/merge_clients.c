/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What each client did and has not come out, by the client's clock: what it did in one set comes
 * after what it did in others before. A list for each set: a set's bricks show it nearly in
 * order, while the sets are read by turns, thousands of changes each.
 */
#include "libgnotify/merge_inside.h"

#include "common/cleanup.h"

/* By time; those of one time as they came. */
struct lane {
    unsigned set;
    struct entry *first, *last;
};

void
clients_end(struct clients *all)
{
    for (size_t i = 0; i < ARRAY_SIZE(all->buckets); i++) {
        for (struct client *c = all->buckets[i], *next; c; c = next) {
            next = c->chain;
            free(c->lanes);
            free(c);
        }
    }
}

static struct client *
find(struct client *c, uint64_t id)
{
    while (c && c->id != id)
        c = c->chain;
    return c;
}

struct client *
clients_get(struct clients *all, uint64_t id)
{
    struct client **at = &all->buckets[id % ARRAY_SIZE(all->buckets)];
    struct client *c = find(*at, id);

    if (!c) {
        c = calloc(1, sizeof(*c));
        if (!c)
            return NULL;
        *c = (struct client){.chain = *at, .id = id};
        *at = c;
    }
    if (c->count < c->room)
        return c;
    unsigned room = c->room ? 2 * c->room : 4;
    struct lane *more = reallocarray(c->lanes, room, sizeof(*more));

    if (!more)
        return NULL;
    c->lanes = more;
    c->room = room;
    return c;
}

static struct lane *
lane_of(struct client *c, unsigned set)
{
    struct lane *end = c->lanes + c->count;

    for (struct lane *l = c->lanes; l < end; l++) {
        if (l->set == set)
            return l;
    }
    return NULL;
}

/* Nearly always it is the last one. */
void
client_add(struct client *c, struct entry *e)
{
    struct lane *l = lane_of(c, e->set);

    if (!l) {
        l = &c->lanes[c->count++];
        *l = (struct lane){.set = e->set};
    }
    struct entry *before = l->last;

    while (before && before->time > e->time)
        before = before->before;
    e->client = c;
    e->before = before;
    e->after = before ? before->after : l->first;
    *(e->after ? &e->after->before : &l->last) = e;
    *(before ? &before->after : &l->first) = e;
}

void
client_remove(struct entry *e)
{
    struct client *c = e->client;
    struct lane *l = lane_of(c, e->set);

    *(e->before ? &e->before->after : &l->first) = e->after;
    *(e->after ? &e->after->before : &l->last) = e->before;
    if (!l->first)
        *l = c->lanes[--c->count];
}

bool
client_waits_before(const struct entry *e)
{
    const struct lane *end = e->client->lanes + e->client->count;

    for (const struct lane *l = e->client->lanes; l < end; l++) {
        if ((l->set != e->set || e->spans) && l->first->time < e->time)
            return true;
    }
    return false;
}
