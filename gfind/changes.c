/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What all events come to: the tree as it was and as it is, compared; see reduce.h.
 */
#include "gfind/reduce.h"

#include <errno.h>
#include <string.h>

#include "common/strbuf.h"

/* ---- lists -------------------------------------------------------------------------------- */

void
changes_free(struct changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        free(changes->list[i].from);
        free(changes->list[i].to);
    }
    free(changes->list);
    *changes = (struct changes)CHANGES_INIT;
}

int
changes_add(struct changes *changes, struct change change)
{
    if (changes->count == changes->room) {
        size_t room = changes->room ? 2 * changes->room : 64;
        struct change *list = realloc(changes->list, room * sizeof(*list));

        if (!list) {
            free(change.from);
            free(change.to);
            return -ENOMEM;
        }
        changes->list = list;
        changes->room = room;
    }
    changes->list[changes->count++] = change;
    return 0;
}

static bool
takes_away(const struct change *c)
{
    return c->kind == CHANGE_DELETED || c->kind == CHANGE_MOVED;
}

static int
compare(const void *one, const void *other)
{
    const struct change *a = one, *b = other;
    bool away = takes_away(a);

    if (away != takes_away(b))
        return away ? -1 : 1;
    /* a path sorts behind those of its folders */
    int order = away ? strcmp(b->from, a->from) : strcmp(a->to, b->to);

    return order ? order : (int)a->kind - (int)b->kind;
}

void
changes_sort(struct changes *changes)
{
    if (changes->count)
        qsort(changes->list, changes->count, sizeof(*changes->list), compare);
}

/* ---- what came of a node ------------------------------------------------------------------ */

static bool
was(const struct link *link)
{
    return link->old && !link->node->created;
}

/* Which name became which: as the moves say, then in any order, as all are of one file. */
static void
pair(struct node *node)
{
    struct link *left;

    for (struct link *l = node->links; l; l = l->next)
        if (l->now && !was(l) && l->from && was(l->from) && !l->from->now && !l->from->pair) {
            l->pair = l->from;
            l->from->pair = l;
        }
    left = node->links;
    for (struct link *l = node->links; l; l = l->next) {
        if (!l->now || was(l) || l->pair)
            continue;
        while (left && (!was(left) || left->now || left->pair))
            left = left->next;
        if (!left)
            return;
        l->pair = left;
        left->pair = l;
    }
}

static int
add(struct changes *changes, enum change_kind kind, const struct node *node, char *from, char *to)
{
    struct change change = {.kind = kind, .dir = node->dir, .has_gfid = node->has_gfid,
                            .doubtful = node->doubtful, .from = from, .to = to};

    memcpy(change.gfid, node->gfid, GFID_SIZE);
    return changes_add(changes, change);
}

/* A name that was: deleted, unless it became another, or another file took its place. */
static int
tell_old(struct reduce *r, const struct link *link, struct changes *changes)
{
    char *from;
    int ret = tree_path(&r->tree, link, true, &from);

    if (ret || !from)
        return ret;
    const struct link *there = tree_now(&r->tree, link->folder, link->name);

    if (there && !there->node->dir && !link->node->dir) {
        free(from);
        return 0;
    }
    return add(changes, CHANGE_DELETED, link->node, from, NULL);
}

static enum change_kind
kind_of_new(struct reduce *r, const struct link *link)
{
    const struct link *before = tree_old(&r->tree, link->folder, link->name);

    return before && was(before) && !before->now && !before->pair && !before->node->dir &&
                   !link->node->dir
               ? CHANGE_MODIFIED
               : CHANGE_CREATED;
}

/* Data and attributes of what was there before. */
static int
tell_content(struct reduce *r, const struct link *link, struct changes *changes)
{
    const struct node *node = link->node;
    char *to;

    if (!node->modified && !node->changed && !node->doubtful)
        return 0;
    int ret = tree_path(&r->tree, link, false, &to);

    if (ret || !to)
        return ret;
    return add(changes, node->modified ? CHANGE_MODIFIED : node->changed ? CHANGE_CHANGED
                                                                         : CHANGE_FOUND,
               node, NULL, to);
}

static int
tell_new(struct reduce *r, const struct link *link, struct changes *changes)
{
    AUTO_FREE char *from = NULL;
    char *to;
    int ret = link->pair ? tree_path(&r->tree, link->pair, true, &from) : 0;

    if (!ret)
        ret = tree_path(&r->tree, link, false, &to);
    if (ret)
        return ret;
    if (!to)
        return from ? add(changes, CHANGE_DELETED, link->node, TAKE(from), NULL) : 0;
    if (!from)
        return add(changes, kind_of_new(r, link), link->node, NULL, to);
    ret = add(changes, CHANGE_MOVED, link->node, TAKE(from), to);
    return ret ? ret : tell_content(r, link, changes);
}

static int
tell(struct reduce *r, const struct node *node, struct changes *changes)
{
    int ret = 0;

    for (const struct link *l = node->links; l && !ret; l = l->next) {
        if (l->now && was(l))
            ret = tell_content(r, l, changes);
        else if (l->now)
            ret = tell_new(r, l, changes);
        else if (was(l) && !l->pair)
            ret = tell_old(r, l, changes);
    }
    return ret;
}

/* ---- what must be asked ------------------------------------------------------------------- */

static char *
gfid_name(const uint8_t *gfid)
{
    char hex[2 * GFID_SIZE + 1];

    for (int i = 0; i < GFID_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", gfid[i]);
    return str_fmt("/<gfid:%.8s-%.4s-%.4s-%.4s-%s>", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static int
ask(struct reduce *r, struct node *node, reduce_whereis *whereis, void *arg)
{
    AUTO_FREE char *path = NULL, *known = NULL;
    struct link *link = tree_any_now(node);
    int ret = link ? tree_path(&r->tree, link, false, &known) : 0;

    if (!ret)
        ret = whereis ? whereis(arg, node->gfid, known, &path) : -ENOSYS;
    if (ret && ret != -ENOMEM && node->links)
        return 0;
    if (ret && ret != -ENOMEM) {
        path = gfid_name(node->gfid);
        ret = path ? 0 : -ENOMEM;
    }
    if (ret)
        return ret;
    node->held = true; /* the list of nodes is being gone through */
    while (!path && (link = tree_any_now(node)) != NULL)
        tree_unlink(&r->tree, link);
    return path ? reduce_settle(r, node, path) : 0;
}

int
reduce_end(struct reduce *r, reduce_whereis *whereis, void *arg, struct changes *changes)
{
    struct node *node;
    int ret = 0;

    TAILQ_FOREACH (node, &r->tree.nodes, all) {
        bool floats = !tree_any_now(node) && node != r->tree.root && !node->ended &&
                      (node->modified || node->changed || (node->children && !node->links));

        if (!ret && node->has_gfid && !node->gone && (floats || node->doubtful))
            ret = ask(r, node, whereis, arg);
    }
    TAILQ_FOREACH (node, &r->tree.nodes, all)
        pair(node);
    TAILQ_FOREACH (node, &r->tree.nodes, all)
        if (!ret)
            ret = tell(r, node, changes);
    if (!ret && (r->tree.root->changed || r->tree.root->doubtful)) {
        char *root = strdup("/");

        ret = root ? add(changes, CHANGE_CHANGED, r->tree.root, NULL, root) : -ENOMEM;
    }
    changes_sort(changes);
    return ret;
}
