/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A graph of translators in this process, without a daemon or a mount: what a volfile
 * says is loaded and started, and fops can be wound to its first translator. For tests,
 * benchmarks and tools.
 */
#ifndef VOLEXT_DRIVE_GRAPH_H
#define VOLEXT_DRIVE_GRAPH_H

#include <stdbool.h>
#include <stddef.h>

#include <glusterfs/inode.h>
#include <glusterfs/stack.h>
#include <glusterfs/xlator.h>

struct drive_graph {
    glusterfs_ctx_t *ctx;
    glusterfs_graph_t *graph;
    xlator_t *top;         /* the volfile's last volume: wind to it */
    xlator_t *root;        /* stands above it: what frames begin at */
    inode_table_t *inodes; /* top's; root of the tree: inodes->root */

    pthread_t poller;
    bool polls;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool up; /* a child that can serve was announced; under lock */
};

/* Set before: the folder of the volume that this process mounts, for protocol/client. */
extern char *drive_subdir_mount;

/* Loads and starts the volfile at `path` and waits until its top says that it can serve,
 * at most 30 s. log: where GlusterFS's messages go, a file or "-" for stderr; level as
 * GF_LOG_*. One graph at a time in a process, and what closed is not opened again.
 * `name` is what the process calls itself to translators (glupy runs modules in "gfapi…"
 * and "brick"). 0, or -errno with a sentence in why. */
int
drive_graph_open(struct drive_graph *g, const char *path, const char *name,
                 const char *log, gf_loglevel_t level, char *why, size_t why_size);

/* Ends what drive_graph_open began, as far as GlusterFS can: every fini() was called,
 * no inode is left, no thread of GlusterFS's that can be ended runs. What remains is
 * pools of memory. No fop may be under way; call it after a failed open, too. */
void
drive_graph_close(struct drive_graph *g);

/* A frame to wind from, of uid and gid 0 and this process, its op set. NULL when out of
 * memory. Whoever gets the answer frees it: STACK_DESTROY(frame->root). */
call_frame_t *
drive_frame_new(struct drive_graph *g, glusterfs_fop_t fop);

#endif
