/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The files of sessions; see session.h.
 */
#include "gfind/session.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "common/file.h"
#include "common/strbuf.h"

#define FORMAT "gfind session 1\n"
enum { FILE_MAX = 4096 };

bool
session_is_name(const char *name)
{
    size_t len = strlen(name);

    if (!len || len > SESSION_NAME_MAX || *name == '.')
        return false;
    for (; *name; name++)
        if (!isascii(*name) || (!isalnum((unsigned char)*name) && !strchr("._-", *name)))
            return false;
    return true;
}

void
session_cursor(const struct session *session, int which, char name[CURSOR_SIZE])
{
    snprintf(name, CURSOR_SIZE, "gfind.%s.%d", session->name, which);
}

void
session_free(struct session *session)
{
    if (session->lock >= 0)
        close(session->lock);
    free(session->folder);
    free(session->name);
    *session = (struct session)SESSION_INIT;
}

static char *
path_of(const struct session *session)
{
    return str_fmt("%s/%s", session->folder, session->name);
}

/* ---- the text ----------------------------------------------------------------------------- */

static int
parse(const char *text, struct session *session)
{
    size_t head = strlen(FORMAT);
    int end = 0;

    if (strncmp(text, FORMAT, head) != 0 ||
        sscanf(text + head,
               "created %" SCNd64 "\nacknowledged %d %" SCNu64 "\nprinted %d %" SCNu64 "\nend%n",
               &session->created, &session->acked, &session->acked_time, &session->printed,
               &session->printed_time, &end) != 5 ||
        !end || session->acked < 0 || session->acked > 2 || session->printed < 0 ||
        session->printed > 2)
        return -EBADMSG;
    return 0;
}

static char *
print(const struct session *session)
{
    return str_fmt(FORMAT "created %" PRId64 "\nacknowledged %d %" PRIu64 "\nprinted %d %" PRIu64
                          "\nend\n",
                   session->created, session->acked, session->acked_time, session->printed,
                   session->printed_time);
}

static int
load(struct session *session)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    AUTO_FREE char *path = path_of(session);
    int ret = path ? file_read(path, FILE_MAX, &text) : -ENOMEM;

    return ret ? ret : parse(strbuf_text(&text), session);
}

/* ---- files -------------------------------------------------------------------------------- */

/* Makes the folder and those above it, for nobody but its owner. */
static int
make_folder(const char *path)
{
    AUTO_FREE char *part = strdup(path);

    if (!part)
        return -ENOMEM;
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0700) && errno != EEXIST)
            return -errno;
        *slash = '/';
    }
    return mkdir(part, 0700) && errno != EEXIST ? -errno : 0;
}

static int
lock(struct session *session)
{
    AUTO_FREE char *path = str_fmt("%s/.%s.lock", session->folder, session->name);

    if (!path)
        return -ENOMEM;
    session->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (session->lock < 0)
        return -errno;
    if (flock(session->lock, LOCK_EX | LOCK_NB))
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    return 0;
}

static int
name_it(const char *state, const char *volume, const char *name, struct session *session)
{
    *session = (struct session)SESSION_INIT;
    session->folder = str_fmt("%s/%s", state, volume);
    session->name = strdup(name);
    session->created = time(NULL);
    return session->folder && session->name ? 0 : -ENOMEM;
}

int
session_open(const char *state, const char *volume, const char *name, struct session *session)
{
    int ret = name_it(state, volume, name, session);

    if (!ret)
        ret = make_folder(session->folder);
    if (!ret)
        ret = lock(session);
    if (!ret)
        ret = load(session);
    session->there = !ret || ret == -EBADMSG;
    return ret == -ENOENT ? 0 : ret;
}

int
session_find(const char *state, const char *volume, const char *name, struct session *session)
{
    int ret = name_it(state, volume, name, session);

    if (!ret)
        ret = load(session); /* before a lock is left where no session is */
    if (!ret)
        ret = lock(session);
    return ret ? ret : load(session);
}

int
session_save(struct session *session)
{
    AUTO_FREE char *path = path_of(session), *new = str_fmt("%s/.%s.new", session->folder, session->name);
    AUTO_FREE char *text = print(session);
    size_t len = text ? strlen(text) : 0;

    if (!path || !new || !text)
        return -ENOMEM;
    AUTO_CLOSE int fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    AUTO_CLOSE int folder = open(session->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || folder < 0)
        return -errno;
    ssize_t written = write(fd, text, len);

    if (written != (ssize_t)len)
        return written < 0 ? -errno : -ENOSPC;
    if (fsync(fd) || rename(new, path) || fsync(folder))
        return -errno;
    session->there = true;
    return 0;
}

int
session_remove(const struct session *session)
{
    AUTO_FREE char *path = path_of(session);
    AUTO_FREE char *held = str_fmt("%s/.%s.lock", session->folder, session->name);

    if (!path || !held)
        return -ENOMEM;
    if (unlink(path) && errno != ENOENT)
        return -errno;
    unlink(held);
    rmdir(session->folder); /* if it was the last one */
    return 0;
}

/* ---- all ---------------------------------------------------------------------------------- */

static int
is_shown(const struct dirent *entry)
{
    return *entry->d_name != '.';
}

static void
free_entries(struct dirent **entries, int count)
{
    while (count > 0)
        free(entries[--count]);
    free(entries);
}

static int
list_volume(const char *state, const char *volume,
            int (*each)(void *, const char *, const char *, const struct session *), void *arg)
{
    AUTO_FREE char *folder = str_fmt("%s/%s", state, volume);
    struct dirent **entries = NULL;
    int count = folder ? scandir(folder, &entries, is_shown, alphasort) : -1, ret = 0;

    if (!folder)
        return -ENOMEM;
    if (count < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
    for (int i = 0; i < count && !ret; i++) {
        AUTO_SESSION struct session session;

        ret = name_it(state, volume, entries[i]->d_name, &session);
        if (!ret)
            ret = each(arg, volume, session.name, load(&session) ? NULL : &session);
    }
    free_entries(entries, count);
    return ret;
}

int
session_list(const char *state, const char *volume,
             int (*each)(void *arg, const char *volume, const char *name,
                         const struct session *session),
             void *arg)
{
    struct dirent **entries = NULL;

    if (volume)
        return list_volume(state, volume, each, arg);
    int count = scandir(state, &entries, is_shown, alphasort), ret = 0;

    if (count < 0)
        return errno == ENOENT ? 0 : -errno;
    for (int i = 0; i < count && !ret; i++)
        ret = list_volume(state, entries[i]->d_name, each, arg);
    free_entries(entries, count);
    return ret;
}
