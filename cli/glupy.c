/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * gluster glupy: modules on all nodes. A module is one file; what makes it the same
 * everywhere is its SHA-256.
 */
#include <errno.h>
#include <libgen.h>

#include "cli/commands.h"
#include "cli/glupy.h"
#include "common/file.h"

enum { MODULE_MAX = 1024 * 1024 }; /* glusterd copies no larger file */

/* ---- what the commands share -------------------------------------------- */

int
glupy_ask(struct change *c, const char *what, const char *const *words, bool strict)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    int ret = c->peers.count ? 0 : peers_list(c->cli, &c->peers, &why);

    if (!ret)
        ret = peers_ask(c->cli, &c->peers, what, words, &why);
    if (ret == -EIO)
        return change_fail(c, EIO, "%s", strbuf_text(&why));
    if (ret)
        return rpc_fail(c->cli, c->e, c->command, ret);
    if (strict && peers_complaints(&c->peers, false, &why))
        return change_fail(c, EIO, "%s", strbuf_text(&why));
    return 0;
}

static int
check_name(struct change *c, const char *name)
{
    if (volgen_is_module_name(name))
        return 0;
    return change_fail(c, EINVAL, "\"%s\" is not the name of a module: letters, digits and _, not "
                       "beginning with a digit, at most 64 of them", name);
}

static int
usage(struct cli *cli, const char *words)
{
    struct emit *e = emit_begin(cli->format);

    emit_fail(e, NULL, EINVAL, "\nUsage:\n%s\n", words);
    return emit_end(e);
}

static struct change
change_begin(struct cli *cli, const char *command)
{
    return (struct change){
        .cli = cli, .e = emit_begin(cli->format), .command = command, .volume = ""};
}

/* ---- install ------------------------------------------------------------ */

struct module_file {
    char name[65];
    char digest[DIGEST_HEX];
    struct strbuf source;
};

/* Reads the file once; what was hashed is what is sent. */
static int
read_module(struct change *c, const char *path, struct module_file *m)
{
    AUTO_FREE char *copy = strdup(path);
    char *base = copy ? basename(copy) : NULL;
    char *dot = base ? strrchr(base, '.') : NULL;

    if (!base)
        return rpc_fail(c->cli, c->e, c->command, -ENOMEM);
    if (!dot || strcmp(dot, ".py"))
        return change_fail(c, EINVAL, "%s is not called NAME.py", path);
    *dot = '\0';
    int status = check_name(c, base);
    if (status)
        return status;
    snprintf(m->name, sizeof(m->name), "%s", base);
    int ret = file_read(path, MODULE_MAX, &m->source);
    if (ret == -EFBIG)
        return change_fail(c, EFBIG, "%s is larger than %d bytes, the most that glusterd copies "
                           "between nodes", path, MODULE_MAX);
    if (ret == -EINVAL)
        return change_fail(c, EINVAL, "%s is not a regular file", path);
    if (ret)
        return change_fail(c, -ret, "%s: %s", path, strerror(-ret));
    digest_bytes(strbuf_text(&m->source), m->source.len, m->digest);
    return 0;
}

/* To this node's working directory, and from there, by glusterd, to the others. */
static int
distribute(struct change *c, const struct module_file *m)
{
    AUTO_REPLY struct reply workdir = REPLY_INIT;
    AUTO_REPLY struct reply copied = REPLY_INIT;
    AUTO_REQUEST struct request request = REQUEST_INIT;
    AUTO_FREE char *source = str_fmt("volext/modules/incoming/%s.py", m->name);
    AUTO_FREE char *lock = str_fmt("volext-copy-%.16s-%d", m->digest, (int)getpid());

    int ret = rpc_call(c->cli, RPC_GETWD, NULL, NULL, &workdir);
    if (ret)
        return rpc_fail(c->cli, c->e, c->command, ret);
    AUTO_FREE char *path = source ? str_fmt("%s/%s", workdir.op_errstr, source) : NULL;
    if (!path || !lock)
        return rpc_fail(c->cli, c->e, c->command, -ENOMEM);
    ret = file_replace(path, strbuf_text(&m->source), m->source.len, 0600);
    if (ret)
        return change_fail(c, -ret, "cannot write %s: %s. Run this as root on a node of the pool",
                           path, strerror(-ret));
    request_put(&request, "source", source);
    request_put(&request, "volname", lock);
    request_put(&request, "cmd-str", c->cli->line);
    ret = rpc_call(c->cli, RPC_COPY_FILE, "copying to the nodes", &request, &copied);
    if (ret)
        return rpc_fail(c->cli, c->e, c->command, ret);
    if (copied.op_ret)
        return change_fail(c, copied.op_errno, "%s could not be copied to all nodes: %s. Nothing was "
                           "changed", source,
                           *copied.op_errstr ? copied.op_errstr : "see glusterd's log");
    return 0;
}

/* Nodes that did not take the file, in a sentence each. */
static int
refusals(const struct change *c, const struct module_file *m, struct strbuf *why)
{
    int count = peers_complaints(&c->peers, false, why);

    for (size_t i = 0; i < c->peers.count; i++) {
        const struct node *node = &c->peers.nodes[i];
        const struct answer_line *line = node_line(node, "module", 3, NULL);

        if (!node->ended || node->failed)
            continue;
        if (line && !strcmp(line->fields[1], "ok") && !strcmp(line->fields[2], m->digest))
            continue;
        strbuf_fmt(why, "%snode %s: %s", why->len ? "; " : "", node->host,
                   line && strcmp(line->fields[1], "ok") ? line->fields[2]
                                                         : "has another file than was sent");
        count++;
    }
    return count;
}

/* Every node looks at the file before the first one takes it. */
static int
verify(struct change *c, const struct module_file *m)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT, ignored = STRBUF_INIT;
    const char *const look[] = {"module-verify", m->name, m->digest, NULL};
    const char *const drop[] = {"module-drop", m->name, NULL};
    int status = glupy_ask(c, "compiling on the nodes", look, false);

    if (status || !refusals(c, m, &why))
        return status;
    peers_ask(c->cli, &c->peers, "tidying up", drop, &ignored);
    return change_fail(c, EINVAL, "module %s: %s. Nothing was changed", m->name,
                       strbuf_text(&why));
}

static int
commit(struct change *c, const struct module_file *m)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    const char *const words[] = {"module-commit", m->name, m->digest, NULL};
    int status = glupy_ask(c, "installing on the nodes", words, false);

    if (status || !refusals(c, m, &why))
        return status;
    return change_fail(c, EINVAL, "module %s: %s. Nodes that are not named have the new file: "
                       "install it again when this is mended", m->name, strbuf_text(&why));
}

bool
glupy_names_module(const char *list, const char *module)
{
    size_t len = strlen(module);

    for (; list && *list; list += strcspn(list, ",")) {
        list += strspn(list, ", ");
        if (!strncmp(list, module, len) && strchr(", ", list[len]))
            return true;
    }
    return false;
}

/* A volume that runs the module is told the new digest: its clients load it at once. */
static int
update_volume(struct change *c, const char *volume, const struct module_file *m, int *updated)
{
    AUTO_REPLY struct reply reply = REPLY_INIT;
    AUTO_FREE char *key = str_fmt(DIGEST_PREFIX "%s", m->name);
    int ret = key ? volume_fetch(c->cli, volume, &reply) : -ENOMEM;

    if (ret == -ENOENT)
        return 0; /* deleted meanwhile */
    if (ret)
        return rpc_fail(c->cli, c->e, c->command, ret);
    const char *digest = volume_option(&reply, key);
    if (!digest && !glupy_names_module(volume_option(&reply, "features.glupy-module"), m->name))
        return 0;
    if (digest && !strcmp(digest, m->digest))
        return 0;
    kv_free(&c->options);
    if (kv_set(&c->options, key, m->digest) < 0)
        return rpc_fail(c->cli, c->e, c->command, -ENOMEM);
    c->volume = volume;
    int status = change_set(c);
    if (!status)
        status = change_applied(c);
    if (!status)
        status = glupy_note_failures(c);
    *updated += !status;
    return status;
}

static int
update_volumes(struct change *c, const struct module_file *m, int *updated)
{
    AUTO_REPLY struct reply list = REPLY_INIT;
    int ret = rpc_call(c->cli, RPC_LIST_VOLUME, NULL, NULL, &list);

    if (ret)
        return rpc_fail(c->cli, c->e, c->command, ret);
    int64_t count = dict_num(&list.dict, "count", 0);
    int status = 0;
    for (int64_t i = 0; i < count && !status; i++) {
        const char *volume = dict_strf(&list.dict, "volume%lld", (long long)i);
        if (volume)
            status = update_volume(c, volume, m, updated);
    }
    c->volume = "";
    return status;
}

int
cmd_glupy_install(struct cli *cli, int argc, char **argv)
{
    struct module_file m = {.source = STRBUF_INIT};
    AUTO_STRBUF struct strbuf source = STRBUF_INIT;
    int updated = 0;

    if (argc != 1)
        return usage(cli, "glupy install FILE");
    AUTO_CHANGE struct change c = change_begin(cli, "glupy install");
    int status = read_module(&c, argv[0], &m);
    source = m.source; /* freed by scope */
    const char *const prepare[] = {"module-prepare", m.name, NULL};
    if (!status)
        status = glupy_ask(&c, "asking the nodes", prepare, true);
    if (!status)
        status = distribute(&c, &m);
    if (!status)
        status = verify(&c, &m);
    if (!status)
        status = commit(&c, &m);
    if (!status)
        status = update_volumes(&c, &m, &updated);
    if (status)
        return status;
    emit_text(c.e, "glupy install: success: module %s is on %zu node%s", m.name, c.peers.count,
              c.peers.count == 1 ? "" : "s");
    if (updated)
        emit_text(c.e, "; %d volume%s use%s it from now on", updated, updated == 1 ? "" : "s",
                  updated == 1 ? "s" : "");
    emit_text(c.e, "\n");
    emit_object(c.e, "glupyInstall");
    emit_str(c.e, "name", m.name);
    emit_str(c.e, "digest", m.digest);
    emit_num(c.e, "nodes", (int64_t)c.peers.count);
    emit_num(c.e, "volumes", updated);
    emit_object_end(c.e);
    return emit_end(c.e);
}

/* ---- list --------------------------------------------------------------- */

/* A node's line about a module, or NULL. */
static const struct answer_line *
module_line(const struct node *node, const char *name)
{
    const struct answer_line *line = NULL;

    while ((line = node_line(node, "module", 3, line)))
        if (!strcmp(line->fields[0], name))
            return line;
    return NULL;
}

/* Was it already told of by a node before i? */
static bool
told_before(const struct change *c, size_t i, const char *name)
{
    for (size_t j = 0; j < i; j++)
        if (module_line(&c->peers.nodes[j], name))
            return true;
    return false;
}

static void
tell_differences(struct change *c, const struct answer_line *line)
{
    emit_list(c->e, "differs", "node");
    for (size_t i = 0; i < c->peers.count; i++) {
        const struct node *node = &c->peers.nodes[i];
        const struct answer_line *theirs = module_line(node, line->fields[0]);

        if (!node->ended || node->failed || (theirs && !strcmp(theirs->fields[2], line->fields[2])))
            continue;
        if (theirs)
            emit_text(c->e, "    node %s has another file, %.12s\n", node->host, theirs->fields[2]);
        else
            emit_text(c->e, "    node %s does not have it\n", node->host);
        emit_object(c->e, NULL);
        emit_str(c->e, "host", node->host);
        emit_str(c->e, "digest", theirs ? theirs->fields[2] : "");
        emit_object_end(c->e);
    }
    emit_list_end(c->e);
}

static void
tell_module(struct change *c, const struct answer_line *line)
{
    const char *summary = line->count > 3 ? line->fields[3] : "";

    emit_text(c->e, "%-24s %-9s %.12s  %s\n", line->fields[0], line->fields[1], line->fields[2],
              summary);
    emit_object(c->e, NULL);
    emit_str(c->e, "name", line->fields[0]);
    emit_str(c->e, "state", line->fields[1]);
    emit_str(c->e, "digest", line->fields[2]);
    emit_str(c->e, "summary", summary);
    tell_differences(c, line);
    emit_object_end(c->e);
}

int
cmd_glupy_list(struct cli *cli, int argc, char **argv)
{
    const char *const words[] = {"module-list", NULL};
    int64_t count = 0;

    (void)argv;
    if (argc)
        return usage(cli, "glupy list");
    AUTO_CHANGE struct change c = change_begin(cli, "glupy list");
    int status = glupy_ask(&c, "asking the nodes", words, false);
    if (status)
        return status;
    emit_text(c.e, "%-24s %-9s %-12s  %s\n", "Module", "State", "SHA-256", "Description");
    emit_text(c.e, "%-24s %-9s %-12s  %s\n", "------", "-----", "-------", "-----------");
    emit_object(c.e, "glupyModules");
    emit_list(c.e, NULL, "module");
    for (size_t i = 0; i < c.peers.count; i++) {
        const struct answer_line *line = NULL;

        while ((line = node_line(&c.peers.nodes[i], "module", 3, line))) {
            if (told_before(&c, i, line->fields[0]) ||
                module_line(&c.peers.nodes[i], line->fields[0]) != line)
                continue; /* deployed over a packaged one of that name */
            tell_module(&c, line);
            count++;
        }
    }
    emit_list_end(c.e);
    emit_num(c.e, "count", count);
    change_tell_silent(&c);
    emit_object_end(c.e);
    return emit_end(c.e);
}

/* ---- show, remove ------------------------------------------------------- */

static void
tell_doc(struct change *c, const struct node *node, const struct answer_line *module)
{
    const struct answer_line *line = NULL;

    emit_text(c->e, "Module: %s\nState: %s\nSHA-256: %s\nFile: %s\n", module->fields[0],
              module->fields[1], module->fields[2], module->fields[3]);
    emit_str(c->e, "name", module->fields[0]);
    emit_str(c->e, "state", module->fields[1]);
    emit_str(c->e, "digest", module->fields[2]);
    emit_str(c->e, "file", module->fields[3]);
    tell_differences(c, module);
    emit_list(c->e, "doc", "line");
    while ((line = node_line(node, "doc", 0, line))) {
        const char *text = line->count ? line->fields[0] : "";

        emit_text(c->e, "%s%s\n", *text ? "    " : "", text);
        emit_str(c->e, NULL, text);
    }
    emit_list_end(c->e);
}

int
cmd_glupy_show(struct cli *cli, int argc, char **argv)
{
    if (argc != 1)
        return usage(cli, "glupy show MODULE");
    const char *const words[] = {"module-show", argv[0], NULL};
    AUTO_CHANGE struct change c = change_begin(cli, "glupy show");
    int status = check_name(&c, argv[0]);
    if (!status)
        status = glupy_ask(&c, "asking the nodes", words, false);
    if (status)
        return status;
    for (size_t i = 0; i < c.peers.count; i++) {
        const struct answer_line *line = node_line(&c.peers.nodes[i], "module", 4, NULL);

        if (!line)
            continue;
        emit_object(c.e, "glupyModule");
        tell_doc(&c, &c.peers.nodes[i], line);
        change_tell_silent(&c);
        emit_object_end(c.e);
        return emit_end(c.e);
    }
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;
    peers_complaints(&c.peers, false, &why);
    return change_fail(&c, ENOENT, "%s", why.len ? strbuf_text(&why) : "no node has that module");
}

/* Nodes that say so of the module. */
static size_t
nodes_that_say(const struct change *c, const char *word)
{
    size_t count = 0;

    for (size_t i = 0; i < c->peers.count; i++) {
        const struct answer_line *line = node_line(&c->peers.nodes[i], "module", 2, NULL);
        count += line && !strcmp(line->fields[1], word);
    }
    return count;
}

int
cmd_glupy_remove(struct cli *cli, int argc, char **argv)
{
    if (argc != 1)
        return usage(cli, "glupy remove MODULE");
    /* asks first whether all nodes are there: what is removed on some would come back */
    const char *const show[] = {"module-list", NULL};
    const char *const words[] = {"module-remove", argv[0], NULL};
    AUTO_CHANGE struct change c = change_begin(cli, "glupy remove");
    int status = check_name(&c, argv[0]);
    if (!status)
        status = glupy_ask(&c, "asking the nodes", show, true);
    if (!status)
        status = glupy_ask(&c, "removing", words, true);
    if (status)
        return status;
    size_t count = nodes_that_say(&c, "removed");
    if (!count && nodes_that_say(&c, "packaged"))
        return change_fail(&c, ENOENT, "module %s comes with the package and stays: no node has "
                           "another one of that name", argv[0]);
    if (!count)
        return change_fail(&c, ENOENT, "no node has module %s", argv[0]);
    emit_text(c.e, "glupy remove: success: module %s is removed from %zu node%s\n", argv[0],
              count, count == 1 ? "" : "s");
    emit_object(c.e, "glupyRemove");
    emit_str(c.e, "name", argv[0]);
    emit_num(c.e, "nodes", (int64_t)count);
    emit_object_end(c.e);
    return emit_end(c.e);
}
