/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The arguments of a fop or of its answer, without their types: what a request
 * keeps while Python looks at it. Knows how to hold (copy, or take a reference
 * to) and release each kind. No Python here.
 */
#ifndef VOLEXT_GLUPY_VALUE_H
#define VOLEXT_GLUPY_VALUE_H

#include <stdbool.h>
#include <stdint.h>

enum kind {
    KIND_INT32,
    KIND_UINT32,
    KIND_INT64,
    KIND_UINT64,
    KIND_STR,
    KIND_LOC, /* from here on: pointers to structures, ctypes pointers in Python */
    KIND_FD,
    KIND_INODE,
    KIND_DICT,
    KIND_IATT,
    KIND_FLOCK,
    KIND_VECTOR, /* always followed by its count */
    KIND_IOBREF,
    KIND_LEASE,
    KIND_DIRENTS,
    KIND_STATVFS,
    KIND_CHECKSUM, /* of rchecksum: its length is told by the xdata that follows */
    KIND_LOCKS,    /* of getactivelk */
    KIND_UNKNOWN,  /* no fop's: the xlator_t of a classic module */
    KIND_COUNT,
};

union value {
    int64_t i;
    void *p;
};

struct param {
    const char *name;
    enum kind kind;
};

enum { VALUES_MAX = 10, VALUES_AREA = 1024 };

/* Values that are held; area has room for the copies, larger ones are malloc'ed */
struct values {
    union value v[VALUES_MAX];
    uint16_t owned; /* bit i: v[i] is held and is to be released */
    uint16_t used;
    _Alignas(16) char area[VALUES_AREA];
};

static inline void
values_init(struct values *values)
{
    values->owned = 0;
    values->used = 0;
}

/* The room of a checksum that is held: MD5 or SHA-256, zeroes, and its length. */
enum { CHECKSUM_MAX = 32, CHECKSUM_ROOM };

/* Holds v, which Python gave, as values->v[i]. next is the value after it (the count of a
 * vector). Directory entries are taken over: where they were, views of them are stale then.
 * 0 or -ENOMEM (also where the entries were gone already), and then the slot is empty. */
int
values_hold(struct values *values, unsigned i, enum kind kind, union value v,
            union value next);

/* Holds all, which GlusterFS gave, but for the inode `known`, of which somebody sees to it
 * that it stays as long; 0 or -ENOMEM with nothing held. */
int
values_hold_all(struct values *values, const struct param *params, unsigned count,
                const union value *v, const void *known);

/* They stay the caller's. False: that is not possible with a list, which is taken over. */
static inline bool
values_borrow(struct values *values, const struct param *params, unsigned count,
              const union value *v)
{
    values_init(values);
    for (unsigned i = 0; i < count; i++) {
        if (params[i].kind == KIND_LOCKS || params[i].kind == KIND_DIRENTS)
            return false;
        values->v[i] = v[i];
    }
    return true;
}

/* To be called before what is held goes up: who gets it may take directory entries away. */
void
values_give(const struct values *values, const struct param *params, unsigned count);

/* Empties the list of a KIND_LOCKS. */
void
values_free_locks(void *head);
/* One of them; there is NULL then. */
void
values_release_one(struct values *values, const struct param *params, unsigned i);
void
values_release(struct values *values, const struct param *params, unsigned count);

/* Releases and frees malloc'ed ones, or NULL. */
void
values_drop(struct values *values, const struct param *params, unsigned count);

#endif
