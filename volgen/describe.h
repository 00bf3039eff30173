/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Private to describe.c and table.c: an extension from the text of its file.
 */
#ifndef VOLEXT_VOLGEN_DESCRIBE_H
#define VOLEXT_VOLGEN_DESCRIBE_H

#include "volgen/volgen.h"

enum { DESCRIBED_OPTIONS = 64, DESCRIBED_CHOICES = 32, DESCRIBED_BYTES = 64 * 1024 };

struct described {
    struct described *next;
    struct volgen_extension extension;
    struct volgen_option options[DESCRIBED_OPTIONS + 1]; /* the first is the switch */
    char *text;     /* of the file, cut into the strings that the others point to */
    char *name;
    char *position;
};

/* Ours, ended by NULL. */
extern const struct volgen_extension *const volgen_builtin[];

/* Reads what NAME.conf says; path is for messages only. 0, -ENOMEM, or -EINVAL with
 * why = `PATH:LINE: …`, what is wrong and what would be right. */
int
described_parse(const char *path, const char *name, const char *text, size_t len,
                struct described **out, struct strbuf *why);
void
described_free(struct described *described);

#endif
