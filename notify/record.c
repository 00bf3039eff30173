/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Records as bytes: see record.h, which has the format.
 */
#include "notify/record.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "notify/bytes.h"

bool
notify_is_op(unsigned op)
{
    return (op >= NOTIFY_CREATE && op < NOTIFY_OPS) ||
           (op >= NOTIFY_MISSED && op < NOTIFY_NOTES);
}

/* ---- writing ------------------------------------------------------------- */

static size_t
name_size(const struct notify_name *name)
{
    return sizeof(name->parent) + sizeof(uint16_t) + name->len;
}

static size_t
size_of(const struct notify_record *r)
{
    size_t size = NOTIFY_RECORD_MIN;

    if (r->flags & NOTIFY_HAS_NAME)
        size += name_size(&r->name);
    if (r->flags & NOTIFY_HAS_TO)
        size += name_size(&r->to);
    if (r->flags & NOTIFY_HAS_ACTOR)
        size += 3 * sizeof(uint32_t) + sizeof(uint64_t);
    if (r->flags & NOTIFY_HAS_RANGE)
        size += 2 * sizeof(uint64_t);
    if (r->flags & NOTIFY_HAS_DETAIL)
        size += 1 + r->detail_len;
    return size;
}

static void
put_name(struct writer *w, const struct notify_name *name)
{
    put_bytes(w, name->parent, sizeof(name->parent));
    put_u16(w, name->len);
    put_bytes(w, name->path, name->len);
}

ssize_t
notify_record_encode(const struct notify_record *r, void *buf, size_t room)
{
    if (!notify_is_op(r->op) || (r->flags & ~(unsigned)NOTIFY_FLAGS) ||
        r->name.len > NOTIFY_PATH_MAX || r->to.len > NOTIFY_PATH_MAX)
        return -EINVAL;
    size_t size = size_of(r);

    if (size > room)
        return -ENOSPC;
    struct writer w = {buf, (uint8_t *)buf + room};

    put_u16(&w, (uint16_t)size);
    put_u8(&w, (uint8_t)r->op);
    put_u8(&w, 0);
    put_u16(&w, (uint16_t)r->flags);
    put_u64(&w, r->seq);
    put_u64(&w, r->time);
    put_bytes(&w, r->gfid, sizeof(r->gfid));
    if (r->flags & NOTIFY_HAS_NAME)
        put_name(&w, &r->name);
    if (r->flags & NOTIFY_HAS_TO)
        put_name(&w, &r->to);
    if (r->flags & NOTIFY_HAS_ACTOR) {
        put_u32(&w, (uint32_t)r->pid);
        put_u32(&w, r->uid);
        put_u32(&w, r->gid);
        put_u64(&w, r->client);
    }
    if (r->flags & NOTIFY_HAS_RANGE) {
        put_u64(&w, r->offset);
        put_u64(&w, r->length);
    }
    if (r->flags & NOTIFY_HAS_DETAIL) {
        put_u8(&w, r->detail_len);
        put_bytes(&w, r->detail, r->detail_len);
    }
    return (ssize_t)size;
}

void
notify_record_number(void *buf, uint64_t seq)
{
    uint64_t le = htole64(seq);

    memcpy((char *)buf + 6, &le, sizeof(le));
}

/* ---- reading ------------------------------------------------------------- */

static void
get_name(struct reader *in, struct notify_name *name)
{
    get_copy(in, name->parent, sizeof(name->parent));
    name->len = get_u16(in);
    if (name->len > NOTIFY_PATH_MAX)
        in->failed = true;
    name->path = get_bytes(in, name->len);
}

ssize_t
notify_record_decode(const void *buf, size_t len, struct notify_record *r)
{
    struct reader in = {buf, (const uint8_t *)buf + len, false};
    uint16_t length = get_u16(&in);

    if (length < NOTIFY_RECORD_MIN || length > len)
        return -EBADMSG;
    in.end = (const uint8_t *)buf + length;
    *r = (struct notify_record){.op = get_u8(&in)};
    uint8_t zero = get_u8(&in);

    r->flags = get_u16(&in);
    r->seq = get_u64(&in);
    r->time = get_u64(&in);
    get_copy(&in, r->gfid, sizeof(r->gfid));
    if (r->flags & NOTIFY_HAS_NAME)
        get_name(&in, &r->name);
    if (r->flags & NOTIFY_HAS_TO)
        get_name(&in, &r->to);
    if (r->flags & NOTIFY_HAS_ACTOR) {
        r->pid = (int32_t)get_u32(&in);
        r->uid = get_u32(&in);
        r->gid = get_u32(&in);
        r->client = get_u64(&in);
    }
    if (r->flags & NOTIFY_HAS_RANGE) {
        r->offset = get_u64(&in);
        r->length = get_u64(&in);
    }
    if (r->flags & NOTIFY_HAS_DETAIL) {
        r->detail_len = get_u8(&in);
        r->detail = get_bytes(&in, r->detail_len);
    }
    /* nothing left over: an unknown flag would have had a part that is not known */
    if (in.failed || in.at != in.end || zero || !notify_is_op(r->op) ||
        (r->flags & ~(unsigned)NOTIFY_FLAGS))
        return -EBADMSG;
    return length;
}

struct notify_name
notify_name_base(const struct notify_name *name)
{
    struct notify_name base = *name;
    const char *slash = name->len ? memrchr(name->path, '/', name->len) : NULL;

    if (slash) {
        base.path = slash + 1;
        base.len = (uint16_t)(name->len - (base.path - name->path));
    }
    return base;
}

const char *
notify_op_name(enum notify_op op)
{
    static const char *const names[] = {
        [NOTIFY_CREATE] = "create", [NOTIFY_MKNOD] = "mknod",
        [NOTIFY_MKDIR] = "mkdir", [NOTIFY_SYMLINK] = "symlink",
        [NOTIFY_LINK] = "link", [NOTIFY_UNLINK] = "unlink",
        [NOTIFY_RMDIR] = "rmdir", [NOTIFY_RENAME] = "rename",
        [NOTIFY_WRITE] = "write", [NOTIFY_TRUNCATE] = "truncate",
        [NOTIFY_FALLOCATE] = "fallocate", [NOTIFY_DISCARD] = "discard",
        [NOTIFY_ZEROFILL] = "zerofill", [NOTIFY_SETATTR] = "setattr",
        [NOTIFY_SETXATTR] = "setxattr", [NOTIFY_REMOVEXATTR] = "removexattr",
        [NOTIFY_OPEN] = "open", [NOTIFY_CLOSE] = "close", [NOTIFY_READ] = "read",
        [NOTIFY_MISSED] = "missed", [NOTIFY_START] = "start", [NOTIFY_STOP] = "stop",
        [NOTIFY_GAP] = "gap", [NOTIFY_CLIENT] = "client",
    };

    return notify_is_op(op) ? names[op] : "?";
}
