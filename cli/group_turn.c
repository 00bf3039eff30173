/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume upcall, volume notify: whose turn it is. What enable and disable do takes several transactions of
 * glusterd, and glusterd's lock is held for one at a time; so in the whole pool only one
 * command at a time may be between its first look at a volume and its last change.
 *
 * Each node has a flag for each volume, a lock that its command holds. A command raises its
 * node's flag, and only then looks at those of all others. When none is up it is its turn: of two that
 * raise theirs at once at least one sees the other's. Otherwise the node with the smallest uuid
 * keeps its flag up and waits; the others lower theirs until they see none. There is nothing to be
 * cleaned up after a command that was killed, or a node that went down: their flags are down.
 */
#include "cli/group.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "common/turn.h"

enum { PATIENCE_MS = 60000, FLAG_PAUSE_MS = 50, PAUSE_MS = 100, PAUSE_MAX_MS = 800 };

struct waiting {
    struct group *g;
    const struct node *self;
    int waited, pause;
};

/* 0 when it is time to look again. */
static int
wait_for(struct waiting *w, const char *host, int milliseconds)
{
    if (w->waited >= PATIENCE_MS)
        return change_fail(&w->g->c, EBUSY, "another `gluster volume upcall` or `notify %s` has been at it on node %s "
                           "for %d s: see whether it hangs there. Nothing was changed",
                           w->g->c.volume, host, PATIENCE_MS / 1000);
    w->waited += milliseconds;
    int ret = rpc_sleep(milliseconds);

    return ret ? change_rpc_fail(&w->g->c, ret) : 0;
}

/* Nodes come and go while it waits: each look is at those that are there. */
static int
list_nodes(struct waiting *w)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    struct change *c = &w->g->c;

    peers_free(&c->peers);
    int ret = peers_list(c->cli, &c->peers, &why);
    if (!ret && !c->peers.nodes[0].self) {
        ret = -EIO;
        strbuf_str(&why, "glusterd does not name this node among those of its pool");
    }
    if (ret == -EIO)
        return change_fail(c, EIO, "%s. Nothing was changed", strbuf_text(&why));
    w->self = ret ? NULL : &c->peers.nodes[0];
    return ret ? change_rpc_fail(c, ret) : 0;
}

static int
raise_flag(struct waiting *w)
{
    struct change *c = &w->g->c;
    AUTO_FREE char *dir = str_fmt(TURN_DIR, w->self->uuid);
    AUTO_FREE char *path = str_fmt(TURN_FILE, w->self->uuid, c->volume);

    if (!dir || !path)
        return change_rpc_fail(c, -ENOMEM);
    if ((!mkdir(STATUSDIR_PARENT, 0755) || errno == EEXIST) && (!mkdir(dir, 0700) || errno == EEXIST))
        w->g->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (w->g->lock < 0)
        return change_fail(c, errno, "%s cannot be locked: %s. Nothing was changed", path, strerror(errno));
    while (flock(w->g->lock, LOCK_EX | LOCK_NB)) {
        int status = wait_for(w, w->self->host, FLAG_PAUSE_MS);

        if (status)
            return status;
    }
    return 0;
}

static void
lower_flag(struct waiting *w)
{
    if (w->g->lock >= 0)
        close(w->g->lock);
    w->g->lock = -1;
}

/* Every node that is up has to say; one that is down runs no command that could change anything. */
static int
look(struct waiting *w)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    struct change *c = &w->g->c;
    const char *const words[] = {"upcall-turn", c->volume, NULL};
    int ret = peers_ask(c->cli, &c->peers, "seeing whether others are at it", words, &why);

    if (!ret && peers_complaints(&c->peers, true, &why))
        ret = -EIO;
    if (ret == -EIO)
        return change_fail(c, EIO, "%s. Nothing was changed", strbuf_text(&why));
    return ret ? change_rpc_fail(c, ret) : 0;
}

static bool
is_up(const struct node *node)
{
    const struct answer_line *line = node_line(node, "turn", 1, NULL);

    return line && !strcmp(line->fields[0], "taken");
}

/* Of the flags that are up, and are not this command's: that of the smallest uuid, or NULL. */
static const struct node *
first_other(const struct waiting *w)
{
    const struct node *first = NULL;

    for (size_t i = 0; i < w->g->c.peers.count; i++) {
        const struct node *node = &w->g->c.peers.nodes[i];

        if (!is_up(node) || (node->self && w->g->lock >= 0))
            continue;
        if (!first || strcmp(node->uuid, first->uuid) < 0)
            first = node;
    }
    return first;
}

int
group_take_turn(struct group *g)
{
    struct waiting w = {.g = g, .pause = PAUSE_MS};

    for (bool raise = true;;) {
        int status = list_nodes(&w);

        if (!status && raise && g->lock < 0)
            status = raise_flag(&w);
        if (!status && raise) /* as they are now that it is up */
            status = list_nodes(&w);
        if (!status)
            status = look(&w);
        if (status)
            return status;
        const struct node *other = first_other(&w);

        if (!other && g->lock >= 0 && is_up(w.self))
            return 0;
        if (!other && g->lock >= 0)
            return change_fail(&g->c, EINVAL, "this node's glusterd does not see the locks of this command "
                               "in " STATUSDIR_PARENT ": run it where glusterd runs. Nothing was changed");
        raise = !other;
        if (!other)
            continue;
        if (g->lock >= 0 && strcmp(other->uuid, w.self->uuid) > 0)
            raise = true; /* ours stays up */
        else
            lower_flag(&w);
        status = wait_for(&w, other->host, w.pause + getpid() % FLAG_PAUSE_MS);
        if (status)
            return status;
        w.pause = 2 * w.pause < PAUSE_MAX_MS ? 2 * w.pause : PAUSE_MAX_MS;
    }
}
