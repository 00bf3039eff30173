/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume locate: where files are. volext-locate finds it out, in a process of its own: this
 * program is not linked with libgfapi. Its records: gfapi/locate/locate.c.
 */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/change.h"
#include "cli/commands.h"
#include "common/utf8.h"

#define PROGRAM VOLEXTDIR "/volext-locate"

static const char command[] = "volume locate";

enum { FIELDS_MAX = 8, FATAL = 3 };

struct brick {
    char *server, *path;
    bool arbiter;
};

struct set {
    char *name, *type;
};

struct error {
    char *path, *reason;
    int number;
};

struct locate {
    struct emit *e;
    struct brick *bricks;
    size_t brick_count;
    struct set *sets;
    size_t set_count;
    struct error *errors;
    size_t error_count;
    bool ended;
};

static void
locate_free(struct locate *l)
{
    for (size_t i = 0; i < l->brick_count; i++) {
        free(l->bricks[i].server);
        free(l->bricks[i].path);
    }
    for (size_t i = 0; i < l->set_count; i++) {
        free(l->sets[i].name);
        free(l->sets[i].type);
    }
    for (size_t i = 0; i < l->error_count; i++) {
        free(l->errors[i].path);
        free(l->errors[i].reason);
    }
    free(l->bricks);
    free(l->sets);
    free(l->errors);
}

/* Can every writer, and a terminal, show it as it is? */
static bool
is_plain(const char *text)
{
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        int len = utf8_xml_length(s);

        if (!len || *s < 0x20 || *s == 0x7f)
            return false;
        s += len;
    }
    return true;
}

/* path, and pathHex where that is not all; nothing in the text form. */
static void
emit_path(struct locate *l, const char *path)
{
    AUTO_STRBUF struct strbuf hex = STRBUF_INIT;

    emit_str(l->e, "path", path);
    if (is_plain(path))
        return;
    for (const unsigned char *s = (const unsigned char *)path; *s; s++)
        strbuf_fmt(&hex, "%02x", *s);
    emit_str(l->e, "pathHex", strbuf_text(&hex));
}

static void
tell_path(struct locate *l, const char *path)
{
    AUTO_STRBUF struct strbuf shown = STRBUF_INIT;

    escape_name(&shown, path);
    emit_text(l->e, "%s", strbuf_text(&shown));
    emit_path(l, path);
}

static void
tell_brick(struct locate *l, const char *number)
{
    size_t i = strtoul(number, NULL, 10);

    if (i >= l->brick_count)
        return;
    const struct brick *brick = &l->bricks[i];
    AUTO_FREE char *name = str_fmt("%s:%s", brick->server, brick->path);

    emit_text(l->e, "    %s%s\n", name ? name : "", brick->arbiter ? " (arbiter)" : "");
    emit_object(l->e, NULL);
    emit_str(l->e, "name", name);
    emit_str(l->e, "host", brick->server);
    emit_str(l->e, "path", brick->path);
    emit_bool(l->e, "arbiter", brick->arbiter);
    emit_object_end(l->e);
}

/* file PATH SET BRICKS SHARDS */
static void
tell_file(struct locate *l, char **field)
{
    size_t set = strtoul(field[2], NULL, 10);
    long long block = strtoll(field[4], NULL, 10); /* 0 for - */

    if (set >= l->set_count)
        return;
    emit_object(l->e, NULL);
    tell_path(l, field[1]);
    emit_text(l->e, ": %s, %s", l->sets[set].type, l->sets[set].name);
    if (block)
        emit_text(l->e, ", sharded: the first %lld bytes", block);
    emit_text(l->e, "\n");
    emit_str(l->e, "type", l->sets[set].type);
    emit_str(l->e, "subvolume", l->sets[set].name);
    if (block)
        emit_num(l->e, "shardBlockSize", block);
    emit_list(l->e, "bricks", "brick");
    for (char *rest = field[3], *number; (number = strsep(&rest, ","));)
        tell_brick(l, number);
    emit_list_end(l->e);
    emit_object_end(l->e);
}

static int
add_brick(struct locate *l, char **field)
{
    struct brick *list = reallocarray(l->bricks, l->brick_count + 1, sizeof(*list));

    if (!list)
        return -ENOMEM;
    l->bricks = list;
    list[l->brick_count++] = (struct brick){strdup(field[4]), strdup(field[5]),
                                            !strcmp(field[6], "arbiter")};
    return list[l->brick_count - 1].server && list[l->brick_count - 1].path ? 0 : -ENOMEM;
}

static int
add_set(struct locate *l, char **field)
{
    struct set *list = reallocarray(l->sets, l->set_count + 1, sizeof(*list));

    if (!list)
        return -ENOMEM;
    l->sets = list;
    list[l->set_count++] = (struct set){strdup(field[2]), strdup(field[3])};
    return list[l->set_count - 1].name && list[l->set_count - 1].type ? 0 : -ENOMEM;
}

/* Kept, too: the list of errors comes after that of files. 0 or -ENOMEM. */
static int
add_error(struct locate *l, const char *path, int number, const char *reason)
{
    struct error *list = reallocarray(l->errors, l->error_count + 1, sizeof(*list));

    if (!list)
        return -ENOMEM;
    l->errors = list;
    list[l->error_count++] = (struct error){strdup(path), strdup(reason), number};
    return list[l->error_count - 1].path && list[l->error_count - 1].reason ? 0 : -ENOMEM;
}

/* error PATH ERRNO TEXT */
static int
take_error(struct locate *l, char **field)
{
    AUTO_STRBUF struct strbuf shown = STRBUF_INIT;
    int number = atoi(field[2]);

    escape_name(&shown, field[1]);
    emit_fail(l->e, command, number, "%s: %s", strbuf_text(&shown), field[3]);
    return add_error(l, field[1], number, field[3]);
}

static void
tell_errors(struct locate *l)
{
    emit_list(l->e, "errors", "error");
    for (size_t i = 0; i < l->error_count; i++) {
        emit_object(l->e, NULL);
        emit_path(l, l->errors[i].path ? l->errors[i].path : "");
        emit_num(l->e, "errno", l->errors[i].number);
        emit_str(l->e, "reason", l->errors[i].reason);
        emit_object_end(l->e);
    }
    emit_list_end(l->e);
}

static int
take_record(struct locate *l, char **field, size_t count)
{
    if (!strcmp(field[0], "file") && count >= 5) {
        tell_file(l, field);
    } else if (!strcmp(field[0], "error") && count >= 4) {
        return take_error(l, field);
    } else if (!strcmp(field[0], "brick") && count >= 7) {
        return add_brick(l, field);
    } else if (!strcmp(field[0], "set") && count >= 4) {
        return add_set(l, field);
    } else if (!strcmp(field[0], "end")) {
        l->ended = true;
    }
    return 0;
}

/* The fields of one record; their room is used again for the next. */
struct record {
    char *field[FIELDS_MAX];
    size_t room[FIELDS_MAX], count;
};

static void
record_free(struct record *record)
{
    for (int i = 0; i < FIELDS_MAX; i++)
        free(record->field[i]);
}

/* Records until the stream's end. 0 or -ENOMEM. */
static int
read_records(struct locate *l, FILE *in)
{
    AUTO(record_free) struct record r = {0};
    int ret = 0;

    while (!ret && r.count < FIELDS_MAX) {
        if (getdelim(&r.field[r.count], &r.room[r.count], 0, in) < 0)
            return ferror(in) ? -EIO : 0;
        if (*r.field[r.count]) {
            r.count++;
            continue;
        }
        if (r.count)
            ret = take_record(l, r.field, r.count);
        r.count = 0;
    }
    return ret ? ret : -EPROTO;
}

/* Starts the program; *out is its output, messages are what it says beside that. 0 or -errno. */
static int
start(char *const *argv, FILE *messages, FILE **out, pid_t *pid)
{
    int ends[2];

    fflush(NULL);
    if (pipe(ends))
        return -errno;
    *pid = fork();
    if (!*pid) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(fileno(messages), STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        execv(PROGRAM, argv);
        fprintf(stderr, PROGRAM ": %s: is volext installed completely?\n", strerror(errno));
        _exit(127);
    }
    int ret = *pid < 0 ? -errno : 0;

    close(ends[1]);
    if (!ret)
        *out = fdopen(ends[0], "r");
    if (ret || !*out) {
        close(ends[0]);
        return ret ? ret : -ENOMEM;
    }
    return 0;
}

/* Its own messages begin with its name and end a line: here they are a sentence. Which is
 * an error of the whole volume. 0 or -ENOMEM. */
static int
fail_with(struct locate *l, const char *volume, FILE *messages)
{
    char text[2048] = "";
    const char *begin = text;

    rewind(messages);
    size_t len = fread(text, 1, sizeof(text) - 1, messages);

    while (len && text[len - 1] == '\n')
        text[--len] = 0;
    if (!strncmp(begin, "volext-locate: ", 15))
        begin += 15;
    if (!*begin)
        begin = PROGRAM " ended early";
    emit_fail(l->e, command, EIO, "%s", begin);
    return add_error(l, volume, EIO, begin);
}

static int
locate(struct cli *cli, struct locate *l, const char *volume, int argc, char **argv)
{
    AUTO_WORDS struct words words = WORDS_INIT;
    AUTO_FCLOSE FILE *messages = tmpfile();
    FILE *out = NULL;
    pid_t pid = -1;

    words_add(&words, PROGRAM);
    words_add(&words, "-s");
    words_add(&words, cli->socket);
    words_add(&words, "--");
    words_add(&words, volume);
    for (int i = 0; i < argc; i++)
        words_addf(&words, "/%s", argv[i] + strspn(argv[i], "/"));
    if (words.failed || !messages)
        return -ENOMEM;
    int ret = start((char *const *)words.list, messages, &out, &pid);

    if (ret)
        return ret;
    ret = read_records(l, out);
    fclose(out);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    if (!ret && !l->ended)
        ret = fail_with(l, volume, messages);
    return ret;
}

int
cmd_volume_locate(struct cli *cli, int argc, char **argv)
{
    AUTO_REPLY struct reply volume = REPLY_INIT;
    AUTO(locate_free) struct locate l = {.e = emit_begin(cli->format)};

    if (argc < 2) {
        emit_fail(l.e, NULL, EINVAL, "\nUsage:\nvolume locate VOLNAME PATH...\n");
        return emit_end(l.e);
    }
    for (int i = 1; i < argc; i++)
        if (!*argv[i]) {
            emit_fail(l.e, command, EINVAL, "a PATH is empty: name a file or a folder of %s, or / "
                      "for all of it", argv[0]);
            return emit_end(l.e);
        }
    int ret = volume_fetch(cli, argv[0], &volume);

    if (ret == -ENOENT) {
        emit_fail(l.e, command, ENOENT, "Volume %s does not exist", argv[0]);
        return emit_end(l.e);
    }
    if (ret)
        return rpc_fail(cli, l.e, command, ret);
    emit_object(l.e, "volLocate");
    emit_str(l.e, "volName", argv[0]);
    emit_list(l.e, "files", "file");
    ret = locate(cli, &l, argv[0], argc - 1, argv + 1);
    emit_list_end(l.e);
    tell_errors(&l);
    emit_object_end(l.e);
    if (ret)
        emit_fail(l.e, command, -ret, PROGRAM ": %s", strerror(-ret));
    return emit_end(l.e);
}
