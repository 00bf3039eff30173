/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * An ordered list of key=value pairs; see kv.h.
 */
#include "kv.h"

#include <errno.h>

static struct kv_pair *
find(const struct kv *kv, const char *key)
{
    for (size_t i = 0; i < kv->count; i++)
        if (!strcmp(kv->pairs[i].key, key))
            return &kv->pairs[i];
    return NULL;
}

const char *
kv_get(const struct kv *kv, const char *key)
{
    struct kv_pair *pair = find(kv, key);

    return pair ? pair->value : NULL;
}

int
kv_set(struct kv *kv, const char *key, const char *value)
{
    AUTO_FREE char *v = strdup(value);
    if (!v)
        return -ENOMEM;

    struct kv_pair *pair = find(kv, key);
    if (pair) {
        free(pair->value);
        pair->value = TAKE(v);
        return 0;
    }
    if (kv->count == kv->room) {
        size_t room = kv->room ? 2 * kv->room : 16;
        struct kv_pair *pairs = reallocarray(kv->pairs, room, sizeof(*pairs));

        if (!pairs)
            return -ENOMEM;
        kv->pairs = pairs;
        kv->room = room;
    }
    char *k = strdup(key);
    if (!k)
        return -ENOMEM;
    kv->pairs[kv->count++] = (struct kv_pair){k, TAKE(v)};
    return 0;
}

bool
kv_del(struct kv *kv, const char *key)
{
    struct kv_pair *pair = find(kv, key);

    if (!pair)
        return false;
    free(pair->key);
    free(pair->value);
    size_t after = kv->count - (size_t)(pair - kv->pairs) - 1;
    memmove(pair, pair + 1, after * sizeof(*pair));
    kv->count--;
    return true;
}

void
kv_free(struct kv *kv)
{
    for (size_t i = 0; i < kv->count; i++) {
        free(kv->pairs[i].key);
        free(kv->pairs[i].value);
    }
    free(kv->pairs);
    *kv = (struct kv)KV_INIT;
}
