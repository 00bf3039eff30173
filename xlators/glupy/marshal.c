/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * One argument of a fop, or of its answer, to Python and back, for the native interface.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "xlators/glupy/native.h"

#include "xlators/glupy/view.h"

static struct shown args[GF_FOP_MAXVALUE], results[GF_FOP_MAXVALUE];

static int
shown_read(struct shown *shown, const struct param *params, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        bool part = params[i].kind == KIND_IOBREF ||
                    (i && params[i - 1].kind == KIND_VECTOR);

        if (part)
            continue;
        PyObject *name = PyUnicode_InternFromString(params[i].name);

        if (!name)
            return -1;
        shown->index[shown->count] = (uint8_t)i;
        shown->name[shown->count++] = name;
    }
    return 0;
}

int
marshal_init(void)
{
    for (int i = 0; i < GF_FOP_MAXVALUE; i++) {
        const struct fop *f = &glupy_fops[i];

        if (f->name && (shown_read(&args[i], f->args, f->argc) ||
                        shown_read(&results[i], f->res, f->resc)))
            return -1;
    }
    return 0;
}

const struct shown *
shown_args(glusterfs_fop_t fop)
{
    return &args[fop];
}

const struct shown *
shown_results(glusterfs_fop_t fop)
{
    return &results[fop];
}

int
shown_place(const struct shown *shown, PyObject *name)
{
    for (unsigned i = 0; i < shown->count; i++) {
        if (shown->name[i] == name)
            return (int)i;
    }
    if (PyUnicode_CHECK_INTERNED(name))
        return -1;
    for (unsigned i = 0; i < shown->count; i++) { /* a key of **kwargs */
        if (PyUnicode_Compare(shown->name[i], name) == 0)
            return (int)i;
    }
    return -1;
}

/* The iobref that belongs to the vector params[i]: it follows, within three. */
static unsigned
iobref_of(const struct param *params, unsigned i)
{
    for (unsigned at = i + 1; at < VALUES_MAX && params[at].name; at++) {
        if (params[at].kind == KIND_IOBREF)
            return at;
    }
    return 0;
}

static PyObject *
vector_to_python(struct request *r, const struct param *params, const union value *values,
                 unsigned i)
{
    unsigned iobref = iobref_of(params, i);

    if (!values[i].p)
        Py_RETURN_NONE;
    PyObject *vector = view_vector(r, values[i].p, (int)values[i + 1].i,
                                   iobref ? values[iobref].p : NULL);

    if (vector)
        view_vector_keep(r, vector);
    return vector;
}

PyObject *
marshal_to_python(struct request *r, const struct param *params, const union value *values,
                  unsigned i)
{
    const union value *v = &values[i];

    switch (params[i].kind) {
    case KIND_INT32:
    case KIND_UINT32:
    case KIND_INT64:
    case KIND_UINT64:
        return convert_number(params[i].kind, v->i);
    case KIND_STR:
        if (!v->p)
            Py_RETURN_NONE;
        return PyUnicode_DecodeUTF8(v->p, (Py_ssize_t)strlen(v->p), "surrogateescape");
    case KIND_VECTOR:
        return vector_to_python(r, params, values, i);
    default:
        return view_new(params[i].kind, r, v->p);
    }
}

static int
out_of_range(const struct param *param, PyObject *o)
{
    if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_OverflowError))
        return -1;
    PyErr_Clear();
    PyErr_Format(PyExc_OverflowError, "%s: %R does not fit into its %s", param->name, o,
                 param->kind == KIND_INT32    ? "32 bits with sign"
                 : param->kind == KIND_UINT32 ? "32 bits"
                 : param->kind == KIND_INT64  ? "64 bits with sign"
                                              : "64 bits");
    return -1;
}

static int
number_from_python(PyObject *o, const struct param *param, union value *v)
{
    if (o == Py_None) {
        PyErr_Format(PyExc_TypeError, "%s: a number is wanted, not None", param->name);
        return -1;
    }
    PyObject *number = PyNumber_Index(o);

    if (!number)
        return -1;
    if (param->kind == KIND_UINT64)
        v->i = (int64_t)PyLong_AsUnsignedLongLong(number);
    else
        v->i = PyLong_AsLongLong(number);
    bool bad = PyErr_Occurred() ||
               (param->kind == KIND_INT32 && v->i != (int32_t)v->i) ||
               (param->kind == KIND_UINT32 && v->i != (int64_t)(uint32_t)v->i);

    if (bad)
        out_of_range(param, number);
    Py_DECREF(number);
    return bad ? -1 : 0;
}

/* The text stays that of *keep. */
static int
text_from_python(PyObject *o, const struct param *param, union value *v, PyObject **keep)
{
    char *text;

    if (!PyUnicode_Check(o) && !PyBytes_Check(o)) {
        PyErr_Format(PyExc_TypeError, "%s: str or bytes are wanted, not %.100s", param->name,
                     Py_TYPE(o)->tp_name);
        return -1;
    }
    *keep = PyUnicode_Check(o) ? PyUnicode_AsEncodedString(o, "utf-8", "surrogateescape")
                               : Py_NewRef(o);
    if (!*keep || PyBytes_AsStringAndSize(*keep, &text, NULL)) /* refuses NULs */
        return -1;
    v->p = text;
    return 0;
}

static int
vector_from_python(PyObject *o, const struct param *params, unsigned i, union value *values)
{
    unsigned iobref_at = iobref_of(params, i);
    struct iovec *vector;
    struct iobref *iobref;
    int count;

    if (view_vector_parts(o, params[i].name, &vector, &count, &iobref))
        return -1;
    values[i].p = vector;
    values[i + 1].i = count;
    if (iobref_at)
        values[iobref_at].p = iobref;
    return 0;
}

/* Translators look into the inode of a loc without asking; only what a name is to be
 * given to need not have one. */
static int
check_loc(PyObject *o, const struct param *param, const loc_t *loc)
{
    if (loc->inode || ((struct view *)o)->r || !strcmp(param->name, "newloc"))
        return 0;
    PyErr_Format(PyExc_TypeError, "argument %s: the Loc has no inode (for what is new, or to be "
                                  "looked up: the new() of another's)", param->name);
    return -1;
}

int
marshal_from_python(PyObject *o, const struct param *params, unsigned i, union value *values,
                    PyObject **keep)
{
    enum kind kind = params[i].kind;

    *keep = NULL;
    values[i] = (union value){0};
    if (kind < KIND_STR)
        return number_from_python(o, &params[i], &values[i]);
    if (o == Py_None) {
        if (kind == KIND_VECTOR) {
            values[i + 1].i = 0;
            values[iobref_of(params, i)].p = NULL;
        }
        return 0;
    }
    if (kind == KIND_STR)
        return text_from_python(o, &params[i], &values[i], keep);
    if (kind == KIND_VECTOR)
        return vector_from_python(o, params, i, values);
    if (view_pointer(o, kind, params[i].name, &values[i].p))
        return -1;
    return kind == KIND_LOC ? check_loc(o, &params[i], values[i].p) : 0;
}

bool
marshal_may_be_null(const struct param *param)
{
    return param->kind == KIND_IOBREF ||
           (param->kind == KIND_DICT && strcmp(param->name, "dict")) ||
           (param->kind == KIND_STR &&
            (!strcmp(param->name, "name") || !strcmp(param->name, "basename")));
}
