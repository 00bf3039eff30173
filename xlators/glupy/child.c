/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Calls of a child, as a native module makes them: `self.child.lookup(loc)`.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "xlators/glupy/native.h"

#include "common/cleanup.h"

static PyTypeObject caller_type, call_type;

struct call_object {
    struct future f; /* first */
    struct call *call; /* f.r's */
};

struct caller_object {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    glusterfs_fop_t fop;
    struct glupy *g;
    xlator_t *child;
};

static int
call_start(struct future *f)
{
    struct call *call = ((struct call_object *)f)->call;

    call->event.future = Py_NewRef(f);
    call_to_be_wound(call);
    return 0;
}

static const struct future_ops call_ops = {.start = call_start};

void
child_answered(struct call *call)
{
    PyObject *future = TAKE(call->event.future);
    PyObject *reply = reply_of(call), *error = NULL;

    if (reply && call->op_ret < 0) {
        error = PyObject_CallFunction(PyExc_OSError, "is", call->op_errno,
                                      strerror(call->op_errno));
        if (error && PyObject_SetAttrString(error, "reply", reply))
            Py_CLEAR(error);
        Py_CLEAR(reply);
    }
    if (!reply && !error)
        error = python_take_error();
    future_done((struct future *)future, reply, error);
    Py_DECREF(future);
}

struct call *
child_call(PyObject *o)
{
    return Py_TYPE(o) == &call_type ? ((struct call_object *)o)->call : NULL;
}

/* Puts what is given into its places. 0, or -1 with an exception. */
static int
place_arguments(const struct caller_object *c, PyObject *const *argv, size_t nargsf,
                PyObject *names, PyObject **placed)
{
    const struct shown *shown = shown_args(c->fop);
    const char *fop = glupy_fops[c->fop].name;
    Py_ssize_t given = PyVectorcall_NARGS(nargsf), named = names ? PyTuple_GET_SIZE(names) : 0;

    if (given > (Py_ssize_t)shown->count) {
        PyErr_Format(PyExc_TypeError, "%s takes at most %u arguments, %zd given", fop,
                     shown->count, given);
        return -1;
    }
    for (Py_ssize_t i = 0; i < given; i++)
        placed[shown->index[i]] = argv[i];
    for (Py_ssize_t i = 0; i < named; i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        int place = shown_place(shown, name);

        if (place < 0 || placed[shown->index[place]]) {
            PyErr_Format(PyExc_TypeError, place < 0 ? "%s has no argument %R"
                                                    : "%s: argument %R is given twice", fop, name);
            return -1;
        }
        placed[shown->index[place]] = argv[given + i];
    }
    return 0;
}

/* What the module gave, over what the request has if it is of the same fop. *same: that
 * is just the request's. 0, or -1 with an exception. keep: see marshal_from_python. */
static int
read_arguments(const struct caller_object *c, const struct request *r, PyObject **placed,
               union value *v, PyObject **keep, bool *same)
{
    const struct fop *f = &glupy_fops[c->fop];

    *same = c->fop == r->fop;
    memset(v, 0, sizeof(*v) * VALUES_MAX);
    if (*same)
        memcpy(v, r->args.v, sizeof(*v) * f->argc);
    for (unsigned i = 0; i < f->argc; i++) {
        if (placed[i] && marshal_from_python(placed[i], f->args, i, v, &keep[i]))
            return -1;
        if (keep[i] && *same && r->args.v[i].p && !strcmp(v[i].p, r->args.v[i].p))
            v[i].p = r->args.v[i].p;
    }
    for (unsigned i = 0; i < f->argc; i++) {
        *same = *same && v[i].i == r->args.v[i].i;
        if (f->args[i].kind < KIND_STR || v[i].p || marshal_may_be_null(&f->args[i]) ||
            (c->fop == r->fop && !r->args.v[i].p))
            continue;
        PyErr_Format(PyExc_TypeError, "%s: argument %s is wanted", f->name, f->args[i].name);
        return -1;
    }
    return 0;
}

/* Holds what the request does not hold anyway. */
static struct values *
hold_arguments(const struct caller_object *c, const struct request *r, const union value *v)
{
    const struct fop *f = &glupy_fops[c->fop];
    struct values *values = malloc(sizeof(*values));

    if (!values)
        return NULL;
    values_init(values);
    for (unsigned i = 0; i < f->argc; i++) {
        bool held = c->fop == r->fop && v[i].i == r->args.v[i].i;

        values->v[i] = v[i];
        if (!held && f->args[i].kind >= KIND_STR &&
            values_hold(values, i, f->args[i].kind, v[i],
                        i + 1 < f->argc ? v[i + 1] : (union value){0})) {
            values_release(values, f->args, i);
            free(values);
            return NULL;
        }
    }
    return values;
}

static bool
same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static bool
same_loc(const loc_t *a, const loc_t *b)
{
    return a == b || (a && b && a->inode == b->inode && a->parent == b->parent &&
                      same_text(a->name, b->name) && !memcmp(a->gfid, b->gfid, sizeof(a->gfid)) &&
                      !memcmp(a->pargfid, b->pargfid, sizeof(a->pargfid)));
}

/* Is that the operation itself, on the same objects, whatever else was changed? */
static bool
is_own(const struct caller_object *c, const struct request *r, const union value *v)
{
    const struct fop *f = &glupy_fops[c->fop];

    if (c->fop != r->fop || c->child != r->child)
        return false;
    for (unsigned i = 0; i < f->argc; i++) {
        if (f->args[i].kind == KIND_LOC && !same_loc(v[i].p, r->args.v[i].p))
            return false;
        if (f->args[i].kind == KIND_FD && v[i].p != r->args.v[i].p)
            return false;
    }
    return true;
}

static struct call *
make_call(const struct caller_object *c, struct request *r, PyObject **placed)
{
    PyObject *keep[VALUES_MAX] = {NULL};
    union value v[VALUES_MAX];
    struct values *values = NULL;
    struct call *call = NULL;
    bool any = false, same;

    for (unsigned i = 0; i < VALUES_MAX; i++)
        any = any || placed[i];
    /* they are compared, and parts of them are used */
    if ((any || c->fop == r->fop) && !request_hold_args(r)) {
        PyErr_NoMemory();
    } else if (!read_arguments(c, r, placed, v, keep, &same)) {
        if (!same)
            values = hold_arguments(c, r, v);
        if (same || values)
            call = call_new(r, c->fop, c->child);
        if (call) {
            call->args = TAKE(values);
            call->is_own = is_own(c, r, v);
        } else {
            PyErr_NoMemory();
        }
    }
    if (values) {
        values_release(values, glupy_fops[c->fop].args, glupy_fops[c->fop].argc);
        free(values);
    }
    for (unsigned i = 0; i < VALUES_MAX; i++)
        Py_XDECREF(keep[i]);
    return call;
}

static struct call *
call_with(const struct caller_object *c, struct request *r, PyObject *const *argv,
          size_t nargsf, PyObject *names)
{
    PyObject *placed[VALUES_MAX] = {NULL};

    return place_arguments(c, argv, nargsf, names, placed) ? NULL : make_call(c, r, placed);
}

/* The most frequent one: the request as it is. */
static struct call *
call_as_it_is(const struct caller_object *c, struct request *r)
{
    struct call *call = call_new(r, c->fop, c->child);

    if (call)
        call->is_own = c->child == r->child;
    else
        PyErr_NoMemory();
    return call;
}

static PyObject *
caller_call(PyObject *self, PyObject *const *argv, size_t nargsf, PyObject *names)
{
    const struct caller_object *c = (const struct caller_object *)self;
    struct request *r = native_current(glupy_fops[c->fop].name);

    if (!r)
        return NULL;
    if (r->phase == PHASE_CBK)
        return PyErr_Format(PyExc_RuntimeError, "%s: the child has answered; a coroutine can "
                            "call it again", glupy_fops[c->fop].name);
    if (r->g != c->g)
        return PyErr_Format(PyExc_RuntimeError, "the child belongs to another translator");
    struct call *call = !PyVectorcall_NARGS(nargsf) && !names && c->fop == r->fop
                            ? call_as_it_is(c, r)
                            : call_with(c, r, argv, nargsf, names);
    struct call_object *o = call ? PyObject_New(struct call_object, &call_type) : NULL;

    if (!o)
        return NULL;
    future_setup(&o->f, &call_ops, r);
    o->call = call;
    return (PyObject *)o;
}

static PyObject *
signature(PyObject *self, void *unused)
{
    glusterfs_fop_t fop = ((struct caller_object *)self)->fop;
    const struct shown *shown = shown_args(fop);
    PyObject *list = PyList_New(0), *comma = PyUnicode_FromString(", "), *text = NULL;

    (void)unused;
    for (unsigned i = 0; list && i < shown->count; i++) {
        if (PyList_Append(list, shown->name[i]))
            Py_CLEAR(list);
    }
    PyObject *names = list && comma ? PyUnicode_Join(comma, list) : NULL;

    if (names)
        text = PyUnicode_FromFormat("%s(%U)\n\nAwait it: a Reply, or OSError.",
                                    glupy_fops[fop].name, names);
    Py_XDECREF(names);
    Py_XDECREF(comma);
    Py_XDECREF(list);
    return text;
}

static PyGetSetDef caller_getset[] = {
    {"__doc__", signature, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject caller_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_glupy.ChildFop",
    .tp_basicsize = sizeof(struct caller_object),
    .tp_call = PyVectorcall_Call,
    .tp_vectorcall_offset = offsetof(struct caller_object, vectorcall),
    .tp_getset = caller_getset,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL |
                Py_TPFLAGS_DISALLOW_INSTANTIATION,
};

/* child(c_this, index) -> (name, type, {fop: callable}) or None: no such child */
static PyObject *
new_child(PyObject *module, PyObject *args)
{
    PyObject *c_this;
    int index;

    (void)module;
    if (!PyArg_ParseTuple(args, "Oi", &c_this, &index))
        return NULL;
    struct code *code = classic_code(c_this);
    if (code && atomic_load(&code->g->gone)) { /* while the module was imported */
        PyErr_SetString(classic_stale(), "the graph is gone");
        return NULL;
    }
    xlator_list_t *at = code ? code->g->xl->children : NULL;

    while (at && index--)
        at = at->next;
    if (!code)
        return NULL;
    if (!at)
        Py_RETURN_NONE;
    PyObject *fops = PyDict_New();

    for (int i = 0; fops && i < GF_FOP_MAXVALUE; i++) {
        if (!glupy_fops[i].name)
            continue;
        struct caller_object *c = PyObject_New(struct caller_object, &caller_type);

        if (c) {
            c->vectorcall = caller_call;
            c->fop = (glusterfs_fop_t)i;
            c->g = code->g;
            c->child = at->xlator;
        }
        if (!c || PyDict_SetItemString(fops, glupy_fops[i].name, (PyObject *)c))
            Py_CLEAR(fops);
        Py_XDECREF(c);
    }
    return fops ? Py_BuildValue("ssN", at->xlator->name, at->xlator->type, fops) : NULL;
}

static PyTypeObject call_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_glupy.Call",
    .tp_basicsize = sizeof(struct call_object),
    .tp_base = &future_type,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "A child's operation, begun when it is awaited.",
};

static PyMethodDef functions[] = {
    {"child", new_child, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int
child_init(PyObject *module)
{
    if (PyType_Ready(&caller_type) || PyType_Ready(&call_type))
        return -1;
    return PyModule_AddFunctions(module, functions);
}
