/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the files of the reader (stream.h) share. All of it is the stream's thread's own,
 * but the inbox and the queue. A file for each concern:
 *
 *   stream.c         opening, closing, what the caller asks for
 *   stream_run.c     the thread: what it is told, what it does then
 *   stream_inbox.c   from the link and the caller to the thread
 *   stream_queue.c   from the thread to the caller
 *   stream_fence.c   what is known to come before what, over several sets; the end of the past
 *   stream_names.c   clients' numbers and names
 *   stream_layout.c  which bricks there are
 *   cursor.c         acknowledging, and where a stream goes on
 *   track.c          how far a brick's records have become events that were used
 *   cover.c          times that a brick's journal does not have, and its copies
 *   stream_gaps.c    what of these is told: gaps
 *   stream_heals.c   and heals
 *   stream_gone.c    names that are gone, which heals may bring back
 *   brick.c          what is asked of one brick, and where it stands
 *   brick_records.c  what a brick's records and answers mean
 */
#ifndef GNOTIFY_STREAM_INSIDE_H
#define GNOTIFY_STREAM_INSIDE_H

#include "libgnotify/cover.h"
#include "libgnotify/merge.h"
#include "libgnotify/remember.h"
#include "libgnotify/stream_inbox.h"
#include "libgnotify/stream_names.h"
#include "libgnotify/stream_queue.h"
#include "libgnotify/track.h"
#include "notify/wire.h"

#define MS 1000000ull /* ns */
#define NEVER UINT64_MAX

struct brick;

enum ask {
    ASK_HELLO, /* what stands there; before anything else is asked */
    ASK_FETCH,
    ASK_CANCEL,
    ASK_FENCE,
    ASK_SETTLE, /* how far it goes, to decide about a gap */
    ASK_NAMES,  /* clients' */
    ASK_RECALL, /* what is before a cursor */
    ASK_ACK,
    ASK_ACK_LATE, /* as ASK_ACK, of a brick that was away then */
    ASK_FORGET,
};

/* A request that is under way. */
struct asked {
    struct answer_message answer; /* the first member: the link's cookie */
    struct asked *next, **at;     /* of all that are under way */
    struct brick *brick;
    enum ask what;
    uint64_t of; /* whom the answer is for */
};

/* Something that the caller waits for. */
struct command {
    struct message m;
    enum { COMMAND_END, COMMAND_OPEN, COMMAND_ACK, COMMAND_FORGET, COMMAND_BRICKS } what;
    uint64_t number;
    struct stream_brick *bricks;
    unsigned room, count;
    unsigned waits, good; /* bricks that have not answered; that did it */
    int error;
    bool done; /* under the inbox's lock */
};

enum stand {
    BRICK_STRANGE,  /* up or not: nothing has been asked since it came up */
    BRICK_GREETING, /* HELLO is under way */
    BRICK_GREETED,  /* it has answered, and is not read yet: the others are waited for */
    BRICK_READ,
    BRICK_REFUSES,  /* it has no notification, or answers wrongly: asked again later */
};

struct brick {
    struct stream *s;
    unsigned number; /* the link's */
    unsigned index;  /* the merge's, and in the stream's bricks */
    unsigned set;    /* the merge's */
    unsigned link_set;
    char *name;
    bool in_layout, fresh; /* fresh: it was added after the stream had begun */
    bool late;             /* it answered first after the stream had begun */
    bool up, heard;        /* heard: it came up, or was told to be away */
    bool on;               /* it records */
    enum stand stand;
    int trouble;    /* why it refuses: -errno */
    uint64_t retry; /* ns, monotonic: to ask again */
    uint64_t went;  /* ns, monotonic: when it went away */
    struct notify_reply hello; /* without records */

    /* where it is read */
    bool placed;
    enum notify_from from;
    uint8_t id[NOTIFY_ID_SIZE];
    uint64_t next, time; /* a number, or a time if from says so */
    struct notify_extent extent;
    uint64_t seen; /* ns, the brick's clock: what was recorded before has been read */
    uint64_t at_time;         /* the newest that was read of it; by clients' clocks */
    uint64_t mark, mark_time; /* when it has been read up to mark, that will be `seen` */
    struct asked *fetch;
    uint64_t session, fetched; /* ns, monotonic */
    bool cancelled, is_live;   /* is_live: the merge waits for it */
    bool named;                /* clients of what is before its place have been looked for */

    /* its cursor */
    struct track track;
    uint64_t acked, acked_at;
    uint8_t acked_id[NOTIFY_ID_SIZE];
    enum { RECALL_NONE, RECALL_WANTED, RECALL_ASKED } recall;
    uint64_t recall_round, recall_seq, recall_time, recall_end; /* time: from there on, if it is not 0 */

    uint64_t wanted; /* to be read up to there soon */
    uint64_t past;   /* its end when the stream began; 0: none */
    uint64_t fence;  /* to be reached for the fence */
    enum { FENCE_NONE, FENCE_ASKED, FENCE_WAITS } fencing;

    struct cover cover;
    bool was_off, records; /* records: it has no trouble with that now */
    uint64_t settle, settle_round; /* to be reached before gaps are decided */
    enum { SETTLE_NONE, SETTLE_ASKED, SETTLE_WAITS } settling;
    unsigned heals; /* of it that wait */
    enum { HEALS_WAIT, HEALS_GO, HEALS_ARE_TOLD } healing; /* what becomes of them */
};

/* Of a set: what is to be known before its dark times are decided. */
struct settle {
    uint64_t round, since; /* a new one with each dark time; ns, monotonic */
    unsigned heals;        /* that wait for it, too */
    bool again;            /* and some for the next one */
};

struct heal;

struct stream {
    struct link *link;
    struct inbox inbox;
    struct queue queue;
    pthread_t thread;
    bool runs;

    /* options */
    enum stream_from from;
    char *cursor, *behind;
    uint64_t ops;
    size_t memory;
    bool filtered; /* bricks do not send all */

    struct brick **bricks; /* also those that are not in the volume any more */
    unsigned brick_count;
    struct asked *asked;
    struct merge *merge;
    unsigned sets; /* of the merge */
    uint64_t now;  /* ns, monotonic: when the thread woke up */
    uint64_t wake; /* when it is to wake up */

    bool begun;         /* bricks are read */
    bool is_new;        /* and not from a cursor on */
    uint64_t begin_by;  /* ns, monotonic */
    uint64_t opened;    /* ns since 1970 */
    int error;

    _Atomic uint64_t number;        /* of the last event that was given */
    _Atomic uint64_t number_read;   /* the caller has read so far */
    uint64_t slowest; /* at_time of the brick that is farthest behind */
    uint64_t fence, fence_since;    /* the change that is fenced; 0: none */
    bool was_full;                  /* the queue, when the fence was looked at last */
    uint64_t fenced;                /* up to that one all are */
    enum { CAUGHT_NOT, CAUGHT_READ, CAUGHT_UP } caught;
    uint64_t caught_number; /* the newest change of the past */
    struct names names;
    struct told told; /* which event the merge's numbers became */
    uint64_t told_limit;
    uint64_t acked; /* the last number that the caller has acknowledged */
    bool acks;      /* it has */
    uint64_t recall_by;
    struct settle *settles; /* by set */
    uint64_t held;          /* the last number of what waits for a decision */
    struct heal *heals, **heals_end;
    unsigned heal_count;
    size_t heal_bytes;
    bool heals_are_decided; /* of some bricks */
    unsigned heals_to_come; /* that wait for what is before them to come out */
    struct memory gone; /* names */
    struct merge_event pending; /* it came out, and waits for its client's name */
    bool is_pending, ends;
    struct command *command, *opening; /* the caller waits for them */
    pthread_cond_t done;
};

/* ---- brick.c ----------------------------------------------------------------- */

struct brick *
brick_new(struct stream *s, const struct link_brick *l);

void
brick_free(struct brick *b);

/* It has come up, or gone. */
void
brick_up(struct brick *b, bool up);

/* Asks what is to be asked now; s->wake is when there may be more. */
void
brick_step(struct brick *b);

/* Sends q to it. 0 or -errno. */
int
brick_ask(struct brick *b, enum ask what, uint64_t of, struct notify_request *q);

/* It is read, and answers. */
bool
brick_is_read(const struct brick *b);

/* To be read up to there soon, also where nothing that is wanted comes. */
void
brick_want(struct brick *b, uint64_t number);

/* Where it begins to be read. */
void
brick_place(struct brick *b);

/* An answer to ASK_HELLO or ASK_FETCH: 0 or -errno, with its reply. */
void
brick_answered(struct brick *b, enum ask what, int error, const struct notify_reply *reply);

/* Not to be asked for a while. */
void
brick_refuses(struct brick *b, int error);

/* ---- brick_records.c ----------------------------------------------------------- */

/* What a FETCH brought. */
void
brick_fetched(struct brick *b, const struct notify_reply *reply);

/* A note that is before the brick's cursor: its dark time was decided then. behind: what
 * comes behind it in the reply. 0 or -ENOMEM. */
int
brick_was_dark(struct brick *b, const struct notify_reply *reply, uint32_t behind,
               const struct notify_record *r);

/* ---- stream.c --------------------------------------------------------------- */

/* Without a link, and without its thread. 0, -EINVAL, or -ENOMEM. */
int
stream_new(const struct stream_options *o, struct stream **out);

/* Its thread has ended, and its link is closed. */
void
stream_free(struct stream *s);

/* ---- stream_run.c --------------------------------------------------------------- */

/* The thread. */
void *
stream_run(void *s);

/* One turn of it: takes these messages, does what there is to do, and sets s->wake. */
void
stream_turn(struct stream *s, struct message *m, bool broken);

/* It cannot go on. */
void
stream_fail(struct stream *s, int error);

/* An event to the caller, with the next number. record: its bytes, or NULL. */
void
stream_give(struct stream *s, struct stream_event *event, const uint8_t *record, size_t size,
            const char *client);

/* The thread is to wake up then. */
void
stream_wake_at(struct stream *s, uint64_t when);

/* ---- stream_layout.c ------------------------------------------------------------- */

/* Learns which bricks there are now. */
void
layout_read(struct stream *s);

/* ---- cursor.c ---------------------------------------------------------------------- */

/* After events have been given. */
void
cursor_settle(struct stream *s);

/* Sends the brick what is acknowledged. 0; -EALREADY, -ENODATA: there is nothing to be sent;
 * or -errno. */
int
cursor_ack(struct brick *b, enum ask what, uint64_t number);

/* What was sent is on its disk. */
void
cursor_acked(struct brick *b, uint64_t seq);

/* Whether the brick has the cursor: it is where hello says. Else *time is when the others'
 * was acknowledged; 0: none has one. */
bool
cursor_place(struct brick *b, uint64_t *time);

/* Bricks are looked through for what is before their cursors: nothing else is read. */
bool
cursor_recalls(const struct stream *s);

void
cursor_step(struct brick *b);

void
cursor_recalled(struct brick *b, uint64_t round, int error, const struct notify_reply *reply);

/* ---- stream_gaps.c -------------------------------------------------------------------- */

/* ns: so long bricks that are away are waited for before a gap is told. */
extern uint64_t stream_away_patience;

/* A dark time of the brick, met at the record seq: the place is kept until it is
 * decided and used. 0 or -ENOMEM. */
int
gaps_dark(struct brick *b, uint64_t seq, const struct dark *dark);

/* Is a dark time of the set not decided? */
bool
gaps_are_open(const struct stream *s, unsigned set);

/* Have the copies been read, or are they, over all that the brick has missed? */
bool
gaps_are_known(const struct brick *b);

/* Bricks of the set are to be read up to what they have now before anything is decided. */
void
gaps_settle(struct stream *s, unsigned set);

/* The record's place is kept until gaps_release says of which event it is; 0: of none.
 * 0 or -ENOMEM. */
int
gaps_hold(struct brick *b, uint64_t seq, uint64_t held);

void
gaps_release(struct brick *b, uint64_t held, uint64_t number);

void
gaps_step(struct stream *s);

/* Nothing is to be decided. */
bool
gaps_are_told(const struct stream *s);

void
gaps_answered(struct brick *b, uint64_t round, int error, const struct notify_reply *reply);

/* ---- stream_heals.c ------------------------------------------------------------------- */

/* A record of NOTIFY_MISSED, and its bytes. 0 or -ENOMEM. */
int
heals_add(struct brick *b, const struct notify_record *r, const uint8_t *bytes, size_t size);

/* Of a set whose bricks have been read far enough, and whose dark times are decided; patient:
 * bricks that are away may still come. */
void
heals_decide(struct stream *s, unsigned set, bool patient);

/* Gives what has been decided. */
void
heals_step(struct stream *s);

void
heals_end(struct stream *s);

/* ---- stream_gone.c -------------------------------------------------------------------- */

/* As detail of a record of NOTIFY_MISSED: distribute has made a folder that other sets have. */
#define HEAL_OF_DHT "dht-mkdir"

/* A change that the brick has shown, in its order. */
void
gone_fed(struct brick *b, const struct notify_record *r);

/* A change that is told now. */
void
gone_told(struct stream *s, const struct notify_record *r);

/* A record that is before the brick's cursor: it was told before. */
void
gone_recalled(struct brick *b, const struct notify_record *r);

/* A record of NOTIFY_MISSED, in the brick's order. Has it made a name that was gone there? *since
 * when, by clients' clocks. */
bool
gone_healed(struct brick *b, const struct notify_record *r, uint64_t *since);

/* A heal of which gone_healed said so: is its name gone by all that was told, and nothing known
 * of it since? From now on it is there. */
bool
gone_is_back(struct brick *b, const struct notify_record *r, uint64_t since);

/* ---- stream_fence.c --------------------------------------------------------------- */

/* Which bricks are behind. */
void
fence_pace(struct stream *s);

void
fence_step(struct stream *s);

void
fence_answered(struct brick *b, uint64_t number, int error, const struct notify_reply *reply);

void
caught_step(struct stream *s);

#endif
