/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volext: what runs on a node beside glusterd. Users type `gluster`; this is called
 * by hooks, the peer command, systemd, and an administrator in need.
 */
#include <sys/stat.h>

#include "common/log.h"
#include "glusterd/hook.h"
#include "glusterd/peer.h"
#include "glusterd/reconcile.h"
#include "glusterd/wait.h"

static const struct command {
    const char *name;
    const char *arguments;
    const char *help;
    int (*run)(struct site *site, int argc, char **argv);
} commands[] = {
    {"reconcile", "VOLUME…|--all", "make volfiles what the volumes' options want",
     cmd_reconcile},
    {"strip", "VOLUME…|--all",
     "take volext's translators out of volfiles; lists bricks to restart",
     cmd_strip},
    {"settle", "VOLUME VERSION", "drop the values of a set that did not go through",
     cmd_settle},
    {"notify", "VOLUME [VERSION]", "have glusterd tell clients of changed volfiles",
     cmd_notify},
    {"fetch", "MODULE", "get a module from the other nodes", cmd_fetch},
    {"hook", "OPERATION pre|post ARGUMENT…", "what glusterd's hook scripts run",
     cmd_hook},
    {"peer", "REQUEST ARGUMENT…",
     "answers `gluster system:: execute volext REQUEST`", cmd_peer},
};

static int
help(FILE *to)
{
    fprintf(to, "usage: volext [--workdir DIR] COMMAND ARGUMENT…\n\n");
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        fprintf(to, "  %s %s\n      %s\n", commands[i].name,
                commands[i].arguments, commands[i].help);
    fprintf(to, "\nUsers set options with `gluster volume set`; none of these is "
                "needed for that.\n");
    return to == stdout ? 0 : 2;
}

static int
run_command(const char *workdir, int argc, char **argv)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        AUTO_SITE struct site site = SITE_INIT;

        if (strcmp(argv[0], commands[i].name))
            continue;
        if (site_open(&site, workdir, NULL))
            return 1;
        site_log(&site, commands[i].name);
        int ret = commands[i].run(&site, argc - 1, argv + 1);
        if (ret == 2)
            fprintf(stderr, "usage: volext %s %s\n", commands[i].name,
                    commands[i].arguments);
        return ret;
    }
    fprintf(stderr, "volext: no command %s; `volext --help` lists them\n", argv[0]);
    return 2;
}

int
main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    const char *workdir = NULL;

    /* files of ours hold nothing for others */
    umask(077);
    if (!strcmp(slash ? slash + 1 : argv[0], "peer_volext")) {
        argv[0] = (char *)"peer";
        return run_command(NULL, argc, argv);
    }
    if (argc > 2 && !strcmp(argv[1], "--workdir")) {
        workdir = argv[2];
        argc -= 2;
        argv += 2;
    }
    if (argc > 1 && !strcmp(argv[1], "--version")) {
        printf("volext %s\n", PKGVERSION);
        return 0;
    }
    if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
        return help(argc < 2 ? stderr : stdout);
    if (workdir && *workdir != '/') {
        fprintf(stderr, "volext: --workdir %s: an absolute path is needed\n",
                workdir);
        return 2;
    }
    return run_command(workdir, argc - 1, argv + 1);
}
