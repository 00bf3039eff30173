/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The files in which GlusterFS's own features/changelog records what is done on a brick, in both of
 * its encodings. Any bytes may be given. No input and output here.
 */
#ifndef GFIND_CHANGELOG_H
#define GFIND_CHANGELOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What a file's first line says. */
struct changelog_format {
    bool binary;
    bool del_path; /* behind what is removed comes a path, which may be empty: from version 1.2 on */
};

/* GlusterFS's numbers of the operations that change names; any other is one of attributes. */
enum changelog_op {
    CHANGELOG_MKNOD = 3, CHANGELOG_MKDIR, CHANGELOG_UNLINK, CHANGELOG_RMDIR, CHANGELOG_SYMLINK,
    CHANGELOG_RENAME, CHANGELOG_LINK, CHANGELOG_CREATE = 23,
};

struct changelog_name {
    uint8_t parent[16];
    const char *name; /* in the bytes that were given, with a NUL behind it; no slash in it */
};

struct changelog_record {
    char type; /* D: data, M: attributes, E: names */
    uint8_t gfid[16];
    unsigned op;                   /* of M and E */
    struct changelog_name name, to; /* of E; to: of CHANGELOG_RENAME */
};

/* Reads the first line. Its length; -EBADMSG: these are no such file's bytes; -EPROTONOSUPPORT: of
 * another version. */
ssize_t
changelog_header(const char *bytes, size_t len, struct changelog_format *format);

/* Reads one record. Its length; -EBADMSG: it is none; -ENODATA: it is cut off. */
ssize_t
changelog_record(const struct changelog_format *format, const char *bytes, size_t len,
                 struct changelog_record *r);

#endif
