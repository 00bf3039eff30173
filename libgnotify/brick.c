/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * One brick: what it is asked, and where it stands. It is greeted when it comes up; then
 * it is asked for records, one request at a time, which waits there until there are some.
 */
#include <errno.h>
#include <sys/random.h>

#include "common/cleanup.h"
#include "libgnotify/stream_inside.h"

enum { FETCH_WAIT = 30000 }; /* ms */
#define RETRY (1000 * MS)
#define RETRY_REFUSED (5000 * MS)
#define CANCEL_AFTER (200 * MS) /* what is wanted of a brick that sends all comes by itself */

struct brick *
brick_new(struct stream *s, const struct link_brick *l)
{
    AUTO_FREE struct brick *b = calloc(1, sizeof(*b));

    if (!b)
        return NULL;
    *b = (struct brick){.s = s, .number = l->number, .link_set = l->set,
                        .name = strdup(l->name), .in_layout = true, .fresh = s->begun,
                        .went = s->now};
    if (!b->name || getrandom(&b->session, sizeof(b->session), 0) != sizeof(b->session)) {
        free(b->name);
        return NULL;
    }
    return TAKE(b);
}

void
brick_free(struct brick *b)
{
    if (!b)
        return;
    track_end(&b->track);
    cover_end(&b->cover);
    free(b->name);
    free(b);
}

/* ---- asking ---------------------------------------------------------------- */

int
brick_ask(struct brick *b, enum ask what, uint64_t of, struct notify_request *q)
{
    struct stream *s = b->s;
    uint8_t buf[NOTIFY_REQUEST_SIZE_MAX];
    ssize_t len = notify_request_encode(q, buf, sizeof(buf));
    struct asked *a = len < 0 ? NULL : calloc(1, sizeof(*a));

    if (!a)
        return len < 0 ? (int)len : -ENOMEM;
    a->brick = b;
    a->what = what;
    a->of = of;
    a->next = s->asked;
    a->at = &s->asked;
    if (a->next)
        a->next->at = &a->next;
    s->asked = a;
    int err = s->link->calls->ask(s->link, b->number, buf, (size_t)len, a);

    if (err) {
        *a->at = a->next;
        if (a->next)
            a->next->at = a->at;
        free(a);
    } else if (what == ASK_FETCH) {
        b->fetch = a;
    }
    return err;
}

static void
set_name(struct notify_request *q, const char *name)
{
    if (name) {
        q->name = name;
        q->name_len = (uint8_t)strlen(name);
    }
}

/* It is not read on now. */
static void
leave(struct brick *b)
{
    if (b->is_live)
        merge_live(b->s->merge, b->index, false);
    b->is_live = false;
    b->went = b->s->now;
    if (b->cover.to == COVER_ON)
        b->cover.to = b->seen > b->cover.from ? b->seen : b->cover.from;
}

void
brick_refuses(struct brick *b, int error)
{
    b->stand = BRICK_REFUSES;
    b->trouble = error;
    b->retry = b->s->now + (error == -EAGAIN || error == -ENOTCONN ? RETRY : RETRY_REFUSED);
    leave(b);
}

static void
greet(struct brick *b)
{
    struct stream *s = b->s;
    struct notify_request q = {.kind = NOTIFY_HELLO};

    set_name(&q, s->behind ? s->behind : s->cursor);
    int err = brick_ask(b, ASK_HELLO, 0, &q);

    b->stand = BRICK_GREETING;
    if (err)
        brick_refuses(b, err);
}

static void
fetch(struct brick *b)
{
    const struct stream *s = b->s;
    bool holds = b->placed && b->next >= b->wanted;
    struct notify_request q = {.kind = NOTIFY_FETCH,
                               .from = b->from,
                               .session = b->session,
                               .seq = b->from == NOTIFY_FROM_TIME ? b->time : b->next,
                               .ops = s->ops,
                               .wait = holds ? FETCH_WAIT : 0};

    memcpy(q.id, b->id, sizeof(q.id));
    set_name(&q, s->cursor);
    int err = brick_ask(b, ASK_FETCH, 0, &q);

    b->fetched = s->now;
    b->cancelled = !holds; /* it comes back by itself */
    if (err)
        brick_refuses(b, err);
}

static void
cancel(struct brick *b)
{
    struct notify_request q = {.kind = NOTIFY_CANCEL, .session = b->session};

    b->cancelled = !brick_ask(b, ASK_CANCEL, 0, &q);
}

void
brick_want(struct brick *b, uint64_t number)
{
    if (number > b->wanted)
        b->wanted = number;
}

bool
brick_is_read(const struct brick *b)
{
    return b->up && b->stand == BRICK_READ;
}

/* ---- steps ------------------------------------------------------------------- */

void
brick_up(struct brick *b, bool up)
{
    b->heard = true;
    if (up == b->up)
        return;
    b->up = up;
    b->recall = b->recall == RECALL_ASKED ? RECALL_WANTED : b->recall;
    b->stand = BRICK_STRANGE;
    b->retry = 0;
    leave(b);
}

/* Is there room for what it would send? When the merge is full only the brick that is
 * farthest behind is read: the others' changes wait for it. */
static bool
has_room(const struct brick *b)
{
    const struct stream *s = b->s;
    size_t waits = atomic_load(&s->queue.bytes);

    if (waits >= s->memory)
        return false;
    return waits + merge_held(s->merge) < s->memory || b->at_time <= s->slowest;
}

void
brick_step(struct brick *b)
{
    struct stream *s = b->s;

    if (!b->up)
        return;
    if (b->stand == BRICK_REFUSES || b->stand == BRICK_STRANGE) {
        if (s->now >= b->retry)
            greet(b);
        else
            stream_wake_at(s, b->retry);
    }
    if (b->stand == BRICK_GREETED && s->begun) {
        b->stand = BRICK_READ;
        if (!b->placed)
            brick_place(b);
        else if (s->acks && s->cursor) /* it was away */
            cursor_ack(b, ASK_ACK_LATE, s->acked);
    }
    if (b->stand != BRICK_READ)
        return;
    cursor_step(b);
    if (!b->fetch) {
        if (cursor_recalls(s))
            stream_wake_at(s, s->recall_by);
        else if (s->now < b->retry)
            stream_wake_at(s, b->retry);
        else if (has_room(b))
            fetch(b);
    } else if (!b->cancelled && b->placed && b->next < b->wanted) {
        uint64_t when = s->filtered ? s->now : b->fetched + CANCEL_AFTER;

        if (s->now >= when)
            cancel(b);
        else
            stream_wake_at(s, when);
    }
}

/* ---- where it begins ------------------------------------------------------------ */

/* covered: ns; what was recorded before is not for this stream, or has been read. */
static void
place_at(struct brick *b, const uint8_t *id, uint64_t seq, uint64_t covered)
{
    b->from = NOTIFY_FROM_SEQ;
    memcpy(b->id, id, sizeof(b->id));
    b->next = seq;
    b->placed = true;
    b->cover.from = b->cover.to = covered;
}

static void
place_by(struct brick *b, enum notify_from from, uint64_t time)
{
    b->from = from;
    b->time = time;
    b->cover.from = b->cover.to = b->seen = time;
}

void
brick_place(struct brick *b)
{
    const struct stream *s = b->s;
    const struct notify_reply *hello = &b->hello;
    uint64_t time = 0;

    b->cover.known = true;
    if (s->from == STREAM_OLDEST || b->fresh)
        place_by(b, NOTIFY_FROM_OLDEST, 0);
    else if (s->from == STREAM_CURSOR && cursor_place(b, &time))
        place_at(b, hello->cursor.id, hello->cursor.seq, 0);
    else if (time)
        place_by(b, NOTIFY_FROM_TIME, time);
    else if (b->late)
        place_by(b, NOTIFY_FROM_TIME, s->opened);
    else
        place_at(b, hello->extent.id, hello->next, hello->now);
}

/* ---- answers ---------------------------------------------------------------------- */

static void
greeted(struct brick *b, const struct notify_reply *reply)
{
    struct stream *s = b->s;

    b->hello = *reply;
    b->hello.records = NULL;
    b->extent = reply->extent;
    b->on = !(reply->flags & NOTIFY_OFF);
    if (!reply->extent.next) { /* it has no journal */
        b->was_off = true;
        brick_refuses(b, -EOPNOTSUPP);
        return;
    }
    b->stand = BRICK_GREETED;
    b->trouble = 0;
    b->late = s->begun && !b->placed;
    if (!s->begun)
        b->past = reply->next;
    brick_want(b, reply->next);
}

/* Of a request that was under way when it went away nothing but errors comes. */
void
brick_answered(struct brick *b, enum ask what, int error, const struct notify_reply *reply)
{
    struct stream *s = b->s;

    if (error == -EPERM)
        b->trouble = error;
    if (error == -EPERM && s->begun)
        stream_fail(s, error);
    if (!b->up || b->stand == BRICK_REFUSES || b->stand == BRICK_STRANGE)
        return;
    if (what == ASK_HELLO && b->stand != BRICK_GREETING)
        return;
    if (error) {
        brick_refuses(b, error);
        return;
    }
    if (what == ASK_HELLO)
        greeted(b, reply);
    else if (what == ASK_FETCH)
        brick_fetched(b, reply);
}
