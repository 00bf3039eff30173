/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the files of the merge (merge.h) share.
 */
#ifndef GNOTIFY_MERGE_INSIDE_H
#define GNOTIFY_MERGE_INSIDE_H

#include <xxhash.h>

#include "libgnotify/merge.h"

struct client;

struct entry {
    XXH128_hash_t key;
    struct entry *chain; /* of its bucket */
    uint64_t seen;       /* bits: which bricks of its set have shown it */
    unsigned set, brick;
    unsigned namer; /* the brick whose path it has */
    unsigned queues, heads; /* it is in so many, and at the head of so many */
    bool is_out, spans; /* spans: several sets have shown it; is_out: it is in queues only */
    bool wide, whole;   /* several sets show it; all of its path is known */
    uint64_t number, arrived;
    uint64_t time; /* of its client's clock */
    struct client *client;
    struct entry *before, *after; /* of its client and its set, by time */
    struct entry *earlier, *later; /* of all that wait, by number */
    size_t size;
    uint8_t *bytes;
};

/* ---- merge_clients.c --------------------------------------------------------- */

/* One that has changes that wait, or had one lately. */
struct client {
    struct client *chain;
    uint64_t id, time; /* the latest that was seen */
    struct lane *lanes; /* what waits, by set: those that have some, in no order */
    unsigned count, room;
};

struct clients {
    struct client *buckets[1 << 10];
};

void
clients_end(struct clients *all);

/* The client of that number, with room for a change of one set more; NULL: no memory. */
struct client *
clients_get(struct clients *all, uint64_t id);

/* e waits, of e->set, at e->time. There is room for it. */
void
client_add(struct client *c, struct entry *e);

/* e waits no longer. There is room to add it again. */
void
client_remove(struct entry *e);

/* Has its client done something before it, in another set, that has not come out? Of what
 * is done in several, it may be any. */
bool
client_waits_before(const struct entry *e);

/* ---- merge_names.c ----------------------------------------------------------- */

/* Is all of the path known? */
bool
names_are_whole(const struct notify_record *r);

/* e is told by the names of that copy. e->size may be another one then. */
void
names_take(struct entry *e, const struct notify_record *from);

#endif
