/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Records in batches as bytes: see pack.h, which has the format.
 */
#include "notify/pack.h"

#include <errno.h>

/* Of a record: all parts but its texts. */
enum { PARTS_MAX = 128, NUMBER_MAX = 10 };

/* ---- numbers ------------------------------------------------------------- */

static void
put_number(struct writer *w, uint64_t n)
{
    for (; n >= 0x80; n >>= 7)
        put_u8(w, (uint8_t)(n | 0x80));
    put_u8(w, (uint8_t)n);
}

static uint64_t
get_number(struct reader *in)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < NUMBER_MAX && in->at < in->end; i++) {
        uint8_t byte = *in->at++;

        if (i == NUMBER_MAX - 1 && byte > 1)
            break;
        n |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (!(byte & 0x80))
            return n;
    }
    in->failed = true;
    in->at = in->end;
    return 0;
}

static uint64_t
get_number_up_to(struct reader *in, uint64_t max)
{
    uint64_t n = get_number(in);

    if (n <= max)
        return n;
    in->failed = true;
    return 0;
}

static uint64_t
of_signed(uint64_t n)
{
    return n << 1 ^ (n >> 63 ? UINT64_MAX : 0);
}

static uint64_t
to_signed(uint64_t n)
{
    return n >> 1 ^ (n & 1 ? UINT64_MAX : 0);
}

/* ---- writing ------------------------------------------------------------- */

void
notify_pack_begin(struct packer *p, uint64_t written, void *buf, size_t room)
{
    *p = (struct packer){.to = {buf, (uint8_t *)buf + room}, .before = {.time = written}};
}

static bool
same_actor(const struct before *b, const struct notify_record *r)
{
    return b->pid == r->pid && b->uid == r->uid && b->gid == r->gid && b->client == r->client;
}

static unsigned
same_of(const struct before *b, const struct notify_record *r)
{
    const struct notify_name *last = r->flags & NOTIFY_HAS_NAME ? &r->name : &b->name;
    unsigned same = r->time ? 0 : SAME_NO_TIME;

    if (!memcmp(b->gfid, r->gfid, sizeof(r->gfid)))
        same |= SAME_GFID;
    if ((r->flags & NOTIFY_HAS_NAME) && !memcmp(b->name.parent, r->name.parent, sizeof(r->name.parent)))
        same |= SAME_PARENT;
    if ((r->flags & NOTIFY_HAS_TO) && !memcmp(last->parent, r->to.parent, sizeof(r->to.parent)))
        same |= SAME_TO_PARENT;
    if ((r->flags & NOTIFY_HAS_ACTOR) && same_actor(b, r))
        same |= SAME_ACTOR;
    else if ((r->flags & NOTIFY_HAS_ACTOR) && b->client == r->client)
        same |= SAME_CLIENT;
    return same;
}

static void
pack_name(struct packer *p, const struct notify_name *name, bool same_parent)
{
    const struct notify_name *last = &p->before.name;
    unsigned shared = 0;

    if (!same_parent)
        put_bytes(&p->to, name->parent, sizeof(name->parent));
    while (shared < name->len && shared < last->len && name->path[shared] == last->path[shared])
        shared++;
    put_number(&p->to, shared);
    put_number(&p->to, name->len - shared);
    if (name->len > shared)
        put_bytes(&p->to, name->path + shared, name->len - shared);
    p->before.name = *name;
}

static void
pack_actor(struct packer *p, const struct notify_record *r, unsigned same)
{
    struct before *b = &p->before;

    if (same & SAME_ACTOR)
        return;
    put_number(&p->to, of_signed((uint64_t)(int64_t)r->pid));
    put_number(&p->to, r->uid);
    put_number(&p->to, r->gid);
    if (!(same & SAME_CLIENT))
        put_u64(&p->to, r->client);
    b->pid = r->pid;
    b->uid = r->uid;
    b->gid = r->gid;
    b->client = r->client;
}

int
notify_pack_add(struct packer *p, const struct notify_record *r)
{
    struct writer *w = &p->to;
    struct before *b = &p->before;

    if ((size_t)(w->end - w->at) < (size_t)PARTS_MAX + r->name.len + r->to.len + r->detail_len)
        return -ENOSPC;
    unsigned same = same_of(b, r);

    put_u8(w, (uint8_t)r->op);
    put_number(w, r->flags);
    put_u8(w, (uint8_t)same);
    if (r->time) {
        put_number(w, of_signed(r->time - b->time));
        b->time = r->time;
    }
    if (!(same & SAME_GFID))
        put_bytes(w, r->gfid, sizeof(r->gfid));
    memcpy(b->gfid, r->gfid, sizeof(b->gfid));
    if (r->flags & NOTIFY_HAS_NAME)
        pack_name(p, &r->name, same & SAME_PARENT);
    if (r->flags & NOTIFY_HAS_TO)
        pack_name(p, &r->to, same & SAME_TO_PARENT);
    if (r->flags & NOTIFY_HAS_ACTOR)
        pack_actor(p, r, same);
    if (r->flags & NOTIFY_HAS_RANGE) {
        put_number(w, r->offset);
        put_number(w, r->length);
    }
    if (r->flags & NOTIFY_HAS_DETAIL) {
        put_u8(w, r->detail_len);
        put_bytes(w, r->detail, r->detail_len);
    }
    return 0;
}

/* ---- reading ------------------------------------------------------------- */

void
notify_unpack_begin(struct unpacker *u, uint64_t written, uint64_t first, const void *bytes, size_t len)
{
    u->in = (struct reader){bytes, (const uint8_t *)bytes + len, false};
    u->before = (struct before){.time = written};
    u->seq = first;
    u->current = 0;
}

/* To paths[to], which may be the one that the last name is in. */
static void
unpack_name(struct unpacker *u, struct notify_name *name, bool same_parent, unsigned to)
{
    struct notify_name *last = &u->before.name;

    if (same_parent)
        memcpy(name->parent, last->parent, sizeof(name->parent));
    else
        get_copy(&u->in, name->parent, sizeof(name->parent));
    uint64_t shared = get_number_up_to(&u->in, last->len);
    uint64_t more = get_number_up_to(&u->in, NOTIFY_PATH_MAX - shared);
    const void *bytes = get_bytes(&u->in, more);

    if (to != u->current)
        memcpy(u->paths[to], u->paths[u->current], shared);
    if (bytes)
        memcpy(u->paths[to] + shared, bytes, more);
    name->path = u->paths[to];
    name->len = (uint16_t)(shared + more);
    u->current = to;
    *last = *name;
}

static void
unpack_actor(struct unpacker *u, struct notify_record *r, unsigned same)
{
    struct before *b = &u->before;

    if (!(same & SAME_ACTOR)) {
        int64_t pid = (int64_t)to_signed(get_number(&u->in));

        b->pid = (int32_t)pid;
        if (b->pid != pid)
            u->in.failed = true;
        b->uid = (uint32_t)get_number_up_to(&u->in, UINT32_MAX);
        b->gid = (uint32_t)get_number_up_to(&u->in, UINT32_MAX);
        if (!(same & SAME_CLIENT))
            b->client = get_u64(&u->in);
    }
    r->pid = b->pid;
    r->uid = b->uid;
    r->gid = b->gid;
    r->client = b->client;
}

static void
unpack_parts(struct unpacker *u, struct notify_record *r, unsigned same)
{
    struct before *b = &u->before;

    if (!(same & SAME_NO_TIME))
        r->time = b->time += to_signed(get_number(&u->in));
    if (!(same & SAME_GFID))
        get_copy(&u->in, b->gfid, sizeof(b->gfid));
    memcpy(r->gfid, b->gfid, sizeof(r->gfid));
    if (r->flags & NOTIFY_HAS_NAME)
        unpack_name(u, &r->name, same & SAME_PARENT, u->current);
    if (r->flags & NOTIFY_HAS_TO)
        unpack_name(u, &r->to, same & SAME_TO_PARENT, !u->current);
    if (r->flags & NOTIFY_HAS_ACTOR)
        unpack_actor(u, r, same);
    if (r->flags & NOTIFY_HAS_RANGE) {
        r->offset = get_number(&u->in);
        r->length = get_number(&u->in);
    }
    if (r->flags & NOTIFY_HAS_DETAIL) {
        r->detail_len = get_u8(&u->in);
        r->detail = get_bytes(&u->in, r->detail_len);
    }
}

int
notify_unpack_next(struct unpacker *u, struct notify_record *r)
{
    if (u->in.at == u->in.end && !u->in.failed)
        return 0;
    *r = (struct notify_record){.op = get_u8(&u->in), .seq = u->seq++};
    r->flags = (unsigned)get_number_up_to(&u->in, NOTIFY_FLAGS);
    unsigned same = get_u8(&u->in);

    if (!notify_is_op(r->op) || same & ~(unsigned)SAME_BITS)
        u->in.failed = true;
    if (!u->in.failed)
        unpack_parts(u, r, same);
    return u->in.failed ? -EBADMSG : 1;
}
