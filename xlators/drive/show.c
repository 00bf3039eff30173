/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * A fop's values as JSON.
 */
#include "xlators/drive/json.h"

#include <glusterfs/compat-uuid.h>
#include <glusterfs/gf-dirent.h>

#include "common/base64.h"

/* jansson's setters take NULL for a failure, and free what they are given then; so a row
 * of them is checked by nobody: what is out of memory lacks in the line. */

static json_t *
base64(const void *data, size_t len)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;

    base64_encode(data, len, &text);
    return strbuf_failed(&text) ? NULL : json_pack("{s:s}", "base64", strbuf_text(&text));
}

/* Text where the bytes are UTF-8, else base64. */
static json_t *
bytes(const void *data, size_t len)
{
    json_t *text = json_stringn(data, len);

    return text ? text : base64(data, len);
}

static json_t *
string(const char *s)
{
    return s ? bytes(s, strlen(s)) : json_null();
}

static json_t *
hex(const void *data, size_t len)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;

    for (size_t i = 0; i < len; i++)
        strbuf_fmt(&text, "%02x", ((const unsigned char *)data)[i]);
    return json_string(strbuf_text(&text));
}

static json_t *
gfid(const uuid_t id)
{
    char text[GF_UUID_BUF_SIZE];

    gf_uuid_unparse(id, text);
    return json_string(text);
}

/* Numbers that JSON's readers would take for negative are text. */
static json_t *
number(int64_t i, bool is_signed)
{
    char text[24];

    if (is_signed || i >= 0)
        return json_integer(i);
    snprintf(text, sizeof(text), "%llu", (unsigned long long)i);
    return json_string(text);
}

static json_t *
fields(const struct drive_field *f, const void *base)
{
    json_t *o = json_object();

    for (; f->name; f++)
        json_object_set_new(o, f->name, number(drive_field_get(f, base), f->is_signed));
    return o;
}

static json_t *
iatt(const struct iatt *a)
{
    json_t *o = fields(drive_iatt_fields, a);

    json_object_set_new(o, "st_mode", json_integer(st_mode_from_ia(a->ia_prot, a->ia_type)));
    json_object_set_new(o, "ia_gfid", gfid(a->ia_gfid));
    for (const struct drive_time *t = drive_iatt_times; t->name; t++) {
        int64_t s = *(const int64_t *)((const char *)a + t->seconds);
        uint32_t ns = *(const uint32_t *)((const char *)a + t->nanoseconds);

        json_object_set_new(o, t->name, json_integer(s * 1000000000 + ns));
    }
    return o;
}

static json_t *
flock_(const struct gf_flock *lock)
{
    json_t *o = fields(drive_flock_fields, lock);

    json_object_set_new(o, "l_owner", hex(lock->l_owner.data, (size_t)lock->l_owner.len));
    return o;
}

static json_t *
lease(const struct gf_lease *l)
{
    json_t *o = fields(drive_lease_fields, l);

    json_object_set_new(o, "lease_id", hex(l->lease_id, sizeof(l->lease_id)));
    return o;
}

static json_t *
data_value(const data_t *d)
{
    size_t len = d->len;
    bool text = len && !d->data[len - 1] && strlen(d->data) == len - 1;

    switch (d->data_type) {
    case GF_DATA_TYPE_INT:
    case GF_DATA_TYPE_UINT:
        return text ? number(strtoll(d->data, NULL, 0), true) : base64(d->data, len);
    case GF_DATA_TYPE_DOUBLE:
        return text ? json_real(strtod(d->data, NULL)) : base64(d->data, len);
    case GF_DATA_TYPE_GFUUID:
        return json_pack("{s:o}", "gfid", gfid((unsigned char *)d->data));
    case GF_DATA_TYPE_IATT:
        return json_pack("{s:o}", "iatt", iatt((struct iatt *)d->data));
    case GF_DATA_TYPE_STR:
    case GF_DATA_TYPE_STR_OLD:
        if (text)
            return bytes(d->data, len - 1);
        /* fall through */
    default:
        return base64(d->data, len);
    }
}

static int
show_pair(dict_t *dict, char *key, data_t *value, void *arg)
{
    (void)dict;
    json_object_set_new(arg, key, data_value(value));
    return 0;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted: the order in a dict says nothing. */
static json_t *
dict(dict_t *d)
{
    json_t *o = json_object(), *sorted = json_object(), *value;
    const char *key;
    size_t n = 0;

    dict_foreach(d, show_pair, o);
    AUTO_FREE const char **keys = calloc(json_object_size(o) + 1, sizeof(*keys));

    if (keys) {
        json_object_foreach(o, key, value)
            keys[n++] = key;
        qsort(keys, n, sizeof(*keys), by_name);
        for (size_t i = 0; i < n; i++)
            json_object_set(sorted, keys[i], json_object_get(o, keys[i]));
    }
    json_decref(o);
    return sorted;
}

static json_t *
inode(inode_t *i, const struct drive_names *names)
{
    const char *name = names && names->inode ? names->inode(names->arg, i) : NULL;
    json_t *o = json_pack("{s:o, s:i}", "gfid", gfid(i->gfid), "ia_type", i->ia_type);

    if (name)
        json_object_set_new(o, "of", json_string(name));
    return o;
}

static json_t *
fd(fd_t *f, const struct drive_names *names)
{
    const char *name = names && names->fd ? names->fd(names->arg, f) : NULL;

    if (name)
        return json_string(name);
    if (f->anonymous)
        return json_pack("{s:{s:o}, s:i}", "anonymous", "gfid", gfid(f->inode->gfid), "flags",
                         f->flags);
    return json_pack("{s:o, s:i}", "gfid", gfid(f->inode->gfid), "flags", f->flags);
}

static json_t *
loc(const loc_t *l)
{
    json_t *o = json_object();

    json_object_set_new(o, "path", string(l->path));
    json_object_set_new(o, "name", string(l->name));
    json_object_set_new(o, "gfid", gfid(l->gfid));
    json_object_set_new(o, "pargfid", gfid(l->pargfid));
    return o;
}

static json_t *
dirents(gf_dirent_t *head, const struct drive_names *names)
{
    json_t *list = json_array();
    gf_dirent_t *e;

    list_for_each_entry(e, &head->list, list)
    {
        json_t *o = json_object();

        json_object_set_new(o, "name", string(e->d_name));
        json_object_set_new(o, "ino", number((int64_t)e->d_ino, false));
        json_object_set_new(o, "off", number((int64_t)e->d_off, false));
        json_object_set_new(o, "type", json_integer(e->d_type));
        json_object_set_new(o, "stat", iatt(&e->d_stat));
        json_object_set_new(o, "inode", e->inode ? inode(e->inode, names) : json_null());
        json_object_set_new(o, "dict", e->dict ? dict(e->dict) : json_null());
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *
locks(lock_migration_info_t *head)
{
    json_t *list = json_array();
    lock_migration_info_t *l;

    list_for_each_entry(l, &head->list, list)
    {
        json_array_append_new(list, json_pack("{s:o, s:o, s:I}", "client_uid",
                                              string(l->client_uid), "lock",
                                              flock_(&l->flock), "lk_flags",
                                              (json_int_t)l->lk_flags));
    }
    return list;
}

/* One segment is a string, several are a list of strings. */
static json_t *
vector(const struct iovec *v, int64_t count)
{
    if (count == 1)
        return bytes(v->iov_base, v->iov_len);
    json_t *list = json_array();

    for (int64_t i = 0; i < count; i++)
        json_array_append_new(list, bytes(v[i].iov_base, v[i].iov_len));
    return list;
}

/* SHA-256 where the answer's xdata says so, else MD5: only half of the size is there */
static json_t *
checksum(const void *p, dict_t *xdata)
{
    bool sha = xdata && dict_get(xdata, "fips-mode-rchecksum");

    return hex(p, sha ? DRIVE_CHECKSUM_SIZE : DRIVE_CHECKSUM_SIZE / 2);
}

static json_t *
pointer(enum drive_kind kind, void *p, union drive_value next, const struct drive_names *names)
{
    switch (kind) {
    case DRIVE_STR:
        return string(p);
    case DRIVE_LOC:
        return loc(p);
    case DRIVE_FD:
        return fd(p, names);
    case DRIVE_INODE:
        return inode(p, names);
    case DRIVE_DICT:
        return dict(p);
    case DRIVE_IATT:
        return iatt(p);
    case DRIVE_FLOCK:
        return flock_(p);
    case DRIVE_VECTOR:
        return vector(p, next.i);
    case DRIVE_LEASE:
        return lease(p);
    case DRIVE_DIRENTS:
        return dirents(p, names);
    case DRIVE_STATVFS:
        return fields(drive_statvfs_fields, p);
    case DRIVE_CHECKSUM:
        return checksum(p, next.p);
    case DRIVE_LOCKS:
        return locks(p);
    default:
        return NULL;
    }
}

json_t *
drive_show(const struct drive_param *params, unsigned count, const union drive_value *v,
           const struct drive_names *names)
{
    json_t *o = json_object();

    for (unsigned i = 0; i < count; i++) {
        enum drive_kind kind = params[i].kind;
        union drive_value next = i + 1 < count ? v[i + 1] : (union drive_value){0};

        if (kind == DRIVE_COUNT || kind == DRIVE_IOBREF)
            continue;
        json_object_set_new(o, params[i].name,
                            kind < DRIVE_STR ? number(v[i].i, kind != DRIVE_UINT64)
                            : !v[i].p        ? json_null()
                                             : pointer(kind, v[i].p, next, names));
    }
    return o;
}

json_t *
drive_show_errno(int error)
{
    const char *name = error > 0 ? strerrorname_np(error) : NULL;

    return name ? json_string(name) : json_integer(error);
}
