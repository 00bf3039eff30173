/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * gfind: what changed on a GlusterFS volume since the last time.
 */
#include "gfind/gfind.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <time.h>

#include "common/line.h"
#include "common/strbuf.h"

#define STATE "/var/lib/volext/gfind"

static const char usage[] =
    "usage: gfind [OPTION]... VOLUME SESSION\n"
    "       gfind --ack VOLUME SESSION\n"
    "       gfind --list [VOLUME]\n"
    "       gfind --delete VOLUME SESSION\n"
    "       gfind --from-changelog [--since TIME] [OPTION]... BRICK...\n"
    "\n"
    "Prints what was created, modified, changed, moved and deleted on a GlusterFS volume since\n"
    "the time that was acknowledged in this session; the first time all that there is.\n"
    "\n"
    "VOLUME is VOLUME (of this machine's glusterd), VOLUME:FOLDER (the same as --path),\n"
    "SERVER:VOLUME or a path on a mount of it;\n"
    "SESSION a name that you choose.\n"
    "\n"
    "  -a, --ack            what was printed last is used: the next time what comes after it\n"
    "  -c, --commit         print, and acknowledge it at once when all has been written\n"
    "  -l, --list           the sessions of this machine\n"
    "  -d, --delete         forget a session\n"
    "  -0, --null           each word, path and path moved to ends with a NUL, as it is\n"
    "  -j, --json           a JSON object per line\n"
    "  -p, --path PATH      only what is at PATH of the volume, or below it\n"
    "  -t, --type f|d       only what is no folder; only folders\n"
    "  -n, --anew           all that there is, whatever was acknowledged\n"
    "  -s, --still          end with 4 if nothing at all was done, not even what left no trace\n"
    "  -q, --quiet          no progress on a terminal\n"
    "      --from-changelog what the journals of GlusterFS's own changelog have, on bricks of this\n"
    "                       machine: BRICK is a brick's folder, or that of its journal\n"
    "      --since TIME     of that, only since TIME: seconds since 1970, or 2026-01-31T12:00\n"
    "      --state FOLDER   of sessions; " STATE "\n"
    "      --log FILE       what libgfapi logs\n"
    "  -h, --help\n"
    "  -V, --version\n"
    "\n"
    "Ends with 0; 1: an error; 3: there is a gap in what is known.\n";

enum action { PRINT, ACK, LIST, DELETE, HISTORY };
enum { OPT_STATE = 256, OPT_LOG, OPT_FROM_CHANGELOG, OPT_SINCE };

static const struct option longs[] = {
    {"ack", no_argument, NULL, 'a'},
    {"commit", no_argument, NULL, 'c'},
    {"list", no_argument, NULL, 'l'},
    {"delete", no_argument, NULL, 'd'},
    {"null", no_argument, NULL, '0'},
    {"json", no_argument, NULL, 'j'},
    {"path", required_argument, NULL, 'p'},
    {"type", required_argument, NULL, 't'},
    {"anew", no_argument, NULL, 'n'},
    {"still", no_argument, NULL, 's'},
    {"quiet", no_argument, NULL, 'q'},
    {"from-changelog", no_argument, NULL, OPT_FROM_CHANGELOG},
    {"since", required_argument, NULL, OPT_SINCE},
    {"state", required_argument, NULL, OPT_STATE},
    {"log", required_argument, NULL, OPT_LOG},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

/* ---- the command line --------------------------------------------------------------------- */

/* "/a//b/" is /a/b, "/" and "" are all: "". */
static char *
clean_path(const char *path)
{
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;

    strbuf_str(&out, "");
    for (size_t len; *(path += strspn(path, "/")); path += len) {
        len = strcspn(path, "/");
        if (len == 1 && *path == '.')
            continue;
        strbuf_char(&out, '/');
        strbuf_add(&out, path, len);
    }
    return out.len ? strbuf_take(&out) : strdup("");
}

static bool
take_type(const char *text, struct options *o)
{
    o->show.type = *text == 'd' ? SHOW_FOLDERS : SHOW_FILES;
    if ((*text == 'd' || *text == 'f') && !text[1])
        return true;
    fprintf(stderr, PROGRAM ": --type %s: there are f (what is no folder) and d (folders)\n", text);
    return false;
}

static bool
take_since(const char *text, struct options *o)
{
    if (history_since(text, &o->since))
        return true;
    fprintf(stderr, PROGRAM ": --since %s: seconds since 1970 are wanted, or a time as "
            "2026-01-31T12:00:00\n", text);
    return false;
}

/* False: it is wrong, and that was said. */
static bool
take_option(int option, struct options *o, enum action *action)
{
    switch (option) {
    case 'a': *action = ACK; return true;
    case 'l': *action = LIST; return true;
    case 'd': *action = DELETE; return true;
    case 'c': return o->commit = true;
    case '0': o->show.form = SHOW_NULL; return true;
    case 'j': o->show.form = SHOW_JSON; return true;
    case 'p': return (o->show.below = clean_path(optarg)) != NULL;
    case 't': return take_type(optarg, o);
    case 'n': return o->anew = true;
    case 's': return o->still = true;
    case 'q': return o->quiet = true;
    case OPT_FROM_CHANGELOG: *action = HISTORY; return true;
    case OPT_SINCE: return take_since(optarg, o);
    case OPT_STATE: o->state = optarg; return true;
    case OPT_LOG: o->log_file = optarg; return true;
    case 'h': fputs(usage, stdout); connect_leave(PROGRAM, DONE);
    case 'V': puts("gfind (volext) " PKGVERSION); connect_leave(PROGRAM, DONE);
    default: fprintf(stderr, "gfind --help tells more\n"); return false;
    }
}

static bool
take_words(struct options *o, enum action action, int count, char **words)
{
    if (action == HISTORY && !count)
        fprintf(stderr, PROGRAM ": --from-changelog takes folders of bricks of this machine\n");
    else if (action != HISTORY && o->since)
        fprintf(stderr, PROGRAM ": --since is for --from-changelog: a session remembers where it is\n");
    if (action == HISTORY || o->since)
        return action == HISTORY && count;
    o->spec = count > 0 ? words[0] : NULL;
    o->name = count > 1 ? words[1] : NULL;
    if (count > 2 || (action == LIST ? count > 1 : count < 2)) {
        fprintf(stderr, PROGRAM ": %s\n", action == LIST ? "--list takes one VOLUME, or none"
                        : count > 2 ? "one VOLUME and one SESSION are wanted"
                                    : "a VOLUME and a SESSION are wanted; gfind --help tells more");
        return false;
    }
    if (!o->name || session_is_name(o->name))
        return true;
    fprintf(stderr, PROGRAM ": %s: a session's name has 1 to %d letters, digits, `.`, `_` and `-`, "
            "and does not begin with a dot\n", o->name, SESSION_NAME_MAX);
    return false;
}

/* ---- what is done ------------------------------------------------------------------------- */

static enum status
session_trouble(const struct options *o, const char *volume, int error)
{
    if (error == -EBUSY)
        fprintf(stderr, PROGRAM ": session %s of volume %s is in use by another gfind: wait for "
                "its end\n", o->name, volume);
    else if (error == -EBADMSG)
        fprintf(stderr, PROGRAM ": the file %s/%s/%s is damaged: remove it, and begin anew\n",
                o->state, volume, o->name);
    else if (error == -ENOENT)
        fprintf(stderr, PROGRAM ": volume %s has no session %s here: gfind --list shows them\n",
                volume, o->name);
    else
        fprintf(stderr, PROGRAM ": session %s in %s/%s: %s%s\n", o->name, o->state, volume,
                strerror(-error),
                error == -EACCES ? "; run it as root: only root may read a volume's changes" : "");
    return FAILED;
}

static enum status
acknowledge(const struct options *o, const char *volume)
{
    AUTO_SESSION struct session session = SESSION_INIT;
    int ret = session_find(o->state, volume, o->name, &session);

    if (ret)
        return session_trouble(o, volume, ret);
    if (!session.printed) {
        fprintf(stderr, PROGRAM ": nothing was printed to its end that could be acknowledged: gfind "
                "%s %s prints it\n", o->spec, o->name);
        return FAILED;
    }
    session.acked = session.printed;
    session.acked_time = session.printed_time;
    ret = session_save(&session);
    return ret ? session_trouble(o, volume, ret) : DONE;
}

static enum status
forget(const struct options *o, const char *volume)
{
    AUTO_SESSION struct session session = SESSION_INIT;
    int ret = session_find(o->state, volume, o->name, &session);

    if (ret && ret != -EBADMSG)
        return session_trouble(o, volume, ret);
    if (run_forget(o, &session))
        fprintf(stderr, PROGRAM ": the bricks keep the session's place until it is the oldest of "
                "many\n");
    ret = session_remove(&session);
    return ret ? session_trouble(o, volume, ret) : DONE;
}

static enum status
print(const struct options *o, const char *volume)
{
    AUTO_SESSION struct session session = SESSION_INIT;
    int ret = session_open(o->state, volume, o->name, &session);

    if (ret)
        return session_trouble(o, volume, ret);
    enum status status = run(o, &session);

    if (status == FAILED && !session.there)
        session_remove(&session); /* a name that was mistyped leaves nothing */
    return status;
}

static int
list_one(void *arg, const char *volume, const char *name, const struct session *session)
{
    const struct options *o = arg;
    struct timespec time = {0};
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;

    if (session && session->acked)
        time.tv_sec = (time_t)(session->acked_time / 1000000000);
    line_time(&text, session && session->acked ? "%Y-%m-%dT%H:%M:%S%z" : "-", &time);
    const char *state = !session         ? "damaged"
                        : session->printed && session->printed != session->acked ? "printed"
                        : session->acked ? "acknowledged" : "new";

    if (o->show.form == SHOW_JSON) {
        AUTO_STRBUF struct strbuf line = STRBUF_INIT;
        struct json j = {.out = &line};

        json_object_begin(&j, NULL);
        json_string(&j, "volume", volume);
        json_string(&j, "session", name);
        json_string(&j, "acknowledged", session && session->acked ? text.data : NULL);
        json_string(&j, "state", state);
        json_object_end(&j);
        puts(strbuf_text(&line));
    } else {
        printf("%s %s %s %s\n", volume, name, strbuf_text(&text), state);
    }
    return 0;
}

/* `v1:dir` is a folder of v1, if this machine's glusterd has a volume v1; else the volume dir of a server
 * v1. False: out of memory. */
static bool
split_folder(struct options *o, char **volume)
{
    size_t colon = strcspn(o->spec, ":");

    if (!o->spec[colon] || !colon || memchr(o->spec, '/', colon))
        return true;
    AUTO_FREE char *info = str_fmt("%s/vols/%.*s/info", GLUSTERD_WORKDIR, (int)colon, o->spec);

    if (!info || access(info, F_OK))
        return info;
    if (!o->show.below)
        o->show.below = clean_path(o->spec + colon + 1);
    o->spec = *volume = strndup(o->spec, colon);
    return o->spec && o->show.below;
}

/* The name of the volume that was meant, and the folder of it as the path. */
static enum status
act(struct options *o, enum action action)
{
    AUTO_FREE char *volume = NULL;
    AUTO_PLACE struct connect_place place = CONNECT_PLACE_INIT;
    AUTO_FREE char *why = NULL;
    const struct connect_options how = {.program = PROGRAM};

    if (o->spec && !split_folder(o, &volume)) {
        fprintf(stderr, PROGRAM ": out of memory\n");
        return FAILED;
    }
    if (o->spec && connect_place_find(o->spec, &how, &place, &why)) {
        fprintf(stderr, PROGRAM ": %s\n", why ? why : "out of memory");
        return FAILED;
    }
    if (o->spec && !o->show.below && strcmp(place.dir, "/") != 0)
        o->show.below = clean_path(place.dir);
    switch (action) {
    case ACK: return acknowledge(o, place.volume);
    case DELETE: return forget(o, place.volume);
    case LIST: return session_list(o->state, place.volume, list_one, o) ? FAILED : DONE;
    case HISTORY:
    case PRINT: break;
    }
    return print(o, place.volume);
}

int
main(int argc, char **argv)
{
    struct options o = {.state = STATE, .show.out = stdout, .quiet = !isatty(STDERR_FILENO)};
    enum action action = PRINT;

    for (int option; (option = getopt_long(argc, argv, "acld0jp:t:nsqhV", longs, NULL)) != -1;)
        if (!take_option(option, &o, &action))
            return FAILED;
    if (!take_words(&o, action, argc - optind, argv + optind))
        return FAILED;
    if (action == HISTORY)
        connect_leave(PROGRAM, history_run(&o, argv + optind, (unsigned)(argc - optind)));
    connect_leave(PROGRAM, act(&o, action));
}
