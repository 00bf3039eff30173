/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the journals of features/changelog have on bricks of this machine, into a struct reduce;
 * and where files are, by the bricks' handles.
 */
#ifndef GFIND_JOURNAL_H
#define GFIND_JOURNAL_H

#include <sys/types.h>

#include "gfind/reduce.h"

/* A brick, and what its journal has. */
struct journal {
    char *brick;  /* NULL: a journal in a folder of its own, and paths are not known */
    char *folder; /* of the journal */
    struct reduce reduce;
    uint64_t since;    /* seconds since 1970: slices that ended before are left out */
    uint64_t begun;    /* of the slice that is read: when the one before it ended; 0: not known */
    dev_t device;      /* and */
    ino_t inode;       /* of the file that was written when reading began; see hold_now() */
    bool held;         /* there was one, and no slice that was read has become of it */
    bool damaged;      /* something could not be read, and that was said */
    void (*gap)(void *arg, uint64_t from, uint64_t to, const char *why); /* seconds; from 0: not known */
    void *arg;
};

#define JOURNAL_INIT {0}
#define AUTO_JOURNAL AUTO(journal_free)

/* word: a brick's folder, or a journal's. 0, or -errno with the message said. */
int
journal_open(struct journal *j, const char *word);

/* Reads all that is there since j->since. 0, or -errno with the message said; of what is missing
 * or damaged gap is told. */
int
journal_read(struct journal *j);

void
journal_free(struct journal *j);

/* For reduce_end(): arg is a struct journals. */
struct journals {
    struct journal *list;
    unsigned count;
};

int
journals_whereis(void *arg, const uint8_t gfid[GFID_SIZE], const char *known, char **path);

#endif
