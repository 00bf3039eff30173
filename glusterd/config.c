/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * /etc/glusterfs/volext.conf: lines `key = value`; what begins with # is for people. See
 * config.h.
 */
#include "glusterd/config.h"

#include <ctype.h>
#include <errno.h>

#include "common/file.h"
#include "common/log.h"
#include "common/onoff.h"
#include "common/strbuf.h"

enum { CONFIG_MAX = 65536 };

static char *
trim(char *text)
{
    size_t len;

    while (isspace((unsigned char)*text))
        text++;
    len = strlen(text);
    while (len && isspace((unsigned char)text[len - 1]))
        text[--len] = '\0';
    return text;
}

static void
take_line(struct config *config, char *line, int number)
{
    char *key = trim(line);
    char *equals = strchr(key, '=');

    if (!*key || *key == '#')
        return;
    if (equals)
        *equals = '\0';
    key = trim(key);
    if (!equals || strcmp(key, "resident")) {
        log_warn(CONFIGFILE ":%d: '%.64s' is not known here and is left out; known is: resident = "
                 "yes|no", number, key);
        return;
    }
    const char *value = trim(equals + 1);
    int on = onoff_parse(value);

    if (on < 0)
        log_warn(CONFIGFILE ":%d: resident is '%.64s'; give yes or no: it stays %s", number, value,
                 config->resident ? "yes" : "no");
    else
        config->resident = on;
}

static void
read_config(struct config *config)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    const char *why;
    int ret = file_read(CONFIGFILE, CONFIG_MAX, &text), number = 1;

    if (ret == -ENOENT)
        return;
    if (ret) {
        log_warn(CONFIGFILE " cannot be read: %s; everything in it stays at its default",
                 strerror(-ret));
        return;
    }
    if (!file_is_trusted(CONFIGFILE, &why)) {
        log_warn(CONFIGFILE " %s, so it is not read; give it and its folder to root, mode 0644 and "
                 "0755", why);
        return;
    }
    char *rest = text.data, *line;
    while (rest && (line = strsep(&rest, "\n")))
        take_line(config, line, number++);
}

const struct config *
config_get(void)
{
    static struct config config = {.resident = true};
    static bool done;

    if (!done)
        read_config(&config);
    done = true;
    return &config;
}
