/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Where the nodes of a plan go in a graph. A node's place depends on the stock nodes
 * only, and all of ours are taken out before, so that doing it twice changes nothing.
 */
#include <errno.h>

#include "volgen/plan.h"

/* ---- where --------------------------------------------------------------- */

struct places {
    struct volgen_node **list;
    size_t count;
};

#define AUTO_PLACES AUTO(places_free)

static void
places_free(struct places *places)
{
    free(places->list);
}

static int
places_add(struct places *places, struct volgen_node *node)
{
    /* grows by doubling: full whenever the count is a power of two */
    if ((places->count & (places->count - 1)) == 0) {
        size_t room = places->count ? 2 * places->count : 1;
        struct volgen_node **list = reallocarray(places->list, room, sizeof(*list));

        if (!list)
            return -ENOMEM;
        places->list = list;
    }
    places->list[places->count++] = node;
    return 0;
}

/* The io-stats that stands on top of everything in a client, and in a brick of
 * everything but protocol/server. NULL if there is none. */
static struct volgen_node *
top_io_stats(const struct volgen_graph *graph, enum volgen_kind kind)
{
    struct volgen_node *node = kind == VOLGEN_BRICK
        ? volgen_find_type(graph, "protocol/server", NULL) : volgen_top(graph);

    while (node && strcmp(node->type, "debug/io-stats"))
        node = node->subvolume_count == 1 ? node->subvolumes[0] : NULL;
    return node && node->subvolume_count == 1 ? node : NULL;
}

/* Clients of a brick bind to the child of its server by name: a translator above
 * that would never be reached, or would not let the brick start. */
static bool
is_above_the_brick(const struct volgen_graph *graph, const struct volgen_node *node)
{
    const struct volgen_node *server =
        volgen_find_type(graph, "protocol/server", NULL);

    if (node == server)
        return true;
    for (size_t i = 0; server && i < server->subvolume_count; i++)
        if (server->subvolumes[i] == node)
            return true;
    return false;
}

static int
find_places(const struct volgen_graph *graph, const struct plan *plan,
            const struct wanted *want, bool *above, struct places *places)
{
    const char *type = strchr(want->position, ' ');

    *above = type && !strncmp(want->position, "above ", 6);
    if (!type) {
        struct volgen_node *top = top_io_stats(graph, plan->kind);

        if (top)
            return places_add(places, top);
        world_say(plan->world, "%s is left out: the volfile has no debug/io-stats on top "
            "to put it under", want->stem);
        return 0;
    }
    struct volgen_node *node = NULL;
    while ((node = volgen_find_type(graph, type + 1, node))) {
        if (volgen_is_ours(node, plan->world->volume))
            continue;
        bool fits = *above ? plan->kind != VOLGEN_BRICK ||
                                 !is_above_the_brick(graph, node)
                           : node->subvolume_count == 1;
        if (!fits)
            world_say(plan->world, "%s cannot be put %s: no translator fits there in this "
                "kind of volfile", want->stem, want->position);
        else if (places_add(places, node))
            return -ENOMEM;
    }
    if (!places->count)
        world_say(plan->world, "%s is left out: the volfile has no place %s; set another "
            "position", want->stem, want->position);
    return 0;
}

static int
set_options(struct volgen_node *node, const struct plan *plan,
            const struct kv *options)
{
    for (size_t i = 0; i < options->count; i++) {
        const char *key = options->pairs[i].key;
        int ret = volgen_set_option(node, key, options->pairs[i].value);

        if (ret == -EINVAL)
            world_say(plan->world, "%s: the value of %s is left out: a volfile cannot hold "
                "it", node->name, key);
        else if (ret)
            return ret;
    }
    return 0;
}

/* Those of ours that stand below `node` already come before what is put there. */
static struct volgen_node *
below_ours(struct volgen_node *node, const char *volume)
{
    while (node->subvolume_count == 1 && volgen_is_ours(node->subvolumes[0], volume))
        node = node->subvolumes[0];
    return node;
}

static int
put(struct volgen_graph *graph, const struct plan *plan, const struct wanted *want)
{
    AUTO_PLACES struct places places = {0};
    bool above;
    int ret = find_places(graph, plan, want, &above, &places);

    for (size_t i = 0; !ret && i < places.count; i++) {
        AUTO_FREE char *name = places.count == 1 ? strdup(want->stem)
                                                 : str_fmt("%s-%zu", want->stem, i);
        if (!name)
            return -ENOMEM;
        struct volgen_node *at = places.list[i], *node;
        if (above)
            node = volgen_insert_above(graph, at, name, want->ext->xlator);
        else
            node = volgen_insert_below(graph, below_ours(at, plan->world->volume),
                                       name, want->ext->xlator);
        ret = node ? set_options(node, plan, &want->options) : -errno;
    }
    return ret;
}

/* ---- the interface ------------------------------------------------------- */

/* A brick's volfile is VOLUME.HOST.PATH.vol, with - for the slashes of PATH, so that
 * there is a dot between HOST and PATH; no other kind has one there but the volfiles
 * that quota makes, VOLUME.client.HOST.PATH.vol. */
enum volgen_kind
volgen_kind_of(const char *volume, const char *file)
{
    size_t len = strlen(volume);
    bool trusted = !strncmp(file, "trusted-", 8);
    const char *rest = trusted ? file + 8 : file;

    if (!len || strncmp(rest, volume, len) || rest[len] != '.')
        return VOLGEN_OTHER;
    rest += len + 1;
    if (!strcmp(rest, "tcp-fuse.vol"))
        return trusted ? VOLGEN_TRUSTED_CLIENT : VOLGEN_CLIENT;

    size_t n = strlen(rest);
    const char *dot = strchr(rest, '.');
    const char *end = n > 4 ? rest + n - 4 : rest;
    if (trusted || strcmp(end, ".vol") || !dot || dot == rest || dot + 1 >= end)
        return VOLGEN_OTHER;
    if (!strncmp(rest, "client.", 7)) {
        const char *second = strchr(dot + 1, '.');

        if (second && second < end)
            return VOLGEN_OTHER;
    }
    return VOLGEN_BRICK;
}

bool
volgen_is_ours(const struct volgen_node *node, const char *volume)
{
    static const char mark[] = "-volext-";
    size_t len = strlen(volume);

    return !strncmp(node->name, volume, len) &&
           !strncmp(node->name + len, mark, sizeof(mark) - 1);
}

int
volgen_strip(struct volgen_graph *graph, const char *volume)
{
    int ret = 0;

    for (struct volgen_node *node = graph->first, *next; node && !ret; node = next) {
        next = node->next;
        if (volgen_is_ours(node, volume))
            ret = volgen_remove(graph, node);
    }
    return ret;
}

int
volgen_place(struct volgen_graph *graph, enum volgen_kind kind,
             const struct volgen_world *world)
{
    AUTO_PLAN struct plan plan = {.world = world, .kind = kind};

    if (kind == VOLGEN_OTHER)
        return 0;
    int ret = volgen_strip(graph, world->volume);
    if (!ret)
        ret = plan_make(&plan);
    for (size_t i = 0; !ret && i < plan.count; i++)
        ret = put(graph, &plan, &plan.list[i]);
    return ret;
}

int
volgen_placed(const struct volgen_graph *graph, const char *volume,
              struct strbuf *out)
{
    AUTO_PLACES struct places ours = {0};

    /* children come first in a volfile, so that the last is the top */
    for (struct volgen_node *node = graph->first; node; node = node->next)
        if (volgen_is_ours(node, volume) && places_add(&ours, node))
            return -ENOMEM;
    for (size_t i = ours.count; i-- > 0;) {
        const struct volgen_node *node = ours.list[i];

        strbuf_fmt(out, "%s %s", node->name, node->type);
        if (node->subvolume_count)
            strbuf_fmt(out, " %s", node->subvolumes[0]->name);
        strbuf_char(out, '\n');
    }
    return strbuf_failed(out) ? -ENOMEM : 0;
}
