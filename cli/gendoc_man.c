/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The manual page volext-gluster(8): commands and options from the tables, the
 * rest as it stands here. In man(7) macros; text is escaped, never trusted to hold
 * no roff.
 */
#include "cli/gendoc.h"

#include <ctype.h>
#include <time.h>

#include "cli/values.h"

enum { TEXT_WIDTH = 78 };

/* Text as it is to be read: no requests, no escapes, dashes that can be typed. */
static void
roff(struct strbuf *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        strbuf_str(out, "\\&");
    for (; *text; text++) {
        if (*text == '\\')
            strbuf_str(out, "\\e");
        else if (*text == '-')
            strbuf_str(out, "\\-");
        else
            strbuf_char(out, *text);
    }
}

/* A paragraph of the table: what is between grave accents is set in bold. */
static void
prose(struct strbuf *out, const char *text)
{
    AUTO_FREE char *copy = strdup(text);
    bool bold = false;

    for (char *at = copy; at; bold = !bold) {
        char *end = strchr(at, '`');

        if (end)
            *end = '\0';
        strbuf_str(out, bold ? "\\fB" : "");
        roff(out, at);
        strbuf_str(out, bold ? "\\fR" : "");
        at = end ? end + 1 : NULL;
    }
    strbuf_char(out, '\n');
}

/* Words to be typed in bold, those in capitals, which stand for others, in italics. */
static void
syntax(struct strbuf *out, const char *text)
{
    while (*text) {
        size_t blanks = strspn(text, " []{}|.");
        size_t len;

        strbuf_add(out, text, blanks);
        text += blanks;
        len = strcspn(text, " []{}|.");
        if (!len)
            break;
        AUTO_FREE char *word = str_fmt("%.*s", (int)len, text);
        strbuf_str(out, isupper((unsigned char)*text) ? "\\fI" : "\\fB");
        roff(out, word ? word : "");
        strbuf_str(out, "\\fR");
        text += len;
    }
}

static void
commands(struct strbuf *out)
{
    for (size_t i = 0; i < cli_command_count; i++) {
        const struct command *row = &cli_commands[i];

        strbuf_str(out, ".TP\n");
        syntax(out, row->words);
        if (*row->args)
            strbuf_char(out, ' ');
        syntax(out, row->args);
        strbuf_char(out, '\n');
        prose(out, row->manual);
    }
}

static void
option(struct strbuf *out, const struct volgen_option *o)
{
    AUTO_STRBUF struct strbuf name = STRBUF_INIT, values = STRBUF_INIT;

    option_name(o, &name);
    option_values(o, &values);
    strbuf_str(out, ".TP\n.B ");
    roff(out, strbuf_text(&name));
    strbuf_char(out, '\n');
    prose(out, o->help);
    strbuf_str(out, "Values: ");
    roff(out, strbuf_text(&values));
    if (o->def && *o->def) {
        strbuf_str(out, ". Default: ");
        roff(out, o->def);
    }
    strbuf_str(out, ".\n");
}

static void
extensions(const struct volgen_table *table, struct strbuf *out)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct volgen_extension *ext = table->extensions[i];

        strbuf_str(out, ".SS ");
        roff(out, ext->name);
        strbuf_char(out, '\n');
        prose(out, ext->help);
        for (size_t k = 0; k < ext->option_count; k++)
            if (!ext->options[k].hidden)
                option(out, &ext->options[k]);
    }
}

static const char before_commands[] =
    ".SH NAME\n"
    "volext\\-gluster \\- the gluster command line with volume extensions\n"
    ".SH SYNOPSIS\n"
    ".B gluster\n"
    "[\\fIOPTION\\fR]... [\\fICOMMAND\\fR [\\fIARGUMENT\\fR]...]\n"
    ".SH DESCRIPTION\n"
    "This\n"
    ".B gluster\n"
    "stands in front of the one of GlusterFS,\n"
    ".BR gluster (8).\n"
    "It adds the commands below, and the options of extensions to\n"
    ".BR \"volume set\" ,\n"
    ".BR get ,\n"
    ".B reset\n"
    "and\n"
    ".BR info .\n"
    "Everything else is handed over to GlusterFS's own program: same output, same exit status.\n"
    ".PP\n"
    "Without a command it reads commands from standard input: on a terminal at a prompt, with\n"
    "history and with completion of commands, names of volumes, options and their values;\n"
    "otherwise one after the other until one fails. Words are separated by blanks; there is\n"
    "no quoting.\n"
    ".B quit\n"
    "or\n"
    ".B exit\n"
    "ends it. Ctrl\\-C clears the line, or ends the command that runs.\n"
    ".SH OPTIONS\n"
    "Those of\n"
    ".BR gluster (8),\n"
    "of which these also hold for the commands below:\n"
    ".TP\n"
    ".B \\-\\-xml\n"
    "Shows the answer as XML, in the form of GlusterFS's own. What XML cannot hold is shown as\n"
    "U+FFFD. Unlike GlusterFS's own\n"
    ".B volume set\n"
    "and\n"
    ".BR reset ,\n"
    "a command that fails exits with 1 here, too.\n"
    ".TP\n"
    ".B \\-\\-json\n"
    "Shows the same as JSON.\n"
    ".TP\n"
    ".B \\-\\-mode=script\n"
    "Asks no questions.\n"
    ".TP\n"
    ".BI \\-\\-glusterd\\-sock= SOCKET\n"
    "The socket on which glusterd listens.\n"
    ".TP\n"
    ".BI \\-\\-timeout= SECONDS\n"
    "How long glusterd may take for one request.\n"
    ".SH COMMANDS\n";

static const char before_options[] =
    ".SH \"OPTIONS OF EXTENSIONS\"\n"
    "Set by\n"
    ".BR \"gluster volume set\" .\n"
    "Further extensions, described by files in\n"
    ".IR /etc/glusterfs/volext.d ,\n"
    "are shown by\n"
    ".BR \"gluster volume set help\" .\n";

static const char after_options[] =
    ".SH \"EXIT STATUS\"\n"
    "0 when the command succeeded on every node that it concerns. 1 when it failed. 130 when it\n"
    "was ended by Ctrl\\-C. That of GlusterFS's own program for a command that was handed over.\n"
    ".SH FILES\n"
    ".TP\n"
    ".I ~/.gluster_history\n"
    "Lines typed at the prompt; readable by their owner only. A line that begins with a blank is\n"
    "not kept.\n"
    ".TP\n"
    ".I /etc/glusterfs/volext.d/\n"
    "Descriptions of further extensions.\n"
    ".SH \"SEE ALSO\"\n"
    ".BR gluster (8),\n"
    ".BR volext (8)\n";

/* The day of the build, or the one that a reproducible build asks for. */
static void
title(struct strbuf *out)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    time_t when = epoch ? (time_t)strtoll(epoch, NULL, 10) : time(NULL);
    struct tm day;
    char date[16] = "";

    if (gmtime_r(&when, &day))
        strftime(date, sizeof(date), "%Y-%m-%d", &day);
    strbuf_str(out, ".\\\" Made by gendoc from the table of commands.\n");
    strbuf_fmt(out, ".TH VOLEXT\\-GLUSTER 8 %s \"volext " PKGVERSION "\"\n", date);
}

/* Adds the page with its lines of text broken at blanks: diffs and linters like
 * them short. The tag of a .TP is the one line that follows it. */
static void
fill(const struct strbuf *page, struct strbuf *out)
{
    const char *at = strbuf_text(page);
    bool is_tag = false;

    while (*at) {
        size_t len = strcspn(at, "\n");
        bool before_tag = !strncmp(at, ".TP\n", 4);

        if (len > TEXT_WIDTH && *at != '.' && !is_tag) {
            const char *blank = memrchr(at, ' ', TEXT_WIDTH);
            /* a request would begin with a dot or an apostrophe */
            if (blank && blank[1] != '.' && blank[1] != '\'')
                len = (size_t)(blank - at);
        }
        strbuf_add(out, at, len);
        strbuf_char(out, '\n');
        at += len + (at[len] != '\0');
        is_tag = before_tag;
    }
}

void
gendoc_man(const struct volgen_table *table, struct strbuf *out)
{
    AUTO_STRBUF struct strbuf page = STRBUF_INIT;

    title(&page);
    strbuf_str(&page, before_commands);
    commands(&page);
    strbuf_str(&page, before_options);
    extensions(table, &page);
    strbuf_str(&page, after_options);
    if (strbuf_failed(&page))
        out->failed = true;
    fill(&page, out);
}
