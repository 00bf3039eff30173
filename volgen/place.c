/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Which nodes a volume's options want in which kind of volfile, and where. It
 * asks its caller what is installed; it reads no file and knows no glusterd.
 *
 * First a plan is made of all nodes, top first, from the options alone; then each
 * is put into the graph. A node's place depends on the stock nodes only, and all
 * of ours are taken out before, so that doing it twice changes nothing.
 */
#include <errno.h>

#include "volgen/volgen.h"

/* A node to be: of each there is one at every place that its position names. */
struct wanted {
    const struct volgen_extension *ext;
    char *stem;     /* its name; with more than one place, -0, -1, … follow */
    char *position; /* as in volgen_extension */
    struct kv options;
};

struct plan {
    const struct volgen_world *world;
    enum volgen_kind kind;
    struct wanted *list; /* top first */
    size_t count;
};

#define AUTO_PLAN AUTO(plan_free)

static void
plan_free(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        free(plan->list[i].stem);
        free(plan->list[i].position);
        kv_free(&plan->list[i].options);
    }
    free(plan->list);
}

static void
say(const struct volgen_world *world, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
say(const struct volgen_world *world, const char *fmt, ...)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    va_list args;

    if (!world->complain)
        return;
    strbuf_fmt(&text, "volume %s: ", world->volume);
    va_start(args, fmt);
    strbuf_vfmt(&text, fmt, args);
    va_end(args);
    world->complain(world->arg, strbuf_text(&text));
}

/* ---- what is wanted ------------------------------------------------------ */

/* The value stored under user.KEY if it may be used, else fallback. */
static const char *
usable(const struct plan *plan, const struct volgen_option *option,
       const char *stored, const char *value, const char *fallback)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;

    if (volgen_check(option, stored + strlen("user."), value, &why) == 0)
        return value;
    say(plan->world, "%s; %s%s is used instead", strbuf_text(&why),
        *fallback ? "the default " : "no value", fallback);
    return fallback;
}

/* The value of an extension's option: what is stored, or the default. */
static const char *
value_of(const struct plan *plan, const struct volgen_option *option)
{
    AUTO_FREE char *stored = str_fmt("user.%s", option->key);
    const char *value = stored ? kv_get(plan->world->options, stored) : NULL;

    if (!value || !strcmp(value, option->def))
        return option->def;
    if (!*option->def && !strcmp(value, VOLGEN_UNSET))
        return "";
    return usable(plan, option, stored, value, option->def);
}

static const char *
value_by_key(const struct plan *plan, const struct volgen_extension *ext,
             const char *key)
{
    for (size_t i = 0; i < ext->option_count; i++)
        if (!strcmp(ext->options[i].key, key))
            return value_of(plan, &ext->options[i]);
    return "";
}

/* Adds an empty node to the plan; NULL when memory ran out. */
static struct wanted *
plan_add(struct plan *plan, const struct volgen_extension *ext, const char *module,
         const char *position)
{
    struct wanted *list = reallocarray(plan->list, plan->count + 1, sizeof(*list));
    if (!list)
        return NULL;
    plan->list = list;
    list += plan->count++;
    *list = (struct wanted){.ext = ext, .position = strdup(position)};
    list->stem = str_fmt("%s-volext-%s%s%s", plan->world->volume, ext->name,
                         module ? "-" : "", module ? module : "");
    return list->stem && list->position ? list : NULL;
}

/* Options of the xlator for the options of the volume. Ours give what differs from
 * the default; a description's defaults are given too, since the xlator's own may be
 * others. */
static int
plan_options(const struct plan *plan, struct wanted *node, bool defaults)
{
    const struct volgen_extension *ext = node->ext;

    for (size_t i = 0; i < ext->option_count; i++) {
        const struct volgen_option *option = &ext->options[i];

        if (!option->xlator_option || option->prefix)
            continue;
        const char *value = value_of(plan, option);
        if (!*value || (!defaults && !strcmp(value, option->def)))
            continue;
        if (kv_set(&node->options, option->xlator_option, value))
            return -ENOMEM;
    }
    return 0;
}

static bool
is_installed(const struct plan *plan, const struct volgen_extension *ext)
{
    const struct volgen_world *world = plan->world;

    if (world->has_xlator(world->arg, ext->xlator))
        return true;
    say(world, "%s is left out: the translator %s is not installed for the GlusterFS "
        "that runs here; install its package", ext->name, ext->xlator);
    return false;
}

static int
plan_described(struct plan *plan, const struct volgen_extension *ext)
{
    const char *on = value_by_key(plan, ext, ext->switch_key);
    static const char *const yes[] = {"on", "yes", "true", "enable", "1"};
    bool wanted = false;

    for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
        wanted |= !strcasecmp(on, yes[i]);
    if (!wanted || !(ext->kinds & plan->kind) || !is_installed(plan, ext))
        return 0;
    struct wanted *node = plan_add(plan, ext, NULL, ext->position);
    return node ? plan_options(plan, node, true) : -ENOMEM;
}

/* ---- glupy --------------------------------------------------------------- */

static bool
glupy_is_for(const struct plan *plan, const struct volgen_extension *ext)
{
    bool brick = !strcmp(value_by_key(plan, ext, "features.glupy-side"), "brick");

    if (plan->kind == VOLGEN_BRICK || brick)
        return plan->kind == VOLGEN_BRICK && brick;
    if (plan->kind == VOLGEN_CLIENT)
        return !strcmp(value_by_key(plan, ext, "features.glupy-clients"), "all");
    return plan->kind == VOLGEN_TRUSTED_CLIENT;
}

/* Is the module there, and the one that every node must have? */
static bool
module_is_usable(const struct plan *plan, const char *name,
                 struct volgen_module *module)
{
    const struct volgen_world *world = plan->world;
    AUTO_FREE char *key = str_fmt("user.features.glupy-digest.%s", name);
    const char *digest = key ? kv_get(world->options, key) : NULL;
    const char *why = "it is not there";

    if (!world->find_module(world->arg, name, module, &why)) {
        say(world, "the glupy module %s is left out: %s; install it with `gluster "
            "glupy install FILE`", name, why);
        return false;
    }
    if (!digest || !strcmp(digest, VOLGEN_UNSET) || !strcasecmp(digest, module->digest))
        return true;
    say(world, "the glupy module %s is left out: the file here has the SHA-256 "
        "%.12s…, every node must have %.12s…; install it anew with `gluster glupy "
        "install FILE`", name, module->digest, digest);
    return false;
}

/* features.glupy-option.MODULE.KEY becomes module-option.KEY in MODULE's node. */
static int
plan_module_options(const struct plan *plan, struct wanted *node, const char *name)
{
    const struct kv *options = plan->world->options;
    AUTO_FREE char *start = str_fmt("user.features.glupy-option.%s.", name);
    if (!start)
        return -ENOMEM;
    size_t len = strlen(start);

    for (size_t i = 0; i < options->count; i++) {
        const char *key = options->pairs[i].key;

        if (strncmp(key, start, len) || !key[len])
            continue;
        const struct volgen_option *option =
            volgen_option_find(plan->world->table, key, NULL);
        const char *value = options->pairs[i].value;
        if (!option || !strcmp(value, VOLGEN_UNSET) || !*usable(plan, option, key, value, ""))
            continue;
        AUTO_FREE char *own = str_fmt("module-option.%s", key + len);
        if (!own || kv_set(&node->options, own, value))
            return -ENOMEM;
    }
    return 0;
}

static int
plan_module(struct plan *plan, const struct volgen_extension *ext,
            const char *position, const char *name)
{
    struct volgen_module module = {0};

    if (!module_is_usable(plan, name, &module))
        return 0;
    struct wanted *node = plan_add(plan, ext, name, position);
    if (!node || kv_set(&node->options, "module-name", name) ||
        kv_set(&node->options, "module-path", module.dir) ||
        kv_set(&node->options, "module-digest", module.digest))
        return -ENOMEM;
    int ret = plan_options(plan, node, false);
    return ret ? ret : plan_module_options(plan, node, name);
}

static int
plan_glupy(struct plan *plan, const struct volgen_extension *ext)
{
    const char *modules = value_by_key(plan, ext, ext->switch_key);

    if (!strcmp(modules, "off") || !glupy_is_for(plan, ext) ||
        !is_installed(plan, ext))
        return 0;
    const char *type = value_by_key(plan, ext, "features.glupy-position");
    AUTO_FREE char *position = str_fmt("%s%s", *type ? "above " : "", type);
    AUTO_FREE char *list = strdup(modules);
    if (!position || !list)
        return -ENOMEM;
    char *rest = list, *name;
    int ret = 0;
    while (!ret && (name = strsep(&rest, ",")))
        ret = plan_module(plan, ext, position, name);
    return ret;
}

static int
plan_make(struct plan *plan)
{
    const struct volgen_table *table = plan->world->table;
    int ret = 0;

    for (size_t i = 0; !ret && i < table->count; i++) {
        const struct volgen_extension *ext = table->extensions[i];

        if (!strcmp(ext->name, "glupy"))
            ret = plan_glupy(plan, ext);
        else
            ret = plan_described(plan, ext);
    }
    return ret;
}

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
        say(plan->world, "%s is left out: the volfile has no debug/io-stats on top "
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
            say(plan->world, "%s cannot be put %s: no translator fits there in this "
                "kind of volfile", want->stem, want->position);
        else if (places_add(places, node))
            return -ENOMEM;
    }
    if (!places->count)
        say(plan->world, "%s is left out: the volfile has no place %s; set another "
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
            say(plan->world, "%s: the value of %s is left out: a volfile cannot hold "
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
