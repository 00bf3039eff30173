/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What each event does to the tree; see reduce.h. Bricks record in their own order, and a
 * path is what one brick knew at its time: so where gfids and paths disagree, gfids are right.
 */
#include "gfind/names.h"

#include <errno.h>
#include <string.h>

int
reduce_init(struct reduce *r)
{
    return tree_init(&r->tree);
}

void
reduce_free(struct reduce *r)
{
    tree_free(&r->tree);
}

static int
node_of(struct reduce *r, const struct reduce_event *e, struct node **node)
{
    *node = gfid_is_set(e->gfid) ? tree_node(&r->tree, e->gfid) : NULL;
    if (*node)
        (*node)->dir |= e->dir;
    return 0;
}

static int
node_make(struct reduce *r, const struct reduce_event *e, struct node **node)
{
    node_of(r, e, node);
    if (!*node)
        *node = tree_node_new(&r->tree, gfid_is_set(e->gfid) ? e->gfid : NULL, e->dir);
    return *node ? 0 : -ENOMEM;
}

static int
created(struct reduce *r, const struct reduce_event *e)
{
    const char *name = name_base(&e->name);
    struct node *folder, *node;
    struct link *link;
    int ret = name_folder(r, &e->name, &folder);

    if (!ret && folder && name)
        ret = name_know(r, e, folder, name);
    if (ret || !folder || !name || !*name)
        return ret;
    bool known = gfid_is_set(e->gfid) && tree_node(&r->tree, e->gfid);

    ret = node_make(r, e, &node);
    if (!ret && e->happened == REDUCE_CREATE && !known)
        node->created = true;
    if (!ret)
        ret = name_clear(r, node, folder, name);
    if (!ret)
        ret = name_give(r, node, folder, name, &link);
    if (ret)
        return ret;
    if (link->assumed && e->happened == REDUCE_CREATE && !node->links->next)
        node->created = true; /* something in it was told before it */
    if (link->assumed)
        link->old = false;
    link->assumed = false;
    return 0;
}

static int
deleted(struct reduce *r, const struct reduce_event *e)
{
    const char *name = name_base(&e->name);
    struct node *folder, *node;
    struct link *link = NULL;
    int ret = name_folder(r, &e->name, &folder);

    if (!ret && folder && name)
        ret = name_know(r, e, folder, name);
    if (ret)
        return ret;
    node_make(r, e, &node);
    if (!node)
        return -ENOMEM;
    if (folder && name) {
        link = tree_link(&r->tree, node, folder, name);
        if (!link) {
            struct link *there = tree_now(&r->tree, folder, name);

            if (!there)
                ret = name_had(r, node, folder, name, &link);
        }
    }
    if (link && link->now)
        tree_unlink(&r->tree, link);
    node->ended = e->dir || e->last_link;
    /* a name that this does not know, as after a move that is told later */
    while (!ret && (e->dir || e->last_link) && (link = tree_any_now(node)) != NULL)
        tree_unlink(&r->tree, link);
    return ret;
}

/* What the moved node has left: a link that is or was `old`, or NULL. */
static int
leave(struct reduce *r, const struct reduce_event *e, struct node *node, struct node *to,
      const char *to_name, struct link **left)
{
    const char *name = name_base(&e->name);
    struct node *folder;
    int ret = name_folder(r, &e->name, &folder);

    *left = NULL;
    if (ret)
        return ret;
    struct link *link = folder && name ? tree_link(&r->tree, node, folder, name) : NULL;

    if (!link || !link->now) {
        struct link *other = tree_any_now(node);

        if (other && other->assumed && (node->dir || (other->folder == to && !strcmp(other->name, to_name)))) {
            /* it was met at a place where it has only come by this */
            other->old = other->assumed = false;
            if (!(other->folder == to && !strcmp(other->name, to_name)))
                tree_unlink(&r->tree, other);
            other = NULL;
        }
        if (other && node->dir)
            link = other; /* another move comes late */
        else if (!link && folder && name)
            ret = name_had(r, node, folder, name, &link);
    }
    if (link)
        *left = link->old ? link : link->from;
    if (link && link->now)
        tree_unlink(&r->tree, link);
    return ret;
}

/* What the name was of before, if the event says that there was something. */
static int
replace(struct reduce *r, const struct reduce_event *e, struct node *folder, const char *name)
{
    struct link *link;

    if (!e->replaced || folder->created)
        return 0;
    struct node *other = tree_node_new(&r->tree, NULL, e->dir);

    return other ? name_had(r, other, folder, name, &link) : -ENOMEM;
}

/* The node that moves; one that is met first where it cannot have been before was created. */
static int
mover(struct reduce *r, const struct reduce_event *e, struct node **node)
{
    const char *name = name_base(&e->name);
    struct node *folder;
    int ret = name_folder(r, &e->name, &folder);

    if (!ret && folder && name)
        ret = name_know(r, e, folder, name);
    if (ret)
        return ret;
    bool known = gfid_is_set(e->gfid) && tree_node(&r->tree, e->gfid);

    ret = node_make(r, e, node);
    if (!ret && !known && folder && name)
        (*node)->created = folder->created || tree_told(&r->tree, folder, name);
    return ret;
}

static int
moved(struct reduce *r, const struct reduce_event *e)
{
    const char *name = name_base(&e->to);
    struct link *left = NULL, *link = NULL;
    struct node *folder, *node;
    int ret = name_folder(r, &e->to, &folder);

    if (ret)
        return ret;
    if (!folder || !name || !*name)
        return deleted(r, e);
    ret = mover(r, e, &node);
    if (ret)
        return ret;
    bool told = tree_told(&r->tree, folder, name);

    node->held = true;
    ret = leave(r, e, node, folder, name, &left);
    if (!ret)
        ret = name_clear(r, node, folder, name);
    if (!ret && !told)
        ret = replace(r, e, folder, name);
    if (!ret)
        ret = name_give(r, node, folder, name, &link);
    node->held = false;
    if (ret)
        return ret;
    link->assumed = false;
    if (!link->old)
        link->from = left;
    return 0;
}

/* Data, attributes, or who knows. */
static int
touched(struct reduce *r, const struct reduce_event *e)
{
    const char *name = name_base(&e->name);
    struct node *folder, *node;
    int ret = name_folder(r, &e->name, &folder);

    if (!ret && folder && name && *name)
        ret = name_know(r, e, folder, name);
    if (ret)
        return ret;
    if (e->name.path && !strcmp(e->name.path, "/"))
        node = r->tree.root;
    else
        ret = node_make(r, e, &node);
    if (ret)
        return ret;
    node->modified |= e->happened == REDUCE_MODIFY;
    node->changed |= e->happened == REDUCE_ATTRIB;
    node->doubtful |= e->happened == REDUCE_DOUBT;
    if (!folder || !name || !*name || node == r->tree.root || node->gone || node->created ||
        (node->dir && node->links) || tree_told(&r->tree, folder, name))
        return 0;
    struct link *link = tree_link_new(&r->tree, node, folder, name);

    if (!link)
        return -ENOMEM;
    link->now = link->assumed = true;
    link->old = !folder->created;
    return 0;
}

int
reduce_settle(struct reduce *r, struct node *node, const char *path)
{
    struct reduce_name name = {.path = path};
    struct link *link, *left = tree_any_now(node);
    struct node *folder;

    if (!node->links)
        return name_place(r, node, path, true);
    int ret = tree_walk(&r->tree, path, name_base(&name) - path, &folder);

    if (ret || !folder || !*name_base(&name))
        return ret;
    link = tree_link(&r->tree, node, folder, name_base(&name));
    if (link && link->now)
        return 0;
    bool old = !node->created && !folder->created && !tree_told(&r->tree, folder, name_base(&name));
    struct link *from = !left ? NULL : left->old ? left : left->from;

    if (left)
        tree_unlink(&r->tree, left);
    ret = name_clear(r, node, folder, name_base(&name));
    if (!ret)
        ret = name_give(r, node, folder, name_base(&name), &link);
    if (ret)
        return ret;
    /* a folder has moved; of a file this may be another name that it has had all the time */
    if (node->dir)
        link->from = from;
    else
        link->old |= old;
    return ret;
}

int
reduce_event(struct reduce *r, const struct reduce_event *e)
{
    switch (e->happened) {
    case REDUCE_CREATE:
    case REDUCE_LINK:
        return created(r, e);
    case REDUCE_DELETE:
        return deleted(r, e);
    case REDUCE_MOVE:
        return moved(r, e);
    case REDUCE_MODIFY:
    case REDUCE_ATTRIB:
    case REDUCE_DOUBT:
        return touched(r, e);
    }
    return 0;
}
