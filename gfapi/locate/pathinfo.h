/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What `glusterfs.pathinfo` says of a file, in terms of the volume's bricks. Pure: nothing here
 * reaches a volume.
 */
#ifndef VOLEXT_LOCATE_PATHINFO_H
#define VOLEXT_LOCATE_PATHINFO_H

#include <stdint.h>

#include "gfapi/graph.h"

/* What pathinfo tells of a file. */
struct locate_told {
    int set;         /* -1: on one of the lone bricks whose path is that of brick `like` */
    int like;
    uint64_t bricks; /* by place in the set: those that told that they have the file */
    bool complete;   /* bricks is all; else the set's bricks must be asked: of a dispersed
                        set only one tells, if any; some may have the same path; or
                        the file is told with another of its names */
};

/* Reads the `len` bytes of glusterfs.pathinfo of the regular file `path` (absolute in the
 * volume). Names are not escaped in it, so it is read against what is known: the bricks'
 * paths and the file's own. 0; -EINVAL: it is not of this volume. */
int
locate_pathinfo_parse(const struct gfapi_graph *graph, const char *path, const char *text,
                      size_t len, struct locate_told *told);

#endif
