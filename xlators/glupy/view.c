/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What all native types share: how their objects are made, find what they show, and let
 * go of it.
 */
#include "xlators/glupy/context.h"
#include "xlators/glupy/native.h"
#include "xlators/glupy/types.h"

static PyTypeObject *const types[KIND_COUNT] = {
    [KIND_LOC] = &loc_type, [KIND_FD] = &fd_type, [KIND_INODE] = &inode_type,
    [KIND_DICT] = &dict_type, [KIND_IATT] = &iatt_type, [KIND_FLOCK] = &lock_type,
    [KIND_LEASE] = &lease_type, [KIND_DIRENTS] = &dirents_type,
    [KIND_STATVFS] = &statvfs_type, [KIND_LOCKS] = &locks_type,
};

PyObject *
view_stale(void)
{
    PyErr_SetString(classic_stale(), "what it shows was released with its graph");
    return NULL;
}

PyObject *
view_new(enum kind kind, struct request *r, void *p)
{
    if (!p)
        Py_RETURN_NONE;
    if (kind == KIND_STR)
        return text_new(p);
    if (kind == KIND_CHECKSUM) /* its length stands after it */
        return PyBytes_FromStringAndSize(p, ((const unsigned char *)p)[CHECKSUM_MAX]);
    if (!types[kind])
        return PyErr_Format(PyExc_SystemError, "values of kind %d have no type", kind);
    struct view *v = PyObject_New(struct view, types[kind]);

    if (!v)
        return NULL;
    request_keep(r);
    v->r = r;
    v->p = p;
    return (PyObject *)v;
}

/* ---- objects that own what they show --------------------------------------- */

static struct view *
new_own(enum kind kind, size_t size)
{
    struct own *own = calloc(1, sizeof(*own) + size);
    struct view *v = own ? PyObject_New(struct view, types[kind]) : NULL;

    if (!v) {
        free(own);
        PyErr_NoMemory();
        return NULL;
    }
    own->kind = kind;
    own->g = native_translator();
    own->p = own->memory;
    v->r = NULL;
    v->p = own;
    return v;
}

struct view *
view_new_memory(enum kind kind, size_t size)
{
    return new_own(kind, size);
}

PyObject *
view_new_reference(enum kind kind, void *p, struct glupy *g)
{
    struct view *v = new_own(kind, 0);

    if (!v) {
        view_drop_reference(kind, p);
        return NULL;
    }
    ((struct own *)v->p)->p = p;
    if (g)
        ((struct own *)v->p)->g = g;
    return (PyObject *)v;
}

PyObject *
view_related(PyObject *self, enum kind kind, void *p)
{
    struct request *r = ((struct view *)self)->r;

    if (r || !p)
        return view_new(kind, r, p);
    if (kind == KIND_INODE)
        return view_new_reference(kind, inode_ref(p), view_translator(self));
    return view_new_reference(kind, dict_ref(p), NULL);
}

/* Not under the GIL: dropping the last reference to an inode or fd calls translators,
 * which may wait for whatever they like. */
static void
own_release(struct later *later)
{
    struct own *own = (struct own *)later;

    struct glupy *g = own->g;

    if (g && !glupy_release_begin(g)) {
        free(own);
        return;
    }
    if (own->kind == KIND_INODE) {
        inode_unref(own->p);
    } else if (own->kind == KIND_FD) {
        fd_unref(own->p);
    } else if (own->kind == KIND_LOC) {
        loc_t *loc = own->p;

        if (loc->inode)
            inode_unref(loc->inode);
        if (loc->parent)
            inode_unref(loc->parent);
        if (!loc->path)
            free((void *)loc->name);
        free((void *)loc->path);
    } else if (own->kind == KIND_DICT) {
        dict_unref(own->p);
    } else if (own->kind == KIND_LOCKS) {
        values_free_locks(own->p);
    }
    free(own);
    if (g)
        glupy_release_end(g);
}

static void
own_release_counted(struct later *later)
{
    struct glupy *g = ((struct own *)later)->g;

    own_release(later);
    if (g)
        atomic_fetch_sub(&g->live, 1);
}

static void
own_drop(struct own *own)
{
    own->later.run = own_release;
    if (own->kind != KIND_INODE && own->kind != KIND_FD && own->kind != KIND_LOC) {
        own_release(&own->later);
        return;
    }
    if (own->g) /* its graph waits a little for what is on its way (down.c) */
        atomic_fetch_add(&own->g->live, 1);
    own->later.run = own_release_counted;
    errand_later(&own->later);
}

void
view_drop_reference(enum kind kind, void *p)
{
    struct own *own = calloc(1, sizeof(*own));

    if (!own)
        return; /* better lost than dropped where it may hang */
    own->kind = kind;
    own->p = p;
    own_drop(own);
}

void
view_dealloc(PyObject *self)
{
    struct view *v = (struct view *)self;

    if (v->r)
        request_unkeep(v->r);
    else
        own_drop(v->p);
    PyObject_Free(self);
}

/* ---- what a module hands back ---------------------------------------------- */

static int
wrong_type(PyObject *o, const char *name, const char *wanted)
{
    PyErr_Format(PyExc_TypeError, "%s: %s is wanted, not %.100s", name, wanted,
                 Py_TYPE(o)->tp_name);
    return -1;
}

static int
text_pointer(PyObject *o, const char *name, void **p)
{
    static PyObject *last; /* until the next one is asked for, or nobody has it */
    PyObject *text = text_read(o, name);

    if (!text)
        return -1;
    Py_XSETREF(last, text);
    *p = PyBytes_AS_STRING(text);
    return 0;
}

/* With zeroes up to the length that GlusterFS may read. */
static int
checksum_pointer(PyObject *o, const char *name, void **p)
{
    static unsigned char last[CHECKSUM_ROOM];

    if (!PyBytes_Check(o))
        return wrong_type(o, name, "bytes");
    Py_ssize_t len = PyBytes_GET_SIZE(o);

    if (len != 16 && len != CHECKSUM_MAX) {
        PyErr_Format(PyExc_ValueError, "%s: 16 bytes (MD5) or 32 (SHA-256) are wanted, not "
                     "%zd", name, len);
        return -1;
    }
    memset(last, 0, sizeof(last));
    memcpy(last, PyBytes_AS_STRING(o), (size_t)len);
    last[CHECKSUM_MAX] = (unsigned char)len;
    *p = last;
    return 0;
}

int
view_pointer(PyObject *o, enum kind kind, const char *name, void **p)
{
    *p = NULL;
    if (o == Py_None)
        return 0;
    if (kind == KIND_STR)
        return text_pointer(o, name, p);
    if (kind == KIND_CHECKSUM)
        return checksum_pointer(o, name, p);
    if (!types[kind] || Py_TYPE(o) != types[kind])
        return wrong_type(o, name, types[kind] ? types[kind]->tp_name : "None");
    *p = view_address(o);
    if (*p && kind == KIND_DIRENTS && !dirents_are_there(o))
        *p = NULL;
    return *p ? 0 : -1;
}

int
views_init(PyObject *module)
{
    for (int i = 0; i < KIND_COUNT; i++) {
        if (types[i] && PyModule_AddType(module, types[i]))
            return -1;
    }
    if (PyModule_AddType(module, &vector_type) || PyModule_AddType(module, &dirent_type))
        return -1;
    AUTO_PY PyObject *abc = PyImport_ImportModule("collections.abc");
    AUTO_PY PyObject *mapping = abc ? PyObject_GetAttrString(abc, "MutableMapping") : NULL;
    AUTO_PY PyObject *done =
        mapping ? PyObject_CallMethod(mapping, "register", "O", &dict_type) : NULL;

    return done ? context_init(module) : -1;
}
