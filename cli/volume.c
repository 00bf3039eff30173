/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume set: options of extensions, alone or beside stock ones.
 */
#include <errno.h>

#include "cli/change.h"
#include "cli/commands.h"
#include "cli/option.h"

static const char command[] = "volume set";

/* The key as it is called without the prefix under which it is stored. */
static const char *
plain(const char *key)
{
    return strncmp(key, "user.", 5) ? key : key + 5;
}

/* KEY VALUE… into the change; what is not ours is counted. 0 or an exit status. */
static int
collect(struct change *c, int argc, char **argv, int *stock_keys)
{
    *stock_keys = 0;
    for (int i = 0; i + 1 < argc; i += 2) {
        AUTO_STRBUF struct strbuf why = STRBUF_INIT;
        const struct volgen_option *option = option_find(c->cli, argv[i]);

        if (!option) {
            (*stock_keys)++;
            continue;
        }
        if (volgen_check(option, plain(argv[i]), argv[i + 1], &why) < 0)
            return change_fail(c, EINVAL, "%s", strbuf_text(&why));
        bool none = option->type == VOLGEN_MODULES && volgen_is_off(argv[i + 1]);
        if (kv_set(&c->options, plain(argv[i]), none ? option->def : argv[i + 1]) < 0)
            return rpc_fail(c->cli, c->e, command, -ENOMEM);
    }
    return 0;
}

static bool
any_is_ours(struct cli *cli, int argc, char **argv)
{
    for (int i = 0; i + 1 < argc; i += 2)
        if (option_find(cli, argv[i]))
            return true;
    return false;
}

/* volume set VOL, then the stock keys as they were given and ours as they are stored. */
static void
stock_words(struct change *c, int argc, char **argv, struct words *words)
{
    words_add(words, "volume");
    words_add(words, "set");
    words_add(words, c->volume);
    for (int i = 0; i + 1 < argc; i += 2) {
        if (option_find(c->cli, argv[i]))
            continue;
        words_add(words, argv[i]);
        words_add(words, argv[i + 1]);
    }
    for (size_t i = 0; i < c->options.count; i++) {
        words_addf(words, "user.%s", c->options.pairs[i].key);
        words_add(words, c->options.pairs[i].value);
    }
}

/* What stock said, without what it begins with and the last newline. */
static const char *
stock_sentence(struct strbuf *said)
{
    static const char prefix[] = "volume set: failed: ";
    const char *text = strbuf_text(said);

    while (said->len && said->data[said->len - 1] == '\n')
        said->data[--said->len] = '\0';
    return strncmp(text, prefix, strlen(prefix)) ? text : text + strlen(prefix);
}

/* Stock sets all of it: questions, events and groups of its own keys are its job.
 * What it prints is kept back until all nodes have applied it, unless it may have to ask. */
static int
set_by_stock(struct change *c, int argc, char **argv, struct strbuf *out)
{
    AUTO_WORDS struct words words = WORDS_INIT;
    bool may_ask = !c->cli->script && isatty(STDIN_FILENO) && c->cli->format == CLI_TEXT;
    int status;

    stock_words(c, argc, argv, &words);
    if (words.failed)
        return rpc_fail(c->cli, c->e, command, -ENOMEM);
    AUTO_STRBUF struct strbuf err = STRBUF_INIT;
    bool json = c->cli->format == CLI_JSON;
    int ret = cli_stock_run(c->cli, words.list, may_ask ? NULL : out, may_ask ? NULL : &err,
                            &status);
    if (ret)
        return change_fail(c, -ret, "cannot run %s: %s", c->cli->stock, strerror(-ret));
    if (!json)
        fwrite(strbuf_text(&err), 1, err.len, stderr);
    /* with --xml stock exits 0 also when it failed */
    if (c->cli->format == CLI_XML && !strstr(strbuf_text(out), "<opRet>0</opRet>"))
        status = status ? status : 1;
    if (!status)
        return 0;
    if (err.len) /* in XML the sentence is in what it printed */
        change_settle(c, strbuf_text(&err));
    else
        change_settle(c, strbuf_text(out));
    if (json)
        return change_fail(c, EINVAL, "%s", stock_sentence(&err));
    emit_discard(c->e);
    fwrite(strbuf_text(out), 1, out->len, stdout);
    return status;
}

static int
run(struct change *c, int argc, char **argv)
{
    AUTO_REPLY struct reply volume = REPLY_INIT;
    AUTO_STRBUF struct strbuf stock_out = STRBUF_INIT;
    int stock_keys;

    int status = collect(c, argc, argv, &stock_keys);
    if (status)
        return status;
    int ret = volume_fetch(c->cli, c->volume, &volume);
    if (ret == -ENOENT)
        return change_fail(c, ENOENT, "Volume %s does not exist", c->volume);
    if (ret)
        return rpc_fail(c->cli, c->e, command, ret);

    c->with_stock = stock_keys > 0;
    status = change_check(c);
    if (!status)
        status = stock_keys ? set_by_stock(c, argc, argv, &stock_out) : change_set(c);
    if (!status)
        status = change_applied(c);
    if (status)
        return status;
    if (stock_keys && c->cli->format == CLI_XML) {
        emit_discard(c->e);
        fwrite(strbuf_text(&stock_out), 1, stock_out.len, stdout);
        return 0;
    }
    emit_text(c->e, "%s", stock_keys ? strbuf_text(&stock_out) : "volume set: success\n");
    emit_str(c->e, "cliOp", "volSet");
    emit_str(c->e, "output", "Set volume successful");
    return emit_end(c->e);
}

int
cmd_volume_set(struct cli *cli, int argc, char **argv)
{
    if (argc == 1 && (!strcmp(argv[0], "help") || !strcmp(argv[0], "help-xml")))
        return cmd_volume_set_help(cli, argc, argv);
    bool force = argc % 2 == 0 && argc >= 4 && !strcmp(argv[argc - 1], "force");
    if (argc < 3 || !strcmp(argv[0], "all") || (argc % 2 == 0 && !force) ||
        !any_is_ours(cli, argc - 1, argv + 1))
        return CLI_HAND_OVER;

    AUTO_CHANGE struct change change = {
        .cli = cli,
        .e = emit_begin(cli->format),
        .command = command,
        .volume = argv[0],
        .force = force,
    };
    return run(&change, argc - 1 - force, argv + 1);
}
