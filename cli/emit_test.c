/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Unit tests of the emitter: each of its forms, byte for byte.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/cli.h"
#include "cli/module.h"
#include "common/file.h"

#define XML_HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<cliOutput>\n"

struct printed {
    struct strbuf out;
    struct strbuf err;
    int status;
};

static int
divert(int fd, const char *path)
{
    int saved = dup(fd);
    AUTO_CLOSE int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(saved >= 0 && file >= 0);
    assert_true(dup2(file, fd) == fd);
    return saved;
}

static void
restore(int fd, int saved, const char *path, struct strbuf *text)
{
    dup2(saved, fd);
    close(saved);
    assert_int_equal(file_read(path, 1 << 20, text), 0);
    strbuf_add(text, "", 0);
    unlink(path);
}

static struct printed
end(struct emit *e)
{
    struct printed p = {STRBUF_INIT, STRBUF_INIT, 0};
    char out[] = "/tmp/emit-out-XXXXXX", err[] = "/tmp/emit-err-XXXXXX";

    close(mkstemp(out));
    close(mkstemp(err));
    fflush(stdout);
    int saved_out = divert(1, out), saved_err = divert(2, err);
    p.status = emit_end(e);
    restore(1, saved_out, out, &p.out);
    restore(2, saved_err, err, &p.err);
    return p;
}

static void
printed_free(struct printed *p)
{
    strbuf_free(&p->out);
    strbuf_free(&p->err);
}

#define AUTO_PRINTED AUTO(printed_free)

/* A message with everything in it. */
static struct emit *
everything(enum cli_format format)
{
    struct emit *e = emit_begin(format);

    emit_object(e, "volGetopts");
    emit_num(e, "count", 2);
    emit_list(e, NULL, "Opt");
    for (int i = 0; i < 2; i++) {
        emit_object(e, NULL);
        emit_str(e, "Option", i ? "b" : "a<b>&\"");
        emit_str(e, "Value", i ? "" : "1");
        emit_object_end(e);
        emit_text(e, "line %d\n", i);
    }
    emit_list_end(e);
    emit_list(e, "nodes", "node");
    emit_str(e, NULL, "n1");
    emit_num(e, NULL, -9000000000);
    emit_bool(e, NULL, true);
    emit_list_end(e);
    emit_object(e, "brick");
    emit_attribute(e, "uuid", "u-1");
    emit_content(e, "h:/b");
    emit_str(e, "name", "h:/b");
    emit_object_end(e);
    emit_object_end(e);
    return e;
}

static void
text_shows_only_what_is_meant_for_it(void **state)
{
    (void)state;
    struct emit *e = everything(CLI_TEXT);
    emit_note(e, "beware\n");
    AUTO_PRINTED struct printed p = end(e);

    assert_int_equal(p.status, 0);
    assert_string_equal(p.out.data, "line 0\nline 1\n");
    assert_string_equal(p.err.data, "beware\n");
}

static void
xml_has_stocks_shape(void **state)
{
    (void)state;
    AUTO_PRINTED struct printed p = end(everything(CLI_XML));

    assert_int_equal(p.status, 0);
    assert_string_equal(p.err.data, "");
    assert_string_equal(p.out.data, XML_HEAD
                        "  <opRet>0</opRet>\n  <opErrno>0</opErrno>\n  <opErrstr/>\n"
                        "  <volGetopts>\n    <count>2</count>\n"
                        "    <Opt>\n      <Option>a&lt;b&gt;&amp;\"</Option>\n"
                        "      <Value>1</Value>\n    </Opt>\n"
                        "    <Opt>\n      <Option>b</Option>\n      <Value/>\n    </Opt>\n"
                        "    <nodes>\n      <node>n1</node>\n      <node>-9000000000</node>\n"
                        "      <node>1</node>\n    </nodes>\n"
                        "    <brick uuid=\"u-1\">h:/b<name>h:/b</name></brick>\n"
                        "  </volGetopts>\n</cliOutput>\n");
}

static void
json_is_the_same_tree(void **state)
{
    (void)state;
    AUTO_PRINTED struct printed p = end(everything(CLI_JSON));

    assert_int_equal(p.status, 0);
    assert_string_equal(p.out.data,
                        "{\"opRet\":0,\"opErrno\":0,\"opErrstr\":\"\","
                        "\"volGetopts\":{\"count\":2,\"Opt\":["
                        "{\"Option\":\"a<b>&\\\"\",\"Value\":\"1\"},"
                        "{\"Option\":\"b\",\"Value\":\"\"}],"
                        "\"nodes\":[\"n1\",-9000000000,true],"
                        "\"brick\":{\"uuid\":\"u-1\",\"name\":\"h:/b\"}}}\n");
}

static struct emit *
failure(enum cli_format format, const char *command)
{
    struct emit *e = emit_begin(format);

    emit_fail(e, command, 30800, "Volume %s does not exist", "v9");
    emit_str(e, "cliOp", "volSet");
    emit_str(e, "output", "Set volume unsuccessful");
    return e;
}

static void
a_failure_in_text_is_stocks_sentence_on_standard_error(void **state)
{
    (void)state;
    AUTO_PRINTED struct printed p = end(failure(CLI_TEXT, "volume set"));
    AUTO_PRINTED struct printed bare = end(failure(CLI_TEXT, NULL));

    assert_int_equal(p.status, 1);
    assert_string_equal(p.out.data, "");
    assert_string_equal(p.err.data, "volume set: failed: Volume v9 does not exist\n");
    assert_string_equal(bare.err.data, "Volume v9 does not exist\n");
}

static void
a_failure_without_a_reason_has_no_colon(void **state)
{
    (void)state;
    struct emit *e = emit_begin(CLI_TEXT);
    emit_fail(e, "volume get option", 0, "%s", "");
    AUTO_PRINTED struct printed p = end(e);

    assert_string_equal(p.err.data, "volume get option: failed\n");
}

static void
a_failure_in_xml_is_stocks(void **state)
{
    (void)state;
    AUTO_PRINTED struct printed p = end(failure(CLI_XML, "volume set"));

    assert_int_equal(p.status, 1);
    assert_string_equal(p.err.data, "");
    assert_string_equal(p.out.data, XML_HEAD
                        "  <opRet>-1</opRet>\n  <opErrno>30800</opErrno>\n"
                        "  <opErrstr>Volume v9 does not exist</opErrstr>\n"
                        "  <cliOp>volSet</cliOp>\n"
                        "  <output>Set volume unsuccessful</output>\n</cliOutput>\n");
}

static void
the_first_cause_is_reported(void **state)
{
    (void)state;
    struct emit *e = failure(CLI_JSON, "volume set");
    emit_fail(e, "volume set", 1, "another");
    AUTO_PRINTED struct printed p = end(e);

    assert_non_null(strstr(p.out.data, "\"opErrno\":30800,\"opErrstr\":\"Volume v9 does not exist\""));
    assert_null(strstr(p.out.data, "another"));
}

static void
xml_is_valid_for_any_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        const char *out;
    } rows[] = {
        {"a\x01z", "a\xef\xbf\xbdz"},
        {"\x1b[31m", "\xef\xbf\xbd[31m"},
        {"a\xffz", "a\xef\xbf\xbdz"},
        {"\xc3", "\xef\xbf\xbd"},
        {"\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* a surrogate */
        {"\xef\xbf\xbf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* U+FFFF */
        {"\xc1\x81", "\xef\xbf\xbd\xef\xbf\xbd"}, /* overlong */
        {"\x7f", "\x7f"},
        {"\xf0\x9f\x98\x80 \xc3\xa4", "\xf0\x9f\x98\x80 \xc3\xa4"},
        {"]]>", "]]&gt;"},
        {"a\tb\nc", "a\tb\nc"},
        {"a\rb", "a&#13;b"},
        {"&amp;", "&amp;amp;"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct emit *e = emit_begin(CLI_XML);
        AUTO_FREE char *want = str_fmt("  <v a=\"x\">%s</v>\n", rows[i].out);

        emit_object(e, "v");
        emit_attribute(e, "a", "x");
        emit_content(e, rows[i].in);
        emit_object_end(e);
        emit_str(e, "w", rows[i].in);
        AUTO_PRINTED struct printed p = end(e);
        if (!strstr(p.out.data, want))
            fail_msg("%s is not in %s", want, p.out.data);
        AUTO_FREE char *element = str_fmt("  <w>%s</w>\n", rows[i].out);
        assert_non_null(strstr(p.out.data, element));
    }
}

static void
a_writer_that_cannot_be_loaded_is_named(void **state)
{
    (void)state;
    const char *dir = cli_module_dir;
    cli_module_dir = "/nonexistent";
    AUTO_PRINTED struct printed p = end(everything(CLI_XML));
    cli_module_dir = dir;

    assert_int_equal(p.status, 1);
    assert_string_equal(p.out.data, "");
    assert_non_null(strstr(p.err.data, "--xml: cannot load the XML writer: /nonexistent/emit_xml.so"));
}

static void
output_that_cannot_be_written_is_a_failure(void **state)
{
    (void)state;
    fflush(stdout);
    char path[] = "/tmp/emit-err-XXXXXX";
    close(mkstemp(path));
    int saved = dup(1), full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    int saved_err = divert(2, path);
    dup2(full, 1);
    close(full);
    int status = emit_end(everything(CLI_TEXT));
    dup2(saved, 1);
    close(saved);
    AUTO_STRBUF struct strbuf err = STRBUF_INIT;
    restore(2, saved_err, path, &err);

    assert_int_equal(status, 1);
    assert_string_equal(err.data, "standard output: No space left on device\n");
}

static void
no_memory_at_the_start_is_told_at_the_end(void **state)
{
    (void)state;
    emit_object(NULL, "x");
    emit_str(NULL, "y", "z");
    emit_text(NULL, "z");
    emit_fail(NULL, "c", 0, "w");
    emit_object_end(NULL);
    AUTO_PRINTED struct printed p = end(NULL);

    assert_int_equal(p.status, 1);
    assert_string_equal(p.err.data, "out of memory\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_shows_only_what_is_meant_for_it),
        cmocka_unit_test(xml_has_stocks_shape),
        cmocka_unit_test(json_is_the_same_tree),
        cmocka_unit_test(a_failure_in_text_is_stocks_sentence_on_standard_error),
        cmocka_unit_test(a_failure_without_a_reason_has_no_colon),
        cmocka_unit_test(a_failure_in_xml_is_stocks),
        cmocka_unit_test(the_first_cause_is_reported),
        cmocka_unit_test(xml_is_valid_for_any_bytes),
        cmocka_unit_test(a_writer_that_cannot_be_loaded_is_named),
        cmocka_unit_test(output_that_cannot_be_written_is_a_failure),
        cmocka_unit_test(no_memory_at_the_start_is_told_at_the_end),
    };

    cli_module_dir = TEST_MODULEDIR;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
