/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Events as they are in the program's buffer.
 */
#include "libgnotify/api.h"

/* The name is the end of the path, and needs no bytes of its own. */
static bool
name_in_path(const struct pack_parts *p)
{
    return p->path && p->name && p->name_len <= p->path_len &&
           p->name == p->path + (p->path_len - p->name_len);
}

size_t
pack_size(const struct pack_parts *p)
{
    size_t size = sizeof(struct gnotify_event);

    size += p->path ? p->path_len + 2 : 0; /* the root's "" becomes "/" */
    size += p->name && !name_in_path(p) ? p->name_len + 1 : 0;
    size += p->client ? p->client_len + 1 : 0;
    size += p->detail ? p->detail_len + 1 : 0;
    return (size + 7) & ~(size_t)7;
}

static const char *
put(char **at, const char *text, size_t len)
{
    char *here = *at;

    if (!text)
        return NULL;
    memcpy(here, text, len);
    here[len] = '\0';
    *at += len + 1;
    return here;
}

void
pack_write(const struct pack_parts *p, void *buf)
{
    struct gnotify_event *e = buf;
    char *at = (char *)(e + 1);
    bool shared = name_in_path(p);

    *e = p->event;
    e->size = (uint32_t)pack_size(p);
    e->path = p->path && !p->path_len ? put(&at, "/", 1) : put(&at, p->path, p->path_len);
    e->name = shared ? e->path + (p->path_len - p->name_len) : put(&at, p->name, p->name_len);
    e->client = put(&at, p->client, p->client_len);
    e->detail = put(&at, p->detail, p->detail_len);
    memset(at, 0, (size_t)((char *)buf + e->size - at));
}

static void
shift(const char **string, const void *from, void *to)
{
    if (*string)
        *string = (char *)to + (*string - (const char *)from);
}

void
pack_copy(const struct gnotify_event *event, void *buf)
{
    struct gnotify_event *e = buf;

    memcpy(e, event, event->size);
    shift(&e->name, event, e);
    shift(&e->path, event, e);
    shift(&e->client, event, e);
    shift(&e->detail, event, e);
}
