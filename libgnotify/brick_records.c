/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What a brick sends: changes go to the merge, notes say what is to be known of its journal.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "libgnotify/stream_inside.h"

#define EMPTY_PAUSE (10 * MS) /* an answer without anything is asked for again so late */

static int
change(struct brick *b, const struct notify_record *r)
{
    struct stream *s = b->s;
    uint64_t number, told;
    int err = merge_feed(s->merge, b->index, r, s->now);

    if (err || !s->cursor)
        return err;
    merge_fed(s->merge, &number, &told);
    if (told == MERGE_KNOWN)
        return 0;
    return track_add(&b->track, r->seq, told ? told : TRACK_OPEN | number);
}

static int
note(struct brick *b, const struct notify_record *r)
{
    if (r->op == NOTIFY_CLIENT)
        names_learn(b->s, r);
    return 0;
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
        int err = len < 0 ? -EPROTO : r.op < NOTIFY_OPS ? change(b, &r) : note(b, &r);

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

void
brick_fetched(struct brick *b, const struct notify_reply *reply)
{
    bool at_end = reply->next >= reply->extent.next && !(reply->flags & NOTIFY_MORE);

    if (!reply->extent.next) { /* it has no journal now */
        b->on = false;
        brick_refuses(b, -EOPNOTSUPP);
        return;
    }
    if (!makes_sense(b, reply)) {
        brick_refuses(b, -EPROTO);
        return;
    }
    b->on = !(reply->flags & NOTIFY_OFF);
    b->extent = reply->extent;
    records(b, reply);
    b->from = NOTIFY_FROM_SEQ;
    memcpy(b->id, reply->extent.id, sizeof(b->id));
    if (!reply->count && b->placed && reply->next == b->next && !b->cancelled)
        b->retry = b->s->now + EMPTY_PAUSE;
    if (b->fence && reply->next > b->next)
        b->s->fence_since = b->s->now;
    b->next = reply->next;
    b->placed = true;
    if (at_end)
        b->seen = reply->now;
    set_live(b, at_end);
}
