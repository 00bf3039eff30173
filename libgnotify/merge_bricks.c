/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The bricks of the merge: the sets they stand in, which are there and how far they have been
 * read, and the queue of what each has shown and what has not come out.
 */
#include "libgnotify/merge_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

enum { BUCKETS_FIRST = 1 << 12 };

int
merge_new(const unsigned *sets, unsigned bricks, struct merge **out)
{
    struct merge *m = calloc(1, sizeof(*m));

    if (!m)
        return -ENOMEM;
    for (unsigned i = 0; i < bricks; i++)
        m->set_count = sets[i] >= m->set_count ? sets[i] + 1 : m->set_count;
    m->brick_count = bricks;
    m->bucket_count = BUCKETS_FIRST;
    m->buckets = calloc(m->bucket_count, sizeof(struct entry *));
    m->bricks = calloc(bricks ? bricks : 1, sizeof(*m->bricks));
    m->sets = m->set_count <= bricks ? calloc(bricks ? bricks : 1, sizeof(*m->sets)) : NULL;
    int err = m->set_count > bricks || m->set_count > MERGE_SETS_MAX ? -EINVAL
              : !m->buckets || !m->bricks || !m->sets ? -ENOMEM
                                                      : 0;
    for (unsigned i = 0; i < bricks && !err; i++) {
        struct set *s = &m->sets[sets[i]];

        m->bricks[i] = (struct brick){.set = sets[i], .bit = s->bricks++};
        if (s->bricks > MERGE_SET_MAX)
            err = -EINVAL;
        else
            s->members |= 1ull << m->bricks[i].bit;
    }
    for (unsigned i = 0; i < m->set_count && !err; i++)
        err = m->sets[i].bricks ? 0 : -EINVAL;
    if (!err && getrandom(&m->seed, sizeof(m->seed), 0) != sizeof(m->seed))
        err = -EIO;
    if (err)
        merge_free(m);
    else
        *out = m;
    return err;
}

static void
entry_free(struct entry *e)
{
    free(e->bytes);
    free(e);
}

void
merge_free(struct merge *m)
{
    if (!m)
        return;
    for (unsigned i = 0; m->bricks && i < m->brick_count; i++) {
        struct brick *b = &m->bricks[i];

        for (size_t n = 0; n < b->count; n++) {
            struct entry *e = b->queue[(b->first + n) & (b->room - 1)];

            if (!--e->queues)
                entry_free(e);
        }
        free(b->queue);
    }
    clients_end(&m->clients);
    memory_end(&m->memory);
    free(m->buckets);
    free(m->bricks);
    free(m->sets);
    free(m->given);
    free(m);
}

int
merge_add(struct merge *m, unsigned set)
{
    unsigned n = m->brick_count;

    if (set > m->set_count || set >= MERGE_SETS_MAX)
        return -EINVAL;
    struct brick *bricks = reallocarray(m->bricks, n + 1, sizeof(*bricks));

    if (!bricks)
        return -ENOMEM;
    m->bricks = bricks;
    if (set == m->set_count) {
        struct set *sets = reallocarray(m->sets, m->set_count + 1, sizeof(*sets));

        if (!sets)
            return -ENOMEM;
        m->sets = sets;
        sets[m->set_count++] = (struct set){0};
    }
    if (m->sets[set].bricks == MERGE_SET_MAX)
        return -EINVAL;
    bricks[n] = (struct brick){.set = set, .bit = m->sets[set].bricks++};
    m->sets[set].members |= 1ull << bricks[n].bit;
    m->brick_count++;
    return (int)n;
}

void
merge_live(struct merge *m, unsigned brick, bool live)
{
    struct set *s = &m->sets[m->bricks[brick].set];
    uint64_t bit = 1ull << m->bricks[brick].bit;

    if (live && !(s->live & bit))
        m->bricks[brick].since = m->number;
    s->live = live ? s->live | bit : s->live & ~bit;
}

void
merge_read(struct merge *m, unsigned brick, uint64_t now)
{
    m->bricks[brick].read = now;
}

void
merge_since(struct merge *m, unsigned brick, uint64_t time)
{
    m->bricks[brick].records = time;
}

void
merge_member(struct merge *m, unsigned brick, bool member)
{
    struct set *s = &m->sets[m->bricks[brick].set];
    uint64_t bit = 1ull << m->bricks[brick].bit;

    s->members = member ? s->members | bit : s->members & ~bit;
}

void
bricks_look(struct merge *m)
{
    m->all_read = UINT64_MAX;
    for (unsigned i = 0; i < m->set_count; i++)
        m->sets[i].read = UINT64_MAX;
    for (unsigned i = 0; i < m->brick_count; i++) {
        const struct brick *b = &m->bricks[i];
        struct set *s = &m->sets[b->set];
        uint64_t read = s->live & 1ull << b->bit ? b->read : 0;

        if (s->members & 1ull << b->bit)
            s->read = read < s->read ? read : s->read;
    }
    for (unsigned i = 0; i < m->set_count; i++)
        m->all_read = m->sets[i].read < m->all_read ? m->sets[i].read : m->all_read;
}

/* ---- what each has shown -------------------------------------------------- */

int
shown_room(struct brick *b)
{
    if (b->count < b->room)
        return 0;
    size_t room = b->room ? 2 * b->room : 64;
    struct entry **more = malloc(room * sizeof(struct entry *));

    if (!more)
        return -ENOMEM;
    for (size_t i = 0; i < b->count; i++)
        more[i] = b->queue[(b->first + i) & (b->room - 1)];
    free(b->queue);
    b->queue = more;
    b->first = 0;
    b->room = room;
    return 0;
}

void
shown_add(struct brick *b, struct entry *e)
{
    b->queue[(b->first + b->count++) & (b->room - 1)] = e;
    e->queues++;
    e->heads += b->count == 1;
}

struct entry *
shown_head(struct brick *b)
{
    while (b->count) {
        struct entry *e = b->queue[b->first];

        if (!e->is_out)
            return e;
        e->queues--;
        if (!e->queues)
            entry_free(e);
        b->first = (b->first + 1) & (b->room - 1);
        if (--b->count)
            b->queue[b->first]->heads++;
    }
    return NULL;
}
