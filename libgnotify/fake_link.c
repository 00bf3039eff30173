/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The link to bricks in memory, and what a test does to them; see fake_link.h.
 */
#include "libgnotify/fake_inside.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/must.h"

static const struct link_calls calls;

static struct fake_brick *
brick_make(struct fake *f, unsigned set)
{
    struct fake_brick *b = calloc(1, sizeof(*b));
    char name[32];

    MUST(b && f->count < BRICKS_MAX);
    snprintf(name, sizeof(name), "s%u:/b%u", f->count, f->count);
    b->is = (struct link_brick){.number = f->count, .set = set, .name = strdup(name)};
    b->up = true;
    b->begun = tick(f);
    b->next = b->dropped = 1ull << RUN_BITS;
    f->ids++;
    memcpy(b->id, &f->ids, sizeof(f->ids));
    f->bricks[f->count++] = b;
    return b;
}

struct fake *
fake_new(const unsigned *sets, unsigned bricks)
{
    struct fake *f = calloc(1, sizeof(*f));

    MUST(f);
    f->link.calls = &calls;
    f->limit = 100;
    pthread_mutex_init(&f->lock, NULL);
    for (unsigned i = 0; i < bricks; i++)
        brick_make(f, sets[i]);
    return f;
}

void
fake_free(struct fake *f)
{
    for (unsigned i = 0; i < f->count; i++) {
        journal_drop(f->bricks[i]);
        free((char *)f->bricks[i]->is.name);
        free(f->bricks[i]);
    }
    pthread_mutex_destroy(&f->lock);
    free(f);
}

/* ---- the link ------------------------------------------------------------------------- */

static int
fake_ask(struct link *link, unsigned brick, const void *bytes, size_t len, void *cookie)
{
    struct fake *f = (struct fake *)link;
    struct notify_request q;
    int err = 0;

    pthread_mutex_lock(&f->lock);
    struct fake_brick *b = f->bricks[brick];

    if (!b->up)
        err = -ENOTCONN;
    else if (b->error)
        f->events->answer(f->arg, cookie, b->error, NULL, 0);
    else if (notify_request_decode(bytes, len, &q))
        f->events->answer(f->arg, cookie, -EPROTO, NULL, 0);
    else
        journal_serve(f, b, &q, cookie);
    pthread_mutex_unlock(&f->lock);
    return err;
}

static int
fake_layout(struct link *link, struct link_layout *l)
{
    struct fake *f = (struct fake *)link;

    pthread_mutex_lock(&f->lock);
    *l = (struct link_layout){.bricks = calloc(f->count, sizeof(*l->bricks))};
    MUST(l->bricks);
    for (unsigned i = 0; i < f->count; i++) {
        if (f->bricks[i]->removed)
            continue;
        l->bricks[l->count] = f->bricks[i]->is;
        l->bricks[l->count++].name = strdup(f->bricks[i]->is.name);
        l->sets = f->bricks[i]->is.set >= l->sets ? f->bricks[i]->is.set + 1 : l->sets;
    }
    pthread_mutex_unlock(&f->lock);
    return 0;
}

static void
fake_close(struct link *link)
{
    struct fake *f = (struct fake *)link;

    pthread_mutex_lock(&f->lock);
    f->events = NULL;
    for (unsigned i = 0; i < f->count; i++)
        f->bricks[i]->held_count = 0;
    pthread_mutex_unlock(&f->lock);
}

static const struct link_calls calls = {fake_ask, fake_layout, fake_close};

struct link *
fake_reach(const struct link_events *events, void *events_arg, void *arg)
{
    struct fake *f = arg;

    pthread_mutex_lock(&f->lock);
    MUST(!f->events);
    f->events = events;
    f->arg = events_arg;
    for (unsigned i = 0; i < f->count; i++) {
        if (!f->bricks[i]->removed)
            events->up(events_arg, i, f->bricks[i]->up);
    }
    pthread_mutex_unlock(&f->lock);
    return &f->link;
}

/* ---- what happens ------------------------------------------------------------------------ */

uint64_t
fake_record(struct fake *f, unsigned brick, const struct notify_record *r)
{
    pthread_mutex_lock(&f->lock);
    struct fake_brick *b = f->bricks[brick];

    journal_tell_lost(f, b);
    uint64_t seq = journal_append(f, b, r);

    journal_news(f, b, 0);
    pthread_mutex_unlock(&f->lock);
    return seq;
}

static void
set_up(struct fake *f, struct fake_brick *b, bool up)
{
    if (b->up == up)
        return;
    b->up = up;
    for (unsigned i = 0; i < b->held_count && f->events; i++)
        f->events->answer(f->arg, b->held[i].cookie, -ENOTCONN, NULL, 0);
    b->held_count = 0;
    if (f->events)
        f->events->up(f->arg, b->is.number, up);
}

void
fake_up(struct fake *f, unsigned brick, bool up)
{
    pthread_mutex_lock(&f->lock);
    set_up(f, f->bricks[brick], up);
    pthread_mutex_unlock(&f->lock);
}

bool
fake_is_up(struct fake *f, unsigned brick)
{
    pthread_mutex_lock(&f->lock);
    bool up = f->bricks[brick]->up;

    pthread_mutex_unlock(&f->lock);
    return up;
}

void
fake_stop(struct fake *f, unsigned brick, bool clean)
{
    struct notify_record stop = {.op = NOTIFY_STOP};

    pthread_mutex_lock(&f->lock);
    struct fake_brick *b = f->bricks[brick];

    b->clean = clean;
    if (clean)
        journal_tell_lost(f, b);
    b->lost = 0;
    if (clean) {
        stop.time = tick(f);
        journal_append(f, b, &stop);
        journal_news(f, b, 0);
    }
    set_up(f, b, false);
    pthread_mutex_unlock(&f->lock);
}

void
fake_start(struct fake *f, unsigned brick)
{
    pthread_mutex_lock(&f->lock);
    struct fake_brick *b = f->bricks[brick];

    journal_begin(f, b);
    set_up(f, b, true);
    pthread_mutex_unlock(&f->lock);
}

void
fake_lose(struct fake *f, unsigned brick, unsigned count, bool tell)
{
    pthread_mutex_lock(&f->lock);
    struct fake_brick *b = f->bricks[brick];

    if (!b->lost) {
        b->lost_first = b->next;
        b->lost_since = tick(f);
    }
    b->lost += count;
    b->next += count;
    if (tell) {
        journal_tell_lost(f, b);
        journal_news(f, b, 0);
    }
    pthread_mutex_unlock(&f->lock);
}

void
fake_retain(struct fake *f, unsigned brick, unsigned keep)
{
    pthread_mutex_lock(&f->lock);
    struct fake_brick *b = f->bricks[brick];

    while (b->count - b->first > keep) {
        b->dropped = b->kept[b->first].seq + 1;
        b->begun = b->kept[b->first].written;
        free(b->kept[b->first++].bytes);
    }
    pthread_mutex_unlock(&f->lock);
}

void
fake_replace(struct fake *f, unsigned brick)
{
    pthread_mutex_lock(&f->lock);
    struct fake_brick *b = f->bricks[brick];

    journal_drop(b);
    f->ids++;
    memcpy(b->id, &f->ids, sizeof(f->ids));
    memset(b->cursors, 0, sizeof(b->cursors));
    b->begun = tick(f);
    b->last_written = 0;
    b->clean = true;
    b->lost = 0;
    b->next = b->dropped = 1ull << RUN_BITS;
    journal_news(f, b, 0);
    pthread_mutex_unlock(&f->lock);
}

void
fake_refuse(struct fake *f, unsigned brick, int error)
{
    pthread_mutex_lock(&f->lock);
    f->bricks[brick]->error = error;
    pthread_mutex_unlock(&f->lock);
}

void
fake_switch(struct fake *f, unsigned brick, bool on)
{
    pthread_mutex_lock(&f->lock);
    struct fake_brick *b = f->bricks[brick];

    if (on && b->off) {
        b->off = false;
        b->clean = false;
        journal_begin(f, b);
    }
    b->off = !on;
    journal_news(f, b, 0);
    pthread_mutex_unlock(&f->lock);
}

void
fake_limit(struct fake *f, unsigned records)
{
    pthread_mutex_lock(&f->lock);
    f->limit = records;
    pthread_mutex_unlock(&f->lock);
}

unsigned
fake_add(struct fake *f, unsigned set)
{
    pthread_mutex_lock(&f->lock);
    const struct fake_brick *b = brick_make(f, set);

    if (f->events) {
        f->events->changed(f->arg);
        f->events->up(f->arg, b->is.number, true);
    }
    pthread_mutex_unlock(&f->lock);
    return b->is.number;
}

void
fake_remove(struct fake *f, unsigned brick)
{
    pthread_mutex_lock(&f->lock);
    set_up(f, f->bricks[brick], false);
    f->bricks[brick]->removed = true;
    if (f->events)
        f->events->changed(f->arg);
    pthread_mutex_unlock(&f->lock);
}

bool
fake_cursor(struct fake *f, unsigned brick, const char *name, uint64_t *seq)
{
    struct notify_request q = {.name = name, .name_len = (uint8_t)strlen(name)};
    struct notify_reply r = {0};

    pthread_mutex_lock(&f->lock);
    journal_cursor(f->bricks[brick], &q, &r);
    pthread_mutex_unlock(&f->lock);
    *seq = r.cursor.seq;
    return r.cursor.seq;
}

bool
fake_was_dark(struct fake *f, unsigned brick, uint64_t from, uint64_t to)
{
    bool found = false;

    pthread_mutex_lock(&f->lock);
    const struct fake_brick *b = f->bricks[brick];

    for (size_t i = b->first; i < b->count && !found; i++)
        found = b->kept[i].seq >= from && b->kept[i].seq <= to &&
                (b->kept[i].op == NOTIFY_START || b->kept[i].op == NOTIFY_GAP ||
                 b->kept[i].op == NOTIFY_MISSED);
    pthread_mutex_unlock(&f->lock);
    return found;
}

uint64_t
fake_next(struct fake *f, unsigned brick)
{
    pthread_mutex_lock(&f->lock);
    uint64_t next = f->bricks[brick]->next;

    pthread_mutex_unlock(&f->lock);
    return next;
}

uint64_t
fake_now(struct fake *f)
{
    pthread_mutex_lock(&f->lock);
    uint64_t now = tick(f);

    pthread_mutex_unlock(&f->lock);
    return now;
}

void
fake_pass(struct fake *f, uint64_t ns)
{
    pthread_mutex_lock(&f->lock);
    f->now += ns;
    pthread_mutex_unlock(&f->lock);
}

unsigned
fake_held(struct fake *f)
{
    unsigned held = 0;

    pthread_mutex_lock(&f->lock);
    for (unsigned i = 0; i < f->count; i++)
        held += f->bricks[i]->held_count;
    pthread_mutex_unlock(&f->lock);
    return held;
}
