/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Lock, Lease, and the LockList of getactivelk.
 */
#include "xlators/glupy/types.h"

/* ---- Lock -------------------------------------------------------------------- */

static PyObject *
lock_owner(PyObject *self, void *unused)
{
    struct gf_flock *lock = view_address(self);

    (void)unused;
    if (!lock)
        return NULL;
    int len = lock->l_owner.len;

    if (len < 0 || len > GF_MAX_LOCK_OWNER_LEN)
        len = 0;
    return PyBytes_FromStringAndSize(lock->l_owner.data, len);
}

static int
set_owner(PyObject *self, PyObject *value, void *unused)
{
    struct gf_flock *lock = view_address(self);
    Py_buffer buffer;

    (void)unused;
    if (!lock)
        return -1;
    if (!value || !PyObject_CheckBuffer(value)) {
        PyErr_Format(PyExc_TypeError, "l_owner: bytes are wanted, not %.100s",
                     value ? Py_TYPE(value)->tp_name : "nothing");
        return -1;
    }
    if (PyObject_GetBuffer(value, &buffer, PyBUF_SIMPLE))
        return -1;
    bool fits = buffer.len <= GF_MAX_LOCK_OWNER_LEN;

    if (fits) {
        memcpy(lock->l_owner.data, buffer.buf, (size_t)buffer.len);
        lock->l_owner.len = (int)buffer.len;
    } else {
        PyErr_Format(PyExc_ValueError, "l_owner: at most %d bytes are wanted, not %zd",
                     GF_MAX_LOCK_OWNER_LEN, buffer.len);
    }
    PyBuffer_Release(&buffer);
    return fits ? 0 : -1;
}

#define L(name, doc) NUMBER(struct gf_flock, name, #name, doc)
static PyGetSetDef lock_attributes[] = {
    L(l_type, "F_RDLCK, F_WRLCK or F_UNLCK of fcntl."),
    L(l_whence, "os.SEEK_SET, SEEK_CUR or SEEK_END: from where l_start counts."),
    L(l_start, "The first byte."),
    L(l_len, "Number of bytes; 0: to the end, however far that moves."),
    L(l_pid, "The process that has or wants the lock."),
    {"l_owner", lock_owner, set_owner, "Who has or wants the lock: bytes.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
#undef L

static PyObject *
new_of(enum kind kind, size_t size, PyObject *args, PyObject *kwargs)
{
    PyObject *self = (PyObject *)view_new_memory(kind, size);

    if (self && attributes_set(self, args, kwargs))
        Py_CLEAR(self);
    return self;
}

static PyObject *
lock_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)type;
    return new_of(KIND_FLOCK, sizeof(struct gf_flock), args, kwargs);
}

static PyObject *
lock_repr(PyObject *self)
{
    struct gf_flock *lock = view_address(self);

    return lock ? PyUnicode_FromFormat("Lock(l_type=%d, l_start=%lld, l_len=%lld, l_pid=%d)",
                                       lock->l_type, (long long)lock->l_start,
                                       (long long)lock->l_len, (int)lock->l_pid)
                : NULL;
}

PyTypeObject lock_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "gluster.glupy.native.Lock",
    .tp_basicsize = sizeof(struct view),
    .tp_dealloc = view_dealloc,
    .tp_repr = lock_repr,
    .tp_new = lock_new,
    .tp_getset = lock_attributes,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "Lock(**attributes)\n--\n\n"
              "A lock on bytes of a file, as struct flock has it. What is not given is 0.",
};

/* ---- Lease --------------------------------------------------------------------- */

static PyObject *
lease_id(PyObject *self, void *unused)
{
    struct gf_lease *lease = view_address(self);

    (void)unused;
    return lease ? PyBytes_FromStringAndSize(lease->lease_id, LEASE_ID_SIZE) : NULL;
}

static int
set_lease_id(PyObject *self, PyObject *value, void *unused)
{
    struct gf_lease *lease = view_address(self);

    (void)unused;
    _Static_assert(LEASE_ID_SIZE == sizeof(uuid_t), "a lease's id is as long as a gfid");
    return lease ? gfid_read(value, "lease_id", (unsigned char *)lease->lease_id) : -1;
}

#define L(name, attribute, doc) NUMBER(struct gf_lease, name, attribute, doc)
static PyGetSetDef lease_attributes[] = {
    L(cmd, "cmd", "1: which lease is there, 2: take it, 3: give it back."),
    L(lease_type, "lease_type", "0: none, 1: to read, 2: to write, 3: both."),
    L(lease_flags, "lease_flags", "Flags of the lease."),
    {"lease_id", lease_id, set_lease_id, "Whose lease it is: bytes of length 16.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
#undef L

static PyObject *
lease_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)type;
    return new_of(KIND_LEASE, sizeof(struct gf_lease), args, kwargs);
}

static PyObject *
lease_repr(PyObject *self)
{
    struct gf_lease *lease = view_address(self);

    return lease ? PyUnicode_FromFormat("Lease(cmd=%d, lease_type=%d, lease_flags=%u)",
                                        (int)lease->cmd, (int)lease->lease_type,
                                        lease->lease_flags)
                 : NULL;
}

PyTypeObject lease_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "gluster.glupy.native.Lease",
    .tp_basicsize = sizeof(struct view),
    .tp_dealloc = view_dealloc,
    .tp_repr = lease_repr,
    .tp_new = lease_new,
    .tp_getset = lease_attributes,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "Lease(**attributes)\n--\n\nA lease on a file. What is not given is 0.",
};

/* ---- LockList -------------------------------------------------------------------- */

/* Its own are freed with put_locks; see own_release. */
static lock_migration_info_t *
locks_at(PyObject *self, Py_ssize_t i)
{
    lock_migration_info_t *head = view_address(self), *lock;

    if (!head)
        return NULL;
    if (i >= 0) {
        list_for_each_entry(lock, &head->list, list)
        {
            if (!i--)
                return lock;
        }
    }
    PyErr_SetString(PyExc_IndexError, "LockList index out of range");
    return NULL;
}

static Py_ssize_t
locks_length(PyObject *self)
{
    lock_migration_info_t *head = view_address(self), *lock;
    Py_ssize_t count = 0;

    if (!head)
        return -1;
    list_for_each_entry(lock, &head->list, list) count++;
    return count;
}

static PyObject *
locks_item(PyObject *self, Py_ssize_t i)
{
    lock_migration_info_t *lock = locks_at(self, i);
    struct view *copy = lock ? view_new_memory(KIND_FLOCK, sizeof(lock->flock)) : NULL;

    if (!copy)
        return NULL;
    memcpy(((struct own *)copy->p)->memory, &lock->flock, sizeof(lock->flock));
    return Py_BuildValue("NNI", text_new(lock->client_uid), (PyObject *)copy,
                         lock->lk_flags);
}

static int
append(lock_migration_info_t *head, PyObject *item)
{
    PyObject *client, *lock;
    unsigned flags = 0;
    void *p;

    if (!PyTuple_Check(item)) {
        PyErr_Format(PyExc_TypeError, "LockList: (client_uid, Lock, lk_flags) is wanted, "
                     "not %.100s", Py_TYPE(item)->tp_name);
        return -1;
    }
    if (!PyArg_ParseTuple(item, "OO|I:LockList", &client, &lock, &flags) ||
        view_pointer(lock, KIND_FLOCK, "LockList", &p))
        return -1;
    AUTO_PY PyObject *text = text_read(client, "client_uid");

    if (!text)
        return -1;
    if (!p) {
        PyErr_SetString(PyExc_TypeError, "LockList: Lock is wanted, not None");
        return -1;
    }
    lock_migration_info_t *new = GF_CALLOC(1, sizeof(*new), gf_common_mt_lock_mig);

    if (!new || !(new->client_uid = gf_strdup(PyBytes_AS_STRING(text)))) {
        GF_FREE(new);
        PyErr_NoMemory();
        return -1;
    }
    new->flock = *(struct gf_flock *)p;
    new->lk_flags = flags;
    list_add_tail(&new->list, &head->list);
    return 0;
}

static PyObject *
locks_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"locks", NULL};
    PyObject *locks = NULL;

    (void)type;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:LockList", names, &locks))
        return NULL;
    AUTO_PY PyObject *items =
        locks ? PySequence_Fast(locks, "LockList: a sequence is wanted") : PyTuple_New(0);

    if (!items)
        return NULL;
    PyObject *self = (PyObject *)view_new_memory(KIND_LOCKS, sizeof(lock_migration_info_t));

    if (!self)
        return NULL;
    lock_migration_info_t *head = view_address(self);

    INIT_LIST_HEAD(&head->list);
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items); i++) {
        if (append(head, PySequence_Fast_GET_ITEM(items, i))) {
            Py_DECREF(self);
            return NULL;
        }
    }
    return self;
}

static PyObject *
locks_repr(PyObject *self)
{
    AUTO_PY PyObject *list = PySequence_List(self);

    return list ? PyUnicode_FromFormat("LockList(%R)", list) : NULL;
}

static PySequenceMethods as_sequence = {.sq_length = locks_length, .sq_item = locks_item};

PyTypeObject locks_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "gluster.glupy.native.LockList",
    .tp_basicsize = sizeof(struct view),
    .tp_dealloc = view_dealloc,
    .tp_repr = locks_repr,
    .tp_as_sequence = &as_sequence,
    .tp_new = locks_new,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_SEQUENCE,
    .tp_doc = "LockList(locks=())\n--\n\n"
              "The locks that clients hold on a file, for getactivelk and setactivelk: a "
              "sequence of (client_uid, Lock, lk_flags).",
};
