/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Within the link to a real volume. link.c opens it and keeps it like the volume,
 * link_volfile.c knows which bricks that has, link_wires.c makes the graphs of leaves by
 * libgfapi, link_server.c sees to it that there is a glusterd that tells of changes,
 * link_tell.c passes on what comes and goes. One thread of the link's own (`teller`) tells
 * everything, so that the order is plain; another one (`keeper`) looks after changes, and takes
 * all down when the link has been closed: libgfapi wants up to ten seconds for that.
 */
#ifndef LIBGNOTIFY_LINK_OWN_H
#define LIBGNOTIFY_LINK_OWN_H

#include <pthread.h>
#include <signal.h>
#include <sys/queue.h>

#include "common/cleanup.h"
#include "libgnotify/link.h"
#include "xlators/gnotify-client/gnotify-client.h"

struct glfs;
struct gfapi_graph;

/* What waits to be told. */
struct tell {
    TAILQ_ENTRY(tell) entry;
    enum { TELL_ANSWER, TELL_BRICK, TELL_CHANGED } kind;
    bool queued;
};
TAILQ_HEAD(tells, tell);

/* A request on its way. It belongs to the list of its brick's (`listed`) or to the teller,
 * and is freed when it has been told and the translator has answered, too. */
struct ask {
    struct tell tell; /* first */
    TAILQ_ENTRY(ask) entry;
    struct brick *brick;
    struct wires *wires;
    void *cookie;
    int error;
    const void *bytes;
    size_t len;
    void *kept; /* the translator's: what bytes are in */
    bool listed, told, returned;
};
TAILQ_HEAD(asks, ask);

/* One that is or was of the volume. */
struct brick {
    struct tell tell; /* first */
    struct link_brick is;
    bool used, gone; /* was of the volume; is not now */
    unsigned leaf;                   /* in the wires of now */
    bool up, told;                   /* what is, and what the events were told last */
    unsigned session, told_session; /* how often it came up */
    struct asks asked;
};

/* A graph with a leaf for each brick. */
struct wires {
    struct gnotify_client_owner owner; /* first */
    struct real *link;
    struct glfs *fs;
    char *volfile;
    struct brick **bricks; /* by leaf */
    bool *up;
    unsigned count, sets;
    unsigned busy; /* asks that are not freed */
};

/* The link to a real volume. */
struct real {
    struct link link; /* first */
    const struct link_events *events;
    void *arg;
    const struct gnotify_client_calls *client;
    char *volume, *log_file;
    struct glfs *fs; /* as any client has the volume */
    char *volfile;   /* as known last */
    char *server;    /* whose glusterd has the volfile: a host, or its socket */
    struct glfs *backup; /* another one's, while that of fs is away; or NULL */
    unsigned looks, silent;
    pthread_t teller, keeper;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t to_tell, to_keep;
    struct tells tells;
    struct tell changed;
    struct wires *wires;
    struct brick **bricks; /* by number */
    unsigned count;
    bool closing;     /* nothing is told any more */
    bool closed;      /* the keeper may take all down */
    unsigned leaving; /* wires that are being ended */
    bool lost;        /* some were not: late answers may come */
};

/* ---- link_tell.c: knows nothing of libgfapi -------------------------------------------- */

/* Prepares what is told; 0 or -errno. tell_start() begins with it. */
int
tell_init(struct real *l);
int
tell_start(struct real *l);
/* Nothing is told any more; what was asked is forgotten as it comes back. */
void
tell_stop(struct real *l);

/* As link_calls.ask. */
int
tell_ask(struct real *l, unsigned brick, const void *bytes, size_t len, void *cookie);

/* Makes these the wires of now, whose bricks are in l->bricks: what was asked by others is
 * answered. Those are the caller's then. */
struct wires *
tell_switch(struct real *l, struct wires *wires);

/* What the translator calls. */
void
tell_up(struct gnotify_client_owner *owner, unsigned leaf, bool up);
void
tell_answer(struct gnotify_client_owner *owner, void *cookie, int error, const void *bytes,
            size_t len, void *kept);

/* A thread that gets no signals; 0 or -errno. */
int
tell_thread(pthread_t *thread, void *(*run)(void *), void *arg);

/* libgfapi writes to sockets that may be closed: the caller must not die of it. */
struct no_sigpipe {
    sigset_t before;
    bool pending;
};
void
no_sigpipe_begin(struct no_sigpipe *s);
void
no_sigpipe_end(struct no_sigpipe *s);

/* ---- link_wires.c ------------------------------------------------------------------------ */

/* Opens the translator. 0, or -errno with a sentence in *why. */
int
wires_load(const struct gnotify_client_calls **calls, char **why);

/* The part of a volfile below the owner's node: the leaves of the volume. NULL: no memory. */
char *
wires_leaves(const struct gfapi_graph *graph);

/* Makes a graph for the leaves; bricks, one for each leaf, and volfile become its own, also on
 * an error. 0, or -errno with a sentence in *why. */
int
wires_open(struct real *l, char *volfile, struct brick **bricks, unsigned count, unsigned sets,
           struct wires **out, char **why);

/* Ends and frees it, or notes that it could not be ended; may take 10 s. Not before another one, or none, is the wires of now. */
void
wires_close(struct wires *w);

/* ---- link_volfile.c ---------------------------------------------------------------------- */

/* A copy of the volfile that fs has now, the caller's; NULL: none, or no memory. */
char *
volfile_get(struct glfs *fs);

/* Wires for what the volfile says, if those of now are for something else. 0, or -errno, and
 * *why is a sentence, the caller's, or NULL. */
int
volfile_follow(struct real *l, const char *volfile, char **why);

/* ---- link_server.c: the keeper's ------------------------------------------------------------ */

/* To be called each second: looks now and then whether glusterd is there, and for another one. */
void
server_look(struct real *l);

/* Ends the connection to another one, if there is one. */
void
server_leave(struct real *l);

#endif
