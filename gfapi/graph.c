/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Finds the bricks and their sets in a client volfile; see graph.h.
 */
#include "graph.h"

#include <errno.h>
#include <string.h>

#include "common/strbuf.h"

/* A node of the volfile. Strings lie in the copy of its text that the parser works on. */
struct node {
    char *name, *type, *subvolumes;
    char *host, *path, *redundancy;
    bool arbiter, thin_arbiter;
    size_t begin, end; /* of its text */
};

struct nodes {
    struct node *list;
    size_t count, room;
};

static void
nodes_free(struct nodes *nodes)
{
    free(nodes->list);
}

static struct node *
nodes_add(struct nodes *nodes)
{
    if (nodes->count == nodes->room) {
        size_t room = nodes->room ? 2 * nodes->room : 64;
        struct node *list = realloc(nodes->list, room * sizeof(*list));

        if (!list)
            return NULL;
        nodes->list = list;
        nodes->room = room;
    }
    struct node *node = &nodes->list[nodes->count++];

    *node = (struct node){0};
    return node;
}

static const struct node *
nodes_find(const struct nodes *nodes, const char *name)
{
    for (size_t i = 0; i < nodes->count; i++)
        if (nodes->list[i].name && !strcmp(nodes->list[i].name, name))
            return &nodes->list[i];
    return NULL;
}

static void
node_option(struct node *node, const char *key, char *value)
{
    if (!strcmp(key, "remote-host"))
        node->host = value;
    else if (!strcmp(key, "remote-subvolume"))
        node->path = value;
    else if (!strcmp(key, "redundancy"))
        node->redundancy = value;
    else if (!strcmp(key, "arbiter-count"))
        node->arbiter = atoi(value) > 0;
    else if (!strcmp(key, "thin-arbiter"))
        node->thin_arbiter = true;
}

/* Cuts the first word off *rest. */
static char *
word(char **rest)
{
    char *begin = *rest + strspn(*rest, " \t\r");
    size_t len = strcspn(begin, " \t\r");

    *rest = begin + len;
    if (**rest)
        *(*rest)++ = 0;
    return begin;
}

static int
nodes_parse(char *text, size_t len, struct nodes *nodes)
{
    struct node *node = NULL;

    for (char *line = text, *next; line < text + len; line = next) {
        char *newline = memchr(line, '\n', text + len - line);
        char *rest = line;

        next = newline ? newline + 1 : text + len;
        if (newline)
            *newline = 0;
        char *first = word(&rest);

        if (!strcmp(first, "volume")) {
            node = nodes_add(nodes);
            if (!node)
                return -ENOMEM;
            node->begin = line - text;
            node->name = word(&rest);
        } else if (node && !strcmp(first, "type")) {
            node->type = word(&rest);
        } else if (node && !strcmp(first, "option")) {
            char *key = word(&rest);

            node_option(node, key, rest + strspn(rest, " \t"));
        } else if (node && !strcmp(first, "subvolumes")) {
            node->subvolumes = rest;
        } else if (node && !strcmp(first, "end-volume")) {
            node->end = next - text;
            node = NULL;
        }
    }
    return 0;
}

static bool
is_type(const struct node *node, const char *type)
{
    return node && node->type && !strcmp(node->type, type);
}

static bool
is_brick(const struct node *node)
{
    return is_type(node, "protocol/client") && node->host && node->path && node->end;
}

static bool
is_distribute(const struct node *node)
{
    return is_type(node, "cluster/distribute") || is_type(node, "cluster/dht") ||
           is_type(node, "cluster/nufa") || is_type(node, "cluster/switch");
}

static int
add_brick(struct gfapi_graph *graph, const struct node *node, const char *text)
{
    struct gfapi_brick *list = realloc(graph->bricks,
                                        (graph->brick_count + 1) * sizeof(*list));

    if (!list)
        return -ENOMEM;
    graph->bricks = list;
    struct gfapi_brick *brick = &list[graph->brick_count++];

    *brick = (struct gfapi_brick){
        .name = strdup(node->name), .server = strdup(node->host), .path = strdup(node->path),
        .volfile = strndup(text + node->begin, node->end - node->begin),
        .set = graph->set_count - 1,
    };
    return brick->name && brick->server && brick->path && brick->volfile ? 0 : -ENOMEM;
}

/* The set that `node` is: its bricks, or itself. text: the untouched volfile. */
static int
add_set(struct gfapi_graph *graph, const struct nodes *nodes, const struct node *node,
        const char *text)
{
    struct gfapi_set *list = realloc(graph->sets, (graph->set_count + 1) * sizeof(*list));
    int ret = 0;

    if (!list)
        return -ENOMEM;
    graph->sets = list;
    struct gfapi_set *set = &list[graph->set_count++];

    *set = (struct gfapi_set){.name = strdup(node->name), .first = graph->brick_count};
    if (!set->name)
        return -ENOMEM;
    if (is_brick(node)) {
        set->count = 1;
        return add_brick(graph, node, text);
    }
    set->type = is_type(node, "cluster/disperse") ? GFAPI_DISPERSED : GFAPI_REPLICATED;
    set->redundancy = node->redundancy ? atoi(node->redundancy) : 0;
    AUTO_FREE char *names = strdup(node->subvolumes ? node->subvolumes : "");

    if (!names)
        return -ENOMEM;
    char *rest = names;

    for (char *name = word(&rest); !ret && *name; name = word(&rest)) {
        const struct node *child = nodes_find(nodes, name);

        if (!is_brick(child) || set->count == GFAPI_SET_MAX)
            return -EINVAL;
        /* the last one is asked which of the others is right, and holds no files */
        if (node->thin_arbiter && !rest[strspn(rest, " \t\r")])
            break;
        ret = add_brick(graph, child, text);
        set->count++;
    }
    if (!ret && node->arbiter && set->count)
        graph->bricks[graph->brick_count - 1].arbiter = true;
    return ret ? ret : set->count ? 0 : -EINVAL;
}

static bool
is_set(const struct node *node)
{
    return is_type(node, "cluster/replicate") || is_type(node, "cluster/afr") ||
           is_type(node, "cluster/disperse") || is_brick(node);
}

static int
add_sets(struct gfapi_graph *graph, const struct nodes *nodes, const char *text)
{
    const struct node *top = NULL, *only = NULL;

    for (size_t i = 0; i < nodes->count; i++) {
        const struct node *node = &nodes->list[i];

        graph->sharded |= is_type(node, "features/shard");
        if (is_distribute(node))
            top = node;
        else if (is_set(node) && (!only || !is_brick(node)))
            only = node;
    }
    if (!top) /* nothing is distributed: all is in the last set, which is the topmost */
        return only ? add_set(graph, nodes, only, text) : -EINVAL;
    AUTO_FREE char *names = strdup(top->subvolumes ? top->subvolumes : "");
    int ret = names ? 0 : -ENOMEM;
    char *rest = names;

    for (char *name = ret ? NULL : word(&rest); !ret && *name; name = word(&rest)) {
        const struct node *child = nodes_find(nodes, name);

        ret = child && is_set(child) ? add_set(graph, nodes, child, text) : -EINVAL;
    }
    return ret ? ret : graph->set_count ? 0 : -EINVAL;
}

int
gfapi_graph_parse(const char *text, size_t len, struct gfapi_graph *graph)
{
    AUTO(nodes_free) struct nodes nodes = {0};
    AUTO_GFAPI_GRAPH struct gfapi_graph made = GFAPI_GRAPH_INIT;
    AUTO_FREE char *copy = malloc(len + 1);

    if (!copy)
        return -ENOMEM;
    memcpy(copy, text, len);
    copy[len] = 0;
    int ret = nodes_parse(copy, len, &nodes);

    if (!ret)
        ret = add_sets(&made, &nodes, text);
    if (ret)
        return ret;
    *graph = made;
    made = (struct gfapi_graph)GFAPI_GRAPH_INIT;
    return 0;
}

bool
gfapi_graph_is_same(const struct gfapi_graph *a, const struct gfapi_graph *b)
{
    if (a->brick_count != b->brick_count || a->set_count != b->set_count)
        return false;
    for (int i = 0; i < a->brick_count; i++)
        if (strcmp(a->bricks[i].name, b->bricks[i].name) ||
            strcmp(a->bricks[i].server, b->bricks[i].server) ||
            strcmp(a->bricks[i].path, b->bricks[i].path) || a->bricks[i].set != b->bricks[i].set)
            return false;
    return true;
}

void
gfapi_graph_free(struct gfapi_graph *graph)
{
    for (int i = 0; i < graph->brick_count; i++) {
        free(graph->bricks[i].name);
        free(graph->bricks[i].server);
        free(graph->bricks[i].path);
        free(graph->bricks[i].volfile);
    }
    for (int i = 0; i < graph->set_count; i++)
        free(graph->sets[i].name);
    free(graph->bricks);
    free(graph->sets);
    *graph = (struct gfapi_graph)GFAPI_GRAPH_INIT;
}

const char *
gfapi_type_name(enum gfapi_type type)
{
    static const char *const names[] = {
        [GFAPI_DISTRIBUTED] = "distributed",
        [GFAPI_REPLICATED] = "replicated",
        [GFAPI_DISPERSED] = "dispersed",
    };

    return names[type];
}
