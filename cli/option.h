/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * How options of extensions are shown and reset.
 */
#ifndef VOLEXT_CLI_OPTION_H
#define VOLEXT_CLI_OPTION_H

#include "cli/cli.h"

/* The option of ours for a key as users type it, with or without `user.`; NULL when it
 * is stock's, or one that volext keeps for itself. */
const struct volgen_option *
option_find(struct cli *cli, const char *key);

/* What a reset stores: the default. */
const char *
option_reset_value(const struct volgen_option *option);

/* Adds text with <, >, & escaped as stock's XML does. */
void
xml_text(struct strbuf *out, const char *text);

#endif
