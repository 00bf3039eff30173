/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The library's own thread, which calls the program with buffers of events.
 */
#include "libgnotify/api.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>

struct buffer {
    struct gnotify_event *events;
    uint64_t last;  /* the number of its last event */
    bool out;       /* the program has it */
    bool done;      /* it was given back, and may be acknowledged */
    struct buffer *next; /* of those that were given out and not acknowledged, by age */
};

struct callbacks {
    struct gnotify *g;
    void (*each)(struct gnotify_event *buf, ssize_t bytes, void *arg);
    void *arg;
    size_t size;
    pthread_t thread;
    int wake_fd; /* a buffer has come back, or it is over */
    bool over;
    bool undone; /* a buffer came back that was not done: nothing behind it is acknowledged */
    unsigned count;
    struct buffer *oldest;
    struct buffer buffers[];
};

static struct buffer *
free_buffer(struct callbacks *c)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (!c->buffers[i].out && !c->buffers[i].done)
            return &c->buffers[i];
    }
    return NULL;
}

static void
give_out(struct callbacks *c, struct buffer *b, ssize_t bytes)
{
    struct buffer **at = &c->oldest;
    struct gnotify_event *e = b->events, *end = (void *)((char *)b->events + bytes);

    for (; e < end; e = GNOTIFY_NEXT(e))
        b->last = e->number;
    b->out = true;
    b->next = NULL;
    while (*at)
        at = &(*at)->next;
    *at = b;
}

/* One buffer of events, if there are any. False: it is over, and that was told. */
static bool
serve(struct callbacks *c)
{
    ssize_t bytes = 0;
    struct buffer *b;

    {
        LOCKED(c->g);
        b = c->over ? NULL : free_buffer(c);
        if (b && (bytes = api_read(c->g, b->events, c->size, 0)) > 0)
            give_out(c, b, bytes);
    }
    if (bytes > 0)
        c->each(b->events, bytes, c->arg);
    else if (bytes < 0 && bytes != -EINTR)
        c->each(NULL, bytes, c->arg);
    return bytes >= 0 || bytes == -EINTR;
}

static void
wait_for(struct callbacks *c)
{
    bool room;

    {
        LOCKED(c->g);
        room = free_buffer(c);
    }
    struct pollfd fds[] = {{.fd = c->wake_fd, .events = POLLIN},
                           {.fd = room ? c->g->fd : -1, .events = POLLIN}};
    uint64_t value;

    poll(fds, 2, -1);
    if (read(c->wake_fd, &value, sizeof(value)) < 0)
        return; /* it was the other one */
}

static void *
run(void *arg)
{
    struct callbacks *c = arg;

    while (!__atomic_load_n(&c->over, __ATOMIC_ACQUIRE) && serve(c))
        wait_for(c);
    return NULL;
}

static void
callbacks_free(struct callbacks *c)
{
    for (unsigned i = 0; i < c->count; i++)
        free(c->buffers[i].events);
    if (c->wake_fd >= 0)
        close(c->wake_fd);
    free(c);
}

static void
wake(struct callbacks *c)
{
    uint64_t one = 1;

    if (write(c->wake_fd, &one, sizeof(one)) < 0)
        return; /* it is awake */
}

/* The program's signals are not for this thread. */
static int
start(struct callbacks *c)
{
    sigset_t all, old;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int ret = -pthread_create(&c->thread, NULL, run, c);

    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return ret;
}

GNOTIFY_API int
gnotify_register(struct gnotify *g, unsigned buffers, size_t size,
                 void (*each)(struct gnotify_event *buf, ssize_t bytes, void *arg), void *arg)
{
    if (!buffers || buffers > 1024 || size < GNOTIFY_EVENT_MAX)
        return api_fail(g, -EINVAL, "%u buffers of %zu bytes: there must be 1 to 1024, of %d "
                        "bytes (GNOTIFY_EVENT_MAX) at least", buffers, size, GNOTIFY_EVENT_MAX);
    if (g->callbacks)
        return api_fail(g, -EBUSY, "events go to a function already");
    struct callbacks *c = calloc(1, sizeof(*c) + buffers * sizeof(c->buffers[0]));
    int ret = c ? 0 : -ENOMEM;

    if (c) {
        *c = (struct callbacks){.g = g, .each = each, .arg = arg, .size = size, .count = buffers};
        c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        ret = c->wake_fd < 0 ? -errno : 0;
        for (unsigned i = 0; i < buffers && !ret; i++)
            ret = (c->buffers[i].events = malloc(size)) ? 0 : -ENOMEM;
    }
    if (!ret) {
        g->callbacks = c;
        ret = start(c);
    }
    if (!ret)
        return 0;
    g->callbacks = NULL;
    if (c)
        callbacks_free(c);
    return api_fail(g, ret, "callbacks cannot begin: %s", strerror(-ret));
}

/* What is done with from the oldest buffer on. 0: there is nothing new. */
static uint64_t
done_until(struct callbacks *c)
{
    uint64_t number = 0;

    while (c->oldest && c->oldest->done && !c->undone) {
        number = c->oldest->last;
        c->oldest->done = false;
        c->oldest = c->oldest->next;
    }
    return number;
}

static void
take_out(struct callbacks *c, const struct buffer *b)
{
    struct buffer **at = &c->oldest;

    while (*at && *at != b)
        at = &(*at)->next;
    if (*at)
        *at = b->next;
}

GNOTIFY_API int
gnotify_put_buffer(struct gnotify *g, struct gnotify_event *buf, int done)
{
    LOCKED(g);
    struct callbacks *c = g->callbacks;
    struct buffer *b = NULL;

    for (unsigned i = 0; c && i < c->count; i++) {
        if (c->buffers[i].events == buf && c->buffers[i].out)
            b = &c->buffers[i];
    }
    if (!b)
        return api_fail(g, -EINVAL, "%p is no buffer that was given out", (void *)buf);
    b->out = false;
    b->done = done && g->has_cursor && !c->undone;
    c->undone = c->undone || !done;
    if (!b->done)
        take_out(c, b);
    uint64_t number = done_until(c);
    int ret = number ? api_ack(g, number) : 0;

    wake(c);
    return ret;
}

void
callbacks_end(struct gnotify *g)
{
    struct callbacks *c = g->callbacks;

    if (!c)
        return;
    __atomic_store_n(&c->over, true, __ATOMIC_RELEASE);
    wake(c);
    pthread_join(c->thread, NULL);
    callbacks_free(c);
    g->callbacks = NULL;
}
