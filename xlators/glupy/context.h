/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Objects of Python's that belong to an inode or an open file (inode.ctx, fd.ctx), and the
 * module's methods forget, release and releasedir, which are told when those go.
 */
#ifndef VOLEXT_GLUPY_CONTEXT_H
#define VOLEXT_GLUPY_CONTEXT_H

#include "xlators/glupy/glupy.h"

enum end { END_FORGET, END_RELEASE, END_RELEASEDIR, END_COUNT };

/* An instance's contexts; NULL when out of memory. Never freed, as the instance. */
struct contexts *
contexts_new(struct glupy *g);
/* The graph is no more: a worker drops all objects, soon. What ends after that is not told. */
void
contexts_drop(struct contexts *contexts);

/* The object of an inode or fd (KIND_INODE or KIND_FD), borrowed, or NULL. GIL. */
PyObject *
context_get(struct glupy *g, enum kind kind, void *p);
/* Sets it; NULL takes it away. 0, or -1 with an exception. GIL. */
int
context_set(struct glupy *g, enum kind kind, void *p, PyObject *object);

/* The module has such a method, a reference: from now on the end of every inode or fd that
 * passes is told. Before the code runs; GIL. */
void
context_handle(struct code *code, enum end end, PyObject *handler);
/* Adds handle_end to _glupy. 0, or -1 with an exception. */
int
context_init(PyObject *module);
/* Must answers of the fop be looked at, so that an end arrives? */
static inline bool
context_wants(const struct code *code, glusterfs_fop_t fop)
{
    return code && code->marks[fop];
}
/* Looks at an answer that goes up. */
void
context_mark(struct glupy *g, glusterfs_fop_t fop, const union value *res);
/* Winds as the fop's tail does, but looks at the answer. */
void
context_tail(struct glupy *g, glusterfs_fop_t fop, call_frame_t *frame, xlator_t *child,
             const union value *args);
/* A child's answer, if it is to a wind by context_tail. */
bool
context_answered(void *cookie, int32_t op_ret, int32_t op_errno, const union value *res);

/* struct xlator_cbks */
int32_t
context_forget(xlator_t *xl, inode_t *inode);
int32_t
context_release(xlator_t *xl, fd_t *fd);
int32_t
context_releasedir(xlator_t *xl, fd_t *fd);

#endif
