/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The peer command's request brick-stop; see peer.h.
 */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "common/file.h"
#include "common/log.h"
#include "glusterd/apply.h"
#include "glusterd/peer.h"
#include "glusterd/run.h"

enum { STOP_SECONDS = 10, ATTACH_SECONDS = 10, VOLFILE_MAX = 64 << 20 };

static bool
names_pid(const char *path, pid_t pid)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;

    return !file_read(path, 64, &text) &&
           strtol(strbuf_text(&text), NULL, 10) == pid;
}

/* How many pid files name this process: more than one brick lives in it? */
static int
bricks_of(const struct site *site, pid_t pid)
{
    AUTO_FREE char *top = str_fmt("%s/vols", site->rundir);
    AUTO_CLOSEDIR DIR *dir = top ? opendir(top) : NULL;
    struct dirent *volume, *entry;
    int count = 0;

    while (dir && (volume = readdir(dir))) {
        AUTO_FREE char *path = str_fmt("%s/%s", top, volume->d_name);
        AUTO_CLOSEDIR DIR *pids = path && *volume->d_name != '.' ? opendir(path)
                                                                 : NULL;

        while (pids && (entry = readdir(pids))) {
            AUTO_FREE char *file = str_fmt("%s/%s", path, entry->d_name);

            count += file && names_pid(file, pid);
        }
    }
    return count;
}

/* Takes one brick out of a process that has several. */
static int
detach(pid_t pid, const char *path)
{
    AUTO_STRBUF struct strbuf arguments = STRBUF_INIT, out = STRBUF_INIT;
    int ret = process_arguments(pid, &arguments);

    if (ret)
        return ret;
    const char *a = process_argument(&arguments, NULL);
    while (a && strcmp(a, "-S"))
        a = process_argument(&arguments, a);
    a = a ? process_argument(&arguments, a) : NULL;
    if (!a)
        return -ESRCH;
    ret = run((const char *[]){"gf_attach", "-d", a, path, NULL}, ATTACH_SECONDS,
              &out);
    return ret > 0 ? -EIO : ret;
}

static int
stop(struct peer *peer, const char *volume, const struct brick *brick)
{
    pid_t pid = brick_pid(peer->site, volume, brick);

    if (!pid)
        return 0;
    int ret = bricks_of(peer->site, pid) > 1 ? detach(pid, brick->path)
              : kill(pid, SIGTERM) < 0      ? -errno
                                            : 0;
    if (ret && ret != -ESRCH)
        return ret;
    log_info("volume %s: stopped brick %s:%s", volume, brick->host, brick->path);
    for (int i = 0; i < STOP_SECONDS * 20; i++) {
        if (brick_pid(peer->site, volume, brick) != pid)
            return 0;
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    return -ETIMEDOUT;
}

/* The volfile of HOST:PATH, by what glusterd calls it. */
static int
find_brick(struct peer *peer, const char *volume, const char *wanted,
           struct brick *brick)
{
    AUTO_FREE char *path = str_fmt("%s/vols/%s", peer->site->workdir, volume);
    AUTO_CLOSEDIR DIR *dir = path ? opendir(path) : NULL;
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        AUTO_FREE char *file = str_fmt("%s/%s", path, entry->d_name);
        AUTO_STRBUF struct strbuf text = STRBUF_INIT;
        struct volgen_error err;

        if (volgen_kind_of(volume, entry->d_name) != VOLGEN_BRICK || !file ||
            file_read(file, VOLFILE_MAX, &text))
            continue;
        struct volgen_graph *graph = volgen_parse(text.data, text.len, &err);
        if (!graph)
            continue;
        int ret = brick_identify(graph, volume, entry->d_name, brick);
        volgen_graph_free(graph);
        if (ret)
            continue;
        AUTO_FREE char *name = str_fmt("%s:%s", brick->host, brick->path);
        if (name && !strcmp(name, wanted))
            return 0;
        brick_free(brick);
    }
    return -ENOENT;
}

int
peer_brick_stop(struct peer *peer)
{
    AUTO_BRICK struct brick brick = BRICK_INIT;
    const char *volume = peer->argv[0], *wanted = peer->argv[1];

    if (!site_is_volume_name(volume) ||
        find_brick(peer, volume, wanted, &brick)) {
        strbuf_fmt(&peer->error, "volume %s has no brick %s", volume, wanted);
        return -ENOENT;
    }
    if (!peer_brick_is_local(peer, volume, &brick)) {
        peer_say(peer, "brick", wanted, "not-mine", NULL);
        return 0;
    }
    int ret = stop(peer, volume, &brick);
    if (ret) {
        strbuf_fmt(&peer->error, "brick %s could not be stopped: %s", wanted,
                   strerror(-ret));
        return ret;
    }
    peer_say(peer, "brick", wanted, "stopped", NULL);
    return 0;
}
