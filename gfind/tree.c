/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Nodes and links, and how they are found; see tree.h.
 */
#include "gfind/tree.h"

#include <errno.h>
#include <string.h>

enum {
    GONE_MAX = 1 << 16, /* a late event of a file that came and went finds it in these */
    DEPTH_MAX = 4096,   /* no path has more parts; damaged input must not make a ring */
};

static const uint8_t root_gfid[GFID_SIZE] = {[GFID_SIZE - 1] = 1};

/* ---- tables ------------------------------------------------------------------------------- */

#define HASH_SEED 2166136261u

static uint32_t
hash_bytes(const void *data, size_t len, uint32_t hash)
{
    for (const uint8_t *p = data; len--; p++)
        hash = (hash ^ *p) * 16777619u;
    return hash;
}

static uint32_t
hash_name(const struct node *folder, const char *name)
{
    return hash_bytes(name, strlen(name), hash_bytes(&folder, sizeof(folder), HASH_SEED));
}

static int
table_grow(struct table *table)
{
    size_t buckets = table->buckets ? 2 * table->buckets : 256;
    struct item **bucket = calloc(buckets, sizeof(*bucket));

    if (!bucket)
        return table->buckets ? 0 : -ENOMEM; /* slower, then */
    for (size_t i = 0; i < table->buckets; i++)
        while (table->bucket[i]) {
            struct item *item = table->bucket[i];

            table->bucket[i] = item->next;
            item->next = bucket[item->hash & (buckets - 1)];
            bucket[item->hash & (buckets - 1)] = item;
        }
    free(table->bucket);
    table->bucket = bucket;
    table->buckets = buckets;
    return 0;
}

static struct item *
table_first(const struct table *table, uint32_t hash)
{
    return table->bucket[hash & (table->buckets - 1)];
}

static void
table_add(struct table *table, struct item *item, uint32_t hash)
{
    if (table->count >= table->buckets)
        table_grow(table);
    struct item **at = &table->bucket[hash & (table->buckets - 1)];

    item->hash = hash;
    item->next = *at;
    *at = item;
    table->count++;
}

static void
table_del(struct table *table, struct item *item)
{
    struct item **at = &table->bucket[item->hash & (table->buckets - 1)];

    while (*at != item)
        at = &(*at)->next;
    *at = item->next;
    table->count--;
}

/* ---- nodes -------------------------------------------------------------------------------- */

struct node *
tree_node(struct tree *tree, const uint8_t gfid[GFID_SIZE])
{
    uint32_t hash = hash_bytes(gfid, GFID_SIZE, HASH_SEED);

    for (struct item *i = table_first(&tree->by_gfid, hash); i; i = i->next) {
        struct node *node = (struct node *)i;

        if (i->hash == hash && !memcmp(node->gfid, gfid, GFID_SIZE))
            return node;
    }
    return NULL;
}

void
tree_node_call(struct tree *tree, struct node *node, const uint8_t gfid[GFID_SIZE])
{
    memcpy(node->gfid, gfid, GFID_SIZE);
    node->has_gfid = true;
    table_add(&tree->by_gfid, &node->item, hash_bytes(gfid, GFID_SIZE, HASH_SEED));
}

struct node *
tree_node_new(struct tree *tree, const uint8_t gfid[GFID_SIZE], bool dir)
{
    struct node *node = calloc(1, sizeof(*node));

    if (!node)
        return NULL;
    node->dir = dir;
    TAILQ_INSERT_TAIL(&tree->nodes, node, all);
    if (gfid)
        tree_node_call(tree, node, gfid);
    return node;
}

/* It came and went: only late events may still name it. */
static void
node_gone(struct tree *tree, struct node *node)
{
    node->gone = true;
    TAILQ_REMOVE(&tree->nodes, node, all);
    TAILQ_INSERT_TAIL(&tree->gone, node, all);
    if (++tree->gone_count <= GONE_MAX)
        return;
    struct node *oldest = TAILQ_FIRST(&tree->gone);

    TAILQ_REMOVE(&tree->gone, oldest, all);
    tree->gone_count--;
    if (oldest->has_gfid)
        table_del(&tree->by_gfid, &oldest->item);
    free(oldest);
}

static void
node_back(struct tree *tree, struct node *node)
{
    if (!node->gone)
        return;
    node->gone = false;
    TAILQ_REMOVE(&tree->gone, node, all);
    tree->gone_count--;
    TAILQ_INSERT_TAIL(&tree->nodes, node, all);
}

int
tree_init(struct tree *tree)
{
    *tree = (struct tree){0};
    TAILQ_INIT(&tree->nodes);
    TAILQ_INIT(&tree->gone);
    if (table_grow(&tree->by_gfid) || table_grow(&tree->by_name))
        return -ENOMEM;
    tree->root = tree_node_new(tree, root_gfid, true);
    return tree->root ? 0 : -ENOMEM;
}

static void
nodes_free(struct nodes *nodes)
{
    for (struct node *node = TAILQ_FIRST(nodes), *next; node; node = next) {
        next = TAILQ_NEXT(node, all);
        while (node->links) {
            struct link *link = node->links;

            node->links = link->next;
            free(link);
        }
        free(node);
    }
}

void
tree_free(struct tree *tree)
{
    nodes_free(&tree->nodes);
    nodes_free(&tree->gone);
    free(tree->by_gfid.bucket);
    free(tree->by_name.bucket);
}

/* ---- links -------------------------------------------------------------------------------- */

static bool
is_named(const struct link *link, const struct node *folder, uint32_t hash, const char *name)
{
    return link->item.hash == hash && link->folder == folder && !strcmp(link->name, name);
}

struct link *
tree_now(struct tree *tree, const struct node *folder, const char *name)
{
    uint32_t hash = hash_name(folder, name);

    for (struct item *i = table_first(&tree->by_name, hash); i; i = i->next)
        if (is_named((struct link *)i, folder, hash, name) && ((struct link *)i)->now)
            return (struct link *)i;
    return NULL;
}

struct link *
tree_old(struct tree *tree, const struct node *folder, const char *name)
{
    uint32_t hash = hash_name(folder, name);

    for (struct item *i = table_first(&tree->by_name, hash); i; i = i->next)
        if (is_named((struct link *)i, folder, hash, name) && ((struct link *)i)->old)
            return (struct link *)i;
    return NULL;
}

bool
tree_told(struct tree *tree, const struct node *folder, const char *name)
{
    uint32_t hash = hash_name(folder, name);

    for (struct item *i = table_first(&tree->by_name, hash); i; i = i->next)
        if (is_named((struct link *)i, folder, hash, name))
            return true;
    return false;
}

struct link *
tree_link(struct tree *tree, const struct node *node, const struct node *folder, const char *name)
{
    uint32_t hash = hash_name(folder, name);

    for (struct item *i = table_first(&tree->by_name, hash); i; i = i->next)
        if (is_named((struct link *)i, folder, hash, name) && ((struct link *)i)->node == node)
            return (struct link *)i;
    return NULL;
}

struct link *
tree_link_new(struct tree *tree, struct node *node, struct node *folder, const char *name)
{
    size_t len = strlen(name) + 1;
    struct link *link = calloc(1, sizeof(*link) + len);

    if (!link)
        return NULL;

    node_back(tree, node);
    node_back(tree, folder);
    memcpy(link->name, name, len);
    link->node = node;
    link->folder = folder;
    link->next = node->links;
    node->links = link;
    folder->children++;
    table_add(&tree->by_name, &link->item, hash_name(folder, name));
    return link;
}

void
tree_link_rehome(struct tree *tree, struct link *link, struct node *folder)
{
    table_del(&tree->by_name, &link->item);
    link->folder->children--;
    folder->children++;
    link->folder = folder;
    table_add(&tree->by_name, &link->item, hash_name(folder, link->name));
}

void
tree_unlink(struct tree *tree, struct link *link)
{
    struct node *node = link->node, *folder = link->folder;

    link->now = link->assumed = false;
    /* a folder's former names lead what comes late to where it is now */
    if (link->old || (node->dir && !node->created) || (node->dir && node->children))
        return;
    struct link **at = &node->links;

    while (*at != link)
        at = &(*at)->next;
    *at = link->next;
    table_del(&tree->by_name, &link->item);
    free(link);
    if (node->created && !node->links && !node->children && !node->held)
        node_gone(tree, node);
    if (!--folder->children && folder->created && !folder->links && !folder->gone)
        node_gone(tree, folder);
}

struct link *
tree_any_now(const struct node *node)
{
    struct link *link = node->links;

    while (link && !link->now)
        link = link->next;
    return link;
}

/* ---- paths -------------------------------------------------------------------------------- */

static int
step(struct tree *tree, struct node *at, const char *name, struct node **next)
{
    struct link *link = tree_now(tree, at, name);
    uint32_t hash = hash_name(at, name);

    *next = NULL;
    for (struct item *i = table_first(&tree->by_name, hash); !link && i; i = i->next) {
        struct link *left = (struct link *)i;

        if (!is_named(left, at, hash, name))
            continue;
        /* it left this name: the event is older than that */
        link = tree_any_now(left->node);
        if (!link)
            return 0;
    }
    if (!link) {
        struct node *node = tree_node_new(tree, NULL, true);

        link = node ? tree_link_new(tree, node, at, name) : NULL;
        if (!link)
            return -ENOMEM;
        link->now = link->assumed = true;
        link->old = !at->created;
        node->created = at->created;
    }
    *next = link->node;
    return 0;
}

int
tree_walk(struct tree *tree, const char *path, size_t len, struct node **folder)
{
    struct node *at = tree->root;

    for (const char *end = path + len; path < end && at;) {
        size_t part = 0;

        while (path + part < end && path[part] != '/')
            part++;
        if (part) {
            AUTO_FREE char *name = strndup(path, part);
            int ret = name ? step(tree, at, name, &at) : -ENOMEM;

            if (ret)
                return ret;
        }
        path += part + (path + part < end);
    }
    *folder = at;
    return 0;
}

static const struct link *
link_of(const struct node *node, bool old)
{
    const struct link *link = node->links;

    while (link && !(old ? link->old : link->now))
        link = link->next;
    return link;
}

int
tree_path(const struct tree *tree, const struct link *link, bool old, char **path)
{
    size_t len = 0;
    int depth = 0;

    *path = NULL;
    for (const struct link *l = link; l; l = link_of(l->folder, old)) {
        len += 1 + strlen(l->name);
        if (++depth > DEPTH_MAX)
            return 0;
        if (l->folder == tree->root)
            break;
        if (!link_of(l->folder, old))
            return 0;
    }
    char *text = malloc(len + 1), *at = text + len;

    if (!text)
        return -ENOMEM;
    *at = '\0';
    for (const struct link *l = link; l; l = l->folder == tree->root ? NULL : link_of(l->folder, old)) {
        size_t part = strlen(l->name);

        at -= part;
        memcpy(at, l->name, part);
        *--at = '/';
    }
    *path = text;
    return 0;
}
