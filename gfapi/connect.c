/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Connects to a volume through libgfapi and says why it cannot; see connect.h.
 */
#include "connect.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <glusterfs/api/glfs.h>

#include "common/strbuf.h"

enum {
    LOG_LEVEL = 7,        /* GF_LOG_INFO: what a mount logs */
    VOLFILE_TRIES = 5000, /* of a millisecond */
};

/* libgfapi tells no reason if this fails, and would try for a while; so look first. */
static int
try_socket(const char *path, char **why)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int e = errno;

    if (fd < 0 || strlen(path) >= sizeof(addr.sun_path)) {
        *why = str_fmt("%s: %s", path,
                       fd < 0 ? strerror(e) : "the name is too long for a socket");
        return fd < 0 ? -e : -ENAMETOOLONG;
    }
    memcpy(addr.sun_path, path, strlen(path) + 1);
    if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
        return 0;
    e = errno;
    if (e == EACCES || e == EPERM)
        *why = str_fmt("glusterd's socket %s is root's: run this as root, or name a server as "
                       "SERVER:VOLUME", path);
    else
        *why = str_fmt("no glusterd at %s (%s): start it (systemctl start glusterd), or name a "
                       "server as SERVER:VOLUME", path, strerror(e));
    return -e;
}

/* What libgfapi leaves in errno says little (EIO when no brick answers, also when all
 * refuse); whether it got a volfile says how far it came. */
static int
explain(const struct connect_options *options, const struct connect_place *place,
        struct glfs *fs, int e, char **why)
{
    const char *volume = place->volume;
    const char *server = place->server ? place->server : "this machine";
    bool volfile = glfs_get_volfile(fs, NULL, 0) != 0;

    if (e == ENOENT && !volfile)
        *why = str_fmt("there is no volume %s: glusterd of %s does not know it; `gluster volume "
                       "list` there names those it has", volume, server);
    else if (e == ENOTCONN && !volfile)
        *why = str_fmt("no glusterd answers at %s: is the name right, does it run, does a "
                       "firewall let port 24007 through?", server);
    else if (e == ENOTCONN || e == EIO)
        *why = str_fmt("no brick of volume %s can be reached, or none accepts this client: "
                       "`gluster volume start %s` if it is not started; `gluster volume status "
                       "%s` shows the bricks, auth.allow and auth.reject in `gluster volume "
                       "info %s` who may use them", volume, volume, volume, volume);
    else
        *why = str_fmt("cannot connect to volume %s at %s: %s%s", volume, server, strerror(e),
                       options->log_file ? "; the log says more" : "");
    return e ? -e : -EIO;
}

/* glusterd's socket, or NULL: it is reached by its server's name. */
static const char *
socket_of(const struct connect_options *options, const struct connect_place *place)
{
    if (!place->server)
        return options->socket ? options->socket : CONNECT_SOCKET;
    return *place->server == '/' ? place->server : NULL;
}

static int
prepare(struct glfs *fs, const struct connect_options *options,
        const struct connect_place *place, char **why)
{
    const char *server = place->server, *socket = socket_of(options, place);
    int ret = socket ? glfs_set_volfile_server(fs, "unix", socket, 0)
                     : glfs_set_volfile_server(fs, "tcp", server, 0);

    if (!ret)
        ret = glfs_set_logging(fs, options->log_file ? options->log_file : "/dev/null",
                               LOG_LEVEL);
    for (size_t i = 0; !ret && i < options->xlator_option_count; i++) {
        const struct connect_option *o = &options->xlator_options[i];

        ret = glfs_set_xlator_option(fs, o->xlator, o->key, o->value);
    }
    if (!ret)
        return 0;
    int e = errno;

    *why = str_fmt("cannot prepare the connection to volume %s%s%s: %s", place->volume,
                   options->log_file ? " with log " : "",
                   options->log_file ? options->log_file : "", strerror(e));
    return e ? -e : -EINVAL;
}

/* libgfapi is ready as soon as bricks answer, and takes note of the volfile after that;
 * programs look into it. */
static void
wait_for_volfile(struct glfs *fs)
{
    static const struct timespec pause = {.tv_nsec = 1000 * 1000};

    for (int tries = 0; tries < VOLFILE_TRIES && !glfs_get_volfile(fs, NULL, 0); tries++)
        nanosleep(&pause, NULL);
}

/* Like connect_volume_why(); what did not come up is *left, or NULL. */
static int
reach(const char *spec, const struct connect_options *options, struct glfs **fs,
      struct connect_place *place, struct glfs **left, char **why)
{
    AUTO_PLACE struct connect_place found = CONNECT_PLACE_INIT;

    *why = NULL;
    *left = NULL;
    int ret = connect_place_find(spec, options, &found, why);
    const char *socket = ret ? NULL : socket_of(options, &found);

    if (socket)
        ret = try_socket(socket, why);
    if (ret)
        return ret;
    struct glfs *connection = *left = glfs_new(found.volume);

    if (!connection) {
        *why = str_fmt("cannot begin a connection to volume %s: %s", found.volume,
                       strerror(errno));
        return -ENOMEM;
    }
    ret = prepare(connection, options, &found, why);
    if (ret)
        return ret;
    if (glfs_init(connection))
        return explain(options, &found, connection, errno, why);
    wait_for_volfile(connection);
    *left = NULL;
    *fs = connection;
    *place = found;
    found = (struct connect_place)CONNECT_PLACE_INIT;
    return 0;
}

static void *
take_down(void *fs)
{
    glfs_fini(fs);
    return NULL;
}

int
connect_volume_why(const char *spec, const struct connect_options *options,
                   struct glfs **fs, struct connect_place *place, char **why)
{
    struct glfs *left;
    int ret = reach(spec, options, fs, place, &left, why);
    sigset_t all, before;
    pthread_t thread;

    if (!left)
        return ret;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (!pthread_create(&thread, NULL, take_down, left))
        pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ret;
}

/* What did not come up is not taken down: the program ends. */
int
connect_volume(const char *spec, const struct connect_options *options,
               struct glfs **fs, struct connect_place *place)
{
    AUTO_FREE char *why = NULL;
    struct glfs *left;
    int ret = reach(spec, options, fs, place, &left, &why);

    if (ret)
        fprintf(stderr, "%s: %s\n", options->program, why ? why : strerror(-ret));
    return ret;
}

void
connect_leave(const char *program, int status)
{
    if (fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "%s: cannot write to standard output: %s\n", program, strerror(errno));
        status = 1;
    }
    fflush(stderr);
    /* not exit(): threads of libgfapi run on, and what it would free they still use */
    _exit(status);
}
