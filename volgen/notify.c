/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The node of change notification in bricks. Where notification is off it is there, too, so
 * that turning it on is a change of an option and not of a graph, which a running brick
 * cannot follow.
 */
#include <errno.h>

#include "volgen/plan.h"

static const char shard_block_size[] = "features.shard-block-size";

bool
volgen_reads(const char *key)
{
    return !strcmp(key, shard_block_size);
}

static const struct volgen_extension *
find_gnotify(const struct volgen_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        if (!strcmp(table->extensions[i]->name, "gnotify"))
            return table->extensions[i];
    return NULL;
}

/* Without the option the translator records what is recorded by default. */
static int
set_events(const struct plan *plan, struct wanted *node)
{
    const char *events = plan_value(plan, node->ext, "features.notify-events");
    AUTO_STRBUF struct strbuf records = STRBUF_INIT;

    if (!strcmp(events, VOLGEN_UNSET))
        return 0;
    int ret = volgen_events_records(events, &records);

    return ret ? ret : kv_set(&node->options, "events", strbuf_text(&records));
}

int
plan_notify(struct plan *plan)
{
    const struct volgen_extension *ext = find_gnotify(plan->world->table);
    const struct volgen_world *world = plan->world;

    if (!ext || plan->kind != VOLGEN_BRICK)
        return 0;
    bool on = plan_is_on(plan, ext);
    if (on ? !plan_is_installed(plan, ext)
           : !world->resident || !world->has_xlator(world->arg, ext->xlator))
        return 0;
    struct wanted *node = plan_add(plan, ext, NULL, "");
    int ret = node ? kv_set(&node->options, "active", on ? "on" : "off") : -ENOMEM;
    const char *block = kv_get(world->options, shard_block_size);

    if (!ret)
        ret = set_events(plan, node);
    if (!ret && block)
        ret = kv_set(&node->options, "shard-block-size", block);
    return ret ? ret : plan_options(plan, node, false);
}
