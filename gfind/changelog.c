/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Reads features/changelog's files; see changelog.h. A record is
 *
 *     D GFID 0                     M GFID 0 OP 0
 *     E GFID 0 OP 0 [MODE 0 UID 0 GID 0] PARENT/NAME 0 [PARENT/NAME 0 | PATH 0]
 *
 * without the blanks: MODE to GID of what is made with a mode, the last one of RENAME, and of what is
 * removed (an empty path has two NULs). Numbers and gfids are text, or binary: as the machine has
 * them, which is then this one.
 */
#include "gfind/changelog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { GFID = 16, UUID = 36, NUMBER_MAX = 10, NAME_LENGTH = 255, PATH_LENGTH = 4096, HEADER = 128 };

/* What is left to be read; error: why nothing more is. */
struct cursor {
    const char *at, *end;
    bool binary;
    int error;
};

static bool
has(struct cursor *c, size_t len)
{
    if (!c->error && (size_t)(c->end - c->at) < len)
        c->error = -ENODATA;
    return !c->error;
}

static void
wrong(struct cursor *c)
{
    if (!c->error)
        c->error = -EBADMSG;
}

static void
nul(struct cursor *c)
{
    if (has(c, 1) && *c->at++)
        wrong(c);
}

static int
digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
uuid(struct cursor *c, uint8_t out[GFID])
{
    const char *at = c->at;

    for (int i = 0; i < GFID && !c->error; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && *at++ != '-')
            return wrong(c);
        int high = digit(at[0]), low = digit(at[1]);

        if (high < 0 || low < 0)
            return wrong(c);
        out[i] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    c->at = at;
}

static void
gfid(struct cursor *c, uint8_t out[GFID])
{
    if (!c->binary) {
        if (has(c, UUID))
            uuid(c, out);
        return;
    }
    if (!has(c, GFID))
        return;
    memcpy(out, c->at, GFID);
    c->at += GFID;
}

/* And the NUL behind it. */
static unsigned
number(struct cursor *c)
{
    uint32_t value = 0;

    if (c->binary) {
        if (!has(c, sizeof(value)))
            return 0;
        memcpy(&value, c->at, sizeof(value));
        c->at += sizeof(value);
        nul(c);
        return value;
    }
    int digits = 0;

    for (; has(c, 1) && *c->at >= '0' && *c->at <= '9'; c->at++) {
        if (++digits > NUMBER_MAX)
            wrong(c);
        value = value * 10 + (uint32_t)(*c->at - '0');
    }
    if (!digits)
        wrong(c);
    nul(c);
    return value;
}

/* A text of up to max bytes, and its NUL. */
static const char *
text(struct cursor *c, size_t max)
{
    const char *begin = c->at;
    size_t len = c->error ? 0 : strnlen(begin, (size_t)(c->end - begin));

    if (len > max)
        wrong(c);
    if (c->error || !has(c, len + 1))
        return "";
    c->at += len + 1;
    return begin;
}

static void
name(struct cursor *c, struct changelog_name *out)
{
    gfid(c, out->parent);
    if (has(c, 1) && *c->at++ != '/')
        wrong(c);
    out->name = text(c, NAME_LENGTH);
    if (!*out->name || strchr(out->name, '/'))
        wrong(c);
}

static void
names(struct cursor *c, const struct changelog_format *format, struct changelog_record *r)
{
    switch (r->op) {
    case CHANGELOG_CREATE:
    case CHANGELOG_MKNOD:
    case CHANGELOG_MKDIR:
        for (int i = 0; i < 3; i++)
            number(c);
        return name(c, &r->name);
    case CHANGELOG_UNLINK:
    case CHANGELOG_RMDIR:
        name(c, &r->name);
        if (format->del_path && !*text(c, PATH_LENGTH))
            nul(c);
        return;
    case CHANGELOG_RENAME:
        name(c, &r->name);
        return name(c, &r->to);
    case CHANGELOG_SYMLINK:
    case CHANGELOG_LINK:
        return name(c, &r->name);
    default:
        wrong(c);
    }
}

ssize_t
changelog_header(const char *bytes, size_t len, struct changelog_format *format)
{
    const char *end = memchr(bytes, '\n', len < HEADER ? len : HEADER);
    char line[HEADER + 1];
    int major, minor, encoding, read = 0;

    if (!end)
        return -EBADMSG;
    memcpy(line, bytes, (size_t)(end - bytes));
    line[end - bytes] = '\0';
    if (sscanf(line, "GlusterFS Changelog | version: v%3d.%3d | encoding : %3d%n", &major, &minor,
               &encoding, &read) != 3 || line[read])
        return -EBADMSG;
    if (major != 1 || minor < 1 || minor > 2 || encoding < 1 || encoding > 2)
        return -EPROTONOSUPPORT;
    *format = (struct changelog_format){.binary = encoding == 1, .del_path = minor > 1};
    return end + 1 - bytes;
}

ssize_t
changelog_record(const struct changelog_format *format, const char *bytes, size_t len,
                 struct changelog_record *r)
{
    struct cursor c = {.at = bytes, .end = bytes + len, .binary = format->binary};

    *r = (struct changelog_record){0};
    if (!has(&c, 1))
        return -ENODATA;
    r->type = *c.at++;
    if (!strchr("DME", r->type) || !r->type)
        return -EBADMSG;
    gfid(&c, r->gfid);
    nul(&c);
    if (r->type != 'D')
        r->op = number(&c);
    if (r->type == 'E' && !c.error)
        names(&c, format, r);
    return c.error ? c.error : c.at - bytes;
}
