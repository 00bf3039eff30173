/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * gather: several awaitables at once. Under the GIL.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "xlators/glupy/native.h"

#include "common/cleanup.h"

static PyTypeObject gather_type;

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

static int
gather_start(struct future *f)
{
    struct gather *g = (struct gather *)f;
    Py_ssize_t count = PyList_GET_SIZE(g->all);

    g->left = count + 1; /* ours, so that it is not over before all have begun */
    for (Py_ssize_t i = 0; i < count; i++) {
        struct future *part = (struct future *)PyList_GET_ITEM(g->all, i);

        if (future_await(f, (PyObject *)part)) {
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

static PyMethodDef functions[] = {
    {"gather", (PyCFunction)(void (*)(void))gather, METH_VARARGS | METH_KEYWORDS,
     "gather(*awaitables, return_exceptions=False)\n\nAwaits calls and coroutines at the same "
     "time. When all are over: the list of\ntheir results, or the first exception; with "
     "return_exceptions these are in the list."},
    {NULL, NULL, 0, NULL},
};

int
gather_init(PyObject *module)
{
    if (PyType_Ready(&gather_type))
        return -1;
    return PyModule_AddFunctions(module, functions);
}
