/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * One intercepted fop while Python, its child, or a queue has it. All of it lives in C,
 * and knows nothing of Python's objects but to keep them.
 *
 * A request has exactly one owner at a time. The owner that is left when there is
 * nothing to do but wait is AWAY; who brings something (a child's answer, the end of a
 * sleep) puts it into the inbox and pokes the request: that makes it run again, now or,
 * where another thread has it, as soon as that one is done.
 */
#ifndef VOLEXT_GLUPY_REQUEST_H
#define VOLEXT_GLUPY_REQUEST_H

#include "xlators/glupy/glupy.h"

enum phase { PHASE_FOP, PHASE_CBK };

/* Who has the request. A change of owner is one compare and exchange on `word`;
 * it holds a count of phases too, so that a worker which returns late from an
 * earlier phase does not take the request from a later one. */
enum owner {
    QUEUED,   /* the queue; waits for a worker */
    RUNNING,  /* a worker: its handler runs */
    PARKED,   /* Python: a classic handler has returned and left it undecided */
    DECIDING, /* one thread, which winds or unwinds it now */
    DECIDED,  /* a decision stands; carried out when the handler returns */
    AWAY,     /* its inbox: what was wound, or awaited, is to come back */
    DRAINING, /* to be given up as soon as no child has it any more */
    DONE,     /* nobody: unwound, or handed on for good */
    POKED = 0x80, /* a bit beside RUNNING, DECIDING, DECIDED: look into the inbox */
};

enum decision {
    DECIDE_WIND,   /* to child, with out or the original arguments */
    DECIDE_TAIL,   /* the same, as if glupy were not there: the answer passes by */
    DECIDE_UNWIND, /* op_ret, op_errno and out or the answer's values */
    DECIDE_CALLS,  /* a coroutine waits: wind what it asked for */
};

/* Do the request's arguments stay when the call that brought them returns? */
enum holding {
    BORROWED, /* they are the caller's: Python has not seen them, nobody else has r */
    TAKING,   /* a thread makes them ours */
    HELD,
    LOST,     /* there was no memory for that */
};

/* Something that a request waits for and that came. */
struct event {
    struct event *next; /* in the inbox */
    bool is_call;       /* a call's; else a timer's */
    PyObject *future;   /* a reference, or NULL: the classic interface's answer */
};

/* One wind to a child, and its answer. Its request's for as long as that lives: Python
 * may look at the answer long after. */
struct call {
    struct event event;     /* first: the answer */
    struct call *next;      /* of the request's */
    struct call *next_wind; /* of those to be wound */
    struct request *r;
    glusterfs_fop_t fop;
    xlator_t *child;
    struct values *args;    /* NULL: the request's own */
    int32_t op_ret, op_errno;
    bool is_own;    /* it is what r asks for, and on the same object */
    bool is_answer; /* Python made it r's answer; GIL */
    bool has_res;
    struct values res;
};

/* Who asks, as it was when the request arrived. */
struct caller {
    uid_t uid;
    gid_t gid;
    pid_t pid;
    unsigned ngroups;
    gid_t *groups;
    char *client; /* the client's id on a brick, or NULL */
    unsigned owner_len;
    char owner[GF_MAX_LOCK_OWNER_LEN];
};

struct request {
    atomic_uint refs;
    atomic_uint word;   /* owner | POKED | phases << 8 */
    unsigned kept;       /* references of Python's objects; GIL */
    unsigned handles;    /* Python objects that stand for it; classic; GIL */
    struct glupy *g;
    struct code *code;   /* NULL while the instance has none */
    call_frame_t *frame; /* valid until DONE */
    glusterfs_fop_t fop;
    enum phase phase;
    uint64_t id; /* 0: nobody asked for it; GIL */
    uint64_t root_unique;
    struct caller *caller; /* NULL: its handler does not ask */

    enum decision decision;
    bool stands; /* it is carried out when no child has r any more */
    xlator_t *child;
    int32_t op_ret, op_errno;
    bool has_args;
    _Atomic enum holding holding; /* of args */
    pthread_t thread;    /* that brought them, if they are borrowed */
    struct values *out[2]; /* by phase: what Python wound or unwound, or NULL for
                              what came from above or below */
    _Atomic(struct call *) answer; /* to what r asks for: it goes up if Python has
                                     no other */

    _Atomic(struct event *) inbox;
    atomic_uint outstanding; /* winds without answer */
    struct call *to_wind;    /* by next_wind */
    struct call *calls;      /* all but first; by next */

    uint64_t deadline;  /* ns, monotonic; 0: none */
    uint64_t budget;    /* ns of Python time that are left */
    uint64_t queued;    /* ns, when the phase began */
    bool unlimited;     /* there was no timeout yet, so that budget means nothing */
    uint64_t trial;     /* the breaker's number, or 0 */
    bool uncharged;     /* the wait for the module's import is not the fop's */
    bool clock_runs;

    struct request *next;              /* in the queue, or waiting */
    struct request *act_next;          /* errand.c's */
    enum owner act_owner;
    struct request *watch_next, **watch_prev; /* all that live; the watchdog's lock */

    /* the native interface's; under the GIL */
    PyObject *task;     /* the coroutine's; dropped when the request is decided */
    PyObject *buffers;  /* the IoVecs that were handed out; iovec.c's, or NULL */
    struct task *ready; /* by next_ready */
    uint64_t slept;     /* ns, all sleeps together */
    unsigned sleeping;  /* sleeps that are not over */
    bool stepping;      /* a thread is in one of its tasks */

    struct call first;  /* the only one most requests have; large: not zeroed */
    struct values args; /* from above; large: not zeroed */
};

/* NULL when out of memory or threads. args may be NULL: Python will not see them. With
 * borrow they are not held yet: before the call that brought them returns, they are
 * (request_hold_args), unless the request is over by then. */
struct request *
request_new(struct glupy *g, struct code *code, call_frame_t *frame,
            glusterfs_fop_t fop, const union value *args, bool borrow);
/* Has r's arguments stay as long as r, if they do not yet. Whoever lets go of r, takes it
 * away from another thread, or shows them to Python calls it before. False: no memory,
 * and they are not to be used any more. */
bool
request_hold_args(struct request *r);
static inline void
request_ref(struct request *r)
{
    atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
}
/* May release inodes and the like: never under the GIL or a lock. */
void
request_unref(struct request *r);
/* Is what it held no longer there, because the graph has gone? */
static inline bool
request_is_released(const struct request *r)
{
    return atomic_load_explicit(&r->g->gone, memory_order_relaxed);
}

static inline unsigned
request_word(const struct request *r)
{
    return atomic_load(&r->word);
}
static inline enum owner
word_owner(unsigned word)
{
    return word & 0x7f;
}
/* The next phase's, QUEUED. */
static inline unsigned
request_queued_word(unsigned word)
{
    return ((word & ~0xffu) + 0x100) | QUEUED;
}
/* Takes r from `from` for `to`. False: somebody else was faster. */
static inline bool
request_take(struct request *r, unsigned from_word, enum owner to)
{
    return atomic_compare_exchange_strong(&r->word, &from_word, (from_word & ~0xffu) | to);
}

enum next_step {
    STEP_NONE,    /* somebody else has it now */
    STEP_ACT,     /* carry out the decision */
    STEP_GIVE_UP, /* Python failed */
};
/* Runs r's handler; running is r's word. GIL. */
enum next_step
python_run(struct request *r, unsigned running);
/* The handler has returned, or raised (not ok). GIL. running: the word while it ran.
 * Says what is left to do without the GIL; r is DECIDING then. A classic one. */
enum next_step
request_returned(struct request *r, unsigned running, bool ok);
/* The same for a native one, whose decision is set (ok), or that failed. */
enum next_step
request_decided(struct request *r, unsigned running, bool ok);

/* Carries out the decision; r must be DECIDING. Not under the GIL. True: there is more
 * for Python to do, and r is QUEUED for the caller, who runs it (or queues it) now. */
bool
request_act(struct request *r);
/* The same where the caller cannot run Python: queues it. */
void
request_act_queued(struct request *r);
/* Decides as on-error says (pass: as if not intercepted), then acts. r must be
 * DECIDING. Not under the GIL. */
void
request_give_up(struct request *r);
/* No child has r any more, which was DRAINING and is DECIDING now: goes on. */
void
request_drained(struct request *r);
/* Winds the request to its child with these arguments; DECIDING. Returns as request_act.
 * The caller has a reference. */
bool
request_pass_down(struct request *r, const union value *args);
/* Has r, which is DECIDING, run for its (next) phase, and starts the clock. */
void
request_queue(struct request *r);
/* Has r run, which is QUEUED: here if it may, or by a worker. Takes over a reference. */
void
request_continue(struct request *r, bool may_run_here);
/* Something is in the inbox. The caller has a reference. From any thread; under the GIL
 * it may not run here. */
void
request_poke(struct request *r, bool may_run_here);
/* Puts it into the inbox. */
void
request_deliver(struct request *r, struct event *event);
/* All of the inbox, oldest first. */
struct event *
request_inbox(struct request *r);

/* A call that r makes, to be filled in; r's to free. NULL: out of memory. */
struct call *
call_new(struct request *r, glusterfs_fop_t fop, xlator_t *child);
/* Adds it to what request_act winds after DECIDE_CALLS. */
void
call_to_be_wound(struct call *call);

/* native.c: r is over, and Python's part of it is still there: has a worker drop that. */
void
native_abandon(struct request *r);

uint64_t
now_ns(void);
/* The clock runs while Python, or the queue before it, has the request. */
void
request_start_clock(struct request *r);
void
request_stop_clock(struct request *r);
/* If the deadline is over while Python has r, r is taken (DECIDING), and the owner
 * it had is returned; else DONE. */
enum owner
request_expire(struct request *r, uint64_t now);

/* ---- errand.c ----------------------------------------------------------- */

/* Takes over a reference of r. owner DECIDING: Python has forgotten r, which is DECIDING
 * and to be given up. DONE: there is only the reference to be dropped. Else: the time of r,
 * which is DECIDING and was that owner's, is over. May be called under the GIL, and under
 * locks. */
void
errand_queue(struct request *r, enum owner owner);
/* Drops a reference where the GIL is held. */
void
errand_unref(struct request *r);
struct later {
    void (*run)(struct later *); /* frees it, if it is to be freed */
    struct later *next;
};
/* Has later run soon on another thread: for what must not be done under the GIL. */
void
errand_later(struct later *later);
/* The watchdog: sees to it that there are threads that make progress. */
void
errand_watch(void);

/* The request's own number in this process. GIL. */
uint64_t
request_id(struct request *r);
/* References of Python's objects, under the GIL: one of r's stands for all of them. */
static inline void
request_keep(struct request *r)
{
    if (!r->kept++)
        request_ref(r);
}
static inline void
request_unkeep(struct request *r)
{
    if (!--r->kept)
        errand_unref(r);
}

#endif
