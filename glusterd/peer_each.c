/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A volume's bricks on this node, one after the other; see peer.h.
 */
#include <errno.h>

#include "common/file.h"
#include "glusterd/peer.h"

enum { VOLFILE_MAX = 64 << 20 };

struct each {
    struct peer *peer;
    const char *volume;
    int (*visit)(void *arg, struct brick *brick, const struct volgen_graph *graph, pid_t pid);
    void *arg;
};

static int
one_file(const struct each *e, const char *folder, const char *file)
{
    AUTO_FREE char *path = str_fmt("%s/%s", folder, file);
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    AUTO(brick_free) struct brick brick = BRICK_INIT;
    struct volgen_error err;
    int ret = 0;

    if (!path || file_read(path, VOLFILE_MAX, &text))
        return path ? 0 : -ENOMEM;
    struct volgen_graph *graph = volgen_parse(strbuf_text(&text), text.len, &err);

    if (graph && !brick_identify(graph, e->volume, file, &brick) &&
        peer_brick_is_local(e->peer, e->volume, &brick))
        ret = e->visit(e->arg, &brick, graph, brick_pid(e->peer->site, e->volume, &brick));
    volgen_graph_free(graph);
    return ret;
}

int
peer_each_brick(struct peer *peer, const char *volume,
                int (*visit)(void *arg, struct brick *brick, const struct volgen_graph *graph, pid_t pid),
                void *arg)
{
    const struct each e = {peer, volume, visit, arg};
    AUTO_FREE char *folder = str_fmt("%s/vols/%s", peer->site->workdir, volume);
    AUTO_CLOSEDIR DIR *dir = folder ? opendir(folder) : NULL;
    struct dirent *entry;
    int ret = dir ? 0 : -errno;

    while (!ret && (entry = readdir(dir)))
        if (volgen_kind_of(volume, entry->d_name) == VOLGEN_BRICK)
            ret = one_file(&e, folder, entry->d_name);
    return ret;
}
