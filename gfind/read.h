/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Reads what happened since a cursor, up to now, into a struct reduce.
 */
#ifndef GFIND_READ_H
#define GFIND_READ_H

#include "gfind/reduce.h"
#include "libgnotify/gnotify.h"

/* What was read. */
struct span {
    struct reduce reduce;
    uint64_t number; /* of its last event: to be acknowledged */
    uint64_t events; /* that changed something, if only for a while */
    unsigned gaps;
    uint64_t gap_from, gap_to; /* of all gaps: the first and the last moment; from 0: not known */
    char *why;                 /* of the first one: brick and reason */
};

#define SPAN_INIT {0}
#define AUTO_SPAN AUTO(span_free)

/* Reads all that was recorded before g was opened. 0 or -errno; the message was said. */
int
span_read(struct span *span, struct gnotify *g);
void
span_free(struct span *span);

#endif
