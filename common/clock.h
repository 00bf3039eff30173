/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * How long something takes: a clock that only goes forward.
 */
#ifndef VOLEXT_CLOCK_H
#define VOLEXT_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since some moment before this process. */
static inline int64_t
now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#endif
