/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * gfind's parts: what was asked for, and what does it.
 */
#ifndef GFIND_H
#define GFIND_H

#include "gfind/session.h"
#include "gfind/show.h"
#include "gfind/volume.h"

#define PROGRAM "gfind"

/* The exit status. */
enum status { DONE = 0, FAILED = 1, GAP = 3, STILL = 4 };

struct options {
    const char *spec, *name; /* of the volume, as it was typed, and the session */
    const char *state;       /* the folder of all sessions */
    const char *socket, *log_file;
    struct show show;
    bool commit, anew, quiet, still;
    uint64_t since; /* seconds since 1970; of history_run */
};

/* Prints what changed, and notes behind what. */
enum status
run(const struct options *o, struct session *session);

/* Makes the bricks forget the session's cursors. 0 or -errno, the message said. */
int
run_forget(const struct options *o, const struct session *session);

/* ---- history.c ------------------------------------------------------------------------- */

/* What the journals of these bricks have; without a session. */
enum status
history_run(const struct options *o, char **words, unsigned count);

/* Seconds since 1970, or a date and time of this machine's zone. False: it is none. */
bool
history_since(const char *text, uint64_t *since);

#endif
