/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * From all that happened to what is different: many events of a file become one change
 * or two, those of what came and went none. No input and output here.
 *
 * Changes lead from the tree as it was to the tree as it is. Paths of what was are as they
 * were, paths of what is are as they are, whatever happened to the folders above: where a
 * folder was moved, what is in it and stayed there is not told.
 *
 *     deleted FROM          is not there any more
 *     moved FROM TO         may be where something else was before, which is then replaced
 *     created TO
 *     modified TO           other data, or another file in the place of one
 *     changed TO            other attributes
 *
 * So they can be applied: take away what is deleted and what is moved, the deepest FROM first;
 * then put what was moved and what is created where they are, the shallowest TO first.
 */
#ifndef GFIND_REDUCE_H
#define GFIND_REDUCE_H

#include "gfind/tree.h"

enum happened { REDUCE_CREATE, REDUCE_LINK, REDUCE_DELETE, REDUCE_MOVE, REDUCE_MODIFY, REDUCE_ATTRIB, REDUCE_DOUBT };

/* path: from the volume's root; or the name alone; or NULL. An unknown parent is zero. */
struct reduce_name {
    uint8_t parent[GFID_SIZE];
    const char *path;
};

/* One event. LINK: another name of a file that was there. DOUBT: something was done to the file,
 * it may be gone. */
struct reduce_event {
    enum happened happened;
    bool dir;
    bool replaced;  /* of MOVE: something had the new name before */
    bool last_link; /* of DELETE: no name is left */
    uint8_t gfid[GFID_SIZE];
    struct reduce_name name, to; /* to: of MOVE */
};

/* In the order in which they are told. */
enum change_kind { CHANGE_DELETED, CHANGE_MOVED, CHANGE_CREATED, CHANGE_MODIFIED, CHANGE_CHANGED, CHANGE_FOUND };

struct change {
    enum change_kind kind;
    bool dir, has_gfid;
    bool doubtful; /* nobody saw it done: see REDUCE_DOUBT */
    uint8_t gfid[GFID_SIZE];
    char *from, *to; /* NULL where the kind has none */
};

struct changes {
    struct change *list;
    size_t count, room;
};

#define CHANGES_INIT {0}
#define AUTO_CHANGES AUTO(changes_free)

void
changes_free(struct changes *changes);

/* Adds one; owns the strings of `change` then, also on an error. 0 or -ENOMEM. */
int
changes_add(struct changes *changes, struct change change);

/* deleted and moved, the deepest FROM first; the others, the shallowest TO first. */
void
changes_sort(struct changes *changes);

struct reduce {
    struct tree tree;
};

#define AUTO_REDUCE AUTO(reduce_free)

/* 0 or -ENOMEM; in any case reduce_free() it. */
int
reduce_init(struct reduce *r);
void
reduce_free(struct reduce *r);

/* The events in their order. 0; -ENOMEM: it cannot go on. */
int
reduce_event(struct reduce *r, const struct reduce_event *e);

/* Where a file is now, for those of which no event told: *path, malloced, is known (may be NULL)
 * if it is there, else another name of it, or NULL where it has none. 0 or -errno:
 * then it goes by `<gfid:...>`. */
typedef int reduce_whereis(void *arg, const uint8_t gfid[GFID_SIZE], const char *known, char **path);

/* For reduce_end(): a node is at that path now, by whatever name events know it. 0 or -ENOMEM. */
int
reduce_settle(struct reduce *r, struct node *node, const char *path);

/* What all events come to, sorted. whereis may be NULL. Call it once. 0 or -ENOMEM. */
int
reduce_end(struct reduce *r, reduce_whereis *whereis, void *arg, struct changes *changes);

#endif
