/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Cleanup by scope: a variable declared with one of these is released when its
 * block ends, whichever way. For malloc memory only; never for GF_* memory.
 */
#ifndef VOLEXT_CLEANUP_H
#define VOLEXT_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>
#include <dirent.h>
#include <stdio.h>

#include "banned.h"

static inline void
cleanup_free(void *p)
{
    free(*(void **)p);
}

static inline void
cleanup_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void
cleanup_fclose(FILE **f)
{
    if (*f)
        fclose(*f);
}

static inline void
cleanup_closedir(DIR **d)
{
    if (*d)
        closedir(*d);
}

#define AUTO(function) __attribute__((cleanup(function)))
#define AUTO_FREE AUTO(cleanup_free)
#define AUTO_CLOSE AUTO(cleanup_close)
#define AUTO_FCLOSE AUTO(cleanup_fclose)
#define AUTO_CLOSEDIR AUTO(cleanup_closedir)

/* Hands a pointer over: the variable no longer owns it. `return TAKE(p);` */
#define TAKE(p)                                                                \
    ({                                                                         \
        __typeof__(p) take_ = (p);                                             \
        (p) = NULL;                                                            \
        take_;                                                                 \
    })

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

#endif
