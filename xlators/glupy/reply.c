/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Calls of a child (`self.child.lookup(loc)`) and answers, as a native module sees them.
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

static PyTypeObject reply_type, maker_type, caller_type, call_type;

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
    PyObject *buffers = call->r->buffers;

    if (!call->has_res || call->is_answer || call == atomic_load(&call->r->answer))
        return;
    for (Py_ssize_t i = buffers ? PyList_GET_SIZE(buffers) : 0; i-- > 0;) {
        if (Py_REFCNT(PyList_GET_ITEM(buffers, i)) == 1)
            PyList_SetSlice(buffers, i, i + 1, NULL);
    }
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

/* The place of a name among what is shown, or -1. */
static int
place_of(const struct shown *shown, PyObject *name)
{
    for (unsigned i = 0; i < shown->count; i++) {
        if (shown->name[i] == name)
            return (int)i;
    }
    for (unsigned i = 0; i < shown->count; i++) { /* not interned: a key of **kwargs */
        if (PyUnicode_Compare(shown->name[i], name) == 0)
            return (int)i;
    }
    return -1;
}

static PyObject *
reply_getattro(PyObject *self, PyObject *name)
{
    struct reply *reply = (struct reply *)self;
    const struct shown *shown = shown_results(reply->fop);
    int place = place_of(shown, name);

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
    int place = place_of(shown, name);

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

        if (place_of(shown, name) < 0 && PyUnicode_CompareWithASCIIString(name, "op_ret") &&
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

/* ---- self.child.<fop>(…) ------------------------------------------------ */

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
reply_came(struct call *call)
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
reply_call(PyObject *o)
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
        int place = place_of(shown, name);

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
    {"reply_maker", new_maker, METH_O, NULL},
    {"child", new_child, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int
reply_init(PyObject *module)
{
    if (PyType_Ready(&reply_type) || PyType_Ready(&maker_type) || PyType_Ready(&caller_type) ||
        PyType_Ready(&call_type) || PyModule_AddType(module, &reply_type))
        return -1;
    return PyModule_AddFunctions(module, functions);
}
