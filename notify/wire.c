/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Requests and replies as bytes: see wire.h.
 */
#include "notify/wire.h"

#include <errno.h>

#include "notify/bytes.h"
#include "notify/record.h"

static const uint8_t request_magic[4] = "gnQ1", reply_magic[4] = "gnR1";

/* ---- requests ------------------------------------------------------------ */

static bool
is_request(const struct notify_request *q)
{
    return q->kind >= NOTIFY_HELLO && q->kind < NOTIFY_KINDS && q->from < NOTIFY_FROMS &&
           q->limit <= NOTIFY_REPLY_MAX && q->wait <= NOTIFY_WAIT_MAX &&
           q->name_len <= NOTIFY_CURSOR_NAME_MAX && q->filter_len <= NOTIFY_PATH_FILTER_MAX;
}

ssize_t
notify_request_encode(const struct notify_request *q, void *buf, size_t room)
{
    struct writer w = {buf, (uint8_t *)buf + room};

    if (!is_request(q))
        return -EINVAL;
    if (room < NOTIFY_REQUEST_SIZE_MAX)
        return -ENOSPC;
    put_bytes(&w, request_magic, sizeof(request_magic));
    put_u8(&w, (uint8_t)q->kind);
    put_u8(&w, (uint8_t)q->from);
    put_u64(&w, q->session);
    put_bytes(&w, q->id, sizeof(q->id));
    put_u64(&w, q->seq);
    put_u64(&w, q->ops);
    put_u32(&w, q->limit);
    put_u32(&w, q->wait);
    put_u8(&w, q->name_len);
    put_bytes(&w, q->name, q->name_len);
    put_u16(&w, q->filter_len);
    put_bytes(&w, q->filter, q->filter_len);
    return w.at - (uint8_t *)buf;
}

int
notify_request_decode(const void *buf, size_t len, struct notify_request *q)
{
    struct reader in = {buf, (const uint8_t *)buf + len, false};
    const void *magic = get_bytes(&in, sizeof(request_magic));

    if (!magic || memcmp(magic, request_magic, sizeof(request_magic)) != 0)
        return -EPROTO;
    q->kind = get_u8(&in);
    q->from = get_u8(&in);
    q->session = get_u64(&in);
    get_copy(&in, q->id, sizeof(q->id));
    q->seq = get_u64(&in);
    q->ops = get_u64(&in);
    q->limit = get_u32(&in);
    q->wait = get_u32(&in);
    q->name_len = get_u8(&in);
    q->name = get_bytes(&in, q->name_len);
    q->filter_len = get_u16(&in);
    q->filter = get_bytes(&in, q->filter_len);
    return in.failed || in.at != in.end || !is_request(q) ? -EPROTO : 0;
}

/* ---- replies ------------------------------------------------------------- */

void
notify_reply_head(const struct notify_reply *r, void *buf)
{
    struct writer w = {buf, (uint8_t *)buf + NOTIFY_REPLY_HEADER};

    put_bytes(&w, reply_magic, sizeof(reply_magic));
    put_u32(&w, r->flags);
    put_bytes(&w, r->extent.id, sizeof(r->extent.id));
    put_u64(&w, r->extent.oldest);
    put_u64(&w, r->extent.next);
    put_u64(&w, r->extent.since);
    put_u64(&w, r->extent.bytes);
    put_bytes(&w, r->cursor.id, sizeof(r->cursor.id));
    put_u64(&w, r->cursor.seq);
    put_u64(&w, r->cursor.acked);
    put_u64(&w, r->recording);
    put_u64(&w, r->next);
    put_u64(&w, r->now);
    put_u32(&w, r->count);
    put_u32(&w, r->bytes);
    assert(w.at == w.end);
}

static bool
are_records(const struct notify_reply *r)
{
    struct notify_record record;
    uint64_t before = 0;
    uint32_t at = 0, count = 0;

    for (; at < r->bytes; count++) {
        ssize_t n = notify_record_decode(r->records + at, r->bytes - at, &record);

        if (n < 0 || record.seq <= before)
            return false;
        before = record.seq;
        at += (uint32_t)n;
    }
    return count == r->count && (!count || before < r->next);
}

int
notify_reply_decode(const void *buf, size_t len, struct notify_reply *r)
{
    struct reader in = {buf, (const uint8_t *)buf + len, false};
    const void *magic = get_bytes(&in, sizeof(reply_magic));

    if (!magic || memcmp(magic, reply_magic, sizeof(reply_magic)) != 0)
        return -EPROTO;
    r->flags = get_u32(&in);
    get_copy(&in, r->extent.id, sizeof(r->extent.id));
    r->extent.oldest = get_u64(&in);
    r->extent.next = get_u64(&in);
    r->extent.since = get_u64(&in);
    r->extent.bytes = get_u64(&in);
    get_copy(&in, r->cursor.id, sizeof(r->cursor.id));
    r->cursor.seq = get_u64(&in);
    r->cursor.acked = get_u64(&in);
    r->recording = get_u64(&in);
    r->next = get_u64(&in);
    r->now = get_u64(&in);
    r->count = get_u32(&in);
    r->bytes = get_u32(&in);
    r->records = get_bytes(&in, r->bytes);
    if (in.failed || in.at != in.end || (r->flags & ~(unsigned)NOTIFY_ANSWERS))
        return -EPROTO;
    return are_records(r) ? 0 : -EPROTO;
}
