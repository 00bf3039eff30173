/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * features/gnotify, in a brick's graph: makes a record of each change, keeps them in the
 * brick's journal, and hands them to readers.
 *
 *     fops (fops.c is generated, begin.c, names.c, opened.c, internal.c)
 *         an event is made when the fop is wound, and pushed when it succeeded
 *     ring.h      events between the fops' threads and the writer
 *     writer.c    the one thread that writes: merges (merge.c), finds paths (resolve.c),
 *                 numbers and appends
 *     serve.c     readers' requests (requests.c) are looked at (fetch.c, places.c) and answered
 *                 (answers.c): what the writer's news are waited for, by the writer; the rest by a
 *                 thread of its own
 *     gnotify.c   options, and the instance from init to its end
 */
#ifndef VOLEXT_GNOTIFY_H
#define VOLEXT_GNOTIFY_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include <glusterfs/defaults.h>
#include <glusterfs/logging.h>
#include <glusterfs/mem-types.h>
#include <glusterfs/statedump.h>
#include <glusterfs/xlator.h>

#include "common/cleanup.h"
#include "notify/journal.h"
#include "notify/record.h"
#include "notify/wire.h"

enum {
    GNOTIFY_OPENDIR = 32, /* as an op in masks only: NOTIFY_OPEN and CLOSE of folders */
    GNOTIFY_HOST = 256,   /* room for a host's name */
};

enum gnotify_memory {
    gf_gnotify_mt_event = gf_common_mt_end + 1,
    gf_gnotify_mt_opened,
    gf_gnotify_mt_client,
    gf_gnotify_mt_request,
    gf_gnotify_mt_reply,
    gf_gnotify_mt_end,
};

/* ---- events --------------------------------------------------------------- */

/* A record that is not written yet. Its names are in text. */
struct event {
    struct event *next; /* below it in the ring, or behind it in a list */
    struct event *more; /* made by the same fop: comes behind it */
    struct gnotify *g;
    size_t size;
    struct notify_record r;
    uint8_t other[16];  /* gfid of the file that a rename or a link replaces; or zero */
    bool is_client;     /* tells a client's name: text */
    char text[];
};

/* Where in a volume something is: in memory of others. */
struct spot {
    uint8_t parent[16];
    const char *path;
    size_t len;
    bool name_only;
};

/* What an open file's fd knows: where it was opened, and by whom. */
struct opened {
    pthread_mutex_t lock; /* parent, path, len, names */
    uint8_t parent[16];
    char *path; /* NULL: not known */
    size_t len;
    unsigned names; /* how many renames there had been when the path was right */
    int32_t pid;
    uint32_t uid, gid;
    uint64_t client, time;
    atomic_bool written;
    bool silent; /* its end is no event */
    bool is_dir;
};

/* A client as it is known by all bricks: its process. */
struct client {
    struct client *next; /* of g->clients */
    uint64_t number;
    atomic_bool announced;
    /* under serve_lock */
    bool warned, gone, cut_off;
    uint64_t unread, taken; /* bytes: of answers, and of all that its connection has written: unread.c */
};

/* ---- an instance ---------------------------------------------------------- */

enum { WRITER_AWAKE, WRITER_ASLEEP, WRITER_LINGERS };

struct request; /* serve.h */
struct server;
struct merges;  /* merge.c */
struct last_name; /* resolve.c */

struct gnotify {
    xlator_t *xl;
    struct xlator_fops fops;
    atomic_bool active; /* events are made */
    atomic_ullong mask; /* 1 << op of those that are wanted */

    /* the ring */
    _Atomic(struct event *) ring; /* the newest first */
    atomic_size_t queued;         /* bytes */
    atomic_size_t buffer_size;    /* at most so many */
    atomic_uint lost;             /* events that did not fit, since the writer looked */
    atomic_ullong dropped;        /* all of them */
    atomic_long in_flight;        /* fops whose event is not pushed yet */
    atomic_bool ending;           /* of the process: nothing is wound any more */

    /* names of open files */
    atomic_uint renames;
    atomic_ullong renamed_at; /* ns, monotonic */

    pthread_mutex_t clients_lock;
    struct client *clients;

    /* the writer */
    pthread_t writer;
    bool writer_runs;
    atomic_int writer_state;
    sem_t wake;
    atomic_bool up; /* the brick below is there */
    atomic_bool stop;
    atomic_bool options_changed;
    atomic_ullong written, bytes_written; /* records */
    /* The writer takes the ring in passes. What was in it before is written when one that
     * began later is over: whoever waits for that asks to be told. */
    atomic_ullong passes_begun, passes_over;
    atomic_bool pass_asked;
    /* ns, monotonic: when a reader waited last; and when one came back too late for something, or
     * something came while it was away */
    atomic_ullong followed, stormed;
    atomic_ullong recording; /* ns: since then without a gap; 0: not */
    atomic_ullong gaps;
    struct {
        atomic_ullong second; /* of CLOCK_MONOTONIC */
        atomic_ullong count;  /* records */
    } lately[16];
    char why_not[256];                    /* the journal is not open: under lock */

    struct last_name *last_names; /* of the writer */

    pthread_rwlock_t journal_lock; /* read: it is used; write: opened or closed */
    struct notify_journal *journal;
    char *brick;     /* where the brick is on disk; NULL: not known */
    char *directory; /* of the journal */

    /* options */
    pthread_mutex_t lock; /* the rest of this */
    bool wanted;
    uint64_t retention_size, retention_time, segment_size;
    double reserve;
    uint64_t shard_block;

    /* readers */
    pthread_t server;
    bool server_runs;
    pthread_mutex_t serve_lock;
    pthread_cond_t serve_cond;
    struct request *requests; /* under serve_lock: all that are not answered */
    struct request **requests_end;
    bool serving;            /* somebody has a request in hand: the thread, or the writer */
    struct request *at_work; /* that one; NULL when it is about to be answered */
    struct server *serves;   /* of who serves; NULL before the thread begins, and after its end */
    bool server_wants;       /* the thread waits for the writer to have nothing in hand */
    uint64_t server_wakes;   /* ns, monotonic: so long the thread sleeps; 0: it does not */
    unsigned held;
    atomic_uint waiting; /* fetches that want what comes */
    bool server_stops;
    uint64_t news;      /* how often something new was there */
    uint64_t end;       /* the number that the journal's next record has then; 0: there is no journal */
    uint8_t end_id[16]; /* and the journal's */
    uint64_t answered, refused;

    pthread_mutex_t sessions_lock;
    struct session *sessions; /* room for as many as there may be, or NULL */
    size_t session_count;
};

extern const struct gnotify_slot {
    size_t at;
    void *entry;
    uint64_t ops;
} gnotify_slots[];

static inline uint64_t
clock_ns(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline bool
is_null(const uint8_t gfid[16])
{
    static const uint8_t null[16];

    return !memcmp(gfid, null, sizeof(null));
}

static inline bool
is_root(const uint8_t gfid[16])
{
    static const uint8_t root[16] = {[15] = 1};

    return !memcmp(gfid, root, sizeof(root));
}

static inline bool
wants(struct gnotify *g, unsigned op)
{
    return atomic_load_explicit(&g->mask, memory_order_relaxed) & (1ull << op);
}

/* ---- names.c, opened.c: events of a fop ------------------------------------ */

/* How the fop's traffic is to be taken. */
enum traffic { OF_A_USER, OF_A_HEAL, INTERNAL };

/* internal.c */
enum traffic
traffic_of(const call_frame_t *frame, dict_t *xdata);
bool
attribute_is_internal(const char *name);
bool
is_shard_folder(const uint8_t gfid[16]);

/* A new event for a fop that is wound: its op, time, actor; names copied. `what` is the
 * fop's name, for a heal. NULL: none is to be made (not wanted, internal, no memory). */
struct event *
event_new(struct gnotify *g, const call_frame_t *frame, enum traffic traffic,
          enum notify_op op, const char *what, const uint8_t *gfid, const struct spot *name,
          const struct spot *to, const char *detail);

/* Of what is not a fop's answer: pushed at once. */
struct event *
event_alloc(struct gnotify *g, size_t text);
void
event_free(struct event *e);
void
event_append(struct event **list, struct event *e);

/* The fop was answered: its events are pushed, or freed where it failed. NULL is fine. */
void
event_done(struct event *e, bool success);

/* Puts an event to where the writer finds it, or counts it as lost. It is not the
 * caller's any more. False: lost. */
bool
ring_push(struct gnotify *g, struct event *e);
/* All of them, the oldest first. */
struct event *
ring_take(struct gnotify *g);

/* Where loc is; parts of loc and of *free_me are in *spot. */
void
spot_of_loc(const loc_t *loc, struct spot *spot);

/* As event_new, of an open file. */
struct event *
event_of_fd(struct gnotify *g, const call_frame_t *frame, enum traffic traffic,
            enum notify_op op, const char *what, fd_t *fd, const char *detail);
/* The file is being opened: remembers where and by whom. */
void
opened_remember(struct gnotify *g, const call_frame_t *frame, fd_t *fd, const loc_t *loc,
                bool written);
/* It was opened indeed. */
void
opened_confirm(struct gnotify *g, fd_t *fd);
void
opened_written(struct gnotify *g, const call_frame_t *frame, fd_t *fd);
int32_t
gnotify_release(xlator_t *this, fd_t *fd);
/* Something got another name: what fds know may be wrong. */
void
names_changed(struct gnotify *g);

/* ---- clients.c -------------------------------------------------------------- */

/* Of the frame's client; NULL where it has none. */
struct client *
client_of(struct gnotify *g, const call_frame_t *frame);
uint64_t
client_number(const char *uid);
/* Where it runs, from what it calls itself; "?" where that does not say. One word. */
void
client_host(const char *uid, char out[GNOTIFY_HOST]);
int32_t
gnotify_client_destroy(xlator_t *this, client_t *client);
void
clients_free(struct gnotify *g);

/* ---- writer.c --------------------------------------------------------------- */

int
writer_start(struct gnotify *g);
/* Writes what there is and ends. clean: with NOTIFY_STOP, for nothing was lost. */
void
writer_stop(struct gnotify *g);
/* There is something else to do than events. */
void
writer_kick(struct gnotify *g);
void
writer_push_wakes(struct gnotify *g);
/* A reader waits from now on. */
void
writer_is_followed(struct gnotify *g);

/* ---- merge.c: of the writer ------------------------------------------------- */

struct merges *
merges_new(struct gnotify *g, void (*emit)(struct event *e, void *arg), void *arg);
/* Takes e: it is emitted now or, merged with others of its kind, later; what was merged
 * of its file before comes before it. */
void
merges_add(struct merges *m, struct event *e, uint64_t now);
/* Emits what is due at `now`, or all; when the next is (UINT64_MAX: nothing waits). */
uint64_t
merges_flush(struct merges *m, uint64_t now, bool all);
void
merges_free(struct merges *m);

/* ---- resolve.c: of the writer ------------------------------------------------ */

/* A path that is not known is looked for in the brick. *room is for what is found. */
enum { RESOLVED_ROOM = 2 * (NOTIFY_PATH_MAX + 1) };
void
resolve_names(struct gnotify *g, struct notify_record *r, char room[RESOLVED_ROOM]);
/* r, which is written, may have taken a file's last name. */
void
resolve_remember(struct gnotify *g, const struct notify_record *r, const uint8_t replaced[16]);
/* Has the brick no file or folder with this gfid (any more)? For no gfid: false. */
bool
resolve_is_nowhere(const struct gnotify *g, const uint8_t gfid[16]);
/* Is it what a heal, also one that does not say that it is one, removes of its own list of
 * what is to be healed? To be asked when the fop is answered: the folder of a file that a heal
 * removes is still there then. */
bool
resolve_is_index(const struct gnotify *g, const struct notify_record *r);
/* A shard's change becomes its file's, whose name is not known then. False: it is none. */
bool
resolve_shard(struct gnotify *g, struct notify_record *r);

/* ---- cursors.c ----------------------------------------------------------------- */

struct kept_cursor {
    struct notify_cursor at;
    char host[GNOTIFY_HOST]; /* that acknowledged last; empty: not known */
};

/* Under `directory`; name is checked. 0 or -errno: -ENOENT where it is not known, -EINVAL
 * for a bad name, -ENOSPC when there are too many. */
int
cursor_load(const struct gnotify *g, const char *name, struct kept_cursor *c);
int
cursor_store(const struct gnotify *g, const char *name, const struct kept_cursor *c);
int
cursor_forget(const struct gnotify *g, const char *name);
/* Calls each for every cursor. */
void
cursor_each(const struct gnotify *g,
            void (*each)(const char *name, const struct kept_cursor *c, void *arg), void *arg);

/* ---- serve.c --------------------------------------------------------------------- */

int
serve_start(struct gnotify *g);
/* All are answered; nothing is taken any more. */
void
serve_stop(struct gnotify *g);
/* Of the writer: there are new records, or there is another journal. */
void
serve_news(struct gnotify *g);
int32_t
gnotify_ipc(call_frame_t *frame, xlator_t *this, int32_t op, dict_t *xdata);
int32_t
gnotify_client_disconnect(xlator_t *this, client_t *client);

/* ---- unread.c ---------------------------------------------------------------------- */

/* The client is about to be answered so many bytes; 0: by an error. NULL is fine. */
void
unread_add(struct gnotify *g, struct client *c, call_frame_t *frame, size_t bytes);
/* Under serve_lock: has it so many untaken answers that it is to get no others? */
bool
unread_is_full(struct client *c, call_frame_t *frame);
/* It is refused something: where it has so many, its connection is ended. NULL is fine. */
void
unread_cut_off(struct gnotify *g, struct client *c, call_frame_t *frame);

/* ---- sessions.c --------------------------------------------------------------------- */

/* A reader that is there, as its last fetch was. */
struct session {
    struct client *known; /* whose; to be compared */
    uint64_t number;
    uint64_t asked; /* ns, monotonic */
    uint64_t next;  /* all before was given, or not wanted */
    char name[NOTIFY_CURSOR_NAME_MAX + 1];
    char host[GNOTIFY_HOST];
};

/* s->host is of no use to it where the session is known already. */
void
session_seen(struct gnotify *g, const struct session *s, const char *client_uid);
/* The client went. */
void
sessions_forget(struct gnotify *g, const struct client *known);
/* A copy of those that are here, and how many; free it. */
struct session *
sessions_now(struct gnotify *g, size_t *count);

/* ---- status.c ----------------------------------------------------------------------- */

/* Whoever connects to the process's socket in GNOTIFY_STATUSDIR is told of its instances. */
void
status_tell(void);

/* ---- dump.c ----------------------------------------------------------------------- */

int32_t
gnotify_dump(xlator_t *this);

/* ---- exit.c ------------------------------------------------------------------------ */

/* Calls each for every instance; none of them goes meanwhile. */
void
instances_each(void (*each)(struct gnotify *g, void *arg), void *arg);

void
exit_add(struct gnotify *g);
void
exit_remove(struct gnotify *g);

#endif
