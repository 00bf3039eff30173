/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Paths that the inode table does not have, from what storage/posix keeps on disk: below
 * .glusterfs each gfid has an entry, which of a folder is a symbolic link to its place,
 * ../../XX/YY/PARENT-GFID/NAME, and of a file has an attribute per name,
 * trusted.gfid2path.HASH = PARENT-GFID/NAME. Only the writer comes here.
 */
#include "xlators/gnotify/gnotify.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <glusterfs/compat-uuid.h>

enum { DEPTH_MAX = 256, UUID_TEXT = 36, HANDLE_ROOM = PATH_MAX, NAMES_ROOM = 4096,
       LAST_NAMES = 256 };

static const char gfid2path[] = "trusted.gfid2path.";

static bool
handle_of(const struct gnotify *g, const uint8_t gfid[16], char out[HANDLE_ROOM])
{
    char text[UUID_TEXT + 1];

    gf_uuid_unparse(gfid, text);
    int n = snprintf(out, HANDLE_ROOM, "%s/.glusterfs/%.2s/%.2s/%s", g->brick, text, text + 2, text);

    return n > 0 && n < HANDLE_ROOM;
}

/* PARENT-GFID/NAME, at the end of a text. The name, or NULL. */
static const char *
parse_place(const char *text, uint8_t parent[16])
{
    const char *slash = strrchr(text, '/');
    char gfid[UUID_TEXT + 1];

    if (!slash || slash - text < UUID_TEXT || !slash[1])
        return NULL;
    memcpy(gfid, slash - UUID_TEXT, UUID_TEXT);
    gfid[UUID_TEXT] = '\0';
    return gf_uuid_parse(gfid, parent) ? NULL : slash + 1;
}

/* The folder's place. */
static const char *
place_of_folder(const struct gnotify *g, const uint8_t gfid[16], uint8_t parent[16],
                char room[HANDLE_ROOM])
{
    char handle[HANDLE_ROOM];
    ssize_t n = handle_of(g, gfid, handle) ? readlink(handle, room, HANDLE_ROOM - 1) : -1;

    if (n < 0)
        return NULL;
    room[n] = '\0';
    return parse_place(room, parent);
}

/* Is it one in which GlusterFS keeps files that it has put aside? */
static bool
is_hidden_folder(const struct gnotify *g, const uint8_t gfid[16])
{
    char room[HANDLE_ROOM];
    uint8_t parent[16];
    const char *name = place_of_folder(g, gfid, parent, room);

    return name && is_root(parent) && !strncmp(name, ".glusterfs-", 11);
}

/* One of the file's places. A symbolic link's handle is a hard link to it, so nothing
 * may be followed. */
static const char *
place_of_file(const struct gnotify *g, const uint8_t gfid[16], uint8_t parent[16],
              char room[HANDLE_ROOM])
{
    char handle[HANDLE_ROOM], names[NAMES_ROOM];
    ssize_t len = handle_of(g, gfid, handle) ? llistxattr(handle, names, sizeof(names)) : -1;

    for (const char *name = names; len > 0 && name < names + len; name += strlen(name) + 1) {
        if (strncmp(name, gfid2path, sizeof(gfid2path) - 1) != 0)
            continue;
        ssize_t n = lgetxattr(handle, name, room, HANDLE_ROOM - 1);

        if (n < 0)
            continue;
        room[n] = '\0';
        const char *place = parse_place(room, parent);

        if (place && !is_hidden_folder(g, parent))
            return place;
    }
    return NULL;
}

/* Writes the path from the root on to end at `end`, where its last part ends already.
 * Its begin, or NULL. */
static char *
climb(const struct gnotify *g, const uint8_t folder[16], char *begin, const char *room)
{
    char place[HANDLE_ROOM];
    uint8_t gfid[16];

    memcpy(gfid, folder, sizeof(gfid));
    for (int depth = 0; !is_root(gfid); depth++) {
        uint8_t parent[16];
        const char *name = place_of_folder(g, gfid, parent, place);
        size_t len = name ? strlen(name) : 0;

        if (!name || depth == DEPTH_MAX || (size_t)(begin - room) < len + 1)
            return NULL;
        if (is_root(parent) && !strncmp(name, ".glusterfs-", 11))
            return NULL; /* put aside: where it is for users is not known here */
        begin -= len;
        memcpy(begin, name, len);
        *--begin = '/';
        memcpy(gfid, parent, sizeof(gfid));
    }
    return begin;
}

/* The names that files had last: their open ones are written to and closed later. */
struct last_name {
    uint8_t gfid[16], parent[16];
    uint16_t len;
    char path[256 - 34];
};

static struct last_name *
last_name_of(struct gnotify *g, const uint8_t gfid[16])
{
    return g->last_names ? &g->last_names[gfid[15] % LAST_NAMES] : NULL;
}

static void
keep_last_name(struct gnotify *g, const uint8_t gfid[16], const struct notify_name *name)
{
    if (!g->last_names)
        g->last_names = calloc(LAST_NAMES, sizeof(*g->last_names));
    struct last_name *l = last_name_of(g, gfid);

    if (!l || name->len > sizeof(l->path))
        return;
    memcpy(l->gfid, gfid, sizeof(l->gfid));
    memcpy(l->parent, name->parent, sizeof(l->parent));
    l->len = name->len;
    memcpy(l->path, name->path, name->len);
}

void
resolve_remember(struct gnotify *g, const struct notify_record *r, const uint8_t replaced[16])
{
    if (!(r->flags & NOTIFY_LAST_LINK))
        return;
    if (r->op == NOTIFY_UNLINK && !(r->flags & NOTIFY_NAME_ONLY))
        keep_last_name(g, r->gfid, &r->name);
    if (r->op == NOTIFY_RENAME && !(r->flags & NOTIFY_TO_NAME_ONLY))
        keep_last_name(g, replaced, &r->to);
}

/* Completes one name of r. */
static void
complete(struct gnotify *g, const uint8_t *gfid, struct notify_name *name,
         unsigned *flags, unsigned flag, char room[NOTIFY_PATH_MAX + 1])
{
    char place[HANDLE_ROOM];
    const char *base = name->path;
    size_t len = name->len;
    uint8_t parent[16];

    memcpy(parent, name->parent, sizeof(parent));
    if (!len) {
        if (!gfid)
            return;
        if (is_root(gfid)) {
            name->path = "/";
            name->len = 1;
            *flags &= ~flag;
            return;
        }
        base = place_of_folder(g, gfid, parent, place);
        if (!base)
            base = place_of_file(g, gfid, parent, place);
        if (!base) {
            const struct last_name *l = last_name_of(g, gfid);

            if (l && !memcmp(l->gfid, gfid, 16)) {
                memcpy(name->parent, l->parent, sizeof(name->parent));
                name->path = l->path;
                name->len = l->len;
                *flags &= ~flag;
            }
            return;
        }
        len = strlen(base);
    }
    if (is_null(parent) || len + 1 > NOTIFY_PATH_MAX)
        return;
    char *begin = room + NOTIFY_PATH_MAX - len;

    memcpy(begin, base, len);
    *--begin = '/';
    memcpy(name->parent, parent, sizeof(parent));
    char *path = climb(g, parent, begin, room);
    const char *known = path ? path : begin + 1;

    name->path = known;
    name->len = (uint16_t)(room + NOTIFY_PATH_MAX - known);
    if (path)
        *flags &= ~flag;
}

void
resolve_names(struct gnotify *g, struct notify_record *r, char room[RESOLVED_ROOM])
{
    if (!g->brick)
        return;
    if ((r->flags & NOTIFY_HAS_NAME) && (r->flags & NOTIFY_NAME_ONLY))
        complete(g, r->op == NOTIFY_RENAME || r->op == NOTIFY_UNLINK || r->op == NOTIFY_RMDIR ? NULL : r->gfid,
                 &r->name, &r->flags, NOTIFY_NAME_ONLY, room);
    if ((r->flags & NOTIFY_HAS_TO) && (r->flags & NOTIFY_TO_NAME_ONLY))
        complete(g, NULL, &r->to, &r->flags, NOTIFY_TO_NAME_ONLY, room + NOTIFY_PATH_MAX + 1);
}

bool
resolve_is_nowhere(const struct gnotify *g, const uint8_t gfid[16])
{
    char handle[HANDLE_ROOM];
    struct stat st;

    return g->brick && !is_null(gfid) && handle_of(g, gfid, handle) && lstat(handle, &st) < 0 &&
           errno == ENOENT;
}

static bool
is_gfid_text(const struct notify_name *name)
{
    char text[UUID_TEXT + 1];
    uint8_t gfid[16];

    if (name->len != UUID_TEXT)
        return false;
    memcpy(text, name->path, UUID_TEXT);
    text[UUID_TEXT] = '\0';
    return !gf_uuid_parse(text, gfid);
}

/* features/index shows what is to be healed in folders that the brick has nowhere: their gfids
 * are made up. The names are gfids, or, where folders are healed by name, those of their files.
 * Disperse's healer takes gfids off that list in the name of no one: its own process is told as
 * the actor. */
bool
resolve_is_index(const struct gnotify *g, const struct notify_record *r)
{
    bool goes = r->op == NOTIFY_MISSED && (!strncmp(r->detail, "unlink", r->detail_len) ||
                                           !strncmp(r->detail, "rmdir", r->detail_len));

    if (r->op == NOTIFY_UNLINK && (r->flags & NOTIFY_NAME_ONLY)) {
        const struct notify_name base = notify_name_base(&r->name);

        goes = is_gfid_text(&base);
    }
    return goes && resolve_is_nowhere(g, r->name.parent);
}

/* ---- shards ------------------------------------------------------------------ */

bool
resolve_shard(struct gnotify *g, struct notify_record *r)
{
    struct notify_name name = notify_name_base(&r->name);
    char text[UUID_TEXT + 1];
    uint8_t base[16];

    if (!(r->flags & NOTIFY_HAS_NAME) || !is_shard_folder(r->name.parent))
        return true;
    if (name.len < UUID_TEXT + 2 || name.path[UUID_TEXT] != '.')
        return false;
    memcpy(text, name.path, UUID_TEXT);
    text[UUID_TEXT] = '\0';
    if (gf_uuid_parse(text, base))
        return false;
    uint64_t number = 0;

    for (unsigned i = UUID_TEXT + 1; i < name.len; i++) {
        if (name.path[i] < '0' || name.path[i] > '9' || number > UINT32_MAX)
            return false;
        number = number * 10 + (unsigned)(name.path[i] - '0');
    }
    memcpy(r->gfid, base, sizeof(base));
    memset(r->name.parent, 0, sizeof(r->name.parent));
    r->name.path = "";
    r->name.len = 0;
    r->flags |= NOTIFY_NAME_ONLY;
    pthread_mutex_lock(&g->lock);
    if (r->flags & NOTIFY_HAS_RANGE)
        r->offset += number * g->shard_block;
    pthread_mutex_unlock(&g->lock);
    return true;
}
