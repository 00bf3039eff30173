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
#include <sys/random.h>

#include "common/cleanup.h"
#include "libgnotify/remember.h"

enum {
    BUCKETS_FIRST = 1 << 12,
    NOTHING = 0,
    RECENT = 1 << 16, /* so many are remembered whoever has shown them: clients know new bricks first */
};
static const uint64_t TIMELESS = 5ull * 1000 * 1000 * 1000; /* ns */

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
    struct entry **buckets;
    size_t bucket_count, entries;
    struct memory memory;
    uint64_t all_read; /* as of a set */
    struct entry *first, *last; /* that wait, by number */
    uint64_t fed_number, fed_told;
    uint64_t came, came_key; /* what came out last */
    struct clients clients;
    uint64_t seed, number, fenced, passed;
    size_t waiting, held;
    uint8_t *given; /* the bytes of the event that was given last */
};

/* ---- making -------------------------------------------------------------- */

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

static bool
is_write(const struct notify_record *r)
{
    return r->op == NOTIFY_WRITE && r->time;
}

/* Is a name what it changes? What is done to a file itself each brick may tell by another one of
 * its names. */
static bool
is_of_names(const struct notify_record *r)
{
    return r->op <= NOTIFY_RENAME;
}

/* What the copies of one change have in common. Not the path: one brick may know it and
 * another not. */
static XXH128_hash_t
key_of(const struct merge *m, const struct notify_record *r)
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

static uint32_t
ms_of(uint64_t time)
{
    return (uint32_t)(time / 1000000);
}

static uint64_t
number_of(const struct merge *m, const struct kept *k)
{
    return m->number - (uint32_t)((uint32_t)m->number - k->number);
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

/* The change that waits, and that a record is of: the oldest whose copy it can be. */
static struct entry *
find(const struct merge *m, XXH128_hash_t key, unsigned brick, const struct notify_record *r,
     uint64_t now)
{
    struct entry *found = NULL;

    for (struct entry *e = *bucket(m, key); e; e = e->chain) {
        if (XXH128_isEqual(e->key, key) && is_copy(m, e, brick, r, now) &&
            (!found || e->number < found->number))
            found = e;
    }
    return found;
}

/* The one that came out, if it is older than that. */
static struct kept *
find_kept(const struct merge *m, XXH128_hash_t key, unsigned brick, const struct notify_record *r,
          uint64_t now, const struct entry *other)
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

static void
table_add(struct merge *m, struct entry *e)
{
    if (m->entries >= m->bucket_count)
        grow(m);
    struct entry **to = bucket(m, e->key);

    e->chain = *to;
    *to = e;
    m->entries++;
}

static void
table_remove(struct merge *m, struct entry *e)
{
    struct entry **at = bucket(m, e->key);

    while (*at != e)
        at = &(*at)->chain;
    *at = e->chain;
    m->entries--;
}

/* ---- feeding ---------------------------------------------------------------- */

/* Room for one more. */
static int
queue_room(struct brick *b)
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

static void
queue_add(struct brick *b, struct entry *e)
{
    b->queue[(b->first + b->count++) & (b->room - 1)] = e;
    e->queues++;
    e->heads += b->count == 1;
}

/* The head, or NULL. What came out elsewhere is taken away. */
static struct entry *
queue_head(struct brick *b)
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
    struct entry *e = c && !queue_room(&m->bricks[brick]) ? entry_new(key, r) : NULL;
    unsigned set = m->bricks[brick].set;

    if (!e)
        return -ENOMEM;
    queue_add(&m->bricks[brick], e);
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
    table_add(m, e);
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
    XXH128_hash_t key = key_of(m, r);
    struct entry *e = find(m, key, brick, r, now);
    struct kept *k = find_kept(m, key, brick, r, now, e);
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
    if (queue_room(b))
        return -ENOMEM;
    queue_add(b, e);
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

/* How far all bricks have been read. */
static void
look_at_bricks(struct merge *m)
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
        look_at_bricks(m);
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
        struct entry *e = queue_head(&m->bricks[i]);

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
        queue_head(&m->bricks[i]);
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
    table_remove(m, e);
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
    XXH128_hash_t key = key_of(m, r);
    struct brick *b = &m->bricks[brick];
    struct entry *e = find(m, key, brick, r, now);

    struct kept *k = find_kept(m, key, brick, r, now, e);

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
