/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What features/changelog writes is read, and nothing behind its end.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "gfind/changelog.h"

#define A "0000000a-0000-0000-0000-000000000001"
#define B "0000000b-0000-0000-0000-000000000002"
#define BA "\0\0\0\012\0\0\0\0\0\0\0\0\0\0\0\001"
#define BB "\0\0\0\013\0\0\0\0\0\0\0\0\0\0\0\002"
#define BYTES(text) text, sizeof(text) - 1

/* Reads it, and each beginning of it, from memory that ends where the bytes do. */
static struct changelog_record
read_one(bool binary, bool del_path, const char *bytes, size_t len)
{
    const struct changelog_format format = {binary, del_path};
    static struct changelog_record r;

    for (size_t part = 0; part < len; part++) {
        char *copy = malloc(part + !part);

        memcpy(copy, bytes, part);
        assert_int_equal(changelog_record(&format, copy, part, &r), -ENODATA);
        free(copy);
    }
    assert_int_equal(changelog_record(&format, bytes, len, &r), len);
    return r;
}

static void
a_header_says_how_the_rest_is_written(void **state)
{
    struct changelog_format f;

    (void)state;
    assert_int_equal(changelog_header(BYTES("GlusterFS Changelog | version: v1.2 | encoding : 2\nE"), &f), 51);
    assert_false(f.binary);
    assert_true(f.del_path);
    assert_int_equal(changelog_header(BYTES("GlusterFS Changelog | version: v1.1 | encoding : 1\n"), &f), 51);
    assert_true(f.binary);
    assert_false(f.del_path);
    assert_int_equal(changelog_header(BYTES("GlusterFS Changelog | version: v2.0 | encoding : 1\n"), &f), -EPROTONOSUPPORT);
    assert_int_equal(changelog_header(BYTES("GlusterFS Changelog | version: v1.2 | encoding : 2"), &f), -EBADMSG);
    assert_int_equal(changelog_header(BYTES("rubbish\n"), &f), -EBADMSG);
    assert_int_equal(changelog_header("", 0, &f), -EBADMSG);
}

static void
records_in_ascii(void **state)
{
    (void)state;
    struct changelog_record r = read_one(false, true, BYTES("D" A "\0"));

    assert_int_equal(r.type, 'D');
    assert_memory_equal(r.gfid, BA, 16);
    assert_int_equal(read_one(false, true, BYTES("M" A "\0" "38\0")).op, 38);
    r = read_one(false, true, BYTES("E" A "\0" "23\0" "33188\0" "0\0" "0\0" B "/new file\0"));
    assert_int_equal(r.op, CHANGELOG_CREATE);
    assert_memory_equal(r.name.parent, BB, 16);
    assert_string_equal(r.name.name, "new file");
    r = read_one(false, true, BYTES("E" A "\0" "8\0" B "/x\0" A "/y\0"));
    assert_string_equal(r.name.name, "x");
    assert_memory_equal(r.to.parent, BA, 16);
    assert_string_equal(r.to.name, "y");
    assert_string_equal(read_one(false, true, BYTES("E" A "\0" "5\0" B "/x\0" "\0\0")).name.name, "x");
    assert_string_equal(read_one(false, true, BYTES("E" A "\0" "6\0" B "/x\0" "a/b\0")).name.name, "x");
    assert_string_equal(read_one(false, false, BYTES("E" A "\0" "5\0" B "/x\0")).name.name, "x");
}

static void
records_in_binary(void **state)
{
    (void)state;
    struct changelog_record r = read_one(true, true, BYTES("D" BA "\0"));

    assert_memory_equal(r.gfid, BA, 16);
    assert_int_equal(read_one(true, true, BYTES("M" BA "\0" "\x26\0\0\0" "\0")).op, 38);
    r = read_one(true, true, BYTES("E" BA "\0" "\x17\0\0\0" "\0" "\1\2\0\0" "\0" "\0\0\0\0" "\0" "\0\0\0\0" "\0" BB "/n\0"));
    assert_int_equal(r.op, CHANGELOG_CREATE);
    assert_memory_equal(r.name.parent, BB, 16);
    assert_string_equal(r.name.name, "n");
    r = read_one(true, true, BYTES("E" BA "\0" "\x08\0\0\0" "\0" BB "/x\0" BA "/y\0"));
    assert_string_equal(r.to.name, "y");
    assert_string_equal(read_one(true, true, BYTES("E" BA "\0" "\x05\0\0\0" "\0" BB "/x\0" "\0\0")).name.name, "x");
}

static void
what_is_none_is_refused(void **state)
{
    const struct changelog_format f = {.del_path = true};
    struct changelog_record r;
    char name[512] = "E" A;
    size_t at = 37;

    (void)state;
    assert_int_equal(changelog_record(&f, BYTES("X" A "\0"), &r), -EBADMSG);
    assert_int_equal(changelog_record(&f, BYTES("\0" A "\0"), &r), -EBADMSG);
    assert_int_equal(changelog_record(&f, BYTES("D0000000A-0000-0000-0000-000000000001\0"), &r), -EBADMSG);
    assert_int_equal(changelog_record(&f, BYTES("D" A "x"), &r), -EBADMSG);
    assert_int_equal(changelog_record(&f, BYTES("M" A "\0" "\0"), &r), -EBADMSG);
    assert_int_equal(changelog_record(&f, BYTES("M" A "\0" "99999999999\0"), &r), -EBADMSG);
    assert_int_equal(changelog_record(&f, BYTES("E" A "\0" "13\0" B "/x\0"), &r), -EBADMSG);
    assert_int_equal(changelog_record(&f, BYTES("E" A "\0" "7\0" B "/a/b\0"), &r), -EBADMSG);
    assert_int_equal(changelog_record(&f, BYTES("E" A "\0" "7\0" B "/\0"), &r), -EBADMSG);
    memcpy(name + at, "\0" "7\0" B "/", 40);
    memset(name + at + 40, 'n', 256);
    assert_int_equal(changelog_record(&f, name, sizeof(name), &r), -EBADMSG);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_says_how_the_rest_is_written),
        cmocka_unit_test(records_in_ascii),
        cmocka_unit_test(records_in_binary),
        cmocka_unit_test(what_is_none_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
