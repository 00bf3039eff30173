/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Which values of options together give stale reads. docs/upcall.md tells where each rule
 * comes from.
 */
#include "cli/upcall.h"

static const char server_switch[] = "features.cache-invalidation";
static const char server_timeout[] = "features.cache-invalidation-timeout";
static const char md_timeout[] = "performance.md-cache-timeout";
static const char md_switch[] = "performance.cache-invalidation";

/* Caches of a client that an upcall empties, and what has to be on for that. */
static const struct cache {
    const char *on, *on_default;
    const char *timeout, *timeout_default;
    long long harmless; /* seconds that clients keep anything at least, by default */
    const char *needs;  /* besides the server's switch; NULL: nothing */
    const char *what;
} caches[] = {
    {"performance.stat-prefetch", "on", md_timeout, "1", 1, md_switch, "what they know of attributes"},
    {"performance.nl-cache", "off", "performance.nl-cache-timeout", "60", 0, NULL,
     "that a name does not exist"},
    {"performance.quick-read", "on", "performance.quick-read-cache-timeout", "1", 1,
     "performance.quick-read-cache-invalidation", "what they have of small files"},
    {"performance.io-cache", "off", "performance.cache-refresh-timeout", "1", 1,
     "performance.global-cache-invalidation", "what they have of files"},
};

const char *
upcall_default(const char *key)
{
    for (size_t i = 0; i < upcall_group_count; i++)
        if (!strcmp(upcall_group[i].key, key))
            return upcall_group[i].def;
    for (size_t i = 0; i < ARRAY_SIZE(caches); i++) {
        if (!strcmp(caches[i].on, key))
            return caches[i].on_default;
        if (!strcmp(caches[i].timeout, key))
            return caches[i].timeout_default;
    }
    if (!strcmp(key, "features.shard"))
        return "off";
    return NULL;
}

struct judge {
    const struct kv *options;
    const char *volume;
    void (*tell)(void *arg, const char *sentence);
    void *arg;
    int count;
};

static const char *
value(const struct judge *j, const char *key)
{
    const char *set = kv_get(j->options, key);

    return set ? set : upcall_default(key);
}

/* "performance.nl-cache-timeout is 60 (the default)" */
static void
name(const struct judge *j, const char *key, struct strbuf *out)
{
    strbuf_fmt(out, "%s is %s%s", key, value(j, key),
               kv_get(j->options, key) ? "" : " (the default)");
}

static void
tell(struct judge *j, struct strbuf *sentence)
{
    j->count++;
    j->tell(j->arg, strbuf_text(sentence));
}

/* A client would believe its cache after the brick has forgotten that client. */
static void
judge_longer(struct judge *j, const struct cache *cache)
{
    AUTO_STRBUF struct strbuf s = STRBUF_INIT;
    long long client = group_seconds(value(j, cache->timeout));
    long long server = group_seconds(value(j, server_timeout));

    if (client <= server)
        return;
    name(j, cache->timeout, &s);
    strbuf_str(&s, ", longer than ");
    strbuf_fmt(&s, "%s, which is %s%s", server_timeout, value(j, server_timeout),
               kv_get(j->options, server_timeout) ? "" : " (the default)");
    strbuf_fmt(&s, ": clients believe %s after bricks have ceased to tell them of changes. `gluster "
               "volume set %s %s %lld`", cache->what, j->volume, cache->timeout, server);
    if (client <= UPCALL_SECONDS_MAX)
        strbuf_fmt(&s, ", or `gluster volume upcall %s enable timeout %lld`", j->volume, client);
    tell(j, &s);
}

/* A client would believe its cache although nobody tells it of changes. */
static void
judge_untold(struct judge *j, const struct cache *cache, const char *missing)
{
    AUTO_STRBUF struct strbuf s = STRBUF_INIT;
    long long client = group_seconds(value(j, cache->timeout));
    bool cut = cache->needs == missing && cache->timeout == md_timeout && client > 60;

    if (client <= cache->harmless)
        return;
    name(j, cache->timeout, &s);
    strbuf_str(&s, " and ");
    name(j, missing, &s);
    if (cut)
        strbuf_str(&s, ": clients silently take 60 for it, and believe it without being told of "
                       "changes");
    else
        strbuf_fmt(&s, ": clients believe %s for %lld s without being told of changes", cache->what,
                   client);
    strbuf_fmt(&s, ". `gluster volume set %s %s on`, or `gluster volume reset %s %s`", j->volume,
               missing, j->volume, client > cache->harmless && kv_get(j->options, cache->timeout)
                                        ? cache->timeout : cache->on);
    tell(j, &s);
}

/* Of a sharded file bricks tell what is done to its first shard only. */
static void
judge_shards(struct judge *j)
{
    AUTO_STRBUF struct strbuf s = STRBUF_INIT;
    long long client = group_seconds(value(j, md_timeout));

    if (!group_is_on(value(j, "features.shard")) || !group_is_on(value(j, caches[0].on)) ||
        client <= UPCALL_SECONDS_MIN)
        return;
    name(j, "features.shard", &s);
    strbuf_str(&s, " and ");
    name(j, md_timeout, &s);
    strbuf_fmt(&s, ": clients are not told when a file gets longer behind its first shard, and believe "
               "its old size for %lld s. `gluster volume upcall %s enable timeout %d`", client,
               j->volume, UPCALL_SECONDS_MIN);
    tell(j, &s);
}

int
upcall_conflicts(const struct kv *options, const char *volume,
                 void (*tell_it)(void *arg, const char *sentence), void *arg)
{
    struct judge j = {options, volume, tell_it, arg, 0};
    bool told = group_is_on(value(&j, server_switch));

    for (size_t i = 0; i < ARRAY_SIZE(caches); i++) {
        const struct cache *cache = &caches[i];

        if (!group_is_on(value(&j, cache->on)))
            continue;
        if (cache->needs && !group_is_on(value(&j, cache->needs)))
            judge_untold(&j, cache, cache->needs);
        else if (!told)
            judge_untold(&j, cache, server_switch);
        else
            judge_longer(&j, cache);
    }
    if (told)
        judge_shards(&j);
    long long seconds = group_seconds(value(&j, server_timeout));
    if (told && seconds < UPCALL_SECONDS_MIN) {
        AUTO_STRBUF struct strbuf s = STRBUF_INIT;

        name(&j, server_switch, &s);
        strbuf_str(&s, " and ");
        name(&j, server_timeout, &s);
        strbuf_fmt(&s, ": each brick keeps a processor busy. `gluster volume set %s %s 60`", volume,
                   server_timeout);
        tell(&j, &s);
    }
    return j.count;
}

