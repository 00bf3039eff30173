/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * One volfile: what is in it, what should be, and making it so. The filter, the
 * reconcile and the answers to `applied` and `status` are all this.
 */
#ifndef VOLEXT_GLUSTERD_APPLY_H
#define VOLEXT_GLUSTERD_APPLY_H

#include <stdbool.h>
#include <sys/stat.h>

#include "common/kv.h"
#include "common/strbuf.h"
#include "glusterd/brick.h"
#include "glusterd/site.h"
#include "volgen/volgen.h"

struct apply {
    const struct site *site;
    const char *volume;
    const struct kv *options;
    const struct volgen_table *table;
    bool strip;       /* take ours out, whatever the options say */
    bool quiet;       /* do not log what is left out (a query) */
    bool any_module;  /* take every module for there: only places are looked at */
    char missing[65]; /* set: a module that another node may have */
};

/* A volfile and what it should become. */
struct work {
    char *path;
    const char *file; /* in path */
    enum volgen_kind kind;
    struct stat st;     /* of what was read */
    struct strbuf old, new;
    struct strbuf has;    /* volgen_placed of the file as it is */
    struct strbuf placed; /* and as it should be */
    struct strbuf told;   /* why something wanted is left out, one per line */
    struct brick brick;   /* of a brick's volfile */
    pid_t pid;            /* of a running brick, else 0 */
    bool waiting;         /* a running brick keeps what it was started with */
};

#define WORK_INIT {0}
#define AUTO_WORK AUTO(work_free)

/* Reads vols/VOLUME/file and works out what it should be; writes nothing. 1: it
 * differs from what it should be; 0: it does not, or is of no kind of ours
 * (VOLGEN_OTHER); -errno: it cannot be read or parsed (logged), leave it alone. */
int
work_make(struct apply *apply, const char *file, struct work *work);
/* Notes what a brick that does not run will be started with: also when its file is
 * right as it is. Writing does it, too. 0 or -errno. */
int
work_record(const struct apply *apply, const struct work *work);
/* Writes it, for glusterd: nobody else writes the file now. 0 or -errno (logged). */
int
work_write(const struct apply *apply, const struct work *work);
/* Writes it beside a running glusterd: not if the file is no longer the one that
 * was read. 0, -EAGAIN (it was replaced meanwhile) or -errno (logged). */
int
work_swap(const struct apply *apply, const struct work *work);
void
work_free(struct work *work);

/* The volfile's nodes of ours if the volume's options were followed, running brick
 * or not; the same lines as volgen_placed. */
int
work_wanted(struct apply *apply, const struct work *work, struct strbuf *out);

#endif
