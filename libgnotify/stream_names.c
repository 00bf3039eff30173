/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * See stream_names.h. A brick is looked through once: its names before the place where it
 * is read from. Later ones come by themselves.
 */
#include "libgnotify/stream_names.h"

#include <errno.h>

#include "common/cleanup.h"
#include "libgnotify/stream_inside.h"

enum {
    BUCKETS = 1 << 10,
    NAMES_MAX = 1 << 16,     /* then all are forgotten, and learned again */
    LOOK_BACK = 700 * 1000,  /* records: more than a segment has */
};
#define PATIENCE (2000 * MS)

struct name {
    struct name *chain;
    uint64_t client;
    char *text; /* NULL: it could not be found out */
};

void
names_end(struct names *n)
{
    for (unsigned i = 0; n->buckets && i < BUCKETS; i++) {
        for (struct name *e = n->buckets[i], *next; e; e = next) {
            next = e->chain;
            free(e->text);
            free(e);
        }
    }
    free(TAKE(n->buckets));
    n->count = 0;
}

static struct name *
find(const struct names *n, uint64_t client)
{
    struct name *e = n->buckets ? n->buckets[client % BUCKETS] : NULL;

    while (e && e->client != client)
        e = e->chain;
    return e;
}

/* text: given away; NULL: not known. Without memory it stays unknown. */
static void
learn(struct names *n, uint64_t client, char *text)
{
    struct name *e = find(n, client);

    if (e && text) {
        free(e->text);
        e->text = text;
        return;
    }
    if (n->count >= NAMES_MAX)
        names_end(n);
    if (!n->buckets)
        n->buckets = calloc(BUCKETS, sizeof(struct name *));
    e = n->buckets ? calloc(1, sizeof(*e)) : NULL;
    if (!e) {
        free(text);
        return;
    }
    *e = (struct name){.chain = n->buckets[client % BUCKETS], .client = client, .text = text};
    n->buckets[client % BUCKETS] = e;
    n->count++;
}

void
names_learn(struct stream *s, const struct notify_record *r)
{
    const struct name *known = find(&s->names, r->client);

    if (known && known->text && strlen(known->text) == r->detail_len &&
        (!r->detail_len || !memcmp(known->text, r->detail, r->detail_len)))
        return;
    char *text = strndup(r->detail ? r->detail : "", r->detail_len);

    if (text)
        learn(&s->names, r->client, text);
}

/* ---- looking back ---------------------------------------------------------------- */

static void
look(struct brick *b, uint64_t from)
{
    struct stream *s = b->s;
    struct notify_request q = {.kind = NOTIFY_FETCH,
                               .from = NOTIFY_FROM_SEQ,
                               .seq = from,
                               .limit = NOTIFY_REPLY_MAX};

    memcpy(q.id, b->id, sizeof(q.id));
    if (!brick_ask(b, ASK_NAMES, 0, &q))
        s->names.asked = b;
}

static bool
begin(struct brick *b, uint64_t seq)
{
    struct names *n = &b->s->names;
    uint64_t run = seq >> 32 << 32; /* numbers of a run begin there: journal.h */
    uint64_t from = seq - run > LOOK_BACK ? seq - LOOK_BACK : run;

    b->named = true;
    n->end = seq;
    n->give_up = b->s->now + PATIENCE;
    look(b, from > b->extent.oldest ? from : b->extent.oldest);
    return n->asked;
}

bool
names_find(struct stream *s, struct brick *b, const struct notify_record *r, const char **name)
{
    struct names *n = &s->names;

    *name = NULL;
    if (!(r->flags & NOTIFY_HAS_ACTOR) || !r->client)
        return true;
    const struct name *e = find(n, r->client);

    if (e) {
        *name = e->text;
        return true;
    }
    if (n->asked && s->now < n->give_up) {
        stream_wake_at(s, n->give_up);
        return false;
    }
    n->asked = NULL;
    if (!b->named && brick_is_read(b) && begin(b, r->seq))
        return false;
    learn(n, r->client, NULL);
    return true;
}

void
names_answered(struct brick *b, int error, const struct notify_reply *reply)
{
    struct names *n = &b->s->names;
    struct notify_record r;
    ssize_t len;

    if (n->asked != b)
        return;
    n->asked = NULL;
    for (uint32_t at = 0; !error && at < reply->bytes; at += (uint32_t)len) {
        len = notify_record_decode(reply->records + at, reply->bytes - at, &r);
        if (len < 0)
            return;
        if (r.op == NOTIFY_CLIENT)
            names_learn(b->s, &r);
    }
    if (!error && reply->count && reply->next < n->end)
        look(b, reply->next);
}
