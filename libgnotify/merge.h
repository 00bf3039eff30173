/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * From what bricks recorded to what happened: of the copies that a change left on
 * several bricks one comes out, in an order that users can rely on. No input and output
 * here, no clock, no threads: whoever reads the bricks feeds it and says what time it is.
 *
 * Bricks stand in sets: the copies of a replicated or dispersed subvolume, or a brick
 * alone. The order is
 *   - that of the bricks, for what happened in one set,
 *   - that of a client's own clock, for what one client did in several sets,
 *   - for the rest as it came.
 *
 * Writes that a brick has told together (NOTIFY_WRITE_BUCKET) come out at least once after
 * each of them; seldom, where the copies were cut otherwise, once more.
 *
 * A change comes out when all live bricks of its set have shown it, so that whoever
 * looks at once does not meet a brick that has not done it yet; but not later than
 * MERGE_PATIENCE after the first one.
 */
#ifndef GNOTIFY_MERGE_H
#define GNOTIFY_MERGE_H

#include "notify/record.h"

enum {
    MERGE_SET_MAX = 64,               /* bricks in one set */
    MERGE_PATIENCE = 20 * 1000 * 1000, /* ns */
    MERGE_REMEMBERED = 1 << 18,       /* changes that came out and whose copies may come; 40 bytes each */
    MERGE_SETS_MAX = 1 << 16,
};

/* ns. A copy that a brick does not have so long after another one has shown the change does not come
 * any more; or the change is told once more. */
#define MERGE_LATE (60ull * 1000 * 1000 * 1000)

#define MERGE_KNOWN UINT64_MAX

struct merge;

struct merge_event {
    struct notify_record record; /* its bytes stay until the next call of merge_next */
    const uint8_t *bytes;        /* the same, as notify_record_encode made them */
    size_t size;
    unsigned set, brick; /* the first that had it */
    uint64_t number;     /* what merge_fed calls it */
};

/* sets[i]: the set of brick i, from 0 on without a gap. All bricks are away at first.
 * 0; -EINVAL for a set that is too large or empty; -ENOMEM. The caller frees it. */
int
merge_new(const unsigned *sets, unsigned bricks, struct merge **out);

void
merge_free(struct merge *m);

/* One more brick, away at first: in one of the sets, or in the next one, which is new. Its
 * number: the next one; or -EINVAL, -ENOMEM. */
int
merge_add(struct merge *m, unsigned set);

/* Whether the copies of this brick are waited for. */
void
merge_live(struct merge *m, unsigned brick, bool live);

/* All that the brick had at that time has been fed. */
void
merge_read(struct merge *m, unsigned brick, uint64_t now);

/* Since when the brick has recorded all; 0: it does not. Of copies whose paths differ, that
 * of the one that has not been away for longest is told. */
void
merge_since(struct merge *m, unsigned brick, uint64_t time);

/* Whether the brick is one of the volume's; at first it is. One that is none brings nothing. */
void
merge_member(struct merge *m, unsigned brick, bool member);

/* One record of a brick, in the brick's order. Notes (NOTIFY_MISSED and what follows it)
 * are not for here. now: ns of any clock that only goes forward. 0 or -ENOMEM: then the
 * record is to be fed again. */
int
merge_feed(struct merge *m, unsigned brick, const struct notify_record *r, uint64_t now);

/* As merge_feed, of a record that is known to have come out already, as before a restart:
 * so that its copies are known. Before anything of that brick is fed. */
int
merge_known(struct merge *m, unsigned brick, const struct notify_record *r, uint64_t now);

/* The change that the record fed last is of: *number, which grows from one new change to
 * the next; and what merge_tell called it: 0 as long as it has not come out, MERGE_KNOWN
 * where it did before. */
void
merge_fed(const struct merge *m, uint64_t *number, uint64_t *told);

/* What merge_next gave last is called so from now on. */
void
merge_tell(struct merge *m, uint64_t told);

/* The number of the oldest change that waits; UINT64_MAX: none does. */
uint64_t
merge_oldest(const struct merge *m);

/* The newest change that has not come out: its number, or 0. Where there are several
 * sets, it and all before it wait until merge_fenced says that every other set has been
 * read up to what it had when this one was read. */
uint64_t
merge_newest(const struct merge *m);

void
merge_fenced(struct merge *m, uint64_t number);

/* All sets have been read beyond what was done at that time, by clients' clocks: what is
 * older need not be fenced. 0: not known. For bricks that are read long after, where the fence
 * is far. */
void
merge_passed(struct merge *m, uint64_t time);

/* The next change, if there is one that may come out. Else false, and *later is when one
 * may without anything being fed: a time as `now`, or UINT64_MAX. */
bool
merge_next(struct merge *m, uint64_t now, struct merge_event *event, uint64_t *later);

/* How many that came out are remembered. With all bricks live and read: the last 65,536 to
 * 131,072; and folders' for MERGE_LATE. */
size_t
merge_remembered(const struct merge *m);

/* Bytes that are held: what to do no more reading at. */
size_t
merge_held(const struct merge *m);

#endif
