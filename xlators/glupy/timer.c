/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Wakes requests that sleep. A thread of its own, which never enters Python.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "xlators/glupy/native.h"

struct timer {
    struct event event; /* first */
    struct request *r;
    uint64_t due; /* ns, monotonic */
    struct timer *next;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool started;
    struct timer *first; /* by due */
} timers = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t
precise_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void *
timer_main(void *arg)
{
    (void)arg;
    worker_thread_is_ours();
    pthread_mutex_lock(&timers.lock);
    for (;;) {
        struct timer *t = timers.first;

        if (!t) {
            pthread_cond_wait(&timers.wake, &timers.lock);
            continue;
        }
        if (t->due > precise_ns()) {
            struct timespec until = {(time_t)(t->due / 1000000000u),
                                     (long)(t->due % 1000000000u)};

            pthread_cond_timedwait(&timers.wake, &timers.lock, &until);
            continue;
        }
        timers.first = t->next;
        pthread_mutex_unlock(&timers.lock);
        struct request *r = t->r;

        request_deliver(r, &t->event); /* from here on t is r's */
        request_poke(r, false);
        request_unref(r);
        pthread_mutex_lock(&timers.lock);
    }
    return NULL;
}

/* Under the lock. */
static int
start_thread(void)
{
    pthread_condattr_t attr;

    if (timers.started)
        return 0;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&timers.wake, &attr);
    pthread_condattr_destroy(&attr);
    int err = worker_thread(timer_main, NULL);

    timers.started = !err;
    if (err)
        pthread_cond_destroy(&timers.wake); /* the next one makes it again */
    return err;
}

int
timer_start(struct request *r, uint64_t ns, PyObject *future)
{
    struct timer *t = calloc(1, sizeof(*t));

    if (!t)
        return -ENOMEM;
    t->event.future = future;
    t->r = r;
    t->due = precise_ns() + ns;
    pthread_mutex_lock(&timers.lock);
    int err = start_thread();

    if (!err) {
        struct timer **at = &timers.first;

        while (*at && (*at)->due <= t->due)
            at = &(*at)->next;
        t->next = *at;
        *at = t;
        request_ref(r);
        pthread_cond_signal(&timers.wake);
    }
    pthread_mutex_unlock(&timers.lock);
    if (err)
        free(t);
    return err;
}

PyObject *
timer_over(struct event *event)
{
    PyObject *future = event->future;

    free(event);
    return future;
}
