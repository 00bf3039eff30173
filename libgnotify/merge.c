/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The merge: see merge.h for what it promises.
 *
 * Every change that waits has an entry, found by its key. Entries stand in the queue of
 * every brick that has shown them, and in the list of their client. One comes out when it
 * is at the head of all its queues: so no brick's order is broken, also where a brick has
 * missed something, and a folder, whose changes are made on all sets, comes before what
 * is in it. What came out is remembered (remember.h) while copies may come.
 */
#include "libgnotify/merge_inside.h"

#include <errno.h>

#include "common/cleanup.h"

enum {
    NOTHING = 0,
    RECENT = 1 << 16, /* so many are remembered whoever has shown them: clients know new bricks first */
};

/* ---- feeding ---------------------------------------------------------------- */

static void
wait_add(struct merge *m, struct entry *e)
{
    e->earlier = m->last;
    *(m->last ? &m->last->later : &m->first) = e;
    m->last = e;
    m->waiting++;
    m->held += e->size + sizeof(*e);
}

static void
wait_remove(struct merge *m, struct entry *e)
{
    *(e->earlier ? &e->earlier->later : &m->first) = e->later;
    *(e->later ? &e->later->earlier : &m->last) = e->earlier;
    m->waiting--;
    m->held -= e->size + sizeof(*e);
}

static struct entry *
entry_new(XXH128_hash_t key, const struct notify_record *r)
{
    uint8_t bytes[NOTIFY_RECORD_MAX];
    ssize_t size = notify_record_encode(r, bytes, sizeof(bytes));
    AUTO_FREE uint8_t *fit = size > 0 ? malloc((size_t)size) : NULL;
    struct entry *e = fit ? calloc(1, sizeof(*e)) : NULL;

    if (!e)
        return NULL;
    memcpy(fit, bytes, (size_t)size);
    e->key = key;
    e->bytes = TAKE(fit);
    e->size = (size_t)size;
    return e;
}

/* Is it done on several sets? Folders are, and what is done to all of a file in shards. */
static bool
is_wide(const struct notify_record *r)
{
    return (r->flags & NOTIFY_ISDIR) || r->op == NOTIFY_MKDIR || r->op == NOTIFY_RMDIR ||
           (r->op >= NOTIFY_TRUNCATE && r->op <= NOTIFY_ZEROFILL);
}

static int
add(struct merge *m, unsigned brick, const struct notify_record *r, XXH128_hash_t key,
    uint64_t now)
{
    struct client *c = clients_get(&m->clients, r->client);
    struct entry *e = c && !shown_room(&m->bricks[brick]) ? entry_new(key, r) : NULL;
    unsigned set = m->bricks[brick].set;

    if (!e)
        return -ENOMEM;
    shown_add(&m->bricks[brick], e);
    e->set = set;
    e->brick = e->namer = brick;
    e->whole = names_are_whole(r);
    e->seen = 1ull << m->bricks[brick].bit;
    e->wide = is_wide(r);
    e->number = ++m->number;
    e->arrived = now;
    /* what has no time of its own came after what its client did before */
    if (r->time > c->time)
        c->time = r->time;
    e->time = r->time ? r->time : c->time;
    client_add(c, e);
    copies_add(m, e);
    wait_add(m, e);
    m->fed_number = e->number;
    m->fed_told = 0;
    return 0;
}

/* The write that waits is told with what another brick has told together with it. */
static void
widen(struct entry *e, const struct notify_record *with)
{
    uint8_t bytes[NOTIFY_RECORD_MAX];
    struct notify_record r;

    notify_record_decode(e->bytes, e->size, &r);
    uint64_t begin = with->offset < r.offset ? with->offset : r.offset;
    uint64_t end = r.offset + r.length, other = with->offset + with->length;

    end = other > end ? other : end;
    if (begin == r.offset && end - begin == r.length && with->time <= r.time)
        return;
    r.offset = begin;
    r.length = end - begin;
    r.time = with->time > r.time ? with->time : r.time;
    if (notify_record_encode(&r, bytes, sizeof(bytes)) != (ssize_t)e->size)
        return;
    memcpy(e->bytes, bytes, e->size);
    struct client *c = e->client;

    client_remove(e);
    e->time = r.time;
    client_add(c, e);
}

/* Has the brick been there for longer than the other one? */
static bool
knows_better(const struct merge *m, unsigned brick, unsigned other)
{
    uint64_t a = m->bricks[brick].records, b = m->bricks[other].records;

    return a && (!b || a < b);
}

/* It is told by the names of that copy, if these are better known. */
static void
name(struct merge *m, struct entry *e, unsigned brick, const struct notify_record *r)
{
    bool whole = names_are_whole(r);

    if (whole < e->whole || (whole == e->whole && !knows_better(m, brick, e->namer)))
        return;
    m->held -= e->size;
    names_take(e, r);
    m->held += e->size;
    e->namer = brick;
    e->whole = whole;
}

int
merge_feed(struct merge *m, unsigned brick, const struct notify_record *r, uint64_t now)
{
    XXH128_hash_t key = copies_key(m, r);
    struct entry *e = copies_find(m, key, brick, r, now);
    struct kept *k = copies_find_kept(m, key, brick, r, now, e);
    struct brick *b = &m->bricks[brick];

    if (k) {
        m->fed_number = number_of(m, k);
        m->fed_told = k->told == KEPT_KNOWN ? MERGE_KNOWN : k->told;
        if (k->set == b->set)
            k->seen |= 1ull << b->bit;
        return 0;
    }
    if (!e)
        return add(m, brick, r, key, now);
    if (shown_room(b))
        return -ENOMEM;
    shown_add(b, e);
    if (is_write(r))
        widen(e, r);
    name(m, e, brick, r);
    if (e->set == b->set)
        e->seen |= 1ull << b->bit;
    e->spans = e->spans || e->set != b->set;
    m->fed_number = e->number;
    m->fed_told = 0;
    return 0;
}

void
merge_fed(const struct merge *m, uint64_t *number, uint64_t *told)
{
    *number = m->fed_number;
    *told = m->fed_told;
}

/* ---- coming out ------------------------------------------------------------- */

uint64_t
merge_oldest(const struct merge *m)
{
    return m->first ? m->first->number : UINT64_MAX;
}

void
merge_tell(struct merge *m, uint64_t told)
{
    for (struct kept *k = memory_find(&m->memory, m->came_key); k; k = memory_next(&m->memory, k)) {
        if (number_of(m, k) == m->came)
            k->told = told & KEPT_KNOWN;
    }
}

uint64_t
merge_newest(const struct merge *m)
{
    return m->waiting ? m->number : NOTHING;
}

void
merge_fenced(struct merge *m, uint64_t number)
{
    if (number > m->fenced)
        m->fenced = number;
}

void
merge_passed(struct merge *m, uint64_t time)
{
    m->passed = time;
}

size_t
merge_held(const struct merge *m)
{
    return m->held;
}

size_t
merge_remembered(const struct merge *m)
{
    return m->memory.count;
}
/* Has all been read that bricks had long after it? */
static bool
is_past(const struct kept *k, uint64_t read)
{
    return read > MERGE_LATE && (int32_t)(ms_of(read - MERGE_LATE) - k->arrived) > 0;
}

static bool
is_needed(const struct kept *k, size_t at, const void *arg)
{
    const struct merge *m = arg;
    const struct set *s = &m->sets[k->set];

    return at < RECENT || ((s->members & ~k->seen) && !is_past(k, s->read)) ||
           (k->wide && !is_past(k, m->all_read));
}

/* So that copies are known; not longer than there may be copies. Without memory they are told
 * once more. */
static void
remember(struct merge *m, const struct kept *k)
{
    if (m->memory.count == m->memory.room)
        bricks_look(m);
    memory_add(&m->memory, k, MERGE_REMEMBERED, is_needed, m);
}

/* Is it due, were it alone? Else *later may become smaller. */
static bool
is_due(const struct merge *m, const struct entry *e, uint64_t now, uint64_t *later)
{
    const struct set *s = &m->sets[e->set];
    uint64_t until = e->arrived + MERGE_PATIENCE;

    if (m->set_count > 1 && e->number > m->fenced && e->time >= m->passed)
        return false;
    if ((e->seen & s->live) == s->live || now >= until)
        return true;
    if (until < *later)
        *later = until;
    return false;
}

/* What comes out next, of the heads that are due: one that nothing holds back. Where they
 * hold back one another, and nothing else is waited for, the one with the smallest time; of
 * those, if there are some, that only bricks hold back which did not do the same in one order. */
static struct entry *
choose(struct merge *m, uint64_t now, uint64_t *later)
{
    struct entry *least = NULL;
    bool all_due = true, least_is_after = true;

    for (unsigned i = 0; i < m->brick_count; i++) {
        struct entry *e = shown_head(&m->bricks[i]);

        if (!e)
            continue;
        if (!is_due(m, e, now, later)) {
            all_due = false;
            continue;
        }
        bool is_after = client_waits_before(e);

        if (e->heads == e->queues && !is_after)
            return e;
        if (!least || is_after < least_is_after ||
            (is_after == least_is_after && e->time < least->time)) {
            least = e;
            least_is_after = is_after;
        }
    }
    return all_due ? least : NULL;
}

/* Takes it out of the queues that it is at the head of; of others when it gets there. */
static void
leave_queues(struct merge *m)
{
    for (unsigned i = 0; i < m->brick_count; i++)
        shown_head(&m->bricks[i]);
}

bool
merge_next(struct merge *m, uint64_t now, struct merge_event *event, uint64_t *later)
{
    *later = UINT64_MAX;
    struct entry *e = choose(m, now, later);

    if (!e)
        return false;
    free(m->given);
    m->given = TAKE(e->bytes);
    *event = (struct merge_event){.bytes = m->given, .size = e->size, .set = e->set,
                                  .brick = e->brick, .number = e->number};
    notify_record_decode(m->given, e->size, &event->record);
    m->came = e->number;
    m->came_key = e->key.low64;
    client_remove(e);
    wait_remove(m, e);
    copies_remove(m, e);
    remember(m, &(struct kept){.key = e->key.low64, .seen = e->seen, .set = (uint16_t)e->set,
                               .number = (uint32_t)e->number, .arrived = ms_of(e->arrived),
                               .within = e->time % NOTIFY_WRITE_BUCKET, .wide = e->wide});
    e->is_out = true;
    leave_queues(m); /* and it is gone, if it is in no other */
    return true;
}

int
merge_known(struct merge *m, unsigned brick, const struct notify_record *r, uint64_t now)
{
    XXH128_hash_t key = copies_key(m, r);
    struct brick *b = &m->bricks[brick];
    struct entry *e = copies_find(m, key, brick, r, now);

    struct kept *k = copies_find_kept(m, key, brick, r, now, e);

    if (k && k->set == b->set)
        k->seen |= 1ull << b->bit;
    if (e || k) /* one that waits has come from elsewhere, and comes out */
        return 0;
    remember(m, &(struct kept){.key = key.low64, .seen = 1ull << b->bit, .set = (uint16_t)b->set,
                               .number = (uint32_t)++m->number, .arrived = ms_of(now),
                               .within = r->time % NOTIFY_WRITE_BUCKET, .wide = is_wide(r),
                               .told = KEPT_KNOWN});
    return 0;
}
