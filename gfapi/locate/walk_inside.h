/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the files of the walk (walk.h) share.
 */
#ifndef VOLEXT_LOCATE_WALK_INSIDE_H
#define VOLEXT_LOCATE_WALK_INSIDE_H

#include "common/strbuf.h"
#include "walk.h"

enum {
    LISTERS_MAX = 16, /* bricks share them where there are more */
    FOLDERS_AT_ONCE = 8,
    WALK_NAMED = 1, /* a question's tag: the user named the path */
};

struct names {
    struct name **bucket;
    size_t buckets, count;
};

enum state { WANTED, ASKED, DONE, FAILED };

struct folder {
    char *path; /* NULL: not in use */
    struct {
        enum state state;
        int error;
        uint64_t cookie;
    } *bricks;
    struct names *sets;
    int left;       /* bricks that are not DONE or FAILED */
    int folder_set; /* the set whose folders are followed */
};

struct locate_walk {
    const char *spec;
    struct connect_options options;
    struct locate_events events;
    struct gfapi_graph graph;
    char *dir;
    struct locate_worker resolver, listers[LISTERS_MAX];
    int lister_count;
    bool *down; /* bricks that do not answer */
    bool *set_told; /* sets of which no brick answers: said once */
    struct folder folders[FOLDERS_AT_ONCE];
    char **stack; /* folders to be listed */
    size_t stack_count, stack_room;
    int failure; /* -errno: no memory, no process */
};

/* ---- walk.c ------------------------------------------------------------------------------- */

/* The walk ends with that error, -errno; the first one counts. */
void
walk_failed(struct locate_walk *walk, int error);

/* A folder that is to be listed; path is taken. NULL: no memory. */
void
walk_push(struct locate_walk *walk, char *path);

/* ---- ask.c -------------------------------------------------------------------------------- */

/* Starts the resolver; first: its first answer. 0 or -errno, with a message: what is wrong with the
 * volume the resolver has said itself. */
int
ask_start(struct locate_walk *walk, struct strbuf *first);

/* What the first answer holds: the folder, which stays in it, and the graph. 0 or -errno. */
int
ask_first(const struct strbuf *first, const char **dir, struct gfapi_graph *graph);

/* Asks where path is; the answer comes later. */
void
ask_where(struct locate_walk *walk, const char *path, uint32_t tag);

/* Waits for an answer, and tells what it says. */
void
ask_hear(struct locate_walk *walk);

/* ---- join.c ------------------------------------------------------------------------------- */

/* The bricks of a set that answer, by place in it. */
uint64_t
join_up(const struct locate_walk *walk, int set);

/* A brick has that entry, called text, in the folder. */
void
join_entry(struct locate_walk *walk, struct folder *folder, int brick,
           const struct locate_entry *entry, const char *text);

/* All that answer have told all: what not all of the set have in the same way is asked for. */
void
join_rest(struct locate_walk *walk, struct folder *folder, int set);

void
names_free(struct names *names);

#endif
