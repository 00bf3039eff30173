/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Crawls after gaps and at the beginning: what is told of what they find, and what is
 * acknowledged meanwhile.
 */
#include "libgnotify/api_fake.h"

#include <string.h>

#define SECOND 1000000000ull

static void
gap(uint64_t from)
{
    tells((struct stream_event){.kind = STREAM_GAP, .from = from, .to = from + SECOND,
                                .why = STREAM_CRASH, .brick = "b"});
}

static struct gnotify_event last_gap;
static char last_detail[256];

static void
keep_gap(ssize_t bytes)
{
    struct gnotify_event *e = (void *)buf;

    for (; (char *)e < buf + bytes; e = GNOTIFY_NEXT(e)) {
        if (!(e->mask & GNOTIFY_GAP))
            continue;
        last_gap = *e;
        snprintf(last_detail, sizeof(last_detail), "%s", e->detail);
    }
}

/* Reads until what was listed ends so. */
static const char *
read_until(const char *end)
{
    static struct strbuf out;

    strbuf_reset(&out);
    for (;;) {
        struct pollfd p = {.fd = gnotify_fd(g), .events = POLLIN};

        assert_int_equal(poll(&p, 1, 60000), 1);
        ssize_t bytes = gnotify_read(g, buf, sizeof(buf), 0);

        assert_true(bytes >= 0);
        keep_gap(bytes);
        strbuf_fmt(&out, "%s%s", out.len && bytes ? "; " : "", list(buf, bytes));
        size_t len = strlen(end);

        if (out.len >= len && !strcmp(out.data + out.len - len, end))
            return out.data;
    }
}

static void
after_a_gap_what_a_crawl_finds_is_told(void **state)
{
    (void)state;
    fake.moved_to = "/d";
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_RECURSIVE | GNOTIFY_CRAWL);
    finds("/d/s/f", 0);
    finds("/d/sD", 0);
    gap(1000 * SECOND);
    assert_string_equal(read_until("80000 - 103"),
                        "4000 - 100; 20100 s/f 101; 40020100 sD 102; 80000 - 103");
    assert_string_equal(crawls.began, "/d 940000000000 1;");
    assert_string_equal(read_all(sizeof(buf)), "");
    /* numbers go on */
    happens(NOTIFY_CREATE, "/d/x");
    assert_string_equal(read_all(sizeof(buf)), "100 x 104");
    assert_int_equal(gnotify_ack(g, 104), 0);
    assert_int_equal(fake.acked, 101);
}

static void
what_is_found_is_told_as_what_is_wanted(void **state)
{
    (void)state;
    fake.moved_to = "/d";
    gnotify_add_watch(g, "/d", GNOTIFY_CLOSE_WRITE | GNOTIFY_ATTRIB | GNOTIFY_CRAWL);
    gnotify_add_watch(g, "/d/f", GNOTIFY_ALL_EVENTS); /* which wants none */
    gnotify_add_watch(g, "/", GNOTIFY_DELETE | GNOTIFY_RECURSIVE | GNOTIFY_CRAWL);
    finds("/d/f", 0);
    finds("/d/gD", 0);
    gap(0);
    assert_string_equal(read_until("80000 - 103"),
                        "4000 - 100; 20008 f 101; 40020004 gD 102; 80000 - 103");
    assert_string_equal(crawls.began, " 0 1;");
}

static void
who_did_not_ask_for_a_crawl_is_told_nothing_of_it(void **state)
{
    (void)state;
    fake.moved_to = "/d";
    gnotify_add_watch(g, "/", GNOTIFY_ALL_EVENTS | GNOTIFY_RECURSIVE);
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_CRAWL);
    finds("/d/f", 0);
    gap(0);
    assert_string_equal(read_until("80000 - 102"), "4000 - 100; 20100 f 101; 80000 - 102");
    assert_string_equal(crawls.began, "/d 0 0;");
}

static void
nothing_behind_the_gap_is_acknowledged_before_the_crawl_is_over(void **state)
{
    (void)state;
    fake.moved_to = "/d";
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_RECURSIVE | GNOTIFY_CRAWL);
    finds("/d/1", 0);
    finds("/d/2", 0);
    happens(NOTIFY_CREATE, "/d/a");
    gap(5);
    happens(NOTIFY_CREATE, "/d/b");
    crawls_go(1);
    assert_string_equal(read_until("20100 1 103"), "100 a 100; 4000 - 101; 100 b 102; 20100 1 103");
    assert_int_equal(gnotify_ack(g, 100), 0);
    assert_int_equal(fake.acked, 100);
    assert_int_equal(gnotify_ack(g, 103), 0);
    assert_int_equal(fake.acked, 100);
    g->ack_due = 0;
    happens(NOTIFY_CREATE, "/d/c");
    happens(NOTIFY_CREATE, "/z/z");
    assert_string_equal(read_all(sizeof(buf)), "100 c 104");
    assert_int_equal(gnotify_ack(g, 104), 0);
    assert_int_equal(fake.acked, 100);
    crawls_go(2);
    assert_string_equal(read_until("80000 - 107"), "20100 2 106; 80000 - 107");
    assert_int_equal(gnotify_ack(g, 106), 0);
    assert_int_equal(fake.acked, 100);
    assert_int_equal(gnotify_ack(g, 107), 0);
    assert_int_equal(fake.acked, 104);
}

static void
several_gaps_are_one_crawl(void **state)
{
    (void)state;
    fake.moved_to = "/d";
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_CRAWL);
    gap(2000 * SECOND);
    gap(1000 * SECOND);
    assert_string_equal(read_until("80000 - 102"), "4000 - 100; 4000 - 101; 80000 - 102");
    assert_string_equal(crawls.began, "/d 940000000000 0;");
    assert_int_equal(gnotify_ack(g, 102), 0);
    assert_int_equal(fake.acked, 101);
}

static void
a_gap_in_a_crawl_begins_another(void **state)
{
    (void)state;
    fake.moved_to = "/d";
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_CRAWL);
    finds("/d/1", 0);
    crawls_go(0);
    gap(1);
    assert_string_equal(read_until("4000 - 100"), "4000 - 100");
    gap(2);
    assert_string_equal(read_until("4000 - 101"), "4000 - 101");
    crawls_go(1);
    assert_string_equal(read_until("80000 - 104"), "20100 1 102; 20100 1 103; 80000 - 104");
    assert_int_equal(gnotify_ack(g, 103), 0);
    assert_int_equal(fake.acked, 99);
}

static void
what_cannot_be_listed_is_a_gap(void **state)
{
    (void)state;
    fake.moved_to = "/d";
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_CRAWL | GNOTIFY_RECURSIVE);
    finds("v1-client-0", -ENOTCONN);
    gap(5);
    assert_string_equal(read_until("80000 - 102"), "4000 - 100; 4000 - 101; 80000 - 102");
    assert_string_equal(last_detail, "v1-client-0 is away: the crawl did not see what is only there");
    assert_int_equal(last_gap.from, 5);
    assert_int_equal(last_gap.to, 5 + SECOND);
}

static void
folders_that_move_meanwhile_are_listed_again(void **state)
{
    (void)state;
    fake.moved_to = "/d";
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_CRAWL | GNOTIFY_RECURSIVE);
    finds("/d/1", 0);
    crawls_go(0);
    gap(1000 * SECOND);
    read_until("4000 - 100");
    struct notify_record *r = happens(NOTIFY_RENAME, "/d/a");

    r->flags |= NOTIFY_HAS_TO | NOTIFY_ISDIR;
    r->to = (struct notify_name){.path = "/d/b", .len = 4};
    r->to.parent[15] = 0x0d;
    r->time = 0;
    read_until("40000080 b 101");
    crawls_go(1);
    assert_string_equal(read_until("80000 - 104"), "20100 1 102; 20100 1 103; 80000 - 104");
    assert_string_equal(crawls.began, "/d 940000000000 1;/d/b 940000000000 1;");
}

/* The program may end with GNOTIFY_CRAWLED, and will not crawl again. */
static void
what_moved_meanwhile_is_read_before_the_end(void **state)
{
    (void)state;
    fake.moved_to = "/d";
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_CRAWL | GNOTIFY_RECURSIVE);
    gap(1000 * SECOND);
    assert_string_equal(read_until("4000 - 100"), "4000 - 100");
    while (!g->filling.job) {
        gnotify_read(g, buf, sizeof(buf), 0);
        poll(NULL, 0, 1);
    }
    struct notify_record *r = happens(NOTIFY_RENAME, "/d/a");

    r->flags |= NOTIFY_HAS_TO | NOTIFY_ISDIR;
    r->to = (struct notify_name){.path = "/d/b", .len = 4};
    r->to.parent[15] = 0x0d;
    r->time = 0;
    while (!fill_is_over(g->filling.job))
        poll(NULL, 0, 1);
    assert_string_equal(read_until("80000 - 102"), "40000040 a 100; 40000080 b 101; 80000 - 102");
    assert_string_equal(crawls.began, "/d 940000000000 1;/d/b 940000000000 1;");
}

static void
a_new_cursor_begins_with_all_that_is_there(void **state)
{
    (void)state;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_CRAWL_FIRST | GNOTIFY_RECURSIVE);
    finds("/d/1", 0);
    assert_int_equal(gnotify_ack(g, 0), 0);
    happens(NOTIFY_CREATE, "/d/a");
    assert_string_equal(read_until("80000 - 102"), "100 a 100; 20100 1 101; 80000 - 102");
    assert_string_equal(crawls.began, "/d 0 1;");
    assert_int_equal(gnotify_ack(g, 101), 0);
    assert_int_equal(fake.acks, 0);
    assert_int_equal(gnotify_ack(g, 102), 0);
    assert_int_equal(fake.acked, 100);
    gnotify_add_watch(g, "/d", GNOTIFY_CREATE | GNOTIFY_CRAWL_FIRST); /* it is there */
    assert_string_equal(read_all(sizeof(buf)), "");
    gap(5);
    fake.moved_to = "/d";
    assert_string_equal(read_until("80000 - 105"), "4000 - 103; 20100 1 104; 80000 - 105");
}

static void
a_cursor_that_is_known_begins_without_a_crawl(void **state)
{
    (void)state;
    fake.known = true;
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_CRAWL_FIRST | GNOTIFY_RECURSIVE);
    finds("/d/1", 0);
    assert_string_equal(read_all(sizeof(buf)), "");
    assert_int_equal(crawls.runs, 0);
}

static void
without_being_asked_nothing_is_crawled(void **state)
{
    (void)state;
    fake.moved_to = "/d";
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_RECURSIVE);
    gap(5);
    assert_string_equal(read_all(sizeof(buf)), "4000 - 100");
    assert_string_equal(read_all(sizeof(buf)), "");
    assert_int_equal(crawls.runs, 0);
    assert_int_equal(gnotify_ack(g, 100), 0);
    assert_int_equal(fake.acked, 100);
}

static bool
is_crawling(void)
{
    pthread_mutex_lock(&fake.lock);
    bool is = crawls.runs;

    pthread_mutex_unlock(&fake.lock);
    return is;
}

static void
closing_ends_a_crawl(void **state)
{
    (void)state;
    fake.moved_to = "/d";
    gnotify_add_watch(g, "/d", GNOTIFY_ALL_EVENTS | GNOTIFY_RECURSIVE | GNOTIFY_CRAWL);
    finds("/d/1", 0);
    finds("/d/2", 0);
    crawls_go(1);
    gap(5);
    read_until("20100 1 101");
    while (!is_crawling())
        poll(NULL, 0, 1);
    gnotify_close(g);
    assert_true(crawls.ended);
    assert_int_equal(setup(state), 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(after_a_gap_what_a_crawl_finds_is_told),
        TEST(what_is_found_is_told_as_what_is_wanted),
        TEST(who_did_not_ask_for_a_crawl_is_told_nothing_of_it),
        TEST(nothing_behind_the_gap_is_acknowledged_before_the_crawl_is_over),
        TEST(several_gaps_are_one_crawl),
        TEST(a_gap_in_a_crawl_begins_another),
        TEST(what_cannot_be_listed_is_a_gap),
        TEST(folders_that_move_meanwhile_are_listed_again),
        TEST(what_moved_meanwhile_is_read_before_the_end),
        TEST(a_new_cursor_begins_with_all_that_is_there),
        TEST(a_cursor_that_is_known_begins_without_a_crawl),
        TEST(without_being_asked_nothing_is_crawled),
        TEST(closing_ends_a_crawl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
