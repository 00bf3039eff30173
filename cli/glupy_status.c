/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume glupy VOLNAME status: what each process of the pool's nodes that runs the
 * volume's modules says of them. Mounts of other machines are nobody's to ask.
 */
#include "cli/glupy.h"

#include <errno.h>

#include "cli/commands.h"

int
glupy_ask_status(struct change *c)
{
    const char *const words[] = {"glupy-status", c->volume, NULL};

    return glupy_ask(c, "asking the nodes", words, false);
}

void
glupy_each(const struct change *c,
           void (*tell)(void *arg, const struct node *node, const struct answer_line *process,
                        const struct answer_line *instance),
           void *arg)
{
    for (size_t i = 0; i < c->peers.count; i++) {
        const struct node *node = &c->peers.nodes[i];
        const struct answer_line *process = NULL;

        for (size_t j = 0; j < node->line_count; j++) {
            if (!strcmp(node->lines[j].word, "process"))
                process = &node->lines[j];
            else if (!strcmp(node->lines[j].word, "instance"))
                tell(arg, node, process, &node->lines[j]);
        }
    }
}

void
glupy_describe(const struct node *node, const struct answer_line *process,
               const struct answer_line *instance, struct strbuf *out)
{
    strbuf_fmt(out, "node %s, %s %s, process %s (%s)", node->host, line_value(instance, "kind"),
               line_value(instance, "where"), line_value(process, "pid"),
               line_value(process, "program"));
}

/* Those that a node has, too, and did not tell of. */
static void
tell_more(struct change *c)
{
    int64_t count = 0;

    for (size_t i = 0; i < c->peers.count; i++) {
        const struct answer_line *line = node_line(&c->peers.nodes[i], "more", 1, NULL);

        if (!line)
            continue;
        emit_note(c->e, "node %s: %s more processes are too many to show\n",
                  c->peers.nodes[i].host, line_value(line, "processes"));
        count += strtoll(line_value(line, "processes"), NULL, 10);
    }
    emit_num(c->e, "notShown", count);
}

void
glupy_tell_hung(struct change *c)
{
    tell_more(c);
    emit_list(c->e, "silent", "process");
    for (size_t i = 0; i < c->peers.count; i++) {
        const struct node *node = &c->peers.nodes[i];
        const struct answer_line *line = NULL;

        while ((line = node_line(node, "silent", 0, line))) {
            emit_note(c->e, "node %s, process %s (%s): %s\n", node->host, line_value(line, "pid"),
                      line_value(line, "program"), line_value(line, "why"));
            emit_object(c->e, NULL);
            emit_str(c->e, "node", node->host);
            emit_num(c->e, "pid", strtoll(line_value(line, "pid"), NULL, 10));
            emit_str(c->e, "program", line_value(line, "program"));
            emit_str(c->e, "reason", line_value(line, "why"));
            emit_object_end(c->e);
        }
    }
    emit_list_end(c->e);
}

/* ---- one instance ----------------------------------------------------------- */

static const struct shown {
    const char *field, *name; /* as it came, and as XML and JSON call it */
    bool number;
} shown[] = {
    {"kind", "kind", false},
    {"where", "where", false},
    {"module", "module", false},
    {"interface", "interface", false},
    {"digest", "digest", false},
    {"generation", "generation", false},
    {"wanted-digest", "wantedDigest", false},
    {"wanted-generation", "wantedGeneration", false},
    {"state", "state", false},
    {"reason", "reason", false},
    {"queued", "queued", true},
    {"in-flight", "inFlight", true},
    {"calls", "calls", true},
    {"errors", "errors", true},
    {"timeouts", "timeouts", true},
    {"orphans", "orphans", true},
    {"refused", "refused", true},
    {"breaker", "breaker", false},
    {"breaker-opened", "breakerOpened", true},
    {"breaker-seconds-left", "breakerSecondsLeft", true},
}, shown_of_process[] = {
    {"memory-used", "memoryUsed", true},
    {"memory-peak", "memoryPeak", true},
    {"memory-limit", "memoryLimit", true},
    {"memory-refused", "memoryRefused", true},
}, shown_of_fop[] = {
    {"name", "name", false},
    {"calls", "calls", true},
    {"errors", "errors", true},
    {"p50-ns", "p50Ns", true},
    {"p99-ns", "p99Ns", true},
};

static void
tell_fields(struct emit *e, const struct answer_line *line, const struct shown *fields,
            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *value = line_value(line, fields[i].field);

        if (fields[i].number)
            emit_num(e, fields[i].name, strtoll(value, NULL, 10));
        else
            emit_str(e, fields[i].name, value);
    }
}

/* Nanoseconds as microseconds; a dash where nothing was measured. */
static void
microseconds(const char *ns, char out[32])
{
    double value = strtod(ns, NULL) / 1000;

    if (value > 0)
        snprintf(out, 32, value < 1000 ? "%.1f" : "%.0f", value);
    else
        snprintf(out, 32, "-");
}

static void
tell_fop(struct emit *e, const struct answer_line *line)
{
    char p50[32], p99[32];

    microseconds(line_value(line, "p50-ns"), p50);
    microseconds(line_value(line, "p99-ns"), p99);
    emit_text(e, "    %-14s %12s %10s %12s %12s\n", line_value(line, "name"),
              line_value(line, "calls"), line_value(line, "errors"), p50, p99);
    emit_object(e, NULL);
    tell_fields(e, line, shown_of_fop, ARRAY_SIZE(shown_of_fop));
    emit_object_end(e);
}

/* The fops are the lines behind the instance's. */
static void
tell_fops(struct emit *e, const struct node *node, const struct answer_line *instance)
{
    const struct answer_line *end = node->lines + node->line_count, *line = instance + 1;

    if (line < end && !strcmp(line->word, "fop"))
        emit_text(e, "    %-14s %12s %10s %12s %12s\n", "Operation", "Calls", "Errors",
                  "p50 (us)", "p99 (us)");
    emit_list(e, "operations", "operation");
    for (; line < end && !strcmp(line->word, "fop"); line++)
        tell_fop(e, line);
    emit_list_end(e);
}

static void
text_of_instance(struct emit *e, const struct answer_line *line)
{
    const char *reason = line_value(line, "reason"), *interface = line_value(line, "interface");

    emit_text(e, "  Module %s: %s%s%s\n", line_value(line, "module"),
              line_value(line, "state"), *reason ? ": " : "", reason);
    emit_text(e, "    SHA-256 %s%s%s\n", line_value(line, "digest"),
              *interface ? ", interface " : "", interface);
    emit_text(e, "    waiting for Python: %s, under way: %s, exceptions: %s, timeouts: %s, "
              "forgotten: %s\n", line_value(line, "queued"), line_value(line, "in-flight"),
              line_value(line, "errors"), line_value(line, "timeouts"),
              line_value(line, "orphans"));
}

static void
text_of_memory(struct emit *e, const struct answer_line *process)
{
    const double mb = 1 << 20;
    double limit = strtod(line_value(process, "memory-limit"), NULL) / mb;
    const char *refused = line_value(process, "memory-refused");

    emit_text(e, "  Python has %.1f MB", strtod(line_value(process, "memory-used"), NULL) / mb);
    if (limit > 0)
        emit_text(e, " of %.0f", limit);
    if (strtoll(refused, NULL, 10))
        emit_text(e, "; %s times it wanted more than that", refused);
    emit_text(e, "\n");
}

struct showing {
    struct change *c;
    char *before; /* the heading of the last one */
    int64_t count;
};

static void
tell_instance(void *arg, const struct node *node, const struct answer_line *process,
              const struct answer_line *instance)
{
    struct showing *s = arg;
    struct emit *e = s->c->e;
    AUTO_STRBUF struct strbuf heading = STRBUF_INIT;

    glupy_describe(node, process, instance, &heading);
    if (!s->before || strcmp(s->before, strbuf_text(&heading))) {
        emit_text(e, "%sN%s\n", s->count ? "\n" : "", strbuf_text(&heading) + 1);
        text_of_memory(e, process);
        free(s->before);
        s->before = strbuf_take(&heading);
    }
    s->count++;
    text_of_instance(e, instance);
    emit_object(e, NULL);
    emit_str(e, "node", node->host);
    emit_num(e, "pid", strtoll(line_value(process, "pid"), NULL, 10));
    emit_str(e, "program", line_value(process, "program"));
    tell_fields(e, process, shown_of_process, ARRAY_SIZE(shown_of_process));
    tell_fields(e, instance, shown, ARRAY_SIZE(shown));
    tell_fops(e, node, instance);
    emit_object_end(e);
}

static int
show_status(struct change *c)
{
    struct showing s = {.c = c};
    int status = glupy_ask_status(c);

    if (status)
        return status;
    emit_object(c->e, "volGlupy");
    emit_str(c->e, "volName", c->volume);
    emit_list(c->e, "instances", "instance");
    glupy_each(c, tell_instance, &s);
    emit_list_end(c->e);
    if (!s.count)
        emit_text(c->e, "No process on the nodes has a module of volume %s. Mounts and "
                  "applications on other machines are not seen.\n", c->volume);
    emit_num(c->e, "count", s.count);
    glupy_tell_hung(c);
    change_tell_silent(c);
    emit_object_end(c->e);
    free(s.before);
    return emit_end(c->e);
}

/* ---- the command ------------------------------------------------------------ */

static int
usage(struct cli *cli)
{
    struct emit *e = emit_begin(cli->format);

    emit_fail(e, NULL, EINVAL, "\nUsage:\nvolume glupy VOLNAME {status | reload [MODULE]}\n");
    return emit_end(e);
}

int
cmd_volume_glupy(struct cli *cli, int argc, char **argv)
{
    AUTO_REPLY struct reply volume = REPLY_INIT;
    bool is_status = argc == 2 && !strcmp(argv[1], "status");
    bool is_reload = (argc == 2 || argc == 3) && !strcmp(argv[1], "reload");

    if (!is_status && !is_reload)
        return usage(cli);
    AUTO_CHANGE struct change c = {
        .cli = cli,
        .e = emit_begin(cli->format),
        .command = is_status ? "volume glupy status" : "volume glupy reload",
        .volume = argv[0],
    };
    int ret = volume_fetch(cli, c.volume, &volume);

    if (ret == -ENOENT)
        return change_fail(&c, ENOENT, "Volume %s does not exist", c.volume);
    if (ret)
        return rpc_fail(cli, c.e, c.command, ret);
    const char *modules = volume_option(&volume, "features.glupy-module");
    if (!modules || volgen_is_off(modules))
        return change_fail(&c, ENOENT, "Volume %s has no modules: `gluster volume set %s "
                           "features.glupy-module NAME` gives it one", c.volume, c.volume);
    return is_status ? show_status(&c) : glupy_reload(&c, &volume, argc == 3 ? argv[2] : NULL);
}
