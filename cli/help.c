/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Help: stock's, with what volext adds in the same form. Where stock cannot be
 * read or its form is not known, its own output is all there is.
 */
#include "cli/commands.h"
#include "cli/option.h"

void
xml_text(struct strbuf *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<':
            strbuf_str(out, "&lt;");
            break;
        case '>':
            strbuf_str(out, "&gt;");
            break;
        case '&':
            strbuf_str(out, "&amp;");
            break;
        default:
            strbuf_char(out, *text);
        }
    }
}

/* Prints stock's output with ours put in at `at`, counted from its end in bytes. */
static void
print_with(const struct strbuf *stock, size_t from_end, const struct strbuf *ours)
{
    size_t head = stock->len > from_end ? stock->len - from_end : 0;

    fwrite(strbuf_text(stock), 1, head, stdout);
    fwrite(strbuf_text(ours), 1, ours->len, stdout);
    fwrite(strbuf_text(stock) + head, 1, stock->len - head, stdout);
}

/* How many newlines the text ends with: ours go before the last `keep` of them. */
static size_t
blank_end(const struct strbuf *text, size_t keep)
{
    size_t n = 0;

    while (n < keep && n < text->len && text->data[text->len - 1 - n] == '\n')
        n++;
    return n;
}

/* Stock's own commands, one of them ours with a word more. */
static bool
is_new(const struct command *row)
{
    return !(row->flags & CMD_STOCK);
}

static const char *
class_of(const struct command *row)
{
    return strncmp(row->words, "volume ", 7) ? "" : "volume";
}

int
cmd_help(struct cli *cli, int argc, char **argv)
{
    const char *const words[] = {"help", argc == 1 ? argv[0] : NULL, NULL};
    AUTO_STRBUF struct strbuf stock = STRBUF_INIT;
    AUTO_STRBUF struct strbuf ours = STRBUF_INIT;
    int status;

    if (argc > 1 || cli_stock_run(cli, words, &stock, NULL, &status) < 0)
        return CLI_HAND_OVER;
    for (size_t i = 0; i < cli_command_count && !status; i++) {
        const struct command *row = &cli_commands[i];
        AUTO_FREE char *usage = str_fmt("%s%s%s", row->words, *row->args ? " " : "", row->args);

        if (is_new(row) && usage)
            strbuf_fmt(&ours, " %-25s- %s\n", usage, row->help);
    }
    print_with(&stock, blank_end(&stock, 2), &ours);
    return status;
}

int
cmd_volume_help(struct cli *cli, int argc, char **argv)
{
    const char *const words[] = {"volume", "help", NULL};
    AUTO_STRBUF struct strbuf stock = STRBUF_INIT;
    AUTO_STRBUF struct strbuf ours = STRBUF_INIT;
    int status;

    (void)argv;
    if (argc || cli_stock_run(cli, words, &stock, NULL, &status) < 0)
        return CLI_HAND_OVER;
    for (size_t i = 0; i < cli_command_count && !status; i++) {
        const struct command *row = &cli_commands[i];

        if (is_new(row) && !strcmp(class_of(row), "volume"))
            strbuf_fmt(&ours, "%s %s - %s\n", row->words, row->args, row->help);
    }
    print_with(&stock, blank_end(&stock, 2), &ours);
    return status;
}

/* In the form of `peer help`. */
static void
print_class(const char *class)
{
    size_t len = strlen(class);

    printf("\ngluster %s commands\n", class);
    for (size_t i = 0; i < strlen("gluster  commands") + len; i++)
        putchar('=');
    printf("\n\n");
    for (size_t i = 0; i < cli_command_count; i++) {
        const struct command *row = &cli_commands[i];

        if (!strncmp(row->words, class, len) && row->words[len] == ' ')
            printf("%s%s%s - %s\n", row->words, *row->args ? " " : "", row->args, row->help);
    }
    putchar('\n');
}

int
cmd_glupy_help(struct cli *cli, int argc, char **argv)
{
    (void)cli;
    (void)argc; /* stock's classes take further words, too */
    (void)argv;
    print_class("glupy");
    return 0;
}

int
cmd_glupy_unknown(struct cli *cli, int argc, char **argv)
{
    (void)cli;
    if (argc > 1)
        printf("unrecognized word: %s (position 1)\n", argv[1]);
    else
        puts("unrecognized command");
    print_class("glupy");
    return 1;
}

static const char *
default_of(const struct volgen_option *option)
{
    return *option->def ? option->def : "(null)";
}

static void
option_as_text(const struct volgen_option *o, struct strbuf *out)
{
    strbuf_fmt(out, "Option: %s%s\nDefault Value: %s\nDescription: %s%s%s%s\n\n", o->key,
               o->prefix ? "MODULE.KEY" : "", default_of(o), o->help, o->unit ? " (" : "",
               o->unit ? o->unit : "", o->unit ? ")" : "");
}

static void
option_as_xml(const struct volgen_option *o, struct strbuf *out)
{
    strbuf_str(out, "<option><defaultValue>");
    xml_text(out, default_of(o));
    strbuf_str(out, "</defaultValue><description>");
    xml_text(out, o->help);
    strbuf_str(out, "</description><name>");
    xml_text(out, o->key);
    strbuf_fmt(out, "%s</name></option>", o->prefix ? "MODULE.KEY" : "");
}

int
cmd_volume_set_help(struct cli *cli, int argc, char **argv)
{
    static const char end[] = "</options>";
    bool xml = argc == 1 && !strcmp(argv[0], "help-xml");
    const char *const words[] = {"volume", "set", argv[0], NULL};
    const struct volgen_table *table = cli_table(cli);
    AUTO_STRBUF struct strbuf stock = STRBUF_INIT;
    AUTO_STRBUF struct strbuf ours = STRBUF_INIT;
    int status;

    if (argc != 1 || cli_stock_run(cli, words, &stock, NULL, &status) < 0)
        return CLI_HAND_OVER;
    for (size_t i = 0; i < table->count && !status; i++)
        for (size_t j = 0; j < table->extensions[i]->option_count; j++)
            if (!table->extensions[i]->options[j].hidden)
                (xml ? option_as_xml : option_as_text)(&table->extensions[i]->options[j], &ours);

    const char *at = xml ? strstr(strbuf_text(&stock), end) : NULL;
    if (at)
        print_with(&stock, stock.len - (size_t)(at - stock.data), &ours);
    else if (xml)
        fwrite(strbuf_text(&stock), 1, stock.len, stdout);
    else
        print_with(&stock, blank_end(&stock, 1), &ours);
    return status;
}
