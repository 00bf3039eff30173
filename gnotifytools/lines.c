/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What inotifywait shows of an event. It watches each folder by itself: what is done to one is
 * shown twice, by the folder that it is in and by itself. The library tells it once.
 */
#include "gnotifytools/aim.h"

#include <errno.h>
#include <string.h>

/* ---- what is left out ---------------------------------------------------------- */

static bool
is_below(const char *path, size_t len, const char *folder)
{
    size_t n = strlen(folder);

    while (n > 1 && folder[n - 1] == '/')
        n--;
    return len >= n && !memcmp(path, folder, n) && (len == n || path[n] == '/');
}

bool
aim_leaves_out(const struct aim *a, const char *path, size_t base)
{
    size_t len = strlen(path);

    for (size_t i = 0; i < a->left_out_count; i++) {
        if (is_below(path, len, a->left_out[i]))
            return true;
    }
    if (!a->pattern)
        return false;
    bool found = !regexec(&a->regex, path, 0, NULL, 0);

    if (found || a->include)
        return found != a->include;
    /* a folder that is left out is so with all that is in it */
    AUTO_FREE char *folder = strdup(path);

    for (size_t i = len; folder && i-- > base + 1;) {
        if (folder[i] != '/')
            continue;
        folder[i] = '\0';
        if (!regexec(&a->regex, folder, 0, NULL, 0))
            return true;
    }
    return false;
}

/* ---- lines ---------------------------------------------------------------------- */

/* An event on its way to being lines. */
struct show {
    struct aim *aim;
    const struct aim_path *path;
    const struct gnotify_event *e;
    line_take *take;
    void *arg;
};

/* A line, if it is wanted: of the file `name` below what is watched; self: as the folder, that
 * this is, shows it itself. */
static void
give(const struct show *s, uint32_t mask, const char *name, bool self)
{
    AUTO_STRBUF struct strbuf whole = STRBUF_INIT, folder = STRBUF_INIT;
    const char *word = s->path->word;

    if (!(mask & s->aim->mask & GNOTIFY_ALL_EVENTS))
        return;
    strbuf_fmt(&whole, "%s%s", word, name);
    if (strbuf_failed(&whole) || aim_leaves_out(s->aim, whole.data, strlen(word)))
        return;
    const char *base = strrchr(name, '/');

    base = self ? "" : base ? base + 1 : name;
    strbuf_add(&folder, whole.data, self ? whole.len : whole.len - strlen(base));
    if (self)
        strbuf_char(&folder, '/');
    s->take(s->arg, &(struct line){.watched = strbuf_text(&folder), .file = base, .mask = mask,
                                   .event = s->e});
}

/* Of a folder below a recursive watch. next: what the event is that follows. */
static void
give_folder(const struct show *s, const struct gnotify_event *next)
{
    const struct gnotify_event *e = s->e;
    uint32_t extra = e->mask & GNOTIFY_SYNTHETIC;

    if (e->mask & GNOTIFY_DELETE)
        give(s, GNOTIFY_DELETE_SELF | extra, e->name, true);
    give(s, e->mask, e->name, false);
    if (e->mask & (GNOTIFY_ATTRIB | GNOTIFY_OPEN | GNOTIFY_CLOSE | GNOTIFY_ACCESS))
        give(s, e->mask, e->name, true);
    bool pair = next && next->cookie == e->cookie && next->wd == e->wd;

    if ((e->mask & GNOTIFY_MOVED_FROM) && pair)
        s->aim->cookie = e->cookie;
    /* out of what is watched, or within it */
    if (((e->mask & GNOTIFY_MOVED_FROM) && !pair) ||
        ((e->mask & GNOTIFY_MOVED_TO) && e->cookie == s->aim->cookie))
        give(s, GNOTIFY_MOVE_SELF | extra, e->name, true);
}

void
aim_lines(struct aim *a, const struct gnotify_event *e, const struct gnotify_event *next,
          line_take *take, void *arg)
{
    struct show s = {.aim = a, .e = e, .take = take, .arg = arg};

    if (e->wd < 0)
        take(arg, &(struct line){.watched = "", .file = "", .mask = e->mask, .event = e});
    for (size_t i = 0; i < a->count && e->wd >= 0; i++) {
        if (a->paths[i].wd != e->wd)
            continue;
        s.path = &a->paths[i];
        if (!e->name || !a->recursive || !(e->mask & GNOTIFY_ISDIR) ||
            e->flags & GNOTIFY_UNPLACED)
            give(&s, e->mask, e->name ? e->name : "", false);
        else
            give_folder(&s, next);
        if (e->mask & GNOTIFY_IGNORED)
            take(arg, &(struct line){.watched = s.path->word, .file = "", .mask = e->mask, .event = e});
        return;
    }
}

/* ---- reading --------------------------------------------------------------------- */

static const struct gnotify_event *
last_of(const char *buf, ssize_t bytes)
{
    const struct gnotify_event *e = (const void *)buf;

    while ((const char *)GNOTIFY_NEXT(e) < buf + bytes)
        e = GNOTIFY_NEXT(e);
    return e;
}

ssize_t
aim_read(struct gnotify *g, void *buf, size_t size, int timeout)
{
    ssize_t bytes = gnotify_read(g, buf, size - GNOTIFY_EVENT_MAX, timeout);

    /* the library has the other half, if there is one */
    if (bytes > 0 && last_of(buf, bytes)->mask & GNOTIFY_MOVED_FROM) {
        ssize_t more;

        do
            more = gnotify_read(g, (char *)buf + bytes, size - (size_t)bytes, 0);
        while (more == -EINTR);
        bytes += more > 0 ? more : 0;
    }
    return bytes;
}
