/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Values of every kind, none of them 0 or twice the same, so that a translator above
 * which loses or exchanges one is found out.
 */
#include "xlators/drive/sink.h"

#include <errno.h>

#include <glusterfs/compat-uuid.h>
#include <glusterfs/gf-dirent.h>
#include <glusterfs/iobuf.h>
#include <glusterfs/upcall-utils.h>

#include "xlators/drive/json.h"

#include "common/cleanup.h"

struct sink_answer {
    call_frame_t *frame;
    xlator_t *xl;
    glusterfs_fop_t fop;
    int op_ret, op_errno;
    union drive_value v[DRIVE_VALUES];
    /* what v points to */
    struct iatt iatts[DRIVE_VALUES];
    struct gf_flock flock;
    struct gf_lease lease;
    struct statvfs statvfs;
    struct iovec vector[2];
    lock_migration_info_t locks[3];
    unsigned char checksum[DRIVE_CHECKSUM_SIZE];
    char text[64];
    char *echo;
    gf_dirent_t entries; /* last: it ends in an array without a size */
};

static void
fill_fields(const struct drive_field *f, void *base, int64_t seed)
{
    for (; f->name; f++)
        drive_field_set(f, base, seed++);
}

/* The same bytes for the same text: FNV-1a, twice. */
static void
gfid_of(const char *text, uuid_t gfid)
{
    uint64_t half[2] = {14695981039346656037u, 1099511628211u};

    for (; *text; text++) {
        half[0] = (half[0] ^ (unsigned char)*text) * 1099511628211u;
        half[1] = (half[1] + (unsigned char)*text) * 6364136223846793005u;
    }
    memcpy(gfid, half, sizeof(half));
}

static bool
is_folder(const char *name)
{
    return name && (!*name || *name == 'd');
}

static void
fill_owner(gf_lkowner_t *owner, int seed)
{
    owner->len = 5;
    memset(owner->data, seed, (size_t)owner->len);
}

static void
fill_flock(struct gf_flock *lock, int seed)
{
    fill_fields(drive_flock_fields, lock, seed);
    fill_owner(&lock->l_owner, seed);
}

/* ---- what the fop is about ------------------------------------------------------------ */

static const loc_t *
loc_of(const struct drive_fop *f, const union drive_value *args)
{
    int i = drive_param_find(f->args, f->argc, DRIVE_LOC);

    /* what a link or rename makes is at the second */
    if (i >= 0 && i + 1 < (int)f->argc && f->args[i + 1].kind == DRIVE_LOC && args[i + 1].p)
        i++;
    return i >= 0 ? args[i].p : NULL;
}

static fd_t *
fd_of(const struct drive_fop *f, const union drive_value *args)
{
    int i = drive_param_find(f->args, f->argc, DRIVE_FD);

    return i >= 0 ? args[i].p : NULL;
}

static void
fill_iatt(struct sink_answer *a, const union drive_value *args, unsigned i)
{
    const struct drive_fop *f = &drive_fops[a->fop];
    const loc_t *loc = loc_of(f, args);
    const char *name = f->res[i].name;
    struct iatt *iatt = &a->iatts[i];
    bool folder = strstr(name, "parent");

    fill_fields(drive_iatt_fields, iatt, 1000 * (int64_t)a->fop + 50 * i + 1);
    for (const struct drive_time *t = drive_iatt_times; t->name; t++) {
        *(int64_t *)((char *)iatt + t->seconds) = 1500000000 + a->fop * 100 + (int)i;
        *(uint32_t *)((char *)iatt + t->nanoseconds) = (uint32_t)(t->seconds + i);
    }
    gfid_of(name, iatt->ia_gfid);
    if (!folder && !strcmp(name, "buf") && loc) {
        folder = a->fop == GF_FOP_MKDIR || is_folder(loc->name);
        if (loc->path)
            gfid_of(loc->path, iatt->ia_gfid);
        if (loc->inode && !gf_uuid_is_null(loc->inode->gfid)) {
            gf_uuid_copy(iatt->ia_gfid, loc->inode->gfid);
            folder = loc->inode->ia_type == IA_IFDIR;
        }
    }
    iatt->ia_type = folder ? IA_IFDIR : a->fop == GF_FOP_SYMLINK ? IA_IFLNK : IA_IFREG;
    iatt->ia_prot = ia_prot_from_st_mode(01640 + i);
}

/* ---- lists ---------------------------------------------------------------------------- */

static void
fill_entries(struct sink_answer *a, fd_t *fd)
{
    static const char *const names[] = {".", "a", "n\xc3\xa4me", "no utf8 \xff"};

    INIT_LIST_HEAD(&a->entries.list);
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        gf_dirent_t *e = gf_dirent_for_name(names[i]);

        if (!e)
            continue;
        e->d_ino = 7000 + i;
        e->d_off = 8000 + i;
        e->d_type = i ? 8 : 4;
        list_add_tail(&e->list, &a->entries.list);
        if (a->fop != GF_FOP_READDIRP)
            continue;
        fill_fields(drive_iatt_fields, &e->d_stat, 9000 + 100 * (int)i);
        e->d_stat.ia_type = i ? IA_IFREG : IA_IFDIR;
        gfid_of(names[i], e->d_stat.ia_gfid);
        if (i % 2 && fd)
            e->inode = inode_new(fd->inode->table);
        if (i / 2)
            e->dict = dict_new();
        if (e->dict)
            (void)!dict_set_int32(e->dict, "sink.entry", (int)i);
    }
}

static void
fill_locks(struct sink_answer *a)
{
    static char *const uids[] = {NULL, "client one", "client two"};

    INIT_LIST_HEAD(&a->locks[0].list);
    for (int i = 1; i <= 2; i++) {
        fill_flock(&a->locks[i].flock, 30 + 10 * i);
        a->locks[i].client_uid = uids[i];
        a->locks[i].lk_flags = 60u + (unsigned)i;
        list_add_tail(&a->locks[i].list, &a->locks[0].list);
    }
}

static void
fill_vector(struct sink_answer *a, unsigned i)
{
    static const char text[] = "first segment\0second, with a byte \xff";
    enum { FIRST = 13 };
    const struct drive_fop *f = &drive_fops[a->fop];
    int ref = drive_param_find(f->res, f->resc, DRIVE_IOBREF);
    struct iobuf *buf = iobuf_get2(a->xl->ctx->iobuf_pool, 4096);
    struct iobref *iobref = iobref_new();

    if (buf && iobref) {
        memcpy(iobuf_ptr(buf), text, sizeof(text));
        iobref_add(iobref, buf);
        iobuf_unref(buf);
        a->vector[0] = (struct iovec){iobuf_ptr(buf), FIRST};
        a->vector[1] = (struct iovec){(char *)iobuf_ptr(buf) + FIRST, sizeof(text) - FIRST};
        a->v[i].p = a->vector;
        a->v[i + 1].i = 2;
        a->op_ret = sizeof(text);
    }
    a->v[ref].p = iobref;
}

/* ---- dicts ---------------------------------------------------------------------------- */

static dict_t *
make_dict(struct sink_answer *a, unsigned i)
{
    const char *name = drive_fops[a->fop].name;
    dict_t *d = dict_new();

    if (!d)
        return NULL;
    char *bytes = gf_memdup("\0by\xfftes", 7);

    if (dict_set_dynstr_with_alloc(d, "sink.fop", name) ||
        dict_set_int64(d, "sink.number", 100 * a->fop + i) ||
        dict_set_uint32(d, "sink.unsigned", 4000000000u) ||
        dict_set_double(d, "sink.double", 0.5) ||
        (bytes && dict_set_bin(d, "sink.bytes", bytes, 7)) ||
        (a->echo && dict_set_dynstr_with_alloc(d, "sink.args", a->echo)))
        gf_log(a->xl->name, GF_LOG_ERROR, "out of memory");
    return d;
}

static char *
echo_of(const struct drive_fop *f, const union drive_value *args)
{
    AUTO(sink_json_free) json_t *json = drive_show(f->args, f->argc, args, NULL);

    return json_dumps(json, JSON_COMPACT);
}

/* ---- all ------------------------------------------------------------------------------ */

/* What has nothing but numbers and bytes; NULL: it is a number itself. */
static void *
plain(struct sink_answer *a, enum drive_kind kind, int seed)
{
    switch (kind) {
    case DRIVE_FLOCK:
        fill_flock(&a->flock, seed);
        return &a->flock;
    case DRIVE_LEASE:
        fill_fields(drive_lease_fields, &a->lease, 3);
        memset(a->lease.lease_id, seed, sizeof(a->lease.lease_id));
        return &a->lease;
    case DRIVE_STATVFS:
        fill_fields(drive_statvfs_fields, &a->statvfs, seed);
        return &a->statvfs;
    case DRIVE_CHECKSUM:
        memset(a->checksum, seed, sizeof(a->checksum));
        return a->checksum;
    default:
        return NULL;
    }
}

static void
fill(struct sink_answer *a, const union drive_value *args, unsigned i)
{
    const struct drive_fop *f = &drive_fops[a->fop];
    const loc_t *loc = loc_of(f, args);
    fd_t *fd = fd_of(f, args);
    int seed = 100 * (int)a->fop + (int)i;

    switch (f->res[i].kind) {
    case DRIVE_STR:
        snprintf(a->text, sizeof(a->text), "the %s of %s", f->res[i].name, f->name);
        a->v[i].p = a->echo && a->fop == GF_FOP_GETSPEC ? a->echo : a->text;
        break;
    case DRIVE_FD:
        a->v[i].p = fd ? fd_ref(fd) : NULL;
        break;
    case DRIVE_INODE:
        a->v[i].p = loc && loc->inode ? inode_ref(loc->inode) : NULL;
        break;
    case DRIVE_DICT:
        a->v[i].p = make_dict(a, i);
        break;
    case DRIVE_IATT:
        fill_iatt(a, args, i);
        a->v[i].p = &a->iatts[i];
        break;
    case DRIVE_DIRENTS:
        fill_entries(a, fd);
        a->v[i].p = &a->entries;
        a->op_ret = 4;
        break;
    case DRIVE_LOCKS:
        fill_locks(a);
        a->v[i].p = &a->locks[0];
        break;
    case DRIVE_VECTOR:
        fill_vector(a, i);
        break;
    case DRIVE_COUNT:
    case DRIVE_IOBREF:
    case DRIVE_LOC:
        break; /* with the vector; no result is a location */
    default:
        if (!(a->v[i].p = plain(a, f->res[i].kind, seed)))
            a->v[i].i = seed + 5000;
    }
}

struct sink_answer *
sink_answer_new(call_frame_t *frame, xlator_t *this, glusterfs_fop_t fop,
                const union drive_value *args, int error, bool echo)
{
    const struct drive_fop *f = &drive_fops[fop];
    const loc_t *loc = loc_of(f, args);
    struct sink_answer *a = calloc(1, sizeof(*a));

    if (!a)
        return NULL;
    if (!error && fop == GF_FOP_LOOKUP && loc && loc->name && !strncmp(loc->name, "none", 4))
        error = ENOENT;
    a->frame = frame;
    a->xl = this;
    a->fop = fop;
    a->op_ret = error ? -1 : (int)fop; /* GlusterFS lets a success be any number */
    a->op_errno = error;
    if (echo)
        a->echo = echo_of(f, args);
    for (unsigned i = 0; i < f->resc; i++) {
        if (!error || f->res[i].kind == DRIVE_DICT)
            fill(a, args, i);
    }
    if (!error && fop == GF_FOP_READLINK)
        a->op_ret = (int)strlen(a->v[0].p); /* but not here */
    return a;
}

void
sink_answer_send(struct sink_answer *a)
{
    const struct drive_fop *f = &drive_fops[a->fop];

    f->unwind(a->frame, a->op_ret, a->op_errno, a->v);
    for (unsigned i = 0; i < f->resc; i++) {
        void *p = a->v[i].p;

        if (!p)
            continue;
        if (f->res[i].kind == DRIVE_FD)
            fd_unref(p);
        else if (f->res[i].kind == DRIVE_INODE)
            inode_unref(p);
        else if (f->res[i].kind == DRIVE_DICT)
            dict_unref(p);
        else if (f->res[i].kind == DRIVE_IOBREF)
            iobref_unref(p);
        else if (f->res[i].kind == DRIVE_DIRENTS)
            gf_dirent_free(p);
    }
    free(a->echo);
    free(a);
}
