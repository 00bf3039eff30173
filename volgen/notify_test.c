/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Events in words, and the node of gnotify in bricks.
 */
#include "volgen/testing.h"

static const char brick_file[] = "dist.10.70.0.1.bricks-dist1.vol";

struct fixture {
    struct volgen_table table;
    struct kv options;
    struct strbuf told;
    struct volgen_world world;
    bool missing;
};

static bool
has_xlator(void *arg, const char *type)
{
    (void)type;
    return !((struct fixture *)arg)->missing;
}

static bool
find_module(void *arg, const char *name, struct volgen_module *module, const char **why)
{
    (void)arg;
    (void)why;
    *module = (struct volgen_module){.digest = "7", .dir = "/modules"};
    snprintf(module->name, sizeof(module->name), "%s", name);
    return true;
}

static void
complain(void *arg, const char *sentence)
{
    strbuf_fmt(&((struct fixture *)arg)->told, "%s\n", sentence);
}

static void
teardown(struct fixture *f)
{
    volgen_table_free(&f->table);
    kv_free(&f->options);
    strbuf_free(&f->told);
}
#define AUTO_FIXTURE AUTO(teardown)

static void
setup(struct fixture *f, bool resident)
{
    assert_int_equal(volgen_table_load(&f->table, NULL, complain, f), 0);
    f->world = (struct volgen_world){
        .table = &f->table, .volume = "dist", .options = &f->options, .resident = resident,
        .has_xlator = has_xlator, .find_module = find_module, .complain = complain, .arg = f};
}

static void
set(struct fixture *f, const char *key, const char *value)
{
    assert_int_equal(kv_set(&f->options, key, value), 0);
}

static char *
placed(struct fixture *f, const char *file, enum volgen_kind kind)
{
    AUTO_FREE char *before = corpus(file);
    AUTO_GRAPH struct volgen_graph *graph = parsed(before);

    assert_int_equal(volgen_place(graph, kind, &f->world), 0);
    return printed(graph);
}

/* The node in a volfile's text; the caller frees it. */
static char *
node_in(const char *text)
{
    const char *at = strstr(text, "volume dist-volext-gnotify\n");
    const char *end = at ? strstr(at, "end-volume\n") : NULL;

    return end ? strndup(at, (size_t)(end - at)) : strdup("");
}

static char *
node_placed(struct fixture *f)
{
    AUTO_FREE char *text = placed(f, brick_file, VOLGEN_BRICK);

    return node_in(text);
}

static void
a_resident_node_is_in_bricks_only_directly_below_the_io_stats(void **state)
{
    AUTO_FIXTURE struct fixture f = {0};

    (void)state;
    setup(&f, true);
    AUTO_FREE char *node = node_placed(&f), *text = placed(&f, brick_file, VOLGEN_BRICK);
    AUTO_GRAPH struct volgen_graph *graph = parsed(text);
    const struct volgen_node *top = volgen_find_type(graph, "debug/io-stats", NULL);
    AUTO_FREE char *client = placed(&f, "trusted-dist.tcp-fuse.vol", VOLGEN_TRUSTED_CLIENT);
    AUTO_FREE char *stock = corpus("trusted-dist.tcp-fuse.vol");

    assert_non_null(strstr(node, "    type features/gnotify\n    option active off\n    subvolumes "));
    assert_string_equal(top->subvolumes[0]->name, "dist-volext-gnotify");
    assert_string_equal(client, stock);
}

static void
without_resident_only_a_volume_that_has_it_on_gets_it(void **state)
{
    AUTO_FIXTURE struct fixture f = {0};

    (void)state;
    setup(&f, false);
    AUTO_FREE char *text = placed(&f, brick_file, VOLGEN_BRICK), *stock = corpus(brick_file);

    assert_string_equal(text, stock);
    set(&f, "user.features.notify", "enable");
    AUTO_FREE char *node = node_placed(&f);
    assert_non_null(strstr(node, "option active on\n"));
}

static void
it_stands_above_modules_in_bricks(void **state)
{
    AUTO_FIXTURE struct fixture f = {0};

    (void)state;
    setup(&f, true);
    set(&f, "user.features.glupy-module", "one");
    set(&f, "user.features.glupy-side", "brick");
    AUTO_FREE char *node = node_placed(&f);
    assert_non_null(strstr(node, "subvolumes dist-volext-glupy-one\n"));
}

static void
options_of_the_volume_become_the_translators(void **state)
{
    AUTO_FIXTURE struct fixture f = {0};

    (void)state;
    setup(&f, true);
    set(&f, "user.features.notify", "on");
    set(&f, "user.features.notify-events", "move,create,moved_to,open");
    set(&f, "user.features.notify-retention-size", "1GB");
    set(&f, "user.features.notify-retention-time", "7d");
    set(&f, "features.shard-block-size", "4MB");
    AUTO_FREE char *node = node_placed(&f);
    assert_non_null(strstr(node,
        "    option active on\n"
        "    option events rename,create,mknod,mkdir,symlink,link,open,opendir\n"
        "    option shard-block-size 4MB\n"
        "    option retention-size 1GB\n"
        "    subvolumes "));
    set(&f, "user.features.notify-events", "default,all");
    AUTO_FREE char *all = node_placed(&f);
    assert_non_null(strstr(all, "option events all\n"));
}

static void
a_value_that_is_wrong_is_told_and_the_default_taken(void **state)
{
    AUTO_FIXTURE struct fixture f = {0};

    (void)state;
    setup(&f, true);
    set(&f, "user.features.notify", "maybe");
    set(&f, "user.features.notify-events", "create,erase");
    AUTO_FREE char *node = node_placed(&f);
    assert_non_null(strstr(node, "option active off\n"));
    assert_null(strstr(node, "option events"));
    assert_non_null(strstr(strbuf_text(&f.told), "'erase' is none"));
    assert_non_null(strstr(strbuf_text(&f.told), "maybe"));
}

static void
without_the_translator_only_who_asked_for_it_is_told(void **state)
{
    AUTO_FIXTURE struct fixture f = {0};

    (void)state;
    setup(&f, true);
    f.missing = true;
    AUTO_FREE char *none = node_placed(&f);
    assert_string_equal(none, "");
    assert_int_equal(f.told.len, 0);
    set(&f, "user.features.notify", "on");
    AUTO_FREE char *still = node_placed(&f);
    assert_string_equal(still, "");
    assert_non_null(strstr(strbuf_text(&f.told), "features/gnotify is not installed"));
}

static char *
placed_running(struct fixture *f, const char *has, bool *waiting)
{
    AUTO_FREE char *before = corpus(brick_file);
    AUTO_GRAPH struct volgen_graph *graph = parsed(before);

    assert_int_equal(volgen_place_running(graph, VOLGEN_BRICK, &f->world, has, waiting), 0);
    return printed(graph);
}

static void
a_running_brick_is_switched_and_neither_gains_nor_loses_it(void **state)
{
    AUTO_FIXTURE struct fixture f = {0};
    AUTO_FREE char *stock = corpus(brick_file);
    bool waiting;

    (void)state;
    setup(&f, true);
    AUTO_FREE char *now = placed(&f, brick_file, VOLGEN_BRICK);
    AUTO_GRAPH struct volgen_graph *graph = parsed(now);
    AUTO_STRBUF struct strbuf has = STRBUF_INIT;
    assert_int_equal(volgen_placed(graph, "dist", &has), 0);
    set(&f, "user.features.notify", "on");
    AUTO_FREE char *on = placed_running(&f, strbuf_text(&has), &waiting);
    assert_false(waiting);
    AUTO_FREE char *node = node_in(on);
    assert_non_null(strstr(node, "option active on\n"));

    AUTO_FREE char *without = placed_running(&f, "", &waiting);
    assert_true(waiting);
    assert_string_equal(without, stock);

    set(&f, "user.features.notify", "off");
    f.world.resident = false;
    AUTO_FREE char *left = placed_running(&f, strbuf_text(&has), &waiting);
    AUTO_FREE char *off = node_in(left);
    assert_true(waiting);
    assert_non_null(strstr(off, "option active off\n"));
}

static void
every_event_has_records_and_some_need_opens(void **state)
{
    (void)state;
    for (size_t i = 0; i < volgen_event_count; i++) {
        AUTO_STRBUF struct strbuf out = STRBUF_INIT;

        assert_int_equal(volgen_events_records(volgen_events[i].name, &out), 0);
        assert_true(out.len > 0);
    }
    assert_true(volgen_events_need_opens("create,open"));
    assert_true(volgen_events_need_opens("all"));
    assert_true(volgen_events_need_opens("close"));
    assert_false(volgen_events_need_opens("default"));
    assert_false(volgen_events_need_opens("create,close_write,access"));
    assert_null(volgen_event_find("crea", 4));
    assert_null(volgen_event_find("", 0));
}

static void
lists_of_events_are_checked(void **state)
{
    static const char *const good[] = {"all", "default", "create", "create,delete", "default,open"};
    static const char *const bad[] = {"", ",", "create,", ",create", "create delete", "Create",
                                      "create,,delete", "isdir", "create, delete", "none"};
    struct volgen_option option = {.key = "a.b", .type = VOLGEN_EVENTS, .def = "default"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        AUTO_STRBUF struct strbuf why = STRBUF_INIT;
        assert_int_equal(volgen_check(&option, option.key, good[i], &why), 0);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        AUTO_STRBUF struct strbuf why = STRBUF_INIT;
        assert_int_equal(volgen_check(&option, option.key, bad[i], &why), -EINVAL);
        assert_non_null(strstr(strbuf_text(&why), *bad[i] ? "give some of" : "empty"));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_resident_node_is_in_bricks_only_directly_below_the_io_stats),
        cmocka_unit_test(without_resident_only_a_volume_that_has_it_on_gets_it),
        cmocka_unit_test(it_stands_above_modules_in_bricks),
        cmocka_unit_test(options_of_the_volume_become_the_translators),
        cmocka_unit_test(a_value_that_is_wrong_is_told_and_the_default_taken),
        cmocka_unit_test(without_the_translator_only_who_asked_for_it_is_told),
        cmocka_unit_test(a_running_brick_is_switched_and_neither_gains_nor_loses_it),
        cmocka_unit_test(every_event_has_records_and_some_need_opens),
        cmocka_unit_test(lists_of_events_are_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
