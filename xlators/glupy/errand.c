/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Threads for what others must not do themselves: who holds the GIL must not wind,
 * unwind or release; the watchdog must not either, since a wind may be carried out on
 * the spot by a disk that hangs, and everybody else's time would stand still with it.
 *
 * Mostly there is one, or none. When it makes no progress, the watchdog has another one
 * started.
 */
#include "xlators/glupy/request.h"

#include <pthread.h>

enum { THREADS = 16, IDLE_S = 10 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct request *first, **end; /* by act_next */
    struct later *later, **later_end;
    unsigned alive, idle;
    unsigned long long done, seen; /* errands begun; when the watchdog looked last */
} errands = {.lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER,
             .end = &errands.first, .later_end = &errands.later};

/* ---- the errands --------------------------------------------------------- */

static void
end_expired(struct request *r, enum owner owner)
{
    struct glupy *g = r->g;

    atomic_fetch_add(&g->count.timeouts, 1);
    breaker_failed(g);
    latency_error(g, r->fop);
    if (owner == RUNNING || owner == DECIDED)
        worker_replace(r);
    if (atomic_load(&g->state) == LOADING && now_ns() > g->load_deadline) {
        if (glupy_loaded(g->latest, false))
            gf_log(g->name, GF_LOG_ERROR,
                   "module %s does not run: its import takes too long",
                   g->latest->module);
    }
    if (owner == DECIDED) {
        request_act_queued(r);
        return;
    }
    if (!stuck_is())
        gf_log(g->name, GF_LOG_WARNING,
               "%s: Python did not finish within %u ms (%s)", glupy_fops[r->fop].name,
               atomic_load(&g->timeout_ms),
               atomic_load(&g->fail) ? "EIO" : "passed on");
    request_give_up(r);
}

static void
end_forgotten(struct request *r)
{
    atomic_fetch_add(&r->g->count.orphans, 1);
    breaker_failed(r->g);
    latency_error(r->g, r->fop);
    request_give_up(r);
}

/* Drops the queue's reference. */
static void
run(struct request *r)
{
    if (r->act_owner != DONE) {
        THIS = glupy_this(r->g);
        request_hold_args(r); /* its caller's thread may still be in the handler */
    }
    if (r->act_owner == DECIDING)
        end_forgotten(r);
    else if (r->act_owner != DONE)
        end_expired(r, r->act_owner);
    request_unref(r);
    THIS = &global_xlator;
}

/* ---- threads ------------------------------------------------------------- */

/* Under the lock: does the first one, without the lock. False where there is none. */
static bool
do_one(void)
{
    struct request *r = errands.first;
    struct later *later = r ? NULL : errands.later;

    if (!r && !later)
        return false;
    if (r) {
        errands.first = r->act_next;
        if (!errands.first)
            errands.end = &errands.first;
    } else {
        errands.later = later->next;
        if (!errands.later)
            errands.later_end = &errands.later;
    }
    errands.done++;
    pthread_mutex_unlock(&errands.lock);
    if (r)
        run(r);
    else
        later->run(later);
    pthread_mutex_lock(&errands.lock);
    return true;
}

static void *
errand_main(void *arg)
{
    struct timespec until;

    (void)arg;
    worker_thread_is_ours();
    pthread_mutex_lock(&errands.lock);
    for (;;) {
        if (do_one())
            continue;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += IDLE_S;
        errands.idle++;
        int err = pthread_cond_timedwait(&errands.work, &errands.lock, &until);

        errands.idle--;
        if (err && !errands.first && !errands.later)
            break;
    }
    errands.alive--;
    pthread_mutex_unlock(&errands.lock);
    return NULL;
}

/* Under the lock. */
static void
start_another(void)
{
    if (errands.alive < THREADS && !worker_thread(errand_main, NULL))
        errands.alive++;
}

/* Under the lock: there is one more. */
static void
announce(void)
{
    if (!errands.alive)
        start_another(); /* if it does not start, the watchdog tries again */
    pthread_cond_signal(&errands.work);
}

void
errand_watch(void)
{
    pthread_mutex_lock(&errands.lock);
    bool waits = errands.first || errands.later;

    if (waits && !errands.idle && errands.done == errands.seen)
        start_another();
    errands.seen = errands.done;
    pthread_mutex_unlock(&errands.lock);
}

/* ---- what others hand over ------------------------------------------------ */

void
errand_queue(struct request *r, enum owner owner)
{
    r->act_owner = owner;
    r->act_next = NULL;
    pthread_mutex_lock(&errands.lock);
    *errands.end = r;
    errands.end = &r->act_next;
    announce();
    pthread_mutex_unlock(&errands.lock);
}

void
errand_unref(struct request *r)
{
    unsigned refs = atomic_load(&r->refs);

    while (refs > 1) {
        if (atomic_compare_exchange_weak(&r->refs, &refs, refs - 1))
            return;
    }
    errand_queue(r, DONE);
}

void
errand_later(struct later *later)
{
    later->next = NULL;
    pthread_mutex_lock(&errands.lock);
    *errands.later_end = later;
    errands.later_end = &later->next;
    announce();
    pthread_mutex_unlock(&errands.lock);
}
