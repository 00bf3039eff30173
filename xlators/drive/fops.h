/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Every fop with its arguments untyped, so that what winds or answers them works on a
 * table. Generated from fops.def into fops.c, which is compiled twice: for who winds
 * (glupy-drive), and with DRIVE_SINK for who answers.
 */
#ifndef VOLEXT_DRIVE_FOPS_H
#define VOLEXT_DRIVE_FOPS_H

#include <glusterfs/defaults.h>
#include <glusterfs/xlator.h>

enum drive_kind {
    DRIVE_INT32,
    DRIVE_UINT32,
    DRIVE_INT64,
    DRIVE_UINT64,
    DRIVE_COUNT, /* of the vector before it */
    DRIVE_STR,   /* from here on: pointers */
    DRIVE_LOC,
    DRIVE_FD,
    DRIVE_INODE,
    DRIVE_DICT,
    DRIVE_IATT,
    DRIVE_FLOCK,
    DRIVE_VECTOR, /* always followed by its count, and by its iobref somewhere */
    DRIVE_IOBREF,
    DRIVE_LEASE,
    DRIVE_DIRENTS,
    DRIVE_STATVFS,
    DRIVE_CHECKSUM, /* DRIVE_CHECKSUM_SIZE bytes */
    DRIVE_LOCKS,
};

enum { DRIVE_VALUES = 10, DRIVE_CHECKSUM_SIZE = 32 };

union drive_value {
    int64_t i;
    void *p;
};

struct drive_param {
    const char *name;
    enum drive_kind kind;
};

struct drive_fop {
    const char *name;
    unsigned argc, resc;
    struct drive_param args[DRIVE_VALUES], res[DRIVE_VALUES];
    void (*wind)(call_frame_t *, void *cookie, xlator_t *to, const union drive_value *args);
    void (*unwind)(call_frame_t *, int32_t op_ret, int32_t op_errno,
                   const union drive_value *res);
};

extern const struct drive_fop drive_fops[GF_FOP_MAXVALUE]; /* no name: no fop of ours */

/* The fop's number, or -1. */
int
drive_fop_find(const char *name);

/* The first parameter of that kind, or -1. */
int
drive_param_find(const struct drive_param *params, unsigned count, enum drive_kind kind);

#ifdef DRIVE_SINK
/* Every slot: into drive_entered. Not const: winding writes to its last part. */
extern struct xlator_fops drive_entries;
void
drive_entered(call_frame_t *frame, xlator_t *this, glusterfs_fop_t fop,
              const union drive_value *args);
#else
/* The answer to what was wound with that cookie. */
void
drive_answered(call_frame_t *frame, void *cookie, int32_t op_ret, int32_t op_errno,
               const union drive_value *res);
#endif

#endif
