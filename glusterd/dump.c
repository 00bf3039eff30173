/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Statedumps; see dump.h. A process is told by RUNDIR/glusterdump.PID.options what to
 * dump and where; GlusterFS's own `volume statedump` uses the same file.
 */
#include "glusterd/dump.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "common/file.h"
#include "common/log.h"

enum {
    PATIENCE_MS = 3000,
    PAUSE_MS = 20,
    OTHERS_MS = 1500,
    STALE_SECONDS = 60,
    DUMP_MAX = 64 << 20,
    STATUS_MAX = 65536,
};

static const char prefix[] = "volext-dump.";

int
dumps_add(struct dumps *dumps, pid_t pid)
{
    if (dumps_find(dumps, pid))
        return 0;
    struct dump *list = reallocarray(dumps->list, dumps->count + 1, sizeof(*list));

    if (!list)
        return -ENOMEM;
    dumps->list = list;
    list[dumps->count++] = (struct dump){.pid = pid};
    return 0;
}

const struct dump *
dumps_find(const struct dumps *dumps, pid_t pid)
{
    for (size_t i = 0; i < dumps->count; i++)
        if (dumps->list[i].pid == pid)
            return &dumps->list[i];
    return NULL;
}

void
dumps_free(struct dumps *dumps)
{
    for (size_t i = 0; i < dumps->count; i++)
        strbuf_free(&dumps->list[i].text);
    free(dumps->list);
    *dumps = (struct dumps)DUMPS_INIT;
}

/* ---- folders ---------------------------------------------------------------- */

/* Of programs that were killed. */
static void
remove_stale(const char *rundir)
{
    AUTO_CLOSEDIR DIR *dir = opendir(rundir);
    struct dirent *entry;
    struct stat st;

    while (dir && (entry = readdir(dir))) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) ||
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(st.st_mode) ||
            st.st_mtime > time(NULL) - STALE_SECONDS)
            continue;
        AUTO_FREE char *path = str_fmt("%s/%s", rundir, entry->d_name);

        if (path)
            file_remove_folder(path);
    }
}

/* ---- one process ------------------------------------------------------------ */

/* Would the signal end it? A process that has just begun has not got ready for it. */
static bool
is_ready_for_signal(pid_t pid)
{
    AUTO_FREE char *path = str_fmt("/proc/%ld/status", (long)pid);
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    unsigned long long ready = 0;

    if (!path || file_read(path, STATUS_MAX, &text))
        return false;
    for (const char *field = text.data; field; field = strchr(field + 1, '\n'))
        if (!strncmp(field, "\nSigBlk:", 8) || !strncmp(field, "\nSigCgt:", 8))
            ready |= strtoull(field + 8, NULL, 16);
    return ready >> (SIGUSR1 - 1) & 1;
}

static char *
options_path(const struct site *site, pid_t pid)
{
    return str_fmt("%s/glusterdump.%ld.options", site->rundir, (long)pid);
}

/* The process as it is now, whatever becomes of its number. */
static int
send_signal(pid_t pid)
{
    AUTO_CLOSE int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (fd < 0)
        return -errno;
    if (!is_ready_for_signal(pid))
        return -EAGAIN;
    return syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 0) ? -errno : 0;
}

/* A `volume statedump` under way has its own options there for a second. One that is there for
 * longer was left behind. */
static void
let_others_finish(const char *path)
{
    for (int waited = 0; waited < OTHERS_MS && !access(path, F_OK); waited += PAUSE_MS)
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
}

static void
ask(struct dump *dump, const struct site *site, const char *folder)
{
    AUTO_FREE char *path = options_path(site, dump->pid);
    AUTO_FREE char *text = str_fmt("path=%s\nmem=yes\n", folder);

    if (path)
        let_others_finish(path);
    if (!path || !text || file_replace(path, text, strlen(text), 0600)) {
        dump->why = "what its statedump is to hold could not be written";
        return;
    }
    switch (send_signal(dump->pid)) {
    case 0:
        return;
    case -EAGAIN:
        dump->why = "its process is starting: ask again";
        break;
    default:
        dump->why = "its process has ended";
    }
    unlink(path);
}

/* SOMETHING.PID.dump.TIME appears, complete, by a rename. */
static bool
collect(struct dump *dump, const char *folder)
{
    AUTO_CLOSEDIR DIR *dir = opendir(folder);
    AUTO_FREE char *middle = str_fmt(".%ld.dump.", (long)dump->pid);
    struct dirent *entry;

    while (dir && middle && (entry = readdir(dir))) {
        AUTO_FREE char *path = str_fmt("%s/%s", folder, entry->d_name);

        if (!strstr(entry->d_name, middle) || !path)
            continue;
        if (file_read(path, DUMP_MAX, &dump->text))
            dump->why = "its statedump cannot be read";
        return true;
    }
    return false;
}

/* ---- all of them ------------------------------------------------------------ */

static void
wait_for_all(struct dumps *dumps, const struct site *site, const char *folder)
{
    size_t open = 0;

    for (int waited = 0;; waited += PAUSE_MS) {
        open = 0;
        for (size_t i = 0; i < dumps->count; i++) {
            struct dump *dump = &dumps->list[i];

            if (!dump->why && !dump->text.len && !collect(dump, folder))
                open++;
        }
        if (!open || waited >= PATIENCE_MS)
            break;
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
    }
    for (size_t i = 0; i < dumps->count; i++) {
        AUTO_FREE char *path = options_path(site, dumps->list[i].pid);

        if (path)
            unlink(path);
        if (!dumps->list[i].why && !dumps->list[i].text.len)
            dumps->list[i].why = "its process did not make a statedump within 3 s";
    }
}

static void
give_up(struct dumps *dumps, const char *why)
{
    for (size_t i = 0; i < dumps->count; i++)
        dumps->list[i].why = why;
}

/* One at a time on a node: the file with the options is one for each process. */
static int
take_turns(const struct site *site)
{
    AUTO_FREE char *path = str_fmt("%s/volext-dump.lock", site->rundir);
    AUTO_CLOSE int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;

    for (int waited = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB); waited += PAUSE_MS) {
        if (waited >= PATIENCE_MS)
            return -ETIMEDOUT;
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
    }
    int taken = fd < 0 ? -EIO : fd;

    fd = -1; /* the caller's */
    return taken;
}

void
dumps_take(struct dumps *dumps, const struct site *site)
{
    AUTO_FREE char *global = str_fmt("%s/glusterdump.options", site->rundir);
    AUTO_FREE char *folder = str_fmt("%s/%sXXXXXX", site->rundir, prefix);

    if (!dumps->count)
        return;
    if (global && !access(global, F_OK)) {
        give_up(dumps, "a file glusterdump.options says where statedumps go: remove it");
        return;
    }
    AUTO_CLOSE int turn = take_turns(site);
    if (turn < 0) {
        give_up(dumps, "other statedumps are being made: ask again");
        return;
    }
    remove_stale(site->rundir);
    if (!folder || !mkdtemp(folder)) {
        give_up(dumps, "no folder for statedumps could be made");
        return;
    }
    for (size_t i = 0; i < dumps->count; i++)
        ask(&dumps->list[i], site, folder);
    wait_for_all(dumps, site, folder);
    file_remove_folder(folder);
}
