/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The thread that never enters Python: whatever Python does, it ends fops in time. It
 * also does what those who hold the GIL must not: answer, and release.
 */
#include "xlators/glupy/glupy.h"

#include <pthread.h>

enum { TICK_MS = 50 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool started;
    struct request *all;    /* by watch_next */
    struct request *give_up; /* by act_next */
    struct request *unref;  /* by act_next */
    struct later *later;
} watch = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void
end_expired(struct request *r, enum owner owner)
{
    struct glupy *g = r->g;

    THIS = g->xl;
    atomic_fetch_add(&g->count.timeouts, 1);
    breaker_failed(g);
    latency_error(g, r->fop);
    if (owner == RUNNING || owner == DECIDED)
        worker_replace(r);
    if (atomic_load(&g->state) == LOADING && now_ns() > g->load_deadline) {
        if (glupy_loaded(g->latest, false))
            gf_log(g->xl->name, GF_LOG_ERROR,
                   "module %s does not run: its import takes too long",
                   g->latest->module);
    }
    if (owner == DECIDED) {
        request_act_queued(r);
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
    worker_thread_is_ours();
    pthread_mutex_lock(&watch.lock);
    for (;;) {
        struct request *expired = collect_expired();
        struct request *give_up = watch.give_up, *unref = watch.unref;

        struct later *laters = watch.later;

        watch.give_up = watch.unref = NULL;
        watch.later = NULL;
        pthread_mutex_unlock(&watch.lock);
        for (struct request *r = expired, *next; r; r = next) {
            next = r->act_next;
            end_expired(r, r->act_owner);
            request_unref(r);
        }
        for (struct request *r = give_up, *next; r; r = next) {
            next = r->act_next;
            atomic_fetch_add(&r->g->count.orphans, 1);
            breaker_failed(r->g);
            latency_error(r->g, r->fop);
            request_give_up(r);
            request_unref(r);
        }
        for (struct request *r = unref, *next; r; r = next) {
            next = r->act_next;
            request_unref(r);
        }
        for (struct later *later = laters, *next; later; later = next) {
            next = later->next;
            later->run(later);
        }
        pthread_mutex_lock(&watch.lock);
        if (watch.give_up || watch.unref || watch.later)
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

void
watchdog_later(struct later *later)
{
    pthread_mutex_lock(&watch.lock);
    later->next = watch.later;
    watch.later = later;
    if (start()) /* else when the next request starts it */
        pthread_cond_signal(&watch.wake);
    pthread_mutex_unlock(&watch.lock);
}
