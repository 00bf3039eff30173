/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * For the tests of reduce.h: gfids that are numbers, and changes as text.
 */
#ifndef GFIND_REDUCE_TEST_H
#define GFIND_REDUCE_TEST_H

#include <endian.h>
#include <string.h>

#include "gfind/reduce.h"

/* 1 is the root's. */
static inline void
gfid(uint8_t out[GFID_SIZE], unsigned number)
{
    memset(out, 0, GFID_SIZE);
    memcpy(out + 8, &(uint32_t){htobe32(number)}, 4);
    if (number == 1) {
        memset(out, 0, GFID_SIZE);
        out[15] = 1;
    }
}

static inline const char *
text_of(const struct changes *changes)
{
    static const char *const kinds[] = {"deleted", "moved", "created", "modified", "changed", "found"};
    static char text[1 << 16];
    size_t len = 0;

    *text = '\0';
    for (size_t i = 0; i < changes->count; i++) {
        const struct change *c = &changes->list[i];

        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s%s%s%s%s", len ? "; " : "",
                                kinds[c->kind], c->from ? " " : "", c->from ? c->from : "",
                                c->to ? " " : "", c->to ? c->to : "");
    }
    return text;
}

#endif
