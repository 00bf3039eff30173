/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The `gluster` command: global options, the command's row, and handing over to
 * the stock program what is not ours. It has to be quick, because every gluster
 * command on the machine goes through it: nothing is loaded or read before it is
 * known that the command is ours.
 */
#include <strings.h>

#include "cli/commands.h"

#define DEFAULT_SOCKET "/var/run/glusterd.socket"

/* Stock's own time limit for one request. */
enum { DEFAULT_TIMEOUT = 120 };

/* The text after prefix, or NULL. */
static const char *
after(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);

    return strncmp(text, prefix, len) ? NULL : text + len;
}

static bool
is_log_level(const char *level)
{
    static const char *const levels[] = {"CRITICAL", "ERROR", "WARNING", "INFO",
                                         "DEBUG",    "TRACE", "NONE"};

    for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
        if (!strcasecmp(level, levels[i]))
            return true;
    return false;
}

/* One option, without its dashes. False: only stock knows it, or may answer. */
static bool
take_option(struct cli *cli, const char *option)
{
    static const char *const for_stock_only[] = {"inet6", "nolog", "wignore",
                                                 "wignore-partition"};
    const char *value;

    if (!strcmp(option, "xml")) {
        cli->format = CLI_XML;
        return true;
    }
    if (!strcmp(option, "json")) {
        cli->format = CLI_JSON;
        return true;
    }
    if ((value = after(option, "mode="))) {
        if (!strcmp(value, "script"))
            cli->script = true;
        return !strcmp(value, "script") || !strcmp(value, "interactive");
    }
    if ((value = after(option, "glusterd-sock="))) {
        cli->socket = value;
        return true;
    }
    if ((value = after(option, "timeout="))) {
        char *end;
        long seconds = strtol(value, &end, 10);

        cli->timeout = seconds > 0 && seconds < 86400 ? (int)seconds : 86400;
        return *value && !*end && seconds > 0;
    }
    if ((value = after(option, "log-level=")))
        return is_log_level(value);
    /* Ours are not logged to that file; a command that goes to stock is. */
    if (after(option, "log-file=") || after(option, "secure-mgmt="))
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(for_stock_only); i++)
        if (!strcmp(option, for_stock_only[i]))
            return true;
    return false;
}

int
cli_parse_options(struct cli *cli, int argc, char **argv, char **words)
{
    int count = 0;
    bool options = true; /* until `--` */

    for (int i = 0; i < argc; i++) {
        const char *option = options ? after(argv[i], "--") : NULL;

        if (!option)
            words[count++] = argv[i];
        else if (!*option)
            options = false;
        else if (!take_option(cli, option))
            return CLI_HAND_OVER;
    }
    words[count] = NULL;
    return count;
}

int
cli_run(struct cli *cli, int argc, char **argv)
{
    int used;
    const struct command *row = cli_command_find(argc, argv, &used);
    int status = CLI_HAND_OVER;

    if (row)
        status = row->run(cli, argc - used, argv + used);
    else if (argc && cli_class_is_ours(argv[0]))
        status = cmd_glupy_unknown(cli, argc, argv);
    return status == CLI_HAND_OVER ? cli_hand_over(cli) : status;
}

int
main(int argc, char **argv)
{
    struct cli cli = {
        .timeout = DEFAULT_TIMEOUT,
        .socket = DEFAULT_SOCKET,
        .stock = STOCK_GLUSTER,
        .stock_argv = argv,
    };
    AUTO_FREE char **words = calloc((size_t)argc + 1, sizeof(*words));

    if (!words) {
        fputs("out of memory\n", stderr);
        return 1;
    }
    int count = argc ? cli_parse_options(&cli, argc - 1, argv + 1, words) : 0;
    if (count < 0)
        return cli_hand_over(&cli);
    if (!count)
        return cli_prompt(&cli);

    AUTO_FREE char *line = cli_join(count, words);
    if (!line) {
        fputs("out of memory\n", stderr);
        return 1;
    }
    cli.line = line;
    int status = cli_run(&cli, count, words);
    volgen_table_free(&cli.table);
    return status;
}
