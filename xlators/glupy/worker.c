/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The threads that run Python. One pool serves all instances of the process, since
 * they share one GIL. A worker that is stuck in a handler is replaced.
 */
#include "xlators/glupy/request.h"

#include <pthread.h>
#include <signal.h>

#include "common/cleanup.h"

enum {
    STACK_SIZE = 8 << 20,
    INLINE_STACK_SIZE = 1 << 20, /* below it deep recursion is a SIGSEGV */
    JOB_MS = 1000,               /* from then on another worker does the work */
};

struct worker {
    struct worker_state py;
    bool guest; /* one of GlusterFS's own threads, by `threads inline` */
    xlator_t **this; /* where its THIS is */
    bool lost;  /* in something that takes too long; pool.lock */
    unsigned acts_seen; /* py.acts when the watchdog looked last */
    uint64_t deadline; /* ns, of what is no request and nobody else watches; pool.lock */
    struct worker *next;
};

/* A handler that ran too long is to be told so, by a worker with the GIL. */
struct interrupt {
    struct worker *worker;
    struct request *r; /* a reference, or NULL: its job */
    unsigned job;
    struct interrupt *next;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct request *first, **end;
    struct code *loads;
    struct interrupt *interrupts;
    struct job *jobs, **jobs_end;
    struct worker *workers;
    unsigned wanted, alive, lost;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER,
          .end = &pool.first, .jobs_end = &pool.jobs};

int
worker_thread(void *(*function)(void *), void *arg)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, before;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    sigfillset(&all); /* signals are for GlusterFS's own threads */
    /* but for those of a crash: blocked, they would end the process without the backtrace
     * that GlusterFS writes */
    for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
        sigdelset(&all, crashes[i]);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = pthread_create(&thread, &attr, function, arg);

    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    if (err)
        gf_log("glupy", GF_LOG_ERROR, "cannot start a thread: %s", strerror(err));
    return -err;
}

static _Thread_local bool is_ours;

void
worker_thread_is_ours(void)
{
    is_ours = true;
}

/* ---- workers ------------------------------------------------------------ */

/* The phase that r is to run. A coroutine takes what has come out of the inbox by
 * itself; else it is the child's answer. */
static enum phase
phase_now(struct request *r)
{
    return !r->task && atomic_load(&r->inbox) ? PHASE_CBK : r->phase;
}

static void
begin_phase(struct request *r, enum phase phase)
{
    if (phase == r->phase)
        return;
    request_inbox(r);
    r->phase = phase;
}

/* Without the GIL: the handler is not there, or the module is not. As run_step. */
static bool
run_without_python(struct request *r, unsigned word, enum phase phase)
{
    if (!request_take(r, word, DECIDING))
        return false;
    begin_phase(r, phase);
    if (!r->code) {
        request_give_up(r);
        return false;
    }
    r->decision = phase == PHASE_CBK ? DECIDE_UNWIND : DECIDE_WIND;
    r->op_ret = r->first.op_ret;
    r->op_errno = r->first.op_errno;
    return request_act(r);
}

static enum next_step
run_python(struct worker_state *py, struct request *r, unsigned running)
{
    struct request *outer = atomic_load_explicit(&py->current, memory_order_relaxed);

    atomic_store_explicit(&py->current, r, memory_order_release);
    uint64_t begun = latency_begin(r->g, r->fop);
    enum next_step step = python_run(r, running);

    latency_end(r->g, r->fop, begun);
    atomic_store_explicit(&py->current, outer, memory_order_release);
    if (step == STEP_NONE)
        python_not_interrupted(py);
    return step;
}

/* The worker goes into other translators' code, or is back: see waits_elsewhere. */
static void
acts(struct worker_state *py)
{
    unsigned count = atomic_load_explicit(&py->acts, memory_order_relaxed);

    atomic_store_explicit(&py->acts, count + 1, memory_order_relaxed);
}

/* True: r is QUEUED again, for the caller to run. */
static bool
run_step(struct worker_state *py, struct request *r)
{
    unsigned word = request_word(r);
    enum next_step step = STEP_NONE;
    bool more = false;

    if (word_owner(word) != QUEUED)
        return false;
    enum phase phase = phase_now(r);

    if (!r->code)
        r->code = atomic_load(&r->g->code);
    if (!r->code || !r->code->handlers[r->fop][phase]) {
        acts(py);
        more = run_without_python(r, word, phase);
        acts(py);
        return more;
    }
    if (python_enter(py)) {
        if (request_take(r, word, DECIDING))
            request_give_up(r);
        return false;
    }
    if (request_take(r, word, RUNNING)) {
        begin_phase(r, phase);
        step = run_python(py, r, (word & ~0xffu) | RUNNING);
    }
    python_leave(py);
    acts(py);
    if (step == STEP_ACT)
        more = request_act(r);
    else if (step == STEP_GIVE_UP)
        request_give_up(r);
    acts(py);
    return more;
}

static void
run_request(struct worker_state *py, struct request *r)
{
    while (run_step(py, r))
        ;
}

static void
run_job(struct worker_state *py, struct job *job)
{
    if (python_enter(py))
        return;
    atomic_fetch_add(&py->job, 1);
    job->run(job);
    atomic_fetch_add(&py->job, 1);
    python_not_interrupted(py);
    python_leave(py);
}

static void
run_load(struct worker_state *py, struct code *code)
{
    struct glupy *g = code->g;
    bool success = false;

    if (python_start(py)) {
        snprintf(code->reason, sizeof(code->reason), "Python does not start here");
    } else if (!python_enter(py)) {
        success = !python_load(code);
        python_leave(py);
    }
    bool changed = glupy_loaded(code, success);

    if (atomic_load(&g->code) != code || g->gone)
        code_retire(code); /* it failed, or comes too late */
    if (success && !changed)
        gf_log(g->name, GF_LOG_INFO, "module %s: a newer one is wanted by now",
               code->module);
    else if (!success)
        gf_log(g->name, GF_LOG_ERROR, "module %s does not run: %s. %s",
               code->module, code->reason,
               g->state == READY ? "The one that ran before goes on"
               : g->fail         ? "Every operation ends with EIO (on-error fail)"
                                 : "Operations pass through (on-error pass)");
}

static void
run_interrupt(struct worker_state *py, struct interrupt *interrupt)
{
    if (!python_enter(py)) {
        python_interrupt(&interrupt->worker->py, interrupt->r, interrupt->job);
        python_leave(py);
    }
    if (interrupt->r)
        request_unref(interrupt->r);
    free(interrupt);
}

/* What there is to do: one of these. */
struct work {
    struct interrupt *interrupt;
    struct code *load;
    struct request *r;
    struct job *job;
};

/* Under pool.lock. A job only where nobody's operation waits for it. */
static bool
take_work(struct work *work)
{
    *work = (struct work){0};
    if (pool.interrupts) {
        work->interrupt = pool.interrupts;
        pool.interrupts = work->interrupt->next;
    } else if (pool.loads) {
        work->load = pool.loads;
        pool.loads = work->load->load_next;
    } else if (pool.first) {
        work->r = pool.first;
        pool.first = work->r->next;
        if (!pool.first)
            pool.end = &pool.first;
    } else if (pool.jobs) {
        work->job = pool.jobs;
        pool.jobs = work->job->next;
        if (!pool.jobs)
            pool.jobs_end = &pool.jobs;
    } else {
        return false;
    }
    return true;
}

static void
do_work(struct worker_state *py, const struct work *work)
{
    /* logs and memory go by THIS: with libgfapi each volume has its own */
    if (work->interrupt) {
        run_interrupt(py, work->interrupt);
    } else if (work->load) {
        THIS = glupy_this(work->load->g);
        run_load(py, work->load);
    } else if (work->r) {
        THIS = glupy_this(work->r->g);
        run_request(py, work->r);
        request_unref(work->r);
    } else {
        run_job(py, work->job);
    }
    THIS = &global_xlator;
}

static void *
worker_main(void *arg)
{
    struct worker *w = arg;
    struct work work;

    worker_thread_is_ours();
    w->this = &THIS;
    for (;;) {
        pthread_mutex_lock(&pool.lock);
        if (w->lost) {
            w->lost = false;
            pool.lost--;
        }
        w->deadline = 0;
        if (pool.alive - pool.lost > pool.wanted)
            break; /* it had been replaced */
        while (!take_work(&work))
            pthread_cond_wait(&pool.work, &pool.lock);
        if (!work.r)
            w->deadline = now_ns() + JOB_MS * 1000000ull;
        pthread_mutex_unlock(&pool.lock);
        do_work(&w->py, &work);
    }
    w->this = NULL; /* goes with the thread */
    pool.alive--;
    pthread_mutex_unlock(&pool.lock);
    /* its entry stays in the list: an interrupt may be on its way to it */
    if (w->py.tstate)
        python_forget(&w->py);
    return NULL;
}

/* Under pool.lock: as many workers as wanted that are not stuck. */
static void
start_workers(void)
{
    while (pool.alive - pool.lost < pool.wanted && pool.alive < THREADS_MAX) {
        struct worker *w = calloc(1, sizeof(*w));

        if (!w)
            return;
        if (worker_thread(worker_main, w)) {
            free(w);
            return; /* tried again when there is no worker for a request */
        }
        w->next = pool.workers;
        pool.workers = w;
        pool.alive++;
    }
}

void
worker_want(unsigned threads)
{
    pthread_mutex_lock(&pool.lock);
    if (pool.wanted < threads)
        pool.wanted = threads;
    start_workers();
    pthread_mutex_unlock(&pool.lock);
}

void
worker_queue(struct request *r)
{
    r->next = NULL;
    pthread_mutex_lock(&pool.lock);
    *pool.end = r;
    pool.end = &r->next;
    if (pool.alive == pool.lost)
        start_workers();
    pthread_mutex_unlock(&pool.lock);
    pthread_cond_signal(&pool.work);
}

void
worker_queue_job(struct job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&pool.lock);
    *pool.jobs_end = job;
    pool.jobs_end = &job->next;
    if (pool.alive == pool.lost)
        start_workers();
    pthread_mutex_unlock(&pool.lock);
    pthread_cond_signal(&pool.work);
}

unsigned
worker_queued(const struct glupy *g)
{
    unsigned count = 0;

    pthread_mutex_lock(&pool.lock);
    for (const struct request *r = pool.first; r; r = r->next)
        count += r->g == g;
    pthread_mutex_unlock(&pool.lock);
    return count;
}

/* ---- `threads inline` --------------------------------------------------- */

static pthread_key_t guest_key;
static pthread_once_t guest_once = PTHREAD_ONCE_INIT;

static void
guest_leaves(void *arg)
{
    struct worker *w = arg;

    if (w->py.tstate)
        python_forget(&w->py);
}

static void
guest_key_new(void)
{
    pthread_key_create(&guest_key, guest_leaves);
}

static size_t
stack_size(void)
{
    pthread_attr_t attr;
    size_t size = 0;

    if (pthread_getattr_np(pthread_self(), &attr))
        return 0;
    pthread_attr_getstacksize(&attr, &size);
    pthread_attr_destroy(&attr);
    return size;
}

/* The calling thread as a worker, or NULL if its stack is too small for Python. */
static struct worker *
guest(void)
{
    static _Thread_local bool asked;
    static _Thread_local struct worker *self;

    if (asked)
        return self;
    asked = true;
    pthread_once(&guest_once, guest_key_new);
    if (stack_size() < INLINE_STACK_SIZE || !(self = calloc(1, sizeof(*self))))
        return NULL;
    self->guest = true;
    pthread_setspecific(guest_key, self);
    pthread_mutex_lock(&pool.lock);
    self->next = pool.workers;
    pool.workers = self;
    pthread_mutex_unlock(&pool.lock);
    return self;
}

bool
worker_run_here(struct request *r)
{
    struct worker *w = r->code && !is_ours ? guest() : NULL;

    /* this thread may be the only one that reads requests: it does not wait until
     * somebody lets go of Python. (Who takes it in the moment between this look and our
     * entering is another handler, or the module's thread; it is a matter of nanoseconds.) */
    if (!w || !python_is_free())
        return false;
    run_request(&w->py, r);
    /* it was taken from us, and its arguments are good while our caller waits for us */
    if (word_owner(request_word(r)) != DONE)
        request_hold_args(r);
    request_unref(r);
    return true;
}

void
worker_queue_load(struct code *code)
{
    pthread_mutex_lock(&pool.lock);
    code->load_next = pool.loads;
    pool.loads = code;
    start_workers();
    pthread_mutex_unlock(&pool.lock);
    pthread_cond_signal(&pool.work);
}

void
worker_forget_xlator(const xlator_t *xl)
{
    pthread_mutex_lock(&pool.lock);
    for (struct worker *w = pool.workers; w; w = w->next) {
        /* it is in a handler that blocks; nothing there sets it */
        if (w->this && __atomic_load_n(w->this, __ATOMIC_RELAXED) == xl)
            __atomic_store_n(w->this, &global_xlator, __ATOMIC_RELAXED);
    }
    pthread_mutex_unlock(&pool.lock);
}

bool
worker_waits_for_python(void)
{
    bool waits = false;

    pthread_mutex_lock(&pool.lock);
    for (const struct worker *w = pool.workers; w && !waits; w = w->next)
        waits = atomic_load_explicit(&w->py.waits, memory_order_relaxed);
    pthread_mutex_unlock(&pool.lock);
    return waits;
}

/* Under pool.lock: has it been in one wind or unwind since the last look, and is there
 * work for it? What it waits for may be just that work: FUSE keeps the thread that brings
 * the answer of an interrupted lock until the operation that takes the lock back is done. */
static bool
waits_elsewhere(struct worker *w)
{
    unsigned acts = atomic_load_explicit(&w->py.acts, memory_order_relaxed);
    bool same = (acts & 1) && acts == w->acts_seen;

    w->acts_seen = acts;
    return same && (pool.first || pool.interrupts || pool.loads || pool.jobs);
}

/* Under pool.lock: what the worker does now, r's handler or a job, is to be interrupted. */
static void
interrupt_worker(struct worker *w, struct request *r)
{
    struct interrupt *interrupt = calloc(1, sizeof(*interrupt));

    if (!interrupt)
        return;
    if (r)
        request_ref(r);
    *interrupt = (struct interrupt){w, r, atomic_load(&w->py.job), pool.interrupts};
    pool.interrupts = interrupt;
}

/* Under pool.lock. */
static void
lose(struct worker *w)
{
    w->lost = true;
    pool.lost++;
    start_workers();
}

void
worker_look_after(void)
{
    uint64_t now = now_ns();

    pthread_mutex_lock(&pool.lock);
    for (struct worker *w = pool.workers; w; w = w->next) {
        bool late = w->deadline && now >= w->deadline;

        if (w->guest)
            continue;
        if (!w->lost && (late || waits_elsewhere(w)))
            lose(w);
        if (late) {
            /* and again, if it then goes on: one job may close several coroutines */
            w->deadline = now + JOB_MS * 1000000ull;
            interrupt_worker(w, NULL);
        }
    }
    pthread_mutex_unlock(&pool.lock);
    pthread_cond_signal(&pool.work);
}

void
worker_replace(struct request *r)
{
    pthread_mutex_lock(&pool.lock);
    for (struct worker *w = pool.workers; w; w = w->next) {
        if (atomic_load(&w->py.current) != r || w->lost)
            continue;
        if (!w->guest)
            lose(w);
        interrupt_worker(w, r);
    }
    pthread_mutex_unlock(&pool.lock);
    pthread_cond_signal(&pool.work);
}
