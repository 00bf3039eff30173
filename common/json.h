/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Writes JSON (RFC 8259) into a strbuf, and reads it. Strings that are not UTF-8 are
 * written with U+FFFD for each bad byte, so that the output always parses.
 */
#ifndef VOLEXT_JSON_H
#define VOLEXT_JSON_H

#include <stddef.h>
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

/* ---- json_read.c -------------------------------------------------------- */

/* What a document holds, in its order. name is NULL inside an array and at the top;
 * what is not 0 ends the reading. */
struct json_events {
    int (*begin)(void *arg, const char *name); /* an object or an array */
    int (*value)(void *arg, const char *name, const char *text); /* a string without its
                    quotes and escapes, a number as it stands, true, false, or null */
    int (*end)(void *arg);
    void *arg;
};

/* Reads one document, which may come from anybody. 0, what an event returned, or -EINVAL:
 * it is not JSON, is nested deeper than JSON_DEPTH, or holds a NUL; -ENOMEM. */
int
json_read(const char *text, size_t len, const struct json_events *events);

#endif
