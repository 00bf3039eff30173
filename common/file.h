/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Whole files: read one, replace one so that nobody ever sees half of it, and
 * tell whether a file may be trusted by a program that runs as root.
 */
#ifndef VOLEXT_FILE_H
#define VOLEXT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "strbuf.h"

enum { DIGEST_HEX = 65 }; /* SHA-256 in hex, with the NUL */

/* Appends the whole file to out. -EFBIG when it is larger than limit bytes,
 * -EINVAL when it is not a regular file, else 0 or -errno. */
int
file_read(const char *path, size_t limit, struct strbuf *out);

/* Writes a new file beside path (an unpredictable name, same folder), and
 * renames it over path. An old file's mode and owner are kept; a new one gets
 * mode and the caller's owner. 0 or -errno; on an error path is untouched and
 * the new file is removed. Does not fsync: like glusterd's own writes. */
int
file_replace(const char *path, const void *data, size_t len, mode_t mode);

/* True when only root can have written it: a regular file owned by root, not
 * writable by group or others, and the same for its folder. Otherwise *why is
 * set to a static text that says what is wrong. */
bool
file_is_trusted(const char *path, const char **why);

/* mkdir -p for the last `levels` components of path, 0700, owned by the caller. */
int
file_make_dirs(const char *path, int levels);

/* Removes a folder and the files in it, but no folders below it. What cannot be removed
 * stays. */
void
file_remove_folder(const char *path);

/* SHA-256 of bytes, as lower-case hex. */
void
digest_bytes(const void *data, size_t len, char hex[DIGEST_HEX]);

#endif
