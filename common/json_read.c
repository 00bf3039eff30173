/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Reads JSON; see json.h.
 */
#include "json.h"

#include <errno.h>

struct reader {
    const char *at, *end;
    const struct json_events *events;
    int depth;
};

static void
skip_blanks(struct reader *r)
{
    while (r->at < r->end && memchr(" \t\r\n", *r->at, 4))
        r->at++;
}

/* Takes c, which must come next. */
static bool
take(struct reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

/* ---- strings -------------------------------------------------------------- */

/* Four hexadecimal digits; -1 if they are not there. */
static long
take_hex(struct reader *r)
{
    long n = 0;

    if (r->end - r->at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdefABCDEF";
        const char *digit = *r->at ? strchr(digits, *r->at++) : NULL;

        if (!digit)
            return -1;
        long value = digit - digits;
        n = n * 16 + (value < 16 ? value : value - 6);
    }
    return n;
}

static void
add_utf8(struct strbuf *out, long c)
{
    if (c < 0x80) {
        strbuf_char(out, (char)c);
        return;
    }
    if (c < 0x800) {
        strbuf_char(out, (char)(0xc0 | c >> 6));
    } else {
        if (c < 0x10000) {
            strbuf_char(out, (char)(0xe0 | c >> 12));
        } else {
            strbuf_char(out, (char)(0xf0 | c >> 18));
            strbuf_char(out, (char)(0x80 | (c >> 12 & 0x3f)));
        }
        strbuf_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
    }
    strbuf_char(out, (char)(0x80 | (c & 0x3f)));
}

/* What is after \u. Half a surrogate pair becomes U+FFFD; a NUL is refused. */
static bool
take_unicode(struct reader *r, struct strbuf *out)
{
    long c = take_hex(r);

    if (c <= 0)
        return false;
    if (c >= 0xd800 && c < 0xdc00 && r->end - r->at >= 6 && r->at[0] == '\\' &&
        r->at[1] == 'u') {
        struct reader ahead = *r;

        ahead.at += 2;
        long low = take_hex(&ahead);
        if (low >= 0xdc00 && low < 0xe000) {
            r->at = ahead.at;
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    add_utf8(out, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
    return true;
}

static bool
take_escape(struct reader *r, struct strbuf *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *which = r->at < r->end && *r->at ? strchr(from, *r->at) : NULL;

    if (which) {
        r->at++;
        strbuf_char(out, to[which - from]);
        return true;
    }
    return take(r, 'u') && take_unicode(r, out);
}

static int
take_string(struct reader *r, struct strbuf *out)
{
    strbuf_reset(out);
    strbuf_add(out, "", 0);
    if (!take(r, '"'))
        return -EINVAL;
    while (r->at < r->end && *r->at != '"') {
        if ((unsigned char)*r->at < 0x20)
            return -EINVAL;
        if (*r->at != '\\')
            strbuf_char(out, *r->at++);
        else if (r->at++, !take_escape(r, out))
            return -EINVAL;
    }
    if (!take(r, '"'))
        return -EINVAL;
    return strbuf_failed(out) ? -ENOMEM : 0;
}

/* ---- values --------------------------------------------------------------- */

/* A number (its form is not looked at closely), true, false or null. */
static int
take_word(struct reader *r, struct strbuf *out)
{
    static const char chars[] = "abcdefghijklmnopqrstuvwxyzE0123456789+-.";

    strbuf_reset(out);
    while (r->at < r->end && *r->at && strchr(chars, *r->at))
        strbuf_char(out, *r->at++);
    if (!out->len)
        return -EINVAL;
    return strbuf_failed(out) ? -ENOMEM : 0;
}

static int
read_value(struct reader *r, const char *name);

static int
read_member(struct reader *r, char open)
{
    AUTO_STRBUF struct strbuf name = STRBUF_INIT;

    if (open == '[')
        return read_value(r, NULL);
    skip_blanks(r);
    int ret = take_string(r, &name);

    skip_blanks(r);
    if (!ret && !take(r, ':'))
        ret = -EINVAL;
    return ret ? ret : read_value(r, strbuf_text(&name));
}

static int
read_container(struct reader *r, const char *name)
{
    const char open = *r->at++, close = open == '{' ? '}' : ']';

    if (++r->depth >= JSON_DEPTH)
        return -EINVAL;
    int ret = r->events->begin(r->events->arg, name);

    skip_blanks(r);
    if (!ret && !take(r, close)) {
        do {
            ret = read_member(r, open);
            skip_blanks(r);
        } while (!ret && take(r, ','));
        if (!ret && !take(r, close))
            ret = -EINVAL;
    }
    r->depth--;
    return ret ? ret : r->events->end(r->events->arg);
}

static int
read_value(struct reader *r, const char *name)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;

    skip_blanks(r);
    if (r->at == r->end)
        return -EINVAL;
    if (*r->at == '{' || *r->at == '[')
        return read_container(r, name);
    int ret = *r->at == '"' ? take_string(r, &text) : take_word(r, &text);

    return ret ? ret : r->events->value(r->events->arg, name, strbuf_text(&text));
}

int
json_read(const char *text, size_t len, const struct json_events *events)
{
    struct reader r = {.at = text, .end = text + len, .events = events};
    int ret = read_value(&r, NULL);

    skip_blanks(&r);
    return ret ? ret : r.at == r.end ? 0 : -EINVAL;
}
