/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Events that come often for one file: the first is told at once, what follows within a
 * time is told as one, with the ranges' hull. Only the writer comes here.
 *
 * The copies of a file should tell the same. So writes are put together by the client's
 * clock, not by when they come here: all of one NOTIFY_WRITE_BUCKET, but the first one,
 * which is told at once, are told when a write of another bucket comes, or something else
 * happens to the file, or nothing comes any more. Writes that are under way at the same time
 * may come in another order to each copy; where that makes a difference the reader is told
 * once more, but not less.
 */
#include "xlators/gnotify/gnotify.h"

enum { BUCKETS = 1024, FILES_MAX = 8192, TRUNCATED = 64 };

/* ns. Of heals a reader wants to know that there was one. A write is under way for LATE,
 * seldom longer. */
#define DATA_WINDOW NOTIFY_WRITE_BUCKET
#define HEAL_WINDOW 2000000000ull
#define LATE 50000000ull

/* One file, one kind of event, one client. */
struct merged {
    struct merged *next; /* in its bucket */
    uint8_t gfid[16];
    enum notify_op op;
    uint64_t client;
    uint64_t due;
    uint64_t latest; /* time of a write that came here; 0: they have none, or are no writes */
    struct event *e; /* NULL: nothing came since it was told last */
};

struct merges {
    struct gnotify *g;
    void (*emit)(struct event *e, void *arg);
    void *arg;
    unsigned count;
    uint64_t next_due; /* none is due before */
    struct {
        uint8_t gfid[16];
        uint64_t client, time, offset;
    } truncated[TRUNCATED]; /* lately */
    struct merged *buckets[BUCKETS];
};

struct merges *
merges_new(struct gnotify *g, void (*emit)(struct event *e, void *arg), void *arg)
{
    struct merges *m = calloc(1, sizeof(*m));

    if (m)
        *m = (struct merges){.g = g, .emit = emit, .arg = arg, .next_due = UINT64_MAX};
    return m;
}

static struct merged **
bucket(struct merges *m, const uint8_t gfid[16])
{
    return &m->buckets[(gfid[14] << 8 | gfid[15]) % BUCKETS];
}

static uint64_t
window(const struct event *e)
{
    switch ((int)e->r.op) {
    case NOTIFY_WRITE:
    case NOTIFY_READ:
        return DATA_WINDOW;
    case NOTIFY_MISSED:
        return HEAL_WINDOW;
    default:
        return 0;
    }
}

static void
tell(struct merges *m, struct merged *f)
{
    struct event *e = TAKE(f->e);

    if (e)
        m->emit(e, m->arg);
}

static void
drop(struct merges *m, struct merged **at)
{
    struct merged *f = *at;

    tell(m, f);
    *at = f->next;
    m->count--;
    free(f);
}

/* What waits of that file comes before what else happens to it. (Reading, which only one
 * copy sees, is nothing that happens to it.) */
static void
file_flush(struct merges *m, const uint8_t gfid[16])
{
    for (struct merged **at = bucket(m, gfid); *at;) {
        if (!memcmp((*at)->gfid, gfid, 16))
            drop(m, at);
        else
            at = &(*at)->next;
    }
}

static bool
same_text(const char *a, size_t a_len, const char *b, size_t b_len)
{
    return a_len == b_len && (!a_len || !memcmp(a, b, a_len));
}

/* Can both be told as one? */
static bool
fit(const struct notify_record *a, const struct notify_record *b)
{
    return a->flags == b->flags &&
           same_text(a->name.path, a->name.len, b->name.path, b->name.len) &&
           same_text(a->detail, a->detail_len, b->detail, b->detail_len);
}

static void
widen(struct notify_record *r, const struct notify_record *with)
{
    uint64_t end = r->offset + r->length, other = with->offset + with->length;

    r->offset = with->offset < r->offset ? with->offset : r->offset;
    r->length = (other > end ? other : end) - r->offset;
}

static void
keep_until(struct merges *m, struct merged *f, uint64_t due)
{
    f->due = due;
    if (due < m->next_due)
        m->next_due = due;
}

/* e is told at once; more of its kind may come. */
static void
begin(struct merges *m, struct merged *f, struct event *e, uint64_t now)
{
    uint64_t time = e->r.op == NOTIFY_WRITE ? e->r.time : 0;
    uint64_t rest = time ? NOTIFY_WRITE_BUCKET - time % NOTIFY_WRITE_BUCKET + LATE : window(e);

    f->latest = time;
    keep_until(m, f, now + rest);
    m->emit(e, m->arg);
}

/* Is it of a later bucket than what came before? */
static bool
begins_bucket(const struct merged *f, const struct event *e)
{
    return f->latest && e->r.time / NOTIFY_WRITE_BUCKET > f->latest / NOTIFY_WRITE_BUCKET;
}

/* The newer one stays, with both their ranges, and the latest time. */
static void
merge(struct merges *m, struct merged *f, struct event *e)
{
    if (f->e && !fit(&f->e->r, &e->r))
        tell(m, f);
    if (f->latest) {
        f->latest = e->r.time > f->latest ? e->r.time : f->latest;
        e->r.time = f->latest;
    }
    if (f->e) {
        if (e->r.flags & NOTIFY_HAS_RANGE)
            widen(&e->r, &f->e->r);
        event_free(f->e);
    }
    f->e = e;
}

/* Is it a part of a truncation that was told? That has the same time. A fragment that is cut
 * within a stripe is written to by disperse; a sharded file's first part is cut, and then its
 * size is changed. */
static bool
is_of_truncate(struct merges *m, const struct notify_record *r)
{
    unsigned i = r->gfid[15] % TRUNCATED;

    if (r->op != NOTIFY_TRUNCATE && r->op != NOTIFY_WRITE)
        return false;
    if (r->time && r->time == m->truncated[i].time && r->client == m->truncated[i].client &&
        !memcmp(r->gfid, m->truncated[i].gfid, 16) &&
        (r->op == NOTIFY_WRITE || r->offset == m->truncated[i].offset))
        return true;
    if (r->op == NOTIFY_TRUNCATE) {
        memcpy(m->truncated[i].gfid, r->gfid, sizeof(r->gfid));
        m->truncated[i].client = r->client;
        m->truncated[i].time = r->time;
        m->truncated[i].offset = r->offset;
    }
    return false;
}

void
merges_add(struct merges *m, struct event *e, uint64_t now)
{
    static const uint8_t nothing[16];
    uint64_t ns = window(e);

    if (is_of_truncate(m, &e->r)) {
        event_free(e);
        return;
    }
    if (!ns) {
        if (e->r.op == NOTIFY_RENAME && (e->r.flags & NOTIFY_ISDIR))
            merges_flush(m, now, true); /* all below it have other names afterwards */
        file_flush(m, e->r.gfid);
        if (memcmp(e->other, nothing, sizeof(nothing)) != 0)
            file_flush(m, e->other);
        m->emit(e, m->arg);
        return;
    }
    struct merged **at = bucket(m, e->r.gfid);

    for (struct merged *f = *at; f; f = f->next) {
        if (f->op == e->r.op && f->client == e->r.client && !memcmp(f->gfid, e->r.gfid, 16)) {
            if (!begins_bucket(f, e)) {
                merge(m, f, e);
                return;
            }
            tell(m, f);
            begin(m, f, e, now);
            return;
        }
    }
    struct merged *f = m->count < FILES_MAX ? calloc(1, sizeof(*f)) : NULL;

    if (!f) {
        m->emit(e, m->arg);
        return;
    }
    *f = (struct merged){.next = *at, .op = e->r.op, .client = e->r.client};
    memcpy(f->gfid, e->r.gfid, sizeof(f->gfid));
    *at = f;
    m->count++;
    begin(m, f, e, now);
}

uint64_t
merges_flush(struct merges *m, uint64_t now, bool all)
{
    uint64_t next = UINT64_MAX;

    if (!all && now < m->next_due)
        return m->next_due;
    for (unsigned i = 0; i < BUCKETS && m->count; i++) {
        for (struct merged **at = &m->buckets[i]; *at;) {
            struct merged *f = *at;

            if (all || (f->due <= now && !f->e)) {
                drop(m, at);
                continue;
            }
            if (f->due <= now) {
                f->due = now + window(f->e);
                tell(m, f);
            }
            next = f->due < next ? f->due : next;
            at = &f->next;
        }
    }
    m->next_due = next;
    return next;
}

void
merges_free(struct merges *m)
{
    if (!m)
        return;
    for (unsigned i = 0; i < BUCKETS; i++) {
        for (struct merged *f = m->buckets[i], *next; f; f = next) {
            next = f->next;
            if (f->e)
                event_free(f->e);
            free(f);
        }
    }
    free(m);
}
