/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A string that grows. Errors stick: after memory ran out every call is a no-op
 * and strbuf_failed() says so, so that a long row of calls is checked once.
 */
#ifndef VOLEXT_STRBUF_H
#define VOLEXT_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "cleanup.h"

struct strbuf {
    char *data; /* NUL-terminated once anything was added; NULL before */
    size_t len; /* without the NUL; the content may hold NULs of its own */
    size_t room;
    bool failed;
};

#define STRBUF_INIT {0}
#define AUTO_STRBUF AUTO(strbuf_free)

void
strbuf_add(struct strbuf *b, const void *data, size_t len);
void
strbuf_str(struct strbuf *b, const char *text);
void
strbuf_char(struct strbuf *b, char c);
void
strbuf_fmt(struct strbuf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Appends bytes so that they are one word of one line and move no cursor, and can be had
 * back (printf %b): spaces, control characters, backslashes and what is not UTF-8 become
 * \xNN. */
void
strbuf_word(struct strbuf *b, const char *bytes);
void
strbuf_vfmt(struct strbuf *b, const char *fmt, va_list args) PRINTF_LIKE(2, 0);
/* Empties it, keeps the room. */
void
strbuf_reset(struct strbuf *b);
void
strbuf_free(struct strbuf *b);

static inline bool
strbuf_failed(const struct strbuf *b)
{
    return b->failed;
}

/* The content as a string, "" when nothing was added. Stays the buffer's. */
static inline const char *
strbuf_text(const struct strbuf *b)
{
    return b->data ? b->data : "";
}

/* Gives the content to the caller (free it); NULL when memory ran out. */
char *
strbuf_take(struct strbuf *b);

/* A new string from a format; NULL when memory ran out. The caller frees it. */
char *
str_fmt(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
