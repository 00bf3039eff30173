/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Where one glusterd keeps its things; see site.h.
 */
#include "glusterd/site.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <time.h>

#include "common/file.h"
#include "common/kv.h"
#include "common/log.h"
#include "glusterd/store.h"

enum { ARGUMENTS_MAX = 1 << 20 };

static const char default_rundir[] = "/var/run/gluster";
static const char default_logdir[] = "/var/log/glusterfs";

char *
site_path(const struct site *site, const char *fmt, ...)
{
    AUTO_STRBUF struct strbuf b = STRBUF_INIT;
    va_list args;

    strbuf_fmt(&b, "%s/volext/", site->workdir);
    va_start(args, fmt);
    strbuf_vfmt(&b, fmt, args);
    va_end(args);
    return strbuf_take(&b);
}

int
site_make_dir(const struct site *site, const char *sub)
{
    AUTO_FREE char *path = site_path(site, "%s", sub);
    int levels = *sub ? 2 : 1;

    /* not the working directory itself: where that is gone, so is glusterd */
    for (const char *c = sub; *c; c++)
        levels += *c == '/';
    if (path && !*sub)
        path[strlen(path) - 1] = '\0';
    return path ? file_make_dirs(path, levels) : -ENOMEM;
}

bool
site_is_volume_name(const char *name)
{
    return *name && strcmp(name, ".") && strcmp(name, "..") &&
           !strchr(name, '/') && strlen(name) < NAME_MAX;
}

unsigned long long
process_start(pid_t pid)
{
    char path[64];
    AUTO_STRBUF struct strbuf stat = STRBUF_INIT;
    unsigned long long start;

    snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    if (pid <= 0 || file_read(path, 65536, &stat))
        return 0;
    /* the name, in brackets, may hold anything: fields count from its end */
    const char *p = strrchr(strbuf_text(&stat), ')');
    for (int field = 2; p && field < 22; field++)
        p = strchr(p + 1, ' ');
    return p && sscanf(p, " %llu", &start) == 1 ? start : 0;
}

int
process_arguments(pid_t pid, struct strbuf *out)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%ld/cmdline", (long)pid);
    return file_read(path, ARGUMENTS_MAX, out);
}

const char *
process_argument(const struct strbuf *arguments, const char *before)
{
    const char *text = strbuf_text(arguments);
    const char *next = before ? before + strlen(before) + 1 : text;

    return next < text + arguments->len ? next : NULL;
}

long long
boot_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec;
}

/* glusterd's log file as its command line names it; NULL when it does not. */
static const char *
log_file_argument(const struct strbuf *arguments)
{
    static const char longer[] = "--log-file=";
    const char *a = process_argument(arguments, NULL);
    const char *name = a ? strrchr(a, '/') : NULL;

    name = name ? name + 1 : a;
    if (!name || strncmp(name, "gluster", strlen("gluster")))
        return NULL;
    while ((a = process_argument(arguments, a))) {
        if (!strcmp(a, "-l") || !strcmp(a, "--log-file"))
            return process_argument(arguments, a);
        if (!strncmp(a, longer, strlen(longer)))
            return a + strlen(longer);
        if (!strncmp(a, "-l", 2) && a[2] == '/')
            return a + 2;
    }
    return NULL;
}

static void
read_record(const struct site *site, struct kv *record)
{
    AUTO_FREE char *path = site_path(site, "site");
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;

    if (path && !file_read(path, 65536, &text))
        store_parse(&text, record);
}

static bool
is_glusterd(const struct strbuf *arguments)
{
    const char *a = process_argument(arguments, NULL);
    const char *name = a ? strrchr(a, '/') : NULL;

    return a && !strcmp(name ? name + 1 : a, "glusterd");
}

static char *
find_logdir(const struct site *site)
{
    AUTO_STRBUF struct strbuf arguments = STRBUF_INIT;
    AUTO_KV struct kv record = KV_INIT;

    if (!process_arguments(getppid(), &arguments)) {
        const char *file = log_file_argument(&arguments);
        const char *slash = file && *file == '/' ? strrchr(file, '/') : NULL;

        if (slash)
            return strndup(file, slash == file ? 1 : (size_t)(slash - file));
        if (is_glusterd(&arguments))
            return strdup(default_logdir);
    }
    read_record(site, &record);
    const char *dir = kv_get(&record, "logdir");
    return strdup(dir && *dir == '/' ? dir : default_logdir);
}

void
site_log(struct site *site, const char *who)
{
    if (site->logdir)
        return;
    site->logdir = find_logdir(site);
    if (!site->logdir)
        return;
    AUTO_FREE char *path = str_fmt("%s/volext.log", site->logdir);
    if (path)
        log_open_later(path, who);
}

/* The filter is run as <libdir>/glusterfs/<version>/filter/volext by the glusterd
 * of that version, whose translators are in the folder beside. */
static char *
xlatordir_of(const char *self)
{
    static const char tail[] = "/filter/";
    const char *slash = self && *self == '/' ? strrchr(self, '/') : NULL;

    if (!slash)
        return NULL;
    size_t len = (size_t)(slash + 1 - self);
    if (len <= strlen(tail) ||
        memcmp(slash + 1 - strlen(tail), tail, strlen(tail)))
        return NULL;
    return str_fmt("%.*s/xlator", (int)(len - strlen(tail)), self);
}

/* Programs that are not run as the filter: as it was at glusterd's last start. */
static char *
recorded_xlatordir(const struct site *site)
{
    AUTO_KV struct kv record = KV_INIT;

    read_record(site, &record);
    const char *dir = kv_get(&record, "xlatordir");
    return strdup(dir && *dir == '/' ? dir : XLATORDIR);
}

static char *
find_rundir(const struct site *site, bool same_glusterd)
{
    const char *dir = getenv("DEFAULT_VAR_RUN_DIRECTORY");
    AUTO_KV struct kv record = KV_INIT;

    if (same_glusterd && dir && *dir == '/')
        return strdup(dir);
    read_record(site, &record);
    dir = kv_get(&record, "rundir");
    return strdup(dir && *dir == '/' ? dir : default_rundir);
}

int
site_open(struct site *site, const char *workdir, const char *self)
{
    const char *given = getenv("GLUSTERD_WORKDIR");

    *site = (struct site)SITE_INIT;
    if (!workdir)
        workdir = given && *given == '/' ? given : GLUSTERD_WORKDIR;
    size_t len = strlen(workdir);
    while (len > 1 && workdir[len - 1] == '/')
        len--;
    site->workdir = strndup(workdir, len);
    if (!site->workdir)
        return -ENOMEM;
    site->rundir = find_rundir(site, given && !strcmp(given, workdir));
    site->xlatordir = xlatordir_of(self);
    if (!site->xlatordir)
        site->xlatordir = recorded_xlatordir(site);
    if (site->rundir && site->xlatordir)
        return 0;
    site_free(site);
    return -ENOMEM;
}

void
site_free(struct site *site)
{
    free(site->workdir);
    free(site->rundir);
    free(site->xlatordir);
    free(site->logdir);
    *site = (struct site)SITE_INIT;
}

int
site_record(struct site *site)
{
    AUTO_FREE char *path = site_path(site, "site");
    AUTO_STRBUF struct strbuf old = STRBUF_INIT, new = STRBUF_INIT;

    site_log(site, "volext");
    if (!path || !site->logdir)
        return -ENOMEM;
    strbuf_fmt(&new, "rundir=%s\nlogdir=%s\nxlatordir=%s\n", site->rundir,
               site->logdir, site->xlatordir);
    if (strbuf_failed(&new))
        return -ENOMEM;
    if (!file_read(path, 65536, &old) && old.len == new.len &&
        !memcmp(old.data, new.data, new.len))
        return 0;
    int ret = site_make_dir(site, "");
    return ret ? ret : file_replace(path, new.data, new.len, 0600);
}
