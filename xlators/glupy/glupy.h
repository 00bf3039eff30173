/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * features/glupy: a translator whose file operations are written in Python.
 *
 *   glupy.c     the xlator: options, which fops are intercepted, statedump
 *   fops.c      (generated) four typed functions per fop, and the table of them
 *   value.c     arguments held without their types
 *   request.c   the life of one intercepted fop; who owns it
 *   act.c       winding and unwinding it; exactly one unwind
 *   native.h    the native interface: coroutines
 *   worker.c    the threads that run Python
 *   watchdog.c  the thread that never does, and sees what takes too long
 *   errand.c    threads for what others must not do themselves
 *   stuck.c     notices when Python is lost to a call into C
 *   fork.c      children of the process
 *   breaker.c   leaves a module alone that fails again and again
 *   memory.c    what Python may allocate
 *   down.c      the end of a module's version, and of an instance
 *   python.c    the interpreter, and every entry into it
 *   module.c    finds, checks and compiles a module's file
 *   convert.c   arguments to Python and back
 *   latency.c   per fop: calls, errors, Python time
 *   status.c    what an instance does, for statedump, .meta and the status socket
 *   classic.c   the built-in Python module _glupy under the package gluster.glupy
 *   context.c   inode.ctx and fd.ctx; forget, release and releasedir
 *   view.c      the native types: what they share; attribute.c: their attributes;
 *               loc.c, iatt.c, dict.c, dirent.c, iovec.c, lock.c: one group each
 *
 * Order of locks: instance, then queue; a lock is never held across a wind, an
 * unwind, or Python.
 */
#ifndef VOLEXT_GLUPY_H
#define VOLEXT_GLUPY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <glusterfs/xlator.h>
#include <glusterfs/defaults.h>
#include <glusterfs/logging.h>

#include "xlators/glupy/value.h"

struct request;
struct native;
struct contexts;
struct latency_table;
struct strbuf;
typedef struct _object PyObject;

/* ---- fops.c, generated -------------------------------------------------- */

struct fop {
    const char *name;
    size_t slot;   /* its place in struct xlator_fops */
    unsigned argc, resc;
    struct param args[VALUES_MAX], res[VALUES_MAX];
    void (*tail)(call_frame_t *, xlator_t *child, const union value *args);
    void (*wind)(call_frame_t *, void *cookie, xlator_t *child,
                 const union value *args);
    void (*unwind)(call_frame_t *, int32_t op_ret, int32_t op_errno,
                   const union value *res);
};

extern const struct fop glupy_fops[GF_FOP_MAXVALUE];
extern const struct xlator_fops glupy_entries; /* every slot: into glupy_enter */

/* ---- glupy.c ------------------------------------------------------------ */

enum load_state { UNLOADED, LOADING, READY, FAILED };

enum { THREADS_INLINE = 0, THREADS_MAX = 64 };

/* What statedump and status show; calls are counted per fop, by latency.c. */
struct counters {
    atomic_ullong errors;    /* exceptions */
    atomic_ullong timeouts;  /* ended by the watchdog */
    atomic_ullong orphans;   /* ended because Python dropped the last handle */
    atomic_ullong refused;   /* stale handles, second winds and unwinds */
    atomic_llong in_flight;  /* the watchdog's */
};

enum { BREAKER_FAILURES_MAX = 1000 };

/* See breaker.c. */
struct breaker {
    atomic_uint failures;    /* so many within window_s open it; 0: never */
    atomic_uint window_s, pause_s;
    _Atomic uint64_t until;  /* ns; 0: closed */
    atomic_uint opened;      /* how often, for statedump */
    pthread_mutex_t lock;    /* what follows; nobody is called under it */
    bool trying;
    unsigned trials;         /* failed ones since it opened */
    unsigned ring_size, next;
    uint64_t times[BREAKER_FAILURES_MAX]; /* of the last failures */
};

/* What an instance lets Python have in this process; see memory.c. */
struct memory_wish {
    unsigned mb; /* 0: no limit */
    bool is_listed;
    struct memory_wish *next;
};

/* Something for Python to do that is no request's. */
struct job {
    void (*run)(struct job *); /* with the GIL; frees it, if it is to be freed */
    struct job *next;
};

/* A module as it was, or is to be, loaded. A request keeps the one it began with, so
 * that a new one can take its place while requests are under way; then what Python has of
 * it is dropped (down.c). Itself it is never freed: Python may know its address for ever,
 * and it is small. */
struct code {
    struct glupy *g;
    dict_t *options;         /* a reference: module-*, module-option.* */
    const char *module, *path, *digest; /* the dict's; NULL where not set */
    struct code *load_next;  /* in the workers' queue */
    struct code *all_next;   /* for classic.c: is a c_this one of ours? */
    struct code *retired_next; /* the watchdog's */
    bool is_retired;           /* on its list; the watchdog's lock */
    atomic_bool is_dropped;    /* drop is queued */
    struct job drop;
    char reason[512];        /* why it does not run, for statedump */

    /* Python's, under the GIL; set before it becomes the instance's code */
    PyObject *instance, *c_this;
    PyObject *handlers[GF_FOP_MAXVALUE][2]; /* [fop][phase] */
    bool is_native;
    struct native *natives[GF_FOP_MAXVALUE]; /* how the native handlers are called */
    bool wants_caller[GF_FOP_MAXVALUE];      /* Python asks who asks */
    PyObject *ends[3];           /* forget, release, releasedir; see context.h */
    bool marks[GF_FOP_MAXVALUE]; /* so that they arrive */
};

/* One instance: this->private */
struct glupy {
    xlator_t *xl;            /* see glupy_this */
    char *name;              /* its name; stays */
    atomic_bool gone;        /* its graph goes: nothing of it is Python's any more */
    atomic_uint live;        /* requests that are not freed (only with goes_with_graph), and
                                what Python let go of and nobody has given back yet */
    bool goes_with_graph;    /* what its requests hold is freed then, whoever has it */
    atomic_uint releasing;   /* threads that are about to give something back */
    atomic_bool freed;       /* xl is */
    struct xlator_fops fops; /* this->fops: only what the module defines is ours */
    atomic_bool fail;        /* on-error */
    atomic_uint timeout_ms;  /* 0: none */
    atomic_uint threads;
    atomic_bool passthrough;
    const char *outsider;    /* why this process does not run modules, or NULL */

    pthread_mutex_t lock;
    _Atomic enum load_state state;
    struct request *waiting, **waiting_end; /* arrived while loading */
    uint64_t load_deadline;
    _Atomic(struct code *) code;            /* what runs; set when READY */
    struct code *latest;                    /* what the volume wants; lock */

    struct counters count;
    struct breaker breaker;
    struct contexts *contexts;
    struct latency_table *latency; /* perhaps that of the graph before, too */
    struct glupy *status_next; /* status.c */
    struct memory_wish memory;
};

/* A fop that arrived; the generated entries call it. Always 0. */
int32_t
glupy_enter(call_frame_t *frame, xlator_t *this, glusterfs_fop_t fop,
            const union value *args);
/* A child's answer. Always 0. */
int32_t
glupy_answered(void *cookie, int32_t op_ret, int32_t op_errno,
               const union value *res);
/* Says how loading code ended. A success makes it the instance's code, unless the volume
 * wants another one by now; after a failure an older version of the same module goes
 * on. Lets those who waited go on. False when nothing changed. */
bool
glupy_loaded(struct code *code, bool success);
/* Is it the address of a code? */
bool
glupy_is_code(const struct code *code);
/* Calls function with each code of the instance. */
void
glupy_each_code(struct glupy *g, void (*function)(struct code *));
/* What THIS is to be for what is done for the instance. */
static inline xlator_t *
glupy_this(const struct glupy *g)
{
    return atomic_load(&g->freed) ? &global_xlator : g->xl;
}
/* Makes the instance's table intercept what the module defines, and nothing else
 * (nothing at all where it failed to load and on-error is pass). */
void
glupy_set_slots(struct glupy *g);

/* ---- worker.c ----------------------------------------------------------- */

/* Gives r to the workers; takes over one reference. */
void
worker_queue(struct request *r);
/* Runs r on the calling thread, if that may run Python and need not wait for it, and
 * takes over one reference then. */
bool
worker_run_here(struct request *r);
void
worker_queue_load(struct code *code);
/* Has a worker run it, soon. */
void
worker_queue_job(struct job *job);
/* Workers that run Python for it have another THIS from now on. */
void
worker_forget_xlator(const xlator_t *xl);
/* At least that many workers from now on. */
void
worker_want(unsigned threads);
/* Does any thread of ours wait for the GIL? */
bool
worker_waits_for_python(void);
/* r was taken while its handler ran: finds the worker, puts another one in its place,
 * and has the handler interrupted. */
void
worker_replace(struct request *r);
/* Puts another worker in the place of one that an import, a destructor or the like has kept
 * for too long, or that waits in another translator while there is work. Now and then. */
void
worker_look_after(void);
/* A detached thread with a stack for Python and all signals blocked. 0 or -errno, which
 * is logged. */
int
worker_thread(void *(*function)(void *), void *arg);
/* The calling thread is glupy's: where an answer makes GlusterFS begin another
 * operation on it, that is queued, even with `threads inline`. */
void
worker_thread_is_ours(void);

/* How many requests of g wait for a worker. */
unsigned
worker_queued(const struct glupy *g);

/* ---- latency.c ---------------------------------------------------------- */

struct latency_figures {
    unsigned long long calls, errors;
    uint64_t p50, p99; /* ns of one stay in Python; 0: none was measured */
};

/* Before anything is counted. before: the instance whose figures go on, or NULL. */
void
latency_setup(struct glupy *g, const struct glupy *before);
/* A fop is to go to Python. From any thread. */
void
latency_call(struct glupy *g, glusterfs_fop_t fop);
/* Its Python failed: it raised, or took too long, or was dropped. From any thread. */
void
latency_error(struct glupy *g, glusterfs_fop_t fop);
/* Around each stay in Python; both with the GIL held. What begin gives is for end: 0
 * where this stay is not measured. */
uint64_t
latency_begin(struct glupy *g, glusterfs_fop_t fop);
void
latency_end(struct glupy *g, glusterfs_fop_t fop, uint64_t begun);
/* False when the fop never came. */
bool
latency_read(struct glupy *g, glusterfs_fop_t fop, struct latency_figures *out);
unsigned long long
latency_calls(struct glupy *g);

/* ---- status.c ----------------------------------------------------------- */

/* From init until fini the instance is one of the process's. It goes on with the counts
 * of the one that it replaces. */
void
status_add(struct glupy *g);
void
status_remove(struct glupy *g);
/* The instance, for statedump and .meta. Always 0. */
int32_t
status_dump(xlator_t *this);
/* Whoever connects to the process's socket in STATUSDIR (common/tell.h) is told of the process
 * and its instances, in one JSON document, from then on. */
void
status_tell(void);

/* ---- watchdog.c --------------------------------------------------------- */

/* Watches r until watchdog_remove. False where the watchdog's thread does not start:
 * Python must not have r then, for nothing would end it in time. */
bool
watchdog_add(struct request *r);
void
watchdog_remove(struct request *r);
/* Has a worker run code->drop when no request that began with it is left. */
void
watchdog_retire(struct code *code);

/* ---- down.c ------------------------------------------------------------- */

/* Something of the graph is to be given back: true, and glupy_release_end is to be called
 * then; or false: it is the graph's by now, and not to be touched. */
static inline bool
glupy_release_begin(struct glupy *g)
{
    if (!g->goes_with_graph)
        return true;
    atomic_fetch_add(&g->releasing, 1);
    if (!atomic_load(&g->gone))
        return true;
    atomic_fetch_sub(&g->releasing, 1);
    return false;
}

static inline void
glupy_release_end(struct glupy *g)
{
    if (g->goes_with_graph)
        atomic_fetch_sub(&g->releasing, 1);
}

/* The module's code is not wanted any more: it is dropped when its last request is over.
 * May be called again for what was loaded since. */
void
code_retire(struct code *code);
/* Of the xlator. */
int32_t
glupy_notify(xlator_t *this, int32_t event, void *data, ...);
void
glupy_fini(xlator_t *this);

/* ---- stuck.c ------------------------------------------------------------ */

extern atomic_bool stuck_now;

/* Has Python been lost to a call into C? Operations do not go there, then. */
static inline bool
stuck_is(void)
{
    return atomic_load_explicit(&stuck_now, memory_order_relaxed);
}
/* The watchdog: ms have passed since the last time. */
void
stuck_watch(unsigned ms);
/* How long it has been lost by now, or 0; how often it was. */
unsigned
stuck_seconds(void);
unsigned
stuck_count(void);

/* ---- fork.c ------------------------------------------------------------- */

extern atomic_bool fork_child;

/* Once, when Python starts. */
void
fork_watch(void);
_Noreturn void
fork_end_child(void);
/* To be called where Python is left: a child of this process must not get further. */
static inline void
fork_check(void)
{
    if (atomic_load_explicit(&fork_child, memory_order_relaxed))
        fork_end_child();
}

/* ---- breaker.c ---------------------------------------------------------- */

/* An operation failed by the module's fault: an exception, a timeout, forgotten. From
 * any thread. */
void
breaker_failed(struct glupy *g);
/* For an instance whose breaker is not closed: is the operation to be ended without
 * Python? If not, *trial is what breaker_tried wants when the operation is over, or
 * unchanged. */
bool
breaker_asks(struct glupy *g, uint64_t *trial);
/* The trial's operation is over; its failure, if it did fail, has been told before. */
void
breaker_tried(struct glupy *g, uint64_t trial);
/* How many failures lie in the window now; of so many as open it, no more. */
unsigned
breaker_recent(struct glupy *g);
/* Until the next trial; 0 while it is closed, or a trial is due. */
unsigned
breaker_seconds_left(const struct glupy *g);

/* Is the operation to be ended without Python? All it costs while nothing fails is one
 * load. */
static inline bool
breaker_is_open(struct glupy *g, uint64_t *trial)
{
    return atomic_load_explicit(&g->breaker.until, memory_order_relaxed) &&
           breaker_asks(g, trial);
}

/* ---- memory.c ----------------------------------------------------------- */

/* Bytes. limit 0: none; refused: how many allocations were. */
struct memory_use {
    long long used, peak, limit;
    unsigned long long refused;
};

/* Python allocates through here; between its pre-initialization and its
 * initialization. */
void
memory_hook(void);
/* An instance wants Python to have that many MB, 0 for no limit; the largest wish of
 * the process counts. The wish must stay until it is taken back. */
void
memory_want(struct memory_wish *wish, unsigned mb);
void
memory_want_no_more(struct memory_wish *wish);
/* What the calling thread does in Python from here to the end is our own code, not a
 * module's: it has a reserve. May be nested. */
void
memory_ours_begin(void);
void
memory_ours_end(void);
struct memory_use
memory_use(void);

/* ---- python.c ----------------------------------------------------------- */

struct worker_state {
    atomic_bool waits; /* for the GIL */
    atomic_uint acts;  /* winds and unwinds that began, and that ended: odd in one */
    atomic_uint job;   /* jobs that began, and that ended: odd in one */
    _Atomic(struct request *) current; /* whose handler runs; set under the GIL */
    unsigned long thread_id;           /* Python's */
    void *tstate;
};

/* Starts the interpreter if it is not running; on a worker, which has its state then.
 * 0 or -errno. */
int
python_start(struct worker_state *w);
/* Enters and leaves Python; the thread's state is made at the first time. */
int
python_enter(struct worker_state *w);
void
python_leave(struct worker_state *w);
/* How often python_enter has got in, in the whole process. */
unsigned long long
python_entries(void);
/* Can the calling thread have the GIL about now? It may turn out to be wrong, and where
 * Python does not tell, it is true. */
bool
python_is_free(void);
/* The thread ends; leaves Python for good. */
void
python_forget(struct worker_state *w);
/* Loads a module: sets code's handlers, or reason. GIL. 0 or -1. */
int
python_load(struct code *code);
/* The package forgets the module of a code. GIL. */
void
python_unload(struct code *code);
/* Logs the exception that is set, each distinct traceback once; clears it. */
void
python_log_error(struct glupy *g, const char *where);
/* The exception that is set, which is cleared; NULL where none is. A new reference. */
PyObject *
python_take_error(void);
/* Raises in the thread of w if it still runs r, or, with NULL, that job. GIL. */
void
python_interrupt(struct worker_state *w, struct request *r, unsigned job);
/* An interrupt that came too late is not for the next handler. GIL. */
void
python_not_interrupted(struct worker_state *w);

/* ---- module.c ----------------------------------------------------------- */

/* Reads module NAME.py, checks owner, mode and digest. On success *text is
 * malloc'ed bytes (NUL after them) and *file its path, malloc'ed. 0 or -errno
 * with a sentence in why. */
int
module_read(const struct code *code, char **text, size_t *len, char **file,
            char *why, size_t why_size);

/* ---- classic.c ---------------------------------------------------------- */

PyObject *
classic_init(void); /* for PyImport_AppendInittab("_glupy") */
/* The code that a module's c_this stands for, or NULL with an exception. */
struct code *
classic_code(PyObject *c_this);
/* A new handle of r. */
PyObject *
classic_handle(struct request *r);
/* gluster.glupy.StaleRequest, borrowed */
PyObject *
classic_stale(void);
/* ---- convert.c ---------------------------------------------------------- */

/* Learns the ctypes classes: {name of the structure: (pointer class, structure)}. 0,
 * or -1 with an exception. */
int
convert_set_kinds(PyObject *dict);
/* A number of that kind. A new reference. */
PyObject *
convert_number(enum kind kind, int64_t i);
/* Fills argv with the handler's arguments; the count, or -1 with an exception. */
int
convert_arguments(struct request *r, PyObject *handle, PyObject **argv);
/* The address that a pointer (or structure) of that kind holds. 0, or -1 with an
 * exception. */
int
convert_pointer(PyObject *o, enum kind kind, const struct param *param, void **p);
/* Reads count Python objects into new values that hold what the request does not hold
 * already. NULL with an exception, or with *same set: they are just the original
 * ones. original may be NULL; op_ret < 0 allows pointers to be None. */
struct values *
convert_read(const struct request *r, PyObject *const *argv,
             const struct param *params, unsigned count,
             const union value *original, int op_ret, bool *same);

#include "xlators/glupy/request.h"

#endif
