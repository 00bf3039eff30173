/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * An ordered list of key=value pairs with unique keys: the options of a volume,
 * of a volfile node, of a request. Small (tens of entries), so looked up in line.
 */
#ifndef VOLEXT_KV_H
#define VOLEXT_KV_H

#include <stdbool.h>
#include <stddef.h>

#include "cleanup.h"

struct kv_pair {
    char *key;
    char *value;
};

struct kv {
    struct kv_pair *pairs;
    size_t count;
    size_t room;
};

#define KV_INIT {0}
#define AUTO_KV AUTO(kv_free)

/* The value of a key, or NULL. Stays the list's. */
const char *
kv_get(const struct kv *kv, const char *key);
/* Adds a pair or replaces its value in place; copies both. 0 or -ENOMEM. */
int
kv_set(struct kv *kv, const char *key, const char *value);
/* True when the key was there. */
bool
kv_del(struct kv *kv, const char *key);
void
kv_free(struct kv *kv);

#endif
