/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the names in events mean, in a tree of which only parts are known. Bricks record in
 * their own order, and a path is what one brick knew at its time: where gfids and paths
 * disagree, gfids are right. All return 0 or -ENOMEM.
 */
#ifndef GFIND_NAMES_H
#define GFIND_NAMES_H

#include "gfind/reduce.h"

bool
gfid_is_set(const uint8_t *gfid);

/* The last part of the path; NULL: there is none. */
const char *
name_base(const struct reduce_name *name);

/* The folder of a name: by its gfid; by the path; else one that hangs in the air until
 * reduce_end() asks where it is. *folder NULL: the name leads to what is gone. */
int
name_folder(struct reduce *r, const struct reduce_name *name, struct node **folder);

/* The node has the name now. */
int
name_give(struct reduce *r, struct node *node, struct node *folder, const char *name,
          struct link **made);

/* The node had the name before, as must be concluded now, unless something speaks against it:
 * *made NULL then. */
int
name_had(struct reduce *r, struct node *node, struct node *folder, const char *name,
         struct link **made);

/* Frees the name for the node: what is known to have it has it no more. */
int
name_clear(struct reduce *r, struct node *node, struct node *folder, const char *name);

/* What has the name now is the event's file, if that is not known to be elsewhere. */
int
name_know(struct reduce *r, const struct reduce_event *e, struct node *folder, const char *name);

/* What only had a gfid is at that path; sure: now, and not just when an event was recorded. */
int
name_place(struct reduce *r, struct node *node, const char *path, bool sure);

#endif
