/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Bricks; see brick.h.
 */
#include "glusterd/brick.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "common/file.h"
#include "common/strbuf.h"

enum { STARTING_SECONDS = 30 };

static char *
with_dashes(const char *path)
{
    char *dashed = strdup(path + 1);

    for (char *c = dashed; c && *c; c++)
        if (*c == '/' && c[1])
            *c = '-';
    return dashed;
}

/* file is VOLUME.HOST.DASHED.vol */
static char *
host_in(const char *file, const char *volume, const char *dashed)
{
    AUTO_FREE char *tail = str_fmt(".%s.vol", dashed);
    size_t front = strlen(volume) + 1, len = strlen(file);

    if (!tail || len <= front + strlen(tail) ||
        strcmp(file + len - strlen(tail), tail))
        return NULL;
    return strndup(file + front, len - front - strlen(tail));
}

int
brick_identify(const struct volgen_graph *graph, const char *volume,
               const char *file, struct brick *brick)
{
    const struct volgen_node *posix = volgen_find_type(graph, "storage/posix",
                                                       NULL);
    const char *path = posix ? kv_get(&posix->options, "directory") : NULL;

    *brick = (struct brick)BRICK_INIT;
    if (!path || *path != '/' || !path[1])
        return -EINVAL;
    AUTO_FREE char *dashed = with_dashes(path);
    if (!dashed)
        return -ENOMEM;
    brick->path = strdup(path);
    brick->host = host_in(file, volume, dashed);
    if (brick->host && !strchr(brick->host, '/') && !strchr(dashed, '/'))
        brick->name = str_fmt("%s-%s", brick->host, dashed);
    if (brick->path && brick->name)
        return 0;
    brick_free(brick);
    return -EINVAL;
}

void
brick_free(struct brick *brick)
{
    free(brick->host);
    free(brick->path);
    free(brick->name);
    *brick = (struct brick)BRICK_INIT;
}

static pid_t
pid_in(const char *path)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    char *end;

    if (file_read(path, 64, &text))
        return 0;
    long pid = strtol(strbuf_text(&text), &end, 10);
    return end != strbuf_text(&text) && pid > 1 && pid <= INT_MAX ? (pid_t)pid
                                                                  : 0;
}

static bool
has_open(pid_t pid, const char *path)
{
    char folder[64], target[PATH_MAX];
    struct dirent *entry;

    snprintf(folder, sizeof(folder), "/proc/%ld/fd", (long)pid);
    AUTO_CLOSEDIR DIR *dir = opendir(folder);
    while (dir && (entry = readdir(dir))) {
        ssize_t n = readlinkat(dirfd(dir), entry->d_name, target,
                               sizeof(target) - 1);

        if (n <= 0)
            continue;
        target[n] = '\0';
        if (!strcmp(target, path))
            return true;
    }
    return false;
}

/* Only for a while: a process that has several bricks outlives the first. */
static bool
was_started_for(pid_t pid, const char *path)
{
    AUTO_STRBUF struct strbuf arguments = STRBUF_INIT;
    long long started = (long long)process_start(pid) / sysconf(_SC_CLK_TCK);

    if (boot_seconds() - started > STARTING_SECONDS ||
        process_arguments(pid, &arguments))
        return false;
    const char *a = process_argument(&arguments, NULL);
    while (a && strcmp(a, "--brick-name"))
        a = process_argument(&arguments, a);
    a = a ? process_argument(&arguments, a) : NULL;
    return a && !strcmp(a, path);
}

pid_t
brick_pid(const struct site *site, const char *volume, const struct brick *brick)
{
    AUTO_FREE char *file = str_fmt("%s/vols/%s/%s.pid", site->rundir, volume,
                                   brick->name);
    pid_t pid = file ? pid_in(file) : 0;

    if (!pid || !process_start(pid))
        return 0;
    if (has_open(pid, brick->path))
        return pid;
    AUTO_FREE char *real = realpath(brick->path, NULL);
    if (real && strcmp(real, brick->path) && has_open(pid, real))
        return pid;
    return was_started_for(pid, brick->path) ? pid : 0;
}
