/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The peer command's requests about modules; see peer.h.
 */
#include <errno.h>
#include <sys/stat.h>

#include "common/log.h"
#include "common/base64.h"
#include "glusterd/module.h"
#include "glusterd/peer.h"
#include "glusterd/store.h"

enum { DATA_BYTES = 2250, DOC_LINES = 500 }; /* 3000 characters in base64 */

static const char *
name_of(struct peer *peer)
{
    const char *name = peer->argv[0];

    if (volgen_is_module_name(name))
        return name;
    strbuf_fmt(&peer->error, "%s is not a module's name (a Python identifier of at "
                             "most 64 ASCII characters)", name);
    return NULL;
}

int
peer_module_prepare(struct peer *peer)
{
    if (!name_of(peer))
        return -EINVAL;
    int ret = site_make_dir(peer->site, "modules");
    if (!ret)
        ret = site_make_dir(peer->site, "modules/incoming");
    if (ret)
        strbuf_fmt(&peer->error, "%s/volext/modules cannot be made: %s",
                   peer->site->workdir, strerror(-ret));
    return ret;
}

/* Looks at what was sent; *source and *digest are what it found. True: it may be put in
 * place. Otherwise that was said. */
static bool
is_good(struct peer *peer, const char *name, const char *incoming,
        struct strbuf *source, char digest[DIGEST_HEX])
{
    AUTO_STRBUF struct strbuf reason = STRBUF_INIT;
    const char *why = NULL;

    if (!module_read(incoming, source, &why)) {
        strbuf_str(&reason, why);
    } else {
        digest_bytes(source->data, source->len, digest);
        if (strcmp(digest, peer->argv[1]))
            strbuf_fmt(&reason, "arrived with the SHA-256 %s", digest);
        else if (module_check(peer->site, name, source, &reason))
            return true;
    }
    peer_say(peer, "module", name, "bad", strbuf_text(&reason), NULL);
    return false;
}

/* Where what was sent lies. 0 or -errno; *path is the caller's. */
static int
incoming_of(struct peer *peer, const char **name, char **path)
{
    *name = name_of(peer);
    if (!*name)
        return -EINVAL;
    *path = site_path(peer->site, "modules/incoming/%s.py", *name);
    return *path ? 0 : -ENOMEM;
}

/* Before module-commit, so that one node's no is heard while no node has changed. */
int
peer_module_verify(struct peer *peer)
{
    AUTO_STRBUF struct strbuf source = STRBUF_INIT;
    char digest[DIGEST_HEX];
    const char *name;
    AUTO_FREE char *incoming = NULL;
    int ret = incoming_of(peer, &name, &incoming);

    if (ret)
        return ret;
    if (is_good(peer, name, incoming, &source, digest))
        peer_say(peer, "module", name, "ok", digest, NULL);
    return 0;
}

int
peer_module_commit(struct peer *peer)
{
    AUTO_STRBUF struct strbuf source = STRBUF_INIT;
    char digest[DIGEST_HEX];
    const char *name;
    AUTO_FREE char *incoming = NULL;
    int ret = incoming_of(peer, &name, &incoming);

    if (ret)
        return ret;
    bool good = is_good(peer, name, incoming, &source, digest);
    unlink(incoming);
    if (!good)
        return 0;
    ret = module_put(peer->site, name, &source);
    if (ret) {
        AUTO_FREE char *reason = str_fmt("cannot be put in place: %s", strerror(-ret));
        peer_say(peer, "module", name, "bad", reason ? reason : "no memory", NULL);
        return 0;
    }
    struct volgen_module module;
    const char *why;
    if (!module_find(peer->site, name, digest, &module, &why)) {
        peer_say(peer, "module", name, "bad", why, NULL);
        return 0;
    }
    log_info("module %s: installed (SHA-256 %s)", name, digest);
    peer_say(peer, "module", name, "ok", digest, NULL);
    return 0;
}

/* What was sent is not wanted: some node said no. */
int
peer_module_drop(struct peer *peer)
{
    const char *name;
    AUTO_FREE char *incoming = NULL;
    int ret = incoming_of(peer, &name, &incoming);

    if (ret)
        return ret;
    return unlink(incoming) == 0 || errno == ENOENT ? 0 : -errno;
}

/* The docstring: the first thing in the source that is not blank or a comment, when
 * that is a string in three quotes (or in one pair, on one line). */
static char *
docstring(const char *source)
{
    const char *at = source;

    for (;;) {
        at += strspn(at, " \t\r\n\xef\xbb\xbf");
        if (*at != '#')
            break;
        at += strcspn(at, "\n");
    }
    at += *at == 'r' || *at == 'R';
    if (*at != '"' && *at != '\'')
        return strdup("");
    bool three = at[1] == *at && at[2] == *at;
    char quotes[4] = {*at, three ? *at : '\0', three ? *at : '\0', '\0'};
    at += strlen(quotes);
    const char *end = strstr(at, quotes);
    return end ? strndup(at, (size_t)(end - at)) : strdup("");
}

static void
say_listed(struct peer *peer, const char *dir, const char *name, const char *word)
{
    AUTO_FREE char *path = str_fmt("%s/%s.py", dir, name);
    AUTO_STRBUF struct strbuf source = STRBUF_INIT;
    char digest[DIGEST_HEX];
    const char *why;

    if (!path || !module_read(path, &source, &why))
        return;
    digest_bytes(strbuf_text(&source), source.len, digest);
    AUTO_FREE char *doc = docstring(strbuf_text(&source));
    if (!doc)
        return;
    char *first = doc + strspn(doc, " \t\r\n");
    first[strcspn(first, "\r\n")] = '\0';
    peer_say(peer, "module", name, word, digest, first, NULL);
}

/* A module's name in a file's name, or NULL. */
static char *
module_in(const char *file)
{
    size_t len = strlen(file);

    if (len < 4 || strcmp(file + len - 3, ".py"))
        return NULL;
    AUTO_FREE char *name = strndup(file, len - 3);
    return name && volgen_is_module_name(name) ? TAKE(name) : NULL;
}

static void
list_folder(struct peer *peer, const char *path, const char *word,
            const char *unless)
{
    AUTO_CLOSEDIR DIR *dir = opendir(path);
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        AUTO_FREE char *name = module_in(entry->d_name);
        AUTO_FREE char *other = name && unless ? str_fmt("%s/%s.py", unless, name)
                                               : NULL;

        if (name && !(other && access(other, F_OK) == 0))
            say_listed(peer, path, name, word);
    }
}

int
peer_module_list(struct peer *peer)
{
    AUTO_FREE char *ours = site_path(peer->site, "modules");

    if (!ours)
        return -ENOMEM;
    list_folder(peer, ours, "deployed", NULL);
    list_folder(peer, MODULEDIR, "packaged", ours);
    return 0;
}

int
peer_module_show(struct peer *peer)
{
    const char *name = name_of(peer), *why, *word = "deployed";
    AUTO_STRBUF struct strbuf source = STRBUF_INIT;
    char digest[DIGEST_HEX];

    if (!name)
        return -EINVAL;
    AUTO_FREE char *deployed = site_path(peer->site, "modules/%s.py", name);
    AUTO_FREE char *packaged = str_fmt("%s/%s.py", MODULEDIR, name);
    if (!deployed || !packaged)
        return -ENOMEM;
    const char *path = deployed;
    if (access(deployed, F_OK) < 0) {
        path = packaged;
        word = "packaged";
    }
    if (!module_read(path, &source, &why)) {
        strbuf_fmt(&peer->error, "module %s %s", name, why);
        return -ENOENT;
    }
    digest_bytes(strbuf_text(&source), source.len, digest);
    peer_say(peer, "module", name, word, digest, path, NULL);
    AUTO_FREE char *doc = docstring(strbuf_text(&source));
    int lines = 0;
    for (char *line = doc, *next; line && lines < DOC_LINES; line = next, lines++) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        peer_say(peer, "doc", line, NULL);
    }
    return 0;
}

struct user {
    struct peer *peer;
    const char *module;
    char *volume;
};

static int
find_user(void *arg, const char *name)
{
    struct user *user = arg;
    AUTO_VOLUME struct volume volume = VOLUME_INIT;

    if (volume_read(user->peer->site, name, &volume) ||
        !module_is_named(&volume.options, user->module))
        return 0;
    user->volume = strdup(name);
    return 1;
}

int
peer_module_remove(struct peer *peer)
{
    const char *name = name_of(peer);
    struct user user = {peer, name, NULL};

    if (!name)
        return -EINVAL;
    if (volume_each(peer->site, find_user, &user)) {
        strbuf_fmt(&peer->error, "module %s is used by volume %s; take it out of "
                                 "features.glupy-module there first", name,
                   user.volume ? user.volume : "?");
        free(user.volume);
        return -EBUSY;
    }
    AUTO_FREE char *path = site_path(peer->site, "modules/%s.py", name);
    if (!path)
        return -ENOMEM;
    bool removed = unlink(path) == 0;
    if (!removed && errno != ENOENT) {
        int ret = -errno;
        strbuf_fmt(&peer->error, "removing %s: %s", path, strerror(-ret));
        return ret;
    }
    if (removed)
        log_info("module %s: removed", name);
    AUTO_FREE char *packaged = str_fmt("%s/%s.py", MODULEDIR, name);
    bool stays = packaged && access(packaged, F_OK) == 0;
    peer_say(peer, "module", name, removed ? "removed" : stays ? "packaged" : "absent",
             NULL);
    return 0;
}

int
peer_module_get(struct peer *peer)
{
    const char *name = name_of(peer), *why;
    AUTO_STRBUF struct strbuf source = STRBUF_INIT;

    if (!name)
        return -EINVAL;
    AUTO_FREE char *path = site_path(peer->site, "modules/%s.py", name);
    if (!path)
        return -ENOMEM;
    if (!module_read(path, &source, &why)) {
        strbuf_fmt(&peer->error, "module %s %s", name, why);
        return -ENOENT;
    }
    for (size_t at = 0; at < source.len; at += DATA_BYTES) {
        AUTO_STRBUF struct strbuf data = STRBUF_INIT;
        size_t left = source.len - at;

        base64_encode(source.data + at, left < DATA_BYTES ? left : DATA_BYTES,
                      &data);
        peer_say(peer, "data", strbuf_text(&data), NULL);
    }
    return 0;
}
