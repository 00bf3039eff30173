/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Journals of features/changelog; see journal.h. A slice of time has a file, YYYY/MM/DD/CHANGELOG.END,
 * or none if nothing was done; CHANGELOG is the one that is being written. htime/HTIME.BEGIN names
 * all slices since the journal was turned on, with NULs between; it is another one after it was off.
 */
#include "gfind/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/file.h"
#include "common/strbuf.h"
#include "gfind/changelog.h"
#include "gfind/handle.h"

enum { FILE_LIMIT = 1 << 30 };

static bool
is_folder(const char *path)
{
    struct stat st;

    return path && !stat(path, &st) && S_ISDIR(st.st_mode);
}

int
journal_open(struct journal *j, const char *word)
{
    AUTO_FREE char *clean = strdup(word), *inside, *htime;

    for (size_t len = clean ? strlen(clean) : 0; len > 1 && clean[len - 1] == '/'; len--)
        clean[len - 1] = '\0';
    inside = clean ? str_fmt("%s/.glusterfs/changelogs", clean) : NULL;
    htime = clean ? str_fmt("%s/htime", clean) : NULL;
    if (!clean || !inside || !htime || reduce_init(&j->reduce))
        return -ENOMEM;
    if (is_folder(inside)) {
        j->brick = TAKE(clean);
        j->folder = TAKE(inside);
        return 0;
    }
    char *tail = strstr(clean, "/.glusterfs/changelogs");

    if (is_folder(htime)) {
        j->folder = strdup(clean);
        j->brick = tail && !strcmp(tail, "/.glusterfs/changelogs")
                       ? strndup(clean, (size_t)(tail - clean)) : NULL;
        return j->folder ? 0 : -ENOMEM;
    }
    fprintf(stderr, "gfind: %s: no journal of GlusterFS's changelog is there: name a brick's folder on "
            "this machine that has .glusterfs/changelogs (as root), or the journal's folder, which has "
            "htime\n", word);
    return -ENOENT;
}

void
journal_free(struct journal *j)
{
    reduce_free(&j->reduce);
    free(j->brick);
    free(j->folder);
}

int
journals_whereis(void *arg, const uint8_t gfid[GFID_SIZE], const char *known, char **path)
{
    const struct journals *all = arg;
    int ret = -ENOENT;

    *path = NULL;
    for (unsigned i = 0; i < all->count; i++) {
        const char *brick = all->list[i].brick;
        int one = brick ? handle_path(brick, gfid, known, path) : -EOPNOTSUPP;

        if (!one)
            return 0;
        ret = one == -ENOENT ? ret : one;
    }
    return ret == -ENOENT ? 0 : ret;
}

/* ---- one file ------------------------------------------------------------------------------- */

/* Replicate's folder for what heals put aside; a client makes it, and it is recorded. */
static bool
is_inside_matter(const struct changelog_record *r)
{
    static const char prefix[] = ".glusterfs-anonymous-inode-";

    return r->type == 'E' && handle_is_root(r->name.parent) &&
           !strncmp(r->name.name, prefix, sizeof(prefix) - 1);
}

static int
apply(struct journal *j, const struct changelog_record *r)
{
    static const enum happened names[] = {
        [CHANGELOG_MKNOD] = REDUCE_CREATE, [CHANGELOG_MKDIR] = REDUCE_CREATE,
        [CHANGELOG_SYMLINK] = REDUCE_CREATE, [CHANGELOG_CREATE] = REDUCE_CREATE,
        [CHANGELOG_UNLINK] = REDUCE_DELETE, [CHANGELOG_RMDIR] = REDUCE_DELETE,
        [CHANGELOG_RENAME] = REDUCE_MOVE, [CHANGELOG_LINK] = REDUCE_LINK,
    };
    struct reduce_event e = {.happened = r->type == 'D' ? REDUCE_MODIFY : r->type == 'M' ? REDUCE_ATTRIB
                                                                                        : names[r->op]};

    if (is_inside_matter(r))
        return 0;
    memcpy(e.gfid, r->gfid, GFID_SIZE);
    e.dir = r->op == CHANGELOG_MKDIR || r->op == CHANGELOG_RMDIR ||
            (j->brick && handle_is_folder(j->brick, r->gfid));
    if (handle_is_root(r->gfid)) {
        e.name.path = "/";
        return reduce_event(&j->reduce, &e);
    }
    e.name.path = r->name.name;
    memcpy(e.name.parent, r->name.parent, GFID_SIZE);
    e.to.path = r->to.name;
    memcpy(e.to.parent, r->to.parent, GFID_SIZE);
    return reduce_event(&j->reduce, &e);
}

static int
say_damaged(struct journal *j, const char *path, size_t at, const char *what, uint64_t to)
{
    fprintf(stderr, "gfind: %s: %s at byte %zu: what comes behind it in this file is not known\n", path, what, at);
    j->gap(j->arg, j->begun, to, path);
    j->damaged = true;
    return 0;
}

/* to: when the slice ended; 0: it is being written, and may end anywhere. */
static int
apply_all(struct journal *j, const char *path, const struct strbuf *text, uint64_t to)
{
    struct changelog_format format;
    struct changelog_record r;
    ssize_t n = text->len ? changelog_header(text->data, text->len, &format) : -EBADMSG;

    if (n < 0)
        return text->len || to ? say_damaged(j, path, 0, n == -EPROTONOSUPPORT
                    ? "a version that is not known" : "this is no file of GlusterFS's changelog", to) : 0;
    for (size_t at = (size_t)n; at < text->len; at += (size_t)n) {
        n = changelog_record(&format, text->data + at, text->len - at, &r);
        if (n == -ENODATA && !to)
            return 0;
        if (n < 0)
            return say_damaged(j, path, at, n == -ENODATA ? "a record is cut off" : "there is no record", to);
        int ret = apply(j, &r);

        if (ret)
            return ret;
    }
    return 0;
}

static int
read_file(struct journal *j, const char *path, uint64_t to)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    int ret = file_read(path, FILE_LIMIT, &text);

    if (ret == -ENOENT) {
        j->gap(j->arg, j->begun, to, path);
        return 0;
    }
    return ret ? ret : apply_all(j, path, &text, to);
}

/* What is written now. It is held before the names of slices are read, for it may become one at any
 * time: what had been in it would be in neither. -1: there is none. */
static int
hold_now(struct journal *j)
{
    AUTO_FREE char *path = str_fmt("%s/CHANGELOG", j->folder);
    const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
    struct stat st;
    int fd = -1;

    /* between one and the next there is none for a moment; for long, if the changelog is off */
    for (int i = 0; path && fd < 0 && i < 10; i++) {
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd >= 0 || errno != ENOENT)
            break;
        nanosleep(&pause, NULL);
    }
    j->held = fd >= 0 && !fstat(fd, &st);
    if (j->held) {
        j->device = st.st_dev;
        j->inode = st.st_ino;
    }
    return fd;
}

static bool
is_now(const struct journal *j, const char *path)
{
    struct stat st;

    return j->held && !stat(path, &st) && st.st_dev == j->device && st.st_ino == j->inode;
}

static int
read_now(struct journal *j, int fd)
{
    AUTO_FREE char *path = str_fmt("%s/CHANGELOG", j->folder), *held = str_fmt("/proc/self/fd/%d", fd);
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;

    if (!j->held)
        return 0;
    int ret = path && held ? file_read(held, FILE_LIMIT, &text) : -ENOMEM;

    return ret ? ret : apply_all(j, path, &text, 0);
}

/* ---- all of them ------------------------------------------------------------------------------ */

/* A slice by its name in HTIME: the path as it was on the brick then. `changelog` in small
 * letters: nothing was done. */
static int
read_slice(struct journal *j, const char *name)
{
    const char *base = strrchr(name, '/'), *part = base;
    uint64_t end;
    char tail;

    base = base ? base + 1 : name;
    if (sscanf(base + (strlen(base) > 10 ? 10 : strlen(base)), "%" SCNu64 "%c", &end, &tail) != 1 ||
        strncasecmp(base, "changelog.", 10) != 0)
        return -EBADMSG;
    int ret = 0;

    if (end >= j->since && *base == 'C') {
        for (int i = 0; i < 3 && part && part > name; i++) { /* YYYY/MM/DD */
            for (part--; part > name && *part != '/';)
                part--;
        }
        AUTO_FREE char *dated = str_fmt("%s%s", j->folder, part ? part : ""),
                       *flat = str_fmt("%s/%s", j->folder, base);

        const char *path = flat && !access(flat, F_OK) ? flat : dated;

        j->held = j->held && path && !is_now(j, path);
        ret = !dated || !flat ? -ENOMEM : read_file(j, path, end);
    }
    j->begun = end;
    return ret;
}

static int
read_htime(struct journal *j, const char *name, uint64_t begun)
{
    AUTO_FREE char *path = str_fmt("%s/htime/%s", j->folder, name);
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    int ret = path ? file_read(path, FILE_LIMIT, &text) : -ENOMEM;

    if (ret)
        return ret;
    if ((j->begun || j->since) && begun > j->since && begun > j->begun)
        j->gap(j->arg, j->begun > j->since ? j->begun : j->since, begun, "the changelog was off");
    j->begun = begun;
    for (size_t at = 0; !ret && at < text.len;) {
        size_t len = strnlen(text.data + at, text.len - at);

        ret = at + len == text.len ? -EBADMSG : read_slice(j, text.data + at);
        if (ret == -EBADMSG)
            return say_damaged(j, path, at, "there is no name of a slice", 0);
        at += len + 1;
    }
    return ret;
}

static int
is_htime(const struct dirent *entry)
{
    return !strncmp(entry->d_name, "HTIME.", 6);
}

int
journal_read(struct journal *j)
{
    AUTO_CLOSE int now = hold_now(j);
    AUTO_FREE char *htime = str_fmt("%s/htime", j->folder);
    struct dirent **entries = NULL;
    int count = htime ? scandir(htime, &entries, is_htime, versionsort) : -1;
    int ret = !htime ? -ENOMEM : count < 0 ? -errno : 0;

    if (!count)
        j->gap(j->arg, j->since, 0, "the changelog was never on");
    for (int i = 0; i < count; i++) {
        if (!ret)
            ret = read_htime(j, entries[i]->d_name, strtoull(entries[i]->d_name + 6, NULL, 10));
        free(entries[i]);
    }
    free(entries);
    if (!ret)
        ret = read_now(j, now);
    if (ret)
        fprintf(stderr, "gfind: the journal in %s cannot be read: %s\n", j->folder, strerror(-ret));
    return ret;
}
