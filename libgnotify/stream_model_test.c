/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The reader's promise, on a model: clients change things on replicated sets whose bricks go
 * down, crash, lose records and cannot be reached; the consumer comes and goes, too. In the
 * end every change has been told once, or lies within a gap that was told; and no heal is told where
 * a copy was there all the time, or is waited for.
 *
 *   stream_model_test [FIRST [LAST]]: seeds
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "common/cleanup.h"
#include "libgnotify/fake_link.h"
#include "libgnotify/stream_inside.h"

enum { BRICKS = 9, CLIENTS = 4, CHANGES = 400, EVENTS = 40 * CHANGES, GAPS = 1000, SOON = 30000 };

static unsigned first_seed = 1, last_seed = 9;

struct change {
    unsigned set, client; /* set: `sets` for a folder, which is made on all */
    uint64_t begun, done; /* steps */
    uint64_t order[BRICKS], time[BRICKS]; /* when a brick did it: a step, and its clock; 0: not */
    unsigned told, last_told; /* how often, and as which event */
    uint64_t seq[BRICKS];
    bool may_repeat; /* when it was acknowledged no brick could take that down */
};

struct gap {
    unsigned brick;
    uint64_t from, to;
};

struct client {
    int doing; /* a change, or -1 */
    bool left[BRICKS]; /* bricks that are still to do it */
};

struct said {
    uint64_t number;
    int change; /* -1: a gap */
    struct gap gap;
};

struct world {
    unsigned seed;
    uint64_t random, step;
    bool calm, kind; /* nothing goes down; nothing is ever lost */
    unsigned sets, copies, bricks;
    bool steady[BRICKS]; /* nothing happens to it */
    struct fake *fake;
    bool serves[BRICKS], seen[BRICKS], loses[BRICKS];
    bool lost[BRICKS];
    struct change changes[CHANGES];
    unsigned count;
    struct client clients[CLIENTS];
    struct stream *stream;
    struct said *fresh; /* read, and not acknowledged */
    unsigned fresh_count;
    struct gap gaps[GAPS];
    unsigned gap_count, events;
    int missed[BRICKS][CHANGES]; /* to be healed */
    unsigned missed_count[BRICKS];
};

static unsigned
below(struct world *w, unsigned n)
{
    w->random = w->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(w->random >> 33) % n;
}

/* ---- the volume ------------------------------------------------------------------ */

static void
fill(const struct world *w, int i, enum notify_op op, struct notify_record *r, char path[16])
{
    const struct change *c = &w->changes[i];

    snprintf(path, 16, "/%d", i);
    *r = (struct notify_record){.op = op, .flags = NOTIFY_HAS_NAME, .name = {{1}, path, (uint16_t)strlen(path)}};
    if (op == NOTIFY_MISSED)
        return;
    r->flags |= NOTIFY_HAS_ACTOR;
    r->client = c->client + 1;
    r->time = 1 + (uint64_t)i + c->client * 1000000; /* each client's clock is another one */
}

static void
do_on(struct world *w, int i, unsigned brick)
{
    struct change *c = &w->changes[i];
    struct notify_record r;
    char path[16];

    c->order[brick] = ++w->step;
    if (w->loses[brick]) {
        fake_lose(w->fake, brick, 1, false);
        w->lost[brick] = true;
        c->time[brick] = fake_now(w->fake);
        return;
    }
    fill(w, i, c->set == w->sets ? NOTIFY_MKDIR : NOTIFY_CREATE, &r, path);
    c->seq[brick] = fake_record(w->fake, brick, &r);
    c->time[brick] = fake_now(w->fake);
}

static void
begin(struct world *w, struct client *cl)
{
    unsigned set = w->sets > 1 && !below(w, 5) ? w->sets : below(w, w->sets);
    bool any = false;

    for (unsigned b = 0; b < w->bricks; b++) {
        bool mine = set == w->sets || b / w->copies == set;

        cl->left[b] = mine && w->serves[b];
        any = any || cl->left[b];
    }
    if (!any || w->count == CHANGES) {
        memset(cl->left, 0, sizeof(cl->left));
        return;
    }
    cl->doing = (int)w->count;
    w->changes[w->count++] = (struct change){.set = set, .client = (unsigned)(cl - w->clients),
                                             .begun = ++w->step};
    for (unsigned b = 0; b < w->bricks; b++) {
        if ((set == w->sets || b / w->copies == set) && !w->serves[b])
            w->missed[b][w->missed_count[b]++] = cl->doing;
    }
}

/* A client goes on: with what it does, on one brick, or with something new. */
static void
client_step(struct world *w)
{
    struct client *cl = &w->clients[below(w, CLIENTS)];
    unsigned left[BRICKS], n = 0;

    if (cl->doing < 0) {
        begin(w, cl);
        return;
    }
    for (unsigned b = 0; b < w->bricks; b++) {
        if (cl->left[b])
            left[n++] = b;
    }
    if (n) {
        unsigned b = left[below(w, n)];

        cl->left[b] = false;
        do_on(w, cl->doing, b);
    } else {
        w->changes[cl->doing].done = ++w->step;
        cl->doing = -1;
    }
}

static void
end_brick(struct world *w, unsigned b)
{
    if (!w->serves[b])
        return;
    bool clean = w->kind || (below(w, 2) && !w->loses[b]);

    for (unsigned i = 0; i < CLIENTS; i++) {
        if (w->clients[i].left[b])
            w->missed[b][w->missed_count[b]++] = w->clients[i].doing;
        w->clients[i].left[b] = false;
    }
    fake_stop(w->fake, b, clean);
    w->serves[b] = w->seen[b] = w->loses[b] = false;
    w->lost[b] = false;
}

static void
start_brick(struct world *w, unsigned b)
{
    if (w->serves[b])
        return;
    fake_start(w->fake, b);
    w->serves[b] = w->seen[b] = true;
}

static void
heal(struct world *w, unsigned b)
{
    struct notify_record r;
    char path[16];

    if (!w->serves[b] || !w->missed_count[b] || w->loses[b])
        return;
    fill(w, w->missed[b][--w->missed_count[b]], NOTIFY_MISSED, &r, path);
    fake_record(w->fake, b, &r);
}

static void
lose(struct world *w, unsigned b)
{
    if (!w->serves[b] || w->kind)
        return;
    if (w->loses[b] && w->lost[b] && below(w, 2))
        fake_lose(w->fake, b, 0, true); /* else the next record says so */
    w->lost[b] = false;
    w->loses[b] = !w->loses[b];
}

static void
trouble(struct world *w)
{
    unsigned b = below(w, w->bricks);

    if (w->calm || w->steady[b])
        return;
    switch (below(w, 6)) {
    case 0:
        end_brick(w, b);
        break;
    case 1:
        start_brick(w, b);
        break;
    case 2:
        heal(w, b);
        break;
    case 3:
        lose(w, b);
        break;
    default:
        if (w->serves[b]) {
            w->seen[b] = !w->seen[b];
            fake_up(w->fake, b, w->seen[b]);
        }
    }
}

/* ---- the consumer -------------------------------------------------------------------- */

/* Did a brick take down that it was used? Not one that was away, and not while it is not
 * known what a dark time before it is. */
static bool
is_taken_down(const struct world *w, const struct change *c)
{
    for (unsigned b = 0; b < w->bricks; b++) {
        uint64_t cursor = 0;

        fake_cursor(w->fake, b, "model", &cursor);
        if (c->seq[b] && w->seen[b] &&
            (cursor > c->seq[b] || !fake_was_dark(w->fake, b, cursor, c->seq[b])))
            return true;
    }
    return false;
}

/* What only bricks know that cannot be asked now comes again. */
static void
forgive(struct world *w)
{
    for (unsigned i = 0; i < w->count; i++) {
        struct change *c = &w->changes[i];
        bool known = false;

        for (unsigned b = 0; b < w->bricks; b++) {
            uint64_t cursor = 0;

            known = known || (c->seq[b] && w->seen[b] &&
                              fake_cursor(w->fake, b, "model", &cursor) && cursor > c->seq[b]);
        }
        c->may_repeat = c->may_repeat || (c->told && !known);
    }
}

/* Until the stream has read what there is. */
static void
let_it_begin(struct world *w)
{
    struct stream_brick bricks[BRICKS];
    bool all = false;

    for (unsigned tries = 0; tries < 300 && !all; tries++) {
        stream_bricks(w->stream, bricks, BRICKS);
        all = true;
        for (unsigned b = 0; b < w->bricks; b++)
            all = all && (!w->seen[b] || bricks[b].next == fake_next(w->fake, b));
    }
}

static bool
come(struct world *w)
{
    struct stream_options options = {.from = STREAM_CURSOR, .cursor = "model"};
    bool any = false;

    for (unsigned b = 0; b < w->bricks; b++)
        any = any || w->seen[b];
    if (w->stream || !any)
        return w->stream;
    AUTO_FREE char *why = NULL;

    forgive(w);
    assert_int_equal(stream_open(fake_reach, w->fake, &options, &w->stream, &why), 0);
    let_it_begin(w);
    return true;
}

static void
settle(struct world *w, uint64_t number)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < w->fresh_count; i++) {
        const struct said *t = &w->fresh[i];

        if (t->number > number) {
            w->fresh[kept++] = *t;
        } else if (t->change < 0) {
            assert_true(w->gap_count < GAPS);
            w->gaps[w->gap_count++] = t->gap;
        } else {
            w->changes[t->change].told++;
            w->changes[t->change].last_told = ++w->events;
            w->changes[t->change].may_repeat |= !is_taken_down(w, &w->changes[t->change]);
        }
    }
    w->fresh_count = kept;
}

/* Of what a heal was told for the copies have told, or will. */
static bool
is_needless(const struct world *w, const struct stream_event *e)
{
    unsigned first = (unsigned)atoi(e->brick + 1) / w->copies * w->copies;
    bool needless = w->kind && w->copies > 1;

    for (unsigned b = first; b < first + w->copies; b++)
        needless = needless || w->steady[b];
    if (needless)
        print_error("seed %u: a heal was told: %s, %s\n", w->seed, e->record->name.path, e->brick);
    return needless;
}

/* False: there is none now. */
static bool
read_one(struct world *w, int timeout)
{
    struct stream_event e;
    struct said t = {.change = -1};

    if (stream_read(w->stream, timeout, &e) != 1)
        return false;
    t.number = e.number;
    if (e.kind == STREAM_CHANGE)
        t.change = atoi(e.record->name.path + 1);
    else if (e.kind == STREAM_GAP)
        t.gap = (struct gap){(unsigned)atoi(e.brick + 1), e.from, e.to};
    assert_true(w->fresh_count < EVENTS);
    if (e.kind == STREAM_CHANGE || e.kind == STREAM_GAP)
        w->fresh[w->fresh_count++] = t;
    if (w->kind && e.kind == STREAM_GAP)
        print_error("seed %u: a gap where nothing can be missing: %s, why %d\n", w->seed, e.brick, e.why);
    assert_false(w->kind && e.kind == STREAM_GAP);
    assert_false(e.kind == STREAM_SYNTHETIC && is_needless(w, &e));
    return true;
}

static void
consumer_step(struct world *w)
{
    if (!come(w))
        return;
    for (unsigned n = below(w, 40); n && read_one(w, 0); n--)
        ;
    if (w->fresh_count && !below(w, 3)) {
        uint64_t number = w->fresh[below(w, w->fresh_count)].number;
        int err = stream_ack(w->stream, number);

        assert_true(!err || err == -ENOTCONN);
        settle(w, number);
    }
    if (!below(w, w->kind ? 60 : 20)) { /* what it has not acknowledged comes again */
        stream_close(w->stream);
        w->stream = NULL;
        w->fresh_count = 0;
    }
}

/* ---- what is promised ---------------------------------------------------------------- */

static bool
in_gap(const struct world *w, const struct change *c)
{
    for (unsigned g = 0; g < w->gap_count; g++) {
        const struct gap *gap = &w->gaps[g];

        for (unsigned b = 0; b < w->bricks; b++) {
            if (c->time[b] && b / w->copies == gap->brick / w->copies &&
                c->time[b] >= gap->from && c->time[b] <= gap->to)
                return true;
        }
    }
    return false;
}

static void
check_once(const struct world *w)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < w->count; i++) {
        const struct change *c = &w->changes[i];
        bool any = false;

        for (unsigned b = 0; b < w->bricks; b++)
            any = any || c->order[b];
        if (!any || c->told == 1 || (c->told && c->may_repeat) || (!c->told && in_gap(w, c)))
            continue;
        wrong++;
        print_error("seed %u: change %u of set %u was told %u times\n", w->seed, i, c->set, c->told);
    }
    assert_int_equal(wrong, 0);
}

/* Did all bricks that did both do a before b? Folders are made on all sets, which may
 * disagree, so that no order fits. */
static bool
is_before(const struct world *w, const struct change *a, const struct change *b)
{
    bool both = false;

    if (w->sets > 1 && (a->set == w->sets || b->set == w->sets))
        return false;

    for (unsigned i = 0; i < w->bricks; i++) {
        if (!a->order[i] || !b->order[i])
            continue;
        if (a->order[i] > b->order[i])
            return false;
        both = true;
    }
    return both;
}

static void
check_order(const struct world *w)
{
    for (unsigned i = 0; i < w->count; i++) {
        for (unsigned j = 0; j < w->count; j++) {
            const struct change *a = &w->changes[i], *b = &w->changes[j];
            bool client = a->client == b->client && a->done && a->done < b->begun;

            if (i == j || (!is_before(w, a, b) && !client) || a->last_told < b->last_told)
                continue;
            print_error("seed %u: %u of set %u came after %u of set %u: %s\n", w->seed, i, a->set,
                        j, b->set, client ? "one client" : "by the bricks");
            assert_true(false);
        }
    }
}

/* ---- a life -------------------------------------------------------------------------- */

static void
finish(struct world *w)
{
    for (unsigned n = 0; n < 200 * CLIENTS; n++)
        client_step(w);
    for (unsigned b = 0; b < w->bricks; b++) {
        if (w->loses[b])
            lose(w, b);
        start_brick(w, b);
        if (!w->seen[b])
            fake_up(w->fake, b, true);
        w->seen[b] = true;
    }
    for (unsigned i = 0; i < CLIENTS; i++) { /* what they do, they do to its end */
        for (unsigned b = 0; b < w->bricks; b++) {
            if (w->clients[i].left[b])
                do_on(w, w->clients[i].doing, b);
        }
    }
}

/* Everything that was made before a last change of every set has been told with it. */
static void
read_all(struct world *w)
{
    unsigned marks = w->sets;
    char path[16];

    assert_true(come(w));
    for (unsigned b = 0; b < w->bricks; b++) {
        struct notify_record r = {.op = NOTIFY_CREATE, .flags = NOTIFY_HAS_NAME | NOTIFY_HAS_ACTOR,
                                  .client = 99, .time = b / w->copies + 1};

        snprintf(path, sizeof(path), "/%u", CHANGES + b / w->copies);
        r.name = (struct notify_name){{1}, path, (uint16_t)strlen(path)};
        fake_record(w->fake, b, &r);
    }
    while (marks) {
        bool came = read_one(w, SOON);

        if (!came)
            print_error("seed %u: nothing comes any more\n", w->seed);
        assert_true(came);
        if (w->fresh_count && w->fresh[w->fresh_count - 1].change >= CHANGES) {
            marks--;
            w->fresh_count--;
        }
    }
    while (read_one(w, 400)) /* what waits for patience, or came too often */
        ;
    settle(w, UINT64_MAX);
}

static void
live(unsigned seed)
{
    AUTO_FREE struct world *w = calloc(1, sizeof(*w));
    unsigned sets[BRICKS];

    w->seed = seed;
    w->random = seed * 7919ull;
    w->calm = seed % 3 == 0;
    w->kind = seed % 3 != 1;
    w->sets = 1 + below(w, 3);
    w->copies = 1 + below(w, 3);
    w->bricks = w->sets * w->copies;
    w->fresh = calloc(EVENTS, sizeof(*w->fresh));
    stream_away_patience = w->kind ? 60000 * MS : below(w, 100) * MS;
    for (unsigned b = 0; b < w->bricks; b++) {
        sets[b] = b / w->copies;
        w->serves[b] = w->seen[b] = true;
        w->steady[b] = seed % 4 < 2 && w->copies > 1 && b % w->copies == seed / 4 % w->copies;
    }
    for (unsigned i = 0; i < CLIENTS; i++)
        w->clients[i].doing = -1;
    w->fake = fake_new(sets, w->bricks);
    fake_limit(w->fake, 1 + below(w, 50));
    assert_true(come(w));
    assert_int_equal(stream_ack(w->stream, 0), 0);
    while (w->count < CHANGES) {
        client_step(w);
        if (!below(w, 10))
            consumer_step(w);
        if (!below(w, 30))
            trouble(w);
    }
    finish(w);
    read_all(w);
    check_once(w);
    if (w->calm)
        check_order(w);
    stream_close(w->stream);
    fake_free(w->fake);
    free(w->fresh);
}

static void
every_change_once_or_in_a_gap(void **state)
{
    (void)state;
    for (unsigned seed = first_seed; seed <= last_seed; seed++)
        live(seed);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_change_once_or_in_a_gap),
    };

    if (argc > 1)
        first_seed = last_seed = (unsigned)strtoul(argv[1], NULL, 10);
    if (argc > 2)
        last_seed = (unsigned)strtoul(argv[2], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
