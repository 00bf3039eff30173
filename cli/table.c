/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Every command of ours: one row each. Parser, help, completion and the manual
 * page read it.
 */
#include "cli/commands.h"

const struct command cli_commands[] = {
    {"help", "[all]", "display help for command classes", cmd_help, CMD_STOCK,
     "Stock's help, and the classes of commands that volext adds."},
    {"volume set", "VOLNAME KEY VALUE [KEY VALUE]... [force]", "set volume options",
     cmd_volume_set, CMD_XML | CMD_STOCK,
     "Sets options of extensions, and stock options beside them in one command. The "
     "values are checked, and every node of the pool is asked whether it can do what "
     "they want, before anything is changed; success is reported when every node has "
     "applied them. With the word force as the last one, nodes that are down are left "
     "out: they apply the options when they return. `volume set help` lists the keys."},
    {"volume get", "VOLNAME KEY|all", "show volume options", cmd_volume_get,
     CMD_XML | CMD_STOCK,
     "Shows the value of an option, its default where it is not set."},
    {"volume reset", "VOLNAME [KEY] [force]", "set volume options to their defaults",
     cmd_volume_reset, CMD_XML | CMD_STOCK,
     "Sets one option, or all of them, to the default."},
    {"volume info", "[VOLNAME|all]", "show volumes", cmd_volume_info,
     CMD_XML | CMD_STOCK,
     "Stock's information; options of extensions are shown by the names they are set by."},
    {"volume help", "", "display help for the volume command", cmd_volume_help, CMD_STOCK,
     "Stock's help, and the volume commands that volext adds."},
    {"volume extension", "VOLNAME {status | apply [force]}",
     "show which extensions are wanted and applied, or restart bricks for them",
     cmd_volume_extension, CMD_XML,
     "status shows for each volfile and each brick which extensions are wanted, which are "
     "there, and what waits for a restart of a brick. apply restarts bricks that wait, one at a "
     "time; in a replicated or dispersed volume it waits in between until heal has finished "
     "and the brick's clients are back, and restarts no further one when that does not come; "
     "in any other it asks first, because clients see a short interruption."},
    {"volume glupy", "VOLNAME {status | reload [MODULE]}",
     "show what the volume's modules do, or have them loaded anew", cmd_volume_glupy, CMD_XML,
     "status asks every process on the pool's nodes that runs modules of the volume (mounts, "
     "applications on libgfapi, bricks): is the module loaded, or why not; how many operations "
     "wait for Python, and are under way; and for each operation the calls, the errors, and how "
     "long Python had it at a time: the median and the 99th percentile, since the process "
     "began. Mounts on machines that are not in the pool, and processes that are not root's, are not "
     "seen. reload has MODULE, or all of the volume's, loaded anew by every process, also on other "
     "machines; operations that are under way finish with the old one, and where the new one does not "
     "load the old one goes on. It tells what became of it in each process that status sees."},
    {"volume locate", "VOLNAME PATH...", "show on which bricks files are", cmd_volume_locate,
     CMD_XML,
     "PATH is a file or a folder in the volume; of a folder all files below it are shown. For each "
     "regular file: how its set of bricks keeps it (distributed: one brick, replicated, dispersed), the "
     "set's name, and the bricks that have it and answer; arbiters are marked, they hold no data. "
     "A file of a sharded volume that has more than one shard is shown with its first one. Names "
     "with bytes that cannot be shown have \\xNN for them in text, and pathHex beside path otherwise. "
     "No mount is needed."},
    {"volume notify", "[VOLNAME|all] {enable [EVENTS] | disable | status | forget READER}",
     "have bricks record what changes, or show what they have recorded", cmd_volume_notify, CMD_XML,
     "Without VOLNAME it is for all volumes. enable has every brick of the volume record what changes in "
     "it, for gnotifywait, gfind and all programs that read it. EVENTS are words of inotify's tools with "
     "commas between them (access, modify, attrib, close_write, close_nowrite, close, open, moved_to, "
     "moved_from, move, create, delete), default (all but open and access), or all; without them "
     "they are what features.notify-events says. For opens, and closes of files that were only read, it also sets "
     "performance.open-behind to off, or they would not reach the bricks. disable ends the recording and "
     "puts back what the options were; one that was changed by hand since is kept, and named. "
     "Running bricks follow at once, but for those that were started before volext was there: they are named, "
     "and `volume extension VOLNAME apply` restarts them. status shows, for each brick, "
     "whether it records, how much it keeps and how far back that reaches, what was lost, and who reads it: how "
     "far each reader is and how much it has before it. forget has the bricks of VOLNAME forget a reader that "
     "does not come back (a cursor's name, as status shows it): should it come back, it begins anew. "
     "It is refused while the reader is connected; bricks that could not be asked are named. Sessions of gfind are "
     "forgotten by `gfind --delete`."},
    {"volume upcall", "VOLNAME {enable [timeout SECONDS] [leases] | disable | status}",
     "have clients keep attributes and be told of changes, or show whether they are",
     cmd_volume_upcall, CMD_XML,
     "enable sets all options that have to agree so that clients can keep what they know of files for "
     "SECONDS (2 to 600; by default 600, or what it is already) and bricks tell them of changes, "
     "and remembers what the options were; with leases, also features.leases. Values of other "
     "options with which clients would show what is out of date are refused. disable puts back what was "
     "before; an option that was changed by hand since is kept, and named. status shows, for each "
     "brick, how much it keeps about clients and how often it told them; for each mount on the "
     "pool's nodes, whether it can be told; and options that do not agree any more."},
    {"glupy help", "", "display help for glupy commands", cmd_glupy_help, 0,
     "Lists these commands."},
    {"glupy install", "FILE", "install a translator written in Python on all nodes",
     cmd_glupy_install, CMD_XML,
     "FILE is NAME.py, at most 1 MiB. Every node compiles and imports it before it takes "
     "it; volumes that use the module get the new code at once."},
    {"glupy list", "", "list the modules on all nodes", cmd_glupy_list, CMD_XML,
     "Lists installed modules and packaged examples, and names the nodes that differ."},
    {"glupy show", "MODULE", "show a module's documentation", cmd_glupy_show, CMD_XML,
     "Shows where a module is, its SHA-256, and its docstring."},
    {"glupy remove", "MODULE", "remove a module from all nodes", cmd_glupy_remove, CMD_XML,
     "Refused while a volume uses the module."},
};

const size_t cli_command_count = ARRAY_SIZE(cli_commands);

static void
complain(void *arg, const char *sentence)
{
    (void)arg;
    fprintf(stderr, "warning: %s\n", sentence);
}

const struct volgen_table *
cli_table(struct cli *cli)
{
    if (!cli->table_loaded) {
        if (volgen_table_load(&cli->table, DESCRIBEDIR, complain, NULL) < 0)
            fputs("warning: out of memory while reading " DESCRIBEDIR "\n", stderr);
        cli->table_loaded = true;
    }
    return &cli->table;
}

/* Stock takes an abbreviation that only one of its words begins with; these are
 * its words, and ours where stock has none that begins so. */
static const char *const first_words[] = {
    "volume",   "peer", "pool",   "snapshot", "system::", "quit", "exit",
    "help",     "global", "get-state", "nfs-ganesha", "features", "glupy", NULL};
static const char *const volume_words[] = {
    "bitrot",  "quota",   "inode-quota", "help",         "info",        "create",
    "delete",  "start",   "stop",        "add-brick",    "remove-brick", "rebalance",
    "replace-brick", "set", "log",       "sync",         "reset",       "geo-replication",
    "profile", "top",     "status",      "heal",         "statedump",   "list",
    "clear-locks", "barrier", "get",     "reset-brick",  "extension",   "glupy",
    "upcall",  "locate",  "notify", NULL};
static const char *const glupy_words[] = {"help", "install", "list", "show", "remove", NULL};

/* The word that `typed` means, or NULL: unknown or ambiguous. */
static const char *
expand(const char *const *words, const char *typed)
{
    const char *found = NULL;
    size_t len = strlen(typed);

    if (!len)
        return NULL;
    for (; *words; words++) {
        if (strncmp(*words, typed, len))
            continue;
        if (!(*words)[len])
            return *words;
        if (found)
            return NULL;
        found = *words;
    }
    return found;
}

const struct command *
cli_command_find(int argc, char **argv, int *used)
{
    const char *first = argc > 0 ? expand(first_words, argv[0]) : NULL;
    const char *second = NULL;

    if (!first)
        return NULL;
    if (!strcmp(first, "volume"))
        second = argc > 1 ? expand(volume_words, argv[1]) : NULL;
    else if (!strcmp(first, "glupy"))
        second = argc > 1 ? expand(glupy_words, argv[1]) : NULL;

    for (size_t i = 0; i < cli_command_count; i++) {
        const char *rest = cli_commands[i].words;
        size_t len = strlen(first);

        if (strncmp(rest, first, len) || (rest[len] && rest[len] != ' '))
            continue;
        *used = rest[len] ? 2 : 1;
        if (!rest[len] || (second && !strcmp(rest + len + 1, second)))
            return &cli_commands[i];
    }
    return NULL;
}

bool
cli_class_is_ours(const char *word)
{
    const char *first = expand(first_words, word);

    return first && !strcmp(first, "glupy");
}
