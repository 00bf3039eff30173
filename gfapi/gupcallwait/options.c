/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The command line of gupcallwait; see options.h.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>

#include "gfapi/connect.h"

static const char usage[] =
    "usage: gupcallwait [OPTION]... VOLUME PATH...\n"
    "       gupcallwait [OPTION]... /PATH/ON/A/MOUNT\n"
    "\n"
    "Waits until a brick of a GlusterFS volume tells that one of the files, or something in\n"
    "one of the folders, was changed by another client, and says what has changed.\n"
    "\n"
    "VOLUME is VOLUME (of this machine's glusterd), SERVER:VOLUME or a path on a mount of it.\n"
    "PATH is one inside the volume.\n"
    "\n"
    "  -m, --monitor            go on after the first event\n"
    "  -r, --recursive          what is in subfolders, too\n"
    "  -t, --timeout SECONDS    end, with 2, when no event came for so long\n"
    "  -q, --quiet              only errors on standard error\n"
    "  -e, --event LIST         only these: modify,attrib,create,delete,delete_self,\n"
    "                           moved_from,moved_to,move_self,lease_recall\n"
    "  -l, --lease[=read|write] take a lease on each file, show its recall, give it back\n"
    "      --json               a JSON object per line\n"
    "      --format FORMAT      %w watched path, %f entry, %e events (%Xe: with X between),\n"
    "                           %g gfid, %u flags of the upcall, %T time, %n newline, %0 NUL, %%\n"
    "      --timefmt FORMAT     of %T, as for date(1)\n"
    "      --no-newline         nothing after what --format gives\n"
    "      --keep SECONDS       how often to ask for everything again\n"
    "      --expiry SECONDS     the volume's features.cache-invalidation-timeout; not asked for\n"
    "      --log FILE           what libgfapi logs\n"
    "      --help, --version\n"
    "\n"
    "Ends with 0: an event came; 1: an error; 2: the time was over.\n";

static bool
seconds(const char *option, const char *text, double least, double *value)
{
    char *end;

    errno = 0;
    *value = strtod(text, &end);
    if (!errno && end != text && !*end && *value >= least && *value <= INT_MAX)
        return true;
    fprintf(stderr, PROGRAM ": --%s %s: a number of seconds is needed, at least %g\n", option,
            text, least);
    return false;
}

static bool
lease_type(const char *text, struct options *o)
{
    o->lease = true;
    o->lease_write = text && !strcmp(text, "write");
    if (!text || o->lease_write || !strcmp(text, "read"))
        return true;
    fprintf(stderr, PROGRAM ": --lease=%s: there are read and write\n", text);
    return false;
}

static bool
events(const char *text, struct options *o)
{
    const char *bad;
    size_t len;

    if (!show_parse_events(text, &o->show.mask, &bad, &len))
        return true;
    fprintf(stderr, PROGRAM ": --event %.*s: there is no such event; --help lists them\n",
            (int)len, bad);
    return false;
}

static bool
format(const char *text, struct options *o)
{
    const char *bad;

    o->show.format = text;
    if (!show_check_format(text, &bad))
        return true;
    fprintf(stderr, PROGRAM ": --format %s: %.2s means nothing; --help lists the codes\n", text,
            bad);
    return false;
}

enum { OPT_JSON = 256, OPT_FORMAT, OPT_TIMEFMT, OPT_NO_NEWLINE, OPT_KEEP, OPT_EXPIRY, OPT_LOG, OPT_HELP, OPT_VERSION };

static const struct option longs[] = {
    {"monitor", no_argument, NULL, 'm'},
    {"recursive", no_argument, NULL, 'r'},
    {"timeout", required_argument, NULL, 't'},
    {"quiet", no_argument, NULL, 'q'},
    {"event", required_argument, NULL, 'e'},
    {"lease", optional_argument, NULL, 'l'},
    {"json", no_argument, NULL, OPT_JSON},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"timefmt", required_argument, NULL, OPT_TIMEFMT},
    {"no-newline", no_argument, NULL, OPT_NO_NEWLINE},
    {"keep", required_argument, NULL, OPT_KEEP},
    {"expiry", required_argument, NULL, OPT_EXPIRY},
    {"log", required_argument, NULL, OPT_LOG},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

/* One option. False: it is wrong, and that was said. */
static bool
take_option(int option, struct options *o)
{
    double number;

    switch (option) {
    case 'm':
        return o->monitor = true;
    case 'r':
        return o->recursive = true;
    case 't':
        return seconds("timeout", optarg, 0, &o->timeout);
    case 'q':
        return o->quiet = true;
    case 'e':
        return events(optarg, o);
    case 'l':
        return lease_type(optarg, o);
    case OPT_JSON:
        return o->show.json = true;
    case OPT_FORMAT:
        return format(optarg, o);
    case OPT_TIMEFMT:
        o->show.time_format = optarg;
        return true;
    case OPT_NO_NEWLINE:
        return o->show.no_newline = true;
    case OPT_KEEP:
        return seconds("keep", optarg, 1, &o->keep);
    case OPT_EXPIRY:
        if (!seconds("expiry", optarg, 1, &number))
            return false;
        o->expiry = (long)number;
        return true;
    case OPT_LOG:
        o->log_file = optarg;
        return true;
    default:
        return false;
    }
}

bool
options_read(struct options *o, int argc, char **argv)
{
    int option;

    *o = (struct options){0};
    while ((option = getopt_long(argc, argv, "mrt:qe:l", longs, NULL)) >= 0) {
        if (option == OPT_HELP || option == OPT_VERSION) {
            fputs(option == OPT_HELP ? usage : PROGRAM " " PKGVERSION "\n", stdout);
            connect_leave(PROGRAM, 0);
        }
        if (option == '?')
            fprintf(stderr, "`gupcallwait --help` lists the options\n");
        if (!take_option(option, o))
            return false;
    }
    if (!o->show.mask)
        o->show.mask = EV_ALL;
    int count = argc - optind;

    if (count > 1 || (count == 1 && strchr(argv[optind], '/')))
        return true;
    fprintf(stderr, PROGRAM ": %s is missing; `gupcallwait --help` tells more\n",
            count ? "the PATH to watch" : "the VOLUME");
    return false;
}
