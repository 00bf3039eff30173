/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * In words: what values an extension's option takes. For help, the manual page
 * and docs/options.md.
 */
#ifndef VOLEXT_CLI_VALUES_H
#define VOLEXT_CLI_VALUES_H

#include "volgen/volgen.h"

/* Adds for example `client, brick` or `0 to 3600000 (ms)`. */
void
option_values(const struct volgen_option *option, struct strbuf *out);

/* The key as it is typed: KEY for what a key with a prefix ends in. */
void
option_name(const struct volgen_option *option, struct strbuf *out);

#endif
