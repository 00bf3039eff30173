/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The processes of volext-locate. The first one, which walks and prints, never links to
 * the volume itself: libgfapi keeps what it has seen of a volume until its process ends
 * (glfs_fini() waits ten seconds), so it is only used in processes that are replaced after
 * a thousand names or two. That bounds the memory whatever the number of files.
 *
 *   lister    lists folders of some bricks, each through a graph of that brick alone
 *   resolver  asks the volume where one path is, and bricks where that is not enough
 */
#ifndef VOLEXT_LOCATE_WORKER_H
#define VOLEXT_LOCATE_WORKER_H

#include <sys/types.h>

#include "gfapi/connect.h"
#include "pathinfo.h"

enum {
    LOCATE_RENEW = 1024,    /* names after which a worker is replaced: some 10 ms */
    LOCATE_AT_ONCE = 512,   /* names in one answer */
    LOCATE_LOOKUPS = 32,    /* questions at once to the resolver */
};

/* What an entry of a folder, or a path, is. */
enum locate_kind {
    LOCATE_OTHER,  /* nothing that has a place of its own, or nothing we tell */
    LOCATE_FOLDER,
    LOCATE_FILE,   /* a regular file with its data (arbiter: without) */
    LOCATE_LINKTO, /* says that the data is in another set */
    LOCATE_UNSURE, /* one of the last two: only root is told which */
};

struct locate_worker {
    pid_t pid; /* 0: none runs */
    int fd;
    unsigned served;  /* names since it began */
    unsigned waiting; /* questions without an answer yet */
};

#define LOCATE_WORKER_INIT {.fd = -1}

struct locate_question {
    int32_t brick;   /* lister: which; resolver: unused */
    uint32_t tag;    /* comes back */
    uint64_t cookie; /* where to go on in the folder; 0: the beginning */
    uint32_t len;    /* of the path that follows, with its NUL */
    uint32_t shards; /* tell of each file whether it is sharded */
};

struct locate_answer {
    int32_t error; /* 0 or -errno */
    int32_t brick;
    uint32_t tag;
    uint32_t last; /* lister: the folder ends here */
    uint64_t cookie;
    uint32_t names; /* lister: how many entries follow */
    uint32_t len;   /* of what follows */
};

/* An entry as a lister tells it; its name, with NUL, follows. */
struct locate_entry {
    uint64_t inode; /* from the gfid: the same on all bricks */
    uint64_t block, size; /* of a sharded file; block 0: it is not, or is not known to be */
    uint32_t kind;
    uint32_t len; /* of the name, with NUL */
};

/* What the resolver tells of a path, which follows with its NUL. */
struct locate_place {
    uint64_t bricks; /* of the set, by place in it */
    uint64_t block, size;
    int32_t set;
    uint32_t kind;
};

/* Ends and forgets a worker. */
void
locate_worker_end(struct locate_worker *worker);

/* Starts a worker that runs serve(fd, arg) in its own process. 0 or -errno. */
int
locate_worker_start(struct locate_worker *worker, void (*serve)(int fd, void *arg), void *arg);

/* Reads and writes all bytes. 0, -errno, or -EPIPE when the other side is gone. */
int
locate_read(int fd, void *data, size_t len);
int
locate_write(int fd, const void *head, size_t head_len, const void *data, size_t len);

/* A graph of one brick alone, connected; NULL with errno. */
struct glfs *
locate_brick_connect(const struct gfapi_brick *brick);

/* What `path` is on a brick, told from a connection to it alone, with its inode and, if
 * shards is set, what is known of its shards. 0 or -errno. */
int
locate_brick_look(struct glfs *fs, const char *path, bool shards, struct locate_entry *entry);

/* ---- the two kinds; arg is one of these ------------------------------------------------ */

struct locate_lister {
    const struct gfapi_graph *graph;
};

struct locate_resolver {
    const char *spec;
    const struct connect_options *options;
};

void
locate_lister_serve(int fd, void *arg);

/* Its first answer comes unasked: error, or what follows is the volume's name, the folder in
 * it that spec means, both with NUL, and the volfile. */
void
locate_resolver_serve(int fd, void *arg);

#endif
