/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Unit tests of common/.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/json.h"
#include "common/kv.h"
#include "common/log.h"

struct scratch {
    char dir[64];
    char path[96];
};

static int
scratch_make(void **state)
{
    static struct scratch s;

    snprintf(s.dir, sizeof(s.dir), "/tmp/volext-test.XXXXXX");
    if (!mkdtemp(s.dir))
        return -1;
    snprintf(s.path, sizeof(s.path), "%s/file", s.dir);
    *state = &s;
    return 0;
}

static int
scratch_remove(void **state)
{
    struct scratch *s = *state;

    unlink(s->path);
    return rmdir(s->dir); /* fails, and with it the test, if anything was left */
}

static void
strbuf_grows_and_formats(void **state)
{
    AUTO_STRBUF struct strbuf b = STRBUF_INIT;

    (void)state;
    assert_string_equal(strbuf_text(&b), "");
    for (int i = 0; i < 1000; i++)
        strbuf_fmt(&b, "%d,", i);
    assert_int_equal(b.len, 10 * 2 + 90 * 3 + 900 * 4);
    assert_false(strbuf_failed(&b));
    assert_memory_equal(b.data + b.len - 4, "999,", 5);
}

static void
strbuf_keeps_nul_bytes(void **state)
{
    AUTO_STRBUF struct strbuf b = STRBUF_INIT;

    (void)state;
    strbuf_add(&b, "a\0b", 3);
    assert_int_equal(b.len, 3);
    assert_memory_equal(b.data, "a\0b", 4);
}

static void
strbuf_refuses_absurd_sizes(void **state)
{
    AUTO_STRBUF struct strbuf b = STRBUF_INIT;

    (void)state;
    strbuf_add(&b, "x", SIZE_MAX / 2);
    assert_true(strbuf_failed(&b));
    assert_null(strbuf_take(&b));
}

static void
kv_replaces_in_place_and_keeps_order(void **state)
{
    AUTO_KV struct kv kv = KV_INIT;

    (void)state;
    for (int i = 0; i < 40; i++) {
        AUTO_FREE char *key = str_fmt("k%d", i);
        assert_int_equal(kv_set(&kv, key, "old"), 0);
    }
    assert_int_equal(kv_set(&kv, "k7", "new"), 0);
    assert_int_equal(kv.count, 40);
    assert_string_equal(kv.pairs[7].value, "new");
    assert_true(kv_del(&kv, "k0"));
    assert_false(kv_del(&kv, "k0"));
    assert_string_equal(kv.pairs[0].key, "k1");
    assert_null(kv_get(&kv, "k0"));
}

static void
file_replace_keeps_mode_and_leaves_nothing(void **state)
{
    struct scratch *s = *state;
    struct stat st;
    AUTO_STRBUF struct strbuf b = STRBUF_INIT;

    assert_int_equal(file_replace(s->path, "one", 3, 0600), 0);
    assert_int_equal(chmod(s->path, 0640), 0);
    assert_int_equal(file_replace(s->path, "two!", 4, 0600), 0);
    assert_int_equal(stat(s->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(file_read(s->path, 100, &b), 0);
    assert_string_equal(strbuf_text(&b), "two!");
}

static void
file_replace_fails_without_a_trace(void **state)
{
    struct scratch *s = *state;
    AUTO_FREE char *missing = str_fmt("%s/no/file", s->dir);

    assert_int_equal(file_replace(missing, "x", 1, 0600), -ENOENT);
}

static void
file_read_has_a_limit_and_wants_a_file(void **state)
{
    struct scratch *s = *state;
    AUTO_STRBUF struct strbuf b = STRBUF_INIT;

    assert_int_equal(file_replace(s->path, "12345", 5, 0600), 0);
    assert_int_equal(file_read(s->path, 4, &b), -EFBIG);
    assert_int_equal(file_read(s->dir, 4, &b), -EINVAL);
    assert_int_equal(file_read("/nonexistent/x", 4, &b), -ENOENT);
}

static void
file_is_trusted_only_when_root_alone_writes(void **state)
{
    struct scratch *s = *state;
    const char *why;

    if (geteuid() != 0)
        skip();
    assert_int_equal(file_replace(s->path, "x", 1, 0644), 0);
    assert_true(file_is_trusted(s->path, &why));
    assert_int_equal(chmod(s->path, 0666), 0);
    assert_false(file_is_trusted(s->path, &why));
    assert_string_equal(why, "is writable by others than root");
    assert_int_equal(chmod(s->path, 0600), 0);
    assert_int_equal(chown(s->path, 1, 0), 0);
    assert_false(file_is_trusted(s->path, &why));
    assert_string_equal(why, "is not owned by root");
    assert_int_equal(chown(s->path, 0, 0), 0);
    assert_int_equal(chmod(s->dir, 0777), 0);
    assert_false(file_is_trusted(s->path, &why));
    assert_string_equal(why, "lies in a folder that others than root can write");
}

static void
digest_is_sha256(void **state)
{
    char hex[DIGEST_HEX];

    (void)state; /* FIPS 180-2, B.1 */
    digest_bytes("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
                             "b00361a396177a9cb410ff61f20015ad");
}

static void
log_lines_cannot_be_forged(void **state)
{
    struct scratch *s = *state;
    AUTO_STRBUF struct strbuf b = STRBUF_INIT;

    assert_int_equal(log_open(s->path, "test"), 0);
    log_warn("value %s", "a\n[2026] E forged");
    log_close();
    assert_int_equal(file_read(s->path, 1000, &b), 0);
    const char *line = strbuf_text(&b);
    assert_ptr_equal(strchr(line, '\n'), line + b.len - 1);
    assert_non_null(strstr(line, " +0000] W [test] value a\\x0a[2026] E forged"));
}

static void
json_nests_and_escapes(void **state)
{
    AUTO_STRBUF struct strbuf b = STRBUF_INIT;
    struct json j = {.out = &b};

    (void)state;
    json_object_begin(&j, NULL);
    json_string(&j, "a\"", "\xc3\xa9\n\\");
    json_string(&j, "bad", "x\xff\xed\xa0\x80z");
    json_array_begin(&j, "l");
    json_number(&j, NULL, -3);
    json_bool(&j, NULL, true);
    json_object_begin(&j, NULL);
    json_object_end(&j);
    json_array_end(&j);
    json_string(&j, "n", NULL);
    json_object_end(&j);
    assert_string_equal(strbuf_text(&b),
                        "{\"a\\\"\":\"\xc3\xa9\\u000a\\\\\","
                        "\"bad\":\"x\\ufffd\\ufffd\\ufffd\\ufffdz\","
                        "\"l\":[-3,true,{}],\"n\":null}");
}

/* Writes again what was read, so that both halves are compared. */
static int
again_begin(void *arg, const char *name)
{
    strbuf_fmt(arg, "(%s ", name ? name : "-");
    return 0;
}

static int
again_value(void *arg, const char *name, const char *text)
{
    strbuf_fmt(arg, "%s=%s ", name ? name : "-", text);
    return strcmp(text, "stop") ? 0 : 7;
}

static int
again_end(void *arg)
{
    strbuf_str(arg, ") ");
    return 0;
}

static int
read_again(const char *text, struct strbuf *out)
{
    const struct json_events events = {again_begin, again_value, again_end, out};

    strbuf_reset(out);
    return json_read(text, strlen(text), &events);
}

static void
json_is_read_in_its_order(void **state)
{
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;

    (void)state;
    assert_int_equal(read_again(" {\"a\" : [1, -2.5e+3, true,null ], \"b\":{} , \"c\":\"\"}\n", &out), 0);
    assert_string_equal(out.data, "(- (a -=1 -=-2.5e+3 -=true -=null ) (b ) c= ) ");
    assert_int_equal(read_again("\"\\u00e9\\ud83d\\ude00\\n\\\"\\/\\ud83d!\"", &out), 0);
    assert_string_equal(out.data, "-=\xc3\xa9\xf0\x9f\x98\x80\n\"/\xef\xbf\xbd! ");
    assert_int_equal(read_again("[\"stop\", 1]", &out), 7);
}

static void
json_that_is_none_is_refused(void **state)
{
    static const char *const bad[] = {
        "", " ", "{", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}", "\"", "\"\\", "\"\\u12\"",
        "\"\\u0000\"", "\"\\q\"", "\"a\nb\"", "1 2", "[1]]", "{\"a\":1,}", "\"\\u12g4\""};
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;
    char deep[2 * JSON_DEPTH + 1] = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(read_again(bad[i], &out), -EINVAL);
    memset(deep, '[', 2 * JSON_DEPTH);
    assert_int_equal(read_again(deep, &out), -EINVAL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strbuf_grows_and_formats),
        cmocka_unit_test(strbuf_keeps_nul_bytes),
        cmocka_unit_test(strbuf_refuses_absurd_sizes),
        cmocka_unit_test(kv_replaces_in_place_and_keeps_order),
        cmocka_unit_test_setup_teardown(file_replace_keeps_mode_and_leaves_nothing,
                                        scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(file_replace_fails_without_a_trace,
                                        scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(file_read_has_a_limit_and_wants_a_file,
                                        scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(file_is_trusted_only_when_root_alone_writes,
                                        scratch_make, scratch_remove),
        cmocka_unit_test(digest_is_sha256),
        cmocka_unit_test_setup_teardown(log_lines_cannot_be_forged, scratch_make,
                                        scratch_remove),
        cmocka_unit_test(json_nests_and_escapes),
        cmocka_unit_test(json_is_read_in_its_order),
        cmocka_unit_test(json_that_is_none_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
