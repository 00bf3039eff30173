/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The reader on bricks in memory: following them, memory, waking, refusals.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>

#include "libgnotify/stream_test.h"

static const unsigned lone[] = {0}, replica[] = {0, 0}, distributed[] = {0, 1};

/* ---- following ----------------------------------------------------------------------- */

static void
what_happens_from_now_on(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(lone, 1);

    (void)state;
    put(f, 0, 0, "/old");
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){0});
    expect(s, "caught-up");
    put(f, 0, 0, "/a");
    put(f, 0, 0, "/b");
    expect(s, "/a /b");
    expect_quiet(s);
}

static void
all_that_there_is(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(replica, 2);

    (void)state;
    fake_limit(f, 2);
    for (int i = 0; i < 5; i++)
        put(f, 0, 1, "/old");
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){.from = STREAM_OLDEST});
    expect(s, "/old /old /old /old /old caught-up");
    put(f, 0, 1, "/new");
    expect(s, "/new");
    expect_quiet(s);
}

static void
several_sets_wait_for_one_another(void **state)
{
    static const unsigned sets[] = {0, 0, 1, 1, 2, 2};
    AUTO_FAKE struct fake *f = fake_new(sets, 6);
    char path[32];

    (void)state;
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){0});
    expect(s, "caught-up");
    for (unsigned i = 0; i < 200; i++) {
        snprintf(path, sizeof(path), "/%u", i);
        put(f, i * 7 % 3 * 2, i * 7 % 3 * 2 + 1, path);
    }
    expect_numbers(s, 200);
}

static void
only_what_is_asked_for(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(distributed, 2);

    (void)state;
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){.ops = 1ull << NOTIFY_UNLINK});
    expect(s, "caught-up");
    put(f, 0, 0, "/d/a");
    put_at(f, 1, NOTIFY_CREATE, "/d/b", ++clock_of_clients);
    put_at(f, 0, NOTIFY_UNLINK, "/d/b", ++clock_of_clients);
    expect(s, "/d/b"); /* though the other set has only what is not wanted */
    expect_quiet(s);
}

static void
clients_have_names(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(lone, 1);
    struct notify_record name = {.op = NOTIFY_CLIENT, .flags = NOTIFY_HAS_ACTOR | NOTIFY_HAS_DETAIL,
                                 .client = 7, .detail = "CTX:one", .detail_len = 7};

    (void)state;
    fake_record(f, 0, &name);
    put(f, 0, 0, "/before");
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){0});
    put(f, 0, 0, "/a");
    expect(s, "caught-up");
    struct stream_event e = next_event(s);
    assert_string_equal(e.client, "CTX:one"); /* it was told before the stream began */
    name.client = 8;
    name.detail = "CTX:two";
    fake_record(f, 0, &name);
    struct notify_record r = {.op = NOTIFY_SETATTR, .flags = NOTIFY_HAS_ACTOR, .client = 8};
    fake_record(f, 0, &r);
    r.client = 9;
    fake_record(f, 0, &r);
    e = next_event(s);
    assert_string_equal(e.client, "CTX:two");
    e = next_event(s);
    assert_null(e.client);
}

static void
bricks_that_go_and_come(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(replica, 2);

    (void)state;
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){0});
    put(f, 0, 1, "/a");
    expect(s, "caught-up /a");
    fake_up(f, 1, false);
    put(f, 0, 1, "/b");
    put(f, 0, 0, "/c");
    put(f, 1, 1, "/d");
    expect(s, "/b /c");
    fake_up(f, 1, true);
    expect(s, "/d");
    fake_up(f, 0, false);
    put(f, 1, 1, "/e");
    expect(s, "/e");
    fake_up(f, 1, false);
    fake_up(f, 1, true);
    put(f, 1, 1, "/f");
    expect(s, "/f");
    expect_quiet(s);
}

static void
a_brick_that_is_away_at_first(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(distributed, 2);

    (void)state;
    put(f, 0, 1, "/old");
    fake_up(f, 0, false);
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){0});
    put(f, 1, 1, "/a");
    expect(s, "caught-up /a");
    put(f, 0, 0, "/b"); /* it works, but is not seen */
    fake_up(f, 0, true);
    expect(s, "/b");
    put(f, 0, 0, "/c");
    expect(s, "/c");
    expect_quiet(s);
}

/* ---- memory ---------------------------------------------------------------------------- */

static void
what_is_not_read_stays_on_the_bricks(void **state)
{
    enum { PILE = 1 << 16 }; /* what is not counted yet, at the most */
    AUTO_FAKE struct fake *f = fake_new(distributed, 2);
    char path[32];

    (void)state;
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){.memory = 20000});
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(path, sizeof(path), "/%u", i);
        put(f, i % 2, i % 2, path);
    }
    expect(s, "caught-up");
    for (unsigned i = 0; i < 3000; i++) {
        assert_true(atomic_load(&s->queue.bytes) < 20000 + PILE); /* only looked at */
        snprintf(path, sizeof(path), "/%u", i);
        expect(s, path);
    }
    expect_quiet(s);
}

/* Events that come one by one, and are not read: they take no more memory than is counted. */
static void
what_waits_is_counted(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(lone, 1);
    size_t room = 0, bytes = 0;
    char path[32];

    (void)state;
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){0});
    expect(s, "caught-up");
    for (unsigned i = 0; i < 200; i++) {
        size_t before = atomic_load(&s->queue.bytes);

        snprintf(path, sizeof(path), "/%u", i);
        put(f, 0, 0, path);
        while (atomic_load(&s->queue.bytes) == before)
            sched_yield();
    }
    pthread_mutex_lock(&s->queue.lock); /* only looked at */
    for (const struct pile *p = s->queue.first; p; p = p->next)
        room += p->room;
    bytes = atomic_load(&s->queue.bytes);
    pthread_mutex_unlock(&s->queue.lock);
    assert_in_range(room, bytes, 2 * bytes);
    for (unsigned i = 0; i < 200; i++) {
        snprintf(path, sizeof(path), "/%u", i);
        expect(s, path);
    }
}

/* Two sets with a long past, of which little fits: it comes in order, and is not all held. */
static void
a_long_past_of_several_sets(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(distributed, 2);
    uint64_t begin = fake_now(f) - 100000000 * MS;
    enum { PAST = 20000 };
    char path[32];

    (void)state;
    for (unsigned i = 0; i < PAST; i++) {
        snprintf(path, sizeof(path), "/%u", i);
        put_at(f, i % 7 > 2, NOTIFY_CREATE, path, begin + i * 1000 * MS);
    }
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){.from = STREAM_OLDEST, .memory = 100000});
    size_t most = 0;

    for (unsigned i = 0; i < PAST; i++) {
        snprintf(path, sizeof(path), "/%u", i);
        expect(s, path);
        size_t held = merge_held(s->merge); /* only looked at */

        most = held > most ? held : most;
    }
    expect(s, "caught-up");
    assert_true(most < 400000);
}

/* ---- the descriptor, and waking -------------------------------------------------------- */

static bool
is_readable(struct stream *s, int timeout)
{
    struct pollfd p = {.fd = stream_fd(s), .events = POLLIN};

    return poll(&p, 1, timeout) == 1;
}

static void
the_descriptor_is_readable_while_there_is_something(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(lone, 1);
    struct stream_event e;

    (void)state;
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){0});
    expect(s, "caught-up");
    assert_false(is_readable(s, 0));
    put(f, 0, 0, "/a");
    put(f, 0, 0, "/b");
    assert_true(is_readable(s, SOON));
    expect(s, "/a");
    assert_true(is_readable(s, SOON));
    expect(s, "/b");
    assert_false(is_readable(s, 0));
    stream_wake(s);
    assert_true(is_readable(s, 0));
    assert_int_equal(stream_read(s, -1, &e), -EINTR);
    assert_int_equal(stream_read(s, 0, &e), 0);
    assert_false(is_readable(s, 0));
}

static void *
wakes(void *s)
{
    stream_wake(s);
    return NULL;
}

static void
a_read_that_waits_is_woken(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(lone, 1);
    struct stream_event e;
    pthread_t t;

    (void)state;
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){0});
    expect(s, "caught-up");
    assert_int_equal(pthread_create(&t, NULL, wakes, s), 0);
    assert_int_equal(stream_read(s, -1, &e), -EINTR);
    pthread_join(t, NULL);
}

/* ---- refusals ------------------------------------------------------------------------- */

static void
expect_refused(struct fake *f, int err, const char *part)
{
    struct stream_options options = {0};
    struct stream *s = NULL;
    AUTO_FREE char *why = NULL;

    assert_int_equal(stream_open(fake_reach, f, &options, &s, &why), err);
    assert_non_null(strstr(why, part));
}

static void
volumes_that_cannot_be_read(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(replica, 2);
    struct stream_event e;

    (void)state;
    fake_refuse(f, 1, -EPERM);
    expect_refused(f, -EPERM, "s1:/b1");
    fake_refuse(f, 0, -EOPNOTSUPP);
    fake_refuse(f, 1, -EOPNOTSUPP);
    expect_refused(f, -EOPNOTSUPP, "notify");
    fake_refuse(f, 0, 0);
    fake_refuse(f, 1, 0);
    fake_switch(f, 0, false);
    fake_switch(f, 1, false);
    expect_refused(f, -EOPNOTSUPP, "notify");
    fake_switch(f, 0, true);
    fake_up(f, 0, false);
    fake_up(f, 1, false);
    expect_refused(f, -ENOTCONN, "status");
    fake_up(f, 0, true);
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){0});
    put(f, 0, 0, "/a");
    expect(s, "caught-up /a");
    fake_refuse(f, 0, -EPERM);
    put(f, 0, 0, "/b");
    expect(s, "/b");
    assert_int_equal(stream_read(s, SOON, &e), -EPERM);
    assert_int_equal(stream_read(s, SOON, &e), -EPERM);
}

static void
what_is_known_of_bricks(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(replica, 2);
    struct stream_brick bricks[3];

    (void)state;
    fake_up(f, 1, false);
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){0});
    expect(s, "caught-up");
    assert_int_equal(stream_bricks(s, bricks, 3), 2);
    assert_string_equal(bricks[0].name, "s0:/b0");
    assert_true(bricks[0].up && bricks[0].on && bricks[0].next == fake_next(f, 0));
    assert_false(bricks[1].up);
    assert_int_equal(stream_bricks(s, bricks, 1), 2);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_happens_from_now_on),
        cmocka_unit_test(all_that_there_is),
        cmocka_unit_test(several_sets_wait_for_one_another),
        cmocka_unit_test(only_what_is_asked_for),
        cmocka_unit_test(clients_have_names),
        cmocka_unit_test(bricks_that_go_and_come),
        cmocka_unit_test(a_brick_that_is_away_at_first),
        cmocka_unit_test(what_is_not_read_stays_on_the_bricks),
        cmocka_unit_test(what_waits_is_counted),
        cmocka_unit_test(a_long_past_of_several_sets),
        cmocka_unit_test(the_descriptor_is_readable_while_there_is_something),
        cmocka_unit_test(a_read_that_waits_is_woken),
        cmocka_unit_test(volumes_that_cannot_be_read),
        cmocka_unit_test(what_is_known_of_bricks),
    };

    begin(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
