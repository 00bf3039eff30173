/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The peer command's request notify-forget VOLUME READER: this node's bricks forget how far a reader
 * has come. A brick keeps that in a file beside its journal, which it reads whenever it is
 * asked (xlators/gnotify/cursors.c): so it need not run for that.
 *
 *   brick       name=HOST:PATH did=forgot|unknown|failed why=…
 *   reader      brick=HOST:PATH name=READER   that it does know, when it knows not the one named
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/kv.h"
#include "glusterd/peer.h"
#include "glusterd/store.h"

/* Where the journal of a brick is, unless somebody put another place into its volfile by hand. */
#define CURSORS ".glusterfs/gnotify/cursors"

static void
say(const struct peer *peer, const char *word, const char *const pairs[][2], size_t count)
{
    AUTO_KV struct kv line = KV_INIT;
    int ret = 0;

    for (size_t i = 0; i < count && !ret; i++)
        ret = kv_set(&line, pairs[i][0], pairs[i][1]);
    if (!ret)
        peer_say_fields(peer, word, &line);
}

/* Those beginning with a dot are none yet: they are being written. */
static void
say_others(const struct peer *peer, const char *brick, int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    AUTO_CLOSEDIR DIR *d = fd < 0 ? NULL : fdopendir(fd);

    if (!d && fd >= 0)
        close(fd);
    for (const struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.')
            say(peer, "reader", (const char *const[][2]){{"brick", brick}, {"name", e->d_name}}, 2);
}

/* 0: forgotten; -ENODATA: it is not known there; -errno. */
static int
forget(const struct peer *peer, const char *brick, int folder, const char *reader)
{
    if (!unlinkat(folder, reader, 0))
        return fsync(folder) < 0 ? -errno : 0;
    if (errno != ENOENT)
        return -errno;
    say_others(peer, brick, folder);
    return -ENODATA;
}

/* A brick's folder that is not there can be a disk that is not mounted. */
static int
forget_on(const struct peer *peer, const char *brick, const char *path, const char *reader)
{
    AUTO_FREE char *cursors = str_fmt("%s/" CURSORS, path);
    struct stat st;

    if (!cursors)
        return -ENOMEM;
    if (stat(path, &st) < 0)
        return -errno;
    AUTO_CLOSE int folder = open(cursors, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    if (folder < 0)
        return errno == ENOENT ? -ENODATA : -errno;
    return forget(peer, brick, folder, reader);
}

static int
visit(void *arg, struct brick *brick, const struct volgen_graph *graph, pid_t pid)
{
    const struct peer *peer = arg;
    AUTO_FREE char *name = str_fmt("%s:%s", brick->host, brick->path);

    (void)graph;
    (void)pid;
    if (!name)
        return -ENOMEM;
    int ret = forget_on(peer, name, brick->path, peer->argv[1]);
    const char *did = !ret ? "forgot" : ret == -ENODATA ? "unknown" : "failed";

    say(peer, "brick", (const char *const[][2]){{"name", name}, {"did", did},
        {"why", *did == 'f' && ret ? strerror(-ret) : ""}}, 3);
    return 0;
}

int
peer_notify_forget(struct peer *peer)
{
    AUTO_VOLUME struct volume volume = VOLUME_INIT;
    const char *name = peer->argv[0], *reader = peer->argv[1];
    int ret = site_is_volume_name(name) ? volume_read(peer->site, name, &volume) : -ENOENT;

    if (ret == -ENOENT)
        strbuf_fmt(&peer->error, "Volume %s does not exist", name);
    else if (!ret && (!*reader || *reader == '.' || strchr(reader, '/'))) {
        strbuf_fmt(&peer->error, "'%s' is no reader's name", reader);
        ret = -EINVAL;
    }
    return ret ? ret : peer_each_brick(peer, name, visit, peer);
}
