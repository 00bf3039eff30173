/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Which glusterd tells of changes of the volume; see link_own.h. libgfapi stays with the one
 * that it reached first, and does not say when that is gone: so we look, and have a connection
 * to another node's meanwhile. The first connection stays, for those who look names up by it.
 */
#include "libgnotify/link_own.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <glusterfs/api/glfs.h>

#include "common/strbuf.h"
#include "gfapi/connect.h"
#include "gfapi/graph.h"

#define PORT "24007" /* glusterd's */

enum {
    LOOK_EVERY = 3,  /* looks of the keeper: seconds */
    GONE_AFTER = 2,  /* times that it did not answer */
    PATIENCE_MS = 2000,
};

static bool
accepts(const struct sockaddr *addr, socklen_t len, int family)
{
    AUTO_CLOSE int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t size = sizeof(error);

    if (fd < 0)
        return false;
    if (!connect(fd, addr, len))
        return true;
    return errno == EINPROGRESS && poll(&p, 1, PATIENCE_MS) > 0 &&
           !getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) && !error;
}

static void
free_addresses(struct addrinfo **list)
{
    if (*list)
        freeaddrinfo(*list);
}

/* Is there a glusterd? server: a host, or a socket's path. */
static bool
answers(const char *server)
{
    const struct addrinfo want = {.ai_socktype = SOCK_STREAM};
    AUTO(free_addresses) struct addrinfo *list = NULL;
    struct sockaddr_un un = {.sun_family = AF_UNIX};

    if (*server == '/') {
        if (strlen(server) >= sizeof(un.sun_path))
            return true; /* it was reached somehow */
        memcpy(un.sun_path, server, strlen(server) + 1);
        return accepts((struct sockaddr *)&un, sizeof(un), AF_UNIX);
    }
    if (getaddrinfo(server, PORT, &want, &list))
        return false;
    for (const struct addrinfo *a = list; a; a = a->ai_next) {
        if (accepts(a->ai_addr, a->ai_addrlen, a->ai_family))
            return true;
    }
    return false;
}

static void *
take_down(void *fs)
{
    glfs_fini(fs);
    return NULL;
}

void
server_leave(struct real *l)
{
    pthread_t thread;

    if (!l->backup)
        return;
    if (tell_thread(&thread, take_down, l->backup))
        glfs_fini(l->backup);
    else
        pthread_detach(thread);
    l->backup = NULL;
}

/* A connection by another node's glusterd, whose volfile counts from now on. */
static bool
reach(struct real *l, const char *host)
{
    AUTO_FREE char *spec = str_fmt(strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, l->volume);
    const struct connect_options how = {.program = "libgnotify", .log_file = l->log_file};
    AUTO_PLACE struct connect_place place = CONNECT_PLACE_INIT;
    AUTO_FREE char *server = strdup(host), *why = NULL;
    struct glfs *fs;

    if (!spec || !server || !answers(host) || connect_volume_why(spec, &how, &fs, &place, &why))
        return false;
    server_leave(l);
    l->backup = fs;
    free(l->server);
    l->server = TAKE(server);
    return true;
}

void
server_look(struct real *l)
{
    AUTO_GFAPI_GRAPH struct gfapi_graph graph = GFAPI_GRAPH_INIT;

    if (++l->looks % LOOK_EVERY)
        return;
    l->silent = answers(l->server) ? 0 : l->silent + 1;
    if (l->silent < GONE_AFTER || gfapi_graph_parse(l->volfile, strlen(l->volfile), &graph))
        return;
    for (int i = 0; i < graph.brick_count; i++) {
        bool before = !strcmp(graph.bricks[i].server, l->server);

        for (int j = 0; j < i && !before; j++)
            before = !strcmp(graph.bricks[i].server, graph.bricks[j].server);
        if (!before && reach(l, graph.bricks[i].server)) {
            l->silent = 0;
            return;
        }
    }
}
