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

#include "common/line.h"

/* What has happened, and behind that what is different. */
static const struct line_word events[] = {
    {EV_MODIFY, "MODIFY"},
    {EV_ATTRIB, "ATTRIB"},
    {EV_CREATE, "CREATE"},
    {EV_DELETE, "DELETE"},
    {EV_DELETE_SELF, "DELETE_SELF"},
    {EV_MOVED_FROM, "MOVED_FROM"},
    {EV_MOVED_TO, "MOVED_TO"},
    {EV_MOVE_SELF, "MOVE_SELF"},
    {EV_LEASE_RECALL, "LEASE_RECALL"},
    {CH_SIZE, "SIZE"},   {CH_MODE, "MODE"},   {CH_OWNER, "OWNER"}, {CH_TIMES, "TIMES"},
    {CH_LINKS, "LINKS"}, {CH_XATTR, "XATTR"}, {CH_ISDIR, "ISDIR"},
};

/* The last four travel as well, though the public header does not name them. */
static const struct line_word flags[] = {
    {GFAPI_UP_NLINK, "NLINK"},   {GFAPI_UP_MODE, "MODE"},
    {GFAPI_UP_OWN, "OWN"},       {GFAPI_UP_SIZE, "SIZE"},
    {GFAPI_UP_TIMES, "TIMES"},   {GFAPI_UP_ATIME, "ATIME"},
    {GFAPI_UP_PERM, "PERM"},     {GFAPI_UP_RENAME, "RENAME"},
    {GFAPI_UP_FORGET, "FORGET"}, {GFAPI_UP_PARENT_TIMES, "PARENT_TIMES"},
    {0x400, "XATTR"},            {0x800, "XATTR_RM"},
    {0x1000, "EXPLICIT_LOOKUP"}, {0x2000, "INVAL_ATTR"},
};

/* -- text ---------------------------------------------------------------------------- */

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
add_flags(struct strbuf *out, uint32_t bits)
{
    AUTO_STRBUF struct strbuf list = STRBUF_INIT;

    line_words(&list, flags, ARRAY_SIZE(flags), bits, ',');
    strbuf_str(out, bits ? strbuf_text(&list) : "-");
}

static bool
add_code(struct strbuf *out, char letter, const void *arg)
{
    const struct event *e = arg;

    switch (letter) {
    case 'w':
        add_watched(out, e->watch);
        return true;
    case 'f':
        if (!e->watch->named)
            strbuf_word(out, e->watch->name);
        return true;
    case 'g':
        line_gfid(out, e->watch->gfid);
        return true;
    case 'u':
        add_flags(out, e->flags);
        return true;
    default:
        return false;
    }
}

static struct line_event
line_of(const struct show *show, const struct event *e)
{
    return (struct line_event){.words = events, .count = ARRAY_SIZE(events), .bits = e->what,
                               .time_format = show->time_format, .code = add_code, .arg = e};
}

static void
add_line(struct strbuf *out, const struct show *show, const struct event *e)
{
    const struct line_event line = line_of(show, e);

    line_format(out, show->format ? show->format : "%w %e %f", &line);
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
    const struct event event = {.watch = &nobody};
    const struct line_event line = line_of(&show, &event);
    AUTO_STRBUF struct strbuf scratch = STRBUF_INIT;

    for (const char *c = format; *c; c++) {
        if (*c != '%')
            continue;
        size_t len = line_code(&scratch, c + 1, &line);

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
add_json(struct strbuf *out, const struct event *e)
{
    AUTO_STRBUF struct strbuf path = STRBUF_INIT, gfid = STRBUF_INIT;
    const struct stat *st = &e->watch->st;
    struct json j = {.out = out};
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    watch_path(e->watch, &path);
    line_gfid(&gfid, e->watch->gfid);
    json_object_begin(&j, NULL);
    line_json_time(&j, "time", &now);
    line_json_name(&j, "path", strbuf_text(&path));
    json_string(&j, "gfid", strbuf_text(&gfid));
    line_json_words(&j, "events", events, ARRAY_SIZE(events), e->what & EV_ALL);
    line_json_words(&j, "changed", events, ARRAY_SIZE(events), e->what & ~(EV_ALL | CH_ISDIR));
    json_bool(&j, "directory", e->what & CH_ISDIR);
    line_json_words(&j, "upcall", flags, ARRAY_SIZE(flags), e->flags);
    json_number(&j, "size", st->st_size);
    AUTO_FREE char *mode = str_fmt("%04o", st->st_mode & 07777);
    json_string(&j, "mode", mode);
    json_number(&j, "uid", st->st_uid);
    json_number(&j, "gid", st->st_gid);
    json_number(&j, "links", (int64_t)st->st_nlink);
    line_json_time(&j, "mtime", &st->st_mtim);
    line_json_time(&j, "ctime", &st->st_ctim);
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
            if ((events[i].bit & EV_ALL) && strlen(events[i].name) == *len &&
                !strncasecmp(list, events[i].name, *len)) {
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
