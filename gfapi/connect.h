/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * How a program names a volume, reaches it through libgfapi, and leaves. Every program
 * in this folder does it by these functions, so that all take the same words:
 *
 *   v1               a volume of the glusterd on this machine, through its socket (root)
 *   server:v1        the same through a server; server:/v1/dir as `mount` has it, too
 *   /mnt/v1, ./dir   a path with a slash: on a FUSE mount of a volume, or below one
 */
#ifndef VOLEXT_CONNECT_H
#define VOLEXT_CONNECT_H

#include <stdbool.h>
#include <stdio.h>

#include "common/cleanup.h"

struct glfs;

/* The usual one of glusterd, as GlusterFS's own programs have it. */
#define CONNECT_SOCKET "/var/run/glusterd.socket"

/* Where a volume was found. All strings are the struct's own. */
struct connect_place {
    char *volume;
    char *server; /* host name or address; a path: glusterd's socket; NULL: the usual one */
    char *dir;    /* inside the volume: "/", or "/a/b" without a slash at the end */
};

#define CONNECT_PLACE_INIT {0}
#define AUTO_PLACE AUTO(connect_place_free)

/* One option for the translators of this client only, whatever the volume's is. */
struct connect_option {
    const char *xlator; /* a name, or a pattern of fnmatch(3): "*-md-cache" */
    const char *key;
    const char *value;
};

struct connect_options {
    const char *program;  /* begins what connect_volume() writes */
    const char *socket;   /* glusterd's; NULL: the usual one */
    const char *log_file; /* what libgfapi has to say; NULL: nowhere */
    bool no_follow;       /* a path that is a symbolic link means the link itself */
    const struct connect_option *xlator_options; /* may be NULL */
    size_t xlator_option_count;
};

/* Connects to the volume that spec names: *fs is ready for glfs_ calls, and *place says
 * which volume it is and which folder (or file) in it spec meant; free it. Waits until the
 * bricks have answered or cannot be reached, which may take a minute when packets to a
 * server get lost. 0 or -errno; a message that names the thing, the value and the remedy
 * was written to standard error, and *fs and *place are as they were. */
int
connect_volume(const char *spec, const struct connect_options *options,
               struct glfs **fs, struct connect_place *place);

/* The same for a library: nothing is written, *why is the message (without the program's
 * name and a newline), or NULL when there was no memory for it; free it. What did not come
 * up is taken down by a thread of its own: libgfapi takes seconds for that. */
int
connect_volume_why(const char *spec, const struct connect_options *options,
                   struct glfs **fs, struct connect_place *place, char **why);

/* Ends the program with status, or with 1, said, if standard output could not be
 * written. What was said to the volume must be complete (files closed or synced): the
 * connections are dropped, which frees all that bricks hold for this client. glfs_fini()
 * would take up to ten seconds and do nothing more for a program that ends. */
_Noreturn void
connect_leave(const char *program, int status);

/* ---- place.c: no libgfapi, no connection -------------------------------------------- */

void
connect_place_free(struct connect_place *place);

/* What spec means: a name, by itself; a path, by the mounts of this process. 0 or -errno
 * with a sentence in *why (NULL: no memory for it); free it. */
int
connect_place_find(const char *spec, const struct connect_options *options,
                   struct connect_place *place, char **why);

/* The same for a name. -EINVAL with a sentence in *why, or -ENOMEM. */
int
connect_place_parse(const char *spec, struct connect_place *place, const char **why);

/* The same for `path`, which the kernel gave for an open file (so absolute, without
 * links) and whose mount has the number `id` in mountinfo, a file in the form of
 * /proc/self/mountinfo. *type is what is mounted there, "" if that is unknown; free it.
 * -ENODEV: not a volume of GlusterFS; -EINVAL: one, but mounted from a volfile and not from
 * a server; -ENOENT: no such number; -ENOMEM. */
int
connect_place_mounted(FILE *mountinfo, long id, const char *path, struct connect_place *place,
                      char **type);

#endif
