/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The life of one intercepted fop, all of it in C: whatever Python does or does
 * not do, a request has exactly one owner and ends with exactly one unwind.
 */
#include "xlators/glupy/glupy.h"

#include <time.h>

static atomic_ullong ids;

uint64_t
now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

struct request *
request_new(struct glupy *g, struct code *code, call_frame_t *frame,
            glusterfs_fop_t fop, const union value *args)
{
    struct request *r = malloc(sizeof(*r));

    if (!r)
        return NULL;
    /* the values' areas are large and need no zeroes */
    memset(r, 0, offsetof(struct request, args));
    memset(&r->out, 0, sizeof(*r) - offsetof(struct request, out));
    if (args) {
        const struct fop *f = &glupy_fops[fop];

        if (values_hold_all(&r->args, f->args, f->argc, args)) {
            free(r);
            return NULL;
        }
        r->has_args = true;
    }
    atomic_init(&r->refs, 1);
    atomic_init(&r->word, DECIDING);
    r->g = g;
    r->code = code;
    r->frame = frame;
    r->fop = fop;
    r->child = FIRST_CHILD(g->xl);
    r->id = atomic_fetch_add(&ids, 1) + 1;
    r->root_unique = frame->root->unique;
    r->budget = (uint64_t)atomic_load(&g->timeout_ms) * 1000000u;
    r->unlimited = !r->budget;
    if (!watchdog_add(r)) {
        request_unref(r);
        return NULL;
    }
    atomic_fetch_add(&g->count.in_flight, 1);
    return r;
}

void
request_ref(struct request *r)
{
    atomic_fetch_add(&r->refs, 1);
}

void
request_unref(struct request *r)
{
    if (atomic_fetch_sub(&r->refs, 1) != 1)
        return;
    const struct fop *f = &glupy_fops[r->fop];

    if (r->has_args)
        values_release(&r->args, f->args, f->argc);
    if (r->has_res)
        values_release(&r->res, f->res, f->resc);
    if (r->out[PHASE_FOP])
        values_release(r->out[PHASE_FOP], f->args, f->argc);
    if (r->out[PHASE_CBK])
        values_release(r->out[PHASE_CBK], f->res, f->resc);
    free(r->out[PHASE_FOP]);
    free(r->out[PHASE_CBK]);
    free(r);
}

unsigned
request_word(const struct request *r)
{
    return atomic_load(&r->word);
}

bool
request_take(struct request *r, unsigned from_word, enum owner to)
{
    return atomic_compare_exchange_strong(&r->word, &from_word,
                                          (from_word & ~0xffu) | to);
}

static void
set_owner(struct request *r, enum owner to)
{
    atomic_store(&r->word, (request_word(r) & ~0xffu) | to);
}

void
request_start_clock(struct request *r)
{
    uint64_t timeout = (uint64_t)atomic_load(&r->g->timeout_ms) * 1000000u;

    if (timeout && r->unlimited) { /* it is set while r is under way */
        r->budget = timeout;
        r->unlimited = false;
    }
    r->queued = now_ns();
    r->deadline = timeout ? r->queued + r->budget : 0;
}

void
request_stop_clock(struct request *r)
{
    uint64_t spent = r->uncharged ? 0 : now_ns() - r->queued;

    r->uncharged = false;
    r->budget = spent < r->budget ? r->budget - spent : 0;
    r->deadline = 0;
}

/* Nobody will come back to this request: no callback, no Python. */
static void
finish(struct request *r)
{
    set_owner(r, DONE);
    if (r->trial)
        breaker_tried(r->g, r->trial);
    watchdog_remove(r);
    atomic_fetch_sub(&r->g->count.in_flight, 1);
    request_unref(r);
}

static void
act_wind(struct request *r)
{
    const struct fop *f = &glupy_fops[r->fop];
    const union value *args = r->out[PHASE_FOP] ? r->out[PHASE_FOP]->v : r->args.v;
    call_frame_t *frame = r->frame;

    if (r->decision == DECIDE_TAIL || !r->code ||
        !r->code->handlers[r->fop][PHASE_CBK]) {
        finish(r);
        f->tail(frame, r->child, args);
        return;
    }
    request_stop_clock(r);
    set_owner(r, AWAY); /* before: the answer may come inside the call */
    f->wind(frame, r, r->child, args);
}

static void
act_unwind(struct request *r)
{
    static const union value none[VALUES_MAX];
    const struct fop *f = &glupy_fops[r->fop];
    call_frame_t *frame = r->frame;
    const union value *res = r->out[PHASE_CBK] ? r->out[PHASE_CBK]->v
                             : r->has_res      ? r->res.v
                                               : none;

    finish(r);
    f->unwind(frame, r->op_ret, r->op_errno, res);
}

void
request_act(struct request *r)
{
    xlator_t *before = THIS;

    request_ref(r); /* what is passed down or up must outlive the call */
    THIS = r->g->xl;
    if (r->decision == DECIDE_UNWIND)
        act_unwind(r);
    else
        act_wind(r);
    THIS = before;
    request_unref(r);
}

void
request_give_up(struct request *r)
{
    if (atomic_load(&r->g->fail)) {
        static const union value none[VALUES_MAX];
        xlator_t *before = THIS;
        call_frame_t *frame = r->frame;
        const struct fop *f = &glupy_fops[r->fop];

        THIS = r->g->xl;
        finish(r);
        f->unwind(frame, -1, EIO, none);
        THIS = before;
        return;
    }
    r->decision = r->phase == PHASE_FOP ? DECIDE_TAIL : DECIDE_UNWIND;
    request_act(r);
}

enum owner
request_expire(struct request *r, uint64_t now)
{
    unsigned word = request_word(r);
    enum owner owner = word_owner(word);

    if (owner != QUEUED && owner != RUNNING && owner != PARKED && owner != DECIDED)
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

void
request_queue(struct request *r)
{
    request_start_clock(r);
    request_ref(r); /* the queue's */
    unsigned phases = (request_word(r) & ~0xffu) + 0x100;

    atomic_store(&r->word, phases | QUEUED);
    if (atomic_load(&r->g->threads) != THREADS_INLINE || !worker_run_here(r))
        worker_queue(r);
}

int32_t
glupy_answered(void *cookie, int32_t op_ret, int32_t op_errno,
               const union value *res)
{
    struct request *r = cookie;
    const struct fop *f = &glupy_fops[r->fop];

    r->op_ret = op_ret;
    r->op_errno = op_errno;
    r->phase = PHASE_CBK;
    r->decision = DECIDE_UNWIND;
    if (values_hold_all(&r->res, f->res, f->resc, res)) {
        call_frame_t *frame = r->frame;

        /* no memory: the answer goes up without Python having seen it */
        finish(r);
        f->unwind(frame, op_ret, op_errno, res);
        return 0;
    }
    r->has_res = true;
    request_queue(r);
    return 0;
}
