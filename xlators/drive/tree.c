/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * From paths to locations, and names for fds.
 */
#include "xlators/drive/wind.h"

#include <errno.h>

#include <glusterfs/compat-uuid.h>

#include "common/cleanup.h"

/* ---- fds ------------------------------------------------------------------------ */

fd_t *
drive_fd_find(const struct drive *d, const char *name)
{
    for (const struct drive_open_fd *o = d->fds; o; o = o->next) {
        if (!strcmp(o->name, name))
            return o->fd;
    }
    return NULL;
}

int
drive_fd_add(struct drive *d, const char *name, fd_t *fd)
{
    struct drive_open_fd *o = calloc(1, sizeof(*o));

    if (!o || !(o->name = strdup(name))) {
        free(o);
        return -ENOMEM;
    }
    o->fd = fd_ref(fd);
    o->next = d->fds;
    d->fds = o;
    return 0;
}

bool
drive_fd_close(struct drive *d, const char *name)
{
    for (struct drive_open_fd **at = &d->fds; *at; at = &(*at)->next) {
        struct drive_open_fd *o = *at;

        if (strcmp(o->name, name))
            continue;
        *at = o->next;
        fd_unref(o->fd);
        free(o->name);
        free(o);
        return true;
    }
    return false;
}

const char *
drive_name_fd(void *arg, fd_t *fd)
{
    const struct drive_line *line = arg;
    const struct drive_fop *f = &drive_fops[line->fop];
    int i = drive_param_find(f->args, f->argc, DRIVE_FD);

    if (line->opens && line->values && i >= 0 && line->values[i].p == fd)
        return line->opens;
    for (const struct drive_open_fd *o = line->d->fds; o; o = o->next) {
        if (o->fd == fd)
            return o->name;
    }
    return NULL;
}

/* Which of the line's locations has that inode? */
const char *
drive_name_inode(void *arg, inode_t *inode)
{
    const struct drive_line *line = arg;
    const struct drive_fop *f = &drive_fops[line->fop];

    for (unsigned i = 0; line->values && i < f->argc; i++) {
        const loc_t *loc = line->values[i].p;

        if (f->args[i].kind == DRIVE_LOC && loc && loc->inode == inode)
            return f->args[i].name;
    }
    return NULL;
}

static inode_t *
inode_of(const struct drive_line *line, const char *arg)
{
    const struct drive_fop *f = &drive_fops[line->fop];

    for (unsigned i = 0; line->values && i < f->argc; i++) {
        const loc_t *loc = line->values[i].p;

        if (!strcmp(f->args[i].name, arg) && loc)
            return loc->inode;
    }
    return NULL;
}

/* ---- locations -------------------------------------------------------------------- */

/* Looks the location up, on behalf of the line. 0, or -1 with line->error. */
static int
look_up(struct drive_line *line, loc_t *loc)
{
    const union drive_value args[] = {{.p = loc}, {0}};
    struct drive_answer answer = {0};
    int failed = drive_wind(line->d, GF_FOP_LOOKUP, args, line->request, NULL, &answer);

    json_decref(answer.results);
    line->error = failed ? -failed : answer.op_ret < 0 ? answer.op_errno : 0;
    if (line->error && !line->failed_at)
        line->failed_at = strdup(loc->path ? loc->path : "");
    return line->error ? -1 : 0;
}

/* Fills loc for the name in parent (both are references for loc to keep): an inode that is
 * known, or a new one. */
static int
fill(struct drive *d, loc_t *loc, inode_t *parent, const char *name, char *path)
{
    loc->parent = parent;
    loc->path = path;
    if (!path)
        return -1;
    loc->name = strrchr(path, '/') + 1;
    gf_uuid_copy(loc->pargfid, parent->gfid);
    loc->inode = inode_grep(d->g.inodes, parent, name);
    if (loc->inode)
        gf_uuid_copy(loc->gfid, loc->inode->gfid);
    else
        loc->inode = inode_new(d->g.inodes);
    return loc->inode ? 0 : -1;
}

/* The folder of a path, found by lookups; *name: the last part. NULL with line->error. */
static inode_t *
find_parent(struct drive_line *line, const char *path, const char **name)
{
    struct drive *d = line->d;
    inode_t *parent = inode_ref(d->g.inodes->root);
    const char *part = path + 1, *end;

    for (; (end = strchr(part, '/')); part = end + 1) {
        AUTO_FREE char *one = strndup(part, (size_t)(end - part));
        loc_t loc = {0};
        int failed = !one || fill(d, &loc, parent, one, gf_strndup(path, (size_t)(end - path)));

        if (failed)
            line->error = ENOMEM;
        else if (gf_uuid_is_null(loc.inode->gfid))
            failed = look_up(line, &loc);
        parent = failed ? NULL : inode_grep(d->g.inodes, loc.parent, one);
        loc_wipe(&loc);
        if (!parent) {
            line->error = line->error ? line->error : ENOENT;
            return NULL;
        }
    }
    *name = part;
    return parent;
}

/* Does the fop make what is at the location p, so that it is not looked up? */
static bool
makes(const struct drive_line *line, const struct drive_param *p)
{
    switch (line->fop) {
    case GF_FOP_LOOKUP:
    case GF_FOP_MKNOD:
    case GF_FOP_MKDIR:
    case GF_FOP_SYMLINK:
    case GF_FOP_CREATE:
    case GF_FOP_PUT:
    case GF_FOP_ICREATE:
        return true;
    case GF_FOP_LINK:
    case GF_FOP_RENAME:
        return !strcmp(p->name, "newloc");
    default:
        return false;
    }
}

/* As a kernel would: the new name of a link is the old one's inode, that of a rename what
 * is there now or nothing. */
static void
set_new_inode(struct drive_line *line, loc_t *loc)
{
    inode_t *inode = loc->inode, *old = inode_of(line, "oldloc");

    if (line->fop == GF_FOP_LINK && old)
        loc->inode = inode_ref(old);
    else if (line->fop == GF_FOP_RENAME && gf_uuid_is_null(inode->gfid))
        loc->inode = NULL;
    else
        return;
    inode_unref(inode);
    memset(loc->gfid, 0, sizeof(loc->gfid));
    if (loc->inode)
        gf_uuid_copy(loc->gfid, loc->inode->gfid);
}

static int
find_path(struct drive_line *line, const struct drive_param *p, const char *path, loc_t *loc)
{
    struct drive *d = line->d;
    const char *name;

    if (!strcmp(path, "/")) {
        loc->path = gf_strdup(path);
        loc->name = "";
        loc->inode = inode_ref(d->g.inodes->root);
        gf_uuid_copy(loc->gfid, loc->inode->gfid);
        return loc->path ? 0 : -1;
    }
    inode_t *parent = find_parent(line, path, &name);

    if (!parent)
        return -1;
    if (fill(d, loc, parent, name, gf_strdup(path))) {
        line->error = ENOMEM;
        return -1;
    }
    if (makes(line, p)) {
        if (!strcmp(p->name, "newloc"))
            set_new_inode(line, loc);
        return 0;
    }
    if (gf_uuid_is_null(loc->inode->gfid)) {
        if (look_up(line, loc))
            return -1;
        /* the table may have had the file under another name */
        inode_t *linked = inode_grep(d->g.inodes, loc->parent, name);

        if (linked) {
            inode_unref(loc->inode);
            loc->inode = linked;
        }
        gf_uuid_copy(loc->gfid, loc->inode->gfid);
    }
    return 0;
}

/* By gfid, without a name: what handles of NFS and self-heal look like. */
static int
find_gfid(struct drive_line *line, uuid_t gfid, loc_t *loc)
{
    char text[GF_UUID_BUF_SIZE];

    gf_uuid_copy(loc->gfid, gfid);
    loc->inode = inode_find(line->d->g.inodes, gfid);
    if (!loc->inode)
        loc->inode = inode_new(line->d->g.inodes);
    if (!loc->inode)
        return -1;
    gf_uuid_unparse(gfid, text);
    if (line->fop != GF_FOP_LOOKUP && gf_uuid_is_null(loc->inode->gfid)) {
        if (look_up(line, loc))
            return -1;
        inode_unref(loc->inode);
        loc->inode = inode_find(line->d->g.inodes, gfid);
    }
    return loc->inode && gf_asprintf((char **)&loc->path, "<gfid:%s>", text) > 0 ? 0 : -1;
}

int
drive_find_loc(void *arg, const struct drive_param *p, json_t *json, loc_t *loc,
               struct drive_error *e)
{
    static const char what[] = "{\"path\": \"/…\"} or {\"gfid\": \"…\"}";
    struct drive_line *line = arg;
    AUTO_FREE char *path = NULL;
    json_t *at = json_is_string(json) ? json : json_object_get(json, "path");
    json_t *id = json_object_get(json, "gfid");
    uuid_t gfid;
    size_t len;

    if (at && !json_is_null(at)) {
        if (drive_read_bytes(at, p->name, &path, &len, e))
            return -1;
        if (*path != '/' || strlen(path) != len || strstr(path, "//") ||
            (len > 1 && path[len - 1] == '/'))
            return drive_wanted(e, p->name, "an absolute path without empty parts", at);
        return find_path(line, p, path, loc);
    }
    if (!drive_read_hex(json_string_value(id), gfid, sizeof(gfid)))
        return drive_wanted(e, p->name, what, json);
    return find_gfid(line, gfid, loc);
}

inode_t *
drive_inode_at(struct drive *d, const char *path)
{
    return inode_resolve(d->g.inodes, (char *)path);
}

/* ---- fds in arguments --------------------------------------------------------------- */

static bool
opens(int fop)
{
    return fop == GF_FOP_OPEN || fop == GF_FOP_OPENDIR || fop == GF_FOP_CREATE;
}

/* {"anonymous": LOC}: an fd that nobody opened, as NFS and gfapi use them */
static int
find_anonymous(struct drive_line *line, json_t *json, fd_t **fd, struct drive_error *e)
{
    static const struct drive_param p = {"fd.anonymous", DRIVE_LOC};
    json_t *flags = json_object_get(json, "flags");
    loc_t loc = {0};

    if (!drive_find_loc(line, &p, json_object_get(json, "anonymous"), &loc, e))
        *fd = fd_anonymous_with_flags(loc.inode,
                                      flags ? (int32_t)json_integer_value(flags) : O_RDWR);
    loc_wipe(&loc);
    return *fd ? 0 : -1;
}

int
drive_find_fd(void *arg, const struct drive_param *p, json_t *json, fd_t **fd,
              struct drive_error *e)
{
    struct drive_line *line = arg;
    const char *name = json_string_value(json);

    if (json_object_get(json, "anonymous"))
        return find_anonymous(line, json, fd, e);
    if (!name || !*name)
        return drive_wanted(e, p->name, "the name of an fd, or {\"anonymous\": {\"path\": …}}",
                            json);
    if (!opens(line->fop)) {
        fd_t *known = drive_fd_find(line->d, name);

        if (!known)
            return drive_wanted(e, p->name, "an fd that an earlier line opened", json);
        *fd = fd_ref(known);
        return 0;
    }
    inode_t *inode = inode_of(line, "loc");
    json_t *flags = json_object_get(line->args, "flags");

    if (drive_fd_find(line->d, name))
        return drive_wanted(e, p->name, "a name that no open fd has", json);
    if (!inode)
        return drive_wanted(e, "loc", "the location of what is opened", NULL);
    *fd = fd_create(inode, line->request->pid ? line->request->pid : getpid());
    if (!*fd)
        return drive_wanted(e, p->name, "memory", NULL);
    (*fd)->flags = line->fop == GF_FOP_OPENDIR ? O_DIRECTORY : (int32_t)json_integer_value(flags);
    line->opens = (char *)name;
    return 0;
}
