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

struct item {
    struct item *next;
    struct stream_event event; /* record and client are made of the bytes when it is read */
    size_t size;               /* of the record; behind it is the client's name, if it has one */
    bool has_client;
    uint8_t bytes[];
};

struct queue {
    pthread_mutex_t lock;
    struct item *first, **end;
    int error; /* after all items */
    int fd;    /* an eventfd */
    atomic_bool woken;
    atomic_size_t bytes; /* that wait */
    /* the caller's */
    struct item *mine, *given;
    struct notify_record record;
};

/* 0 or -errno. */
int
queue_init(struct queue *q);

void
queue_end(struct queue *q);

/* An item with copies of a record's bytes (NULL: none) and of a name (NULL: none); or NULL. */
struct item *
item_new(const struct stream_event *event, const uint8_t *record, size_t size, const char *client);

/* A chain of items. */
void
queue_put(struct queue *q, struct item *items);

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
