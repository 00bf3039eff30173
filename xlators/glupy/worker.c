/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The threads. Workers run Python; one pool serves all instances of the process,
 * since they share one GIL. A worker that is stuck in a handler is replaced.
 * The watchdog never enters Python: whatever Python does, it ends fops in time.
 */
#include "xlators/glupy/glupy.h"

#include <pthread.h>
#include <signal.h>

enum {
    STACK_SIZE = 8 << 20,
    INLINE_STACK_SIZE = 1 << 20, /* below it deep recursion is a SIGSEGV */
    TICK_MS = 50,
};

struct worker {
    struct worker_state py;
    bool guest; /* one of GlusterFS's own threads, by `threads inline` */
    bool lost;  /* in a handler whose request was taken from it; pool.lock */
    struct worker *next;
};

/* A handler that ran too long is to be told so, by a worker with the GIL. */
struct interrupt {
    struct worker *worker;
    struct request *r;
    struct interrupt *next;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct request *first, **end;
    struct code *loads;
    struct interrupt *interrupts;
    struct worker *workers;
    unsigned wanted, alive, lost;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER,
          .end = &pool.first};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool started;
    struct request *all;    /* by watch_next */
    struct request *give_up; /* by act_next */
    struct request *unref;  /* by act_next */
} watch = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void
thread_start(void *(*function)(void *), void *arg)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, before;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    sigfillset(&all); /* signals are for GlusterFS's own threads */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = pthread_create(&thread, &attr, function, arg);

    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    if (err)
        gf_log("glupy", GF_LOG_ERROR, "cannot start a thread: %s", strerror(err));
}

/* Workers and the watchdog: where an answer makes GlusterFS begin another operation,
 * that is not run on them, even with `threads inline`. */
static _Thread_local bool is_ours;

/* ---- workers ------------------------------------------------------------ */

/* Without the GIL: a request whose handler is not there, or the module is not. */
static bool
handled_without_python(struct request *r, unsigned word)
{
    if (!r->code)
        r->code = atomic_load(&r->g->code);
    if (r->code && r->code->handlers[r->fop][r->phase])
        return false;
    if (!request_take(r, word, DECIDING))
        return true;
    if (!r->code) {
        request_give_up(r);
        return true;
    }
    r->decision = r->phase == PHASE_CBK ? DECIDE_UNWIND : DECIDE_WIND;
    request_act(r);
    return true;
}

static void
run_request(struct worker_state *py, struct request *r)
{
    unsigned word = request_word(r);
    enum next_step step = STEP_NONE;

    if (word_owner(word) != QUEUED || handled_without_python(r, word))
        return;
    if (python_enter(py)) {
        if (request_take(r, word, DECIDING))
            request_give_up(r);
        return;
    }
    if (request_take(r, word, RUNNING)) {
        atomic_store(&py->current, r);
        step = python_run(r, (word & ~0xffu) | RUNNING);
        atomic_store(&py->current, NULL);
        if (step == STEP_NONE)
            python_not_interrupted(py);
    }
    python_leave(py);
    if (step == STEP_ACT)
        request_act(r);
    else if (step == STEP_GIVE_UP)
        request_give_up(r);
}

static void
run_load(struct worker_state *py, struct code *code)
{
    struct glupy *g = code->g;
    bool success = false;

    if (python_start()) {
        snprintf(code->reason, sizeof(code->reason), "Python does not start here");
    } else if (!python_enter(py)) {
        success = !python_load(code);
        python_leave(py);
    }
    bool changed = glupy_loaded(code, success);

    if (success && changed)
        gf_log(g->xl->name, GF_LOG_INFO, "module %s is loaded", code->module);
    else if (success)
        gf_log(g->xl->name, GF_LOG_INFO, "module %s: a newer one is wanted by now",
               code->module);
    else
        gf_log(g->xl->name, GF_LOG_ERROR, "module %s does not run: %s. %s",
               code->module, code->reason,
               g->state == READY ? "The one that ran before goes on"
               : g->fail         ? "Every operation ends with EIO (on-error fail)"
                                 : "Operations pass through (on-error pass)");
}

static void
run_interrupt(struct worker_state *py, struct interrupt *interrupt)
{
    if (!python_enter(py)) {
        python_interrupt(&interrupt->worker->py, interrupt->r);
        python_leave(py);
    }
    request_unref(interrupt->r);
    free(interrupt);
}

static void *
worker_main(void *arg)
{
    struct worker *w = arg;

    is_ours = true;
    for (;;) {
        pthread_mutex_lock(&pool.lock);
        if (w->lost) {
            w->lost = false;
            pool.lost--;
        }
        if (pool.alive - pool.lost > pool.wanted)
            break; /* it had been replaced */
        while (!pool.first && !pool.loads && !pool.interrupts)
            pthread_cond_wait(&pool.work, &pool.lock);
        struct interrupt *interrupt = pool.interrupts;
        struct code *load = interrupt ? NULL : pool.loads;
        struct request *r = interrupt || load ? NULL : pool.first;

        if (interrupt) {
            pool.interrupts = interrupt->next;
        } else if (load) {
            pool.loads = load->load_next;
        } else {
            pool.first = r->next;
            if (!pool.first)
                pool.end = &pool.first;
        }
        pthread_mutex_unlock(&pool.lock);
        /* logs and memory go by THIS: with libgfapi each volume has its own */
        if (interrupt) {
            run_interrupt(&w->py, interrupt);
        } else if (load) {
            THIS = load->g->xl;
            run_load(&w->py, load);
        } else {
            THIS = r->g->xl;
            run_request(&w->py, r);
            request_unref(r);
        }
        THIS = &global_xlator;
    }
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
        w->next = pool.workers;
        pool.workers = w;
        pool.alive++;
        thread_start(worker_main, w);
    }
}

void
worker_want(unsigned threads)
{
    pthread_mutex_lock(&pool.lock);
    if (pool.wanted < threads)
        pool.wanted = threads;
    pthread_mutex_unlock(&pool.lock);
}

void
worker_queue(struct request *r)
{
    r->next = NULL;
    pthread_mutex_lock(&pool.lock);
    *pool.end = r;
    pool.end = &r->next;
    pthread_mutex_unlock(&pool.lock);
    pthread_cond_signal(&pool.work);
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

    if (!w)
        return false;
    run_request(&w->py, r);
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

/* Watchdog: r was taken while a handler ran. Finds the worker, replaces it, and
 * has the handler interrupted. */
static void
replace_worker_of(struct request *r)
{
    pthread_mutex_lock(&pool.lock);
    for (struct worker *w = pool.workers; w; w = w->next) {
        if (atomic_load(&w->py.current) != r || w->lost)
            continue;
        struct interrupt *interrupt = calloc(1, sizeof(*interrupt));

        if (!w->guest) {
            w->lost = true;
            pool.lost++;
        }
        if (interrupt) {
            request_ref(r);
            *interrupt = (struct interrupt){w, r, pool.interrupts};
            pool.interrupts = interrupt;
        }
        start_workers();
    }
    pthread_mutex_unlock(&pool.lock);
    pthread_cond_signal(&pool.work);
}

/* ---- watchdog ----------------------------------------------------------- */

static void
end_expired(struct request *r, enum owner owner)
{
    struct glupy *g = r->g;

    THIS = g->xl;
    atomic_fetch_add(&g->count.timeouts, 1);
    if (owner == RUNNING || owner == DECIDED)
        replace_worker_of(r);
    if (atomic_load(&g->state) == LOADING && now_ns() > g->load_deadline) {
        if (glupy_loaded(g->latest, false))
            gf_log(g->xl->name, GF_LOG_ERROR,
                   "module %s does not run: its import takes too long",
                   g->latest->module);
    }
    if (owner == DECIDED) {
        request_act(r);
        return;
    }
    gf_log(g->xl->name, GF_LOG_WARNING, "%s: Python did not finish within %u ms (%s)",
           glupy_fops[r->fop].name, atomic_load(&g->timeout_ms),
           atomic_load(&g->fail) ? "EIO" : "passed on");
    request_give_up(r);
}

/* Under watch.lock: takes what is too late, as a list by act_next. The owner that
 * each had is kept in its act_owner. */
static struct request *
collect_expired(void)
{
    struct request *list = NULL;
    uint64_t now = now_ns();

    for (struct request *r = watch.all; r; r = r->watch_next) {
        enum owner owner = request_expire(r, now);

        if (owner == DONE)
            continue;
        request_ref(r);
        r->act_owner = owner;
        r->act_next = list;
        list = r;
    }
    return list;
}

static void *
watchdog_main(void *arg)
{
    (void)arg;
    is_ours = true;
    pthread_mutex_lock(&watch.lock);
    for (;;) {
        struct request *expired = collect_expired();
        struct request *give_up = watch.give_up, *unref = watch.unref;

        watch.give_up = watch.unref = NULL;
        pthread_mutex_unlock(&watch.lock);
        for (struct request *r = expired, *next; r; r = next) {
            next = r->act_next;
            end_expired(r, r->act_owner);
            request_unref(r);
        }
        for (struct request *r = give_up, *next; r; r = next) {
            next = r->act_next;
            atomic_fetch_add(&r->g->count.orphans, 1);
            request_give_up(r);
            request_unref(r);
        }
        for (struct request *r = unref, *next; r; r = next) {
            next = r->act_next;
            request_unref(r);
        }
        pthread_mutex_lock(&watch.lock);
        if (watch.give_up || watch.unref)
            continue;
        struct timespec until;

        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += TICK_MS * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&watch.wake, &watch.lock, &until);
    }
    return NULL;
}

void
watchdog_add(struct request *r)
{
    pthread_mutex_lock(&watch.lock);
    if (!watch.started) {
        pthread_condattr_t attr;

        pthread_condattr_init(&attr);
        pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
        pthread_cond_init(&watch.wake, &attr);
        pthread_condattr_destroy(&attr);
        thread_start(watchdog_main, NULL);
        watch.started = true;
    }
    r->watch_next = watch.all;
    r->watch_prev = &watch.all;
    if (watch.all)
        watch.all->watch_prev = &r->watch_next;
    watch.all = r;
    pthread_mutex_unlock(&watch.lock);
}

void
watchdog_remove(struct request *r)
{
    pthread_mutex_lock(&watch.lock);
    *r->watch_prev = r->watch_next;
    if (r->watch_next)
        r->watch_next->watch_prev = r->watch_prev;
    pthread_mutex_unlock(&watch.lock);
}

static void
watchdog_hand(struct request **list, struct request *r)
{
    pthread_mutex_lock(&watch.lock);
    r->act_next = *list;
    *list = r;
    pthread_cond_signal(&watch.wake);
    pthread_mutex_unlock(&watch.lock);
}

void
watchdog_give_up(struct request *r)
{
    watchdog_hand(&watch.give_up, r);
}

void
watchdog_unref(struct request *r)
{
    unsigned refs = atomic_load(&r->refs);

    while (refs > 1) {
        if (atomic_compare_exchange_weak(&r->refs, &refs, refs - 1))
            return;
    }
    watchdog_hand(&watch.unref, r);
}
