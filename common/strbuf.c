/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A string that grows; see strbuf.h.
 */
#include "strbuf.h"

#include <stdint.h>

#include "utf8.h"

static bool
make_room(struct strbuf *b, size_t more)
{
    if (b->failed)
        return false;
    if (more < b->room - b->len && b->data)
        return true;
    if (more > SIZE_MAX / 4 || b->len > SIZE_MAX / 4) {
        b->failed = true;
        return false;
    }
    size_t room = b->room ? b->room : 64;
    while (room <= b->len + more)
        room *= 2;
    char *data = realloc(b->data, room);
    if (!data) {
        b->failed = true;
        return false;
    }
    b->data = data;
    b->room = room;
    return true;
}

void
strbuf_add(struct strbuf *b, const void *data, size_t len)
{
    if (!make_room(b, len))
        return;
    if (len)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void
strbuf_str(struct strbuf *b, const char *text)
{
    strbuf_add(b, text, strlen(text));
}

void
strbuf_char(struct strbuf *b, char c)
{
    strbuf_add(b, &c, 1);
}

void
strbuf_vfmt(struct strbuf *b, const char *fmt, va_list args)
{
    va_list again;

    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    if (n < 0)
        b->failed = true;
    else if (make_room(b, (size_t)n)) {
        vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

void
strbuf_fmt(struct strbuf *b, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    strbuf_vfmt(b, fmt, args);
    va_end(args);
}

void
strbuf_reset(struct strbuf *b)
{
    b->len = 0;
    if (b->data)
        b->data[0] = '\0';
}

void
strbuf_free(struct strbuf *b)
{
    free(b->data);
    *b = (struct strbuf)STRBUF_INIT;
}

char *
strbuf_take(struct strbuf *b)
{
    strbuf_add(b, "", 0);
    if (b->failed)
        return NULL;
    char *data = b->data;
    *b = (struct strbuf)STRBUF_INIT;
    return data;
}

char *
str_fmt(const char *fmt, ...)
{
    AUTO_STRBUF struct strbuf b = STRBUF_INIT;
    va_list args;

    va_start(args, fmt);
    strbuf_vfmt(&b, fmt, args);
    va_end(args);
    return strbuf_take(&b);
}

/* Is it a control character, or a space? n: its bytes. */
static bool
is_blank_or_control(const unsigned char *s, int n)
{
    return n == 1 ? *s <= 0x20 || *s == 0x7f : n == 2 && s[0] == 0xc2 && s[1] < 0xa0;
}

void
strbuf_word(struct strbuf *b, const char *bytes)
{
    const unsigned char *s = (const unsigned char *)bytes;

    while (*s) {
        int n = utf8_length(s);
        bool plain = n && *s != '\\' && !is_blank_or_control(s, n);

        for (n = n ? n : 1; n; n--, s++) {
            if (plain)
                strbuf_char(b, (char)*s);
            else
                strbuf_fmt(b, "\\x%02x", *s);
        }
    }
}
