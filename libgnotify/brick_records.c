/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What a brick sends: changes go to the merge, notes say what is to be known of its journal.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "libgnotify/stream_inside.h"

#define CLOCKS_DIFFER (60000 * MS)
#define EMPTY_PAUSE (10 * MS) /* an answer without anything is asked for again so late */

static int
change(struct brick *b, const struct notify_record *r)
{
    struct stream *s = b->s;
    uint64_t number, told;

    b->at_time = r->time > b->at_time ? r->time : b->at_time;
    int err = merge_feed(s->merge, b->index, r, s->now);

    if (!err)
        gone_fed(b, r);
    if (err || !s->cursor)
        return err;
    merge_fed(s->merge, &number, &told);
    if (told == MERGE_KNOWN)
        return 0;
    return track_add(&b->track, r->seq, told ? told : TRACK_OPEN | number);
}

/* By when the next record was there, of those behind `at`, that were lost since `from`. A note
 * says by the brick's clock; a change by that of its client, which may be wrong a little. */
static uint64_t
time_behind(const struct notify_reply *reply, uint32_t at, uint64_t from)
{
    struct notify_record r;
    ssize_t len;

    for (; at < reply->bytes; at += (uint32_t)len) {
        len = notify_record_decode(reply->records + at, reply->bytes - at, &r);
        if (len < 0)
            break;
        uint64_t time = r.op < NOTIFY_OPS ? r.time + CLOCKS_DIFFER : r.time;

        if (r.op != NOTIFY_GAP && r.time >= from && time < reply->now)
            return time;
    }
    return reply->now;
}

/* Is it of a dark time? */
static bool
dark_of(const struct notify_reply *reply, uint32_t behind, const struct notify_record *r,
        struct dark *dark)
{
    *dark = (struct dark){.from = r->time, .why = STREAM_OVERFLOW};
    if (r->op == NOTIFY_GAP) {
        dark->to = time_behind(reply, behind, r->time);
        return true;
    }
    *dark = (struct dark){.from = r->offset, .to = r->time, .clean = r->flags & NOTIFY_CLEAN};
    dark->why = dark->clean ? STREAM_AWAY : STREAM_CRASH;
    return r->op == NOTIFY_START && r->offset; /* else it is the journal's first */
}

int
brick_was_dark(struct brick *b, const struct notify_reply *reply, uint32_t behind,
               const struct notify_record *r)
{
    struct dark dark;
    int err = 0;

    if (!dark_of(reply, behind, r, &dark))
        return 0;
    dark.decided = true;
    cover_trim(&b->cover);
    cover_dark(&b->cover, dark, &err);
    return err;
}

static int
note(struct brick *b, const struct notify_reply *reply, const struct notify_record *r, uint32_t at,
     uint32_t len)
{
    struct dark dark;

    if (r->op == NOTIFY_CLIENT)
        names_learn(b->s, r);
    if (r->op == NOTIFY_MISSED)
        return heals_add(b, r, reply->records + at, len);
    if (!dark_of(reply, at + len, r, &dark))
        return 0;
    if (r->op == NOTIFY_START && b->was_off)
        dark.why = STREAM_AWAY;
    b->was_off = b->was_off && r->op != NOTIFY_START;
    return gaps_dark(b, r->seq, &dark);
}

/* What the answer's head says of what is not in it. */
static int
lost(struct brick *b, const struct notify_reply *reply)
{
    uint64_t to = time_behind(reply, 0, b->seen), since = reply->extent.since;
    struct dark dark = {.from = b->seen, .to = since, .why = STREAM_LOST};

    if (reply->flags & NOTIFY_OTHER) {
        track_end(&b->track); /* numbers of the other one */
        b->mark = 0;
        return gaps_dark(b, 0, &dark);
    }
    if (!(reply->flags & NOTIFY_OVERTAKEN) || b->from == NOTIFY_FROM_OLDEST)
        return 0;
    dark.to = to > since ? to : since;
    dark.why = STREAM_RETENTION;
    return gaps_dark(b, b->placed ? b->next : reply->extent.oldest, &dark);
}

/* Can it be an answer to what was asked? A brick that goes back would be read for ever. */
static bool
makes_sense(const struct brick *b, const struct notify_reply *reply)
{
    struct notify_record first;

    if (!b->placed || (reply->flags & NOTIFY_OTHER))
        return true;
    if (memcmp(reply->extent.id, b->id, sizeof(b->id)) != 0 || reply->next < b->next)
        return false;
    return !reply->count ||
           (notify_record_decode(reply->records, reply->bytes, &first) > 0 && first.seq >= b->next);
}

static void
records(struct brick *b, const struct notify_reply *reply)
{
    struct notify_record r;
    ssize_t len;

    for (uint32_t at = 0; at < reply->bytes; at += (uint32_t)len) {
        len = notify_record_decode(reply->records + at, reply->bytes - at, &r);
        int err = len < 0 ? -EPROTO : r.op < NOTIFY_OPS ? change(b, &r)
                                                         : note(b, reply, &r, at, (uint32_t)len);

        if (err) {
            stream_fail(b->s, err);
            return;
        }
    }
}

/* The brick shows at once what happens: its copies are worth waiting for. */
static void
set_live(struct brick *b, bool live)
{
    if (live && !b->is_live)
        merge_live(b->s->merge, b->index, true);
    b->is_live = b->is_live || live;
}

static void
set_seen(struct brick *b, const struct notify_reply *reply, bool at_end)
{
    if (b->mark && b->next >= b->mark)
        b->seen = b->mark_time > b->seen ? b->mark_time : b->seen;
    if (!b->mark || b->next >= b->mark) {
        b->mark = reply->extent.next;
        b->mark_time = reply->now;
    }
    if (at_end)
        b->seen = b->at_time = reply->now;
    b->at_time = b->at_time > reply->now ? reply->now : b->at_time;
    b->records = reply->recording;
    if (at_end && b->records)
        b->cover.to = COVER_ON;
    else if (!b->records && b->cover.to == COVER_ON) /* it loses what it will tell of later */
        b->cover.to = b->seen;
}

void
brick_fetched(struct brick *b, const struct notify_reply *reply)
{
    bool at_end = reply->next >= reply->extent.next && !(reply->flags & NOTIFY_MORE);

    if (!reply->extent.next) { /* it has no journal now */
        b->on = false;
        b->was_off = true;
        brick_refuses(b, -EOPNOTSUPP);
        return;
    }
    if (!makes_sense(b, reply)) {
        brick_refuses(b, -EPROTO);
        return;
    }
    b->on = !(reply->flags & NOTIFY_OFF);
    b->extent = reply->extent;
    if (b->from == NOTIFY_FROM_OLDEST)
        b->cover.from = b->cover.to = reply->extent.since;
    if (lost(b, reply)) {
        stream_fail(b->s, -ENOMEM);
        return;
    }
    merge_since(b->s->merge, b->index, reply->recording);
    records(b, reply);
    b->from = NOTIFY_FROM_SEQ;
    memcpy(b->id, reply->extent.id, sizeof(b->id));
    if (!reply->count && b->placed && reply->next == b->next && !b->cancelled)
        b->retry = b->s->now + EMPTY_PAUSE;
    if (b->fence && reply->next > b->next)
        b->s->fence_since = b->s->now;
    b->next = reply->next;
    b->placed = true;
    set_seen(b, reply, at_end);
    set_live(b, at_end);
    if (at_end)
        merge_read(b->s->merge, b->index, b->s->now);
}
