/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volext fetch NAME: a node that joined, or was down while a module was installed,
 * gets it from the others; see wait.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "common/log.h"
#include "common/base64.h"
#include "glusterd/module.h"
#include "glusterd/reconcile.h"
#include "glusterd/run.h"
#include "glusterd/store.h"
#include "glusterd/wait.h"

enum { TRIES = 5, WAIT_SECONDS = 2, GLUSTER_SECONDS = 130, UUID_LEN = 36 };

struct want {
    struct site *site;
    const char *module;
    const char *digest; /* that a volume asks for, or NULL */
    char *kept;
    bool used;          /* by any volume */
    bool conflict;      /* two volumes ask for different digests */
};

static int
look_at_volume(void *arg, const char *name)
{
    struct want *want = arg;
    AUTO_VOLUME struct volume volume = VOLUME_INIT;

    if (volume_read(want->site, name, &volume) ||
        !module_is_named(&volume.options, want->module))
        return 0;
    want->used = true;
    const char *digest = module_wanted_digest(&volume.options, want->module);
    if (!digest)
        return 0;
    if (want->kept && strcmp(want->kept, digest))
        want->conflict = true;
    if (!want->kept)
        want->digest = want->kept = strdup(digest);
    return 0;
}

/* Adds one node's lines to source. *digest: as that node names it. */
static int
decode_node(const char *text, const char *uuid, struct strbuf *source)
{
    for (const char *line = text, *end; *line; line = *end ? end + 1 : end) {
        static const char data[] = "\tdata\t";

        end = strchrnul(line, '\n');
        if ((size_t)(end - line) < UUID_LEN + strlen(data) ||
            strncmp(line, uuid, UUID_LEN) ||
            strncmp(line + UUID_LEN, data, strlen(data)))
            continue;
        const char *from = line + UUID_LEN + strlen(data);
        if (base64_decode(from, (size_t)(end - from), source))
            return -EINVAL;
    }
    return source->len && source->len <= MODULE_MAX ? 0 : -ENOENT;
}

/* The first node's module with the wanted digest. Without a wanted one all nodes
 * that have the module must agree: there is no telling which of two is right. */
static int
choose(const char *text, const char *wanted, struct strbuf *chosen)
{
    char digest[DIGEST_HEX], first[DIGEST_HEX] = "", uuid[UUID_LEN + 1] = "";

    for (const char *line = text, *end; *line; line = *end ? end + 1 : end) {
        AUTO_STRBUF struct strbuf source = STRBUF_INIT;

        end = strchrnul(line, '\n');
        if (end - line < UUID_LEN || line[UUID_LEN] != '\t' ||
            !strncmp(line, uuid, UUID_LEN))
            continue;
        memcpy(uuid, line, UUID_LEN);
        if (decode_node(text, uuid, &source))
            continue;
        digest_bytes(source.data, source.len, digest);
        if (wanted ? strcmp(digest, wanted) : *first && strcmp(digest, first))
            if (!wanted)
                return -EEXIST;
            else
                continue;
        else if (!*first) {
            memcpy(first, digest, sizeof(first));
            strbuf_add(chosen, source.data, source.len);
        }
    }
    return *first ? 0 : -ENOENT;
}

static int
reconcile_users(void *arg, const char *name)
{
    struct want *want = arg;
    AUTO_VOLUME struct volume volume = VOLUME_INIT;

    if (!volume_read(want->site, name, &volume) &&
        module_is_named(&volume.options, want->module))
        reconcile_and_tell(want->site, name);
    return 0;
}

static int
fetch_once(struct want *want)
{
    AUTO_STRBUF struct strbuf out = STRBUF_INIT, source = STRBUF_INIT;
    AUTO_STRBUF struct strbuf why = STRBUF_INIT;

    int ret = run((const char *[]){STOCK_GLUSTER, "--mode=script", "system::",
                                   "execute", "volext", "module-get", want->module,
                                   NULL}, GLUSTER_SECONDS, &out);
    if (!ret)
        ret = choose(strbuf_text(&out), want->digest, &source);
    if (ret)
        return ret;
    if (!module_check(want->site, want->module, &source, &why)) {
        log_err("module %s: what another node has %s", want->module,
                strbuf_text(&why));
        return -EINVAL;
    }
    ret = module_put(want->site, want->module, &source);
    if (ret)
        log_err("module %s: putting it in place: %s", want->module, strerror(-ret));
    else
        log_info("module %s: fetched from another node", want->module);
    return ret;
}

static bool
is_here(const struct want *want, const char **why)
{
    struct volgen_module module;

    return module_find(want->site, want->module, want->digest, &module, why);
}

/* -EPERM: it was fetched and still may not be used, as in a folder that others can
 * write. Whoever finds that asks for it again: there would be no end. */
static int
try_to_fetch(struct want *want)
{
    const char *why;
    int ret = -ENOENT;

    for (int i = 0; i < TRIES; i++) {
        sleep(WAIT_SECONDS << i);
        free(want->kept);
        *want = (struct want){.site = want->site, .module = want->module};
        volume_each(want->site, look_at_volume, want);
        if (!want->used)
            return -ECANCELED;
        if (want->conflict)
            return -EEXIST;
        if (is_here(want, &why))
            return 0;
        ret = fetch_once(want);
        if (!ret && !is_here(want, &why)) {
            log_err("module %s: it was fetched, but it %s", want->module, why);
            return -EPERM;
        }
        if (!ret || ret == -EINVAL)
            return ret;
    }
    return ret;
}

/* When somebody last found the module missing; see later_fetch. */
static struct timespec
asked_at(int fd)
{
    struct stat st = {0};

    fstat(fd, &st);
    return st.st_mtim;
}

static bool
same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

int
cmd_fetch(struct site *site, int argc, char **argv)
{
    struct want want = {.site = site, .module = argc ? argv[0] : ""};

    if (!volgen_is_module_name(want.module))
        return 2;
    site_log(site, "fetch");
    AUTO_FREE char *lock = site_path(site, "lock/fetch.%s", want.module);
    if (!lock || site_make_dir(site, "lock"))
        return 1;
    AUTO_CLOSE int only = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
                               0600);
    if (only < 0 || flock(only, LOCK_EX | LOCK_NB) < 0)
        return 0;
    struct timespec asked;
    int ret;
    do {
        asked = asked_at(only);
        ret = try_to_fetch(&want);
        /* not before it is in the volfiles, which may ask again */
        if (!ret)
            volume_each(site, reconcile_users, &want);
    } while (!ret && !same_time(asked, asked_at(only)));
    free(want.kept);
    want.kept = NULL;
    if (ret) {
        if (ret != -ECANCELED && ret != -EPERM)
            log_err("module %s: no other node has the one that is wanted here; "
                    "`gluster glupy install FILE` puts it on every node",
                    want.module);
        return 1;
    }
    return 0;
}
