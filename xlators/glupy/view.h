/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What a fop's arguments and results are in Python's native interface: objects that look
 * at GlusterFS's own structures. Everything here is called with the GIL held.
 */
#ifndef VOLEXT_GLUPY_VIEW_H
#define VOLEXT_GLUPY_VIEW_H

#ifndef PY_SSIZE_T_CLEAN
#define PY_SSIZE_T_CLEAN
#endif
#include <Python.h>

#include "xlators/glupy/glupy.h"

/* A view of one value. Its memory is that of a request, which it keeps by a reference,
 * or the object's own. */
struct view {
    PyObject_HEAD
    struct request *r; /* NULL: p is the object's own (struct own) */
    void *p;
};

/* A new object for p, which r holds (or a part of what r holds); None for NULL. */
PyObject *
view_new(enum kind kind, struct request *r, void *p);
/* The same for a vector. It keeps the memory by a reference to iobref. */
PyObject *
view_vector(struct request *r, struct iovec *vector, int count,
            struct iobref *iobref);
/* The address of a fop's argument `name`: 0, or -1 with TypeError, or StaleRequest where
 * the request of o was released. None gives NULL. Valid while o lives; that of a KIND_STR
 * or KIND_CHECKSUM until the next call. */
int
view_pointer(PyObject *o, enum kind kind, const char *name, void **p);
/* The parts of an IoVec, or of None. Valid while o lives. As view_pointer. */
int
view_vector_parts(PyObject *o, const char *name, struct iovec **vector, int *count,
                  struct iobref **iobref);
/* Its bytes; 0 for what is no IoVec. */
size_t
view_vector_size(PyObject *o);
/* Ends access to the buffers of an IoVec: before its request is unwound. The memory
 * stays while anything (a consumer in C) still exports it. Never fails. */
void
view_vector_revoke(PyObject *o);
/* Has r, whose IoVec was made just now, keep it until r is over: r->buffers. */
void
view_vector_keep(struct request *r, PyObject *o);
/* Drops what r keeps that nobody else has. */
void
view_vectors_trim(struct request *r);
/* r is over: ends access to all that it keeps, and drops it. Never fails. */
void
view_vectors_end(struct request *r);
/* How many entries Dirents has: the op_ret of readdir. */
int
view_dirents_count(PyObject *o);
/* Adds the types to _glupy. 0, or -1 with an exception. */
int
views_init(PyObject *module);

#endif
