/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * One volfile; see apply.h. The rule above all others: a volfile that does not
 * parse poisons mounted clients, so what is written was parsed again first, and
 * what cannot be understood stays as it is.
 */
#include "glusterd/apply.h"

#include <errno.h>
#include <fcntl.h>

#include "common/file.h"
#include "common/log.h"
#include "glusterd/config.h"
#include "glusterd/module.h"
#include "glusterd/store.h"

enum { VOLFILE_MAX = 64 << 20 };

static void
graph_free(struct volgen_graph **graph)
{
    if (*graph)
        volgen_graph_free(*graph);
}

#define AUTO_GRAPH AUTO(graph_free)

/* What volgen's questions are answered from. */
struct answer {
    struct apply *apply;
    struct work *work;
};

static bool
has_xlator(void *arg, const char *type)
{
    const struct answer *answer = arg;
    AUTO_FREE char *path = str_fmt("%s/%s.so", answer->apply->site->xlatordir,
                                   type);

    return path && !strstr(type, "..") && access(path, R_OK) == 0;
}

static bool
find_module(void *arg, const char *name, struct volgen_module *module,
            const char **why)
{
    struct apply *apply = ((struct answer *)arg)->apply;
    const char *wanted = module_wanted_digest(apply->options, name);

    if (apply->any_module) {
        snprintf(module->name, sizeof(module->name), "%s", name);
        snprintf(module->digest, sizeof(module->digest), "%s", wanted ? wanted : "any");
        snprintf(module->dir, sizeof(module->dir), "%s/volext/modules",
                 apply->site->workdir);
        return true;
    }
    if (module_find(apply->site, name, wanted, module, why))
        return true;
    if (volgen_is_module_name(name))
        snprintf(apply->missing, sizeof(apply->missing), "%s", name);
    return false;
}

static void
complain(void *arg, const char *sentence)
{
    const struct answer *answer = arg;

    strbuf_fmt(&answer->work->told, "%s\n", sentence);
    if (!answer->apply->quiet)
        log_warn("volume %s: %s: %s", answer->apply->volume, answer->work->file,
                 sentence);
}

/* What stands ready and is not wanted yet is no reason to restart a brick: one that runs has it
 * or not. */
static bool
is_resident(const struct apply *apply, const struct work *work, const struct strbuf *running)
{
    if (!work->pid)
        return config_get()->resident;
    AUTO_FREE char *start = str_fmt("%s-volext-gnotify ", apply->volume);
    const char *at = start ? strstr(strbuf_text(running), start) : NULL;

    return at && (at == running->data || at[-1] == '\n');
}

static struct volgen_world
world_of(struct answer *answer)
{
    const struct apply *apply = answer->apply;

    return (struct volgen_world){.table = apply->table,
                                 .volume = apply->volume,
                                 .options = apply->options,
                                 .has_xlator = has_xlator,
                                 .find_module = find_module,
                                 .complain = complain,
                                 .arg = answer};
}

static struct volgen_graph *
parse(const struct apply *apply, const struct work *work,
      const struct strbuf *text, const char *what)
{
    struct volgen_error err;
    struct volgen_graph *graph = volgen_parse(strbuf_text(text), text->len, &err);

    if (!graph)
        log_err("volume %s: %s%s, line %d, column %d: %s; left as it is",
                apply->volume, what, work->path, err.line, err.column, err.text);
    return graph;
}

static int
read_volfile(const struct apply *apply, struct work *work)
{
    int ret = lstat(work->path, &work->st) < 0 ? -errno : 0;

    if (!ret && !S_ISREG(work->st.st_mode))
        ret = -EINVAL;
    if (!ret)
        ret = file_read(work->path, VOLFILE_MAX, &work->old);
    if (ret)
        log_err("volume %s: reading %s: %s; left as it is", apply->volume,
                work->path, strerror(-ret));
    return ret;
}

/* Which brick it is, whether it runs, and with which nodes of ours. */
static int
find_brick(const struct apply *apply, struct work *work, const struct volgen_graph *graph,
           struct strbuf *running)
{
    int ret = brick_identify(graph, apply->volume, work->file, &work->brick);

    if (ret) {
        log_err("volume %s: %s is not a brick's volfile as glusterd writes it; "
                "left as it is", apply->volume, work->path);
        return ret;
    }
    work->pid = brick_pid(apply->site, apply->volume, &work->brick);
    return work->pid ? record_read(apply->site, apply->volume, work->brick.name, running) : 0;
}

/* Our nodes in a brick's graph are those it was started with while it runs. */
static int
place_brick(struct apply *apply, struct work *work, struct volgen_graph *graph,
            struct volgen_world *world)
{
    AUTO_STRBUF struct strbuf running = STRBUF_INIT;
    int ret = find_brick(apply, work, graph, &running);

    if (ret)
        return ret;
    world->resident = is_resident(apply, work, &running);
    return work->pid ? volgen_place_running(graph, work->kind, world, strbuf_text(&running),
                                            &work->waiting)
                     : volgen_place(graph, work->kind, world);
}

static int
place(struct apply *apply, struct work *work, struct volgen_graph *graph)
{
    struct answer answer = {apply, work};
    struct volgen_world world = world_of(&answer);

    if (apply->strip) {
        if (work->kind == VOLGEN_BRICK &&
            !brick_identify(graph, apply->volume, work->file, &work->brick))
            work->pid = brick_pid(apply->site, apply->volume, &work->brick);
        return volgen_strip(graph, apply->volume);
    }
    return work->kind == VOLGEN_BRICK ? place_brick(apply, work, graph, &world)
                                      : volgen_place(graph, work->kind, &world);
}

/* Prints the graph and reads it back. */
static int
print_checked(const struct apply *apply, struct work *work,
              const struct volgen_graph *graph)
{
    int ret = volgen_print(graph, &work->new);

    if (ret || (work->new.len == work->old.len &&
                !memcmp(work->new.data, work->old.data, work->new.len)))
        return ret;
    AUTO_GRAPH struct volgen_graph *again = parse(apply, work, &work->new,
                                                  "as it would be written: ");
    return again ? 1 : -EBADMSG;
}

static int
make_from(struct apply *apply, struct work *work, struct volgen_graph *graph)
{
    int ret = volgen_placed(graph, apply->volume, &work->has);

    if (!ret)
        ret = place(apply, work, graph);
    if (!ret)
        ret = volgen_placed(graph, apply->volume, &work->placed);
    if (!ret)
        ret = print_checked(apply, work, graph);
    if (ret < 0 && ret != -EBADMSG)
        log_err("volume %s: working out %s: %s; left as it is", apply->volume,
                work->path, strerror(-ret));
    return ret;
}

int
work_make(struct apply *apply, const char *file, struct work *work)
{
    *work = (struct work)WORK_INIT;
    work->path = str_fmt("%s/vols/%s/%s", apply->site->workdir, apply->volume,
                         file);
    if (!work->path)
        return -ENOMEM;
    work->file = work->path + strlen(work->path) - strlen(file);
    work->kind = volgen_kind_of(apply->volume, file);
    if (work->kind == VOLGEN_OTHER)
        return 0;
    int ret = read_volfile(apply, work);
    if (ret)
        return ret;
    AUTO_GRAPH struct volgen_graph *graph = parse(apply, work, &work->old, "");
    return graph ? make_from(apply, work, graph) : -EBADMSG;
}

void
work_free(struct work *work)
{
    free(work->path);
    strbuf_free(&work->old);
    strbuf_free(&work->new);
    strbuf_free(&work->has);
    strbuf_free(&work->placed);
    strbuf_free(&work->told);
    brick_free(&work->brick);
    *work = (struct work)WORK_INIT;
}

/* A brick that does not run will be started with what is in its file. */
int
work_record(const struct apply *apply, const struct work *work)
{
    if (work->kind != VOLGEN_BRICK || work->pid || !work->brick.name)
        return 0;
    return record_write(apply->site, apply->volume, work->brick.name,
                        &work->placed);
}

static const char *
list(const struct strbuf *placed, struct strbuf *out)
{
    for (const char *c = strbuf_text(placed); *c; c++) {
        if (*c == '\n' && c[1])
            strbuf_str(out, ", ");
        else if (*c != '\n')
            strbuf_char(out, *c);
    }
    return out->len ? strbuf_text(out) : "none of ours";
}

static int
tell(const struct apply *apply, const struct work *work, int ret)
{
    AUTO_STRBUF struct strbuf has = STRBUF_INIT, placed = STRBUF_INIT;

    if (ret && ret != -EAGAIN)
        log_err("volume %s: writing %s: %s; left as it is", apply->volume,
                work->path, strerror(-ret));
    else if (!ret)
        log_info("volume %s: %s: had %s, now %s%s", apply->volume, work->file,
                 list(&work->has, &has), list(&work->placed, &placed),
                 work->waiting ? "; more is wanted, after the brick's restart"
                               : "");
    return ret;
}

int
work_write(const struct apply *apply, const struct work *work)
{
    int ret = work_record(apply, work);

    if (!ret)
        ret = file_replace(work->path, work->new.data, work->new.len, 0600);
    return tell(apply, work, ret);
}

static bool
is_what_was_read(const char *path, const struct work *work)
{
    struct stat st;

    return lstat(path, &st) == 0 && st.st_dev == work->st.st_dev &&
           st.st_ino == work->st.st_ino &&
           st.st_mtim.tv_sec == work->st.st_mtim.tv_sec &&
           st.st_mtim.tv_nsec == work->st.st_mtim.tv_nsec;
}

/* Exchanges the files, then looks at what came out: when glusterd has put a new
 * file there since it was read, that goes back. */
static int
exchange(const char *temp, const struct work *work)
{
    if (!is_what_was_read(work->path, work))
        return -EAGAIN;
    if (renameat2(AT_FDCWD, temp, AT_FDCWD, work->path, RENAME_EXCHANGE) < 0) {
        if (errno != EINVAL && errno != ENOSYS)
            return -errno;
        return rename(temp, work->path) < 0 ? -errno : 0;
    }
    if (is_what_was_read(temp, work))
        return 0;
    return rename(temp, work->path) < 0 ? -errno : -EAGAIN;
}

int
work_swap(const struct apply *apply, const struct work *work)
{
    AUTO_FREE char *temp = str_fmt("%s.volext", work->path);
    if (!temp)
        return -ENOMEM;

    int ret = work_record(apply, work);
    if (!ret && unlink(temp) < 0 && errno != ENOENT)
        ret = -errno;
    if (!ret)
        ret = file_replace(temp, work->new.data, work->new.len, 0600);
    if (!ret && (chmod(temp, work->st.st_mode & 07777) < 0 ||
                 chown(temp, work->st.st_uid, work->st.st_gid) < 0))
        ret = -errno;
    if (!ret)
        ret = exchange(temp, work);
    unlink(temp);
    return tell(apply, work, ret);
}

int
work_wanted(struct apply *apply, const struct work *work, struct strbuf *out)
{
    struct answer answer = {apply, (struct work *)work};
    struct volgen_world world = world_of(&answer);
    AUTO_STRBUF struct strbuf running = STRBUF_INIT;
    AUTO_GRAPH struct volgen_graph *graph = parse(apply, work, &work->old, "");
    int ret = graph ? 0 : -EBADMSG;

    if (!ret && work->pid)
        ret = record_read(apply->site, apply->volume, work->brick.name, &running);
    if (ret)
        return ret;
    world.resident = is_resident(apply, work, &running);
    ret = volgen_place(graph, work->kind, &world);
    return ret ? ret : volgen_placed(graph, apply->volume, out);
}
