/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * gluster.gnotify._native: libgnotify for Python. The types here are what Python sees of a
 * handle and of an event; what can be done in Python is done there (__init__.py).
 *
 * A handle may be used by several threads: `lock` is held around each call of the library,
 * and not while one waits. Waiting is done here, on the handle's descriptor, so that signals are
 * seen by Python (KeyboardInterrupt), and so that close() and wake() end it.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <structmember.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "libgnotify/gnotify.h"

enum {
    BUFFER = 256 << 10,
    SLEEP_MS = 1000, /* a signal may come right before a sleep: then it is seen after this */
};

static PyObject *error_of; /* errors.of(errno, sentence) */

/* Raises what fits -errno; NULL. */
static PyObject *
fail(ssize_t ret, const char *sentence)
{
    PyObject *error = PyObject_CallFunction(error_of, "iz", (int)-ret, sentence);

    if (error) {
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
        Py_DECREF(error);
    }
    return NULL;
}

/* ---- events ----------------------------------------------------------------------- */

/* One event with its strings behind it, as the library packed it. */
struct event {
    PyObject_VAR_HEAD
    struct gnotify_event is;
};

static PyTypeObject event_type;

static void
shift(const char **text, const struct gnotify_event *from, struct gnotify_event *to)
{
    if (*text)
        *text = (const char *)to + (*text - (const char *)from);
}

static PyObject *
event_new(const struct gnotify_event *is)
{
    struct event *e = PyObject_NewVar(struct event, &event_type, is->size);

    if (!e)
        return NULL;
    memcpy(&e->is, is, is->size);
    shift(&e->is.name, is, &e->is);
    shift(&e->is.path, is, &e->is);
    shift(&e->is.client, is, &e->is);
    shift(&e->is.detail, is, &e->is);
    return (PyObject *)e;
}

/* The getters' closures: which string, which flag. */
static const char *
string_at(PyObject *self, void *offset)
{
    return *(const char **)((char *)&((struct event *)self)->is + (size_t)offset);
}

static PyObject *
get_text(PyObject *self, void *offset)
{
    const char *text = string_at(self, offset);

    if (!text)
        Py_RETURN_NONE;
    return PyUnicode_DecodeFSDefault(text);
}

static PyObject *
get_bytes(PyObject *self, void *offset)
{
    const char *text = string_at(self, offset);

    if (!text)
        Py_RETURN_NONE;
    return PyBytes_FromString(text);
}

static PyObject *
get_bit(PyObject *self, void *bit)
{
    return PyBool_FromLong(((struct event *)self)->is.mask & (uint32_t)(uintptr_t)bit);
}

static PyObject *
get_flag(PyObject *self, void *flag)
{
    return PyBool_FromLong(((struct event *)self)->is.flags & (uint32_t)(uintptr_t)flag);
}

/* A number that is only there where flags say so: None elsewhere. */
struct sometimes {
    uint32_t flag;
    size_t offset;
    enum { UINT32, INT32, UINT64 } type;
};

static PyObject *
get_sometimes(PyObject *self, void *closure)
{
    const struct gnotify_event *e = &((struct event *)self)->is;
    const struct sometimes *s = closure;
    const char *at = (const char *)e + s->offset;

    if (!(e->flags & s->flag))
        Py_RETURN_NONE;
    if (s->type == INT32)
        return PyLong_FromLong(*(const int32_t *)at);
    return PyLong_FromUnsignedLongLong(s->type == UINT32 ? *(const uint32_t *)at
                                                        : *(const uint64_t *)at);
}

static PyObject *
get_gfid(PyObject *self, void *offset)
{
    const uint8_t *g = (const uint8_t *)&((struct event *)self)->is + (size_t)offset;
    static const uint8_t none[16];
    char text[37], *at = text;

    if (!memcmp(g, none, sizeof(none)))
        Py_RETURN_NONE;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = "0123456789abcdef"[g[i] >> 4];
        *at++ = "0123456789abcdef"[g[i] & 15];
    }
    return PyUnicode_FromStringAndSize(text, at - text);
}

static PyObject *
get_names(PyObject *self, void *closure)
{
    uint32_t mask = ((struct event *)self)->is.mask;
    PyObject *names = PyList_New(0);

    (void)closure;
    for (uint32_t bit = 1; names && bit; bit <<= 1) {
        const char *text = mask & bit ? gnotify_event_name(bit) : NULL;
        PyObject *name = text ? PyUnicode_FromString(text) : NULL;

        if (text && (!name || PyList_Append(names, name)))
            Py_CLEAR(names);
        Py_XDECREF(name);
    }
    return names;
}

static PyObject *
event_repr(PyObject *self)
{
    PyObject *names = get_names(self, NULL), *path = NULL, *bar = NULL, *all = NULL, *text = NULL;

    if (names && (path = get_text(self, (void *)offsetof(struct gnotify_event, path))) &&
        (bar = PyUnicode_FromString("|")) && (all = PyUnicode_Join(bar, names)))
        text = PyUnicode_FromFormat("<Event %U %R>", all, path);
    Py_XDECREF(names);
    Py_XDECREF(path);
    Py_XDECREF(bar);
    Py_XDECREF(all);
    return text;
}

#define AT(member) offsetof(struct gnotify_event, member)
#define TEXT(member, doc)                                                              \
    {#member, get_text, NULL, doc, (void *)AT(member)},                                \
    {#member "_bytes", get_bytes, NULL, "The same as bytes.", (void *)AT(member)}
#define SOMETIMES(what, flag_, type_, doc)                                             \
    {#what, get_sometimes, NULL, doc,                                                  \
     &(struct sometimes){.flag = (flag_), .offset = AT(what), .type = (type_)}}
#define BIT(what, bit, doc) {#what, get_bit, NULL, doc, (void *)(uintptr_t)(bit)}
#define FLAG(what, flag, doc) {#what, get_flag, NULL, doc, (void *)(uintptr_t)(flag)}

static PyGetSetDef event_getset[] = {
    TEXT(name, "Below the watched folder: 'f' or 'a/b/f'; None: the watched file itself."),
    TEXT(path, "From the volume's root: '/dir/f'; None: could not be found out."),
    TEXT(client, "Who: GlusterFS's name of the client process."),
    TEXT(detail, "Of ATTRIB: the extended attribute; of GAP: brick and reason."),
    {"gfid", get_gfid, NULL, "The file's, as text; None.", (void *)AT(gfid)},
    {"parent", get_gfid, NULL, "The folder's, as text; None.", (void *)AT(parent)},
    SOMETIMES(offset, GNOTIFY_HAS_RANGE, UINT64, "First byte concerned by MODIFY; or None."),
    SOMETIMES(length, GNOTIFY_HAS_RANGE, UINT64, "How many bytes; or None."),
    SOMETIMES(pid, GNOTIFY_HAS_ACTOR, INT32, "The process, by its client's numbers; or None."),
    SOMETIMES(uid, GNOTIFY_HAS_ACTOR, UINT32, "Its user; or None."),
    SOMETIMES(gid, GNOTIFY_HAS_ACTOR, UINT32, "Its group; or None."),
    {"names", get_names, NULL, "['CREATE', 'ISDIR']: the words of mask.", NULL},
    BIT(is_dir, GNOTIFY_ISDIR, "It happened to a folder."),
    BIT(is_gap, GNOTIFY_GAP, "Changes of the time from gap_start to gap_end may be missing."),
    BIT(is_synthetic, GNOTIFY_SYNTHETIC, "Not recorded, but found out."),
    BIT(is_caught_up, GNOTIFY_CAUGHT_UP, "All that was recorded before the beginning was read."),
    FLAG(truncated, GNOTIFY_TRUNCATED, "MODIFY: the size was set, to offset."),
    FLAG(xattr_removed, GNOTIFY_XATTR_REMOVED, "ATTRIB: the attribute `detail` is gone."),
    FLAG(last_link, GNOTIFY_LAST_LINK, "DELETE: the file has no other name."),
    FLAG(linked, GNOTIFY_LINKED, "CREATE: another name of a file that was there."),
    FLAG(replaced, GNOTIFY_REPLACED, "MOVED_TO: what had that name before is gone."),
    FLAG(unplaced, GNOTIFY_UNPLACED, "Where it is could not be found out."),
    {NULL, NULL, NULL, NULL, NULL},
};

#define MEMBER(what, type, member, doc) {what, type, offsetof(struct event, is) + AT(member), READONLY, doc}

static PyMemberDef event_members[] = {
    MEMBER("wd", T_INT, wd, "The watch; -1: of the whole volume."),
    MEMBER("mask", T_UINT, mask, "What happened."),
    MEMBER("cookie", T_UINT, cookie, "The same in both events of a move; else 0."),
    MEMBER("number", T_ULONGLONG, number, "For ack(); never falls."),
    MEMBER("time", T_ULONGLONG, time, "ns since 1970 by the client's clock; 0: not known."),
    MEMBER("gap_start", T_ULONGLONG, from, "Of a gap: ns since 1970; 0: not known."),
    MEMBER("gap_end", T_ULONGLONG, to, "Of a gap: ns since 1970."),
    MEMBER("flags", T_UINT, flags, "GNOTIFY_HAS_… of gnotify.h."),
    {NULL, 0, 0, 0, NULL},
};

static PyTypeObject event_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "gluster.gnotify.Event",
    .tp_doc = "One thing that happened; see docs/gnotify-python.md.",
    .tp_basicsize = offsetof(struct event, is),
    .tp_itemsize = 1,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_repr = event_repr,
    .tp_getset = event_getset,
    .tp_members = event_members,
};

/* ---- handles ------------------------------------------------------------------------- */

struct handle {
    PyObject_HEAD
    struct gnotify *g;
    PyThread_type_lock lock;
    int woken; /* an eventfd: wake() and close() */
    bool closed;
    unsigned inside; /* threads that use it; like the rest, guarded by the GIL */
    char *buffer;
    const char *at, *end; /* what was read and not given yet */
};

static void
take(struct handle *h)
{
    if (!PyThread_acquire_lock(h->lock, NOWAIT_LOCK)) {
        Py_BEGIN_ALLOW_THREADS
        PyThread_acquire_lock(h->lock, WAIT_LOCK);
        Py_END_ALLOW_THREADS
    }
}

/* Before and after whatever uses g: false when the handle is closed, an error set. The last
 * one that leaves a closed handle ends it. */
static bool
begin(struct handle *h)
{
    if (h->closed || !h->g) {
        PyErr_SetString(PyExc_ValueError, "this Gnotify is closed: make another one");
        return false;
    }
    h->inside++;
    return true;
}

static void
end(struct handle *h)
{
    if (--h->inside || !h->closed || !h->g)
        return;
    struct gnotify *g = h->g;

    h->g = NULL;
    Py_BEGIN_ALLOW_THREADS
    gnotify_close(g);
    Py_END_ALLOW_THREADS
}

static int
parse_from(const char *from, struct gnotify_options *o)
{
    if (!from)
        o->from = o->cursor ? GNOTIFY_FROM_CURSOR : GNOTIFY_FROM_NOW;
    else if (!strcmp(from, "now"))
        o->from = GNOTIFY_FROM_NOW;
    else if (!strcmp(from, "oldest"))
        o->from = GNOTIFY_FROM_OLDEST;
    else if (!strcmp(from, "cursor"))
        o->from = GNOTIFY_FROM_CURSOR;
    else
        return PyErr_Format(PyExc_ValueError, "from_='%s' is none of 'now', 'oldest', 'cursor'", from), -1;
    return 0;
}

static int
handle_open(struct handle *h, const char *volume, const struct gnotify_options *o)
{
    struct gnotify *g = NULL;
    int ret;

    h->woken = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    h->buffer = PyMem_RawMalloc(BUFFER);
    h->lock = PyThread_allocate_lock();
    if (h->woken < 0 || !h->buffer || !h->lock) {
        PyErr_NoMemory();
        return -1;
    }
    Py_BEGIN_ALLOW_THREADS
    ret = gnotify_init(&g, volume, o);
    Py_END_ALLOW_THREADS
    if (ret < 0) {
        fail(ret, gnotify_error(NULL));
        return -1;
    }
    h->g = g;
    return 0;
}

static int
handle_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"volume", "cursor", "from_", "behind", "socket", "log_file", "events",
                            "below", "memory", NULL};
    struct gnotify_options o = {.size = sizeof(o)};
    PyObject *volume = NULL, *place = NULL, *below = NULL;
    struct handle *h = (struct handle *)self;
    const char *from = NULL;
    Py_ssize_t memory = 0;
    int ret = -1;

    if (h->g || h->closed || h->lock)
        return PyErr_SetString(PyExc_RuntimeError, "a Gnotify is made once"), -1;
    if (PyArg_ParseTupleAndKeywords(args, kwargs, "O&|$zzzzzIOn:Gnotify", names,
                                    PyUnicode_FSConverter, &volume, &o.cursor, &from, &o.behind,
                                    &o.socket, &o.log_file, &o.events, &place, &memory) &&
        (!place || place == Py_None || PyUnicode_FSConverter(place, &below)) &&
        !parse_from(from, &o)) {
        o.memory = memory > 0 ? (size_t)memory : 0;
        o.below = below ? PyBytes_AS_STRING(below) : NULL;
        ret = handle_open(h, PyBytes_AS_STRING(volume), &o);
    }
    Py_XDECREF(volume);
    Py_XDECREF(below);
    return ret;
}

static void
wake(struct handle *h)
{
    const uint64_t one = 1;

    while (h->woken >= 0 && write(h->woken, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

static PyObject *
handle_close(PyObject *self, PyObject *unused)
{
    struct handle *h = (struct handle *)self;

    (void)unused;
    if (!h->closed) {
        h->inside++;
        h->closed = true;
        wake(h);
        end(h);
    }
    Py_RETURN_NONE;
}

static PyObject *
handle_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    struct handle *h = (struct handle *)type->tp_alloc(type, 0);

    (void)args, (void)kwargs;
    if (h)
        h->woken = -1;
    return (PyObject *)h;
}

static void
handle_dealloc(PyObject *self)
{
    struct handle *h = (struct handle *)self;

    if (h->g) {
        h->closed = true;
        h->inside = 1;
        end(h);
    }
    if (h->woken >= 0)
        close(h->woken);
    if (h->lock)
        PyThread_free_lock(h->lock);
    PyMem_RawFree(h->buffer);
    Py_TYPE(self)->tp_free(self);
}

/* ---- reading ---------------------------------------------------------------------------- */

static int64_t
now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* Fills the buffer with what is there; the lock is taken. Bytes, 0 or -errno. */
static ssize_t
fill(struct handle *h)
{
    ssize_t n;

    Py_BEGIN_ALLOW_THREADS
    n = gnotify_read(h->g, h->buffer, BUFFER, 0);
    Py_END_ALLOW_THREADS
    if (n > 0) {
        h->at = h->buffer;
        h->end = h->buffer + n;
    }
    return n == -EINTR ? 0 : n;
}

/* Waits until there may be something, until woken, or a signal: 0; -1 with an error set. */
static int
sleep_on(struct handle *h, int timeout, bool *woken)
{
    struct pollfd fds[] = {{.fd = gnotify_fd(h->g), .events = POLLIN},
                           {.fd = h->woken, .events = POLLIN}};
    uint64_t count;
    int n;

    Py_BEGIN_ALLOW_THREADS
    n = poll(fds, 2, timeout);
    Py_END_ALLOW_THREADS
    if (n <= 0 && PyErr_CheckSignals())
        return -1;
    if (n > 0 && fds[1].revents && (h->closed || read(h->woken, &count, sizeof(count)) > 0))
        *woken = true;
    return 0;
}

/* 1: there is something in the buffer, and the lock is held; 0: time is over, or woken; -1:
 * an error is set. */
static int
await(struct handle *h, int64_t timeout)
{
    int64_t until = timeout < 0 ? -1 : now_ms() + timeout;
    bool woken = false;

    for (;;) {
        take(h);
        ssize_t n = h->at < h->end ? 1 : h->closed ? 0 : fill(h);

        if (n > 0)
            return 1;
        if (n < 0)
            fail(n, gnotify_error(h->g));
        PyThread_release_lock(h->lock);
        if (n < 0)
            return -1;
        int64_t left = until < 0 ? -1 : until - now_ms();

        if (woken || h->closed || (until >= 0 && left <= 0))
            return 0;
        if (sleep_on(h, left < 0 || left > SLEEP_MS ? SLEEP_MS : (int)left, &woken))
            return -1;
    }
}

static PyObject *
next_event(struct handle *h)
{
    const struct gnotify_event *e = (const struct gnotify_event *)h->at;
    PyObject *made = event_new(e);

    if (made)
        h->at += e->size;
    return made;
}

/* timeout: seconds as a number, None for ever. -2: an error is set. */
static int64_t
parse_timeout(PyObject *timeout)
{
    if (!timeout || timeout == Py_None)
        return -1;
    double seconds = PyFloat_AsDouble(timeout);

    if (seconds == -1 && PyErr_Occurred())
        return -2;
    if (!(seconds >= 0)) {
        PyErr_SetString(PyExc_ValueError, "timeout is below zero: give seconds, or None for ever");
        return -2;
    }
    return seconds > 1e12 ? -1 : (int64_t)(seconds * 1000 + 0.999);
}

static PyObject *
handle_read(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"timeout", NULL};
    struct handle *h = (struct handle *)self;
    PyObject *timeout = NULL, *events = NULL;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:read", names, &timeout))
        return NULL;
    int64_t ms = parse_timeout(timeout);

    if (ms < -1 || !begin(h))
        return NULL;
    int ret = await(h, ms);

    if (ret >= 0)
        events = PyList_New(0);
    while (ret > 0 && events && h->at < h->end) {
        PyObject *e = next_event(h);

        if (!e || PyList_Append(events, e))
            Py_CLEAR(events);
        Py_XDECREF(e);
    }
    if (ret > 0)
        PyThread_release_lock(h->lock);
    end(h);
    return events;
}

/* NULL without an error ends a for loop: when it was woken or closed. */
static PyObject *
handle_next(PyObject *self)
{
    struct handle *h = (struct handle *)self;
    PyObject *e = NULL;

    if (h->closed)
        return NULL;
    if (!begin(h))
        return NULL;
    if (await(h, -1) > 0) {
        e = next_event(h);
        PyThread_release_lock(h->lock);
    }
    end(h);
    return e;
}

/* ---- the other calls ---------------------------------------------------------------------- */

/* What a call that returned ret is in Python; the lock is held. */
static PyObject *
done(struct handle *h, ssize_t ret, bool number)
{
    PyObject *result = ret < 0 ? fail(ret, gnotify_error(h->g))
                       : number ? PyLong_FromSsize_t(ret) : Py_NewRef(Py_None);

    PyThread_release_lock(h->lock);
    end(h);
    return result;
}

static PyObject *
handle_add_watch(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"path", "mask", NULL};
    struct handle *h = (struct handle *)self;
    unsigned mask = GNOTIFY_ALL_EVENTS;
    PyObject *path, *result = NULL;
    int ret;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|I:add_watch", names, PyUnicode_FSConverter,
                                     &path, &mask))
        return NULL;
    if (begin(h)) {
        take(h);
        Py_BEGIN_ALLOW_THREADS
        ret = gnotify_add_watch(h->g, PyBytes_AS_STRING(path), mask);
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

    if ((wd == -1 && PyErr_Occurred()) || !begin(h))
        return NULL;
    take(h);
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
    if (!begin(h))
        return NULL;
    take(h);
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
    if (!begin(h))
        return NULL;
    take(h);
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
    if (!begin(h))
        return NULL;
    int fd = gnotify_fd(h->g);

    end(h);
    return PyLong_FromLong(fd);
}

static PyObject *
handle_wake(PyObject *self, PyObject *unused)
{
    (void)unused;
    wake((struct handle *)self);
    Py_RETURN_NONE;
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
     "add_watch(path, mask=ALL_EVENTS): watches a file or folder; the number of the watch."},
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
              "events=0, below=None, memory=0): what happens on a volume; see docs/gnotify-python.md.",
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
