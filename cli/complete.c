/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Candidates for the word that is being typed; see complete.h. Memory that runs
 * out means fewer candidates, nothing else.
 */
#include "cli/complete.h"

#include "cli/grammar.h"

struct typing {
    const struct complete_source *from;
    const char *typed;
    const char *key; /* the word before: for a value */
    struct kv *found;
};

static void
offer(const struct typing *t, const char *candidate)
{
    if (!strncmp(candidate, t->typed, strlen(t->typed)))
        kv_set(t->found, candidate, "");
}

static void
offer_all(const struct typing *t, const struct kv *names, const char *before, const char *after)
{
    for (size_t i = 0; i < names->count; i++) {
        AUTO_FREE char *candidate = str_fmt("%s%s%s", before, names->pairs[i].key, after);
        if (candidate)
            offer(t, candidate);
    }
}

static void
ask(void (*source)(void *, struct kv *), void *arg, struct kv *names)
{
    if (source)
        source(arg, names);
}

static void
offer_modules(const struct typing *t, const char *before, const char *after)
{
    AUTO_KV struct kv names = KV_INIT;

    ask(t->from->modules, t->from->arg, &names);
    offer_all(t, &names, before, after);
}

static void
offer_volumes(const struct typing *t)
{
    AUTO_KV struct kv names = KV_INIT;

    ask(t->from->volumes, t->from->arg, &names);
    offer_all(t, &names, "", "");
}

static void
offer_keys(const struct typing *t)
{
    for (size_t i = 0; t->from->table && i < t->from->table->count; i++) {
        const struct volgen_extension *ext = t->from->table->extensions[i];

        for (size_t k = 0; k < ext->option_count; k++) {
            if (ext->options[k].hidden)
                continue;
            if (ext->options[k].prefix)
                offer_modules(t, ext->options[k].key, ".");
            else
                offer(t, ext->options[k].key);
        }
    }
}

/* Several names with commas between them: the last is the one being typed. */
static void
offer_module_list(const struct typing *t)
{
    const char *comma = strrchr(t->typed, ',');
    AUTO_FREE char *before =
        str_fmt("%.*s", comma ? (int)(comma - t->typed + 1) : 0, t->typed);

    if (before)
        offer_modules(t, before, "");
}

static void
offer_event_list(const struct typing *t)
{
    const char *comma = strrchr(t->typed, ',');
    int before = comma ? (int)(comma - t->typed + 1) : 0;

    for (size_t i = 0; i < volgen_event_count; i++) {
        AUTO_FREE char *candidate = str_fmt("%.*s%s", before, t->typed, volgen_events[i].name);
        if (candidate)
            offer(t, candidate);
    }
}

static void
offer_values(const struct typing *t)
{
    const struct volgen_option *option =
        t->from->table && t->key ? volgen_option_find(t->from->table, t->key, NULL) : NULL;

    if (!option)
        return;
    if (option->type == VOLGEN_BOOL) {
        offer(t, "on");
        offer(t, "off");
    }
    if (option->type == VOLGEN_MODULES)
        offer_module_list(t);
    if (option->type == VOLGEN_EVENTS)
        offer_event_list(t);
    for (size_t i = 0; option->choices && option->choices[i]; i++)
        offer(t, option->choices[i]);
    if (option->def && *option->def)
        offer(t, option->def);
}

static void
offer_edge(const struct typing *t, const struct grammar_edge *edge, bool *files)
{
    AUTO_FREE char *word = NULL;

    switch (edge->kind) {
    case GRAMMAR_LITERAL:
        word = str_fmt("%.*s", edge->len, edge->word);
        if (word)
            offer(t, word);
        break;
    case GRAMMAR_VOLUME:
        offer_volumes(t);
        break;
    case GRAMMAR_KEY:
        offer_keys(t);
        break;
    case GRAMMAR_VALUE:
        offer_values(t);
        break;
    case GRAMMAR_MODULE:
        offer_modules(t, "", "");
        break;
    case GRAMMAR_EVENTS:
        offer_event_list(t);
        break;
    case GRAMMAR_FILE:
        *files = true;
        break;
    case GRAMMAR_ANY:
    case GRAMMAR_NOTHING:
        break;
    }
}

void
complete(const struct complete_source *from, const struct command *rows, size_t count,
         const struct complete_at *at, struct kv *found, bool *files)
{
    const struct typing t = {from, at->typed, at->argc ? at->argv[at->argc - 1] : NULL, found};

    for (size_t row = 0; row < count; row++) {
        struct grammar g;

        if (grammar_compile(&rows[row], &g))
            continue; /* a unit test sees to it that every row of ours compiles */
        uint64_t states = grammar_walk(&g, at->argc, at->argv);
        for (int i = 0; i < g.edge_count; i++)
            if (states >> g.edges[i].from & 1)
                offer_edge(&t, &g.edges[i], files);
    }
}

void
complete_modules_in(const char *dir, struct kv *names)
{
    AUTO_CLOSEDIR DIR *d = opendir(dir);
    struct dirent *entry;

    while (d && (entry = readdir(d))) {
        size_t len = strlen(entry->d_name);
        AUTO_FREE char *name = NULL;

        if (len < 4 || strcmp(entry->d_name + len - 3, ".py"))
            continue;
        name = str_fmt("%.*s", (int)len - 3, entry->d_name);
        if (name && volgen_is_module_name(name))
            kv_set(names, name, "");
    }
}
