/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Writes JSON; see json.h.
 */
#include "json.h"

#include <assert.h>
#include <inttypes.h>

#include "utf8.h"

static void
quoted(struct strbuf *out, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;

    strbuf_char(out, '"');
    while (*s) {
        int n = utf8_length(s);

        if (!n) {
            strbuf_str(out, "\\ufffd");
            s++;
            continue;
        }
        if (*s == '"' || *s == '\\')
            strbuf_fmt(out, "\\%c", *s);
        else if (*s < 0x20 || *s == 0x7f)
            strbuf_fmt(out, "\\u%04x", *s);
        else
            strbuf_add(out, s, (size_t)n);
        s += n;
    }
    strbuf_char(out, '"');
}

static void
item(struct json *j, const char *name)
{
    if (j->more[j->depth])
        strbuf_char(j->out, ',');
    j->more[j->depth] = true;
    if (name) {
        quoted(j->out, name);
        strbuf_char(j->out, ':');
    }
}

static void
begin(struct json *j, const char *name, char c)
{
    item(j, name);
    strbuf_char(j->out, c);
    assert(j->depth + 1 < JSON_DEPTH);
    j->more[++j->depth] = false;
}

static void
end(struct json *j, char c)
{
    assert(j->depth > 0);
    j->depth--;
    strbuf_char(j->out, c);
}

void
json_object_begin(struct json *j, const char *name)
{
    begin(j, name, '{');
}

void
json_object_end(struct json *j)
{
    end(j, '}');
}

void
json_array_begin(struct json *j, const char *name)
{
    begin(j, name, '[');
}

void
json_array_end(struct json *j)
{
    end(j, ']');
}

void
json_string(struct json *j, const char *name, const char *value)
{
    item(j, name);
    if (value)
        quoted(j->out, value);
    else
        strbuf_str(j->out, "null");
}

void
json_number(struct json *j, const char *name, int64_t value)
{
    item(j, name);
    strbuf_fmt(j->out, "%" PRId64, value);
}

void
json_bool(struct json *j, const char *name, bool value)
{
    item(j, name);
    strbuf_str(j->out, value ? "true" : "false");
}
