/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * See track.h.
 */
#include "libgnotify/track.h"

#include <errno.h>

#include "common/cleanup.h"

enum { SLOTS_MAX = 1 << 16 }; /* 1 MB; then a cursor cannot stand at each record any more */

static struct slot *
slot(const struct track *t, size_t i)
{
    return &t->slots[(t->first + i) & (t->room - 1)];
}

/* Of records that are events, and are not further apart than that in the brick's numbers, the first
 * stands for all, until all are acknowledged. */
static void
join(struct track *t)
{
    size_t to = 0, looked = 0;

    for (size_t i = 0; i < t->count; i++) {
        struct slot a = *slot(t, i);

        while (i + 1 < t->looked && !(a.number & TRACK_OPEN) &&
               !(slot(t, i + 1)->number & TRACK_OPEN) &&
               slot(t, i + 1)->seq - a.seq < t->apart) {
            i++;
            a.number = slot(t, i)->number > a.number ? slot(t, i)->number : a.number;
        }
        looked += i < t->looked;
        *slot(t, to++) = a;
    }
    t->count = to;
    t->looked = looked;
}

/* Who acknowledges rarely gets places that are further apart, everywhere alike. */
static void
thin(struct track *t)
{
    t->apart = t->apart ? t->apart : 2;
    join(t);
    while (t->count > SLOTS_MAX / 4 * 3 && t->apart < 1u << 31) {
        t->apart *= 2;
        join(t);
    }
}

static int
grow(struct track *t)
{
    if (t->count >= SLOTS_MAX && t->looked > t->count / 2)
        thin(t);
    if (t->count < t->room)
        return 0;
    size_t room = t->room ? 2 * t->room : 64;
    struct slot *more = reallocarray(NULL, room, sizeof(*more));

    if (!more)
        return -ENOMEM;
    for (size_t i = 0; i < t->count; i++)
        more[i] = *slot(t, i);
    free(t->slots);
    t->slots = more;
    t->first = 0;
    t->room = room;
    return 0;
}

int
track_add(struct track *t, uint64_t seq, uint64_t number)
{
    int err = grow(t);

    if (!err)
        *slot(t, t->count++) = (struct slot){seq, number};
    return err;
}

void
track_close(struct track *t, uint64_t waited, uint64_t number)
{
    for (size_t i = 0; i < t->count; i++, t->closed++) {
        if (t->closed >= t->count)
            t->closed = 0;
        if (slot(t, t->closed)->number == waited) {
            slot(t, t->closed)->number = number;
            break;
        }
    }
}

static bool
waits(const struct slot *s)
{
    return (s->number & (TRACK_OPEN | TRACK_HELD)) == TRACK_OPEN;
}

void
track_settle(struct track *t, uint64_t (*event_of)(uint64_t merge_number, void *arg), void *arg)
{
    for (; t->looked < t->count; t->looked++) {
        struct slot *s = slot(t, t->looked);

        if (!waits(s))
            continue;
        uint64_t event = event_of(s->number & ~TRACK_OPEN, arg);

        if (!event)
            return;
        s->number = event;
    }
}

uint64_t
track_waits_for(const struct track *t)
{
    uint64_t least = UINT64_MAX;

    for (size_t i = t->looked; i < t->count; i++) {
        uint64_t number = slot(t, i)->number & ~TRACK_OPEN;

        if (waits(slot(t, i)) && number < least)
            least = number;
    }
    return least;
}

uint64_t
track_acked(struct track *t, uint64_t number, uint64_t next)
{
    while (t->count && slot(t, 0)->number <= number) {
        t->first = (t->first + 1) & (t->room - 1);
        t->count--;
        t->looked -= t->looked ? 1 : 0;
        t->closed -= t->closed ? 1 : 0;
    }
    if (t->count)
        return slot(t, 0)->seq;
    t->apart = 0;
    return next;
}

void
track_end(struct track *t)
{
    free(t->slots);
    *t = (struct track){0};
}

/* ---- numbers of the merge, and of events ------------------------------------------- */

int
told_set(struct told *t, uint64_t merge_number, uint64_t event)
{
    if (merge_number < t->from)
        return 0;
    while (merge_number - t->from >= t->room) {
        size_t room = t->room ? 2 * t->room : 1024;
        uint64_t *more = calloc(room, sizeof(*more));

        if (!more)
            return -ENOMEM;
        for (uint64_t n = t->from; n < t->to; n++)
            more[n & (room - 1)] = t->numbers[n & (t->room - 1)];
        free(t->numbers);
        t->numbers = more;
        t->room = room;
    }
    for (; t->to <= merge_number; t->to++)
        t->numbers[t->to & (t->room - 1)] = 0;
    t->numbers[merge_number & (t->room - 1)] = event;
    return 0;
}

uint64_t
told_get(const struct told *t, uint64_t merge_number)
{
    return merge_number >= t->from && merge_number < t->to
               ? t->numbers[merge_number & (t->room - 1)] : 0;
}

void
told_forget(struct told *t, uint64_t merge_number)
{
    if (merge_number <= t->from)
        return;
    t->from = merge_number;
    if (t->to < t->from)
        t->to = t->from;
}

void
told_end(struct told *t)
{
    free(t->numbers);
    *t = (struct told){0};
}
