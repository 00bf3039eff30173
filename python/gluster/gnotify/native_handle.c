/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A handle's life. Whoever uses it counts in `inside`; the library's is closed by the last one.
 */
#include "python/gluster/gnotify/native.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

void
handle_take(struct handle *h)
{
    if (!PyThread_acquire_lock(h->lock, NOWAIT_LOCK)) {
        Py_BEGIN_ALLOW_THREADS
        PyThread_acquire_lock(h->lock, WAIT_LOCK);
        Py_END_ALLOW_THREADS
    }
}

bool
handle_begin(struct handle *h)
{
    if (h->closed || !h->g) {
        PyErr_SetString(PyExc_ValueError, "this Gnotify is closed: make another one");
        return false;
    }
    h->inside++;
    return true;
}

void
handle_end(struct handle *h)
{
    if (--h->inside || !h->closed || !h->g)
        return;
    struct gnotify *g = h->g;

    h->g = NULL;
    Py_BEGIN_ALLOW_THREADS
    gnotify_close(g);
    Py_END_ALLOW_THREADS
}

static int
parse_from(const char *from, struct gnotify_options *o)
{
    if (!from)
        o->from = o->cursor ? GNOTIFY_FROM_CURSOR : GNOTIFY_FROM_NOW;
    else if (!strcmp(from, "now"))
        o->from = GNOTIFY_FROM_NOW;
    else if (!strcmp(from, "oldest"))
        o->from = GNOTIFY_FROM_OLDEST;
    else if (!strcmp(from, "cursor"))
        o->from = GNOTIFY_FROM_CURSOR;
    else
        return PyErr_Format(PyExc_ValueError, "from_='%s' is none of 'now', 'oldest', 'cursor'", from), -1;
    return 0;
}

static int
handle_open(struct handle *h, const char *volume, const struct gnotify_options *o)
{
    struct gnotify *g = NULL;
    int ret;

    h->woken = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    h->buffer = PyMem_RawMalloc(HANDLE_BUFFER);
    h->lock = PyThread_allocate_lock();
    if (h->woken < 0 || !h->buffer || !h->lock) {
        PyErr_NoMemory();
        return -1;
    }
    Py_BEGIN_ALLOW_THREADS
    ret = gnotify_init(&g, volume, o);
    Py_END_ALLOW_THREADS
    if (ret < 0) {
        native_fail(ret, gnotify_error(NULL));
        return -1;
    }
    h->g = g;
    return 0;
}

int
handle_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"volume", "cursor", "from_", "behind", "socket", "log_file", "events",
                            "memory", NULL};
    struct gnotify_options o = {.size = sizeof(o)};
    PyObject *volume = NULL;
    struct handle *h = (struct handle *)self;
    const char *from = NULL;
    Py_ssize_t memory = 0;
    int ret = -1;

    if (h->g || h->closed || h->lock)
        return PyErr_SetString(PyExc_RuntimeError, "a Gnotify is made once"), -1;
    if (PyArg_ParseTupleAndKeywords(args, kwargs, "O&|$zzzzzIn:Gnotify", names,
                                    PyUnicode_FSConverter, &volume, &o.cursor, &from, &o.behind,
                                    &o.socket, &o.log_file, &o.events, &memory) &&
        !parse_from(from, &o)) {
        o.memory = memory > 0 ? (size_t)memory : 0;
        ret = handle_open(h, PyBytes_AS_STRING(volume), &o);
    }
    Py_XDECREF(volume);
    return ret;
}

static void
wake(struct handle *h)
{
    const uint64_t one = 1;

    while (h->woken >= 0 && write(h->woken, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

PyObject *
handle_close(PyObject *self, PyObject *unused)
{
    struct handle *h = (struct handle *)self;

    (void)unused;
    if (!h->closed) {
        h->inside++;
        h->closed = true;
        wake(h);
        handle_end(h);
    }
    Py_RETURN_NONE;
}

PyObject *
handle_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    struct handle *h = (struct handle *)type->tp_alloc(type, 0);

    (void)args, (void)kwargs;
    if (h)
        h->woken = -1;
    return (PyObject *)h;
}

void
handle_dealloc(PyObject *self)
{
    struct handle *h = (struct handle *)self;

    if (h->g) {
        h->closed = true;
        h->inside = 1;
        handle_end(h);
    }
    if (h->woken >= 0)
        close(h->woken);
    if (h->lock)
        PyThread_free_lock(h->lock);
    PyMem_RawFree(h->buffer);
    Py_TYPE(self)->tp_free(self);
}

PyObject *
handle_wake(PyObject *self, PyObject *unused)
{
    (void)unused;
    wake((struct handle *)self);
    Py_RETURN_NONE;
}
