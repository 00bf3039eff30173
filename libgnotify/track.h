/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * How far a brick has been used up. Its records become events, which the caller reads and
 * acknowledges by number, later and in the stream's order; the brick's cursor stands before the
 * first record whose event was not acknowledged. No input and output here.
 */
#ifndef GNOTIFY_TRACK_H
#define GNOTIFY_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slot {
    uint64_t seq;
    uint64_t number; /* of the event; or TRACK_OPEN and what it waits for */
};

/* Records that became an event, or may: in their order. Zero it. */
struct track {
    struct slot *slots; /* a ring */
    size_t first, count, room;
    size_t looked; /* so many of the first do not wait for the merge */
    uint64_t apart; /* places are not kept closer than that; 0: all are */
    size_t closed; /* where track_close found one: the next one is behind it mostly */
};

#define TRACK_OPEN (1ull << 63)
#define TRACK_HELD (1ull << 62) /* with TRACK_OPEN: track_close will say, not the merge */

/* The next record, which is of the event of that number; or will be, of what waits:
 * TRACK_OPEN | the merge's number, or TRACK_OPEN | TRACK_HELD | any. 0 or -ENOMEM. */
int
track_add(struct track *t, uint64_t seq, uint64_t number);

/* The slot that waited for that is of the event of that number now; 0: of none. */
void
track_close(struct track *t, uint64_t waited, uint64_t number);

/* Which events the merge's numbers became: event_of gives 0 where it is not known yet. */
void
track_settle(struct track *t, uint64_t (*event_of)(uint64_t merge_number, void *arg), void *arg);

/* The smallest of the merge's numbers that slots wait for; UINT64_MAX: none does. Looks at
 * all that are not settled. */
uint64_t
track_waits_for(const struct track *t);

/* All events up to that number have been acknowledged: the first seq that is not used up;
 * next where all are. */
uint64_t
track_acked(struct track *t, uint64_t number, uint64_t next);

/* Forgets all slots. */
void
track_end(struct track *t);

/* ---- numbers of the merge, and of events ------------------------------------------- */

/* A window that goes forward. Zero it. */
struct told {
    uint64_t *numbers; /* a ring */
    uint64_t from, to;
    size_t room;
};

/* 0 or -ENOMEM. */
int
told_set(struct told *t, uint64_t merge_number, uint64_t event);

/* 0: none yet. */
uint64_t
told_get(const struct told *t, uint64_t merge_number);

/* Smaller numbers are not asked for any more. */
void
told_forget(struct told *t, uint64_t merge_number);

void
told_end(struct told *t);

#endif
