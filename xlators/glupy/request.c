/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The life of one intercepted fop, all of it in C: whatever Python does or does
 * not do, a request has exactly one owner and ends with exactly one unwind (act.c).
 */
#include "xlators/glupy/context.h"
#include "xlators/glupy/request.h"

#include <time.h>

#include "common/cleanup.h"

uint64_t
now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- making and freeing ------------------------------------------------- */

static struct caller *
caller_new(const call_stack_t *root)
{
    const char *client = root->client ? root->client->client_uid : NULL;
    size_t client_len = client ? strlen(client) + 1 : 0;
    size_t groups_size = root->ngrps * sizeof(gid_t);
    struct caller *caller = malloc(sizeof(*caller) + groups_size + client_len);

    if (!caller)
        return NULL;
    caller->uid = root->uid;
    caller->gid = root->gid;
    caller->pid = root->pid;
    caller->ngroups = root->ngrps;
    caller->groups = (gid_t *)(caller + 1);
    if (groups_size)
        memcpy(caller->groups, root->groups, groups_size);
    caller->client = client ? (char *)caller->groups + groups_size : NULL;
    if (client)
        memcpy(caller->client, client, client_len);
    caller->owner_len = (unsigned)root->lk_owner.len;
    memcpy(caller->owner, root->lk_owner.data, caller->owner_len);
    return caller;
}

/* Some that are over, for the next ones: they are too large for malloc's quick ways. */
enum { SPARE_MAX = 64 };
static struct {
    _Alignas(64) atomic_flag lock;
    _Atomic(struct request *) first; /* by next */
    unsigned count;
} spare = {.lock = ATOMIC_FLAG_INIT};

static void
spare_lock(void)
{
    while (atomic_flag_test_and_set_explicit(&spare.lock, memory_order_acquire))
        sched_yield();
}

static struct request *
memory_get(void)
{
    struct request *r = NULL;

    if (!atomic_load_explicit(&spare.first, memory_order_relaxed))
        return malloc(sizeof(*r));
    spare_lock();
    r = atomic_load_explicit(&spare.first, memory_order_relaxed);
    if (r) {
        atomic_store_explicit(&spare.first, r->next, memory_order_relaxed);
        spare.count--;
    }
    atomic_flag_clear_explicit(&spare.lock, memory_order_release);
    return r ? r : malloc(sizeof(*r));
}

static void
memory_put(struct request *r)
{
    spare_lock();
    bool keep = spare.count < SPARE_MAX;

    if (keep) {
        r->next = atomic_load_explicit(&spare.first, memory_order_relaxed);
        atomic_store_explicit(&spare.first, r, memory_order_relaxed);
        spare.count++;
    }
    atomic_flag_clear_explicit(&spare.lock, memory_order_release);
    if (!keep)
        free(r);
}

struct request *
request_new(struct glupy *g, struct code *code, call_frame_t *frame,
            glusterfs_fop_t fop, const union value *args, bool borrow)
{
    struct request *r = memory_get();

    if (!r)
        return NULL;
    memset(r, 0, offsetof(struct request, first));
    memset(&r->first, 0, offsetof(struct call, res));
    if (args) {
        const struct fop *f = &glupy_fops[fop];

        borrow = borrow && values_borrow(&r->args, f->args, f->argc, args);
        if (!borrow && values_hold_all(&r->args, f->args, f->argc, args, NULL)) {
            memory_put(r);
            return NULL;
        }
        r->has_args = true;
    }
    atomic_init(&r->holding, args && borrow ? BORROWED : HELD);
    if (borrow)
        r->thread = pthread_self();
    atomic_init(&r->refs, 1);
    atomic_init(&r->word, DECIDING);
    r->g = g;
    r->code = code;
    if (g->goes_with_graph)
        atomic_fetch_add(&g->live, 1);
    r->frame = frame;
    r->fop = fop;
    r->child = FIRST_CHILD(g->xl);
    r->root_unique = frame->root->unique;
    r->budget = (uint64_t)atomic_load(&g->timeout_ms) * 1000000u;
    r->unlimited = !r->budget;
    if (!code || code->wants_caller[fop])
        r->caller = caller_new(frame->root);
    if (!watchdog_add(r)) {
        request_unref(r);
        return NULL;
    }
    return r;
}

/* An answer may stand for it without a reference of its own (known_inode): that there was
 * no memory for the rest is no reason that it goes away. It stays for ever then. */
static void
keep_inode(const loc_t *loc, const struct fop *f)
{
    if (f->args[0].kind == KIND_LOC && loc && loc->inode)
        inode_ref(loc->inode);
}

bool
request_hold_args(struct request *r)
{
    enum holding holding = atomic_load_explicit(&r->holding, memory_order_acquire);
    const struct fop *f = &glupy_fops[r->fop];

    if (holding == BORROWED &&
        atomic_compare_exchange_strong(&r->holding, &holding, TAKING)) {
        union value v[VALUES_MAX];

        memcpy(v, r->args.v, sizeof(v));
        r->has_args = !values_hold_all(&r->args, f->args, f->argc, v, NULL);
        if (!r->has_args)
            keep_inode(v[0].p, f);
        holding = r->has_args ? HELD : LOST;
        atomic_store_explicit(&r->holding, holding, memory_order_release);
    }
    while (holding == TAKING) {
        sched_yield();
        holding = atomic_load_explicit(&r->holding, memory_order_acquire);
    }
    return holding == HELD;
}

static void
call_release(struct call *call)
{
    const struct fop *f = &glupy_fops[call->fop];

    if (call->has_res)
        values_release(&call->res, f->res, f->resc);
    values_drop(call->args, f->args, f->argc);
}

static void
give_back(struct request *r)
{
    const struct fop *f = &glupy_fops[r->fop];

    if (r->has_args)
        values_release(&r->args, f->args, f->argc);
    values_drop(r->out[PHASE_FOP], f->args, f->argc);
    values_drop(r->out[PHASE_CBK], f->res, f->resc);
    call_release(&r->first);
    for (struct call *call = r->calls, *next; call; call = next) {
        next = call->next;
        call_release(call);
        free(call);
    }
}

void
request_unref(struct request *r)
{
    struct glupy *g = r->g;

    /* the last one: nobody is left who could take or drop another */
    if (atomic_load_explicit(&r->refs, memory_order_acquire) != 1 &&
        atomic_fetch_sub(&r->refs, 1) != 1)
        return;
    if (glupy_release_begin(g)) {
        give_back(r);
        glupy_release_end(g);
    }
    free(r->caller);
    memory_put(r);
    if (g->goes_with_graph)
        atomic_fetch_sub(&g->live, 1);
}

uint64_t
request_id(struct request *r)
{
    static uint64_t last;

    if (!r->id)
        r->id = ++last;
    return r->id;
}

/* ---- owners ------------------------------------------------------------- */

/* As request_take, whether or not it was poked, which it stays. */
static bool
take_poked(struct request *r, unsigned from, enum owner to)
{
    unsigned word = from;

    while (!atomic_compare_exchange_weak(&r->word, &word, (word & ~0x7fu) | to)) {
        if ((word & ~(unsigned)POKED) != from)
            return false;
    }
    return true;
}

enum owner
request_expire(struct request *r, uint64_t now)
{
    unsigned word = request_word(r);
    enum owner owner = word_owner(word);

    if (owner == DONE || owner == DECIDING || owner == DRAINING)
        return DONE;
    if (!r->deadline || now < r->deadline)
        return DONE;
    return request_take(r, word, DECIDING) ? owner : DONE;
}

enum next_step
request_returned(struct request *r, unsigned running, bool ok)
{
    if (request_take(r, (running & ~0xffu) | DECIDED, DECIDING))
        return STEP_ACT;
    if (ok) {
        request_take(r, running, PARKED);
        return STEP_NONE;
    }
    return request_take(r, running, DECIDING) ? STEP_GIVE_UP : STEP_NONE;
}

enum next_step
request_decided(struct request *r, unsigned running, bool ok)
{
    if (!take_poked(r, running, DECIDING))
        return STEP_NONE;
    return ok ? STEP_ACT : STEP_GIVE_UP;
}

/* ---- the clock ---------------------------------------------------------- */

void
request_start_clock(struct request *r)
{
    uint64_t timeout = (uint64_t)atomic_load(&r->g->timeout_ms) * 1000000u;

    request_stop_clock(r);
    if (timeout && r->unlimited) { /* it is set while r is under way */
        r->budget = timeout;
        r->unlimited = false;
    }
    r->queued = now_ns();
    r->deadline = timeout ? r->queued + r->budget : 0;
    r->clock_runs = true;
}

void
request_stop_clock(struct request *r)
{
    if (!r->clock_runs)
        return;
    uint64_t spent = r->uncharged ? 0 : now_ns() - r->queued;

    r->uncharged = false;
    r->clock_runs = false;
    r->budget = spent < r->budget ? r->budget - spent : 0;
    r->deadline = 0;
}

/* ---- queue and inbox ---------------------------------------------------- */

void
request_continue(struct request *r, bool may_run_here)
{
    if (may_run_here && atomic_load(&r->g->threads) == THREADS_INLINE && worker_run_here(r))
        return;
    request_hold_args(r);
    worker_queue(r);
}

void
request_queue(struct request *r)
{
    request_start_clock(r);
    /* the queue's: once it is QUEUED the watchdog may end it. Nobody else has one now. */
    atomic_store_explicit(&r->refs, atomic_load_explicit(&r->refs, memory_order_relaxed) + 1,
                          memory_order_relaxed);
    atomic_store_explicit(&r->word, request_queued_word(request_word(r)), memory_order_release);
    request_continue(r, true);
}

void
request_poke(struct request *r, bool may_run_here)
{
    unsigned word = request_word(r);

    for (;;) {
        switch (word_owner(word)) {
        case AWAY:
            if (!atomic_compare_exchange_weak(&r->word, &word, request_queued_word(word)))
                continue;
            request_start_clock(r);
            request_ref(r); /* the queue's */
            request_continue(r, may_run_here);
            return;
        case RUNNING:
        case DECIDING:
        case DECIDED:
            if (!atomic_compare_exchange_weak(&r->word, &word, word | POKED))
                continue;
            return;
        case DRAINING:
            /* the child's thread, whose answer was the last: others may have the GIL */
            if (!may_run_here || atomic_load(&r->outstanding) ||
                !request_take(r, word, DECIDING))
                return;
            request_drained(r);
            return;
        case DONE:
            native_abandon(r); /* what came is Python's, and of no use any more */
            return;
        default:
            return; /* who has it next looks into the inbox */
        }
    }
}

void
request_deliver(struct request *r, struct event *event)
{
    event->next = atomic_load(&r->inbox);
    while (!atomic_compare_exchange_weak(&r->inbox, &event->next, event))
        ;
}

struct event *
request_inbox(struct request *r)
{
    struct event *newest = atomic_exchange(&r->inbox, NULL), *oldest = NULL;

    while (newest) {
        struct event *next = newest->next;

        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

/* The inode that r's arguments name, if it stays as long as r does: they are held, or will
 * be as soon as anybody could see r after the call that brought it. */
static const inode_t *
known_inode(const struct request *r)
{
    enum holding holding = atomic_load_explicit(&r->holding, memory_order_acquire);

    if (!r->has_args || glupy_fops[r->fop].args[0].kind != KIND_LOC || !r->args.v[0].p ||
        (holding != HELD && !(holding == BORROWED && pthread_equal(r->thread, pthread_self()))))
        return NULL;
    return ((const loc_t *)r->args.v[0].p)->inode;
}

/* ---- calls -------------------------------------------------------------- */

struct call *
call_new(struct request *r, glusterfs_fop_t fop, xlator_t *child)
{
    struct call *call = &r->first;

    if (call->r) {
        call = malloc(sizeof(*call));
        if (!call)
            return NULL;
        memset(call, 0, offsetof(struct call, res));
        call->next = r->calls;
        r->calls = call;
    }
    call->r = r;
    call->fop = fop;
    call->child = child;
    return call;
}

void
call_to_be_wound(struct call *call)
{
    struct call **end = &call->r->to_wind;

    while (*end)
        end = &(*end)->next_wind;
    *end = call;
}

int32_t
glupy_answered(void *cookie, int32_t op_ret, int32_t op_errno,
               const union value *res)
{
    if (context_answered(cookie, op_ret, op_errno, res))
        return 0;
    struct call *call = cookie;
    struct request *r = call->r;
    const struct fop *f = &glupy_fops[call->fop];

    call->op_ret = op_ret;
    call->op_errno = op_errno;
    call->has_res = !values_hold_all(&call->res, f->res, f->resc, res, known_inode(r));
    if (!call->has_res) {
        call->op_ret = -1;
        call->op_errno = ENOMEM;
    }
    if (call->is_own) /* it is seen with the event */
        atomic_store_explicit(&r->answer, call, memory_order_release);
    call->event.is_call = true;
    request_deliver(r, &call->event);
    atomic_fetch_sub(&r->outstanding, 1);
    request_poke(r, true);
    request_unref(r); /* the answer's */
    return 0;
}
