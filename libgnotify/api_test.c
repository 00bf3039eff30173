/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The library's calls over a stream that the test fills: what is in the buffers, what is
 * acknowledged, when the file descriptor is readable.
 */
#include "libgnotify/api_fake.h"

#include <inttypes.h>
#include <limits.h>

/* ---- events ----------------------------------------------------------------- */

static void
an_event_has_all_that_is_known(void **state)
{
    (void)state;
    assert_int_equal(gnotify_add_watch(g, "d", GNOTIFY_ALL_EVENTS), 1);
    struct notify_record *r = happens(NOTIFY_WRITE, "/d/a");
    struct gnotify_event *e = (void *)buf;

    r->flags |= NOTIFY_HAS_ACTOR | NOTIFY_HAS_RANGE;
    r->pid = 7, r->uid = 8, r->gid = 9;
    r->offset = 10, r->length = 11;
    fake.events[0].client = "CTX_ID:x";
    ssize_t bytes = gnotify_read(g, buf, sizeof(buf), 0);

    assert_int_equal(bytes, e->size);
    assert_int_equal(e->wd, 1);
    assert_int_equal(e->mask, GNOTIFY_MODIFY);
    assert_int_equal(e->flags, GNOTIFY_HAS_ACTOR | GNOTIFY_HAS_RANGE);
    assert_string_equal(e->name, "a");
    assert_string_equal(e->path, "/d/a");
    assert_string_equal(e->client, "CTX_ID:x");
    assert_null(e->detail);
    assert_int_equal(e->pid, 7);
    assert_int_equal(e->gid, 9);
    assert_int_equal(e->offset, 10);
    assert_int_equal(e->length, 11);
    assert_int_equal(e->time, 77);
    assert_int_equal(e->gfid[15], 2);
    assert_int_equal(e->parent[15], 0x0d);
}

static void
the_largest_event_fits(void **state)
{
    char path[4096];

    (void)state;
    memset(path, 'x', sizeof(path) - 1);
    memcpy(path, "/d/", 3);
    path[sizeof(path) - 1] = '\0';
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS);
    struct notify_record *r = happens(NOTIFY_SETXATTR, path);
    char client[256], detail[256];

    memset(client, 'c', 255);
    memset(detail, 'd', 255);
    client[255] = detail[255] = '\0';
    fake.events[0].client = client;
    r->flags |= NOTIFY_HAS_DETAIL;
    r->detail = detail;
    r->detail_len = 255;
    ssize_t n = gnotify_read(g, buf, GNOTIFY_EVENT_MAX, 0);
    struct gnotify_event *e = (void *)buf;

    assert_true(n > 4095 && n <= GNOTIFY_EVENT_MAX);
    assert_string_equal(e->path, path);
    assert_string_equal(e->name, path + 3);
    assert_string_equal(e->detail, detail);
    assert_string_equal(e->client, client);
}

static void
what_does_not_fit_comes_next(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS);
    struct notify_record *r = happens(NOTIFY_RENAME, "/d/a");

    r->flags |= NOTIFY_HAS_TO;
    r->to = r->name;
    happens(NOTIFY_CREATE, "/d/c");
    assert_int_equal(gnotify_read(g, buf, 8, 0), -EINVAL);
    assert_non_null(strstr(gnotify_error(g), "GNOTIFY_EVENT_MAX"));
    assert_true(readable());
    assert_string_equal(read_all(200), "40 a 99"); /* of a pair the first is not all of it */
    assert_true(readable());
    assert_string_equal(read_all(sizeof(buf)), "80 a 100; 100 c 101");
    assert_false(readable());
    assert_string_equal(read_all(sizeof(buf)), "");
}

static void
reading_waits_only_as_long_as_it_may(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS);
    assert_int_equal(gnotify_read(g, buf, sizeof(buf), 0), 0);
    assert_int_equal(gnotify_read(g, buf, sizeof(buf), 5), 0);
    for (int i = 0; i < 200; i++)
        happens(NOTIFY_CREATE, "/elsewhere/x");
    happens(NOTIFY_CREATE, "/d/x");
    assert_string_equal(read_all(sizeof(buf)), "100 x 300");
}

static void
a_wake_ends_a_read_once(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS);
    gnotify_wake(g);
    assert_int_equal(gnotify_read(g, buf, sizeof(buf), -1), -EINTR);
    happens(NOTIFY_CREATE, "/d/x");
    assert_string_equal(read_all(sizeof(buf)), "100 x 100");
}

static void
the_end_is_told_behind_all_events(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS);
    happens(NOTIFY_CREATE, "/d/x");
    fake.error = -EPERM;
    assert_string_equal(read_all(sizeof(buf)), "100 x 100");
    assert_true(readable());
    assert_int_equal(gnotify_read(g, buf, sizeof(buf), -1), -EPERM);
    assert_non_null(strstr(gnotify_error(g), "refuse"));
    assert_int_equal(gnotify_read(g, buf, sizeof(buf), -1), -EPERM);
}

/* ---- gaps -------------------------------------------------------------------- */

static void
a_gap_is_told_to_all(void **state)
{
    struct gnotify_event *e = (void *)buf;

    (void)state;
    tells((struct stream_event){.kind = STREAM_GAP, .from = 5, .to = 9, .why = STREAM_CRASH,
                                .brick = "server:/b"});
    tells((struct stream_event){.kind = STREAM_CAUGHT_UP});
    assert_string_equal(read_all(sizeof(buf)), "4000 - 100; 40000 - 101");
    assert_int_equal(e->wd, -1);
    assert_int_equal(e->from, 5);
    assert_int_equal(e->to, 9);
    assert_string_equal(e->detail, "server:/b: it ended without writing its last records");
}

static void
after_a_gap_files_are_looked_for(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_RECURSIVE);
    fake.moved_to = "/e";
    tells((struct stream_event){.kind = STREAM_GAP});
    assert_string_equal(read_all(sizeof(buf)), "4000 - 100");
    happens(NOTIFY_CREATE, "/e/s/x");
    assert_string_equal(read_all(sizeof(buf)), "100 s/x 101");
}

static void
after_a_gap_a_file_of_unknown_name_keeps_its_watch(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d/f", GNOTIFY_ALL_EVENTS);
    fake.moved_to = NULL;
    tells((struct stream_event){.kind = STREAM_GAP});
    assert_string_equal(read_all(sizeof(buf)), "4000 - 100");
    assert_string_equal(fake.asked, "d f");
    assert_int_equal(gnotify_rm_watch(g, 1), 0);
}

static void
a_file_that_went_in_a_gap_ends_its_watch(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS);
    fake.gone = true;
    tells((struct stream_event){.kind = STREAM_GAP});
    assert_string_equal(read_all(sizeof(buf)), "4000 - 100; 20400 - 99; 8000 - 100");
    assert_int_equal(gnotify_rm_watch(g, 1), -EINVAL);
}

/* ---- watches ------------------------------------------------------------------ */

static void
a_watch_that_cannot_be_says_why(void **state)
{
    (void)state;
    assert_int_equal(gnotify_add_watch(g, "/no\nne", GNOTIFY_CREATE), -ENOENT);
    assert_non_null(strstr(gnotify_error(g), "/no\\x0ane"));
    assert_int_equal(gnotify_add_watch(g, "/d/f", GNOTIFY_CREATE | GNOTIFY_ONLYDIR), -ENOTDIR);
    assert_int_equal(gnotify_add_watch(g, "/d", 0), -EINVAL);
    assert_int_equal(gnotify_add_watch(g, "/d", GNOTIFY_CREATE | GNOTIFY_ISDIR), -EINVAL);
    assert_int_equal(gnotify_add_watch(g, "", GNOTIFY_CREATE), 1);
}

static void
a_removed_watch_says_so_and_nothing_more(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS);
    happens(NOTIFY_CREATE, "/d/x");
    assert_int_equal(gnotify_rm_watch(g, 1), 0);
    assert_true(readable());
    assert_string_equal(read_all(sizeof(buf)), "8000 - 0");
    assert_string_equal(read_all(sizeof(buf)), "");
    assert_int_equal(gnotify_rm_watch(g, 1), -EINVAL);
}

/* ---- acknowledging ------------------------------------------------------------- */

static void
what_nobody_wanted_is_acknowledged_with_the_last(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS);
    happens(NOTIFY_CREATE, "/d/x");
    happens(NOTIFY_CREATE, "/d/y");
    happens(NOTIFY_CREATE, "/z/z");
    assert_string_equal(read_all(sizeof(buf)), "100 x 100; 100 y 101");
    assert_int_equal(gnotify_ack(g, 100), 0);
    assert_int_equal(fake.acked, 100);
    assert_int_equal(gnotify_ack(g, 101), 0);
    assert_int_equal(fake.acked, 102);
    assert_int_equal(gnotify_ack(g, 101), 0);
    assert_int_equal(gnotify_ack(g, 0), 0);
    assert_int_equal(gnotify_ack(g, 102), -EINVAL);
    assert_int_equal(gnotify_forget(g), 0);
    assert_true(fake.forgotten);
}

static void
what_nobody_wants_is_acknowledged_by_itself(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS);
    happens(NOTIFY_CREATE, "/z/z");
    assert_string_equal(read_all(sizeof(buf)), "");
    assert_int_equal(fake.acked, 100);
    /* but nothing behind what the program has not dealt with */
    g->ack_due = 0;
    happens(NOTIFY_CREATE, "/d/x");
    happens(NOTIFY_CREATE, "/z/z");
    assert_string_equal(read_all(sizeof(buf)), "100 x 101");
    assert_int_equal(fake.acked, 100);
}

static void
without_a_cursor_nothing_is_acknowledged(void **state)
{
    (void)state;
    g->has_cursor = false;
    assert_int_equal(gnotify_ack(g, 0), -EINVAL);
    assert_non_null(strstr(gnotify_error(g), "cursor"));
    assert_int_equal(gnotify_forget(g), -EINVAL);
}

/* ---- beginning ----------------------------------------------------------------- */

static void
what_is_wrong_is_said(void **state)
{
    struct gnotify *other = NULL;
    struct { struct gnotify_options o; int more; } larger = {.o.size = sizeof(larger)};
    struct gnotify_options o = {.size = sizeof(o), .from = GNOTIFY_FROM_CURSOR};

    (void)state;
    assert_int_equal(gnotify_init(&other, "none", NULL), -ENOENT);
    assert_string_equal(gnotify_error(NULL), "there is no volume none");
    assert_int_equal(gnotify_init(&other, "v1", &o), -EINVAL);
    assert_non_null(strstr(gnotify_error(NULL), "cursor"));
    o.size = 0;
    assert_int_equal(gnotify_init(&other, "v1", &o), -EINVAL);
    assert_int_equal(gnotify_init(&other, "v1", &larger.o), 0);
    gnotify_close(other);
    larger.more = 1;
    assert_int_equal(gnotify_init(&other, "v1", &larger.o), -EINVAL);
    assert_string_equal(gnotify_error(g), "no call has failed");
}

/* ---- callbacks ------------------------------------------------------------------ */

static struct {
    struct gnotify_event *bufs[8];
    unsigned count;
    ssize_t last;
    struct strbuf told;
} called;

static void
each(struct gnotify_event *b, ssize_t bytes, void *arg)
{
    (void)arg;
    pthread_mutex_lock(&fake.lock);
    called.last = bytes;
    if (b)
        called.bufs[called.count++] = b;
    pthread_mutex_unlock(&fake.lock);
}

static void
wait_for(unsigned count, ssize_t last)
{
    for (int tries = 0; tries < 10000; tries++) {
        pthread_mutex_lock(&fake.lock);
        bool done = called.count >= count && (!last || called.last == last);

        pthread_mutex_unlock(&fake.lock);
        if (done)
            return;
        poll(NULL, 0, 1);
    }
    fail_msg("no call came");
}

static void
buffers_are_given_out_and_acknowledged_in_order(void **state)
{
    (void)state;
    memset(&called, 0, sizeof(called));
    assert_int_equal(gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS), 1);
    assert_int_equal(gnotify_register(g, 2, 100, each, NULL), -EINVAL);
    assert_int_equal(gnotify_register(g, 2, GNOTIFY_EVENT_MAX, each, NULL), 0);
    assert_int_equal(gnotify_read(g, buf, sizeof(buf), 0), -EBUSY);
    happens(NOTIFY_CREATE, "/d/1");
    wait_for(1, 0);
    happens(NOTIFY_CREATE, "/d/2");
    wait_for(2, 0);
    happens(NOTIFY_CREATE, "/d/3"); /* there is no buffer for it */
    assert_string_equal(list(called.bufs[1], called.last), "100 2 101");
    assert_int_equal(gnotify_put_buffer(g, called.bufs[1], 1), 0);
    assert_int_equal(fake.acks, 0);
    assert_int_equal(gnotify_put_buffer(g, called.bufs[0], 1), 0);
    assert_true(fake.acked == 101 || fake.acked == 102);
    wait_for(3, 0);
    assert_int_equal(gnotify_put_buffer(g, called.bufs[2], 0), 0);
    assert_int_equal(gnotify_put_buffer(g, called.bufs[2], 0), -EINVAL);
    pthread_mutex_lock(&fake.lock);
    fake.error = -EPERM;
    set_fd();
    pthread_mutex_unlock(&fake.lock);
    wait_for(3, -EPERM);
}

/* ---- words ---------------------------------------------------------------------- */

static void
events_have_names(void **state)
{
    uint32_t mask = 0;

    (void)state;
    assert_string_equal(gnotify_event_name(GNOTIFY_CLOSE_WRITE), "CLOSE_WRITE");
    assert_string_equal(gnotify_event_name(GNOTIFY_GAP), "GAP");
    assert_null(gnotify_event_name(GNOTIFY_CREATE | GNOTIFY_DELETE));
    assert_int_equal(gnotify_parse_events("create,Close", &mask), 0);
    assert_int_equal(mask, GNOTIFY_CREATE | GNOTIFY_CLOSE);
    assert_int_equal(gnotify_parse_events("move", &mask), 0);
    assert_int_equal(mask, GNOTIFY_CREATE | GNOTIFY_CLOSE | GNOTIFY_MOVE);
    assert_int_equal(gnotify_parse_events("create,nothing", &mask), -EINVAL);
    assert_int_equal(gnotify_parse_events("", &mask), -EINVAL);
    assert_int_equal(gnotify_parse_events("isdir", &mask), -EINVAL);
    assert_int_equal(gnotify_parse_events("creat", &mask), -EINVAL);
    assert_int_equal(mask, GNOTIFY_CREATE | GNOTIFY_CLOSE | GNOTIFY_MOVE);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_event_has_all_that_is_known),
        TEST(the_largest_event_fits),
        TEST(what_does_not_fit_comes_next),
        TEST(reading_waits_only_as_long_as_it_may),
        TEST(a_wake_ends_a_read_once),
        TEST(the_end_is_told_behind_all_events),
        TEST(a_gap_is_told_to_all),
        TEST(after_a_gap_files_are_looked_for),
        TEST(after_a_gap_a_file_of_unknown_name_keeps_its_watch),
        TEST(a_file_that_went_in_a_gap_ends_its_watch),
        TEST(a_watch_that_cannot_be_says_why),
        TEST(a_removed_watch_says_so_and_nothing_more),
        TEST(what_nobody_wanted_is_acknowledged_with_the_last),
        TEST(what_nobody_wants_is_acknowledged_by_itself),
        TEST(without_a_cursor_nothing_is_acknowledged),
        TEST(what_is_wrong_is_said),
        TEST(buffers_are_given_out_and_acknowledged_in_order),
        TEST(events_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
