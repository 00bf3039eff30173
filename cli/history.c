/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The history file; see history.h. Root writes it, so the way to it is checked:
 * it is opened below the account's home from the password file (not $HOME, which
 * sudo may leave as somebody else's), without following a link, and refused when
 * others could have made it.
 */
#include "cli/history.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <stdio.h>
#include <readline/history.h>

#include "common/cleanup.h"
#include "common/strbuf.h"

#define HISTORY_NAME ".gluster_history"

enum {
    HISTORY_LINES = 1000,      /* that are offered */
    HISTORY_BYTES = 256 * 1024 /* the file is cut to those lines above this */
};

/* Why the folder or the file cannot be used, or NULL. */
static const char *
what_is_wrong(int fd, mode_t type, mode_t forbidden)
{
    struct stat st;

    if (fstat(fd, &st))
        return strerror(errno);
    if ((st.st_mode & S_IFMT) != type)
        return "it is not a regular file";
    if (st.st_uid != geteuid())
        return "it belongs to another account";
    if (st.st_mode & forbidden)
        return "others may write to it";
    if (type == S_IFREG && st.st_nlink != 1)
        return "it has more than one name";
    return NULL;
}

static int
complain(const char *home, const char *why)
{
    fprintf(stderr, "history is not kept: %s/" HISTORY_NAME ": %s\n", home, why);
    return -1;
}

static int
open_file(const char *home)
{
    AUTO_CLOSE int dir = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const char *wrong = dir < 0 ? strerror(errno) : what_is_wrong(dir, S_IFDIR, S_IWGRP | S_IWOTH);

    if (wrong)
        return complain(home, wrong);
    /* O_NONBLOCK: a pipe in its place must not hold us */
    AUTO_CLOSE int fd = openat(dir, HISTORY_NAME,
                               O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
                                   O_CLOEXEC, 0600);
    wrong = fd < 0 ? strerror(errno) : what_is_wrong(fd, S_IFREG, S_IWGRP | S_IWOTH);
    if (!wrong && fchmod(fd, 0600))
        wrong = strerror(errno);
    if (wrong)
        return complain(home, wrong);
    int ret = fd;
    fd = -1;
    return ret;
}

static void
read_all(int fd, struct strbuf *text)
{
    char buf[16384];
    ssize_t n;

    while ((n = read(fd, buf, sizeof(buf))) > 0)
        strbuf_add(text, buf, (size_t)n);
}

/* The start of the last HISTORY_LINES lines. */
static size_t
last_lines(const struct strbuf *text)
{
    int lines = 0;

    for (size_t i = text->len; i > 0; i--)
        if (text->data[i - 1] == '\n' && lines++ == HISTORY_LINES)
            return i;
    return 0;
}

static void
cut(int fd, const struct strbuf *text, size_t from)
{
    size_t len = text->len - from;

    if (ftruncate(fd, 0) || write(fd, text->data + from, len) != (ssize_t)len)
        fprintf(stderr, "history: %s\n", strerror(errno));
}

int
history_open(void)
{
    struct passwd *account = getpwuid(geteuid());
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    int fd = account ? open_file(account->pw_dir) : -1;

    if (fd < 0)
        return -1;
    flock(fd, LOCK_EX); /* against another session that cuts it */
    read_all(fd, &text);
    size_t from = strbuf_failed(&text) || !text.len ? 0 : last_lines(&text);
    if (text.len > HISTORY_BYTES && !strbuf_failed(&text))
        cut(fd, &text, from);
    flock(fd, LOCK_UN);

    char *save = NULL;
    for (char *line = text.data ? strtok_r(text.data + from, "\n", &save) : NULL; line;
         line = strtok_r(NULL, "\n", &save))
        add_history(line);
    return fd;
}

void
history_add(int fd, const char *line)
{
    HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;

    if (!*line || *line == ' ' || (last && !strcmp(last->line, line)))
        return;
    add_history(line);
    AUTO_FREE char *text = str_fmt("%s\n", line);
    if (fd >= 0 && text && write(fd, text, strlen(text)) < 0)
        fprintf(stderr, "history: %s\n", strerror(errno));
}
