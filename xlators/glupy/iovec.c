/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * IoVec: the data of readv and writev, without a copy. It keeps the memory by a reference
 * to GlusterFS's buffers; access by Python ends when the operation does, since whoever has
 * the buffers next may write into them.
 */
#include "xlators/glupy/native.h"
#include "xlators/glupy/types.h"

struct vector {
    PyObject_VAR_HEAD
    struct iobref *iobref;
    struct glupy *g;   /* whose memory it is; NULL: not known */
    PyObject *views;   /* a tuple of memoryviews, once asked for */
    struct vector *kept_next; /* a reference: of r->buffers */
    unsigned exports;  /* buffers that are lent out */
    unsigned exporting; /* the segment, while a memoryview is made */
    bool revoked;
    struct iovec vec[];
};

static bool
is_gone(const struct vector *v)
{
    return v->g && atomic_load(&v->g->gone);
}

/* May Python look into it no more? Then ValueError is set. */
static bool
is_over(const struct vector *v)
{
    if (!v->revoked && !is_gone(v))
        return false;
    PyErr_SetString(PyExc_ValueError, "the operation that the data belongs to is over");
    return true;
}

static size_t
total(const struct iovec *vec, Py_ssize_t count)
{
    size_t size = 0;

    for (Py_ssize_t i = 0; i < count; i++)
        size += vec[i].iov_len;
    return size;
}

static struct vector *
vector_alloc(Py_ssize_t count)
{
    struct vector *v = PyObject_GC_NewVar(struct vector, &vector_type, count);

    if (!v)
        return NULL;
    v->iobref = NULL;
    v->g = native_translator();
    v->views = NULL;
    v->kept_next = NULL;
    v->exports = v->exporting = 0;
    v->revoked = false;
    return v;
}

/* ---- used again --------------------------------------------------------------- */

/* Vectors of one segment, with the memoryview of it that a module asked for and let go
 * of: to make these objects anew takes longer than all the rest of most handlers. What a
 * memoryview consists of is in memoryobject.h, though not as an interface: types_test
 * would see if another Python had something else in mind. GIL. */
enum { SPARE_MAX = 16 };
static struct vector *spare[SPARE_MAX];
static unsigned spares;
static char nothing[1];

static PyMemoryViewObject *
only_view(const struct vector *v)
{
    return (PyMemoryViewObject *)PyTuple_GET_ITEM(v->views, 0);
}

/* Is there one memoryview, and has nobody v, it, or what is below it but we? */
static bool
is_ours_alone(const struct vector *v)
{
    /* the second reference is the memoryview's */
    if (Py_SIZE(v) != 1 || v->exports != 1 || !v->views || v->revoked ||
        Py_REFCNT(v) != 2 || Py_REFCNT(v->views) != 1)
        return false;
    const PyMemoryViewObject *view = only_view(v);

    return Py_REFCNT(view) == 1 && Py_REFCNT(view->mbuf) == 1 && !view->exports &&
           !view->weakreflist && !(view->flags & _Py_MEMORYVIEW_RELEASED);
}

static void
show_segment(struct vector *v, void *base, size_t len)
{
    PyMemoryViewObject *view = only_view(v);

    v->vec[0] = (struct iovec){base, len};
    view->hash = -1;
    view->view.buf = base;
    view->view.len = view->view.shape[0] = (Py_ssize_t)len;
}

static void
give_memory_back(struct vector *v);

/* Takes over a reference to v, which is ours alone. False: there are enough. */
static bool
park(struct vector *v)
{
    if (spares == SPARE_MAX)
        return false;
    give_memory_back(v);
    v->g = NULL;
    show_segment(v, nothing, 0); /* whom the garbage collector shows it sees nothing */
    spare[spares++] = v;
    return true;
}

/* One for that segment, or NULL. */
static struct vector *
vector_again(const struct iovec *segment)
{
    struct vector *v = spares ? spare[--spares] : NULL;

    if (!v)
        return NULL;
    if (is_ours_alone(v)) {
        show_segment(v, segment->iov_base, segment->iov_len);
        return v;
    }
    view_vector_revoke((PyObject *)v); /* somebody found it */
    Py_DECREF(v);
    return NULL;
}

/* ---- making ------------------------------------------------------------------- */

/* Memory of GlusterFS's own for size bytes: *iobref keeps it. NULL with an exception. */
static void *
buffer_new(size_t size, struct iobref **iobref)
{
    struct iobuf *iobuf = iobuf_get2(THIS->ctx->iobuf_pool, size ? size : 1);

    *iobref = iobuf ? iobref_new() : NULL;
    if (*iobref && !iobref_add(*iobref, iobuf)) {
        iobuf_unref(iobuf); /* the iobref has one */
        return iobuf_ptr(iobuf);
    }
    if (*iobref)
        iobref_unref(*iobref);
    if (iobuf)
        iobuf_unref(iobuf);
    *iobref = NULL;
    return PyErr_NoMemory();
}

/* A vector with one segment, that is not filled yet. */
static struct vector *
vector_of_size(size_t size)
{
    struct vector *v = vector_alloc(1);

    if (!v)
        return NULL;
    v->vec[0].iov_len = size;
    v->vec[0].iov_base = buffer_new(size, &v->iobref);
    PyObject_GC_Track(v);
    if (!v->vec[0].iov_base)
        Py_CLEAR(v);
    return v;
}

static void
gather_into(char *to, const struct iovec *vec, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        if (vec[i].iov_len)
            memcpy(to, vec[i].iov_base, vec[i].iov_len);
        to += vec[i].iov_len;
    }
}

PyObject *
view_vector(struct request *r, struct iovec *vector, int count, struct iobref *iobref)
{
    struct vector *v;

    if (!vector || count < 0)
        Py_RETURN_NONE;
    if (!iobref) { /* the memory is somebody's who may not wait for Python */
        v = vector_of_size(total(vector, count));
        if (v)
            gather_into(v->vec[0].iov_base, vector, count);
        return (PyObject *)v;
    }
    v = count == 1 ? vector_again(vector) : NULL;
    if (!v) {
        v = vector_alloc(count);
        if (!v)
            return NULL;
        memcpy(v->vec, vector, (size_t)count * sizeof(*vector));
        PyObject_GC_Track(v);
    }
    v->g = r->g;
    v->iobref = iobref_ref(iobref);
    return (PyObject *)v;
}

int
view_vector_parts(PyObject *o, const char *name, struct iovec **vector, int *count,
                  struct iobref **iobref)
{
    struct vector *v = (struct vector *)o;

    *vector = NULL;
    *count = 0;
    *iobref = NULL;
    if (o == Py_None)
        return 0;
    if (Py_TYPE(o) != &vector_type) {
        PyErr_Format(PyExc_TypeError, "%s: IoVec is wanted, not %.100s", name,
                     Py_TYPE(o)->tp_name);
        return -1;
    }
    if (is_gone(v)) {
        view_stale();
        return -1;
    }
    *vector = v->vec;
    *count = (int)Py_SIZE(v);
    *iobref = v->iobref;
    return 0;
}

/* ---- its life -------------------------------------------------------------------- */

static int
vector_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((struct vector *)self)->views);
    return 0;
}

static int
vector_clear(PyObject *self)
{
    Py_CLEAR(((struct vector *)self)->views);
    return 0;
}

static void
give_memory_back(struct vector *v)
{
    struct iobref *iobref = TAKE(v->iobref);

    if (iobref && (!v->g || glupy_release_begin(v->g))) {
        iobref_unref(iobref);
        if (v->g)
            glupy_release_end(v->g);
    }
}

static void
vector_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    vector_clear(self);
    give_memory_back((struct vector *)self);
    PyObject_GC_Del(self);
}

/* ---- buffers ----------------------------------------------------------------------- */

static int
vector_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    struct vector *v = (struct vector *)self;
    Py_ssize_t i = v->exporting;

    if (is_over(v))
        goto refuse;
    if (!i && Py_SIZE(v) != 1) {
        PyErr_Format(PyExc_BufferError, "IoVec has %zd segments, use views or tobytes()",
                     Py_SIZE(v));
        goto refuse;
    }
    if (i)
        i--;
    if (PyBuffer_FillInfo(view, self, v->vec[i].iov_base, (Py_ssize_t)v->vec[i].iov_len, 1,
                          flags))
        return -1;
    v->exports++;
    return 0;
refuse:
    view->obj = NULL;
    return -1;
}

static void
vector_releasebuffer(PyObject *self, Py_buffer *view)
{
    (void)view;
    ((struct vector *)self)->exports--;
}

static PyObject *
new_views(struct vector *v)
{
    PyObject *views = PyTuple_New(Py_SIZE(v));

    for (Py_ssize_t i = 0; views && i < Py_SIZE(v); i++) {
        v->exporting = (unsigned)i + 1;
        PyObject *view = PyMemoryView_FromObject((PyObject *)v);

        v->exporting = 0;
        if (view)
            PyTuple_SET_ITEM(views, i, view);
        else
            Py_CLEAR(views);
    }
    return views;
}

static PyObject *
get_views(PyObject *self, void *unused)
{
    struct vector *v = (struct vector *)self;

    (void)unused;
    if (is_over(v))
        return NULL;
    if (!v->views)
        v->views = new_views(v);
    return Py_XNewRef(v->views);
}

/* Ends a memoryview. What a consumer in C has of it stays. */
static void
release(PyObject *view)
{
    static PyObject *name;

    if (!name)
        name = PyUnicode_InternFromString("release");
    PyObject *result = name ? PyObject_CallMethodNoArgs(view, name) : NULL;

    if (!result)
        PyErr_Clear();
    Py_XDECREF(result);
}

/* Slices of the memoryviews, and memoryviews that a module made itself: they are known to
 * the garbage collector only. A search through all objects, so only where there are any. */
static void
release_rest(struct vector *v)
{
    AUTO_PY PyObject *gc = PyImport_ImportModule("gc");
    AUTO_PY PyObject *buffers =
        gc ? PyObject_CallMethod(gc, "get_referrers", "O", (PyObject *)v) : NULL;
    AUTO_PY PyObject *tuple = buffers ? PySequence_Tuple(buffers) : NULL;
    AUTO_PY PyObject *search = gc ? PyObject_GetAttrString(gc, "get_referrers") : NULL;
    AUTO_PY PyObject *views = tuple && search ? PyObject_Call(search, tuple, NULL) : NULL;

    for (Py_ssize_t i = 0; views && i < PyList_GET_SIZE(views); i++) {
        PyObject *view = PyList_GET_ITEM(views, i);

        if (PyMemoryView_Check(view) && PyMemoryView_GET_BUFFER(view)->obj == (PyObject *)v)
            release(view);
    }
    PyErr_Clear();
}

size_t
view_vector_size(PyObject *o)
{
    return Py_TYPE(o) == &vector_type
               ? total(((struct vector *)o)->vec, Py_SIZE(o))
               : 0;
}

void
view_vector_revoke(PyObject *o)
{
    struct vector *v = (struct vector *)o;

    if (Py_TYPE(o) != &vector_type || v->revoked)
        return;
    v->revoked = true;
    if (!v->exports)
        return;
    PyObject *type, *value, *trace;

    PyErr_Fetch(&type, &value, &trace);
    PyObject *views = TAKE(v->views);

    for (Py_ssize_t i = 0; views && i < PyTuple_GET_SIZE(views); i++)
        release(PyTuple_GET_ITEM(views, i));
    Py_XDECREF(views);
    if (v->exports)
        release_rest(v);
    PyErr_Restore(type, value, trace);
}

/* ---- what a request keeps --------------------------------------------------------- */

void
view_vector_keep(struct request *r, PyObject *o)
{
    struct vector *v = (struct vector *)o;

    v->kept_next = (struct vector *)r->buffers;
    r->buffers = Py_NewRef(o);
}

/* Of what is no longer kept: has nobody see it from now on. */
static void
let_go(struct vector *v)
{
    if (is_ours_alone(v) && park(v))
        return;
    view_vector_revoke((PyObject *)v);
    Py_DECREF(v);
}

void
view_vectors_trim(struct request *r)
{
    struct vector *v = (struct vector *)TAKE(r->buffers), *next;

    for (; v; v = next) {
        next = v->kept_next;
        if (Py_REFCNT(v) == 1 || is_ours_alone(v)) {
            v->kept_next = NULL;
            let_go(v);
        } else {
            v->kept_next = (struct vector *)r->buffers;
            r->buffers = (PyObject *)v;
        }
    }
}

void
view_vectors_end(struct request *r)
{
    while (r->buffers) {
        struct vector *v = (struct vector *)r->buffers;

        r->buffers = (PyObject *)TAKE(v->kept_next);
        let_go(v);
    }
}

/* ---- methods ------------------------------------------------------------------------- */

static PyObject *
to_bytes(PyObject *self, PyObject *unused)
{
    struct vector *v = (struct vector *)self;

    (void)unused;
    if (is_over(v))
        return NULL;
    size_t size = total(v->vec, Py_SIZE(v));
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);

    if (bytes)
        gather_into(PyBytes_AS_STRING(bytes), v->vec, Py_SIZE(v));
    return bytes;
}

static PyObject *
get_nbytes(PyObject *self, void *unused)
{
    struct vector *v = (struct vector *)self;

    (void)unused;
    return PyLong_FromSize_t(total(v->vec, Py_SIZE(v)));
}

static Py_ssize_t
vector_length(PyObject *self)
{
    return Py_SIZE(self);
}

static PyObject *
vector_repr(PyObject *self)
{
    struct vector *v = (struct vector *)self;

    return PyUnicode_FromFormat("<IoVec of %zu bytes in %zd segments>",
                                total(v->vec, Py_SIZE(v)), Py_SIZE(v));
}

static PyObject *
vector_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"data", NULL};
    PyObject *data;
    Py_buffer buffer;

    (void)type;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:IoVec", names, &data))
        return NULL;
    if (!PyObject_CheckBuffer(data))
        return PyErr_Format(PyExc_TypeError, "data: bytes are wanted, not %.100s",
                            Py_TYPE(data)->tp_name);
    if (PyObject_GetBuffer(data, &buffer, PyBUF_SIMPLE))
        return NULL;
    struct vector *v = vector_of_size((size_t)buffer.len);

    if (v)
        memcpy(v->vec[0].iov_base, buffer.buf, (size_t)buffer.len);
    PyBuffer_Release(&buffer);
    return (PyObject *)v;
}

static PyGetSetDef attributes[] = {
    {"nbytes", get_nbytes, NULL, "The length of all segments, in bytes.", NULL},
    {"views", get_views, NULL,
     "The segments: a tuple of memoryviews, not copied. When the operation ends so do they, "
     "and then raise ValueError.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef methods[] = {
    {"tobytes", to_bytes, METH_NOARGS, "tobytes()\n--\n\nA copy of all the data, as bytes."},
    {NULL, NULL, 0, NULL},
};

static PyBufferProcs as_buffer = {vector_getbuffer, vector_releasebuffer};
static PySequenceMethods as_sequence = {.sq_length = vector_length};

PyTypeObject vector_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "gluster.glupy.native.IoVec",
    .tp_basicsize = offsetof(struct vector, vec),
    .tp_itemsize = sizeof(struct iovec),
    .tp_dealloc = vector_dealloc,
    .tp_traverse = vector_traverse,
    .tp_clear = vector_clear,
    .tp_repr = vector_repr,
    .tp_as_buffer = &as_buffer,
    .tp_as_sequence = &as_sequence,
    .tp_getset = attributes,
    .tp_methods = methods,
    .tp_new = vector_new,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "IoVec(data)\n--\n\n"
              "The data of readv and writev, in segments; len() is their number. IoVec(data) "
              "copies bytes into memory of GlusterFS's own. With one segment it is itself "
              "like bytes for memoryview, hashlib, zlib and the like.",
};
