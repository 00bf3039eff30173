/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What a coroutine can await. All of it under the GIL; nothing here winds, unwinds or
 * waits.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "xlators/glupy/native.h"

#include "common/cleanup.h"

#define SLEEP_LIMIT_NS (60 * 1000000000ull) /* of one request, all together */

void
future_setup(struct future *f, const struct future_ops *ops, struct request *r)
{
    request_keep(r);
    f->ops = ops;
    f->r = r;
    f->waiter = NULL;
    f->result = f->error = NULL;
    f->state = FUTURE_NEW;
}

void
future_clear(struct future *f)
{
    Py_CLEAR(f->result);
    Py_CLEAR(f->error);
    request_unkeep(f->r);
}

void
future_done(struct future *f, PyObject *result, PyObject *error)
{
    if (f->state >= FUTURE_READY) {
        Py_XDECREF(result);
        Py_XDECREF(error);
        return;
    }
    f->result = result;
    f->error = error;
    f->state = FUTURE_READY;
    struct future *waiter = TAKE(f->waiter);

    if (waiter)
        waiter->ops->notify(waiter, f);
}

void
future_failed(struct future *f)
{
    future_done(f, NULL, python_take_error());
}

PyObject *
future_take(struct future *f)
{
    if (f->state == FUTURE_TAKEN) {
        PyErr_Format(PyExc_RuntimeError, "a %s is awaited a second time",
                     Py_TYPE(f)->tp_name);
        return NULL;
    }
    f->state = FUTURE_TAKEN;
    if (!f->error)
        return TAKE(f->result);
    PyObject *error = TAKE(f->error);

    PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    Py_DECREF(error);
    return NULL;
}

static PySendResult
future_send(PyObject *self, PyObject *value, PyObject **result)
{
    struct future *f = (struct future *)self;

    (void)value;
    switch (f->state) {
    case FUTURE_NEW:
        *result = Py_NewRef(self); /* to the task, which starts it */
        return PYGEN_NEXT;
    case FUTURE_READY:
        *result = future_take(f);
        return *result ? PYGEN_RETURN : PYGEN_ERROR;
    default:
        *result = NULL;
        PyErr_Format(PyExc_RuntimeError, "a %s is awaited a second time",
                     Py_TYPE(self)->tp_name);
        return PYGEN_ERROR;
    }
}

static PyObject *
future_iternext(PyObject *self)
{
    PyObject *result;

    switch (future_send(self, Py_None, &result)) {
    case PYGEN_NEXT:
        return result;
    case PYGEN_RETURN:
        _PyGen_SetStopIterationValue(result);
        Py_DECREF(result);
        return NULL;
    default:
        return NULL;
    }
}

static void
future_dealloc(PyObject *self)
{
    future_clear((struct future *)self);
    Py_TYPE(self)->tp_free(self);
}

static PyAsyncMethods future_async = {.am_await = PyObject_SelfIter, .am_send = future_send};
PyTypeObject future_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_glupy.Awaitable",
    .tp_basicsize = sizeof(struct future),
    .tp_dealloc = future_dealloc,
    .tp_as_async = &future_async,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = future_iternext,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "Something that a handler can await, once.",
};

int
future_await(struct future *waiter, PyObject *o)
{
    if (!PyObject_TypeCheck(o, &future_type)) {
        PyErr_Format(PyExc_TypeError,
                     "a handler can await calls of its children, gather, sleep, an Event's "
                     "wait and run_in_thread, not %.100s", Py_TYPE(o)->tp_name);
        return -1;
    }
    struct future *f = (struct future *)o;

    if (f->r != waiter->r) {
        PyErr_Format(PyExc_RuntimeError, "the %s belongs to another operation",
                     Py_TYPE(o)->tp_name);
        return -1;
    }
    if (f->waiter || f->state == FUTURE_TAKEN) {
        PyErr_Format(PyExc_RuntimeError, "the %s is awaited elsewhere", Py_TYPE(o)->tp_name);
        return -1;
    }
    f->waiter = waiter;
    if (f->state == FUTURE_READY) { /* an Event that was set meanwhile */
        f->waiter = NULL;
        waiter->ops->notify(waiter, f);
        return 0;
    }
    if (f->state == FUTURE_PENDING)
        return 0;
    f->state = FUTURE_PENDING;
    if (f->ops && f->ops->start && f->ops->start(f)) {
        f->waiter = NULL;
        return -1;
    }
    return 0;
}

/* ---- what is ended by hand, and sleep ------------------------------------ */

struct sleep {
    struct future f;
    uint64_t ns;
};

static int
sleep_start(struct future *f)
{
    struct request *r = f->r;
    uint64_t ns = ((struct sleep *)f)->ns;

    if (ns + r->slept > SLEEP_LIMIT_NS) {
        PyErr_Format(PyExc_ValueError, "sleep: one operation can sleep %d seconds, all sleeps "
                     "together", (int)(SLEEP_LIMIT_NS / 1000000000u));
        return -1;
    }
    int err = timer_start(r, ns, Py_NewRef(f));

    if (err) {
        Py_DECREF(f);
        PyErr_Format(PyExc_RuntimeError, "sleep: %s", strerror(-err));
        return -1;
    }
    r->sleeping++;
    r->slept += ns;
    return 0;
}

static const struct future_ops sleep_ops = {.start = sleep_start};
static PyTypeObject sleep_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_glupy.Sleep",
    .tp_basicsize = sizeof(struct sleep),
    .tp_base = &future_type,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "A while.",
};

static PyObject *
new_sleep(PyObject *module, PyObject *seconds)
{
    struct request *r = native_current("sleep");
    double s = PyFloat_AsDouble(seconds);

    (void)module;
    if (!r || PyErr_Occurred())
        return NULL;
    if (!(s >= 0) || s * 1e9 + (double)r->slept > SLEEP_LIMIT_NS)
        return PyErr_Format(PyExc_ValueError, "sleep(%R): one operation can sleep 0 to %d seconds, "
                            "all sleeps together", seconds, (int)(SLEEP_LIMIT_NS / 1000000000u));
    struct sleep *sleep = PyObject_New(struct sleep, &sleep_type);

    if (!sleep)
        return NULL;
    future_setup(&sleep->f, &sleep_ops, r);
    sleep->ns = (uint64_t)(s * 1e9);
    return (PyObject *)sleep;
}

/* What a program ends by hand: an Event, a thread. */
static PyObject *
waiter_set(PyObject *self, PyObject *result)
{
    future_done((struct future *)self, Py_NewRef(result), NULL);
    Py_RETURN_NONE;
}

static PyObject *
waiter_fail(PyObject *self, PyObject *error)
{
    if (!PyExceptionInstance_Check(error)) {
        PyErr_SetString(PyExc_TypeError, "fail() wants an exception");
        return NULL;
    }
    future_done((struct future *)self, NULL, Py_NewRef(error));
    Py_RETURN_NONE;
}

static PyMethodDef waiter_methods[] = {
    {"set", waiter_set, METH_O, "set(result): ends the wait for it."},
    {"fail", waiter_fail, METH_O, "fail(exception): is raised where it is awaited."},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject waiter_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_glupy.Future",
    .tp_basicsize = sizeof(struct future),
    .tp_base = &future_type,
    .tp_methods = waiter_methods,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "Something that comes when somebody says so.",
};

static PyObject *
new_future(PyObject *module, PyObject *unused)
{
    struct request *r = native_current("waiting");

    (void)module;
    (void)unused;
    struct future *f = r ? PyObject_New(struct future, &waiter_type) : NULL;

    if (f)
        future_setup(f, NULL, r);
    return (PyObject *)f;
}

PyObject *
future_with_error(struct request *r)
{
    PyObject *error = python_take_error();
    struct future *f = PyObject_New(struct future, &waiter_type);

    if (!f) {
        Py_XDECREF(error);
        return NULL;
    }
    future_setup(f, NULL, r);
    future_done(f, NULL, error);
    return (PyObject *)f;
}

static PyMethodDef functions[] = {
    {"sleep", new_sleep, METH_O,
     "sleep(seconds)\n\nIs over after so long. One operation can sleep for 60 seconds, all "
     "sleeps together."},
    {"future", new_future, METH_NOARGS, "future(): ended by its set() or fail()."},
    {NULL, NULL, 0, NULL},
};

int
future_init(PyObject *module)
{
    if (PyType_Ready(&future_type) || PyType_Ready(&sleep_type) || PyType_Ready(&waiter_type))
        return -1;
    return PyModule_AddFunctions(module, functions);
}
