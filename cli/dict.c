/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * glusterd's serialized dict; see dict.h.
 */
#include "cli/dict.h"

#include <arpa/inet.h>
#include <errno.h>

enum {
    COUNT_BYTES = 4,
    LENGTHS_BYTES = 8,                 /* of key, of value */
    PAIR_MIN_BYTES = LENGTHS_BYTES + 1 /* an empty key has its NUL */
};

void
request_put(struct request *r, const char *key, const char *value)
{
    size_t keylen = strlen(key), vallen = strlen(value) + 1;
    uint32_t lengths[2] = {htonl((uint32_t)keylen), htonl((uint32_t)vallen)};

    if (keylen > INT32_MAX || vallen > INT32_MAX) {
        r->bytes.failed = true;
        return;
    }
    strbuf_add(&r->bytes, lengths, sizeof(lengths));
    strbuf_add(&r->bytes, key, keylen + 1);
    strbuf_add(&r->bytes, value, vallen);
    r->count++;
}

void
request_num(struct request *r, const char *key, int64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%lld", (long long)value);
    request_put(r, key, text);
}

int
request_encode(const struct request *r, struct strbuf *out)
{
    uint32_t count = htonl(r->count);

    strbuf_add(out, &count, sizeof(count));
    strbuf_add(out, strbuf_text(&r->bytes), r->bytes.len);
    return strbuf_failed(&r->bytes) || strbuf_failed(out) ? -ENOMEM : 0;
}

void
request_free(struct request *r)
{
    strbuf_free(&r->bytes);
}

static uint32_t
number_at(const char *p)
{
    uint32_t n;

    memcpy(&n, p, sizeof(n));
    return ntohl(n);
}

/* One pair at *at; moves *at behind it. */
static bool
decode_pair(const char **at, const char *end, struct dict_pair *pair)
{
    size_t left = (size_t)(end - *at);

    if (left < PAIR_MIN_BYTES)
        return false;
    size_t keylen = number_at(*at), vallen = number_at(*at + 4);
    left -= PAIR_MIN_BYTES;
    if (keylen > left || vallen > left - keylen)
        return false;
    pair->key = *at + LENGTHS_BYTES;
    pair->value = pair->key + keylen + 1;
    pair->len = vallen;
    *at = pair->value + vallen;
    return memchr(pair->key, '\0', keylen + 1) == pair->key + keylen;
}

static int
by_key(const void *a, const void *b)
{
    const struct dict_pair *const *x = a, *const *y = b;

    return strcmp((*x)->key, (*y)->key);
}

static int
decode(struct dict *d, size_t len)
{
    const char *at = d->bytes + COUNT_BYTES, *end = d->bytes + len;

    if (len < COUNT_BYTES)
        return -EBADMSG;
    size_t count = number_at(d->bytes);
    if (count > (len - COUNT_BYTES) / PAIR_MIN_BYTES)
        return -EBADMSG;
    d->pairs = calloc(count ? count : 1, sizeof(*d->pairs));
    d->sorted = calloc(count ? count : 1, sizeof(*d->sorted));
    if (!d->pairs || !d->sorted)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (!decode_pair(&at, end, &d->pairs[i]))
            return -EBADMSG;
        d->sorted[i] = &d->pairs[i];
    }
    d->count = count;
    qsort(d->sorted, count, sizeof(*d->sorted), by_key);
    return 0;
}

int
dict_decode(struct dict *d, char *bytes, size_t len)
{
    *d = (struct dict){.bytes = bytes};
    int ret = len ? decode(d, len) : 0;
    if (ret)
        dict_free(d);
    return ret;
}

void
dict_free(struct dict *d)
{
    free(d->pairs);
    free(d->sorted);
    free(d->bytes);
    *d = (struct dict)DICT_INIT;
}

bool
dict_pair_is_text(const struct dict_pair *pair)
{
    return pair->len && memchr(pair->value, '\0', pair->len) == pair->value + pair->len - 1;
}

const char *
dict_str(const struct dict *d, const char *key)
{
    struct dict_pair wanted = {.key = key}, *pointer = &wanted;

    if (!d->count)
        return NULL;
    struct dict_pair **found =
        bsearch(&pointer, d->sorted, d->count, sizeof(*d->sorted), by_key);
    return found && dict_pair_is_text(*found) ? (*found)->value : NULL;
}

const char *
dict_strf(const struct dict *d, const char *fmt, ...)
{
    AUTO_STRBUF struct strbuf key = STRBUF_INIT;
    va_list args;

    va_start(args, fmt);
    strbuf_vfmt(&key, fmt, args);
    va_end(args);
    return dict_str(d, strbuf_text(&key));
}

static int64_t
to_number(const char *text, int64_t fallback)
{
    char *end;

    if (!text || !*text)
        return fallback;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    return errno || *end ? fallback : n;
}

int64_t
dict_num(const struct dict *d, const char *key, int64_t fallback)
{
    return to_number(dict_str(d, key), fallback);
}

int64_t
dict_numf(const struct dict *d, int64_t fallback, const char *fmt, ...)
{
    AUTO_STRBUF struct strbuf key = STRBUF_INIT;
    va_list args;

    va_start(args, fmt);
    strbuf_vfmt(&key, fmt, args);
    va_end(args);
    return to_number(dict_str(d, strbuf_text(&key)), fallback);
}
