/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Extensions described in files: what is read, and what is said of what is wrong.
 */
#include <sys/stat.h>

#include "volgen/describe.h"
#include "volgen/testing.h"

#define HEAD "[extension]\nxlator = debug/error-gen\nswitch = debug.errors\n" \
             "help = Fails.\nvolfiles = client\n"

static void
a_description_becomes_an_extension(void **state)
{
    static const char text[] =
        "# a comment\r\n\n[extension]\n xlator=debug/error-gen\nswitch = debug.errors\n"
        "help = Fails # always.\nvolfiles = trusted-client, client\n"
        "position = above   protocol/client\ninactive = failure 0\n"
        "[ option debug.errors-no ]\ntype = enum\nchoices = ENOENT EIO\n"
        "option = error-no\ndefault = EIO\nhelp = Which.\n"
        "[option debug.errors-rate]\ntype = int\nminimum = 1\nmaximum = 100\nunit = %\n"
        "option = failure\nhelp = How many.";
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    struct described *d = NULL;

    (void)state;
    int ret = described_parse("/x/errors.conf", "errors", text, strlen(text), &d, &why);
    assert_string_equal(strbuf_text(&why), "");
    assert_int_equal(ret, 0);
    const struct volgen_extension *e = &d->extension;
    assert_string_equal(e->name, "errors");
    assert_string_equal(e->xlator, "debug/error-gen");
    assert_string_equal(e->help, "Fails # always.");
    assert_string_equal(e->position, "above protocol/client");
    assert_string_equal(e->inactive_key, "failure");
    assert_string_equal(e->inactive_value, "0");
    assert_int_equal(e->kinds, VOLGEN_TRUSTED_CLIENT | VOLGEN_CLIENT);
    assert_int_equal(e->option_count, 3);
    assert_string_equal(e->options[0].key, e->switch_key);
    assert_int_equal(e->options[0].type, VOLGEN_BOOL);
    assert_string_equal(e->options[0].def, "off");
    assert_string_equal(e->options[1].choices[1], "EIO");
    assert_null(e->options[1].choices[2]);
    assert_int_equal(e->options[2].max, 100);
    assert_string_equal(e->options[2].def, "");
    described_free(d);
}

static void
errors_name_file_line_value_and_remedy(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "/x/e.conf:1: [extension] is not complete; add `xlator"},
        {"xlator = a/b", ":1: xlator stands in no section"},
        {"[extension]\nxlator = delay", ":2: 'delay' is not the type of a translator"},
        {"[extension]\nxlator =", ":2: xlator has no value"},
        {"[extension]\nxlator a/b", ":2: 'xlator a/b' is neither"},
        {"[extension]\nswitch = on", ":2: 'on' cannot be the name of an option"},
        {"[extension]\nswitch = user.a", ":2: 'user.a' cannot be"},
        {"[extension]\nswitch = a.b=c", ":2: 'a.b=c' cannot be"},
        {"[extension]\nvolfiles = client shd", ":2: 'shd' is no kind"},
        {"[extension]\nposition = beside a/b", ":2: 'beside a/b' is no position"},
        {"[extension]\nposition = above", ":2: 'above ' is no position"},
        {"[extension]\ninactive = x", ":2: 'x' has no value"},
        {"[extension]\ncolour = x", ":2: 'colour' is not known"},
        {"[options]", ":1: '[options]' is not known"},
        {"[option]", ":1: '[option]' is not known"},
        {HEAD "[option debug.errors]", ":6: the option debug.errors is there a second"},
        {HEAD "[option a.b]\n\n", ":6: a.b says not which option"},
        {HEAD "[option a.b]\noption = x\n", ":6: a.b has no help"},
        {HEAD "[option a.b]\noption = x\nhelp = h\nminimum = 1", ":6: a.b is no number"},
        {HEAD "[option a.b]\ntype = int\noption = x\nhelp = h\nminimum = 2\nmaximum = 1",
         ":6: a.b can have no value"},
        {HEAD "[option a.b]\ntype = number", ":7: 'number' is no type"},
        {HEAD "[option a.b]\nminimum = few", ":7: 'few' is not a number"},
        {HEAD "[option a.b]\nminimum = -1", ":7: '-1' is not a number"},
        {HEAD "[option a.b]\ntype = enum\noption = x\nhelp = h", ":6: a.b has nothing"},
        {HEAD "[option a.b]\noption = x\nhelp = h\nchoices = c", ":6: a.b has choices"},
        {HEAD "[option a.b]\ntype = bool\noption = x\nhelp = h\ndefault = maybe",
         ":6: the default is wrong: a.b: 'maybe'"},
        {HEAD "[option a.b]\nsize = 3", ":7: 'size' is not known"},
        {"[extension]\nxlator = a/b\nhelp = \x01", ":3: the value of help holds"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO_STRBUF struct strbuf why = STRBUF_INIT;
        struct described *d = NULL;
        int ret = described_parse("/x/e.conf", "e", rows[i].text, strlen(rows[i].text),
                                  &d, &why);

        if (ret != -EINVAL || d || !strstr(strbuf_text(&why), rows[i].why))
            fail_msg("%s\n%s", rows[i].text, strbuf_text(&why));
    }
}

static void
a_name_that_is_no_part_of_a_node_is_refused(void **state)
{
    static const char *const names[] = {"a-b", "", "A", "a b", "../a"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        AUTO_STRBUF struct strbuf why = STRBUF_INIT;
        struct described *d = NULL;

        assert_int_equal(described_parse("/x", names[i], HEAD, strlen(HEAD), &d, &why),
                         -EINVAL);
    }
}

/* ---- a folder of them ---------------------------------------------------- */

static void
take(void *arg, const char *sentence)
{
    strbuf_fmt(arg, "%s\n", sentence);
}

static void
put(const char *dir, const char *name, const char *text, mode_t mode)
{
    AUTO_FREE char *path = str_fmt("%s/%s", dir, name);

    assert_int_equal(file_replace(path, text, strlen(text), mode), 0);
}

static void
remove_dir(const char *path)
{
    AUTO_CLOSEDIR DIR *dir = opendir(path);
    struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        unlinkat(dirfd(dir), entry->d_name, 0);
    rmdir(path);
}

static void
only_good_and_trusted_files_are_read(void **state)
{
    char dir[] = "/tmp/volgen-describe.XXXXXX";
    AUTO_TABLE struct volgen_table table = VOLGEN_TABLE_INIT;
    AUTO_STRBUF struct strbuf told = STRBUF_INIT;
    const struct volgen_extension *ext = NULL;

    (void)state;
    if (geteuid() != 0)
        skip(); /* files must be root's */
    assert_non_null(mkdtemp(dir));
    put(dir, "errors.conf", HEAD, 0644);
    put(dir, "errors.conf.bak", "rubbish", 0644);
    put(dir, "again.conf", HEAD, 0666);
    put(dir, "glupy.conf", "[extension]\nxlator = a/b\nswitch = a.b\nhelp = h\n"
                           "volfiles = brick\n", 0644);
    put(dir, "same.conf", HEAD, 0644);
    put(dir, "broken.conf", "[", 0644);
    assert_int_equal(volgen_table_load(&table, dir, take, &told), 0);
    assert_non_null(strstr(strbuf_text(&told), "again.conf is writable by others"));
    assert_non_null(strstr(strbuf_text(&told), "broken.conf:1: '['"));
    assert_non_null(strstr(strbuf_text(&told), "glupy is the name of another"));
    assert_non_null(strstr(strbuf_text(&told), "debug.errors belongs to the extension errors"));
    assert_int_equal(table.count, 3); /* ours and this */
    assert_non_null(volgen_option_find(&table, "user.debug.errors", &ext));
    assert_string_equal(ext->name, "errors");
    remove_dir(dir);
}

static void
no_folder_means_ours_only(void **state)
{
    AUTO_TABLE struct volgen_table table = VOLGEN_TABLE_INIT;

    (void)state;
    assert_int_equal(volgen_table_load(&table, "/no/such", NULL, NULL), 0);
    assert_int_equal(table.count, 2); /* glupy, gnotify */
}

/* The example in docs/extensions.md is one that works. */
static void
the_documented_example_is_right(void **state)
{
    const char *srcdir = getenv("srcdir");
    AUTO_FREE char *path = str_fmt("%s/docs/extensions.md", srcdir ? srcdir : ".");
    AUTO_STRBUF struct strbuf doc = STRBUF_INIT, why = STRBUF_INIT;
    struct described *d = NULL;

    (void)state;
    assert_int_equal(file_read(path, 1 << 20, &doc), 0);
    char *from = strstr(doc.data, "```ini\n");
    assert_non_null(from);
    from += strlen("```ini\n");
    char *to = strstr(from, "```\n");
    assert_non_null(to);
    int ret = described_parse(path, "errors", from, (size_t)(to - from), &d, &why);
    assert_string_equal(strbuf_text(&why), "");
    assert_int_equal(ret, 0);
    described_free(d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_description_becomes_an_extension),
        cmocka_unit_test(errors_name_file_line_value_and_remedy),
        cmocka_unit_test(a_name_that_is_no_part_of_a_node_is_refused),
        cmocka_unit_test(only_good_and_trusted_files_are_read),
        cmocka_unit_test(no_folder_means_ours_only),
        cmocka_unit_test(the_documented_example_is_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
