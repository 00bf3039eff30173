/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Volfiles as graphs: what is parsed, printed and edited.
 */
#include <time.h>

#include "volgen/testing.h"

#define LEAF "volume a\n    type x/a\n    option k v\nend-volume\n"

static void
every_real_volfile_comes_back_byte_for_byte(void **state)
{
    AUTO_FREE char *path = corpus_dir();
    AUTO_CLOSEDIR DIR *dir = opendir(path);
    struct dirent *entry;
    int files = 0;

    (void)state;
    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        AUTO_FREE char *text = corpus(entry->d_name);
        AUTO_GRAPH struct volgen_graph *graph = parsed(text);
        AUTO_FREE char *same = printed(graph);
        assert_string_equal(text, same);

        /* and what is printed anew is in glusterd's own form */
        for (struct volgen_node *node = graph->first; node; node = node->next)
            node->dirty = true;
        AUTO_FREE char *anew = printed(graph);
        assert_string_equal(text, anew);
        files++;
    }
    assert_true(files > 40);
}

/* The text after its one node was printed anew. */
static char *
anew(const char *text)
{
    AUTO_GRAPH struct volgen_graph *graph = parsed(text);

    for (struct volgen_node *node = graph->first; node; node = node->next)
        node->dirty = true;
    return printed(graph);
}

static void
what_the_grammar_allows_is_understood(void **state)
{
    static const struct {
        const char *text, *anew;
    } rows[] = {
        {"# c\r\nvolume a # not v\n\ttype x/a#b option k v end-volume # end",
         "# c\r\nvolume a\n    type x/a#b\n    option k v\nend-volume # end"},
        {"volume \"a b\" type x/a option \"k\" \"v \\\"\\\\\\q\" end-volume",
         "volume \"a b\"\n    type x/a\n    option k \"v \\\"\\\\q\"\nend-volume"},
        {"volume a type x/a option k \"#v\" option l volumes end-volume",
         "volume a\n    type x/a\n    option k \"#v\"\n    option l volumes\nend-volume"},
        {"volume a type x/a option k \"volume\" end-volume",
         "volume a\n    type x/a\n    option k \"volume\"\nend-volume"},
        /* words end at quotes and backslashes */
        {"volume a type x/a option k\"v\"option\\l\"\\`\" end-volume",
         "volume a\n    type x/a\n    option k v\n    option l \"\\`\"\nend-volume"},
        /* line ends in quotes are dropped, as by GlusterFS */
        {"volume a type x/a option k \"v\nw\" end-volume",
         "volume a\n    type x/a\n    option k vw\nend-volume"},
        /* the last value counts; an empty one is none */
        {"volume a type x/a option k v option l m option k w option k x end-volume",
         "volume a\n    type x/a\n    option k x\n    option l m\nend-volume"},
        {"volume a type x/a option k v option l \"\" end-volume",
         "volume a\n    type x/a\n    option k v\nend-volume"},
        {"volume a type x/a option l \"\" end-volume",
         "volume a\n    type x/a\n    option none \"\"\nend-volume"},
        {"volume a type x/a option k v end-volume volume b type x/b "
         "option k v subvolumeS a option l w end-volume",
         "volume a\n    type x/a\n    option k v\nend-volume volume b\n    type x/b\n"
         "    option k v\n    option l w\n    subvolumes a\nend-volume"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO_GRAPH struct volgen_graph *graph = parsed(rows[i].text);
        AUTO_FREE char *same = printed(graph);
        AUTO_FREE char *once = anew(rows[i].text);
        AUTO_FREE char *twice = anew(once);

        assert_string_equal(same, rows[i].text);
        assert_string_equal(once, rows[i].anew);
        assert_string_equal(twice, once);
    }
}

static void
errors_name_line_column_and_cause(void **state)
{
    static const struct {
        const char *text;
        int line, column;
        const char *cause;
    } rows[] = {
        {"", 1, 1, "cut off"},
        {"# nothing\n", 2, 1, "cut off"},
        {"volume", 1, 7, "name of a volume is missing"},
        {"volume \"\" type", 1, 8, "is empty"},
        {"type x/a", 1, 1, "wanted the word volume"},
        {"volume a option", 1, 10, "wanted its type"},
        {"volume a\n  type volume", 2, 8, "type of a volume is missing"},
        {"volume a\ntype x/a\nend-volume", 3, 1, "neither an option nor"},
        {"volume a\ntype x/a\noption k", 3, 9, "value of an option is missing"},
        {"volume a type x/a option k type", 1, 28, "in quotes"},
        {"volume a type x/a option k v", 1, 29, "end of the file"},
        {"volume a type x/a option k v w", 1, 30, "found w"},
        {"volume a type x/a subvolumes a", 1, 30, "not defined before"},
        {"volume a type x/a subvolumes end-volume", 1, 30, "names of subvolumes"},
        {LEAF "volume a type", 5, 8, "defined a second time"},
        {LEAF "volume b type x/b subvolumes a subvolumes a end-volume", 5, 32, "once"},
        {LEAF "and more", 5, 1, "found and"},
        {"volume a type x/a option k \"v", 1, 28, "closing quote"},
        {"volume a type x/a\noption k `date` end-volume", 2, 10, "backquotes"},
        {"volume a type x/a\noption k \"\\\\`date`\" end-volume", 2, 13, "backquotes"},
        {"# `", 1, 3, "backquotes"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct volgen_error err;

        assert_null(volgen_parse(rows[i].text, strlen(rows[i].text), &err));
        if (err.line != rows[i].line || err.column != rows[i].column ||
            !strstr(err.text, rows[i].cause))
            fail_msg("%s\n%d:%d: %s", rows[i].text, err.line, err.column, err.text);
    }
}

static void
a_nul_byte_is_an_error(void **state)
{
    static const char text[] = "volume a\ntype x\0y option k v end-volume";
    struct volgen_error err;

    (void)state;
    assert_null(volgen_parse(text, sizeof(text) - 1, &err));
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 7);
}

static void
every_cut_of_a_volfile_is_an_error_or_whole_nodes(void **state)
{
    AUTO_FREE char *text = corpus("dist.10.70.0.1.bricks-dist1.vol");
    struct volgen_error err;

    (void)state;
    for (size_t len = 0; text[len]; len++) {
        AUTO_GRAPH struct volgen_graph *graph = volgen_parse(text, len, &err);

        if (graph && strncmp(text + len - 10, "end-volume", 10) &&
            strncmp(text + len - 11, "end-volume", 10) &&
            strncmp(text + len - 12, "end-volume", 10))
            fail_msg("cut at %zu: %.*s", len, (int)len, text);
    }
}

static void
values_that_the_grammar_needs_quoted_are_quoted(void **state)
{
    static const char *const values[] = {
        "a b", "\"", "\\", "\\\"", "#x", "x#", "`rm -rf`", "\\`", "option", "end-volume",
        "subvolumeS", "\t", "\r", "é", "a\\", "\x01",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        AUTO_GRAPH struct volgen_graph *graph = parsed(LEAF);

        assert_int_equal(volgen_set_option(graph->first, "k", values[i]), 0);
        assert_int_equal(volgen_set_option(graph->first, values[i], "v"), 0);
        AUTO_FREE char *text = printed(graph);
        AUTO_GRAPH struct volgen_graph *again = parsed(text);
        assert_string_equal(kv_get(&again->first->options, "k"), values[i]);
        assert_string_equal(kv_get(&again->first->options, values[i]), "v");
    }
}

static void
what_the_grammar_cannot_hold_is_refused(void **state)
{
    AUTO_GRAPH struct volgen_graph *graph = parsed(LEAF);

    (void)state;
    assert_int_equal(volgen_set_option(graph->first, "k", ""), -EINVAL);
    assert_int_equal(volgen_set_option(graph->first, "", "v"), -EINVAL);
    assert_int_equal(volgen_set_option(graph->first, "k", "a\nb"), -EINVAL);
    assert_null(volgen_insert_above(graph, graph->first, "x\ny", "x/x"));
    assert_int_equal(errno, EINVAL);
    assert_null(volgen_insert_above(graph, graph->first, "x", ""));
    assert_int_equal(errno, EINVAL);
    assert_null(volgen_insert_above(graph, graph->first, "a", "x/x"));
    assert_int_equal(errno, EEXIST);
    assert_null(volgen_insert_below(graph, graph->first, "x", "x/x"));
    assert_int_equal(errno, EINVAL);
    assert_int_equal(volgen_remove(graph, graph->first), -EINVAL);
    AUTO_FREE char *text = printed(graph);
    assert_string_equal(text, LEAF);
}

static void
an_equal_value_keeps_the_bytes(void **state)
{
    static const char text[] = "volume a type x/a option  k  v end-volume\n";
    AUTO_GRAPH struct volgen_graph *graph = parsed(text);

    (void)state;
    assert_int_equal(volgen_set_option(graph->first, "k", "v"), 0);
    AUTO_FREE char *same = printed(graph);
    assert_string_equal(same, text);
}

static void
insert_above_takes_over_all_parents(void **state)
{
    AUTO_GRAPH struct volgen_graph *graph = parsed(
        LEAF "volume b\ntype x/b\nsubvolumes a\nend-volume\n"
             "volume c\ntype x/c\nsubvolumes b a\nend-volume\n");

    (void)state;
    struct volgen_node *node = volgen_insert_above(graph, graph->first, "n", "x/n");
    assert_non_null(node);
    AUTO_FREE char *text = printed(graph);
    assert_string_equal(text,
        "volume a\n    type x/a\n    option k v\nend-volume\n\n"
        "volume n\n    type x/n\n    subvolumes a\nend-volume\n"
        "volume b\n    type x/b\n    subvolumes n\nend-volume\n"
        "volume c\n    type x/c\n    subvolumes b n\nend-volume\n");
    assert_ptr_equal(volgen_find(graph, "n"), node);
    assert_string_equal(volgen_top(graph)->name, "c");

    assert_int_equal(volgen_remove(graph, node), 0);
    assert_null(volgen_find(graph, "n"));
    AUTO_FREE char *back = printed(graph);
    assert_null(strchr(back, 'n') ? strstr(back, "volume n") : NULL);
    AUTO_GRAPH struct volgen_graph *again = parsed(back);
    assert_int_equal(volgen_find(again, "c")->subvolume_count, 2);
}

static void
insert_below_stands_between_one_parent_and_its_child(void **state)
{
    AUTO_GRAPH struct volgen_graph *graph = parsed(
        LEAF "volume b\ntype x/b\nsubvolumes a\nend-volume\n"
             "volume c\ntype x/c\nsubvolumes a b\nend-volume\n");

    (void)state;
    assert_non_null(volgen_insert_below(graph, volgen_find(graph, "b"), "n", "x/n"));
    AUTO_FREE char *text = printed(graph);
    assert_string_equal(text,
        "volume a\n    type x/a\n    option k v\nend-volume\n\n"
        "volume n\n    type x/n\n    subvolumes a\nend-volume\n"
        "volume b\n    type x/b\n    subvolumes n\nend-volume\n"
        "volume c\ntype x/c\nsubvolumes a b\nend-volume\n");
}

static void
a_node_above_the_top_is_last_in_the_file(void **state)
{
    AUTO_GRAPH struct volgen_graph *graph = parsed(LEAF);

    (void)state;
    struct volgen_node *top = volgen_insert_above(graph, volgen_top(graph), "t", "x/t");
    assert_ptr_equal(volgen_top(graph), top);
    AUTO_FREE char *text = printed(graph);
    assert_string_equal(text, "volume a\n    type x/a\n    option k v\nend-volume\n\n"
                              "volume t\n    type x/t\n    subvolumes a\nend-volume\n");
    assert_int_equal(volgen_remove(graph, top), 0);
    AUTO_FREE char *back = printed(graph);
    assert_string_equal(back, LEAF);
}

static void
two_tops_are_no_top(void **state)
{
    AUTO_GRAPH struct volgen_graph *graph =
        parsed(LEAF "volume b type x/b option k v end-volume");

    (void)state;
    assert_null(volgen_top(graph));
}

/* ---- size ---------------------------------------------------------------- */

/* A client volfile of that many bricks, in glusterd's form. */
static char *
large(int bricks)
{
    struct strbuf b = STRBUF_INIT;

    for (int i = 0; i < bricks; i++)
        strbuf_fmt(&b, "volume v-client-%d\n    type protocol/client\n"
                   "    option remote-host h%d\n    option remote-subvolume /b/%d\n"
                   "    option ping-timeout 42\nend-volume\n\n", i, i, i);
    strbuf_str(&b, "volume v-dht\n    type cluster/distribute\n    subvolumes");
    for (int i = 0; i < bricks; i++)
        strbuf_fmt(&b, " v-client-%d", i);
    strbuf_str(&b, "\nend-volume\n\nvolume v\n    type debug/io-stats\n"
               "    subvolumes v-dht\nend-volume\n");
    return strbuf_take(&b);
}

/* Parses, puts a node above and another below each client, prints, parses again and
 * takes them out; seconds of processor time. */
static double
cost(int bricks)
{
    AUTO_FREE char *text = large(bricks);
    struct timespec from, to;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    AUTO_GRAPH struct volgen_graph *graph = parsed(text);
    for (int i = 0; i < bricks; i++) {
        AUTO_FREE char *name = str_fmt("v-client-%d", i);
        AUTO_FREE char *above = str_fmt("above-%d", i);
        AUTO_FREE char *below = str_fmt("below-%d", i);
        struct volgen_node *node = volgen_insert_above(graph, volgen_find(graph, name),
                                                       above, "x/above");
        assert_non_null(node);
        assert_non_null(volgen_insert_below(graph, node, below, "x/below"));
    }
    AUTO_FREE char *edited = printed(graph);
    AUTO_GRAPH struct volgen_graph *again = parsed(edited);
    for (struct volgen_node *node = again->first, *next; node; node = next) {
        next = node->next;
        if (!strcmp(node->type, "x/above") || !strcmp(node->type, "x/below"))
            assert_int_equal(volgen_remove(again, node), 0);
    }
    AUTO_FREE char *back = printed(again);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    assert_string_equal(back, text);
    return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

static void
cost_grows_with_the_file_and_not_faster(void **state)
{
    double small = 1e9, big = 1e9;

    (void)state;
    /* the least of several: others use the processor's caches, too */
    for (int i = 0; i < 7; i++) {
        double s = cost(250), b = cost(4000);

        small = s < small ? s : small;
        big = b < big ? b : big;
    }
    /* 16 times the bricks; what is quadratic takes 256 times as long */
    if (big > 64 * small)
        fail_msg("250 bricks: %f s, 4000 bricks: %f s", small, big);
}

static void
a_node_of_very_many_options_is_no_trouble(void **state)
{
    struct strbuf b = STRBUF_INIT;

    (void)state;
    strbuf_str(&b, "volume a type x/a\n");
    for (int i = 0; i < 100000; i++)
        strbuf_fmt(&b, "option k%d v%d\n", i % 50000, i);
    strbuf_str(&b, "end-volume");
    AUTO_FREE char *text = strbuf_take(&b);
    AUTO_GRAPH struct volgen_graph *graph = parsed(text);
    assert_int_equal(graph->first->options.count, 50000);
    assert_string_equal(graph->first->options.pairs[0].key, "k0");
    assert_string_equal(graph->first->options.pairs[0].value, "v50000");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_real_volfile_comes_back_byte_for_byte),
        cmocka_unit_test(what_the_grammar_allows_is_understood),
        cmocka_unit_test(errors_name_line_column_and_cause),
        cmocka_unit_test(a_nul_byte_is_an_error),
        cmocka_unit_test(every_cut_of_a_volfile_is_an_error_or_whole_nodes),
        cmocka_unit_test(values_that_the_grammar_needs_quoted_are_quoted),
        cmocka_unit_test(what_the_grammar_cannot_hold_is_refused),
        cmocka_unit_test(an_equal_value_keeps_the_bytes),
        cmocka_unit_test(insert_above_takes_over_all_parents),
        cmocka_unit_test(insert_below_stands_between_one_parent_and_its_child),
        cmocka_unit_test(a_node_above_the_top_is_last_in_the_file),
        cmocka_unit_test(two_tops_are_no_top),
        cmocka_unit_test(cost_grows_with_the_file_and_not_faster),
        cmocka_unit_test(a_node_of_very_many_options_is_no_trouble),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
