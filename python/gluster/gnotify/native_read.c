/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Waiting for events, and giving them.
 */
#include "python/gluster/gnotify/native.h"

#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

enum {
    SLEEP_MS = 1000, /* a signal may come right before a sleep: then it is seen after this */
};

static int64_t
now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* Fills the buffer with what is there; the lock is taken. Bytes, 0 or -errno. */
static ssize_t
fill(struct handle *h)
{
    ssize_t n;

    Py_BEGIN_ALLOW_THREADS
    n = gnotify_read(h->g, h->buffer, HANDLE_BUFFER, 0);
    Py_END_ALLOW_THREADS
    if (n > 0) {
        h->at = h->buffer;
        h->end = h->buffer + n;
    }
    return n == -EINTR ? 0 : n;
}

/* Waits until there may be something, until woken, or a signal: 0; -1 with an error set. */
static int
sleep_on(struct handle *h, int timeout, bool *woken)
{
    struct pollfd fds[] = {{.fd = gnotify_fd(h->g), .events = POLLIN},
                           {.fd = h->woken, .events = POLLIN}};
    uint64_t count;
    int n;

    Py_BEGIN_ALLOW_THREADS
    n = poll(fds, 2, timeout);
    Py_END_ALLOW_THREADS
    if (n <= 0 && PyErr_CheckSignals())
        return -1;
    if (n > 0 && fds[1].revents && (h->closed || read(h->woken, &count, sizeof(count)) > 0))
        *woken = true;
    return 0;
}

/* 1: there is something in the buffer, and the lock is held; 0: time is over, or woken; -1:
 * an error is set. */
static int
await(struct handle *h, int64_t timeout)
{
    int64_t until = timeout < 0 ? -1 : now_ms() + timeout;
    bool woken = false;

    for (;;) {
        handle_take(h);
        ssize_t n = h->at < h->end ? 1 : h->closed ? 0 : fill(h);

        if (n > 0)
            return 1;
        if (n < 0)
            native_fail(n, gnotify_error(h->g));
        PyThread_release_lock(h->lock);
        if (n < 0)
            return -1;
        int64_t left = until < 0 ? -1 : until - now_ms();

        if (woken || h->closed || (until >= 0 && left <= 0))
            return 0;
        if (sleep_on(h, left < 0 || left > SLEEP_MS ? SLEEP_MS : (int)left, &woken))
            return -1;
    }
}

static PyObject *
next_event(struct handle *h)
{
    const struct gnotify_event *e = (const struct gnotify_event *)h->at;
    PyObject *made = event_new(e);

    if (made)
        h->at += e->size;
    return made;
}

/* timeout: seconds as a number, None for ever. -2: an error is set. */
static int64_t
parse_timeout(PyObject *timeout)
{
    if (!timeout || timeout == Py_None)
        return -1;
    double seconds = PyFloat_AsDouble(timeout);

    if (seconds == -1 && PyErr_Occurred())
        return -2;
    if (!(seconds >= 0)) {
        PyErr_SetString(PyExc_ValueError, "timeout is below zero: give seconds, or None for ever");
        return -2;
    }
    return seconds > 1e12 ? -1 : (int64_t)(seconds * 1000 + 0.999);
}

PyObject *
handle_read(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"timeout", NULL};
    struct handle *h = (struct handle *)self;
    PyObject *timeout = NULL, *events = NULL;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:read", names, &timeout))
        return NULL;
    int64_t ms = parse_timeout(timeout);

    if (ms < -1 || !handle_begin(h))
        return NULL;
    int ret = await(h, ms);

    if (ret >= 0)
        events = PyList_New(0);
    while (ret > 0 && events && h->at < h->end) {
        PyObject *e = next_event(h);

        if (!e || PyList_Append(events, e))
            Py_CLEAR(events);
        Py_XDECREF(e);
    }
    if (ret > 0)
        PyThread_release_lock(h->lock);
    handle_end(h);
    return events;
}

/* NULL without an error ends a for loop: when it was woken or closed. */
PyObject *
handle_next(PyObject *self)
{
    struct handle *h = (struct handle *)self;
    PyObject *e = NULL;

    if (h->closed)
        return NULL;
    if (!handle_begin(h))
        return NULL;
    if (await(h, -1) > 0) {
        e = next_event(h);
        PyThread_release_lock(h->lock);
    }
    handle_end(h);
    return e;
}
