/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The reader on bricks in memory: names that were told to be gone, and that heals bring back.
 */
#include "libgnotify/stream_test.h"

static const unsigned replica[] = {0, 0}, two_sets[] = {0, 0, 1, 1};
static const struct stream_options by_name = {.from = STREAM_CURSOR, .cursor = "c"};

/* A heal of the brick. */
static void
heals(struct fake *f, unsigned brick, const char *how, const char *path)
{
    struct notify_record r = {.op = NOTIFY_MISSED, .flags = NOTIFY_HAS_NAME | NOTIFY_HAS_DETAIL, .gfid = {9},
                              .name = {{1}, path, (uint16_t)strlen(path)}, .detail = how,
                              .detail_len = (uint8_t)strlen(how)};

    fake_record(f, brick, &r);
}

static void
removes(struct fake *f, unsigned first, unsigned last, const char *path)
{
    clock_of_clients++;
    for (unsigned i = first; i <= last; i++)
        put_at(f, i, NOTIFY_UNLINK, path, clock_of_clients);
}

static void
renames(struct fake *f, unsigned first, unsigned last, const char *path, const char *to)
{
    struct notify_record r = {.op = NOTIFY_RENAME, .flags = NOTIFY_HAS_NAME | NOTIFY_HAS_TO | NOTIFY_HAS_ACTOR,
                              .client = 7, .time = ++clock_of_clients, .gfid = {9},
                              .name = {{1}, path, (uint16_t)strlen(path)},
                              .to = {{1}, to, (uint16_t)strlen(to)}};

    for (unsigned i = first; i <= last; i++)
        fake_record(f, i, &r);
}

static struct stream *
begin_with(struct fake *f, const char *path, unsigned last)
{
    struct stream *s = open_with(f, (struct stream_options){0});

    expect(s, "caught-up");
    put(f, 0, last, path);
    expect(s, path);
    return s;
}

static void
what_its_own_brick_had_as_gone_is_told(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(replica, 2);
    AUTO_STREAM struct stream *s = begin_with(f, "/a", 1);

    (void)state;
    fake_stop(f, 1, true);
    removes(f, 0, 0, "/a");
    expect(s, "/a");
    fake_start(f, 1);
    heals(f, 0, "mknod", "/a"); /* from the one that was away */
    expect(s, "synthetic:/a");
    heals(f, 0, "setattr", "/a");
    heals(f, 0, "writev", "/a");
    expect_quiet(s);
    removes(f, 0, 1, "/a");
    expect(s, "/a");
    expect_quiet(s);
}

static void
the_old_name_of_a_rename_too(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(replica, 2);
    AUTO_STREAM struct stream *s = begin_with(f, "/a", 1);

    (void)state;
    fake_stop(f, 1, true);
    renames(f, 0, 0, "/a", "/b");
    expect(s, "/a");
    fake_start(f, 1);
    heals(f, 1, "link", "/b");
    heals(f, 0, "mknod", "/a");
    expect(s, "synthetic:/a");
    expect_quiet(s);
}

static void
once_for_all_bricks(void **state)
{
    static const unsigned three[] = {0, 0, 0};
    AUTO_FAKE struct fake *f = fake_new(three, 3);
    AUTO_STREAM struct stream *s = begin_with(f, "/a", 2);

    (void)state;
    fake_stop(f, 2, true);
    removes(f, 0, 1, "/a");
    expect(s, "/a");
    fake_start(f, 2);
    heals(f, 0, "mknod", "/a");
    heals(f, 1, "mknod", "/a");
    expect(s, "synthetic:/a");
    expect_quiet(s);
}

static void
what_the_copies_have_told_is_not(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(replica, 2);
    AUTO_STREAM struct stream *s = begin_with(f, "/a", 1);

    (void)state;
    removes(f, 0, 1, "/a");
    expect(s, "/a");
    fake_stop(f, 0, true);
    put(f, 1, 1, "/a");
    expect(s, "/a");
    fake_start(f, 0);
    heals(f, 0, "mknod", "/a");
    expect_quiet(s);
    renames(f, 0, 1, "/a", "/b");
    expect(s, "/a");
    fake_stop(f, 0, true);
    renames(f, 1, 1, "/b", "/a");
    expect(s, "/b");
    fake_start(f, 0);
    heals(f, 0, "rename", "/b");
    heals(f, 0, "mknod", "/a");
    expect_quiet(s);
}

/* The heal is read before what it repeats. */
static void
what_the_copies_will_tell_is_not(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(replica, 2);
    AUTO_STREAM struct stream *s = begin_with(f, "/a", 1);

    (void)state;
    removes(f, 0, 1, "/a");
    expect(s, "/a");
    fake_stop(f, 0, true);
    fake_up(f, 1, false);
    put(f, 1, 1, "/a");
    fake_start(f, 0);
    heals(f, 0, "mknod", "/a");
    expect_quiet(s);
    fake_up(f, 1, true);
    expect(s, "/a");
    expect_quiet(s);
}

/* It was made and removed while the brick was away and came back. */
static void
what_was_removed_after_the_heal_is_not(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(replica, 2);
    AUTO_STREAM struct stream *s = begin_with(f, "/z", 1);

    (void)state;
    fake_stop(f, 0, true);
    put(f, 1, 1, "/a");
    expect(s, "/a");
    fake_start(f, 0);
    heals(f, 0, "mknod", "/a");
    removes(f, 0, 1, "/a");
    expect(s, "/a");
    put(f, 1, 1, "/b"); /* as the next, of which the brick sees the removal only */
    removes(f, 1, 1, "/b");
    heals(f, 0, "mknod", "/b");
    expect(s, "/b /b");
    expect_quiet(s);
}

/* A folder that came back on one set is made by distribute on the others. */
static void
a_folder_is_there_again_once(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(two_sets, 4);
    AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){0});

    (void)state;
    expect(s, "caught-up");
    for (unsigned i = 0; i < 4; i++)
        put_at(f, i, NOTIFY_MKDIR, "/d", 50);
    expect(s, "/d");
    fake_stop(f, 1, true);
    for (unsigned i = 0; i < 4; i++)
        if (i != 1)
            put_at(f, i, NOTIFY_RMDIR, "/d", 60);
    expect(s, "/d");
    fake_start(f, 1);
    heals(f, 0, "mkdir", "/d");
    expect(s, "synthetic:/d");
    heals(f, 2, "dht-mkdir", "/d");
    heals(f, 3, "dht-mkdir", "/d");
    expect_quiet(s);
    heals(f, 2, "dht-mkdir", "/e"); /* that others have told */
    heals(f, 3, "dht-mkdir", "/e");
    expect_quiet(s);
}

static void
what_went_before_the_consumer_was_away(void **state)
{
    AUTO_FAKE struct fake *f = fake_new(replica, 2);
    AUTO_STREAM struct stream *s = open_with(f, by_name);

    (void)state;
    put(f, 0, 1, "/a");
    put(f, 0, 1, "/b");
    expect(s, "caught-up /a /b");
    fake_stop(f, 1, true);
    removes(f, 0, 0, "/a");
    removes(f, 0, 0, "/b");
    put(f, 0, 0, "/b");
    expect(s, "/a /b /b");
    fake_start(f, 1);
    struct stream_event e = {.number = 6};
    assert_int_equal(stream_ack(s, e.number), 0);
    stream_close(s);
    for (int i = 0; i < 3; i++) {
        s = open_with(f, by_name);
        if (!i) {
            expect(s, "caught-up");
            heals(f, 0, "mknod", "/a");
            expect(s, "synthetic:/a");
        } else if (i == 1) {
            expect(s, "synthetic:/a caught-up"); /* it was not acknowledged */
            assert_int_equal(stream_ack(s, 2), 0);
        } else {
            expect(s, "caught-up");
        }
        expect_quiet(s);
        if (i < 2)
            stream_close(s);
    }
    heals(f, 0, "mknod", "/b");
    expect_quiet(s);
}

/* ---- at random --------------------------------------------------------------------- */

enum { COPIES = 3, NAMES = 6, STEPS = 250 };

/* A replicated set, what is on its bricks, and what is there by all that was told. */
struct world {
    uint64_t random;
    struct fake *f;
    struct stream *s;
    bool up[COPIES], has[COPIES][NAMES], told[NAMES], last[NAMES]; /* last: what a client, or a heal, made of it */
};

static unsigned
below(struct world *w, unsigned n)
{
    w->random = w->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(w->random >> 33) % n;
}

static void
take(struct world *w, const struct stream_event *e)
{
    if (e->kind == STREAM_CAUGHT_UP)
        return;
    assert_int_not_equal(e->kind, STREAM_GAP);
    unsigned n = (unsigned)(e->record->name.path[1] - 'a');

    if (n >= NAMES)
        return;
    if (e->kind == STREAM_SYNTHETIC)
        assert_false(w->told[n]); /* nor is anything told that was told */
    w->told[n] = e->record->op != NOTIFY_UNLINK;
}

/* Clients make what they do not see, and remove what they see. */
static void
change(struct world *w, unsigned n)
{
    char path[] = {'/', (char)('a' + n), '\0'};
    bool there = false;
    struct stream_event e;

    for (unsigned b = 0; b < COPIES; b++)
        there = there || (w->up[b] && w->has[b][n]);
    clock_of_clients++;
    for (unsigned b = 0; b < COPIES; b++) {
        if (w->up[b] && w->has[b][n] == there)
            put_at(w->f, b, there ? NOTIFY_UNLINK : NOTIFY_CREATE, path, clock_of_clients);
        if (w->up[b])
            w->has[b][n] = !there;
    }
    w->last[n] = !there;
    do {
        e = next_event(w->s);
        take(w, &e);
    } while (e.kind != STREAM_CHANGE || e.record->time != clock_of_clients);
}

/* All are up. Where it is not known who has missed what it is made everywhere. */
static void
heal(struct world *w, unsigned n)
{
    char path[] = {'/', (char)('a' + n), '\0'};
    bool any = false, all = true;

    for (unsigned b = 0; b < COPIES; b++) {
        any = any || w->has[b][n];
        all = all && w->has[b][n];
    }
    if (any == all)
        return;
    w->last[n] = w->last[n] || below(w, 2);
    for (unsigned b = 0; b < COPIES; b++) {
        if (w->has[b][n] != w->last[n])
            heals(w->f, b, w->last[n] ? "mknod" : "unlink", path);
        w->has[b][n] = w->last[n];
    }
}

static void
turn(struct world *w, unsigned b)
{
    unsigned up = (unsigned)w->up[0] + w->up[1] + w->up[2];

    if (w->up[b] && up == 1)
        return;
    if (w->up[b])
        fake_stop(w->f, b, true);
    else
        fake_start(w->f, b);
    w->up[b] = !w->up[b];
}

static void
finish(struct world *w)
{
    struct stream_event e;

    for (unsigned b = 0; b < COPIES; b++)
        if (!w->up[b])
            turn(w, b);
    for (unsigned n = 0; n < NAMES; n++)
        heal(w, n);
    put(w->f, 0, COPIES - 1, "/z");
    while (stream_read(w->s, 200, &e) == 1)
        take(w, &e);
    for (unsigned n = 0; n < NAMES; n++)
        assert_int_equal(w->told[n], w->last[n]);
}

static void
what_was_told_is_what_is_there(void **state)
{
    static const unsigned set[COPIES] = {0};

    (void)state;
    for (unsigned seed = 1; seed <= 12; seed++) {
        AUTO_FAKE struct fake *f = fake_new(set, COPIES);
        AUTO_STREAM struct stream *s = open_with(f, (struct stream_options){0});
        struct world w = {.random = seed * 7919, .f = f, .s = s, .up = {true, true, true}};

        for (unsigned i = 0; i < STEPS; i++) {
            unsigned what = below(&w, 10);

            if (what < 5)
                change(&w, below(&w, NAMES));
            else if (what < 8)
                turn(&w, below(&w, COPIES));
            else if (w.up[0] && w.up[1] && w.up[2])
                heal(&w, below(&w, NAMES));
        }
        finish(&w);
    }
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_its_own_brick_had_as_gone_is_told),
        cmocka_unit_test(the_old_name_of_a_rename_too),
        cmocka_unit_test(once_for_all_bricks),
        cmocka_unit_test(what_the_copies_have_told_is_not),
        PATIENT(what_the_copies_will_tell_is_not),
        cmocka_unit_test(what_was_removed_after_the_heal_is_not),
        cmocka_unit_test(a_folder_is_there_again_once),
        cmocka_unit_test(what_went_before_the_consumer_was_away),
        PATIENT(what_was_told_is_what_is_there),
    };

    begin(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
