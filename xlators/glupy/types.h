/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the files of the native types share; nobody else includes it.
 */
#ifndef VOLEXT_GLUPY_TYPES_H
#define VOLEXT_GLUPY_TYPES_H

#include "xlators/glupy/view.h"

#include "common/cleanup.h"

static inline void
py_drop(PyObject **o)
{
    Py_XDECREF(*o);
}
#define AUTO_PY AUTO(py_drop)

extern PyTypeObject loc_type, inode_type, fd_type, iatt_type, dict_type, vector_type,
    dirents_type, dirent_type, lock_type, locks_type, lease_type, statvfs_type;

/* ---- values that no request holds ---------------------------------------- */

/* What an object that was made in Python owns. */
struct own {
    struct later later; /* where the release must not be under the GIL */
    enum kind kind;
    struct glupy *g; /* whose it is, and whose contexts it has; NULL: not known */
    void *p;
    _Alignas(16) char memory[];
};

/* A new object of the type that has zeroed memory of that size, which p points to. */
struct view *
view_new_memory(enum kind kind, size_t size);
/* A new object that takes over a reference to an inode, fd or dict. NULL, and then the
 * reference is dropped, with an exception. */
PyObject *
view_new_reference(enum kind kind, void *p, struct glupy *g);
/* A reference of Python's to an inode, fd or dict is dropped, where that is safe. */
void
view_drop_reference(enum kind kind, void *p);
/* tp_dealloc of all that are just a struct view */
void
view_dealloc(PyObject *self);

static inline struct glupy *
view_translator(PyObject *self)
{
    const struct view *v = (struct view *)self;

    return v->r ? v->r->g : ((struct own *)v->p)->g;
}

PyObject *
view_stale(void); /* NULL with StaleRequest */

/* What the object shows, or NULL with StaleRequest. */
static inline void *
view_address(PyObject *self)
{
    struct view *v = (struct view *)self;

    if (!v->r) {
        const struct own *own = v->p;

        return own->g && atomic_load_explicit(&own->g->gone, memory_order_relaxed)
                   ? view_stale()
                   : own->p;
    }
    if (__builtin_expect(request_is_released(v->r), 0))
        return view_stale();
    return v->p;
}

/* False with StaleRequest where they were answered. */
bool
dirents_are_there(PyObject *self);
/* For a part of what self shows: of the same request, or with a reference of its own. */
PyObject *
view_related(PyObject *self, enum kind kind, void *p);

/* ---- attributes that are numbers ------------------------------------------ */

struct number {
    const char *name;
    uint16_t offset;
    uint8_t size;
    bool is_signed;
};

#define NUMBER(type, member, name_, doc)                                          \
    {name_, number_get, number_set, doc, NUMBER_OF(type, member, name_)}
#define NUMBER_OF(type, member, name_)                                            \
    &(struct number)                                                              \
    {                                                                             \
        name_, offsetof(type, member), sizeof(((type *)0)->member),               \
            (__typeof__(((type *)0)->member))-1 < 1                               \
    }

PyObject *
number_get(PyObject *self, void *number);
int
number_set(PyObject *self, PyObject *value, void *number);
/* Reads a number between min and max: 0, or -1 with an exception that names it. */
int
number_read(PyObject *o, const char *name, int64_t min, uint64_t max, int64_t *value);
/* The arguments of a type whose attributes can be set: Lock(l_type=…). */
int
attributes_set(PyObject *self, PyObject *args, PyObject *kwargs);

/* ---- texts and bytes ------------------------------------------------------- */

PyObject *
text_new(const char *text); /* None for NULL; surrogateescape */
/* A str (or bytes) without NULs: a new bytes object, or NULL with an exception. */
PyObject *
text_read(PyObject *o, const char *name);
/* A gfid: bytes of 16, or a text with hyphens. 0, or -1 with an exception. */
int
gfid_read(PyObject *o, const char *name, unsigned char *gfid);
PyObject *
gfid_new(const unsigned char *gfid);

#endif
