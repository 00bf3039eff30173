/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Holding and releasing each kind of argument.
 */
#include "xlators/glupy/glupy.h"
#include "xlators/glupy/entries.h"

#include <sys/statvfs.h>

#include <glusterfs/gf-dirent.h>
#include <glusterfs/upcall-utils.h>

static void *
area_get(struct values *values, size_t size)
{
    size = size ? (size + 15) & ~(size_t)15 : 16;
    if (size > sizeof(values->area) - values->used)
        return malloc(size);
    void *p = values->area + values->used;

    values->used += size;
    return p;
}

static void
area_put(struct values *values, void *p)
{
    if ((char *)p < values->area || (char *)p >= values->area + sizeof(values->area))
        free(p);
}

static void *
copy(struct values *values, const void *from, size_t size)
{
    void *to = area_get(values, size);

    return to ? memcpy(to, from, size) : NULL;
}

static void
put_loc(struct values *values, loc_t *loc)
{
    if (loc->inode)
        inode_unref(loc->inode);
    if (loc->parent)
        inode_unref(loc->parent);
    area_put(values, (void *)loc->path);
    if (!loc->path)
        area_put(values, (void *)loc->name);
    area_put(values, loc);
}

/* Not loc_copy: that lets a name without path go on pointing to the original. */
static loc_t *
hold_loc(struct values *values, const loc_t *from)
{
    loc_t *loc = area_get(values, sizeof(*loc));

    if (!loc)
        return NULL;
    *loc = *from;
    if (loc->inode)
        inode_ref(loc->inode);
    if (loc->parent)
        inode_ref(loc->parent);
    loc->path = loc->name = NULL;
    if (from->path) {
        loc->path = copy(values, from->path, strlen(from->path) + 1);
        if (!loc->path)
            goto failed;
    }
    if (from->name && from->path && from->name >= from->path &&
        from->name <= from->path + strlen(from->path)) {
        loc->name = loc->path + (from->name - from->path);
    } else if (from->name && from->path) {
        const char *slash = strrchr(loc->path, '/');

        loc->name = slash ? slash + 1 : loc->path;
    } else if (from->name) {
        loc->name = copy(values, from->name, strlen(from->name) + 1);
        if (!loc->name)
            goto failed;
    }
    return loc;
failed:
    put_loc(values, loc);
    return NULL;
}

/* The entries are the child's to free, after its callback has returned: take them. */
static gf_dirent_t *
hold_dirents(struct values *values, gf_dirent_t *from)
{
    struct entries *e = area_get(values, sizeof(*e));

    if (!e)
        return NULL;
    entries_init(e, from);
    return &e->head;
}

/* From another request, by Python. */
static gf_dirent_t *
move_dirents(struct values *values, gf_dirent_t *from)
{
    struct entries *e = area_get(values, sizeof(*e));

    if (!e)
        return NULL;
    entries_init(e, NULL);
    if (entries_move(e, entries_of(from)))
        return &e->head;
    area_put(values, e);
    return NULL;
}

static size_t
checksum_size(dict_t *xdata)
{
    return xdata && dict_get(xdata, "fips-mode-rchecksum") ? 32 : 16;
}

static void *
hold_checksum(struct values *values, const void *from, dict_t *xdata)
{
    unsigned char *sum = area_get(values, CHECKSUM_ROOM);
    size_t size = checksum_size(xdata);

    if (!sum)
        return NULL;
    memset(sum, 0, CHECKSUM_ROOM);
    memcpy(sum, from, size);
    sum[CHECKSUM_MAX] = (unsigned char)size;
    return sum;
}

void
values_free_locks(void *p)
{
    lock_migration_info_t *head = p;
    lock_migration_info_t *lock, *next;

    list_for_each_entry_safe(lock, next, &head->list, list)
    {
        list_del_init(&lock->list);
        GF_FREE(lock->client_uid);
        GF_FREE(lock);
    }
}

static void
put_locks(struct values *values, lock_migration_info_t *head)
{
    values_free_locks(head);
    area_put(values, head);
}

/* In GlusterFS's memory, for whoever takes them over. */
static lock_migration_info_t *
hold_locks(struct values *values, lock_migration_info_t *from)
{
    lock_migration_info_t *head = area_get(values, sizeof(*head)), *lock;

    if (!head)
        return NULL;
    memset(head, 0, sizeof(*head));
    INIT_LIST_HEAD(&head->list);
    if (!from->list.next) /* not every translator initializes it where it has none */
        return head;
    list_for_each_entry(lock, &from->list, list)
    {
        lock_migration_info_t *copied = GF_CALLOC(1, sizeof(*lock), gf_common_mt_lock_mig);

        if (!copied)
            goto failed;
        *copied = *lock;
        list_add_tail(&copied->list, &head->list);
        copied->client_uid = gf_strdup(lock->client_uid);
        if (lock->client_uid && !copied->client_uid)
            goto failed;
    }
    return head;
failed:
    put_locks(values, head);
    return NULL;
}

static void *
hold(struct values *values, enum kind kind, void *p, union value next)
{
    switch (kind) {
    case KIND_STR:
        return copy(values, p, strlen(p) + 1);
    case KIND_LOC:
        return hold_loc(values, p);
    case KIND_FD:
        return fd_ref(p);
    case KIND_INODE:
        return inode_ref(p);
    case KIND_DICT:
        return dict_ref(p);
    case KIND_IOBREF:
        return iobref_ref(p);
    case KIND_IATT:
        return copy(values, p, sizeof(struct iatt));
    case KIND_FLOCK:
        return copy(values, p, sizeof(struct gf_flock));
    case KIND_LEASE:
        return copy(values, p, sizeof(struct gf_lease));
    case KIND_STATVFS:
        return copy(values, p, sizeof(struct statvfs));
    case KIND_VECTOR:
        return copy(values, p, (size_t)next.i * sizeof(struct iovec));
    case KIND_DIRENTS:
        return hold_dirents(values, p);
    case KIND_CHECKSUM:
        return hold_checksum(values, p, next.p);
    case KIND_LOCKS:
        return hold_locks(values, p);
    default:
        return NULL;
    }
}

/* python: it is a value from Python, not from GlusterFS */
static int
hold_at(struct values *values, unsigned i, enum kind kind, union value v,
        union value next, bool python)
{
    values->v[i] = v;
    if (kind < KIND_STR || !v.p)
        return 0;
    if (python && kind == KIND_DIRENTS)
        values->v[i].p = move_dirents(values, v.p);
    else
        values->v[i].p = hold(values, kind, v.p, next);
    if (!values->v[i].p)
        return -ENOMEM;
    values->owned |= 1u << i;
    return 0;
}

int
values_hold(struct values *values, unsigned i, enum kind kind, union value v,
            union value next)
{
    return hold_at(values, i, kind, v, next, true);
}

int
values_hold_all(struct values *values, const struct param *params, unsigned count,
                const union value *v, const void *known)
{
    values_init(values);
    for (unsigned i = 0; i < count; i++) {
        enum kind kind = params[i].kind;

        if (kind < KIND_STR || !v[i].p || (kind == KIND_INODE && v[i].p == known)) {
            values->v[i] = v[i];
            continue;
        }
        if (kind == KIND_IATT && (values->v[i].p = copy(values, v[i].p, sizeof(struct iatt)))) {
            values->owned |= 1u << i;
            continue;
        }
        int err = hold_at(values, i, kind, v[i],
                          i + 1 < count ? v[i + 1] : (union value){0}, false);

        if (err) {
            values_release(values, params, i);
            return err;
        }
    }
    return 0;
}

static void
release(struct values *values, enum kind kind, void *p)
{
    switch (kind) {
    case KIND_LOC:
        put_loc(values, p);
        break;
    case KIND_FD:
        fd_unref(p);
        break;
    case KIND_INODE:
        inode_unref(p);
        break;
    case KIND_DICT:
        dict_unref(p);
        break;
    case KIND_IOBREF:
        iobref_unref(p);
        break;
    case KIND_DIRENTS:
        entries_free(entries_of(p));
        area_put(values, entries_of(p));
        break;
    case KIND_LOCKS:
        put_locks(values, p);
        break;
    default:
        area_put(values, p);
    }
}

void
values_give(const struct values *values, const struct param *params, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (params[i].kind == KIND_DIRENTS && values->owned & (1u << i))
            entries_give(entries_of(values->v[i].p));
    }
}

void
values_release_one(struct values *values, const struct param *params, unsigned i)
{
    if (values->owned & (1u << i))
        release(values, params[i].kind, values->v[i].p);
    values->owned &= (uint16_t)~(1u << i);
    values->v[i].p = NULL;
}

void
values_release(struct values *values, const struct param *params, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (values->owned & (1u << i))
            release(values, params[i].kind, values->v[i].p);
    }
    values->owned = 0;
}

void
values_drop(struct values *values, const struct param *params, unsigned count)
{
    if (values)
        values_release(values, params, count);
    free(values);
}
