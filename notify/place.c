/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The side of a journal that reads. A reader's place stays good while segments are
 * written and taken away.
 */
#include <errno.h>
#include <fcntl.h>

#include "notify/keep.h"

void
notify_place_close(struct notify_place *place)
{
    if (place->open)
        close(place->fd);
    place->open = false;
}

/* How far the place's segment may be read. One that was taken away: to its end, which
 * stays as it was. */
static uint64_t
readable(struct notify_journal *j, const struct notify_place *place)
{
    uint64_t bytes = UINT64_MAX;

    pthread_mutex_lock(&j->lock);
    for (size_t i = 0; i < j->count; i++) {
        if (j->segments[i].first == place->segment)
            bytes = j->segments[i].bytes;
    }
    pthread_mutex_unlock(&j->lock);
    if (bytes < UINT64_MAX)
        return bytes;
    off_t end = lseek(place->fd, 0, SEEK_END);
    return end < 0 ? 0 : (uint64_t)end;
}

/* The segment that has number seq, or the next one that is there; after another one, if
 * that is not 0. False where there is none. */
static bool
find_segment(struct notify_journal *j, uint64_t seq, uint64_t after, struct segment *s)
{
    bool found = false;

    pthread_mutex_lock(&j->lock);
    for (size_t i = 0; i < j->count && !found; i++) {
        bool last = i + 1 == j->count;

        found = after ? j->segments[i].first > after : last || j->segments[i + 1].first > seq;
        if (found)
            *s = j->segments[i];
    }
    pthread_mutex_unlock(&j->lock);
    return found;
}

/* False where there is none. */
static bool
next_segment(struct notify_journal *j, struct notify_place *place, bool *overtaken)
{
    uint64_t after = place->open ? place->segment : 0;
    struct segment s, again;

    for (; find_segment(j, place->seq, after, &s); after = s.first) {
        int fd = segment_open(j->dir, s.first, O_RDONLY, &again);

        if (fd < 0) {
            *overtaken = true; /* somebody took it away */
            continue;
        }
        if (s.after && place->seq <= s.after && s.first > place->seq)
            *overtaken = true;
        notify_place_close(place);
        *place = (struct notify_place){place->seq, fd, true, s.first, SEGMENT_HEADER};
        return true;
    }
    return false;
}

/* The last segment that was begun by then, or the first one. Whether there is one. */
static bool
segment_of_time(struct notify_journal *j, uint64_t time, struct segment *s)
{
    pthread_mutex_lock(&j->lock);
    bool found = j->count;

    for (size_t i = 0; i < j->count && (!i || j->segments[i].begun <= time); i++)
        *s = j->segments[i];
    pthread_mutex_unlock(&j->lock);
    return found;
}

void
notify_journal_seek(struct notify_journal *j, struct notify_place *place, uint64_t time,
                    bool *overtaken)
{
    struct notify_extent extent;
    struct segment s, again;
    struct batch b;

    notify_journal_extent(j, &extent);
    *place = (struct notify_place){.seq = extent.next};
    *overtaken = false;
    if (!segment_of_time(j, time, &s))
        return;
    place->seq = s.first;
    *overtaken = s.begun > time && s.after; /* others were before it */
    int fd = segment_open(j->dir, s.first, O_RDONLY, &again);

    if (fd < 0)
        return; /* whoever reads finds out */
    *place = (struct notify_place){s.first, fd, true, s.first, SEGMENT_HEADER};
    for (uint64_t end = readable(j, place); place->offset < end && !batch_read(fd, place->offset, &b);) {
        if (b.written >= time) {
            place->seq = b.first;
            return;
        }
        place->seq = b.last + 1;
        place->offset += BATCH_HEADER + b.bytes;
    }
}

uint64_t
notify_journal_time(struct notify_journal *j, uint64_t seq)
{
    struct notify_place place = {.seq = seq};
    bool overtaken;
    struct batch b;
    uint64_t time = 0;

    while (!time && next_segment(j, &place, &overtaken)) {
        uint64_t end = readable(j, &place);

        while (place.offset < end && !batch_read(place.fd, place.offset, &b) && b.last < seq)
            place.offset += BATCH_HEADER + b.bytes;
        if (place.offset < end && b.last >= seq)
            time = b.written;
    }
    notify_place_close(&place);
    return time;
}

/* Hands out what the batch has from place->seq on. False where each has enough. */
static bool
give(struct notify_place *place, const struct batch *b, const uint8_t *records, bool *overtaken,
     bool (*each)(const struct notify_record *r, void *arg), void *arg)
{
    struct unpacker u;
    struct notify_record r;

    notify_unpack_begin(&u, b->written, b->first, records, b->bytes);
    while (notify_unpack_next(&u, &r) > 0 && r.seq <= b->last) {
        if (r.seq < place->seq)
            continue;
        if (!each(&r, arg))
            return false;
        place->seq = r.seq + 1;
    }
    if (place->seq <= b->last) { /* whole by its checksum, and no records */
        place->seq = b->last + 1;
        *overtaken = true;
    }
    return true;
}

/* A broken batch hides what is behind it in its segment. */
static void
leave_segment(struct notify_place *place, uint64_t end, bool *overtaken)
{
    place->offset = end;
    *overtaken = true;
}

int
notify_journal_read(struct notify_journal *j, struct notify_place *place, size_t limit,
                    bool *overtaken, bool (*each)(const struct notify_record *r, void *arg), void *arg)
{
    struct window w = {.buf = NULL};
    int err = 0;

    *overtaken = false;
    for (size_t looked_at = 0; looked_at < limit && !err;) {
        uint64_t end = place->open ? readable(j, place) : 0;
        struct batch b;

        if (!place->open || place->offset >= end) {
            if (!next_segment(j, place, overtaken))
                break;
            w.len = 0; /* it was of another file */
            continue;
        }
        const uint8_t *records = batch_window(place->fd, place->offset, end, place->seq, &w, &b, &err);

        if (!records) {
            if (!err)
                leave_segment(place, end, overtaken);
            continue;
        }
        if (b.last >= place->seq) {
            looked_at += b.bytes;
            if (!give(place, &b, records, overtaken, each, arg))
                break;
        }
        place->offset += BATCH_HEADER + b.bytes;
    }
    free(w.buf);
    return err;
}
