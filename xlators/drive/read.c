/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A fop's values from JSON. An error names the member, what is wanted and what is there.
 */
#include "xlators/drive/json.h"

#include <errno.h>
#include <stdlib.h>

#include <glusterfs/compat-uuid.h>
#include <glusterfs/gf-dirent.h>
#include <glusterfs/iobuf.h>

#include "common/base64.h"

enum { MEMBER_MAX = 160 };

int
drive_wanted(struct drive_error *e, const char *member, const char *what, json_t *json)
{
    AUTO_FREE char *text = json ? json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

    snprintf(e->text, sizeof(e->text), "%s: %s is wanted, not %.80s", member, what,
             text ? text : "nothing");
    return -1;
}

static int
no_memory(struct drive_error *e)
{
    snprintf(e->text, sizeof(e->text), "out of memory");
    return -1;
}

/* ---- numbers and bytes ---------------------------------------------------------- */

/* Numbers may be text, which has hexadecimal and octal ones, and those over 2^63. */
static int
read_number(json_t *json, const char *member, int64_t *i, struct drive_error *e)
{
    const char *text = json_string_value(json);
    char *end = NULL;

    if (json_is_integer(json)) {
        *i = json_integer_value(json);
        return 0;
    }
    if (text && *text) {
        errno = 0;
        *i = *text == '-' ? strtoll(text, &end, 0) : (int64_t)strtoull(text, &end, 0);
        if (!*end && !errno)
            return 0;
    }
    return drive_wanted(e, member, "an integer", json);
}

int
drive_read_bytes(json_t *json, const char *member, char **data, size_t *len,
                 struct drive_error *e)
{
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;
    json_t *coded = json_object_get(json, "base64");

    if (json_is_string(json))
        strbuf_add(&out, json_string_value(json), json_string_length(json));
    else if (!json_is_string(coded) || json_object_size(json) != 1 ||
             base64_decode(json_string_value(coded), json_string_length(coded), &out))
        return drive_wanted(e, member, "a string or {\"base64\": …}", json);
    *len = out.len;
    strbuf_char(&out, '\0');
    *data = strbuf_take(&out);
    return *data ? 0 : no_memory(e);
}

bool
drive_read_hex(const char *text, void *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char *out = data;
    size_t n = 0;

    for (; text && *text; text++) {
        const char *d = strchr(digits, *text | 0x20);

        if (*text == '-')
            continue;
        if (!d || n == 2 * len)
            return false;
        out[n / 2] = (unsigned char)(out[n / 2] << 4 | (d - digits));
        n++;
    }
    return n == 2 * len;
}

static int
read_hex(json_t *object, const char *member, const char *key, void *data, size_t len,
         struct drive_error *e)
{
    json_t *json = json_object_get(object, key);
    char name[MEMBER_MAX], what[60];

    if (!json || drive_read_hex(json_string_value(json), data, len))
        return 0;
    snprintf(name, sizeof(name), "%s.%s", member, key);
    snprintf(what, sizeof(what), "a string of %zu hexadecimal digits", 2 * len);
    return drive_wanted(e, name, what, json);
}

int
drive_read_errno(json_t *json)
{
    const char *text = json_string_value(json);

    if (json_is_integer(json))
        return (int)json_integer_value(json);
    for (int i = 1; text && i < 4096; i++) {
        const char *name = strerrorname_np(i);

        if (name && !strcmp(name, text))
            return i;
    }
    return -1;
}

/* ---- structures ------------------------------------------------------------------ */

static bool
is_in(const char *list, const char *word)
{
    size_t len = strlen(word);

    for (; len && (list = strstr(list, word)); list += len) {
        if (list[len] == ' ' || !list[len])
            return true;
    }
    return false;
}

/* The object's members that are fields; others are for `extra`, a list of names. */
static int
read_fields(json_t *json, const char *member, const struct drive_field *fields, void *base,
            const char *extra, struct drive_error *e)
{
    char name[MEMBER_MAX];
    const char *key;
    json_t *value;

    if (!json_is_object(json))
        return drive_wanted(e, member, "an object", json);
    json_object_foreach(json, key, value)
    {
        const struct drive_field *f = fields;
        int64_t i;

        snprintf(name, sizeof(name), "%s.%s", member, key);
        while (f->name && strcmp(f->name, key))
            f++;
        if (!f->name) {
            if (is_in(extra, key))
                continue;
            snprintf(e->text, sizeof(e->text), "%s: there is no such member", name);
            return -1;
        }
        if (read_number(value, name, &i, e))
            return -1;
        if (!drive_field_set(f, base, i))
            return drive_wanted(e, name, "a number that fits", value);
    }
    return 0;
}

static int
read_iatt(json_t *json, const char *member, struct iatt *a, struct drive_error *e)
{
    int64_t i;

    if (read_fields(json, member, drive_iatt_fields, a,
                    "st_mode ia_gfid st_atime_ns st_mtime_ns st_ctime_ns st_btime_ns", e) ||
        read_hex(json, member, "ia_gfid", a->ia_gfid, sizeof(a->ia_gfid), e))
        return -1;
    json_t *mode = json_object_get(json, "st_mode");

    if (mode) {
        if (read_number(mode, "st_mode", &i, e))
            return -1;
        a->ia_prot = ia_prot_from_st_mode((mode_t)i);
        a->ia_type = ia_type_from_st_mode((mode_t)i);
    }
    for (const struct drive_time *t = drive_iatt_times; t->name; t++) {
        json_t *time = json_object_get(json, t->name);

        if (!time)
            continue;
        if (read_number(time, t->name, &i, e))
            return -1;
        int64_t ns = ((i % 1000000000) + 1000000000) % 1000000000;

        *(int64_t *)((char *)a + t->seconds) = (i - ns) / 1000000000;
        *(uint32_t *)((char *)a + t->nanoseconds) = (uint32_t)ns;
    }
    return 0;
}

static int
read_flock(json_t *json, const char *member, struct gf_flock *lock, struct drive_error *e)
{
    json_t *owner = json_is_object(json) ? json_object_get(json, "l_owner") : NULL;
    size_t digits = json_string_length(owner);

    if (read_fields(json, member, drive_flock_fields, lock, "l_owner", e))
        return -1;
    if (digits > 2 * sizeof(lock->l_owner.data))
        return drive_wanted(e, member, "an l_owner of at most 1024 bytes", owner);
    lock->l_owner.len = (int)(digits / 2);
    return read_hex(json, member, "l_owner", lock->l_owner.data, digits / 2, e);
}

static int
read_lease(json_t *json, const char *member, struct gf_lease *l, struct drive_error *e)
{
    return read_fields(json, member, drive_lease_fields, l, "lease_id", e) ||
                   read_hex(json, member, "lease_id", l->lease_id, sizeof(l->lease_id), e)
               ? -1
               : 0;
}

/* ---- dicts ------------------------------------------------------------------------ */

static int
set_bytes(dict_t *d, const char *key, json_t *json, const char *member,
          struct drive_error *e)
{
    AUTO_FREE char *data = NULL;
    size_t len;

    if (drive_read_bytes(json, member, &data, &len, e))
        return -1;
    if (json_is_string(json) && strlen(data) == len)
        return dict_set_dynstr_with_alloc(d, (char *)key, data) ? no_memory(e) : 0;
    void *copy = gf_memdup(data, len ? len : 1);

    if (!copy || dict_set_bin(d, (char *)key, copy, len))
        return no_memory(e);
    return 0;
}

static int
set_value(dict_t *d, const char *key, json_t *json, const char *member,
          struct drive_error *e)
{
    if (json_is_integer(json))
        return dict_set_int64(d, (char *)key, json_integer_value(json)) ? no_memory(e) : 0;
    if (json_is_real(json))
        return dict_set_double(d, (char *)key, json_real_value(json)) ? no_memory(e) : 0;
    if (json_object_get(json, "gfid")) {
        unsigned char *id = gf_memdup((uuid_t){0}, sizeof(uuid_t));

        if (!id || dict_set_gfuuid(d, (char *)key, id, false))
            return no_memory(e);
        return read_hex(json, member, "gfid", id, sizeof(uuid_t), e);
    }
    if (json_object_get(json, "iatt")) {
        struct iatt *a = gf_memdup(&(struct iatt){0}, sizeof(*a));

        if (!a || dict_set_iatt(d, (char *)key, a, false))
            return no_memory(e);
        return read_iatt(json_object_get(json, "iatt"), member, a, e);
    }
    return set_bytes(d, key, json, member, e);
}

static int
read_dict(json_t *json, const char *member, dict_t **dict, struct drive_error *e)
{
    char name[MEMBER_MAX];
    const char *key;
    json_t *value;

    if (!json_is_object(json))
        return drive_wanted(e, member, "an object", json);
    dict_t *d = dict_new();

    if (!d)
        return no_memory(e);
    json_object_foreach(json, key, value)
    {
        snprintf(name, sizeof(name), "%s[\"%s\"]", member, key);
        if (set_value(d, key, value, name, e)) {
            dict_unref(d);
            return -1;
        }
    }
    *dict = d;
    return 0;
}

/* ---- lists ------------------------------------------------------------------------ */

static int
add_segment(json_t *json, const char *member, struct iovec *v, struct iobref *ref,
            const struct drive_finder *finder, struct drive_error *e)
{
    AUTO_FREE char *data = NULL;
    size_t len;

    if (drive_read_bytes(json, member, &data, &len, e))
        return -1;
    struct iobuf *buf = iobuf_get2(finder->pool, len ? len : 1);

    if (!buf)
        return no_memory(e);
    memcpy(iobuf_ptr(buf), data, len);
    *v = (struct iovec){iobuf_ptr(buf), len};
    int failed = iobref_add(ref, buf);

    iobuf_unref(buf);
    return failed ? no_memory(e) : 0;
}

static int
read_vector(json_t *json, const char *member, struct iovec **vector, int64_t *count,
            struct iobref **iobref, const struct drive_finder *finder, struct drive_error *e)
{
    bool many = json_is_array(json);

    *count = many ? (int64_t)json_array_size(json) : 1;
    *vector = calloc((size_t)*count + 1, sizeof(**vector));
    *iobref = iobref_new();
    if (!*vector || !*iobref)
        return no_memory(e);
    for (int64_t i = 0; i < *count; i++) {
        if (add_segment(many ? json_array_get(json, (size_t)i) : json, member, *vector + i,
                        *iobref, finder, e))
            return -1;
    }
    return 0;
}

static int
read_dirent(json_t *json, const char *member, gf_dirent_t *head,
            const struct drive_finder *finder, struct drive_error *e)
{
    static const struct drive_field numbers[] = {
        {"ino", offsetof(gf_dirent_t, d_ino), 8, false},
        {"off", offsetof(gf_dirent_t, d_off), 8, false},
        {"type", offsetof(gf_dirent_t, d_type), 4, false},
        {0},
    };
    json_t *stat = json_object_get(json, "stat"), *dict = json_object_get(json, "dict"),
           *inode = json_object_get(json, "inode");
    AUTO_FREE char *name = NULL;
    size_t len;

    if (drive_read_bytes(json_object_get(json, "name"), member, &name, &len, e))
        return -1;
    gf_dirent_t *entry = gf_dirent_for_name(name);

    if (!entry)
        return no_memory(e);
    list_add_tail(&entry->list, &head->list);
    if (read_fields(json, member, numbers, entry, "name stat dict inode", e) ||
        (json_is_object(stat) && read_iatt(stat, member, &entry->d_stat, e)) ||
        (json_is_object(dict) && read_dict(dict, member, &entry->dict, e)))
        return -1;
    if (json_is_object(inode) && finder->inode) {
        const struct drive_param p = {member, DRIVE_INODE};

        return finder->inode(finder->arg, &p, inode, &entry->inode, e);
    }
    return 0;
}

static int
read_lock(json_t *json, const char *member, lock_migration_info_t *head,
          struct drive_error *e)
{
    lock_migration_info_t *l = calloc(1, sizeof(*l));
    json_t *lock = json_object_get(json, "lock"), *uid = json_object_get(json, "client_uid");
    int64_t flags = 0;
    size_t len;

    if (!l)
        return no_memory(e);
    list_add_tail(&l->list, &head->list);
    if ((lock && read_flock(lock, member, &l->flock, e)) ||
        (json_object_get(json, "lk_flags") &&
         read_number(json_object_get(json, "lk_flags"), member, &flags, e)))
        return -1;
    l->lk_flags = (uint32_t)flags;
    return uid && !json_is_null(uid) ? drive_read_bytes(uid, member, &l->client_uid, &len, e)
                                     : 0;
}

/* ---- all -------------------------------------------------------------------------- */

/* Room for a structure that the value owns. */
static void *
room(union drive_value *v, size_t size)
{
    return v->p = calloc(1, size);
}

static int
read_list(const struct drive_param *p, json_t *json, union drive_value *v,
          const struct drive_finder *finder, struct drive_error *e)
{
    if (!json_is_array(json))
        return drive_wanted(e, p->name, "a list of objects", json);
    if (!room(v, p->kind == DRIVE_LOCKS ? sizeof(lock_migration_info_t) : sizeof(gf_dirent_t)))
        return no_memory(e);
    if (p->kind == DRIVE_LOCKS)
        INIT_LIST_HEAD(&((lock_migration_info_t *)v->p)->list);
    else
        INIT_LIST_HEAD(&((gf_dirent_t *)v->p)->list);
    for (size_t i = 0; i < json_array_size(json); i++) {
        json_t *item = json_array_get(json, i);
        int failed = p->kind == DRIVE_LOCKS ? read_lock(item, p->name, v->p, e)
                                            : read_dirent(item, p->name, v->p, finder, e);
        if (failed)
            return -1;
    }
    return 0;
}

static int
read_pointer(const struct drive_param *p, json_t *json, union drive_value *v,
             const struct drive_finder *finder, struct drive_error *e)
{
    size_t len;

    switch (p->kind) {
    case DRIVE_STR:
        return drive_read_bytes(json, p->name, (char **)&v->p, &len, e);
    case DRIVE_LOC:
        return room(v, sizeof(loc_t)) ? finder->loc(finder->arg, p, json, v->p, e) : no_memory(e);
    case DRIVE_FD:
        return finder->fd(finder->arg, p, json, (fd_t **)&v->p, e);
    case DRIVE_INODE:
        return finder->inode(finder->arg, p, json, (inode_t **)&v->p, e);
    case DRIVE_DICT:
        return read_dict(json, p->name, (dict_t **)&v->p, e);
    case DRIVE_IATT:
        return room(v, sizeof(struct iatt)) ? read_iatt(json, p->name, v->p, e) : no_memory(e);
    case DRIVE_FLOCK:
        return room(v, sizeof(struct gf_flock)) ? read_flock(json, p->name, v->p, e)
                                                : no_memory(e);
    case DRIVE_LEASE:
        return room(v, sizeof(struct gf_lease)) ? read_lease(json, p->name, v->p, e)
                                                : no_memory(e);
    case DRIVE_STATVFS:
        return room(v, sizeof(struct statvfs))
                   ? read_fields(json, p->name, drive_statvfs_fields, v->p, "", e)
                   : no_memory(e);
    case DRIVE_CHECKSUM:
        if (!room(v, DRIVE_CHECKSUM_SIZE))
            return no_memory(e);
        len = json_string_length(json) / 2;
        return len <= DRIVE_CHECKSUM_SIZE && drive_read_hex(json_string_value(json), v->p, len)
                   ? 0
                   : drive_wanted(e, p->name, "a string of 64 hexadecimal digits", json);
    default:
        return read_list(p, json, v, finder, e);
    }
}

static int
read_value(const struct drive_param *params, unsigned count, unsigned i, json_t *json,
           union drive_value *v, const struct drive_finder *finder, struct drive_error *e)
{
    const struct drive_param *p = params + i;
    static const int64_t least[] = {INT32_MIN, 0}, most[] = {INT32_MAX, UINT32_MAX};
    int iobref = drive_param_find(params, count, DRIVE_IOBREF);

    if (p->kind == DRIVE_VECTOR)
        return read_vector(json, p->name, (struct iovec **)&v[i].p, &v[i + 1].i,
                           (struct iobref **)&v[iobref].p, finder, e);
    if (p->kind >= DRIVE_STR)
        return read_pointer(p, json, v + i, finder, e);
    if (read_number(json, p->name, &v[i].i, e))
        return -1;
    if (p->kind <= DRIVE_UINT32 && (v[i].i < least[p->kind] || v[i].i > most[p->kind]))
        return drive_wanted(e, p->name, "a number of 32 bits", json);
    return 0;
}

/* Is each member a parameter? */
static int
check_members(const struct drive_param *params, unsigned count, json_t *object,
              struct drive_error *e)
{
    AUTO_STRBUF struct strbuf known = STRBUF_INIT;
    const char *key;
    json_t *value;

    for (unsigned i = 0; i < count; i++) {
        if (params[i].kind != DRIVE_COUNT && params[i].kind != DRIVE_IOBREF)
            strbuf_fmt(&known, "%s%s", known.len ? ", " : "", params[i].name);
    }
    json_object_foreach(object, key, value)
    {
        unsigned i = 0;

        while (i < count && (strcmp(params[i].name, key) || params[i].kind == DRIVE_COUNT ||
                             params[i].kind == DRIVE_IOBREF))
            i++;
        if (i == count) {
            snprintf(e->text, sizeof(e->text), "%s: there is no such member; known are: %s",
                     key, strbuf_text(&known));
            return -1;
        }
    }
    return 0;
}

int
drive_read(const struct drive_param *params, unsigned count, json_t *object,
           union drive_value *v, const struct drive_finder *finder, struct drive_error *e)
{
    memset(v, 0, count * sizeof(*v));
    if (object && !json_is_object(object))
        return drive_wanted(e, "args", "an object", object);
    if (check_members(params, count, object, e))
        return -1;
    for (unsigned i = 0; i < count; i++) {
        json_t *json = json_object_get(object, params[i].name);

        if (params[i].kind == DRIVE_COUNT || params[i].kind == DRIVE_IOBREF || !json ||
            json_is_null(json))
            continue;
        if (read_value(params, count, i, json, v, finder, e)) {
            drive_release(params, count, v);
            return -1;
        }
    }
    return 0;
}

static void
free_locks(lock_migration_info_t *head)
{
    lock_migration_info_t *l, *next;

    list_for_each_entry_safe(l, next, &head->list, list)
    {
        free(l->client_uid);
        free(l);
    }
    free(head);
}

static void
release(enum drive_kind kind, void *p)
{
    switch (kind) {
    case DRIVE_LOC:
        loc_wipe(p);
        free(p);
        break;
    case DRIVE_FD:
        fd_unref(p);
        break;
    case DRIVE_INODE:
        inode_unref(p);
        break;
    case DRIVE_DICT:
        dict_unref(p);
        break;
    case DRIVE_IOBREF:
        iobref_unref(p);
        break;
    case DRIVE_DIRENTS:
        gf_dirent_free(p);
        free(p);
        break;
    case DRIVE_LOCKS:
        free_locks(p);
        break;
    default:
        free(p);
    }
}

void
drive_release(const struct drive_param *params, unsigned count, union drive_value *v)
{
    for (unsigned i = 0; i < count; i++) {
        if (params[i].kind >= DRIVE_STR && v[i].p)
            release(params[i].kind, v[i].p);
        v[i].p = NULL;
    }
}
