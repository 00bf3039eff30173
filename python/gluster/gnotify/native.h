/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the files of gluster.gnotify._native share:
 *
 *   native.c        the module, and what can be done with a handle
 *   native_event.c  what Python sees of an event
 *   native_handle.c a handle: making, closing, threads
 *   native_read.c   waiting for events, and giving them
 *
 * A handle may be used by several threads: `lock` is held around each call of the library,
 * and not while one waits. Waiting is done here, on the handle's descriptor, so that signals are
 * seen by Python (KeyboardInterrupt), and so that close() and wake() end it.
 */
#ifndef GNOTIFY_NATIVE_H
#define GNOTIFY_NATIVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

#include "libgnotify/gnotify.h"

/* Raises what fits -errno; NULL. */
PyObject *
native_fail(ssize_t ret, const char *sentence);

/* ---- native_event.c ---------------------------------------------------------------- */

/* One event with its strings behind it, as the library packed it. */
struct event {
    PyObject_VAR_HEAD
    struct gnotify_event is;
};

extern PyTypeObject event_type;

/* A copy; NULL with an error set. */
PyObject *
event_new(const struct gnotify_event *is);

/* ---- native_handle.c --------------------------------------------------------------- */

enum { HANDLE_BUFFER = 256 << 10 };

struct handle {
    PyObject_HEAD
    struct gnotify *g;
    PyThread_type_lock lock;
    int woken; /* an eventfd: wake() and close() */
    bool closed;
    unsigned inside; /* threads that use it; like the rest, guarded by the GIL */
    char *buffer;
    const char *at, *end; /* what was read and not given yet */
};

/* Takes h->lock, which other threads may have for long: they run meanwhile. */
void
handle_take(struct handle *h);

/* Before and after whatever uses g: false when the handle is closed, an error set. The last
 * one that leaves a closed handle ends it. */
bool
handle_begin(struct handle *h);
void
handle_end(struct handle *h);

/* The methods of the type, as Python calls them: a new reference; NULL or -1 with an error set. */
PyObject *
handle_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);
int
handle_init(PyObject *self, PyObject *args, PyObject *kwargs);
void
handle_dealloc(PyObject *self);
PyObject *
handle_close(PyObject *self, PyObject *unused);
PyObject *
handle_wake(PyObject *self, PyObject *unused);

/* ---- native_read.c ------------------------------------------------------------------ */

/* Methods, too. handle_next: NULL without an error ends a for loop. */
PyObject *
handle_read(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *
handle_next(PyObject *self);

#endif
