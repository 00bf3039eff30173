/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * glupy modules on this node; see module.h.
 */
#include "glusterd/module.h"

#include <errno.h>
#include <sys/stat.h>

#include "common/log.h"

bool
module_read(const char *path, struct strbuf *source, const char **why)
{
    if (access(path, F_OK) < 0 && errno == ENOENT) {
        *why = "is not there; `gluster glupy install FILE` puts it on every node";
        return false;
    }
    if (!file_is_trusted(path, why))
        return false;
    int ret = file_read(path, MODULE_MAX, source);
    *why = ret == -EFBIG ? "is larger than 1048576 bytes" : "cannot be read";
    return !ret;
}

/* Adds bits to its mode. What others can write is left as it is: the checks refuse it, and
 * nobody would see that it was so. */
static int
add_mode(const char *path, mode_t bits)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return -1;
    if ((st.st_mode & 022) || (st.st_mode & bits) == bits)
        return 0;
    return chmod(path, (st.st_mode & 07777) | bits);
}

/* Applications on libgfapi run as any user, and run the volume's modules, which are code
 * and no secret: everybody may read them, and only root may write. What lies beside them
 * stays root's alone. */
static void
make_readable(const struct site *site, const char *path)
{
    AUTO_FREE char *ours = site_path(site, ".");
    AUTO_FREE char *modules = site_path(site, "modules");

    if (ours && modules &&
        (add_mode(ours, 0011) || add_mode(modules, 0055) || add_mode(path, 0044)))
        log_warn("%s cannot be made readable for applications that are not root's: %s", path,
                 strerror(errno));
}

int
module_put(const struct site *site, const char *name, const struct strbuf *source)
{
    AUTO_FREE char *path = site_path(site, "modules/%s.py", name);
    int ret = path ? site_make_dir(site, "modules") : -ENOMEM;
    const char *why;

    /* the new file takes the old one's owner and mode: not from one that is refused
     * for them */
    if (!ret && access(path, F_OK) == 0 && !file_is_trusted(path, &why) &&
        unlink(path) < 0 && errno != ENOENT)
        ret = -errno;
    if (!ret)
        ret = file_replace(path, source->data, source->len, 0644);
    if (!ret)
        make_readable(site, path);
    return ret;
}

/* Copies a packaged example, unless something of that name is there already. */
static void
deploy_packaged(const struct site *site, const char *name, const char *wanted)
{
    AUTO_FREE char *from = str_fmt("%s/%s.py", MODULEDIR, name);
    AUTO_STRBUF struct strbuf source = STRBUF_INIT;
    char digest[DIGEST_HEX];
    const char *why;

    if (!from || access(from, F_OK) < 0)
        return;
    if (!module_read(from, &source, &why)) {
        log_warn("module %s: the packaged %s %s", name, from, why);
        return;
    }
    digest_bytes(source.data, source.len, digest);
    if (wanted && strcmp(wanted, digest))
        return;
    int ret = module_put(site, name, &source);
    if (ret)
        log_err("module %s: copying %s into place: %s", name, from,
                strerror(-ret));
    else
        log_info("module %s: deployed from %s (SHA-256 %s)", name, from, digest);
}

bool
module_find(const struct site *site, const char *name, const char *wanted,
            struct volgen_module *module, const char **why)
{
    *why = "is not a module's name";
    if (!volgen_is_module_name(name))
        return false;

    AUTO_FREE char *path = site_path(site, "modules/%s.py", name);
    AUTO_STRBUF struct strbuf source = STRBUF_INIT;
    struct stat st;

    *why = "out of memory";
    if (!path)
        return false;
    if (access(path, F_OK) < 0 && errno == ENOENT)
        deploy_packaged(site, name, wanted);
    if (!module_read(path, &source, why))
        return false;
    /* an older version of this package left it to root alone */
    if (stat(path, &st) == 0 && !(st.st_mode & S_IROTH))
        make_readable(site, path);
    snprintf(module->name, sizeof(module->name), "%s", name);
    digest_bytes(source.data, source.len, module->digest);
    int n = snprintf(module->dir, sizeof(module->dir), "%s/volext/modules",
                     site->workdir);
    *why = "has another SHA-256 on this node than the volume asks for";
    return n < (int)sizeof(module->dir) &&
           (!wanted || !strcmp(wanted, module->digest));
}

const char *
module_wanted_digest(const struct kv *options, const char *name)
{
    AUTO_FREE char *key = str_fmt("user.features.glupy-digest.%s", name);
    const char *digest = key ? kv_get(options, key) : NULL;

    /* stock cannot drop a user.* key: anything that is no digest asks for none */
    return digest && strlen(digest) == DIGEST_HEX - 1 ? digest : NULL;
}

bool
module_is_named(const struct kv *options, const char *module)
{
    const char *names = kv_get(options, "user.features.glupy-module");
    AUTO_FREE char *copy = strdup(names ? names : "");
    char *save = NULL;

    for (char *name = copy ? strtok_r(copy, ", ", &save) : NULL; name;
         name = strtok_r(NULL, ", ", &save))
        if (!strcmp(name, module))
            return true;
    return false;
}
