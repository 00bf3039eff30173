/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The peer command's request upcall-turn VOLUME: does a command change that volume's upcall
 * options on this node, or wait to?
 *
 *   turn   taken|free
 *
 * And upcall-status VOLUME: what this node's bricks keep about
 * clients, and whether this node's mounts can be told of changes.
 *
 *   brick  name=HOST:PATH state=running|down switch=on|off timeout=S leases=on|off
 *          inodes=N clients=N   or, instead of these two, why=…
 *   mount  as mounts.h says
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "common/turn.h"
#include "glusterd/dump.h"
#include "glusterd/mounts.h"
#include "glusterd/peer.h"
#include "glusterd/store.h"

struct watched {
    struct brick brick;
    pid_t pid;
    struct kv fields;
};

struct bricks {
    struct watched *list;
    size_t count;
};

static void
bricks_free(struct bricks *bricks)
{
    for (size_t i = 0; i < bricks->count; i++) {
        brick_free(&bricks->list[i].brick);
        kv_free(&bricks->list[i].fields);
    }
    free(bricks->list);
}

/* The option of the brick's translator of this type, or what it has without. */
static const char *
option_in(const struct volgen_graph *graph, const char *type, const char *key, const char *def)
{
    const struct volgen_node *node = volgen_find_type(graph, type, NULL);
    const char *value = node ? kv_get(&node->options, key) : NULL;

    return value ? value : def;
}

static int
describe(struct watched *w, const struct volgen_graph *graph)
{
    AUTO_FREE char *name = str_fmt("%s:%s", w->brick.host, w->brick.path);
    int ret = name ? kv_set(&w->fields, "name", name) : -ENOMEM;

    if (!ret)
        ret = kv_set(&w->fields, "state", w->pid ? "running" : "down");
    if (!ret)
        ret = kv_set(&w->fields, "switch",
                     option_in(graph, "features/upcall", "cache-invalidation", "off"));
    if (!ret)
        ret = kv_set(&w->fields, "timeout",
                     option_in(graph, "features/upcall", "cache-invalidation-timeout", "60"));
    return ret ? ret
               : kv_set(&w->fields, "leases", option_in(graph, "features/leases", "leases", "off"));
}

static int
add_brick(void *arg, struct brick *brick, const struct volgen_graph *graph, pid_t pid)
{
    struct bricks *bricks = arg;
    struct watched *list = reallocarray(bricks->list, bricks->count + 1, sizeof(*list));

    if (!list)
        return -ENOMEM;
    bricks->list = list;
    struct watched *w = &list[bricks->count++];
    *w = (struct watched){.brick = *brick, .pid = pid};
    *brick = (struct brick)BRICK_INIT;
    return describe(w, graph);
}

/* ---- what a statedump says --------------------------------------------------- */

/* The brick's translators come one after another, its io-stats first, which is called as its
 * folder. Where several bricks share a process, the first of them is there twice: the last
 * time counts. NULL: the process does not account for its memory. */
static char *
part_of(const struct dump *dump, const struct brick *brick)
{
    static const char other[] = "\n[debug/io-stats.", first[] = " - Memory usage]\n";
    AUTO_FREE char *start = str_fmt("%s%s%s", other, brick->path, first);
    size_t len = start ? strlen(start) : 0, own = len - strlen(first);
    const char *part = NULL;

    for (const char *at = strbuf_text(&dump->text); len && (at = strstr(at, start)); at++)
        part = at;
    if (!part)
        return NULL;
    /* its types of memory are sections of io-stats, too */
    const char *end = strstr(part + len - 1, other);
    while (end && !strncmp(end, start, own) && !strncmp(end + own, " - usage-type", 13))
        end = strstr(end + own, other);
    return end ? strndup(part, (size_t)(end - part)) : strdup(part);
}

/* A type of memory of which there is nothing is not there. */
static long long
number_of(const char *part, const char *volume, const char *type)
{
    AUTO_FREE char *section = str_fmt("[features/upcall.%s-upcall - usage-type %s memusage]\n",
                                      volume, type);
    static const char count[] = "num_allocs=";
    const char *at = section ? strstr(part, section) : NULL;

    at = at ? strstr(at + strlen(section), count) : NULL;
    return at ? strtoll(at + strlen(count), NULL, 10) : 0;
}

static int
put_number(struct kv *fields, const char *key, long long n)
{
    AUTO_FREE char *text = str_fmt("%lld", n);

    return text ? kv_set(fields, key, text) : -ENOMEM;
}

static int
put_counts(struct watched *w, const struct dumps *dumps, const char *volume)
{
    const struct dump *dump = dumps_find(dumps, w->pid);
    const char *why = !w->pid ? "it is down" : !dump ? "its process was not asked" : dump->why;
    AUTO_FREE char *part = why ? NULL : part_of(dump, &w->brick);

    if (!why && !part)
        why = "its process does not account for its memory (config.memory-accounting is off)";
    if (why)
        return kv_set(&w->fields, "why", why);
    int ret = put_number(&w->fields, "inodes",
                         number_of(part, volume, "gf_upcall_mt_upcall_inode_ctx_t"));

    return ret ? ret
               : put_number(&w->fields, "clients",
                            number_of(part, volume, "gf_upcall_mt_upcall_client_entry_t"));
}

int
peer_upcall_status(struct peer *peer)
{
    AUTO(bricks_free) struct bricks bricks = {0};
    AUTO_VOLUME struct volume volume = VOLUME_INIT;
    AUTO_DUMPS struct dumps dumps = DUMPS_INIT;
    const char *name = peer->argv[0];
    int ret = site_is_volume_name(name) ? volume_read(peer->site, name, &volume) : -ENOENT;

    if (ret == -ENOENT)
        strbuf_fmt(&peer->error, "Volume %s does not exist", name);
    if (!ret)
        ret = peer_each_brick(peer, name, add_brick, &bricks);
    for (size_t i = 0; i < bricks.count && !ret; i++)
        if (bricks.list[i].pid)
            ret = dumps_add(&dumps, bricks.list[i].pid);
    if (ret)
        return ret;
    dumps_take(&dumps, peer->site);
    for (size_t i = 0; i < bricks.count && !ret; i++) {
        ret = put_counts(&bricks.list[i], &dumps, name);
        if (!ret)
            peer_say_fields(peer, "brick", &bricks.list[i].fields);
    }
    return ret ? ret : mounts_tell(peer, name);
}

int
peer_upcall_turn(struct peer *peer)
{
    const char *name = peer->argv[0];
    AUTO_FREE char *path = site_is_volume_name(name) ? str_fmt(TURN_FILE, peer->uuid, name) : NULL;

    if (!path) {
        strbuf_fmt(&peer->error, "%s is not a volume's name", name);
        return -EINVAL;
    }
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int err = fd < 0 ? errno : flock(fd, LOCK_SH | LOCK_NB) ? errno : 0;

    if (err && err != ENOENT && err != EWOULDBLOCK) {
        strbuf_fmt(&peer->error, "%s cannot be locked: %s", path, strerror(err));
        return -err;
    }
    peer_say(peer, "turn", err == EWOULDBLOCK ? "taken" : "free", NULL);
    return 0;
}
