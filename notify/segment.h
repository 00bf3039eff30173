/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * One file of a journal: see journal.h, which has the format.
 */
#ifndef NOTIFY_SEGMENT_H
#define NOTIFY_SEGMENT_H

#include "notify/journal.h"

enum { SEGMENT_HEADER = 56, BATCH_HEADER = 32, SEGMENT_NAME = 32 };

struct segment {
    uint8_t id[NOTIFY_ID_SIZE];
    uint64_t first; /* what its first record is numbered, at least */
    uint64_t after; /* the last number that was used before */
    uint64_t begun; /* ns */
    uint64_t bytes; /* with the header */
};

struct batch {
    uint32_t bytes, count, crc;
    uint64_t first, last; /* all numbers between them are there */
    uint64_t written; /* ns */
};

void
segment_name(uint64_t first, char name[SEGMENT_NAME]);

/* The number in a name that segment_name gave. */
bool
segment_number(const char *name, uint64_t *first);

/* Makes the file and writes its header; bytes is set. The file, or -errno: then there is
 * none. */
int
segment_create(int dir, struct segment *s);

/* Opens and reads its header; bytes is the file's size. The file, or -errno: -EBADMSG
 * where it is no segment. */
int
segment_open(int dir, uint64_t first, int flags, struct segment *s);

/* Writes a batch at offset: its size, or -errno; what was written of it is cut off again. records:
 * b->bytes of them, as pack.h has them. b->last is set. */
ssize_t
batch_write(int fd, uint64_t offset, struct batch *b, const void *records);

/* What of a file is in memory. Zero it, and free buf in the end. */
struct window {
    uint8_t *buf;
    size_t room, len;
    uint64_t at; /* in the file */
};

/* The whole batch at offset of a file that may be read up to `end`, with its checksum right:
 * its records, b->bytes of them, until the next call. NULL with *err: 0 where there is none, or
 * -ENOMEM. Batches before seq: only their header is looked at, and what is given are no records. */
const uint8_t *
batch_window(int fd, uint64_t offset, uint64_t end, uint64_t seq, struct window *w, struct batch *b,
             int *err);

/* Reads the header of the batch at offset. 0, or -EBADMSG where there is none. */
int
batch_read(int fd, uint64_t offset, struct batch *b);

/* Reads its records, b->bytes of them, to buf. 0, or -EBADMSG where they are not those
 * that were written. */
int
batch_records(int fd, uint64_t offset, const struct batch *b, void *buf);

#endif
