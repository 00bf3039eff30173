/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What a coroutine can await, and the tasks that drive coroutines. All of it under the
 * GIL; nothing here winds, unwinds or waits.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "xlators/glupy/native.h"

#include "common/cleanup.h"

#define SLEEP_LIMIT_NS (60 * 1000000000ull) /* of one request, all together */

struct task {
    struct future f; /* first: a task can be awaited, in gather */
    PyObject *coro;
    struct future *waits; /* a reference: what it awaits */
    struct task *next_ready;
    bool is_ready;
};

static PyTypeObject task_type, gather_type, waiter_type;

/* ---- futures ------------------------------------------------------------ */

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

/* As an exception that is set now. */
static void
future_failed(struct future *f)
{
    future_done(f, NULL, python_take_error());
}

/* The result, or NULL with the exception set. */
static PyObject *
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

/* Has waiter wait for o. 0, or -1 with an exception. It may be there at once. */
static int
await(struct future *waiter, PyObject *o)
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

/* ---- tasks -------------------------------------------------------------- */

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
        if (!await(&t->f, out)) {
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

/* ---- gather ------------------------------------------------------------- */

enum { GATHER_DEPTH = 64 }; /* of gathers in gathers: each is a call in C */

struct gather {
    struct future f;
    int depth;
    PyObject *all; /* a list: futures */
    Py_ssize_t left;
    bool exceptions_too;
};

static PyObject *
gather_results(struct gather *g)
{
    Py_ssize_t count = PyList_GET_SIZE(g->all);
    PyObject *results = PyList_New(count), *first = NULL;

    for (Py_ssize_t i = 0; results && i < count; i++) {
        struct future *f = (struct future *)PyList_GET_ITEM(g->all, i);
        PyObject *value = future_take(f);

        if (!value) {
            value = python_take_error();
            if (!first && !g->exceptions_too)
                first = Py_NewRef(value);
        }
        PyList_SET_ITEM(results, i, value);
    }
    if (first) {
        PyErr_SetObject((PyObject *)Py_TYPE(first), first);
        Py_DECREF(first);
        Py_CLEAR(results);
    }
    return results;
}

static void
gather_notify(struct future *f, struct future *came)
{
    struct gather *g = (struct gather *)f;

    (void)came;
    if (--g->left)
        return;
    PyObject *results = gather_results(g);

    if (results)
        future_done(f, results, NULL);
    else
        future_failed(f);
}

/* A future that has ended with the exception that is set. */
static PyObject *
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

static int
gather_start(struct future *f)
{
    struct gather *g = (struct gather *)f;
    Py_ssize_t count = PyList_GET_SIZE(g->all);

    g->left = count + 1; /* ours, so that it is not over before all have begun */
    for (Py_ssize_t i = 0; i < count; i++) {
        struct future *part = (struct future *)PyList_GET_ITEM(g->all, i);

        if (await(f, (PyObject *)part)) {
            /* part is not touched: it may be on its way for somebody else */
            PyObject *failed = future_with_error(f->r);

            if (!failed)
                return -1;
            PyList_SetItem(g->all, i, failed);
            g->left--;
        }
    }
    gather_notify(f, NULL);
    return 0;
}

static const struct future_ops gather_ops = {.start = gather_start, .notify = gather_notify};

static int
gather_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((struct gather *)self)->all);
    Py_VISIT(((struct gather *)self)->f.result);
    Py_VISIT(((struct gather *)self)->f.error);
    return 0;
}

static int
gather_clear(PyObject *self)
{
    struct gather *g = (struct gather *)self;
    PyObject *all = TAKE(g->all);

    for (Py_ssize_t i = 0; all && i < PyList_GET_SIZE(all); i++) {
        struct future *part = (struct future *)PyList_GET_ITEM(all, i);

        if (part->waiter == &g->f)
            part->waiter = NULL;
    }
    Py_XDECREF(all);
    return 0;
}

static void
gather_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    gather_clear(self);
    future_clear((struct future *)self);
    Py_TYPE(self)->tp_free(self);
}

static PyTypeObject gather_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_glupy.Gather",
    .tp_basicsize = sizeof(struct gather),
    .tp_dealloc = gather_dealloc,
    .tp_traverse = gather_traverse,
    .tp_clear = gather_clear,
    .tp_free = PyObject_GC_Del,
    .tp_base = &future_type,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "Several awaitables at once.",
};

/* The parts as futures: coroutines become tasks. */
static PyObject *
gather_parts(struct request *r, PyObject *args)
{
    PyObject *all = PyList_New(0);

    for (Py_ssize_t i = 0; all && i < PyTuple_GET_SIZE(args); i++) {
        PyObject *o = PyTuple_GET_ITEM(args, i);
        PyObject *part = PyCoro_CheckExact(o) ? task_new(r, o) : Py_NewRef(o);

        if (part && !PyObject_TypeCheck(part, &future_type)) {
            PyErr_Format(PyExc_TypeError, "gather: argument %zd is no call and no coroutine but "
                         "%.100s", i + 1, Py_TYPE(o)->tp_name);
            Py_CLEAR(part);
        }
        if (!part || PyList_Append(all, part))
            Py_CLEAR(all);
        Py_XDECREF(part);
    }
    return all;
}

static int
gather_depth(PyObject *all)
{
    int depth = 0;

    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(all); i++) {
        PyObject *part = PyList_GET_ITEM(all, i);

        if (Py_TYPE(part) == &gather_type && ((struct gather *)part)->depth > depth)
            depth = ((struct gather *)part)->depth;
    }
    return depth + 1;
}

static PyObject *
gather(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"return_exceptions", NULL};
    struct request *r = native_current("gather");
    int exceptions_too = 0;

    (void)module;
    if (!r)
        return NULL;
    PyObject *none = PyTuple_New(0);
    bool ok = none && PyArg_ParseTupleAndKeywords(none, kwargs, "|$p:gather", names,
                                                  &exceptions_too);

    Py_XDECREF(none);
    PyObject *all = ok ? gather_parts(r, args) : NULL;
    int depth = all ? gather_depth(all) : 0;

    if (depth > GATHER_DEPTH) {
        PyErr_Format(PyExc_RecursionError, "gather in gather, more than %d deep", GATHER_DEPTH);
        Py_CLEAR(all);
    }
    struct gather *g = all ? PyObject_GC_New(struct gather, &gather_type) : NULL;

    if (!g) {
        Py_XDECREF(all);
        return NULL;
    }
    future_setup(&g->f, &gather_ops, r);
    g->depth = depth;
    g->all = all;
    g->left = 0;
    g->exceptions_too = exceptions_too;
    PyObject_GC_Track(g);
    return (PyObject *)g;
}

/* ---- sleep and plain futures -------------------------------------------- */

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

static PyMethodDef functions[] = {
    {"gather", (PyCFunction)(void (*)(void))gather, METH_VARARGS | METH_KEYWORDS,
     "gather(*awaitables, return_exceptions=False)\n\nAwaits calls and coroutines at the same "
     "time. When all are over: the list of\ntheir results, or the first exception; with "
     "return_exceptions these are in the list."},
    {"sleep", new_sleep, METH_O,
     "sleep(seconds)\n\nIs over after so long. One operation can sleep for 60 seconds, all "
     "sleeps together."},
    {"future", new_future, METH_NOARGS, "future(): ended by its set() or fail()."},
    {NULL, NULL, 0, NULL},
};

int
task_init(PyObject *module)
{
    if (PyType_Ready(&future_type) || PyType_Ready(&task_type) || PyType_Ready(&gather_type) ||
        PyType_Ready(&sleep_type) || PyType_Ready(&waiter_type))
        return -1;
    return PyModule_AddFunctions(module, functions);
}
