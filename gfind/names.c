/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What the names in events mean, in a tree of which only parts are known; see names.h.
 */
#include "gfind/names.h"

#include <errno.h>
#include <string.h>

static const uint8_t no_gfid[GFID_SIZE];

bool
gfid_is_set(const uint8_t *gfid)
{
    return memcmp(gfid, no_gfid, GFID_SIZE) != 0;
}

const char *
name_base(const struct reduce_name *name)
{
    const char *slash = name->path ? strrchr(name->path, '/') : NULL;

    return slash ? slash + 1 : name->path;
}

/* Makes the name one that the node has now. */
int
name_give(struct reduce *r, struct node *node, struct node *folder, const char *name,
         struct link **made)
{
    struct link *link = tree_link(&r->tree, node, folder, name);

    if (!link)
        link = tree_link_new(&r->tree, node, folder, name);
    if (!link)
        return -ENOMEM;
    link->now = true;
    *made = link;
    return 0;
}

/* The node had that name before, as must be concluded now, if nothing speaks against it. */
int
name_had(struct reduce *r, struct node *node, struct node *folder, const char *name,
            struct link **made)
{
    *made = NULL;
    if (node->created || folder->created || tree_told(&r->tree, folder, name))
        return 0;
    *made = tree_link_new(&r->tree, node, folder, name);
    if (!*made)
        return -ENOMEM;
    (*made)->old = true;
    return 0;
}

static void
adopt(struct reduce *r, struct node *from, struct node *to);

/* A folder of which no more is known than its name. */
static bool
is_bare(const struct link *link)
{
    return link->assumed && link->now && link->node->dir && !link->node->has_gfid;
}

/* What was known of a name in one folder is so in the other. */
static void
adopt_link(struct reduce *r, struct link *link, struct node *to)
{
    struct link *same = tree_link(&r->tree, link->node, to, link->name);
    struct link *there = tree_now(&r->tree, to, link->name);

    if (there && there->node != link->node && there->node->dir && is_bare(link)) {
        link->old = link->now = false;
        adopt(r, link->node, there->node);
        return;
    }
    if (there && there->node != link->node && link->node->dir && is_bare(there)) {
        there->old = there->now = false;
        adopt(r, there->node, link->node);
        tree_link_rehome(&r->tree, link, to);
        return;
    }

    if (same) {
        same->old |= link->old && !to->created;
        same->now &= link->now;
        link->old = link->now = false;
        return;
    }
    if (tree_told(&r->tree, to, link->name)) {
        link->now = false;
        link->old &= !tree_old(&r->tree, to, link->name);
    }
    link->old &= !to->created;
    if (link->old || link->now)
        tree_link_rehome(&r->tree, link, to);
}

/* Two nodes turn out to be the same folder. */
static void
adopt(struct reduce *r, struct node *from, struct node *to)
{
    struct node *node;

    TAILQ_FOREACH (node, &r->tree.nodes, all)
        for (struct link *link = node->links; link; link = link->next)
            if (link->folder == from && (link->now || link->old))
                adopt_link(r, link, to);
}

/* Frees the name for the node: what is known to have it has it no more. */
int
name_clear(struct reduce *r, struct node *node, struct node *folder, const char *name)
{
    struct link *there = tree_now(&r->tree, folder, name);

    if (!there || there->node == node)
        return 0;
    if (is_bare(there) && node->dir) {
        /* the paths of other events were newer than this one: it is the same folder */
        there->old = false;
        there->now = false;
        adopt(r, there->node, node);
        return 0;
    }
    tree_unlink(&r->tree, there);
    return 0;
}

/* That it has this name no event said; old: it had it at the last time. */
static int
assume(struct reduce *r, struct node *node, struct node *folder, const char *name, bool old)
{
    struct link *link;
    int ret = name_give(r, node, folder, name, &link);

    if (ret)
        return ret;
    link->old = old;
    link->assumed = true;
    node->created = !old;
    return 0;
}

/* The folder that was only known by gfid, and the one that was only known by this path, are the
 * same. */
static int
join(struct reduce *r, struct node *node, struct link *there)
{
    struct node *folder = there->folder;
    bool old = there->old;
    int ret = name_clear(r, node, folder, there->name);

    return ret ? ret : assume(r, node, folder, there->name, old);
}

/* A node that had no gfid yet, at this name, is that of the event. */
int
name_know(struct reduce *r, const struct reduce_event *e, struct node *folder, const char *name)
{
    struct link *there = tree_now(&r->tree, folder, name);

    if (!there || there->node->has_gfid || !gfid_is_set(e->gfid))
        return 0;
    struct node *node = tree_node(&r->tree, e->gfid);

    if (node && !node->links && node->dir && there->assumed)
        return join(r, node, there);
    if (node)
        return 0;
    tree_node_call(&r->tree, there->node, e->gfid);
    there->node->dir = e->dir;
    return 0;
}

/* What only had a gfid is at that path; sure: now, and not just when an event was recorded. */
int
name_place(struct reduce *r, struct node *node, const char *path, bool sure)
{
    struct reduce_name name = {.path = path};
    const char *base = name_base(&name);
    struct node *above;
    int ret = tree_walk(&r->tree, path, base - path, &above);

    if (ret || !above || above == node || !*base)
        return ret;
    struct link *there = tree_now(&r->tree, above, base);

    if (there && (there->node->has_gfid || !there->assumed || !there->node->dir || !node->dir))
        return 0; /* something else is: the path was true at another time */
    if (there)
        return join(r, node, there);
    bool old = !above->created && !tree_told(&r->tree, above, base);

    if (!old && !above->created && !sure)
        return 0;
    return assume(r, node, above, base, old);
}

/* The folder of a name: by its gfid; by the path; else one that hangs in the air until
 * reduce_end() asks where it is. *folder NULL: the name leads to what is gone. */
int
name_folder(struct reduce *r, const struct reduce_name *name, struct node **folder)
{
    struct tree *tree = &r->tree;
    const char *base = name_base(name);
    bool has_path = name->path && *name->path == '/';
    struct node *known = gfid_is_set(name->parent) ? tree_node(tree, name->parent) : NULL;

    *folder = known;
    if (known && (known->links || known == tree->root || known->gone))
        return 0;
    if (!known && has_path) {
        int ret = tree_walk(tree, name->path, base - name->path, folder);

        if (ret || !gfid_is_set(name->parent))
            return ret;
        if (*folder && !(*folder)->has_gfid) {
            tree_node_call(tree, *folder, name->parent);
            return 0;
        }
    }
    if (!gfid_is_set(name->parent))
        return 0;
    if (!known)
        known = tree_node_new(tree, name->parent, true);
    *folder = known;
    if (!known)
        return -ENOMEM;
    if (!has_path || base <= name->path + 1)
        return 0;
    AUTO_FREE char *path = strndup(name->path, base - 1 - name->path);

    return path ? name_place(r, known, path, false) : -ENOMEM;
}
