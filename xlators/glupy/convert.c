/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Arguments to Python and back. Structures are shown as ctypes pointers into the
 * request, each of which keeps the request's memory alive, however long Python keeps
 * it. What comes back is held before anything is decided.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "xlators/glupy/glupy.h"

#include "common/cleanup.h"

static void
py_drop(PyObject **o)
{
    Py_XDECREF(*o);
}
#define AUTO_PY AUTO(py_drop)

static struct {
    PyObject *pointer;     /* the ctypes pointer class of a kind */
    PyObject *structure;   /* what it points to */
    PyObject *from_buffer; /* its method */
} kinds[KIND_COUNT];

/* What stands for a text that is NULL: structures.py. */
static PyObject *null_text;

int
convert_set_kinds(PyObject *dict)
{
    static const char *const names[KIND_COUNT] = {
        [KIND_LOC] = "loc_t", [KIND_FD] = "fd_t", [KIND_INODE] = "inode_t",
        [KIND_DICT] = "dict_t", [KIND_IATT] = "iatt_t", [KIND_FLOCK] = "gf_flock",
        [KIND_VECTOR] = "iovec_t", [KIND_IOBREF] = "iobref_t",
        [KIND_LEASE] = "gf_lease", [KIND_DIRENTS] = "gf_dirent_t",
        [KIND_STATVFS] = "statvfs_t", [KIND_CHECKSUM] = "checksum_t",
        [KIND_LOCKS] = "lock_migration_info_t", [KIND_UNKNOWN] = "xlator_t"};

    null_text = PyDict_GetItemString(dict, "NULL");
    if (!null_text) {
        PyErr_SetString(PyExc_KeyError, "NULL");
        return -1;
    }
    Py_INCREF(null_text);
    for (int i = KIND_LOC; i < KIND_COUNT; i++) {
        PyObject *pair = PyDict_GetItemString(dict, names[i]);

        if (!pair || !PyArg_ParseTuple(pair, "OO", &kinds[i].pointer, &kinds[i].structure)) {
            PyErr_Format(PyExc_KeyError, "%s", names[i]);
            return -1;
        }
        Py_INCREF(kinds[i].pointer);
        Py_INCREF(kinds[i].structure);
        kinds[i].from_buffer = PyObject_GetAttrString(kinds[i].pointer, "from_buffer");
        if (!kinds[i].from_buffer)
            return -1;
    }
    return 0;
}

/* ---- values to Python --------------------------------------------------- */

PyObject *
convert_number(enum kind kind, int64_t i)
{
    switch (kind) {
    case KIND_INT32:
        return PyLong_FromLong((int32_t)i);
    case KIND_UINT32:
        return PyLong_FromUnsignedLong((uint32_t)i);
    case KIND_INT64:
        return PyLong_FromLongLong(i);
    default:
        return PyLong_FromUnsignedLongLong((uint64_t)i);
    }
}

static PyObject *
value_to_python(struct request *r, PyObject *handle, enum kind kind,
                const union value *v)
{
    switch (kind) {
    case KIND_INT32:
    case KIND_UINT32:
    case KIND_INT64:
    case KIND_UINT64:
        return convert_number(kind, v->i);
    case KIND_STR:
        if (!v->p)
            return Py_NewRef(null_text);
        return PyUnicode_DecodeUTF8(v->p, (Py_ssize_t)strlen(v->p), "surrogateescape");
    default:
        break;
    }
    AUTO_PY PyObject *offset = PyLong_FromSize_t((size_t)((const char *)v - (const char *)r));
    PyObject *args[] = {handle, offset};

    if (!offset)
        return NULL;
    return PyObject_Vectorcall(kinds[kind].from_buffer, args, 2, NULL);
}

static int
values_to_python(struct request *r, PyObject *handle, const struct param *params,
                 unsigned count, const union value *v, PyObject **argv)
{
    for (unsigned i = 0; i < count; i++) {
        argv[i] = value_to_python(r, handle, params[i].kind, &v[i]);
        if (!argv[i]) {
            while (i--)
                Py_DECREF(argv[i]);
            return -1;
        }
    }
    return 0;
}

int
convert_arguments(struct request *r, PyObject *handle, PyObject **argv)
{
    const struct fop *f = &glupy_fops[r->fop];
    PyObject *this = r->code->c_this;
    int n = 0;

    if (!request_hold_args(r)) {
        PyErr_NoMemory();
        return -1;
    }
    if (r->phase == PHASE_FOP) {
        if (values_to_python(r, handle, f->args, f->argc, r->args.v, argv + 2))
            return -1;
        argv[n++] = Py_NewRef(handle);
        argv[n++] = Py_NewRef(this);
        return n + (int)f->argc;
    }
    if (values_to_python(r, handle, f->res, f->resc, r->first.res.v, argv + 5))
        return -1;
    argv[n++] = Py_NewRef(handle);
    argv[n++] = PyLong_FromLong(0); /* the cookie: there is one child */
    argv[n++] = Py_NewRef(this);
    argv[n++] = PyLong_FromLong(r->first.op_ret);
    argv[n++] = PyLong_FromLong(r->first.op_errno);
    if (!argv[3] || !argv[4]) {
        for (int i = 0; i < n + (int)f->resc; i++)
            Py_CLEAR(argv[i]);
        return -1;
    }
    return n + (int)f->resc;
}

/* ---- values from Python ------------------------------------------------- */

int
convert_pointer(PyObject *o, enum kind kind, const struct param *param, void **p)
{
    Py_buffer view;
    int is_pointer = PyObject_IsInstance(o, kinds[kind].pointer);

    if (is_pointer < 0)
        return -1;
    if (!is_pointer && PyObject_IsInstance(o, kinds[kind].structure) != 1) {
        PyErr_Format(PyExc_TypeError, "%s: %.100s is wanted, not %.100s", param->name,
                     ((PyTypeObject *)kinds[kind].pointer)->tp_name,
                     Py_TYPE(o)->tp_name);
        return -1;
    }
    if (PyObject_GetBuffer(o, &view, PyBUF_SIMPLE))
        return -1;
    *p = is_pointer ? *(void **)view.buf : view.buf;
    PyBuffer_Release(&view);
    return 0;
}

/* The text stays that of *keep, which the caller drops. */
static int
string_from_python(PyObject *o, void **p, PyObject **keep)
{
    char *text;

    *keep = PyUnicode_Check(o) ? PyUnicode_AsEncodedString(o, "utf-8", "surrogateescape")
                               : Py_NewRef(o);
    if (!*keep || PyBytes_AsStringAndSize(*keep, &text, NULL)) /* refuses NULs */
        return -1;
    *p = text;
    return 0;
}

static int
value_from_python(PyObject *o, const struct param *param, union value *v,
                  PyObject **keep)
{
    *v = (union value){0};
    if (o == Py_None || o == null_text)
        return 0;
    if (param->kind == KIND_STR)
        return string_from_python(o, &v->p, keep);
    if (param->kind > KIND_STR)
        return convert_pointer(o, param->kind, param, &v->p);
    AUTO_PY PyObject *number = PyNumber_Index(o);

    if (!number)
        return -1;
    v->i = (int64_t)PyLong_AsUnsignedLongLongMask(number);
    return PyErr_Occurred() ? -1 : 0;
}

/* Is p something that the request holds anyway? Then it need not be held again. */
static bool
is_held(const struct request *r, enum kind kind, const void *p)
{
    const struct fop *f = &glupy_fops[r->fop];

    for (unsigned i = 0; r->has_args && i < f->argc; i++) {
        if (f->args[i].kind == kind && r->args.v[i].p == p)
            return true;
    }
    for (unsigned i = 0; r->first.has_res && i < f->resc; i++) {
        if (f->res[i].kind == kind && r->first.res.v[i].p == p)
            return true;
    }
    return false;
}

/* What GlusterFS follows without a look must be there, unless it was not there in
 * what the module got (`original`, may be NULL). */
static bool
may_be_null(const struct param *param, unsigned i, const union value *original,
            int op_ret)
{
    if (param->kind == KIND_DICT && !strcmp(param->name, "xdata"))
        return true;
    if (op_ret == 0 && (param->kind == KIND_VECTOR || param->kind == KIND_IOBREF ||
                        param->kind == KIND_DIRENTS || param->kind == KIND_LOCKS))
        return true;
    return original && !original[i].p;
}

/* How many vectors stand behind p, if it is the request's own; else count. */
static int64_t
vector_room(const struct request *r, const void *p, int64_t count)
{
    const struct fop *f = &glupy_fops[r->fop];

    for (unsigned i = 0; r->has_args && i < f->argc; i++) {
        if (f->args[i].kind == KIND_VECTOR && r->args.v[i].p == p)
            return r->args.v[i + 1].i;
    }
    for (unsigned i = 0; r->first.has_res && i < f->resc; i++) {
        if (f->res[i].kind == KIND_VECTOR && r->first.res.v[i].p == p)
            return r->first.res.v[i + 1].i;
    }
    return count;
}

/* Holds what Python gave, as far as the request does not already. */
static int
keep_values(const struct request *r, struct values *values,
            const struct param *params, unsigned count, const union value *v)
{
    values_init(values);
    for (unsigned i = 0; i < count; i++) {
        enum kind kind = params[i].kind;
        union value next = i + 1 < count ? v[i + 1] : (union value){0};

        values->v[i] = v[i];
        if (kind == KIND_VECTOR && v[i].p &&
            (next.i < 0 || next.i > vector_room(r, v[i].p, next.i))) {
            PyErr_SetString(PyExc_ValueError, "count is larger than the vector");
            goto failed;
        }
        if (kind < KIND_STR || !v[i].p || is_held(r, kind, v[i].p))
            continue;
        if (values_hold(values, i, kind, v[i], next)) {
            PyErr_NoMemory();
            goto failed;
        }
        continue;
failed:
        values_release(values, params, i);
        return -1;
    }
    return 0;
}

struct values *
convert_read(const struct request *r, PyObject *const *argv,
             const struct param *params, unsigned count,
             const union value *original, int op_ret, bool *same)
{
    union value v[VALUES_MAX];
    PyObject *keep[VALUES_MAX] = {NULL};
    struct values *values = NULL;
    unsigned i;

    *same = original != NULL;
    for (i = 0; i < count; i++) {
        if (value_from_python(argv[i], &params[i], &v[i], &keep[i]))
            goto out;
        if (op_ret >= 0 && params[i].kind >= KIND_STR && !v[i].p &&
            !may_be_null(&params[i], i, original, op_ret)) {
            PyErr_Format(PyExc_ValueError, "%s must not be None here", params[i].name);
            goto out;
        }
        /* a text is always another pointer: compare what it says */
        if (*same && params[i].kind == KIND_STR && v[i].p && original[i].p)
            *same = !strcmp(v[i].p, original[i].p);
        else if (*same && params[i].kind < KIND_STR && params[i].kind <= KIND_UINT32)
            *same = (uint32_t)v[i].i == (uint32_t)original[i].i;
        else if (*same)
            *same = v[i].i == original[i].i;
    }
    if (*same)
        goto out;
    values = malloc(sizeof(*values));
    if (!values)
        PyErr_NoMemory();
    else if (keep_values(r, values, params, count, v))
        free(TAKE(values));
out:
    if (PyErr_Occurred())
        *same = false;
    for (i = 0; i < count; i++)
        Py_XDECREF(keep[i]);
    return values;
}
