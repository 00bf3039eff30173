/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the merge remembers of what came out: enough to know copies that come late, and no more.
 */
#include <inttypes.h>

#include "libgnotify/merge_test.h"

static const unsigned replica[] = {0, 0};

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bricks_that_were_added_show_what_came_out_before),
        cmocka_unit_test(of_live_bricks_little_is_remembered),
        cmocka_unit_test(of_several_sets_little_is_remembered),
        cmocka_unit_test(what_a_brick_that_is_away_may_bring_is_remembered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
