/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What many events come to, by examples.
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gfind/reduce_test.h"

#pragma GCC diagnostic ignored "-Wmissing-field-initializers" /* rows of examples are short */

/* ---- examples ----------------------------------------------------------------------------- */

struct step {
    enum happened happened;
    unsigned file, folder;
    const char *path;
    unsigned to_folder;
    const char *to;
    int flags;
};

enum { DIR_ = 1, REPLACED = 2, LAST = 4 };

static int
not_found(void *arg, const uint8_t number[GFID_SIZE], const char *known, char **path)
{
    (void)known;
    (void)arg;
    (void)number;
    *path = NULL;
    return 0;
}

static int
at_place(void *arg, const uint8_t number[GFID_SIZE], const char *known, char **path)
{
    (void)known;
    (void)number;
    *path = strdup(arg);
    return 0;
}

static const char *
result(const struct step *steps, reduce_whereis *whereis, const char *place)
{
    AUTO_REDUCE struct reduce r;
    AUTO_CHANGES struct changes changes = CHANGES_INIT;

    assert_int_equal(reduce_init(&r), 0);
    for (const struct step *s = steps; s->file; s++) {
        struct reduce_event e = {.happened = s->happened, .dir = s->flags & DIR_,
                                 .replaced = s->flags & REPLACED, .last_link = s->flags & LAST};

        gfid(e.gfid, s->file);
        if (s->folder)
            gfid(e.name.parent, s->folder);
        if (s->to_folder)
            gfid(e.to.parent, s->to_folder);
        e.name.path = s->path;
        e.to.path = s->to;
        assert_int_equal(reduce_event(&r, &e), 0);
    }
    assert_int_equal(reduce_end(&r, whereis, (void *)place, &changes), 0);
    return text_of(&changes);
}

#define EXPECT(text, ...) \
    assert_string_equal(result((const struct step[]){__VA_ARGS__, {0}}, not_found, NULL), text)

static void
one_file_is_one_line(void **state)
{
    (void)state;
    EXPECT("created /f", {REDUCE_CREATE, 2, 1, "/f"}, {REDUCE_MODIFY, 2, 1, "/f"}, {REDUCE_ATTRIB, 2, 1, "/f"});
    EXPECT("modified /f", {REDUCE_MODIFY, 2, 1, "/f"}, {REDUCE_ATTRIB, 2, 1, "/f"}, {REDUCE_MODIFY, 2, 1, "/f"});
    EXPECT("changed /f", {REDUCE_ATTRIB, 2, 1, "/f"});
    EXPECT("deleted /f", {REDUCE_MODIFY, 2, 1, "/f"}, {REDUCE_DELETE, 2, 1, "/f"});
    EXPECT("", {REDUCE_CREATE, 2, 1, "/f"}, {REDUCE_MODIFY, 2, 1, "/f"}, {REDUCE_DELETE, 2, 1, "/f"});
    EXPECT("changed /", {REDUCE_ATTRIB, 1, 0, "/", .flags = DIR_});
}

static void
moves_collapse(void **state)
{
    (void)state;
    EXPECT("moved /a /c", {REDUCE_MOVE, 2, 1, "/a", 1, "/b"}, {REDUCE_MOVE, 2, 1, "/b", 1, "/c"});
    EXPECT("", {REDUCE_MOVE, 2, 1, "/a", 1, "/b"}, {REDUCE_MOVE, 2, 1, "/b", 1, "/a"});
    EXPECT("deleted /a", {REDUCE_MOVE, 2, 1, "/a", 1, "/b"}, {REDUCE_DELETE, 2, 1, "/b"});
    EXPECT("created /b", {REDUCE_CREATE, 2, 1, "/a"}, {REDUCE_MOVE, 2, 1, "/a", 1, "/b"});
    EXPECT("moved /a /b; modified /b", {REDUCE_MODIFY, 2, 1, "/a"}, {REDUCE_MOVE, 2, 1, "/a", 1, "/b"});
    EXPECT("moved /b /a; moved /a /b", {REDUCE_MOVE, 2, 1, "/a", 1, "/t"}, {REDUCE_MOVE, 3, 1, "/b", 1, "/a"},
           {REDUCE_MOVE, 2, 1, "/t", 1, "/b"});
}

static void
a_file_in_the_place_of_another_is_modified(void **state)
{
    (void)state;
    EXPECT("modified /f", {REDUCE_CREATE, 2, 1, "/f.tmp"}, {REDUCE_MODIFY, 2, 1, "/f.tmp"},
           {REDUCE_MOVE, 2, 1, "/f.tmp", 1, "/f", REPLACED});
    EXPECT("modified /f", {REDUCE_DELETE, 3, 1, "/f"}, {REDUCE_CREATE, 2, 1, "/f"});
    EXPECT("moved /g /f", {REDUCE_MOVE, 2, 1, "/g", 1, "/f", REPLACED});
    EXPECT("moved /f /f.1; created /f", {REDUCE_MOVE, 3, 1, "/f", 1, "/f.1"}, {REDUCE_CREATE, 2, 1, "/f"});
    EXPECT("deleted /f; created /f", {REDUCE_DELETE, 3, 1, "/f"}, {REDUCE_CREATE, 2, 1, "/f", .flags = DIR_});
}

static void
what_is_in_a_moved_folder_follows(void **state)
{
    (void)state;
    EXPECT("moved /d /e; modified /e/f", {REDUCE_MODIFY, 3, 2, "/d/f"}, {REDUCE_MOVE, 2, 1, "/d", 1, "/e", DIR_});
    EXPECT("moved /d /e; modified /e/f", {REDUCE_MOVE, 2, 1, "/d", 1, "/e", DIR_}, {REDUCE_MODIFY, 3, 2, "/e/f"});
    EXPECT("deleted /d/f; moved /d /e; created /e/g", {REDUCE_MOVE, 2, 1, "/d", 1, "/e", DIR_},
           {REDUCE_DELETE, 3, 2, "/e/f"}, {REDUCE_CREATE, 4, 2, "/e/g"});
    EXPECT("moved /x/y/f /f; moved /x /z; changed /z/y",
           {REDUCE_MOVE, 4, 3, "/x/y/f", 1, "/f"}, {REDUCE_MOVE, 2, 1, "/x", 1, "/z", DIR_},
           {REDUCE_ATTRIB, 3, 2, "/z/y", .flags = DIR_});
    /* above it, a folder of which only the path is known */
    EXPECT("moved /x /z; modified /z/y/f", {REDUCE_MODIFY, 4, 3, "/x/y/f"}, {REDUCE_MOVE, 2, 1, "/x", 1, "/z", DIR_});
}

static void
paths_of_another_time_are_seen_through(void **state)
{
    (void)state;
    /* older than the move */
    EXPECT("moved /d /e; modified /e/f", {REDUCE_MOVE, 2, 1, "/d", 1, "/e", DIR_}, {REDUCE_MODIFY, 3, 2, "/d/f"});
    EXPECT("moved /d /e; modified /e/s/f", {REDUCE_MOVE, 2, 1, "/d", 1, "/e", DIR_}, {REDUCE_MODIFY, 3, 4, "/d/s/f"});
    /* newer than the move */
    EXPECT("moved /d /e; modified /e/f", {REDUCE_MODIFY, 3, 2, "/e/f"}, {REDUCE_MOVE, 2, 1, "/d", 1, "/e", DIR_});
    EXPECT("moved /d /e; modified /e/s/f", {REDUCE_MODIFY, 3, 4, "/e/s/f"}, {REDUCE_MOVE, 2, 1, "/d", 1, "/e", DIR_});
    /* newer than the folder */
    EXPECT("created /d; created /d/f", {REDUCE_CREATE, 3, 2, "/d/f"}, {REDUCE_CREATE, 2, 1, "/d", .flags = DIR_});
}

static void
hard_links_are_names_of_one_file(void **state)
{
    (void)state;
    EXPECT("created /b", {REDUCE_LINK, 2, 1, "/b"});
    EXPECT("moved /a /b", {REDUCE_LINK, 2, 1, "/b"}, {REDUCE_DELETE, 2, 1, "/a"});
    EXPECT("moved /b /d; moved /a /e", {REDUCE_MOVE, 2, 1, "/a", 1, "/c"}, {REDUCE_MOVE, 2, 1, "/b", 1, "/d"},
           {REDUCE_MOVE, 2, 1, "/c", 1, "/e"});
    EXPECT("modified /a; modified /b", {REDUCE_MODIFY, 2, 1, "/a"}, {REDUCE_MODIFY, 2, 1, "/b"});
    EXPECT("deleted /b; deleted /a", {REDUCE_DELETE, 2, 1, "/a"}, {REDUCE_DELETE, 2, 1, "/b", .flags = LAST});
    EXPECT("", {REDUCE_CREATE, 2, 1, "/a"}, {REDUCE_LINK, 2, 1, "/b"}, {REDUCE_DELETE, 2, 1, "/a"},
           {REDUCE_DELETE, 2, 1, "/b", .flags = LAST});
}

static void
what_has_no_path_is_asked_for(void **state)
{
    (void)state;
    static const struct step modified[] = {{REDUCE_MODIFY, 2, 0, NULL}, {0}};
    static const struct step deleted[] = {{REDUCE_DELETE, 2, 3, "f"}, {0}};
    static const struct step doubt[] = {{REDUCE_DOUBT, 2, 0, NULL}, {0}};

    assert_string_equal(result(modified, at_place, "/d/f"), "modified /d/f");
    assert_string_equal(result(modified, not_found, NULL), "");
    assert_string_equal(result(modified, NULL, NULL), "modified /<gfid:00000000-0000-0000-0000-000200000000>");
    assert_string_equal(result(deleted, at_place, "/d"), "deleted /d/f");
    assert_string_equal(result(doubt, at_place, "/d/f"), "found /d/f");
    assert_string_equal(result(doubt, not_found, NULL), "");
    EXPECT("deleted /f", {REDUCE_DOUBT, 2, 1, "/f"});
}

static void
late_events_of_what_is_gone_are_nothing(void **state)
{
    (void)state;
    EXPECT("", {REDUCE_CREATE, 2, 1, "/f"}, {REDUCE_DELETE, 2, 1, "/f"}, {REDUCE_MODIFY, 2, 1, "/f"});
    EXPECT("deleted /f", {REDUCE_DELETE, 2, 1, "/f"}, {REDUCE_MODIFY, 2, 1, "/f"});
    EXPECT("", {REDUCE_CREATE, 2, 1, "/d", .flags = DIR_}, {REDUCE_CREATE, 3, 2, "/d/f"},
           {REDUCE_DELETE, 3, 2, "/d/f"}, {REDUCE_DELETE, 2, 1, "/d", .flags = DIR_}, {REDUCE_MODIFY, 3, 2, "/d/f"});
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_file_is_one_line),
        cmocka_unit_test(moves_collapse),
        cmocka_unit_test(a_file_in_the_place_of_another_is_modified),
        cmocka_unit_test(what_is_in_a_moved_folder_follows),
        cmocka_unit_test(paths_of_another_time_are_seen_through),
        cmocka_unit_test(hard_links_are_names_of_one_file),
        cmocka_unit_test(what_has_no_path_is_asked_for),
        cmocka_unit_test(late_events_of_what_is_gone_are_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
