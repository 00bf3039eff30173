/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The completion for bash: what cli/completion.bash walks, as arrays, in place of
 * its line @TABLES@.
 */
#include "cli/gendoc.h"

#include <errno.h>

#include "cli/grammar.h"
#include "common/file.h"

static const char *const kinds[] = {
    [GRAMMAR_LITERAL] = "word", [GRAMMAR_VOLUME] = "volume", [GRAMMAR_KEY] = "key",
    [GRAMMAR_VALUE] = "value",  [GRAMMAR_MODULE] = "module", [GRAMMAR_FILE] = "file",
    [GRAMMAR_EVENTS] = "events",
    [GRAMMAR_ANY] = "any",
};

static int
rows(struct strbuf *out)
{
    strbuf_str(out, "# ROW.STATE ROW.STATE KIND [WORD]: what leads from where to where\n"
               "_volext_edges=(\n");
    for (size_t i = 0; i < cli_command_count; i++) {
        struct grammar g;

        if (grammar_compile(&cli_commands[i], &g)) {
            fprintf(stderr, "gendoc: cannot read the row `%s %s`\n", cli_commands[i].words,
                    cli_commands[i].args);
            return -EINVAL;
        }
        strbuf_fmt(out, "    # %s%s%s\n", cli_commands[i].words, *cli_commands[i].args ? " " : "",
                   cli_commands[i].args);
        for (int k = 0; k < g.edge_count; k++) {
            const struct grammar_edge *e = &g.edges[k];
            bool literal = e->kind == GRAMMAR_LITERAL;

            strbuf_fmt(out, "    '%zu.%d %zu.%d %s%s%.*s'\n", i, e->from, i, e->to,
                       kinds[e->kind], literal ? " " : "", literal ? e->len : 0, e->word);
        }
    }
    strbuf_str(out, ")\n");
    return 0;
}

/* KEY='VALUES'; @modules for names of modules. A key with a prefix ends in a dot. */
static void
values(const struct volgen_option *option, struct strbuf *out)
{
    strbuf_fmt(out, "    [%s]='", option->key);
    if (option->type == VOLGEN_BOOL)
        strbuf_str(out, "on off");
    if (option->type == VOLGEN_MODULES)
        strbuf_str(out, "@modules ");
    if (option->type == VOLGEN_EVENTS)
        strbuf_str(out, "@events");
    for (size_t i = 0; option->choices && option->choices[i]; i++)
        strbuf_fmt(out, "%s ", option->choices[i]);
    if (option->type != VOLGEN_BOOL && option->type != VOLGEN_EVENTS && option->def && *option->def)
        strbuf_str(out, option->def);
    strbuf_str(out, "'\n");
}

static void
keys(const struct volgen_table *table, struct strbuf *out)
{
    strbuf_str(out, "# what values a key takes\ndeclare -gA _volext_values=(\n");
    for (size_t i = 0; i < table->count; i++)
        for (size_t k = 0; k < table->extensions[i]->option_count; k++)
            if (!table->extensions[i]->options[k].hidden)
                values(&table->extensions[i]->options[k], out);
    strbuf_str(out, ")\n_volext_events=(");
    for (size_t i = 0; i < volgen_event_count; i++)
        strbuf_fmt(out, "%s%s", i ? " " : "", volgen_events[i].name);
    strbuf_str(out, ")\n");
    strbuf_fmt(out, "_volext_module_dirs=(%s/volext/modules %s)\n", GLUSTERD_WORKDIR, MODULEDIR);
}

int
gendoc_bash(const struct volgen_table *table, const char *template, struct strbuf *out)
{
    static const char mark[] = "@TABLES@\n";
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    int ret = file_read(template, 1 << 20, &text);
    const char *at = ret ? NULL : strstr(strbuf_text(&text), mark);

    if (ret || !at) {
        fprintf(stderr, "gendoc: %s: %s\n", template, ret ? strerror(-ret) : "no line @TABLES@");
        return ret ? ret : -EINVAL;
    }
    strbuf_add(out, text.data, (size_t)(at - text.data));
    ret = rows(out);
    keys(table, out);
    strbuf_str(out, at + strlen(mark));
    return ret;
}
