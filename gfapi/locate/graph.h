/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What volext-locate knows of a volume: its bricks and the sets they form, from the text of
 * a client volfile; and what `glusterfs.pathinfo` says of a file, in these terms. Pure:
 * nothing here reaches a volume.
 */
#ifndef VOLEXT_LOCATE_GRAPH_H
#define VOLEXT_LOCATE_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"

enum { LOCATE_SET_MAX = 64 }; /* bricks of one set: a mask of them is a uint64_t */

enum locate_type { LOCATE_DISTRIBUTED, LOCATE_REPLICATED, LOCATE_DISPERSED };

struct locate_brick {
    char *name;   /* of its client translator: v1-client-0 */
    char *server; /* as `gluster volume info` has it */
    char *path;   /* on the server */
    char *volfile; /* its translator's part of the volfile: a graph of this brick alone */
    bool arbiter; /* holds names and attributes, no data */
    int set;
};

/* The bricks that hold the same files: consecutive in locate_graph.bricks. */
struct locate_set {
    char *name; /* v1-replicate-0, v1-disperse-0; of a lone brick, the brick's */
    enum locate_type type;
    int first, count;
    int redundancy; /* dispersed: so many bricks may be missing */
};

struct locate_graph {
    struct locate_brick *bricks;
    int brick_count;
    struct locate_set *sets; /* in the order in which files are distributed */
    int set_count;
    bool sharded; /* the volume has features/shard now */
};

#define LOCATE_GRAPH_INIT {0}
#define AUTO_LOCATE_GRAPH AUTO(locate_graph_free)

/* Reads a client volfile. 0; -EINVAL: it has no bricks, or a set of more than
 * LOCATE_SET_MAX; -ENOMEM. graph is unchanged then. */
int
locate_graph_parse(const char *text, size_t len, struct locate_graph *graph);
/* Do both have the same bricks in the same sets, by the same numbers? */
bool
locate_graph_is_same(const struct locate_graph *a, const struct locate_graph *b);
void
locate_graph_free(struct locate_graph *graph);

/* "distributed", "replicated" or "dispersed". */
const char *
locate_type_name(enum locate_type type);

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
locate_pathinfo_parse(const struct locate_graph *graph, const char *path, const char *text,
                      size_t len, struct locate_told *told);

#endif
