/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Unit tests of the notation of the command table.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/grammar.h"

/* What may come after the words of `line`: kinds by letter, literals in full. */
static char *
next(const char *words, const char *args, const char *line)
{
    static const char letters[] = {[GRAMMAR_VOLUME] = 'V', [GRAMMAR_KEY] = 'K',
                                   [GRAMMAR_VALUE] = 'W',  [GRAMMAR_MODULE] = 'M',
                                   [GRAMMAR_FILE] = 'F',   [GRAMMAR_EVENTS] = 'E', [GRAMMAR_ANY] = '*'};
    const struct command row = {.words = words, .args = args};
    struct grammar g;
    AUTO_FREE char *copy = strdup(line);
    char *argv[32], *save = NULL;
    int argc = 0;

    assert_int_equal(grammar_compile(&row, &g), 0);
    for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
        argv[argc++] = w;
    uint64_t at = grammar_walk(&g, argc, argv);
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;
    for (int i = 0; i < g.edge_count; i++) {
        const struct grammar_edge *e = &g.edges[i];

        if (!(at >> e->from & 1))
            continue;
        if (e->kind == GRAMMAR_LITERAL)
            strbuf_fmt(&out, " %.*s", e->len, e->word);
        else
            strbuf_fmt(&out, " %c", letters[e->kind]);
    }
    return strbuf_take(&out);
}

#define ASSERT_NEXT(words, args, line, want)                                   \
    do {                                                                       \
        AUTO_FREE char *got_ = next(words, args, line);                        \
        assert_string_equal(got_, want);                                       \
    } while (0)

static void
words_come_one_after_the_other(void **state)
{
    (void)state;
    ASSERT_NEXT("volume info", "VOLNAME", "", " volume");
    ASSERT_NEXT("volume info", "VOLNAME", "volume", " info");
    ASSERT_NEXT("volume info", "VOLNAME", "vol", " info");
    ASSERT_NEXT("volume info", "VOLNAME", "volume info", " V");
    ASSERT_NEXT("volume info", "VOLNAME", "volume info v1", "");
    ASSERT_NEXT("volume info", "VOLNAME", "volume nope", "");
    ASSERT_NEXT("glupy list", "", "glupy list", "");
}

static void
brackets_are_optional_and_dots_repeat(void **state)
{
    (void)state;
    const char *set = "VOLNAME KEY VALUE [KEY VALUE]... [force]";

    ASSERT_NEXT("set", set, "set v1", " K");
    ASSERT_NEXT("set", set, "set v1 k", " W");
    ASSERT_NEXT("set", set, "set v1 k v", " K force");
    ASSERT_NEXT("set", set, "set v1 k v k", " W");
    ASSERT_NEXT("set", set, "set v1 k v k v k v", " K force");
    /* force may have been a key */
    ASSERT_NEXT("set", set, "set v1 k v force", " W");
    ASSERT_NEXT("locate", "VOLNAME PATH...", "locate v1", " F");
    ASSERT_NEXT("locate", "VOLNAME PATH...", "locate v1 a b", " F");
}

static void
alternatives_are_words_or_rows_of_words(void **state)
{
    (void)state;
    const char *ext = "VOLNAME {status | apply [force]}";

    ASSERT_NEXT("ext", ext, "ext v1", " status apply");
    ASSERT_NEXT("ext", ext, "ext v1 status", "");
    ASSERT_NEXT("ext", ext, "ext v1 apply", " force");
    ASSERT_NEXT("get", "VOLNAME KEY|all", "get v1", " K all");
    ASSERT_NEXT("notify", "[VOLNAME|all] {enable [EVENTS] | disable}", "notify",
                " V all enable disable");
    ASSERT_NEXT("notify", "[VOLNAME|all] {enable [EVENTS] | disable}", "notify v1 enable", " E");
    /* repeating one alternative does not open the other */
    ASSERT_NEXT("x", "{a... | b}", "x a", " a");
}

static void
rows_that_are_wrong_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"[a", "a]", "{a | b", "a}", "a|", "{a ]"};
    struct grammar g;

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        const struct command row = {.words = "x", .args = wrong[i]};
        assert_int_equal(grammar_compile(&row, &g), -EINVAL);
    }
    AUTO_STRBUF struct strbuf args = STRBUF_INIT;
    for (int i = 0; i < 100; i++)
        strbuf_str(&args, "a ");
    const struct command row = {.words = "x", .args = strbuf_text(&args)};
    assert_int_equal(grammar_compile(&row, &g), -E2BIG);
}

static void
every_row_of_the_table_can_be_read(void **state)
{
    (void)state;
    assert_true(cli_command_count > 0);
    for (size_t i = 0; i < cli_command_count; i++) {
        struct grammar g;

        if (grammar_compile(&cli_commands[i], &g))
            fail_msg("%s %s", cli_commands[i].words, cli_commands[i].args);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_come_one_after_the_other),
        cmocka_unit_test(brackets_are_optional_and_dots_repeat),
        cmocka_unit_test(alternatives_are_words_or_rows_of_words),
        cmocka_unit_test(rows_that_are_wrong_are_refused),
        cmocka_unit_test(every_row_of_the_table_can_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
