/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The reader on bricks in memory: what was acknowledged does not come again.
 */
#include <errno.h>

#include "libgnotify/stream_test.h"

static const unsigned lone[] = {0}, replica[] = {0, 0};
static const struct stream_options by_name = {.from = STREAM_CURSOR, .cursor = "c"};

static void
what_was_acknowledged_does_not_come_again(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(replica, 2);
    struct stream_event e;

    (void)state;
    put(f, 0, 1, "/old");
    struct stream *s = open_with(f, by_name);
    put(f, 0, 1, "/a");
    put(f, 0, 1, "/b");
    put(f, 0, 1, "/c");
    expect(s, "caught-up /a");
    e = next_event(s);
    assert_int_equal(stream_ack(s, e.number + 1), -EINVAL); /* not read */
    expect(s, "/c");
    assert_int_equal(stream_ack(s, e.number), 0);
    stream_close(s);
    s = open_with(f, by_name);
    expect(s, "/c caught-up");
    put(f, 0, 1, "/d");
    expect(s, "/d");
    stream_close(s);
    s = open_with(f, by_name);
    expect(s, "/c /d");
    e = next_event(s);
    assert_int_equal(e.kind, STREAM_CAUGHT_UP);
    assert_int_equal(stream_ack(s, e.number), 0);
    stream_close(s);
    s = open_with(f, by_name);
    expect(s, "caught-up");
    assert_int_equal(stream_forget(s), 0);
    stream_close(s);
    uint64_t seq;
    assert_false(fake_cursor(f, 0, "c", &seq));
}

static void
copies_that_come_late_are_known_after_a_restart(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(replica, 2);

    (void)state;
    AUTO_STREAM struct stream *s = open_with(f, by_name);
    put_at(f, 0, NOTIFY_CREATE, "/a", 101);
    put_at(f, 0, NOTIFY_CREATE, "/b", 102);
    expect(s, "caught-up /a /b");
    assert_int_equal(stream_ack(s, 3), 0);
    stream_close(s);
    put_at(f, 1, NOTIFY_CREATE, "/b", 102);
    put_at(f, 1, NOTIFY_CREATE, "/a", 101);
    put_at(f, 1, NOTIFY_CREATE, "/c", 103);
    s = open_with(f, by_name);
    expect(s, "/c caught-up");
    expect_quiet(s);
}

static void
a_brick_that_was_away_at_the_acks_brings_nothing_twice(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(replica, 2);
    char path[32];

    (void)state;
    AUTO_STREAM struct stream *s = open_with(f, by_name);
    put(f, 0, 1, "/a");
    expect(s, "caught-up /a");
    assert_int_equal(stream_ack(s, 2), 0);
    fake_up(f, 1, false); /* and works on */
    for (int i = 0; i < 5000; i++) {
        snprintf(path, sizeof(path), "/%d", i);
        put(f, 0, 1, path);
        expect(s, path);
    }
    fake_pass(f, 20ull * 1000 * 1000 * 1000);
    assert_int_equal(stream_ack(s, 5002), 0);
    stream_close(s);
    fake_up(f, 1, true);
    s = open_with(f, by_name);
    expect(s, "caught-up");
    put(f, 0, 1, "/b");
    expect(s, "/b");
    expect_quiet(s);
}

static void
a_place_behind_one_name_acknowledged_under_another(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(lone, 1);
    struct stream_options other = {.from = STREAM_CURSOR, .cursor = "d", .behind = "c"};

    (void)state;
    struct stream *s = open_with(f, by_name);
    assert_int_equal(stream_ack(s, 0), 0);
    put(f, 0, 0, "/a");
    stream_close(s);
    s = open_with(f, other);
    expect(s, "/a caught-up");
    assert_int_equal(stream_ack(s, 1), 0);
    stream_close(s);
    uint64_t c, d;
    assert_true(fake_cursor(f, 0, "c", &c));
    assert_true(fake_cursor(f, 0, "d", &d));
    assert_int_equal(c + 1, d);
}

static void
a_brick_that_does_not_know_the_name(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(lone, 1);

    (void)state;
    AUTO_STREAM struct stream *s = open_with(f, by_name);
    put(f, 0, 0, "/a");
    expect(s, "caught-up /a");
    assert_int_equal(stream_ack(s, 2), 0);
    stream_close(s);
    unsigned b = fake_add(f, 1);
    put(f, b, b, "/b");
    s = open_with(f, by_name);
    expect(s, "/b caught-up");
}

static void
names_that_are_none(void **state)
{
    static const char *const names[] = {"", ".a", "a/b", "a b",
        "12345678901234567890123456789012345678901234567890123456789012345"};
    AUTO_FAKE struct fake *f = fake_new(lone, 1);

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct stream_options options = {.cursor = names[i]};
        struct stream *s;
        AUTO_FREE char *why = NULL;

        assert_int_equal(stream_open(fake_reach, f, &options, &s, &why), -EINVAL);
    }
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){0});
    assert_int_equal(stream_ack(s, 0), -EINVAL);
}

static uint64_t
event_of(uint64_t merge_number, void *told)
{
    return told_get(told, merge_number);
}

/* Another brick has shown b before a: so the merge calls it by the smaller number. */
static void
the_place_of_a_brick_that_shows_changes_in_another_order(void **state)
{
    enum { A = 128, B = 126 };
    struct told told = {0};
    struct track track = {0};

    (void)state;
    assert_int_equal(track_add(&track, 1, TRACK_OPEN | A), 0);
    assert_int_equal(track_add(&track, 2, TRACK_OPEN | B), 0);
    assert_int_equal(told_set(&told, B, 1), 0);
    track_settle(&track, event_of, &told);
    told_forget(&told, track_waits_for(&track));
    assert_int_equal(told_set(&told, A, 2), 0);
    track_settle(&track, event_of, &told);
    assert_int_equal(track_acked(&track, 1, 3), 1);
    assert_int_equal(track_acked(&track, 2, 3), 3);
    track_end(&track);
    told_end(&told);
}

/* Whoever has a name and never acknowledges costs no more and more memory. */
static void
places_that_nobody_acknowledges(void **state)
{
    enum { EVENTS = 1 << 20, EXACT = 64, BOUND = 1 << 16 };
    struct told told = {0};
    struct track track = {0};

    (void)state;
    for (uint64_t n = 1; n <= EVENTS; n++) {
        assert_int_equal(track_add(&track, n, n), 0);
        track_settle(&track, event_of, &told);
    }
    assert_true(track.room <= BOUND);
    for (uint64_t n = 1000; n < EVENTS; n += 99999) {
        uint64_t place = track_acked(&track, n, EVENTS + 1);

        assert_true(place <= n + 1 && place + EXACT > n);
    }
    assert_int_equal(track_acked(&track, EVENTS, EVENTS + 1), EVENTS + 1);
    track_end(&track);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_acknowledged_does_not_come_again),
        cmocka_unit_test(copies_that_come_late_are_known_after_a_restart),
        cmocka_unit_test(a_brick_that_was_away_at_the_acks_brings_nothing_twice),
        cmocka_unit_test(the_place_of_a_brick_that_shows_changes_in_another_order),
        cmocka_unit_test(places_that_nobody_acknowledges),
        cmocka_unit_test(a_place_behind_one_name_acknowledged_under_another),
        cmocka_unit_test(a_brick_that_does_not_know_the_name),
        cmocka_unit_test(names_that_are_none),
    };

    begin(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
