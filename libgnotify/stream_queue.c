/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * See stream_queue.h. The reader takes all that is there at once, and needs no lock for
 * the next ones.
 */
#include "libgnotify/stream_queue.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/clock.h"

int
queue_init(struct queue *q)
{
    *q = (struct queue){.end = &q->first, .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (q->fd < 0)
        return -errno;
    pthread_mutex_init(&q->lock, NULL);
    return 0;
}

static void
items_free(struct item *i)
{
    for (struct item *next; i; i = next) {
        next = i->next;
        free(i);
    }
}

void
queue_end(struct queue *q)
{
    items_free(q->first);
    items_free(q->mine);
    free(q->given);
    close(q->fd);
    pthread_mutex_destroy(&q->lock);
}

struct item *
item_new(const struct stream_event *event, const uint8_t *record, size_t size, const char *client)
{
    size_t name = client ? strlen(client) + 1 : 0;
    struct item *i = malloc(sizeof(*i) + size + name);

    if (!i)
        return NULL;
    *i = (struct item){.event = *event, .size = size, .has_client = client};
    if (size)
        memcpy(i->bytes, record, size);
    if (name)
        memcpy(i->bytes + size, client, name);
    return i;
}

static size_t
item_size(const struct item *i)
{
    return sizeof(*i) + i->size;
}

/* The descriptor is readable from now on. */
static void
signal_fd(struct queue *q)
{
    uint64_t one = 1;
    ssize_t n = write(q->fd, &one, sizeof(one)); /* it fails where it is readable already */

    (void)n;
}

void
queue_put(struct queue *q, struct item *items)
{
    size_t bytes = 0;
    struct item **end = &items;

    for (; *end; end = &(*end)->next)
        bytes += item_size(*end);
    if (!items)
        return;
    pthread_mutex_lock(&q->lock);
    bool was_empty = !q->first;

    *q->end = items;
    q->end = end;
    atomic_fetch_add(&q->bytes, bytes);
    if (was_empty)
        signal_fd(q);
    pthread_mutex_unlock(&q->lock);
}

void
queue_fail(struct queue *q, int error)
{
    pthread_mutex_lock(&q->lock);
    if (!q->error)
        q->error = error;
    signal_fd(q);
    pthread_mutex_unlock(&q->lock);
}

void
queue_wake(struct queue *q)
{
    int saved = errno;

    atomic_store(&q->woken, true);
    signal_fd(q);
    errno = saved;
}

/* ---- reading ------------------------------------------------------------------- */

/* Under the lock: the descriptor is readable only if there is something. */
static void
settle_fd(struct queue *q)
{
    uint64_t count;

    if (q->mine || q->first || q->error)
        return;
    ssize_t n = read(q->fd, &count, sizeof(count));

    (void)n;
    if (atomic_load(&q->woken)) /* just now, before it was read */
        signal_fd(q);
}

/* With nothing left of its own: takes what there is. */
static int
take_all(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->mine = TAKE(q->first);
    q->end = &q->first;
    int error = q->mine ? 0 : q->error;

    settle_fd(q);
    pthread_mutex_unlock(&q->lock);
    return error;
}

static void
give(struct queue *q, struct stream_event *event, size_t *freed)
{
    struct item *i = q->mine;

    q->mine = i->next;
    q->given = i;
    if (!q->mine) {
        pthread_mutex_lock(&q->lock);
        settle_fd(q);
        pthread_mutex_unlock(&q->lock);
    }
    *freed += item_size(i);
    atomic_fetch_sub(&q->bytes, item_size(i));
    *event = i->event;
    event->record = NULL;
    event->client = i->has_client ? (const char *)i->bytes + i->size : NULL;
    if (i->size && notify_record_decode(i->bytes, i->size, &q->record) > 0)
        event->record = &q->record;
}

int
queue_read(struct queue *q, int timeout, struct stream_event *event, size_t *freed)
{
    int64_t end = timeout < 0 ? 0 : now_ms() + timeout;

    *freed = 0;
    free(TAKE(q->given));
    for (;;) {
        if (atomic_exchange(&q->woken, false))
            return -EINTR;
        int err = q->mine ? 0 : take_all(q);

        if (err)
            return err;
        if (q->mine) {
            give(q, event, freed);
            return 1;
        }
        int64_t left = timeout < 0 ? -1 : end - now_ms();
        struct pollfd p = {.fd = q->fd, .events = POLLIN};

        if (timeout >= 0 && left <= 0)
            return 0;
        if (poll(&p, 1, left > 1 << 30 ? 1 << 30 : (int)left) < 0 && errno != EINTR)
            return -errno;
    }
}
