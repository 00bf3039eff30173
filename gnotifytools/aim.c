/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * What gnotifywait and gnotifywatch have in common; see aim.h.
 */
#include "gnotifytools/aim.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>

#include "gfapi/connect.h"

void
aim_say(const struct aim *a, const char *format, ...)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    va_list args;

    va_start(args, format);
    strbuf_vfmt(&text, format, args);
    va_end(args);
    if (a->syslog)
        syslog(LOG_ERR, "%s", strbuf_text(&text));
    else
        fprintf(stderr, "%s: %s\n", a->program, strbuf_text(&text));
}

void
aim_leave(const struct aim *a, int status)
{
    if (fflush(stdout) || ferror(stdout)) {
        aim_say(a, "cannot write to standard output: %s", strerror(errno));
        status = 1;
    }
    fflush(stderr);
    /* not exit(): threads of libgfapi run on, and what it would free they still use */
    _exit(status);
}

/* ---- options ----------------------------------------------------------------- */

int
aim_next(const struct aim *a, int argc, char **argv, const char *shorts,
         const struct option *longs, const char *usage)
{
    int option = getopt_long(argc, argv, shorts, longs, NULL);

    if (option == 'h')
        fputs(usage, stdout);
    if (option == AIM_VERSION)
        printf("%s " PKGVERSION "\n", a->program);
    if (option == 'h' || option == AIM_VERSION)
        aim_leave(a, 0);
    if (option == '?')
        fprintf(stderr, "`%s --help` lists the options\n", a->program);
    return option;
}

static bool
set_pattern(struct aim *a, const char *pattern, bool include, bool any_case)
{
    char why[256];

    if (a->pattern && (a->include != include || a->any_case != any_case)) {
        aim_say(a, "of --include, --includei, --exclude and --excludei only one can be given");
        return false;
    }
    if (a->pattern) {
        fprintf(stderr, "--%sclude%s: only the last option will be taken into consideration.\n",
                include ? "in" : "ex", any_case ? "i" : "");
        regfree(&a->regex);
    }
    a->pattern = NULL;
    int error = regcomp(&a->regex, pattern, REG_EXTENDED | REG_NOSUB | (any_case ? REG_ICASE : 0));

    if (error) {
        regerror(error, &a->regex, why, sizeof(why));
        aim_say(a, "%s is no regular expression: %s", pattern, why);
        return false;
    }
    a->pattern = pattern;
    a->include = include;
    a->any_case = any_case;
    return true;
}

/* inotify-tools have `unmount`, too, which no volume tells: it is taken beside others. */
static bool
set_events(struct aim *a, const char *list)
{
    AUTO_STRBUF struct strbuf told = STRBUF_INIT;

    strbuf_str(&told, "");
    for (size_t len; *(list += strspn(list, ",")); list += len) {
        len = strcspn(list, ",");
        if (len == 7 && !strncasecmp(list, "unmount", len)) {
            a->unmount = true;
            continue;
        }
        strbuf_str(&told, told.len ? "," : "");
        strbuf_add(&told, list, len);
    }
    if (!told.len && a->unmount)
        return true;
    if (!strbuf_failed(&told) && !gnotify_parse_events(strbuf_text(&told), &a->mask))
        return true;
    aim_say(a, "'%s' is not a valid event!  Run with the '--help' option to see a list of events.",
            strbuf_text(&told));
    return false;
}

/* A word is added as it is; aim_words looks into it. */
static bool
add_word(struct aim *a, const char *word)
{
    struct aim_path *paths = realloc(a->paths, (a->count + 1) * sizeof(*paths));

    if (paths)
        a->paths = paths;
    if (!paths || !(paths[a->count].word = strdup(word))) {
        aim_say(a, "out of memory");
        return false;
    }
    paths[a->count].path = NULL;
    paths[a->count++].wd = 0;
    return true;
}

static bool
leave_out(struct aim *a, const char *word)
{
    char **list = realloc(a->left_out, (a->left_out_count + 1) * sizeof(*list));

    if (list)
        a->left_out = list;
    if (!list || !(list[a->left_out_count] = strdup(word))) {
        aim_say(a, "out of memory");
        return false;
    }
    a->left_out_count++;
    return true;
}

static bool
take_word(struct aim *a, const char *word)
{
    return *word == '@' ? leave_out(a, word + 1) : add_word(a, word);
}

static bool
from_file(struct aim *a, const char *name)
{
    bool standard = !strcmp(name, "-"), good = true;
    AUTO_FCLOSE FILE *opened = standard ? NULL : fopen(name, "re");
    FILE *f = standard ? stdin : opened;
    AUTO_FREE char *line = NULL;
    size_t room = 0;

    if (!f) {
        aim_say(a, "cannot open %s: %s", name, strerror(errno));
        return false;
    }
    while (good && getline(&line, &room, f) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        good = !*line || take_word(a, line);
    }
    return good;
}

static bool
take(struct aim *a, int option, const char *value)
{
    switch (option) {
    case 'r':
        return a->recursive = true;
    case 'P':
        return a->no_follow = true;
    case 'q':
        return ++a->quiet;
    case 'e':
        return set_events(a, value);
    case AIM_EXCLUDE:
    case AIM_EXCLUDEI:
        return set_pattern(a, value, false, option == AIM_EXCLUDEI);
    case AIM_INCLUDE:
    case AIM_INCLUDEI:
        return set_pattern(a, value, true, option == AIM_INCLUDEI);
    case AIM_FROMFILE:
        return from_file(a, value);
    default: /* AIM_LOG */
        a->log_file = value;
        return true;
    }
}

bool
aim_option(struct aim *a, int option, const char *value)
{
    if (!strchr("rPqe", option) && (option < AIM_EXCLUDE || option > AIM_LOG))
        return false;
    a->wrong = !take(a, option, value);
    return !a->wrong;
}

bool
aim_seconds(struct aim *a, const char *text, long *seconds)
{
    char *end;

    errno = 0;
    *seconds = strtol(text, &end, 10);
    if (!errno && end != text && !*end && *seconds < INT32_MAX / 1000)
        return true;
    aim_say(a, "'%s' is not a valid timeout value.\nPlease specify a long int value.", text);
    return false;
}

/* ---- what is meant --------------------------------------------------------------- */

static bool
is_path(const char *word)
{
    size_t slash = strcspn(word, "/");

    return !strcmp(word, ".") || !strcmp(word, "..") ||
           (word[slash] && slash < strcspn(word, ":"));
}

static bool
same_text(const char *x, const char *y)
{
    return x == y || (x && y && !strcmp(x, y));
}

/* How gnotify_init is told of a place. */
static bool
set_volume(struct aim *a, const struct connect_place *place)
{
    const char *server = place->server;

    if (server && *server == '/') {
        a->socket = strdup(server);
        server = NULL;
    }
    a->volume = !server              ? strdup(place->volume)
                : strchr(server, ':') ? str_fmt("[%s]:%s", server, place->volume)
                                      : str_fmt("%s:%s", server, place->volume);
    return a->volume;
}

/* All paths are on mounts of one volume. */
static bool
find_on_mounts(struct aim *a)
{
    const struct connect_options options = {.program = a->program, .no_follow = a->no_follow};
    AUTO_PLACE struct connect_place first = CONNECT_PLACE_INIT;

    for (size_t i = 0; i < a->count; i++) {
        AUTO_PLACE struct connect_place place = CONNECT_PLACE_INIT;
        const char *word = a->paths[i].word;
        bool dots = !strchr(word, '/');
        AUTO_FREE char *spec = str_fmt("%s%s", word, dots ? "/" : ""), *why = NULL;

        if (!spec || connect_place_find(spec, &options, &place, &why)) {
            if (!a->quiet || why)
                aim_say(a, "Couldn't watch %s: %s", word, why ? why : "out of memory");
            return false;
        }
        if (i && (!same_text(first.volume, place.volume) || !same_text(first.server, place.server))) {
            aim_say(a, "%s is on volume %s, and %s on volume %s: one of these at a time", word,
                    place.volume, a->paths[0].word, first.volume);
            return false;
        }
        a->paths[i].path = TAKE(place.dir);
        if (!i) {
            first = place;
            place = (struct connect_place)CONNECT_PLACE_INIT;
        }
    }
    return set_volume(a, &first);
}

/* The first word is the volume. */
static bool
take_volume(struct aim *a)
{
    a->volume = a->paths[0].word;
    if (a->count == 1) { /* all of it, or the folder that its name has in it */
        a->paths[0].word = strdup(a->volume);
        a->paths[0].path = strdup("");
        return a->paths[0].word && a->paths[0].path;
    }
    memmove(a->paths, a->paths + 1, --a->count * sizeof(a->paths[0]));
    for (size_t i = 0; i < a->count; i++) {
        if (!(a->paths[i].path = strdup(a->paths[i].word)))
            return false;
    }
    return true;
}

bool
aim_words(struct aim *a, char *const *words, int count)
{
    /* those of --fromfile are there already, and come behind these */
    size_t before = a->count;

    for (int i = 0; i < count; i++) {
        if (!take_word(a, words[i]))
            return false;
    }
    for (size_t n = a->count; before && n > before; before--) {
        struct aim_path first = a->paths[0];

        memmove(a->paths, a->paths + 1, (n - 1) * sizeof(first));
        a->paths[n - 1] = first;
    }
    if (!a->count) {
        aim_say(a, "No files specified to watch!  VOLUME PATH... or paths on a mount are needed; "
                "--help tells more.");
        return false;
    }
    if (!a->mask && a->unmount) {
        aim_say(a, "a volume tells of no unmount: -e needs another event, too");
        return false;
    }
    if (!a->mask)
        a->mask = GNOTIFY_ALL_EVENTS;
    return is_path(a->paths[0].word) ? find_on_mounts(a) : take_volume(a);
}

/* ---- watching ----------------------------------------------------------------------- */

/* What the library is asked for, so that what inotify-tools show can be made of it. */
static uint32_t
library_mask(const struct aim *a)
{
    uint32_t mask = a->mask;

    if (a->recursive) {
        mask |= mask & GNOTIFY_DELETE_SELF ? GNOTIFY_DELETE : 0;
        mask |= mask & GNOTIFY_MOVE_SELF ? GNOTIFY_MOVE : 0;
    }
    return mask;
}

static int
watch(struct aim *a, struct gnotify *g, struct aim_path *p)
{
    uint32_t mask = library_mask(a) | a->crawl | (a->no_follow ? GNOTIFY_DONT_FOLLOW : 0) |
                    (a->recursive ? GNOTIFY_RECURSIVE : 0);
    bool folder = true;

    p->wd = gnotify_add_watch(g, p->path, mask | GNOTIFY_ONLYDIR);
    if (p->wd == -ENOTDIR) {
        folder = false;
        p->wd = gnotify_add_watch(g, p->path, mask);
    }
    if (p->wd < 0) {
        aim_say(a, "Couldn't watch %s: %s", p->word, gnotify_error(g));
        return p->wd;
    }
    size_t len = strlen(p->word);

    if (folder && (!len || p->word[len - 1] != '/')) {
        char *word = str_fmt("%s/", p->word);

        if (!word)
            return -ENOMEM;
        free(p->word);
        p->word = word;
    }
    return 0;
}

int
aim_open(struct aim *a, const struct gnotify_options *options, struct gnotify **out)
{
    struct gnotify_options o = *options;
    struct gnotify *g;
    int ret;

    o.size = sizeof(o);
    o.socket = a->socket;
    o.log_file = a->log_file;
    o.events = library_mask(a);
    ret = gnotify_init(&g, a->volume, &o);
    if (ret) {
        aim_say(a, "%s", gnotify_error(NULL));
        return ret;
    }
    for (size_t i = 0; i < a->count && !ret; i++)
        ret = watch(a, g, &a->paths[i]);
    *out = g;
    return ret;
}
