/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * glupy-drive GRAPH.vol < SCRIPT.jsonl > RESULTS.jsonl: winds fops, one per line, to the
 * top of a volfile's graph and prints their answers. docs/drive.md has the format.
 */
#include "xlators/drive/wind.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>

#include <glusterfs/compat-uuid.h>

#include "common/strbuf.h"

enum { EXIT_DIFFERS = 1, EXIT_INPUT = 2, EXIT_GRAPH = 3, EXIT_HANGS = 4, TIMEOUT = 60 };

static const char usage[] =
    "usage: glupy-drive [OPTION...] GRAPH.vol <SCRIPT >RESULTS\n"
    "Winds file operations, one JSON object per line, to the top of a volfile's graph.\n"
    "  -r, --record        print the arguments, too: the output is a script again\n"
    "  -c, --check         compare with the answers that the script has; 1 if they differ\n"
    "  -l, --log FILE      GlusterFS's messages; - (stderr) if not given\n"
    "  -L, --log-level N   0 (none) to 9 (trace); 5 (warnings) if not given\n"
    "  -t, --timeout S     end after S seconds without an answer; 60 if not given, 0: never\n"
    "  -n, --name NAME     what the process calls itself to translators; gfapi.drive\n"
    "      --uid N, --gid N, --pid N\n"
    "                      who asks, where a line does not say it; root\n";

struct options {
    bool record, check;
    const char *log, *name;
    int level;
    unsigned timeout;
    struct drive_request request;
};

static long line_number;

static int PRINTF_LIKE(1, 2)
complain(const char *format, ...)
{
    va_list ap;

    if (line_number)
        fprintf(stderr, "glupy-drive: line %ld: ", line_number);
    else
        fputs("glupy-drive: ", stderr);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
    return -1;
}

/* ---- who asks --------------------------------------------------------------------- */

static int
read_groups(json_t *list, struct drive_request *r, struct drive_error *e)
{
    size_t n = json_array_size(list);

    if (!json_is_array(list) || n > SMALL_GROUP_COUNT)
        return drive_wanted(e, "request.groups", "a list of at most 128 numbers", list);
    for (size_t i = 0; i < n; i++)
        r->groups[i] = (uint32_t)json_integer_value(json_array_get(list, i));
    r->ngroups = (unsigned)n;
    return 0;
}

static int
read_request(json_t *json, struct drive_request *r, struct drive_error *e)
{
    const char *key;
    json_t *value;

    if (json && !json_is_object(json))
        return drive_wanted(e, "request", "an object", json);
    json_object_foreach(json, key, value)
    {
        if (!strcmp(key, "groups")) {
            if (read_groups(value, r, e))
                return -1;
        } else if (!strcmp(key, "lk_owner")) {
            size_t len = json_string_length(value) / 2;

            if (len > sizeof(r->owner.data) ||
                !drive_read_hex(json_string_value(value), r->owner.data, len))
                return drive_wanted(e, "request.lk_owner", "hexadecimal digits", value);
            r->owner.len = (int)len;
        } else if (!json_is_integer(value)) {
            return drive_wanted(e, key, "an integer", value);
        } else if (!strcmp(key, "uid")) {
            r->uid = (uid_t)json_integer_value(value);
        } else if (!strcmp(key, "gid")) {
            r->gid = (gid_t)json_integer_value(value);
        } else if (!strcmp(key, "pid")) {
            r->pid = (pid_t)json_integer_value(value);
        } else {
            return drive_wanted(e, key, "one of uid, gid, pid, groups, lk_owner", NULL);
        }
    }
    return 0;
}

/* ---- answers ---------------------------------------------------------------------- */

/* Is what the script has part of the answer? Objects may have less than it. */
static bool
agrees(json_t *wanted, json_t *is)
{
    const char *key;
    json_t *value;
    size_t i;

    if (json_is_object(wanted) && json_is_object(is)) {
        json_object_foreach(wanted, key, value)
        {
            if (!agrees(value, json_object_get(is, key)))
                return false;
        }
        return true;
    }
    if (json_is_array(wanted) && json_is_array(is)) {
        if (json_array_size(wanted) != json_array_size(is))
            return false;
        json_array_foreach(wanted, i, value)
        {
            if (!agrees(value, json_array_get(is, i)))
                return false;
        }
        return true;
    }
    return json_equal(wanted, is);
}

/* Compares the line's own answer, as far as it has one, with what came. The errno of a
 * success is whatever was left there. */
static bool
check(json_t *line, json_t *out)
{
    static const char *const members[] = {"op_ret", "op_errno", "results"};
    bool same = true;

    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        json_t *wanted = json_object_get(line, members[i]), *is = json_object_get(out, members[i]);

        if (!wanted || agrees(wanted, is) ||
            (i == 1 && json_integer_value(json_object_get(out, "op_ret")) >= 0))
            continue;
        AUTO_FREE char *a = json_dumps(wanted, JSON_ENCODE_ANY | JSON_COMPACT);
        AUTO_FREE char *b = json_dumps(is, JSON_ENCODE_ANY | JSON_COMPACT);

        complain("%s is %s, the script has %s", members[i], b ? b : "?", a ? a : "?");
        same = false;
    }
    return same;
}

static void
print(json_t *out)
{
    json_dumpf(out, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
}

/* ---- lines ------------------------------------------------------------------------ */

/* What makes a file must say its gfid, or storage/posix refuses. */
static int
add_gfid(int fop, json_t *args)
{
    char text[GF_UUID_BUF_SIZE];
    json_t *xdata = json_object_get(args, "xdata");
    uuid_t gfid;

    if (fop != GF_FOP_CREATE && fop != GF_FOP_MKNOD && fop != GF_FOP_MKDIR &&
        fop != GF_FOP_SYMLINK && fop != GF_FOP_PUT && fop != GF_FOP_ICREATE)
        return 0;
    if (json_object_get(xdata, "gfid-req"))
        return 0;
    if (!json_is_object(xdata)) {
        if (xdata && !json_is_null(xdata))
            return 0; /* drive_read says what is wanted */
        xdata = json_object();
        if (json_object_set_new(args, "xdata", xdata))
            return -1;
    }
    gf_uuid_generate(gfid);
    gf_uuid_unparse(gfid, text);
    return json_object_set_new(xdata, "gfid-req", json_pack("{s:s}", "gfid", text));
}

/* Winds; -1 after a complaint. */
static int
run_fop(struct drive_line *line, const union drive_value *v, struct drive_answer *answer)
{
    const struct drive_fop *f = &drive_fops[line->fop];
    const struct drive_names names = {drive_name_fd, drive_name_inode, line};
    int failed = drive_wind(line->d, line->fop, v, line->request, &names, answer);

    if (failed == -ETIMEDOUT) {
        complain("%s: no answer within %u s", f->name, line->d->timeout);
        fflush(stdout);
        _exit(EXIT_HANGS); /* threads still use what returning would free */
    }
    if (failed)
        return complain("%s: out of memory", f->name);
    int fd = drive_param_find(f->args, f->argc, DRIVE_FD);

    if (line->opens && answer->op_ret >= 0 && drive_fd_add(line->d, line->opens, v[fd].p))
        return complain("%s: out of memory", f->name);
    return 0;
}

/* The answer of a line whose location is not there. */
static void
answer_lookup(struct drive_line *line, json_t *out, struct drive_answer *answer)
{
    answer->op_ret = -1;
    answer->op_errno = line->error;
    json_object_set_new(out, "lookup", json_string(line->failed_at));
    free(line->failed_at);
}

/* {"fop": …}: reads, winds, adds the answer to out. */
static int
do_fop(struct drive *d, const struct options *o, json_t *json, json_t *out)
{
    const char *name = json_string_value(json_object_get(json, "fop"));
    struct drive_request request = o->request;
    struct drive_answer answer = {0};
    union drive_value v[DRIVE_VALUES];
    struct drive_error e;
    json_t *args = json_object_get(json, "args");
    struct drive_line line = {.d = d, .request = &request, .args = args, .values = v};
    const struct drive_finder finder = {.loc = drive_find_loc, .fd = drive_find_fd,
                                        .arg = &line, .pool = d->g.ctx->iobuf_pool};

    line.fop = name ? drive_fop_find(name) : -1;
    if (line.fop < 0)
        return complain("fop: the name of one of GlusterFS's 54 operations is wanted, not %s",
                        name ? name : "something else");
    const struct drive_fop *f = &drive_fops[line.fop];

    if (json_is_object(args) && add_gfid(line.fop, args))
        return complain("out of memory");
    if (read_request(json_object_get(json, "request"), &request, &e))
        return complain("%s", e.text);
    e.text[0] = '\0';
    if (drive_read(f->args, f->argc, args, v, &finder, &e)) {
        if (!line.error)
            return complain("%s: %s", f->name, e.text[0] ? e.text : "out of memory");
        answer_lookup(&line, out, &answer);
    } else {
        json_t *shown = drive_show(f->args, f->argc, v,
                                   &(struct drive_names){drive_name_fd, drive_name_inode, &line});
        int failed = run_fop(&line, v, &answer);

        if (o->record)
            json_object_set(out, "args", shown);
        json_decref(shown);
        drive_release(f->args, f->argc, v);
        if (failed)
            return -1;
    }
    json_object_set_new(out, "op_ret", json_integer(answer.op_ret));
    json_object_set_new(out, "op_errno", drive_show_errno(answer.op_errno));
    if (answer.results)
        json_object_set_new(out, "results", answer.results);
    return 0;
}

/* {"forget": PATH}: as if a kernel dropped the inode */
static int
do_forget(struct drive *d, const char *path)
{
    inode_t *inode = path && *path == '/' ? drive_inode_at(d, path) : NULL;

    if (!inode)
        return complain("forget: the path of a known inode is wanted, not %s", path ? path : "");
    inode_forget(inode, 0);
    inode_unref(inode);
    return 0;
}

static int
do_line(struct drive *d, const struct options *o, json_t *json, bool *same)
{
    json_t *close = json_object_get(json, "close"), *forget = json_object_get(json, "forget");
    json_t *out = json_pack("{s:I}", "line", (json_int_t)line_number);
    int failed;

    if (json_object_get(json, "fop")) {
        json_object_set(out, "fop", json_object_get(json, "fop"));
        if (o->record && json_object_get(json, "request"))
            json_object_set(out, "request", json_object_get(json, "request"));
        failed = do_fop(d, o, json, out);
    } else if (json_is_string(close)) {
        json_object_set(out, "close", close);
        failed = drive_fd_close(d, json_string_value(close))
                     ? 0
                     : complain("close: the name of an open fd is wanted, not %s",
                                json_string_value(close));
    } else if (forget) {
        json_object_set(out, "forget", forget);
        failed = do_forget(d, json_string_value(forget));
    } else {
        failed = complain("an object with fop, close or forget is wanted");
    }
    if (!failed) {
        print(out);
        if (o->check)
            *same = check(json, out) && *same;
    }
    json_decref(out);
    return failed;
}

/* An exit status. */
static int
run(struct drive *d, const struct options *o)
{
    AUTO_FREE char *text = NULL;
    size_t room = 0;
    ssize_t len;
    bool same = true;

    while ((len = getline(&text, &room, stdin)) > 0) {
        json_error_t error;

        line_number++;
        if (text[strspn(text, " \t\r\n")] == '\0' || *text == '#')
            continue;
        json_t *json = json_loadb(text, (size_t)len, JSON_ALLOW_NUL, &error);

        if (!json) {
            complain("this is no JSON object: %s at column %d", error.text, error.column);
            return EXIT_INPUT;
        }
        int failed = do_line(d, o, json, &same);

        json_decref(json);
        if (failed)
            return EXIT_INPUT;
    }
    return same ? 0 : EXIT_DIFFERS;
}

/* As a mount begins: many translators want the root to be looked up first. */
static void
look_up_root(struct drive *d)
{
    const struct drive_request nobody = {0};
    struct drive_answer answer = {0};
    loc_t loc = {.path = "/", .name = "", .inode = d->g.inodes->root};
    const union drive_value args[] = {{.p = &loc}, {0}};

    gf_uuid_copy(loc.gfid, loc.inode->gfid);
    if (drive_wind(d, GF_FOP_LOOKUP, args, &nobody, NULL, &answer) == -ETIMEDOUT) {
        complain("lookup of /: no answer within %u s", d->timeout);
        _exit(EXIT_HANGS);
    }
    json_decref(answer.results);
}

static unsigned long
number(const char *text, const char *what)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (!*text || *end) {
        complain("%s: a number is wanted, not %s", what, text);
        exit(EXIT_INPUT);
    }
    return n;
}

static void
read_options(int argc, char **argv, struct options *o)
{
    enum { UID = 256, GID, PID, HELP };
    static const struct option options[] = {
        {"record", no_argument, NULL, 'r'},     {"check", no_argument, NULL, 'c'},
        {"log", required_argument, NULL, 'l'},  {"log-level", required_argument, NULL, 'L'},
        {"name", required_argument, NULL, 'n'}, {"timeout", required_argument, NULL, 't'},
        {"uid", required_argument, NULL, UID},  {"gid", required_argument, NULL, GID},
        {"pid", required_argument, NULL, PID},  {"help", no_argument, NULL, HELP},
        {0}};
    int c;

    while ((c = getopt_long(argc, argv, "rcl:L:n:t:", options, NULL)) != -1) {
        if (c == 'r')
            o->record = true;
        else if (c == 'c')
            o->check = true;
        else if (c == 'l')
            o->log = optarg;
        else if (c == 'L')
            o->level = (int)number(optarg, "--log-level");
        else if (c == 'n')
            o->name = optarg;
        else if (c == 't')
            o->timeout = (unsigned)number(optarg, "--timeout");
        else if (c == UID)
            o->request.uid = (uid_t)number(optarg, "--uid");
        else if (c == GID)
            o->request.gid = (gid_t)number(optarg, "--gid");
        else if (c == PID)
            o->request.pid = (pid_t)number(optarg, "--pid");
        else {
            fputs(usage, c == HELP ? stdout : stderr);
            exit(c == HELP ? 0 : EXIT_INPUT);
        }
    }
    if (optind != argc - 1) {
        fputs(usage, stderr);
        exit(EXIT_INPUT);
    }
}

int
main(int argc, char **argv)
{
    struct options o = {.log = "-", .name = "gfapi.drive", .level = GF_LOG_WARNING,
                        .timeout = TIMEOUT};
    AUTO_FREE char *here = getcwd(NULL, 0), *log = NULL;
    struct drive d = {0};
    char why[1000];

    read_options(argc, argv, &o);
    if (strcmp(o.log, "-") && *o.log != '/') /* GlusterFS wants absolute ones */
        o.log = log = here ? str_fmt("%s/%s", here, o.log) : NULL;
    if (!o.log) {
        complain("out of memory");
        return EXIT_GRAPH;
    }
    d.timeout = o.timeout;
    if (drive_graph_open(&d.g, argv[optind], o.name, o.log, (gf_loglevel_t)o.level, why,
                         sizeof(why))) {
        complain("%s", why);
        drive_graph_close(&d.g);
        return EXIT_GRAPH;
    }
    look_up_root(&d);
    int status = run(&d, &o);

    while (d.fds)
        drive_fd_close(&d, d.fds->name);
    drive_graph_close(&d.g);
    return status;
}
