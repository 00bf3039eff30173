/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Unit tests of the dict decoder, mostly with what glusterd would never send.
 * Every input lies at the end of its own malloc block, so that a sanitizer sees
 * a byte read too far.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "cli/dict.h"

static int
decode(struct dict *d, const void *bytes, size_t len)
{
    char *copy = malloc(len ? len : 1);

    assert_non_null(copy);
    memcpy(copy, bytes, len);
    return dict_decode(d, copy, len);
}

#define DECODE(d, literal) decode(d, literal, sizeof(literal) - 1)

static void
what_is_encoded_is_decoded(void **state)
{
    AUTO_REQUEST struct request r = REQUEST_INIT;
    AUTO_STRBUF struct strbuf bytes = STRBUF_INIT;
    AUTO_DICT struct dict d = DICT_INIT;

    (void)state;
    request_put(&r, "volname", "v1");
    request_put(&r, "empty", "");
    request_num(&r, "count", -7);
    assert_int_equal(request_encode(&r, &bytes), 0);
    assert_int_equal(decode(&d, bytes.data, bytes.len), 0);
    assert_int_equal(d.count, 3);
    assert_string_equal(d.pairs[0].key, "volname");
    assert_string_equal(dict_str(&d, "volname"), "v1");
    assert_string_equal(dict_str(&d, "empty"), "");
    assert_int_equal(dict_num(&d, "count", 0), -7);
    assert_null(dict_str(&d, "missing"));
    assert_int_equal(dict_num(&d, "volname", 42), 42);
}

static void
form_is_that_of_glusterd(void **state)
{
    AUTO_REQUEST struct request r = REQUEST_INIT;
    AUTO_STRBUF struct strbuf bytes = STRBUF_INIT;

    (void)state;
    request_put(&r, "k", "v");
    assert_int_equal(request_encode(&r, &bytes), 0);
    assert_int_equal(bytes.len, 16);
    assert_memory_equal(bytes.data, "\0\0\0\1\0\0\0\1\0\0\0\2k\0v\0", 16);
}

static void
raw_bytes_are_not_text(void **state)
{
    AUTO_DICT struct dict d = DICT_INIT;

    (void)state; /* a uuid, a value with a NUL inside, one of no bytes */
    assert_int_equal(DECODE(&d, "\0\0\0\3"
                                "\0\0\0\1\0\0\0\4u\0abcd"
                                "\0\0\0\1\0\0\0\4v\0a\0b\0"
                                "\0\0\0\1\0\0\0\0w\0"),
                     0);
    assert_null(dict_str(&d, "u"));
    assert_null(dict_str(&d, "v"));
    assert_null(dict_str(&d, "w"));
    assert_int_equal(d.pairs[0].len, 4);
    assert_int_equal(dict_num(&d, "u", 5), 5);
}

static void
nothing_is_an_empty_dict(void **state)
{
    AUTO_DICT struct dict d = DICT_INIT;

    (void)state;
    assert_int_equal(decode(&d, "", 0), 0);
    assert_int_equal(d.count, 0);
    assert_null(dict_str(&d, "x"));
    dict_free(&d);
    assert_int_equal(DECODE(&d, "\0\0\0\0"), 0);
    assert_null(dict_str(&d, "x"));
}

static void
malformed_input_is_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {
#define BAD(literal) {literal, sizeof(literal) - 1}
        BAD("\0"),                                /* not even a count */
        BAD("\0\0\0\1"),                          /* a pair that is not there */
        BAD("\xff\xff\xff\xff"),                  /* a negative count */
        BAD("\0\0\0\2\0\0\0\1\0\0\0\2k\0v\0"),    /* the second is not there */
        BAD("\0\0\0\1\0\0\0\1\0\0\0\3k\0v\0"),    /* value longer than the rest */
        BAD("\0\0\0\1\0\0\0\4\0\0\0\0k\0v\0"),    /* no room for the key's NUL */
        BAD("\0\0\0\1\0\0\0\1\0\0\0\2kxv\0"),     /* key without NUL */
        BAD("\0\0\0\1\0\0\0\2\0\0\0\1k\0\0v"),    /* key with a NUL inside */
        BAD("\0\0\0\1\xff\xff\xff\xff\0\0\0\2k\0v\0"), /* negative lengths */
        BAD("\0\0\0\1\0\0\0\1\xff\xff\xff\xffk\0v\0"),
        BAD("\0\0\0\1\x7f\xff\xff\xff\x7f\xff\xff\xffk\0v\0"),
        BAD("\0\0\0\1\0\0\0\1\0\0\0"), /* lengths cut */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        AUTO_DICT struct dict d = DICT_INIT;

        assert_int_equal(decode(&d, bad[i].bytes, bad[i].len), -EBADMSG);
        assert_int_equal(d.count, 0);
        assert_null(dict_str(&d, "k"));
    }
}

/* Every single byte of a good dict changed to every value, and every cut. */
static void
no_change_of_a_byte_reads_outside(void **state)
{
    static const char good[] = "\0\0\0\2\0\0\0\1\0\0\0\2k\0v\0\0\0\0\2\0\0\0\3ab\0cd";
    char bytes[sizeof(good)];

    (void)state;
    for (size_t at = 0; at < sizeof(good); at++) {
        for (int value = 0; value < 256; value++) {
            AUTO_DICT struct dict d = DICT_INIT;

            memcpy(bytes, good, sizeof(good));
            bytes[at] = (char)value;
            if (decode(&d, bytes, sizeof(bytes)) == 0)
                (void)dict_str(&d, "k");
        }
        AUTO_DICT struct dict cut = DICT_INIT;
        (void)decode(&cut, good, at);
    }
}

static void
numbers_are_whole_and_in_range(void **state)
{
    AUTO_REQUEST struct request r = REQUEST_INIT;
    AUTO_STRBUF struct strbuf bytes = STRBUF_INIT;
    AUTO_DICT struct dict d = DICT_INIT;

    (void)state;
    request_put(&r, "a", "12x");
    request_put(&r, "b", "");
    request_put(&r, "c", "99999999999999999999");
    request_put(&r, "d1.n", "9223372036854775807");
    assert_int_equal(request_encode(&r, &bytes), 0);
    assert_int_equal(decode(&d, bytes.data, bytes.len), 0);
    assert_int_equal(dict_num(&d, "a", -1), -1);
    assert_int_equal(dict_num(&d, "b", -1), -1);
    assert_int_equal(dict_num(&d, "c", -1), -1);
    assert_true(dict_numf(&d, -1, "d%d.n", 1) == INT64_MAX);
    assert_null(dict_strf(&d, "d%d.n", 2));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_encoded_is_decoded),
        cmocka_unit_test(form_is_that_of_glusterd),
        cmocka_unit_test(raw_bytes_are_not_text),
        cmocka_unit_test(nothing_is_an_empty_dict),
        cmocka_unit_test(malformed_input_is_refused),
        cmocka_unit_test(no_change_of_a_byte_reads_outside),
        cmocka_unit_test(numbers_are_whole_and_in_range),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
