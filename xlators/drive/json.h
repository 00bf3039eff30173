/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A fop's arguments and results as JSON and back; docs/drive.md has the format. Knows
 * every kind but locations, fds and inodes, which are the caller's to find.
 */
#ifndef VOLEXT_DRIVE_JSON_H
#define VOLEXT_DRIVE_JSON_H

#include <jansson.h>

#include "xlators/drive/fops.h"

/* ---- show.c: to JSON -------------------------------------------------------- */

/* What the caller calls an fd, or NULL; and which of its own an inode is, or NULL. */
struct drive_names {
    const char *(*fd)(void *arg, fd_t *fd);
    const char *(*inode)(void *arg, inode_t *inode);
    void *arg;
};

/* A new object, one member per parameter; a vector's count and iobref are part of the
 * vector. names may be NULL. NULL when out of memory. */
json_t *
drive_show(const struct drive_param *params, unsigned count, const union drive_value *v,
           const struct drive_names *names);

/* The name of an errno as a string, the number where it has none. */
json_t *
drive_show_errno(int error);

/* ---- read.c: from JSON ------------------------------------------------------- */

/* Why something cannot be read: the member, what is wanted, what there is. */
struct drive_error {
    char text[512];
};

/* How to find what stands for a location, an fd, an inode. Each gives a reference to its
 * caller; 0, or -1 with the error set. json is never NULL or null. */
struct drive_finder {
    int (*loc)(void *arg, const struct drive_param *p, json_t *json, loc_t *loc,
               struct drive_error *e);
    int (*fd)(void *arg, const struct drive_param *p, json_t *json, fd_t **fd,
              struct drive_error *e);
    int (*inode)(void *arg, const struct drive_param *p, json_t *json, inode_t **inode,
                 struct drive_error *e);
    void *arg;
    struct iobuf_pool *pool;
};

/* Values from the members of the object (NULL: none); what is not there is 0 or NULL, what
 * is no parameter is an error. To be released. 0, or -1 with the error set and nothing to
 * release. */
int
drive_read(const struct drive_param *params, unsigned count, json_t *object,
           union drive_value *v, const struct drive_finder *finder, struct drive_error *e);
void
drive_release(const struct drive_param *params, unsigned count, union drive_value *v);

/* -1, with the error "MEMBER: WHAT is wanted, not …". */
int
drive_wanted(struct drive_error *e, const char *member, const char *what, json_t *json);

/* An errno's number from its name or number; -1 where it is none. */
int
drive_read_errno(json_t *json);
/* bytes of 2 * len hexadecimal digits, dashes ignored. */
bool
drive_read_hex(const char *text, void *bytes, size_t len);
/* A string's bytes, or those of {"base64": …}; *bytes is malloc'ed, with a NUL after it. */
int
drive_read_bytes(json_t *json, const char *member, char **bytes, size_t *len,
                 struct drive_error *e);

/* ---- fields.c: what both share ------------------------------------------------ */

/* A number in a structure. */
struct drive_field {
    const char *name;
    size_t offset;
    unsigned char size;
    bool is_signed;
};

extern const struct drive_field drive_iatt_fields[], drive_flock_fields[],
    drive_lease_fields[], drive_statvfs_fields[]; /* the last has no name */

/* The times of an iatt: nanoseconds since 1970 in JSON. */
struct drive_time {
    const char *name;
    size_t seconds, nanoseconds;
};
extern const struct drive_time drive_iatt_times[];

int64_t
drive_field_get(const struct drive_field *f, const void *base);
/* False where the value does not fit. */
bool
drive_field_set(const struct drive_field *f, void *base, int64_t value);

#endif
