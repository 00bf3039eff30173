/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Requests to glusterd, from the command's side; see rpc.h. What is on the wire
 * is wire.c's, a module that is loaded here.
 */
#include "cli/rpc.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <time.h>

#include "cli/module.h"
#include "cli/wire.h"
#include "common/clock.h"

enum {
    LOCK_HELD = 30802,       /* glusterd's EG_ANOTRANS */
    LOCK_PATIENCE_MS = 20000,
    PROGRESS_AFTER_MS = 1000,
};

/* A call on its way. The worker owns it as much as the command does: after Ctrl-C
 * the command goes on without it, and whoever is last frees it. */
struct job {
    struct wire_call call;
    int (*exchange)(struct wire_call *call);
    char *socket;
    struct strbuf request;
    int ret;
    int done; /* eventfd */
    atomic_int owners;
};

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

/* From here on SIGINT arrives only where it is waited for. */
struct signals {
    sigset_t old_mask;
    struct sigaction old_action;
};

static void
signals_hold(struct signals *s)
{
    sigset_t set;
    struct sigaction action = {.sa_handler = on_interrupt};

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, &s->old_mask);
    interrupted = 0;
    sigaction(SIGINT, &action, &s->old_action);
    /* a shell's background job ignores it: keep that */
    if (s->old_action.sa_handler == SIG_IGN)
        sigaction(SIGINT, &s->old_action, NULL);
}

static void
signals_release(struct signals *s)
{
    sigaction(SIGINT, &s->old_action, NULL);
    pthread_sigmask(SIG_SETMASK, &s->old_mask, NULL);
}

static void
job_put(struct job *job)
{
    if (atomic_fetch_sub(&job->owners, 1) > 1)
        return;
    free(job->call.op_errstr);
    free(job->call.dict);
    free(job->socket);
    strbuf_free(&job->request);
    if (job->done >= 0)
        close(job->done);
    free(job);
}

static void *
job_run(void *arg)
{
    struct job *job = arg;

    job->ret = job->exchange(&job->call);
    eventfd_write(job->done, 1);
    job_put(job);
    return NULL;
}

static enum wire_form
form_of(enum rpc_procedure procedure)
{
    switch (procedure) {
    case RPC_LIST_FRIENDS:
        return WIRE_FRIENDS;
    case RPC_GETWD:
        return WIRE_WORKDIR;
    default:
        return WIRE_DICT;
    }
}

static struct job *
job_new(struct cli *cli, enum rpc_procedure procedure, const struct request *request)
{
    static const struct request none = REQUEST_INIT;
    struct job *job = calloc(1, sizeof(*job));

    if (!job)
        return NULL;
    atomic_init(&job->owners, 1);
    job->done = eventfd(0, EFD_CLOEXEC);
    job->socket = strdup(cli->socket);
    if (job->done < 0 || !job->socket ||
        request_encode(request ? request : &none, &job->request) < 0) {
        job_put(job);
        return NULL;
    }
    job->call = (struct wire_call){
        .socket = job->socket,
        .procedure = (int)procedure,
        .form = form_of(procedure),
        .flags = procedure == RPC_LIST_FRIENDS ? 2 : 0, /* with this node */
        .timeout = cli->timeout,
        .request = strbuf_text(&job->request),
        .request_len = job->request.len,
    };
    return job;
}

static void
show_progress(const char *what, int64_t since)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%s … %lld s ", what ? what : "waiting for glusterd",
                (long long)(now_ms() - since) / 1000);
}

static void
clear_progress(bool shown)
{
    if (shown && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

/* Until the worker has ended (0) or Ctrl-C (-EINTR). */
static int
job_wait(struct job *job, const char *what, const sigset_t *mask)
{
    struct pollfd fd = {job->done, POLLIN, 0};
    struct timespec tick = {.tv_sec = PROGRESS_AFTER_MS / 1000};
    int64_t since = now_ms();
    bool shown = false;

    for (;;) {
        int n = ppoll(&fd, 1, &tick, mask);

        if (n == 0) {
            show_progress(what, since);
            shown = true;
        } else {
            clear_progress(shown);
            shown = false;
        }
        if (n > 0)
            return 0;
        if (n < 0 && interrupted)
            return -EINTR;
    }
}

static int
take_reply(struct job *job, struct reply *reply)
{
    if (job->ret < 0)
        return job->ret;
    reply->op_ret = job->call.op_ret;
    reply->op_errno = job->call.op_errno;
    reply->op_errstr = job->call.op_errstr ? TAKE(job->call.op_errstr) : strdup("");
    if (!reply->op_errstr)
        return -ENOMEM;
    return dict_decode(&reply->dict, TAKE(job->call.dict), job->call.dict_len);
}

static int
call_once(struct cli *cli, enum rpc_procedure procedure, const char *what,
          const struct request *request, struct reply *reply, const sigset_t *mask)
{
    const char *why = NULL;
    void *exchange = cli_module_symbol("wire", WIRE_SYMBOL, &why);
    pthread_t thread;

    if (!exchange) {
        fprintf(stderr, "cannot load the module that talks to glusterd: %s\n", why);
        return -ENOENT;
    }
    struct job *job = job_new(cli, procedure, request);
    if (!job)
        return -ENOMEM;
    memcpy(&job->exchange, &exchange, sizeof(exchange));
    atomic_store(&job->owners, 2);
    int ret = -pthread_create(&thread, NULL, job_run, job);
    if (ret) {
        atomic_store(&job->owners, 1);
    } else {
        pthread_detach(thread);
        ret = job_wait(job, what, mask);
        if (!ret)
            ret = take_reply(job, reply);
    }
    job_put(job);
    return ret;
}

static bool
lock_is_held(const struct reply *reply)
{
    return reply->op_ret &&
           (reply->op_errno == LOCK_HELD ||
            strstr(reply->op_errstr, "Another transaction is in progress") ||
            strstr(reply->op_errstr, "Locking failed"));
}

static int
sleep_ms(int milliseconds, const sigset_t *mask)
{
    int64_t end = now_ms() + milliseconds;

    for (int64_t left = milliseconds; left > 0; left = end - now_ms()) {
        struct timespec t = {left / 1000, (left % 1000) * 1000000};

        if (ppoll(NULL, 0, &t, mask) < 0 && interrupted)
            return -EINTR;
    }
    return 0;
}

int
rpc_call(struct cli *cli, enum rpc_procedure procedure, const char *what,
         const struct request *request, struct reply *reply)
{
    struct signals signals;
    int64_t give_up = now_ms() + LOCK_PATIENCE_MS;
    int ret;

    signals_hold(&signals);
    /* The pauses grow and differ between processes, so that two do not keep meeting. */
    for (int pause = 20 + getpid() % 30;; pause = pause < 500 ? pause * 3 / 2 : 500) {
        *reply = (struct reply)REPLY_INIT;
        ret = call_once(cli, procedure, what, request, reply, &signals.old_mask);
        if (ret || !lock_is_held(reply) || now_ms() + pause > give_up)
            break;
        reply_free(reply);
        ret = sleep_ms(pause, &signals.old_mask);
        if (ret)
            break;
    }
    signals_release(&signals);
    return ret;
}

void
reply_free(struct reply *reply)
{
    free(reply->op_errstr);
    dict_free(&reply->dict);
    *reply = (struct reply)REPLY_INIT;
}

int
rpc_sleep(int milliseconds)
{
    struct signals signals;

    signals_hold(&signals);
    int ret = sleep_ms(milliseconds, &signals.old_mask);
    signals_release(&signals);
    return ret;
}

const char *
rpc_reason(int ret)
{
    switch (-ret) {
    case ECONNREFUSED:
        return "Connection failed. Please check if gluster daemon is operational.";
    case EACCES:
    case EPERM:
        return "glusterd's socket is root's: run this as root";
    case EINTR:
        return "interrupted: the request was sent, and glusterd may still complete it; "
               "`gluster volume info` shows what is set";
    case ETIMEDOUT:
        return "glusterd did not answer in time; it may still complete the request. "
               "See glusterd's log; a longer time is given by --timeout=SECONDS";
    case ECONNRESET:
        return "glusterd ended the connection without an answer: see its log";
    case EPROTO:
    case EBADMSG:
        return "what came from glusterd is not an answer: is another program listening "
               "at its socket?";
    default:
        return strerror(-ret);
    }
}

int
rpc_fail(struct cli *cli, struct emit *e, const char *command, int ret)
{
    if (ret == -ECONNREFUSED && cli->format == CLI_TEXT) {
        emit_end(e);
        puts(rpc_reason(ret)); /* where stock prints it */
        return 1;
    }
    emit_fail(e, ret == -ECONNREFUSED ? NULL : command, -ret, "%s", rpc_reason(ret));
    int status = emit_end(e);
    return ret == -EINTR ? 130 : status;
}
