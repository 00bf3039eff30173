/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The side of a journal that writes: opening, appending, and what is kept for how long.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "notify/keep.h"

enum { LOOK_AGAIN = 4 << 20 };
#define SECOND 1000000000u

/* ---- the list of segments ------------------------------------------------ */

static int
by_first(const void *a, const void *b)
{
    const struct segment *x = a, *y = b;

    return (x->first > y->first) - (x->first < y->first);
}

static int
list_add(struct notify_journal *j, const struct segment *s)
{
    struct segment *more = reallocarray(j->segments, j->count + 1, sizeof(*more));

    if (!more)
        return -ENOMEM;
    j->segments = more;
    j->segments[j->count++] = *s;
    return 0;
}

/* All segments of the folder that are one journal's, in order: of several journals that
 * of the newest file. */
static int
list_read(struct notify_journal *j)
{
    int fd = openat(j->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    AUTO_CLOSEDIR DIR *d = fd < 0 ? NULL : fdopendir(fd);

    if (!d) {
        int err = errno;

        if (fd >= 0)
            close(fd);
        return -err;
    }
    for (struct dirent *e; (e = readdir(d));) {
        struct segment s;
        uint64_t first;

        if (!segment_number(e->d_name, &first))
            continue;
        AUTO_CLOSE int file = segment_open(j->dir, first, O_RDONLY, &s);
        if (file == -EBADMSG)
            unlinkat(j->dir, e->d_name, 0); /* a crash came before its header; or it is of another version */
        if (file < 0)
            continue;
        int err = list_add(j, &s);
        if (err)
            return err;
    }
    if (!j->count)
        return 0;
    qsort(j->segments, j->count, sizeof(*j->segments), by_first);
    memcpy(j->id, j->segments[j->count - 1].id, sizeof(j->id));
    size_t kept = 0;
    for (size_t i = 0; i < j->count; i++) {
        if (!memcmp(j->segments[i].id, j->id, sizeof(j->id)))
            j->segments[kept++] = j->segments[i];
    }
    j->count = kept;
    return 0;
}

/* ---- opening ------------------------------------------------------------- */

/* How the last segment ends. */
struct end {
    uint64_t last;    /* sequence number */
    uint64_t written; /* ns */
    bool clean;
};

static bool
ends_with_stop(const struct batch *b, const uint8_t *records)
{
    struct unpacker u;
    struct notify_record r = {.op = NOTIFY_GAP};
    int more;

    notify_unpack_begin(&u, b->written, b->first, records, b->bytes);
    while ((more = notify_unpack_next(&u, &r)) > 0)
        ;
    return !more && r.op == NOTIFY_STOP;
}

/* Finds the end of the last segment, and cuts off what is behind the last whole batch. */
static int
find_end(struct notify_journal *j, struct end *end)
{
    struct segment *s = &j->segments[j->count - 1];
    AUTO_FREE uint8_t *buf = malloc(NOTIFY_BATCH_SIZE_MAX);
    uint64_t at = SEGMENT_HEADER;
    struct batch b;

    if (!buf)
        return -ENOMEM;
    *end = (struct end){.last = s->after, .written = s->begun, .clean = false};
    while (at < s->bytes && !batch_read(j->fd, at, &b) && !batch_records(j->fd, at, &b, buf)) {
        *end = (struct end){b.last, b.written, ends_with_stop(&b, buf)};
        at += BATCH_HEADER + b.bytes;
    }
    if (at < s->bytes) {
        end->clean = false;
        if (ftruncate(j->fd, (off_t)at) < 0)
            return -errno;
        s->bytes = at;
    }
    return 0;
}

/* A new segment, the one that is written to from now on. */
static int
begin_segment(struct notify_journal *j, uint64_t now)
{
    struct segment s = {.first = j->next, .after = j->used, .begun = now};

    memcpy(s.id, j->id, sizeof(s.id));
    int fd = segment_create(j->dir, &s);
    if (fd < 0)
        return fd;
    pthread_mutex_lock(&j->lock);
    int err = list_add(j, &s);
    pthread_mutex_unlock(&j->lock);
    if (err) {
        char name[SEGMENT_NAME];

        segment_name(s.first, name);
        unlinkat(j->dir, name, 0);
        close(fd);
        return err;
    }
    if (j->fd >= 0)
        close(j->fd);
    j->fd = fd;
    return 0;
}

static int
begin(struct notify_journal *j, uint64_t now, struct end *end)
{
    *end = (struct end){.clean = true};
    int err = list_read(j);
    if (err)
        return err;
    if (!j->count) {
        if (getrandom(j->id, sizeof(j->id), 0) != sizeof(j->id))
            return -EIO;
        j->next = 1ull << NUMBERS_OF_A_RUN;
        return begin_segment(j, now);
    }
    struct segment again;

    j->fd = segment_open(j->dir, j->segments[j->count - 1].first, O_RDWR, &again);
    if (j->fd < 0)
        return j->fd;
    err = find_end(j, end);
    j->used = end->last;
    j->next = ((end->last >> NUMBERS_OF_A_RUN) + 1) << NUMBERS_OF_A_RUN;
    return err;
}

/* One record that has no name. */
static int
note(struct notify_journal *j, const struct notify_record *r, uint64_t now)
{
    uint8_t buf[NOTIFY_RECORD_MIN + 16];
    ssize_t len = notify_record_encode(r, buf, sizeof(buf));

    return len < 0 ? (int)len : notify_journal_append(j, buf, (size_t)len, 1, now);
}

int
notify_journal_open(const char *dir, const struct notify_limits *limits, uint64_t now,
                    struct notify_journal **out)
{
    struct notify_journal *j = calloc(1, sizeof(*j));
    struct end end;

    if (!j)
        return -ENOMEM;
    pthread_mutex_init(&j->lock, NULL);
    j->fd = -1;
    j->limits = *limits;
    int err = mkdir(dir, 0700) < 0 && errno != EEXIST ? -errno : 0;
    j->dir = err ? -1 : open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (!err && j->dir < 0)
        err = -errno;
    if (!err)
        err = begin(j, now, &end);
    if (!err) {
        struct notify_record start = {.op = NOTIFY_START,
                                      .flags = NOTIFY_HAS_RANGE | (end.clean ? NOTIFY_CLEAN : 0),
                                      .time = now,
                                      .offset = end.written};
        err = note(j, &start, now);
        if (err == -ENOSPC) { /* the gap, when there is room, stands for it */
            j->lost_since = end.written ? end.written : now;
            err = 0;
        }
    }
    if (err) {
        notify_journal_drop(j);
        return err;
    }
    *out = j;
    return 0;
}

void
notify_journal_drop(struct notify_journal *j)
{
    if (!j)
        return;
    if (j->fd >= 0)
        close(j->fd);
    if (j->dir >= 0)
        close(j->dir);
    pthread_mutex_destroy(&j->lock);
    free(j->segments);
    free(j->packed);
    free(j);
}

void
notify_journal_close(struct notify_journal *j, uint64_t now)
{
    struct notify_record stop = {.op = NOTIFY_STOP, .time = now};

    if (j)
        note(j, &stop, now);
    notify_journal_drop(j);
}

/* ---- what is kept --------------------------------------------------------- */

/* Under the lock: is the oldest one to go? */
static bool
oldest_goes(const struct notify_journal *j, uint64_t bytes, uint64_t now)
{
    const struct notify_limits *l = &j->limits;

    if (j->count < 2)
        return false;
    /* its last record is as old as the next one's first */
    if (l->age && now > l->age && j->segments[1].begun < now - l->age)
        return true;
    return l->size && j->count > 2 && bytes > l->size;
}

static void
keep(struct notify_journal *j, uint64_t now)
{
    char name[SEGMENT_NAME];
    uint64_t bytes = 0;

    pthread_mutex_lock(&j->lock);
    for (size_t i = 0; i < j->count; i++)
        bytes += j->segments[i].bytes;
    while (oldest_goes(j, bytes, now)) {
        segment_name(j->segments[0].first, name);
        if (unlinkat(j->dir, name, 0) < 0 && errno != ENOENT)
            break; /* next time */
        bytes -= j->segments[0].bytes;
        j->count--;
        memmove(j->segments, j->segments + 1, j->count * sizeof(*j->segments));
    }
    pthread_mutex_unlock(&j->lock);
}

void
notify_journal_limits(struct notify_journal *j, const struct notify_limits *limits)
{
    pthread_mutex_lock(&j->lock);
    j->limits = *limits;
    j->room = 0;
    pthread_mutex_unlock(&j->lock);
}

/* ---- appending ------------------------------------------------------------ */

/* Is there room for len bytes beside the reserve? The disk is asked once in a second, and after
 * LOOK_AGAIN bytes. */
static bool
has_room(struct notify_journal *j, uint64_t reserve, size_t len, uint64_t now)
{
    struct statvfs fs;

    if (j->room < len || now < j->looked || now - j->looked >= SECOND) {
        if (fstatvfs(j->dir, &fs) < 0)
            return false;
        uint64_t free = (uint64_t)fs.f_bavail * fs.f_frsize;

        if (free < reserve || free - reserve < len)
            return false;
        j->looked = now;
        j->room = free - reserve < LOOK_AGAIN ? len : LOOK_AGAIN;
    }
    return true;
}

/* A segment that takes the next batch, with room on the disk for it. */
static int
make_room(struct notify_journal *j, size_t len, uint64_t now)
{
    pthread_mutex_lock(&j->lock);
    struct notify_limits l = j->limits;
    const struct segment *s = &j->segments[j->count - 1];
    bool full = s->bytes + len > l.segment;
    /* so that age can take it away in pieces */
    bool old = l.age && now > s->begun && now - s->begun > l.age / SEGMENTS_OF_AN_AGE;
    bool empty = s->bytes <= SEGMENT_HEADER;

    pthread_mutex_unlock(&j->lock);
    if (!has_room(j, l.reserve, len, now))
        return -ENOSPC;
    if (empty || !(full || old))
        return 0;
    int err = begin_segment(j, now);
    if (!err)
        keep(j, now);
    return err;
}

bool
notify_journal_turn(struct notify_journal *j, size_t len, uint64_t now)
{
    if (make_room(j, len, now))
        return false; /* the append will say why */
    pthread_mutex_lock(&j->lock);
    bool empty = j->segments[j->count - 1].bytes <= SEGMENT_HEADER;

    pthread_mutex_unlock(&j->lock);
    return empty;
}

/* The record of what was lost, if something was. */
static int
pack_gap(const struct notify_journal *j, struct packer *p)
{
    struct notify_record gap = {.op = NOTIFY_GAP,
                                .flags = NOTIFY_HAS_RANGE,
                                .time = j->lost_since,
                                .offset = j->lost_first,
                                .length = j->lost};

    return j->lost ? notify_pack_add(p, &gap) : 0;
}

/* -EINVAL where they are not `count` records. */
static int
pack_records(struct packer *p, const uint8_t *records, size_t len, unsigned count)
{
    struct notify_record r;
    int err = 0;

    for (; count && len && !err; count--) {
        ssize_t n = notify_record_decode(records, len, &r);

        if (n < 0)
            return -EINVAL;
        err = notify_pack_add(p, &r);
        records += n;
        len -= (size_t)n;
    }
    return err ? err : count || len ? -EINVAL : 0;
}

/* What is lost, and the records, to j->packed: so many bytes, or -errno. */
static ssize_t
pack(struct notify_journal *j, const void *records, size_t len, unsigned count, uint64_t now)
{
    size_t room = len + (size_t)NOTIFY_PACK_MORE * count + 512;
    struct packer p;

    if (room > j->packed_room) {
        uint8_t *more = realloc(j->packed, room);

        if (!more)
            return -ENOMEM;
        j->packed = more;
        j->packed_room = room;
    }
    notify_pack_begin(&p, now, j->packed, j->packed_room);
    int err = pack_gap(j, &p);
    if (!err)
        err = pack_records(&p, records, len, count);
    return err ? err : p.to.at - j->packed;
}

static int
append(struct notify_journal *j, const void *records, size_t len, unsigned count, uint64_t now)
{
    ssize_t packed = pack(j, records, len, count, now);

    if (packed < 0)
        return (int)packed;
    int err = make_room(j, BATCH_HEADER + (size_t)packed, now);
    if (err)
        return err;
    struct batch b = {.count = count + (j->lost ? 1 : 0), .first = j->next, .written = now,
                      .bytes = (uint32_t)packed};

    uint64_t at = j->segments[j->count - 1].bytes; /* only this thread changes it */
    ssize_t n = batch_write(j->fd, at, &b, j->packed);
    if (n < 0)
        return (int)n;
    j->room -= (uint64_t)n < j->room ? (uint64_t)n : j->room;
    pthread_mutex_lock(&j->lock);
    j->segments[j->count - 1].bytes += (uint64_t)n;
    j->next = b.last + 1;
    j->used = b.last;
    pthread_mutex_unlock(&j->lock);
    j->lost = 0;
    return 0;
}

void
notify_journal_lost(struct notify_journal *j, unsigned count, uint64_t now)
{
    if (!count)
        return;
    if (!j->lost) {
        j->lost_first = j->next;
        j->lost_since = now;
    }
    j->lost += count;
    pthread_mutex_lock(&j->lock);
    j->next += count;
    j->used = j->next - 1;
    pthread_mutex_unlock(&j->lock);
}

int
notify_journal_append(struct notify_journal *j, const void *records, size_t len, unsigned count,
                      uint64_t now)
{
    if (!count || len > NOTIFY_BATCH_MAX)
        return -EINVAL;
    int err = append(j, records, len, count, now);
    if (err && err != -EINVAL)
        notify_journal_lost(j, count, now);
    return err;
}

int
notify_journal_tell(struct notify_journal *j, uint64_t now)
{
    return j->lost ? append(j, NULL, 0, 0, now) : 0;
}

void
notify_journal_extent(struct notify_journal *j, struct notify_extent *extent)
{
    pthread_mutex_lock(&j->lock);
    *extent = (struct notify_extent){.oldest = j->segments[0].first,
                                     .next = j->next,
                                     .since = j->segments[0].begun};
    memcpy(extent->id, j->id, sizeof(extent->id));
    for (size_t i = 0; i < j->count; i++)
        extent->bytes += j->segments[i].bytes;
    pthread_mutex_unlock(&j->lock);
}
