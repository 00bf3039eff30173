/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * See stream_queue.h. The reader takes all that is there at once, and needs no lock for
 * the next ones. Memory for each event, taken by one thread and freed by another, would cost
 * more than all else.
 */
#include "libgnotify/stream_queue.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/clock.h"

enum { ROOM_FIRST = 2 << 10, ROOM_MOST = 64 << 10 };

struct item {
    struct stream_event event; /* record and client are made of the bytes when it is read */
    size_t room;               /* of all of it */
    size_t size; /* of the record; behind it is the client's name, if it has one */
    bool has_client;
    uint8_t bytes[];
};

int
queue_init(struct queue *q)
{
    *q = (struct queue){.next_room = ROOM_FIRST, .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (q->fd < 0)
        return -errno;
    pthread_mutex_init(&q->lock, NULL);
    return 0;
}

static void
piles_free(struct pile *p)
{
    for (struct pile *next; p; p = next) {
        next = p->next;
        free(p);
    }
}

void
queue_end(struct queue *q)
{
    piles_free(q->first);
    piles_free(q->mine);
    free(q->open);
    close(q->fd);
    pthread_mutex_destroy(&q->lock);
}

/* ---- writing ------------------------------------------------------------------- */

/* The descriptor is readable from now on. */
static void
signal_fd(struct queue *q)
{
    uint64_t one = 1;
    ssize_t n = write(q->fd, &one, sizeof(one)); /* it fails where it is readable already */

    (void)n;
}

/* Under the lock: behind what waits, or into the last one: who does not read events that come one by
 * one holds no memory that is not used. What is left of p. */
static struct pile *
append(struct queue *q, struct pile *p)
{
    struct pile *last = q->last;

    if (last && p->used <= last->room - last->used) {
        memcpy(last->bytes + last->used, p->bytes, p->used);
        last->used += p->used;
        return p;
    }
    *(last ? &last->next : &q->first) = p;
    q->last = p;
    return NULL;
}

void
queue_put(struct queue *q)
{
    AUTO_FREE struct pile *p = TAKE(q->open);

    q->next_room = ROOM_FIRST;
    if (!p)
        return;
    pthread_mutex_lock(&q->lock);
    bool was_empty = !q->first;

    atomic_fetch_add(&q->bytes, p->used);
    p = append(q, p);
    if (was_empty)
        signal_fd(q);
    pthread_mutex_unlock(&q->lock);
}

/* Where the next item is to be; NULL: no memory. Each pile has more room than the one before, so
 * that a single event takes little. */
static struct item *
make_room(struct queue *q, size_t room)
{
    struct pile *p = q->open;
    size_t more = q->next_room;

    if (p && room > p->room - p->used) {
        queue_put(q);
        p = NULL;
        more = more < ROOM_MOST ? 2 * more : ROOM_MOST;
    }
    if (!p) {
        more = room > more ? room : more;
        p = malloc(sizeof(*p) + more);
        if (!p)
            return NULL;
        p->next = NULL;
        p->used = 0;
        p->room = more;
        q->open = p;
        q->next_room = more;
    }
    struct item *i = (void *)(p->bytes + p->used);

    p->used += room;
    return i;
}

int
queue_add(struct queue *q, const struct stream_event *event, const uint8_t *record, size_t size,
          const char *client)
{
    size_t name = client ? strlen(client) + 1 : 0;
    size_t room = (sizeof(struct item) + size + name + 7) & ~(size_t)7;
    struct item *i = make_room(q, room);

    if (!i)
        return -ENOMEM;
    i->event = *event;
    i->room = room;
    i->size = size;
    i->has_client = client;
    if (size)
        memcpy(i->bytes, record, size);
    if (name)
        memcpy(i->bytes + size, client, name);
    return 0;
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

static bool
has_own(const struct queue *q)
{
    return q->mine && (q->at < q->mine->used || q->mine->next);
}

/* Under the lock: the descriptor is readable only if there is something. */
static void
settle_fd(struct queue *q)
{
    uint64_t count;

    if (has_own(q) || q->first || q->error)
        return;
    ssize_t n = read(q->fd, &count, sizeof(count));

    (void)n;
    if (atomic_load(&q->woken)) /* just now, before it was read */
        signal_fd(q);
}

/* The first pile of its own has something, or there is none. */
static void
drop_read(struct queue *q)
{
    if (!q->mine || q->at < q->mine->used)
        return;
    struct pile *read = q->mine;

    q->mine = read->next;
    q->at = 0;
    free(read);
}

/* With nothing left of its own: takes what there is. */
static int
take_all(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->mine = TAKE(q->first);
    q->last = NULL;
    int error = q->mine ? 0 : q->error;

    settle_fd(q);
    pthread_mutex_unlock(&q->lock);
    return error;
}

static void
give(struct queue *q, struct stream_event *event, size_t *freed)
{
    struct item *i = (void *)(q->mine->bytes + q->at);

    q->at += i->room;
    if (!has_own(q)) {
        pthread_mutex_lock(&q->lock);
        settle_fd(q);
        pthread_mutex_unlock(&q->lock);
    }
    if (q->at == q->mine->used) {
        *freed += q->mine->used;
        atomic_fetch_sub(&q->bytes, q->mine->used);
    }
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
    drop_read(q);
    for (;;) {
        if (atomic_load(&q->woken) && atomic_exchange(&q->woken, false))
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
