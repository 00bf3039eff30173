/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What a reader asks a brick, and what it is answered: the bytes that travel in the ipc
 * operation's xdata, under the key NOTIFY_WIRE_KEY in both directions. Bricks push
 * nothing; a reader waits by asking for records that are not there yet.
 *
 * Numbers are little-endian. A side that gets more than it knows refuses it: a request by
 * -EPROTO, so that a newer reader can ask again in an older way.
 */
#ifndef NOTIFY_WIRE_H
#define NOTIFY_WIRE_H

#include "notify/journal.h"

#define NOTIFY_WIRE_KEY "volext-gnotify"

enum {
    NOTIFY_IPC = 0x676e6f74, /* the operation; GlusterFS's own are small numbers */
    NOTIFY_CURSOR_NAME_MAX = 64,
    NOTIFY_PATH_FILTER_MAX = 4095,
    NOTIFY_WAIT_MAX = 60000,            /* ms: a client's frame-timeout can be short */
    NOTIFY_REPLY_MAX = (1 << 20) - 4096, /* bytes: with the rest of the message below 1 MiB */
    NOTIFY_REQUEST_SIZE_MAX = 64 + NOTIFY_CURSOR_NAME_MAX + NOTIFY_PATH_FILTER_MAX,
    NOTIFY_REPLY_HEADER = 120,
};

enum notify_kind {
    NOTIFY_HELLO = 1, /* nothing but the head of a reply. Its `next`: all that was answered before
                         the brick got this has a smaller number, but for writes that wait to
                         be told as one */
    NOTIFY_FETCH,     /* records */
    NOTIFY_CANCEL,    /* the fetch of that session that waits is answered with none */
    NOTIFY_ACK,       /* remember seq under name: it is used up to there, and not with it */
    NOTIFY_FORGET,    /* the name */
    NOTIFY_KINDS,
};

/* Where a fetch begins. */
enum notify_from {
    NOTIFY_FROM_SEQ,    /* seq of journal id */
    NOTIFY_FROM_OLDEST, /* with all that the journal has */
    NOTIFY_FROM_NOW,    /* with what comes next */
    NOTIFY_FROM_NAME,   /* where name was acknowledged last; as NOW where it never was */
    NOTIFY_FROM_TIME,   /* with the first batch that was written at seq, which is a time (ns
                           since 1970 by the brick's clock), or later */
    NOTIFY_FROMS,
};

struct notify_request {
    enum notify_kind kind;
    enum notify_from from;
    uint64_t session; /* the reader's own number, by which it can cancel; 0: it only looks something
                         up, and the status does not count it among readers */
    uint8_t id[NOTIFY_ID_SIZE];
    uint64_t seq;
    uint64_t ops;   /* bit 1 << op for each that is wanted; notes always come */
    uint32_t limit; /* bytes of records at most, up to NOTIFY_REPLY_MAX; one always fits */
    uint32_t wait;  /* ms, when there is none, up to NOTIFY_WAIT_MAX */
    const char *name; /* of a cursor: not NUL-terminated. HELLO with one, and FETCH from it, are
                         told of it; a FETCH from elsewhere can say for whom it is */
    uint8_t name_len;
    const char *filter; /* only what is this path, or below it; what has no path comes, too */
    uint16_t filter_len;
};

enum notify_answer {
    NOTIFY_OFF = 1 << 0,       /* nothing is recorded now */
    NOTIFY_OVERTAKEN = 1 << 1, /* between the place asked for and the first record some are gone */
    NOTIFY_OTHER = 1 << 2,     /* the journal is another one: from the oldest, and all is gone */
    NOTIFY_MORE = 1 << 3,      /* there was no room for all */
    NOTIFY_UNKNOWN = 1 << 4,   /* no cursor has that name */
    NOTIFY_ANSWERS = (1 << 5) - 1,
};

/* How far a name was acknowledged. */
struct notify_cursor {
    uint8_t id[NOTIFY_ID_SIZE]; /* of the journal that seq is of */
    uint64_t seq;
    uint64_t acked; /* ns, the brick's clock; 0: not known */
};

struct notify_reply {
    unsigned flags; /* enum notify_answer */
    struct notify_extent extent;
    struct notify_cursor cursor; /* of the name that was given, if it is known; or zero */
    uint64_t recording; /* ns, the brick's clock: since then everything is recorded; 0: it is not */
    uint64_t next; /* where to go on: also when no record was wanted */
    uint64_t now;  /* ns: the brick's clock */
    uint32_t count;
    uint32_t bytes;
    const uint8_t *records;
};

/* The bytes of q: their number, or -EINVAL (a length or a number above its limit), or
 * -ENOSPC. */
ssize_t
notify_request_encode(const struct notify_request *q, void *buf, size_t room);

/* 0, or -EPROTO. name and filter are in buf. */
int
notify_request_decode(const void *buf, size_t len, struct notify_request *q);

/* The head of r at buf, NOTIFY_REPLY_HEADER bytes; r->bytes of records come right behind
 * it. */
void
notify_reply_head(const struct notify_reply *r, void *buf);

/* 0, or -EPROTO: also where the records are not r->count records, in ascending order. */
int
notify_reply_decode(const void *buf, size_t len, struct notify_reply *r);

#endif
