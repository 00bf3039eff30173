/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Dict: GlusterFS's dict_t as a mapping of str to bytes. Others may use it at the same
 * time, so each value is held while it is looked at.
 */
#include "xlators/glupy/types.h"

#include <ctype.h>
#include <errno.h>

static PyObject *dict_new_from(PyTypeObject *type, PyObject *args, PyObject *kwargs);

static void
data_drop(data_t **data)
{
    if (*data)
        data_unref(*data);
}
#define AUTO_DATA AUTO(data_drop)

static dict_t *
dict_of(PyObject *self)
{
    return view_address(self);
}

/* ---- keys and values ---------------------------------------------------------- */

/* A reference to the value, or NULL: with an exception unless it is not there. */
static data_t *
find(PyObject *self, PyObject *key)
{
    dict_t *dict = dict_of(self);
    AUTO_PY PyObject *text = dict ? text_read(key, "key") : NULL;
    data_t *data = NULL;

    if (text && dict_get_with_ref(dict, PyBytes_AS_STRING(text), &data))
        data = NULL;
    return data;
}

static PyObject *
bytes_of(const data_t *data)
{
    return PyBytes_FromStringAndSize(data->data, data->data ? data->len : 0);
}

/* The value as a text: what stands before the first NUL. */
static PyObject *
text_of(const data_t *data)
{
    const char *end = data->data ? memchr(data->data, 0, data->len) : NULL;
    Py_ssize_t len = !data->data ? 0 : end ? end - data->data : (Py_ssize_t)data->len;

    return PyUnicode_DecodeUTF8(data->data ? data->data : "", len, "surrogateescape");
}

/* In memory of GlusterFS's, which it frees with the value. NULL with an exception. */
static data_t *
data_from_bytes(const char *bytes, size_t size)
{
    char *copy = GF_MALLOC(size ? size : 1, gf_common_mt_char);

    if (!copy) {
        PyErr_NoMemory();
        return NULL;
    }
    memcpy(copy, bytes, size);
    data_t *data = data_from_dynptr(copy, (int32_t)size);

    if (!data) {
        GF_FREE(copy);
        PyErr_NoMemory();
    }
    return data;
}

static data_t *
data_from_text(PyObject *o)
{
    AUTO_PY PyObject *text = text_read(o, "value");

    if (!text)
        return NULL;
    /* with the NUL, as dict_set_str has it */
    size_t size = (size_t)PyBytes_GET_SIZE(text) + 1;
    data_t *data = data_from_bytes(PyBytes_AS_STRING(text), size);

    if (data)
        data->data_type = GF_DATA_TYPE_STR;
    return data;
}

static data_t *
data_from_buffer(PyObject *o)
{
    Py_buffer buffer;

    if (PyObject_GetBuffer(o, &buffer, PyBUF_SIMPLE))
        return NULL;
    data_t *data = NULL;

    if (buffer.len > INT32_MAX)
        PyErr_Format(PyExc_OverflowError, "value: %zd bytes are too many", buffer.len);
    else
        data = data_from_bytes(buffer.buf, (size_t)buffer.len);
    PyBuffer_Release(&buffer);
    return data;
}

struct number_kind {
    const char *name;
    int64_t min; /* 0: it has no sign */
    uint64_t max;
};

static const struct number_kind int32_kind = {"int32", INT32_MIN, INT32_MAX},
                                int64_kind = {"int64", INT64_MIN, INT64_MAX},
                                uint32_kind = {"uint32", 0, UINT32_MAX},
                                uint64_kind = {"uint64", 0, UINT64_MAX};

/* A text, as GlusterFS has numbers of all sizes. */
static data_t *
data_from_int(PyObject *o, const struct number_kind *kind)
{
    char text[32];
    int64_t i;

    if (number_read(o, "value", kind->min, kind->max, &i))
        return NULL;
    int len = kind->min ? snprintf(text, sizeof(text), "%lld", (long long)i)
                        : snprintf(text, sizeof(text), "%llu", (unsigned long long)i);
    data_t *data = data_from_bytes(text, (size_t)len + 1);

    if (data)
        data->data_type = kind->min ? GF_DATA_TYPE_INT : GF_DATA_TYPE_UINT;
    return data;
}

static data_t *
data_from_python(PyObject *o)
{
    if (PyUnicode_Check(o))
        return data_from_text(o);
    if (PyLong_Check(o))
        return data_from_int(o, &int64_kind);
    if (PyObject_CheckBuffer(o))
        return data_from_buffer(o);
    PyErr_Format(PyExc_TypeError, "value: bytes, str or int is wanted, not %.100s",
                 Py_TYPE(o)->tp_name);
    return NULL;
}

/* Puts data (taken over; NULL: an exception is set) under the key. */
static int
put(PyObject *self, PyObject *key, data_t *data)
{
    dict_t *dict = data ? dict_of(self) : NULL;
    AUTO_PY PyObject *text = dict ? text_read(key, "key") : NULL;

    if (!text) {
        if (data)
            data_destroy(data);
        return -1;
    }
    if (!dict_set(dict, PyBytes_AS_STRING(text), data))
        return 0;
    data_destroy(data);
    PyErr_NoMemory();
    return -1;
}

static PyObject *
missing(PyObject *key)
{
    if (!PyErr_Occurred())
        PyErr_SetObject(PyExc_KeyError, key);
    return NULL;
}

static PyObject *
dict_subscript(PyObject *self, PyObject *key)
{
    AUTO_DATA data_t *data = find(self, key);

    return data ? bytes_of(data) : missing(key);
}

static int
dict_assign(PyObject *self, PyObject *key, PyObject *value)
{
    if (value)
        return put(self, key, data_from_python(value));
    AUTO_DATA data_t *data = find(self, key);

    if (!data) {
        missing(key);
        return -1;
    }
    AUTO_PY PyObject *text = text_read(key, "key");

    if (!text)
        return -1;
    dict_del(dict_of(self), PyBytes_AS_STRING(text));
    return 0;
}

static int
dict_contains(PyObject *self, PyObject *key)
{
    AUTO_DATA data_t *data = find(self, key);

    return data ? 1 : PyErr_Occurred() ? -1 : 0;
}

static Py_ssize_t
dict_length(PyObject *self)
{
    dict_t *dict = dict_of(self);

    return dict ? dict->count : -1;
}

/* ---- all of them ----------------------------------------------------------------- */

struct pair {
    char *key;
    data_t *data;
};

static void
free_pairs(struct pair *pairs, int count)
{
    for (int i = 0; i < count; i++) {
        free(pairs[i].key);
        data_unref(pairs[i].data);
    }
    free(pairs);
}

/* A snapshot, made under the dict's lock; *count of them. NULL when out of memory. */
static struct pair *
snapshot(dict_t *dict, int *count)
{
    bool failed = false;

    *count = 0;
    LOCK(&dict->lock);
    struct pair *pairs = calloc((size_t)dict->count + 1, sizeof(*pairs));

    for (data_pair_t *p = dict->members_list; pairs && p && *count < dict->count; p = p->next) {
        char *key = strdup(p->key);

        if (!key) {
            failed = true;
            break;
        }
        pairs[(*count)++] = (struct pair){key, data_ref(p->value)};
    }
    UNLOCK(&dict->lock);
    if (pairs && failed) {
        free_pairs(pairs, *count);
        pairs = NULL;
    }
    if (!pairs)
        PyErr_NoMemory();
    return pairs;
}

enum what { KEYS, VALUES, ITEMS };

static PyObject *
pair_part(const struct pair *pair, enum what what)
{
    if (what == VALUES)
        return bytes_of(pair->data);
    PyObject *key = text_new(pair->key);

    if (what == KEYS || !key)
        return key;
    PyObject *value = bytes_of(pair->data);

    return value ? Py_BuildValue("NN", key, value) : (Py_DECREF(key), NULL);
}

static PyObject *
list(PyObject *self, enum what what)
{
    dict_t *dict = dict_of(self);
    int count;
    struct pair *pairs = dict ? snapshot(dict, &count) : NULL;

    if (!pairs)
        return NULL;
    PyObject *all = PyList_New(count);

    /* GlusterFS's list has what was set last first */
    for (int i = 0; all && i < count; i++) {
        PyObject *part = pair_part(&pairs[count - 1 - i], what);

        if (part)
            PyList_SET_ITEM(all, i, part);
        else
            Py_CLEAR(all);
    }
    free_pairs(pairs, count);
    return all;
}

static PyObject *
dict_keys(PyObject *self, PyObject *unused)
{
    (void)unused;
    return list(self, KEYS);
}

static PyObject *
dict_values(PyObject *self, PyObject *unused)
{
    (void)unused;
    return list(self, VALUES);
}

static PyObject *
dict_items(PyObject *self, PyObject *unused)
{
    (void)unused;
    return list(self, ITEMS);
}

static PyObject *
dict_iter(PyObject *self)
{
    AUTO_PY PyObject *keys = list(self, KEYS);

    return keys ? PyObject_GetIter(keys) : NULL;
}

/* As a dict of Python's. */
static PyObject *
as_python(PyObject *self)
{
    AUTO_PY PyObject *items = list(self, ITEMS);
    PyObject *dict = items ? PyDict_New() : NULL;

    if (dict && PyDict_MergeFromSeq2(dict, items, 1))
        Py_CLEAR(dict);
    return dict;
}

static PyObject *
dict_repr(PyObject *self)
{
    AUTO_PY PyObject *dict = as_python(self);

    return dict ? PyUnicode_FromFormat("Dict(%R)", dict) : NULL;
}

static PyObject *
dict_compare(PyObject *a, PyObject *b, int op)
{
    if (op != Py_EQ && op != Py_NE)
        Py_RETURN_NOTIMPLEMENTED;
    AUTO_PY PyObject *left = as_python(a);
    AUTO_PY PyObject *right = Py_TYPE(b) == &dict_type ? as_python(b) : Py_NewRef(b);

    return left && right ? PyObject_RichCompare(left, right, op) : NULL;
}

/* ---- methods of a mapping -------------------------------------------------------- */

static PyObject *
dict_get_method(PyObject *self, PyObject *args)
{
    PyObject *key, *otherwise = Py_None;

    if (!PyArg_ParseTuple(args, "O|O:get", &key, &otherwise))
        return NULL;
    AUTO_DATA data_t *data = find(self, key);

    return data ? bytes_of(data) : PyErr_Occurred() ? NULL : Py_NewRef(otherwise);
}

static PyObject *
dict_pop(PyObject *self, PyObject *args)
{
    PyObject *key, *otherwise = NULL;

    if (!PyArg_ParseTuple(args, "O|O:pop", &key, &otherwise))
        return NULL;
    AUTO_PY PyObject *value = dict_subscript(self, key);

    if (value)
        return dict_assign(self, key, NULL) ? NULL : TAKE(value);
    if (!otherwise || !PyErr_ExceptionMatches(PyExc_KeyError))
        return NULL;
    PyErr_Clear();
    return Py_NewRef(otherwise);
}

static PyObject *
dict_popitem(PyObject *self, PyObject *unused)
{
    AUTO_PY PyObject *items = list(self, ITEMS);

    (void)unused;
    if (!items)
        return NULL;
    if (!PyList_GET_SIZE(items)) {
        PyErr_SetString(PyExc_KeyError, "popitem(): Dict is empty");
        return NULL;
    }
    PyObject *item = PyList_GET_ITEM(items, PyList_GET_SIZE(items) - 1);

    if (dict_assign(self, PyTuple_GET_ITEM(item, 0), NULL))
        return NULL;
    return Py_NewRef(item);
}

static PyObject *
dict_setdefault(PyObject *self, PyObject *args)
{
    PyObject *key, *otherwise;

    if (!PyArg_ParseTuple(args, "OO:setdefault", &key, &otherwise))
        return NULL;
    int there = dict_contains(self, key);

    if (there < 0 || (!there && dict_assign(self, key, otherwise)))
        return NULL;
    return dict_subscript(self, key);
}

static PyObject *
dict_clear(PyObject *self, PyObject *unused)
{
    AUTO_PY PyObject *keys = list(self, KEYS);

    (void)unused;
    for (Py_ssize_t i = 0; keys && i < PyList_GET_SIZE(keys); i++) {
        if (dict_assign(self, PyList_GET_ITEM(keys, i), NULL)) {
            if (!PyErr_ExceptionMatches(PyExc_KeyError))
                return NULL;
            PyErr_Clear(); /* somebody else was faster */
        }
    }
    return keys ? Py_NewRef(Py_None) : NULL;
}

/* With the types that GlusterFS has the values marked with: readers of numbers, gfids and
 * iatts check them. */
static int
update_from_dict(dict_t *to, dict_t *from)
{
    int count;
    struct pair *pairs = snapshot(from, &count);
    bool failed = !pairs;

    for (int i = count; !failed && i-- > 0;) {
        data_t *copy = data_copy(pairs[i].data);

        failed = !copy || dict_set(to, pairs[i].key, copy);
        if (failed && copy)
            data_destroy(copy);
    }
    if (pairs)
        free_pairs(pairs, count);
    if (failed)
        PyErr_NoMemory();
    return failed ? -1 : 0;
}

static int
update_from(PyObject *self, PyObject *other)
{
    if (Py_TYPE(other) == &dict_type) {
        dict_t *to = dict_of(self), *from = dict_of(other);

        return to && from ? update_from_dict(to, from) : -1;
    }
    AUTO_PY PyObject *dict = PyDict_New();
    PyObject *key, *value;
    Py_ssize_t i = 0;

    if (!dict)
        return -1;
    bool mapping = PyDict_Check(other) || PyObject_HasAttrString(other, "keys");

    if (mapping ? PyDict_Update(dict, other) : PyDict_MergeFromSeq2(dict, other, 1))
        return -1;
    while (PyDict_Next(dict, &i, &key, &value)) {
        if (dict_assign(self, key, value))
            return -1;
    }
    return 0;
}

static PyObject *
dict_update(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *other = NULL;

    if (!PyArg_ParseTuple(args, "|O:update", &other) ||
        (other && update_from(self, other)) || (kwargs && update_from(self, kwargs)))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *
dict_copy_method(PyObject *self, PyObject *unused)
{
    AUTO_PY PyObject *args = PyTuple_Pack(1, self);

    (void)unused;
    return args ? dict_new_from(&dict_type, args, NULL) : NULL;
}

/* ---- typed values ------------------------------------------------------------------ */

/* Numbers are texts in a dict_t. */
static PyObject *
number_of(PyObject *key, const data_t *data, const struct number_kind *kind)
{
    AUTO_PY PyObject *text = text_of(data);
    AUTO_PY PyObject *number = text ? PyLong_FromUnicodeObject(text, 0) : NULL;
    int64_t value;

    if (!number) {
        PyErr_Format(PyExc_ValueError, "%R: %R is no number", key, text);
        return NULL;
    }
    if (number_read(number, "value", kind->min, kind->max, &value)) {
        PyErr_Format(PyExc_OverflowError, "%R: %R is no %s", key, number, kind->name);
        return NULL;
    }
    return TAKE(number);
}

/* What get_* do: the value and the default that were asked for. -1: an exception; 0: it
 * is not there, *otherwise is the answer; 1. */
static int
lookup_value(PyObject *self, PyObject *args, PyObject **key, PyObject **otherwise,
             data_t **data)
{
    *otherwise = Py_None;
    if (!PyArg_ParseTuple(args, "O|O", key, otherwise))
        return -1;
    *data = find(self, *key);
    return *data ? 1 : PyErr_Occurred() ? -1 : 0;
}

static PyObject *
get_number(PyObject *self, PyObject *args, const struct number_kind *kind)
{
    AUTO_DATA data_t *data = NULL;
    PyObject *key, *otherwise;
    int found = lookup_value(self, args, &key, &otherwise, &data);

    return found < 0 ? NULL : found ? number_of(key, data, kind) : Py_NewRef(otherwise);
}

static PyObject *
set_number(PyObject *self, PyObject *args, const struct number_kind *kind)
{
    PyObject *key, *value;

    if (!PyArg_ParseTuple(args, "OO", &key, &value) ||
        put(self, key, data_from_int(value, kind)))
        return NULL;
    Py_RETURN_NONE;
}

#define NUMBERS(kind)                                                             \
    static PyObject *get_##kind(PyObject *self, PyObject *args)                   \
    {                                                                             \
        return get_number(self, args, &kind##_kind);                              \
    }                                                                             \
    static PyObject *set_##kind(PyObject *self, PyObject *args)                   \
    {                                                                             \
        return set_number(self, args, &kind##_kind);                              \
    }
NUMBERS(int32)
NUMBERS(int64)
NUMBERS(uint32)
NUMBERS(uint64)
#undef NUMBERS

static PyObject *
get_str(PyObject *self, PyObject *args)
{
    AUTO_DATA data_t *data = NULL;
    PyObject *key, *otherwise;
    int found = lookup_value(self, args, &key, &otherwise, &data);

    return found < 0 ? NULL : found ? text_of(data) : Py_NewRef(otherwise);
}

static PyObject *
get_double(PyObject *self, PyObject *args)
{
    AUTO_DATA data_t *data = NULL;
    PyObject *key, *otherwise;
    int found = lookup_value(self, args, &key, &otherwise, &data);

    if (found <= 0)
        return found ? NULL : Py_NewRef(otherwise);
    AUTO_PY PyObject *text = text_of(data);
    PyObject *number = text ? PyFloat_FromString(text) : NULL;

    if (text && !number)
        PyErr_Format(PyExc_ValueError, "%R: %R is no number", key, text);
    return number;
}

static PyObject *
get_gfid(PyObject *self, PyObject *args)
{
    AUTO_DATA data_t *data = NULL;
    PyObject *key, *otherwise;
    int found = lookup_value(self, args, &key, &otherwise, &data);

    if (found <= 0)
        return found ? NULL : Py_NewRef(otherwise);
    if (data->len == sizeof(uuid_t))
        return bytes_of(data);
    return PyErr_Format(PyExc_ValueError, "%R: %u bytes are no gfid", key, data->len);
}

static PyObject *
set_str(PyObject *self, PyObject *args)
{
    PyObject *key, *value;

    if (!PyArg_ParseTuple(args, "OO:set_str", &key, &value) ||
        put(self, key, data_from_text(value)))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *
set_bytes(PyObject *self, PyObject *args)
{
    PyObject *key, *value;

    if (!PyArg_ParseTuple(args, "OO:set_bytes", &key, &value))
        return NULL;
    if (!PyObject_CheckBuffer(value))
        return PyErr_Format(PyExc_TypeError, "value: bytes are wanted, not %.100s",
                            Py_TYPE(value)->tp_name);
    if (put(self, key, data_from_buffer(value)))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *
set_double(PyObject *self, PyObject *args)
{
    PyObject *key;
    double value;

    if (!PyArg_ParseTuple(args, "Od:set_double", &key, &value))
        return NULL;
    AUTO_PY PyObject *text = text_read(key, "key");

    if (!text || !dict_of(self))
        return NULL;
    if (dict_set_double(dict_of(self), PyBytes_AS_STRING(text), value))
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

static PyObject *
set_gfid(PyObject *self, PyObject *args)
{
    PyObject *key, *value;
    unsigned char gfid[sizeof(uuid_t)];

    if (!PyArg_ParseTuple(args, "OO:set_gfid", &key, &value) ||
        gfid_read(value, "value", gfid))
        return NULL;
    data_t *data = data_from_bytes((const char *)gfid, sizeof(gfid));

    if (data)
        data->data_type = GF_DATA_TYPE_GFUUID;
    if (put(self, key, data))
        return NULL;
    Py_RETURN_NONE;
}

/* ---- the type ------------------------------------------------------------------------ */

static PyObject *
dict_new_from(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *other = NULL;

    (void)type;
    if (!PyArg_ParseTuple(args, "|O:Dict", &other))
        return NULL;
    dict_t *dict = dict_new();
    PyObject *self = dict ? view_new_reference(KIND_DICT, dict, NULL) : PyErr_NoMemory();

    if (self && ((other && other != Py_None && update_from(self, other)) ||
                 (kwargs && update_from(self, kwargs))))
        Py_CLEAR(self);
    return self;
}

#define TYPED(type, what)                                                         \
    {"get_" #type, get_##type, METH_VARARGS,                                      \
     "get_" #type "(key, default=None)\n--\n\nThe value as " what                 \
     ". ValueError or OverflowError where it is none."},                          \
    {"set_" #type, set_##type, METH_VARARGS,                                      \
     "set_" #type "(key, value)\n--\n\nSets " what ", as dict_set_" #type " does."}

static PyMethodDef methods[] = {
    {"keys", dict_keys, METH_NOARGS, "keys()\n--\n\nThe keys, a list of str."},
    {"values", dict_values, METH_NOARGS, "values()\n--\n\nThe values, a list of bytes."},
    {"items", dict_items, METH_NOARGS, "items()\n--\n\nA list of (key, value)."},
    {"get", dict_get_method, METH_VARARGS,
     "get(key, default=None)\n--\n\nThe value as bytes, or default."},
    {"pop", dict_pop, METH_VARARGS,
     "pop(key[, default])\n--\n\nTakes a value out. KeyError where it is not there and "
     "there is no default."},
    {"popitem", dict_popitem, METH_NOARGS, "popitem()\n--\n\nTakes any (key, value) out."},
    {"setdefault", dict_setdefault, METH_VARARGS,
     "setdefault(key, default)\n--\n\nThe value; default is set where there is none."},
    {"clear", dict_clear, METH_NOARGS, "clear()\n--\n\nTakes everything out."},
    {"update", (PyCFunction)(void (*)(void))dict_update, METH_VARARGS | METH_KEYWORDS,
     "update([other], **values)\n--\n\nSets all values of a mapping, or of pairs."},
    {"copy", dict_copy_method, METH_NOARGS,
     "copy()\n--\n\nA Dict of its own with the same values."},
    {"get_str", get_str, METH_VARARGS,
     "get_str(key, default=None)\n--\n\nThe value as str, up to the first null character."},
    {"set_str", set_str, METH_VARARGS,
     "set_str(key, value)\n--\n\nSets a text and the null character after it, as "
     "dict_set_str does."},
    {"get_bytes", dict_get_method, METH_VARARGS,
     "get_bytes(key, default=None)\n--\n\nThe value as it is stored."},
    {"set_bytes", set_bytes, METH_VARARGS,
     "set_bytes(key, value)\n--\n\nSets bytes, as dict_set_bin does."},
    TYPED(int32, "an int of 32 bits with sign"), TYPED(int64, "an int of 64 bits with sign"),
    TYPED(uint32, "an int of 32 bits"), TYPED(uint64, "an int of 64 bits"),
    TYPED(double, "a float"),
    {"get_gfid", get_gfid, METH_VARARGS,
     "get_gfid(key, default=None)\n--\n\nThe value as bytes of length 16. ValueError where "
     "it has another length."},
    {"set_gfid", set_gfid, METH_VARARGS,
     "set_gfid(key, value)\n--\n\nSets a gfid, bytes of length 16 or its text, as "
     "dict_set_gfuuid does."},
    {NULL, NULL, 0, NULL},
};

static PyMappingMethods as_mapping = {dict_length, dict_subscript, dict_assign};
static PySequenceMethods as_sequence = {.sq_contains = dict_contains};

PyTypeObject dict_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "gluster.glupy.native.Dict",
    .tp_basicsize = sizeof(struct view),
    .tp_dealloc = view_dealloc,
    .tp_repr = dict_repr,
    .tp_hash = PyObject_HashNotImplemented,
    .tp_richcompare = dict_compare,
    .tp_iter = dict_iter,
    .tp_as_mapping = &as_mapping,
    .tp_as_sequence = &as_sequence,
    .tp_methods = methods,
    .tp_new = dict_new_from,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_MAPPING,
    .tp_doc = "Dict(values=(), **more)\n--\n\n"
              "GlusterFS's dictionary: a mutable mapping of str to bytes. d[key] = takes "
              "bytes, str (stored with the null character after it) or int (stored as "
              "dict_set_int64 does); the get_ and set_ methods have GlusterFS's other "
              "types.",
};
