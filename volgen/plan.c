/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Which nodes a volume's options want in a kind of volfile, with which options of
 * their own. It asks its caller what is installed, and looks at no graph.
 */
#include <errno.h>

#include "common/onoff.h"
#include "volgen/plan.h"

void
plan_free(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        free(plan->list[i].stem);
        free(plan->list[i].position);
        kv_free(&plan->list[i].options);
    }
    free(plan->list);
}

void
world_say(const struct volgen_world *world, const char *fmt, ...)
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

/* ---- values and nodes ---------------------------------------------------- */

/* The value stored under user.KEY if it may be used, else fallback. */
static const char *
usable(const struct plan *plan, const struct volgen_option *option,
       const char *stored, const char *value, const char *fallback)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;

    if (volgen_check(option, stored + strlen("user."), value, &why) == 0)
        return value;
    world_say(plan->world, "%s; %s%s is used instead", strbuf_text(&why),
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

const char *
plan_value(const struct plan *plan, const struct volgen_extension *ext,
             const char *key)
{
    for (size_t i = 0; i < ext->option_count; i++)
        if (!strcmp(ext->options[i].key, key))
            return value_of(plan, &ext->options[i]);
    return "";
}

struct wanted *
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

int
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

bool
plan_is_installed(const struct plan *plan, const struct volgen_extension *ext)
{
    const struct volgen_world *world = plan->world;

    if (world->has_xlator(world->arg, ext->xlator))
        return true;
    world_say(world, "%s is left out: the translator %s is not installed for the GlusterFS "
        "that runs here; install its package", ext->name, ext->xlator);
    return false;
}

bool
plan_is_on(const struct plan *plan, const struct volgen_extension *ext)
{
    return onoff_parse(plan_value(plan, ext, ext->switch_key)) == 1;
}

static int
plan_described(struct plan *plan, const struct volgen_extension *ext)
{
    if (!plan_is_on(plan, ext) || !(ext->kinds & plan->kind) || !plan_is_installed(plan, ext))
        return 0;
    struct wanted *node = plan_add(plan, ext, NULL, ext->position);
    return node ? plan_options(plan, node, true) : -ENOMEM;
}

/* ---- glupy --------------------------------------------------------------- */

static bool
glupy_is_for(const struct plan *plan, const struct volgen_extension *ext)
{
    bool brick = !strcmp(plan_value(plan, ext, "features.glupy-side"), "brick");

    if (plan->kind == VOLGEN_BRICK || brick)
        return plan->kind == VOLGEN_BRICK && brick;
    if (plan->kind == VOLGEN_CLIENT)
        return !strcmp(plan_value(plan, ext, "features.glupy-clients"), "all");
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
        world_say(world, "the glupy module %s is left out: %s; install it with `gluster "
            "glupy install FILE`", name, why);
        return false;
    }
    if (!digest || !strcmp(digest, VOLGEN_UNSET) || !strcasecmp(digest, module->digest))
        return true;
    world_say(world, "the glupy module %s is left out: the file here has the SHA-256 "
        "%.12s…, every node must have %.12s…; install it anew with `gluster glupy "
        "install FILE`", name, module->digest, digest);
    return false;
}

/* Another generation than before makes those who run the module load it anew. */
static int
plan_generation(const struct plan *plan, struct wanted *node, const char *name)
{
    AUTO_FREE char *key = str_fmt("user.features.glupy-generation.%s", name);
    const char *value = key ? kv_get(plan->world->options, key) : NULL;

    if (!key)
        return -ENOMEM;
    if (!value || !strcmp(value, VOLGEN_UNSET))
        return 0;
    value = usable(plan, volgen_option_find(plan->world->table, key, NULL), key, value, "");
    return *value ? kv_set(&node->options, "module-generation", value) : 0;
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
    int ret = plan_generation(plan, node, name);
    if (!ret)
        ret = plan_options(plan, node, false);
    return ret ? ret : plan_module_options(plan, node, name);
}

static int
plan_glupy(struct plan *plan, const struct volgen_extension *ext)
{
    const char *modules = plan_value(plan, ext, ext->switch_key);

    if (volgen_is_off(modules) || !glupy_is_for(plan, ext) ||
        !plan_is_installed(plan, ext))
        return 0;
    const char *type = plan_value(plan, ext, "features.glupy-position");
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

/* ---- upcall -------------------------------------------------------------- */

/* A translator that passes everything through. Its name has a number that is new whenever
 * clients must not believe what they have cached: with another graph they begin anew. */
static const struct volgen_extension upcall_mark = {
    .name = "upcall", .xlator = "performance/read-ahead", .position = ""};

/* `on fresh=NUMBER …` in what volume upcall keeps for itself. */
static int
plan_upcall(struct plan *plan)
{
    static const char start[] = "on fresh=";
    const char *memory = kv_get(plan->world->options, "user.volext.upcall");

    if (!(plan->kind & (VOLGEN_TRUSTED_CLIENT | VOLGEN_CLIENT)) || !memory ||
        strncmp(memory, start, strlen(start)))
        return 0;
    memory += strlen(start);
    size_t digits = strspn(memory, "0123456789");
    if (!digits || digits > 20 || (memory[digits] && memory[digits] != ' ') ||
        !plan_is_installed(plan, &upcall_mark))
        return 0;
    AUTO_FREE char *number = strndup(memory, digits);
    struct wanted *node = number ? plan_add(plan, &upcall_mark, number, "") : NULL;

    return node ? kv_set(&node->options, "pass-through", "on") : -ENOMEM;
}

int
plan_make(struct plan *plan)
{
    const struct volgen_table *table = plan->world->table;
    int ret = plan_notify(plan);

    for (size_t i = 0; !ret && i < table->count; i++) {
        const struct volgen_extension *ext = table->extensions[i];

        if (!strcmp(ext->name, "glupy"))
            ret = plan_glupy(plan, ext);
        else if (strcmp(ext->name, "gnotify"))
            ret = plan_described(plan, ext);
    }
    return ret ? ret : plan_upcall(plan);
}
