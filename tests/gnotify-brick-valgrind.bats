#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# A brick under valgrind: no byte that is not ours is read or written, none is used before
# it is set, and nothing of ours is lost. What has no frame of ours is GlusterFS's own.
bats_require_minimum_version 1.5.0
load lib/pool
load lib/gnotify

setup_file() { gnotify_setup; }
teardown_file() { pool_stop; }
setup() { gnotify_names; }
teardown() { gnotify_down; }

# Nothing wrong that has a frame of the translator's.
clean() {
    on c1 cat "/srv/$N.valgrind.$1" >"$BATS_TEST_TMPDIR/report"
    grep -q 'ERROR SUMMARY' "$BATS_TEST_TMPDIR/report"
    awk '
        /^==[0-9]+== *$/ { if (wrong && ours) { bad = 1; print text } text = ""; wrong = ours = 0; next }
        /Invalid |uninitialised|Mismatched|overlap|points to un|Process terminating|definitely lost/ { wrong = 1 }
        /xlators\/gnotify|notify\/|gnotify\.so/ { ours = 1 }
        { text = text $0 "\n" }
        END { exit bad }' "$BATS_TEST_TMPDIR/report"
}

@test "operations, readers that wait, go away and send garbage, and the end" {
    BRICK_UNDER="valgrind --num-callers=30 --leak-check=full --show-leak-kinds=definite --log-file=/srv/$N.valgrind.%p" \
        brick_start events all
    mount_brick
    on c1 timeout 100 sh -c "cd $M && mkdir d && echo text >d/a && cat d/a && ln -s a d/l && mv d/a d/b && ln d/b d/c &&
        setfattr -n user.x -v y d/b && truncate -s 3 d/b && fallocate -l 10000 d/b && dd if=/dev/zero of=d/z bs=64k count=4 2>/dev/null &&
        (exec 5>>d/z; mv d e; echo x >&5; rm e/z; echo y >&5) && ls e && rm -r e; mkdir \$(seq 50); ! stat absent 2>/dev/null"
    ask -- fetch >/dev/null
    ask -w 100 -f now -- hold 10 >/dev/null
    ask -- garbage 50
    ask -f now -w 20000 -- cancelled 3 >/dev/null
    local hello
    hello=$(ask -- hello)
    ask -- ack me "$(sed 's/.* id=\([^ ]*\).*/\1/' <<<"$hello")" 7
    # shellcheck disable=SC2016
    on c1 sh -c '/root/bin/ask -f now -w 60000 "/srv/$1.ask.vol" hold 5 >/srv/held & pid=$!
        until grep -q held /srv/held; do sleep .1; done; kill -9 $pid' sh "$N"
    local pid
    pid=$(on c1 cat "/run/$N.brick.pid")
    brick_end TERM
    clean "$pid"
}
