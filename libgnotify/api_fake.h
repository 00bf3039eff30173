/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the tests of the library's calls have in common: a volume of a folder and a file, its
 * stream, and crawls of it, which the test fills.
 */
#ifndef VOLEXT_API_FAKE_H
#define VOLEXT_API_FAKE_H

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/strbuf.h"
#include "libgnotify/api.h"

enum { EVENTS = 256 };

struct fake_stream {
    struct stream_event events[EVENTS];
    struct notify_record records[EVENTS];
    char *paths[EVENTS], *details[EVENTS];
    unsigned count, read;
    int fd, wakes, error;
    uint64_t acked;
    int acks;
    bool forgotten;
    struct stream_options options;
    struct link *link;
    const char *moved_to; /* of the file 0x0d; NULL: where it is cannot be asked */
    bool gone;
    bool known; /* the cursor */
    char asked[32]; /* where a file was: its folder's number and its name */
    pthread_mutex_t lock;
};

extern struct fake_stream fake;

struct fake_crawls {
    struct { const char *path; int error; bool dir; } finds[8];
    unsigned count, goes; /* of these so many may be found; more is waited for */
    unsigned runs;        /* crawls that were begun */
    char began[256];      /* `PATH SINCE DEEP;` of each */
    bool ended;           /* one was told to be over */
    pthread_cond_t more;
};

extern struct fake_crawls crawls;

/* Of these so many may be found. */
void
crawls_go(unsigned count);
/* A crawl comes upon this path: a folder's ends in D; or, with an error, cannot list it. */
void
finds(const char *path, int error);

/* To be called, with the lock, when what is above has changed: the stream's descriptor follows. */
void
set_fd(void);
/* Something is done to a file in /d, or elsewhere. */
struct notify_record *
happens(enum notify_op op, const char *path);
/* The stream says something else. */
void
tells(struct stream_event event);

extern struct gnotify *g;
extern _Alignas(8) char buf[4 * GNOTIFY_EVENT_MAX];

/* cmocka's, with a cursor; and with any options, of which 0 or -errno of gnotify_init() comes. */
int
setup(void **state);
int
setup_with(const struct gnotify_options *options);
int
teardown(void **state);

/* `MASK NAME NUMBER` of all in the buffer; valid until the next call. */
const char *
list(const void *from, ssize_t bytes);
/* The same of what is there, read with a buffer of so many bytes. */
const char *
read_all(size_t size);
bool
readable(void);

#endif
