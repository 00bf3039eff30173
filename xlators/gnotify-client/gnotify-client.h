/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Between libgnotify and its translator features/gnotify-client, which stands in one process
 * with it, on top of the protocol/client leaves of a graph of libgfapi's: the library opens
 * the same file and gets this table by the name GNOTIFY_CLIENT_TABLE. The translator decides
 * nothing: it winds the ipc operation to the leaf it is told, and tells when leaves connect.
 *
 * An owner is what a node belongs to: the node's option `owner` is its number.
 */
#ifndef XLATORS_GNOTIFY_CLIENT_H
#define XLATORS_GNOTIFY_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define GNOTIFY_CLIENT_TABLE "gnotify_client_calls"
enum { GNOTIFY_CLIENT_VERSION = 1 }; /* of the table and of what it is given */

/* The library's; zeroed but for the functions, which any thread of libgfapi's calls. */
struct gnotify_client_owner {
    /* The leaf of that place in the node's `subvolumes`, from 0 on. */
    void (*up)(struct gnotify_client_owner *owner, unsigned leaf, bool up);
    /* What came of ask(): error 0 and the reply's bytes, good until `kept` is given to
     * release(); or -errno, with nothing else. */
    void (*answer)(struct gnotify_client_owner *owner, void *cookie, int error,
                   const void *bytes, size_t len, void *kept);
    /* the translator's own */
    struct gnotify_client_owner *next;
    unsigned number;
    void *node;
};

struct gnotify_client_calls {
    unsigned version;
    /* Gives owner its number, from 1 on; it is expected to stay until leave(). */
    unsigned (*enter)(struct gnotify_client_owner *owner);
    /* When its graph is gone, or was never made. */
    void (*leave)(struct gnotify_client_owner *owner);
    /* Has a node with the owner's number been made, and how many leaves are below it? */
    unsigned (*leaves)(const struct gnotify_client_owner *owner);
    /* Sends the bytes to a leaf, as the effective user of the process. 0: answer comes
     * exactly once, perhaps before this returns; -ENOMEM. */
    int (*ask)(struct gnotify_client_owner *owner, unsigned leaf, const void *bytes, size_t len,
               void *cookie);
    void (*release)(void *kept);
    /* Ends the leaves' connections, which answers all that they were asked; for good. Before
     * glfs_fini(), which would wait for these. */
    void (*down)(struct gnotify_client_owner *owner);
};

#endif
