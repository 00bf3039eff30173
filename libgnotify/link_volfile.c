/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Which bricks the volume has, by its volfile, and wires to them: new ones when others are in it, or
 * the same in other sets.
 */
#include "libgnotify/link_own.h"

#include <errno.h>
#include <string.h>

#include <glusterfs/api/glfs.h>

#include "common/strbuf.h"
#include "gfapi/graph.h"

/* glfs_get_volfile() copies as many bytes as it is asked for, so that must be what there is. */
char *
volfile_get(struct glfs *fs)
{
    for (int tries = 0; tries < 10; tries++) {
        ssize_t missing = glfs_get_volfile(fs, NULL, 0);
        char *text = missing < 0 ? calloc(1, (size_t)-missing + 1) : NULL;

        if (!text)
            return NULL;
        if (glfs_get_volfile(fs, text, (size_t)-missing) == -missing &&
            glfs_get_volfile(fs, NULL, 0) == missing)
            return text;
        free(text);
    }
    return NULL;
}

static struct brick *
find_brick(struct real *l, const char *name)
{
    for (unsigned i = 0; i < l->count; i++) {
        if ((!l->bricks[i]->used || !l->bricks[i]->gone) && !strcmp(l->bricks[i]->is.name, name))
            return l->bricks[i];
    }
    return NULL;
}

static struct brick *
brick_new(const char *name)
{
    struct brick *b = calloc(1, sizeof(*b));

    if (!b || !(b->is.name = strdup(name))) {
        free(b);
        return NULL;
    }
    b->tell.kind = TELL_BRICK;
    TAILQ_INIT(&b->asked);
    return b;
}

/* Gives it the next number. */
static int
add_brick(struct real *l, struct brick *b)
{
    int ret = -ENOMEM;

    pthread_mutex_lock(&l->lock);
    struct brick **list = realloc(l->bricks, (l->count + 1) * sizeof(*list));

    if (list) {
        l->bricks = list;
        b->is.number = l->count;
        list[l->count++] = b;
        ret = 0;
    }
    pthread_mutex_unlock(&l->lock);
    return ret;
}

/* The bricks of a graph by leaf: those that are there, and new ones. NULL: no memory. */
static struct brick **
find_bricks(struct real *l, const struct gfapi_graph *graph)
{
    AUTO_FREE struct brick **bricks = calloc((size_t)graph->brick_count, sizeof(*bricks));

    for (int i = 0; bricks && i < graph->brick_count; i++) {
        const struct gfapi_brick *is = &graph->bricks[i];
        AUTO_FREE char *name = str_fmt("%s:%s", is->server, is->path);
        struct brick *b = name ? find_brick(l, name) : NULL;

        if (!b && name && (b = brick_new(name)) && add_brick(l, b)) {
            free((char *)b->is.name);
            free(b);
            b = NULL;
        }
        if (!b)
            return NULL;
        bricks[i] = b;
    }
    return TAKE(bricks);
}

/* Sets and arbiters may change without a brick that comes or goes. */
static void
set_places(struct real *l, const struct gfapi_graph *graph, struct brick **bricks)
{
    pthread_mutex_lock(&l->lock);
    for (int i = 0; i < graph->brick_count; i++) {
        bricks[i]->is.set = (unsigned)graph->bricks[i].set;
        bricks[i]->is.arbiter = graph->bricks[i].arbiter;
    }
    pthread_mutex_unlock(&l->lock);
}

static bool
is_as_wires(struct wires *w, const struct gfapi_graph *graph, const char *leaves)
{
    bool same = w && !strcmp(w->volfile, leaves);

    for (unsigned i = 0; same && i < w->count; i++)
        same = (int)w->bricks[i]->is.set == graph->bricks[i].set &&
               w->bricks[i]->is.arbiter == graph->bricks[i].arbiter;
    return same;
}

static void *
close_wires(void *arg)
{
    struct wires *w = arg;
    struct real *l = w->link;

    wires_close(w);
    pthread_mutex_lock(&l->lock);
    l->leaving--;
    pthread_cond_broadcast(&l->to_keep);
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

int
volfile_follow(struct real *l, const char *volfile, char **why)
{
    AUTO_GFAPI_GRAPH struct gfapi_graph graph = GFAPI_GRAPH_INIT;
    struct wires *w, *old;
    pthread_t thread;

    *why = NULL;
    int ret = gfapi_graph_parse(volfile, strlen(volfile), &graph);

    if (ret) {
        *why = str_fmt("the volfile of volume %s has no bricks that can be made out", l->volume);
        return ret;
    }
    AUTO_FREE char *leaves = wires_leaves(&graph);

    if (!leaves || is_as_wires(l->wires, &graph, leaves))
        return leaves ? 0 : -ENOMEM;
    struct brick **bricks = find_bricks(l, &graph);

    if (!bricks)
        return -ENOMEM;
    ret = wires_open(l, TAKE(leaves), bricks, (unsigned)graph.brick_count,
                     (unsigned)graph.set_count, &w, why);
    if (ret)
        return ret;
    set_places(l, &graph, bricks);
    old = tell_switch(l, w);
    if (!old)
        return 0;
    pthread_mutex_lock(&l->lock);
    l->leaving++;
    pthread_mutex_unlock(&l->lock);
    if (tell_thread(&thread, close_wires, old))
        close_wires(old);
    else
        pthread_detach(thread);
    return 0;
}
