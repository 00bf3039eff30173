/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume glupy VOLNAME reload [MODULE]: another number in an option of the volume makes
 * every process that has the module's translator load it anew, on other machines too.
 * What became of it is told by those that can be asked; so is what became of a new
 * version that was installed, where another SHA-256 has the same effect.
 */
#include "cli/glupy.h"

#include <errno.h>
#include <time.h>

enum { PATIENCE_MS = 15000, PAUSE_MS = 200, PAUSE_MAX_MS = 1000 };

/* Larger than any before, also than one that a reset of all options has dropped. */
static int
add_generation(struct change *c, const struct reply *volume, const char *module)
{
    AUTO_FREE char *key = str_fmt(GENERATION_PREFIX "%s", module);
    const char *stored = key ? volume_option(volume, key) : NULL;
    long long before = stored ? strtoll(stored, NULL, 10) : 0, now = (long long)time(NULL);
    AUTO_FREE char *value = str_fmt("%lld", before < now ? now : before + 1);

    return key && value ? kv_set(&c->options, key, value) : -ENOMEM;
}

static int
add_generations(struct change *c, const struct reply *volume, const char *only)
{
    AUTO_FREE char *list = strdup(volume_option(volume, "features.glupy-module"));
    char *save = NULL;
    int ret = list ? 0 : -ENOMEM;

    if (only)
        return add_generation(c, volume, only);
    for (char *name = list ? strtok_r(list, ", ", &save) : NULL; name && !ret;
         name = strtok_r(NULL, ", ", &save))
        ret = add_generation(c, volume, name);
    return ret;
}

/* ---- what became of it ------------------------------------------------------ */

/* What makes a process load a module, and where it says what it has and is to have. */
static const struct sign {
    const char *prefix, *has, *wanted;
} by_generation = {GENERATION_PREFIX, "generation", "wanted-generation"},
  by_digest = {DIGEST_PREFIX, "digest", "wanted-digest"};

/* Where nothing runs. */
static const struct {
    const char *state, *word, *text;
} without[] = {
    {"not loaded yet", "later", "loads it at its first operation"},
    {"passing through", "passing", "passes everything through"},
    {"loading", "waiting", "is still loading it"},
    {"failed", "failed", "could not load it"},
};

/* What an instance that was to load its module did, for people and as a word; NULL: it
 * is not one of those. */
static const char *
outcome(const struct change *c, const struct sign *sign, const struct answer_line *instance,
        const char **word)
{
    AUTO_FREE char *key = str_fmt("%s%s", sign->prefix, line_value(instance, "module"));
    const char *wanted = key ? kv_get(&c->options, key) : NULL;
    const char *state = line_value(instance, "state");

    *word = NULL;
    if (!wanted)
        return NULL;
    bool heard = !strcmp(line_value(instance, sign->wanted), wanted);
    bool has = !strcmp(line_value(instance, sign->has), wanted);

    *word = "waiting";
    if (!heard)
        return "has not heard of it yet";
    for (size_t i = 0; i < ARRAY_SIZE(without); i++) {
        if (strcmp(state, without[i].state))
            continue;
        *word = without[i].word;
        return without[i].text;
    }
    if (has) {
        *word = "reloaded";
        return "reloaded";
    }
    if (!*line_value(instance, "reason"))
        return "is still loading it";
    *word = "failed";
    return "could not load it; the one that ran before goes on";
}

struct count {
    struct change *c;
    const struct sign *sign;
    int waiting, failed, loaded, all;
    bool tell;
};

static void
look(void *arg, const struct node *node, const struct answer_line *process,
     const struct answer_line *instance)
{
    struct count *n = arg;
    AUTO_STRBUF struct strbuf who = STRBUF_INIT;
    const char *word, *text = outcome(n->c, n->sign, instance, &word);
    struct emit *e = n->c->e;

    if (!text)
        return;
    n->all++;
    n->waiting += !strcmp(word, "waiting");
    n->failed += !strcmp(word, "failed");
    n->loaded += !strcmp(word, "reloaded");
    if (!n->tell)
        return;
    const char *reason = strcmp(word, "reloaded") ? line_value(instance, "reason") : "";

    glupy_describe(node, process, instance, &who);
    emit_text(e, "%s: module %s: %s%s%s\n", strbuf_text(&who), line_value(instance, "module"),
              text, *reason ? ": " : "", reason);
    emit_object(e, NULL);
    emit_str(e, "node", node->host);
    emit_num(e, "pid", strtoll(line_value(process, "pid"), NULL, 10));
    emit_str(e, "kind", line_value(instance, "kind"));
    emit_str(e, "where", line_value(instance, "where"));
    emit_str(e, "module", line_value(instance, "module"));
    emit_str(e, "outcome", word);
    emit_str(e, "reason", reason);
    emit_object_end(e);
}

/* Until every process that can be asked has loaded it or could not. */
static int
wait_for_all(struct change *c, const struct sign *sign)
{
    for (int waited = 0, pause = PAUSE_MS;; waited += pause) {
        struct count n = {.c = c, .sign = sign};
        int status = glupy_ask_status(c);

        if (status)
            return status;
        glupy_each(c, look, &n);
        if (!n.waiting || waited >= PATIENCE_MS)
            return 0;
        int ret = rpc_sleep(pause);
        if (ret)
            return rpc_fail(c->cli, c->e, c->command, ret);
        pause = 2 * pause < PAUSE_MAX_MS ? 2 * pause : PAUSE_MAX_MS;
    }
}

static void
note_failure(void *arg, const struct node *node, const struct answer_line *process,
             const struct answer_line *instance)
{
    struct change *c = arg;
    AUTO_STRBUF struct strbuf who = STRBUF_INIT;
    const char *word, *text = outcome(c, &by_digest, instance, &word);

    if (!text || (strcmp(word, "failed") && strcmp(word, "waiting")))
        return;
    glupy_describe(node, process, instance, &who);
    emit_note(c->e, "%s: module %s: %s%s%s\n", strbuf_text(&who), line_value(instance, "module"),
              text, *line_value(instance, "reason") ? ": " : "", line_value(instance, "reason"));
}

int
glupy_note_failures(struct change *c)
{
    int status = wait_for_all(c, &by_digest);

    if (!status)
        glupy_each(c, note_failure, c);
    return status;
}

int
glupy_reload(struct change *c, const struct reply *volume, const char *module)
{
    const char *modules = volume_option(volume, "features.glupy-module");
    struct count n = {.c = c, .sign = &by_generation, .tell = true};

    if (module && !glupy_names_module(modules, module))
        return change_fail(c, ENOENT, "Volume %s does not run module %s, but %s", c->volume, module,
                           modules);
    int ret = add_generations(c, volume, module);
    if (ret)
        return rpc_fail(c->cli, c->e, c->command, ret);
    int status = glupy_ask_status(c); /* also learns who the nodes are */
    if (!status)
        status = change_set(c);
    if (!status)
        status = change_applied(c);
    if (!status)
        status = wait_for_all(c, &by_generation);
    if (status)
        return status;
    emit_object(c->e, "volGlupyReload");
    emit_str(c->e, "volName", c->volume);
    emit_list(c->e, "instances", "instance");
    glupy_each(c, look, &n);
    emit_list_end(c->e);
    if (!n.all)
        emit_text(c->e, "No process on the nodes runs it now; those on other machines are told.\n");
    glupy_tell_hung(c);
    change_tell_silent(c);
    emit_object_end(c->e);
    if (n.failed || n.waiting)
        emit_fail(c->e, c->command, EIO, "%d of %d process%s did not load it", n.failed + n.waiting,
                  n.all, n.all == 1 ? "" : "es");
    else
        emit_text(c->e, "volume glupy reload: success\n");
    return emit_end(c->e);
}
