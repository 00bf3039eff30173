/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Numbers and byte strings in a row, little-endian. Who writes has asked for the room
 * before; who reads may be lied to: after the end all is 0, and failed says so.
 */
#ifndef NOTIFY_BYTES_H
#define NOTIFY_BYTES_H

#include <assert.h>
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct writer {
    uint8_t *at;
    const uint8_t *end;
};

static inline void
put_bytes(struct writer *w, const void *data, size_t len)
{
    assert(len <= (size_t)(w->end - w->at));
    if (len)
        memcpy(w->at, data, len);
    w->at += len;
}

struct reader {
    const uint8_t *at, *end;
    bool failed;
};

/* len bytes where they are, or NULL. */
static inline const void *
get_bytes(struct reader *r, size_t len)
{
    const uint8_t *here = r->at;

    if (r->failed || len > (size_t)(r->end - r->at)) {
        r->failed = true;
        return NULL;
    }
    r->at += len;
    return here;
}

static inline void
get_copy(struct reader *r, void *to, size_t len)
{
    const void *from = get_bytes(r, len);

    if (from)
        memcpy(to, from, len);
    else
        memset(to, 0, len);
}

#define NOTIFY_NUMBER(name, type, to_le, from_le)                              \
    static inline void put_##name(struct writer *w, type value)                \
    {                                                                          \
        type le = to_le(value);                                                \
        put_bytes(w, &le, sizeof(le));                                         \
    }                                                                          \
    static inline type get_##name(struct reader *r)                            \
    {                                                                          \
        type le;                                                               \
        get_copy(r, &le, sizeof(le));                                          \
        return from_le(le);                                                    \
    }

NOTIFY_NUMBER(u8, uint8_t, , )
NOTIFY_NUMBER(u16, uint16_t, htole16, le16toh)
NOTIFY_NUMBER(u32, uint32_t, htole32, le32toh)
NOTIFY_NUMBER(u64, uint64_t, htole64, le64toh)

#endif
