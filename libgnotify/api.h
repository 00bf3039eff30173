/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What a handle of the library is made of; see gnotify.h.
 */
#ifndef GNOTIFY_PRIVATE_H
#define GNOTIFY_PRIVATE_H

#define GNOTIFY_API __attribute__((visibility("default")))

#include "libgnotify/gnotify.h"

#include <pthread.h>

#include "common/cleanup.h"
#include "libgnotify/stream.h"
#include "libgnotify/watch.h"

/* Where events are put: a buffer of the program. */
struct pack {
    char *buf;
    size_t size, used;
};

/* An event that did not fit. */
struct waiting {
    struct waiting *next;
    struct gnotify_event event; /* and its strings behind it */
};

struct callbacks;

struct gnotify {
    struct stream *stream;
    struct link *link; /* the stream's */
    char *dir;         /* of the volume, what gnotify_init named; "/" */
    bool has_cursor;
    struct watches watches;

    struct waiting *first, **end; /* events for the next gnotify_read */
    struct pack *pack;            /* of the one that is under way */
    const struct stream_event *current;
    int failed;                   /* what every read returns from now on */
    bool interrupted;             /* the next read returns -EINTR */
    bool lost;                    /* a gap: files may be elsewhere than watches think */

    uint64_t seen;   /* the newest number of the stream that was read, */
    uint64_t given;  /* of an event that the program was given, */
    uint64_t acked;  /* and that was acknowledged */
    int64_t ack_due; /* now_ms: when what no watch wants is acknowledged by itself, */
    int64_t look_due; /* and when files are looked for next */

    int fd;        /* epoll: of the stream's and of this one, */
    int signal_fd; /* an eventfd, 1 while there is something to be read besides the stream */
    bool signalled;

    /* With callbacks, all but their thread's waiting is under the lock. */
    pthread_mutex_t lock;
    struct callbacks *callbacks;
};

#define LOCKED(g) AUTO(api_unlock) struct gnotify *locked_ = api_lock(g); (void)locked_

/* -- api.c ------------------------------------------------------------------------- */

/* Sets what gnotify_error says on this thread; error as it is. */
int
api_fail(const struct gnotify *g, int error, const char *format, ...) PRINTF_LIKE(3, 4);

struct gnotify *
api_lock(struct gnotify *g);
void
api_unlock(struct gnotify **g);

/* -- api_read.c -------------------------------------------------------------------- */

/* As gnotify_read, without a lock, and with callbacks, too. */
ssize_t
api_read(struct gnotify *g, void *buf, size_t size, int timeout);

/* For watches: takes what is to be told. */
int
api_take(void *arg, const struct notify_record *r, const struct watch_event *e);

/* Sets gnotify_fd by what waits. */
void
api_signal(struct gnotify *g);

void
api_forget_waiting(struct gnotify *g);

/* -- api_pack.c -------------------------------------------------------------------- */

/* What an event is made of. */
struct pack_parts {
    struct gnotify_event event; /* without size and strings */
    const char *path, *name, *client, *detail; /* NULL: none; name may be the path's end */
    size_t path_len, name_len, client_len, detail_len;
};

/* Bytes that the event takes in a buffer. */
size_t
pack_size(const struct pack_parts *parts);

/* Puts it there: pack_size() bytes. */
void
pack_write(const struct pack_parts *parts, void *buf);

/* A copy of an event in another place: its strings are there, too. */
void
pack_copy(const struct gnotify_event *event, void *buf);

/* -- api_names.c ------------------------------------------------------------------- */

/* A path of the volume and the files that its parts name. */
struct name {
    char *path; /* as struct watch's */
    uint8_t (*chain)[WATCH_GFID];
    unsigned depth;
    bool is_dir;
};

void
name_free(struct name *name);

/* Looks a path up, from the volume's root. follow: what a symbolic link leads to. 0, or
 * -errno with nothing said. */
int
name_find(struct link *link, const char *path, bool follow, struct name *name);

/* Where the file of that gfid is now, which was `base` in the folder of gfid `parent`. -ENOENT: it
 * has been removed. -ENODATA: it has not, but where it is cannot be asked. Any other: later, perhaps. */
int
name_of(struct link *link, const uint8_t gfid[WATCH_GFID], const uint8_t parent[WATCH_GFID],
        const char *base, struct name *name);

/* gnotify_ack, under the lock. */
int
api_ack(struct gnotify *g, uint64_t number);

/* -- api_call.c -------------------------------------------------------------------- */

/* Ends the thread of the callbacks. */
void
callbacks_end(struct gnotify *g);

#endif
