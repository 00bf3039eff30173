/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What debug/sink answers.
 */
#ifndef VOLEXT_DRIVE_SINK_H
#define VOLEXT_DRIVE_SINK_H

#include <jansson.h>

#include "xlators/drive/fops.h"

struct sink_answer;

/* An answer to the fop: values that depend on the fop and its arguments alone, or with
 * error set nothing but that and xdata. echo: xdata has the arguments. It holds what it
 * needs of the arguments. NULL when out of memory. */
struct sink_answer *
sink_answer_new(call_frame_t *frame, xlator_t *this, glusterfs_fop_t fop,
                const union drive_value *args, int error, bool echo);
/* Unwinds and frees it. */
void
sink_answer_send(struct sink_answer *answer);

static inline void
sink_json_free(json_t **json)
{
    json_decref(*json);
}

#endif
