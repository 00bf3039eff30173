/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Where nodes are put: tests on real volfiles.
 */
#include "volgen/describe.h"
#include "volgen/testing.h"

struct fixture {
    struct volgen_table table;
    struct kv options;
    struct strbuf told;
    struct volgen_world world;
    const char *missing_module, *missing_xlator;
};

static bool
has_xlator(void *arg, const char *type)
{
    struct fixture *f = arg;

    return !f->missing_xlator || strcmp(f->missing_xlator, type) != 0;
}

static bool
find_module(void *arg, const char *name, struct volgen_module *module, const char **why)
{
    struct fixture *f = arg;

    *why = "there is no such file";
    if (f->missing_module && !strcmp(f->missing_module, name))
        return false;
    snprintf(module->name, sizeof(module->name), "%s", name);
    snprintf(module->digest, sizeof(module->digest), "%064d", 7);
    snprintf(module->dir, sizeof(module->dir), "/modules");
    return true;
}

static void
complain(void *arg, const char *sentence)
{
    struct fixture *f = arg;

    strbuf_fmt(&f->told, "%s\n", sentence);
}

static struct fixture *
setup(const char *volume)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_int_equal(volgen_table_load(&f->table, NULL, complain, f), 0);
    f->world = (struct volgen_world){
        .table = &f->table, .volume = volume, .options = &f->options,
        .has_xlator = has_xlator, .find_module = find_module,
        .complain = complain, .arg = f};
    return f;
}

static void
teardown(struct fixture **f)
{
    volgen_table_free(&(*f)->table);
    kv_free(&(*f)->options);
    strbuf_free(&(*f)->told);
    free(*f);
}
#define AUTO_FIXTURE AUTO(teardown)

static void
set(struct fixture *f, const char *key, const char *value)
{
    AUTO_FREE char *stored = str_fmt("user.%s", key);

    assert_int_equal(kv_set(&f->options, stored, value), 0);
}

/* The text after placing; the caller frees it. */
static char *
placed(struct fixture *f, const char *text, enum volgen_kind kind)
{
    AUTO_GRAPH struct volgen_graph *graph = parsed(text);

    assert_int_equal(volgen_place(graph, kind, &f->world), 0);
    return printed(graph);
}

static char *
ours(const char *text, const char *volume)
{
    AUTO_GRAPH struct volgen_graph *graph = parsed(text);
    struct strbuf out = STRBUF_INIT;

    strbuf_str(&out, "");
    assert_int_equal(volgen_placed(graph, volume, &out), 0);
    return strbuf_take(&out);
}

static void
assert_ours(struct fixture *f, const char *text, const char *expected)
{
    AUTO_FREE char *lines = ours(text, f->world.volume);

    assert_string_equal(lines, expected);
}

static void
nothing_wanted_leaves_every_byte(void **state)
{
    AUTO_FIXTURE struct fixture *f = setup("dist");
    AUTO_FREE char *before = corpus("trusted-dist.tcp-fuse.vol");
    AUTO_FREE char *after = placed(f, before, VOLGEN_TRUSTED_CLIENT);

    (void)state;
    assert_string_equal(before, after);
}

static void
another_number_of_upcall_is_another_graph_for_clients(void **state)
{
    AUTO_FIXTURE struct fixture *f = setup("dist");
    AUTO_FREE char *before = corpus("trusted-dist.tcp-fuse.vol");

    (void)state;
    set(f, "features.glupy-module", "negative");
    set(f, "volext.upcall", "on fresh=17 features.cache-invalidation=on");
    AUTO_FREE char *first = placed(f, before, VOLGEN_TRUSTED_CLIENT);
    assert_ours(f, first, "dist-volext-glupy-negative features/glupy dist-volext-upcall-17\n"
                          "dist-volext-upcall-17 performance/read-ahead dist-io-threads\n");
    assert_non_null(strstr(first, "option pass-through on"));
    set(f, "volext.upcall", "on fresh=18");
    AUTO_FREE char *second = placed(f, first, VOLGEN_CLIENT);
    assert_ours(f, second, "dist-volext-upcall-18 performance/read-ahead dist-io-threads\n");
    static const char *const none[] = {"default", "on", "on fresh=", "on fresh=x", "leaving a=1",
                                       "on fresh=17x", "on fresh=1\"", "on a=1 fresh=17"};
    set(f, "features.glupy-module", "off");
    for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
        set(f, "volext.upcall", none[i]);
        AUTO_FREE char *after = placed(f, second, VOLGEN_CLIENT);
        assert_string_equal(after, before);
    }
    set(f, "volext.upcall", "on fresh=17");
    f->missing_xlator = "performance/read-ahead";
    AUTO_FREE char *without = placed(f, before, VOLGEN_CLIENT);
    assert_string_equal(without, before);
}

static void
modules_go_below_io_stats_the_first_on_top(void **state)
{
    AUTO_FIXTURE struct fixture *f = setup("dist");
    AUTO_FREE char *before = corpus("trusted-dist.tcp-fuse.vol");

    (void)state;
    set(f, "features.glupy-module", "one,two");
    set(f, "features.glupy-timeout", "50");
    set(f, "features.glupy-threads", "2"); /* the default */
    set(f, "features.glupy-option.two.colour", "dark green");
    AUTO_FREE char *after = placed(f, before, VOLGEN_TRUSTED_CLIENT);
    assert_ours(f, after,
                "dist-volext-glupy-one features/glupy dist-volext-glupy-two\n"
                "dist-volext-glupy-two features/glupy dist-io-threads\n");
    assert_non_null(strstr(after,
        "volume dist-volext-glupy-two\n"
        "    type features/glupy\n"
        "    option module-name two\n"
        "    option module-path /modules\n"
        "    option module-digest 0000000000000000000000000000000000000000000000000000000000000007\n"
        "    option timeout 50\n"
        "    option module-option.colour \"dark green\"\n"
        "    subvolumes dist-io-threads\n"
        "end-volume\n\n"
        "volume dist-volext-glupy-one\n"));
    assert_string_equal(strbuf_text(&f->told), "");
}

static void
twice_is_as_once_and_off_is_as_before(void **state)
{
    static const struct {
        const char *volume, *file;
        enum volgen_kind kind;
    } files[] = {
        {"dist", "trusted-dist.tcp-fuse.vol", VOLGEN_TRUSTED_CLIENT},
        {"drep", "drep.tcp-fuse.vol", VOLGEN_CLIENT},
        {"arb", "arb.10.70.0.1.bricks-arb3.vol", VOLGEN_BRICK},
        {"disp", "disp.10.70.0.1.bricks-disp1.vol", VOLGEN_BRICK},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        AUTO_FIXTURE struct fixture *f = setup(files[i].volume);
        AUTO_FREE char *before = corpus(files[i].file);

        set(f, "features.glupy-module", "one,two");
        set(f, "features.glupy-clients", "all");
        if (files[i].kind == VOLGEN_BRICK)
            set(f, "features.glupy-side", "brick");
        AUTO_FREE char *once = placed(f, before, files[i].kind);
        AUTO_FREE char *twice = placed(f, once, files[i].kind);
        assert_string_not_equal(before, once);
        assert_string_equal(once, twice);
        set(f, "features.glupy-module", "off");
        AUTO_FREE char *off = placed(f, once, files[i].kind);
        assert_string_equal(before, off);
    }
}

static void
sides_and_clients_choose_the_kinds(void **state)
{
    static const struct {
        const char *side, *clients;
        bool trusted, client, brick;
    } rows[] = {
        {"client", "trusted", true, false, false},
        {"client", "all", true, true, false},
        {"brick", "all", false, false, true},
    };
    AUTO_FREE char *client = corpus("dist.tcp-fuse.vol");
    AUTO_FREE char *brick = corpus("dist.10.70.0.1.bricks-dist1.vol");

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO_FIXTURE struct fixture *f = setup("dist");

        set(f, "features.glupy-module", "one");
        set(f, "features.glupy-side", rows[i].side);
        set(f, "features.glupy-clients", rows[i].clients);
        AUTO_FREE char *t = placed(f, client, VOLGEN_TRUSTED_CLIENT);
        AUTO_FREE char *c = placed(f, client, VOLGEN_CLIENT);
        AUTO_FREE char *b = placed(f, brick, VOLGEN_BRICK);
        assert_int_equal(strcmp(t, client) != 0, rows[i].trusted);
        assert_int_equal(strcmp(c, client) != 0, rows[i].client);
        assert_int_equal(strcmp(b, brick) != 0, rows[i].brick);
    }
}

static void
position_puts_one_above_each_of_the_type(void **state)
{
    AUTO_FIXTURE struct fixture *f = setup("dist");
    AUTO_FREE char *before = corpus("dist.tcp-fuse.vol");

    (void)state;
    set(f, "features.glupy-module", "one,two");
    set(f, "features.glupy-position", "protocol/client");
    AUTO_FREE char *after = placed(f, before, VOLGEN_TRUSTED_CLIENT);
    assert_ours(f, after,
                "dist-volext-glupy-one-1 features/glupy dist-volext-glupy-two-1\n"
                "dist-volext-glupy-two-1 features/glupy dist-client-1\n"
                "dist-volext-glupy-one-0 features/glupy dist-volext-glupy-two-0\n"
                "dist-volext-glupy-two-0 features/glupy dist-client-0\n");
    assert_non_null(strstr(after, "    subvolumes dist-volext-glupy-one-0 dist-volext-glupy-one-1\n"));

    set(f, "features.glupy-position", "no/such");
    AUTO_FREE char *none = placed(f, before, VOLGEN_TRUSTED_CLIENT);
    assert_string_equal(before, none);
    assert_non_null(strstr(strbuf_text(&f->told), "no place above no/such"));
}

static void
nothing_goes_above_the_brick(void **state)
{
    AUTO_FREE char *before = corpus("dist.10.70.0.1.bricks-dist1.vol");
    static const char *const types[] = {"protocol/server", "debug/io-stats"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        AUTO_FIXTURE struct fixture *f = setup("dist");

        set(f, "features.glupy-module", "one");
        set(f, "features.glupy-side", "brick");
        set(f, "features.glupy-position", types[i]);
        AUTO_FREE char *after = placed(f, before, VOLGEN_BRICK);
        assert_string_equal(before, after);
        assert_non_null(strstr(strbuf_text(&f->told), "no translator fits there"));
    }
}

static void
what_is_missing_or_another_is_left_out_and_told(void **state)
{
    AUTO_FIXTURE struct fixture *f = setup("dist");
    AUTO_FREE char *before = corpus("dist.tcp-fuse.vol");

    (void)state;
    set(f, "features.glupy-module", "one,two");
    set(f, "features.glupy-digest.two", "abc");
    f->missing_module = "one";
    AUTO_FREE char *after = placed(f, before, VOLGEN_TRUSTED_CLIENT);
    assert_string_equal(before, after);
    assert_non_null(strstr(strbuf_text(&f->told), "one is left out: there is no such file"));
    assert_non_null(strstr(strbuf_text(&f->told), "two is left out: the file here has"));

    strbuf_reset(&f->told);
    f->missing_xlator = "features/glupy";
    AUTO_FREE char *again = placed(f, before, VOLGEN_TRUSTED_CLIENT);
    assert_string_equal(before, again);
    assert_non_null(strstr(strbuf_text(&f->told), "features/glupy is not installed"));
}

static void
another_generation_is_an_option_of_its_modules_node(void **state)
{
    AUTO_FIXTURE struct fixture *f = setup("dist");
    AUTO_FREE char *before = corpus("trusted-dist.tcp-fuse.vol");

    (void)state;
    set(f, "features.glupy-module", "one,two");
    set(f, "features.glupy-generation.one", "default");
    AUTO_FREE char *without = placed(f, before, VOLGEN_TRUSTED_CLIENT);
    assert_null(strstr(without, "generation"));
    set(f, "features.glupy-generation.two", "1795262400");
    AUTO_FREE char *after = placed(f, without, VOLGEN_TRUSTED_CLIENT);
    const char *at = strstr(after, "    option module-generation 1795262400\n");
    assert_non_null(at);
    assert_true(at > strstr(after, "volume dist-volext-glupy-two\n") &&
                at < strstr(after, "volume dist-volext-glupy-one\n"));
    assert_null(strstr(strchr(at, '\n'), "generation"));
    assert_string_equal(strbuf_text(&f->told), "");

    set(f, "features.glupy-generation.two", "soon");
    AUTO_FREE char *bad = placed(f, after, VOLGEN_TRUSTED_CLIENT);
    assert_string_equal(without, bad);
    assert_non_null(strstr(strbuf_text(&f->told), "features.glupy-generation.two: 'soon'"));
}

static void
a_bad_value_is_told_and_the_default_used(void **state)
{
    AUTO_FIXTURE struct fixture *f = setup("dist");
    AUTO_FREE char *before = corpus("dist.tcp-fuse.vol");

    (void)state;
    set(f, "features.glupy-module", "one");
    set(f, "features.glupy-timeout", "soon");
    set(f, "features.glupy-position", ""); /* the default itself */
    AUTO_FREE char *after = placed(f, before, VOLGEN_TRUSTED_CLIENT);
    assert_null(strstr(after, "timeout soon"));
    assert_non_null(strstr(strbuf_text(&f->told), "the default 1000 is used"));

    set(f, "features.glupy-module", "../one");
    AUTO_FREE char *off = placed(f, after, VOLGEN_TRUSTED_CLIENT);
    assert_string_equal(before, off);
}

static void
a_volume_named_like_our_nodes_keeps_its_own(void **state)
{
    static const char text[] =
        "volume a-volext-b-client-0\n    type protocol/client\n    option x y\nend-volume\n\n"
        "volume a-volext-b\n    type debug/io-stats\n    subvolumes a-volext-b-client-0\nend-volume\n";
    AUTO_FIXTURE struct fixture *f = setup("a-volext-b");

    (void)state;
    set(f, "features.glupy-module", "one");
    AUTO_FREE char *on = placed(f, text, VOLGEN_CLIENT);
    assert_string_equal(on, text);
    AUTO_FREE char *trusted = placed(f, text, VOLGEN_TRUSTED_CLIENT);
    assert_ours(f, trusted, "a-volext-b-volext-glupy-one features/glupy a-volext-b-client-0\n");
}

/* ---- running bricks ------------------------------------------------------ */

static char *
placed_running(struct fixture *f, const char *text, const char *running, bool *waiting)
{
    AUTO_GRAPH struct volgen_graph *graph = parsed(text);

    assert_int_equal(volgen_place_running(graph, VOLGEN_BRICK, &f->world, running,
                                          waiting), 0);
    return printed(graph);
}

static void
a_running_brick_gains_nothing(void **state)
{
    AUTO_FIXTURE struct fixture *f = setup("dist");
    AUTO_FREE char *before = corpus("dist.10.70.0.1.bricks-dist1.vol");
    bool waiting = false;

    (void)state;
    AUTO_FREE char *same = placed_running(f, before, "", &waiting);
    assert_string_equal(before, same);
    assert_false(waiting);

    set(f, "features.glupy-module", "one");
    set(f, "features.glupy-side", "brick");
    AUTO_FREE char *after = placed_running(f, before, "", &waiting);
    assert_string_equal(before, after);
    assert_true(waiting);
}

static void
a_running_brick_keeps_what_it_has_in_its_place(void **state)
{
    AUTO_FIXTURE struct fixture *f = setup("dist");
    AUTO_FREE char *before = corpus("dist.10.70.0.1.bricks-dist1.vol");
    bool waiting = true;

    (void)state;
    set(f, "features.glupy-module", "one,two");
    set(f, "features.glupy-side", "brick");
    set(f, "features.glupy-position", "features/locks");
    AUTO_FREE char *on = placed(f, before, VOLGEN_BRICK);
    AUTO_FREE char *running = ours(on, "dist");
    AUTO_FREE char *same = placed_running(f, before, running, &waiting);
    assert_string_equal(on, same);
    assert_false(waiting);

    /* another place, and one less: both stay where they are, one inactive */
    set(f, "features.glupy-position", "features/quota");
    set(f, "features.glupy-module", "two");
    set(f, "features.glupy-timeout", "50");
    AUTO_FREE char *after = placed_running(f, before, running, &waiting);
    assert_true(waiting);
    assert_ours(f, after, running);
    assert_non_null(strstr(after,
        "volume dist-volext-glupy-one\n"
        "    type features/glupy\n"
        "    option module-name one\n"
        "    option passthrough on\n"
        "    subvolumes dist-volext-glupy-two\n"));
    assert_non_null(strstr(after, "    option timeout 50\n    subvolumes dist-locks\n"));
    AUTO_FREE char *twice = placed_running(f, after, running, &waiting);
    assert_string_equal(after, twice);
}

static void
a_record_without_places_means_below_io_stats(void **state)
{
    AUTO_FIXTURE struct fixture *f = setup("dist");
    AUTO_FREE char *before = corpus("dist.10.70.0.1.bricks-dist1.vol");
    bool waiting = false;

    (void)state;
    AUTO_FREE char *after = placed_running(f, before,
        "dist-volext-glupy-one features/glupy\ndist-volext-glupy-two features/glupy\n",
        &waiting);
    assert_true(waiting);
    assert_ours(f, after, "dist-volext-glupy-one features/glupy dist-volext-glupy-two\n"
                          "dist-volext-glupy-two features/glupy dist-quota\n");
}

static void
a_record_whose_place_is_gone_is_an_error_and_told(void **state)
{
    AUTO_FIXTURE struct fixture *f = setup("dist");
    AUTO_FREE char *before = corpus("dist.10.70.0.1.bricks-dist1.vol");
    AUTO_GRAPH struct volgen_graph *graph = parsed(before);
    bool waiting = false;

    (void)state;
    assert_int_equal(volgen_place_running(graph, VOLGEN_BRICK, &f->world,
        "dist-volext-glupy-one features/glupy dist-gone\n", &waiting), -ENOENT);
    assert_non_null(strstr(strbuf_text(&f->told), "dist-gone"));
}

/* ---- described extensions ------------------------------------------------ */

/* The fixture's table gets one more extension, which the table frees. */
static void
describe(struct fixture *f, const char *name, const char *text)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    struct described *d = NULL;

    if (described_parse("x.conf", name, text, strlen(text), &d, &why))
        fail_msg("%s", strbuf_text(&why));
    d->next = f->table.described;
    f->table.described = d;
    f->table.extensions = reallocarray(f->table.extensions, f->table.count + 1,
                                       sizeof(*f->table.extensions));
    f->table.extensions[f->table.count++] = &d->extension;
}

#define DELAY(position)                                                        \
    "[extension]\nxlator = debug/delay-gen\nswitch = debug.delay\nhelp = h\n"   \
    "volfiles = trusted-client brick\nposition = " position "\n"                \
    "inactive = delay-percentage 0\n"                                          \
    "[option debug.delay-for]\ntype = int\nminimum = 1\ndefault = 9\n"          \
    "option = delay-duration\nhelp = h\n"

static void
a_described_one_goes_where_it_says_with_its_defaults(void **state)
{
    AUTO_FIXTURE struct fixture *f = setup("dist");
    AUTO_FREE char *before = corpus("dist.tcp-fuse.vol");

    (void)state;
    describe(f, "delay", DELAY("below performance/quick-read"));
    set(f, "debug.delay-for", "7");
    AUTO_FREE char *off = placed(f, before, VOLGEN_TRUSTED_CLIENT);
    assert_string_equal(off, before);
    set(f, "debug.delay", "Yes");
    AUTO_FREE char *other = placed(f, before, VOLGEN_CLIENT);
    assert_string_equal(other, before);
    AUTO_FREE char *after = placed(f, before, VOLGEN_TRUSTED_CLIENT);
    assert_non_null(strstr(after,
        "volume dist-volext-delay\n    type debug/delay-gen\n    option delay-duration 7\n"
        "    subvolumes dist-open-behind\nend-volume\n\nvolume dist-quick-read\n"));
    set(f, "debug.delay-for", "0"); /* not allowed: the default */
    AUTO_FREE char *again = placed(f, after, VOLGEN_TRUSTED_CLIENT);
    assert_non_null(strstr(again, "    option delay-duration 9\n"));
}

static void
ours_come_first_where_several_want_one_place(void **state)
{
    AUTO_FIXTURE struct fixture *f = setup("dist");
    AUTO_FREE char *before = corpus("dist.tcp-fuse.vol");

    (void)state;
    describe(f, "delay", DELAY("below debug/io-stats"));
    set(f, "debug.delay", "on");
    set(f, "features.glupy-module", "one");
    AUTO_FREE char *after = placed(f, before, VOLGEN_TRUSTED_CLIENT);
    assert_ours(f, after, "dist-volext-glupy-one features/glupy dist-volext-delay\n"
                          "dist-volext-delay debug/delay-gen dist-io-threads\n");
}

static void
a_described_one_that_a_brick_cannot_lose_is_made_inactive(void **state)
{
    AUTO_FIXTURE struct fixture *f = setup("dist");
    AUTO_FREE char *before = corpus("dist.10.70.0.1.bricks-dist1.vol");
    bool waiting = false;

    (void)state;
    describe(f, "delay", DELAY("above features/locks"));
    AUTO_FREE char *after = placed_running(f, before,
        "dist-volext-delay debug/delay-gen dist-locks\n", &waiting);
    assert_true(waiting);
    assert_non_null(strstr(after,
        "volume dist-volext-delay\n    type debug/delay-gen\n    option delay-percentage 0\n"
        "    subvolumes dist-locks\n"));
}

static void
kinds_are_told_by_the_file_name(void **state)
{
    static const struct {
        const char *file;
        enum volgen_kind kind;
    } rows[] = {
        {"trusted-v1.tcp-fuse.vol", VOLGEN_TRUSTED_CLIENT},
        {"v1.tcp-fuse.vol", VOLGEN_CLIENT},
        {"v1.10.0.0.1.bricks-b1.vol", VOLGEN_BRICK},
        {"v1.host.tcp-fuse.vol", VOLGEN_BRICK},
        {"v1.client.bricks-b1.vol", VOLGEN_BRICK}, /* a host called client */
        {"v1.client.10.0.0.1.bricks-b1.vol", VOLGEN_OTHER},
        {"trusted-v1.tcp-gfproxy-fuse.vol", VOLGEN_OTHER},
        {"trusted-v1.host.b.vol", VOLGEN_OTHER},
        {"v1.gfproxyd.vol", VOLGEN_OTHER},
        {"v1-shd.vol", VOLGEN_OTHER},
        {"v1-rebalance.vol", VOLGEN_OTHER},
        {"v12.tcp-fuse.vol", VOLGEN_OTHER},
        {"v1..b.vol", VOLGEN_OTHER},
        {"v1.host..vol", VOLGEN_OTHER},
        {"v1.host.b.vol.tmp", VOLGEN_OTHER},
        {"v1.vol", VOLGEN_OTHER},
        {"v1.", VOLGEN_OTHER},
        {"info", VOLGEN_OTHER},
        {"", VOLGEN_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (volgen_kind_of("v1", rows[i].file) != rows[i].kind)
            fail_msg("%s", rows[i].file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_wanted_leaves_every_byte),
        cmocka_unit_test(another_number_of_upcall_is_another_graph_for_clients),
        cmocka_unit_test(modules_go_below_io_stats_the_first_on_top),
        cmocka_unit_test(twice_is_as_once_and_off_is_as_before),
        cmocka_unit_test(sides_and_clients_choose_the_kinds),
        cmocka_unit_test(position_puts_one_above_each_of_the_type),
        cmocka_unit_test(nothing_goes_above_the_brick),
        cmocka_unit_test(what_is_missing_or_another_is_left_out_and_told),
        cmocka_unit_test(another_generation_is_an_option_of_its_modules_node),
        cmocka_unit_test(a_bad_value_is_told_and_the_default_used),
        cmocka_unit_test(a_volume_named_like_our_nodes_keeps_its_own),
        cmocka_unit_test(a_running_brick_gains_nothing),
        cmocka_unit_test(a_running_brick_keeps_what_it_has_in_its_place),
        cmocka_unit_test(a_record_without_places_means_below_io_stats),
        cmocka_unit_test(a_record_whose_place_is_gone_is_an_error_and_told),
        cmocka_unit_test(a_described_one_goes_where_it_says_with_its_defaults),
        cmocka_unit_test(ours_come_first_where_several_want_one_place),
        cmocka_unit_test(a_described_one_that_a_brick_cannot_lose_is_made_inactive),
        cmocka_unit_test(kinds_are_told_by_the_file_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
