/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Private to volfile.c and parse.c: how a graph is put together.
 */
#ifndef VOLEXT_VOLGEN_GRAPH_H
#define VOLEXT_VOLGEN_GRAPH_H

#include "volgen/volgen.h"

enum word_kind {
    W_END, W_VOLUME, W_TYPE, W_OPTION, W_SUBVOLUMES, W_END_VOLUME, W_NAME, W_BAD
};

/* The keyword that a word outside of quotes is, or W_NAME. */
enum word_kind
word_kind(const char *word);

/* A node that is not in the graph yet; NULL when memory ran out. The strings are
 * the node's, also when it fails. */
struct volgen_node *
node_new(char *name, char *type);
void
node_free(struct volgen_node *node);

/* Makes child the last subvolume of node. 0 or -ENOMEM. */
int
node_add_subvolume(struct volgen_node *node, struct volgen_node *child);

/* Puts a node after another in the file's order (NULL: first). Its name must not be
 * there yet. 0 or -ENOMEM. */
int
graph_add(struct volgen_graph *graph, struct volgen_node *node,
          struct volgen_node *after);

static inline void
cleanup_node(struct volgen_node **node)
{
    node_free(*node);
}

static inline void
cleanup_graph(struct volgen_graph **graph)
{
    volgen_graph_free(*graph);
}

#define AUTO_NODE AUTO(cleanup_node)
#define AUTO_GRAPH AUTO(cleanup_graph)

#endif
