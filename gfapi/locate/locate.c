/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volext-locate: which bricks hold which files of a volume. What other programs of volext
 * use: its output is for programs. It consists of records; a record consists of fields that
 * are not empty, each ended by a NUL; a record ends with another NUL.
 *
 *   volume NAME FOLDER          FOLDER: what VOLUME means in it; relative paths begin there
 *   set NUMBER NAME TYPE REDUNDANCY       distributed (one brick), replicated, dispersed
 *   brick NUMBER SET NAME SERVER PATH FLAGS          FLAGS: arbiter, or -
 *   file PATH SET BRICKS SHARDS  BRICKS: numbers with commas between; SHARDS: BLOCK:SIZE, or -
 *   error PATH ERRNO TEXT        PATH: a path, or the name of a set that cannot be reached
 *   end FILES ERRORS             missing if it ended early
 *
 * Numbers count from 0. volume, sets and bricks come first.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/strbuf.h"
#include "walk.h"

static const char usage[] =
    "Usage: volext-locate [OPTION]... VOLUME [PATH]...\n"
    "Tells which bricks hold the files PATH and all regular files below folders PATH of a\n"
    "volume (v1, server:v1, or a path on a mount), in a form for programs. Without PATH: all\n"
    "below what VOLUME means.\n"
    "\n"
    "  -s, --glusterd-sock=FILE  glusterd's socket, if it is not the usual one\n"
    "  -l, --log-file=FILE       where libgfapi's log goes; nowhere by default\n"
    "  -h, --help                show this\n"
    "  -V, --version             show the version\n"
    "\n"
    "Exit status: 0; 1 if something could not be told (there are `error` records); 2 for a\n"
    "wrong command line; 3 if the volume cannot be reached or it ended early.\n";

enum { WRONG = 2, FATAL = 3 };

struct output {
    const struct gfapi_graph *graph;
    uint64_t files, errors;
};

static void
field(const char *text)
{
    fwrite(text, strlen(text) + 1, 1, stdout);
}

static void
number(uint64_t value)
{
    printf("%" PRIu64, value);
    putchar(0);
}

static void
record_end(void)
{
    putchar(0);
}

static void
print_volume(void *arg, const char *name, const char *folder, const struct gfapi_graph *graph)
{
    ((struct output *)arg)->graph = graph;
    field("volume");
    field(name);
    field(folder);
    record_end();
    for (int i = 0; i < graph->set_count; i++) {
        field("set");
        number(i);
        field(graph->sets[i].name);
        field(gfapi_type_name(graph->sets[i].type));
        number(graph->sets[i].redundancy);
        record_end();
    }
    for (int i = 0; i < graph->brick_count; i++) {
        const struct gfapi_brick *brick = &graph->bricks[i];

        field("brick");
        number(i);
        number(brick->set);
        field(brick->name);
        field(brick->server);
        field(brick->path);
        field(brick->arbiter ? "arbiter" : "-");
        record_end();
    }
}

static void
print_file(void *arg, const char *path, const struct locate_place *place)
{
    struct output *output = arg;
    const struct gfapi_set *set = &output->graph->sets[place->set];
    const char *separator = "";

    output->files++;
    field("file");
    field(path);
    number(place->set);
    for (int i = 0; i < set->count; i++)
        if (place->bricks & (1ULL << i)) {
            printf("%s%d", separator, set->first + i);
            separator = ",";
        }
    putchar(0);
    if (place->block)
        printf("%" PRIu64 ":%" PRIu64, place->block, place->size);
    else
        putchar('-');
    putchar(0);
    record_end();
}

static const char *
error_text(int error)
{
    switch (-error) {
    case ENOTCONN: return "none of its bricks answers";
    case EINVAL: return "neither a regular file nor a folder, or a path with ..";
    case EBADMSG: return "its glusterfs.pathinfo does not fit the volume's bricks";
    case EAGAIN: return "the bricks that should have it have it not (it is being moved, or healed)";
    default: return strerror(-error);
    }
}

static void
print_error(void *arg, const char *path, int error)
{
    ((struct output *)arg)->errors++;
    field("error");
    field(*path ? path : "/");
    number(-error);
    field(error_text(error));
    record_end();
}

static int
run(const char *spec, const struct connect_options *options, char **paths)
{
    static char *all[] = {"", NULL};
    struct output output = {0};
    struct locate_events events = {print_volume, print_file, print_error, &output};
    struct locate_walk *walk;

    if (locate_walk_new(spec, options, &events, &walk))
        return FATAL; /* said there */
    int ret = 0;

    for (char **path = *paths ? paths : all; *path && !ret; path++)
        ret = locate_walk_path(walk, *path);
    locate_walk_free(walk);
    if (ret) {
        fprintf(stderr, "%s: cannot go on: %s\n", options->program,
                ret == -ESTALE ? "the volume has other bricks now; run it again" : strerror(-ret));
        return FATAL;
    }
    field("end");
    number(output.files);
    number(output.errors);
    record_end();
    return output.errors ? 1 : 0;
}

int
main(int argc, char **argv)
{
    static const struct option longs[] = {
        {"glusterd-sock", required_argument, NULL, 's'},
        {"log-file", required_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {0},
    };
    struct connect_options options = {.program = "volext-locate"};
    int option;

    while ((option = getopt_long(argc, argv, "s:l:hV", longs, NULL)) >= 0)
        switch (option) {
        case 's': options.socket = optarg; break;
        case 'l': options.log_file = optarg; break;
        case 'h': fputs(usage, stdout); return 0;
        case 'V': puts("volext-locate " PKGVERSION); return 0;
        default: fputs(usage, stderr); return WRONG;
        }
    if (optind == argc) {
        fputs(usage, stderr);
        return WRONG;
    }
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    int status = run(argv[optind], &options, argv + optind + 1);

    if (fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "volext-locate: cannot write to standard output: %s\n", strerror(errno));
        return FATAL;
    }
    return status;
}
