/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Gaps: a dark time of a brick (cover.h) is one where its copies do not have what it has not.
 * That is decided when every brick of the set that answers has been read up to what it had
 * when the dark time was met; those that are away are waited for a little. What of these is
 * known then decides about heals, too (stream_heals.c).
 */
#include <errno.h>

#include "common/cleanup.h"
#include "libgnotify/stream_inside.h"

uint64_t stream_away_patience = 3000 * MS;

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

bool
gaps_are_open(const struct stream *s, unsigned set)
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

bool
gaps_are_known(const struct brick *b)
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

int
gaps_hold(struct brick *b, uint64_t seq, uint64_t held)
{
    return b->s->cursor ? track_add(&b->track, seq, TRACK_OPEN | TRACK_HELD | held) : 0;
}

void
gaps_release(struct brick *b, uint64_t held, uint64_t number)
{
    if (b->s->cursor)
        track_close(&b->track, TRACK_OPEN | TRACK_HELD | held, number);
}

void
gaps_settle(struct stream *s, unsigned set)
{
    s->settles[set].round++;
    s->settles[set].since = s->now;
}

/* ---- dark times --------------------------------------------------------------------- */

int
gaps_dark(struct brick *b, uint64_t seq, const struct dark *dark)
{
    struct stream *s = b->s;
    struct dark d = *dark;
    int err;

    d.id = s->held + 1;
    cover_trim(&b->cover);
    if (!cover_dark(&b->cover, d, &err))
        return err;
    s->held++;
    gaps_settle(s, b->set);
    return gaps_hold(b, seq, d.id);
}

/* One event for all that are missing in a row. */
static void
give_gap(struct stream *s, unsigned set, struct brick *b, struct dark *d, uint64_t from, uint64_t to)
{
    struct stream_event event = {.kind = STREAM_GAP, .why = d->why, .brick = b->name};
    uint64_t number = s->number + 1, more_from, more_to;

    d->decided = true;
    gaps_release(b, d->id, number);
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
                gaps_release(other, o->id, number);
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
                gaps_release(b, d->id, 0);
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
    if (!all)
        return;
    decide(s, set, patient);
    if (!gaps_are_open(s, set))
        heals_decide(s, set, patient);
}

void
gaps_step(struct stream *s)
{
    for (unsigned set = 0; set < s->sets; set++) {
        if (s->settles[set].heals || gaps_are_open(s, set))
            settle_set(s, set);
    }
    heals_step(s);
}

bool
gaps_are_told(const struct stream *s)
{
    bool open = s->heals;

    for (unsigned set = 0; set < s->sets && !open; set++)
        open = gaps_are_open(s, set);
    return !open;
}
