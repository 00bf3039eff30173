/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Lines about events; see line.h.
 */
#include "line.h"

#include <string.h>

#include "base64.h"
#include "utf8.h"

void
line_words(struct strbuf *out, const struct line_word *words, size_t count, uint32_t bits,
           char between)
{
    bool more = false;

    for (size_t i = 0; i < count; i++) {
        if (!(bits & words[i].bit))
            continue;
        if (more)
            strbuf_char(out, between);
        strbuf_str(out, words[i].name);
        more = true;
    }
}

void
line_time(struct strbuf *out, const char *format, const struct timespec *time)
{
    char text[4096];
    struct timespec now;
    struct tm tm;

    if (!time) {
        clock_gettime(CLOCK_REALTIME, &now);
        time = &now;
    }
    localtime_r(&time->tv_sec, &tm);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* it is the user's */
    if (format && strftime(text, sizeof(text), format, &tm))
#pragma GCC diagnostic pop
        strbuf_str(out, text);
}

void
line_gfid(struct strbuf *out, const unsigned char *gfid)
{
    for (int i = 0; i < 16; i++)
        strbuf_fmt(out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", gfid[i]);
}

size_t
line_code(struct strbuf *out, const char *code, const struct line_event *e)
{
    switch (*code) {
    case '\0':
        return 0;
    case 'e':
        line_words(out, e->words, e->count, e->bits, ',');
        return 1;
    case 'T':
        line_time(out, e->time_format, e->time);
        return 1;
    case 'n':
        strbuf_char(out, '\n');
        return 1;
    case '0':
        strbuf_char(out, '\0');
        return 1;
    case '%':
        strbuf_char(out, '%');
        return 1;
    }
    if (e->code(out, *code, e->arg))
        return 1;
    if (code[1] != 'e')
        return 0;
    line_words(out, e->words, e->count, e->bits, *code);
    return 2;
}

void
line_format(struct strbuf *out, const char *format, const struct line_event *e)
{
    for (const char *c = format; *c; c++) {
        size_t len = *c == '%' ? line_code(out, c + 1, e) : 0;

        if (!len)
            strbuf_char(out, *c);
        c += len;
    }
}

/* ---- JSON -------------------------------------------------------------------- */

void
line_json_words(struct json *j, const char *name, const struct line_word *words, size_t count,
                uint32_t bits)
{
    json_array_begin(j, name);
    for (size_t i = 0; i < count; i++) {
        if (!(bits & words[i].bit))
            continue;
        AUTO_FREE char *lower = strdup(words[i].name);

        for (char *c = lower; c && *c; c++)
            *c |= (char)(*c >= 'A' && *c <= 'Z' ? 0x20 : 0);
        json_string(j, NULL, lower);
    }
    json_array_end(j);
}

static bool
is_utf8(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;

    while (*s) {
        int n = utf8_length(s);

        if (!n)
            return false;
        s += n;
    }
    return true;
}

void
line_json_name(struct json *j, const char *name, const char *bytes)
{
    AUTO_STRBUF struct strbuf coded = STRBUF_INIT;
    AUTO_FREE char *field = str_fmt("%s_base64", name);

    json_string(j, name, bytes);
    if (is_utf8(bytes) || !field)
        return;
    base64_encode(bytes, strlen(bytes), &coded);
    json_string(j, field, strbuf_text(&coded));
}

void
line_json_time(struct json *j, const char *name, const struct timespec *time)
{
    AUTO_FREE char *text = str_fmt("%lld.%09ld", (long long)time->tv_sec, time->tv_nsec);

    json_string(j, name, text);
}
