/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Running another program: no shell, a time limit, its output in memory.
 */
#ifndef VOLEXT_GLUSTERD_RUN_H
#define VOLEXT_GLUSTERD_RUN_H

#include "common/strbuf.h"

struct run {
    const char *const *argv;  /* NULL-terminated; looked up in the standard folders */
    int seconds;              /* then its whole process group is killed */
    const void *input;        /* for its standard input, or NULL */
    size_t input_len;
    bool unprivileged;        /* as nobody, with nothing to gain or write */
    size_t output_max;        /* further output is dropped */
};

/* Output goes to out, errors to /dev/null. 0; its exit status (1..255), 128 + signal;
 * -ETIMEDOUT; or another -errno. */
int
run_with(const struct run *run, struct strbuf *out);
int
run(const char *const *argv, int seconds, struct strbuf *out);

#endif
