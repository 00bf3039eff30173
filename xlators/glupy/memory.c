/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A limit for what Python takes in this process, so that a module which allocates
 * without end gets MemoryError instead of the volume's process being killed.
 *
 * pymalloc serves small objects from arenas, and hands what is over 512 bytes to the
 * raw allocator: it is enough to count there, and small objects cost nothing. Blocks
 * of C extensions that call malloc or mmap themselves are not seen.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "xlators/glupy/glupy.h"

#include <malloc.h>

/* Arenas may go so much over the limit: a module that takes large blocks then still has
 * small objects to handle its MemoryError with. */
enum { ARENA_RESERVE = 8 << 20 };
/* And so much more is for our own code, which logs what went wrong. A module gets at
 * it only through arenas that were begun for us. */
enum { OUR_RESERVE = 24 << 20 };

static struct {
    atomic_llong used, peak;  /* bytes */
    atomic_llong limit;       /* bytes; 0: none */
    atomic_ullong refused;
    atomic_flag logged;
    PyObjectArenaAllocator arenas; /* Python's own */
    pthread_mutex_t lock;
    struct memory_wish *wishes;    /* lock */
} memory = {.logged = ATOMIC_FLAG_INIT, .lock = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local unsigned ours;

void
memory_ours_begin(void)
{
    ours++;
}

void
memory_ours_end(void)
{
    ours--;
}

static void
count(long long bytes)
{
    long long used = atomic_fetch_add_explicit(&memory.used, bytes, memory_order_relaxed);
    long long peak = atomic_load_explicit(&memory.peak, memory_order_relaxed);

    used += bytes;
    while (used > peak && !atomic_compare_exchange_weak(&memory.peak, &peak, used))
        ;
}

static bool
is_allowed(size_t size, long long reserve)
{
    long long limit = atomic_load_explicit(&memory.limit, memory_order_relaxed);
    long long used = atomic_load_explicit(&memory.used, memory_order_relaxed);

    if (!limit)
        return true;
    if (ours)
        reserve = ARENA_RESERVE + OUR_RESERVE;
    if (size < (size_t)PTRDIFF_MAX / 2 && used + (long long)size <= limit + reserve)
        return true;
    atomic_fetch_add(&memory.refused, 1);
    if (!atomic_flag_test_and_set(&memory.logged))
        gf_log("glupy", GF_LOG_ERROR,
               "modules have %lld MB in this process and may have %lld "
               "(features.glupy-memory): they get MemoryError for more. This is said "
               "once; statedump counts",
               used >> 20, limit >> 20);
    return false;
}

/* ---- the raw allocator -------------------------------------------------- */

static void *
counted(void *p)
{
    if (p)
        count((long long)malloc_usable_size(p));
    return p;
}

static void *
raw_malloc(void *ctx, size_t size)
{
    (void)ctx;
    return is_allowed(size, 0) ? counted(malloc(size ? size : 1)) : NULL;
}

static void *
raw_calloc(void *ctx, size_t n, size_t size)
{
    (void)ctx;
    if (!n || !size)
        n = size = 1;
    if (size > (size_t)PTRDIFF_MAX / n || !is_allowed(n * size, 0))
        return NULL;
    return counted(calloc(n, size));
}

static void *
raw_realloc(void *ctx, void *p, size_t size)
{
    size_t before = p ? malloc_usable_size(p) : 0;

    (void)ctx;
    if (size > before && !is_allowed(size - before, 0))
        return NULL;
    void *new = realloc(p, size ? size : 1);

    if (new)
        count((long long)malloc_usable_size(new) - (long long)before);
    return new;
}

static void
raw_free(void *ctx, void *p)
{
    (void)ctx;
    if (!p)
        return;
    count(-(long long)malloc_usable_size(p));
    free(p);
}

/* ---- arenas (and the stacks of Python frames) ---------------------------- */

static void *
arena_alloc(void *ctx, size_t size)
{
    void *p = is_allowed(size, ARENA_RESERVE) ? memory.arenas.alloc(ctx, size) : NULL;

    if (p)
        count((long long)size);
    return p;
}

static void
arena_free(void *ctx, void *p, size_t size)
{
    count(-(long long)size);
    memory.arenas.free(ctx, p, size);
}

void
memory_hook(void)
{
    PyMemAllocatorEx raw = {NULL, raw_malloc, raw_calloc, raw_realloc, raw_free};

    PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &raw);
    PyObject_GetArenaAllocator(&memory.arenas);
    PyObjectArenaAllocator arenas = {memory.arenas.ctx, arena_alloc, arena_free};

    PyObject_SetArenaAllocator(&arenas);
}

/* ---- the limit ---------------------------------------------------------- */

/* Under the lock. */
static void
set_limit(void)
{
    long long limit = 0;

    for (const struct memory_wish *w = memory.wishes; w; w = w->next) {
        if (!w->mb) {
            limit = 0;
            break;
        }
        if ((long long)w->mb << 20 > limit)
            limit = (long long)w->mb << 20;
    }
    atomic_store(&memory.limit, limit);
}

void
memory_want(struct memory_wish *wish, unsigned mb)
{
    pthread_mutex_lock(&memory.lock);
    wish->mb = mb;
    if (!wish->is_listed) {
        wish->is_listed = true;
        wish->next = memory.wishes;
        memory.wishes = wish;
    }
    set_limit();
    pthread_mutex_unlock(&memory.lock);
}

void
memory_want_no_more(struct memory_wish *wish)
{
    pthread_mutex_lock(&memory.lock);
    for (struct memory_wish **w = &memory.wishes; *w; w = &(*w)->next) {
        if (*w == wish) {
            *w = wish->next;
            wish->is_listed = false;
            break;
        }
    }
    if (memory.wishes) /* what still runs of it keeps the limit it had */
        set_limit();
    pthread_mutex_unlock(&memory.lock);
}

struct memory_use
memory_use(void)
{
    return (struct memory_use){atomic_load(&memory.used), atomic_load(&memory.peak),
                               atomic_load(&memory.limit), atomic_load(&memory.refused)};
}
