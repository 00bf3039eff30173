/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Records come back as they were, and what is no record is refused.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/cleanup.h"
#include "notify/record.h"

static const struct notify_record every_part = {
    .seq = 0x1122334455667788,
    .time = 1700000000123456789,
    .op = NOTIFY_RENAME,
    .flags = NOTIFY_HAS_NAME | NOTIFY_HAS_TO | NOTIFY_HAS_ACTOR | NOTIFY_HAS_RANGE |
             NOTIFY_HAS_DETAIL | NOTIFY_ISDIR | NOTIFY_TO_NAME_ONLY,
    .gfid = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
    .name = {{0, [15] = 1}, "/a\n/b", 5},
    .to = {{9, [15] = 9}, "caf\xe9", 4},
    .pid = -6,
    .uid = 4000000000,
    .gid = 3,
    .client = UINT64_MAX,
    .offset = 1ull << 63,
    .length = 7,
    .detail = "user.a",
    .detail_len = 6,
};

static void
assert_same_name(const struct notify_name *a, const struct notify_name *b)
{
    assert_memory_equal(a->parent, b->parent, sizeof(a->parent));
    assert_int_equal(a->len, b->len);
    if (a->len)
        assert_memory_equal(a->path, b->path, a->len);
}

static void
assert_same(const struct notify_record *a, const struct notify_record *b)
{
    assert_true(a->seq == b->seq && a->time == b->time);
    assert_int_equal(a->op, b->op);
    assert_int_equal(a->flags, b->flags);
    assert_memory_equal(a->gfid, b->gfid, sizeof(a->gfid));
    assert_same_name(&a->name, &b->name);
    assert_same_name(&a->to, &b->to);
    assert_int_equal(a->pid, b->pid);
    assert_int_equal(a->uid, b->uid);
    assert_int_equal(a->gid, b->gid);
    assert_true(a->client == b->client && a->offset == b->offset && a->length == b->length);
    assert_int_equal(a->detail_len, b->detail_len);
    if (a->detail_len)
        assert_memory_equal(a->detail, b->detail, a->detail_len);
}

static void
comes_back_as_it_was(void **state)
{
    uint8_t buf[NOTIFY_RECORD_MAX];
    struct notify_record back;

    (void)state;
    ssize_t len = notify_record_encode(&every_part, buf, sizeof(buf));
    assert_true(len > 0);
    assert_int_equal(notify_record_decode(buf, sizeof(buf), &back), len);
    assert_same(&every_part, &back);
    notify_record_number(buf, 5);
    assert_int_equal(notify_record_decode(buf, (size_t)len, &back), len);
    assert_int_equal(back.seq, 5);
}

static void
each_op_has_a_name_and_comes_back(void **state)
{
    uint8_t buf[NOTIFY_RECORD_MIN];
    struct notify_record back;
    unsigned named = 0;

    (void)state;
    for (int op = 0; op < 256; op++) {
        struct notify_record r = {.op = (enum notify_op)op};
        bool is = notify_op_name(r.op)[0] != '?';

        named += is;
        assert_int_equal(notify_record_encode(&r, buf, sizeof(buf)),
                         is ? NOTIFY_RECORD_MIN : -EINVAL);
        if (is)
            assert_int_equal(notify_record_decode(buf, sizeof(buf), &back), NOTIFY_RECORD_MIN);
    }
    assert_int_equal(named, (NOTIFY_OPS - 1) + (NOTIFY_NOTES - NOTIFY_MISSED));
}

static void
the_largest_fits(void **state)
{
    AUTO_FREE uint8_t *buf = malloc(NOTIFY_RECORD_MAX);
    AUTO_FREE char *path = malloc(NOTIFY_PATH_MAX + 1);
    struct notify_record r = every_part, back;

    (void)state;
    memset(path, 'x', NOTIFY_PATH_MAX + 1);
    r.name.path = r.to.path = r.detail = path;
    r.name.len = r.to.len = NOTIFY_PATH_MAX;
    r.detail_len = NOTIFY_DETAIL_MAX;
    assert_int_equal(notify_record_encode(&r, buf, NOTIFY_RECORD_MAX), NOTIFY_RECORD_MAX);
    assert_int_equal(notify_record_decode(buf, NOTIFY_RECORD_MAX, &back), NOTIFY_RECORD_MAX);
    assert_same(&r, &back);
    assert_int_equal(notify_record_encode(&r, buf, NOTIFY_RECORD_MAX - 1), -ENOSPC);
    r.to.len++;
    assert_int_equal(notify_record_encode(&r, buf, NOTIFY_RECORD_MAX), -EINVAL);
}

/* Exactly as long as what there is, so that the sanitizer sees each byte beyond. */
static ssize_t
decode_copy(const uint8_t *buf, size_t len)
{
    AUTO_FREE uint8_t *copy = malloc(len ? len : 1);
    struct notify_record r;

    memcpy(copy, buf, len);
    return notify_record_decode(copy, len, &r);
}

static void
what_is_cut_or_changed_is_refused(void **state)
{
    uint8_t buf[NOTIFY_RECORD_MAX];

    (void)state;
    ssize_t len = notify_record_encode(&every_part, buf, sizeof(buf));
    for (size_t cut = 0; cut < (size_t)len; cut++)
        assert_int_equal(decode_copy(buf, cut), -EBADMSG);
    for (unsigned bit = 0; bit < 16; bit++) { /* of the length */
        uint8_t bad[NOTIFY_RECORD_MAX];

        memcpy(bad, buf, sizeof(bad));
        bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(decode_copy(bad, sizeof(bad)), -EBADMSG);
    }
    buf[3] = 1;
    assert_int_equal(decode_copy(buf, (size_t)len), -EBADMSG);
    buf[3] = 0;
    buf[5] |= 0x80; /* an unknown flag */
    assert_int_equal(decode_copy(buf, (size_t)len), -EBADMSG);
}

static void
the_base_of_a_name(void **state)
{
    static const struct {
        const char *path, *base;
    } cases[] = {{"/a/b", "b"}, {"b", "b"}, {"/", ""}, {"", ""}, {"/a/", ""}};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct notify_name name = {{7}, cases[i].path, (uint16_t)strlen(cases[i].path)};
        struct notify_name base = notify_name_base(&name);

        assert_int_equal(base.len, strlen(cases[i].base));
        assert_memory_equal(base.path, cases[i].base, base.len);
        assert_int_equal(base.parent[0], 7);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_it_was),
        cmocka_unit_test(each_op_has_a_name_and_comes_back),
        cmocka_unit_test(the_largest_fits),
        cmocka_unit_test(what_is_cut_or_changed_is_refused),
        cmocka_unit_test(the_base_of_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
