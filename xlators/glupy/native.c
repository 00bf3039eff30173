/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The handlers of a native module: how they are registered and called, and what becomes
 * of what they return.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include "xlators/glupy/native.h"

#include "common/cleanup.h"
#include "xlators/glupy/view.h"

static void
py_drop(PyObject **o)
{
    Py_XDECREF(*o);
}
#define AUTO_PY AUTO(py_drop)

enum { REQUEST = 0xff }; /* instead of a param: the request itself */

/* How a handler is called. */
struct native {
    bool coroutine;
    bool holds; /* it sees arguments that must stay */
    uint8_t count;
    uint8_t which[VALUES_MAX + 1]; /* params, or REQUEST */
};

/* What a step came to. */
struct outcome {
    bool ok;
    enum decision decision;
    struct values *values;
    struct call *answer;
    xlator_t *child;
    int op_ret, op_errno;
};

static _Thread_local struct request *current;

struct request *
native_current(const char *what)
{
    if (!current)
        PyErr_Format(PyExc_RuntimeError, "%s is only possible in the handler of an operation",
                     what);
    return current;
}

struct glupy *
native_translator(void)
{
    return current ? current->g : NULL;
}

int
native_fop(const char *name)
{
    for (int i = 0; i < GF_FOP_MAXVALUE; i++) {
        if (glupy_fops[i].name && !strcmp(glupy_fops[i].name, name))
            return i;
    }
    PyErr_Format(PyExc_ValueError, "no operation is called %s", name);
    return -1;
}

/* ---- `request` ---------------------------------------------------------- */

struct request_object {
    PyObject_HEAD
    struct request *r;
};

static void
request_dealloc(PyObject *self)
{
    request_unkeep(((struct request_object *)self)->r);
    Py_TYPE(self)->tp_free(self);
}

enum request_field { UID, GID, PID, UNIQUE, ID, GROUPS, LK_OWNER, CLIENT, FOP };

static PyObject *
request_get(PyObject *self, void *field)
{
    struct request *r = ((struct request_object *)self)->r;
    const struct caller *caller = r->caller;

    switch ((enum request_field)(uintptr_t)field) {
    case UNIQUE:
        return PyLong_FromUnsignedLongLong(r->root_unique);
    case ID:
        return PyLong_FromUnsignedLongLong(request_id(r));
    case FOP:
        return PyUnicode_FromString(glupy_fops[r->fop].name);
    default:
        break;
    }
    if (!caller)
        return PyErr_NoMemory();
    switch ((enum request_field)(uintptr_t)field) {
    case UID:
        return PyLong_FromUnsignedLong(caller->uid);
    case GID:
        return PyLong_FromUnsignedLong(caller->gid);
    case PID:
        return PyLong_FromLong(caller->pid);
    case LK_OWNER:
        return PyBytes_FromStringAndSize(caller->owner, caller->owner_len);
    case CLIENT:
        if (!caller->client)
            Py_RETURN_NONE;
        return PyUnicode_DecodeUTF8(caller->client, (Py_ssize_t)strlen(caller->client),
                                    "surrogateescape");
    default:
        break;
    }
    PyObject *groups = PyTuple_New(caller->ngroups);

    for (unsigned i = 0; groups && i < caller->ngroups; i++) {
        PyObject *group = PyLong_FromUnsignedLong(caller->groups[i]);

        if (group)
            PyTuple_SET_ITEM(groups, i, group);
        else
            Py_CLEAR(groups);
    }
    return groups;
}

#define FIELD(name, field, doc) {name, request_get, NULL, doc, (void *)(uintptr_t)(field)}
static PyGetSetDef request_getset[] = {
    FIELD("uid", UID, "The user who asks; as strong as the client's word for it."),
    FIELD("gid", GID, "Its group."),
    FIELD("groups", GROUPS, "Its further groups."),
    FIELD("pid", PID, "The process; negative for GlusterFS's own."),
    FIELD("lk_owner", LK_OWNER, "Whose locks they would be (bytes)."),
    FIELD("client", CLIENT, "On a brick: the client's id. Else None."),
    FIELD("unique", UNIQUE, "A number of the whole call stack."),
    FIELD("id", ID, "A number of this operation in this process."),
    FIELD("fop", FOP, "The operation's name."),
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject request_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "gluster.glupy.native.Request",
    .tp_basicsize = sizeof(struct request_object),
    .tp_dealloc = request_dealloc,
    .tp_getset = request_getset,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "Who asks for an operation.",
};

static PyObject *
request_object(struct request *r)
{
    struct request_object *o = PyObject_New(struct request_object, &request_type);

    if (!o)
        return NULL;
    request_keep(r);
    o->r = r;
    return (PyObject *)o;
}

/* ---- calling ------------------------------------------------------------ */

static PyObject *
call_handler(struct request *r, const struct native *native)
{
    const struct fop *f = &glupy_fops[r->fop];
    PyObject *argv[VALUES_MAX + 2] = {NULL}, *result = NULL;
    /* ours: the module may be dropped meanwhile */
    AUTO_PY PyObject *handler = Py_NewRef(r->code->handlers[r->fop][PHASE_FOP]);
    unsigned n = 0;

    if (native->holds && !request_hold_args(r))
        return PyErr_NoMemory();
    for (; n < native->count; n++) {
        argv[n + 1] = native->which[n] == REQUEST
                          ? request_object(r)
                          : marshal_to_python(r, f->args, r->args.v, native->which[n]);
        if (!argv[n + 1])
            break;
    }
    if (n == native->count)
        result = PyObject_Vectorcall(handler, argv + 1, n | PY_VECTORCALL_ARGUMENTS_OFFSET,
                                     NULL);
    while (n)
        Py_DECREF(argv[n--]);
    return result;
}

/* ---- outcomes ----------------------------------------------------------- */

static void
log_failure(struct request *r, const char *suffix)
{
    char where[64];

    snprintf(where, sizeof(where), "%s%s", glupy_fops[r->fop].name, suffix);
    python_log_error(r->g, where);
    latency_error(r->g, r->fop);
}

/* OSError is an answer: its errno. False: it is another exception, and still set. */
static bool
from_oserror(struct request *r, struct outcome *o)
{
    if (!PyErr_ExceptionMatches(PyExc_OSError))
        return false;
    AUTO_PY PyObject *error = python_take_error();
    AUTO_PY PyObject *number = PyObject_GetAttrString(error, "errno");
    AUTO_PY PyObject *reply = number ? PyObject_GetAttrString(error, "reply") : NULL;
    long value = number && PyLong_Check(number) ? PyLong_AsLong(number) : -1;

    PyErr_Clear();
    bool childs = reply && reply_is(reply);

    if ((value <= 0 || value > 4095) && !childs) { /* OSError('text') has none */
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
        return false;
    }
    if (childs && reply_read(r, reply, &o->values, &o->answer, &o->op_ret, &o->op_errno))
        PyErr_Clear();
    if (value <= 0 || value > 4095)
        value = EIO; /* there are children that fail without */
    o->ok = true;
    o->decision = DECIDE_UNWIND;
    o->op_ret = -1;
    o->op_errno = (int)value;
    return true;
}

static struct outcome
failed(struct request *r, const char *suffix)
{
    struct outcome o = {0};

    if (!from_oserror(r, &o))
        log_failure(r, suffix);
    return o;
}

static struct outcome
answered(struct request *r, PyObject *reply, const char *suffix)
{
    struct outcome o = {.ok = true, .decision = DECIDE_UNWIND};

    if (reply_read(r, reply, &o.values, &o.answer, &o.op_ret, &o.op_errno))
        return failed(r, suffix);
    return o;
}

static struct outcome
bad_return(struct request *r, PyObject *result, const char *suffix, const char *wanted)
{
    PyErr_Format(PyExc_TypeError, "%s%s returned %.100s; wanted is %s", glupy_fops[r->fop].name,
                 suffix, result == Py_None ? "None" : Py_TYPE(result)->tp_name, wanted);
    return failed(r, suffix);
}

/* What a handler that is no coroutine returned. */
static struct outcome
from_before(struct request *r, PyObject *result)
{
    struct outcome o = {.ok = true, .decision = DECIDE_WIND, .child = r->child};
    struct call *call = child_call(result);

    if (result == Py_None)
        return o;
    if (reply_is(result))
        return answered(r, result, "");
    if (!call || call->r != r || call->fop != r->fop)
        return bad_return(r, result, "", "None, a reply, or a call of the same operation");
    o.values = TAKE(call->args);
    o.child = call->child;
    return o;
}

static struct outcome
from_task(struct request *r)
{
    if (!task_is_over(r->task))
        return (struct outcome){.ok = true, .decision = DECIDE_CALLS};
    AUTO_PY PyObject *result = task_take(r->task);

    if (!result)
        return failed(r, "");
    if (!reply_is(result))
        return bad_return(r, result, "", "a reply");
    return answered(r, result, "");
}

/* ---- steps -------------------------------------------------------------- */

static struct outcome
begin(struct request *r)
{
    const struct native *native = r->code->natives[r->fop];
    AUTO_PY PyObject *result = call_handler(r, native);

    if (!result)
        return failed(r, "");
    if (!native->coroutine)
        return from_before(r, result);
    if (!PyCoro_CheckExact(result))
        return bad_return(r, result, "", "a coroutine");
    r->task = task_new(r, result);
    if (!r->task)
        return failed(r, "");
    task_begin(r->task);
    task_run_ready(r);
    return from_task(r);
}

static void
take_inbox(struct request *r)
{
    for (struct event *event = request_inbox(r), *next; event; event = next) {
        next = event->next;
        if (event->is_call) {
            if (event->future) /* else for a handler of its own, which had no time left */
                child_answered((struct call *)event);
            continue;
        }
        PyObject *future = timer_over(event);

        r->sleeping--;
        future_done((struct future *)future, Py_NewRef(Py_None), NULL);
        Py_DECREF(future);
    }
}

static struct outcome
go_on(struct request *r)
{
    take_inbox(r);
    task_run_ready(r);
    return from_task(r);
}

/* The answer for a <fop>_reply. */
static struct outcome
look_at_answer(struct request *r)
{
    AUTO_PY PyObject *handler = Py_NewRef(r->code->handlers[r->fop][PHASE_CBK]);
    AUTO_PY PyObject *reply = reply_of(&r->first);
    AUTO_PY PyObject *result = reply ? PyObject_CallOneArg(handler, reply) : NULL;

    if (!result)
        return failed(r, "_reply");
    if (result != Py_None && !reply_is(result))
        return bad_return(r, result, "_reply", "None or a reply");
    return answered(r, result == Py_None ? reply : result, "_reply");
}

/* Drops what Python has of r: it is decided. Coroutines that wait are closed. */
static void
drop(struct request *r)
{
    PyObject *task = TAKE(r->task);

    view_vectors_end(r);
    Py_XDECREF(task);
    while (r->to_wind) {
        struct call *call = r->to_wind;

        r->to_wind = call->next_wind;
        Py_CLEAR(call->event.future);
    }
    take_inbox(r);
    if (PyErr_Occurred())
        PyErr_Clear();
    if (r->kept) /* what Python has of it will be looked at when the caller is gone */
        request_hold_args(r);
}

/* Makes it r's decision, if r is still ours. */
static enum next_step
conclude(struct request *r, unsigned running, struct outcome *o)
{
    enum next_step step = request_decided(r, running, o->ok);
    const struct fop *f = &glupy_fops[r->fop];
    bool winds = o->decision == DECIDE_WIND;

    if (step != STEP_ACT) {
        if (o->values)
            values_release(o->values, winds ? f->args : f->res, winds ? f->argc : f->resc);
        free(o->values);
        return step;
    }
    r->decision = o->decision;
    if (o->decision == DECIDE_CALLS)
        return step;
    r->out[winds ? PHASE_FOP : PHASE_CBK] = o->values;
    if (winds) {
        r->child = o->child;
    } else {
        r->op_ret = o->op_ret;
        r->op_errno = o->op_errno;
        atomic_store_explicit(&r->answer, o->answer, memory_order_release);
    }
    return step;
}

enum next_step
native_run(struct request *r, unsigned running)
{
    struct request **here = &current, *before = *here;

    *here = r;
    r->stepping = true;
    struct outcome o = r->phase == PHASE_CBK ? look_at_answer(r)
                       : r->task            ? go_on(r)
                                            : begin(r);

    /* what it returned is held: nothing of it needs Python's objects any more */
    if (!o.ok || o.decision != DECIDE_CALLS)
        drop(r);
    r->stepping = false;
    *here = before;
    enum next_step step = conclude(r, running, &o);

    if (step == STEP_NONE)
        drop(r);
    return step;
}

/* ---- requests that ended without Python --------------------------------- */

struct abandoned {
    struct job job; /* first */
    struct request *r;
};

static void
drop_abandoned(struct job *job)
{
    struct request *r = ((struct abandoned *)job)->r;

    if (!r->stepping) /* who is in there does it when it comes out */
        drop(r);
    errand_unref(r);
    free(job);
}

void
native_abandon(struct request *r)
{
    struct abandoned *a = malloc(sizeof(*a));

    if (!a)
        return; /* lost, but harmless */
    request_ref(r);
    *a = (struct abandoned){{drop_abandoned, NULL}, r};
    worker_queue_job(&a->job);
}

/* ---- registration ------------------------------------------------------- */

static int
which(struct native *native, glusterfs_fop_t fop, PyObject *names)
{
    const struct shown *shown = shown_args(fop);
    const struct param *params = glupy_fops[fop].args;

    for (Py_ssize_t n = 0; n < PyTuple_GET_SIZE(names); n++) {
        PyObject *name = PyTuple_GET_ITEM(names, n);
        int at = -1;

        if (PyUnicode_Check(name) && !PyUnicode_CompareWithASCIIString(name, "request"))
            at = REQUEST;
        for (unsigned i = 0; PyUnicode_Check(name) && i < shown->count; i++) {
            if (!PyUnicode_Compare(name, shown->name[i]))
                at = shown->index[i];
        }
        if (at < 0 || native->count >= VALUES_MAX + 1) {
            PyErr_Format(PyExc_TypeError, "there is no argument %R", name);
            return -1;
        }
        native->holds = native->holds ||
                        (at != REQUEST && params[at].kind > KIND_STR);
        native->which[native->count++] = (uint8_t)at;
    }
    return 0;
}

/* handle(c_this, fop name, is a coroutine, function, names of its arguments) */
static PyObject *
handle(PyObject *module, PyObject *args)
{
    PyObject *c_this, *function, *names;
    const char *name;
    int coroutine;

    (void)module;
    if (!PyArg_ParseTuple(args, "OspOO!", &c_this, &name, &coroutine, &function, &PyTuple_Type,
                          &names))
        return NULL;
    struct code *code = classic_code(c_this);
    int fop = code ? native_fop(name) : -1;
    struct native *native = fop < 0 ? NULL : calloc(1, sizeof(*native));

    if (!native)
        return NULL;
    native->coroutine = coroutine;
    if (which(native, (glusterfs_fop_t)fop, names)) {
        free(native);
        return NULL;
    }
    code->is_native = true;
    code->wants_caller[fop] = memchr(native->which, REQUEST, native->count);
    code->natives[fop] = native;
    code->handlers[fop][PHASE_FOP] = Py_NewRef(function);
    Py_RETURN_NONE;
}

/* look_at(c_this, fop name, function): a <fop>_reply */
static PyObject *
look_at(PyObject *module, PyObject *args)
{
    PyObject *c_this, *function;
    const char *name;

    (void)module;
    if (!PyArg_ParseTuple(args, "OsO", &c_this, &name, &function))
        return NULL;
    struct code *code = classic_code(c_this);
    int fop = code ? native_fop(name) : -1;

    if (fop < 0)
        return NULL;
    code->is_native = true;
    code->handlers[fop][PHASE_CBK] = Py_NewRef(function);
    Py_RETURN_NONE;
}

/* arguments(fop name) -> names */
static PyObject *
arguments(PyObject *module, PyObject *name)
{
    const char *text = PyUnicode_AsUTF8(name);
    int fop = text ? native_fop(text) : -1;

    (void)module;
    if (fop < 0)
        return NULL;
    const struct shown *shown = shown_args((glusterfs_fop_t)fop);
    PyObject *names = PyTuple_New(shown->count);

    for (unsigned i = 0; names && i < shown->count; i++)
        PyTuple_SET_ITEM(names, i, Py_NewRef(shown->name[i]));
    return names;
}

static PyMethodDef functions[] = {
    {"handle", handle, METH_VARARGS, NULL},
    {"look_at", look_at, METH_VARARGS, NULL},
    {"arguments", arguments, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

int
native_init(PyObject *module)
{
    if (marshal_init() || PyModule_AddType(module, &request_type) || future_init(module) || task_init() ||
        gather_init(module) || reply_init(module) || child_init(module))
        return -1;
    return PyModule_AddFunctions(module, functions);
}
