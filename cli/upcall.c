/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume upcall: its words, and what each of them runs. Whenever it is ended, it goes on where it
 * was when it is run again.
 */
#include "cli/upcall.h"

#include <errno.h>

#include "cli/commands.h"

static void
upcall_free(struct upcall *u)
{
    group_free(&u->g);
}

#define AUTO_UPCALL AUTO(upcall_free)

static int
usage(struct cli *cli)
{
    struct emit *e = emit_begin(cli->format);

    emit_fail(e, NULL, EINVAL, "\nUsage:\nvolume upcall VOLNAME {enable [timeout SECONDS] [leases] | "
              "disable | status}\n");
    return emit_end(e);
}

/* The words after enable. False: they are none. why is set for SECONDS that are none. */
static bool
read_enable(struct upcall *u, int argc, char **argv, struct strbuf *why)
{
    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "leases") && !u->leases) {
            u->leases = true;
        } else if (!strcmp(argv[i], "timeout") && !u->seconds && !why->len && i + 1 < argc) {
            upcall_read_seconds(argv[++i], &u->seconds, why);
        } else {
            return false;
        }
    }
    return true;
}

static int
run(struct upcall *u, int (*what)(struct upcall *u))
{
    AUTO_REPLY struct reply reply = REPLY_INIT;
    int status = group_fetch(&u->g, &reply);

    if (status)
        return status;
    if (!what)
        return upcall_status(&u->g.c, &reply);
    status = group_take_turn(&u->g);
    if (!status) /* as it is now that it is our turn */
        status = group_fetch(&u->g, &reply);
    return status ? status : what(u);
}

int
cmd_volume_upcall(struct cli *cli, int argc, char **argv)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    AUTO_UPCALL struct upcall u = {.g = GROUP_INIT(upcall_kind, cli)};
    const char *verb = argc >= 2 ? argv[1] : "";
    bool on = !strcmp(verb, "enable");

    if (on ? !read_enable(&u, argc - 2, argv + 2, &why)
           : argc != 2 || (strcmp(verb, "disable") && strcmp(verb, "status")))
        return usage(cli);
    u.g.c.e = emit_begin(cli->format);
    u.g.c.volume = argv[0];
    u.g.c.command = on ? "volume upcall enable"
                  : !strcmp(verb, "disable") ? "volume upcall disable" : "volume upcall status";
    if (why.len)
        return change_fail(&u.g.c, EINVAL, "%s. Nothing was changed", strbuf_text(&why));
    return run(&u, on ? upcall_enable : !strcmp(verb, "disable") ? upcall_disable : NULL);
}
