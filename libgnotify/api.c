/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The library's calls, but for reading; see gnotify.h.
 */
#include "libgnotify/api.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "common/strbuf.h"

enum { WATCH_BITS = GNOTIFY_ALL_EVENTS | GNOTIFY_RECURSIVE | GNOTIFY_CRAWL |
                    GNOTIFY_CRAWL_FIRST | GNOTIFY_ONLYDIR | GNOTIFY_DONT_FOLLOW };

/* ---- errors ---------------------------------------------------------------- */

static _Thread_local struct {
    const struct gnotify *of;
    char text[1024];
} last_error;

int
api_fail(const struct gnotify *g, int error, const char *format, ...)
{
    va_list args;

    last_error.of = g;
    va_start(args, format);
    vsnprintf(last_error.text, sizeof(last_error.text), format, args);
    va_end(args);
    return error;
}

GNOTIFY_API const char *
gnotify_error(struct gnotify *g)
{
    return last_error.of == g && *last_error.text ? last_error.text : "no call has failed";
}

static int
no_memory(const struct gnotify *g)
{
    return api_fail(g, -ENOMEM, "out of memory");
}

struct gnotify *
api_lock(struct gnotify *g)
{
    pthread_mutex_lock(&g->lock);
    return g;
}

void
api_unlock(struct gnotify **g)
{
    pthread_mutex_unlock(&(*g)->lock);
}

/* ---- begin and end --------------------------------------------------------- */

/* What of gnotify_init's arguments goes to where. */
struct start {
    struct gnotify *g;
    struct link_options link;
    int error; /* link_open's */
    char *why;
};

static struct link *
reach(const struct link_events *events, void *events_arg, void *arg)
{
    struct start *s = arg;

    s->error = link_open(&s->link, events, events_arg, &s->g->link, &s->g->dir, &s->why);
    return s->error ? NULL : s->g->link;
}

/* `v1:dir` could be a volume of the server v1. It is what this machine's glusterd has. */
static int
split(const char *volume, char **name, char **dir)
{
    size_t colon = strcspn(volume, ":");
    AUTO_FREE char *info = NULL;

    *name = NULL;
    if (!volume[colon] || !colon || memchr(volume, '/', colon))
        return 0;
    info = str_fmt("%s/vols/%.*s/info", GLUSTERD_WORKDIR, (int)colon, volume);
    if (!info)
        return -ENOMEM;
    if (access(info, F_OK))
        return 0;
    *name = strndup(volume, colon);
    *dir = str_fmt("/%s", volume + colon + 1 + strspn(volume + colon + 1, "/"));
    return *name && *dir ? 0 : -ENOMEM;
}

/* For messages, of `v1` and `server:v1`. NULL: it is a path. */
static const char *
volume_of(const char *name)
{
    const char *colon = strrchr(name, ':');

    return strchr(name, '/') ? NULL : colon ? colon + 1 : name;
}

static int
open_stream(struct gnotify *g, const char *volume, const struct gnotify_options *o)
{
    AUTO_FREE char *name = NULL, *dir = NULL, *why = NULL;
    struct stream_options options = {
        .from = o->from == GNOTIFY_FROM_OLDEST   ? STREAM_OLDEST
                : o->from == GNOTIFY_FROM_CURSOR ? STREAM_CURSOR
                                                 : STREAM_NOW,
        .cursor = o->cursor,
        .behind = o->behind,
        .ops = events_ops(o->events ? o->events : GNOTIFY_ALL_EVENTS),
        .memory = o->memory,
    };
    int ret = split(volume, &name, &dir);
    options.volume = volume_of(name ? name : volume);
    struct start s = {.g = g, .link = {.volume = name ? name : volume, .socket = o->socket,
                                       .log_file = o->log_file}};

    if (ret)
        return no_memory(NULL);
    ret = stream_open(reach, &s, &options, &g->stream, &why);
    AUTO_FREE char *link_why = s.why;

    if (ret) {
        g->stream = NULL;
        ret = s.error ? s.error : ret;
        return api_fail(NULL, ret, "%s", link_why ? link_why : why ? why : strerror(-ret));
    }
    if (dir) {
        free(g->dir);
        g->dir = TAKE(dir);
    }
    return 0;
}

static int
open_fd(struct gnotify *g)
{
    struct epoll_event event = {.events = EPOLLIN};

    g->fd = epoll_create1(EPOLL_CLOEXEC);
    g->signal_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (g->fd < 0 || g->signal_fd < 0 || epoll_ctl(g->fd, EPOLL_CTL_ADD, g->signal_fd, &event) ||
        epoll_ctl(g->fd, EPOLL_CTL_ADD, stream_fd(g->stream), &event))
        return api_fail(NULL, -errno, "no file descriptor for events can be had: %s",
                        strerror(errno));
    return 0;
}

/* An older program's options are shorter, a newer one's have what is not known here. */
static int
copy_options(const struct gnotify_options *options, struct gnotify_options *o)
{
    size_t size = options ? options->size : 0;

    *o = (struct gnotify_options){.size = sizeof(*o)};
    if (!options)
        return 0;
    if (size < sizeof(size))
        return api_fail(NULL, -EINVAL, "size of struct gnotify_options is %zu: set it to sizeof",
                        size);
    for (size_t i = sizeof(*o); i < size; i++) {
        if (((const char *)options)[i])
            return api_fail(NULL, -EINVAL, "struct gnotify_options has %zu bytes, of which this "
                            "library knows %zu: a newer library is needed", size, sizeof(*o));
    }
    memcpy(o, options, size < sizeof(*o) ? size : sizeof(*o));
    if (o->from > GNOTIFY_FROM_CURSOR || (int)o->from < 0)
        return api_fail(NULL, -EINVAL, "from is %d: there are GNOTIFY_FROM_NOW, _OLDEST and "
                        "_CURSOR", (int)o->from);
    if (o->from == GNOTIFY_FROM_CURSOR && !o->cursor)
        return api_fail(NULL, -EINVAL, "GNOTIFY_FROM_CURSOR needs the cursor's name");
    return 0;
}

GNOTIFY_API int
gnotify_init(struct gnotify **out, const char *volume, const struct gnotify_options *options)
{
    struct gnotify_options o;
    int ret = copy_options(options, &o);

    if (ret)
        return ret;
    struct gnotify *g = calloc(1, sizeof(*g));

    if (!g)
        return no_memory(NULL);
    g->fd = g->signal_fd = -1;
    g->end = &g->first;
    g->has_cursor = o.cursor;
    pthread_mutex_init(&g->lock, NULL);
    ret = watches_init(&g->watches) ? no_memory(NULL) : open_stream(g, volume, &o);
    if (!ret)
        ret = open_fd(g);
    if (ret)
        gnotify_close(g);
    else
        *out = g;
    return ret;
}

GNOTIFY_API void
gnotify_close(struct gnotify *g)
{
    if (!g)
        return;
    callbacks_end(g);
    api_fill_close(g);
    if (g->fd >= 0)
        close(g->fd);
    if (g->signal_fd >= 0)
        close(g->signal_fd);
    api_forget_waiting(g);
    watches_free(&g->watches);
    pthread_mutex_destroy(&g->lock);
    free(g->dir);
    free(g);
}

/* ---- watches --------------------------------------------------------------- */

static int
say_lookup(const struct gnotify *g, const char *path, int error)
{
    AUTO_STRBUF struct strbuf name = STRBUF_INIT;

    strbuf_word(&name, path);
    return api_fail(g, error, "cannot watch %s on the volume: %s%s", strbuf_text(&name),
                    strerror(-error),
                    error == -ENOENT ? "; paths begin at the volume's root, or without a slash "
                                       "at the folder that was named" : "");
}

static int
check_mask(const struct gnotify *g, uint32_t mask)
{
    if (mask & ~(uint32_t)WATCH_BITS & ~(uint32_t)GNOTIFY_ONESHOT)
        return api_fail(g, -EINVAL, "mask 0x%x has bits that no watch can have", mask);
    if (!(mask & GNOTIFY_ALL_EVENTS))
        return api_fail(g, -EINVAL, "mask 0x%x names no event", mask);
    return 0;
}

GNOTIFY_API int
gnotify_add_watch(struct gnotify *g, const char *path, uint32_t mask)
{
    LOCKED(g);
    AUTO_FREE char *whole = *path == '/' ? strdup(path) : str_fmt("%s/%s", g->dir, path);
    AUTO(name_free) struct name name = {0};
    int ret = check_mask(g, mask);

    if (ret)
        return ret;
    if (!whole)
        return no_memory(g);
    ret = name_find(g->link, whole, !(mask & GNOTIFY_DONT_FOLLOW), &name);
    if (!ret && (mask & GNOTIFY_ONLYDIR) && !name.is_dir)
        ret = -ENOTDIR;
    if (ret)
        return say_lookup(g, *path ? path : g->dir, ret);
    int before = g->watches.last_wd;

    ret = watch_add(&g->watches, name.path, (const uint8_t(*)[WATCH_GFID])name.chain, name.depth,
                    name.is_dir, mask);
    if (ret > 0 && mask & GNOTIFY_CRAWL_FIRST && stream_is_new(g->stream) && ret > before)
        ret = api_fill_first(g, ret) ? -ENOMEM : ret;
    api_signal(g);
    return ret < 0 ? no_memory(g) : ret;
}

GNOTIFY_API int
gnotify_rm_watch(struct gnotify *g, int wd)
{
    LOCKED(g);
    struct watch *w = watch_get(&g->watches, wd);
    struct pack none = {0};

    if (!w)
        return api_fail(g, -EINVAL, "there is no watch %d", wd);
    g->pack = &none;
    int ret = watch_remove(&g->watches, w, api_take, g);

    g->pack = NULL;
    watches_sweep(&g->watches);
    api_signal(g);
    return ret ? no_memory(g) : 0;
}

/* ---- the rest -------------------------------------------------------------- */

GNOTIFY_API ssize_t
gnotify_read(struct gnotify *g, void *buf, size_t size, int timeout)
{
    if (g->callbacks)
        return api_fail(g, -EBUSY, "events go to the function of gnotify_register");
    if ((uintptr_t)buf % _Alignof(struct gnotify_event))
        return api_fail(g, -EINVAL, "the buffer at %p is not aligned to 8 bytes", buf);
    return api_read(g, buf, size, timeout);
}

GNOTIFY_API int
gnotify_fd(struct gnotify *g)
{
    return g->fd;
}

GNOTIFY_API void
gnotify_wake(struct gnotify *g)
{
    atomic_store(&g->woken, true);
    stream_wake(g->stream);
}

GNOTIFY_API int
gnotify_ack(struct gnotify *g, uint64_t number)
{
    LOCKED(g);
    return api_ack(g, number);
}

int
api_ack(struct gnotify *g, uint64_t number)
{
    if (!g->has_cursor)
        return api_fail(g, -EINVAL, "nothing can be acknowledged without a cursor: name one in "
                        "struct gnotify_options");
    if (number > g->given)
        return api_fail(g, -EINVAL, "event %llu was not read yet: the last one was %llu",
                        (unsigned long long)number, (unsigned long long)g->given);
    if (number < g->acked)
        return 0;
    uint64_t stream;
    bool good = api_stream_number(g, number, &stream);

    /* and what no watch wanted since */
    if (number == g->given && !g->first && !api_is_held(g))
        stream = g->seen;
    if (good && (stream > g->stream_acked || !stream)) { /* 0: where this handle began */
        int ret = stream_ack(g->stream, stream);

        if (ret)
            return api_fail(g, ret, "not every brick has noted that event %llu is dealt with: %s",
                            (unsigned long long)number, strerror(-ret));
        g->stream_acked = stream;
    }
    g->acked = number;
    return 0;
}

GNOTIFY_API int
gnotify_forget(struct gnotify *g)
{
    LOCKED(g);
    int ret = g->has_cursor ? stream_forget(g->stream) : -EINVAL;

    if (!ret)
        return 0;
    return api_fail(g, ret, "the cursor cannot be forgotten: %s",
                    g->has_cursor ? strerror(-ret) : "there is none");
}
