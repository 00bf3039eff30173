/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The reader's calls: what the caller asks for is done by the stream's thread.
 */
#include "libgnotify/stream.h"

#include <errno.h>
#include <time.h>

#include "common/cleanup.h"
#include "libgnotify/stream_inside.h"

enum { MEMORY = 64 << 20 };
#define OPEN_PATIENCE (5000 * MS)

static uint64_t
clock_now(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Waits for what the thread does. */
static int
run(struct stream *s, struct command *c)
{
    c->m.kind = MESSAGE_COMMAND;
    inbox_put(&s->inbox, &c->m);
    pthread_mutex_lock(&s->inbox.lock);
    while (!c->done)
        pthread_cond_wait(&s->done, &s->inbox.lock);
    pthread_mutex_unlock(&s->inbox.lock);
    return c->error;
}

/* ---- opening ------------------------------------------------------------------ */

static int
copy_text(const char *text, char **to)
{
    *to = text ? strdup(text) : NULL;
    return text && !*to ? -ENOMEM : 0;
}

static bool
is_name(const char *name)
{
    size_t len = strlen(name);

    return len && len <= NOTIFY_CURSOR_NAME_MAX && name[0] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len;
}

static int
take_options(struct stream *s, const struct stream_options *o)
{
    const uint64_t all = (1ull << NOTIFY_OPS) - 2;

    if ((o->cursor && !is_name(o->cursor)) || (o->behind && !is_name(o->behind)) ||
        (o->from == STREAM_CURSOR && !o->cursor && !o->behind))
        return -EINVAL;
    s->from = o->from;
    s->ops = o->ops ? o->ops & all : all;
    s->memory = o->memory ? o->memory : MEMORY;
    s->filtered = s->ops != all;
    int err = copy_text(o->cursor, &s->cursor);

    if (!err)
        err = copy_text(o->from == STREAM_CURSOR ? o->behind : NULL, &s->behind);
    return err;
}

void
stream_free(struct stream *s)
{
    for (struct message *m = s->inbox.first, *next; m; m = next) {
        next = m->next;
        if (m->kind != MESSAGE_ANSWER) /* those are under way */
            free(m);
    }
    for (struct asked *a = s->asked, *next; a; a = next) {
        next = a->next;
        free(a->answer.bytes);
        free(a);
    }
    for (unsigned i = 0; i < s->brick_count; i++)
        brick_free(s->bricks[i]);
    free(s->bricks);
    merge_free(s->merge);
    told_end(&s->told);
    heals_end(s);
    memory_end(&s->gone);
    free(s->settles);
    names_end(&s->names);
    queue_end(&s->queue);
    inbox_end(&s->inbox);
    pthread_cond_destroy(&s->done);
    free(s->cursor);
    free(s->behind);
    free(s);
}

int
stream_new(const struct stream_options *o, struct stream **out)
{
    struct stream *s = calloc(1, sizeof(*s));

    if (!s)
        return -ENOMEM;
    int err = queue_init(&s->queue);

    if (err) {
        free(s);
        return err;
    }
    inbox_init(&s->inbox);
    pthread_cond_init(&s->done, NULL);
    s->heals_end = &s->heals;
    s->opened = clock_now(CLOCK_REALTIME);
    s->now = clock_now(CLOCK_MONOTONIC);
    s->begin_by = s->now + OPEN_PATIENCE;
    err = take_options(s, o);
    if (!err)
        err = merge_new(NULL, 0, &s->merge);
    if (err)
        stream_free(s);
    else
        *out = s;
    return err;
}

static int
say(char **why, int err, const char *what)
{
    *why = strdup(what);
    return err;
}

/* For people: the brick that is most to blame. */
static int
say_why(const struct stream *s, char **why, int err, const char *volume)
{
    const char *name = "";

    for (unsigned i = 0; i < s->brick_count; i++) {
        const struct brick *b = s->bricks[i];

        if (!*name || b->trouble == err)
            name = b->name;
    }
    int n = err == -EPERM
                ? asprintf(why, "brick %s refuses to tell what happens: only root of a client that "
                                "mounts the whole volume may ask", name)
            : err == -EOPNOTSUPP
                ? asprintf(why, "brick %s does not record what happens: switch it on by `gluster "
                                "volume notify %s enable`", name, volume ? volume : "VOLUME")
        : err == -ENODATA
            ? asprintf(why, "no brick that answers knows the cursor %s: begin anew", s->behind)
                : asprintf(why, "no brick can be reached (%s): start the volume, or look at its "
                                "bricks by `gluster volume status`", name);

    if (n < 0)
        *why = NULL;
    return err;
}

static int
begin(struct stream *s, char **why, const char *volume)
{
    struct command c = {.what = COMMAND_OPEN};

    layout_read(s);
    if (s->error)
        return say(why, s->error, "the volume's bricks are not known");
    int err = -pthread_create(&s->thread, NULL, stream_run, s);

    if (err)
        return say(why, err, "no thread can be started");
    s->runs = true;
    err = run(s, &c);
    return err ? say_why(s, why, err, volume) : 0;
}

/* What stream_new did not take. */
static int
say_refused(const struct stream_options *o, char **why, int err)
{
    const char *name = o->behind && (!o->cursor || is_name(o->cursor)) ? o->behind : o->cursor;

    if (err != -EINVAL)
        return say(why, err, "no memory");
    if (asprintf(why, "'%s' is no cursor's name: up to %d letters, digits, dots, underscores and hyphens, no dot "
                 "first", name ? name : "", NOTIFY_CURSOR_NAME_MAX) < 0)
        *why = NULL;
    return err;
}

int
stream_open(struct link *(*reach)(const struct link_events *, void *events_arg, void *arg), void *arg,
            const struct stream_options *options, struct stream **out, char **why)
{
    struct stream *s = NULL;

    *why = NULL;
    int err = stream_new(options, &s);

    if (err)
        return say_refused(options, why, err);
    s->link = reach(&inbox_events, &s->inbox, arg);
    if (!s->link) {
        stream_free(s);
        return say(why, -ENOTCONN, "the volume cannot be reached");
    }
    err = begin(s, why, options->volume);
    if (err)
        stream_close(s);
    else
        *out = s;
    return err;
}

void
stream_close(struct stream *s)
{
    struct command c = {.what = COMMAND_END};

    if (!s)
        return;
    if (s->runs) {
        run(s, &c);
        pthread_join(s->thread, NULL);
    }
    s->link->calls->close(s->link);
    stream_free(s);
}

/* ---- reading --------------------------------------------------------------------- */

int
stream_read(struct stream *s, int timeout, struct stream_event *event)
{
    size_t freed = 0;
    int got = queue_read(&s->queue, timeout, event, &freed);
    size_t left = atomic_load(&s->queue.bytes);

    if (got == 1)
        atomic_store(&s->number_read, event->number);
    /* the thread stopped reading bricks when it was full */
    if (left < s->memory / 2 && left + freed >= s->memory / 2)
        inbox_kick(&s->inbox);
    return got;
}

int
stream_fd(struct stream *s)
{
    return s->queue.fd;
}

void
stream_wake(struct stream *s)
{
    queue_wake(&s->queue);
}

bool
stream_is_new(const struct stream *s)
{
    return s->is_new;
}

uint64_t
stream_given(const struct stream *s)
{
    return atomic_load(&s->number);
}

int
stream_ack(struct stream *s, uint64_t number)
{
    struct command c = {.what = COMMAND_ACK, .number = number};

    if (!s->cursor || number > atomic_load(&s->number_read))
        return -EINVAL;
    return run(s, &c);
}

int
stream_forget(struct stream *s)
{
    struct command c = {.what = COMMAND_FORGET};

    return s->cursor ? run(s, &c) : -EINVAL;
}

unsigned
stream_bricks(struct stream *s, struct stream_brick *bricks, unsigned room)
{
    struct command c = {.what = COMMAND_BRICKS, .bricks = bricks, .room = room};

    run(s, &c);
    return c.count;
}
