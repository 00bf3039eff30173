/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Mounts; see mounts.h. Who reads from a mount that hangs cannot be ended before the mount
 * is, so each is asked by a process of its own, which is left behind when it does not answer.
 */
#include "glusterd/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/kv.h"

enum {
    PATIENCE_MS = 3000,
    MOUNTS_MAX = 64,
    FILE_MAX = 65536,
    ANSWER_MAX = 16384,
    TABLE_MAX = 64 << 20,
};

struct mount {
    char *path, *subdir;
    pid_t pid;
    int fd; /* -1: it has said all it will */
    struct strbuf answer;
    const char *why;
};

struct mounts {
    struct mount list[MOUNTS_MAX];
    size_t count, more;
};

static void
mounts_free(struct mounts *m)
{
    for (size_t i = 0; i < m->count; i++) {
        free(m->list[i].path);
        free(m->list[i].subdir);
        strbuf_free(&m->list[i].answer);
        if (m->list[i].fd >= 0)
            close(m->list[i].fd);
    }
}

/* ---- which ------------------------------------------------------------------ */

/* \040 and the like, in place. */
static void
unescape(char *text)
{
    char *to = text;

    for (; *text; text++) {
        if (*text == '\\' && strspn(text + 1, "01234567") >= 3) {
            *to++ = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
            text += 3;
        } else {
            *to++ = *text;
        }
    }
    *to = '\0';
}

/* HOST:/VOLUME/SUBDIR, HOST:VOLUME: is it this volume? Then what is after it, "" for all. */
static const char *
subdir_in(const char *source, const char *volume)
{
    const char *colon = strrchr(source, ':');
    size_t len = strlen(volume);

    if (!colon)
        return NULL;
    const char *name = colon + 1 + (colon[1] == '/');
    return !strncmp(name, volume, len) && (!name[len] || name[len] == '/') ? name + len : NULL;
}

/* ID PARENT DEVICE ROOT PATH OPTIONS … - TYPE SOURCE OPTIONS */
static int
take_line(struct mounts *m, char *line, const char *volume)
{
    char *fields[5], *save = NULL;
    char *tail = strstr(line, " - ");

    if (!tail)
        return 0;
    *tail = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        if (!(fields[i] = strtok_r(i ? NULL : line, " ", &save)))
            return 0;
    const char *type = strtok_r(tail + 3, " ", &save);
    char *source = type && !strcmp(type, "fuse.glusterfs") ? strtok_r(NULL, " ", &save) : NULL;
    if (!source)
        return 0;
    unescape(source);
    const char *subdir = subdir_in(source, volume);
    if (!subdir)
        return 0;
    if (m->count == MOUNTS_MAX) {
        m->more++;
        return 0;
    }
    unescape(fields[4]);
    struct mount *one = &m->list[m->count++];
    *one = (struct mount){.path = strdup(fields[4]), .subdir = strdup(subdir), .fd = -1};
    return one->path && one->subdir ? 0 : -ENOMEM;
}

static int
find_mounts(struct mounts *m, const char *volume)
{
    AUTO_STRBUF struct strbuf table = STRBUF_INIT;
    char *save = NULL;
    int ret = file_read("/proc/self/mountinfo", TABLE_MAX, &table);

    for (char *line = table.data ? strtok_r(table.data, "\n", &save) : NULL; line && !ret;
         line = strtok_r(NULL, "\n", &save))
        ret = take_line(m, line, volume);
    return ret;
}

/* ---- asking one: in a process of its own -------------------------------------- */

/* A file of .meta: its size is not known before it is read. False: it is not there. */
static bool
read_meta(const char *path, struct strbuf *out)
{
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    char chunk[4096];
    ssize_t n;

    while (fd >= 0 && out->len < FILE_MAX && (n = read(fd, chunk, sizeof(chunk))) > 0)
        strbuf_add(out, chunk, (size_t)n);
    while (out->len && strchr("\n ", out->data[out->len - 1]))
        out->data[--out->len] = '\0';
    return fd >= 0;
}

static void
say_option(const char *folder, const char *option, const char *as, const char *def,
           struct strbuf *out)
{
    AUTO_FREE char *path = str_fmt("%s/options/%s", folder, option);
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    bool is_set = path && read_meta(path, &text) && text.len;

    strbuf_fmt(out, "%s=%s\n", as, is_set ? text.data : def);
}

/* --attribute-timeout=600 and the like: what the kernel keeps is nobody's to take back. */
static void
say_kernel_timeouts(const char *mount, struct strbuf *out)
{
    static const char *const names[] = {"attribute-timeout", "entry-timeout", "negative-timeout"};
    AUTO_FREE char *path = str_fmt("%s/.meta/cmdline", mount);
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;

    if (!path || !read_meta(path, &text))
        return;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        AUTO_FREE char *option = str_fmt("--%s=", names[i]);
        const char *at = option ? strstr(strbuf_text(&text), option) : NULL;

        if (at)
            strbuf_fmt(out, "%s=%.*s\n", names[i], (int)strspn(at + strlen(option), "0123456789."),
                       at + strlen(option));
    }
}

static long long
number_after(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    return at ? strtoll(at + strlen(name), NULL, 10) : 0;
}

static void
say(const char *mount, const char *volume, struct strbuf *out)
{
    AUTO_FREE char *folder = str_fmt("%s/.meta/graphs/active/%s-md-cache", mount, volume);
    AUTO_FREE char *graph = str_fmt("%s/.meta/graphs/active/%s", mount, volume);
    AUTO_FREE char *private = folder ? str_fmt("%s/private", folder) : NULL;
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;

    if (!graph || access(graph, F_OK)) {
        strbuf_fmt(out, "why=%s\n", "its .meta cannot be read, as in a mount of a folder of the volume");
        return;
    }
    say_kernel_timeouts(mount, out);
    if (!private || !read_meta(private, &text)) {
        strbuf_str(out, "md-cache=no\n");
        return;
    }
    strbuf_str(out, "md-cache=yes\n");
    say_option(folder, "cache-invalidation", "switch", "off", out);
    say_option(folder, "md-cache-timeout", "timeout", "1", out);
    strbuf_fmt(out, "invalidations=%lld\n",
               number_after(strbuf_text(&text), "stat_invalidations_received = ") +
                   number_after(strbuf_text(&text), "xattr_invalidations_received = "));
}

static void
ask(struct mount *one, const char *volume)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC)) {
        one->why = "it could not be asked";
        return;
    }
    fflush(NULL);
    one->pid = fork();
    if (!one->pid) {
        AUTO_STRBUF struct strbuf out = STRBUF_INIT;
        int nothing = open("/dev/null", O_RDWR);

        /* who waits for the end of our output must not wait for this process */
        for (int fd = 0; nothing >= 0 && fd <= 2; fd++)
            dup2(nothing, fd);
        say(one->path, volume, &out);
        ssize_t n = write(ends[1], strbuf_text(&out), out.len);
        _exit(n < 0);
    }
    close(ends[1]);
    one->fd = ends[0];
    if (one->pid < 0)
        one->why = "it could not be asked";
}

/* ---- hearing ---------------------------------------------------------------- */

static void
read_some(struct mount *one)
{
    char chunk[4096];
    ssize_t n = read(one->fd, chunk, sizeof(chunk));

    if (n > 0 && one->answer.len < ANSWER_MAX) {
        strbuf_add(&one->answer, chunk, (size_t)n);
        return;
    }
    close(one->fd);
    one->fd = -1;
}

static void
hear(struct mounts *m)
{
    const long long end = now_ms() + PATIENCE_MS;

    for (;;) {
        struct pollfd polled[MOUNTS_MAX];
        long long left = end - now_ms();
        bool open = false;

        for (size_t i = 0; i < m->count; i++) {
            polled[i] = (struct pollfd){.fd = m->list[i].fd, .events = POLLIN};
            open |= m->list[i].fd >= 0;
        }
        if (!open || left <= 0)
            break;
        if (poll(polled, m->count, (int)left) <= 0)
            continue;
        for (size_t i = 0; i < m->count; i++)
            if (m->list[i].fd >= 0 && polled[i].revents)
                read_some(&m->list[i]);
    }
    for (size_t i = 0; i < m->count; i++) {
        struct mount *one = &m->list[i];

        if (one->fd >= 0)
            one->why = "it did not answer within 3 s";
        if (one->pid > 0) {
            kill(one->pid, SIGKILL);
            waitpid(one->pid, NULL, one->fd >= 0 ? WNOHANG : 0);
        }
    }
}

static int
tell(const struct peer *peer, struct mount *one)
{
    AUTO_KV struct kv fields = KV_INIT;
    char *save = NULL;
    int ret = kv_set(&fields, "path", one->path);

    if (!ret && *one->subdir)
        ret = kv_set(&fields, "subdir", one->subdir);
    if (!ret && one->why)
        ret = kv_set(&fields, "why", one->why);
    for (char *line = !one->why && one->answer.data ? strtok_r(one->answer.data, "\n", &save) : NULL;
         line && !ret; line = strtok_r(NULL, "\n", &save)) {
        char *value = strchr(line, '=');

        if (!value)
            continue;
        *value++ = '\0';
        ret = kv_set(&fields, line, value);
    }
    if (!ret)
        peer_say_fields(peer, "mount", &fields);
    return ret;
}

int
mounts_tell(const struct peer *peer, const char *volume)
{
    AUTO(mounts_free) struct mounts m = {0};
    int ret = find_mounts(&m, volume);

    for (size_t i = 0; i < m.count && !ret; i++)
        ask(&m.list[i], volume);
    if (!ret)
        hear(&m);
    for (size_t i = 0; i < m.count && !ret; i++)
        ret = tell(peer, &m.list[i]);
    if (m.more && !ret) {
        AUTO_FREE char *count = str_fmt("mounts=%zu", m.more);

        peer_say(peer, "more", count, NULL);
    }
    return ret;
}
