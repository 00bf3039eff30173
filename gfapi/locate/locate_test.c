/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Volfiles and glusterfs.pathinfo as volext-locate reads them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/strbuf.h"
#include "pathinfo.h"

static void
add_client(struct strbuf *text, int number, const char *host, const char *path)
{
    strbuf_fmt(text, "volume v1-client-%d\n    type protocol/client\n    option password x\n"
               "    option remote-subvolume %s\n    option remote-host %s\nend-volume\n\n",
               number, path, host);
}

static void
read_graph(struct strbuf *text, struct gfapi_graph *graph)
{
    *graph = (struct gfapi_graph)GFAPI_GRAPH_INIT;
    assert_int_equal(gfapi_graph_parse(text->data, text->len, graph), 0);
    strbuf_free(text);
}

/* Two sets of two; `same`: all bricks have the same path. */
static void
replicated(struct gfapi_graph *graph, bool same)
{
    struct strbuf text = STRBUF_INIT;

    for (int i = 0; i < 4; i++) {
        AUTO_FREE char *host = str_fmt("h%d", i + 1), *path = str_fmt("/b%d", same ? 0 : i + 1);

        add_client(&text, i, host, path);
    }
    strbuf_str(&text, "volume v1-replicate-0\n type cluster/replicate\n"
               " subvolumes v1-client-0 v1-client-1\nend-volume\n"
               "volume v1-replicate-1\n type cluster/replicate\n"
               " subvolumes v1-client-2 v1-client-3\nend-volume\n"
               "volume v1-dht\n type cluster/distribute\n option lock-migration off\n"
               " subvolumes v1-replicate-0 v1-replicate-1\nend-volume\n"
               "volume v1\n type debug/io-stats\n subvolumes v1-dht\nend-volume\n");
    read_graph(&text, graph);
}

static void
distributed(struct gfapi_graph *graph, const char *path1, const char *path2)
{
    struct strbuf text = STRBUF_INIT;

    add_client(&text, 0, "h1", path1);
    add_client(&text, 1, "h2", path2);
    strbuf_str(&text, "volume v1-dht\n type cluster/distribute\n"
               " subvolumes v1-client-0 v1-client-1\nend-volume\n");
    read_graph(&text, graph);
}

static void
a_volfile_is_bricks_and_sets(void **state)
{
    (void)state;
    AUTO_GFAPI_GRAPH struct gfapi_graph graph;

    replicated(&graph, false);
    assert_int_equal(graph.brick_count, 4);
    assert_int_equal(graph.set_count, 2);
    assert_string_equal(graph.sets[1].name, "v1-replicate-1");
    assert_int_equal(graph.sets[1].first, 2);
    assert_int_equal(graph.sets[1].count, 2);
    assert_string_equal(graph.bricks[3].server, "h4");
    assert_string_equal(graph.bricks[3].path, "/b4");
    assert_string_equal(graph.bricks[3].name, "v1-client-3");
    assert_non_null(strstr(graph.bricks[3].volfile, "volume v1-client-3\n"));
    assert_null(strstr(graph.bricks[3].volfile, "replicate"));
    assert_false(graph.sharded);
    assert_string_equal(gfapi_type_name(graph.sets[0].type), "replicated");
    AUTO_GFAPI_GRAPH struct gfapi_graph other;

    replicated(&other, true);
    assert_true(gfapi_graph_is_same(&graph, &graph));
    assert_false(gfapi_graph_is_same(&graph, &other));
}

static void
arbiters_redundancy_and_shards_are_seen(void **state)
{
    (void)state;
    AUTO_GFAPI_GRAPH struct gfapi_graph graph = GFAPI_GRAPH_INIT;
    struct strbuf text = STRBUF_INIT;

    for (int i = 0; i < 6; i++)
        add_client(&text, i, "h", "/b");
    add_client(&text, 7, "h", "/ta");
    strbuf_str(&text, "volume r\n type cluster/replicate\n option arbiter-count 1\n"
               " subvolumes v1-client-0 v1-client-1 v1-client-2\nend-volume\n"
               "volume e\n type cluster/disperse\n option redundancy 1\n"
               " subvolumes v1-client-3 v1-client-4 v1-client-5\nend-volume\n"
               "volume t\n type cluster/replicate\n option thin-arbiter h:/ta\n"
               " subvolumes v1-client-0 v1-client-1 v1-client-7\nend-volume\n"
               "volume d\n type cluster/distribute\n subvolumes r e t\nend-volume\n"
               "volume s\n type features/shard\n subvolumes d\nend-volume\n");
    read_graph(&text, &graph);
    assert_int_equal(graph.set_count, 3);
    assert_false(graph.bricks[1].arbiter);
    assert_true(graph.bricks[2].arbiter);
    assert_int_equal(graph.sets[1].type, GFAPI_DISPERSED);
    assert_int_equal(graph.sets[1].redundancy, 1);
    assert_false(graph.bricks[5].arbiter);
    assert_int_equal(graph.sets[2].count, 2);
    assert_true(graph.sharded);
}

static void
a_volfile_without_bricks_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "volume", "volume a\n", "volume a\n type protocol/client\nend-volume\n",
        "volume d\n type cluster/distribute\n subvolumes x y\nend-volume\n",
        "volume d\n type cluster/distribute\nend-volume\n",
        "volume r\n type cluster/replicate\n subvolumes r\nend-volume\n",
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct gfapi_graph graph = GFAPI_GRAPH_INIT;

        assert_int_equal(gfapi_graph_parse(texts[i], strlen(texts[i]), &graph), -22);
        assert_null(graph.bricks);
    }
}

static int
parse(const struct gfapi_graph *graph, const char *path, const char *text,
      struct locate_told *told)
{
    return locate_pathinfo_parse(graph, path, text, strlen(text), told);
}

#define R0 "(<DISTRIBUTE:v1-dht> (<REPLICATE:v1-replicate-0> "

static void
replicas_are_told(void **state)
{
    (void)state;
    AUTO_GFAPI_GRAPH struct gfapi_graph graph;
    struct locate_told told;

    replicated(&graph, false);
    assert_int_equal(parse(&graph, "/a", R0 "<POSIX(/b2):n2:/b2/a> <POSIX(/b1):n1:/b1/a>))", &told), 0);
    assert_int_equal(told.set, 0);
    assert_int_equal(told.bricks, 3);
    assert_true(told.complete);
    assert_int_equal(parse(&graph, "/a", R0 "<POSIX(/b2):n2:/b2/a>))", &told), 0);
    assert_int_equal(told.bricks, 2);
    /* by its handle, as a brick does that has not seen its name */
    assert_int_equal(parse(&graph, "/a", R0 "<POSIX(/b1):n1:/b1/.glusterfs/9f/05/"
                     "9f051dc7-57fd-4cb5-a9c6-d8e7ea28a4e3> <POSIX(/b2):n2:/b2/a>))", &told), 0);
    assert_int_equal(told.bricks, 3);
    /* with the NUL, as libgfapi gives it */
    static const char nul[] = R0 "<POSIX(/b2):n2:/b2/a>))";

    assert_int_equal(locate_pathinfo_parse(&graph, "/a", nul, sizeof(nul), &told), 0);
}

static void
names_may_look_like_anything(void **state)
{
    (void)state;
    AUTO_GFAPI_GRAPH struct gfapi_graph graph;
    static const char *const paths[] = {
        "/a b", "/a\nb", "/a)b", "/a))", "/a>b", "/>", "/a> <POSIX(/b2):n2:/b2/a",
        "/a> <POSIX(/b2):n2:/b2/a>))", "/\xff\xfe", "/x> <POSIX(/b1):n1:/b1/x> <POSIX(/b2):n2:/b2/x",
        "/(<REPLICATE:v1-replicate-1> ", "/a)):", "/.glusterfs/9f/05/x", "/ ", "/d/ / >",
    };

    replicated(&graph, false);
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        struct locate_told told;
        AUTO_FREE char *both = str_fmt(R0 "<POSIX(/b2):n2:/b2%s> <POSIX(/b1):n1:/b1%s>))",
                                       paths[i], paths[i]);
        AUTO_FREE char *one = str_fmt(R0 "<POSIX(/b1):n1:/b1%s>))", paths[i]);

        assert_int_equal(parse(&graph, paths[i], both, &told), 0);
        assert_int_equal(told.bricks, 3);
        assert_int_equal(parse(&graph, paths[i], one, &told), 0);
        assert_int_equal(told.bricks, 1);
    }
}

static void
of_a_file_told_with_another_name_only_the_set_is_taken(void **state)
{
    (void)state;
    AUTO_GFAPI_GRAPH struct gfapi_graph graph;
    static const char *const entries[] = {
        "<POSIX(/b2):n2:/b2/x y> <POSIX(/b1):n1:/b1/a>", "<POSIX(/b2):n2:/b2/x>",
        "<POSIX(/b2):n2:/b2/x> <POSIX(/b1):n1:/b1/x>", /* one that looks like two, or two */
        "<POSIX(/b2):n2:/b2/x> <POSIX(/b3):n> y>",
    };

    replicated(&graph, false);
    for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
        struct locate_told told;
        AUTO_FREE char *text = str_fmt(R0 "%s))", entries[i]);

        assert_int_equal(parse(&graph, "/a", text, &told), 0);
        assert_int_equal(told.set, 0);
        assert_false(told.complete);
        assert_int_equal(told.bricks, 0);
    }
}

static void
a_lone_brick_is_its_own_set(void **state)
{
    (void)state;
    AUTO_GFAPI_GRAPH struct gfapi_graph graph;
    struct locate_told told;

    distributed(&graph, "/b1", "/b2");
    assert_int_equal(parse(&graph, "/a)", "(<DISTRIBUTE:v1-dht> <POSIX(/b2):n:/b2/a)>)", &told), 0);
    assert_int_equal(told.set, 1);
    assert_true(told.complete);
    assert_int_equal(parse(&graph, "/a", "(<DISTRIBUTE:v1-dht> <POSIX(/b2):n:/b2/z> <POSIX(/b1):n:/b1/z>)", &told), 0);
    assert_int_equal(told.set, 1);
    assert_int_equal(parse(&graph, "/a", "<POSIX(/b1):n:/b1/a>", &told), 0);
    assert_int_equal(told.set, 0);
}

static void
bricks_with_the_same_path_must_be_asked(void **state)
{
    (void)state;
    struct locate_told told;
    struct gfapi_graph graph;

    replicated(&graph, true);
    assert_int_equal(parse(&graph, "/a", R0 "<POSIX(/b0):n2:/b0/a> <POSIX(/b0):n1:/b0/a>))", &told), 0);
    assert_int_equal(told.set, 0);
    assert_false(told.complete);
    gfapi_graph_free(&graph);
    distributed(&graph, "/b0", "/b0");
    assert_int_equal(parse(&graph, "/a", "(<DISTRIBUTE:v1-dht> <POSIX(/b0):n:/b0/a>)", &told), 0);
    assert_int_equal(told.set, -1);
    assert_int_equal(told.like, 0);
    gfapi_graph_free(&graph);
}

static void
what_is_not_of_the_volume_is_refused(void **state)
{
    (void)state;
    AUTO_GFAPI_GRAPH struct gfapi_graph graph;
    static const char *const texts[] = {
        "", ")", "(", "(<DISTRIBUTE:", "(<DISTRIBUTE:v1-dht> ", "(<DISTRIBUTE:v1-dht> )",
        R0, R0 "))", R0 "<POSIX(/b1):n1:/b1/a>)", R0 "<POSIX(/b1):n1:/b1/a> ))",
        R0 "<POSIX(/b3):n1:/b3/a>))", R0 "<POSIX(/b1):n1:/b2/a>))", R0 "<POSIX(/b1)::/b1/a>))",
        R0 "<POSIX(/b1):n1:/b1>))", "(<DISTRIBUTE:v1-dht> (<REPLICATE:x> <POSIX(/b1):n1:/b1/a>))",
        "((<DISTRIBUTE:v1-dht> <POSIX(/b1):n:/b1/a>) (v1-dht-layout (v1-client-0 0 1)))",
    };

    replicated(&graph, false);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct locate_told told;

        if (!parse(&graph, "/a", texts[i], &told))
            fail_msg("taken: %s", texts[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_volfile_is_bricks_and_sets),
        cmocka_unit_test(arbiters_redundancy_and_shards_are_seen),
        cmocka_unit_test(a_volfile_without_bricks_is_refused),
        cmocka_unit_test(replicas_are_told),
        cmocka_unit_test(names_may_look_like_anything),
        cmocka_unit_test(of_a_file_told_with_another_name_only_the_set_is_taken),
        cmocka_unit_test(a_lone_brick_is_its_own_set),
        cmocka_unit_test(bricks_with_the_same_path_must_be_asked),
        cmocka_unit_test(what_is_not_of_the_volume_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
