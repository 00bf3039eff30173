/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The tasks that drive coroutines. All of it under the GIL; nothing here winds, unwinds or
 * waits.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "xlators/glupy/native.h"

#include "common/cleanup.h"

struct task {
    struct future f; /* first: a task can be awaited, in gather */
    PyObject *coro;
    struct future *waits; /* a reference: what it awaits */
    struct task *next_ready;
    bool is_ready;
};

static PyTypeObject task_type;

static void
task_make_ready(struct task *t)
{
    struct task **end = &t->f.r->ready;

    if (t->is_ready || !t->coro)
        return;
    t->is_ready = true;
    t->next_ready = NULL;
    while (*end)
        end = &(*end)->next_ready;
    *end = t;
}

static void
task_notify(struct future *f, struct future *came)
{
    (void)came;
    task_make_ready((struct task *)f);
    if (!f->r->stepping)
        request_poke(f->r, false);
}

void
task_begin(PyObject *task)
{
    ((struct future *)task)->state = FUTURE_PENDING;
    task_make_ready((struct task *)task);
}

static int
task_start(struct future *f)
{
    task_make_ready((struct task *)f);
    return 0;
}

static const struct future_ops task_ops = {.start = task_start, .notify = task_notify};

/* Tasks that are over, for the next ones. GIL. */
enum { SPARE_MAX = 16 };
static struct task *spare[SPARE_MAX];
static unsigned spares;

PyObject *
task_new(struct request *r, PyObject *coro)
{
    struct task *t = spares ? spare[--spares] : PyObject_GC_New(struct task, &task_type);

    if (!t)
        return NULL;
    if (!Py_REFCNT(t))
        Py_SET_REFCNT(t, 1);
    future_setup(&t->f, &task_ops, r);
    t->coro = Py_NewRef(coro);
    t->waits = NULL;
    t->next_ready = NULL;
    t->is_ready = false;
    PyObject_GC_Track(t);
    return (PyObject *)t;
}

static void
task_forget_waits(struct task *t)
{
    struct future *waits = TAKE(t->waits);

    if (!waits)
        return;
    if (waits->waiter == &t->f)
        waits->waiter = NULL;
    Py_DECREF(waits);
}

static void
task_unready(struct task *t)
{
    for (struct task **at = &t->f.r->ready; *at; at = &(*at)->next_ready) {
        if (*at == t) {
            *at = t->next_ready;
            break;
        }
    }
    t->is_ready = false;
}

static int
task_traverse(PyObject *self, visitproc visit, void *arg)
{
    struct task *t = (struct task *)self;

    Py_VISIT(t->coro);
    Py_VISIT(t->waits);
    Py_VISIT(t->f.result);
    Py_VISIT(t->f.error);
    return 0;
}

static int
task_clear(PyObject *self)
{
    struct task *t = (struct task *)self;

    if (t->is_ready)
        task_unready(t);
    Py_CLEAR(t->coro);
    task_forget_waits(t);
    return 0;
}

static void
task_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    task_clear(self);
    future_clear(&((struct task *)self)->f);
    if (spares < SPARE_MAX)
        spare[spares++] = (struct task *)self;
    else
        Py_TYPE(self)->tp_free(self);
}

static PyTypeObject task_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_glupy.Task",
    .tp_basicsize = sizeof(struct task),
    .tp_dealloc = task_dealloc,
    .tp_traverse = task_traverse,
    .tp_clear = task_clear,
    .tp_free = PyObject_GC_Del,
    .tp_base = &future_type,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "A coroutine on its way.",
};

/* Has the coroutine go on with an exception, the one that is set. */
static PySendResult
task_throw(struct task *t, PyObject **out)
{
    PyObject *error = python_take_error();

    *out = error ? PyObject_CallMethod(t->coro, "throw", "O", error) : NULL;
    Py_XDECREF(error);
    if (*out)
        return PYGEN_NEXT;
    return _PyGen_FetchStopIterationValue(out) ? PYGEN_ERROR : PYGEN_RETURN;
}

static void
task_ends(struct task *t, PyObject *result)
{
    PyObject *error = result ? NULL : python_take_error();

    Py_CLEAR(t->coro);
    future_done(&t->f, result, error);
}

/* Runs the coroutine to its next await, or its end. */
static void
task_run(struct task *t)
{
    PyObject *out = NULL;

    task_forget_waits(t);
    PySendResult got = PyIter_Send(t->coro, Py_None, &out);

    while (got == PYGEN_NEXT) {
        if (!future_await(&t->f, out)) {
            t->waits = (struct future *)out; /* taken over */
            return;
        }
        Py_DECREF(out);
        got = task_throw(t, &out);
    }
    task_ends(t, got == PYGEN_RETURN ? out : NULL);
}

void
task_run_ready(struct request *r)
{
    while (r->ready) {
        struct task *t = r->ready;

        r->ready = t->next_ready;
        t->is_ready = false;
        Py_INCREF(t);
        task_run(t);
        Py_DECREF(t);
    }
}

bool
task_is_over(PyObject *task)
{
    return ((struct future *)task)->state >= FUTURE_READY;
}

PyObject *
task_take(PyObject *task)
{
    return future_take((struct future *)task);
}

int
task_init(void)
{
    return PyType_Ready(&task_type);
}
