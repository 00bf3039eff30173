/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The built-in module _glupy: handles of requests, and the functions that wind
 * and unwind them.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include "xlators/glupy/glupy.h"
#include "xlators/glupy/native.h"
#include "xlators/glupy/view.h"

#include "common/cleanup.h"

static void
py_drop(PyObject **o)
{
    Py_XDECREF(*o);
}
#define AUTO_PY AUTO(py_drop)

struct handle {
    PyObject_HEAD
    struct request *r;
};

enum operation { OP_WIND, OP_UNWIND };

/* dl.wind_lookup and the like */
struct function {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *dict; /* modules set restype and argtypes, as on a ctypes function */
    glusterfs_fop_t fop;
    enum operation operation;
};

static PyTypeObject handle_type, call_type;
static PyObject *stale_error;

PyObject *
classic_stale(void)
{
    return stale_error;
}

/* ---- handles ------------------------------------------------------------ */

PyObject *
classic_handle(struct request *r)
{
    struct handle *h = PyObject_New(struct handle, &handle_type);

    if (!h)
        return NULL;
    request_keep(r);
    r->handles++;
    h->r = r;
    return (PyObject *)h;
}

static void
handle_dealloc(PyObject *self)
{
    struct request *r = ((struct handle *)self)->r;

    Py_TYPE(self)->tp_free(self);
    if (!--r->handles) {
        unsigned word = request_word(r);

        /* nobody is left who could wind or unwind it */
        if (word_owner(word) == PARKED && request_take(r, word, DECIDING)) {
            request_ref(r); /* the errand's */
            errand_queue(r, DECIDING);
        }
    }
    request_unkeep(r);
}

static int
handle_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    struct request *r = ((struct handle *)self)->r;

    return PyBuffer_FillInfo(view, self, r, sizeof(*r), 0, flags);
}

static PyObject *
handle_repr(PyObject *self)
{
    struct request *r = ((struct handle *)self)->r;

    return PyUnicode_FromFormat("<frame %llu of %s>", (unsigned long long)request_id(r),
                                glupy_fops[r->fop].name);
}

static PyBufferProcs handle_buffer = {.bf_getbuffer = handle_getbuffer};
static PyTypeObject handle_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_glupy.Frame",
    .tp_basicsize = sizeof(struct handle),
    .tp_dealloc = handle_dealloc,
    .tp_repr = handle_repr,
    .tp_as_buffer = &handle_buffer,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "A request. Good for winding and unwinding it, once each.",
};

static struct request *
handle_request(PyObject *o)
{
    if (Py_TYPE(o) == &handle_type)
        return ((struct handle *)o)->r;
    PyErr_Format(PyExc_TypeError, "a frame is wanted, not %.100s",
                 Py_TYPE(o)->tp_name);
    return NULL;
}

/* ---- wind and unwind ---------------------------------------------------- */

static PyObject *
refuse(struct request *r, const char *what)
{
    atomic_fetch_add(&r->g->count.refused, 1);
    return PyErr_Format(stale_error, "%s of %s: %s", what, glupy_fops[r->fop].name,
                        word_owner(request_word(r)) == DONE
                            ? "the request is over"
                            : "it was wound or unwound before");
}

/* Commits a decision that was read completely. Outside of its handler it is
 * carried out at once, without the GIL; inside when the handler returns. */
static PyObject *
decide(struct request *r, enum decision decision, struct values *values,
       int op_ret, int op_errno)
{
    unsigned word = request_word(r);
    bool in_handler = word_owner(word) == RUNNING;

    if ((!in_handler && word_owner(word) != PARKED) ||
        !request_take(r, word, DECIDING)) {
        if (values) {
            const struct fop *f = &glupy_fops[r->fop];
            bool answer = decision == DECIDE_UNWIND;

            values_release(values, answer ? f->res : f->args, answer ? f->resc : f->argc);
            free(values);
        }
        return refuse(r, decision == DECIDE_WIND ? "wind" : "unwind");
    }
    r->decision = decision;
    r->out[decision == DECIDE_UNWIND ? PHASE_CBK : PHASE_FOP] = values;
    if (decision == DECIDE_UNWIND) {
        r->op_ret = op_ret;
        r->op_errno = op_ret < 0 && (op_errno <= 0 || op_errno > 4095) ? EIO : op_errno;
    }
    if (in_handler) {
        request_take(r, (word & ~0xffu) | DECIDING, DECIDED);
    } else {
        Py_BEGIN_ALLOW_THREADS
        request_act_queued(r);
        Py_END_ALLOW_THREADS
    }
    Py_RETURN_NONE;
}

static bool
is_open(const struct request *r)
{
    enum owner owner = word_owner(request_word(r));

    return owner == RUNNING || owner == PARKED;
}

static int
check_child(const struct request *r, PyObject *o)
{
    static const struct param xl = {"xl", KIND_UNKNOWN};
    void *p = NULL;

    if (o == Py_None)
        return 0;
    if (convert_pointer(o, KIND_UNKNOWN, &xl, &p))
        return -1;
    if (!p || p == FIRST_CHILD(r->g->xl))
        return 0;
    PyErr_SetString(PyExc_ValueError, "that translator is not a child of this one");
    return -1;
}

static PyObject *
wind(struct request *r, PyObject *const *argv)
{
    const struct fop *f = &glupy_fops[r->fop];
    bool same;

    if (r->phase != PHASE_FOP || !is_open(r))
        return refuse(r, "wind");
    if (check_child(r, argv[1]))
        return NULL;
    struct values *values = convert_read(r, argv + 2, f->args, f->argc, r->args.v, 1, &same);

    if (!values && !same)
        return NULL;
    return decide(r, DECIDE_WIND, values, 0, 0);
}

static PyObject *
unwind(struct request *r, PyObject *const *argv)
{
    const struct fop *f = &glupy_fops[r->fop];
    bool same;

    if (!is_open(r))
        return refuse(r, "unwind");
    long op_ret = PyLong_AsLong(argv[3]), op_errno = PyLong_AsLong(argv[4]);

    if (PyErr_Occurred())
        return NULL;
    /* a child's error has no values: they excuse nothing once it is a success */
    const union value *original =
        r->phase == PHASE_CBK && (r->first.op_ret >= 0 || op_ret < 0) ? r->first.res.v : NULL;
    struct values *values = convert_read(r, argv + 5, f->res, f->resc, original,
                                        (int)op_ret, &same);

    if (!values && !same)
        return NULL;
    return decide(r, DECIDE_UNWIND, values, (int)op_ret, (int)op_errno);
}

static PyObject *
call_vectorcall(PyObject *self, PyObject *const *argv, size_t nargsf, PyObject *names)
{
    struct function *call = (struct function *)self;
    const struct fop *f = &glupy_fops[call->fop];
    bool winds = call->operation == OP_WIND;
    Py_ssize_t want = winds ? f->argc + 2 : f->resc + 5;

    if (PyVectorcall_NARGS(nargsf) != want || (names && PyTuple_GET_SIZE(names)))
        return PyErr_Format(PyExc_TypeError, "%s_%s takes %zd arguments, %zd given",
                            winds ? "wind" : "unwind", f->name, want,
                            PyVectorcall_NARGS(nargsf));
    struct request *r = handle_request(argv[0]);

    if (!r)
        return NULL;
    if (r->fop != call->fop)
        return PyErr_Format(PyExc_TypeError, "the frame is one of %s, not of %s",
                            glupy_fops[r->fop].name, f->name);
    return winds ? wind(r, argv) : unwind(r, argv);
}

static void
call_dealloc(PyObject *self)
{
    Py_XDECREF(((struct function *)self)->dict);
    Py_TYPE(self)->tp_free(self);
}

static PyTypeObject call_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_glupy.Call",
    .tp_basicsize = sizeof(struct function),
    .tp_dealloc = call_dealloc,
    .tp_call = PyVectorcall_Call,
    .tp_vectorcall_offset = offsetof(struct function, vectorcall),
    .tp_dictoffset = offsetof(struct function, dict),
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_setattro = PyObject_GenericSetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL |
                Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "Winds, or unwinds, one kind of operation.",
};

/* ---- the module's functions --------------------------------------------- */

struct code *
classic_code(PyObject *c_this)
{
    struct code *code = PyLong_AsVoidPtr(c_this);

    if (!PyErr_Occurred() && glupy_is_code(code))
        return code;
    PyErr_SetString(PyExc_ValueError, "c_this is not that of a translator here");
    return NULL;
}

/* call(fop name, "wind" or "unwind") -> callable */
static PyObject *
new_call(PyObject *module, PyObject *args)
{
    const char *name, *operation;

    (void)module;
    if (!PyArg_ParseTuple(args, "ss", &name, &operation))
        return NULL;
    for (int i = 0; i < GF_FOP_MAXVALUE; i++) {
        if (!glupy_fops[i].name || strcmp(glupy_fops[i].name, name))
            continue;
        struct function *call = PyObject_New(struct function, &call_type);

        if (!call)
            return NULL;
        call->vectorcall = call_vectorcall;
        call->dict = NULL;
        call->fop = i;
        call->operation = strcmp(operation, "wind") ? OP_UNWIND : OP_WIND;
        return (PyObject *)call;
    }
    return PyErr_Format(PyExc_ValueError, "no operation is called %s", name);
}

/* fops() -> [name] */
static PyObject *
list_fops(PyObject *module, PyObject *unused)
{
    PyObject *list = PyList_New(0);

    (void)module;
    (void)unused;
    for (int i = 0; list && i < GF_FOP_MAXVALUE; i++) {
        const char *text = glupy_fops[i].name;

        if (!text)
            continue;
        AUTO_PY PyObject *name = PyUnicode_FromString(text);

        if (!name || PyList_Append(list, name))
            Py_CLEAR(list);
    }
    return list;
}

/* register(c_this, fop name, "fop" or "cbk", callable or None) */
static PyObject *
set_handler(PyObject *module, PyObject *args)
{
    PyObject *c_this, *handler;
    const char *name, *phase;

    (void)module;
    if (!PyArg_ParseTuple(args, "OssO", &c_this, &name, &phase, &handler))
        return NULL;
    struct code *code = classic_code(c_this);

    if (!code)
        return NULL;
    if (atomic_load(&code->g->code) == code)
        return PyErr_Format(PyExc_RuntimeError,
                            "operations are registered while the module is loaded");
    for (int i = 0; i < GF_FOP_MAXVALUE; i++) {
        if (!glupy_fops[i].name || strcmp(glupy_fops[i].name, name))
            continue;
        PyObject **slot = &code->handlers[i][strcmp(phase, "fop") ? PHASE_CBK : PHASE_FOP];

        Py_XSETREF(*slot, handler == Py_None ? NULL : Py_NewRef(handler));
        Py_RETURN_NONE;
    }
    return PyErr_Format(PyExc_ValueError, "no operation is called %s", name);
}

static int
add_option(dict_t *options, char *key, data_t *value, void *arg)
{
    static const char prefix[] = "module-option.";
    PyObject *dict = arg;

    (void)options;
    if (strncmp(key, prefix, sizeof(prefix) - 1))
        return 0;
    AUTO_PY PyObject *text =
        PyUnicode_DecodeUTF8(value->data, (Py_ssize_t)strlen(value->data), "surrogateescape");

    return text ? PyDict_SetItemString(dict, key + sizeof(prefix) - 1, text) : -1;
}

/* describe(c_this) -> (name, address of the xlator, options) */
static PyObject *
describe(PyObject *module, PyObject *c_this)
{
    struct code *code = classic_code(c_this);

    (void)module;
    if (!code)
        return NULL;
    PyObject *options = PyDict_New();

    if (!options)
        return NULL;
    dict_foreach(code->options, add_option, options);
    return Py_BuildValue("skN", code->g->name, (unsigned long)code->g->xl, options);
}

/* set_this(c_this, pointer): what handlers get as `this` */
static PyObject *
set_this(PyObject *module, PyObject *args)
{
    PyObject *c_this, *pointer;

    (void)module;
    if (!PyArg_ParseTuple(args, "OO", &c_this, &pointer))
        return NULL;
    struct code *code = classic_code(c_this);

    if (!code)
        return NULL;
    Py_XSETREF(code->c_this, Py_NewRef(pointer));
    Py_RETURN_NONE;
}

/* set_kinds({name: (pointer class, structure class)}) */
static PyObject *
set_kinds(PyObject *module, PyObject *dict)
{
    (void)module;
    if (convert_set_kinds(dict))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *
get_id(PyObject *module, PyObject *frame)
{
    struct request *r = handle_request(frame);

    (void)module;
    return r ? PyLong_FromUnsignedLongLong(request_id(r)) : NULL;
}

static PyObject *
get_rootunique(PyObject *module, PyObject *frame)
{
    struct request *r = handle_request(frame);

    (void)module;
    return r ? PyLong_FromUnsignedLongLong(r->root_unique) : NULL;
}

static PyObject *
write_log(PyObject *module, PyObject *args)
{
    const char *name, *text;
    int level;

    (void)module;
    if (!PyArg_ParseTuple(args, "sis", &name, &level, &text))
        return NULL;
    gf_log(name, level, "%s", text);
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"call", new_call, METH_VARARGS, NULL},
    {"fops", list_fops, METH_NOARGS, NULL},
    {"register", set_handler, METH_VARARGS, NULL},
    {"describe", describe, METH_O, NULL},
    {"set_this", set_this, METH_VARARGS, NULL},
    {"set_kinds", set_kinds, METH_O, NULL},
    {"get_id", get_id, METH_O, "get_id(frame): unique to the request"},
    {"get_rootunique", get_rootunique, METH_O,
     "get_rootunique(frame): the number of the whole call stack"},
    {"log", write_log, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_glupy",
    .m_size = -1,
    .m_methods = functions,
};

PyObject *
classic_init(void)
{
    if (PyType_Ready(&handle_type) || PyType_Ready(&call_type))
        return NULL;
    PyObject *module = PyModule_Create(&definition);

    if (!module)
        return NULL;
    stale_error = PyErr_NewException("gluster.glupy.StaleRequest",
                                     PyExc_RuntimeError, NULL);
    if (!stale_error || PyModule_AddObjectRef(module, "StaleRequest", stale_error) ||
        views_init(module) || native_init(module))
        Py_CLEAR(module);
    return module;
}
