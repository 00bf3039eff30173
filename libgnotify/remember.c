/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * See remember.h.
 */
#include "libgnotify/remember.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"

enum { ROOM_FIRST = 1 << 10 };

static uint32_t *
bucket(const struct memory *m, uint64_t key)
{
    return &m->buckets[key & (m->bucket_count - 1)];
}

static void
link_in(struct memory *m, uint32_t i)
{
    uint32_t *to = bucket(m, m->slots[i].key);

    m->slots[i].chain = *to;
    *to = i;
}

/* What stays moves to the front. */
static void
sweep(struct memory *m, size_t most, kept_needed needed, const void *arg)
{
    size_t to = 0;

    for (size_t i = 0; i < m->count; i++) {
        const struct kept *k = &m->slots[i];

        if (needed(k, m->count - 1 - i, arg))
            m->slots[to++] = *k;
    }
    m->count = to;
    if (to > most) {
        memmove(m->slots, m->slots + (to - most), most * sizeof(*m->slots));
        m->count = most;
    }
}

/* At least so much room that looking at all of it is seldom. */
static bool
resize(struct memory *m, size_t most)
{
    size_t room = ROOM_FIRST, buckets = ROOM_FIRST;

    while (room < m->count + m->count / 2)
        room *= 2;
    if (room > most + most / 4 + 1)
        room = most + most / 4 + 1;
    while (buckets < room)
        buckets *= 2;
    if (room != m->room) {
        struct kept *slots = reallocarray(m->slots, room, sizeof(*slots));

        if (!slots)
            return false;
        m->slots = slots;
        m->room = room;
    }
    if (buckets != m->bucket_count) {
        uint32_t *more = reallocarray(m->buckets, buckets, sizeof(*more));

        if (!more)
            return false;
        m->buckets = more;
        m->bucket_count = buckets;
    }
    return true;
}

static void
index_all(struct memory *m)
{
    for (size_t i = 0; i < m->bucket_count; i++)
        m->buckets[i] = KEPT_NONE;
    for (uint32_t i = 0; i < m->count; i++)
        link_in(m, i);
}

int
memory_add(struct memory *m, const struct kept *k, size_t most, kept_needed needed, const void *arg)
{
    if (m->count == m->room) {
        sweep(m, most, needed, arg);
        bool resized = resize(m, most);

        if (m->bucket_count)
            index_all(m);
        if (!resized && (m->count == m->room || !m->bucket_count))
            return -ENOMEM;
    }
    m->slots[m->count] = *k;
    link_in(m, (uint32_t)m->count++);
    return 0;
}

static struct kept *
from(const struct memory *m, uint32_t i, uint64_t key)
{
    for (; i != KEPT_NONE; i = m->slots[i].chain) {
        if (m->slots[i].key == key)
            return &m->slots[i];
    }
    return NULL;
}

struct kept *
memory_find(const struct memory *m, uint64_t key)
{
    return m->count ? from(m, *bucket(m, key), key) : NULL;
}

struct kept *
memory_next(const struct memory *m, const struct kept *k)
{
    return from(m, k->chain, k->key);
}

void
memory_end(struct memory *m)
{
    free(m->slots);
    free(m->buckets);
    *m = (struct memory){0};
}
