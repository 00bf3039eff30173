/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The circuit breaker of an instance: a module that fails again and again is left
 * alone for a while, instead of costing each operation its time. It knows nothing of
 * Python nor of requests.
 *
 * All is in one number, `until`: 0 while it is closed, else the time before which no
 * operation reaches Python. The first one that comes later is the trial, and takes the
 * number a pause further, so that there is one trial in each pause even if none ever
 * ends. A failure moves the number, too; a trial that finds it as it left it has gone
 * well and closes the breaker.
 */
#include "xlators/glupy/glupy.h"

static const uint64_t second = 1000000000u;

/* The limit's place in the ring of times; under the lock. */
static bool
is_too_many(struct breaker *b, uint64_t now)
{
    unsigned max = atomic_load(&b->failures);

    if (max != b->ring_size) { /* another limit: counted from here */
        memset(b->times, 0, sizeof(b->times));
        b->ring_size = max;
        b->next = 0;
    }
    if (!max)
        return false;
    b->times[b->next] = now;
    b->next = (b->next + 1) % max;
    /* the oldest of the last max */
    uint64_t oldest = b->times[b->next];

    return oldest && oldest + atomic_load(&b->window_s) * second >= now;
}

static bool
is_power_of_two(unsigned n)
{
    return n && !(n & (n - 1));
}

static const char *
what_becomes(const struct glupy *g)
{
    return atomic_load(&g->fail) ? "end with EIO (on-error fail)"
                                 : "pass through (on-error pass)";
}

/* Under the lock. */
static void
open_for_a_pause(struct glupy *g, uint64_t now)
{
    struct breaker *b = &g->breaker;
    uint64_t before = atomic_load(&b->until), pause = atomic_load(&b->pause_s) * second;
    /* never the number that a trial remembers */
    uint64_t until = now + pause > before ? now + pause : before + 1;

    atomic_store(&b->until, until);
    if (!before) {
        b->trials = 0;
        atomic_fetch_add(&b->opened, 1);
        memset(b->times, 0, sizeof(b->times));
        gf_log(g->name, GF_LOG_ERROR,
               "%u operations failed within %u s (since the start: %llu exceptions, %llu "
               "timeouts, %llu forgotten; their reasons are above): all operations %s for "
               "%u s, then one is tried",
               b->ring_size, atomic_load(&b->window_s), atomic_load(&g->count.errors),
               atomic_load(&g->count.timeouts), atomic_load(&g->count.orphans),
               what_becomes(g), atomic_load(&b->pause_s));
    }
}

void
breaker_failed(struct glupy *g)
{
    struct breaker *b = &g->breaker;
    uint64_t now = now_ns();

    if (!atomic_load(&b->failures))
        return;
    pthread_mutex_lock(&b->lock);
    bool open = atomic_load(&b->until), tried = b->trying;

    if (open || is_too_many(b, now)) {
        b->trying = false;
        open_for_a_pause(g, now);
    }
    if (open && tried && is_power_of_two(++b->trials))
        gf_log(g->name, GF_LOG_WARNING,
               "the module fails still (trial %u): all operations %s for another %u s",
               b->trials, what_becomes(g), atomic_load(&b->pause_s));
    pthread_mutex_unlock(&b->lock);
}

unsigned
breaker_recent(struct glupy *g)
{
    struct breaker *b = &g->breaker;
    uint64_t now = now_ns(), window = atomic_load(&b->window_s) * second;
    unsigned count = 0;

    pthread_mutex_lock(&b->lock);
    for (unsigned i = 0; i < b->ring_size; i++)
        count += b->times[i] && b->times[i] + window >= now;
    pthread_mutex_unlock(&b->lock);
    return count;
}

bool
breaker_asks(struct glupy *g, uint64_t *trial)
{
    struct breaker *b = &g->breaker;
    uint64_t until = atomic_load(&b->until), now = now_ns();

    if (!atomic_load(&b->failures)) { /* it has been switched off */
        atomic_store(&b->until, 0);
        return false;
    }
    if (!until || now < until)
        return until;
    pthread_mutex_lock(&b->lock);
    bool first = atomic_load(&b->until) == until;

    if (first) {
        uint64_t next = now + atomic_load(&b->pause_s) * second;

        *trial = next > until ? next : until + 1;
        b->trying = true;
        atomic_store(&b->until, *trial);
    }
    pthread_mutex_unlock(&b->lock);
    return !first;
}

void
breaker_tried(struct glupy *g, uint64_t trial)
{
    struct breaker *b = &g->breaker;

    if (!atomic_compare_exchange_strong(&b->until, &trial, 0))
        return;
    gf_log(g->name, GF_LOG_INFO, "an operation has gone well: the module runs again");
}

unsigned
breaker_seconds_left(const struct glupy *g)
{
    uint64_t until = atomic_load(&g->breaker.until), now = now_ns();

    return until > now ? (unsigned)((until - now) / second) + 1 : 0;
}
