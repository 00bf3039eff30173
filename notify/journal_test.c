/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Journals lose nothing silently: not by a crash at any byte, a full disk, limits that
 * take the oldest away, or a broken file.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "common/cleanup.h"
#include "notify/journal.h"
#include "notify/record.h"

enum { SMALL = 4096 };
static const uint64_t second = 1000000000;
static const struct notify_limits roomy = {.segment = 1 << 20};

struct seen {
    struct notify_record last;
    unsigned count, starts, gaps, files; /* files: by the number in the name */
    uint64_t first_file, next_file, lost;
    bool clean, in_order;
    unsigned stop_after; /* records; 0: none */
};

static char folder[64];

static int
setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/volext-journal.XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int
teardown(void **state)
{
    AUTO_CLOSEDIR DIR *d = opendir(folder);

    (void)state;
    for (struct dirent *e; (e = readdir(d));)
        unlinkat(dirfd(d), e->d_name, 0);
    return rmdir(folder);
}

static struct notify_journal *
opened(const struct notify_limits *limits, uint64_t now)
{
    struct notify_journal *j = NULL;

    assert_int_equal(notify_journal_open(folder, limits, now, &j), 0);
    return j;
}

/* A record of file number n. */
static size_t
file_record(uint64_t n, uint8_t *buf, size_t room)
{
    char path[32];
    int len = snprintf(path, sizeof(path), "/file%" PRIu64, n);
    struct notify_record r = {.op = NOTIFY_CREATE, .flags = NOTIFY_HAS_NAME, .time = n,
                              .name = {{1}, path, (uint16_t)len}};
    ssize_t size = notify_record_encode(&r, buf, room);

    assert_true(size > 0);
    return (size_t)size;
}

static int
add(struct notify_journal *j, uint64_t n, unsigned count, uint64_t now)
{
    uint8_t buf[SMALL];
    size_t len = 0;

    for (unsigned i = 0; i < count; i++)
        len += file_record(n + i, buf + len, sizeof(buf) - len);
    return notify_journal_append(j, buf, len, count, now);
}

static bool
look(const struct notify_record *record, void *arg)
{
    struct seen *seen = arg;
    struct notify_record r = *record;

    if (seen->stop_after && seen->count == seen->stop_after)
        return false;
    assert_true(!seen->count || r.seq > seen->last.seq);
    seen->count++;
    if (r.op == NOTIFY_START) {
        seen->starts++;
        seen->clean = r.flags & NOTIFY_CLEAN;
    } else if (r.op == NOTIFY_GAP) {
        seen->gaps++;
        seen->lost += r.length;
    } else if (r.op == NOTIFY_CREATE) {
        if (!seen->files++)
            seen->first_file = r.time;
        else if (r.time != seen->next_file)
            seen->in_order = false;
        seen->next_file = r.time + 1;
    }
    seen->last = r;
    return true;
}

/* All from seq on; whether it was overtaken. */
static bool
read_from(struct notify_journal *j, uint64_t seq, struct seen *seen)
{
    struct notify_place place = {.seq = seq};
    bool overtaken;

    *seen = (struct seen){.in_order = true};
    assert_int_equal(notify_journal_read(j, &place, SIZE_MAX, &overtaken, look, seen), 0);
    notify_place_close(&place);
    return overtaken;
}

static void
what_is_written_is_read(void **state)
{
    struct notify_journal *j = opened(&roomy, second);
    struct seen seen;

    (void)state;
    for (uint64_t n = 0; n < 100; n += 10)
        assert_int_equal(add(j, n, 10, second), 0);
    assert_false(read_from(j, 0, &seen));
    assert_int_equal(seen.files, 100);
    assert_true(seen.in_order && seen.starts == 1 && seen.clean && !seen.gaps);
    assert_false(read_from(j, seen.last.seq - 4, &seen));
    assert_int_equal(seen.files, 5);
    notify_journal_close(j, 2 * second);

    j = opened(&roomy, 5 * second);
    assert_int_equal(add(j, 100, 1, 5 * second), 0);
    assert_false(read_from(j, 0, &seen));
    assert_true(seen.files == 101 && seen.in_order && seen.starts == 2 && seen.clean);
    notify_journal_close(j, 6 * second);
}

static void
a_reader_keeps_its_place(void **state)
{
    const struct notify_limits limits = {.segment = 512};
    struct notify_journal *j = opened(&limits, second);
    struct notify_place place = {0};
    struct seen seen = {.in_order = true};
    bool overtaken;

    (void)state;
    for (uint64_t n = 0; n < 50; n++) {
        assert_int_equal(add(j, 3 * n, 3, second), 0);
        seen.stop_after = seen.count + 2; /* falls behind */
        assert_int_equal(notify_journal_read(j, &place, SIZE_MAX, &overtaken, look, &seen), 0);
        assert_false(overtaken);
    }
    seen.stop_after = 0;
    for (unsigned before = 0; before != seen.count;) {
        before = seen.count;
        assert_int_equal(notify_journal_read(j, &place, 1, &overtaken, look, &seen), 0);
        assert_false(overtaken);
    }
    assert_true(seen.files == 150 && seen.in_order);
    notify_place_close(&place);
    notify_journal_close(j, second);
}

/* The last segment's file, for a test to break. */
static int
last_segment(struct stat *st)
{
    AUTO_CLOSEDIR DIR *d = opendir(folder);
    char last[256] = "";

    for (struct dirent *e; (e = readdir(d));) {
        if (e->d_name[0] != '.' && strcmp(e->d_name, last) > 0)
            snprintf(last, sizeof(last), "%s", e->d_name);
    }
    int fd = openat(dirfd(d), last, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, st), 0);
    return fd;
}

static void
a_crash_at_any_byte(void **state)
{
    struct stat st, before;

    (void)state;
    struct notify_journal *j = opened(&roomy, second);
    assert_int_equal(add(j, 0, 4, second), 0);
    close(last_segment(&before));
    assert_int_equal(add(j, 4, 3, 2 * second), 0);
    struct seen seen;
    read_from(j, 0, &seen);
    uint64_t last = seen.last.seq;
    notify_journal_drop(j);
    int fd = last_segment(&st);
    for (off_t cut = st.st_size - 1; cut >= before.st_size; cut--) {
        assert_int_equal(ftruncate(fd, cut), 0);
        j = opened(&roomy, 3 * second);
        assert_false(read_from(j, 0, &seen));
        assert_true(seen.files == 4 && seen.in_order);
        assert_true(seen.last.op == NOTIFY_START && !seen.clean);
        assert_int_equal(seen.last.offset, second);
        assert_true(seen.last.seq > last); /* never a number twice */
        notify_journal_drop(j);
        assert_int_equal(ftruncate(fd, before.st_size), 0); /* without the start */
    }
    close(fd);
}

static void
a_crash_before_the_first_header(void **state)
{
    AUTO_FREE char *path = malloc(128);

    (void)state;
    snprintf(path, 128, "%s/0000000100000000.records", folder);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, "volext", 6), 6);
    close(fd);
    struct notify_journal *j = opened(&roomy, second);
    assert_int_equal(add(j, 0, 1, second), 0);
    notify_journal_close(j, second);
}

static void
a_full_disk_is_a_gap(void **state)
{
    const struct notify_limits full = {.segment = 1 << 20, .reserve = UINT64_MAX / 2};
    struct notify_journal *j = opened(&roomy, second);
    struct notify_extent before, after;
    struct seen seen;

    (void)state;
    assert_int_equal(add(j, 0, 2, second), 0);
    notify_journal_extent(j, &before);
    notify_journal_limits(j, &full);
    assert_int_equal(add(j, 2, 3, 2 * second), -ENOSPC);
    notify_journal_lost(j, 7, 3 * second);
    notify_journal_extent(j, &after);
    assert_true(after.bytes == before.bytes && after.next == before.next + 10);
    notify_journal_limits(j, &roomy);
    assert_int_equal(add(j, 100, 2, 4 * second), 0);
    assert_false(read_from(j, 0, &seen));
    assert_true(seen.gaps == 1 && seen.lost == 10 && seen.files == 4);
    read_from(j, before.next, &seen);
    assert_true(seen.first_file == 100 && seen.files == 2);
    notify_journal_close(j, second);
}

static void
a_gap_is_told_without_a_record_behind_it(void **state)
{
    struct notify_journal *j = opened(&roomy, second);
    struct notify_extent before;
    struct seen seen;

    (void)state;
    notify_journal_extent(j, &before);
    assert_int_equal(notify_journal_tell(j, second), 0);
    notify_journal_lost(j, 7, second);
    assert_int_equal(notify_journal_tell(j, second), 0);
    assert_int_equal(notify_journal_tell(j, second), 0);
    read_from(j, before.next, &seen);
    assert_true(seen.count == 1 && seen.gaps == 1 && seen.lost == 7);
    notify_journal_close(j, second);
}

/* Who asks before can put something in front of what comes first. */
static void
a_segment_that_is_new_is_known_before(void **state)
{
    const struct notify_limits small = {.segment = SMALL};
    struct notify_journal *j = opened(&small, second);
    unsigned turns = 0;

    (void)state;
    for (unsigned n = 0; n < 200; n++) {
        struct notify_extent before, after;
        bool is_new = notify_journal_turn(j, 1000, second);

        turns += is_new;
        assert_true(!is_new || notify_journal_turn(j, 1000, second));
        notify_journal_extent(j, &before);
        assert_int_equal(add(j, n, 5, second), 0); /* less than 1000 bytes */
        notify_journal_extent(j, &after);
        assert_true(after.bytes - before.bytes < 500); /* no header of another one */
        assert_false(notify_journal_turn(j, 0, second));
    }
    assert_true(turns > 5);
    notify_journal_close(j, second);
}

static void
a_full_disk_at_the_start(void **state)
{
    const struct notify_limits full = {.segment = 1 << 20, .reserve = UINT64_MAX / 2};
    struct seen seen;

    (void)state;
    notify_journal_close(opened(&roomy, second), second);
    struct notify_journal *j = opened(&full, 9 * second);
    notify_journal_limits(j, &roomy);
    assert_int_equal(add(j, 0, 1, 10 * second), 0);
    read_from(j, 0, &seen);
    assert_true(seen.starts == 1 && seen.gaps == 1 && seen.files == 1);
    notify_journal_close(j, second);
}

static void
the_oldest_go_and_readers_are_told(void **state)
{
    const struct notify_limits limits = {.segment = 1000, .size = 5000};
    struct notify_journal *j = opened(&limits, second);
    struct notify_extent extent;
    struct seen seen;

    (void)state;
    for (uint64_t n = 0; n < 1000; n += 2)
        assert_int_equal(add(j, n, 2, second), 0);
    notify_journal_extent(j, &extent);
    assert_true(extent.bytes <= 6100 && extent.oldest > 1ull << 32);
    assert_true(read_from(j, 0, &seen));
    assert_true(seen.in_order && seen.next_file == 1000 && seen.first_file > 0);
    assert_false(read_from(j, extent.oldest, &seen));
    assert_true(read_from(j, extent.oldest - 1, &seen));
    notify_journal_close(j, second);
}

/* What is read first of time. */
static struct seen
seek(struct notify_journal *j, uint64_t time, bool *overtaken)
{
    struct notify_place place;
    struct seen seen = {.in_order = true};
    bool more;

    notify_journal_seek(j, &place, time, overtaken);
    assert_int_equal(notify_journal_read(j, &place, SIZE_MAX, &more, look, &seen), 0);
    assert_false(more);
    notify_place_close(&place);
    return seen;
}

static void
a_time_is_found(void **state)
{
    const struct notify_limits limits = {.segment = 4096};
    struct notify_journal *j = opened(&limits, second);
    bool overtaken;

    (void)state;
    for (uint64_t n = 0; n < 300; n += 2)
        assert_int_equal(add(j, n, 2, (n + 10) * second), 0);
    for (uint64_t n = 0; n < 300; n++) {
        struct seen seen = seek(j, (n + 10) * second, &overtaken);

        assert_false(overtaken);
        assert_int_equal(seen.files, 300 - (n + 1) / 2 * 2);
        assert_true(seen.in_order && (!seen.files || seen.first_file == (n + 1) / 2 * 2));
        assert_int_equal(seen.starts, 0);
    }
    assert_int_equal(seek(j, 0, &overtaken).starts, 1);
    assert_false(overtaken);
    assert_int_equal(seek(j, 5000 * second, &overtaken).count, 0);
    assert_int_equal(add(j, 300, 1, 2000 * second), 0);
    assert_int_equal(seek(j, 2000 * second, &overtaken).files, 1);
    for (uint64_t n = 0; n < 300; n += 2) {
        struct seen seen = seek(j, (n + 10) * second, &overtaken);
        uint64_t first = seen.last.seq - (seen.files - 1);

        assert_int_equal(notify_journal_time(j, first), (n + 10) * second);
        assert_int_equal(notify_journal_time(j, seen.last.seq + 1), 0);
    }
    assert_int_equal(notify_journal_time(j, 0), second);
    notify_journal_close(j, second);
}

static void
of_a_time_that_has_gone_the_reader_is_told(void **state)
{
    const struct notify_limits limits = {.segment = 4096, .size = 3 * 4096};
    struct notify_journal *j = opened(&limits, second);
    struct notify_extent extent;
    bool overtaken;

    (void)state;
    for (uint64_t n = 0; n < 1000; n++)
        assert_int_equal(add(j, n, 1, (n + 10) * second), 0);
    notify_journal_extent(j, &extent);
    assert_true(extent.since > 10 * second);
    assert_true(seek(j, extent.since - 1, &overtaken).files > 0);
    assert_true(overtaken);
    assert_true(seek(j, extent.since, &overtaken).files > 0);
    assert_false(overtaken);
    notify_journal_close(j, second);
}

/* And nothing that is younger: not with the file that it shares with older ones. */
static void
age_takes_them_away(void **state)
{
    const struct notify_limits limits = {.segment = 1 << 20, .age = 850 * second};
    struct notify_journal *j = opened(&limits, 1000 * second);
    struct notify_extent extent;

    (void)state;
    for (uint64_t n = 0; n <= 48; n++) /* with the last one a file begins */
        assert_int_equal(add(j, n, 1, (1000 + 100 * n) * second), 0);
    notify_journal_extent(j, &extent);
    assert_true(extent.since >= (1000 + 4800 - 850 - 400) * second);
    assert_true(extent.since <= (1000 + 4800 - 850) * second);
    notify_journal_close(j, 6000 * second);
}

static void
a_broken_middle_is_a_loss_that_is_told(void **state)
{
    const struct notify_limits limits = {.segment = 1000};
    struct notify_journal *j = opened(&limits, second);
    struct seen seen;
    char path[128];

    (void)state;
    for (uint64_t n = 0; n < 100; n++)
        assert_int_equal(add(j, n, 1, second), 0);
    snprintf(path, sizeof(path), "%s/0000000100000000.records", folder);
    int fd = open(path, O_RDWR);
    assert_int_equal(pwrite(fd, "x", 1, 400), 1);
    close(fd);
    assert_true(read_from(j, 0, &seen));
    assert_true(seen.files > 50 && seen.files < 100 && seen.next_file == 100);
    assert_int_equal(unlink(path), 0);
    assert_true(read_from(j, 0, &seen));
    assert_true(seen.files > 50 && seen.in_order && seen.next_file == 100);
    notify_journal_close(j, second);
}

static void
what_is_no_record_is_not_written(void **state)
{
    struct notify_journal *j = opened(&roomy, second);
    struct notify_extent before, after;
    uint8_t buf[SMALL] = {0};
    size_t len = file_record(1, buf, sizeof(buf));

    (void)state;
    notify_journal_extent(j, &before);
    assert_int_equal(notify_journal_append(j, buf, len, 2, second), -EINVAL);
    assert_int_equal(notify_journal_append(j, buf, len - 1, 1, second), -EINVAL);
    assert_int_equal(notify_journal_append(j, buf, len + 1, 1, second), -EINVAL);
    assert_int_equal(notify_journal_append(j, buf, 0, 0, second), -EINVAL);
    notify_journal_extent(j, &after);
    assert_true(after.bytes == before.bytes && after.next == before.next);
    notify_journal_close(j, second);
}

/* Of each file of a storm: create, write, close; and its unlink in the end. */
static struct notify_record
storm_record(unsigned n, enum notify_op op, char path[64])
{
    int len = snprintf(path, 64, "/a-folder-of-20-chars/file%04u", n);
    struct notify_record r = {.op = op, .flags = NOTIFY_HAS_NAME | NOTIFY_HAS_ACTOR,
                              .time = 1700000000 * second + n * 1000001ull + op,
                              .name = {{7, [15] = 1}, path, (uint16_t)len},
                              .pid = 34567, .client = 0x1122334455667788};

    memcpy(r.gfid, &n, sizeof(n));
    if (op == NOTIFY_WRITE) {
        r.flags |= NOTIFY_HAS_RANGE;
        r.length = 1000;
    } else if (op == NOTIFY_CLOSE) {
        r.flags |= NOTIFY_WRITTEN | NOTIFY_WRITABLE;
    } else if (op == NOTIFY_UNLINK) {
        r.flags |= NOTIFY_LAST_LINK;
    }
    return r;
}

/* The events of files from first on, in batches of so many: bytes of the journal for each. */
static double
storm(unsigned in_a_batch)
{
    struct notify_journal *j = opened(&roomy, 1700000000 * second);
    struct notify_extent before, after;
    uint8_t buf[SMALL];
    char path[64];
    size_t len = 0;
    unsigned count = 0;

    notify_journal_extent(j, &before);
    for (unsigned i = 0; i < 400; i++) {
        static const enum notify_op ops[] = {NOTIFY_CREATE, NOTIFY_WRITE, NOTIFY_CLOSE};
        struct notify_record r = i < 300 ? storm_record(i / 3, ops[i % 3], path)
                                         : storm_record(i - 300, NOTIFY_UNLINK, path);

        len += (size_t)notify_record_encode(&r, buf + len, sizeof(buf) - len);
        if (++count < in_a_batch)
            continue;
        assert_int_equal(notify_journal_append(j, buf, len, count, r.time + 3000000), 0);
        len = count = 0;
    }
    notify_journal_extent(j, &after);
    notify_journal_close(j, second);
    return (double)(after.bytes - before.bytes) / 400;
}

static void
an_event_takes_little_room(void **state)
{
    (void)state;
    assert_true(storm(1) <= 120); /* also where a reader follows so closely that each has its own batch */
    assert_true(storm(2) <= 80);
    assert_true(storm(20) <= 40);
}

static void
another_version_is_another_journal(void **state)
{
    struct notify_journal *j = opened(&roomy, second);
    struct notify_extent before, after;
    struct seen seen;
    struct stat st;

    (void)state;
    assert_int_equal(add(j, 0, 4, second), 0);
    notify_journal_extent(j, &before);
    notify_journal_close(j, second);
    int fd = last_segment(&st);
    assert_int_equal(pwrite(fd, "volext-gnotify-1", 16, 0), 16);
    close(fd);
    j = opened(&roomy, second);
    notify_journal_extent(j, &after);
    assert_memory_not_equal(before.id, after.id, sizeof(after.id)); /* whoever reads is told of it */
    assert_true(after.bytes < 200);
    read_from(j, 0, &seen);
    assert_true(seen.count == 1 && seen.starts == 1);
    notify_journal_close(j, second);
}

static void
no_folder(void **state)
{
    struct notify_journal *j = NULL;

    (void)state;
    assert_int_equal(notify_journal_open("/nowhere/at/all", &roomy, second, &j), -ENOENT);
    assert_int_equal(notify_journal_open("/proc/version", &roomy, second, &j), -ENOTDIR);
    assert_null(j);
    notify_journal_close(NULL, second);
}

#define A_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        A_TEST(what_is_written_is_read),
        A_TEST(a_reader_keeps_its_place),
        A_TEST(a_crash_at_any_byte),
        A_TEST(a_crash_before_the_first_header),
        A_TEST(a_full_disk_is_a_gap),
        A_TEST(a_gap_is_told_without_a_record_behind_it),
        A_TEST(a_segment_that_is_new_is_known_before),
        A_TEST(a_full_disk_at_the_start),
        A_TEST(the_oldest_go_and_readers_are_told),
        A_TEST(a_time_is_found),
        A_TEST(of_a_time_that_has_gone_the_reader_is_told),
        A_TEST(age_takes_them_away),
        A_TEST(a_broken_middle_is_a_loss_that_is_told),
        A_TEST(what_is_no_record_is_not_written),
        A_TEST(an_event_takes_little_room),
        A_TEST(another_version_is_another_journal),
        A_TEST(no_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
