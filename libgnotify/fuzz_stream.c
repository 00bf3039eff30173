/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Fuzz target: the reader as a whole, of bricks that may answer anything: any bytes, or
 * replies that are well-formed and tell what no brick would. The bytes say what happens one after
 * another: answers, errors, bricks that come and go, time that passes, what the caller
 * wants. The reader's thread goes turn by turn here, on a clock of our own.
 */
#include <errno.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/must.h"
#include "libgnotify/stream_inside.h"
#include "libgnotify/watch.h"

enum { BRICKS = 6, ASKED = 256, COMMANDS = 64, RECORDS = 8, TURNS = 1000 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* fuzz.sh calls it clock_gettime. */
int
fuzz_clock(clockid_t clock, struct timespec *t);

struct ask_of {
    void *cookie;
    unsigned brick;
    struct notify_request q; /* without its texts */
};

/* What a brick would say next. */
struct fake {
    bool there, up;
    unsigned set;
    uint8_t journal;
    uint64_t next, since;
};

static struct {
    struct link link;
    const uint8_t *at, *end;
    uint64_t now; /* of both clocks */
    struct fake bricks[BRICKS];
    unsigned count;
    struct ask_of asked[ASKED];
    unsigned asked_count;
    struct command commands[COMMANDS];
    unsigned command_count;
    struct stream *stream;
    struct watches watches;
    uint64_t number, sum;
} f;

int
fuzz_clock(clockid_t clock, struct timespec *t)
{
    uint64_t ns = f.now + (clock == CLOCK_REALTIME ? 1000000000ull * 1000000000u : 0);

    *t = (struct timespec){.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
    return 0;
}

static unsigned
u8(void)
{
    return f.at < f.end ? *f.at++ : 0;
}

static uint64_t
wide(void)
{
    unsigned shift = u8() % 64;

    return (uint64_t)u8() << shift;
}

/* ---- the link ---------------------------------------------------------------------- */

static int
take_ask(struct link *link, unsigned brick, const void *bytes, size_t len, void *cookie)
{
    struct ask_of *a = &f.asked[f.asked_count];

    (void)link;
    MUST(brick < f.count);
    if (!f.bricks[brick].up || f.asked_count == ASKED)
        return -ENOTCONN;
    *a = (struct ask_of){.cookie = cookie, .brick = brick};
    MUST(!notify_request_decode(bytes, len, &a->q));
    f.asked_count++;
    return 0;
}

static int
give_layout(struct link *link, struct link_layout *l)
{
    (void)link;
    *l = (struct link_layout){.bricks = calloc(f.count, sizeof(*l->bricks))};
    MUST(l->bricks);
    for (unsigned i = 0; i < f.count; i++) {
        if (!f.bricks[i].there)
            continue;
        l->sets = f.bricks[i].set >= l->sets ? f.bricks[i].set + 1 : l->sets;
        l->bricks[l->count++] = (struct link_brick){.number = i, .set = f.bricks[i].set,
                                                    .name = strdup("s:/b")};
    }
    return 0;
}

static const struct link_calls calls = {take_ask, give_layout, NULL};

static void
answer(unsigned which, int error, const void *bytes, size_t len)
{
    struct ask_of a = f.asked[which];

    f.asked_count--;
    memmove(&f.asked[which], &f.asked[which + 1], (f.asked_count - which) * sizeof(a));
    inbox_events.answer(&f.stream->inbox, a.cookie, error, bytes, len);
}

static void
set_up(unsigned brick, bool up)
{
    for (unsigned i = f.asked_count; i-- && !up;) {
        if (f.asked[i].brick == brick)
            answer(i, -ENOTCONN, NULL, 0);
    }
    f.bricks[brick].up = up;
    inbox_events.up(&f.stream->inbox, brick, up);
}

static void
brick_add(unsigned set)
{
    f.bricks[f.count++] = (struct fake){.there = true, .set = set, .next = 1ull << 32, .since = 1};
}

/* ---- what bricks say ------------------------------------------------------------------- */

static void
set_name(struct notify_name *name)
{
    static const char *const paths[] = {"/d/f", "/d", "/", "/d/g", "f", "", "/e", "/e/d/f", "/d/f\xff"};
    const char *path = paths[u8() % ARRAY_SIZE(paths)];

    *name = (struct notify_name){.path = path, .len = (uint16_t)strlen(path)};
    name->parent[15] = (uint8_t)(u8() % 4);
}

static ssize_t
put_record(uint8_t *buf, size_t room, uint64_t seq, uint64_t time)
{
    static const char *const details[] = {"", "user.x", "CTX_ID:1-GRAPH_ID:0-PID:7"};
    unsigned op = u8() % 25;
    struct notify_record r = {.seq = seq, .op = op < NOTIFY_OPS ? op : op - NOTIFY_OPS + NOTIFY_MISSED,
                              .flags = (u8() | u8() << 8) & NOTIFY_FLAGS};

    r.time = time + (wide() >> 8) * MS;
    r.gfid[15] = (uint8_t)(u8() % 5);
    if (r.flags & NOTIFY_HAS_NAME)
        set_name(&r.name);
    if (r.flags & NOTIFY_HAS_TO)
        set_name(&r.to);
    if (r.flags & NOTIFY_HAS_ACTOR)
        r.client = u8() % 3;
    if (r.flags & NOTIFY_HAS_RANGE) {
        r.offset = wide();
        r.length = u8() % 2 ? seq : wide();
    }
    if (r.flags & NOTIFY_HAS_DETAIL) {
        r.detail = details[u8() % ARRAY_SIZE(details)];
        r.detail_len = (uint8_t)strlen(r.detail);
    }
    return notify_record_encode(&r, buf, room);
}

static void
put_records(struct notify_reply *r, uint8_t *buf, size_t room, uint64_t seq, uint64_t time)
{
    for (unsigned n = u8() % RECORDS; n; n--) {
        seq += u8() % 4 ? 0 : u8();
        ssize_t len = put_record(buf + r->bytes, room - r->bytes, seq, time);

        if (len <= 0)
            continue;
        r->bytes += (uint32_t)len;
        r->count++;
        seq++;
    }
    r->next = seq;
}

/* A reply that can be decoded, and that may be true; most often it is. */
static void
reply(unsigned which)
{
    static uint8_t buf[NOTIFY_REPLY_HEADER + RECORDS * NOTIFY_RECORD_MAX];
    const struct notify_request *q = &f.asked[which].q;
    struct fake *b = &f.bricks[f.asked[which].brick];
    struct timespec t;

    fuzz_clock(CLOCK_REALTIME, &t);
    uint64_t now = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    unsigned odd = u8();
    struct notify_reply r = {.now = odd & 1 ? now - wide() : now, .next = b->next,
                             .recording = odd & 2 ? 0 : b->since, .records = buf + NOTIFY_REPLY_HEADER};

    r.flags = odd & 4 ? u8() & NOTIFY_ANSWERS : 0;
    if (q->kind == NOTIFY_FETCH)
        put_records(&r, buf + NOTIFY_REPLY_HEADER, sizeof(buf) - NOTIFY_REPLY_HEADER,
                    odd & 8 || q->from != NOTIFY_FROM_SEQ ? b->next : q->seq, now);
    r.next = odd & 16 ? r.next + u8() : r.next;
    b->next = r.next > b->next ? r.next : b->next;
    b->journal = (uint8_t)(odd & 32 ? u8() % 3 : b->journal);
    r.extent = (struct notify_extent){.id = {b->journal}, .oldest = 1ull << 32, .next = b->next,
                                      .since = b->since};
    if (odd & 64) {
        r.extent.next = wide();
        r.extent.since = wide();
    }
    if (odd & 128)
        r.cursor = (struct notify_cursor){.id = {b->journal}, .acked = now - wide(),
                                          .seq = b->next - u8() % 8};
    notify_reply_head(&r, buf);
    answer(which, 0, buf, NOTIFY_REPLY_HEADER + r.bytes);
}

static void
answer_bytes(unsigned which)
{
    size_t len = u8() | u8() << 8;

    len = len > (size_t)(f.end - f.at) ? (size_t)(f.end - f.at) : len;
    answer(which, 0, f.at, len);
    f.at += len;
}

static void
answer_error(unsigned which)
{
    static const int errors[] = {ENOTCONN, EAGAIN, EPROTO, EOPNOTSUPP, EIO, EPERM, ENOMEM, EINVAL};

    answer(which, -errors[u8() % ARRAY_SIZE(errors)], NULL, 0);
}

/* ---- the caller ------------------------------------------------------------------------- */

static void
touch(const void *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        f.sum = 31 * f.sum + ((const uint8_t *)bytes)[i];
}

static int
take_event(void *arg, const struct notify_record *r, const struct watch_event *e)
{
    (void)arg;
    (void)r;
    MUST(e->wd > 0 && e->mask);
    touch(e->name, e->name ? e->name_len : 0);
    touch(e->path, e->path ? e->path_len : 0);
    touch(e->parent, e->parent ? WATCH_GFID : 0);
    return 0;
}

static void
look_at(const struct stream_event *e)
{
    MUST(e->number == ++f.number);
    MUST(e->kind != STREAM_GAP || (e->brick && e->from <= e->to));
    if (e->kind == STREAM_CHANGE)
        MUST(e->record->op < NOTIFY_OPS && e->brick);
    if (e->kind == STREAM_SYNTHETIC)
        MUST(e->record->op == NOTIFY_MISSED);
    if (e->client)
        touch(e->client, strlen(e->client));
    if (e->kind != STREAM_CHANGE && e->kind != STREAM_SYNTHETIC)
        return;
    touch(e->record->detail, e->record->detail_len);
    MUST(!watches_apply(&f.watches, e->record, e->kind == STREAM_SYNTHETIC, take_event, NULL));
    watches_sweep(&f.watches);
}

static void
read_events(unsigned most)
{
    struct stream_event e;

    while (most-- && stream_read(f.stream, 0, &e) == 1)
        look_at(&e);
}

static void
ask_for(int what, uint64_t number)
{
    struct command *c = &f.commands[f.command_count];

    if (f.command_count == COMMANDS || (what != COMMAND_OPEN && !f.stream->cursor))
        return;
    f.command_count++;
    *c = (struct command){.m.kind = MESSAGE_COMMAND, .number = number};
    c->what = what;
    inbox_put(&f.stream->inbox, &c->m);
}

/* All that can be done now. It must come to an end. */
static void
run_stream(void)
{
    for (unsigned turns = 0;; turns++) {
        struct inbox *in = &f.stream->inbox;
        bool broken = false, told = in->first || in->kicked;

        if (!told && turns && f.stream->wake > f.now)
            break;
        stream_turn(f.stream, told ? inbox_take(in, 0, &broken) : NULL, broken);
        MUST(turns < TURNS);
        if (f.stream->error && !f.stream->inbox.first)
            break;
    }
}

/* ---- one after the other ------------------------------------------------------------------ */

static void
happen(unsigned what)
{
    unsigned which = f.asked_count ? what / 16 % f.asked_count : 0;
    unsigned brick = what / 16 % f.count;

    what %= 16;
    if (what < 10 && f.asked_count) {
        if (what < 8)
            reply(which);
        else if (what == 8)
            answer_bytes(which);
        else
            answer_error(which);
    } else if (what == 10) {
        set_up(brick, !f.bricks[brick].up);
    } else if (what == 11) {
        if (brick % 2 && f.count < BRICKS)
            brick_add(u8() % 4);
        else
            f.bricks[brick].there = !f.bricks[brick].there;
        inbox_events.changed(&f.stream->inbox);
    } else if (what == 12) {
        ask_for(brick % 2 ? COMMAND_ACK : COMMAND_FORGET, f.number - f.number % (u8() + 1ull));
    } else if (what == 13) {
        read_events(u8());
    } else {
        f.now += (u8() + 1ull) << u8() % 36;
    }
}

static void
begin(void)
{
    static const uint8_t chain[2][WATCH_GFID] = {{[15] = 2}, {[15] = 3}};
    unsigned bits = u8(), sets = u8();
    struct stream_options o = {.from = bits % 3, .cursor = bits & 4 ? "c" : NULL,
                               .behind = bits & 8 ? "b" : NULL,
                               .memory = bits & 32 ? 2000 : 0, .ops = bits & 64 ? u8() << 4 : 0};

    f.now = 1000 * 1000 * MS;
    f.link.calls = &calls;
    for (unsigned i = 0; i <= sets % 4; i++)
        brick_add(i ? sets >> (2 * i) & 3 : 0);
    if (stream_new(&o, &f.stream))
        return;
    f.stream->link = &f.link;
    layout_read(f.stream);
    ask_for(COMMAND_OPEN, 0);
    MUST(!watches_init(&f.watches));
    MUST(watch_add(&f.watches, "", NULL, 0, true, GNOTIFY_ALL_EVENTS | GNOTIFY_RECURSIVE) > 0);
    MUST(watch_add(&f.watches, "/d", chain, 1, true, GNOTIFY_ALL_EVENTS) > 0);
    MUST(watch_add(&f.watches, "/d/f", chain, 2, false, GNOTIFY_ALL_EVENTS) > 0);
    for (unsigned i = 0; i < f.count; i++)
        set_up(i, !(bits & 128) || i);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    memset(&f, 0, sizeof(f));
    f.at = data;
    f.end = data + len;
    begin();
    if (!f.stream)
        return 0;
    run_stream();
    while (f.at < f.end && !f.stream->error) {
        happen(u8());
        run_stream();
    }
    read_events(UINT32_MAX);
    for (struct message *m = f.stream->inbox.first; m; m = m->next)
        MUST(m->kind != MESSAGE_COMMAND);
    stream_free(f.stream);
    watches_free(&f.watches);
    return 0;
}
