/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * From a module's name to the bytes that are compiled. The file is read once:
 * what was checked is what runs.
 */
#include "xlators/glupy/glupy.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/file.h"

enum { MODULE_LIMIT = 4 << 20 };

/* glusterd puts its working directory into the environment of what it starts. */
static const char *
workdir(void)
{
    const char *dir = getenv("GLUSTERD_WORKDIR");

    return dir && *dir == '/' ? dir : GLUSTERD_WORKDIR;
}

static bool
name_is_sane(const char *name)
{
    if (!*name || isdigit((unsigned char)*name) || strlen(name) > 64)
        return false;
    for (const char *p = name; *p; p++) {
        /* the original's examples have names with a hyphen */
        if (!isalnum((unsigned char)*p) && *p != '_' && !(*p == '-' && p > name))
            return false;
    }
    return true;
}

/* Where it is given, or else where modules are deployed, or else the packaged
 * examples. */
static char *
find_file(const struct code *code)
{
    if (code->path)
        return str_fmt("%s/%s.py", code->path, code->module);
    AUTO_FREE char *deployed = str_fmt("%s/volext/modules/%s.py", workdir(), code->module);

    if (deployed && !access(deployed, F_OK))
        return TAKE(deployed);
    return str_fmt("%s/%s.py", MODULEDIR, code->module);
}

int
module_read(const struct code *code, char **text, size_t *len, char **file,
            char *why, size_t why_size)
{
    const char *untrusted = NULL;
    char hex[DIGEST_HEX];

    *text = *file = NULL;
    if (!name_is_sane(code->module)) {
        snprintf(why, why_size, "`%s' is not a module's name", code->module);
        return -EINVAL;
    }
    *file = find_file(code);
    if (!*file)
        return -ENOMEM;
    if (!file_is_trusted(*file, &untrusted)) {
        snprintf(why, why_size, "%s: %s", *file, untrusted);
        return -EPERM;
    }
    AUTO_STRBUF struct strbuf buffer = STRBUF_INIT;
    int err = file_read(*file, MODULE_LIMIT, &buffer);

    if (err) {
        snprintf(why, why_size, "%s: %s", *file, strerror(-err));
        return err;
    }
    digest_bytes(buffer.data, buffer.len, hex);
    if (code->digest && strcasecmp(code->digest, hex)) {
        snprintf(why, why_size, "%s has SHA-256 %s, the volume wants %s", *file,
                 hex, code->digest);
        return -EPERM;
    }
    *len = buffer.len;
    *text = strbuf_take(&buffer);
    return *text ? 0 : -ENOMEM;
}
