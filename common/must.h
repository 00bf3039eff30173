/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * For fuzz targets: what must hold whatever the bytes are.
 */
#ifndef VOLEXT_MUST_H
#define VOLEXT_MUST_H

#include <stdio.h>
#include <stdlib.h>

#define MUST(condition)                                                        \
    ((condition) ? (void)0                                                     \
                 : (fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition), abort()))

#endif
