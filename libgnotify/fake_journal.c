/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What a brick in memory keeps, and what it answers; see fake_inside.h.
 */
#include "libgnotify/fake_inside.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/must.h"

void
journal_drop(struct fake_brick *b)
{
    for (size_t i = b->first; i < b->count; i++)
        free(b->kept[i].bytes);
    free(TAKE(b->kept));
    b->first = b->count = b->room = 0;
}

uint64_t
journal_append(struct fake *f, struct fake_brick *b, const struct notify_record *r)
{
    uint8_t buf[NOTIFY_RECORD_MAX];
    ssize_t len = notify_record_encode(r, buf, sizeof(buf));

    MUST(len > 0);
    if (b->count == b->room) {
        b->room = b->room ? 2 * b->room : 64;
        b->kept = reallocarray(b->kept, b->room, sizeof(*b->kept));
        MUST(b->kept);
    }
    struct kept *k = &b->kept[b->count++];

    *k = (struct kept){.seq = b->next++, .written = tick(f), .op = r->op, .size = (size_t)len,
                       .bytes = malloc((size_t)len)};
    MUST(k->bytes);
    memcpy(k->bytes, buf, (size_t)len);
    notify_record_number(k->bytes, k->seq);
    b->last_written = k->written;
    return k->seq;
}

void
journal_tell_lost(struct fake *f, struct fake_brick *b)
{
    struct notify_record gap = {.op = NOTIFY_GAP, .flags = NOTIFY_HAS_RANGE, .time = b->lost_since,
                                .offset = b->lost_first, .length = b->lost};

    if (b->lost)
        journal_append(f, b, &gap);
    b->lost = 0;
}

void
journal_begin(struct fake *f, struct fake_brick *b)
{
    struct notify_record start = {.op = NOTIFY_START,
                                  .flags = NOTIFY_HAS_RANGE | (b->clean ? NOTIFY_CLEAN : 0),
                                  .time = tick(f),
                                  .offset = b->last_written ? b->last_written : b->begun};

    b->next = ((b->next >> RUN_BITS) + 1) << RUN_BITS;
    journal_append(f, b, &start);
}

/* ---- answers ---------------------------------------------------------------------- */

static void
reply_with(struct fake *f, struct fake_brick *b, void *cookie, struct notify_reply *r)
{
    AUTO_FREE uint8_t *buf = malloc(NOTIFY_REPLY_HEADER + r->bytes);

    MUST(buf);
    r->flags |= b->off ? NOTIFY_OFF : 0;
    r->now = tick(f);
    r->recording = b->off || b->lost ? 0 : b->begun;
    if (!b->off) {
        r->extent = (struct notify_extent){
            .oldest = b->first < b->count ? b->kept[b->first].seq : b->next,
            .next = b->next, .since = b->begun};
        memcpy(r->extent.id, b->id, sizeof(b->id));
    }
    notify_reply_head(r, buf);
    if (r->bytes)
        memcpy(buf + NOTIFY_REPLY_HEADER, r->records, r->bytes);
    f->events->answer(f->arg, cookie, 0, buf, NOTIFY_REPLY_HEADER + r->bytes);
}

static bool
is_below(const struct notify_name *n, const char *filter)
{
    size_t len = strlen(filter);

    return n->len >= len && !memcmp(n->path, filter, len) && (n->len == len || n->path[len] == '/');
}

static bool
is_wanted(const struct kept *k, const struct notify_request *q)
{
    struct notify_record r;

    if (k->op >= NOTIFY_OPS)
        return true;
    if (!(q->ops & 1ull << k->op))
        return false;
    MUST(notify_record_decode(k->bytes, k->size, &r) > 0);
    return !q->filter_len || is_below(&r.name, q->filter);
}

static size_t
find_place(const struct fake_brick *b, const struct notify_request *q, unsigned *flags)
{
    size_t at = b->first;

    if (q->from == NOTIFY_FROM_NOW)
        return b->count;
    if (q->from == NOTIFY_FROM_TIME) {
        while (at < b->count && b->kept[at].written < q->seq)
            at++;
        if (at == b->first && b->first && b->begun > q->seq)
            *flags |= NOTIFY_OVERTAKEN;
        return at;
    }
    if (q->from == NOTIFY_FROM_OLDEST)
        return at;
    if (memcmp(q->id, b->id, sizeof(b->id)) != 0 || q->seq > b->next) {
        *flags |= NOTIFY_OTHER;
        return at;
    }
    if (q->seq < b->dropped)
        *flags |= NOTIFY_OVERTAKEN;
    while (at < b->count && b->kept[at].seq < q->seq)
        at++;
    return at;
}

/* False: it is to wait. */
static bool
fetch(struct fake *f, struct fake_brick *b, void *cookie, const struct notify_request *q, bool over)
{
    struct notify_reply r = {0};
    AUTO_FREE uint8_t *buf = malloc(f->limit * (NOTIFY_RECORD_MAX + 1ul));

    MUST(buf);
    if (b->off) {
        if (q->wait && !over)
            return false;
        r.next = q->seq;
        reply_with(f, b, cookie, &r);
        return true;
    }
    size_t at = find_place(b, q, &r.flags);

    r.records = buf;
    for (; at < b->count && r.count < f->limit; at++) {
        const struct kept *k = &b->kept[at];

        if (!is_wanted(k, q))
            continue;
        memcpy(buf + r.bytes, k->bytes, k->size);
        r.bytes += (uint32_t)k->size;
        r.count++;
    }
    if (!r.count && q->wait && !over && !r.flags)
        return false;
    r.flags |= at < b->count ? NOTIFY_MORE : 0;
    r.next = at < b->count ? b->kept[at].seq : b->next;
    reply_with(f, b, cookie, &r);
    return true;
}

void
journal_news(struct fake *f, struct fake_brick *b, uint64_t cancelled)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < b->held_count; i++) {
        struct held h = b->held[i];

        h.q.filter = h.filter;
        if (f->events && !fetch(f, b, h.cookie, &h.q, cancelled && h.q.session == cancelled))
            b->held[kept++] = h;
    }
    b->held_count = kept;
}

static void
remember(struct fake *f, struct fake_brick *b, const struct notify_request *q)
{
    for (unsigned i = 0; i < CURSORS; i++) {
        char *name = b->cursors[i].name;

        if (*name && (strlen(name) != q->name_len || memcmp(name, q->name, q->name_len) != 0))
            continue;
        if (q->kind == NOTIFY_FORGET) {
            *name = '\0';
            continue;
        }
        memcpy(name, q->name, q->name_len);
        name[q->name_len] = '\0';
        memcpy(b->cursors[i].is.id, q->id, sizeof(q->id));
        b->cursors[i].is.seq = q->seq;
        b->cursors[i].is.acked = tick(f);
        return;
    }
}

void
journal_cursor(const struct fake_brick *b, const struct notify_request *q, struct notify_reply *r)
{
    for (unsigned i = 0; q->name_len && i < CURSORS; i++) {
        if (strlen(b->cursors[i].name) == q->name_len &&
            !memcmp(b->cursors[i].name, q->name, q->name_len)) {
            r->cursor = b->cursors[i].is;
            return;
        }
    }
    r->flags |= q->name_len ? NOTIFY_UNKNOWN : 0;
}

void
journal_serve(struct fake *f, struct fake_brick *b, const struct notify_request *q, void *cookie)
{
    struct notify_reply r = {.next = b->off ? 0 : b->next};

    switch (q->kind) {
    case NOTIFY_FETCH:
        if (fetch(f, b, cookie, q, false))
            return;
        MUST(b->held_count < HELD);
        struct held *h = &b->held[b->held_count++];

        *h = (struct held){.cookie = cookie, .q = *q};
        if (q->filter_len)
            memcpy(h->filter, q->filter, q->filter_len);
        return;
    case NOTIFY_CANCEL:
        journal_news(f, b, q->session);
        break;
    case NOTIFY_ACK:
    case NOTIFY_FORGET:
        remember(f, b, q);
        break;
    default:
        journal_cursor(b, q, &r);
    }
    reply_with(f, b, cookie, &r);
}
