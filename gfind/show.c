/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * One line, or what stands for it, for each change; see show.h.
 */
#include "gfind/show.h"

#include <inttypes.h>
#include <string.h>

#include "common/line.h"
#include "common/strbuf.h"

static const char *const words[] = {
    [CHANGE_DELETED] = "deleted", [CHANGE_MOVED] = "moved",     [CHANGE_CREATED] = "created",
    [CHANGE_MODIFIED] = "modified", [CHANGE_CHANGED] = "changed", [CHANGE_FOUND] = "found",
};

bool
show_wants(const struct show *show, const char *path)
{
    size_t len = show->below ? strlen(show->below) : 0;

    return !strncmp(path, len ? show->below : "", len) && (!len || !path[len] || path[len] == '/');
}

static struct timespec
time_of(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
}

static void
write_line(const struct show *show, struct strbuf *line)
{
    if (show->form != SHOW_NULL)
        strbuf_char(line, '\n');
    fwrite(line->data, 1, line->len, show->out);
}

/* A field with its NUL, or a word with the blank before it. */
static void
add_field(const struct show *show, struct strbuf *line, const char *text)
{
    if (show->form == SHOW_NULL) {
        strbuf_add(line, text, strlen(text) + 1);
        return;
    }
    if (line->len)
        strbuf_char(line, ' ');
    strbuf_word(line, text);
}

static const char *
type_of(const struct change *change, const struct stat *stat)
{
    if (!stat)
        return change->dir ? "directory" : "file";
    return S_ISDIR(stat->st_mode) ? "directory" : S_ISREG(stat->st_mode) ? "file"
         : S_ISLNK(stat->st_mode) ? "link" : "special";
}

static void
add_json(const struct change *c, const struct stat *stat, struct strbuf *line)
{
    struct json j = {.out = line};
    AUTO_STRBUF struct strbuf gfid = STRBUF_INIT;

    json_object_begin(&j, NULL);
    json_string(&j, "change", words[c->kind]);
    if (c->from)
        line_json_name(&j, "from", c->from);
    if (c->to)
        line_json_name(&j, "path", c->to);
    json_string(&j, "type", type_of(c, stat));
    if (c->has_gfid) {
        line_gfid(&gfid, c->gfid);
        json_string(&j, "gfid", strbuf_text(&gfid));
    }
    if (stat) {
        json_number(&j, "size", stat->st_size);
        line_json_time(&j, "mtime", &stat->st_mtim);
        line_json_time(&j, "ctime", &stat->st_ctim);
    }
    json_bool(&j, "synthetic", c->kind == CHANGE_FOUND || c->doubtful);
    json_object_end(&j);
}

static void
show_line(const struct show *show, const struct change *c, const struct stat *stat)
{
    AUTO_STRBUF struct strbuf line = STRBUF_INIT;

    if (show->form == SHOW_JSON) {
        add_json(c, stat, &line);
    } else {
        add_field(show, &line, words[c->kind]);
        if (c->from)
            add_field(show, &line, c->from);
        if (c->to)
            add_field(show, &line, c->to);
    }
    write_line(show, &line);
}

void
show_change(const struct show *show, const struct change *change, const struct stat *stat,
            bool *entered)
{
    struct change c = *change;
    bool from = c.from && show_wants(show, c.from), to = c.to && show_wants(show, c.to);

    *entered = c.kind == CHANGE_MOVED && to && !from && c.dir;
    if (c.kind == CHANGE_MOVED && from != to) {
        c.kind = to ? CHANGE_CREATED : CHANGE_DELETED;
        c.from = to ? NULL : c.from;
        c.to = to ? c.to : NULL;
    }
    if ((!from && !to) || (show->type != SHOW_ALL && c.dir != (show->type == SHOW_FOLDERS)))
        return;
    show_line(show, &c, stat);
}

void
show_gap(const struct show *show, uint64_t from, uint64_t to, const char *why)
{
    struct timespec begin = time_of(from), end = time_of(to);
    AUTO_STRBUF struct strbuf line = STRBUF_INIT, first = STRBUF_INIT, last = STRBUF_INIT;
    struct json j = {.out = &line};

    line_time(&first, from ? "%Y-%m-%dT%H:%M:%S%z" : "-", &begin);
    line_time(&last, "%Y-%m-%dT%H:%M:%S%z", &end);
    if (show->form == SHOW_JSON) {
        json_object_begin(&j, NULL);
        json_string(&j, "change", "gap");
        if (from)
            line_json_time(&j, "from", &begin);
        line_json_time(&j, "to", &end);
        json_string(&j, "why", why);
        json_object_end(&j);
    } else {
        add_field(show, &line, "gap");
        add_field(show, &line, strbuf_text(&first));
        add_field(show, &line, strbuf_text(&last));
    }
    write_line(show, &line);
}
