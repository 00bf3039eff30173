/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * One fop after the other through a graph, and what a mount's kernel would remember of
 * them: which names are which inodes, and which fds are open.
 */
#ifndef VOLEXT_DRIVE_WIND_H
#define VOLEXT_DRIVE_WIND_H

#include "xlators/drive/graph.h"
#include "xlators/drive/json.h"

/* Who asks. */
struct drive_request {
    uid_t uid;
    gid_t gid;
    pid_t pid; /* 0: this process */
    unsigned ngroups;
    uint32_t groups[SMALL_GROUP_COUNT];
    gf_lkowner_t owner;
};

struct drive_open_fd {
    char *name;
    fd_t *fd;
    struct drive_open_fd *next;
};

struct drive {
    struct drive_graph g;
    struct drive_open_fd *fds;
    unsigned timeout; /* seconds that an answer may take; 0: any time */
};

/* One fop's answer. */
struct drive_answer {
    int32_t op_ret, op_errno;
    json_t *results; /* NULL where nothing was wound */
};

/* ---- wind.c ------------------------------------------------------------------- */

/* Winds the fop and waits for its answer; names in the graph's inode table are as the
 * answer says then. answer->results is the caller's. `names` are for the results. 0;
 * -ETIMEDOUT where no answer came: the process can only end then. */
int
drive_wind(struct drive *d, int fop, const union drive_value *args,
           const struct drive_request *request, const struct drive_names *names,
           struct drive_answer *answer);

/* ---- tree.c --------------------------------------------------------------------- */

/* What a script's line is about, while its arguments are read. */
struct drive_line {
    struct drive *d;
    int fop;
    const struct drive_request *request;
    json_t *args;
    char *opens;     /* the name of the fd that it opens, or NULL; the json's */
    int error;       /* a lookup on the way to a location failed with it, or 0 */
    char *failed_at; /* its path, malloc'ed */
    const union drive_value *values;
};

/* Finders for drive_read; arg is a drive_line. A location is found by lookups of what is
 * not known yet. A lookup that fails sets line->error and fails. */
int
drive_find_loc(void *line, const struct drive_param *p, json_t *json, loc_t *loc,
               struct drive_error *e);
int
drive_find_fd(void *line, const struct drive_param *p, json_t *json, fd_t **fd,
              struct drive_error *e);

/* The names for drive_show; arg is a drive_line. */
const char *
drive_name_fd(void *line, fd_t *fd);
const char *
drive_name_inode(void *line, inode_t *inode);

/* The open fd of that name, or NULL. Stays the drive's. */
fd_t *
drive_fd_find(const struct drive *d, const char *name);
/* Keeps the fd, with a reference of its own, under the name. 0 or -ENOMEM. */
int
drive_fd_add(struct drive *d, const char *name, fd_t *fd);
/* False where there is none of that name. */
bool
drive_fd_close(struct drive *d, const char *name);

/* The inode at an absolute path as far as it is known: a reference, or NULL. */
inode_t *
drive_inode_at(struct drive *d, const char *path);

#endif
