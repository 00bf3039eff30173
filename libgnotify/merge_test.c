/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Each change comes out once, in the order that is promised: by examples, and by a model
 * of clients, sets and bricks that runs at random.
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/cleanup.h"
#include "libgnotify/merge.h"

enum { NEVER = 0 };

static struct notify_record
change(enum notify_op op, uint64_t client, uint64_t time, const char *name)
{
    return (struct notify_record){
        .op = op, .flags = NOTIFY_HAS_NAME | NOTIFY_HAS_ACTOR, .client = client, .time = time,
        .name = {{1}, name, (uint16_t)strlen(name)}};
}

static void
feed_at(struct merge *m, unsigned brick, enum notify_op op, uint64_t client, uint64_t time,
        const char *name, uint64_t now)
{
    struct notify_record r = change(op, client, time, name);

    assert_int_equal(merge_feed(m, brick, &r, now), 0);
}

static void
feed(struct merge *m, unsigned brick, enum notify_op op, uint64_t client, uint64_t time,
     const char *name)
{
    feed_at(m, brick, op, client, time, name, NEVER);
}

static struct merge *
merge_of(const unsigned *sets, unsigned bricks)
{
    struct merge *m = NULL;

    assert_int_equal(merge_new(sets, bricks, &m), 0);
    for (unsigned i = 0; i < bricks; i++)
        merge_live(m, i, true);
    return m;
}

/* The names of all that come out now, one after the other. */
static const char *
names(struct merge *m, uint64_t now)
{
    static char text[1024];
    size_t len = 0;
    struct merge_event e;
    uint64_t later;

    *text = '\0';
    while (merge_next(m, now, &e, &later)) {
        struct notify_name base = notify_name_base(&e.record.name);
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.*s", len ? " " : "", base.len,
                                base.path);
    }
    return text;
}

static const unsigned replica[] = {0, 0};
static const unsigned distributed[] = {0, 1};

static void
of_copies_one_comes_out(void **state)
{
    struct merge *m = merge_of(replica, 2);

    (void)state;
    feed(m, 0, NOTIFY_CREATE, 1, 10, "/d/a");
    assert_string_equal(names(m, NEVER), ""); /* the other one has not done it yet */
    feed(m, 1, NOTIFY_CREATE, 1, 10, "a");    /* and does not know the path */
    assert_string_equal(names(m, NEVER), "a");
    feed(m, 1, NOTIFY_CREATE, 1, 11, "/d/a");
    feed(m, 0, NOTIFY_CREATE, 1, 11, "/d/a");
    assert_string_equal(names(m, NEVER), "a");
    assert_int_equal(merge_held(m), 0);
    merge_free(m);
}

/* As chmod of a file with several: which one, the bricks find out each by itself. */
static void
what_is_done_to_a_file_is_one_change_by_whatever_name(void **state)
{
    struct merge *m = merge_of(replica, 2);

    (void)state;
    feed(m, 0, NOTIFY_SETATTR, 1, 10, "/d/a");
    feed(m, 1, NOTIFY_SETATTR, 1, 10, "/d/link");
    feed(m, 0, NOTIFY_CLOSE, 1, 11, "/d/b");
    feed(m, 1, NOTIFY_CLOSE, 1, 11, "");
    assert_string_equal(names(m, NEVER), "a b");
    feed(m, 0, NOTIFY_LINK, 1, 12, "/d/c"); /* names are what this is about */
    feed(m, 0, NOTIFY_LINK, 1, 12, "/d/e");
    feed(m, 1, NOTIFY_LINK, 1, 12, "/d/c");
    feed(m, 1, NOTIFY_LINK, 1, 12, "/d/e");
    assert_string_equal(names(m, NEVER), "c e");
    merge_free(m);
}

/* Of copies that know the path of a folder above differently, or not. */
static void
the_path_is_that_of_the_brick_that_was_not_away(void **state)
{
    static const char *const told[] = {"/new/a", "/new/b", "/old/c", "/new/longer/d"};
    static const unsigned copies[] = {0, 0, 0};
    struct merge *m = merge_of(copies, 3);
    struct notify_record r = change(NOTIFY_CREATE, 1, 13, "c");
    struct merge_event e;
    uint64_t later;

    (void)state;
    merge_since(m, 0, 2000);
    merge_since(m, 1, 1000);
    feed(m, 0, NOTIFY_CREATE, 1, 11, "/old/a");
    feed(m, 1, NOTIFY_CREATE, 1, 11, "/new/a");
    feed(m, 2, NOTIFY_CREATE, 1, 11, "/other/a"); /* nothing is known of it */
    feed(m, 1, NOTIFY_UNLINK, 1, 12, "/new/b");
    feed(m, 0, NOTIFY_UNLINK, 1, 12, "/old/b");
    feed(m, 2, NOTIFY_UNLINK, 1, 12, "/other/b");
    r.flags |= NOTIFY_NAME_ONLY;
    assert_int_equal(merge_feed(m, 1, &r, NEVER), 0);
    feed(m, 0, NOTIFY_CREATE, 1, 13, "/old/c");
    assert_int_equal(merge_feed(m, 2, &r, NEVER), 0);
    for (unsigned i = 0; i < 3; i++)
        feed(m, i, NOTIFY_WRITE, 1, 14, i == 1 ? "/new/longer/d" : "/o/d");
    for (unsigned i = 0; i < 4; i++) {
        assert_true(merge_next(m, NEVER, &e, &later));
        assert_int_equal(e.record.name.len, strlen(told[i]));
        assert_memory_equal(e.record.name.path, told[i], e.record.name.len);
        assert_false(e.record.flags & NOTIFY_NAME_ONLY);
    }
    assert_int_equal(merge_held(m), 0);
    merge_free(m);
}

static void
a_brick_that_is_away_or_slow_is_not_waited_for(void **state)
{
    struct merge *m = merge_of(replica, 2);
    struct merge_event e;
    uint64_t later;

    (void)state;
    feed(m, 0, NOTIFY_CREATE, 1, 10, "a");
    assert_false(merge_next(m, 5, &e, &later));
    assert_int_equal(later, MERGE_PATIENCE);
    assert_string_equal(names(m, later), "a");
    merge_live(m, 1, false);
    feed(m, 0, NOTIFY_CREATE, 1, 11, "b");
    assert_string_equal(names(m, NEVER), "b");
    merge_live(m, 1, true);
    feed(m, 1, NOTIFY_CREATE, 1, 10, "a"); /* late copies are still copies */
    feed(m, 1, NOTIFY_CREATE, 1, 11, "b");
    assert_string_equal(names(m, MERGE_PATIENCE), "");
    merge_free(m);
}

static void
feed_write(struct merge *m, unsigned brick, uint64_t time, uint64_t offset, uint64_t length)
{
    struct notify_record r = change(NOTIFY_WRITE, 1, 7 * NOTIFY_WRITE_BUCKET + time, "f");

    r.flags |= NOTIFY_HAS_RANGE;
    r.offset = offset;
    r.length = length;
    assert_int_equal(merge_feed(m, brick, &r, NEVER), 0);
}

static void
expect_write(struct merge *m, uint64_t now, uint64_t time, uint64_t offset, uint64_t length)
{
    struct merge_event e;
    uint64_t later;

    assert_true(merge_next(m, now, &e, &later));
    assert_int_equal(e.record.time, 7 * NOTIFY_WRITE_BUCKET + time);
    assert_int_equal(e.record.offset, offset);
    assert_int_equal(e.record.length, length);
}

/* Each brick has seen three writes that were under way at the same time. */
static void
writes_that_were_told_together_otherwise_come_out_together(void **state)
{
    struct merge *m = merge_of(replica, 2);

    (void)state;
    feed_write(m, 0, 1, 0, 10);
    feed_write(m, 1, 2, 20, 10);
    expect_write(m, NEVER, 2, 0, 30);
    feed_write(m, 0, 3, 20, 20);
    feed_write(m, 1, 3, 0, 40);
    expect_write(m, NEVER, 3, 0, 40);
    assert_string_equal(names(m, MERGE_PATIENCE), "");
    feed_write(m, 0, NOTIFY_WRITE_BUCKET, 0, 1); /* another bucket */
    feed_write(m, 1, 5, 0, 1);                   /* and one that came late */
    assert_string_equal(names(m, MERGE_PATIENCE), "f f");
    assert_int_equal(merge_held(m), 0);
    merge_free(m);
}

static void
a_write_that_came_out_stands_for_none_that_came_later(void **state)
{
    struct merge *m = merge_of(replica, 2);

    (void)state;
    feed_write(m, 0, 1, 0, 10);
    expect_write(m, MERGE_PATIENCE, 1, 0, 10);
    feed_write(m, 1, 4, 10, 10); /* it has not told the first one, and the other ends now */
    feed_write(m, 1, 1, 0, 10);
    expect_write(m, MERGE_PATIENCE, 4, 10, 10);
    assert_string_equal(names(m, MERGE_PATIENCE), "");
    merge_free(m);
}

static void
parts_of_a_file_in_other_sets_are_no_copies(void **state)
{
    struct merge *m = merge_of(distributed, 2);

    (void)state;
    feed_write(m, 0, 1, 0, 10);
    feed_write(m, 1, 1, 1 << 20, 10);
    merge_fenced(m, merge_newest(m));
    assert_string_equal(names(m, NEVER), "f f");
    merge_free(m);
}

static void
changes_without_time_are_told_apart(void **state)
{
    struct merge *m = merge_of(replica, 2);

    (void)state;
    for (int i = 0; i < 3; i++)
        feed(m, 0, NOTIFY_SETXATTR, 1, 0, "a");
    for (int i = 0; i < 3; i++)
        feed(m, 1, NOTIFY_SETXATTR, 1, 0, "a");
    assert_string_equal(names(m, NEVER), "a a a");
    struct notify_record r = change(NOTIFY_SETXATTR, 1, 0, "a");
    assert_int_equal(merge_feed(m, 1, &r, 6ull * 1000 * 1000 * 1000), 0);
    assert_string_equal(names(m, 7ull * 1000 * 1000 * 1000), "a"); /* a new one, seen by one brick */
    merge_free(m);
}

static void
one_client_in_two_sets(void **state)
{
    struct merge *m = merge_of(distributed, 2);

    (void)state;
    feed(m, 0, NOTIFY_CREATE, 1, 20, "second");
    feed(m, 1, NOTIFY_CREATE, 1, 10, "first");
    feed(m, 1, NOTIFY_CREATE, 1, 30, "third");
    assert_string_equal(names(m, NEVER), ""); /* other sets may have something before it */
    merge_fenced(m, 1);
    assert_string_equal(names(m, NEVER), "");
    merge_fenced(m, merge_newest(m));
    assert_string_equal(names(m, NEVER), "first second third");
    merge_free(m);
}

static void
a_set_keeps_its_own_order_whatever_the_clocks(void **state)
{
    struct merge *m = merge_of(distributed, 2);

    (void)state;
    feed(m, 0, NOTIFY_CREATE, 1, 100, "x"); /* a clock that is ahead */
    feed(m, 0, NOTIFY_UNLINK, 2, 50, "x-gone");
    feed(m, 1, NOTIFY_CREATE, 2, 60, "after");
    merge_fenced(m, merge_newest(m));
    assert_string_equal(names(m, NEVER), "x x-gone after");
    merge_free(m);
}

static void
a_folder_is_there_before_what_is_in_it(void **state)
{
    struct merge *m = merge_of(distributed, 2);

    (void)state;
    feed(m, 0, NOTIFY_MKDIR, 1, 10, "d");
    feed(m, 1, NOTIFY_MKDIR, 1, 10, "d");
    feed(m, 1, NOTIFY_CREATE, 2, 5, "d/f"); /* another client */
    merge_fenced(m, merge_newest(m));
    assert_string_equal(names(m, NEVER), "d f");
    feed(m, 0, NOTIFY_MKDIR, 1, 20, "p");
    feed(m, 1, NOTIFY_MKDIR, 2, 20, "q");
    feed(m, 0, NOTIFY_MKDIR, 2, 20, "q"); /* in another order: each holds the other one */
    feed(m, 1, NOTIFY_MKDIR, 1, 20, "p");
    merge_fenced(m, merge_newest(m));
    assert_int_equal(strlen(names(m, NEVER)), 3);
    merge_free(m);
}

static void
clocks_that_make_no_sense_hold_nothing_for_ever(void **state)
{
    struct merge *m = merge_of(distributed, 2);

    (void)state;
    feed(m, 0, NOTIFY_CREATE, 1, 100, "a");
    feed(m, 0, NOTIFY_CREATE, 2, 50, "b");
    feed(m, 1, NOTIFY_CREATE, 2, 60, "c");
    feed(m, 1, NOTIFY_CREATE, 1, 90, "d");
    merge_fenced(m, merge_newest(m));
    assert_int_equal(strlen(names(m, NEVER)), 7);
    assert_int_equal(merge_held(m), 0);
    merge_free(m);
}

static void
sets_that_are_none(void **state)
{
    static const unsigned gap[] = {0, 2, 2}, far[] = {7};
    unsigned many[MERGE_SET_MAX + 1] = {0};
    struct merge *m = NULL;

    (void)state;
    assert_int_equal(merge_new(gap, 3, &m), -EINVAL);
    assert_int_equal(merge_new(far, 1, &m), -EINVAL);
    assert_int_equal(merge_new(many, MERGE_SET_MAX + 1, &m), -EINVAL);
    assert_int_equal(merge_new(many, MERGE_SET_MAX, &m), 0);
    merge_free(m);
    merge_free(NULL);
}

/* As of bricks that are read by turns, much of each: nothing is searched for from the other end. */
static void
much_of_one_client_in_several_sets(void **state)
{
    enum { MUCH = 50000, SETS = 4 };
    static const unsigned sets[SETS] = {0, 1, 2, 3};
    struct merge *m = merge_of(sets, SETS);
    uint64_t later, number, told;
    struct merge_event e;
    char name[16];

    (void)state;
    for (unsigned set = 0; set < SETS; set++) {
        for (unsigned i = 0; i < MUCH; i++) {
            snprintf(name, sizeof(name), "/%u", i);
            feed(m, set, NOTIFY_CREATE, 1, 1 + i * SETS + (set * 7) % SETS, name);
        }
    }
    merge_fed(m, &number, &told);
    merge_fenced(m, number);
    for (unsigned i = 1; i <= SETS * MUCH; i++) {
        assert_true(merge_next(m, NEVER, &e, &later));
        assert_int_equal(e.record.time, i);
    }
    assert_int_equal(merge_held(m), 0);
    merge_free(m);
}

/* ---- memory ---------------------------------------------------------------- */

enum { STEP = 100 * 1000 }; /* ns from one change to the next */

static void
feed_nth(struct merge *m, unsigned brick, uint64_t n, uint64_t now)
{
    char name[24];

    snprintf(name, sizeof(name), "/%" PRIu64, n);
    feed_at(m, brick, n % 100 ? NOTIFY_CREATE : NOTIFY_MKDIR, n % 7, 1 + n * STEP, name, now);
}

/* So many come out now. */
static unsigned
come_out(struct merge *m, uint64_t now)
{
    struct merge_event e;
    uint64_t later;
    unsigned count = 0;

    merge_fenced(m, merge_newest(m));
    for (; merge_next(m, now, &e, &later); count++)
        merge_tell(m, e.number);
    return count;
}

/* Clients know a new brick before the reader does. */
static void
bricks_that_were_added_show_what_came_out_before(void **state)
{
    struct merge *m = merge_of(replica, 2);
    uint64_t n = 0;

    (void)state;
    for (; n < 10 * 1000; n++) {
        feed_nth(m, 0, n, n * STEP);
        feed_nth(m, 1, n, n * STEP);
        assert_int_equal(come_out(m, n * STEP), 1);
    }
    assert_int_equal(merge_add(m, 0), 2);
    assert_int_equal(merge_add(m, 1), 3);
    for (uint64_t i = 0; i < n; i++) {
        feed_nth(m, 2, i, n * STEP);
        if (!(i % 100)) /* a folder */
            feed_nth(m, 3, i, n * STEP);
    }
    assert_int_equal(come_out(m, (n + 1000) * STEP), 0);
    merge_free(m);
}

/* Also where one brick is late: what it brings is known. */
static void
of_live_bricks_little_is_remembered(void **state)
{
    enum { LATE = 2000 };
    struct merge *m = merge_of(replica, 2);
    size_t most = 0;
    unsigned out = 0;

    (void)state;
    for (uint64_t n = 0; n < 2 * 1000 * 1000; n++) {
        uint64_t now = n * STEP;

        feed_nth(m, 0, n, now);
        if (n < 1000 * 1000)
            feed_nth(m, 1, n, now);
        else if (n >= 1000 * 1000 + LATE)
            feed_nth(m, 1, n - LATE, now);
        out += come_out(m, now);
        most = merge_remembered(m) > most ? merge_remembered(m) : most;
    }
    assert_true(most <= 1 << 17);
    for (unsigned i = LATE; i; i--)
        feed_nth(m, 1, 2 * 1000 * 1000 - i, 2000ull * 1000 * STEP);
    out += come_out(m, 2001ull * 1000 * STEP);
    assert_int_equal(out, 2 * 1000 * 1000);
    merge_free(m);
}

/* Folders are remembered until no set can bring them any more. */
static void
of_several_sets_little_is_remembered(void **state)
{
    static const unsigned sets[] = {0, 0, 1, 1};
    struct merge *m = merge_of(sets, 4);
    size_t most = 0;
    unsigned out = 0;

    (void)state;
    for (uint64_t n = 0; n < 300 * 1000; n++) {
        uint64_t now = n * STEP;
        unsigned first = n % 2 ? 2 : 0;

        feed_nth(m, first, n, now);
        feed_nth(m, first + 1, n, now);
        if (!(n % 200)) /* a folder on all sets; others fail on one of them */
            feed_nth(m, 2, n, now);
        for (unsigned b = 0; b < 4; b++)
            merge_read(m, b, now);
        out += come_out(m, now);
        most = merge_remembered(m) > most ? merge_remembered(m) : most;
    }
    assert_int_equal(out, 300 * 1000);
    assert_true(most <= 1 << 17);
    merge_free(m);
}

/* While a brick is away, or has left the volume. */
static void
what_a_brick_that_is_away_may_bring_is_remembered(void **state)
{
    struct merge *m = merge_of(replica, 2);
    uint64_t n = 0;

    (void)state;
    merge_live(m, 1, false);
    for (; n < 2 * MERGE_REMEMBERED; n++) {
        feed_nth(m, 0, n, n * STEP);
        assert_int_equal(come_out(m, n * STEP), 1);
        assert_true(merge_remembered(m) <= MERGE_REMEMBERED + MERGE_REMEMBERED / 4 + 1);
    }
    for (uint64_t i = n - MERGE_REMEMBERED; i < n; i++) { /* it is back */
        uint64_t number, told;

        feed_nth(m, 1, i, n * STEP);
        merge_fed(m, &number, &told);
        assert_int_equal(number, i + 1);
        assert_int_equal(told, i + 1);
    }
    assert_int_equal(come_out(m, (n + 1000) * STEP), 0);
    merge_member(m, 1, false);
    for (uint64_t end = n + MERGE_REMEMBERED; n < end; n++) {
        feed_nth(m, 0, n, n * STEP);
        merge_read(m, 0, n * STEP);
        assert_int_equal(come_out(m, n * STEP), 1);
    }
    assert_true(merge_remembered(m) <= 1 << 17);
    merge_free(m);
}

/* ---- at random ------------------------------------------------------------- */

enum { SETS = 3, COPIES = 3, BRICKS = SETS * COPIES, CLIENTS = 4, CHANGES = 400, STREAM = CHANGES * 2 };

struct model {
    struct notify_record changes[CHANGES];
    char names[CHANGES][16];
    unsigned set[CHANGES]; /* SETS: on all of them */
    unsigned stream[BRICKS][STREAM], length[BRICKS], read[BRICKS];
    int came[CHANGES]; /* at which place; -1: not */
    int out;
};

static uint64_t seed;

static unsigned
below(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

/* Each client does one thing after the other; of a replica at most one brick misses a change. */
static void
run_clients(struct model *w)
{
    for (unsigned i = 0; i < CHANGES; i++) {
        uint64_t client = below(CLIENTS);
        bool folder = !below(5);

        snprintf(w->names[i], sizeof(w->names[i]), "/%u", i);
        /* each client's clock is another one */
        w->changes[i] = change(folder ? NOTIFY_MKDIR : NOTIFY_CREATE, client,
                               1 + i + client * 100000, w->names[i]);
        w->set[i] = folder ? SETS : below(SETS);
        w->came[i] = -1;
        for (unsigned set = 0; set < SETS; set++) {
            unsigned misses = below(2 * COPIES);

            if (!folder && set != w->set[i])
                continue;
            for (unsigned copy = 0; copy < COPIES; copy++) {
                unsigned brick = set * COPIES + copy;
                if (copy != misses)
                    w->stream[brick][w->length[brick]++] = i;
            }
        }
    }
}

static void
take(struct model *w, struct merge *m, uint64_t now)
{
    struct merge_event e;
    uint64_t later;

    while (merge_next(m, now, &e, &later)) {
        int i = atoi(e.record.name.path + 1);

        assert_int_equal(w->came[i], -1);
        w->came[i] = w->out++;
    }
}

/* Everybody is read up to what all had when the fence was asked for. */
static void
fence(struct model *w, struct merge *m, uint64_t now)
{
    uint64_t newest = merge_newest(m);

    for (unsigned b = 0; b < BRICKS; b++) {
        while (w->read[b] < w->length[b])
            assert_int_equal(merge_feed(m, b, &w->changes[w->stream[b][w->read[b]++]], now), 0);
    }
    merge_fenced(m, newest);
}

static void
check_order(const struct model *w)
{
    for (unsigned i = 0; i < CHANGES; i++) {
        assert_true(w->came[i] >= 0);
        for (unsigned j = i + 1; j < CHANGES; j++) {
            bool one_set = w->set[i] == w->set[j] || w->set[i] == SETS || w->set[j] == SETS;
            bool one_client = w->changes[i].client == w->changes[j].client;

            if (one_set || one_client)
                assert_true(w->came[i] < w->came[j]);
        }
    }
}

static void
at_random(void **state)
{
    (void)state;
    for (seed = 1; seed < 200; seed++) {
        AUTO_FREE struct model *w = calloc(1, sizeof(*w));
        unsigned sets[BRICKS];
        uint64_t kept = seed;

        for (unsigned b = 0; b < BRICKS; b++)
            sets[b] = b / COPIES;
        struct merge *m = merge_of(sets, BRICKS);
        run_clients(w);
        for (uint64_t now = 0; now < 400; now++) {
            unsigned b = below(BRICKS);

            for (unsigned n = below(20); n && w->read[b] < w->length[b]; n--)
                assert_int_equal(merge_feed(m, b, &w->changes[w->stream[b][w->read[b]++]], now), 0);
            if (!below(10))
                fence(w, m, now);
            take(w, m, now);
        }
        fence(w, m, 1000);
        fence(w, m, 1000);
        take(w, m, 1000 + MERGE_PATIENCE);
        check_order(w);
        assert_int_equal(merge_held(m), 0);
        merge_free(m);
        seed = kept;
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_copies_one_comes_out),
        cmocka_unit_test(what_is_done_to_a_file_is_one_change_by_whatever_name),
        cmocka_unit_test(the_path_is_that_of_the_brick_that_was_not_away),
        cmocka_unit_test(a_brick_that_is_away_or_slow_is_not_waited_for),
        cmocka_unit_test(writes_that_were_told_together_otherwise_come_out_together),
        cmocka_unit_test(a_write_that_came_out_stands_for_none_that_came_later),
        cmocka_unit_test(parts_of_a_file_in_other_sets_are_no_copies),
        cmocka_unit_test(changes_without_time_are_told_apart),
        cmocka_unit_test(one_client_in_two_sets),
        cmocka_unit_test(a_set_keeps_its_own_order_whatever_the_clocks),
        cmocka_unit_test(a_folder_is_there_before_what_is_in_it),
        cmocka_unit_test(clocks_that_make_no_sense_hold_nothing_for_ever),
        cmocka_unit_test(much_of_one_client_in_several_sets),
        cmocka_unit_test(sets_that_are_none),
        cmocka_unit_test(bricks_that_were_added_show_what_came_out_before),
        cmocka_unit_test(of_live_bricks_little_is_remembered),
        cmocka_unit_test(of_several_sets_little_is_remembered),
        cmocka_unit_test(what_a_brick_that_is_away_may_bring_is_remembered),
        cmocka_unit_test(at_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
