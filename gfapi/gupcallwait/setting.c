/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The volume's options, from `gluster volume info`; see setting.h.
 */
#include "setting.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "common/onoff.h"
#include "common/strbuf.h"

extern char **environ;

static int
spawn(char *const *argv, int out, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    int ret = posix_spawn_file_actions_init(&actions);

    if (ret)
        return -ret;
    if (!(ret = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO)) &&
        !(ret = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                                 O_WRONLY, 0)) &&
        !(ret = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                                 O_RDONLY, 0)))
        ret = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return -ret;
}

/* The standard output of a program that must succeed. */
static int
output_of(char *const *argv, struct strbuf *out)
{
    char piece[4096];
    int ends[2], status, ret;
    ssize_t len;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC))
        return -errno;
    AUTO_CLOSE int from = ends[0];

    ret = spawn(argv, ends[1], &pid);
    close(ends[1]);
    if (ret)
        return ret;
    while ((len = read(from, piece, sizeof(piece))) > 0 || (len < 0 && errno == EINTR)) {
        if (len > 0)
            strbuf_add(out, piece, (size_t)len);
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    return strbuf_failed(out) ? -ENOMEM : status ? -EIO : 0;
}

static void
take_line(char *line, struct setting *s)
{
    char *value = strstr(line, ": ");

    if (!value)
        return;
    *value = '\0';
    value += 2;
    value[strcspn(value, " \r")] = '\0';
    if (!strcmp(line, "features.cache-invalidation"))
        s->upcall = onoff_parse(value) == 1;
    else if (!strcmp(line, "features.leases"))
        s->leases = onoff_parse(value) == 1;
    else if (!strcmp(line, "features.cache-invalidation-timeout") && atol(value) > 0)
        s->timeout = atol(value);
}

/* What `gluster volume COMMAND [VOLUME]` says. */
static int
ask(const struct connect_place *place, const char *command, char *volume, struct strbuf *out)
{
    AUTO_FREE char *where = NULL;
    /* not for longer: events wait meanwhile */
    char *argv[] = {(char *)"gluster", (char *)"--mode=script", (char *)"--timeout=10",
                    (char *)"volume", (char *)command, NULL, NULL, NULL};
    size_t count = 5;

    if (volume)
        argv[count++] = volume;

    if (place->server) {
        where = str_fmt(*place->server == '/' ? "--glusterd-sock=%s" : "--remote-host=%s",
                        place->server);
        if (!where)
            return -ENOMEM;
        argv[count] = where;
    }
    return output_of(argv, out);
}

/* Whether glusterd answers, and knows no such volume. */
static bool
is_deleted(const struct connect_place *place)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;

    if (ask(place, "list", NULL, &text))
        return false;
    for (char *rest = text.data, *line; (line = strsep(&rest, "\n"));) {
        if (!strcmp(line, place->volume))
            return false;
    }
    return true;
}

int
setting_read(const struct connect_place *place, struct setting *setting)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    struct setting found = {.timeout = 60}; /* `volume info` has no line for a default */
    int ret = ask(place, "info", place->volume, &text);

    if (ret)
        return ret == -EIO && is_deleted(place) ? -ENODEV : ret;
    if (!text.data)
        return -EIO;
    for (char *rest = text.data, *line; (line = strsep(&rest, "\n"));)
        take_line(line, &found);
    *setting = found;
    return 0;
}
