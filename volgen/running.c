/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A brick that runs cannot gain or lose a translator: with another topology in its
 * volfile it ignores every later change of an option. So its volfile gets exactly
 * the nodes that it runs, in their places; only their options follow the volume's.
 */
#include <errno.h>

#include "volgen/plan.h"

/* A node as it runs: a line of volgen_placed. */
struct running {
    char *name, *type;
    char *subvolume;   /* NULL in a line without one: below the next line's node */
    struct kv options; /* if it is wanted still */
    bool wanted;
};

struct list {
    struct running *nodes; /* top first */
    size_t count;
};

#define AUTO_LIST AUTO(list_free)

static void
list_free(struct list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->nodes[i].name);
        free(list->nodes[i].type);
        free(list->nodes[i].subvolume);
        kv_free(&list->nodes[i].options);
    }
    free(list->nodes);
}

/* `NAME TYPE SUBVOLUME`; the last may hold blanks. */
static int
read_line(struct running *node, const char *line, size_t len)
{
    const char *end = line + len;
    const char *type = memchr(line, ' ', len);
    if (!type++)
        return -EINVAL;
    const char *below = memchr(type, ' ', (size_t)(end - type));

    node->name = strndup(line, (size_t)(type - 1 - line));
    node->type = strndup(type, (size_t)((below ? below : end) - type));
    if (below)
        node->subvolume = strndup(below + 1, (size_t)(end - below - 1));
    return node->name && node->type && (!below || node->subvolume) ? 0 : -ENOMEM;
}

static int
list_read(struct list *list, const char *text)
{
    size_t lines = 0;
    int ret = 0;

    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    list->nodes = calloc(lines + 1, sizeof(*list->nodes));
    if (!list->nodes)
        return -ENOMEM;
    while (*text && !ret) {
        size_t len = strcspn(text, "\n");

        if (len)
            ret = read_line(&list->nodes[list->count++], text, len);
        text += len + (text[len] == '\n');
    }
    return ret;
}

/* Are those that run just what the plan put into the graph? */
static bool
is_as_planned(const struct volgen_graph *graph, const char *volume,
              const struct list *list)
{
    size_t at = list->count;

    /* in the file's order, that is, the last of the list first */
    for (struct volgen_node *node = graph->first; node; node = node->next) {
        if (!volgen_is_ours(node, volume))
            continue;
        if (!at--)
            return false;
        const struct running *run = &list->nodes[at];
        if (strcmp(run->name, node->name) || strcmp(run->type, node->type))
            return false;
        if (run->subvolume && strcmp(run->subvolume, node->subvolumes[0]->name))
            return false;
    }
    return !at;
}

/* Those that run and are wanted get the options that the plan gave them. */
static void
take_options(const struct volgen_graph *graph, struct list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct running *run = &list->nodes[i];
        struct volgen_node *node = volgen_find(graph, run->name);

        if (!node || strcmp(node->type, run->type))
            continue;
        run->wanted = true;
        run->options = node->options;
        node->options = (struct kv)KV_INIT;
    }
}

/* An extension's node that is not wanted any more gets what makes it inactive. For
 * glupy also its module's name, which is the end of the node's: without one it
 * could not even be built, should the brick be restarted behind our back. */
static int
make_inactive(struct running *run, const struct volgen_world *world)
{
    const struct volgen_table *table = world->table;
    const struct volgen_extension *ext = NULL;
    size_t prefix = strlen(world->volume) + strlen("-volext-");

    for (size_t i = 0; i < table->count && strlen(run->name) > prefix; i++) {
        size_t len = strlen(table->extensions[i]->name);

        if (!strcmp(table->extensions[i]->xlator, run->type) &&
            !strncmp(run->name + prefix, table->extensions[i]->name, len) &&
            (!run->name[prefix + len] || run->name[prefix + len] == '-'))
            ext = table->extensions[i];
    }
    if (!ext)
        return 0;
    if (!strcmp(ext->name, "glupy")) {
        const char *module = run->name + prefix + strlen("glupy");
        size_t len = *module == '-' ? strcspn(++module, "-") : 0;
        AUTO_FREE char *name = strndup(module, len);

        if (!name || (len && kv_set(&run->options, "module-name", name)))
            return -ENOMEM;
    }
    if (!ext->inactive_key)
        return 0;
    return kv_set(&run->options, ext->inactive_key, ext->inactive_value);
}

static void
say_lost(const struct volgen_world *world, const struct running *run)
{
    world_say(world, "%s cannot be put back above %s, which is not in the volfile any "
              "more; restart the brick", run->name,
              run->subvolume ? run->subvolume : "what is below the top io-stats");
}

/* What stands below the nodes of a record without subvolumes: that which the top
 * io-stats has. */
static struct volgen_node *
default_place(const struct volgen_graph *graph)
{
    struct volgen_node *node = volgen_find_type(graph, "protocol/server", NULL);

    while (node && strcmp(node->type, "debug/io-stats"))
        node = node->subvolume_count == 1 ? node->subvolumes[0] : NULL;
    return node && node->subvolume_count == 1 ? node->subvolumes[0] : NULL;
}

static int
put_all(struct volgen_graph *graph, const struct volgen_world *world,
        struct list *list)
{
    struct volgen_node *node = default_place(graph);
    int ret = 0;

    for (size_t i = list->count; i-- > 0 && !ret;) {
        struct running *run = &list->nodes[i];

        if (run->subvolume)
            node = volgen_find(graph, run->subvolume);
        if (!node) {
            say_lost(world, run);
            return -ENOENT;
        }
        node = volgen_insert_above(graph, node, run->name, run->type);
        if (!node)
            return -errno;
        if (!run->wanted)
            ret = make_inactive(run, world);
        for (size_t o = 0; o < run->options.count && !ret; o++)
            ret = volgen_set_option(node, run->options.pairs[o].key,
                                    run->options.pairs[o].value);
    }
    return ret;
}

int
volgen_place_running(struct volgen_graph *graph, enum volgen_kind kind,
                     const struct volgen_world *world, const char *running,
                     bool *waiting)
{
    AUTO_LIST struct list list = {0};

    *waiting = false;
    if (kind == VOLGEN_OTHER)
        return 0;
    int ret = list_read(&list, running);
    if (!ret)
        ret = volgen_place(graph, kind, world);
    if (ret)
        return ret;
    if (is_as_planned(graph, world->volume, &list))
        return 0;
    *waiting = true;
    take_options(graph, &list);
    ret = volgen_strip(graph, world->volume);
    return ret ? ret : put_all(graph, world, &list);
}
