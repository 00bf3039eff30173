/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The journal of one brick: segments in a folder, each a header and batches of records.
 *
 * One thread writes, any number read. What is written can be read at once; it reaches the
 * disk when the kernel writes it, so a journal loses what the brick's file system loses.
 * Nothing that was read is ever numbered again: each opening begins a new row of
 * sequence numbers, whatever was lost of the old one.
 *
 *     segment: "volext-gnotify-2" · u8 id[16] · u64 first seq · u64 ns when it was begun
 *     batch:   "gnBA" · u32 bytes · u32 records · u32 CRC-32 of all but itself ·
 *              u64 first seq · u64 ns when it was written · the records, as pack.h has them
 *
 * The 2 is the version of all that. What has another one is no journal: it is removed when one is
 * opened there, which then is another journal, so that readers are told that all is gone.
 *
 * Times here are the brick's own clock, ns since 1970.
 */
#ifndef NOTIFY_JOURNAL_H
#define NOTIFY_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    NOTIFY_ID_SIZE = 16,
    NOTIFY_BATCH_MAX = 1 << 20, /* bytes of records that are appended at once */
    NOTIFY_BATCH_SIZE_MAX = NOTIFY_BATCH_MAX + NOTIFY_BATCH_MAX / 8, /* on the disk, at worst */
};

struct notify_limits {
    uint64_t size;    /* bytes of all segments, the oldest go first; at least two segments */
    uint64_t age;     /* ns; a segment goes when its last record is older */
    uint64_t segment; /* bytes of one */
    uint64_t reserve; /* bytes: with less free on the disk nothing is written */
};

struct notify_journal;
struct notify_record;

/* What a reader is told of the whole. */
struct notify_extent {
    uint8_t id[NOTIFY_ID_SIZE]; /* of this journal: other sequence numbers mean nothing in it */
    uint64_t oldest;            /* the first that can be read; next where there is none */
    uint64_t next;              /* where the next that is written will be at least */
    uint64_t since;             /* ns: when the oldest was begun */
    uint64_t bytes;
};

/* Opens the journal in folder dir, which is made (0700) if it is not there; its parent
 * must be. What is broken at the end of the last segment is cut off, and a segment
 * without a header is removed: that is what a crash leaves, or another version. Then a NOTIFY_START record is written, which
 * says when the journal was last written to and whether it was closed in good order.
 * now: ns. 0 or -errno; nothing is open then. The caller closes it. */
int
notify_journal_open(const char *dir, const struct notify_limits *limits, uint64_t now,
                    struct notify_journal **out);

/* Writes NOTIFY_STOP, unless the disk is full, and closes. NULL is fine. */
void
notify_journal_close(struct notify_journal *j, uint64_t now);

/* Closes as a crash would: for a child process, and for tests. */
void
notify_journal_drop(struct notify_journal *j);

/* For the one thread that writes: gives each record its number, and appends them as one
 * batch. records: `count` of them in a row as record.h has them, `len` bytes, at most NOTIFY_BATCH_MAX;
 * what number they have does not matter.
 * On an error (-ENOSPC with less than the reserve free, or what the disk says) nothing
 * was written, but the numbers are used up: a record NOTIFY_GAP with them goes before
 * the next that is written. 0 or -errno. */
int
notify_journal_append(struct notify_journal *j, const void *records, size_t len, unsigned count,
                      uint64_t now);

/* For the thread that writes: appends of at most `len` bytes in all go to one segment now.
 * True where nothing is in it yet: what readers must have read before a record, as
 * clients' names, is told in each segment again, for the others may go before it. */
bool
notify_journal_turn(struct notify_journal *j, size_t len, uint64_t now);

/* Says that `count` records could not even be kept until they were written: as a failed
 * append of so many. */
void
notify_journal_lost(struct notify_journal *j, unsigned count, uint64_t now);

/* Writes the record of what was lost now, without one behind it, if something was. 0 or
 * -errno: then it is still to be written. */
int
notify_journal_tell(struct notify_journal *j, uint64_t now);

/* For the thread that writes: other limits, from the next append on. */
void
notify_journal_limits(struct notify_journal *j, const struct notify_limits *limits);

void
notify_journal_extent(struct notify_journal *j, struct notify_extent *extent);

/* When the first batch that has seq, or what comes after it, was written (ns); 0: there is none. */
uint64_t
notify_journal_time(struct notify_journal *j, uint64_t seq);

/* A place in a journal, for one reader. Zero it, set seq, and close it in the end. */
struct notify_place {
    uint64_t seq; /* the next record that is wanted */
    /* the rest is the journal's */
    int fd;
    bool open;
    uint64_t segment, offset;
};

void
notify_place_close(struct notify_place *place);

/* Sets a new place to the first batch that was written at `time` (ns) or later; to the
 * next record where there is none. Of *overtaken: whether some of that time may have gone. */
void
notify_journal_seek(struct notify_journal *j, struct notify_place *place, uint64_t time,
                    bool *overtaken);

/* Calls each(record, arg) for the records from place->seq on, until it
 * returns false (that record is not used up), until the end, or after a batch when more
 * than `limit` bytes were looked at. place->seq is then the next one. Of *overtaken:
 * whether records between the place and the first one given are gone, or cannot be read.
 * 0 or -errno. */
int
notify_journal_read(struct notify_journal *j, struct notify_place *place, size_t limit,
                    bool *overtaken, bool (*each)(const struct notify_record *r, void *arg), void *arg);

#endif
