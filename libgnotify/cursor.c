/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Cursors: where each brick is to be read on from by whoever comes with the stream's name.
 * Each brick keeps its own. It stands before the first record whose event was not
 * acknowledged; but behind it there may be copies of events that were, which another brick
 * had shown earlier. So a stream that goes on behind a cursor recalls, of each brick, what
 * is before it: not to give it, only to know it again.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "libgnotify/stream_inside.h"

enum { RECALLED = 4000, /* records of each brick */ TOLD_MIN = 1 << 12 };
#define RECALL_PATIENCE (3000 * MS)
#define LAG (10000 * MS)        /* one brick was acknowledged so much earlier than another */
#define LAG_MARGIN (60000 * MS) /* and events may have been used so late */
#define ACK_AGAIN (1000 * MS)

/* ---- acknowledging ------------------------------------------------------------ */

static uint64_t
event_of(uint64_t merge_number, void *arg)
{
    const struct stream *s = arg;

    return told_get(&s->told, merge_number);
}

/* What no brick's slots ask for any more is forgotten; when so much has come that looking
 * at all slots is worth it. */
static void
forget_told(struct stream *s)
{
    uint64_t oldest = merge_oldest(s->merge);

    if (s->told.to - s->told.from < s->told_limit)
        return;
    for (unsigned i = 0; i < s->brick_count; i++) {
        uint64_t waits = track_waits_for(&s->bricks[i]->track);

        oldest = waits < oldest ? waits : oldest;
    }
    if (s->is_pending && s->pending.number < oldest)
        oldest = s->pending.number;
    told_forget(&s->told, oldest == UINT64_MAX ? s->told.to : oldest);
    s->told_limit = TOLD_MIN + 2 * (s->told.to - s->told.from);
}

void
cursor_settle(struct stream *s)
{
    if (!s->cursor)
        return;
    for (unsigned i = 0; i < s->brick_count; i++)
        track_settle(&s->bricks[i]->track, event_of, s);
    forget_told(s);
}

int
cursor_ack(struct brick *b, enum ask what, uint64_t number)
{
    struct stream *s = b->s;
    struct notify_request q = {.kind = NOTIFY_ACK, .name = s->cursor,
                               .name_len = (uint8_t)strlen(s->cursor),
                               .seq = track_acked(&b->track, number, b->next)};

    memcpy(q.id, b->id, sizeof(q.id));
    if (!q.seq) /* not before it has been used that its journal is another one */
        return -ENODATA;
    if (q.seq == b->acked && !memcmp(b->acked_id, b->id, sizeof(b->id)) &&
        s->now - b->acked_at < ACK_AGAIN)
        return -EALREADY;
    int err = brick_ask(b, what, q.seq, &q);

    if (!err)
        memcpy(b->acked_id, b->id, sizeof(b->id));
    return err;
}

void
cursor_acked(struct brick *b, uint64_t seq)
{
    b->acked = seq;
    b->acked_at = b->s->now;
}

/* ---- where a brick begins ---------------------------------------------------------- */

/* When any brick was acknowledged last. */
static uint64_t
last_ack(const struct stream *s)
{
    uint64_t last = 0;

    for (unsigned i = 0; i < s->brick_count; i++) {
        if (s->bricks[i]->hello.cursor.acked > last)
            last = s->bricks[i]->hello.cursor.acked;
    }
    return last;
}

static void
recall(struct brick *b, uint64_t time)
{
    uint64_t end = b->hello.cursor.seq, run = end >> 32 << 32;

    if (!end)
        return;
    b->recall = RECALL_WANTED;
    b->recall_round++; /* what is under way is of another one */
    b->recall_time = time;
    b->recall_seq = end - run > RECALLED ? end - RECALLED : run;
    b->recall_end = end;
    b->s->recall_by = b->s->now + RECALL_PATIENCE;
}

/* It has begun again lately: so many records before its place do not have the numbers just
 * before that (notify/journal.h). */
static bool
began_lately(const struct brick *b)
{
    uint64_t seq = b->hello.cursor.seq, run = seq >> 32;

    return run > 1 && seq - (run << 32) < RECALLED;
}

/* A brick that was away when its mates were acknowledged has what they had: they are
 * recalled from then on. */
static void
recall_mates(struct brick *b)
{
    const struct stream *s = b->s;
    uint64_t acked = b->hello.cursor.acked, first = acked;

    for (unsigned i = 0; acked && i < s->brick_count; i++) {
        struct brick *mate = s->bricks[i];

        if (mate == b || mate->set != b->set || !mate->hello.cursor.acked)
            continue;
        first = mate->hello.cursor.acked < first ? mate->hello.cursor.acked : first;
        if (mate->hello.cursor.acked > acked + LAG)
            recall(mate, acked > LAG_MARGIN ? acked - LAG_MARGIN : 1);
        else if (began_lately(mate))
            recall(mate, acked > LAG ? acked - LAG : 1);
    }
    recall(b, began_lately(b) && first > LAG ? first - LAG : 0);
}

bool
cursor_place(struct brick *b, uint64_t *time)
{
    const struct notify_cursor *c = &b->hello.cursor;

    *time = last_ack(b->s);
    if (!c->seq)
        return false;
    if (b->s->brick_count > 1)
        recall_mates(b);
    return true;
}

/* ---- recalling ----------------------------------------------------------------------- */

bool
cursor_recalls(const struct stream *s)
{
    if (s->now >= s->recall_by)
        return false;
    for (unsigned i = 0; i < s->brick_count; i++) {
        if (brick_is_read(s->bricks[i]) && s->bricks[i]->recall != RECALL_NONE)
            return true;
    }
    return false;
}

void
cursor_step(struct brick *b)
{
    const struct stream *s = b->s;
    struct notify_request q = {.kind = NOTIFY_FETCH,
                               .from = b->recall_time ? NOTIFY_FROM_TIME : NOTIFY_FROM_SEQ,
                               .seq = b->recall_time ? b->recall_time : b->recall_seq,
                               .ops = s->ops};

    if (b->recall != RECALL_WANTED)
        return;
    memcpy(q.id, b->hello.cursor.id, sizeof(q.id));
    b->recall = brick_ask(b, ASK_RECALL, b->recall_round, &q) ? RECALL_NONE : RECALL_ASKED;
}

void
cursor_recalled(struct brick *b, uint64_t round, int error, const struct notify_reply *reply)
{
    struct stream *s = b->s;
    struct notify_record r;
    bool more = !error && !memcmp(reply->extent.id, b->hello.cursor.id, sizeof(b->id)) &&
                reply->next < b->recall_end && (b->recall_time || reply->next > b->recall_seq);
    ssize_t len;

    if (round != b->recall_round)
        return;
    b->recall = more ? RECALL_WANTED : RECALL_NONE;
    for (uint32_t at = 0; !error && at < reply->bytes; at += (uint32_t)len) {
        len = notify_record_decode(reply->records + at, reply->bytes - at, &r);
        if (len < 0 || r.seq >= b->recall_end)
            break;
        if (r.op == NOTIFY_CLIENT)
            names_learn(s, &r);
        int err = r.op < NOTIFY_OPS ? 0 : brick_was_dark(b, reply, at + (uint32_t)len, &r);

        if (err)
            stream_fail(s, err);
        if (r.op < NOTIFY_OPS && merge_known(s->merge, b->index, &r, s->now))
            stream_fail(s, -ENOMEM);
        gone_recalled(b, &r);
    }
    b->recall_time = 0;
    b->recall_seq = reply->next;
}
