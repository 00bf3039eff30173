/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What a handle of the library is made of; see gnotify.h.
 */
#ifndef GNOTIFY_PRIVATE_H
#define GNOTIFY_PRIVATE_H

#define GNOTIFY_API __attribute__((visibility("default")))

#include "libgnotify/gnotify.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "common/cleanup.h"
#include "libgnotify/fill.h"
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
struct api_place;

/* What is crawled for, for watches with GNOTIFY_CRAWL. */
struct filling {
    struct fill *job;        /* that runs */
    bool ends;               /* it is over: what had happened until then is read first, */
    uint64_t end;            /* up to this number of the stream's */
    bool wanted;             /* there is another one to begin, */
    int64_t due;             /* now_ms: at the latest then, */
    bool gap;                /* of all these watches */
    uint64_t gap_since;      /* from then on, */
    struct fill_root *roots; /* and of these places */
    unsigned root_count;
    uint64_t from, to;       /* of the gaps */
    /* Renames of folders from then to then are crawled after. */
    uint64_t window_from, window_to, window_since;
    struct api_place *places;
    unsigned place_count;
    uint64_t shift; /* so much larger than the stream's are the numbers of events */
};

struct gnotify {
    struct stream *stream;
    struct link *link; /* the stream's */
    char *dir;         /* of the volume, what gnotify_init named; "/" */
    bool has_cursor;
    struct watches watches;
    struct filling filling;

    struct waiting *first, **end; /* events for the next gnotify_read */
    struct pack *pack;            /* of the one that is under way */
    const struct stream_event *current;
    int failed;                   /* what every read returns from now on */
    bool interrupted;             /* the next read returns -EINTR */
    atomic_bool woken;            /* by gnotify_wake, and not by a crawl */
    bool lost;                    /* a gap: files may be elsewhere than watches think */

    uint64_t seen;   /* the newest number of the stream that was read, */
    uint64_t given;  /* of an event that the program was given, */
    uint64_t acked;  /* and that was acknowledged, */
    uint64_t stream_acked;        /* by the stream's numbers, as `seen` */
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

struct pack_parts;

/* -- api_read.c -------------------------------------------------------------------- */

/* As gnotify_read, without a lock, and with callbacks, too. */
ssize_t
api_read(struct gnotify *g, void *buf, size_t size, int timeout);

/* For watches: takes what is to be told. */
int
api_take(void *arg, const struct notify_record *r, const struct watch_event *e);

/* Puts an event where the program reads it. 0 or -ENOMEM. */
int
api_add(struct gnotify *g, const struct pack_parts *parts);

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

/* -- api_numbers.c ----------------------------------------------------------------- */

/* The number of an event that is made now. */
uint64_t
api_number(const struct gnotify *g);

/* What is to be acknowledged to the stream when the program has dealt with all up to `number`, which
 * never falls. False: nothing yet. */
bool
api_stream_number(struct gnotify *g, uint64_t number, uint64_t *stream);

/* A crawl is not over: the stream stays acknowledged before its gap. */
bool
api_is_held(const struct gnotify *g);

/* From the program's number `from` on the stream stays acknowledged at its `at`, or not at all if
 * `none`: where it is not held already. 0 or -ENOMEM. */
int
api_hold(struct gnotify *g, uint64_t from, uint64_t at, bool none);

/* From the event that is made now on the stream is acknowledged as the program does. 0 or -ENOMEM. */
int
api_release(struct gnotify *g);

/* -- api_fill.c -------------------------------------------------------------------- */

/* A gap; a watch with GNOTIFY_CRAWL_FIRST; a record that was read: what has to be crawled for them
 * is noted. 0 or -ENOMEM. */
int
api_fill_gap(struct gnotify *g, const struct stream_event *gap);
int
api_fill_first(struct gnotify *g, int wd);
int
api_fill_renamed(struct gnotify *g, const struct notify_record *r);

/* There is something to begin with; it has waited long enough. */
bool
api_fill_wants(const struct gnotify *g);
bool
api_fill_is_due(const struct gnotify *g);

/* Begins; watches must know where their files are. 0 or -ENOMEM. */
int
api_fill_begin(struct gnotify *g);

/* Makes events of what was found next. 1; 0: there is nothing; -ENOMEM. */
int
api_fill_read(struct gnotify *g);

/* Ends a crawl, and closes the stream behind it. */
void
api_fill_close(struct gnotify *g);

/* -- api_call.c -------------------------------------------------------------------- */

/* Ends the thread of the callbacks. */
void
callbacks_end(struct gnotify *g);

#endif
