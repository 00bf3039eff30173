/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What a brick's journal does not have, and whether that can be had from its copies. A brick
 * is covered where it has been read, but for its dark times: it was down, or lost what it was to
 * write, or that was dropped before it was read. No input and output here, no clock. Times
 * are ns since 1970 by the bricks' clocks.
 */
#ifndef GNOTIFY_COVER_H
#define GNOTIFY_COVER_H

#include "libgnotify/stream.h"

struct dark {
    uint64_t from, to;
    bool clean; /* the brick was down in good order: it changed nothing then */
    enum stream_why why;
    uint64_t id;  /* the caller's */
    bool decided;
};

/* Of one brick. Zero it. */
struct cover {
    bool known;
    uint64_t from, to; /* it has been read over that time; to COVER_ON: and is read on */
    struct dark *darks;
    unsigned count, room;
};

#define COVER_ON UINT64_MAX

/* A dark time; that of it which is before the cover's own is none. False: nothing is left
 * of it, or there is no memory: *err. */
bool
cover_dark(struct cover *c, struct dark dark, int *err);

/* Can changes of that dark time be missing? Not where a mate is covered, and all clients
 * can have known it; and of a clean one not where all mates were down in good order, too. *from and *to: the time from the first
 * to the last that is missing. */
bool
cover_misses(const struct dark *dark, const struct cover *const *mates, unsigned count,
             uint64_t *from, uint64_t *to);

/* Forgets the oldest that have been decided, where there are many. */
void
cover_trim(struct cover *c);

void
cover_end(struct cover *c);

#endif
