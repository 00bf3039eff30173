/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Events as lines; see show.h.
 */
#include "show.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <glusterfs/api/glfs-handles.h>

#include "common/base64.h"
#include "common/json.h"
#include "common/utf8.h"

struct word {
    uint32_t bit;
    const char *name;
};

static const struct word events[] = {
    {EV_MODIFY, "MODIFY"},
    {EV_ATTRIB, "ATTRIB"},
    {EV_CREATE, "CREATE"},
    {EV_DELETE, "DELETE"},
    {EV_DELETE_SELF, "DELETE_SELF"},
    {EV_MOVED_FROM, "MOVED_FROM"},
    {EV_MOVED_TO, "MOVED_TO"},
    {EV_MOVE_SELF, "MOVE_SELF"},
    {EV_LEASE_RECALL, "LEASE_RECALL"},
};

static const struct word changes[] = {
    {CH_SIZE, "SIZE"},   {CH_MODE, "MODE"},   {CH_OWNER, "OWNER"}, {CH_TIMES, "TIMES"},
    {CH_LINKS, "LINKS"}, {CH_XATTR, "XATTR"}, {CH_ISDIR, "ISDIR"},
};

/* The last four travel as well, though the public header does not name them. */
static const struct word flags[] = {
    {GFAPI_UP_NLINK, "NLINK"},   {GFAPI_UP_MODE, "MODE"},
    {GFAPI_UP_OWN, "OWN"},       {GFAPI_UP_SIZE, "SIZE"},
    {GFAPI_UP_TIMES, "TIMES"},   {GFAPI_UP_ATIME, "ATIME"},
    {GFAPI_UP_PERM, "PERM"},     {GFAPI_UP_RENAME, "RENAME"},
    {GFAPI_UP_FORGET, "FORGET"}, {GFAPI_UP_PARENT_TIMES, "PARENT_TIMES"},
    {0x400, "XATTR"},            {0x800, "XATTR_RM"},
    {0x1000, "EXPLICIT_LOOKUP"}, {0x2000, "INVAL_ATTR"},
};

/* -- text ---------------------------------------------------------------------------- */

static void
add_words(struct strbuf *out, const struct word *words, size_t count, uint32_t bits,
          char between)
{
    for (size_t i = 0; i < count; i++) {
        if (!(bits & words[i].bit))
            continue;
        if (out->len && out->data[out->len - 1] != ' ')
            strbuf_char(out, between);
        strbuf_str(out, words[i].name);
    }
}

static void
add_events(struct strbuf *out, uint32_t what, char between)
{
    AUTO_STRBUF struct strbuf list = STRBUF_INIT;

    add_words(&list, events, ARRAY_SIZE(events), what, between);
    add_words(&list, changes, ARRAY_SIZE(changes), what, between);
    strbuf_str(out, strbuf_text(&list));
}

static void
add_gfid(struct strbuf *out, const unsigned char *gfid)
{
    for (int i = 0; i < GFID_SIZE; i++)
        strbuf_fmt(out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", gfid[i]);
}

/* As inotifywait: what was asked for in %w, with a slash at its end if it is a folder and
 * the event one of its entries', which is in %f then. */
static void
add_watched(struct strbuf *out, const struct watch *w)
{
    AUTO_STRBUF struct strbuf path = STRBUF_INIT;

    watch_path(w->named ? w : w->parent, &path);
    strbuf_word(out, strbuf_text(&path));
    if (!w->named && path.len && path.data[path.len - 1] != '/')
        strbuf_char(out, '/');
}

static void
add_time(struct strbuf *out, const char *format)
{
    char text[256];
    time_t now = time(NULL);
    struct tm tm;

    localtime_r(&now, &tm);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* it is the user's */
    if (format && strftime(text, sizeof(text), format, &tm))
#pragma GCC diagnostic pop
        strbuf_str(out, text);
}

static void
add_flags(struct strbuf *out, uint32_t bits)
{
    AUTO_STRBUF struct strbuf list = STRBUF_INIT;

    add_words(&list, flags, ARRAY_SIZE(flags), bits, ',');
    strbuf_str(out, bits ? strbuf_text(&list) : "-");
}

/* One code after a %; how many characters it has, 0 if there is no such code. */
static size_t
add_code(struct strbuf *out, const char *code, const struct show *show,
         const struct event *e)
{
    switch (*code) {
    case 'w':
        add_watched(out, e->watch);
        return 1;
    case 'f':
        if (!e->watch->named)
            strbuf_word(out, e->watch->name);
        return 1;
    case 'e':
        add_events(out, e->what, ',');
        return 1;
    case 'g':
        add_gfid(out, e->watch->gfid);
        return 1;
    case 'u':
        add_flags(out, e->flags);
        return 1;
    case 'T':
        add_time(out, show->time_format);
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
    default:
        if (*code && code[1] == 'e') { /* %Xe: the events with X between them */
            add_events(out, e->what, *code);
            return 2;
        }
        return 0;
    }
}

static void
add_line(struct strbuf *out, const struct show *show, const struct event *e)
{
    const char *format = show->format ? show->format : "%w %e %f";

    for (const char *c = format; *c; c++) {
        if (*c == '%')
            c += add_code(out, c + 1, show, e);
        else
            strbuf_char(out, *c);
    }
    while (!show->format && out->len && out->data[out->len - 1] == ' ')
        out->len--; /* there is no %f */
    if (!show->no_newline)
        strbuf_char(out, '\n');
}

int
show_check_format(const char *format, const char **bad)
{
    static const struct watch nobody = {.name = (char *)"", .named = true};
    static const struct show show = {.time_format = ""};
    AUTO_STRBUF struct strbuf scratch = STRBUF_INIT;

    for (const char *c = format; *c; c++) {
        if (*c != '%')
            continue;
        size_t len = add_code(&scratch, c + 1, &show, &(struct event){.watch = &nobody});

        if (!len) {
            *bad = c;
            return -EINVAL;
        }
        c += len;
    }
    return 0;
}

/* -- JSON ---------------------------------------------------------------------------- */

static void
json_words(struct json *j, const char *name, const struct word *words, size_t count,
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

static void
json_name(struct json *j, const char *field, const char *bytes)
{
    AUTO_STRBUF struct strbuf coded = STRBUF_INIT;
    AUTO_FREE char *name = str_fmt("%s_base64", field);

    json_string(j, field, bytes);
    if (is_utf8(bytes) || !name)
        return;
    base64_encode(bytes, strlen(bytes), &coded);
    json_string(j, name, strbuf_text(&coded));
}

static void
json_time(struct json *j, const char *name, const struct timespec *time)
{
    AUTO_FREE char *text = str_fmt("%lld.%09ld", (long long)time->tv_sec, time->tv_nsec);

    json_string(j, name, text);
}

static void
add_json(struct strbuf *out, const struct event *e)
{
    AUTO_STRBUF struct strbuf path = STRBUF_INIT, gfid = STRBUF_INIT;
    const struct stat *st = &e->watch->st;
    struct json j = {.out = out};
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    watch_path(e->watch, &path);
    add_gfid(&gfid, e->watch->gfid);
    json_object_begin(&j, NULL);
    json_time(&j, "time", &now);
    json_name(&j, "path", strbuf_text(&path));
    json_string(&j, "gfid", strbuf_text(&gfid));
    json_words(&j, "events", events, ARRAY_SIZE(events), e->what);
    json_words(&j, "changed", changes, ARRAY_SIZE(changes) - 1, e->what);
    json_bool(&j, "directory", e->what & CH_ISDIR);
    json_words(&j, "upcall", flags, ARRAY_SIZE(flags), e->flags);
    json_number(&j, "size", st->st_size);
    AUTO_FREE char *mode = str_fmt("%04o", st->st_mode & 07777);
    json_string(&j, "mode", mode);
    json_number(&j, "uid", st->st_uid);
    json_number(&j, "gid", st->st_gid);
    json_number(&j, "links", (int64_t)st->st_nlink);
    json_time(&j, "mtime", &st->st_mtim);
    json_time(&j, "ctime", &st->st_ctim);
    json_object_end(&j);
    strbuf_char(out, '\n');
}

/* -- both ---------------------------------------------------------------------------- */

bool
show_event(const struct show *show, const struct event *event)
{
    AUTO_STRBUF struct strbuf line = STRBUF_INIT;

    if (!(event->what & show->mask))
        return false;
    if (show->json)
        add_json(&line, event);
    else
        add_line(&line, show, event);
    if (strbuf_failed(&line))
        fprintf(stderr, "gupcallwait: out of memory: an event is not shown\n");
    else
        fwrite(line.data, 1, line.len, stdout);
    fflush(stdout); /* whether it failed is asked when the program ends */
    return true;
}

int
show_parse_events(const char *list, uint32_t *mask, const char **bad, size_t *len)
{
    while (*list) {
        bool known = false;

        *len = strcspn(list, ",");
        for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
            if (strlen(events[i].name) == *len && !strncasecmp(list, events[i].name, *len)) {
                *mask |= events[i].bit;
                known = true;
            }
        }
        if (!known) {
            *bad = list;
            return -EINVAL;
        }
        list += *len + (list[*len] == ',');
    }
    return 0;
}
