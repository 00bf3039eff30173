/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume notify: its words, and the volumes that it is for. Whenever it is ended, it goes on where it
 * was when it is run again.
 */
#include "cli/notify.h"

#include <errno.h>

#include "cli/commands.h"

const char notify_hides_opens[] = "performance.open-behind";

static bool
knows(const char *key)
{
    return !strcmp(key, notify_hides_opens) || !strcmp(key, "user." NOTIFY_EVENTS_KEY);
}

static const char *
default_of(const char *key)
{
    return !strcmp(key, notify_hides_opens) ? "on" : VOLGEN_UNSET;
}

static const struct group_kind kind = {
    .word = "notify", .memory_key = "volext.notify", .knows = knows, .def = default_of};

bool
notify_is_on(const struct group *g)
{
    return group_is_on(kv_get(&g->options, "user." NOTIFY_KEY));
}

const char *
notify_events(const struct group *g)
{
    const char *events = kv_get(&g->options, "user." NOTIFY_EVENTS_KEY);

    return events ? events : VOLGEN_UNSET;
}

/* ---- what the words are ---------------------------------------------------------- */

struct asked {
    struct cli *cli;
    struct emit *e;
    const char *volume; /* NULL: all of them */
    const char *verb, *command;
    const char *events, *reader;
};

static bool
is_verb(const char *word)
{
    return !strcmp(word, "enable") || !strcmp(word, "disable") || !strcmp(word, "status") ||
           !strcmp(word, "forget");
}

/* A volume may be called `enable`: then a verb comes after it. */
static bool
read_words(struct asked *r, int argc, char **argv)
{
    bool named = argc >= 2 && is_verb(argv[1]);

    if (!named && (argc < 1 || !is_verb(argv[0])))
        return false;
    r->volume = named && strcmp(argv[0], "all") ? argv[0] : NULL;
    r->verb = argv[named];
    argc -= named + 1;
    argv += named + 1;
    bool forgets = !strcmp(r->verb, "forget");

    if (!strcmp(r->verb, "enable") && argc == 1)
        r->events = *argv;
    else if (forgets && argc == 1 && r->volume) /* of one volume: another one's may have the same name */
        r->reader = *argv;
    else if (argc || forgets)
        return false;
    r->command = !strcmp(r->verb, "enable")    ? "volume notify enable"
                 : !strcmp(r->verb, "disable") ? "volume notify disable"
                 : forgets                     ? "volume notify forget"
                                               : "volume notify status";
    return true;
}

static int
usage(struct cli *cli)
{
    struct emit *e = emit_begin(cli->format);

    emit_fail(e, NULL, EINVAL, "\nUsage:\nvolume notify [VOLNAME|all] {enable [EVENTS] | disable | "
              "status | forget READER}\n");
    return emit_end(e);
}

/* ---- volumes ----------------------------------------------------------------------- */

static int
run(struct notify *n, const char *verb)
{
    AUTO_REPLY struct reply reply = REPLY_INIT;
    int status = group_fetch(&n->g, &reply);

    if (status)
        return status;
    if (!strcmp(verb, "status"))
        return notify_status(n, &reply);
    if (!strcmp(verb, "forget"))
        return notify_forget(n, &reply);
    status = group_take_turn(&n->g);
    if (!status) /* as it is now that it is our turn */
        status = group_fetch(&n->g, &reply);
    if (status)
        return status;
    return !strcmp(verb, "enable") ? notify_enable(n) : notify_disable(n);
}

static void
notify_free(struct notify *n)
{
    group_free(&n->g);
}

static int
one_volume(const struct asked *r, const char *volume)
{
    AUTO(notify_free) struct notify n = {.g = GROUP_INIT(kind, r->cli), .events = r->events,
                                         .reader = r->reader};

    n.g.c.e = r->e;
    n.g.c.volume = volume;
    n.g.c.command = r->command;
    n.g.c.part = true;
    emit_object(r->e, NULL);
    emit_str(r->e, "volName", volume);
    int status = run(&n, r->verb);

    emit_object_end(r->e);
    return status;
}

/* What is wrong with one of them keeps none of the others. */
static int
all_volumes(const struct asked *r)
{
    AUTO_REPLY struct reply reply = REPLY_INIT;
    struct change c = {.cli = r->cli, .e = r->e, .command = r->command, .part = true};
    int ret = rpc_call(r->cli, RPC_LIST_VOLUME, NULL, NULL, &reply), status = 0;

    if (ret)
        return change_rpc_fail(&c, ret);
    int64_t count = reply.op_ret ? 0 : dict_num(&reply.dict, "count", 0);
    if (!count)
        emit_text(r->e, "No volumes present\n");
    for (int64_t i = 0; i < count && status != 130; i++) {
        const char *volume = dict_strf(&reply.dict, "volume%lld", (long long)i);
        int one = volume ? one_volume(r, volume) : 0;

        status = one ? one : status;
    }
    return status;
}

int
cmd_volume_notify(struct cli *cli, int argc, char **argv)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    struct asked r = {.cli = cli};

    if (!read_words(&r, argc, argv))
        return usage(cli);
    const struct volgen_option *option = volgen_option_find(cli_table(cli), NOTIFY_EVENTS_KEY, NULL);
    r.e = emit_begin(cli->format);
    if (r.events && volgen_check(option, NOTIFY_EVENTS_KEY, r.events, &why)) {
        emit_fail(r.e, r.command, EINVAL, "%s. Nothing was changed", strbuf_text(&why));
        return emit_end(r.e);
    }
    if (r.reader && !notify_is_reader(r.reader)) {
        emit_fail(r.e, r.command, EINVAL, "'%s' is no reader's name: up to %d letters, digits, dots, underscores "
                  "and hyphens, no dot first. Nothing was changed", r.reader, NOTIFY_READER_MAX);
        return emit_end(r.e);
    }
    emit_object(r.e, "volNotify");
    emit_list(r.e, "volumes", "volume");
    int status = r.volume ? one_volume(&r, r.volume) : all_volumes(&r);
    emit_list_end(r.e);
    emit_object_end(r.e);
    int ended = emit_end(r.e);
    return status ? status : ended;
}
