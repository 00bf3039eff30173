/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Who was asked, what came back, and in which order that is told; see link_own.h. Each ask is
 * answered once: whoever takes it off its brick's list answers it, be that the translator's
 * answer or the brick's going.
 */
#include "libgnotify/link_own.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* ---- threads and signals --------------------------------------------------------------- */

int
tell_thread(pthread_t *thread, void *(*run)(void *), void *arg)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int ret = pthread_create(thread, NULL, run, arg);

    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -ret;
}

static void
sigpipe_set(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGPIPE);
}

void
no_sigpipe_begin(struct no_sigpipe *s)
{
    sigset_t pipe, pending;

    sigpipe_set(&pipe);
    sigemptyset(&pending);
    sigpending(&pending);
    s->pending = sigismember(&pending, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &s->before);
}

void
no_sigpipe_end(struct no_sigpipe *s)
{
    static const struct timespec at_once;
    sigset_t pipe;
    int e = errno;

    sigpipe_set(&pipe);
    if (!s->pending) {
        while (sigtimedwait(&pipe, NULL, &at_once) < 0 && errno == EINTR)
            ;
    }
    pthread_sigmask(SIG_SETMASK, &s->before, NULL);
    errno = e;
}

/* ---- the queue; all with the lock held -------------------------------------------------- */

/* Last, also if it was in it already: what came before it must be told before. */
static void
enqueue(struct real *l, struct tell *t)
{
    if (l->closing) {
        if (t->kind == TELL_ANSWER)
            ((struct ask *)t)->told = true;
        return;
    }
    if (t->queued)
        TAILQ_REMOVE(&l->tells, t, entry);
    t->queued = true;
    TAILQ_INSERT_TAIL(&l->tells, t, entry);
    pthread_cond_signal(&l->to_tell);
}

static struct tell *
dequeue(struct real *l)
{
    struct tell *t = TAILQ_FIRST(&l->tells);

    if (t) {
        TAILQ_REMOVE(&l->tells, t, entry);
        t->queued = false;
    }
    return t;
}

static void
unlist(struct ask *a)
{
    TAILQ_REMOVE(&a->brick->asked, a, entry);
    a->listed = false;
}

/* Frees it if nobody needs it any more. */
static void
drop(struct real *l, struct ask *a)
{
    if (!a->told || !a->returned)
        return;
    if (!--a->wires->busy && (a->wires != l->wires || l->closing))
        pthread_cond_broadcast(&l->to_keep);
    free(a);
}

static void
set_up(struct real *l, struct brick *b, bool up)
{
    struct ask *a;

    if (b->up == up)
        return;
    b->up = up;
    b->session += up;
    while (!up && (a = TAILQ_FIRST(&b->asked))) {
        unlist(a);
        a->error = -ENOTCONN;
        enqueue(l, &a->tell);
    }
    enqueue(l, &b->tell);
}

static bool
can_be_asked(const struct brick *b)
{
    return b->up && b->told && b->told_session == b->session;
}

/* ---- telling ----------------------------------------------------------------------------- */

static void
tell_one_answer(struct real *l, struct ask *a)
{
    pthread_mutex_unlock(&l->lock);
    l->events->answer(l->arg, a->cookie, a->error, a->bytes, a->len);
    if (a->kept)
        l->client->release(a->kept);
    pthread_mutex_lock(&l->lock);
    a->told = true;
    drop(l, a);
}

static void
tell_one_brick(struct real *l, struct brick *b, bool up)
{
    b->told = up;
    b->told_session = b->session;
    pthread_mutex_unlock(&l->lock);
    l->events->up(l->arg, b->is.number, up);
    pthread_mutex_lock(&l->lock);
}

static void
tell_brick(struct real *l, struct brick *b)
{
    if (b->told && !can_be_asked(b))
        tell_one_brick(l, b, false);
    /* if it went again by now, it is in the queue again, behind what it was asked */
    if (b->up && !b->told && !l->closing)
        tell_one_brick(l, b, true);
}

static void *
teller(void *arg)
{
    struct real *l = arg;

    pthread_setname_np(pthread_self(), "gnotify-tell");
    pthread_mutex_lock(&l->lock);
    while (!l->closing) {
        struct tell *t = dequeue(l);

        if (!t) {
            pthread_cond_wait(&l->to_tell, &l->lock);
        } else if (t->kind == TELL_ANSWER) {
            tell_one_answer(l, (struct ask *)t);
        } else if (t->kind == TELL_BRICK) {
            tell_brick(l, (struct brick *)t);
        } else {
            pthread_mutex_unlock(&l->lock);
            l->events->changed(l->arg);
            pthread_mutex_lock(&l->lock);
        }
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

int
tell_init(struct real *l)
{
    pthread_condattr_t attr;

    TAILQ_INIT(&l->tells);
    l->changed.kind = TELL_CHANGED;
    pthread_mutex_init(&l->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    int ret = pthread_cond_init(&l->to_tell, &attr);

    if (!ret)
        ret = pthread_cond_init(&l->to_keep, &attr);
    pthread_condattr_destroy(&attr);
    return -ret;
}

int
tell_start(struct real *l)
{
    return tell_thread(&l->teller, teller, l);
}

void
tell_stop(struct real *l)
{
    struct tell *t;
    struct ask *a;

    pthread_mutex_lock(&l->lock);
    l->closing = true;
    pthread_cond_signal(&l->to_tell);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->teller, NULL);
    pthread_mutex_lock(&l->lock);
    while ((t = dequeue(l))) {
        if (t->kind != TELL_ANSWER)
            continue;
        a = (struct ask *)t;
        if (a->kept)
            l->client->release(a->kept);
        a->told = true;
        drop(l, a);
    }
    for (unsigned i = 0; i < l->count; i++) {
        while ((a = TAILQ_FIRST(&l->bricks[i]->asked))) {
            unlist(a);
            a->told = true;
            drop(l, a);
        }
    }
    pthread_mutex_unlock(&l->lock);
}

/* ---- asking -------------------------------------------------------------------------------- */

/* Lists an ask for a brick that can be asked. */
static int
list_ask(struct real *l, unsigned number, struct ask *a)
{
    int ret = -ENOTCONN;

    pthread_mutex_lock(&l->lock);
    struct brick *b = number < l->count ? l->bricks[number] : NULL;

    if (b && !l->closing && can_be_asked(b)) {
        a->brick = b;
        a->wires = l->wires;
        a->wires->busy++;
        a->listed = true;
        TAILQ_INSERT_TAIL(&b->asked, a, entry);
        ret = (int)b->leaf;
    }
    pthread_mutex_unlock(&l->lock);
    return ret;
}

int
tell_ask(struct real *l, unsigned brick, const void *bytes, size_t len, void *cookie)
{
    struct ask *a = calloc(1, sizeof(*a));
    struct no_sigpipe guard;

    if (!a)
        return -ENOMEM;
    a->tell.kind = TELL_ANSWER;
    a->cookie = cookie;
    int leaf = list_ask(l, brick, a);

    if (leaf < 0) {
        free(a);
        return leaf;
    }
    no_sigpipe_begin(&guard);
    int ret = l->client->ask(&a->wires->owner, (unsigned)leaf, bytes, len, a);

    no_sigpipe_end(&guard);
    if (!ret)
        return 0;
    pthread_mutex_lock(&l->lock);
    a->returned = true;
    if (a->listed) {
        unlist(a);
        a->told = true; /* by what we return */
    } else {
        ret = 0; /* the brick went meanwhile, so it is answered */
    }
    drop(l, a);
    pthread_mutex_unlock(&l->lock);
    return ret;
}

void
tell_answer(struct gnotify_client_owner *owner, void *cookie, int error, const void *bytes,
            size_t len, void *kept)
{
    struct ask *a = cookie;
    struct real *l = ((struct wires *)owner)->link;

    pthread_mutex_lock(&l->lock);
    if (a->listed && !l->closing) {
        unlist(a);
        a->error = error;
        a->bytes = bytes;
        a->len = len;
        a->kept = kept;
        enqueue(l, &a->tell);
    } else if (kept) { /* answered already, or nobody is there */
        pthread_mutex_unlock(&l->lock);
        l->client->release(kept);
        pthread_mutex_lock(&l->lock);
    }
    a->returned = true;
    drop(l, a);
    pthread_mutex_unlock(&l->lock);
}

/* ---- bricks ---------------------------------------------------------------------------------- */

void
tell_up(struct gnotify_client_owner *owner, unsigned leaf, bool up)
{
    struct wires *w = (struct wires *)owner;
    struct real *l = w->link;

    pthread_mutex_lock(&l->lock);
    if (leaf < w->count) {
        w->up[leaf] = up;
        if (w == l->wires)
            set_up(l, w->bricks[leaf], up);
    }
    pthread_mutex_unlock(&l->lock);
}

struct wires *
tell_switch(struct real *l, struct wires *wires)
{
    pthread_mutex_lock(&l->lock);
    struct wires *old = l->wires;

    for (unsigned i = 0; old && i < old->count; i++) {
        old->bricks[i]->gone = true;
        set_up(l, old->bricks[i], false);
    }
    l->wires = wires;
    if (old)
        enqueue(l, &l->changed);
    for (unsigned i = 0; i < wires->count; i++) {
        struct brick *b = wires->bricks[i];

        b->used = true;
        b->gone = false;
        b->leaf = i;
        set_up(l, b, wires->up[i]);
    }
    pthread_mutex_unlock(&l->lock);
    return old;
}
