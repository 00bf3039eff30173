/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Answers, as a native module sees them, and as it makes them.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "xlators/glupy/native.h"

#include "common/cleanup.h"
#include "xlators/glupy/view.h"

/* ---- answers ------------------------------------------------------------ */

struct reply {
    PyObject_HEAD
    glusterfs_fop_t fop;
    struct request *r; /* a reference; NULL: made by the module */
    struct call *call; /* r's; NULL: made by the module */
    int op_ret, op_errno;
    unsigned changed;  /* bit i: results[i] is what the module set */
    PyObject *result[VALUES_MAX]; /* as the module sees it, where it looked or set */
};

static PyTypeObject reply_type, maker_type;

bool
reply_is(PyObject *o)
{
    return Py_TYPE(o) == &reply_type;
}

static struct reply *
reply_new(glusterfs_fop_t fop)
{
    struct reply *reply = PyObject_New(struct reply, &reply_type);

    if (!reply)
        return NULL;
    reply->fop = fop;
    reply->r = NULL;
    reply->call = NULL;
    reply->op_ret = reply->op_errno = 0;
    reply->changed = 0;
    memset(reply->result, 0, glupy_fops[fop].resc * sizeof(*reply->result));
    return reply;
}

PyObject *
reply_of(struct call *call)
{
    struct reply *reply = reply_new(call->fop);

    if (!reply)
        return NULL;
    request_keep(call->r);
    reply->r = call->r;
    reply->call = call;
    reply->op_ret = call->op_ret;
    reply->op_errno = call->op_errno;
    return (PyObject *)reply;
}

/* Nobody looks at that answer any more: its data need not wait for the end of the
 * request, which may read a large file. (An IoVec that somebody has keeps them itself.) */
static void
forget_data(struct call *call)
{
    const struct fop *f = &glupy_fops[call->fop];

    if (!call->has_res || call->is_answer || call == atomic_load(&call->r->answer))
        return;
    view_vectors_trim(call->r);
    for (unsigned i = 0; i < f->resc; i++) {
        if (f->res[i].kind == KIND_IOBREF)
            values_release_one(&call->res, f->res, i);
    }
}

static void
reply_dealloc(PyObject *self)
{
    struct reply *reply = (struct reply *)self;

    for (unsigned i = 0; i < glupy_fops[reply->fop].resc; i++)
        Py_XDECREF(reply->result[i]);
    if (reply->call)
        forget_data(reply->call);
    if (reply->r)
        request_unkeep(reply->r);
    Py_TYPE(self)->tp_free(self);
}

static PyObject *
reply_getattro(PyObject *self, PyObject *name)
{
    struct reply *reply = (struct reply *)self;
    const struct shown *shown = shown_results(reply->fop);
    int place = shown_place(shown, name);

    if (place < 0)
        return PyObject_GenericGetAttr(self, name);
    unsigned i = shown->index[place];

    if (!reply->result[i] && reply->call && reply->call->has_res)
        reply->result[i] = marshal_to_python(reply->r, glupy_fops[reply->fop].res,
                                             reply->call->res.v, i);
    else if (!reply->result[i])
        reply->result[i] = Py_NewRef(Py_None);
    return Py_XNewRef(reply->result[i]);
}

static int
reply_setattro(PyObject *self, PyObject *name, PyObject *value)
{
    struct reply *reply = (struct reply *)self;
    const struct shown *shown = shown_results(reply->fop);
    int place = shown_place(shown, name);

    if (place < 0)
        return PyObject_GenericSetAttr(self, name, value);
    unsigned i = shown->index[place];

    Py_XSETREF(reply->result[i], Py_NewRef(value ? value : Py_None));
    reply->changed |= 1u << i;
    return 0;
}

static PyObject *
reply_get_op(PyObject *self, void *which)
{
    struct reply *reply = (struct reply *)self;

    return PyLong_FromLong(which ? reply->op_errno : reply->op_ret);
}

static int
reply_set_op(PyObject *self, PyObject *value, void *which)
{
    struct reply *reply = (struct reply *)self;
    const struct param param = {which ? "op_errno" : "op_ret", KIND_INT32};
    union value v;
    PyObject *keep;

    if (!value || marshal_from_python(value, &param, 0, &v, &keep)) {
        if (!PyErr_Occurred())
            PyErr_Format(PyExc_AttributeError, "%s cannot be deleted", param.name);
        return -1;
    }
    if (which)
        reply->op_errno = (int)v.i;
    else
        reply->op_ret = (int)v.i;
    return 0;
}

static PyObject *
reply_get_fop(PyObject *self, void *unused)
{
    (void)unused;
    return PyUnicode_FromString(glupy_fops[((struct reply *)self)->fop].name);
}

static PyObject *
reply_repr(PyObject *self)
{
    struct reply *reply = (struct reply *)self;

    return PyUnicode_FromFormat("<reply of %s: op_ret %d, op_errno %d>",
                                glupy_fops[reply->fop].name, reply->op_ret, reply->op_errno);
}

static int op_errno_marker;
static PyGetSetDef reply_getset[] = {
    {"op_ret", reply_get_op, reply_set_op,
     "What the operation returns: -1 failed; the bytes or entries of those that count; else 0.",
     NULL},
    {"op_errno", reply_get_op, reply_set_op, "The errno, where op_ret is -1.", &op_errno_marker},
    {"fop", reply_get_fop, NULL, "The operation's name.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject reply_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_glupy.Reply",
    .tp_basicsize = sizeof(struct reply),
    .tp_dealloc = reply_dealloc,
    .tp_repr = reply_repr,
    .tp_getattro = reply_getattro,
    .tp_setattro = reply_setattro,
    .tp_getset = reply_getset,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "The answer to an operation: its results as attributes, op_ret and op_errno.",
};

/* ---- what a module returns ---------------------------------------------- */

/* Did the module put something into a result, or change what stands there? */
static bool
is_changed(const struct reply *reply, unsigned i)
{
    return reply->changed & (1u << i);
}

static int
check_results(const struct reply *reply, const union value *values, int op_ret)
{
    const struct fop *f = &glupy_fops[reply->fop];

    for (unsigned i = 0; op_ret >= 0 && i < f->resc; i++) {
        enum kind kind = f->res[i].kind;
        bool empty = op_ret == 0 &&
                     (kind == KIND_VECTOR || kind == KIND_DIRENTS || kind == KIND_LOCKS);

        if (kind < KIND_STR || values[i].p || empty || marshal_may_be_null(&f->res[i]))
            continue;
        if (!is_changed(reply, i) && reply->call && reply->call->op_ret >= 0)
            continue; /* the child's answer had none either */
        PyErr_Format(PyExc_ValueError, "the reply to %s has no %s", f->name, f->res[i].name);
        return -1;
    }
    return 0;
}

/* op_ret of those that count bytes or entries follows what the module put there. */
static int
count_results(const struct reply *reply)
{
    const struct fop *f = &glupy_fops[reply->fop];

    for (unsigned i = 0; reply->op_ret >= 0 && i < f->resc; i++) {
        PyObject *result = reply->result[i];

        if (f->res[i].kind == KIND_VECTOR && !is_changed(reply, i) && reply->call)
            return reply->call->op_ret;
        if (!result || result == Py_None)
            continue;
        if (f->res[i].kind == KIND_DIRENTS)
            return view_dirents_count(result);
        if (f->res[i].kind == KIND_VECTOR && is_changed(reply, i))
            return (int)view_vector_size(result);
    }
    return reply->op_ret;
}

/* Holds the values that the module set. */
static int
hold_changed(const struct reply *reply, struct values *values)
{
    const struct fop *f = &glupy_fops[reply->fop];
    PyObject *keep[VALUES_MAX] = {NULL};
    union value v[VALUES_MAX];
    int err = 0;

    memcpy(v, values->v, sizeof(v));
    for (unsigned i = 0; !err && i < f->resc; i++) {
        if (is_changed(reply, i))
            err = marshal_from_python(reply->result[i], f->res, i, v, &keep[i]);
    }
    for (unsigned i = 0; !err && i < f->resc; i++) {
        bool held = is_changed(reply, i) ||
                    (f->res[i].kind == KIND_IOBREF && v[i].p != values->v[i].p);

        if (!held) {
            values->v[i] = v[i]; /* a number (a count), or what call holds */
            continue;
        }
        if (values_hold(values, i, f->res[i].kind, v[i],
                        i + 1 < f->resc ? v[i + 1] : (union value){0})) {
            PyErr_NoMemory();
            err = -1;
        }
    }
    for (unsigned i = 0; i < f->resc; i++)
        Py_XDECREF(keep[i]);
    if (!err)
        err = check_results(reply, values->v, reply->op_ret);
    if (err)
        values_release(values, f->res, f->resc);
    return err;
}

int
reply_read(struct request *r, PyObject *o, struct values **values, struct call **answer,
           int *op_ret, int *op_errno)
{
    const struct reply *reply = (const struct reply *)o;

    *values = NULL;
    *answer = NULL;
    if (reply->fop != r->fop) {
        PyErr_Format(PyExc_TypeError, "a reply to %s is no answer to %s",
                     glupy_fops[reply->fop].name, glupy_fops[r->fop].name);
        return -1;
    }
    if (reply->r && reply->r != r) {
        PyErr_SetString(PyExc_ValueError, "the reply belongs to another operation");
        return -1;
    }
    *op_ret = count_results(reply);
    *op_errno = reply->op_errno;
    if (*op_ret < 0 && (*op_errno <= 0 || *op_errno > 4095))
        *op_errno = EIO;
    if (!reply->changed && reply->call && (reply->call->op_ret >= 0 || *op_ret < 0)) {
        *answer = reply->call;
        reply->call->is_answer = true;
        return 0;
    }
    struct values *made = malloc(sizeof(*made));

    if (!made) {
        PyErr_NoMemory();
        return -1;
    }
    values_init(made);
    if (reply->call && reply->call->has_res)
        memcpy(made->v, reply->call->res.v, sizeof(made->v));
    else
        memset(made->v, 0, sizeof(made->v));
    if (hold_changed(reply, made)) {
        free(made);
        return -1;
    }
    if (r->fop == GF_FOP_READLINK && *op_ret >= 0) /* as long as the text */
        *op_ret = (int)strlen(made->v[0].p);
    if (reply->call)
        reply->call->is_answer = true;
    *values = made;
    return 0;
}

/* ---- reply.<fop>(…) ----------------------------------------------------- */

struct maker {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    glusterfs_fop_t fop;
};

static PyObject *
maker_call(PyObject *self, PyObject *const *argv, size_t nargsf, PyObject *names)
{
    glusterfs_fop_t fop = ((struct maker *)self)->fop;
    const struct shown *shown = shown_results(fop);
    Py_ssize_t given = PyVectorcall_NARGS(nargsf), named = names ? PyTuple_GET_SIZE(names) : 0;

    if (given > (Py_ssize_t)shown->count)
        return PyErr_Format(PyExc_TypeError, "reply.%s takes at most %u results, %zd given",
                            glupy_fops[fop].name, shown->count, given);
    struct reply *reply = reply_new(fop);

    if (!reply)
        return NULL;
    reply->changed = 0;
    for (Py_ssize_t i = 0; i < given; i++) {
        reply->result[shown->index[i]] = Py_NewRef(argv[i]);
        reply->changed |= 1u << shown->index[i];
    }
    for (Py_ssize_t i = 0; i < named; i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);

        if (shown_place(shown, name) < 0 && PyUnicode_CompareWithASCIIString(name, "op_ret") &&
            PyUnicode_CompareWithASCIIString(name, "op_errno")) {
            PyErr_Format(PyExc_TypeError, "the reply to %s has no result %R",
                         glupy_fops[fop].name, name);
            Py_CLEAR(reply);
        } else if (reply_setattro((PyObject *)reply, name, argv[given + i])) {
            Py_CLEAR(reply);
        }
        if (!reply)
            break;
    }
    return (PyObject *)reply;
}

static PyTypeObject maker_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_glupy.ReplyMaker",
    .tp_basicsize = sizeof(struct maker),
    .tp_call = PyVectorcall_Call,
    .tp_vectorcall_offset = offsetof(struct maker, vectorcall),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL |
                Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "Makes a reply from the operation's results, by position or by name.",
};

/* reply_maker(fop name) */
static PyObject *
new_maker(PyObject *module, PyObject *name)
{
    const char *text = PyUnicode_AsUTF8(name);
    int fop = text ? native_fop(text) : -1;

    (void)module;
    if (fop < 0)
        return NULL;
    struct maker *maker = PyObject_New(struct maker, &maker_type);

    if (maker) {
        maker->vectorcall = maker_call;
        maker->fop = (glusterfs_fop_t)fop;
    }
    return (PyObject *)maker;
}

static PyMethodDef functions[] = {
    {"reply_maker", new_maker, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

int
reply_init(PyObject *module)
{
    if (PyType_Ready(&reply_type) || PyType_Ready(&maker_type) ||
        PyModule_AddType(module, &reply_type))
        return -1;
    return PyModule_AddFunctions(module, functions);
}
