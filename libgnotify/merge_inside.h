/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the files of the merge (merge.h) share.
 */
#ifndef GNOTIFY_MERGE_INSIDE_H
#define GNOTIFY_MERGE_INSIDE_H

#include <xxhash.h>

#include "libgnotify/merge.h"
#include "libgnotify/remember.h"

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

struct set {
    uint64_t live, members; /* bits */
    unsigned bricks;
    uint64_t read; /* all its bricks have been read up to then; 0: some is not live. For a sweep */
};

struct brick {
    unsigned set, bit;
    uint64_t since; /* the last change before it became live */
    uint64_t read;  /* what it had then has been fed */
    uint64_t records; /* since then; 0: not known */
    struct entry **queue; /* a ring */
    size_t first, count, room;
};

struct merge {
    struct brick *bricks;
    struct set *sets;
    unsigned brick_count, set_count;
    uint64_t all_read; /* as of a set */
    struct entry **buckets; /* of what waits; a power of 2 of them */
    size_t bucket_count, entries;
    struct memory memory; /* what came out */
    struct entry *first, *last; /* that wait, by number */
    uint64_t fed_number, fed_told;
    uint64_t came, came_key; /* what came out last */
    struct clients clients;
    uint64_t seed, number, fenced, passed;
    size_t waiting, held;
    uint8_t *given; /* the bytes of the event that was given last */
};

/* Is it one that bricks tell together with others of its bucket (NOTIFY_WRITE_BUCKET)? */
static inline bool
is_write(const struct notify_record *r)
{
    return r->op == NOTIFY_WRITE && r->time;
}

/* As a struct kept has it: ms of ns. */
static inline uint32_t
ms_of(uint64_t time)
{
    return (uint32_t)(time / 1000000);
}

/* As entries have it. */
static inline uint64_t
number_of(const struct merge *m, const struct kept *k)
{
    return m->number - (uint32_t)((uint32_t)m->number - k->number);
}

/* ---- merge_bricks.c ---------------------------------------------------------- */

/* How far all bricks have been read, into the sets' `read` and all_read. */
void
bricks_look(struct merge *m);

/* Room for one more: 0 or -ENOMEM. */
int
shown_room(struct brick *b);

/* e is the last that the brick has shown. There is room for it. */
void
shown_add(struct brick *b, struct entry *e);

/* The head, or NULL. What came out elsewhere is taken away, and freed with the last queue. */
struct entry *
shown_head(struct brick *b);

/* ---- merge_copies.c ---------------------------------------------------------- */

/* Of what the copies of one change have in common. */
XXH128_hash_t
copies_key(const struct merge *m, const struct notify_record *r);

/* The change that waits, and that the brick's record with that key is a copy of: the oldest it can
 * be of. NULL: none. */
struct entry *
copies_find(const struct merge *m, XXH128_hash_t key, unsigned brick,
            const struct notify_record *r, uint64_t now);

/* The same of what came out, if that is older than `other` (or NULL). Until something is remembered. */
struct kept *
copies_find_kept(const struct merge *m, XXH128_hash_t key, unsigned brick,
                 const struct notify_record *r, uint64_t now, const struct entry *other);

/* e is found by its key from now on; and no more. */
void
copies_add(struct merge *m, struct entry *e);

void
copies_remove(struct merge *m, struct entry *e);

/* ---- merge_clients.c --------------------------------------------------------- */

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
