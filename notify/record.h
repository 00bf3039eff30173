/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A record: one change of one brick, and how it goes over the wire. In the brick's journal it is
 * shorter: pack.h.
 *
 * All numbers are little-endian. A record stands by itself: it says its own length, and
 * needs no other record to be understood.
 *
 *     u16 length    of all of it
 *     u8  op        enum notify_op
 *     u8  0
 *     u16 flags     enum notify_flag: also which of the parts below there are
 *     u64 seq       the brick's own; later changes have larger ones
 *     u64 time      ns since 1970, as the client stamped it; 0 where it does not
 *     u8  gfid[16]
 *     NOTIFY_HAS_NAME    u8 parent[16], u16 length, path
 *     NOTIFY_HAS_TO      u8 parent[16], u16 length, path
 *     NOTIFY_HAS_ACTOR   i32 pid, u32 uid, u32 gid, u64 client
 *     NOTIFY_HAS_RANGE   u64 offset, u64 length
 *     NOTIFY_HAS_DETAIL  u8 length, bytes
 *
 * Whoever reads checks every length (notify_record_decode): a record may come from a
 * brick that is not ours, or from a disk that is broken.
 */
#ifndef NOTIFY_RECORD_H
#define NOTIFY_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What was done. The numbers are in journals: new ones go to the end of their group. */
enum notify_op {
    NOTIFY_CREATE = 1, /* a regular file, by create, put or mknod */
    NOTIFY_MKNOD,      /* what is neither file nor folder */
    NOTIFY_MKDIR,
    NOTIFY_SYMLINK,
    NOTIFY_LINK, /* the name is the new one */
    NOTIFY_UNLINK,
    NOTIFY_RMDIR,
    NOTIFY_RENAME, /* from name to to */
    NOTIFY_WRITE,  /* with everything that changes data: copy, put of an old file */
    NOTIFY_TRUNCATE,
    NOTIFY_FALLOCATE,
    NOTIFY_DISCARD,
    NOTIFY_ZEROFILL,
    NOTIFY_SETATTR,
    NOTIFY_SETXATTR, /* detail: the attribute's name */
    NOTIFY_REMOVEXATTR,
    NOTIFY_OPEN,
    NOTIFY_CLOSE, /* NOTIFY_WRITTEN: something was written to it */
    NOTIFY_READ,
    NOTIFY_OPS, /* so many, and one */

    /* no changes, but what a reader must know of the journal */
    NOTIFY_MISSED = 64, /* a heal: something was done to gfid while this brick was away */
    NOTIFY_START,       /* the brick starts; offset: ns since 1970 when it was last seen */
    NOTIFY_STOP,        /* it ends in good order */
    NOTIFY_GAP,         /* offset: the first sequence number that is lost, length: how many;
                           time: ns since 1970 when the loss began */
    NOTIFY_CLIENT,      /* client's name is detail */
    NOTIFY_NOTES,       /* the first that is none */
};

enum notify_flag {
    NOTIFY_HAS_NAME = 1 << 0,
    NOTIFY_HAS_TO = 1 << 1,
    NOTIFY_HAS_ACTOR = 1 << 2,
    NOTIFY_HAS_RANGE = 1 << 3,
    NOTIFY_HAS_DETAIL = 1 << 4,
    NOTIFY_ISDIR = 1 << 5,
    NOTIFY_WRITTEN = 1 << 6,
    NOTIFY_NAME_ONLY = 1 << 7, /* where the folders are is not known: path is a name, or empty */
    NOTIFY_TO_NAME_ONLY = 1 << 8,
    NOTIFY_CLEAN = 1 << 9,     /* of NOTIFY_START: nothing was lost when it ended */
    NOTIFY_LAST_LINK = 1 << 10, /* of an unlink or a rename over it: the file has no name left */
    NOTIFY_WRITABLE = 1 << 11, /* of NOTIFY_CLOSE: it was open for writing */
    NOTIFY_FLAGS = (1 << 12) - 1,
};

/* ns. Writes of one client to one file within it, by the client's clock, are told as few:
 * the first one, and the others together, with the time of the latest. The copies of a
 * replicated file agree in time / NOTIFY_WRITE_BUCKET; which writes are told together may
 * differ where they were under way at the same time. */
#define NOTIFY_WRITE_BUCKET 100000000ull

enum {
    NOTIFY_PATH_MAX = 4095,
    NOTIFY_DETAIL_MAX = 255,
    NOTIFY_RECORD_MIN = 38,
    NOTIFY_RECORD_MAX = 38 + 2 * (18 + NOTIFY_PATH_MAX) + 20 + 16 + 1 + NOTIFY_DETAIL_MAX,
};

/* A name, and the folder it is in. path is from the volume's root on, with a leading
 * slash, and ends with the name; see NOTIFY_NAME_ONLY. Not NUL-terminated. */
struct notify_name {
    uint8_t parent[16];
    const char *path;
    uint16_t len;
};

/* Parts that flags does not name are zero. */
struct notify_record {
    uint64_t seq;
    uint64_t time;
    enum notify_op op;
    unsigned flags;
    uint8_t gfid[16];
    struct notify_name name, to;
    int32_t pid;
    uint32_t uid, gid;
    uint64_t client; /* the same number on all bricks; see NOTIFY_CLIENT */
    uint64_t offset, length;
    const char *detail; /* not NUL-terminated */
    uint8_t detail_len;
};

/* Writes r to buf: its length, -ENOSPC where room is too small, or -EINVAL where it
 * cannot be written (an unknown op or flag, a length above its limit). */
ssize_t
notify_record_encode(const struct notify_record *r, void *buf, size_t room);

/* Reads one record at buf. Its length, or -EBADMSG where it is none. Paths and detail of
 * *r are in buf. */
ssize_t
notify_record_decode(const void *buf, size_t len, struct notify_record *r);

/* Where in its bytes a record's sequence number is, to be set when the order is known. */
void
notify_record_number(void *buf, uint64_t seq);

/* The last part of the path; empty where nothing is known. */
struct notify_name
notify_name_base(const struct notify_name *name);

bool
notify_is_op(unsigned op);

/* "create", "unlink", …; "?" for what is none. */
const char *
notify_op_name(enum notify_op op);

#endif
