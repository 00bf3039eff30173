/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Carrying out what was decided about a request: winding, unwinding, giving up. Never
 * under the GIL.
 */
#include "xlators/glupy/context.h"
#include "xlators/glupy/request.h"

#include "common/cleanup.h"

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
    atomic_store_explicit(&r->word, request_queued_word(word), memory_order_release);
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

void
request_drained(struct request *r)
{
    if (r->stands)
        request_act(r);
    else
        give_up_now(r);
}
