/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The bricks of a volume and the sets they form, from the text of a client volfile. Pure:
 * nothing here reaches a volume.
 */
#ifndef VOLEXT_GFAPI_GRAPH_H
#define VOLEXT_GFAPI_GRAPH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"

enum { GFAPI_SET_MAX = 64 }; /* bricks of one set: a mask of them is a uint64_t */

enum gfapi_type { GFAPI_DISTRIBUTED, GFAPI_REPLICATED, GFAPI_DISPERSED };

struct gfapi_brick {
    char *name;   /* of its client translator: v1-client-0 */
    char *server; /* as `gluster volume info` has it */
    char *path;   /* on the server */
    char *volfile; /* its translator's part of the volfile: a graph of this brick alone */
    bool arbiter; /* holds names and attributes, no data */
    int set;
};

/* The bricks that hold the same files: consecutive in gfapi_graph.bricks. */
struct gfapi_set {
    char *name; /* v1-replicate-0, v1-disperse-0; of a lone brick, the brick's */
    enum gfapi_type type;
    int first, count;
    int redundancy; /* dispersed: so many bricks may be missing */
};

struct gfapi_graph {
    struct gfapi_brick *bricks;
    int brick_count;
    struct gfapi_set *sets; /* in the order in which files are distributed */
    int set_count;
    bool sharded; /* the volume has features/shard now */
};

#define GFAPI_GRAPH_INIT {0}
#define AUTO_GFAPI_GRAPH AUTO(gfapi_graph_free)

/* Reads a client volfile. 0; -EINVAL: it has no bricks, or a set of more than
 * GFAPI_SET_MAX; -ENOMEM. graph is unchanged then. */
int
gfapi_graph_parse(const char *text, size_t len, struct gfapi_graph *graph);
/* Do both have the same bricks in the same sets, by the same numbers? */
bool
gfapi_graph_is_same(const struct gfapi_graph *a, const struct gfapi_graph *b);
void
gfapi_graph_free(struct gfapi_graph *graph);

/* "distributed", "replicated" or "dispersed". */
const char *
gfapi_type_name(enum gfapi_type type);

#endif
