/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The serialized dict in glusterd's requests and replies: a count, then for each
 * pair the lengths of key and value (big-endian, 32 bits), the key with a NUL, the
 * value. Nothing that comes from outside is believed: every length is checked.
 */
#ifndef VOLEXT_CLI_DICT_H
#define VOLEXT_CLI_DICT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/strbuf.h"

/* ---- a request ---------------------------------------------------------- */

struct request {
    struct strbuf bytes; /* without the count */
    uint32_t count;
};

#define REQUEST_INIT {STRBUF_INIT, 0}
#define AUTO_REQUEST AUTO(request_free)

/* Adds a pair; copies both. Running out of memory is told by request_encode. Keys
 * are not compared: the caller does not add one twice. */
void
request_put(struct request *r, const char *key, const char *value);
void
request_num(struct request *r, const char *key, int64_t value);
/* The whole dict. 0 or -ENOMEM. */
int
request_encode(const struct request *r, struct strbuf *out);
void
request_free(struct request *r);

/* ---- a reply ------------------------------------------------------------ */

struct dict_pair {
    const char *key;   /* into bytes */
    const char *value; /* into bytes; len bytes, of any kind */
    size_t len;
};

struct dict {
    struct dict_pair *pairs; /* in the order they came in */
    size_t count;
    struct dict_pair **sorted; /* by key, for looking up */
    char *bytes;
};

#define DICT_INIT {0}
#define AUTO_DICT AUTO(dict_free)

/* Takes bytes (malloc) over, also on an error. len 0 is an empty dict. 0,
 * -EBADMSG for anything malformed, -ENOMEM; on an error the dict is empty. */
int
dict_decode(struct dict *d, char *bytes, size_t len);
void
dict_free(struct dict *d);

/* A text: NULL when there is none or it is not one NUL-terminated string. The dict's. */
const char *
dict_str(const struct dict *d, const char *key);
const char *
dict_strf(const struct dict *d, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A whole number within int64; fallback when there is none or it is not one. */
int64_t
dict_num(const struct dict *d, const char *key, int64_t fallback);
int64_t
dict_numf(const struct dict *d, int64_t fallback, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* True when a pair's value is one string. */
bool
dict_pair_is_text(const struct dict_pair *pair);

#endif
