/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The native interface: coroutines that await their children's answers.
 *
 *   native.c   a module's handlers; from the start of one to what it decided
 *   future.c   what can be awaited; gather.c: several at once
 *   task.c     what awaits: coroutines on their way
 *   child.c    calls of a child; reply.c: answers, as Python sees them
 *   marshal.c  one argument to Python and back
 *   timer.c    wakes who sleeps
 *
 * A step runs the tasks of one request under the GIL until each waits for something.
 * What they asked for is done after the step, without the GIL (request.c).
 */
#ifndef VOLEXT_GLUPY_NATIVE_H
#define VOLEXT_GLUPY_NATIVE_H

#ifndef PY_SSIZE_T_CLEAN
#define PY_SSIZE_T_CLEAN
#endif
#include <Python.h>

#include "xlators/glupy/request.h"

/* ---- native.c ----------------------------------------------------------- */

/* Runs what there is to run of r; running is its word. GIL. */
enum next_step
native_run(struct request *r, unsigned running);
/* The request whose task runs on this thread, or NULL with RuntimeError that says what
 * is only possible there. */
struct request *
native_current(const char *what);
/* The translator whose handler runs on this thread, or NULL. */
struct glupy *
native_translator(void);
/* Adds functions and types to _glupy. 0, or -1 with an exception. */
int
native_init(PyObject *module);
/* The number of a fop, or -1 with an exception. */
int
native_fop(const char *name);

/* ---- marshal.c ---------------------------------------------------------- */

/* The arguments that Python sees: not count and iobref, which are parts of the vector
 * before them. */
struct shown {
    unsigned count;
    uint8_t index[VALUES_MAX]; /* of the params */
    PyObject *name[VALUES_MAX]; /* interned */
};
int
marshal_init(void); /* 0, or -1 with an exception */
/* The place of a name among what is shown, or -1. */
int
shown_place(const struct shown *shown, PyObject *name);
const struct shown *
shown_args(glusterfs_fop_t fop);
const struct shown *
shown_results(glusterfs_fop_t fop);

/* values[i] for Python; what it stands for is r's. A new reference. */
PyObject *
marshal_to_python(struct request *r, const struct param *params, const union value *values,
                  unsigned i);
/* What Python gives for params[i], not held: good while o lives, or what is put into
 * keep (NULL or a reference, the caller's to drop). 0, or -1 with an exception. */
int
marshal_from_python(PyObject *o, const struct param *params, unsigned i, union value *values,
                    PyObject **keep);
/* May GlusterFS find NULL there? */
bool
marshal_may_be_null(const struct param *param);

/* ---- future.c ------------------------------------------------------------- */

struct future;

struct future_ops {
    /* Begins; may end it, too. 0, or -1 with an exception. */
    int (*start)(struct future *f);
    /* What f waited for has come. */
    void (*notify)(struct future *f, struct future *came);
};

enum future_state { FUTURE_NEW, FUTURE_PENDING, FUTURE_READY, FUTURE_TAKEN };

/* What can be awaited, once. */
struct future {
    PyObject_HEAD
    const struct future_ops *ops;
    struct request *r;     /* a reference */
    struct future *waiter; /* not a reference: it forgets us when it goes */
    PyObject *result, *error;
    enum future_state state;
};

extern PyTypeObject future_type;

void
future_setup(struct future *f, const struct future_ops *ops, struct request *r);
void
future_clear(struct future *f);
/* It has come: one of both, which are taken over. */
void
future_done(struct future *f, PyObject *result, PyObject *error);
/* It has ended with the exception that is set. */
void
future_failed(struct future *f);
/* A new one that has. */
PyObject *
future_with_error(struct request *r);
/* How it ended, once: the result, or NULL with the exception set. */
PyObject *
future_take(struct future *f);
/* Has waiter wait for o. 0, or -1 with an exception. It may be there at once. */
int
future_await(struct future *waiter, PyObject *o);
int
future_init(PyObject *module);

/* ---- task.c and gather.c ------------------------------------------------ */

int
task_init(void);
int
gather_init(PyObject *module);
/* A task that drives coro for r. A new reference. */
PyObject *
task_new(struct request *r, PyObject *coro);
/* Has it run with the next task_run_ready. */
void
task_begin(PyObject *task);
/* Runs r's tasks until none is ready. */
void
task_run_ready(struct request *r);
/* Is it over? */
bool
task_is_over(PyObject *task);
/* How it ended: the result, or NULL with the exception set. */
PyObject *
task_take(PyObject *task);

/* ---- reply.c ------------------------------------------------------------ */

int
reply_init(PyObject *module);
/* The answer that call got, as a Reply. A new reference. */
PyObject *
reply_of(struct call *call);
bool
reply_is(PyObject *o);
/* What o, a Reply to r's fop, says. values: what was changed, or NULL; answer: whose
 * values are meant then. 0, or -1 with an exception. */
int
reply_read(struct request *r, PyObject *o, struct values **values, struct call **answer,
           int *op_ret, int *op_errno);
/* ---- child.c ------------------------------------------------------------- */

int
child_init(PyObject *module);
/* An answer came: ends the future in which the module awaits it. */
void
child_answered(struct call *call);
/* The call that a future from self.child.<fop>() stands for, or NULL. */
struct call *
child_call(PyObject *o);

/* ---- timer.c ------------------------------------------------------------ */

/* Delivers an event with that future (a reference that is taken over) to r in ns. 0 or
 * -errno. */
int
timer_start(struct request *r, uint64_t ns, PyObject *future);
/* An event of the timer's. Frees it; the future is the caller's. */
PyObject *
timer_over(struct event *event);

#endif
