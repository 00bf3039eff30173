/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Fuzz target: any bytes as a volfile. What is not edited comes back as it was; what
 * is edited, placed or stripped prints to a volfile that parses to the same graph.
 * The edits follow from the bytes, so that every finding can be repeated.
 */
#include <errno.h>
#include <stdint.h>

#include "common/must.h"
#include "volgen/volgen.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint64_t seed;

static unsigned
choose(unsigned below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % below;
}

static void
print(const struct volgen_graph *graph, struct strbuf *out)
{
    strbuf_reset(out);
    strbuf_str(out, "");
    MUST(volgen_print(graph, out) == 0);
}

static bool
is_same(const struct strbuf *a, const struct strbuf *b)
{
    return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

static struct volgen_graph *
parse(const struct strbuf *text)
{
    struct volgen_error err;
    struct volgen_graph *graph = volgen_parse(text->data, text->len, &err);

    if (!graph)
        fprintf(stderr, "%d:%d: %s\n%s\n", err.line, err.column, err.text, text->data);
    MUST(graph);
    return graph;
}

static void
must_be_same_graph(const struct volgen_graph *a, const struct volgen_graph *b)
{
    const struct volgen_node *x = a->first, *y = b->first;

    for (; x && y; x = x->next, y = y->next) {
        MUST(!strcmp(x->name, y->name) && !strcmp(x->type, y->type));
        MUST(volgen_find(a, x->name) == x && volgen_find(b, y->name) == y);
        MUST(x->options.count == y->options.count);
        for (size_t i = 0; i < x->options.count; i++)
            MUST(!strcmp(x->options.pairs[i].key, y->options.pairs[i].key) &&
                 !strcmp(x->options.pairs[i].value, y->options.pairs[i].value));
        MUST(x->subvolume_count == y->subvolume_count);
        MUST(x->parent_count == y->parent_count);
        for (size_t i = 0; i < x->subvolume_count; i++)
            MUST(!strcmp(x->subvolumes[i]->name, y->subvolumes[i]->name));
        for (size_t i = 0; i < x->parent_count; i++)
            MUST(x->parents[i].parent->subvolumes[x->parents[i].slot] == x);
    }
    MUST(!x && !y);
}

/* What was made prints to something that parses to it again, and that prints the
 * same, even when every node is printed anew. */
static void
must_print_well(struct volgen_graph *graph)
{
    AUTO_STRBUF struct strbuf once = STRBUF_INIT, twice = STRBUF_INIT;

    print(graph, &once);
    struct volgen_graph *again = parse(&once);
    must_be_same_graph(graph, again);
    print(again, &twice);
    MUST(is_same(&once, &twice));
    for (struct volgen_node *node = again->first; node; node = node->next)
        node->dirty = true;
    print(again, &once);
    struct volgen_graph *third = parse(&once);
    must_be_same_graph(graph, third);
    volgen_graph_free(third);
    volgen_graph_free(again);
}

static const char *const words[] = {
    "a", "v-volext-glupy-one", "v", "volume", "#", "x y", "\"", "\\", "`", "\\`", "\r\n",
    "", "é", "end-volume", "protocol/client", "debug/io-stats", "features/glupy",
};

static const char *
word(void)
{
    return words[choose(ARRAY_SIZE(words))];
}

static void
edit(struct volgen_graph *graph)
{
    for (int i = 0; i < 6; i++) {
        struct volgen_node *node = graph->first;

        for (unsigned n = choose((unsigned)graph->node_count); n; n--)
            node = node->next;
        switch (choose(5)) {
        case 0:
            volgen_insert_above(graph, node, word(), word());
            break;
        case 1:
            volgen_insert_below(graph, node, word(), word());
            break;
        case 2:
            volgen_remove(graph, node);
            break;
        default:
            volgen_set_option(node, word(), word());
        }
    }
}

/* ---- placing -------------------------------------------------------------- */

static bool
has_xlator(void *arg, const char *type)
{
    (void)arg;
    (void)type;
    return true;
}

static bool
find_module(void *arg, const char *name, struct volgen_module *module, const char **why)
{
    (void)arg;
    (void)why;
    *module = (struct volgen_module){.digest = "00", .dir = "/modules of ours"};
    snprintf(module->name, sizeof(module->name), "%s", name);
    return true;
}

static void
place(const struct strbuf *text, enum volgen_kind kind, const struct volgen_world *world)
{
    AUTO_STRBUF struct strbuf once = STRBUF_INIT, twice = STRBUF_INIT,
                              running = STRBUF_INIT;
    struct volgen_graph *graph = parse(text);
    bool waiting = true;

    if (volgen_place(graph, kind, world) == 0) {
        must_print_well(graph);
        print(graph, &once);
        struct volgen_graph *again = parse(&once);
        MUST(volgen_place(again, kind, world) == 0);
        print(again, &twice);
        MUST(is_same(&once, &twice));

        MUST(volgen_placed(again, world->volume, &running) == 0);
        MUST(volgen_place_running(again, kind, world, strbuf_text(&running), &waiting) == 0);
        MUST(!waiting);
        print(again, &twice);
        MUST(is_same(&once, &twice));
        volgen_graph_free(again);

        /* it runs all that, but nothing is wanted any more */
        struct kv none = KV_INIT;
        struct volgen_world off = *world;
        off.options = &none;
        if (!volgen_place_running(graph, kind, &off, strbuf_text(&running), &waiting)) {
            AUTO_STRBUF struct strbuf has = STRBUF_INIT;

            must_print_well(graph);
            MUST(volgen_placed(graph, world->volume, &has) == 0);
            MUST(!strcmp(strbuf_text(&has), strbuf_text(&running)));
        }
        if (!volgen_strip(graph, world->volume))
            must_print_well(graph);
    }
    volgen_graph_free(graph);
}

static void
place_all(const struct strbuf *text)
{
    static const char *const positions[] = {
        "", "protocol/client", "debug/io-stats", "features/glupy", "cluster/distribute",
    };
    AUTO_TABLE struct volgen_table table = VOLGEN_TABLE_INIT;
    AUTO_KV struct kv options = KV_INIT;
    const struct volgen_world world = {
        .table = &table, .volume = "v", .options = &options,
        .has_xlator = has_xlator, .find_module = find_module,
    };
    const char *position = positions[choose(ARRAY_SIZE(positions))];

    MUST(volgen_table_load(&table, NULL, NULL, NULL) == 0);
    kv_set(&options, "user.features.glupy-module", "one,two");
    kv_set(&options, "user.features.glupy-clients", "all");
    kv_set(&options, "user.features.glupy-option.two.k", word());
    if (*position)
        kv_set(&options, "user.features.glupy-position", position);
    place(text, VOLGEN_CLIENT, &world);
    kv_set(&options, "user.features.glupy-side", "brick");
    place(text, VOLGEN_BRICK, &world);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT, out = STRBUF_INIT;
    struct volgen_error err = {0};

    seed = 14695981039346656037u;
    for (size_t i = 0; i < len; i++)
        seed = (seed ^ data[i]) * 1099511628211u;
    strbuf_add(&text, data, len);
    struct volgen_graph *graph = volgen_parse(text.data, len, &err);
    if (!graph) {
        MUST(err.line > 0 && err.column > 0 && *err.text);
        return 0;
    }
    print(graph, &out);
    MUST(is_same(&text, &out));
    must_print_well(graph);
    edit(graph);
    must_print_well(graph);
    volgen_graph_free(graph);
    place_all(&text);
    return 0;
}
