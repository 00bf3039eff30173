/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The parts of gendoc: each adds one document to out.
 */
#ifndef VOLEXT_CLI_GENDOC_H
#define VOLEXT_CLI_GENDOC_H

#include "cli/cli.h"

void
gendoc_man(const struct volgen_table *table, struct strbuf *out);
/* 0; -EINVAL for a row that cannot be read, -errno for the template: told on stderr. */
int
gendoc_bash(const struct volgen_table *table, const char *template, struct strbuf *out);

#endif
