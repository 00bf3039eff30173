/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * gnotifywatch: counts what happens on a GlusterFS volume, with the options and the table of
 * inotifywatch.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "gnotifytools/aim.h"

static const char usage[] =
    "usage: gnotifywatch [OPTION]... VOLUME [PATH]...\n"
    "       gnotifywatch [OPTION]... /PATH/ON/A/MOUNT...\n"
    "\n"
    "Counts changes of a GlusterFS volume, whoever makes them, as inotifywatch does on one\n"
    "machine, until it is interrupted. VOLUME is VOLUME (of this machine's glusterd),\n"
    "SERVER:VOLUME or VOLUME:FOLDER, PATH is one inside the volume.\n"
    "\n"
    "  @PATH                    leave this one out\n"
    "  -r, --recursive          what is in subfolders, too\n"
    "  -P, --no-dereference     a symbolic link is watched itself\n"
    "  -t, --timeout SECONDS    for so long\n"
    "  -e, --event LIST         only these: access,modify,attrib,close_write,close_nowrite,close,\n"
    "                           open,moved_to,moved_from,move,move_self,create,delete,delete_self\n"
    "      --exclude PATTERN    not what matches this extended regular expression\n"
    "      --excludei PATTERN   the same, in any case\n"
    "      --include PATTERN, --includei PATTERN\n"
    "                           only what matches\n"
    "      --fromfile FILE      words are in this file, too, one in a line; -: standard input\n"
    "  -a, --ascending EVENT    sort by this event, or by total, the smallest first\n"
    "  -d, --descending EVENT   the largest first; by default by total\n"
    "  -z, --zero               also columns, and files that were named, that have nothing but 0\n"
    "  -v, --verbose            say more on standard error\n"
    "      --log FILE           what GlusterFS's client library logs\n"
    "  -h, --help, --version\n"
    "\n"
    "Ends with 0, or 1 for an error.\n";

enum { EVENTS = 12, TOTAL = EVENTS, COLUMNS }; /* of GNOTIFY_ALL_EVENTS, and all */

struct row {
    char *name;
    unsigned long count[COLUMNS];
};

struct count {
    struct aim aim;
    long timeout;
    bool zero, verbose, ascending;
    const char *sort;
    int column; /* to sort by */
    struct gnotify *g;
    struct row *rows; /* sorted by name */
    size_t used, room;
};

static struct gnotify *to_wake;
static volatile sig_atomic_t interrupted;

/* ---- options --------------------------------------------------------------------- */

static const struct option longs[] = {
    AIM_LONG,
    {"timeout", required_argument, NULL, 't'},
    {"ascending", required_argument, NULL, 'a'},
    {"descending", required_argument, NULL, 'd'},
    {"zero", no_argument, NULL, 'z'},
    {"verbose", no_argument, NULL, 'v'},
    {NULL, 0, NULL, 0},
};

static bool
take_option(struct count *c, int option)
{
    switch (option) {
    case 't':
        return aim_seconds(&c->aim, optarg, &c->timeout);
    case 'a':
    case 'd':
        if (c->sort) {
            aim_say(&c->aim, "Please specify -a or -d once only!");
            return false;
        }
        c->ascending = option == 'a';
        return (c->sort = optarg);
    case 'z':
        return c->zero = true;
    case 'v':
        return c->verbose = true;
    default:
        return aim_option(&c->aim, option, optarg);
    }
}

/* Which column to sort by: when all options are known. */
static bool
find_column(struct count *c)
{
    uint32_t bits = 0;

    c->column = TOTAL;
    if (!c->sort || !strcasecmp(c->sort, "total"))
        return true;
    if (gnotify_parse_events(c->sort, &bits) || bits & (bits - 1)) {
        aim_say(&c->aim, "'%s' is not a valid key for sorting!", c->sort);
        return false;
    }
    if (!(bits & c->aim.mask)) {
        aim_say(&c->aim, "Can't sort by an event which isn't being watched for!");
        return false;
    }
    c->column = ffs((int)bits) - 1;
    return true;
}

static bool
read_options(struct count *c, int argc, char **argv)
{
    int option;

    while ((option = aim_next(&c->aim, argc, argv, AIM_SHORT "a:d:zv", longs, usage)) >= 0)
        if (!take_option(c, option))
            return false;
    return aim_words(&c->aim, argv + optind, argc - optind) && find_column(c);
}

/* ---- counting ---------------------------------------------------------------------- */

/* The row of a file, or a new one. NULL: no memory. */
static struct row *
row_of(struct count *c, const char *name)
{
    size_t low = 0, high = c->used;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(name, c->rows[middle].name);

        if (!order)
            return &c->rows[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    if (c->used == c->room) {
        size_t room = c->room ? c->room * 2 : 64;
        struct row *rows = realloc(c->rows, room * sizeof(*rows));

        if (!rows)
            return NULL;
        c->rows = rows;
        c->room = room;
    }
    char *copy = strdup(name);

    if (!copy)
        return NULL;
    memmove(c->rows + low + 1, c->rows + low, (c->used++ - low) * sizeof(*c->rows));
    c->rows[low] = (struct row){.name = copy};
    return &c->rows[low];
}

static void
counted(void *arg, const struct line *line)
{
    struct count *c = arg;
    uint32_t mask = line->mask & c->aim.mask & GNOTIFY_ALL_EVENTS;

    if (line->mask & GNOTIFY_GAP)
        aim_say(&c->aim, "gap: changes of volume %s may be missing: %s", c->aim.volume,
                line->event->detail ? line->event->detail : "the reason is not known");
    if (!mask)
        return;
    struct row *row = row_of(c, line->watched);

    if (!row) {
        aim_say(&c->aim, "out of memory: an event of %s is not counted", line->watched);
        return;
    }
    for (int i = 0; i < EVENTS; i++)
        row->count[i] += mask >> i & 1;
    row->count[TOTAL]++;
}

static int
collect(struct count *c)
{
    static _Alignas(8) char buf[16 * GNOTIFY_EVENT_MAX];
    int64_t end = now_ms() + c->timeout * 1000;

    for (;;) {
        int64_t left = c->timeout > 0 ? end - now_ms() : -1;

        if (interrupted || (c->timeout > 0 && left <= 0))
            return 0;
        ssize_t bytes = aim_read(c->g, buf, sizeof(buf), (int)left);

        if (bytes < 0 && bytes != -EINTR) {
            aim_say(&c->aim, "%s", gnotify_error(c->g));
            return 1;
        }
        const struct gnotify_event *e = (void *)buf, *stop = (void *)(buf + (bytes > 0 ? bytes : 0));

        for (const struct gnotify_event *next; e < stop; e = next) {
            next = GNOTIFY_NEXT(e);
            aim_lines(&c->aim, e, next < stop ? next : NULL, counted, c);
        }
    }
}

static void
interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
    gnotify_wake(to_wake);
}

/* ---- the table --------------------------------------------------------------------- */

static int
order(const void *x, const void *y, void *arg)
{
    const struct count *c = arg;
    const struct row *a = x, *b = y;
    unsigned long n = a->count[c->column], m = b->count[c->column];

    if (n == m)
        return strcmp(a->name, b->name);
    return (n < m) == c->ascending ? -1 : 1;
}

static const char *
column_name(int column)
{
    static char name[32];
    const char *word = column == TOTAL ? "total" : gnotify_event_name(1u << column);
    size_t i = 0;

    for (; word[i] && i < sizeof(name) - 1; i++)
        name[i] = (char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] + 32 : word[i]);
    name[i] = '\0';
    return name;
}

static bool
has_column(const struct count *c, int column)
{
    if (column < EVENTS && !(c->aim.mask >> column & 1))
        return false;
    for (size_t i = 0; i < c->used && !c->zero; i++) {
        if (c->rows[i].count[column])
            return true;
    }
    return c->zero;
}

/* Each column is as wide as its name, or as its longest number. */
static void
print_table(const struct count *c)
{
    static const int columns[] = {TOTAL, 0, 1, 2, 3, 4, 5, 6, 7, 11, 8, 9, 10};
    int width[COLUMNS] = {0};

    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        int column = columns[i];

        if (!has_column(c, column))
            continue;
        width[column] = (int)strlen(column_name(column));
        for (size_t r = 0; r < c->used; r++) {
            int n = snprintf(NULL, 0, "%lu", c->rows[r].count[column]);

            width[column] = n > width[column] ? n : width[column];
        }
        printf("%-*s  ", width[column], column_name(column));
    }
    printf("filename\n");
    for (size_t r = 0; r < c->used; r++) {
        for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
            if (width[columns[i]])
                printf("%-*lu  ", width[columns[i]], c->rows[r].count[columns[i]]);
        }
        printf("%s\n", c->rows[r].name);
    }
}

static void
report(struct count *c)
{
    if (!c->used) {
        fprintf(stderr, "No events occurred.\n");
        return;
    }
    for (size_t i = 0; i < c->aim.count && c->zero; i++)
        row_of(c, c->aim.paths[i].word);
    qsort_r(c->rows, c->used, sizeof(*c->rows), order, c);
    print_table(c);
}

int
main(int argc, char **argv)
{
    struct count c = {.aim = {.program = "gnotifywatch"}};

    if (!read_options(&c, argc, argv))
        aim_leave(&c.aim, 1);
    fprintf(stderr, "Establishing watches...\n");
    if (aim_open(&c.aim, &(struct gnotify_options){0}, &c.g))
        aim_leave(&c.aim, 1);
    to_wake = c.g;
    sigaction(SIGINT, &(struct sigaction){.sa_handler = interrupt}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = interrupt}, NULL);
    if (c.verbose)
        fprintf(stderr, "Total of %zu watches.\n", c.aim.count);
    fprintf(stderr, "Finished establishing watches, now collecting statistics.\n");
    if (c.verbose && c.timeout > 0)
        fprintf(stderr, "Will listen for events for %ld seconds.\n", c.timeout);
    int status = collect(&c);

    report(&c);
    aim_leave(&c.aim, status);
}
