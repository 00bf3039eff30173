/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What is watched: paths of the user, their folders, and the entries of watched folders.
 */
#include <dirent.h>
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <string.h>

#include <glusterfs/api/glfs-handles.h>

#include "gfapi/gupcallwait/found.h"

static void
say_refused(const char *path, int ret)
{
    AUTO_STRBUF struct strbuf name = STRBUF_INIT;

    strbuf_word(&name, path);
    fprintf(stderr, "gupcallwait: %s: cannot be watched: %s\n", strbuf_text(&name),
            strerror(-ret));
}

/* The same for an entry of a folder, or ("") for the folder itself. What is not there any
 * more tells that itself. */
static void
say_left_out(const struct watch *dir, const char *name, int ret)
{
    AUTO_STRBUF struct strbuf path = STRBUF_INIT;

    if (ret == -ENOENT || ret == -ESTALE)
        return;
    watch_path(dir, &path);
    if (*name && path.len && path.data[path.len - 1] != '/')
        strbuf_char(&path, '/');
    strbuf_str(&path, name);
    say_refused(strbuf_text(&path), ret);
}

/* Watches what was found. `told`: it is new, and an event; so is all that is in it. */
static int
adopt(struct look *look, struct watch *parent, const char *name, struct found *found,
      bool contents, bool told)
{
    struct watch *w = watch_add(&look->set, parent, name, found->gfid, found->object);

    if (!w)
        return -ENOMEM;
    found->object = NULL;
    w->st = found->st;
    w->marked = true;
    w->contents = contents && S_ISDIR(w->st.st_mode);
    if (told)
        look_tell(look, w, EV_CREATE);
    if (w->contents)
        look_scan(look, w, told);
    return 0;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct watch *)a)->name, ((const struct watch *)b)->name);
}

static void
keep(void *node)
{
    (void)node; /* the tree is only an index */
}

/* The entries of dir that are watched, as a tree for tfind(). */
static void *
index_of(struct look *look, const struct watch *dir)
{
    void *tree = NULL;

    for (struct watch *w = look->set.first; w; w = w->next) {
        if (w->parent == dir && !w->gone) {
            w->marked = false;
            tsearch(w, &tree, by_name);
        }
    }
    return tree;
}

/* 0 or -errno. */
static int
discover(struct look *look, struct watch *dir, const char *name, bool told)
{
    AUTO_FOUND struct found found = {0};
    int ret = look_up(look, dir, name, &found);

    if (ret)
        return ret;
    for (struct watch *w = watch_find(&look->set, found.gfid, NULL); w && told;
         w = watch_find(&look->set, found.gfid, w)) {
        AUTO_FOUND struct found there = {0};

        if (w->gone || w->silent || !w->parent || w->named ||
            (!look_up(look, w->parent, w->name, &there) && found_is(&there, w)))
            continue;
        watch_mark(&look->set, w->gfid, 0, dir->gfid, false);
        return 0;
    }
    return adopt(look, dir, name, &found, look->recursive, told);
}

void
look_discovered(struct look *look, struct watch *dir, const char *name, bool told)
{
    int ret = discover(look, dir, name, told);

    if (ret)
        say_left_out(dir, name, ret);
}

/* One that is not watched yet; *left_out becomes why the last one could not be. */
static void
enlist(struct look *look, struct watch *dir, const char *name, bool told, int *left_out)
{
    int ret = discover(look, dir, name, told);

    if (!ret || ret == -ENOENT || ret == -ESTALE)
        return;
    if (ret != dir->left_out)
        say_left_out(dir, name, ret);
    *left_out = ret;
}

static int
list(struct look *look, struct watch *dir, bool told)
{
    struct glfs_fd *fd = glfs_h_opendir(look->fs, dir->object);
    struct dirent *entry;
    int left_out = 0;

    if (!fd)
        return errno ? -errno : -EIO;
    void *known = index_of(look, dir);

    while ((errno = 0, entry = glfs_readdir(fd))) {
        struct watch key = {.name = entry->d_name};
        struct watch **hit = tfind(&key, &known, by_name);

        if (hit)
            (*hit)->marked = true;
        else if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            enlist(look, dir, entry->d_name, told, &left_out);
    }
    int ret = -errno;

    /* what is not there any more says itself whether it was deleted, or moved */
    for (struct watch *w = look->set.first; !ret && w; w = w->next) {
        if (w->parent == dir && !w->marked && !w->gone)
            watch_mark(&look->set, w->gfid, 0, NULL, false);
    }
    tdestroy(known, keep);
    glfs_closedir(fd);
    dir->left_out = left_out;
    return ret;
}

void
look_scan(struct look *look, struct watch *dir, bool told)
{
    /* what was there before it could be read is not new */
    bool closed = dir->unread == -EACCES || dir->unread == -EPERM;
    int ret = list(look, dir, told && !closed);

    if (ret && ret != dir->unread)
        say_left_out(dir, "", ret);
    dir->unread = ret;
}

/* The folder of a path, which libgfapi must know for it to pass on that something in it
 * was deleted or renamed. */
static struct watch *
folder_of(struct look *look, const char *path, int *ret)
{
    const char *slash = strrchr(path, '/');
    AUTO_FREE char *dir = slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
    AUTO_FOUND struct found found = {0};

    *ret = dir ? look_up(look, NULL, dir, &found) : -ENOMEM;
    if (*ret)
        return NULL;
    for (struct watch *w = watch_find(&look->set, found.gfid, NULL); w;
         w = watch_find(&look->set, found.gfid, w)) {
        if (w->silent)
            return w;
    }
    struct watch *w = watch_add(&look->set, NULL, dir, found.gfid, found.object);

    if (!w) {
        *ret = -ENOMEM;
        return NULL;
    }
    found.object = NULL;
    w->silent = true;
    w->st = found.st;
    return w;
}

int
look_add(struct look *look, const char *path)
{
    AUTO_FOUND struct found found = {0};
    bool root = !strcmp(path, "/");
    int ret = 0;
    struct watch *dir = root ? NULL : folder_of(look, path, &ret);

    if (!ret)
        ret = look_up(look, dir, root ? "/" : strrchr(path, '/') + 1, &found);
    if (!ret) {
        const char *name = root ? "/" : strrchr(path, '/') + 1;
        struct watch *last = look->set.last;

        /* without its entries first: it must be known as named when they are found */
        ret = adopt(look, dir, name, &found, false, false);
        struct watch *w = last ? last->next : look->set.first;

        if (!ret) {
            w->named = true;
            w->contents = S_ISDIR(w->st.st_mode);
            look->named++;
            ret = w->contents ? list(look, w, false) : 0;
        }
    }
    if (ret)
        say_refused(path, ret);
    return ret;
}
