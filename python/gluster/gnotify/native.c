/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * gluster.gnotify._native: libgnotify for Python; native.h says where what is. What can be done in
 * Python is done there (__init__.py).
 */
#include "python/gluster/gnotify/native.h"

static PyObject *error_of; /* errors.of(errno, sentence) */

PyObject *
native_fail(ssize_t ret, const char *sentence)
{
    PyObject *error = PyObject_CallFunction(error_of, "iz", (int)-ret, sentence);

    if (error) {
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
        Py_DECREF(error);
    }
    return NULL;
}

/* ---- the other calls ---------------------------------------------------------------------- */

/* What a call that returned ret is in Python; the lock is held. */
static PyObject *
done(struct handle *h, ssize_t ret, bool number)
{
    PyObject *result = ret < 0 ? native_fail(ret, gnotify_error(h->g))
                       : number ? PyLong_FromSsize_t(ret) : Py_NewRef(Py_None);

    PyThread_release_lock(h->lock);
    handle_end(h);
    return result;
}

/* crawl: False, True, or 'first'. */
static int
crawl_bits(PyObject *value, void *bits)
{
    unsigned *out = bits;
    bool first = PyUnicode_Check(value) && !PyUnicode_CompareWithASCIIString(value, "first");

    if (!first && !PyBool_Check(value)) {
        PyErr_Format(PyExc_ValueError, "crawl is %R: there are False, True and 'first'", value);
        return 0;
    }
    *out = first ? GNOTIFY_CRAWL_FIRST : value == Py_True ? GNOTIFY_CRAWL : 0;
    return 1;
}

static PyObject *
handle_add_watch(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"path", "mask", "crawl", NULL};
    struct handle *h = (struct handle *)self;
    unsigned mask = GNOTIFY_ALL_EVENTS, crawl = 0;
    PyObject *path, *result = NULL;
    int ret;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|IO&:add_watch", names, PyUnicode_FSConverter,
                                     &path, &mask, crawl_bits, &crawl))
        return NULL;
    if (handle_begin(h)) {
        handle_take(h);
        Py_BEGIN_ALLOW_THREADS
        ret = gnotify_add_watch(h->g, PyBytes_AS_STRING(path), mask | crawl);
        Py_END_ALLOW_THREADS
        result = done(h, ret, true);
    }
    Py_DECREF(path);
    return result;
}

static PyObject *
handle_rm_watch(PyObject *self, PyObject *arg)
{
    struct handle *h = (struct handle *)self;
    long wd = PyLong_AsLong(arg);
    int ret;

    if ((wd == -1 && PyErr_Occurred()) || !handle_begin(h))
        return NULL;
    handle_take(h);
    Py_BEGIN_ALLOW_THREADS
    ret = gnotify_rm_watch(h->g, (int)wd);
    Py_END_ALLOW_THREADS
    return done(h, ret, false);
}

static PyObject *
handle_ack(PyObject *self, PyObject *arg)
{
    struct handle *h = (struct handle *)self;
    uint64_t number;
    int ret;

    if (Py_IS_TYPE(arg, &event_type)) {
        number = ((struct event *)arg)->is.number;
    } else {
        number = PyLong_AsUnsignedLongLong(arg);
        if (number == (uint64_t)-1 && PyErr_Occurred())
            return NULL;
    }
    if (!handle_begin(h))
        return NULL;
    handle_take(h);
    Py_BEGIN_ALLOW_THREADS
    ret = gnotify_ack(h->g, number);
    Py_END_ALLOW_THREADS
    return done(h, ret, false);
}

static PyObject *
handle_forget(PyObject *self, PyObject *unused)
{
    struct handle *h = (struct handle *)self;
    int ret;

    (void)unused;
    if (!handle_begin(h))
        return NULL;
    handle_take(h);
    Py_BEGIN_ALLOW_THREADS
    ret = gnotify_forget(h->g);
    Py_END_ALLOW_THREADS
    return done(h, ret, false);
}

static PyObject *
handle_fileno(PyObject *self, PyObject *unused)
{
    struct handle *h = (struct handle *)self;

    (void)unused;
    if (!handle_begin(h))
        return NULL;
    int fd = gnotify_fd(h->g);

    handle_end(h);
    return PyLong_FromLong(fd);
}

static PyObject *
handle_enter(PyObject *self, PyObject *unused)
{
    (void)unused;
    return Py_NewRef(self);
}

static PyObject *
handle_closed(PyObject *self, void *unused)
{
    (void)unused;
    return PyBool_FromLong(((struct handle *)self)->closed);
}

#define KEYWORDS(function) (PyCFunction)(void (*)(void))function

static PyMethodDef handle_methods[] = {
    {"add_watch", KEYWORDS(handle_add_watch), METH_VARARGS | METH_KEYWORDS,
     "add_watch(path, mask=ALL_EVENTS, crawl=False): watches a file or folder; the number of the "
     "watch. crawl: True or 'first'; see docs/gnotify-python.md."},
    {"rm_watch", handle_rm_watch, METH_O, "rm_watch(wd): ends a watch."},
    {"read", KEYWORDS(handle_read), METH_VARARGS | METH_KEYWORDS,
     "read(timeout=None): waits, and returns a list of what is there; [] when the time, in "
     "seconds, is over, or after wake()."},
    {"ack", handle_ack, METH_O,
     "ack(event): remembers under the cursor that all up to this event was dealt with."},
    {"forget", handle_forget, METH_NOARGS, "forget(): the bricks forget the cursor."},
    {"fileno", handle_fileno, METH_NOARGS, "fileno(): readable while there is something to read."},
    {"wake", handle_wake, METH_NOARGS, "wake(): ends a read or an iteration that waits, or the next one."},
    {"close", handle_close, METH_NOARGS, "close(): ends all; a read that waits returns."},
    {"__enter__", handle_enter, METH_NOARGS, NULL},
    {"__exit__", handle_close, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef handle_getset[] = {
    {"closed", handle_closed, NULL, "Whether close() was called.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject handle_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "gluster.gnotify.Gnotify",
    .tp_doc = "Gnotify(volume, *, cursor=None, from_=None, behind=None, socket=None, log_file=None, "
              "events=0, memory=0): what happens on a volume; see docs/gnotify-python.md.",
    .tp_basicsize = sizeof(struct handle),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_new = handle_new,
    .tp_init = handle_init,
    .tp_dealloc = handle_dealloc,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = handle_next,
    .tp_methods = handle_methods,
    .tp_getset = handle_getset,
};

/* ---- the module ----------------------------------------------------------------------------- */

static PyObject *
parse_events(PyObject *self, PyObject *arg)
{
    const char *list = PyUnicode_AsUTF8(arg);
    uint32_t mask = 0;

    (void)self;
    if (!list)
        return NULL;
    if (gnotify_parse_events(list, &mask))
        return PyErr_Format(PyExc_ValueError, "'%s' is no list of events, as 'create,close_write'", list);
    return PyLong_FromUnsignedLong(mask);
}

static PyMethodDef functions[] = {
    {"parse_events", parse_events, METH_O, "parse_events('create,moved_to'): their bits."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "gluster.gnotify._native",
    .m_size = -1,
    .m_methods = functions,
};

PyMODINIT_FUNC PyInit__native(void);

PyMODINIT_FUNC
PyInit__native(void)
{
    PyObject *errors = PyImport_ImportModule("gluster.gnotify.errors");
    PyObject *module = NULL;

    error_of = errors ? PyObject_GetAttrString(errors, "of") : NULL;
    Py_XDECREF(errors);
    if (error_of && !PyType_Ready(&event_type) && !PyType_Ready(&handle_type))
        module = PyModule_Create(&definition);
    if (module && (PyModule_AddObjectRef(module, "Event", (PyObject *)&event_type) ||
                   PyModule_AddObjectRef(module, "Gnotify", (PyObject *)&handle_type)))
        Py_CLEAR(module);
    return module;
}
