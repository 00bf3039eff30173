/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The reader on bricks in memory: what bricks missed, and bricks that are others.
 */
#include "libgnotify/stream_test.h"

static const unsigned lone[] = {0}, replica[] = {0, 0};
static const struct stream_options by_name = {.from = STREAM_CURSOR, .cursor = "c"};

static void
missed(struct fake *f, unsigned brick, const char *path)
{
    put_at(f, brick, NOTIFY_MISSED, path, 0);
}

static void
of_a_brick_alone(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(lone, 1);

    (void)state;
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){0});
    expect(s, "caught-up");
    put(f, 0, 0, "/a");
    expect(s, "/a");
    fake_stop(f, 0, true);
    fake_start(f, 0);
    put(f, 0, 0, "/b");
    expect(s, "/b");
    uint64_t before = fake_now(f);
    fake_stop(f, 0, false);
    fake_pass(f, 1000);
    fake_start(f, 0);
    struct stream_event e = next_event(s);
    assert_true(e.kind == STREAM_GAP && e.why == STREAM_CRASH && e.from < before && e.to > before);
    assert_string_equal(e.brick, "s0:/b0");
    fake_lose(f, 0, 5, true);
    expect(s, "gap:overflow");
    fake_lose(f, 0, 5, false);
    put(f, 0, 0, "/c");
    expect_both(s, "/c", "gap:overflow");
    fake_replace(f, 0);
    expect(s, "gap:lost");
    put(f, 0, 0, "/d");
    expect(s, "/d");
    fake_up(f, 0, false);
    put(f, 0, 0, "/e");
    put(f, 0, 0, "/f");
    fake_retain(f, 0, 1);
    fake_up(f, 0, true);
    expect_both(s, "/f", "gap:retention");
    expect_quiet(s);
}

static void
a_gap_is_of_its_brick(void **state)
{
    static const unsigned distributed[] = {0, 1};
    AUTO_FAKE struct fake *f = fake_new(distributed, 2);

    (void)state;
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){0});
    expect(s, "caught-up");
    uint64_t before = fake_now(f);
    fake_lose(f, 1, 5, true);
    struct stream_event e = next_event(s);
    assert_true(e.kind == STREAM_GAP && e.why == STREAM_OVERFLOW && e.from >= before && e.to >= e.from);
    assert_string_equal(e.brick, "s1:/b1");
    put(f, 0, 0, "/a");
    expect(s, "/a");
}

/* And is no shorter where a copy has what lies between. */
static void
a_gap_reaches_from_the_first_to_the_last_that_is_missing(void **state)
{
    const struct dark dark = {.from = 1000, .to = 9000, .clean = true};
    struct dark holes[] = {{.from = 2000, .to = 3000}, {.from = 6000, .to = 7000}};
    const struct cover mate = {.known = true, .to = COVER_ON, .darks = holes, .count = 2};
    const struct cover whole = {.known = true, .to = COVER_ON};
    uint64_t from, to;

    (void)state;
    assert_true(cover_misses(&dark, (const struct cover *[]){&mate}, 1, &from, &to));
    assert_int_equal(from, 2000);
    assert_int_equal(to, 7000);
    assert_false(cover_misses(&dark, (const struct cover *[]){&mate, &whole}, 2, &from, &to));
}

static void
what_a_copy_has_is_no_gap(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(replica, 2);

    (void)state;
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){0});
    expect(s, "caught-up");
    fake_stop(f, 0, true);
    put(f, 1, 1, "/a");
    fake_start(f, 0);
    missed(f, 0, "/a");
    put(f, 0, 1, "/b");
    expect(s, "/a /b");
    fake_pass(f, 11000 * MS); /* all clients know it again */
    put(f, 0, 1, "/b2");
    fake_stop(f, 1, false);
    put(f, 0, 0, "/c");
    fake_start(f, 1);
    missed(f, 1, "/c");
    expect(s, "/b2");
    fake_pass(f, 11000 * MS);
    fake_lose(f, 0, 3, true);
    put(f, 1, 1, "/d");
    expect(s, "/c /d");
    fake_stop(f, 0, true); /* all of the volume */
    fake_stop(f, 1, true);
    fake_start(f, 0);
    fake_start(f, 1);
    put(f, 0, 1, "/e");
    expect(s, "/e");
    expect_quiet(s);
    fake_stop(f, 0, false); /* a power failure */
    fake_stop(f, 1, false);
    fake_start(f, 0);
    fake_start(f, 1);
    expect(s, "gap:crash");
    expect_quiet(s);
}

/* The copy that has it is away when the consumer returns. */
static void
the_copy_that_has_it_is_away(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(replica, 2);
    struct stream_event e;

    (void)state;
    AUTO_STREAM struct stream *s = open_with(f, by_name);
    put(f, 0, 1, "/before");
    expect(s, "caught-up /before");
    assert_int_equal(stream_ack(s, 2), 0);
    stream_close(s);
    uint64_t then = fake_now(f);
    fake_stop(f, 0, true);
    put(f, 1, 1, "/made");
    put_at(f, 1, NOTIFY_UNLINK, "/gone", ++clock_of_clients);
    fake_start(f, 0);
    missed(f, 0, "/made");
    missed(f, 0, "/");
    fake_stop(f, 1, true);
    for (int i = 0; i < 2; i++) {
        s = open_with(f, by_name);
        e = next_event(s);
        assert_true(e.kind == STREAM_GAP && e.why == STREAM_AWAY && e.to > then);
        expect(s, "synthetic:/made synthetic:/ caught-up");
        if (i)
            assert_int_equal(stream_ack(s, e.number), 0);
        stream_close(s); /* the first time before it was acknowledged */
    }
    s = open_with(f, by_name);
    expect(s, "synthetic:/made synthetic:/ caught-up"); /* those were not */
    fake_start(f, 1);
    expect(s, "/made /gone"); /* late, but there */
    expect_quiet(s);
}

static void
it_comes_back_in_time(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(replica, 2);

    (void)state;
    AUTO_STREAM struct stream *s = open_with(f, by_name);
    expect(s, "caught-up");
    assert_int_equal(stream_ack(s, 1), 0);
    stream_close(s);
    fake_stop(f, 0, true);
    put(f, 1, 1, "/made");
    fake_start(f, 0);
    missed(f, 0, "/made");
    fake_up(f, 1, false);
    s = open_with(f, by_name);
    expect_quiet(s);
    fake_up(f, 1, true);
    expect(s, "/made caught-up");
    expect_quiet(s);
}

/* The dark time before it is behind the cursor already. */
static void
a_heal_that_is_read_before_its_copies(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(replica, 2);
    char path[32];

    (void)state;
    AUTO_STREAM struct stream *s = open_with(f, by_name);
    expect(s, "caught-up");
    assert_int_equal(stream_ack(s, 1), 0);
    stream_close(s);
    for (int i = 0; i < 3000; i++) {
        snprintf(path, sizeof(path), "/%d", i);
        put(f, 1, 1, path);
        missed(f, 0, path);
    }
    fake_limit(f, 1);
    fake_up(f, 0, false);
    s = open_with(f, by_name);
    fake_up(f, 0, true);
    for (int i = 0; i < 3000; i++) {
        snprintf(path, sizeof(path), "/%d", i);
        expect(s, path);
    }
    expect(s, "caught-up");
    expect_quiet(s);
}

/* As while the link makes new connections to all bricks. */
static void
heals_of_a_new_brick_whose_copy_is_away_for_a_moment(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(replica, 2);

    (void)state;
    AUTO_STREAM struct stream *s = open_with(f, by_name);
    put(f, 0, 1, "/a");
    expect(s, "caught-up /a");
    fake_remove(f, 1);
    fake_up(f, 0, false);
    unsigned third = fake_add(f, 0);
    missed(f, third, "/a");
    missed(f, third, "/a");
    expect_quiet(s);
    fake_up(f, 0, true);
    expect_quiet(s);
    assert_int_equal(stream_ack(s, 2), 0);
    uint64_t seq;
    assert_true(fake_cursor(f, third, "c", &seq)); /* nothing waits there any more */
    assert_int_equal(seq, fake_next(f, third));
    stream_away_patience = HARDLY;
    fake_up(f, 0, false);
    missed(f, third, "/b");
    expect(s, "synthetic:/b"); /* it stays away */
}

static void
a_brick_that_is_switched_off(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(lone, 1);

    (void)state;
    put(f, 0, 0, "/old");
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){0});
    expect(s, "caught-up");
    fake_switch(f, 0, false);
    fake_up(f, 0, false);
    fake_up(f, 0, true);
    expect_quiet(s);
    fake_switch(f, 0, true);
    fake_up(f, 0, false); /* it need not be waited for then */
    fake_up(f, 0, true);
    put(f, 0, 0, "/a");
    expect_both(s, "/a", "gap:away");
}

/* ---- other bricks ----------------------------------------------------------------------- */

static void
bricks_that_are_added_and_removed(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(replica, 2);
    struct stream_brick bricks[4];

    (void)state;
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){0});
    expect(s, "caught-up");
    put(f, 0, 1, "/a");
    unsigned third = fake_add(f, 0), other = fake_add(f, 1);
    assert_int_equal(third, 2);
    assert_int_equal(other, 3);
    put(f, 3, 3, "/b");
    expect_both(s, "/a", "/b"); /* a set that is new is not waited for */
    put(f, 0, 2, "/c");
    put(f, 3, 3, "/d");
    expect(s, "/c /d");
    fake_remove(f, 0);
    put(f, 1, 2, "/e");
    put(f, 3, 3, "/f");
    expect(s, "/e /f");
    assert_int_equal(stream_bricks(s, bricks, 4), 3);
    expect_quiet(s);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_brick_alone),
        cmocka_unit_test(a_gap_is_of_its_brick),
        cmocka_unit_test(a_gap_reaches_from_the_first_to_the_last_that_is_missing),
        cmocka_unit_test(what_a_copy_has_is_no_gap),
        cmocka_unit_test(the_copy_that_has_it_is_away),
        PATIENT(it_comes_back_in_time),
        PATIENT(a_heal_that_is_read_before_its_copies),
        PATIENT(heals_of_a_new_brick_whose_copy_is_away_for_a_moment),
        cmocka_unit_test(a_brick_that_is_switched_off),
        cmocka_unit_test(bricks_that_are_added_and_removed),
    };

    begin(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
