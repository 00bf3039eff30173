/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The reader on bricks in memory (fake_link.h).
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "common/cleanup.h"
#include "libgnotify/fake_link.h"
#include "libgnotify/stream_inside.h"

enum { SOON = 20000, QUIET = 60 }; /* ms: what must come; what must not */

static const unsigned lone[] = {0}, replica[] = {0, 0}, distributed[] = {0, 1};
static uint64_t clock_of_clients = 1000;

static void
put_at(struct fake *f, unsigned brick, enum notify_op op, const char *path, uint64_t time)
{
    struct notify_record r = {.op = op, .flags = NOTIFY_HAS_NAME | NOTIFY_HAS_ACTOR, .client = 7,
                              .time = time, .gfid = {9}, .name = {{1}, path, (uint16_t)strlen(path)}};

    fake_record(f, brick, &r);
}

/* The same change on bricks `first` to `last`. */
static void
put(struct fake *f, unsigned first, unsigned last, const char *path)
{
    clock_of_clients++;
    for (unsigned i = first; i <= last; i++)
        put_at(f, i, NOTIFY_CREATE, path, clock_of_clients);
}

static struct stream *
open_with(struct fake *f, struct stream_options options)
{
    struct stream *s = NULL;
    AUTO_FREE char *why = NULL;
    int err = stream_open(fake_reach, f, &options, &s, &why);

    if (err)
        print_error("%s\n", why);
    assert_int_equal(err, 0);
    return s;
}

static void
text_of(const struct stream_event *e, char *text, size_t room)
{
    static const char *const whys[] = {"retention", "crash", "overflow", "away", "lost"};
    const struct notify_record *r = e->record;

    if (e->kind == STREAM_CHANGE)
        snprintf(text, room, "%.*s", r->name.len, r->name.path);
    else if (e->kind == STREAM_SYNTHETIC)
        snprintf(text, room, "synthetic:%.*s", r->name.len, r->name.path);
    else if (e->kind == STREAM_GAP)
        snprintf(text, room, "gap:%s", whys[e->why]);
    else
        snprintf(text, room, "caught-up");
}

static struct stream_event
next_event(struct stream *s)
{
    struct stream_event e;

    assert_int_equal(stream_read(s, SOON, &e), 1);
    return e;
}

/* What comes next is that, in order; texts of text_of with blanks between. */
static void
expect(struct stream *s, const char *texts)
{
    AUTO_FREE char *copy = strdup(texts);
    char text[256], *rest = NULL;

    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        struct stream_event e = next_event(s);

        text_of(&e, text, sizeof(text));
        assert_string_equal(text, word);
    }
}

/* Both come next, in any order. */
static void
expect_both(struct stream *s, const char *one, const char *other)
{
    char first[256], second[256];
    struct stream_event e = next_event(s);

    text_of(&e, first, sizeof(first));
    e = next_event(s);
    text_of(&e, second, sizeof(second));
    bool turned = strcmp(first, one) != 0;

    assert_string_equal(turned ? second : first, one);
    assert_string_equal(turned ? first : second, other);
}

static void
expect_quiet(struct stream *s)
{
    struct stream_event e;
    char text[256] = "";

    if (stream_read(s, QUIET, &e) == 1)
        text_of(&e, text, sizeof(text));
    assert_string_equal(text, "");
}

/* ---- following ----------------------------------------------------------------------- */

static void
what_happens_from_now_on(void **state)
{
    struct fake *f = fake_new(lone, 1);

    (void)state;
    put(f, 0, 0, "/old");
    struct stream *s = open_with(f, (struct stream_options){0});
    expect(s, "caught-up");
    put(f, 0, 0, "/a");
    put(f, 0, 0, "/b");
    expect(s, "/a /b");
    expect_quiet(s);
    stream_close(s);
    fake_free(f);
}

static void
all_that_there_is(void **state)
{
    struct fake *f = fake_new(replica, 2);

    (void)state;
    fake_limit(f, 2);
    for (int i = 0; i < 5; i++)
        put(f, 0, 1, "/old");
    struct stream *s = open_with(f, (struct stream_options){.from = STREAM_OLDEST});
    expect(s, "/old /old /old /old /old caught-up");
    put(f, 0, 1, "/new");
    expect(s, "/new");
    expect_quiet(s);
    stream_close(s);
    fake_free(f);
}

static void
several_sets_wait_for_one_another(void **state)
{
    static const unsigned sets[] = {0, 0, 1, 1, 2, 2};
    struct fake *f = fake_new(sets, 6);
    char path[32];

    (void)state;
    struct stream *s = open_with(f, (struct stream_options){0});
    expect(s, "caught-up");
    for (unsigned i = 0; i < 200; i++) {
        snprintf(path, sizeof(path), "/%u", i);
        put(f, i * 7 % 3 * 2, i * 7 % 3 * 2 + 1, path);
    }
    for (unsigned i = 0; i < 200; i++) {
        snprintf(path, sizeof(path), "/%u", i);
        expect(s, path);
    }
    expect_quiet(s);
    stream_close(s);
    fake_free(f);
}

static void
only_what_is_asked_for(void **state)
{
    struct fake *f = fake_new(distributed, 2);

    (void)state;
    struct stream *s = open_with(f, (struct stream_options){.ops = 1ull << NOTIFY_UNLINK});
    expect(s, "caught-up");
    put(f, 0, 0, "/d/a");
    put_at(f, 1, NOTIFY_CREATE, "/d/b", ++clock_of_clients);
    put_at(f, 0, NOTIFY_UNLINK, "/d/b", ++clock_of_clients);
    expect(s, "/d/b"); /* though the other set has only what is not wanted */
    expect_quiet(s);
    stream_close(s);
    fake_free(f);
}

static void
clients_have_names(void **state)
{
    struct fake *f = fake_new(lone, 1);
    struct notify_record name = {.op = NOTIFY_CLIENT, .flags = NOTIFY_HAS_ACTOR | NOTIFY_HAS_DETAIL,
                                 .client = 7, .detail = "CTX:one", .detail_len = 7};

    (void)state;
    fake_record(f, 0, &name);
    put(f, 0, 0, "/before");
    struct stream *s = open_with(f, (struct stream_options){0});
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
    stream_close(s);
    fake_free(f);
}

static void
bricks_that_go_and_come(void **state)
{
    struct fake *f = fake_new(replica, 2);

    (void)state;
    struct stream *s = open_with(f, (struct stream_options){0});
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
    stream_close(s);
    fake_free(f);
}

static void
a_brick_that_is_away_at_first(void **state)
{
    struct fake *f = fake_new(distributed, 2);

    (void)state;
    put(f, 0, 1, "/old");
    fake_up(f, 0, false);
    struct stream *s = open_with(f, (struct stream_options){0});
    put(f, 1, 1, "/a");
    expect(s, "caught-up /a");
    put(f, 0, 0, "/b"); /* it works, but is not seen */
    fake_up(f, 0, true);
    expect(s, "/b");
    put(f, 0, 0, "/c");
    expect(s, "/c");
    expect_quiet(s);
    stream_close(s);
    fake_free(f);
}

/* ---- cursors -------------------------------------------------------------------------- */

static const struct stream_options by_name = {.from = STREAM_CURSOR, .cursor = "c"};

static void
what_was_acknowledged_does_not_come_again(void **state)
{
    struct fake *f = fake_new(replica, 2);
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
    fake_free(f);
}

static void
copies_that_come_late_are_known_after_a_restart(void **state)
{
    struct fake *f = fake_new(replica, 2);

    (void)state;
    struct stream *s = open_with(f, by_name);
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
    stream_close(s);
    fake_free(f);
}

static void
a_brick_that_was_away_at_the_acks_brings_nothing_twice(void **state)
{
    struct fake *f = fake_new(replica, 2);
    char path[32];

    (void)state;
    struct stream *s = open_with(f, by_name);
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
    stream_close(s);
    fake_free(f);
}

static void
a_place_behind_one_name_acknowledged_under_another(void **state)
{
    struct fake *f = fake_new(lone, 1);
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
    fake_free(f);
}

static void
a_brick_that_does_not_know_the_name(void **state)
{
    struct fake *f = fake_new(lone, 1);

    (void)state;
    struct stream *s = open_with(f, by_name);
    put(f, 0, 0, "/a");
    expect(s, "caught-up /a");
    assert_int_equal(stream_ack(s, 2), 0);
    stream_close(s);
    unsigned b = fake_add(f, 1);
    put(f, b, b, "/b");
    s = open_with(f, by_name);
    expect(s, "/b caught-up");
    stream_close(s);
    fake_free(f);
}

static void
names_that_are_none(void **state)
{
    static const char *const names[] = {"", ".a", "a/b", "a b",
        "12345678901234567890123456789012345678901234567890123456789012345"};
    struct fake *f = fake_new(lone, 1);

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct stream_options options = {.cursor = names[i]};
        struct stream *s;
        AUTO_FREE char *why = NULL;

        assert_int_equal(stream_open(fake_reach, f, &options, &s, &why), -EINVAL);
    }
    struct stream *s = open_with(f, (struct stream_options){0});
    assert_int_equal(stream_ack(s, 0), -EINVAL);
    stream_close(s);
    fake_free(f);
}

/* ---- gaps ----------------------------------------------------------------------------- */

static void
missed(struct fake *f, unsigned brick, const char *path)
{
    put_at(f, brick, NOTIFY_MISSED, path, 0);
}

static void
of_a_brick_alone(void **state)
{
    struct fake *f = fake_new(lone, 1);

    (void)state;
    struct stream *s = open_with(f, (struct stream_options){0});
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
    stream_close(s);
    fake_free(f);
}

static void
what_a_copy_has_is_no_gap(void **state)
{
    struct fake *f = fake_new(replica, 2);

    (void)state;
    struct stream *s = open_with(f, (struct stream_options){0});
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
    stream_close(s);
    fake_free(f);
}

/* The copy that has it is away when the consumer returns. */
static void
the_copy_that_has_it_is_away(void **state)
{
    struct fake *f = fake_new(replica, 2);
    struct stream_event e;

    (void)state;
    struct stream *s = open_with(f, by_name);
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
    stream_close(s);
    fake_free(f);
}

static void
it_comes_back_in_time(void **state)
{
    struct fake *f = fake_new(replica, 2);

    (void)state;
    stream_away_patience = 60000 * MS;
    struct stream *s = open_with(f, by_name);
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
    stream_close(s);
    fake_free(f);
    stream_away_patience = 300 * MS;
}

/* The dark time before it is behind the cursor already. */
static void
a_heal_that_is_read_before_its_copies(void **state)
{
    struct fake *f = fake_new(replica, 2);
    char path[32];

    (void)state;
    stream_away_patience = 60000 * MS;
    struct stream *s = open_with(f, by_name);
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
    stream_close(s);
    fake_free(f);
    stream_away_patience = 300 * MS;
}

/* As while the link makes new connections to all bricks. */
static void
heals_of_a_new_brick_whose_copy_is_away_for_a_moment(void **state)
{
    struct fake *f = fake_new(replica, 2);

    (void)state;
    stream_away_patience = 60000 * MS;
    struct stream *s = open_with(f, by_name);
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
    stream_away_patience = 300 * MS;
    fake_up(f, 0, false);
    missed(f, third, "/b");
    expect(s, "synthetic:/b"); /* it stays away */
    stream_close(s);
    fake_free(f);
}

static void
a_brick_that_is_switched_off(void **state)
{
    struct fake *f = fake_new(lone, 1);

    (void)state;
    put(f, 0, 0, "/old");
    struct stream *s = open_with(f, (struct stream_options){0});
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
    stream_close(s);
    fake_free(f);
}

/* ---- other bricks ----------------------------------------------------------------------- */

static void
bricks_that_are_added_and_removed(void **state)
{
    struct fake *f = fake_new(replica, 2);
    struct stream_brick bricks[4];

    (void)state;
    struct stream *s = open_with(f, (struct stream_options){0});
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
    stream_close(s);
    fake_free(f);
}

/* ---- memory ---------------------------------------------------------------------------- */

static void
what_is_not_read_stays_on_the_bricks(void **state)
{
    struct fake *f = fake_new(distributed, 2);
    char path[32];

    (void)state;
    struct stream *s = open_with(f, (struct stream_options){.memory = 20000});
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(path, sizeof(path), "/%u", i);
        put(f, i % 2, i % 2, path);
    }
    expect(s, "caught-up");
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(path, sizeof(path), "/%u", i);
        expect(s, path);
    }
    expect_quiet(s);
    stream_close(s);
    fake_free(f);
}

/* Events that come one by one, and are not read: they take no more memory than is counted. */
static void
what_waits_is_counted(void **state)
{
    struct fake *f = fake_new(lone, 1);
    size_t room = 0, bytes = 0;
    char path[32];

    (void)state;
    struct stream *s = open_with(f, (struct stream_options){0});
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
    stream_close(s);
    fake_free(f);
}

/* Two sets with a long past, of which little fits: it comes in order, and is not all held. */
static void
a_long_past_of_several_sets(void **state)
{
    struct fake *f = fake_new(distributed, 2);
    uint64_t begin = fake_now(f) - 100000000 * MS;
    enum { PAST = 20000 };
    char path[32];

    (void)state;
    for (unsigned i = 0; i < PAST; i++) {
        snprintf(path, sizeof(path), "/%u", i);
        put_at(f, i % 7 > 2, NOTIFY_CREATE, path, begin + i * 1000 * MS);
    }
    struct stream *s = open_with(f, (struct stream_options){.from = STREAM_OLDEST, .memory = 100000});
    size_t most = 0;

    for (unsigned i = 0; i < PAST; i++) {
        snprintf(path, sizeof(path), "/%u", i);
        expect(s, path);
        size_t held = merge_held(s->merge); /* only looked at */

        most = held > most ? held : most;
    }
    expect(s, "caught-up");
    assert_true(most < 400000);
    stream_close(s);
    fake_free(f);
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
    struct fake *f = fake_new(lone, 1);
    struct stream_event e;

    (void)state;
    struct stream *s = open_with(f, (struct stream_options){0});
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
    stream_close(s);
    fake_free(f);
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
    struct fake *f = fake_new(lone, 1);
    struct stream_event e;
    pthread_t t;

    (void)state;
    struct stream *s = open_with(f, (struct stream_options){0});
    expect(s, "caught-up");
    assert_int_equal(pthread_create(&t, NULL, wakes, s), 0);
    assert_int_equal(stream_read(s, -1, &e), -EINTR);
    pthread_join(t, NULL);
    stream_close(s);
    fake_free(f);
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
    struct fake *f = fake_new(replica, 2);
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
    struct stream *s = open_with(f, (struct stream_options){0});
    put(f, 0, 0, "/a");
    expect(s, "caught-up /a");
    fake_refuse(f, 0, -EPERM);
    put(f, 0, 0, "/b");
    expect(s, "/b");
    assert_int_equal(stream_read(s, SOON, &e), -EPERM);
    assert_int_equal(stream_read(s, SOON, &e), -EPERM);
    stream_close(s);
    fake_free(f);
}

static void
what_is_known_of_bricks(void **state)
{
    struct fake *f = fake_new(replica, 2);
    struct stream_brick bricks[3];

    (void)state;
    fake_up(f, 1, false);
    struct stream *s = open_with(f, (struct stream_options){0});
    expect(s, "caught-up");
    assert_int_equal(stream_bricks(s, bricks, 3), 2);
    assert_string_equal(bricks[0].name, "s0:/b0");
    assert_true(bricks[0].up && bricks[0].on && bricks[0].next == fake_next(f, 0));
    assert_false(bricks[1].up);
    assert_int_equal(stream_bricks(s, bricks, 1), 2);
    stream_close(s);
    fake_free(f);
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
        cmocka_unit_test(what_happens_from_now_on),
        cmocka_unit_test(all_that_there_is),
        cmocka_unit_test(several_sets_wait_for_one_another),
        cmocka_unit_test(only_what_is_asked_for),
        cmocka_unit_test(clients_have_names),
        cmocka_unit_test(bricks_that_go_and_come),
        cmocka_unit_test(a_brick_that_is_away_at_first),
        cmocka_unit_test(what_was_acknowledged_does_not_come_again),
        cmocka_unit_test(copies_that_come_late_are_known_after_a_restart),
        cmocka_unit_test(a_brick_that_was_away_at_the_acks_brings_nothing_twice),
        cmocka_unit_test(the_place_of_a_brick_that_shows_changes_in_another_order),
        cmocka_unit_test(places_that_nobody_acknowledges),
        cmocka_unit_test(a_place_behind_one_name_acknowledged_under_another),
        cmocka_unit_test(a_brick_that_does_not_know_the_name),
        cmocka_unit_test(names_that_are_none),
        cmocka_unit_test(of_a_brick_alone),
        cmocka_unit_test(what_a_copy_has_is_no_gap),
        cmocka_unit_test(the_copy_that_has_it_is_away),
        cmocka_unit_test(it_comes_back_in_time),
        cmocka_unit_test(a_heal_that_is_read_before_its_copies),
        cmocka_unit_test(heals_of_a_new_brick_whose_copy_is_away_for_a_moment),
        cmocka_unit_test(a_brick_that_is_switched_off),
        cmocka_unit_test(bricks_that_are_added_and_removed),
        cmocka_unit_test(what_is_not_read_stays_on_the_bricks),
        cmocka_unit_test(what_waits_is_counted),
        cmocka_unit_test(a_long_past_of_several_sets),
        cmocka_unit_test(the_descriptor_is_readable_while_there_is_something),
        cmocka_unit_test(a_read_that_waits_is_woken),
        cmocka_unit_test(volumes_that_cannot_be_read),
        cmocka_unit_test(what_is_known_of_bricks),
    };

    stream_away_patience = 300 * MS;
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
