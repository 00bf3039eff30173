/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * As much of a volume's tree as events have told of, at two moments: as it was when the
 * first event came, and as it is now. Files and folders are nodes; names are links from a
 * folder to a node. What an event does not tell (the folders above, say) is assumed to have
 * been there all the time, until another event says otherwise. No input and output here.
 */
#ifndef GFIND_TREE_H
#define GFIND_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/cleanup.h"

enum { GFID_SIZE = 16 };

struct item {
    struct item *next;
    uint32_t hash;
};

struct table {
    struct item **bucket;
    size_t buckets, count;
};

/* A file or folder. */
struct node {
    struct item item; /* by gfid, if has_gfid */
    TAILQ_ENTRY(node) all;
    uint8_t gfid[GFID_SIZE];
    bool has_gfid, dir;
    bool created; /* it was not there before */
    bool gone;    /* created, and removed again */
    bool held;    /* it loses one name and gets another: is not gone meanwhile */
    bool modified, changed;
    bool ended;   /* its last name was removed */
    bool doubtful; /* something was done to it, nobody knows what */
    struct link *links;
    unsigned children; /* links whose folder it is, of any time */
};

/* A name of a node: it was there before, is there now, or both. */
struct link {
    struct item item; /* by folder and name */
    struct node *node, *folder;
    struct link *next; /* of the node */
    struct link *from; /* where what has this name now was before; it is `old` */
    struct link *pair; /* at the end: of one that is only `old` and one that is only `now` */
    bool old, now;
    bool assumed; /* no event made it or named it as the place that something left */
    char name[];
};

TAILQ_HEAD(nodes, node);

struct tree {
    struct table by_gfid, by_name;
    struct nodes nodes, gone; /* gone: created, and removed again */
    size_t gone_count;
    struct node *root;
};

/* 0 or -ENOMEM; in any case tree_free() it. */
int
tree_init(struct tree *tree);
void
tree_free(struct tree *tree);

/* The node with this gfid, or NULL. */
struct node *
tree_node(struct tree *tree, const uint8_t gfid[GFID_SIZE]);

/* A new one, without a name; gfid may be NULL. NULL without memory. */
struct node *
tree_node_new(struct tree *tree, const uint8_t gfid[GFID_SIZE], bool dir);

/* Tells a node its gfid, which no other has. */
void
tree_node_call(struct tree *tree, struct node *node, const uint8_t gfid[GFID_SIZE]);

/* What has the name now; or had it before; NULL: nothing that is known. */
struct link *
tree_now(struct tree *tree, const struct node *folder, const char *name);
struct link *
tree_old(struct tree *tree, const struct node *folder, const char *name);

/* Whether events have told what became of the name, even if that is nothing. */
bool
tree_told(struct tree *tree, const struct node *folder, const char *name);

/* The node's link of that name, at whatever time. */
struct link *
tree_link(struct tree *tree, const struct node *node, const struct node *folder, const char *name);

/* A new link, neither old nor now. NULL without memory. */
struct link *
tree_link_new(struct tree *tree, struct node *node, struct node *folder, const char *name);

/* The link is in another folder, and always was. */
void
tree_link_rehome(struct tree *tree, struct link *link, struct node *folder);

/* The name is not the node's any more. Frees the link where nothing needs it; and forgets a node
 * that came and went. */
void
tree_unlink(struct tree *tree, struct link *link);

/* A link of the node that is there now; NULL: none. */
struct link *
tree_any_now(const struct node *node);

/* The folder that has this path now, as far as is known; folders on the way are assumed.
 * Where something is known to have gone, it is followed. *folder is NULL if that leads to what is
 * removed. 0 or -ENOMEM. */
int
tree_walk(struct tree *tree, const char *path, size_t len, struct node **folder);

/* Where the link's name is, or was: a path. *path NULL: nowhere. 0 or -ENOMEM. */
int
tree_path(const struct tree *tree, const struct link *link, bool old, char **path);

#endif
