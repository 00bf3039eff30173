/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * How often each fop came to Python, how often that failed, and how long Python had it:
 * per instance, since the process began: one in a new graph goes on with the figures of
 * the one that it replaces. Calls and errors are exact. Time is that of one
 * stay, from entering a handler until it returns or awaits, and includes waiting for the
 * GIL inside it, but not before it. Of a fop's stays the first 64 are measured and then
 * about one of 16, at random (every 16th would meet the same phase each time), which
 * counts as 16: two readings of the clock cost more than all the rest.
 */
#include "xlators/glupy/glupy.h"

#include <time.h>

enum {
    SUB_BITS = 3,     /* 8 buckets to an octave: a figure is right to 6 % */
    LOWEST_BIT = 7,   /* below 128 ns all is one */
    OCTAVES = 31,     /* up to 275 s */
    BUCKETS = OCTAVES << SUB_BITS,
    ALL_UNTIL = 64,   /* stays that are all measured */
    ONE_OF = 16,
};

struct latency {
    atomic_ullong calls, errors;
    /* under the GIL: no two threads change one at a time */
    atomic_ullong stays, measured;
    atomic_ullong buckets[BUCKETS];
};

struct latency_table {
    _Atomic(struct latency *) of[GF_FOP_MAXVALUE];
};

/* They stay as long as the process: who counts may be late. */
void
latency_setup(struct glupy *g, const struct glupy *before)
{
    g->latency = before ? before->latency : calloc(1, sizeof(*g->latency));
}

/* A fop's figures, NULL when it has none. */
static struct latency *
look(struct glupy *g, glusterfs_fop_t fop)
{
    return g->latency ? atomic_load_explicit(&g->latency->of[fop], memory_order_acquire) : NULL;
}

/* A fop's figures, made at the first use; NULL when out of memory. */
static struct latency *
of_fop(struct glupy *g, glusterfs_fop_t fop)
{
    struct latency *l = look(g, fop);

    if (l || !g->latency)
        return l;
    struct latency *mine = calloc(1, sizeof(*mine));

    if (!mine || atomic_compare_exchange_strong(&g->latency->of[fop], &l, mine))
        return mine;
    free(mine);
    return l;
}

static unsigned long long
get(atomic_ullong *n)
{
    return atomic_load_explicit(n, memory_order_relaxed);
}

/* Where the GIL is held: one thread at a time, so that the addition need not be atomic. */
static void
add(atomic_ullong *n, unsigned long long more)
{
    atomic_store_explicit(n, get(n) + more, memory_order_relaxed);
}

void
latency_call(struct glupy *g, glusterfs_fop_t fop)
{
    struct latency *l = of_fop(g, fop);

    if (l)
        atomic_fetch_add_explicit(&l->calls, 1, memory_order_relaxed);
}

void
latency_error(struct glupy *g, glusterfs_fop_t fop)
{
    struct latency *l = of_fop(g, fop);

    if (l)
        atomic_fetch_add_explicit(&l->errors, 1, memory_order_relaxed);
}

static uint64_t
clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Is this stay one of the 16? Marsaglia's xorshift; under the GIL. */
static bool
is_chosen(void)
{
    static uint32_t x = 2463534242u;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x % ONE_OF == 0;
}

uint64_t
latency_begin(struct glupy *g, glusterfs_fop_t fop)
{
    struct latency *l = of_fop(g, fop);

    if (!l)
        return 0;
    unsigned long long stays = get(&l->stays);

    atomic_store_explicit(&l->stays, stays + 1, memory_order_relaxed);
    if (stays < ALL_UNTIL)
        return clock_ns();
    return is_chosen() ? clock_ns() : 0;
}

static unsigned
bucket_of(uint64_t ns)
{
    if (ns >> LOWEST_BIT == 0)
        return 0;
    unsigned top = 63u - (unsigned)__builtin_clzll(ns);
    unsigned sub = (unsigned)(ns >> (top - SUB_BITS)) & ((1u << SUB_BITS) - 1);
    unsigned bucket = ((top - LOWEST_BIT) << SUB_BITS) + sub;

    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/* The middle of a bucket. */
static uint64_t
bucket_ns(unsigned bucket)
{
    unsigned top = LOWEST_BIT + (bucket >> SUB_BITS);
    uint64_t sub = bucket & ((1u << SUB_BITS) - 1);
    uint64_t width = 1ull << (top - SUB_BITS);

    return (1ull << top) + sub * width + width / 2;
}

void
latency_end(struct glupy *g, glusterfs_fop_t fop, uint64_t begun)
{
    struct latency *l = begun ? look(g, fop) : NULL;

    if (!l)
        return;
    unsigned long long measured = get(&l->measured);

    atomic_store_explicit(&l->measured, measured + 1, memory_order_relaxed);
    add(&l->buckets[bucket_of(clock_ns() - begun)], measured < ALL_UNTIL ? 1 : ONE_OF);
}

static uint64_t
percentile(struct latency *l, unsigned long long total, unsigned percent)
{
    unsigned long long below = 0;
    unsigned bucket = 0;

    for (; bucket < BUCKETS - 1; bucket++) {
        below += get(&l->buckets[bucket]);
        if (below * 100 >= total * percent)
            break;
    }
    return bucket_ns(bucket);
}

bool
latency_read(struct glupy *g, glusterfs_fop_t fop, struct latency_figures *out)
{
    struct latency *l = look(g, fop);
    unsigned long long total = 0;

    if (!l)
        return false;
    for (unsigned i = 0; i < BUCKETS; i++)
        total += get(&l->buckets[i]);
    *out = (struct latency_figures){.calls = get(&l->calls),
                                    .errors = get(&l->errors),
                                    .p50 = total ? percentile(l, total, 50) : 0,
                                    .p99 = total ? percentile(l, total, 99) : 0};
    return true;
}

unsigned long long
latency_calls(struct glupy *g)
{
    unsigned long long calls = 0;

    for (int i = 0; i < GF_FOP_MAXVALUE; i++) {
        struct latency *l = look(g, i);

        calls += l ? get(&l->calls) : 0;
    }
    return calls;
}
