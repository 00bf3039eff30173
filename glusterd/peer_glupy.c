/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The peer command's request glupy-status: what this node's processes say of a volume's
 * modules. Each has a socket in STATUSDIR, named by its pid; all are asked at once, so
 * that those that hang cost the patience for one.
 *
 *   process  pid=N program=NAME         each that runs a module of the volume
 *   instance name=… module=… state=…    its modules, each followed by
 *   fop      name=… calls=… …           lines for the operations that came to it
 *   silent   pid=N program=NAME why=…   a process that did not say whose modules it runs
 *   more     processes=N                that have it, too: glusterd collects some megabytes
 *                                       of answers with pain, and leaves a lock behind after
 */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/json.h"
#include "common/kv.h"
#include "glusterd/peer.h"

enum {
    PATIENCE_MS = 4000,
    PROCESSES_MAX = 1024,
    ANSWER_MAX = 4 << 20,
    FOPS_UNTIL = 128 << 10,    /* bytes that were said: no lines for operations any more */
    PROCESSES_UNTIL = 256 << 10, /* and no process */
};

/* A process that is asked. */
struct teller {
    char pid[16];
    int fd;      /* -1: it has said all it will */
    const char *why; /* it said nothing useful, or NULL */
    struct strbuf answer;
};

struct tellers {
    struct teller *list;
    size_t count;
};

static void
tellers_free(struct tellers *t)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->list[i].fd >= 0)
            close(t->list[i].fd);
        strbuf_free(&t->list[i].answer);
    }
    free(t->list);
}

/* ---- asking ---------------------------------------------------------------- */

/* Only root can have put anything into the folder. */
static bool
folder_is_roots(const char *folder)
{
    struct stat st;

    return !lstat(folder, &st) && S_ISDIR(st.st_mode) && st.st_uid == 0 &&
           !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* Nobody listens: the process was killed. It listens before the name is there. */
static int
connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -errno;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
        return fd;
    int err = errno;

    close(fd);
    if (err == ECONNREFUSED)
        unlink(path);
    return -err;
}

static void
add_teller(struct tellers *t, const char *name)
{
    AUTO_FREE char *path = str_fmt(STATUSDIR "/%s", name);
    struct teller *list = path ? reallocarray(t->list, t->count + 1, sizeof(*list)) : NULL;

    if (!list)
        return;
    t->list = list;
    int fd = connect_to(path);

    if (fd == -ECONNREFUSED || fd == -ENOENT)
        return;
    struct teller *one = &list[t->count++];

    *one = (struct teller){.fd = fd < 0 ? -1 : fd, .why = fd < 0 ? strerror(-fd) : NULL};
    snprintf(one->pid, sizeof(one->pid), "%.15s", name);
}

static void
find_tellers(struct tellers *t)
{
    AUTO_CLOSEDIR DIR *dir = folder_is_roots(STATUSDIR) ? opendir(STATUSDIR) : NULL;
    struct dirent *entry;

    while (dir && (entry = readdir(dir)) && t->count < PROCESSES_MAX) {
        size_t digits = strspn(entry->d_name, "0123456789");

        if (digits && digits < sizeof(t->list->pid) && !entry->d_name[digits])
            add_teller(t, entry->d_name);
    }
}

static void
read_some(struct teller *one)
{
    char chunk[16384];
    ssize_t n = read(one->fd, chunk, sizeof(chunk));

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n > 0)
        strbuf_add(&one->answer, chunk, (size_t)n);
    if (n < 0)
        one->why = "broke the connection";
    else if (one->answer.len > ANSWER_MAX)
        one->why = "said more than can be true";
    else if (n > 0)
        return;
    close(one->fd);
    one->fd = -1;
}

/* Reads what all of them say, until each has ended or the patience has. */
static void
hear(struct tellers *t)
{
    const long long end = now_ms() + PATIENCE_MS;
    AUTO_FREE struct pollfd *polled = calloc(t->count + 1, sizeof(*polled));

    for (;;) {
        bool open = false;
        long long left = end - now_ms();

        for (size_t i = 0; polled && i < t->count; i++) {
            polled[i] = (struct pollfd){.fd = t->list[i].fd, .events = POLLIN};
            open |= t->list[i].fd >= 0;
        }
        if (!open || left <= 0)
            break;
        if (poll(polled, t->count, (int)left) <= 0)
            continue;
        for (size_t i = 0; i < t->count; i++)
            if (t->list[i].fd >= 0 && polled[i].revents)
                read_some(&t->list[i]);
    }
    for (size_t i = 0; i < t->count; i++)
        if (t->list[i].fd >= 0)
            t->list[i].why = "did not answer within 4 s: it is stopped, or the machine is "
                             "overloaded";
}

/* ---- telling --------------------------------------------------------------- */

/* Where in a process's document the reader is: {…, instances: [{…, fops: [{…}]}]}. */
enum { AT_TOP, AT_PROCESS, AT_INSTANCES, AT_INSTANCE, AT_FOPS, AT_FOP, TOO_DEEP };

struct telling {
    const struct peer *peer;
    const char *volume;
    int depth;
    bool said_process, is_wanted;
    size_t *said;
    int *more;
    struct kv process, fields; /* of what is being read; said when it is complete */
};

/* Ends the reading of a process. */
static int
more(struct telling *t)
{
    ++*t->more;
    return -ECANCELED;
}

/* An object's own members come before what it holds. */
static int
flush(struct telling *t)
{
    if (t->depth == AT_INSTANCE && t->fields.count) {
        const char *volume = kv_get(&t->fields, "volume");

        t->is_wanted = volume && !strcmp(volume, t->volume);
        if (t->is_wanted && !t->said_process && *t->said > PROCESSES_UNTIL)
            return more(t);
        if (t->is_wanted && !t->said_process)
            *t->said += peer_say_fields(t->peer, "process", &t->process);
        t->said_process |= t->is_wanted;
        if (t->is_wanted)
            *t->said += peer_say_fields(t->peer, "instance", &t->fields);
    } else if (t->depth == AT_FOP && t->is_wanted && *t->said < FOPS_UNTIL) {
        *t->said += peer_say_fields(t->peer, "fop", &t->fields);
    }
    kv_free(&t->fields);
    t->fields = (struct kv)KV_INIT;
    return 0;
}

static int
on_begin(void *arg, const char *name)
{
    struct telling *t = arg;

    (void)name;
    int ret = flush(t);

    if (ret)
        return ret;
    return ++t->depth < TOO_DEEP ? 0 : -EINVAL;
}

static int
on_end(void *arg)
{
    struct telling *t = arg;

    int ret = flush(t);

    t->depth--;
    return ret;
}

static int
on_value(void *arg, const char *name, const char *text)
{
    struct telling *t = arg;

    return name ? kv_set(t->depth == AT_PROCESS ? &t->process : &t->fields, name, text) : 0;
}

static void
say_silent(const struct peer *peer, const struct teller *one)
{
    AUTO_FREE char *path = str_fmt("/proc/%s/comm", one->pid);
    AUTO_STRBUF struct strbuf name = STRBUF_INIT;
    AUTO_KV struct kv fields = KV_INIT;

    if (path && !file_read(path, 256, &name) && name.len)
        name.data[strcspn(name.data, "\n")] = '\0';
    if (!kv_set(&fields, "pid", one->pid) && !kv_set(&fields, "program", strbuf_text(&name)) &&
        !kv_set(&fields, "why", one->why))
        peer_say_fields(peer, "silent", &fields);
}

static void
tell(const struct peer *peer, struct teller *one, size_t *said, int *more)
{
    struct telling t = {.peer = peer, .volume = peer->argv[0], .said = said, .more = more};
    const struct json_events events = {on_begin, on_value, on_end, &t};
    int ret = 0;

    if (!one->why && !one->answer.len)
        return; /* it was about to end */
    if (!one->why)
        ret = json_read(one->answer.data, one->answer.len, &events);
    if (ret && ret != -ECANCELED)
        one->why = "said what cannot be read: it has another version of volext, perhaps";
    if (one->why)
        say_silent(peer, one);
    kv_free(&t.process);
    kv_free(&t.fields);
}

int
peer_glupy_status(struct peer *peer)
{
    struct tellers t = {0};
    size_t said = 0;
    int more = 0;

    if (!site_is_volume_name(peer->argv[0])) {
        strbuf_fmt(&peer->error, "%s is not a volume's name", peer->argv[0]);
        return -EINVAL;
    }
    find_tellers(&t);
    hear(&t);
    for (size_t i = 0; i < t.count; i++)
        tell(peer, &t.list[i], &said, &more);
    if (more) {
        AUTO_FREE char *count = str_fmt("processes=%d", more);

        peer_say(peer, "more", count, NULL);
    }
    tellers_free(&t);
    return 0;
}
