/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Which record is a copy of which change: by what all copies have in common, and by what each brick
 * can have seen. Those that wait stand in a table; those that came out are remembered.
 */
#include "libgnotify/merge_inside.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t TIMELESS = 5ull * 1000 * 1000 * 1000; /* ns */

/* ---- keys ---------------------------------------------------------------- */

static void
put(uint8_t **at, const void *data, size_t len)
{
    if (len)
        memcpy(*at, data, len);
    *at += len;
}

static void
put_name(uint8_t **at, const struct notify_name *name)
{
    struct notify_name base = notify_name_base(name);

    put(at, name->parent, sizeof(name->parent));
    put(at, &base.len, sizeof(base.len));
    put(at, base.path, base.len);
}

/* Is a name what it changes? What is done to a file itself each brick may tell by another one of
 * its names. */
static bool
is_of_names(const struct notify_record *r)
{
    return r->op <= NOTIFY_RENAME;
}

/* Not of the path: one brick may know it and another not. */
XXH128_hash_t
copies_key(const struct merge *m, const struct notify_record *r)
{
    const uint64_t time = is_write(r) ? r->time / NOTIFY_WRITE_BUCKET : r->time;
    const uint64_t numbers[] = {r->op, r->client, time};
    uint8_t bytes[sizeof(numbers) + NOTIFY_RECORD_MAX], *at = bytes;

    put(&at, numbers, sizeof(numbers));
    put(&at, r->gfid, sizeof(r->gfid));
    if (is_of_names(r)) {
        put_name(&at, &r->name);
        put_name(&at, &r->to);
    }
    put(&at, r->detail, r->detail_len);
    return XXH3_128bits_withSeed(bytes, (size_t)(at - bytes), m->seed);
}
/* ---- the table ------------------------------------------------------------ */

static struct entry **
bucket(const struct merge *m, XXH128_hash_t key)
{
    return &m->buckets[key.low64 & (m->bucket_count - 1)];
}

/* Can it be a copy of this entry's change that the brick shows? A brick shows each change
 * once. Where there is no time in the key, it is the same for every such change: an entry
 * stands for those that bricks show soon after, and that the brick can have seen. */
static bool
is_copy(const struct merge *m, const struct entry *e, unsigned brick,
        const struct notify_record *r, uint64_t now)
{
    const struct brick *b = &m->bricks[brick];

    if (e->set == b->set && (e->seen & 1ull << b->bit))
        return false;
    if (is_write(r)) /* in other sets there are other parts of a file in shards */
        return e->set == b->set;
    return r->time || (now - e->arrived < TIMELESS && e->number > b->since);
}

/* The same of what came out. Writes of a bucket may be told together otherwise on each brick:
 * what has come out stands for none that came later. */
static bool
is_copy_of_kept(const struct merge *m, const struct kept *k, unsigned brick,
                const struct notify_record *r, uint64_t now)
{
    const struct brick *b = &m->bricks[brick];

    if (k->set == b->set && (k->seen & 1ull << b->bit))
        return false;
    if (is_write(r))
        return k->set == b->set && r->time % NOTIFY_WRITE_BUCKET <= k->within;
    return r->time || (ms_of(now) - k->arrived < ms_of(TIMELESS) && number_of(m, k) > b->since);
}

struct entry *
copies_find(const struct merge *m, XXH128_hash_t key, unsigned brick,
            const struct notify_record *r, uint64_t now)
{
    struct entry *found = NULL;

    for (struct entry *e = *bucket(m, key); e; e = e->chain) {
        if (XXH128_isEqual(e->key, key) && is_copy(m, e, brick, r, now) &&
            (!found || e->number < found->number))
            found = e;
    }
    return found;
}

struct kept *
copies_find_kept(const struct merge *m, XXH128_hash_t key, unsigned brick,
                 const struct notify_record *r, uint64_t now, const struct entry *other)
{
    struct kept *found = NULL;

    for (struct kept *k = memory_find(&m->memory, key.low64); k; k = memory_next(&m->memory, k)) {
        if (is_copy_of_kept(m, k, brick, r, now) &&
            (!found || number_of(m, k) < number_of(m, found)))
            found = k;
    }
    return found && other && other->number < number_of(m, found) ? NULL : found;
}

/* Failing to grow only makes chains longer. */
static void
grow(struct merge *m)
{
    size_t old_count = m->bucket_count;
    struct entry **old = m->buckets;
    struct entry **more = calloc(old_count * 2, sizeof(struct entry *));

    if (!more)
        return;
    m->buckets = more;
    m->bucket_count = old_count * 2;
    for (size_t i = 0; i < old_count; i++) {
        for (struct entry *e = old[i], *next; e; e = next) {
            struct entry **to = bucket(m, e->key);

            next = e->chain;
            e->chain = *to;
            *to = e;
        }
    }
    free(old);
}

void
copies_add(struct merge *m, struct entry *e)
{
    if (m->entries >= m->bucket_count)
        grow(m);
    struct entry **to = bucket(m, e->key);

    e->chain = *to;
    *to = e;
    m->entries++;
}

void
copies_remove(struct merge *m, struct entry *e)
{
    struct entry **at = bucket(m, e->key);

    while (*at != e)
        at = &(*at)->chain;
    *at = e->chain;
    m->entries--;
}
