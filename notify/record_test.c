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
#include "notify/pack.h"

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

/* What has something in common with the one before it, and what has not. */
static void
packed_ones_come_back(void **state)
{
    struct notify_record all[8];
    uint8_t buf[4096];
    struct notify_record back;
    struct packer p;
    static struct unpacker u;
    const uint64_t written = every_part.time + 12345;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        all[i] = every_part, all[i].seq = 100 + i;
    all[1].time = 0;
    all[1].pid = 7;
    all[2].to = (struct notify_name){{9, [15] = 9}, "/a\n/b/c", 7};
    all[2].time = 1;
    all[3] = (struct notify_record){.op = NOTIFY_CLIENT, .seq = 103, .flags = NOTIFY_HAS_ACTOR | NOTIFY_HAS_DETAIL,
                                    .detail = "", .client = 5, .time = UINT64_MAX};
    all[4] = (struct notify_record){.op = NOTIFY_UNLINK, .seq = 104};
    all[5].name = (struct notify_name){{9, [15] = 9}, "", 0};
    all[6].gfid[3]++;
    all[7].client--;
    notify_pack_begin(&p, written, buf, sizeof(buf));
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        assert_int_equal(notify_pack_add(&p, &all[i]), 0);
    size_t len = (size_t)(p.to.at - buf);

    notify_unpack_begin(&u, written, 100, buf, len);
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        assert_int_equal(notify_unpack_next(&u, &back), 1);
        assert_same(&all[i], &back);
    }
    assert_int_equal(notify_unpack_next(&u, &back), 0);
    for (size_t cut = 1; cut < len; cut++) { /* of exactly so many, for the sanitizer */
        AUTO_FREE uint8_t *copy = malloc(cut);
        unsigned good = 0;

        memcpy(copy, buf, cut);
        notify_unpack_begin(&u, written, 100, copy, cut);
        while (notify_unpack_next(&u, &back) > 0)
            assert_same(&all[good++], &back);
        assert_true(good < ARRAY_SIZE(all));
    }
}

static void
packed_ones_that_lie_are_refused(void **state)
{
    static const struct { uint8_t bytes[24]; size_t len; const char *what; } bad[] = {
        {{NOTIFY_UNLINK, NOTIFY_HAS_NAME, 0x23, 1, 0}, 5, "shares with a name that is not there"},
        {{NOTIFY_UNLINK, NOTIFY_HAS_NAME, 0x23, 0, 0x80, 0x20}, 6, "a path above its limit"},
        {{NOTIFY_UNLINK, NOTIFY_HAS_RANGE, 0x21, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0}, 14,
         "a number of 65 bits"},
        {{NOTIFY_UNLINK, 0x80, 0x21}, 3, "flags without an end"},
        {{NOTIFY_UNLINK, 0x80, 0x80, 1}, 4, "an unknown flag"},
        {{NOTIFY_UNLINK, 0, 0x61}, 3, "an unknown bit"},
        {{NOTIFY_OPS, 0, 0x21}, 3, "an unknown operation"},
        {{NOTIFY_UNLINK, NOTIFY_HAS_ACTOR, 0x31, 0, 0xff, 0xff, 0xff, 0xff, 0x1f, 0}, 10, "a user of 33 bits"},
    };
    static struct unpacker u;
    struct notify_record r;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        notify_unpack_begin(&u, 1, 1, bad[i].bytes, bad[i].len);
        if (notify_unpack_next(&u, &r) != -EBADMSG)
            fail_msg("taken: %s", bad[i].what);
    }
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
        cmocka_unit_test(packed_ones_come_back),
        cmocka_unit_test(packed_ones_that_lie_are_refused),
        cmocka_unit_test(the_base_of_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
