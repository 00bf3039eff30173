/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Crawls on a thread of its own, for whoever reads a stream meanwhile: what is found waits in
 * a queue, and the crawl waits when that is full. Knows no watches and no gaps.
 */
#ifndef GNOTIFY_FILL_H
#define GNOTIFY_FILL_H

#include <stdbool.h>
#include <stdint.h>

#include "libgnotify/crawl.h"

/* Where something is to be looked for. */
struct fill_root {
    char *path;     /* from the volume's root; malloced */
    uint64_t since; /* as crawl_options'; */
    bool deep;      /* what is below it, at any depth; else what is directly in it */
    int only;       /* of whoever asks */
};

enum fill_kind { FILL_FOUND, FILL_FAILED };

struct fill_item {
    struct fill_item *next;
    enum fill_kind kind;
    uint8_t gfid[16];
    uint64_t time; /* FILL_FOUND: its ctime */
    bool dir;
    int error; /* FILL_FAILED: as crawl_options' error */
    int only;  /* the root's */
    char path[];
};

struct fill;

/* Begins to crawl the roots, one after the other, and is over 0.3 s after that, when what others did
 * meanwhile is in the stream; takes them, also on an error. wake is called, from
 * other threads, when there is something to be taken: the first since fill_next gave nothing, and the
 * end. 0 or -errno. */
int
fill_start(struct glfs *fs, struct fill_root *roots, unsigned count, void (*wake)(void *arg),
           void *arg, struct fill **out);

/* What was found next, to be freed; NULL: nothing yet, or it is over. */
struct fill_item *
fill_next(struct fill *fill);

/* fill_next would give something, or all is crawled and was taken. */
bool
fill_is_ready(struct fill *fill);
bool
fill_is_over(struct fill *fill);

/* Ends the crawl soon: as soon as the bricks have answered what they were asked. Nothing more is
 * found, and wake not called. */
void
fill_cancel(struct fill *fill);

/* Waits for its end: whether that has come, within so many ms (-1: for ever). */
bool
fill_wait(struct fill *fill, int timeout);

/* Waits for its end, and frees it. */
void
fill_free(struct fill *fill);

void
fill_roots_free(struct fill_root *roots, unsigned count);

#endif
