/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Quantiles of measured values, for the programs that print them.
 */
#ifndef VOLEXT_QUANTILE_H
#define VOLEXT_QUANTILE_H

#include <stdlib.h>

static inline int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* Of n values (1 or more) the one that stands at the part q of them, in order: 0.5, the median.
 * Sorts them. */
static inline double
quantile(double *values, int n, double q)
{
    qsort(values, (size_t)n, sizeof(*values), by_value);
    return values[(int)(q * (n - 1) + 0.5)];
}

#endif
