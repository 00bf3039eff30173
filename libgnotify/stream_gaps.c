/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Gaps: a dark time of a brick (cover.h) is one where its copies do not have what it has not.
 * That is decided when every brick of the set that answers has been read up to what it had
 * when the dark time was met; those that are away are waited for a little.
 *
 * Heals: what a brick missed, and was given later. Its copies have the originals; only where
 * these cannot be read the heal is told instead.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "libgnotify/stream_inside.h"

enum { HEALS_MAX = 100 * 1000 };

uint64_t stream_away_patience = 3000 * MS;

struct heal {
    struct heal *next;
    struct brick *brick;
    uint64_t held;
    size_t size;
    uint8_t bytes[];
};

static unsigned
mates_of(const struct brick *b, const struct cover **mates)
{
    const struct stream *s = b->s;
    unsigned count = 0;

    for (unsigned i = 0; i < s->brick_count && count < MERGE_SET_MAX; i++) {
        const struct brick *mate = s->bricks[i];

        /* one that has left the volume counts for what was read of it */
        if (mate != b && mate->set == b->set && (mate->in_layout || mate->cover.known))
            mates[count++] = &mate->cover;
    }
    return count;
}

static bool
misses(const struct brick *b, const struct dark *d, uint64_t *from, uint64_t *to)
{
    const struct cover *mates[MERGE_SET_MAX];

    return cover_misses(d, mates, mates_of(b, mates), from, to);
}

static bool
is_open(const struct stream *s, unsigned set)
{
    for (unsigned i = 0; i < s->brick_count; i++) {
        const struct brick *b = s->bricks[i];

        for (unsigned n = 0; b->set == set && n < b->cover.count; n++) {
            if (!b->cover.darks[n].decided)
                return true;
        }
    }
    return false;
}

/* A slot that waits for what is decided here. */
static int
hold(struct brick *b, uint64_t seq, uint64_t held)
{
    return b->s->cursor ? track_add(&b->track, seq, TRACK_OPEN | TRACK_HELD | held) : 0;
}

static void
release(struct brick *b, uint64_t held, uint64_t number)
{
    if (b->s->cursor)
        track_close(&b->track, TRACK_OPEN | TRACK_HELD | held, number);
}

/* ---- dark times --------------------------------------------------------------------- */

int
gaps_dark(struct brick *b, uint64_t seq, const struct dark *dark)
{
    struct stream *s = b->s;
    struct settle *settle = &s->settles[b->set];
    struct dark d = *dark;
    int err;

    d.id = s->held + 1;
    cover_trim(&b->cover);
    if (!cover_dark(&b->cover, d, &err))
        return err;
    s->held++;
    settle->round++;
    settle->since = s->now;
    return hold(b, seq, d.id);
}

/* One event for all that are missing in a row. */
static void
give_gap(struct stream *s, unsigned set, struct brick *b, struct dark *d, uint64_t from, uint64_t to)
{
    struct stream_event event = {.kind = STREAM_GAP, .why = d->why, .brick = b->name};
    uint64_t number = s->number + 1, more_from, more_to;

    d->decided = true;
    release(b, d->id, number);
    for (bool grows = true; grows;) {
        grows = false;
        for (unsigned i = 0; i < s->brick_count; i++) {
            struct brick *other = s->bricks[i];

            for (unsigned n = 0; other->set == set && n < other->cover.count; n++) {
                struct dark *o = &other->cover.darks[n];

                if (o->decided || !misses(other, o, &more_from, &more_to) || more_from > to ||
                    more_to < from)
                    continue;
                from = more_from < from ? more_from : from;
                to = more_to > to ? more_to : to;
                o->decided = grows = true;
                release(other, o->id, number);
            }
        }
    }
    event.from = from;
    event.to = to;
    stream_give(s, &event, NULL, 0, NULL);
}

/* Of a set whose bricks have been read far enough; patient: bricks that are away may still
 * come. */
static void
decide(struct stream *s, unsigned set, bool patient)
{
    uint64_t from, to;

    for (unsigned i = 0; i < s->brick_count; i++) {
        struct brick *b = s->bricks[i];

        for (unsigned n = 0; b->set == set && n < b->cover.count; n++) {
            struct dark *d = &b->cover.darks[n];

            if (d->decided)
                continue;
            if (!misses(b, d, &from, &to)) {
                d->decided = true;
                release(b, d->id, 0);
            } else if (!patient) {
                give_gap(s, set, b, d, from, to);
            }
        }
    }
}

/* ---- until it can be decided ----------------------------------------------------------- */

static void
ask(struct brick *b, uint64_t round)
{
    struct notify_request q = {.kind = NOTIFY_HELLO};

    b->settle_round = round;
    b->settle = 0;
    b->settling = brick_ask(b, ASK_SETTLE, round, &q) ? SETTLE_NONE : SETTLE_ASKED;
}

void
gaps_answered(struct brick *b, uint64_t round, int error, const struct notify_reply *reply)
{
    if (round != b->settle_round || b->settling != SETTLE_ASKED)
        return;
    b->settling = error ? SETTLE_NONE : SETTLE_WAITS;
    b->records = !error && reply->recording;
    b->settle = reply->next;
    brick_want(b, b->settle);
}

/* Lets it go on. True: it has been read far enough, or nothing is to be had of it now. */
static bool
follow(struct brick *b, const struct settle *settle)
{
    if (!brick_is_read(b)) {
        b->settling = SETTLE_NONE;
        b->settle_round = 0;
        return true;
    }
    if (b->settle_round != settle->round)
        ask(b, settle->round);
    if (b->settling == SETTLE_WAITS && b->placed && b->next >= b->settle) {
        b->settling = SETTLE_NONE;
        b->cover.to = b->records ? COVER_ON : b->seen;
    }
    return b->settling == SETTLE_NONE;
}

static void
settle_set(struct stream *s, unsigned set)
{
    struct settle *settle = &s->settles[set];
    bool all = true, away = false;

    for (unsigned i = 0; i < s->brick_count; i++) {
        struct brick *b = s->bricks[i];

        if (b->set != set)
            continue;
        all = follow(b, settle) && all;
        away = away || (b->in_layout && (!brick_is_read(b) || !b->records));
    }
    bool patient = away && s->now < settle->since + stream_away_patience;

    if (patient)
        stream_wake_at(s, settle->since + stream_away_patience);
    if (all)
        decide(s, set, patient);
}

/* ---- heals --------------------------------------------------------------------------- */

/* Has a mate that was read the original? */
static bool
is_known(const struct brick *b)
{
    const struct cover *mates[MERGE_SET_MAX];
    unsigned count = mates_of(b, mates);
    uint64_t from, to;

    for (unsigned n = 0; n < b->cover.count; n++) {
        if (misses(b, &b->cover.darks[n], &from, &to))
            return false;
    }
    for (unsigned i = 0; i < count && !b->cover.count; i++) {
        if (mates[i]->known && mates[i]->to == COVER_ON)
            return true;
    }
    return b->cover.count;
}

static uint64_t
give_heal(struct brick *b, const uint8_t *bytes, size_t size)
{
    struct stream_event event = {.kind = STREAM_SYNTHETIC, .brick = b->name};

    if (is_known(b))
        return 0;
    stream_give(b->s, &event, bytes, size, NULL);
    return b->s->number;
}

int
gaps_heal(struct brick *b, const struct notify_record *r, const uint8_t *bytes, size_t size)
{
    struct stream *s = b->s;

    if (!is_open(s, b->set) || s->heal_count >= HEALS_MAX) {
        uint64_t number = give_heal(b, bytes, size);

        return number && s->cursor ? track_add(&b->track, r->seq, number) : 0;
    }
    struct heal *h = malloc(sizeof(*h) + size);

    if (!h)
        return -ENOMEM;
    *h = (struct heal){.brick = b, .held = ++s->held, .size = size};
    memcpy(h->bytes, bytes, size);
    *s->heals_end = h;
    s->heals_end = &h->next;
    s->heal_count++;
    return hold(b, r->seq, h->held);
}

static void
give_heals(struct stream *s)
{
    struct heal **at = &s->heals;

    while (*at) {
        struct heal *h = *at;

        if (is_open(s, h->brick->set)) {
            at = &h->next;
            continue;
        }
        release(h->brick, h->held, give_heal(h->brick, h->bytes, h->size));
        *at = h->next;
        s->heal_count--;
        free(h);
    }
    s->heals_end = at;
}

void
gaps_step(struct stream *s)
{
    for (unsigned set = 0; set < s->sets; set++) {
        if (is_open(s, set))
            settle_set(s, set);
    }
    if (s->heals)
        give_heals(s);
}

bool
gaps_are_told(const struct stream *s)
{
    bool open = s->heals;

    for (unsigned set = 0; set < s->sets && !open; set++)
        open = is_open(s, set);
    return !open;
}

void
gaps_end(struct stream *s)
{
    for (struct heal *h = s->heals, *next; h; h = next) {
        next = h->next;
        free(h);
    }
    free(s->settles);
}
