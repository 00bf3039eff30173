/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The link to a real volume: an ordinary connection of libgfapi's, whose volfile glusterd
 * keeps like the volume, and wires (link_wires.c) to the bricks that this has (link_volfile.c); see
 * link_own.h.
 */
#include "libgnotify/link_own.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <glusterfs/api/glfs.h>

#include "common/strbuf.h"
#include "gfapi/connect.h"

enum { LOOK_SECONDS = 1 }; /* between two looks whether the volume has changed */

/* ---- the keeper --------------------------------------------------------------------------- */

static void
real_free(struct real *l)
{
    for (unsigned i = 0; i < l->count; i++) {
        free((char *)l->bricks[i]->is.name);
        free(l->bricks[i]);
    }
    free(l->bricks);
    free(l->volume);
    free(l->log_file);
    free(l->volfile);
    free(l->server);
    pthread_cond_destroy(&l->to_tell);
    pthread_cond_destroy(&l->to_keep);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static bool
is_closed(struct real *l)
{
    struct timespec end;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += LOOK_SECONDS;
    pthread_mutex_lock(&l->lock);
    if (!l->closed)
        pthread_cond_timedwait(&l->to_keep, &l->lock, &end);
    bool closed = l->closed;

    pthread_mutex_unlock(&l->lock);
    return closed;
}

static void
look(struct real *l)
{
    AUTO_FREE char *volfile = volfile_get(l->backup ? l->backup : l->fs), *why = NULL;

    if (!volfile || !strcmp(volfile, l->volfile))
        return;
    int ret = volfile_follow(l, volfile, &why);

    if (ret && ret != -EINVAL)
        return; /* again at the next look */
    free(l->volfile);
    l->volfile = TAKE(volfile);
}

/* Once nothing of it is used by other threads. */
static void
free_when_unused(struct real *l)
{
    pthread_mutex_lock(&l->lock);
    while (l->leaving)
        pthread_cond_wait(&l->to_keep, &l->lock);
    bool lost = l->lost;

    pthread_mutex_unlock(&l->lock);
    if (!lost)
        real_free(l);
}

static void *
keeper(void *arg)
{
    struct real *l = arg;

    pthread_setname_np(pthread_self(), "gnotify-keep");
    while (!is_closed(l)) {
        look(l);
        server_look(l);
    }
    server_leave(l);
    wires_close(l->wires);
    glfs_fini(l->fs);
    free_when_unused(l);
    return NULL;
}

/* ---- the calls ------------------------------------------------------------------------------ */

static int
real_ask(struct link *link, unsigned brick, const void *bytes, size_t len, void *cookie)
{
    return tell_ask((struct real *)link, brick, bytes, len, cookie);
}

static int
copy_layout(const struct wires *w, struct link_layout *layout)
{
    layout->bricks = calloc(w->count, sizeof(*layout->bricks));
    if (!layout->bricks)
        return -ENOMEM;
    layout->sets = w->sets;
    for (unsigned i = 0; i < w->count; i++) {
        struct link_brick *b = &layout->bricks[layout->count++];

        *b = w->bricks[i]->is;
        b->name = strdup(b->name);
        if (!b->name)
            return -ENOMEM;
    }
    return 0;
}

static int
real_layout(struct link *link, struct link_layout *layout)
{
    struct real *l = (struct real *)link;
    struct link_layout made = {0};

    pthread_mutex_lock(&l->lock);
    int ret = copy_layout(l->wires, &made);

    pthread_mutex_unlock(&l->lock);
    if (ret)
        link_layout_free(&made);
    else
        *layout = made;
    return ret;
}

static void
real_close(struct link *link)
{
    struct real *l = (struct real *)link;

    pthread_detach(l->keeper);
    tell_stop(l);
    pthread_mutex_lock(&l->lock);
    l->closed = true; /* from here on it is the keeper's alone */
    pthread_cond_broadcast(&l->to_keep);
    pthread_mutex_unlock(&l->lock);
}

static const struct link_calls calls = {.ask = real_ask, .layout = real_layout, .close = real_close};

struct glfs *
link_volume(struct link *link)
{
    return link->calls == &calls ? ((struct real *)link)->fs : NULL;
}

/* ---- opening ---------------------------------------------------------------------------------- */

static int
find_dir(struct real *l, const char *dir, char **why)
{
    struct stat stat;

    if (!strcmp(dir, "/") || !glfs_stat(l->fs, dir, &stat))
        return 0;
    int e = errno;

    *why = str_fmt("cannot find %s in volume %s: %s", dir, l->volume, strerror(e));
    return -e;
}

static int
reach(struct real *l, const struct link_options *options, char **dir, char **why)
{
    struct connect_options how = {.program = "libgnotify", .socket = options->socket,
                                  .log_file = options->log_file};
    AUTO_PLACE struct connect_place place = CONNECT_PLACE_INIT;
    int ret = connect_volume_why(options->volume, &how, &l->fs, &place, why);

    if (ret)
        return ret;
    l->server = place.server     ? TAKE(place.server)
                : options->socket ? strdup(options->socket)
                                  : strdup(CONNECT_SOCKET);
    if (!l->server)
        return -ENOMEM;
    l->volume = TAKE(place.volume);
    *dir = TAKE(place.dir);
    ret = find_dir(l, *dir, why);
    if (ret)
        return ret;
    l->volfile = volfile_get(l->fs);
    return l->volfile ? volfile_follow(l, l->volfile, why) : -ENOMEM;
}

static int
start(struct real *l, const struct link_options *options, char **dir, char **why)
{
    if (options->log_file && !(l->log_file = strdup(options->log_file)))
        return -ENOMEM;
    int ret = wires_load(&l->client, why);

    if (!ret)
        ret = reach(l, options, dir, why);
    if (!ret)
        ret = tell_start(l);
    if (!ret && (ret = tell_thread(&l->keeper, keeper, l)))
        tell_stop(l);
    return ret;
}

/* On a thread of its own: libgfapi may want seconds for it. */
static void *
undo(void *arg)
{
    struct real *l = arg;

    if (l->wires)
        wires_close(l->wires);
    if (l->fs)
        glfs_fini(l->fs);
    free_when_unused(l);
    return NULL;
}

int
link_open(const struct link_options *options, const struct link_events *events, void *arg,
          struct link **out, char **dir, char **why)
{
    struct real *l = calloc(1, sizeof(*l));
    struct no_sigpipe guard;
    pthread_t thread;
    AUTO_FREE char *found = NULL;

    *why = NULL;
    if (!l)
        return -ENOMEM;
    *l = (struct real){.link.calls = &calls, .events = events, .arg = arg};
    int ret = tell_init(l);

    if (ret) {
        free(l);
        return ret;
    }
    no_sigpipe_begin(&guard);
    ret = start(l, options, &found, why);
    no_sigpipe_end(&guard);
    if (!ret) {
        *out = &l->link;
        *dir = TAKE(found);
        return 0;
    }
    if (!*why)
        *why = str_fmt("cannot follow volume %s: %s", options->volume, strerror(-ret));
    if (!tell_thread(&thread, undo, l))
        pthread_detach(thread);
    return ret;
}
