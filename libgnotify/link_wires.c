/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A graph of all bricks' leaves below one node of features/gnotify-client, made by libgfapi from
 * a volfile that we write; see link_own.h. The leaves are the volume's own, with user, password and
 * encryption as they are there.
 */
#include "libgnotify/link_own.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <glusterfs/api/glfs.h>

#include "common/strbuf.h"
#include "gfapi/graph.h"

#define TRANSLATOR "features/gnotify-client"

enum {
    LOG_LEVEL = 7, /* GF_LOG_INFO: what a mount logs */
    /* What a reader waits on is bricks, so it must know soon that one has gone: after 10 to 20 s
     * without an answer to GlusterFS's pings (a volume's own default is 42), or a connection that
     * is not made. */
    PING_SECONDS = 10,
    /* A brick that answers pings and not a question, is asked again after this; above
     * NOTIFY_WAIT_MAX. */
    FRAME_SECONDS = 120,
    DRAIN_SECONDS = 60,
};

/* ---- the translator ----------------------------------------------------------------------- */

static const char *
part_of_glusterfs(void)
{
    return "volext must be installed for the GlusterFS that is installed here (gluster --version): "
           "build and install it again";
}

int
wires_load(const struct gnotify_client_calls **calls, char **why)
{
    static const char path[] = XLATORDIR "/" TRANSLATOR ".so";
    /* never closed: libgfapi closes it with a graph while its threads may still be in it */
    void *opened = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

    if (!opened) {
        *why = str_fmt("cannot load the translator " TRANSLATOR " (%s): %s", dlerror(),
                       part_of_glusterfs());
        return -ENOENT;
    }
    const struct gnotify_client_calls *found = dlsym(opened, GNOTIFY_CLIENT_TABLE);

    if (!found || found->version != GNOTIFY_CLIENT_VERSION) {
        *why = str_fmt("%s is of another version than this library: install both from the same "
                       "volext", path);
        return -ELIBBAD;
    }
    *calls = found;
    return 0;
}

/* ---- the volfile ---------------------------------------------------------------------------- */

/* The value of a line `option KEY VALUE`, if it is of that key. */
static const char *
value_of(const char *line, size_t len, const char *key)
{
    static const char word[] = "option ";
    const char *end = line + len;

    while (line < end && (*line == ' ' || *line == '\t'))
        line++;
    if ((size_t)(end - line) < sizeof(word) - 1 || strncmp(line, word, sizeof(word) - 1))
        return NULL;
    line += sizeof(word) - 1;
    size_t n = strlen(key);

    return (size_t)(end - line) > n && !strncmp(line, key, n) && line[n] == ' ' ? line + n + 1
                                                                               : NULL;
}

static bool
is_short(const char *seconds)
{
    char *end;
    long n = strtol(seconds, &end, 10);

    return n > 0 && n <= PING_SECONDS && (*end == '\n' || !*end);
}

/* One leaf, with our times. */
static void
add_leaf(struct strbuf *out, const struct gfapi_brick *brick)
{
    bool ping = true;

    for (const char *line = brick->volfile; *line;) {
        size_t len = strcspn(line, "\n");
        const char *set = value_of(line, len, "ping-timeout");

        if (set && is_short(set))
            ping = false;
        else if (set || value_of(line, len, "frame-timeout") ||
                 value_of(line, len, "transport.tcp-user-timeout"))
            goto next;
        if (!strncmp(line, "end-volume", strlen("end-volume"))) {
            if (ping)
                strbuf_fmt(out, "    option ping-timeout %d\n", PING_SECONDS);
            strbuf_fmt(out, "    option frame-timeout %d\n", FRAME_SECONDS);
            strbuf_fmt(out, "    option transport.tcp-user-timeout %d\n", PING_SECONDS);
        }
        strbuf_add(out, line, len);
        strbuf_char(out, '\n');
    next:
        line += len + (line[len] == '\n');
    }
}

char *
wires_leaves(const struct gfapi_graph *graph)
{
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;

    for (int i = 0; i < graph->brick_count; i++)
        add_leaf(&out, &graph->bricks[i]);
    strbuf_str(&out, "volume gnotify\n    type " TRANSLATOR "\n    subvolumes");
    for (int i = 0; i < graph->brick_count; i++)
        strbuf_fmt(&out, " %s", graph->bricks[i].name);
    strbuf_str(&out, "\n");
    return strbuf_take(&out);
}

/* A file of the whole volfile that is only ours; -errno. */
static int
write_volfile(const struct wires *w, unsigned owner)
{
    AUTO_FREE char *text = str_fmt("%s    option owner %u\nend-volume\n", w->volfile, owner);
    AUTO_CLOSE int fd = memfd_create("gnotify.vol", MFD_CLOEXEC);

    if (!text)
        return -ENOMEM;
    if (fd < 0)
        return -errno;
    size_t len = strlen(text);
    ssize_t n = write(fd, text, len);
    int made = fd;

    if (n != (ssize_t)len)
        return n < 0 ? -errno : -ENOSPC;
    fd = -1;
    return made;
}

/* ---- the graph -------------------------------------------------------------------------------- */

static void
wires_free(struct wires *w)
{
    free(w->volfile);
    free(w->bricks);
    free(w->up);
    free(w);
}

/* What did not come up is not taken down: glfs_fini() may wait for it for ever. */
static int
start(struct wires *w, int volfile)
{
    AUTO_FREE char *path = str_fmt("/proc/self/fd/%d", volfile);
    const char *log = w->link->log_file;

    w->fs = path ? glfs_new(w->link->volume) : NULL;
    if (!w->fs)
        return -ENOMEM;
    if (glfs_set_volfile(w->fs, path) || glfs_set_logging(w->fs, log ? log : "/dev/null", LOG_LEVEL) ||
        glfs_init(w->fs))
        return errno ? -errno : -EIO;
    return w->link->client->leaves(&w->owner) == w->count ? 0 : -EIO;
}

static int
explain(struct wires *w, int ret, char **why)
{
    if (ret == -ENOMEM)
        *why = str_fmt("out of memory");
    else if (!w->owner.node)
        *why = str_fmt("GlusterFS does not find its translator " TRANSLATOR ": %s",
                       part_of_glusterfs());
    else
        *why = str_fmt("cannot connect to the bricks of volume %s: %s", w->link->volume,
                       strerror(-ret));
    return ret;
}

int
wires_open(struct real *l, char *volfile, struct brick **bricks, unsigned count, unsigned sets,
           struct wires **out, char **why)
{
    struct wires *w = calloc(1, sizeof(*w));

    if (!w) {
        free(volfile);
        free(bricks);
        *why = NULL;
        return -ENOMEM;
    }
    *w = (struct wires){.owner = {.up = tell_up, .answer = tell_answer}, .link = l,
                        .volfile = volfile, .bricks = bricks, .count = count, .sets = sets};
    w->up = calloc(count, sizeof(*w->up));
    if (!w->up) {
        wires_free(w);
        *why = NULL;
        return -ENOMEM;
    }
    AUTO_CLOSE int fd = write_volfile(w, l->client->enter(&w->owner));
    int ret = fd < 0 ? fd : start(w, fd);

    if (ret) {
        explain(w, ret, why);
        l->client->leave(&w->owner);
        if (!w->fs) /* else threads of it may go on */
            wires_free(w);
        return ret;
    }
    *out = w;
    return 0;
}

/* All that was asked of it has been answered and told. */
static bool
is_drained(struct wires *w)
{
    struct real *l = w->link;
    struct timespec end;
    int ret = 0;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += DRAIN_SECONDS;
    pthread_mutex_lock(&l->lock);
    while (w->busy && !ret)
        ret = pthread_cond_timedwait(&l->to_keep, &l->lock, &end);
    bool drained = !w->busy;

    pthread_mutex_unlock(&l->lock);
    return drained;
}

void
wires_close(struct wires *w)
{
    w->link->client->down(&w->owner);
    if (!is_drained(w)) { /* never seen; what is lost then is memory */
        pthread_mutex_lock(&w->link->lock);
        w->link->lost = true;
        pthread_mutex_unlock(&w->link->lock);
        return;
    }
    glfs_fini(w->fs);
    w->link->client->leave(&w->owner);
    wires_free(w);
}
