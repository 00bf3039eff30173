/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Over several sets: a change comes out when every set has been read up to what it had when
 * the change was read (merge.h), so that what its client did before it is known. One
 * brick of each set is asked how far its journal goes, for all changes that wait at once.
 *
 * And where the past ends: when all has been given that was there when the stream began.
 */
#include <errno.h>

#include "libgnotify/stream_inside.h"

/* A brick that says that something comes, which then does not, holds nothing for ever; one on a
 * machine that has other things to do may take its time. */
#define FENCE_PATIENCE (5000 * MS)
/* A client's clock is compared with others' while much waits. */
#define CLOCKS_DIFFER (2000 * MS)

/* The brick of the set that is to speak for it: one that is read up to its end, if there is
 * one. */
static struct brick *
speaker(const struct stream *s, unsigned set)
{
    struct brick *found = NULL;

    for (unsigned i = 0; i < s->brick_count; i++) {
        struct brick *b = s->bricks[i];

        if (b->set == set && brick_is_read(b) && (!found || (b->is_live && !found->is_live)))
            found = b;
    }
    return found;
}

static void
ask(struct stream *s, unsigned set)
{
    struct notify_request q = {.kind = NOTIFY_HELLO};
    struct brick *b = speaker(s, set);

    if (!b)
        return;
    b->fence = 0;
    b->fencing = FENCE_ASKED;
    if (brick_ask(b, ASK_FENCE, s->fence, &q))
        b->fencing = FENCE_NONE;
}

static void
begin(struct stream *s)
{
    uint64_t newest = merge_newest(s->merge);

    if (!newest || newest <= s->fenced)
        return;
    s->fence = newest;
    s->fence_since = s->now;
    for (unsigned set = 0; set < s->sets; set++)
        ask(s, set);
}

/* Is that set known up to the fence? */
static bool
reached(const struct stream *s)
{
    for (unsigned i = 0; i < s->brick_count; i++) {
        if (s->bricks[i]->fencing != FENCE_NONE)
            return false;
    }
    return true;
}

static void
follow(struct brick *b)
{
    if (b->fencing == FENCE_NONE)
        return;
    if (!brick_is_read(b)) { /* another one of its set speaks */
        b->fencing = FENCE_NONE;
        b->fence = 0;
        ask(b->s, b->set);
    } else if (b->fencing == FENCE_WAITS && b->next >= b->fence) {
        b->fencing = FENCE_NONE;
        b->fence = 0;
    }
}

/* How far the bricks have come that are not at their ends; and, while much waits, what all sets
 * have been read beyond: with a long past the fence is far, and all would wait for it. */
void
fence_pace(struct stream *s)
{
    uint64_t passed = NEVER;

    s->slowest = NEVER;
    for (unsigned i = 0; i < s->brick_count; i++) {
        const struct brick *b = s->bricks[i];

        if (brick_is_read(b) && !b->is_live && b->at_time < s->slowest)
            s->slowest = b->at_time;
    }
    for (unsigned set = 0; set < s->sets; set++) {
        const struct brick *b = speaker(s, set);

        if (b && b->at_time < passed)
            passed = b->at_time;
    }
    bool much = merge_held(s->merge) > s->memory / 4 && passed != NEVER && passed > CLOCKS_DIFFER;

    merge_passed(s->merge, much ? passed - CLOCKS_DIFFER : 0);
}

void
fence_step(struct stream *s)
{
    if (s->sets < 2)
        return;
    if (!s->fence)
        begin(s);
    if (!s->fence)
        return;
    bool full = atomic_load(&s->queue.bytes) >= s->memory;

    if (full || s->was_full)
        s->fence_since = s->now; /* nothing is read, nothing would come out; nor was until now */
    s->was_full = full;
    for (unsigned i = 0; i < s->brick_count; i++)
        follow(s->bricks[i]);
    bool gives_up = s->now >= s->fence_since + FENCE_PATIENCE;

    if (!reached(s) && !gives_up) {
        stream_wake_at(s, s->fence_since + FENCE_PATIENCE);
        return;
    }
    for (unsigned i = 0; i < s->brick_count; i++) {
        s->bricks[i]->fencing = FENCE_NONE;
        s->bricks[i]->fence = 0;
    }
    merge_fenced(s->merge, s->fence);
    s->fenced = s->fence;
    s->fence = 0;
    begin(s);
}

void
fence_answered(struct brick *b, uint64_t number, int error, const struct notify_reply *reply)
{
    if (number != b->s->fence || b->fencing != FENCE_ASKED)
        return;
    b->s->fence_since = b->s->now;
    b->fencing = FENCE_WAITS;
    b->fence = error ? 0 : reply->next;
    if (!error && b->placed && b->next >= reply->next)
        b->at_time = reply->now;
    brick_want(b, b->fence);
}

/* ---- the past --------------------------------------------------------------------- */

static bool
past_is_read(const struct stream *s)
{
    for (unsigned i = 0; i < s->brick_count; i++) {
        const struct brick *b = s->bricks[i];

        if (b->past && b->up && b->stand != BRICK_REFUSES && (!b->placed || b->next < b->past))
            return false;
    }
    return true;
}

void
caught_step(struct stream *s)
{
    struct stream_event event = {.kind = STREAM_CAUGHT_UP};

    if (s->caught == CAUGHT_NOT && s->begun && past_is_read(s) && gaps_are_told(s)) {
        s->caught = CAUGHT_READ;
        s->caught_number = merge_newest(s->merge);
    }
    if (s->caught == CAUGHT_READ && !s->is_pending && gaps_are_told(s) &&
        merge_oldest(s->merge) > s->caught_number) {
        s->caught = CAUGHT_UP;
        stream_give(s, &event, NULL, 0, NULL);
    }
}
