/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * libgnotify: inotify for a whole GlusterFS volume, from any client. No mount is needed.
 *
 *     struct gnotify *g;
 *     if (gnotify_init(&g, "v1", NULL))
 *         errx(1, "%s", gnotify_error(NULL));
 *     gnotify_add_watch(g, "/", GNOTIFY_ALL_CHANGES | GNOTIFY_RECURSIVE);
 *     while (gnotify_read(g, buf, sizeof(buf), -1) > 0) …
 *
 * A function that fails returns -errno, and gnotify_error() has a sentence that names the
 * thing, the value and the remedy. A handle may be used by one thread at a time, except
 * for gnotify_wake(). Times are nanoseconds since 1970, timeouts milliseconds, -1 for ever. Names
 * and paths are bytes as the volume has them, without an encoding.
 */
#ifndef GNOTIFY_H
#define GNOTIFY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What happened: the numbers of <sys/inotify.h>. */
enum gnotify_mask {
    GNOTIFY_ACCESS = 0x1, /* incomplete: reads that are cached do not reach a brick */
    GNOTIFY_MODIFY = 0x2,
    GNOTIFY_ATTRIB = 0x4,
    GNOTIFY_CLOSE_WRITE = 0x8,
    GNOTIFY_CLOSE_NOWRITE = 0x10,
    GNOTIFY_OPEN = 0x20,
    GNOTIFY_MOVED_FROM = 0x40,
    GNOTIFY_MOVED_TO = 0x80,
    GNOTIFY_CREATE = 0x100,
    GNOTIFY_DELETE = 0x200,
    GNOTIFY_DELETE_SELF = 0x400,
    GNOTIFY_MOVE_SELF = 0x800,
    GNOTIFY_CLOSE = GNOTIFY_CLOSE_WRITE | GNOTIFY_CLOSE_NOWRITE,
    GNOTIFY_MOVE = GNOTIFY_MOVED_FROM | GNOTIFY_MOVED_TO,
    GNOTIFY_ALL_EVENTS = 0xfff,
    /* what changes something: names, data, attributes, and the end of writing */
    GNOTIFY_ALL_CHANGES = GNOTIFY_ALL_EVENTS & ~(0x1 | 0x20 | 0x10),

    /* only in events, whatever a watch asks for */
    GNOTIFY_GAP = 0x4000,        /* IN_Q_OVERFLOW's: changes of the time from..to may be missing */
    GNOTIFY_IGNORED = 0x8000,    /* the watch is gone: its file was removed, or gnotify_rm_watch */
    GNOTIFY_SYNTHETIC = 0x20000, /* with others: not recorded, but found out */
    GNOTIFY_CAUGHT_UP = 0x40000, /* all that was recorded before gnotify_init has been read */
    GNOTIFY_CRAWLED = 0x80000,   /* all that crawls (GNOTIFY_CRAWL) had to find has been told */
    GNOTIFY_ISDIR = 0x40000000,

    /* only for gnotify_add_watch */
    GNOTIFY_RECURSIVE = 0x100000, /* what is below, too, at any depth, also what comes later */
    GNOTIFY_CRAWL = 0x200000,       /* go on after a gap with synthetic events for what is there and
                                       was changed since the gap's start, found by a crawl */
    GNOTIFY_CRAWL_FIRST = 0x400000, /* GNOTIFY_CRAWL, and begin with synthetic events for all that
                                       is there, unless a cursor is gone on with */
    GNOTIFY_ONLYDIR = 0x1000000,
    GNOTIFY_DONT_FOLLOW = 0x2000000, /* a symbolic link is watched itself */
    GNOTIFY_ONESHOT = -0x7fffffff - 1,
};

/* An event, in the buffer of gnotify_read: `size` bytes from one to the next, 8-aligned. Its
 * strings are in the same buffer; NULL where there is none. */
struct gnotify_event {
    uint32_t size;
    int32_t wd; /* the watch; -1: of the whole volume (GNOTIFY_GAP, _CAUGHT_UP, _CRAWLED) */
    uint32_t mask;
    uint32_t cookie; /* the same in both events of a move; else 0 */
    uint64_t number; /* for gnotify_ack: never falls */
    uint64_t time;   /* when it was done, by the clock of the client that did it; 0: not known */
    uint64_t from, to;       /* of a gap; from 0: not known */
    uint64_t offset, length; /* bytes concerned by GNOTIFY_MODIFY, where flags say so */
    uint8_t gfid[16], parent[16];
    int32_t pid;       /* of the process that did it; by the client's numbers */
    uint32_t uid, gid;
    uint32_t flags;      /* GNOTIFY_HAS_… */
    const char *name;    /* below the watched folder: "f", or "a/b/f"; NULL for itself */
    const char *path;    /* from the volume's root: "/dir/f"; NULL: could not be found out */
    const char *client;  /* who: GlusterFS's name of the client process */
    const char *detail;  /* of GNOTIFY_ATTRIB: the extended attribute; of a gap: brick and reason */
};

enum gnotify_has {
    GNOTIFY_HAS_RANGE = 1,
    GNOTIFY_HAS_ACTOR = 2,      /* pid, uid, gid */
    GNOTIFY_TRUNCATED = 4,      /* of GNOTIFY_MODIFY: the file's size was set, to offset */
    GNOTIFY_XATTR_REMOVED = 8,  /* of GNOTIFY_ATTRIB: the attribute `detail` is gone */
    GNOTIFY_LAST_LINK = 16,     /* of GNOTIFY_DELETE: the file has no other name */
    GNOTIFY_LINKED = 32,        /* of GNOTIFY_CREATE: another name of a file that was there */
    GNOTIFY_REPLACED = 64,      /* of GNOTIFY_MOVED_TO: what had that name before is gone */
    GNOTIFY_UNPLACED = 128,     /* where it is could not be found out, so it may be outside of what
                                   is watched: name is its last part or NULL, path is NULL */
};

/* The event behind e; for `at < end` loops over a buffer. */
#define GNOTIFY_NEXT(e) ((struct gnotify_event *)((char *)(e) + (e)->size))

struct gnotify;

enum gnotify_from {
    GNOTIFY_FROM_NOW,
    GNOTIFY_FROM_OLDEST, /* with all that the bricks' journals still have */
    GNOTIFY_FROM_CURSOR, /* behind what was acknowledged last under `cursor`; else from now on */
};

/* Zero it, and set size to sizeof. */
struct gnotify_options {
    size_t size;
    enum gnotify_from from;
    const char *cursor;   /* a name to acknowledge under: up to 64 letters, digits, . _ - */
    const char *behind;   /* with GNOTIFY_FROM_CURSOR: begin behind this cursor's, which is left as
                             it is, and acknowledge under `cursor`; NULL: behind `cursor`'s.
                             -ENODATA: no brick that answers knows it */
    const char *socket;   /* glusterd's, for a volume of this machine; NULL: the usual one */
    const char *log_file; /* what GlusterFS's client library logs; NULL: nowhere */
    uint32_t events;      /* what any watch will want, which saves work at the bricks; 0: all */
    size_t memory;        /* bytes of changes that wait to be read at most; 0: 64 MiB */
};

#ifndef GNOTIFY_API
#define GNOTIFY_API
#endif

/* Begins to read what happens on a volume: `v1` (of this machine's glusterd; as root),
 * `server:v1`, `v1:dir`, or a path on a mount. What happens after its return is read. options
 * may be NULL. 0 or -errno: gnotify_error(NULL) says why then. Close *out. */
GNOTIFY_API int
gnotify_init(struct gnotify **out, const char *volume, const struct gnotify_options *options);

/* Watches a file, or a folder with what is in it. path: from the volume's root; or, without a
 * leading slash, from what gnotify_init named ("" is that itself). The mask: which events, and
 * GNOTIFY_RECURSIVE to GNOTIFY_ONESHOT. Watching the same file again gives the same number
 * and changes its mask. As inotify's, the watch stays with the file when that is renamed, and
 * ends with GNOTIFY_IGNORED when it is removed. Changes from before this call that were not
 * read yet are told, too. The number of the watch, from 1 on; or -errno.
 *
 * With GNOTIFY_CRAWL, behind a gap: events with GNOTIFY_SYNTHETIC, the first of CREATE, MODIFY,
 * CLOSE_WRITE, MOVED_TO and ATTRIB that the watch wants, for each file with a ctime since the gap's start
 * (less a minute, for clocks that differ). What happens meanwhile is told as ever, so the same
 * may come twice. What could not be listed is told by further gaps. Removals, and what is in folders
 * that were moved, leave no trace. At the end comes GNOTIFY_CRAWLED, until whose number
 * gnotify_ack keeps the place before the gap: who ends sooner gets the gap and the crawl again. */
GNOTIFY_API int
gnotify_add_watch(struct gnotify *g, const char *path, uint32_t mask);

/* Ends a watch: its last event is GNOTIFY_IGNORED. 0, or -EINVAL: there is no such watch. */
GNOTIFY_API int
gnotify_rm_watch(struct gnotify *g, int wd);

/* Waits for events and puts as many as there are and fit into buf. Bytes; 0 when the time is over;
 * -EINTR after gnotify_wake; -EINVAL: the buffer is too small for the next event
 * (GNOTIFY_EVENT_MAX always fits); else -errno: there will be no more. */
GNOTIFY_API ssize_t
gnotify_read(struct gnotify *g, void *buf, size_t size, int timeout);

enum { GNOTIFY_EVENT_MAX = 16 << 10 };

/* Readable while there is something to be read: for poll, epoll, select. The handle's own. */
GNOTIFY_API int
gnotify_fd(struct gnotify *g);

/* Makes a gnotify_read that waits (or the next one) return -EINTR. For another thread or a signal
 * handler. */
GNOTIFY_API void
gnotify_wake(struct gnotify *g);

/* Remembers under the cursor's name, on disk on the bricks, that all events up to this number have
 * been dealt with; 0: those before the first that this handle reads. 0 or -errno. */
GNOTIFY_API int
gnotify_ack(struct gnotify *g, uint64_t number);

/* Forgets the cursor: the bricks keep nothing for it any more. */
GNOTIFY_API int
gnotify_forget(struct gnotify *g);

/* Ends all. Not from the function of gnotify_register. */
GNOTIFY_API void
gnotify_close(struct gnotify *g);

/* What the last failed call of this thread on g (NULL: of gnotify_init) has to say; never
 * NULL; until the next call. */
GNOTIFY_API const char *
gnotify_error(struct gnotify *g);

/* ---- callbacks ------------------------------------------------------------------------ */

/* Calls each(buf, bytes, arg) on a thread of the library with buffers of events as
 * gnotify_read gives them. Each is the program's until it gives it back by
 * gnotify_put_buffer, from any thread, which also acknowledges it if `done`; `buffers` of them
 * are there, of `size` bytes (GNOTIFY_EVENT_MAX at least): with none left, nothing is read. Only
 * what all buffers before it are done with, too, is acknowledged, and nothing any more behind one
 * that was given back not done. bytes < 0: -errno, the last call. Watches may be added and removed
 * meanwhile by any thread; gnotify_read is -EBUSY. 0 or -errno. */
GNOTIFY_API int
gnotify_register(struct gnotify *g, unsigned buffers, size_t size,
                 void (*each)(struct gnotify_event *buf, ssize_t bytes, void *arg), void *arg);

GNOTIFY_API int
gnotify_put_buffer(struct gnotify *g, struct gnotify_event *buf, int done);

/* ---- words ---------------------------------------------------------------------------- */

/* "CREATE", "CLOSE_WRITE", …: of one bit. NULL if it is none. */
GNOTIFY_API const char *
gnotify_event_name(uint32_t bit);

/* The bits of a list with commas, in any case, as gnotifywait's -e has it. 0 or -EINVAL. */
GNOTIFY_API int
gnotify_parse_events(const char *list, uint32_t *mask);

#ifdef __cplusplus
}
#endif

#endif
