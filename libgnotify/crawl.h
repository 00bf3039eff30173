/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Lists a volume's tree: where no record tells what there is, or what has changed. Many
 * folders are listed at a time, on threads of one connection.
 */
#ifndef GNOTIFY_CRAWL_H
#define GNOTIFY_CRAWL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct glfs;

struct crawl_entry {
    const char *path; /* from the volume's root: "/dir/f" */
    const struct stat *stat;
    const uint8_t *gfid; /* 16 bytes */
};

struct crawl_progress {
    uint64_t folders, entries; /* that were listed, and what was found in them */
    uint64_t waiting;          /* folders that are known, and not listed yet */
    uint64_t told;             /* entries that `entry` was given */
    uint64_t failed;           /* folders, and sets of bricks, of which not all could be listed */
};

struct crawl_options {
    const char *below; /* what is below this folder; NULL: in all of the volume */
    uint64_t since;    /* only what was changed (its ctime) at this time or later: ns since 1970;
                          0: all. Where the volume keeps xtime (geo-replication.indexing), folders
                          below which nothing was are not listed. */
    bool itself;       /* `below` itself, too, which may be no folder then */
    bool flat;         /* only what is directly in it */
    unsigned threads;  /* that list; 0: 8 */
    /* Each entry, in no particular order but a folder before what is in it. Never by two threads at
     * once. Not 0: ends the crawl, which returns that. */
    int (*entry)(void *arg, const struct crawl_entry *entry);
    /* A folder that cannot be listed, or not to its end: what is below it is missing. NULL: is only
     * counted. A folder that went meanwhile is no error. -ENOTCONN with the name of a set of
     * bricks (v1-client-1, v1-replicate-0): all that is on it is missing. */
    void (*error)(void *arg, const char *path, int error);
    /* Asked between parts of folders, by several threads at once: true ends the crawl, which
     * returns -ECANCELED then. NULL: never. */
    bool (*over)(void *arg);
    /* After each part of a folder; NULL: not wanted. */
    void (*progress)(void *arg, const struct crawl_progress *progress);
    void *arg;
};

/* Lists. What is changed meanwhile is seen, or not: who must know watches meanwhile. 0; what
 * `entry` returned; -EIO: folders failed, of which `error` was told; -errno: it could not begin, or
 * go on (-ENOENT, -ENOTDIR: `below` is not there, or no folder). */
int
crawl(struct glfs *fs, const struct crawl_options *options);

#endif
