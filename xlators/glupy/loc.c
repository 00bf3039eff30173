/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Loc, Inode and Fd: what an operation is about.
 */
#include "xlators/glupy/types.h"

#include "xlators/glupy/context.h"

#include <fcntl.h>

/* ---- contexts --------------------------------------------------------------- */

static struct glupy *
translator(PyObject *self)
{
    struct glupy *g = view_translator(self);

    if (!g)
        PyErr_SetString(PyExc_RuntimeError, "ctx: which translator's is not known");
    return g;
}

/* closure: the kind */
static PyObject *
get_ctx(PyObject *self, void *kind)
{
    void *p = view_address(self);
    struct glupy *g = p ? translator(self) : NULL;

    if (!g)
        return NULL;
    PyObject *object = context_get(g, (enum kind)(uintptr_t)kind, p);

    return Py_NewRef(object ? object : Py_None);
}

static int
set_ctx(PyObject *self, PyObject *value, void *kind)
{
    void *p = view_address(self);
    struct glupy *g = p ? translator(self) : NULL;

    if (!g)
        return -1;
    return context_set(g, (enum kind)(uintptr_t)kind, p, value == Py_None ? NULL : value);
}

/* ---- Inode ----------------------------------------------------------------- */

static PyObject *
inode_gfid(PyObject *self, void *unused)
{
    inode_t *inode = view_address(self);

    (void)unused;
    return inode ? gfid_new(inode->gfid) : NULL;
}

static PyObject *
inode_ia_type(PyObject *self, void *unused)
{
    inode_t *inode = view_address(self);

    (void)unused;
    return inode ? PyLong_FromLong(inode->ia_type) : NULL;
}

/* closure: the type that is asked for, as a number */
static PyObject *
inode_is(PyObject *self, void *closure)
{
    inode_t *inode = view_address(self);

    return inode ? PyBool_FromLong(inode->ia_type == (ia_type_t)(uintptr_t)closure) : NULL;
}

static PyObject *
inode_root(PyObject *self, void *unused)
{
    inode_t *inode = view_address(self);

    (void)unused;
    return inode ? view_related(self, KIND_INODE, inode->table->root) : NULL;
}

static PyObject *
inode_fresh(PyObject *self, PyObject *unused)
{
    inode_t *inode = view_address(self);

    (void)unused;
    if (!inode)
        return NULL;
    inode_t *fresh = inode_new(inode->table);

    return fresh ? view_new_reference(KIND_INODE, fresh, view_translator(self)) : PyErr_NoMemory();
}

static Py_hash_t
inode_hash(PyObject *self)
{
    inode_t *inode = view_address(self);

    return inode ? _Py_HashPointer(inode) : -1;
}

static PyObject *
compare_pointers(PyObject *a, PyObject *b, int op)
{
    if (Py_TYPE(a) != Py_TYPE(b) || (op != Py_EQ && op != Py_NE))
        Py_RETURN_NOTIMPLEMENTED;
    void *p = view_address(a), *q = p ? view_address(b) : NULL;

    if (!q)
        return NULL;
    return PyBool_FromLong((p == q) == (op == Py_EQ));
}

static PyObject *
inode_repr(PyObject *self)
{
    inode_t *inode = view_address(self);
    char gfid[40];

    if (!inode)
        return NULL;
    uuid_utoa_r(inode->gfid, gfid);
    return PyUnicode_FromFormat("<Inode %s type %d>", gfid, (int)inode->ia_type);
}

#define IS(name, type, doc) {"is_" name, inode_is, NULL, doc, (void *)(uintptr_t)(type)}
static PyGetSetDef inode_attributes[] = {
    {"gfid", inode_gfid, NULL, "The file's gfid: bytes of length 16, zeroes where it is new.",
     NULL},
    {"ia_type", inode_ia_type, NULL, "GlusterFS's type of file: 1 regular, 2 directory ….",
     NULL},
    IS("file", IA_IFREG, "Is it a regular file?"),
    IS("dir", IA_IFDIR, "Is it a directory?"),
    IS("symlink", IA_IFLNK, "Is it a symbolic link?"),
    {"root", inode_root, NULL, "The volume's root directory, an Inode.", NULL},
    {"ctx", get_ctx, set_ctx,
     "Any object that this translator keeps with the file, until GlusterFS forgets the file; "
     "or None.", (void *)(uintptr_t)KIND_INODE},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef inode_methods[] = {
    {"new", inode_fresh, METH_NOARGS,
     "new()\n--\n\nA new Inode of the same volume, for what is to be looked up or made."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject inode_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "gluster.glupy.native.Inode",
    .tp_basicsize = sizeof(struct view),
    .tp_dealloc = view_dealloc,
    .tp_repr = inode_repr,
    .tp_hash = inode_hash,
    .tp_richcompare = compare_pointers,
    .tp_getset = inode_attributes,
    .tp_methods = inode_methods,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "A file as GlusterFS knows it in this process. Two are equal if they are the "
              "same file; it can be a key.",
};

/* ---- Fd ------------------------------------------------------------------------ */

static PyObject *
fd_inode(PyObject *self, void *unused)
{
    fd_t *fd = view_address(self);

    (void)unused;
    return fd ? view_related(self, KIND_INODE, fd->inode) : NULL;
}

static PyObject *
fd_flags(PyObject *self, void *unused)
{
    fd_t *fd = view_address(self);

    (void)unused;
    return fd ? PyLong_FromLong(fd->flags) : NULL;
}

static PyObject *
fd_pid(PyObject *self, void *unused)
{
    fd_t *fd = view_address(self);

    (void)unused;
    return fd ? PyLong_FromUnsignedLongLong(fd->pid) : NULL;
}

static PyObject *
fd_is_without_open(PyObject *self, void *unused)
{
    fd_t *fd = view_address(self);

    (void)unused;
    return fd ? PyBool_FromLong(fd->anonymous) : NULL;
}

static PyObject *
fd_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"inode", "flags", "anonymous", NULL};
    PyObject *inode;
    int flags = O_RDWR, anonymous = 0;

    (void)type;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!|ip:Fd", names, &inode_type, &inode,
                                     &flags, &anonymous))
        return NULL;
    inode_t *p = view_address(inode);

    if (!p)
        return NULL;
    fd_t *fd = anonymous ? fd_anonymous_with_flags(p, flags) : fd_create(p, getpid());

    if (!fd)
        return PyErr_NoMemory();
    if (!anonymous)
        fd->flags = flags;
    return view_new_reference(KIND_FD, fd, view_translator(inode));
}

static Py_hash_t
fd_hash(PyObject *self)
{
    fd_t *fd = view_address(self);

    return fd ? _Py_HashPointer(fd) : -1;
}

static PyObject *
fd_repr(PyObject *self)
{
    fd_t *fd = view_address(self);
    char gfid[40];

    if (!fd)
        return NULL;
    if (fd->inode)
        uuid_utoa_r(fd->inode->gfid, gfid);
    return PyUnicode_FromFormat("<Fd of %s flags %d%s>", fd->inode ? gfid : "no inode",
                                fd->flags, fd->anonymous ? " anonymous" : "");
}

static PyGetSetDef fd_attributes[] = {
    {"inode", fd_inode, NULL, "The file that is open: an Inode.", NULL},
    {"flags", fd_flags, NULL, "The flags it was opened with, as of os.open.", NULL},
    {"pid", fd_pid, NULL, "The process that opened it.", NULL},
    {"ctx", get_ctx, set_ctx,
     "Any object that this translator keeps with the open file, until it is closed; or None.",
     (void *)(uintptr_t)KIND_FD},
    {"anonymous", fd_is_without_open, NULL, "Does it stand for a file that nobody opened?",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject fd_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "gluster.glupy.native.Fd",
    .tp_basicsize = sizeof(struct view),
    .tp_dealloc = view_dealloc,
    .tp_repr = fd_repr,
    .tp_hash = fd_hash,
    .tp_richcompare = compare_pointers,
    .tp_getset = fd_attributes,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = fd_new,
    .tp_doc = "Fd(inode, flags=O_RDWR, anonymous=False)\n--\n\n"
              "An open file. Fd(inode) makes one for the module's own open or create; with "
              "anonymous it can be read and written without an open. Two are equal if they "
              "are the same open file; it can be a key.",
};

/* ---- Loc ------------------------------------------------------------------------- */

static PyObject *
get_path(PyObject *self, void *unused)
{
    loc_t *loc = view_address(self);

    (void)unused;
    return loc ? text_new(loc->path) : NULL;
}

static PyObject *
get_name(PyObject *self, void *unused)
{
    loc_t *loc = view_address(self);

    (void)unused;
    return loc ? text_new(loc->name) : NULL;
}

static PyObject *
get_inode(PyObject *self, void *unused)
{
    loc_t *loc = view_address(self);

    (void)unused;
    if (!loc)
        return NULL;
    if (!loc->inode)
        Py_RETURN_NONE;
    return view_related(self, KIND_INODE, loc->inode);
}

static PyObject *
get_parent(PyObject *self, void *unused)
{
    loc_t *loc = view_address(self);

    (void)unused;
    if (!loc)
        return NULL;
    if (!loc->parent)
        Py_RETURN_NONE;
    return view_related(self, KIND_INODE, loc->parent);
}

static PyObject *
get_gfid(PyObject *self, void *unused)
{
    loc_t *loc = view_address(self);

    (void)unused;
    return loc ? gfid_new(loc->gfid) : NULL;
}

static PyObject *
get_pargfid(PyObject *self, void *unused)
{
    loc_t *loc = view_address(self);

    (void)unused;
    return loc ? gfid_new(loc->pargfid) : NULL;
}

/* Takes a reference to the Inode's, if o is one. 0, or -1 with an exception. */
static int
read_inode(PyObject *o, const char *name, inode_t **inode)
{
    void *p;

    if (view_pointer(o, KIND_INODE, name, &p))
        return -1;
    *inode = p ? inode_ref(p) : NULL;
    return 0;
}

static int
read_texts(loc_t *loc, PyObject *path, PyObject *name)
{
    AUTO_PY PyObject *p = path == Py_None ? NULL : text_read(path, "path");
    AUTO_PY PyObject *n = name == Py_None ? NULL : text_read(name, "name");

    if (PyErr_Occurred())
        return -1;
    if (p && !(loc->path = strdup(PyBytes_AS_STRING(p))))
        goto no_memory;
    const char *slash = p ? strrchr(loc->path, '/') : NULL;
    const char *last = slash ? slash + 1 : loc->path;

    if (p && n && strcmp(last, PyBytes_AS_STRING(n))) {
        PyErr_Format(PyExc_ValueError, "name: %R is not the last part of path %R", name, path);
        return -1;
    }
    if (p)
        loc->name = last; /* as GlusterFS has it: the name is a part of the path */
    else if (n && !(loc->name = strdup(PyBytes_AS_STRING(n))))
        goto no_memory;
    return 0;
no_memory:
    PyErr_NoMemory();
    return -1;
}

static int
read_loc(loc_t *loc, PyObject **v)
{
    if (read_texts(loc, v[0], v[1]) || read_inode(v[2], "inode", &loc->inode) ||
        read_inode(v[3], "parent", &loc->parent))
        return -1;
    if (v[4] != Py_None && gfid_read(v[4], "gfid", loc->gfid))
        return -1;
    if (v[5] != Py_None && gfid_read(v[5], "pargfid", loc->pargfid))
        return -1;
    if (v[4] == Py_None && loc->inode)
        memcpy(loc->gfid, loc->inode->gfid, sizeof(uuid_t));
    if (v[5] == Py_None && loc->parent)
        memcpy(loc->pargfid, loc->parent->gfid, sizeof(uuid_t));
    return 0;
}

/* What a module makes belongs to the translator that what it is made of belongs to. */
static void
belong(PyObject *self, PyObject *inode)
{
    struct own *own = ((struct view *)self)->p;

    if (inode != Py_None)
        own->g = view_translator(inode);
}

static char *loc_names[] = {"path", "name", "inode", "parent", "gfid", "pargfid", NULL};

static PyObject *
loc_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *v[] = {Py_None, Py_None, Py_None, Py_None, Py_None, Py_None};

    (void)type;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OOOOOO:Loc", loc_names, &v[0], &v[1],
                                     &v[2], &v[3], &v[4], &v[5]))
        return NULL;
    PyObject *self = (PyObject *)view_new_memory(KIND_LOC, sizeof(loc_t));

    if (self && read_loc(view_address(self), v))
        Py_CLEAR(self);
    else if (self)
        belong(self, v[2] != Py_None ? v[2] : v[3]);
    return self;
}

/* replace(**attributes): another Loc, which differs in these. */
static PyObject *
loc_replace(PyObject *self, PyObject *args, PyObject *kwargs)
{
    AUTO_PY PyObject *all = PyDict_New();
    loc_t *loc = view_address(self);

    if (!all || !loc)
        return NULL;
    bool renamed = kwargs && (PyDict_GetItemString(kwargs, "path") ||
                              PyDict_GetItemString(kwargs, "name"));

    for (int i = 0; loc_names[i]; i++) {
        AUTO_PY PyObject *value = PyObject_GetAttrString(self, loc_names[i]);
        bool text = i < 2;

        if (!value || (!(text && renamed) && PyDict_SetItemString(all, loc_names[i], value)))
            return NULL;
    }
    /* a new inode or parent brings its own gfid */
    if (kwargs && PyDict_GetItemString(kwargs, "inode"))
        PyDict_DelItemString(all, "gfid");
    if (kwargs && PyDict_GetItemString(kwargs, "parent"))
        PyDict_DelItemString(all, "pargfid");
    if (kwargs && PyDict_Update(all, kwargs))
        return NULL;
    return loc_new(&loc_type, args, all);
}

static PyObject *
loc_repr(PyObject *self)
{
    loc_t *loc = view_address(self);
    char gfid[40], pargfid[40];

    if (!loc)
        return NULL;
    uuid_utoa_r(loc->gfid, gfid);
    uuid_utoa_r(loc->pargfid, pargfid);
    AUTO_PY PyObject *path = text_new(loc->path);
    AUTO_PY PyObject *name = text_new(loc->name);

    return path && name ? PyUnicode_FromFormat("Loc(path=%R, name=%R, gfid='%s', "
                                               "pargfid='%s')", path, name, gfid, pargfid)
                        : NULL;
}

static PyGetSetDef loc_attributes[] = {
    {"path", get_path, NULL, "The path from the volume's root, a str; or None.", NULL},
    {"name", get_name, NULL, "The name in the parent directory, a str; or None.", NULL},
    {"inode", get_inode, NULL, "The file, an Inode; or None.", NULL},
    {"parent", get_parent, NULL, "The directory, an Inode; or None.", NULL},
    {"gfid", get_gfid, NULL, "The file's gfid: bytes of length 16, zeroes where unknown.",
     NULL},
    {"pargfid", get_pargfid, NULL,
     "The directory's gfid: bytes of length 16, zeroes where unknown.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef loc_methods[] = {
    {"replace", (PyCFunction)(void (*)(void))loc_replace, METH_VARARGS | METH_KEYWORDS,
     "replace(*, path=…, name=…, inode=…, parent=…, gfid=…, pargfid=…)\n--\n\n"
     "Another Loc, that differs from this one in what is given. A new name without a path "
     "leaves the path out."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject loc_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "gluster.glupy.native.Loc",
    .tp_basicsize = sizeof(struct view),
    .tp_dealloc = view_dealloc,
    .tp_repr = loc_repr,
    .tp_getset = loc_attributes,
    .tp_methods = loc_methods,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = loc_new,
    .tp_doc = "Loc(path=None, name=None, inode=None, parent=None, gfid=None, pargfid=None)"
              "\n--\n\n"
              "What an operation is about. Texts that are no UTF-8 have surrogates "
              "(surrogateescape). It does not change; replace() makes another one.",
};
