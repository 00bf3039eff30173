/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Where a file is on a brick of this machine, by its handle: .glusterfs/AA/BB/GFID is a link to it,
 * a symbolic one for a folder.
 */
#ifndef GFIND_HANDLE_H
#define GFIND_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "gfind/reduce.h"

bool
handle_is_root(const uint8_t gfid[GFID_SIZE]);

/* brick: its folder. Is it a folder, and there? */
bool
handle_is_folder(const char *brick, const uint8_t gfid[GFID_SIZE]);

/* The path of what has that gfid, from the brick's folder, into *path, which is the caller's; `known`, if
 * that is not NULL and one of its names. 0; -ENOENT: it is not on that brick; -ENODATA: it is, and its
 * names are not known; another -errno: whether it is, is not known. */
int
handle_path(const char *brick, const uint8_t gfid[GFID_SIZE], const char *known, char **path);

#endif
