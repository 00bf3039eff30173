/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * glusterd's store and volext's state beside it; see store.h. Nothing that is
 * read here is trusted to be whole: disks fill up and machines lose power.
 */
#include "glusterd/store.h"

#include <errno.h>

#include "common/file.h"
#include "common/log.h"
#include "volgen/volgen.h"

enum { INFO_MAX = 16 << 20, STATE_MAX = 8 << 20 };

static const char user[] = "user.";

/* Options of a volume that volfiles of ours depend on. */
static bool
is_of_use(const char *key)
{
    return !strncmp(key, user, strlen(user)) || volgen_reads(key);
}

/* One line at *at; NULL at the end. *whole: it had its newline. */
static char *
next_line(char **at, bool *whole)
{
    char *line = *at, *end = strchr(line, '\n');

    if (!*line)
        return NULL;
    *whole = end != NULL;
    if (end)
        *end = '\0';
    *at = end ? end + 1 : line + strlen(line);
    return line;
}

int
store_parse(const struct strbuf *text, struct kv *kv)
{
    AUTO_FREE char *copy = strdup(strbuf_text(text));
    char *at = copy, *line;
    bool whole = true;

    if (!copy)
        return -ENOMEM;
    while ((line = next_line(&at, &whole))) {
        char *equals = strchr(line, '=');

        if (!equals)
            continue;
        *equals = '\0';
        if (kv_set(kv, line, equals + 1))
            return -ENOMEM;
    }
    return whole ? 0 : -EBADMSG;
}

/* ---- glusterd's ---------------------------------------------------------- */

struct info_seen {
    bool version, count;
    unsigned long long bricks, expected;
};

static int
take_info_line(struct volume *volume, struct info_seen *seen, const char *key,
               const char *value)
{
    if (is_of_use(key))
        return kv_set(&volume->options, key, value);
    if (!strcmp(key, "version")) {
        char *end;

        volume->version = strtoull(value, &end, 10);
        seen->version = end != value && !*end;
    } else if (!strcmp(key, "status"))
        volume->status = atoi(value);
    else if (!strcmp(key, "count")) {
        seen->expected = strtoull(value, NULL, 10);
        seen->count = true;
    } else if (!strncmp(key, "brick-", strlen("brick-")))
        seen->bricks++;
    return 0;
}

/* Bricks come last in the file: one that has them all was not cut. */
static int
parse_info(char *text, struct volume *volume)
{
    struct info_seen seen = {0};
    bool whole = true;
    char *line;

    while ((line = next_line(&text, &whole))) {
        char *equals = strchr(line, '=');

        if (!equals)
            continue;
        *equals = '\0';
        if (take_info_line(volume, &seen, line, equals + 1))
            return -ENOMEM;
    }
    return whole && seen.version && seen.count && seen.bricks >= seen.expected
               ? 0
               : -EBADMSG;
}

static char *
info_path(const struct site *site, const char *name)
{
    return str_fmt("%s/vols/%s/info", site->workdir, name);
}

int
volume_read(const struct site *site, const char *name, struct volume *volume)
{
    AUTO_FREE char *path = info_path(site, name);
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    struct stat st;

    *volume = (struct volume)VOLUME_INIT;
    if (!path)
        return -ENOMEM;
    if (stat(path, &st) < 0)
        return -errno;
    int ret = file_read(path, INFO_MAX, &text);
    if (ret)
        return ret;
    volume->dev = st.st_dev;
    volume->ino = st.st_ino;
    volume->mtime = st.st_mtim;
    if (!text.len || strlen(text.data) != text.len)
        return -EBADMSG;
    ret = parse_info(text.data, volume);
    if (ret)
        volume_free(volume);
    return ret;
}

void
volume_free(struct volume *volume)
{
    kv_free(&volume->options);
}

bool
volume_is_current(const struct site *site, const char *name,
                  const struct volume *volume)
{
    AUTO_FREE char *path = info_path(site, name);
    struct stat st;

    return path && stat(path, &st) == 0 && st.st_dev == volume->dev &&
           st.st_ino == volume->ino &&
           st.st_mtim.tv_sec == volume->mtime.tv_sec &&
           st.st_mtim.tv_nsec == volume->mtime.tv_nsec;
}

int
volume_each(const struct site *site, int (*visit)(void *arg, const char *name),
            void *arg)
{
    AUTO_FREE char *path = str_fmt("%s/vols", site->workdir);
    AUTO_CLOSEDIR DIR *dir = path ? opendir(path) : NULL;
    struct dirent *entry;
    int ret = 0;

    while (dir && !ret && (entry = readdir(dir)))
        if (site_is_volume_name(entry->d_name))
            ret = visit(arg, entry->d_name);
    return ret;
}

char *
store_uuid(const struct site *site)
{
    AUTO_FREE char *path = str_fmt("%s/glusterd.info", site->workdir);
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    AUTO_KV struct kv kv = KV_INIT;

    if (!path)
        return NULL;
    if (!file_read(path, STATE_MAX, &text))
        store_parse(&text, &kv);
    const char *uuid = kv_get(&kv, "UUID");
    return strdup(uuid && *uuid ? uuid : "-");
}

/* ---- pending values ------------------------------------------------------ */

static char *
pending_path(const struct site *site, const char *volume,
             unsigned long long version)
{
    return site_path(site, "pending/%s.%llu", volume, version);
}

static bool
can_hold(const struct kv_pair *pair)
{
    if (is_of_use(pair->key) && *pair->value &&
        !strpbrk(pair->key, "\n=") && !strchr(pair->value, '\n'))
        return true;
    log_warn("set %s: the key or its value cannot be held (empty, or with a "
             "newline or `=` where none may be): left out",
             pair->key);
    return false;
}

int
pending_write(const struct site *site, const char *volume,
              unsigned long long version, const struct kv *options,
              struct pending *pending)
{
    AUTO_FREE char *path = pending_path(site, volume, version);
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    pid_t glusterd = getppid();

    *pending = (struct pending){.version = version,
                                .glusterd = glusterd,
                                .start = process_start(glusterd),
                                .boot = boot_seconds()};
    strbuf_fmt(&text, "version=%llu\nglusterd-pid=%ld\nglusterd-start=%llu\n"
                      "boot-seconds=%lld\n",
               version, (long)glusterd, pending->start, pending->boot);
    for (size_t i = 0; i < options->count; i++)
        if (can_hold(&options->pairs[i]))
            strbuf_fmt(&text, "%s=%s\n", options->pairs[i].key,
                       options->pairs[i].value);
    strbuf_str(&text, "end=1\n");
    if (!path || strbuf_failed(&text))
        return -ENOMEM;
    int ret = site_make_dir(site, "pending");
    return ret ? ret : file_replace(path, text.data, text.len, 0600);
}

static unsigned long long
number(const struct kv *kv, const char *key)
{
    const char *value = kv_get(kv, key);

    return value ? strtoull(value, NULL, 10) : 0;
}

int
pending_read(const struct site *site, const char *volume,
             unsigned long long version, struct pending *pending)
{
    AUTO_FREE char *path = pending_path(site, volume, version);
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    AUTO_KV struct kv kv = KV_INIT;

    *pending = (struct pending)PENDING_INIT;
    if (!path)
        return -ENOMEM;
    int ret = file_read(path, STATE_MAX, &text);
    if (!ret)
        ret = store_parse(&text, &kv);
    if (ret)
        return ret;
    if (!kv_get(&kv, "end") || number(&kv, "version") != version)
        return -EBADMSG;
    pending->version = version;
    pending->glusterd = (pid_t)number(&kv, "glusterd-pid");
    pending->start = number(&kv, "glusterd-start");
    pending->boot = (long long)number(&kv, "boot-seconds");
    for (size_t i = 0; i < kv.count && !ret; i++)
        if (is_of_use(kv.pairs[i].key))
            ret = kv_set(&pending->options, kv.pairs[i].key, kv.pairs[i].value);
    return ret;
}

void
pending_free(struct pending *pending)
{
    kv_free(&pending->options);
}

bool
pending_is_live(const struct pending *pending)
{
    long long age = boot_seconds() - pending->boot;

    return age >= 0 && age <= PENDING_SECONDS && pending->start &&
           process_start(pending->glusterd) == pending->start;
}

/* The version in a pending file's name when it is that volume's. A volume's name
 * may itself hold dots. Leftovers of a write that was cut short count as 0. */
static bool
pending_version(const char *file, const char *volume, unsigned long long *version)
{
    size_t len = strlen(volume);
    char *end;

    if (strncmp(file, volume, len) || file[len] != '.' ||
        file[len + 1] < '0' || file[len + 1] > '9')
        return false;
    *version = strtoull(file + len + 1, &end, 10);
    if (!*end)
        return true;
    bool leftover = *end == '.' && strlen(end + 1) == 6 && !strchr(end + 1, '.');
    *version = 0;
    return leftover;
}

void
pending_remove(const struct site *site, const char *volume,
               unsigned long long below)
{
    AUTO_FREE char *path = site_path(site, "pending");
    AUTO_CLOSEDIR DIR *dir = path ? opendir(path) : NULL;
    struct dirent *entry;
    unsigned long long version;

    while (dir && (entry = readdir(dir)))
        if (pending_version(entry->d_name, volume, &version) &&
            (!below || (version && version < below)))
            unlinkat(dirfd(dir), entry->d_name, 0);
}

int
pending_overlay(const struct pending *pending, struct volume *volume)
{
    const struct kv *o = &pending->options;

    for (size_t i = 0; i < o->count; i++)
        if (kv_set(&volume->options, o->pairs[i].key, o->pairs[i].value))
            return -ENOMEM;
    return 0;
}

/* ---- records of bricks --------------------------------------------------- */

int
record_read(const struct site *site, const char *volume, const char *name,
            struct strbuf *out)
{
    AUTO_FREE char *path = site_path(site, "bricks/%s/%s", volume, name);

    int ret = path ? file_read(path, STATE_MAX, out) : -ENOMEM;
    return ret == -ENOENT ? 0 : ret;
}

int
record_write(const struct site *site, const char *volume, const char *name,
             const struct strbuf *text)
{
    AUTO_FREE char *path = site_path(site, "bricks/%s/%s", volume, name);
    AUTO_FREE char *sub = str_fmt("bricks/%s", volume);
    AUTO_STRBUF struct strbuf old = STRBUF_INIT;

    if (!path || !sub)
        return -ENOMEM;
    if (!text->len)
        return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
    if (!file_read(path, STATE_MAX, &old) && old.len == text->len &&
        !memcmp(old.data, text->data, old.len))
        return 0;
    int ret = site_make_dir(site, sub);
    return ret ? ret : file_replace(path, text->data, text->len, 0600);
}

void
store_forget(const struct site *site, const char *volume)
{
    AUTO_FREE char *bricks = site_path(site, "bricks/%s", volume);
    AUTO_FREE char *lock = site_path(site, "lock/%s", volume);

    pending_remove(site, volume, 0);
    if (bricks)
        file_remove_folder(bricks);
    if (lock)
        unlink(lock);
}
