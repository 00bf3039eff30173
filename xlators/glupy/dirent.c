/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Dirents and Dirent: what readdir and readdirp answer. See entries.h for who may have
 * them when.
 */
#include "xlators/glupy/types.h"
#include "xlators/glupy/entries.h"

#include <errno.h>

/* A Dirent; its p is a struct slot, which lives as long as the request. */
struct dirent_view {
    struct view view;
    struct entries *entries;
};

static PyObject *
locking_failed(int err)
{
    if (err == ENOMEM)
        return PyErr_NoMemory();
    PyErr_SetString(classic_stale(), "the directory's entries were answered and are gone");
    return NULL;
}

/* ---- Dirent ------------------------------------------------------------------- */

/* Locks. The slot, or NULL with an exception and nothing locked. */
static struct slot *
slot_lock(PyObject *self)
{
    struct slot *slot = view_address(self);
    int err = slot ? entries_lock(((struct dirent_view *)self)->entries) : 0;

    if (err)
        locking_failed(err);
    return err ? NULL : slot;
}

static PyObject *
get_name(PyObject *self, void *unused)
{
    struct slot *slot = slot_lock(self);

    (void)unused;
    if (!slot)
        return NULL;
    /* not made a str here: nothing of Python's is called under the lock */
    AUTO_FREE char *name = strdup(slot->entry->d_name);

    entries_unlock();
    return name ? text_new(name) : PyErr_NoMemory();
}

static int
set_name(PyObject *self, PyObject *value, void *unused)
{
    AUTO_PY PyObject *text = text_read(value, "name");
    struct slot *slot = text ? slot_lock(self) : NULL;

    (void)unused;
    if (!slot)
        return -1;
    int err = entries_rename(((struct dirent_view *)self)->entries, slot,
                             PyBytes_AS_STRING(text));

    entries_unlock();
    if (err)
        PyErr_NoMemory();
    return err ? -1 : 0;
}

static PyObject *
get_ino(PyObject *self, void *unused)
{
    struct slot *slot = slot_lock(self);
    uint64_t ino;

    (void)unused;
    if (!slot)
        return NULL;
    ino = slot->entry->d_ino;
    entries_unlock();
    return PyLong_FromUnsignedLongLong(ino);
}

static PyObject *
get_off(PyObject *self, void *unused)
{
    struct slot *slot = slot_lock(self);
    uint64_t off;

    (void)unused;
    if (!slot)
        return NULL;
    off = slot->entry->d_off;
    entries_unlock();
    return PyLong_FromUnsignedLongLong(off);
}

static PyObject *
get_type(PyObject *self, void *unused)
{
    struct slot *slot = slot_lock(self);
    uint32_t type;

    (void)unused;
    if (!slot)
        return NULL;
    type = slot->entry->d_type;
    entries_unlock();
    return PyLong_FromUnsignedLong(type);
}

enum which { INO, OFF, TYPE };

static int
set_number(PyObject *self, PyObject *value, const char *name, uint64_t max, enum which which)
{
    int64_t number;
    struct slot *slot =
        number_read(value, name, 0, max, &number) ? NULL : slot_lock(self);

    if (!slot)
        return -1;
    if (which == INO)
        slot->entry->d_ino = (uint64_t)number;
    else if (which == OFF)
        slot->entry->d_off = (uint64_t)number;
    else
        slot->entry->d_type = (uint32_t)number;
    entries_unlock();
    return 0;
}

static int
set_ino(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    return set_number(self, value, "ino", UINT64_MAX, INO);
}

static int
set_off(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    return set_number(self, value, "off", UINT64_MAX, OFF);
}

static int
set_type(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    return set_number(self, value, "type", UINT32_MAX, TYPE);
}

static bool
is_empty(const struct iatt *stat)
{
    static const struct iatt none;

    return !memcmp(stat, &none, sizeof(none));
}

static PyObject *
get_stat(PyObject *self, void *unused)
{
    struct slot *slot = slot_lock(self);
    struct iatt *stat = NULL;

    (void)unused;
    if (!slot)
        return NULL;
    bool none = is_empty(slot->stat ? slot->stat : &slot->entry->d_stat);

    if (!none)
        stat = entries_stat(slot);
    entries_unlock();
    if (none)
        Py_RETURN_NONE;
    /* the slot's own memory, not the entry's: good for as long as the request */
    return stat ? view_new(KIND_IATT, ((struct view *)self)->r, stat) : PyErr_NoMemory();
}

static int
set_stat(PyObject *self, PyObject *value, void *unused)
{
    static const struct iatt none;
    void *p;

    (void)unused;
    if (!value)
        value = Py_None;
    if (view_pointer(value, KIND_IATT, "stat", &p))
        return -1;
    struct slot *slot = slot_lock(self);

    if (!slot)
        return -1;
    struct iatt *stat = entries_stat(slot);

    if (stat && stat != p)
        *stat = p ? *(struct iatt *)p : none;
    entries_unlock();
    if (!stat)
        PyErr_NoMemory();
    return stat ? 0 : -1;
}

static PyObject *
get_inode(PyObject *self, void *unused)
{
    struct slot *slot = slot_lock(self);

    (void)unused;
    if (!slot)
        return NULL;
    inode_t *inode = slot->entry->inode ? inode_ref(slot->entry->inode) : NULL;

    entries_unlock();
    if (!inode)
        Py_RETURN_NONE;
    return view_new_reference(KIND_INODE, inode, view_translator(self));
}

static int
set_inode(PyObject *self, PyObject *value, void *unused)
{
    void *p;

    (void)unused;
    if (!value)
        value = Py_None;
    if (view_pointer(value, KIND_INODE, "inode", &p))
        return -1;
    struct slot *slot = slot_lock(self);

    if (!slot)
        return -1;
    inode_t *old = slot->entry->inode;

    slot->entry->inode = p ? inode_ref(p) : NULL;
    entries_unlock();
    if (old)
        view_drop_reference(KIND_INODE, old);
    return 0;
}

static PyObject *
get_dict(PyObject *self, void *unused)
{
    struct slot *slot = slot_lock(self);

    (void)unused;
    if (!slot)
        return NULL;
    dict_t *dict = slot->entry->dict ? dict_ref(slot->entry->dict) : NULL;

    entries_unlock();
    if (!dict)
        Py_RETURN_NONE;
    return view_new_reference(KIND_DICT, dict, NULL);
}

static int
set_dict(PyObject *self, PyObject *value, void *unused)
{
    void *p;

    (void)unused;
    if (!value)
        value = Py_None;
    if (view_pointer(value, KIND_DICT, "dict", &p))
        return -1;
    struct slot *slot = slot_lock(self);

    if (!slot)
        return -1;
    dict_t *old = slot->entry->dict;

    slot->entry->dict = p ? dict_ref(p) : NULL;
    entries_unlock();
    if (old)
        dict_unref(old);
    return 0;
}

static PyObject *
dirent_repr(PyObject *self)
{
    AUTO_PY PyObject *name = get_name(self, NULL);

    return name ? PyUnicode_FromFormat("<Dirent %R>", name) : NULL;
}

static PyGetSetDef dirent_attributes[] = {
    {"name", get_name, set_name, "The name, a str (surrogateescape).", NULL},
    {"ino", get_ino, set_ino, "Inode number.", NULL},
    {"off", get_off, set_off, "Where the next readdir goes on after this entry.", NULL},
    {"type", get_type, set_type, "DT_DIR (4), DT_REG (8) and the like.", NULL},
    {"stat", get_stat, set_stat, "With readdirp: an Iatt, which can be edited; or None.",
     NULL},
    {"inode", get_inode, set_inode, "With readdirp: an Inode; or None.", NULL},
    {"dict", get_dict, set_dict, "With readdirp: extended attributes, a Dict; or None.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject dirent_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "gluster.glupy.native.Dirent",
    .tp_basicsize = sizeof(struct dirent_view),
    .tp_dealloc = view_dealloc,
    .tp_repr = dirent_repr,
    .tp_getset = dirent_attributes,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "An entry of a directory. What is set goes up with the answer. After that it "
              "raises StaleRequest.",
};

/* ---- Dirents ----------------------------------------------------------------------- */

static struct entries *
all_lock(PyObject *self)
{
    gf_dirent_t *head = view_address(self);
    int err = head ? entries_lock(entries_of(head)) : 0;

    if (err)
        locking_failed(err);
    return err || !head ? NULL : entries_of(head);
}

static PyObject *
dirent_new(PyObject *self, struct entries *e, struct slot *slot)
{
    struct dirent_view *d = PyObject_New(struct dirent_view, &dirent_type);

    if (!d)
        return NULL;
    request_keep(((struct view *)self)->r);
    d->view.r = ((struct view *)self)->r;
    d->view.p = slot;
    d->entries = e;
    return (PyObject *)d;
}

static Py_ssize_t
length(PyObject *self)
{
    struct entries *e = all_lock(self);

    if (!e)
        return -1;
    unsigned count = e->count;

    entries_unlock();
    return count;
}

bool
dirents_are_there(PyObject *self)
{
    return length(self) >= 0;
}

int
view_dirents_count(PyObject *o)
{
    if (Py_TYPE(o) != &dirents_type)
        return 0;
    Py_ssize_t count = length(o);

    if (count < 0)
        PyErr_Clear();
    return count < 0 ? 0 : (int)count;
}

/* The slot with that number, or NULL with IndexError; nothing is locked any more. */
static struct slot *
slot_at(PyObject *self, Py_ssize_t i)
{
    struct entries *e = all_lock(self);

    if (!e)
        return NULL;
    struct slot *slot = i >= 0 && i < (Py_ssize_t)e->count ? e->at[i] : NULL;

    entries_unlock();
    if (!slot)
        PyErr_SetString(PyExc_IndexError, "Dirents index out of range");
    return slot;
}

static PyObject *
item(PyObject *self, Py_ssize_t i)
{
    struct slot *slot = slot_at(self, i);

    return slot ? dirent_new(self, entries_of(((struct view *)self)->p), slot) : NULL;
}

/* Takes out the entry that has the slot, if it is still there; looks at number hint first. */
static int
remove_slot(PyObject *self, const struct slot *slot, unsigned hint)
{
    struct entries *e = all_lock(self);

    if (!e)
        return -1;
    unsigned i = hint < e->count && e->at[hint] == slot ? hint : 0;

    while (i < e->count && e->at[i] != slot)
        i++;
    if (i < e->count)
        entries_remove(e, i);
    entries_unlock();
    return 0;
}

static int
refuse_assignment(void)
{
    PyErr_SetString(PyExc_TypeError,
                    "entries of Dirents cannot be replaced; set their attributes");
    return -1;
}

static int
assign_item(PyObject *self, Py_ssize_t i, PyObject *value)
{
    if (value)
        return refuse_assignment();
    struct slot *slot = slot_at(self, i);

    return slot ? remove_slot(self, slot, (unsigned)i) : -1;
}

static int
read_index(PyObject *self, PyObject *key, Py_ssize_t *i)
{
    Py_ssize_t count = length(self);

    if (count < 0)
        return -1;
    *i = PyNumber_AsSsize_t(key, PyExc_IndexError);
    if (*i == -1 && PyErr_Occurred())
        return -1;
    if (*i < 0)
        *i += count;
    return 0;
}

static PyObject *
slice(PyObject *self, PyObject *key)
{
    Py_ssize_t start, stop, step, count = length(self);

    if (count < 0 || PySlice_Unpack(key, &start, &stop, &step))
        return NULL;
    count = PySlice_AdjustIndices(count, &start, &stop, step);
    PyObject *list = PyList_New(0);

    for (Py_ssize_t i = 0; list && i < count; i++) {
        AUTO_PY PyObject *entry = item(self, start + i * step);

        if (!entry || PyList_Append(list, entry))
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *
subscript(PyObject *self, PyObject *key)
{
    Py_ssize_t i;

    if (PySlice_Check(key))
        return slice(self, key);
    return read_index(self, key, &i) ? NULL : item(self, i);
}

static int
assign(PyObject *self, PyObject *key, PyObject *value)
{
    Py_ssize_t i;

    if (value)
        return refuse_assignment();
    if (!PySlice_Check(key))
        return read_index(self, key, &i) ? -1 : assign_item(self, i, NULL);
    AUTO_PY PyObject *entries = slice(self, key);

    for (i = 0; entries && i < PyList_GET_SIZE(entries); i++) {
        if (remove_slot(self, ((struct view *)PyList_GET_ITEM(entries, i))->p, 0))
            return -1;
    }
    return entries ? 0 : -1;
}

static PyObject *
keep(PyObject *self, PyObject *function)
{
    AUTO_PY PyObject *entries = PySequence_List(self);
    AUTO_PY PyObject *refused = PyList_New(0);

    if (!entries || !refused)
        return NULL;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(entries); i++) {
        PyObject *entry = PyList_GET_ITEM(entries, i);
        AUTO_PY PyObject *verdict = PyObject_CallOneArg(function, entry);
        int stays = verdict ? PyObject_IsTrue(verdict) : -1;

        if (stays < 0 || (!stays && PyList_Append(refused, entry)))
            return NULL;
    }
    /* from the end, so that the numbers of the others stay right */
    Py_ssize_t at = PyList_GET_SIZE(entries);

    for (Py_ssize_t i = PyList_GET_SIZE(refused); i-- > 0;) {
        struct view *entry = (struct view *)PyList_GET_ITEM(refused, i);

        while (at > 0 && PyList_GET_ITEM(entries, at - 1) != (PyObject *)entry)
            at--;
        if (remove_slot(self, entry->p, at > 0 ? (unsigned)at - 1 : 0))
            return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
dirents_repr(PyObject *self)
{
    Py_ssize_t count = length(self);

    return count < 0 ? NULL : PyUnicode_FromFormat("<Dirents of %zd entries>", count);
}

static PyMethodDef dirents_methods[] = {
    {"keep", keep, METH_O,
     "keep(function)\n--\n\nTakes out the entries for which function(entry) is false."},
    {NULL, NULL, 0, NULL},
};

static PySequenceMethods as_sequence = {
    .sq_length = length, .sq_item = item, .sq_ass_item = assign_item};
static PyMappingMethods as_mapping = {length, subscript, assign};

PyTypeObject dirents_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "gluster.glupy.native.Dirents",
    .tp_basicsize = sizeof(struct view),
    .tp_dealloc = view_dealloc,
    .tp_repr = dirents_repr,
    .tp_as_sequence = &as_sequence,
    .tp_as_mapping = &as_mapping,
    .tp_methods = dirents_methods,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_SEQUENCE,
    .tp_doc = "The entries of a directory that readdir or readdirp answers: a sequence of "
              "Dirent. del entries[i] and keep() take some out; what is set of an entry "
              "goes up with the answer. After that they raise StaleRequest.",
};
