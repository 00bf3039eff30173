/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Fuzz target: any bytes as a file of features/changelog, in both encodings and versions, whatever
 * their header says.
 */
#include <string.h>

#include "common/must.h"
#include "gfind/changelog.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
read_all(const struct changelog_format *format, const char *at, size_t len)
{
    struct changelog_record r;
    ssize_t n;

    for (; (n = changelog_record(format, at, len, &r)) > 0; at += n, len -= (size_t)n) {
        MUST((size_t)n <= len);
        if (r.type != 'E')
            continue;
        MUST(r.name.name > at && r.name.name + strlen(r.name.name) < at + n);
        if (r.op == CHANGELOG_RENAME)
            MUST(r.to.name > r.name.name && r.to.name + strlen(r.to.name) < at + n);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *bytes = (const char *)data;
    struct changelog_format format;
    ssize_t head = changelog_header(bytes, len, &format);

    if (head > 0) {
        MUST((size_t)head <= len);
        read_all(&format, bytes + head, len - (size_t)head);
    }
    for (int i = 0; i < 4; i++) {
        format = (struct changelog_format){.binary = i & 1, .del_path = i & 2};
        read_all(&format, bytes, len);
    }
    return 0;
}
