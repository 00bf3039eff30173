/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Walks a volume and tells where its files are: see walk.c.
 */
#ifndef VOLEXT_LOCATE_WALK_H
#define VOLEXT_LOCATE_WALK_H

#include "worker.h"

struct locate_walk;

/* What is found. Paths are absolute in the volume, and not escaped. */
struct locate_events {
    void (*volume)(void *arg, const char *name, const char *folder,
                   const struct gfapi_graph *graph);
    void (*file)(void *arg, const char *path, const struct locate_place *place);
    /* path: a path, or the name of a set of which no brick answers */
    void (*error)(void *arg, const char *path, int error);
    void *arg;
};

/* Reaches the volume that spec names. 0 or -errno, then a message was written to standard
 * error. End it with locate_walk_free(). */
int
locate_walk_new(const char *spec, const struct connect_options *options,
                const struct locate_events *events, struct locate_walk **walk);

/* Tells where the file `path` is, or all regular files below a folder; a path that does not
 * begin with a slash is relative to the folder that spec names. Links are not followed. Files
 * are told in no particular order. 0, or -errno when it cannot go on. */
int
locate_walk_path(struct locate_walk *walk, const char *path);
void
locate_walk_free(struct locate_walk *walk);

#endif
