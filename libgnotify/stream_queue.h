/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * From the stream's thread to the caller: events, in order, and a file descriptor that is
 * readable while there are some. One thread puts in, one takes out.
 */
#ifndef GNOTIFY_STREAM_QUEUE_H
#define GNOTIFY_STREAM_QUEUE_H

#include <pthread.h>
#include <stdatomic.h>

#include "libgnotify/stream.h"

struct item;

/* Events in a row, in one piece of memory: one thread has it, then the other. */
struct pile {
    struct pile *next;
    size_t used, room;
    _Alignas(8) uint8_t bytes[];
};

struct queue {
    pthread_mutex_t lock;
    struct pile *first, *last;
    int error; /* after all events */
    int fd;    /* an eventfd */
    atomic_bool woken;
    atomic_size_t bytes; /* of what was put and not read */
    struct pile *open; /* the stream's: not put yet */
    size_t next_room;
    /* the caller's */
    struct pile *mine;
    size_t at; /* in the first of mine */
    struct notify_record record;
};

/* 0 or -errno. */
int
queue_init(struct queue *q);

void
queue_end(struct queue *q);

/* One more event, with copies of a record's bytes (NULL: none) and of a name (NULL: none). It
 * can be read when there are many, or after queue_put. 0 or -ENOMEM. */
int
queue_add(struct queue *q, const struct stream_event *event, const uint8_t *record, size_t size,
          const char *client);

/* Whatever was added can be read. */
void
queue_put(struct queue *q);

/* What queue_read gives when all items have been read. */
void
queue_fail(struct queue *q, int error);

/* stream_read's part. *freed: bytes that are not held any more. */
int
queue_read(struct queue *q, int timeout, struct stream_event *event, size_t *freed);

/* Any thread, and a signal handler. */
void
queue_wake(struct queue *q);

#endif
