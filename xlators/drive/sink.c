/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * debug/sink: a translator for tests that has nothing below it and answers each of the
 * fops: with fixed values of every kind, or an error, at once or later from another
 * thread. It keeps no files. With `echo` an answer's xdata says which arguments arrived.
 *
 * What a lookup finds depends on the name alone: none… is not there, d… is a folder, all
 * else is a file.
 */
#include "xlators/drive/json.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include <glusterfs/statedump.h>

#include "xlators/drive/sink.h"

#include "common/cleanup.h"

struct late {
    struct sink_answer *answer;
    struct timespec when;
    struct late *next;
};

struct sink {
    int error;      /* answer with this */
    char *only;     /* the fops that fail or are late; NULL: all */
    bool echo;
    bool late;      /* on the thread */
    unsigned delay; /* ms */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct late *first, **end;
    bool runs, stops;
    pthread_t thread;
};

/* ---- answering ----------------------------------------------------------------------- */

/* Is the fop one of those that options are about? */
static bool
is_meant(const struct sink *s, const char *name)
{
    size_t len = strlen(name);

    for (const char *at = s->only; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (!strncmp(at, name, len) && (at[len] == ',' || !at[len]))
            return true;
    }
    return !s->only;
}

static void
later(struct sink *s, struct sink_answer *answer)
{
    struct late *l = calloc(1, sizeof(*l));

    if (!l) {
        sink_answer_send(answer);
        return;
    }
    l->answer = answer;
    clock_gettime(CLOCK_REALTIME, &l->when);
    l->when.tv_sec += s->delay / 1000;
    l->when.tv_nsec += (long)(s->delay % 1000) * 1000000;
    if (l->when.tv_nsec >= 1000000000) {
        l->when.tv_sec++;
        l->when.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&s->lock);
    *s->end = l;
    s->end = &l->next;
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

/* All wait equally long, so the first is always next. */
static void *
send_late(void *arg)
{
    struct sink *s = arg;

    pthread_mutex_lock(&s->lock);
    while (!s->stops || s->first) {
        struct late *l = s->first;

        if (!l) {
            pthread_cond_wait(&s->changed, &s->lock);
            continue;
        }
        struct timespec when = l->when;

        if (s->delay &&
            pthread_cond_timedwait(&s->changed, &s->lock, &when) != ETIMEDOUT)
            continue;
        s->first = l->next;
        if (!s->first)
            s->end = &s->first;
        pthread_mutex_unlock(&s->lock);
        sink_answer_send(l->answer);
        free(l);
        pthread_mutex_lock(&s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

void
drive_entered(call_frame_t *frame, xlator_t *this, glusterfs_fop_t fop,
              const union drive_value *args)
{
    struct sink *s = this->private;
    bool meant = is_meant(s, drive_fops[fop].name);
    struct sink_answer *answer =
        sink_answer_new(frame, this, fop, args, meant ? s->error : 0, s->echo);

    if (!answer) {
        static const union drive_value none[DRIVE_VALUES];

        drive_fops[fop].unwind(frame, -1, ENOMEM, none);
    } else if (s->late && meant) {
        later(s, answer);
    } else {
        sink_answer_send(answer);
    }
}

/* ---- the translator ---------------------------------------------------------------------- */

static char *
option(xlator_t *this, char *key)
{
    char *text = NULL;

    return dict_get_str(this->options, key, &text) ? NULL : text;
}

static int
read_options(xlator_t *this, struct sink *s)
{
    const char *echo = option(this, "echo"), *late = option(this, "late"),
               *error = option(this, "error");
    gf_boolean_t on = _gf_false;

    s->only = option(this, "only");
    if (echo && gf_string2boolean(echo, &on))
        return -1;
    s->echo = on;
    if (late) {
        s->late = true;
        s->delay = (unsigned)strtoul(late, NULL, 10);
    }
    if (error) {
        AUTO(sink_json_free) json_t *json = json_string(error);

        s->error = drive_read_errno(json);
        if (s->error < 0) {
            gf_log(this->name, GF_LOG_ERROR, "option error: %s is no errno's name", error);
            return -1;
        }
    }
    return 0;
}

static int32_t
sink_init(xlator_t *this)
{
    struct sink *s = calloc(1, sizeof(*s));

    if (!s || read_options(this, s)) {
        free(s);
        return -1;
    }
    s->end = &s->first;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    if (s->late && gf_thread_create(&s->thread, NULL, send_late, s, "sink")) {
        free(s);
        return -1;
    }
    s->runs = s->late;
    this->private = s;
    return 0;
}

static void
sink_fini(xlator_t *this)
{
    struct sink *s = this->private;

    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->stops = true;
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->lock);
    if (s->runs)
        pthread_join(s->thread, NULL);
    this->private = NULL;
    free(s);
}

static int32_t
sink_notify(xlator_t *this, int32_t event, void *data, ...)
{
    if (event == GF_EVENT_PARENT_UP)
        return default_notify(this, GF_EVENT_CHILD_UP, data);
    return default_notify(this, event, data);
}

static int32_t
sink_mem_acct_init(xlator_t *this)
{
    return xlator_mem_acct_init(this, gf_common_mt_end);
}

static struct xlator_cbks cbks;

static volume_option_t options[] = {
    {.key = {"error"}, .type = GF_OPTION_TYPE_STR, .description = "Answer with this errno."},
    {.key = {"late"},
     .type = GF_OPTION_TYPE_STR,
     .description = "Answer on another thread, after so many milliseconds."},
    {.key = {"only"},
     .type = GF_OPTION_TYPE_STR,
     .description = "The fops that `error` and `late` are for, by commas."},
    {.key = {"echo"},
     .type = GF_OPTION_TYPE_BOOL,
     .default_value = "off",
     .description = "Answers have the arguments in xdata, key sink.args, as JSON."},
    {.key = {NULL}},
};

xlator_api_t xlator_api = {
    .init = sink_init,
    .fini = sink_fini,
    .notify = sink_notify,
    .mem_acct_init = sink_mem_acct_init,
    .op_version = {1},
    .fops = &drive_entries,
    .cbks = &cbks,
    .options = options,
    .identifier = "sink",
    .category = GF_EXPERIMENTAL,
};
