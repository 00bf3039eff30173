/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Records as a batch of the journal has them: what a record has in common with the one before
 * it is not written again. A batch can be read without any other; a record only behind those
 * before it. Readers on other machines never see this: they get records as record.h has them.
 *
 *     u8      op
 *     number  flags, as record.h has them
 *     u8      enum same
 *     signed  time: after the last one in the batch that was not 0, at first after when the batch
 *             was written; not there with SAME_NO_TIME
 *     u8      gfid[16]; not there with SAME_GFID
 *     NOTIFY_HAS_NAME    u8 parent[16] unless SAME_PARENT, number: so many bytes of the path are those
 *                        of the last name in the batch, number: so many follow, bytes
 *     NOTIFY_HAS_TO      the same, after the record's own name
 *     NOTIFY_HAS_ACTOR   unless SAME_ACTOR: signed pid, number uid, number gid, u64 client unless
 *                        SAME_CLIENT
 *     NOTIFY_HAS_RANGE   number offset, number length
 *     NOTIFY_HAS_DETAIL  u8 length, bytes
 *
 * The sequence number is that of the batch's first, and one more for each. A number has seven bits
 * in each byte, the low ones first, and the eighth where more follow; signed: 2n, or -2n - 1.
 */
#ifndef NOTIFY_PACK_H
#define NOTIFY_PACK_H

#include "notify/bytes.h"
#include "notify/record.h"

enum same {
    SAME_GFID = 1 << 0,
    SAME_PARENT = 1 << 1,
    SAME_TO_PARENT = 1 << 2,
    SAME_ACTOR = 1 << 3,
    SAME_CLIENT = 1 << 4,
    SAME_NO_TIME = 1 << 5,
    SAME_BITS = (1 << 6) - 1,
};

/* What the records before have told. */
struct before {
    uint64_t time, client;
    uint8_t gfid[16];
    struct notify_name name;
    int32_t pid;
    uint32_t uid, gid;
};

struct packer {
    struct writer to;
    struct before before;
};

/* At most so many bytes more than the record itself has. */
enum { NOTIFY_PACK_MORE = 3 };

/* To buf, of a batch that is written at `written` (ns). */
void
notify_pack_begin(struct packer *p, uint64_t written, void *buf, size_t room);

/* Adds one that notify_record_decode gave; its texts stay as they are until the last was added. 0;
 * or -ENOSPC: so much room for each as NOTIFY_PACK_MORE says, and 256 bytes in all, are enough. */
int
notify_pack_add(struct packer *p, const struct notify_record *r);

struct unpacker {
    struct reader in;
    struct before before;
    uint64_t seq;
    unsigned current; /* of paths: the last name */
    char paths[2][NOTIFY_PATH_MAX];
};

/* The records of a batch: bytes, until the end. first: the number of the first. */
void
notify_unpack_begin(struct unpacker *u, uint64_t written, uint64_t first, const void *bytes, size_t len);

/* The next one to *r; its texts are good until the next call. 1, or 0 at the end, or -EBADMSG: these
 * are no records. */
int
notify_unpack_next(struct unpacker *u, struct notify_record *r);

#endif
