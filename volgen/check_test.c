/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The table of options, and which values may be stored.
 */
#include "volgen/testing.h"

static void
known_options_are_found_with_and_without_user(void **state)
{
    AUTO_TABLE struct volgen_table table = VOLGEN_TABLE_INIT;
    const struct volgen_extension *ext = NULL;

    (void)state;
    assert_int_equal(volgen_table_load(&table, NULL, NULL, NULL), 0);
    assert_non_null(volgen_option_find(&table, "features.glupy-module", &ext));
    assert_string_equal(ext->name, "glupy");
    assert_non_null(volgen_option_find(&table, "user.features.glupy-module", NULL));
    assert_non_null(volgen_option_find(&table, "features.glupy-option.m.k", NULL));
    assert_null(volgen_option_find(&table, "features.glupy-option.", NULL));
    assert_null(volgen_option_find(&table, "features.glupy-modules", NULL));
    assert_null(volgen_option_find(&table, "features.shard", NULL));
    assert_true(volgen_option_find(&table, "volext.epoch", NULL)->hidden);
    assert_true(volgen_option_find(&table, "features.glupy-digest.m", NULL)->hidden);
}

/* Defaults pass the checks, every option has help, and the xlator's name once. */
static void
the_table_is_consistent(void **state)
{
    AUTO_TABLE struct volgen_table table = VOLGEN_TABLE_INIT;

    (void)state;
    assert_int_equal(volgen_table_load(&table, NULL, NULL, NULL), 0);
    for (size_t e = 0; e < table.count; e++)
        for (size_t i = 0; i < table.extensions[e]->option_count; i++) {
            const struct volgen_option *o = &table.extensions[e]->options[i];
            AUTO_FREE char *key = str_fmt("%s%s", o->key, !o->prefix ? "" :
                                          o->hidden ? "m" : "m.k");
            AUTO_STRBUF struct strbuf why = STRBUF_INIT;

            assert_true(o->help && *o->help && o->def);
            if (volgen_check(o, key, *o->def ? o->def : VOLGEN_UNSET, &why))
                fail_msg("%s", strbuf_text(&why));
        }
}

static const char *const colours[] = {"red", "green", NULL};
static const char *const words[] = {"inline", NULL};
static const struct volgen_option boolean = {.key = "a.b", .type = VOLGEN_BOOL, .def = "off"},
    whole = {.key = "a.b", .type = VOLGEN_INT, .min = 1, .max = 64, .choices = words, .def = "2"},
    size = {.key = "a.b", .type = VOLGEN_SIZE, .min = 4096, .max = 1LL << 40, .def = "1MB"},
    share = {.key = "a.b", .type = VOLGEN_SIZE, .def = "1%"},
    duration = {.key = "a.b", .type = VOLGEN_TIME, .max = 86400, .def = "1h"},
    colour = {.key = "a.b", .type = VOLGEN_ENUM, .choices = colours, .def = "red"},
    text = {.key = "a.b", .type = VOLGEN_TEXT, .def = ""},
    xlator = {.key = "a.b", .type = VOLGEN_XLATOR, .def = ""},
    modules = {.key = "a.b", .type = VOLGEN_MODULES, .def = "off"};

static void
good_values_pass(void **state)
{
    static const struct {
        const struct volgen_option *option;
        const char *value;
    } rows[] = {
        {&boolean, "on"}, {&boolean, "No"}, {&boolean, "1"}, {&boolean, "disable"},
        {&whole, "1"}, {&whole, "64"}, {&whole, "inline"},
        {&size, "4096"}, {&size, "4KB"}, {&size, "4096B"}, {&size, "1tb"},
        {&share, "1%"}, {&share, "0.5%"}, {&share, "100%"}, {&share, "7GB"},
        {&duration, "0"}, {&duration, "30s"}, {&duration, "1d"}, {&duration, "24h"},
        {&colour, "green"},
        {&text, "x"}, {&text, "grün = `1`, \"2\" \\ # end"}, {&text, "日本語"}, {&text, " "},
        {&xlator, "performance/md-cache"}, {&xlator, "default"},
        {&modules, "off"}, {&modules, "negative"}, {&modules, "_a,b2,C"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO_STRBUF struct strbuf why = STRBUF_INIT;

        if (volgen_check(rows[i].option, "a.b", rows[i].value, &why))
            fail_msg("%s", strbuf_text(&why));
        assert_int_equal(why.len, 0);
    }
}

static void
bad_values_are_refused_with_the_remedy(void **state)
{
    static const struct {
        const struct volgen_option *option;
        const char *key, *value, *why;
    } rows[] = {
        {&boolean, "a.b", "maybe", "a.b: 'maybe' is neither on nor off"},
        {&whole, "a.b", "0", "'0' is out of range; give a number from 1 to 64, or inline"},
        {&whole, "a.b", "65", "out of range"},
        {&whole, "a.b", "-1", "not a number"},
        {&whole, "a.b", "+1", "not a number"},
        {&whole, "a.b", "1x", "not a number"},
        {&whole, "a.b", "1 ", "not a number"},
        {&whole, "a.b", "99999999999999999999", "not a number"},
        {&whole, "a.b", "2KB", "not a number"},
        {&size, "a.b", "4095", "'4095' is out of range; give a number of bytes, or with KB"},
        {&size, "a.b", "9000000PB", "not a number"},
        {&size, "a.b", "5%", "not a number"},
        {&share, "a.b", "101%", "not a number"},
        {&share, "a.b", "%", "not a number"},
        {&duration, "a.b", "2d", "out of range"},
        {&duration, "a.b", "1y", "of seconds, or with m, h, d, w"},
        {&colour, "a.b", "Red", "is not one of: red, green"},
        {&xlator, "a.b", "md-cache", "CATEGORY/NAME"},
        {&xlator, "a.b", "a/../b", "CATEGORY/NAME"},
        {&modules, "a.b", "../x", "'../x' is not a list of module names"},
        {&modules, "a.b", "a.py", "without .py"},
        {&modules, "a.b", "a, b", "by commas only"},
        {&modules, "a.b", "a,,b", "list of module names"},
        {&modules, "a.b", "a,b,a", "names the module a twice"},
        {&modules, "a.b", "a,off", "off stands alone"},
        {&modules, "a.b", "import", "no word of Python's"},
        {&text, "a.b", "", "is empty"},
        {&text, "a.b", "x\ny", "'x\\x0ay' holds a control character (with a newline"},
        {&text, "a.b", "\x1b[2J", "'\\x1b[2J' holds a control"},
        {&text, "a.b", "\xc2\x9b", "control"},
        {&text, "a.b", "gr\xfcn", "'gr\\xfcn' is not UTF-8"},
        {&text, "a.b=c", "x", "a.b=c: 'x' cannot be stored: with a ="},
        {&text, "a b", "x", "cannot be stored"},
        {&text, "a.ü", "x", "cannot be stored"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO_STRBUF struct strbuf why = STRBUF_INIT;

        if (volgen_check(rows[i].option, rows[i].key, rows[i].value, &why) != -EINVAL ||
            !strstr(strbuf_text(&why), rows[i].why))
            fail_msg("%s\n%s", rows[i].value, strbuf_text(&why));
        assert_true(why.len < 400);
    }
}

static void
options_of_modules_name_one(void **state)
{
    static const struct volgen_option prefix = {.key = "f.option.", .type = VOLGEN_TEXT,
                                                .prefix = true, .def = ""};
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;

    (void)state;
    assert_int_equal(volgen_check(&prefix, "f.option.m.k", "v", &why), 0);
    assert_int_equal(volgen_check(&prefix, "user.f.option.m.k.l", "v", &why), 0);
    assert_int_equal(volgen_check(&prefix, "f.option.m", "v", &why), -EINVAL);
    assert_int_equal(volgen_check(&prefix, "f.option.m.", "v", &why), -EINVAL);
    assert_int_equal(volgen_check(&prefix, "f.option.m-n.k", "v", &why), -EINVAL);
    assert_non_null(strstr(strbuf_text(&why), "the option is f.option.MODULE.NAME"));
}

/* glusterd aborts when key and value are longer than that together. */
static void
the_longest_value_is_counted_with_user(void **state)
{
    char value[VOLGEN_MAX_STORED + 1];
    size_t most = VOLGEN_MAX_STORED - strlen("user.a.b");
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;

    (void)state;
    memset(value, 'x', sizeof(value));
    value[most] = '\0';
    assert_int_equal(volgen_check(&text, "a.b", value, &why), 0);
    assert_int_equal(volgen_check(&text, "user.a.b", value, &why), 0);
    value[most] = 'x';
    value[most + 1] = '\0';
    assert_int_equal(volgen_check(&text, "a.b", value, &why), -EINVAL);
    assert_int_equal(volgen_check(&text, "user.a.b", value, &why), -EINVAL);
    assert_non_null(strstr(strbuf_text(&why), "4091 bytes"));
}

static void
module_names_are_identifiers(void **state)
{
    char name[66];

    (void)state;
    memset(name, 'a', sizeof(name));
    name[64] = '\0';
    assert_true(volgen_is_module_name(name));
    name[64] = 'a';
    name[65] = '\0';
    assert_false(volgen_is_module_name(name));
    assert_true(volgen_is_module_name("_x9"));
    assert_false(volgen_is_module_name(""));
    assert_false(volgen_is_module_name("9x"));
    assert_false(volgen_is_module_name("a-b"));
    assert_false(volgen_is_module_name("é"));
    assert_false(volgen_is_module_name("None"));
    assert_false(volgen_is_module_name("Off"));
    assert_true(volgen_is_off("OFF"));
    assert_false(volgen_is_off("offer"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_options_are_found_with_and_without_user),
        cmocka_unit_test(the_table_is_consistent),
        cmocka_unit_test(good_values_pass),
        cmocka_unit_test(bad_values_are_refused_with_the_remedy),
        cmocka_unit_test(options_of_modules_name_one),
        cmocka_unit_test(the_longest_value_is_counted_with_user),
        cmocka_unit_test(module_names_are_identifiers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
