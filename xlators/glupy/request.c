/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The life of one intercepted fop, all of it in C: whatever Python does or does
 * not do, a request has exactly one owner and ends with exactly one unwind.
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
values_drop(struct values *values, const struct param *params, unsigned count)
{
    if (values)
        values_release(values, params, count);
    free(values);
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

static unsigned
queued_word(unsigned word)
{
    return ((word & ~0xffu) + 0x100) | QUEUED;
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

/* ---- carrying out ------------------------------------------------------- */

/* Nobody will come back to this request: no callback, no Python. Its own reference is
 * the caller's to drop, when what goes up or down is on its way. */
static void
finish(struct request *r)
{
    atomic_store(&r->word, (request_word(r) & ~0xffu) | DONE);
    if (r->trial)
        breaker_tried(r->g, r->trial);
    watchdog_remove(r);
    if (r->task || r->buffers || atomic_load(&r->inbox))
        native_abandon(r); /* keeps a reference of its own */
}

/* DECIDING becomes AWAY, or, where something came meanwhile, QUEUED: true. */
static bool
settle(struct request *r)
{
    unsigned word = request_word(r);

    if (!(word & POKED)) /* from AWAY others may take it */
        request_hold_args(r);
    while (!(word & POKED)) {
        if (atomic_compare_exchange_weak(&r->word, &word, (word & ~0xffu) | AWAY))
            return false;
    }
    request_start_clock(r);
    /* ours alone: a poke that comes now finds it poked */
    atomic_store_explicit(&r->word, queued_word(word), memory_order_release);
    return true;
}

/* Locks want an owner, and protocol/client says so in the log where there is none: writes
 * that a cache above makes have none. */
static void
want_lock_owner(call_stack_t *root, glusterfs_fop_t fop)
{
    bool locks = fop == GF_FOP_INODELK || fop == GF_FOP_FINODELK || fop == GF_FOP_ENTRYLK ||
                 fop == GF_FOP_FENTRYLK;

    if (locks && !root->lk_owner.len)
        set_lk_owner_from_ptr(&root->lk_owner, root);
}

static void
wind_call(struct call *call, const union value *args)
{
    struct request *r = call->r;

    want_lock_owner(r->frame->root, call->fop);
    request_ref(r); /* the answer's */
    if (atomic_load_explicit(&r->outstanding, memory_order_relaxed))
        atomic_fetch_add(&r->outstanding, 1);
    else /* nobody is there who could take one off */
        atomic_store_explicit(&r->outstanding, 1, memory_order_relaxed);
    glupy_fops[call->fop].wind(r->frame, call, call->child, args);
}

bool
request_pass_down(struct request *r, const union value *args)
{
    r->first.r = r;
    r->first.fop = r->fop;
    r->first.child = r->child;
    r->first.is_own = true;
    wind_call(&r->first, args);
    return settle(r);
}

static bool
act_wind(struct request *r)
{
    const struct fop *f = &glupy_fops[r->fop];
    const union value *args = r->out[PHASE_FOP] ? r->out[PHASE_FOP]->v : r->args.v;
    call_frame_t *frame = r->frame;

    if (r->decision == DECIDE_TAIL || !r->code ||
        !r->code->handlers[r->fop][PHASE_CBK]) {
        finish(r);
        if (context_wants(r->code, r->fop))
            context_tail(r->g, r->fop, frame, r->child, args);
        else
            f->tail(frame, r->child, args);
        request_unref(r);
        return false;
    }
    request_stop_clock(r);
    return request_pass_down(r, args);
}

/* The original arguments are wanted, and could not be kept. */
static bool
args_are_lost(struct request *r)
{
    return r->decision != DECIDE_UNWIND && !r->out[PHASE_FOP] &&
           atomic_load_explicit(&r->holding, memory_order_relaxed) == LOST;
}

static bool
act_calls(struct request *r)
{
    struct call *list = TAKE(r->to_wind);

    request_stop_clock(r);
    if (!list && !r->sleeping && !atomic_load(&r->outstanding))
        request_start_clock(r); /* what it waits for is Python's to bring about */
    for (struct call *call = list, *next; call; call = next) {
        next = call->next_wind;
        wind_call(call, call->args ? call->args->v : r->args.v);
    }
    return settle(r);
}

static void
give(const struct call *call)
{
    const struct fop *f = &glupy_fops[call->fop];

    if (call->has_res)
        values_give(&call->res, f->res, f->resc);
}

/* Who gets the answer may take directory entries away: Python must not see them then. */
static void
give_answers(struct request *r)
{
    const struct fop *f = &glupy_fops[r->fop];

    if (r->fop != GF_FOP_READDIR && r->fop != GF_FOP_READDIRP)
        return;
    if (r->out[PHASE_CBK])
        values_give(r->out[PHASE_CBK], f->res, f->resc);
    give(&r->first);
    for (const struct call *call = r->calls; call; call = call->next)
        give(call);
}

static void
act_unwind(struct request *r)
{
    static const union value none[VALUES_MAX];
    const struct fop *f = &glupy_fops[r->fop];
    call_frame_t *frame = r->frame;
    const struct call *answer = atomic_load(&r->answer);
    const union value *res = r->out[PHASE_CBK]            ? r->out[PHASE_CBK]->v
                             : answer && answer->has_res ? answer->res.v
                                                         : none;

    give_answers(r); /* from here on Python does not touch what goes up */
    if (r->op_ret >= 0 && context_wants(r->code, r->fop))
        context_mark(r->g, r->fop, res);
    finish(r);
    f->unwind(frame, r->op_ret, r->op_errno, res);
    request_unref(r);
}

/* Unwinding destroys the frames that children have, so it waits until none has r any
 * more. True: it waits; who takes r out of DRAINING goes on. */
static bool
drains(struct request *r)
{
    unsigned draining = (request_word(r) & ~0xffu) | DRAINING;

    if (!atomic_load(&r->outstanding))
        return false;
    request_hold_args(r);
    request_stop_clock(r);
    atomic_store(&r->word, draining);
    return atomic_load(&r->outstanding) || !request_take(r, draining, DECIDING);
}

bool
request_act(struct request *r)
{
    xlator_t **this = &THIS, *before = *this;
    bool more = false;

    fork_check();
    if (atomic_load(&r->g->freed)) { /* so is its frame */
        finish(r);
        request_unref(r);
        return false;
    }
    *this = r->g->xl;
    if (r->decision != DECIDE_CALLS && args_are_lost(r)) {
        r->op_ret = -1;
        r->op_errno = ENOMEM;
        atomic_store(&r->answer, NULL);
        r->decision = DECIDE_UNWIND;
    }
    if (r->decision == DECIDE_UNWIND) {
        r->stands = true;
        if (!drains(r))
            act_unwind(r);
    } else if (r->decision == DECIDE_CALLS) {
        more = act_calls(r);
    } else {
        more = act_wind(r);
    }
    *this = before; /* r may be gone by now */
    return more;
}

void
request_act_queued(struct request *r)
{
    if (request_act(r)) {
        request_ref(r);
        worker_queue(r);
    }
}

/* Python had moved them into a reply of its own when its time was over: an empty list
 * would be the end of the directory. */
static bool
entries_are_gone(const struct call *answer)
{
    const struct fop *f = &glupy_fops[answer->fop];

    for (unsigned i = 0; answer->op_ret > 0 && i < f->resc; i++) {
        if (f->res[i].kind == KIND_DIRENTS && answer->res.v[i].p &&
            list_empty(&((gf_dirent_t *)answer->res.v[i].p)->list))
            return true;
    }
    return false;
}

/* No child has it any more. */
static void
give_up_now(struct request *r)
{
    struct call *answer = atomic_load(&r->answer);

    r->decision = answer || r->phase == PHASE_CBK ? DECIDE_UNWIND : DECIDE_TAIL;
    if (atomic_load(&r->g->fail)) {
        r->decision = DECIDE_UNWIND;
        r->op_ret = -1;
        r->op_errno = EIO;
        atomic_store(&r->answer, NULL);
    } else if (answer) {
        r->op_ret = answer->op_ret;
        r->op_errno = answer->op_errno;
        if (entries_are_gone(answer)) {
            r->op_ret = -1;
            r->op_errno = EIO;
        }
    }
    values_drop(TAKE(r->out[PHASE_CBK]), glupy_fops[r->fop].res, glupy_fops[r->fop].resc);
    values_drop(TAKE(r->out[PHASE_FOP]), glupy_fops[r->fop].args, glupy_fops[r->fop].argc);
    request_act(r);
}

void
request_give_up(struct request *r)
{
    if (!drains(r))
        give_up_now(r);
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
    atomic_store_explicit(&r->word, queued_word(request_word(r)), memory_order_release);
    request_continue(r, true);
}

void
request_poke(struct request *r, bool may_run_here)
{
    unsigned word = request_word(r);

    for (;;) {
        switch (word_owner(word)) {
        case AWAY:
            if (!atomic_compare_exchange_weak(&r->word, &word, queued_word(word)))
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
            if (r->stands)
                request_act(r);
            else
                give_up_now(r);
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
