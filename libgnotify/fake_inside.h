/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the files of the bricks in memory (fake_link.h) share. All is called under the lock.
 */
#ifndef GNOTIFY_FAKE_INSIDE_H
#define GNOTIFY_FAKE_INSIDE_H

#include <pthread.h>
#include <time.h>

#include "libgnotify/fake_link.h"

enum { BRICKS_MAX = 64, CURSORS = 8, HELD = 64, RUN_BITS = 32 };

struct kept {
    uint64_t seq, written;
    enum notify_op op;
    size_t size;
    uint8_t *bytes;
};

struct held {
    void *cookie;
    struct notify_request q;
    char filter[NOTIFY_PATH_FILTER_MAX + 1];
};

struct fake_brick {
    struct link_brick is;
    bool removed, up, ended, off, overtaken_below;
    int error;
    uint8_t id[NOTIFY_ID_SIZE];
    struct kept *kept;
    size_t count, room, first; /* first: what is before was dropped */
    uint64_t next, begun, dropped; /* dropped: numbers below that are gone */
    uint64_t lost, lost_first, lost_since;
    bool clean;
    uint64_t last_written;
    struct { char name[NOTIFY_CURSOR_NAME_MAX + 1]; struct notify_cursor is; } cursors[CURSORS];
    struct held held[HELD];
    unsigned held_count;
};

struct fake {
    struct link link;
    pthread_mutex_t lock;
    const struct link_events *events;
    void *arg;
    struct fake_brick *bricks[BRICKS_MAX];
    unsigned count, limit;
    uint64_t now, ids;
};

/* ns since 1970, later than at any time before. */
static inline uint64_t
tick(struct fake *f)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    uint64_t real = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;

    f->now = real > f->now ? real : f->now + 1;
    return f->now;
}

/* ---- fake_journal.c ------------------------------------------------------------------- */

/* Forgets all records. */
void
journal_drop(struct fake_brick *b);

/* A record more: its number. */
uint64_t
journal_append(struct fake *f, struct fake_brick *b, const struct notify_record *r);

/* The gap, if something was lost that it does not tell yet. */
void
journal_tell_lost(struct fake *f, struct fake_brick *b);

/* The brick begins: its numbers, too. */
void
journal_begin(struct fake *f, struct fake_brick *b);

/* Fetches that wait are looked at again; those of the session `cancelled`, if not 0, come back. */
void
journal_news(struct fake *f, struct fake_brick *b, uint64_t cancelled);

/* Answers a request, at once or later. */
void
journal_serve(struct fake *f, struct fake_brick *b, const struct notify_request *q, void *cookie);

/* The cursor that q names, into the reply. */
void
journal_cursor(const struct fake_brick *b, const struct notify_request *q, struct notify_reply *r);

#endif
