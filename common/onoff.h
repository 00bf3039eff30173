/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The words that GlusterFS takes for a switch.
 */
#ifndef VOLEXT_ONOFF_H
#define VOLEXT_ONOFF_H

#include <stddef.h>
#include <strings.h>

/* 1: on, 0: off, -1: the value is no switch's. In any case of letters, as GlusterFS's
 * gf_string2boolean. */
static inline int
onoff_parse(const char *value)
{
    static const char *const words[][2] = {
        {"off", "on"}, {"no", "yes"}, {"false", "true"}, {"disable", "enable"}, {"0", "1"}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        for (int on = 0; on < 2; on++)
            if (!strcasecmp(value, words[i][on]))
                return on;
    return -1;
}

#endif
