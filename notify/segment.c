/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Segments and batches as bytes: see journal.h, which has the format.
 */
#include "notify/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/uio.h>
#include <zlib.h>

#include "common/cleanup.h"
#include "notify/bytes.h"

enum { WINDOW = 16 << 10 };
static const char segment_magic[16] = "volext-gnotify-2";
static const char batch_magic[4] = "gnBA";

/* ---- segments ------------------------------------------------------------ */

void
segment_name(uint64_t first, char name[SEGMENT_NAME])
{
    snprintf(name, SEGMENT_NAME, "%016" PRIx64 ".records", first);
}

bool
segment_number(const char *name, uint64_t *first)
{
    char again[SEGMENT_NAME];
    char *end;

    *first = strtoull(name, &end, 16);
    segment_name(*first, again);
    return !strcmp(name, again);
}

int
segment_create(int dir, struct segment *s)
{
    uint8_t header[SEGMENT_HEADER];
    struct writer w = {header, header + sizeof(header)};
    char name[SEGMENT_NAME];

    put_bytes(&w, segment_magic, sizeof(segment_magic));
    put_bytes(&w, s->id, sizeof(s->id));
    put_u64(&w, s->first);
    put_u64(&w, s->after);
    put_u64(&w, s->begun);
    segment_name(s->first, name);
    int fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    ssize_t n = pwrite(fd, header, sizeof(header), 0);
    if (n != sizeof(header)) {
        int err = n < 0 ? errno : ENOSPC;

        unlinkat(dir, name, 0);
        close(fd);
        return -err;
    }
    s->bytes = sizeof(header);
    return fd;
}

static int
header_read(int fd, struct segment *s)
{
    uint8_t header[SEGMENT_HEADER];
    struct reader r = {header, header + sizeof(header), false};

    if (pread(fd, header, sizeof(header), 0) != sizeof(header) ||
        memcmp(get_bytes(&r, sizeof(segment_magic)), segment_magic, sizeof(segment_magic)) != 0)
        return -EBADMSG;
    get_copy(&r, s->id, sizeof(s->id));
    s->first = get_u64(&r);
    s->after = get_u64(&r);
    s->begun = get_u64(&r);
    off_t end = lseek(fd, 0, SEEK_END);
    s->bytes = end < SEGMENT_HEADER ? SEGMENT_HEADER : (uint64_t)end;
    return 0;
}

int
segment_open(int dir, uint64_t first, int flags, struct segment *s)
{
    char name[SEGMENT_NAME];

    segment_name(first, name);
    AUTO_CLOSE int fd = openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    int err = header_read(fd, s);
    if (err || s->first != first)
        return -EBADMSG;
    int ret = fd;

    fd = -1;
    return ret;
}

/* ---- batches ------------------------------------------------------------- */

static uint32_t
checksum(const uint8_t header[BATCH_HEADER])
{
    static const uint8_t none[4];
    uLong crc = crc32(0, header, 12); /* up to the checksum's own place */

    crc = crc32(crc, none, sizeof(none));
    return (uint32_t)crc32(crc, header + 16, BATCH_HEADER - 16);
}

static void
header_put(uint8_t header[BATCH_HEADER], const struct batch *b)
{
    struct writer w = {header, header + BATCH_HEADER};

    put_bytes(&w, batch_magic, sizeof(batch_magic));
    put_u32(&w, b->bytes);
    put_u32(&w, b->count);
    put_u32(&w, b->crc);
    put_u64(&w, b->first);
    put_u64(&w, b->written);
}

ssize_t
batch_write(int fd, uint64_t offset, struct batch *b, const void *records)
{
    uint8_t header[BATCH_HEADER];
    struct iovec parts[] = {{header, sizeof(header)}, {(void *)records, b->bytes}};
    size_t size = sizeof(header) + b->bytes;

    b->last = b->first + b->count - 1;
    header_put(header, b);
    b->crc = (uint32_t)crc32(checksum(header), records, b->bytes);
    header_put(header, b);
    ssize_t n = pwritev(fd, parts, ARRAY_SIZE(parts), (off_t)offset);
    if (n == (ssize_t)size)
        return n;
    int err = n < 0 ? errno : ENOSPC;

    /* what follows is found by its place: half a batch would hide it */
    if (ftruncate(fd, (off_t)offset) < 0)
        err = EIO;
    return -err;
}

static int
header_get(const uint8_t header[BATCH_HEADER], struct batch *b)
{
    struct reader r = {header, header + BATCH_HEADER, false};

    if (memcmp(get_bytes(&r, sizeof(batch_magic)), batch_magic, sizeof(batch_magic)) != 0)
        return -EBADMSG;
    b->bytes = get_u32(&r);
    b->count = get_u32(&r);
    b->crc = get_u32(&r);
    b->first = get_u64(&r);
    b->written = get_u64(&r);
    b->last = b->first + b->count - 1;
    return b->count && b->count <= b->bytes && b->bytes <= NOTIFY_BATCH_SIZE_MAX && b->first <= b->last
               ? 0
               : -EBADMSG;
}

int
batch_read(int fd, uint64_t offset, struct batch *b)
{
    uint8_t header[BATCH_HEADER];

    if (pread(fd, header, sizeof(header), (off_t)offset) != sizeof(header))
        return -EBADMSG;
    return header_get(header, b);
}

/* Was it these records that were written? */
static bool
is_whole(const struct batch *b, const void *records)
{
    uint8_t header[BATCH_HEADER];

    header_put(header, b);
    return (uint32_t)crc32(checksum(header), records, b->bytes) == b->crc;
}

int
batch_records(int fd, uint64_t offset, const struct batch *b, void *buf)
{
    if (pread(fd, buf, b->bytes, (off_t)(offset + BATCH_HEADER)) != (ssize_t)b->bytes)
        return -EBADMSG;
    return is_whole(b, buf) ? 0 : -EBADMSG;
}

/* len bytes of the file at offset; or NULL, *err as batch_window has it. More is read than is
 * asked for, as far as the file may be read. */
static const uint8_t *
window_get(int fd, uint64_t offset, uint64_t end, size_t len, struct window *w, int *err)
{
    *err = 0;
    if (len > end - offset)
        return NULL;
    if (offset >= w->at && offset - w->at <= w->len && len <= w->len - (offset - w->at))
        return w->buf + (offset - w->at);
    if (len > w->room || !w->room) {
        size_t room = len < WINDOW ? WINDOW : len;
        uint8_t *more = realloc(w->buf, room);

        if (!more) {
            *err = -ENOMEM;
            return NULL;
        }
        w->buf = more;
        w->room = room;
    }
    ssize_t n = pread(fd, w->buf, w->room < end - offset ? w->room : end - offset, (off_t)offset);

    w->at = offset;
    w->len = n < 0 ? 0 : (size_t)n;
    return w->len < len ? NULL : w->buf;
}

const uint8_t *
batch_window(int fd, uint64_t offset, uint64_t end, uint64_t seq, struct window *w, struct batch *b,
             int *err)
{
    const uint8_t *at = window_get(fd, offset, end, BATCH_HEADER, w, err);

    if (!at || header_get(at, b))
        return NULL;
    if (b->last < seq)
        return at;
    at = window_get(fd, offset, end, BATCH_HEADER + b->bytes, w, err);
    return at && is_whole(b, at + BATCH_HEADER) ? at + BATCH_HEADER : NULL;
}
