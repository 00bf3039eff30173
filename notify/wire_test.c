/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Requests and replies come back as they were; whatever is cut, changed or too long is
 * refused.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/cleanup.h"
#include "notify/record.h"
#include "notify/wire.h"

static const struct notify_request a_request = {
    .kind = NOTIFY_FETCH,
    .from = NOTIFY_FROM_NAME,
    .session = 7,
    .id = {1, [15] = 2},
    .seq = 1ull << 40,
    .ops = 1ull << NOTIFY_CREATE,
    .limit = NOTIFY_REPLY_MAX,
    .wait = NOTIFY_WAIT_MAX,
    .name = "backup",
    .name_len = 6,
    .filter = "/a\n\xff",
    .filter_len = 4,
};

static int
decode_copy(int (*decode)(const uint8_t *, size_t), const uint8_t *buf, size_t len)
{
    AUTO_FREE uint8_t *copy = malloc(len ? len : 1);

    memcpy(copy, buf, len);
    return decode(copy, len);
}

static int
request(const uint8_t *buf, size_t len)
{
    struct notify_request q;

    return notify_request_decode(buf, len, &q);
}

static int
reply(const uint8_t *buf, size_t len)
{
    struct notify_reply r;

    return notify_reply_decode(buf, len, &r);
}

static void
a_request_comes_back(void **state)
{
    uint8_t buf[NOTIFY_REQUEST_SIZE_MAX + 1];
    struct notify_request q;

    (void)state;
    ssize_t len = notify_request_encode(&a_request, buf, sizeof(buf));
    assert_true(len > 0);
    assert_int_equal(notify_request_decode(buf, (size_t)len, &q), 0);
    assert_true(q.kind == a_request.kind && q.from == a_request.from &&
                q.session == a_request.session && q.seq == a_request.seq &&
                q.ops == a_request.ops && q.limit == a_request.limit && q.wait == a_request.wait);
    assert_memory_equal(q.id, a_request.id, sizeof(q.id));
    assert_int_equal(q.name_len, 6);
    assert_memory_equal(q.name, "backup", 6);
    assert_int_equal(q.filter_len, 4);
    assert_memory_equal(q.filter, a_request.filter, 4);
    for (size_t cut = 0; cut < (size_t)len; cut++)
        assert_int_equal(decode_copy(request, buf, cut), -EPROTO);
    assert_int_equal(decode_copy(request, buf, (size_t)len + 1), -EPROTO);
    assert_int_equal(notify_request_encode(&a_request, buf, 20), -ENOSPC);
}

static void
a_request_beyond_its_limits_is_refused(void **state)
{
    uint8_t buf[NOTIFY_REQUEST_SIZE_MAX];
    const struct notify_request bad[] = {
        {.kind = 0}, {.kind = NOTIFY_KINDS}, {.kind = NOTIFY_FETCH, .from = NOTIFY_FROMS},
        {.kind = NOTIFY_FETCH, .limit = NOTIFY_REPLY_MAX + 1},
        {.kind = NOTIFY_FETCH, .wait = NOTIFY_WAIT_MAX + 1},
        {.kind = NOTIFY_FETCH, .name_len = NOTIFY_CURSOR_NAME_MAX + 1},
        {.kind = NOTIFY_FETCH, .filter_len = NOTIFY_PATH_FILTER_MAX + 1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(notify_request_encode(&bad[i], buf, sizeof(buf)), -EINVAL);
    ssize_t len = notify_request_encode(&a_request, buf, sizeof(buf));
    buf[4] = NOTIFY_KINDS;
    assert_int_equal(decode_copy(request, buf, (size_t)len), -EPROTO);
}

/* A reply with two records: its length. */
static size_t
two_records(uint8_t *buf, size_t room, uint64_t first, uint64_t second)
{
    struct notify_record one = {.op = NOTIFY_UNLINK, .seq = first};
    struct notify_record two = {.op = NOTIFY_MKDIR, .seq = second, .flags = NOTIFY_HAS_ACTOR};
    uint8_t *at = buf + NOTIFY_REPLY_HEADER;
    ssize_t n = notify_record_encode(&one, at, room - NOTIFY_REPLY_HEADER);
    ssize_t m = notify_record_encode(&two, at + n, room - NOTIFY_REPLY_HEADER - (size_t)n);
    struct notify_reply r = {.flags = NOTIFY_MORE, .next = 1000, .now = 3, .count = 2,
                             .extent = {.id = {5}, .oldest = 1, .next = 2000, .since = 9},
                             .cursor = {.id = {6}, .seq = 77, .acked = 78},
                             .recording = 79,
                             .bytes = (uint32_t)(n + m)};

    notify_reply_head(&r, buf);
    return NOTIFY_REPLY_HEADER + r.bytes;
}

static void
a_reply_comes_back(void **state)
{
    uint8_t buf[512];
    struct notify_reply r;
    size_t len = two_records(buf, sizeof(buf), 4, 9);

    (void)state;
    assert_int_equal(notify_reply_decode(buf, len, &r), 0);
    assert_true(r.flags == NOTIFY_MORE && r.next == 1000 && r.now == 3 && r.count == 2);
    assert_true(r.extent.oldest == 1 && r.extent.next == 2000 && r.extent.since == 9);
    assert_int_equal(r.extent.id[0], 5);
    assert_true(r.cursor.id[0] == 6 && r.cursor.seq == 77 && r.cursor.acked == 78);
    assert_int_equal(r.recording, 79);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(decode_copy(reply, buf, cut), -EPROTO);
    assert_int_equal(decode_copy(reply, buf, len + 1), -EPROTO);
}

static void
a_reply_that_lies_is_refused(void **state)
{
    uint8_t buf[512];

    (void)state;
    assert_int_equal(decode_copy(reply, buf, two_records(buf, sizeof(buf), 9, 9)), -EPROTO);
    assert_int_equal(decode_copy(reply, buf, two_records(buf, sizeof(buf), 9, 1000)), -EPROTO);
    size_t len = two_records(buf, sizeof(buf), 1, 2);
    buf[NOTIFY_REPLY_HEADER - 8] = 3; /* count */
    assert_int_equal(decode_copy(reply, buf, len), -EPROTO);
    two_records(buf, sizeof(buf), 1, 2);
    buf[5] = 0x80; /* an unknown flag */
    assert_int_equal(decode_copy(reply, buf, len), -EPROTO);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_comes_back),
        cmocka_unit_test(a_request_beyond_its_limits_is_refused),
        cmocka_unit_test(a_reply_comes_back),
        cmocka_unit_test(a_reply_that_lies_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
