/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Writes, when volext is built, what else shows the command table and the table of
 * extensions: so that none of it is kept by hand.
 *
 *   gendoc man               the manual page of our gluster
 *   gendoc bash TEMPLATE     the completion for bash: tables, put into the template
 *   gendoc options           docs/options.md
 *   gendoc rows [new]        the commands, one a line, for tests; new: that stock has not
 */
#include "cli/gendoc.h"

#include <errno.h>

#include "cli/values.h"
#include "common/file.h"

static int
usage(void)
{
    fputs("usage: gendoc man | bash TEMPLATE | options | rows [new]\n", stderr);
    return 2;
}

static void
options_of(const struct volgen_extension *ext, struct strbuf *out)
{
    strbuf_fmt(out, "\n## %s\n\n%s: `%s`.\n\n"
               "| option | values | default | |\n|---|---|---|---|\n",
               ext->name, ext->help, ext->xlator);
    for (size_t i = 0; i < ext->option_count; i++) {
        const struct volgen_option *option = &ext->options[i];

        if (option->hidden)
            continue;
        strbuf_str(out, "| `");
        option_name(option, out);
        strbuf_str(out, "` | ");
        option_values(option, out);
        strbuf_fmt(out, " | %s | %s |\n", option->def && *option->def ? option->def : "–",
                   option->help);
    }
}

static void
options(const struct volgen_table *table, struct strbuf *out)
{
    strbuf_str(out,
               "# Options\n\n"
               "Made from the table of extensions by `gendoc options`; a test fails when it differs.\n"
               "They are set by `gluster volume set VOLNAME KEY VALUE` and stored as `user.KEY`.\n");
    for (size_t i = 0; i < table->count; i++)
        options_of(table->extensions[i], out);
}

static void
rows(bool only_new, struct strbuf *out)
{
    for (size_t i = 0; i < cli_command_count; i++) {
        const struct command *row = &cli_commands[i];

        if (!only_new || !(row->flags & CMD_STOCK))
            strbuf_fmt(out, "%s%s%s\n", row->words, *row->args ? " " : "", row->args);
    }
}

int
main(int argc, char **argv)
{
    AUTO_TABLE struct volgen_table table = VOLGEN_TABLE_INIT;
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;
    int ret = volgen_table_load(&table, NULL, NULL, NULL);

    if (ret)
        fprintf(stderr, "gendoc: %s\n", strerror(-ret));
    else if (argc == 2 && !strcmp(argv[1], "man"))
        gendoc_man(&table, &out);
    else if (argc == 2 && !strcmp(argv[1], "options"))
        options(&table, &out);
    else if (argc >= 2 && !strcmp(argv[1], "rows"))
        rows(argc == 3 && !strcmp(argv[2], "new"), &out);
    else if (argc == 3 && !strcmp(argv[1], "bash"))
        ret = gendoc_bash(&table, argv[2], &out);
    else
        return usage();
    if (!ret && strbuf_failed(&out))
        ret = -ENOMEM;
    if (ret)
        return 1;
    fputs(strbuf_text(&out), stdout);
    return fflush(stdout) ? 1 : 0;
}
