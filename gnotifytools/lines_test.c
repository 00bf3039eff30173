/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Which lines an event is, what is left out, and how lines are written: without a volume.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gnotifytools/show.h"

/* ---- what these files call --------------------------------------------------------- */

void
aim_say(const struct aim *aim, const char *format, ...)
{
    (void)aim;
    fail_msg("said: %s", format);
}

ssize_t
gnotify_read(struct gnotify *g, void *buf, size_t size, int timeout)
{
    (void)g;
    (void)buf;
    (void)size;
    (void)timeout;
    return -ENOSYS;
}

/* ---- how lines are written --------------------------------------------------------- */

/* What show_line writes is these bytes. */
static void
expect_bytes(const struct show *show, const struct line *line, const char *bytes, size_t len)
{
    char *text = NULL;
    size_t size = 0;
    FILE *before = stdout, *f = open_memstream(&text, &size);

    assert_non_null(f);
    stdout = f;
    show_line(show, line);
    stdout = before;
    fclose(f);
    if (size != len || memcmp(text, bytes, len) != 0)
        print_error("%.*s\n", (int)size, text);
    assert_int_equal(size, len);
    assert_memory_equal(text, bytes, len);
    free(text);
}

static void
expect_text(const struct show *show, const struct line *line, const char *text)
{
    expect_bytes(show, line, text, strlen(text));
}

static void
lines_as_inotifywait_writes_them(void **state)
{
    static const struct gnotify_event e = {.cookie = 0xbeef};
    const struct line line = {.watched = "d/", .file = "a b", .event = &e,
                              .mask = GNOTIFY_CREATE | GNOTIFY_ISDIR};
    struct show show = {0};

    (void)state;
    expect_text(&show, &line, "d/ CREATE,ISDIR a b\n");
    show.format = "%e|%:e|%f%%%c";
    expect_text(&show, &line, "CREATE,ISDIR|CREATE:ISDIR|a b%beef\n");
    show.format = "%w%f%0";
    show.no_newline = true;
    expect_bytes(&show, &line, "d/a b", sizeof("d/a b")); /* with its NUL */
}

static void
fields_of_csv_have_quotes_where_they_need_them(void **state)
{
    static const struct { const char *file, *text; } names[] = {
        {"plain name", "plain name"}, {"a,b", "\"a,b\""}, {"a\"b", "\"a\"\"b\""},
        {"a\nb", "\"a\nb\""}, {"a\rb", "\"a\rb\""}, {"", ""},
    };
    static const struct gnotify_event e;
    const struct show show = {.csv = true};
    char text[64];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const struct line line = {.watched = "d/", .file = names[i].file, .event = &e,
                                  .mask = GNOTIFY_DELETE};

        snprintf(text, sizeof(text), "d/,DELETE,%s\n", names[i].text);
        expect_text(&show, &line, text);
    }
    const struct line folder = {.watched = "d,/", .file = "f", .event = &e,
                                .mask = GNOTIFY_CREATE | GNOTIFY_ISDIR};

    expect_text(&show, &folder, "\"d,/\",\"CREATE,ISDIR\",f\n");
}

static void
an_event_of_json_is_one_line(void **state)
{
    static const struct gnotify_event e = {.mask = GNOTIFY_CREATE};
    const struct line line = {.watched = "d/", .file = "a\n\"b", .event = &e, .mask = GNOTIFY_CREATE};
    const struct show show = {.json = true};

    (void)state;
    expect_text(&show, &line, "{\"events\":[\"create\"],\"watched\":\"d/\",\"file\":\"a\\u000a\\\"b\","
                              "\"directory\":false}\n");
}

/* ---- what is left out ---------------------------------------------------------------- */

static bool
leaves_out(const char *pattern, bool include, const char *path)
{
    struct aim aim = {.pattern = pattern, .include = include};

    assert_int_equal(regcomp(&aim.regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool out = aim_leaves_out(&aim, path, strlen("top/"));

    regfree(&aim.regex);
    return out;
}

static void
patterns_leave_out_files_and_what_is_in_folders(void **state)
{
    (void)state;
    assert_true(leaves_out("\\.tmp$", false, "top/a.tmp"));
    assert_false(leaves_out("\\.tmp$", false, "top/a.tmp.c"));
    assert_true(leaves_out("/sub$", false, "top/sub/deep/file"));
    assert_false(leaves_out("/sub$", false, "top/subway/file"));
    assert_false(leaves_out("^top$", false, "top/file")); /* what is watched is no folder in it */
    assert_false(leaves_out("\\.c$", true, "top/a.c"));
    assert_true(leaves_out("\\.c$", true, "top/a.h"));
    assert_true(leaves_out("sub$", true, "top/sub/file")); /* not what is in a folder that matches */
}

static void
words_with_an_at_leave_out_what_they_name(void **state)
{
    char folder[] = "top/sub/", file[] = "top/f";
    char *words[] = {folder, file};
    const struct aim aim = {.left_out = words, .left_out_count = 2};

    (void)state;
    assert_true(aim_leaves_out(&aim, "top/sub", 4));
    assert_true(aim_leaves_out(&aim, "top/sub/deep/file", 4));
    assert_true(aim_leaves_out(&aim, "top/f", 4));
    assert_false(aim_leaves_out(&aim, "top/subway", 4));
    assert_false(aim_leaves_out(&aim, "top/ff", 4));
    assert_false(aim_leaves_out(&aim, "top", 4));
}

/* ---- which lines an event is ------------------------------------------------------------ */

static char told[1000];

static void
take(void *arg, const struct line *line)
{
    size_t len = strlen(told);

    (void)arg;
    snprintf(told + len, sizeof(told) - len, "%s%s:%x:%s", len ? " " : "", line->watched,
             line->mask & ~(uint32_t)GNOTIFY_ISDIR, line->file);
}

/* The lines of e, when `next` comes behind it. */
static void
expect_lines(struct aim *aim, const struct gnotify_event *e, const struct gnotify_event *next,
             const char *lines)
{
    *told = '\0';
    aim_lines(aim, e, next, take, NULL);
    assert_string_equal(told, lines);
}

static struct gnotify_event
of_folder(uint32_t mask, const char *name, uint32_t cookie)
{
    return (struct gnotify_event){.wd = 1, .mask = mask | GNOTIFY_ISDIR, .name = name, .cookie = cookie};
}

static void
folders_below_are_shown_by_themselves_too(void **state)
{
    char top[] = "top/";
    struct aim_path path = {.word = top, .wd = 1};
    struct aim aim = {.recursive = true, .mask = GNOTIFY_ALL_EVENTS, .paths = &path, .count = 1};
    const struct gnotify_event attrib = of_folder(GNOTIFY_ATTRIB, "a/b", 0),
                               end = of_folder(GNOTIFY_DELETE, "a/b", 0),
                               other = of_folder(GNOTIFY_CREATE, "c", 0);
    struct gnotify_event file = {.wd = 1, .mask = GNOTIFY_ATTRIB, .name = "a/f"};

    (void)state;
    expect_lines(&aim, &file, NULL, "top/a/:4:f");
    expect_lines(&aim, &attrib, NULL, "top/a/:4:b top/a/b/:4:");
    expect_lines(&aim, &end, NULL, "top/a/b/:400: top/a/:200:b");
    expect_lines(&aim, &other, NULL, "top/:100:c");
    aim.mask = GNOTIFY_DELETE;
    expect_lines(&aim, &end, NULL, "top/a/:200:b");
    aim.mask = GNOTIFY_ALL_EVENTS;
    aim.recursive = false;
    expect_lines(&aim, &attrib, NULL, "top/a/:4:b");
    file.wd = 2; /* nobody watches */
    expect_lines(&aim, &file, NULL, "");
}

/* MOVE_SELF behind the second half, or behind the first where that is the only one. */
static void
folders_that_move_tell_so_once(void **state)
{
    char top[] = "top/";
    struct aim_path path = {.word = top, .wd = 1};
    struct aim aim = {.recursive = true, .mask = GNOTIFY_ALL_EVENTS, .paths = &path, .count = 1};
    const struct gnotify_event from = of_folder(GNOTIFY_MOVED_FROM, "x", 7),
                               to = of_folder(GNOTIFY_MOVED_TO, "y", 7),
                               in = of_folder(GNOTIFY_MOVED_TO, "z", 8),
                               elsewhere = of_folder(GNOTIFY_MOVED_TO, "w", 9);

    (void)state;
    expect_lines(&aim, &from, &to, "top/:40:x");
    expect_lines(&aim, &to, NULL, "top/:80:y top/y/:800:");
    expect_lines(&aim, &in, NULL, "top/:80:z");
    expect_lines(&aim, &from, &elsewhere, "top/:40:x top/x/:800:");
    expect_lines(&aim, &from, NULL, "top/:40:x top/x/:800:");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_as_inotifywait_writes_them),
        cmocka_unit_test(fields_of_csv_have_quotes_where_they_need_them),
        cmocka_unit_test(an_event_of_json_is_one_line),
        cmocka_unit_test(patterns_leave_out_files_and_what_is_in_folders),
        cmocka_unit_test(words_with_an_at_leave_out_what_they_name),
        cmocka_unit_test(folders_below_are_shown_by_themselves_too),
        cmocka_unit_test(folders_that_move_tell_so_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
