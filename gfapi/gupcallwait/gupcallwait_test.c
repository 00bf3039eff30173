/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Unit tests of gupcallwait's parts that need no volume: names in text, formats, lists of
 * events, and the queue of watches.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "gfapi/gupcallwait/show.h"

static void
names_are_one_word(void **state)
{
    static const char *const rows[][2] = {
        {"plain-name", "plain-name"},
        {"a b\nc\td", "a\\x20b\\x0ac\\x09d"},
        {"back\\slash", "back\\x5cslash"},
        {"\303\244\342\202\254", "\303\244\342\202\254"},
        {"\377\303", "\\xff\\xc3"},
        {"\177", "\\x7f"},
        {"\302\233m\302\240", "\\xc2\\x9bm\302\240"}, /* U+009B is an escape, too */
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO_STRBUF struct strbuf out = STRBUF_INIT;

        strbuf_word(&out, rows[i][0]);
        assert_string_equal(strbuf_text(&out), rows[i][1]);
    }
}

static void
formats(void **state)
{
    static const char *const good[] = {"", "%w %f", "%%", "%e%,e%|e", "%g%u%T%n%0", "100%%"};
    static const char *const bad[] = {"%", "a %z b", "%w%", "%,f"};
    const char *where;
    (void)state;

    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_int_equal(show_check_format(good[i], &where), 0);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(show_check_format(bad[i], &where), -EINVAL);
        assert_int_equal(*where, '%');
    }
}

static void
lists_of_events(void **state)
{
    uint32_t mask = 0;
    const char *bad;
    size_t len;
    (void)state;

    assert_int_equal(show_parse_events("modify,MOVED_to", &mask, &bad, &len), 0);
    assert_int_equal(mask, EV_MODIFY | EV_MOVED_TO);
    assert_int_equal(show_parse_events("move", &mask, &bad, &len), -EINVAL);
    assert_int_equal(show_parse_events("create,,delete", &mask, &bad, &len), -EINVAL);
    assert_int_equal(len, 0);
}

static void
a_watch_is_queued_once_with_all_flags(void **state)
{
    const unsigned char gfid[GFID_SIZE] = {1}, other[GFID_SIZE] = {2}, to[GFID_SIZE] = {3};
    struct timespec past = {0};
    struct watch_set set;
    struct upcall upcall;
    (void)state;

    assert_int_equal(watch_set_init(&set), 0);
    struct watch *dir = watch_add(&set, NULL, "/", to, NULL);
    struct watch *a = watch_add(&set, dir, "a", gfid, NULL);
    struct watch *link = watch_add(&set, dir, "link", gfid, NULL);

    watch_mark(&set, other, 1, NULL, false); /* nobody's */
    assert_false(watch_wait(&set, &past));
    watch_mark(&set, gfid, 1, NULL, false);
    watch_mark(&set, gfid, 4, to, true);
    assert_true(watch_wait(&set, &past));
    for (int i = 0; i < 2; i++) { /* both names, in any order */
        assert_true(watch_take(&set, &upcall));
        assert_true(upcall.watch == a || upcall.watch == link);
        assert_int_equal(upcall.flags, 5);
        assert_true(upcall.recalled);
        assert_memory_equal(upcall.target, to, GFID_SIZE);
    }
    assert_false(watch_take(&set, &upcall));

    /* one that is queued can be removed, first, last or in between */
    watch_mark(&set, gfid, 1, NULL, false);
    watch_mark(&set, to, 1, NULL, false);
    watch_remove(&set, link);
    watch_remove(&set, a);
    assert_int_equal(dir->children, 0);
    assert_true(watch_take(&set, &upcall));
    assert_ptr_equal(upcall.watch, dir);
    watch_mark(&set, to, 1, NULL, false);
    watch_remove(&set, dir);
    assert_false(watch_take(&set, &upcall));
    assert_int_equal(set.count, 0);
    free(set.buckets);
}

static void
many_are_found(void **state)
{
    enum { MANY = 5000 };
    struct watch_set set;
    (void)state;

    assert_int_equal(watch_set_init(&set), 0);
    for (int i = 0; i < MANY; i++) {
        unsigned char gfid[GFID_SIZE] = {0};

        memcpy(gfid + GFID_SIZE - sizeof(i), &i, sizeof(i));
        assert_non_null(watch_add(&set, NULL, "x", gfid, NULL));
    }
    for (int i = 0; i < MANY; i++) {
        unsigned char gfid[GFID_SIZE] = {0};

        memcpy(gfid + GFID_SIZE - sizeof(i), &i, sizeof(i));
        struct watch *w = watch_find(&set, gfid, NULL);

        assert_non_null(w);
        assert_null(watch_find(&set, gfid, w));
        watch_remove(&set, w);
    }
    assert_null(set.first);
    free(set.buckets);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_one_word),
        cmocka_unit_test(formats),
        cmocka_unit_test(lists_of_events),
        cmocka_unit_test(a_watch_is_queued_once_with_all_flags),
        cmocka_unit_test(many_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
