/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * How gnotifywait writes what it shows: as inotifywait does, or as JSON; see show.h.
 */
#include "gnotifytools/show.h"

#include <inttypes.h>
#include <string.h>

#include "common/line.h"

/* inotifywait's words and order, and ours. */
static const struct line_word words[] = {
    {GNOTIFY_CLOSE_WRITE, "CLOSE_WRITE"}, {GNOTIFY_CLOSE_NOWRITE, "CLOSE_NOWRITE"},
    {GNOTIFY_CLOSE, "CLOSE"}, {GNOTIFY_ACCESS, "ACCESS"}, {GNOTIFY_MODIFY, "MODIFY"},
    {GNOTIFY_ATTRIB, "ATTRIB"}, {GNOTIFY_OPEN, "OPEN"}, {GNOTIFY_MOVED_FROM, "MOVED_FROM"},
    {GNOTIFY_MOVED_TO, "MOVED_TO"}, {GNOTIFY_CREATE, "CREATE"}, {GNOTIFY_DELETE, "DELETE"},
    {GNOTIFY_DELETE_SELF, "DELETE_SELF"}, {GNOTIFY_MOVE_SELF, "MOVE_SELF"},
    {GNOTIFY_GAP, "GAP"}, {GNOTIFY_ISDIR, "ISDIR"}, {GNOTIFY_SYNTHETIC, "SYNTHETIC"},
    {1u << 31, "UNPLACED"}, /* a bit of ours here: the library has it in flags */
};

static struct timespec
timespec_of(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / 1000000000u),
                             .tv_nsec = (long)(ns % 1000000000u)};
}

static uint32_t
bits_of(const struct line *line)
{
    return line->mask | (line->event->flags & GNOTIFY_UNPLACED ? 1u << 31 : 0);
}

/* ---- text ------------------------------------------------------------------------ */

/* A gap has no file: it shows the volume, and what is known of the gap. */
struct source {
    const struct line *line;
    const char *watched, *file;
};

static bool
code(struct strbuf *out, char letter, const void *arg)
{
    const struct source *s = arg;
    const struct gnotify_event *e = s->line->event;

    switch (letter) {
    case 'w':
        strbuf_str(out, s->watched);
        return true;
    case 'f':
        strbuf_str(out, s->file);
        return true;
    case 'c':
        strbuf_fmt(out, "%x", e->cookie);
        return true;
    case 'g':
        line_gfid(out, e->gfid);
        return true;
    case 'p':
        strbuf_str(out, e->path ? e->path : "");
        return true;
    case 'i':
        if (e->flags & GNOTIFY_HAS_ACTOR)
            strbuf_fmt(out, "%" PRId32, e->pid);
        return true;
    case 'u':
        if (e->flags & GNOTIFY_HAS_ACTOR)
            strbuf_fmt(out, "%" PRIu32, e->uid);
        return true;
    case 'h':
        strbuf_str(out, e->client ? e->client : "");
        return true;
    default:
        return false;
    }
}

static void
csv_field(struct strbuf *out, const char *text)
{
    if (!text[strcspn(text, "\",\n\r")]) {
        strbuf_str(out, text);
        return;
    }
    strbuf_char(out, '"');
    for (; *text; text++) {
        if (*text == '"')
            strbuf_char(out, '"');
        strbuf_char(out, *text);
    }
    strbuf_char(out, '"');
}

static void
add_csv(struct strbuf *out, const struct source *s)
{
    AUTO_STRBUF struct strbuf events = STRBUF_INIT;

    line_words(&events, words, ARRAY_SIZE(words), bits_of(s->line), ',');
    csv_field(out, s->watched);
    strbuf_char(out, ',');
    csv_field(out, strbuf_text(&events));
    strbuf_char(out, ',');
    csv_field(out, s->file);
    strbuf_char(out, '\n');
}

static void
add_text(struct strbuf *out, const struct show *show, const struct source *s)
{
    struct timespec time = timespec_of(s->line->event->time);
    const struct line_event line = {
        .words = words, .count = ARRAY_SIZE(words), .bits = bits_of(s->line),
        .time = s->line->event->time ? &time : NULL, .time_format = show->time_format,
        .code = code, .arg = s,
    };

    if (show->csv) {
        add_csv(out, s);
        return;
    }
    line_format(out, show->format ? show->format : "%w %e %f", &line);
    if (!show->no_newline)
        strbuf_char(out, '\n');
}

/* ---- JSON ------------------------------------------------------------------------- */

static void
json_gfid(struct json *j, const char *name, const uint8_t gfid[16])
{
    static const uint8_t none[16];
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;

    if (!memcmp(gfid, none, 16))
        return;
    line_gfid(&text, gfid);
    json_string(j, name, strbuf_text(&text));
}

static void
json_ns(struct json *j, const char *name, uint64_t ns)
{
    struct timespec time = timespec_of(ns);

    if (ns)
        line_json_time(j, name, &time);
}

static void
json_more(struct json *j, const struct gnotify_event *e)
{
    if (e->flags & GNOTIFY_HAS_ACTOR) {
        json_number(j, "pid", e->pid);
        json_number(j, "uid", e->uid);
        json_number(j, "gid", e->gid);
    }
    if (e->client)
        line_json_name(j, "client", e->client);
    if (e->flags & GNOTIFY_HAS_RANGE) {
        json_number(j, "offset", (int64_t)e->offset);
        if (!(e->flags & GNOTIFY_TRUNCATED))
            json_number(j, "length", (int64_t)e->length);
        json_bool(j, "truncated", e->flags & GNOTIFY_TRUNCATED);
    }
    if (e->detail && !(e->mask & GNOTIFY_GAP)) {
        line_json_name(j, "attribute", e->detail);
        json_bool(j, "removed", e->flags & GNOTIFY_XATTR_REMOVED);
    }
    if (e->flags & GNOTIFY_LAST_LINK)
        json_bool(j, "last_link", true);
    if (e->flags & GNOTIFY_LINKED)
        json_bool(j, "linked", true);
    if (e->flags & GNOTIFY_REPLACED)
        json_bool(j, "replaced", true);
}

static void
add_json(struct strbuf *out, const struct line *line)
{
    const struct gnotify_event *e = line->event;
    struct json j = {.out = out};

    json_object_begin(&j, NULL);
    json_ns(&j, "time", e->time);
    line_json_words(&j, "events", words, ARRAY_SIZE(words), bits_of(line) & ~(uint32_t)GNOTIFY_ISDIR);
    if (e->mask & GNOTIFY_GAP) {
        json_ns(&j, "from", e->from);
        json_ns(&j, "to", e->to);
        json_string(&j, "reason", e->detail);
    } else {
        line_json_name(&j, "watched", line->watched);
        line_json_name(&j, "file", line->file);
        if (e->path)
            line_json_name(&j, "path", e->path);
        json_bool(&j, "directory", e->mask & GNOTIFY_ISDIR);
    }
    json_gfid(&j, "gfid", e->gfid);
    json_gfid(&j, "parent", e->parent);
    if (e->cookie)
        json_number(&j, "cookie", e->cookie);
    json_more(&j, e);
    json_object_end(&j);
    strbuf_char(out, '\n');
}

/* ---- both -------------------------------------------------------------------------- */

void
show_line(const struct show *show, const struct line *line)
{
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;
    bool gap = line->mask & GNOTIFY_GAP;
    const char *reason = line->event->detail ? line->event->detail : "";
    const struct source s = {.line = line, .watched = gap ? show->volume : line->watched,
                             .file = gap ? reason : line->file};

    if (show->json)
        add_json(&out, line);
    else
        add_text(&out, show, &s);
    if (strbuf_failed(&out))
        fprintf(stderr, "gnotifywait: out of memory: an event is not shown\n");
    else
        fwrite(out.data, 1, out.len, stdout);
}

static void
add_moment(struct strbuf *out, uint64_t ns)
{
    struct timespec time = timespec_of(ns);

    line_time(out, "%Y-%m-%d %H:%M:%S", &time);
}

void
show_gap(const struct show *show, const struct aim *aim, const struct line *line)
{
    AUTO_STRBUF struct strbuf when = STRBUF_INIT;
    const struct gnotify_event *e = line->event;

    if (e->from) {
        strbuf_str(&when, " from ");
        add_moment(&when, e->from);
    }
    if (e->to) {
        strbuf_str(&when, e->from ? " to " : " until ");
        add_moment(&when, e->to);
    }
    aim_say(aim, "gap: changes of volume %s%s may be missing: %s", show->volume,
            strbuf_text(&when), e->detail ? e->detail : "the reason is not known");
}
