/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Each change comes out once, in the order that is promised: by examples.
 */
#include <errno.h>

#include "libgnotify/merge_test.h"

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

/* The same is done again, and has the same key where clients send no time. */
static void
what_a_brick_shows_again_is_a_change_again(void **state)
{
    struct merge *m = merge_of(replica, 2);

    (void)state;
    for (int i = 0; i < 3; i++) {
        feed(m, 0, NOTIFY_SETXATTR, 1, 0, "a");
        feed(m, 1, NOTIFY_SETXATTR, 1, 0, "a");
        assert_string_equal(names(m, NEVER), "a");
    }
    merge_live(m, 1, false);
    for (int i = 0; i < 3; i++) {
        feed(m, 0, NOTIFY_REMOVEXATTR, 1, 0, "b");
        assert_string_equal(names(m, NEVER), "b");
    }
    for (int i = 0; i < 3; i++)
        feed(m, 1, NOTIFY_REMOVEXATTR, 1, 0, "b"); /* these are the copies */
    assert_string_equal(names(m, NEVER), "");
    feed(m, 1, NOTIFY_REMOVEXATTR, 1, 0, "b");
    assert_string_equal(names(m, MERGE_PATIENCE), "b");
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
        cmocka_unit_test(what_a_brick_shows_again_is_a_change_again),
        cmocka_unit_test(one_client_in_two_sets),
        cmocka_unit_test(a_set_keeps_its_own_order_whatever_the_clocks),
        cmocka_unit_test(a_folder_is_there_before_what_is_in_it),
        cmocka_unit_test(clocks_that_make_no_sense_hold_nothing_for_ever),
        cmocka_unit_test(much_of_one_client_in_several_sets),
        cmocka_unit_test(sets_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
