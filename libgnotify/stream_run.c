/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The stream's thread: it takes what it is told, lets each brick go a step, and hands out
 * what the merge lets come. Nobody else touches what it owns, so there are no locks here.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "libgnotify/stream_inside.h"

static uint64_t
monotonic(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void
stream_wake_at(struct stream *s, uint64_t when)
{
    if (when < s->wake)
        s->wake = when;
}

/* ---- giving ------------------------------------------------------------------- */

void
stream_fail(struct stream *s, int error)
{
    if (s->error)
        return;
    s->error = error;
    queue_put(&s->queue);
    queue_fail(&s->queue, error);
}

void
stream_give(struct stream *s, struct stream_event *event, const uint8_t *record, size_t size,
            const char *client)
{
    event->number = s->number + 1;

    if (queue_add(&s->queue, event, record, size, client))
        stream_fail(s, -ENOMEM);
    else
        s->number++;
}

/* What the merge lets come, as long as there is room for it. */
static void
drain(struct stream *s)
{
    struct stream_event event = {.kind = STREAM_CHANGE};
    const struct merge_event *e = &s->pending;
    uint64_t later;

    while (!s->error && atomic_load(&s->queue.bytes) < s->memory) {
        const char *client;

        if (!s->is_pending) {
            if (!merge_next(s->merge, s->now, &s->pending, &later)) {
                stream_wake_at(s, later);
                break;
            }
            s->is_pending = true;
        }
        struct brick *b = s->bricks[e->brick];

        if (!names_find(s, b, &e->record, &client))
            break;
        event.brick = b->name;
        s->is_pending = false;
        stream_give(s, &event, e->bytes, e->size, client);
        gone_told(s, &e->record);
        merge_tell(s->merge, s->number);
        if (s->cursor && told_set(&s->told, e->number, s->number))
            stream_fail(s, -ENOMEM);
    }
}

/* ---- commands ------------------------------------------------------------------- */

static void
finish(struct stream *s, struct command *c, int error)
{
    pthread_mutex_lock(&s->inbox.lock);
    c->error = error;
    c->done = true;
    pthread_cond_broadcast(&s->done);
    pthread_mutex_unlock(&s->inbox.lock);
}

static void
list_bricks(struct stream *s, struct command *c)
{
    for (unsigned i = 0; i < s->brick_count; i++) {
        const struct brick *b = s->bricks[i];

        if (!b->in_layout)
            continue;
        if (c->count < c->room)
            c->bricks[c->count] = (struct stream_brick){
                .name = b->name, .up = b->up, .on = b->up && b->on, .next = b->next,
                .end = b->extent.next, .oldest = b->extent.oldest, .since = b->extent.since};
        c->count++;
    }
    finish(s, c, 0);
}

static int
forget(struct brick *b)
{
    const char *name = b->s->cursor;
    struct notify_request q = {.kind = NOTIFY_FORGET, .name = name,
                               .name_len = (uint8_t)strlen(name)};

    return brick_ask(b, ASK_FORGET, 0, &q);
}

/* To all bricks that can be asked. */
static void
ask_all(struct stream *s, struct command *c)
{
    if (s->command || s->error) {
        finish(s, c, s->command ? -EBUSY : s->error);
        return;
    }
    s->command = c;
    s->acks = c->what == COMMAND_ACK;
    s->acked = s->acks && c->number > s->acked ? c->number : s->acked;
    for (unsigned i = 0; i < s->brick_count; i++) {
        struct brick *b = s->bricks[i];

        if (!b->up || !b->placed)
            continue;
        int err = c->what == COMMAND_ACK ? cursor_ack(b, ASK_ACK, s->acked) : forget(b);

        c->waits += !err;
        c->good += err == -EALREADY || err == -ENODATA;
        if (err && err != -EALREADY && err != -ENODATA && err != -ENOTCONN && !c->error)
            c->error = err;
    }
}

static void
command(struct stream *s, struct command *c)
{
    switch (c->what) {
    case COMMAND_END:
        s->ends = true;
        finish(s, c, 0);
        break;
    case COMMAND_OPEN:
        s->opening = c;
        break;
    case COMMAND_BRICKS:
        list_bricks(s, c);
        break;
    case COMMAND_ACK:
    case COMMAND_FORGET:
        ask_all(s, c);
        break;
    }
}

/* A brick that has gone since is not a failure: it is told when it is back. */
static void
command_answered(struct stream *s, int error)
{
    struct command *c = s->command;

    if (!c)
        return;
    c->waits--;
    c->good += !error;
    if (error && error != -ENOTCONN && !c->error)
        c->error = error;
}

static void
command_step(struct stream *s)
{
    struct command *c = s->command;

    if (!c || c->waits)
        return;
    s->command = NULL;
    finish(s, c, c->error ? c->error : c->good ? 0 : -ENOTCONN);
}

/* ---- what it is told --------------------------------------------------------------- */

static void
answered(struct stream *s, struct asked *a)
{
    struct brick *b = a->brick;
    struct notify_reply reply = {0};
    int err = a->answer.error;

    if (!err)
        err = notify_reply_decode(a->answer.bytes, a->answer.len, &reply);
    *a->at = a->next;
    if (a->next)
        a->next->at = a->at;
    if (a == b->fetch)
        b->fetch = NULL;
    switch (a->what) {
    case ASK_HELLO:
    case ASK_FETCH:
        brick_answered(b, a->what, err, &reply);
        break;
    case ASK_FENCE:
        fence_answered(b, a->of, err, &reply);
        break;
    case ASK_SETTLE:
        gaps_answered(b, a->of, err, &reply);
        break;
    case ASK_NAMES:
        names_answered(b, err, &reply);
        break;
    case ASK_RECALL:
        cursor_recalled(b, a->of, err, &reply);
        break;
    case ASK_ACK:
        if (!err)
            cursor_acked(b, a->of);
        command_answered(s, err && !brick_is_read(b) ? -ENOTCONN : err);
        break;
    case ASK_ACK_LATE:
        if (!err)
            cursor_acked(b, a->of);
        break;
    case ASK_FORGET:
        command_answered(s, err && !brick_is_read(b) ? -ENOTCONN : err);
        break;
    case ASK_CANCEL:
        break;
    }
    free(a->answer.bytes);
    free(a);
}

static struct brick *
brick_of(const struct stream *s, unsigned number)
{
    for (unsigned i = 0; i < s->brick_count; i++) {
        if (s->bricks[i]->number == number)
            return s->bricks[i];
    }
    return NULL;
}

static void
told(struct stream *s, struct message *m)
{
    struct brick *b;

    switch (m->kind) {
    case MESSAGE_UP:
    case MESSAGE_DOWN:
        b = brick_of(s, m->brick);
        if (!b) { /* one that was added just now */
            layout_read(s);
            b = brick_of(s, m->brick);
        }
        if (b)
            brick_up(b, m->kind == MESSAGE_UP);
        free(m);
        break;
    case MESSAGE_LAYOUT:
        layout_read(s);
        free(m);
        break;
    case MESSAGE_ANSWER:
        answered(s, (struct asked *)m);
        break;
    case MESSAGE_COMMAND:
        command(s, (struct command *)m);
        break;
    }
}

/* ---- beginning ------------------------------------------------------------------------ */

/* Has every brick answered, or is known to be away? */
static bool
all_heard(const struct stream *s)
{
    for (unsigned i = 0; i < s->brick_count; i++) {
        const struct brick *b = s->bricks[i];

        if (b->in_layout && (!b->heard || (b->up && b->stand != BRICK_GREETED &&
                                           b->stand != BRICK_REFUSES)))
            return false;
    }
    return true;
}

/* A place that was given by name and that no brick knows: all may have happened since. */
static bool
knows_place(struct stream *s)
{
    s->is_new = true;
    for (unsigned i = 0; i < s->brick_count && s->from == STREAM_CURSOR; i++) {
        if (s->bricks[i]->stand == BRICK_GREETED && s->bricks[i]->hello.cursor.seq)
            s->is_new = false;
    }
    return s->from != STREAM_CURSOR || !s->behind || !s->is_new;
}

/* What stream_open says: 0 if there is a brick that can be read. */
static int
verdict(struct stream *s)
{
    int err = -ENOTCONN;

    for (unsigned i = 0; i < s->brick_count; i++) {
        const struct brick *b = s->bricks[i];

        if (b->trouble == -EPERM)
            return -EPERM;
        if (b->up && b->stand == BRICK_GREETED && b->on)
            err = 0;
        else if (b->up && err && (b->stand == BRICK_GREETED || b->trouble == -EOPNOTSUPP))
            err = -EOPNOTSUPP;
    }
    return err || knows_place(s) ? err : -ENODATA;
}

static void
begin_step(struct stream *s)
{
    if (s->begun || !s->opening)
        return;
    if (!all_heard(s) && s->now < s->begin_by) {
        stream_wake_at(s, s->begin_by);
        return;
    }
    int err = verdict(s);

    s->begun = !err;
    finish(s, TAKE(s->opening), err);
}

/* ---- the thread ------------------------------------------------------------------------- */

static void
work(struct stream *s)
{
    s->wake = NEVER;
    for (unsigned i = 0; i < s->brick_count; i++)
        brick_step(s->bricks[i]);
    begin_step(s);
    if (s->begun) {
        fence_pace(s);
        for (unsigned i = 0; i < s->brick_count; i++)
            brick_step(s->bricks[i]);
        caught_step(s);
        fence_step(s);
        gaps_step(s);
        drain(s);
        heals_step(s);
        cursor_settle(s);
        caught_step(s);
        queue_put(&s->queue);
    }
    command_step(s);
}

void
stream_turn(struct stream *s, struct message *m, bool broken)
{
    struct message *next;

    s->now = monotonic();
    for (; m; m = next) {
        next = m->next;
        told(s, m);
    }
    if (broken)
        stream_fail(s, -ENOMEM);
    s->wake = NEVER;
    if (!s->error)
        work(s);
    else
        command_step(s);
}

void *
stream_run(void *arg)
{
    struct stream *s = arg;
    bool broken = false;

    s->wake = 0;
    while (!s->ends) {
        struct message *m = inbox_take(&s->inbox, s->wake, &broken);

        stream_turn(s, m, broken);
    }
    return NULL;
}
