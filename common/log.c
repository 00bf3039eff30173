/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volext's log; see log.h.
 */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <time.h>

#include "strbuf.h"

static int log_fd = -1;
static char *log_path; /* to be opened with the first line */
static const char *log_who = "volext";

int
log_open(const char *path, const char *who)
{
    log_close();
    log_who = who;
    log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
                  0600);
    return log_fd < 0 ? -errno : 0;
}

int
log_open_later(const char *path, const char *who)
{
    log_close();
    log_who = who;
    log_path = strdup(path);
    return log_path ? 0 : -ENOMEM;
}

void
log_close(void)
{
    if (log_fd >= 0)
        close(log_fd);
    log_fd = -1;
    free(log_path);
    log_path = NULL;
}

static void
add_timestamp(struct strbuf *line)
{
    struct timespec now;
    struct tm tm;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strbuf_fmt(line, "[%04d-%02d-%02d %02d:%02d:%02d.%06ld +0000] ",
               tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
               tm.tm_min, tm.tm_sec, now.tv_nsec / 1000);
}

static void
add_clean(struct strbuf *line, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c < 0x20 || *c == 0x7f)
            strbuf_fmt(line, "\\x%02x", *c);
        else
            strbuf_char(line, (char)*c);
    }
}

static void PRINTF_LIKE(2, 0)
log_line(char level, const char *fmt, va_list args)
{
    AUTO_STRBUF struct strbuf line = STRBUF_INIT, text = STRBUF_INIT;

    strbuf_vfmt(&text, fmt, args);
    if (log_path) {
        AUTO_FREE char *path = TAKE(log_path);

        log_open(path, log_who); /* if it cannot be: standard error */
    }
    if (log_fd >= 0) {
        add_timestamp(&line);
        strbuf_fmt(&line, "%c [%s] ", level, log_who);
    } else
        strbuf_fmt(&line, "%s: ", log_who);
    add_clean(&line, strbuf_text(&text));
    strbuf_char(&line, '\n');

    int fd = log_fd >= 0 ? log_fd : STDERR_FILENO;
    if (!strbuf_failed(&line) && write(fd, line.data, line.len) < 0)
        return; /* a full disk: nobody is left to be told */
}

#define LOG_FUNCTION(name, level)                                              \
    void name(const char *fmt, ...)                                            \
    {                                                                          \
        va_list args;                                                          \
                                                                               \
        va_start(args, fmt);                                                   \
        log_line(level, fmt, args);                                            \
        va_end(args);                                                          \
    }

LOG_FUNCTION(log_info, 'I')
LOG_FUNCTION(log_warn, 'W')
LOG_FUNCTION(log_err, 'E')
