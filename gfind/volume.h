/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What gfind asks the volume itself, through libgfapi: where a file is, what there is. The
 * connection is made when it is first wanted: often no question is left.
 */
#ifndef GFIND_VOLUME_H
#define GFIND_VOLUME_H

#include "gfapi/connect.h"
#include "gfind/reduce.h"

struct volume {
    const char *spec;
    struct connect_options how;
    struct glfs *fs; /* NULL: not reached yet */
};

/* 0 or -errno, the message said. */
int
volume_reach(struct volume *volume);

/* A reduce_whereis; arg is a struct volume. */
int
volume_whereis(void *arg, const uint8_t gfid[GFID_SIZE], const char *known, char **path);

/* Is there anything of that name? 1, 0 or -errno. */
int
volume_has(struct volume *volume, const char *path);

#endif
