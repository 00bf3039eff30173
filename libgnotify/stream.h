/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The one stream of what happens on a volume: reads all its bricks, gives each change
 * once, in order, and says what was lost. Knows no watches and no inotify: these are
 * made of it by the library's outer part.
 */
#ifndef GNOTIFY_STREAM_H
#define GNOTIFY_STREAM_H

#include "libgnotify/link.h"
#include "notify/record.h"

/* Each change is told once, or lies within a gap that is told. Told again behind a cursor is
 *   - what was not acknowledged,
 *   - what only bricks have that were away when it was acknowledged, and are back, while
 *     its copies are away,
 *   - what a brick did since it began again, or lost records, until that has been decided and
 *     acknowledged, too: 3 s, with other bricks of its set away.
 * A brick that comes back with more than MERGE_REMEMBERED changes that were told meanwhile
 * tells the oldest of them again. STREAM_CAUGHT_UP is of the bricks that answer. */

struct stream;

enum stream_from {
    STREAM_NOW,    /* what happens from stream_open's return on */
    STREAM_OLDEST, /* all that the bricks still have */
    STREAM_CURSOR, /* behind what was acknowledged under the name; from now on where nothing was */
};

struct stream_options {
    enum stream_from from;
    const char *cursor; /* a name (notify/wire.h says which) to acknowledge under; NULL: none */
    const char *behind; /* STREAM_CURSOR: begin behind this name's place instead, which some brick
                           must know (else -ENODATA); NULL: cursor */
    uint64_t ops;       /* bit 1 << NOTIFY_… for each operation that is wanted */
    const char *volume; /* for messages; NULL: it is not known */
    size_t memory;      /* bytes of changes that wait for stream_read; 0: 64 MiB. When it
                           is full the bricks are not read on: their journals keep the rest. */
};

enum stream_kind {
    STREAM_CHANGE,    /* record */
    STREAM_SYNTHETIC, /* record: op NOTIFY_MISSED: something was done to gfid (at name, where that
                         is known) which no brick that can be read has recorded */
    STREAM_GAP,       /* from, to, why, brick: changes of that time may be missing */
    STREAM_CAUGHT_UP, /* once: all that was recorded before stream_open has been given */
};

enum stream_why {
    STREAM_RETENTION, /* the journal has dropped what was to be read next */
    STREAM_CRASH,     /* a brick ended without writing its last records */
    STREAM_OVERFLOW,  /* a brick had no room for records: its buffer, its disk */
    STREAM_AWAY,      /* a brick was down, or recorded nothing, and no copy of it can be read */
    STREAM_LOST,      /* a brick's journal is another one: replaced, or removed */
};

struct stream_event {
    enum stream_kind kind;
    uint64_t number;                    /* counts up: for stream_ack */
    const struct notify_record *record; /* it and its bytes stay until the next stream_read */
    const char *client; /* who did it: what GlusterFS calls a client; NULL where it is not known */
    uint64_t from, to;  /* ns since 1970 by the bricks' clocks; from 0: not known */
    enum stream_why why;
    const char *brick; /* server:/path */
};

/* Begins to read. Waits until every brick has answered or is known to be away, 5 s at
 * most. link is the stream's afterwards, also on an error. 0, or
 * -errno with a sentence in *why; free it. -EPERM: the bricks refuse this reader; -EOPNOTSUPP: no
 * brick that answers has notification, or it is off; -ENOTCONN: no brick answers. */
int
stream_open(struct link *(*reach)(const struct link_events *, void *events_arg, void *arg), void *arg,
            const struct stream_options *options, struct stream **out, char **why);

/* The next event, in *event. timeout: ms, -1 for ever. 1; 0 when the time is over; -errno:
 * -EINTR after stream_wake, -EPERM and what else makes going on impossible: the stream
 * gives the same from then on. */
int
stream_read(struct stream *s, int timeout, struct stream_event *event);

/* A file descriptor that is readable while stream_read would return at once; the
 * stream's own, only to be polled. */
int
stream_fd(struct stream *s);

/* A stream_read that waits, or the next one, returns -EINTR. For another thread, and for
 * signal handlers. */
void
stream_wake(struct stream *s);

/* The stream does not go on behind a cursor: none was asked for, or no brick knows it. */
bool
stream_is_new(const struct stream *s);

/* All up to that number has been dealt with: when this returns 0 every live brick has
 * that on disk, and a STREAM_CURSOR of that name goes on behind it. -errno: it may be on some.
 * number 0: the place where the stream began. -EINVAL: the stream has no cursor, or the number
 * was not read yet. */
int
stream_ack(struct stream *s, uint64_t number);

/* The number of the last event that stream_read gives without waiting, or has given; 0: none yet. */
uint64_t
stream_given(const struct stream *s);

/* Forgets the cursor's name on every brick that can be reached. 0 or -errno. */
int
stream_forget(struct stream *s);

/* What is known of each brick, for people. Numbers as notify/wire.h has them. */
struct stream_brick {
    const char *name; /* the stream's own; good until the next call of stream_ */
    bool up, on;
    uint64_t next, end, oldest, since; /* end: where the brick's next record goes */
};

unsigned
stream_bricks(struct stream *s, struct stream_brick *bricks, unsigned room);

void
stream_close(struct stream *s);

#endif
