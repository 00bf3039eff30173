/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Writes JSON (RFC 8259) into a strbuf. Strings that are not UTF-8 are written
 * with U+FFFD for each bad byte, so that the output always parses.
 */
#ifndef VOLEXT_JSON_H
#define VOLEXT_JSON_H

#include <stdint.h>

#include "strbuf.h"

enum { JSON_DEPTH = 32 };

struct json {
    struct strbuf *out;
    bool more[JSON_DEPTH]; /* something was already written at this depth */
    int depth;
};

/* A name is NULL inside an array and at the top, set inside an object. */
void
json_object_begin(struct json *j, const char *name);
void
json_object_end(struct json *j);
void
json_array_begin(struct json *j, const char *name);
void
json_array_end(struct json *j);
void
json_string(struct json *j, const char *name, const char *value);
void
json_number(struct json *j, const char *name, int64_t value);
void
json_bool(struct json *j, const char *name, bool value);
/* value NULL is written as null by json_string. */

#endif
