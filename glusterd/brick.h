/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Bricks: which one a volfile is for, and whether it runs on this node.
 */
#ifndef VOLEXT_GLUSTERD_BRICK_H
#define VOLEXT_GLUSTERD_BRICK_H

#include "glusterd/site.h"
#include "volgen/volgen.h"

struct brick {
    char *host;
    char *path; /* absolute */
    char *name; /* HOST-PATH, slashes as dashes: its pid file's and record's name */
};

#define BRICK_INIT {0}
#define AUTO_BRICK AUTO(brick_free)

/* From the volfile itself: the path is in its storage/posix node, the host in its
 * name. info does not do: it names a new brick only after its volfile was written.
 * 0, -EINVAL (not a brick's volfile as glusterd writes it), -ENOMEM. */
int
brick_identify(const struct volgen_graph *graph, const char *volume,
               const char *file, struct brick *brick);
void
brick_free(struct brick *brick);

/* The pid of the process that has the brick, or 0. As glusterd finds out under
 * multiplexing: the pid file names a live process, and that has the brick's path
 * open, or was started for it and has yet to open it. */
pid_t
brick_pid(const struct site *site, const char *volume, const struct brick *brick);

#endif
