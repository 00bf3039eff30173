/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Fuzz target: any bytes as records, as messages, and as what a crash or a broken disk leaves of a
 * journal's segment. What is accepted is written back to the same bytes; a
 * journal is opened, read and written to.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/must.h"
#include "notify/keep.h"
#include "notify/wire.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
as_record(const uint8_t *data, size_t len)
{
    uint8_t again[NOTIFY_RECORD_MAX];
    struct notify_record r;
    ssize_t n = notify_record_decode(data, len, &r);

    if (n < 0)
        return;
    MUST(notify_record_encode(&r, again, sizeof(again)) == n);
    MUST(!memcmp(again, data, (size_t)n));
}

static void
as_messages(const uint8_t *data, size_t len)
{
    uint8_t again[NOTIFY_REQUEST_SIZE_MAX];
    struct notify_request q;
    struct notify_reply r;

    if (!notify_request_decode(data, len, &q)) {
        MUST(notify_request_encode(&q, again, sizeof(again)) == (ssize_t)len);
        MUST(!memcmp(again, data, len));
    }
    if (!notify_reply_decode(data, len, &r)) {
        notify_reply_head(&r, again);
        MUST(!memcmp(again, data, NOTIFY_REPLY_HEADER));
    }
}

static char folder[64];

static void
remove_folder(void)
{
    rmdir(folder);
}

static bool
count(const struct notify_record *r, void *arg)
{
    uint8_t bytes[NOTIFY_RECORD_MAX];

    MUST(notify_record_encode(r, bytes, sizeof(bytes)) >= NOTIFY_RECORD_MIN);
    MUST(++*(unsigned *)arg < 1u << 20);
    return true;
}

/* What is read as a batch's records is written to the same, though not always to the same bytes. */
static void
as_batch(const uint8_t *data, size_t len)
{
    static struct unpacker u, again;
    struct notify_record r, same;
    struct packer p;
    uint8_t bytes[NOTIFY_RECORD_MAX], back[NOTIFY_RECORD_MAX], packed[NOTIFY_RECORD_MAX + 256];

    notify_unpack_begin(&u, 1, 5, data, len);
    while (notify_unpack_next(&u, &r) > 0) {
        ssize_t n = notify_record_encode(&r, bytes, sizeof(bytes));

        MUST(n > 0 && notify_record_decode(bytes, (size_t)n, &same) == n);
        notify_pack_begin(&p, 7, packed, sizeof(packed));
        MUST(!notify_pack_add(&p, &same));
        MUST(p.to.at - packed <= n + NOTIFY_PACK_MORE);
        notify_unpack_begin(&again, 7, r.seq, packed, (size_t)(p.to.at - packed));
        MUST(notify_unpack_next(&again, &same) == 1);
        MUST(notify_record_encode(&same, back, sizeof(back)) == n && !memcmp(bytes, back, (size_t)n));
        MUST(!notify_unpack_next(&again, &same));
    }
}

/* Behind a good header, or, where the first byte says so, instead of it. */
static void
as_segment(const uint8_t *data, size_t len)
{
    const struct notify_limits limits = {.segment = 4096};
    struct segment s = {.first = 1ull << NUMBERS_OF_A_RUN, .begun = 1};
    uint8_t record[NOTIFY_RECORD_MIN];
    const struct notify_record r = {.op = NOTIFY_UNLINK};
    struct notify_place place = {0};
    struct notify_journal *j;
    unsigned records = 0;
    bool overtaken;
    int dir = open(folder, O_RDONLY | O_DIRECTORY);
    int fd = segment_create(dir, &s);

    MUST(fd >= 0);
    MUST(pwrite(fd, data, len, data[0] & 1 ? 0 : SEGMENT_HEADER) == (ssize_t)len);
    close(fd);
    MUST(!notify_journal_open(folder, &limits, 2, &j));
    MUST(notify_record_encode(&r, record, sizeof(record)) == sizeof(record));
    MUST(!notify_journal_append(j, record, sizeof(record), 1, 3));
    MUST(!notify_journal_read(j, &place, SIZE_MAX, &overtaken, count, &records));
    MUST(records >= 2);
    notify_place_close(&place);
    notify_journal_seek(j, &place, 3, &overtaken);
    MUST(!notify_journal_read(j, &place, SIZE_MAX, &overtaken, count, &records));
    MUST(records >= 3);
    notify_place_close(&place);
    for (size_t i = 0; i < j->count; i++) {
        char name[SEGMENT_NAME];

        segment_name(j->segments[i].first, name);
        unlinkat(dir, name, 0);
    }
    char name[SEGMENT_NAME];

    segment_name(s.first, name);
    unlinkat(dir, name, 0);
    notify_journal_drop(j);
    close(dir);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (!*folder) {
        snprintf(folder, sizeof(folder), "/tmp/volext-fuzz-journal.XXXXXX");
        MUST(mkdtemp(folder));
        atexit(remove_folder);
    }
    as_record(data, len);
    as_messages(data, len);
    as_batch(data, len);
    if (len)
        as_segment(data, len);
    return 0;
}
