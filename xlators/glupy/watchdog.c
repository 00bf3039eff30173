/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The thread that never enters Python, nor any other translator: whatever these do, it
 * sees which fops are over time, and has them ended (errand.c).
 */
#include "xlators/glupy/request.h"

#include <pthread.h>

enum { TICK_MS = 50 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool started;
    struct request *all;  /* by watch_next */
    struct code *retired; /* by retired_next */
} watch = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Takes r if its time is over, or if it waits for a Python that is stuck. The owner that
 * it had, or DONE. */
static enum owner
expire(struct request *r, uint64_t now, bool stuck)
{
    unsigned word = request_word(r);

    if (stuck && word_owner(word) == QUEUED)
        return request_take(r, word, DECIDING) ? QUEUED : DONE;
    return request_expire(r, now);
}

/* Under watch.lock. */
static void
end_expired(void)
{
    uint64_t now = now_ns();
    bool stuck = stuck_is();

    for (struct request *r = watch.all; r; r = r->watch_next) {
        enum owner owner = expire(r, now, stuck);

        if (owner == DONE)
            continue;
        request_ref(r);
        errand_queue(r, owner);
    }
}

static bool
is_in_use(const struct code *code)
{
    for (const struct request *r = watch.all; r; r = r->watch_next) {
        if (r->code == code)
            return true;
    }
    return false;
}

/* Under watch.lock. */
static void
drop_retired(void)
{
    for (struct code **at = &watch.retired; *at;) {
        struct code *code = *at;

        if (is_in_use(code) || atomic_exchange(&code->is_dropped, true)) {
            at = &code->retired_next;
            continue;
        }
        *at = code->retired_next;
        code->is_retired = false;
        worker_queue_job(&code->drop);
    }
}

static void *
watchdog_main(void *arg)
{
    struct timespec until;

    (void)arg;
    pthread_mutex_lock(&watch.lock);
    for (;;) {
        end_expired();
        drop_retired();
        errand_watch();
        pthread_mutex_unlock(&watch.lock);
        stuck_watch(TICK_MS);
        worker_look_after();
        pthread_mutex_lock(&watch.lock);
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += TICK_MS * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&watch.wake, &watch.lock, &until);
    }
    return NULL;
}

/* Under watch.lock: starts the thread if it does not run. */
static bool
start(void)
{
    pthread_condattr_t attr;

    if (watch.started)
        return true;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&watch.wake, &attr);
    pthread_condattr_destroy(&attr);
    watch.started = !worker_thread(watchdog_main, NULL);
    if (!watch.started)
        pthread_cond_destroy(&watch.wake); /* the next one makes it again */
    return watch.started;
}

/* Under watch.lock, so that it need not be one operation. */
static void
count(struct request *r, int more)
{
    atomic_llong *in_flight = &r->g->count.in_flight;

    atomic_store_explicit(in_flight,
                          atomic_load_explicit(in_flight, memory_order_relaxed) + more,
                          memory_order_relaxed);
}

bool
watchdog_add(struct request *r)
{
    pthread_mutex_lock(&watch.lock);
    if (!start()) {
        pthread_mutex_unlock(&watch.lock);
        return false;
    }
    r->watch_next = watch.all;
    r->watch_prev = &watch.all;
    if (watch.all)
        watch.all->watch_prev = &r->watch_next;
    watch.all = r;
    count(r, 1);
    pthread_mutex_unlock(&watch.lock);
    return true;
}

void
watchdog_remove(struct request *r)
{
    pthread_mutex_lock(&watch.lock);
    *r->watch_prev = r->watch_next;
    if (r->watch_next)
        r->watch_next->watch_prev = r->watch_prev;
    count(r, -1);
    pthread_mutex_unlock(&watch.lock);
}

void
watchdog_retire(struct code *code)
{
    pthread_mutex_lock(&watch.lock);
    if (!code->is_retired) {
        code->is_retired = true;
        code->retired_next = watch.retired;
        watch.retired = code;
    }
    pthread_mutex_unlock(&watch.lock);
}
