/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * See stream_inbox.h.
 */
#include "libgnotify/stream_inbox.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"

void
inbox_init(struct inbox *in)
{
    pthread_condattr_t attr;

    *in = (struct inbox){.end = &in->first};
    pthread_mutex_init(&in->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&in->cond, &attr);
    pthread_condattr_destroy(&attr);
}

void
inbox_end(struct inbox *in)
{
    pthread_cond_destroy(&in->cond);
    pthread_mutex_destroy(&in->lock);
}

void
inbox_put(struct inbox *in, struct message *m)
{
    m->next = NULL;
    pthread_mutex_lock(&in->lock);
    *in->end = m;
    in->end = &m->next;
    pthread_cond_signal(&in->cond);
    pthread_mutex_unlock(&in->lock);
}

void
inbox_kick(struct inbox *in)
{
    pthread_mutex_lock(&in->lock);
    in->kicked = true;
    pthread_cond_signal(&in->cond);
    pthread_mutex_unlock(&in->lock);
}

struct message *
inbox_take(struct inbox *in, uint64_t until, bool *broken)
{
    struct timespec t = {.tv_sec = (time_t)(until / 1000000000u),
                         .tv_nsec = (long)(until % 1000000000u)};
    int err = 0;

    pthread_mutex_lock(&in->lock);
    while (!in->first && !in->kicked && !in->broken && err != ETIMEDOUT) {
        if (until == UINT64_MAX)
            pthread_cond_wait(&in->cond, &in->lock);
        else
            err = pthread_cond_timedwait(&in->cond, &in->lock, &t);
    }
    struct message *all = TAKE(in->first);

    in->end = &in->first;
    in->kicked = false;
    *broken = in->broken;
    pthread_mutex_unlock(&in->lock);
    return all;
}

/* ---- what the link tells ----------------------------------------------------- */

static void
tell(struct inbox *in, enum message_kind kind, unsigned brick)
{
    struct message *m = calloc(1, sizeof(*m));

    if (m) {
        m->kind = kind;
        m->brick = brick;
        inbox_put(in, m);
        return;
    }
    pthread_mutex_lock(&in->lock);
    in->broken = true;
    pthread_cond_signal(&in->cond);
    pthread_mutex_unlock(&in->lock);
}

static void
told_up(void *arg, unsigned brick, bool up)
{
    tell(arg, up ? MESSAGE_UP : MESSAGE_DOWN, brick);
}

static void
told_changed(void *arg)
{
    tell(arg, MESSAGE_LAYOUT, 0);
}

static void
told_answer(void *arg, void *cookie, int error, const void *bytes, size_t len)
{
    struct answer_message *a = cookie;

    a->m.kind = MESSAGE_ANSWER;
    a->error = error > 0 ? -error : error;
    if (!error && len > ANSWER_MAX)
        a->error = -EPROTO;
    a->bytes = a->error ? NULL : malloc(len ? len : 1);
    if (!a->error && !a->bytes)
        a->error = -ENOMEM;
    if (!a->error) {
        if (len)
            memcpy(a->bytes, bytes, len);
        a->len = len;
    }
    inbox_put(arg, &a->m);
}

const struct link_events inbox_events = {
    .up = told_up,
    .answer = told_answer,
    .changed = told_changed,
};
