/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Attributes of the native types: numbers in structures, texts, gfids. What does not fit
 * is refused with the attribute's name, the value, and what is wanted.
 */
#include "xlators/glupy/types.h"

#include <ctype.h>

/* ---- numbers --------------------------------------------------------------- */

PyObject *
number_get(PyObject *self, void *closure)
{
    const struct number *n = closure;
    const char *base = view_address(self);

    if (!base)
        return NULL;
    const void *at = base + n->offset;

    switch (n->size) {
    case 2:
        return PyLong_FromLong(n->is_signed ? *(const int16_t *)at : *(const uint16_t *)at);
    case 4:
        return PyLong_FromLong(n->is_signed ? *(const int32_t *)at
                                            : (long)*(const uint32_t *)at);
    default:
        return n->is_signed ? PyLong_FromLongLong(*(const int64_t *)at)
                            : PyLong_FromUnsignedLongLong(*(const uint64_t *)at);
    }
}

static int
out_of_range(PyObject *o, const char *name, int64_t min, uint64_t max)
{
    PyErr_Format(PyExc_OverflowError, "%s: %R is out of range, %lld to %llu is wanted",
                 name, o, (long long)min, (unsigned long long)max);
    return -1;
}

int
number_read(PyObject *o, const char *name, int64_t min, uint64_t max, int64_t *value)
{
    if (!o) {
        PyErr_Format(PyExc_TypeError, "%s cannot be deleted", name);
        return -1;
    }
    if (!PyIndex_Check(o)) {
        PyErr_Format(PyExc_TypeError, "%s: an int is wanted, not %.100s", name,
                     Py_TYPE(o)->tp_name);
        return -1;
    }
    AUTO_PY PyObject *number = PyNumber_Index(o);
    int overflow;

    if (!number)
        return -1;
    long long i = PyLong_AsLongLongAndOverflow(number, &overflow);

    if (i == -1 && !overflow && PyErr_Occurred())
        return -1;
    if (overflow > 0 && max > INT64_MAX) {
        unsigned long long u = PyLong_AsUnsignedLongLong(number);

        if (!PyErr_Occurred()) {
            *value = (int64_t)u;
            return u > max ? out_of_range(o, name, min, max) : 0;
        }
        PyErr_Clear();
    }
    if (overflow || i < min || (i >= 0 && (uint64_t)i > max))
        return out_of_range(o, name, min, max);
    *value = i;
    return 0;
}

int
number_set(PyObject *self, PyObject *o, void *closure)
{
    const struct number *n = closure;
    char *base = view_address(self);
    unsigned bits = n->size * 8u - n->is_signed;
    uint64_t max = bits == 64 ? UINT64_MAX : (1ull << bits) - 1;
    int64_t min = n->is_signed ? -(int64_t)max - 1 : 0, value;

    if (!base || number_read(o, n->name, min, max, &value))
        return -1;
    memcpy(base + n->offset, &value, n->size); /* x86-64 and aarch64: little endian */
    return 0;
}

int
attributes_set(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *key, *value;
    Py_ssize_t i = 0;

    if (PyTuple_GET_SIZE(args)) {
        PyErr_Format(PyExc_TypeError, "%s takes keyword arguments only",
                     Py_TYPE(self)->tp_name);
        return -1;
    }
    while (kwargs && PyDict_Next(kwargs, &i, &key, &value)) {
        AUTO_PY PyObject *attribute =
            PyObject_GetAttr((PyObject *)Py_TYPE(self), key);

        if (!attribute || !PyObject_TypeCheck(attribute, &PyGetSetDescr_Type)) {
            PyErr_Format(PyExc_TypeError, "%s has no attribute %R",
                         Py_TYPE(self)->tp_name, key);
            return -1;
        }
        if (PyObject_SetAttr(self, key, value))
            return -1;
    }
    return 0;
}

/* ---- texts ------------------------------------------------------------------- */

PyObject *
text_new(const char *text)
{
    if (!text)
        Py_RETURN_NONE;
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "surrogateescape");
}

static PyObject *
encode(PyObject *o)
{
    Py_ssize_t len;
    const char *utf8 = PyUnicode_AsUTF8AndSize(o, &len); /* o keeps it: fast again */

    if (utf8)
        return PyBytes_FromStringAndSize(utf8, len);
    PyErr_Clear(); /* it has surrogates */
    return PyUnicode_AsEncodedString(o, "utf-8", "surrogateescape");
}

PyObject *
text_read(PyObject *o, const char *name)
{
    if (!o)
        return PyErr_Format(PyExc_TypeError, "%s cannot be deleted", name);
    if (!PyUnicode_Check(o) && !PyBytes_Check(o))
        return PyErr_Format(PyExc_TypeError, "%s: a str is wanted, not %.100s", name,
                            Py_TYPE(o)->tp_name);
    PyObject *text = PyBytes_Check(o) ? Py_NewRef(o) : encode(o);

    if (text && strlen(PyBytes_AS_STRING(text)) != (size_t)PyBytes_GET_SIZE(text)) {
        Py_DECREF(text);
        return PyErr_Format(PyExc_ValueError, "%s: %R has a null character", name, o);
    }
    return text;
}

/* ---- gfids ------------------------------------------------------------------- */

PyObject *
gfid_new(const unsigned char *gfid)
{
    return PyBytes_FromStringAndSize((const char *)gfid, sizeof(uuid_t));
}

/* 32 hex digits, with or without hyphens. */
static bool
parse_gfid(const char *text, unsigned char *gfid)
{
    unsigned digits = 0;

    for (; *text; text++) {
        if (*text == '-')
            continue;
        if (!isxdigit((unsigned char)*text) || digits == 2 * sizeof(uuid_t))
            return false;
        unsigned char c = (unsigned char)(*text | 0x20);
        unsigned char digit = c > '9' ? c - 'a' + 10 : c - ('0' | 0x20);

        gfid[digits / 2] = (unsigned char)(digits % 2 ? gfid[digits / 2] << 4 | digit : digit);
        digits++;
    }
    return digits == 2 * sizeof(uuid_t);
}

int
gfid_read(PyObject *o, const char *name, unsigned char *gfid)
{
    Py_buffer buffer;

    if (o && PyUnicode_Check(o)) {
        const char *text = PyUnicode_AsUTF8(o);

        if (!text)
            return -1;
        unsigned char parsed[sizeof(uuid_t)];

        if (parse_gfid(text, parsed)) {
            memcpy(gfid, parsed, sizeof(parsed));
            return 0;
        }
        PyErr_Format(PyExc_ValueError,
                     "%s: %R is not a gfid, 16 bytes or 32 hex digits with hyphens are "
                     "wanted", name, o);
        return -1;
    }
    if (!o || !PyObject_CheckBuffer(o)) {
        PyErr_Format(PyExc_TypeError, "%s: 16 bytes are wanted, not %.100s", name,
                     o ? Py_TYPE(o)->tp_name : "nothing");
        return -1;
    }
    if (PyObject_GetBuffer(o, &buffer, PyBUF_SIMPLE))
        return -1;
    bool fits = buffer.len == sizeof(uuid_t);

    if (fits)
        memcpy(gfid, buffer.buf, sizeof(uuid_t));
    else
        PyErr_Format(PyExc_ValueError, "%s: 16 bytes are wanted, not %zd", name, buffer.len);
    PyBuffer_Release(&buffer);
    return fits ? 0 : -1;
}
