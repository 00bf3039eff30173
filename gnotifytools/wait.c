/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * gnotifywait: waits for changes of a GlusterFS volume, with the options, the output and
 * the exit status of inotifywait.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <syslog.h>

#include "common/clock.h"
#include "gnotifytools/aim.h"
#include "gnotifytools/show.h"

enum status { EVENT = 0, FAILED = 1, TIMED_OUT = 2 };
enum { ACK_EVERY = 1000, BUFFER = 4 * GNOTIFY_EVENT_MAX };

static const char usage[] =
    "usage: gnotifywait [OPTION]... VOLUME [PATH]...\n"
    "       gnotifywait [OPTION]... /PATH/ON/A/MOUNT...\n"
    "\n"
    "Waits for changes of a GlusterFS volume, whoever makes them, as inotifywait does on one\n"
    "machine. VOLUME is VOLUME (of this machine's glusterd), SERVER:VOLUME or VOLUME:FOLDER,\n"
    "PATH is one inside the volume.\n"
    "\n"
    "  @PATH                    leave this one out\n"
    "  -m, --monitor            go on after the first event\n"
    "  -d, --daemon             the same in the background; needs --outfile\n"
    "  -r, --recursive          what is in subfolders, too\n"
    "  -P, --no-dereference     a symbolic link is watched itself\n"
    "  -t, --timeout SECONDS    end, with 2, when no event came for so long\n"
    "  -e, --event LIST         only these: access,modify,attrib,close_write,close_nowrite,close,\n"
    "                           open,moved_to,moved_from,move,move_self,create,delete,delete_self\n"
    "      --exclude PATTERN    not what matches this extended regular expression\n"
    "      --excludei PATTERN   the same, in any case\n"
    "      --include PATTERN, --includei PATTERN\n"
    "                           only what matches\n"
    "      --fromfile FILE      words are in this file, too, one in a line; -: standard input\n"
    "  -o, --outfile FILE       events go there\n"
    "  -s, --syslog             errors go to syslog\n"
    "  -q, --quiet              only events; twice: not even these\n"
    "  -c, --csv                comma-separated\n"
    "      --json               a JSON object per line, with all that is known\n"
    "      --format FORMAT      %w watched file, %f file in the folder, %e events (%Xe: with X\n"
    "                           between), %c cookie, %T time, %n newline, %0 NUL, %%; and\n"
    "                           %g gfid, %p path in the volume, %i process, %u user, %h client\n"
    "      --timefmt FORMAT     of %T, as for date(1)\n"
    "      --no-newline         nothing after what --format gives\n"
    "      --cursor NAME        begin behind what was shown last time under this name\n"
    "      --from-oldest        begin with the oldest that the bricks remember\n"
    "      --crawl              after a gap show what is there and was changed since its start\n"
    "      --crawl-first        the same, and begin with all that is there, but for a --cursor\n"
    "                           that is gone on with\n"
    "      --log FILE           what GlusterFS's client library logs\n"
    "  -h, --help, --version\n"
    "\n"
    "Ends with 0: an event came; 1: an error; 2: the time was over.\n";

struct wait {
    struct aim aim;
    struct show show;
    const char *outfile;
    long timeout; /* seconds; 0 or less: for ever */
    bool monitor, daemon;
    bool syslog; /* what is wrong from the watches on goes there */
    struct gnotify_options options;
    int ready; /* of a daemon: to its parent */

    struct gnotify *g;
    bool shown, over;  /* by the last read: an event was shown; a watch has ended */
    int write_error;   /* errno of what could not be written, and so is not dealt with */
    uint64_t number;   /* of the last event dealt with, */
    uint64_t acked;    /* and acknowledged */
    int64_t ack_due, end;
};

/* ---- options -------------------------------------------------------------------- */

enum { OPT_FORMAT = 256, OPT_TIMEFMT, OPT_NO_NEWLINE, OPT_JSON, OPT_CURSOR, OPT_FROM_OLDEST,
       OPT_CRAWL, OPT_CRAWL_FIRST };

static const struct option longs[] = {
    AIM_LONG,
    {"monitor", no_argument, NULL, 'm'},
    {"daemon", no_argument, NULL, 'd'},
    {"timeout", required_argument, NULL, 't'},
    {"outfile", required_argument, NULL, 'o'},
    {"syslog", no_argument, NULL, 's'},
    {"csv", no_argument, NULL, 'c'},
    {"json", no_argument, NULL, OPT_JSON},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"timefmt", required_argument, NULL, OPT_TIMEFMT},
    {"no-newline", no_argument, NULL, OPT_NO_NEWLINE},
    {"cursor", required_argument, NULL, OPT_CURSOR},
    {"from-oldest", no_argument, NULL, OPT_FROM_OLDEST},
    {"crawl", no_argument, NULL, OPT_CRAWL},
    {"crawl-first", no_argument, NULL, OPT_CRAWL_FIRST},
    {NULL, 0, NULL, 0},
};

static bool
take_option(struct wait *w, int option)
{
    switch (option) {
    case 'm':
        return w->monitor = true;
    case 'd':
        return w->monitor = w->daemon = w->syslog = true;
    case 't':
        return aim_seconds(&w->aim, optarg, &w->timeout);
    case 'o':
        return (w->outfile = optarg);
    case 's':
        return w->syslog = true;
    case 'c':
        return w->show.csv = true;
    case OPT_JSON:
        return w->show.json = true;
    case OPT_FORMAT:
        return (w->show.format = optarg);
    case OPT_TIMEFMT:
        return (w->show.time_format = optarg);
    case OPT_NO_NEWLINE:
        return w->show.no_newline = true;
    case OPT_CURSOR:
        return (w->options.cursor = optarg);
    case OPT_FROM_OLDEST:
        w->options.from = GNOTIFY_FROM_OLDEST;
        return true;
    case OPT_CRAWL:
    case OPT_CRAWL_FIRST:
        return (w->aim.crawl |= option == OPT_CRAWL ? GNOTIFY_CRAWL : GNOTIFY_CRAWL_FIRST);
    default:
        return aim_option(&w->aim, option, optarg);
    }
}

static bool
fits(const struct wait *w, const char *what)
{
    if (!what)
        return true;
    aim_say(&w->aim, "%s", what);
    return false;
}

/* Options that cannot be together. */
static const char *
clash(const struct wait *w)
{
    const struct show *s = &w->show;

    if (s->csv && s->format)
        return "-c and --format cannot both be specified.";
    if (s->json && (s->csv || s->format))
        return "--json cannot be with -c or --format.";
    if (s->format && strstr(s->format, "%T") && !s->time_format)
        return "%T is in --format string, but --timefmt was not specified.";
    if (!s->format && s->no_newline)
        return "--no-newline needs --format.";
    if (w->daemon && !w->outfile)
        return "-o must be specified with -d.";
    if (s->time_format && !s->format)
        return "--timefmt cannot be specified without --format.";
    return NULL;
}

static bool
read_options(struct wait *w, int argc, char **argv)
{
    int option;

    while ((option = aim_next(&w->aim, argc, argv, AIM_SHORT "mdo:c", longs, usage)) >= 0)
        if (!take_option(w, option))
            return false;
    if (w->options.cursor && w->options.from == GNOTIFY_FROM_NOW)
        w->options.from = GNOTIFY_FROM_CURSOR;
    if (!fits(w, clash(w)))
        return false;
    w->aim.syslog = w->syslog;
    return aim_words(&w->aim, argv + optind, argc - optind);
}

/* ---- waiting ---------------------------------------------------------------------- */

static void
shown(void *arg, const struct line *line)
{
    struct wait *w = arg;

    if (!w->monitor && w->shown)
        return;
    if (line->mask & (GNOTIFY_CAUGHT_UP | GNOTIFY_CRAWLED))
        return;
    if (line->mask & GNOTIFY_IGNORED) {
        w->over = true;
        return;
    }
    if (line->mask & GNOTIFY_GAP)
        show_gap(&w->show, &w->aim, line);
    if (w->aim.quiet < 2)
        show_line(&w->show, line);
    w->shown = true;
}

/* Writes what is shown. Once that fails stdio has thrown some away, and its next fflush succeeds. */
static bool
write_out(struct wait *w)
{
    if (!w->write_error && (fflush(stdout) || ferror(stdout)))
        w->write_error = errno ? errno : EIO;
    return !w->write_error;
}

/* What was shown is out before it is said to be dealt with. */
static void
acknowledge(struct wait *w)
{
    if (!w->options.cursor || w->number == w->acked || !write_out(w))
        return;
    if (gnotify_ack(w->g, w->number))
        aim_say(&w->aim, "%s", gnotify_error(w->g));
    w->acked = w->number;
    w->ack_due = now_ms() + ACK_EVERY;
}

static void
take_events(struct wait *w, const void *buf, ssize_t bytes)
{
    const struct gnotify_event *e = buf, *end = (const void *)((const char *)buf + bytes);

    while (e < end && !(w->shown && !w->monitor)) {
        const struct gnotify_event *next = GNOTIFY_NEXT(e);

        aim_lines(&w->aim, e, next < end ? next : NULL, shown, w);
        w->number = e->number;
        e = next;
    }
    write_out(w);
}

/* How long to wait for the next event. */
static int
patience(const struct wait *w)
{
    int64_t left = -1, now = now_ms();

    if (w->timeout > 0)
        left = w->end > now ? w->end - now : 0;
    if (w->options.cursor && w->number != w->acked) {
        int64_t due = w->ack_due > now ? w->ack_due - now : 0;

        left = left < 0 || due < left ? due : left;
    }
    return (int)left;
}

/* A cursor that is new begins here, also if the program ends before the first event. */
static void
begin_cursor(struct wait *w)
{
    if (w->options.cursor && gnotify_ack(w->g, 0))
        aim_say(&w->aim, "%s", gnotify_error(w->g));
}

static enum status
run(struct wait *w)
{
    static _Alignas(8) char buf[BUFFER];

    w->end = now_ms() + w->timeout * 1000;
    begin_cursor(w);
    for (;;) {
        if (ending_is_near() || w->write_error)
            return FAILED;
        w->shown = false;
        ssize_t bytes = aim_read(w->g, buf, sizeof(buf), patience(w));

        if (bytes < 0 && bytes != -EINTR) {
            aim_say(&w->aim, "%s", gnotify_error(w->g));
            return FAILED;
        }
        if (bytes > 0)
            take_events(w, buf, bytes);
        if (w->shown)
            w->end = now_ms() + w->timeout * 1000;
        if (!w->monitor && (w->shown || w->over))
            return w->shown ? EVENT : FAILED;
        if (now_ms() >= w->ack_due)
            acknowledge(w);
        if (w->timeout > 0 && now_ms() >= w->end)
            return TIMED_OUT;
    }
}

/* ---- beginning ---------------------------------------------------------------------- */

static bool
open_outfile(struct wait *w)
{
    if (!w->outfile || freopen(w->outfile, "ae", stdout))
        return true;
    aim_say(&w->aim, "cannot write to %s: %s", w->outfile, strerror(errno));
    return false;
}

/* The parent waits until watches are established, or not. */
static void
go_to_background(struct wait *w)
{
    int ends[2];
    char status;

    if (pipe2(ends, O_CLOEXEC)) {
        aim_say(&w->aim, "cannot make a pipe: %s", strerror(errno));
        aim_leave(&w->aim, FAILED);
    }
    pid_t pid = fork();

    if (pid < 0) {
        aim_say(&w->aim, "cannot fork: %s", strerror(errno));
        aim_leave(&w->aim, FAILED);
    }
    if (pid) {
        close(ends[1]);
        _exit(read(ends[0], &status, 1) == 1 ? 0 : FAILED);
    }
    close(ends[0]);
    setsid();
    w->ready = ends[1];
}

static void
established(struct wait *w)
{
    if (!w->aim.quiet && !w->aim.syslog)
        fprintf(stderr, "Watches established.\n");
    if (!w->daemon)
        return;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null >= 0) {
        dup2(null, 0);
        dup2(null, 2);
        close(null);
    }
    if (write(w->ready, "", 1) < 0)
        aim_say(&w->aim, "nobody has waited for this: %s", strerror(errno));
    close(w->ready);
}

int
main(int argc, char **argv)
{
    struct wait w = {.aim = {.program = "gnotifywait"}};

    if (!read_options(&w, argc, argv) || !open_outfile(&w))
        aim_leave(&w.aim, FAILED);
    if (w.aim.syslog)
        openlog("gnotifywait", LOG_PID, LOG_DAEMON);
    if (w.daemon)
        go_to_background(&w);
    if (!w.aim.quiet && !w.aim.syslog)
        fprintf(stderr, "Setting up watches.%s\n",
                w.aim.recursive ? "  Beware: since -r was given, this may take a while!" : "");
    w.show.volume = w.aim.volume;
    if (aim_open(&w.aim, &w.options, &w.g))
        aim_leave(&w.aim, FAILED);
    established(&w);
    if (w.options.cursor) /* what was shown is acknowledged before */
        ending_catch(w.g);
    enum status status = run(&w);

    acknowledge(&w);
    ending_come();
    errno = w.write_error;
    aim_leave(&w.aim, status);
}
