/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Volfiles as graphs: nodes by name and in order, the edits, and graph -> text. It
 * knows nothing of what translators are for.
 *
 * Each node knows where it is a subvolume, so that an edit costs what it changes,
 * not what the volfile holds.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "volgen/graph.h"

/* ---- nodes --------------------------------------------------------------- */

struct volgen_node *
node_new(char *name, char *type)
{
    struct volgen_node *node = name && type ? calloc(1, sizeof(*node)) : NULL;

    if (!node) {
        free(name);
        free(type);
        return NULL;
    }
    node->name = name;
    node->type = type;
    node->dirty = true;
    return node;
}

/* Forgets that the node is a subvolume of parent. */
static void
drop_link(struct volgen_node *node, const struct volgen_node *parent)
{
    for (size_t i = 0; i < node->parent_count; i++)
        if (node->parents[i].parent == parent) {
            node->parents[i] = node->parents[--node->parent_count];
            return;
        }
}

void
node_free(struct volgen_node *node)
{
    if (!node)
        return;
    free(node->name);
    free(node->type);
    kv_free(&node->options);
    free(node->subvolumes);
    free(node->parents);
    free(node);
}

/* Room for one more in an array that grows by doubling: it is full whenever its
 * count is a power of two. NULL when memory ran out. */
static void *
grown(void *array, size_t count, size_t size)
{
    if (count & (count - 1))
        return array;
    return reallocarray(array, count ? 2 * count : 1, size);
}

static int
add_link(struct volgen_node *node, struct volgen_node *parent, size_t slot)
{
    struct volgen_link *links = grown(node->parents, node->parent_count, sizeof(*links));

    if (!links)
        return -ENOMEM;
    node->parents = links;
    links[node->parent_count++] = (struct volgen_link){parent, slot};
    return 0;
}

int
node_add_subvolume(struct volgen_node *node, struct volgen_node *child)
{
    struct volgen_node **list = grown(node->subvolumes, node->subvolume_count,
                                      sizeof(*list));
    if (!list)
        return -ENOMEM;
    node->subvolumes = list;
    int ret = add_link(child, node, node->subvolume_count);
    if (!ret)
        list[node->subvolume_count++] = child;
    return ret;
}

/* ---- names and order ----------------------------------------------------- */

enum { FIRST_BUCKETS = 64 };

static size_t
bucket_of(const struct volgen_graph *graph, const char *name)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 1099511628211u;
    return hash & (graph->bucket_count - 1);
}

struct volgen_node *
volgen_find(const struct volgen_graph *graph, const char *name)
{
    struct volgen_node *node =
        graph->bucket_count ? graph->buckets[bucket_of(graph, name)] : NULL;

    while (node && strcmp(node->name, name))
        node = node->same_bucket;
    return node;
}

static void
hash_in(struct volgen_graph *graph, struct volgen_node *node)
{
    struct volgen_node **bucket = &graph->buckets[bucket_of(graph, node->name)];

    node->same_bucket = *bucket;
    *bucket = node;
}

static void
hash_out(struct volgen_graph *graph, struct volgen_node *node)
{
    struct volgen_node **at = &graph->buckets[bucket_of(graph, node->name)];

    while (*at != node)
        at = &(*at)->same_bucket;
    *at = node->same_bucket;
}

/* As many buckets as nodes at least, also with one node more. */
static int
hash_grow(struct volgen_graph *graph)
{
    if (graph->node_count < graph->bucket_count)
        return 0;
    size_t count = graph->bucket_count ? 4 * graph->bucket_count : FIRST_BUCKETS;
    struct volgen_node **buckets = calloc(count, sizeof(struct volgen_node *));
    if (!buckets)
        return -ENOMEM;
    free(graph->buckets);
    graph->buckets = buckets;
    graph->bucket_count = count;
    for (struct volgen_node *node = graph->first; node; node = node->next)
        hash_in(graph, node);
    return 0;
}

int
graph_add(struct volgen_graph *graph, struct volgen_node *node,
          struct volgen_node *after)
{
    int ret = hash_grow(graph);
    if (ret)
        return ret;

    struct volgen_node **from = after ? &after->next : &graph->first;
    node->prev = after;
    node->next = *from;
    *from = node;
    if (node->next)
        node->next->prev = node;
    else
        graph->last = node;
    graph->node_count++;
    hash_in(graph, node);
    return 0;
}

static void
graph_drop(struct volgen_graph *graph, struct volgen_node *node)
{
    *(node->prev ? &node->prev->next : &graph->first) = node->next;
    *(node->next ? &node->next->prev : &graph->last) = node->prev;
    graph->node_count--;
    hash_out(graph, node);
}

void
volgen_graph_free(struct volgen_graph *graph)
{
    if (!graph)
        return;
    for (struct volgen_node *node = graph->first, *next; node; node = next) {
        next = node->next;
        node_free(node);
    }
    free(graph->buckets);
    free(graph->text);
    free(graph);
}

struct volgen_node *
volgen_find_type(const struct volgen_graph *graph, const char *type,
                 const struct volgen_node *after)
{
    struct volgen_node *node = after ? after->next : graph->first;

    while (node && strcmp(node->type, type))
        node = node->next;
    return node;
}

struct volgen_node *
volgen_top(const struct volgen_graph *graph)
{
    struct volgen_node *top = NULL;

    for (struct volgen_node *node = graph->first; node; node = node->next) {
        if (node->parent_count)
            continue;
        if (top)
            return NULL;
        top = node;
    }
    return top;
}

/* ---- graph -> text ------------------------------------------------------- */

/* Can the grammar hold it at all? Line ends are dropped even from quoted words. */
static bool
is_printable(const char *word)
{
    return *word && !strchr(word, '\n');
}

static void
print_word(const char *word, struct strbuf *out)
{
    if (*word != '#' && word_kind(word) == W_NAME && !strpbrk(word, " \t\r\"\\`")) {
        strbuf_str(out, word);
        return;
    }
    strbuf_char(out, '"');
    for (; *word; word++) {
        /* behind a backslash a backquote is no command */
        if (strchr("\"\\`", *word))
            strbuf_char(out, '\\');
        strbuf_char(out, *word);
    }
    strbuf_char(out, '"');
}

/* In the form of glusterd's own writer. */
static void
print_node(const struct volgen_node *node, struct strbuf *out)
{
    strbuf_str(out, "volume ");
    print_word(node->name, out);
    strbuf_str(out, "\n    type ");
    print_word(node->type, out);
    strbuf_char(out, '\n');
    for (size_t i = 0; i < node->options.count; i++) {
        strbuf_str(out, "    option ");
        print_word(node->options.pairs[i].key, out);
        strbuf_char(out, ' ');
        print_word(node->options.pairs[i].value, out);
        strbuf_char(out, '\n');
    }
    if (node->subvolume_count) {
        strbuf_str(out, "    subvolumes");
        for (size_t i = 0; i < node->subvolume_count; i++) {
            strbuf_char(out, ' ');
            print_word(node->subvolumes[i]->name, out);
        }
        strbuf_char(out, '\n');
    } else if (!node->options.count)
        /* all its options were empty, which GlusterFS drops; one must be there */
        strbuf_str(out, "    option none \"\"\n");
    strbuf_str(out, "end-volume");
}

int
volgen_print(const struct volgen_graph *graph, struct strbuf *out)
{
    for (const struct volgen_node *node = graph->first; node; node = node->next) {
        if (!node->dirty) {
            strbuf_add(out, node->source, node->source_len);
            continue;
        }
        /* comments before a node stay; a new node is never the first */
        if (node->source)
            strbuf_add(out, node->source, node->lead_len);
        else
            strbuf_str(out, "\n\n");
        print_node(node, out);
    }
    strbuf_add(out, graph->tail, graph->tail_len);
    return strbuf_failed(out) ? -ENOMEM : 0;
}

/* ---- edits --------------------------------------------------------------- */

/* Whoever has `old` as a subvolume gets `new`, which must have no links yet but has
 * room for them all. */
static void
hand_links(struct volgen_node *old, struct volgen_node *new)
{
    for (size_t i = 0; i < old->parent_count; i++) {
        struct volgen_link *link = &old->parents[i];

        link->parent->subvolumes[link->slot] = new;
        link->parent->dirty = true;
    }
    assert(!new->parent_count && !new->parents);
    new->parents = TAKE(old->parents);
    new->parent_count = old->parent_count;
    old->parent_count = 0;
}

/* A new node in the graph, after another in the file's order, with room for a
 * subvolume. Sets errno. */
static struct volgen_node *
new_node(struct volgen_graph *graph, struct volgen_node *after, const char *name,
         const char *type)
{
    if (!is_printable(name) || !is_printable(type)) {
        errno = EINVAL;
        return NULL;
    }
    if (volgen_find(graph, name)) {
        errno = EEXIST;
        return NULL;
    }
    AUTO_NODE struct volgen_node *node = node_new(strdup(name), strdup(type));
    if (node)
        node->subvolumes = malloc(sizeof(struct volgen_node *));
    if (!node || !node->subvolumes || graph_add(graph, node, after)) {
        errno = ENOMEM;
        return NULL;
    }
    return TAKE(node);
}

struct volgen_node *
volgen_insert_above(struct volgen_graph *graph, struct volgen_node *child,
                    const char *name, const char *type)
{
    struct volgen_link *links = malloc(sizeof(*links));
    struct volgen_node *node = links ? new_node(graph, child, name, type) : NULL;

    if (!node) {
        free(links); /* keeps errno */
        return NULL;
    }
    hand_links(child, node);
    links[0] = (struct volgen_link){node, 0};
    child->parents = links;
    child->parent_count = 1;
    node->subvolumes[0] = child;
    node->subvolume_count = 1;
    return node;
}

struct volgen_node *
volgen_insert_below(struct volgen_graph *graph, struct volgen_node *parent,
                    const char *name, const char *type)
{
    if (parent->subvolume_count != 1) {
        errno = EINVAL;
        return NULL;
    }
    struct volgen_node *child = parent->subvolumes[0];
    struct volgen_link *links = malloc(sizeof(*links));
    /* the child stands before its parent, so that there is one before it */
    struct volgen_node *node =
        links ? new_node(graph, parent->prev, name, type) : NULL;
    if (!node) {
        free(links);
        return NULL;
    }
    for (size_t i = 0; i < child->parent_count; i++)
        if (child->parents[i].parent == parent)
            child->parents[i] = (struct volgen_link){node, 0};
    links[0] = (struct volgen_link){parent, 0};
    node->parents = links;
    node->parent_count = 1;
    node->subvolumes[0] = child;
    node->subvolume_count = 1;
    parent->subvolumes[0] = node;
    parent->dirty = true;
    return node;
}

int
volgen_remove(struct volgen_graph *graph, struct volgen_node *node)
{
    if (node->subvolume_count != 1)
        return -EINVAL;

    struct volgen_node *child = node->subvolumes[0];
    drop_link(child, node);
    for (size_t i = 0; i < node->parent_count; i++) {
        struct volgen_link link = node->parents[i];

        if (add_link(child, link.parent, link.slot))
            return -ENOMEM;
        link.parent->subvolumes[link.slot] = child;
        link.parent->dirty = true;
    }
    graph_drop(graph, node);
    node_free(node);
    return 0;
}

int
volgen_set_option(struct volgen_node *node, const char *key, const char *value)
{
    const char *old = kv_get(&node->options, key);

    if (!is_printable(key) || !is_printable(value))
        return -EINVAL;
    if (old && !strcmp(old, value))
        return 0;
    int ret = kv_set(&node->options, key, value);
    if (!ret)
        node->dirty = true;
    return ret;
}
