/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Names that are gone, as far as what was told goes; so that a heal that makes one is not taken for
 * what its copies have told. Where bricks were away one after another, heals cannot know whether a
 * name was removed on the one or made on the other, and make it everywhere: then it is there again,
 * which nobody has recorded.
 *
 * A heal gives a brick what others have. So a name that it makes is there again where that very brick
 * has shown that it is gone, which is known when its heal is read, and no copy has made it
 * since: which is known when the copies have been read up to what they had, and that has come out.
 *
 * Kept are the last names that went, a slot of remember.h for each: number and arrived are the time of
 * the latest change of that name; `seen` are the bricks that have shown, if that was its end, that it went,
 * and nothing of that name since; `told` is what was told last.
 */
#include <string.h>
#include <xxhash.h>

#include "libgnotify/stream_inside.h"

enum { GONE_MAX = 1 << 15 };

enum { UNTOLD, GONE, THERE };

enum change { MAKES, REMOVES };

/* What a record says of one name. */
struct said {
    struct stream *s;
    uint64_t key, brick; /* a bit */
    uint64_t time;
    enum change change;
};

static uint64_t
key_of(const struct stream *s, const struct notify_name *name)
{
    struct notify_name base = notify_name_base(name);
    uint64_t parent = XXH3_64bits_withSeed(name->parent, sizeof(name->parent), s->opened);

    return XXH3_64bits_withSeed(base.path, base.len, parent) | 1; /* 0: a slot that is free */
}

/* ---- slots ---------------------------------------------------------------------- */

static uint64_t
time_of(const struct kept *k)
{
    return (uint64_t)k->number << 32 | k->arrived;
}

/* A change of that time has been seen: what bricks have shown before does not count any more, if
 * it is a later one. */
static void
pass_to(struct kept *k, uint64_t time)
{
    if (time <= time_of(k))
        return;
    k->number = (uint32_t)(time >> 32);
    k->arrived = (uint32_t)time;
    k->seen = 0;
}

static uint64_t
bit_of(const struct brick *b)
{
    return 1ull << b->index % 64; /* beyond 64 bricks several have it */
}

static struct kept *
find(const struct stream *s, uint64_t key)
{
    return memory_find(&s->gone, key);
}

static bool
is_used(const struct kept *k, size_t at, const void *arg)
{
    (void)at;
    (void)arg;
    return k->key;
}

/* A slot that is not one of the next to be forgotten. NULL: no memory, and it is not known then. */
static struct kept *
find_or_add(struct stream *s, uint64_t key)
{
    struct kept *old = find(s, key), new = {.key = key};

    if (old && (size_t)(old - s->gone.slots) >= s->gone.count / 2)
        return old;
    if (old) {
        new = *old;
        old->key = 0;
    }
    return memory_add(&s->gone, &new, GONE_MAX, is_used, NULL) ? NULL : find(s, key);
}

/* ---- records --------------------------------------------------------------------- */

static bool
is_one_of(const struct notify_record *r, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(names[i]) == r->detail_len && !memcmp(names[i], r->detail, r->detail_len))
            return true;
    }
    return false;
}

/* What a heal did: false: nothing to a name. */
static bool
heal_changes(const struct notify_record *r, enum change *change)
{
    static const char *const makes[] = {"create", "mknod", "symlink", "link", "mkdir", HEAL_OF_DHT};
    static const char *const removes[] = {"unlink", "rmdir", "rename"};

    *change = is_one_of(r, makes, sizeof(makes) / sizeof(*makes)) ? MAKES : REMOVES;
    return *change == MAKES || is_one_of(r, removes, sizeof(removes) / sizeof(*removes));
}

static void
say(struct stream *s, const struct brick *b, const struct notify_record *r,
    const struct notify_name *name, enum change change, void (*take)(const struct said *said))
{
    struct said said = {.s = s, .key = key_of(s, name), .time = r->time, .change = change,
                        .brick = b ? bit_of(b) : 0};

    take(&said);
}

static void
each_name(struct stream *s, const struct brick *b, const struct notify_record *r,
          void (*take)(const struct said *said))
{
    enum change change = MAKES;

    if (!(r->flags & NOTIFY_HAS_NAME) || r->op > NOTIFY_RENAME)
        return;
    if (r->op >= NOTIFY_UNLINK)
        change = REMOVES;
    say(s, b, r, &r->name, change, take);
    if (r->op == NOTIFY_RENAME && r->flags & NOTIFY_HAS_TO)
        say(s, b, r, &r->to, MAKES, take);
}

static void
show(struct kept *k, const struct said *said)
{
    pass_to(k, said->time);
    k->seen = said->change == REMOVES ? k->seen | said->brick : k->seen & ~said->brick;
}

static void
take_fed(const struct said *said)
{
    struct kept *k = said->change == REMOVES ? find_or_add(said->s, said->key) : find(said->s, said->key);

    if (k)
        show(k, said);
}

static void
take_told(const struct said *said)
{
    struct kept *k = said->change == REMOVES ? find_or_add(said->s, said->key) : find(said->s, said->key);

    if (k)
        k->told = said->change == REMOVES ? GONE : THERE;
}

/* It was told before, together with what other bricks bring in no order with it. */
static void
take_recalled(const struct said *said)
{
    struct kept *k = find_or_add(said->s, said->key);

    if (!k)
        return;
    if (k->told == UNTOLD || said->time >= time_of(k))
        k->told = said->change == REMOVES ? GONE : THERE;
    show(k, said);
}

void
gone_fed(struct brick *b, const struct notify_record *r)
{
    each_name(b->s, b, r, take_fed);
}

void
gone_told(struct stream *s, const struct notify_record *r)
{
    each_name(s, NULL, r, take_told);
}

void
gone_recalled(struct brick *b, const struct notify_record *r)
{
    uint64_t since;

    if (r->op != NOTIFY_MISSED)
        each_name(b->s, b, r, take_recalled);
    else if (gone_healed(b, r, &since))
        gone_is_back(b, r, since);
}

bool
gone_healed(struct brick *b, const struct notify_record *r, uint64_t *since)
{
    enum change change;

    if (!(r->flags & NOTIFY_HAS_NAME) || !heal_changes(r, &change))
        return false;
    struct kept *k = find(b->s, key_of(b->s, &r->name));
    bool was_gone = k && k->seen & bit_of(b);

    if (!k)
        return false;
    *since = time_of(k);
    k->seen = change == REMOVES ? k->seen | bit_of(b) : k->seen & ~bit_of(b);
    return change == MAKES && was_gone;
}

bool
gone_is_back(struct brick *b, const struct notify_record *r, uint64_t since)
{
    struct kept *k = find(b->s, key_of(b->s, &r->name));

    if (!k || k->told != GONE || time_of(k) != since || k->seen & bit_of(b))
        return false;
    k->told = THERE;
    return true;
}
