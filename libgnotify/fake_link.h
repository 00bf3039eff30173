/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * For tests: bricks in memory, with journals that answer as features/gnotify does, in real
 * bytes. What happens to them is said by the test.
 */
#ifndef GNOTIFY_FAKE_LINK_H
#define GNOTIFY_FAKE_LINK_H

#include "libgnotify/link.h"
#include "notify/record.h"
#include "notify/wire.h"

struct fake;

/* sets[i]: the set of brick i. All are up, and record. */
struct fake *
fake_new(const unsigned *sets, unsigned bricks);

void
fake_free(struct fake *f);

/* For stream_open: arg is the fake. One link at a time. */
struct link *
fake_reach(const struct link_events *events, void *events_arg, void *arg);

/* A record in the brick's journal: its number. The brick need not be up. */
uint64_t
fake_record(struct fake *f, unsigned brick, const struct notify_record *r);

/* The link to the brick. */
void
fake_up(struct fake *f, unsigned brick, bool up);

/* The brick ends and is away, in good order or not; it begins and is up. */
void
fake_stop(struct fake *f, unsigned brick, bool clean);

void
fake_start(struct fake *f, unsigned brick);

bool
fake_is_up(struct fake *f, unsigned brick);

/* `count` records are lost, since now; the next one that is written, or this call if `tell`,
 * says so. */
void
fake_lose(struct fake *f, unsigned brick, unsigned count, bool tell);

/* Of the journal the last `keep` records stay. */
void
fake_retain(struct fake *f, unsigned brick, unsigned keep);

/* The journal is another one, empty. */
void
fake_replace(struct fake *f, unsigned brick);

/* Every request is answered by this error from now on; 0: as usual. */
void
fake_refuse(struct fake *f, unsigned brick, int error);

void
fake_switch(struct fake *f, unsigned brick, bool on);

/* The records of one answer are not more than that. */
void
fake_limit(struct fake *f, unsigned records);

/* A brick more, in that set, up; and one that is none of the volume's any more. */
unsigned
fake_add(struct fake *f, unsigned set);

void
fake_remove(struct fake *f, unsigned brick);

/* What was acknowledged: false: nothing. */
bool
fake_cursor(struct fake *f, unsigned brick, const char *name, uint64_t *seq);

/* Is there a start, a gap or a heal in the journal, from one number to another? */
bool
fake_was_dark(struct fake *f, unsigned brick, uint64_t from, uint64_t to);

/* The next number; and ns since 1970, which go forward with every record. */
uint64_t
fake_next(struct fake *f, unsigned brick);

uint64_t
fake_now(struct fake *f);

/* The clock goes on by so much. */
void
fake_pass(struct fake *f, uint64_t ns);

/* How many fetches wait, at all bricks. */
unsigned
fake_held(struct fake *f);

#endif
