#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Readers: what they are told, how they wait, what they may, and that nothing is lost
# silently, whatever ends.
bats_require_minimum_version 1.5.0
load lib/pool
load lib/gnotify

setup_file() { gnotify_setup; }
teardown_file() { pool_stop; }
setup() { gnotify_names; }
teardown() { gnotify_down; }

# value KEY LINE: of KEY=VALUE
value() { sed -n "s/.* $1=\([^ ]*\).*/\1/p" <<<"$2"; }
# where the journal is now: FROM=(-f SEQ -i ID)
from_now() {
    local hello
    hello=$(ask -- hello)
    FROM=(-f "$(value next "$hello")" -i "$(value id "$hello")")
}
make() { on c1 timeout 60 sh -c "cd $M && touch $*"; }
created() { changes "$@" | sed -n 's/^create \([^ ]*\) .*/\1/p' | tr '\n' ' '; }

@test "a reader goes on where it was" {
    brick_start && mount_brick
    make a b
    from_now
    make c d
    [ "$(created "${FROM[@]}")" = '/c /d ' ]
    [ "$(created)" = '/a /b /c /d ' ]
}

@test "a fetch waits until something happens, and is answered at once then" {
    brick_start && mount_brick
    from_now
    ask "${FROM[@]}" -w 30000 -o 0x2 -- hold 1 >"$BATS_TEST_TMPDIR/out" 3>&- &
    local reader=$! start
    wait_until 60 grep -q held "$BATS_TEST_TMPDIR/out"
    start=$EPOCHREALTIME
    make x
    wait "$reader"
    cat "$BATS_TEST_TMPDIR/out"
    grep -q '^create /x' "$BATS_TEST_TMPDIR/out"
    [ $((${EPOCHREALTIME/./} - ${start/./})) -lt 20000000 ]
}

@test "a fetch that finds nothing is answered when its time is over, without an error" {
    brick_start
    from_now
    run ask "${FROM[@]}" -w 200 -- fetch
    [ "$status" = 0 ]
    [[ $output == '= '*' count=0 '* ]]
}

@test "a fetch is cancelled by its session, and no other" {
    brick_start
    # two sessions of one client wait: one connection, so one process asks all
    ask -f now -w 20000 -- cancelled 2 >"$BATS_TEST_TMPDIR/out"
    cat "$BATS_TEST_TMPDIR/out"
    [ "$(tail -n 1 "$BATS_TEST_TMPDIR/out")" = 'cancelled 2, the other waits' ]
}

@test "only what is asked for: operations, and what is below a path, or has none" {
    brick_start && mount_brick
    on c1 sh -c "cd $M && mkdir d da && touch d/x da/y && mv da/y d/y && mv d/x da/z && touch d"
    run changes -p /d -o $((1 << 1 | 1 << 3 | 1 << 8))
    echo "$output"
    [ "$(cut -d'|' -f1 <<<"$output")" = 'mkdir /d 
create /d/x 
rename /da/y -> /d/y 
rename /d/x -> /da/z ' ]
}

@test "replies are as short as asked, and a reader gets all of it" {
    brick_start && mount_brick
    on c1 sh -c "cd $M && touch $(seq -s ' ' 300)"
    [ "$(ask -l 500 -- fetch | grep -c '^= .* more')" -gt 50 ]
    [ "$(created -l 500 | wc -w)" = 300 ]
}

@test "named cursors outlive the brick, and are forgotten; bad names are refused" {
    brick_start && mount_brick
    make a
    local hello
    hello=$(ask -- hello)
    ask -- ack reader.1 "$(value id "$hello")" "$(value next "$hello")"
    make b
    [ "$(created -f =reader.1)" = '/b ' ]
    [ "$(dump cursor.reader.1)" = "$(value next "$hello")" ]
    brick_end KILL
    brick_run
    [ "$(created -f =reader.1)" = '/b ' ]
    ask -- forget reader.1
    ask -w 1 -f =reader.1 -- fetch | grep -q ' unknown'
    local name
    for name in ../x .x a/b ''; do
        run ask -- ack "$name" "$(value id "$hello")" 1
        [ "$output" = 'error Invalid argument' ]
    done
    on c1 sh -c "ls $J/cursors && [ -z \"\$(ls -A $J/cursors)\" ]"
}

@test "who gives a cursor's name is told how far it is, and when it was acknowledged" {
    brick_start
    local hello said before
    hello=$(ask -- hello)
    before=$(value now "$hello")
    ask -- ack reader "$(value id "$hello")" "$(value next "$hello")"
    for said in "$(ask -f =reader -- hello)" "$(ask -f =reader -- fetch | sed -n '/^= /{p;q}')"; do
        echo "$said"
        [ "$(value cursor "$said")" = "$(value next "$hello")" ]
        [ "$(value acked "$said")" -ge "$before" ]
        [ "$(value acked "$said")" -le "$(value now "$said")" ]
    done
    ask -f =nobody -- hello | grep -q ' unknown$'
    # as earlier versions wrote it
    on c1 sh -c "cd $J/cursors && sed -i 's/ [0-9]* [^ ]*$//' reader && grep -q ' [0-9]*$' reader"
    said=$(ask -f =reader -- hello)
    [ "$(value cursor "$said")" = "$(value next "$hello")" ]
    [ "$(value acked "$said")" = 0 ]
}

@test "a reader begins at a time, and is told when that has gone" {
    brick_start && mount_brick
    make a
    wait_until 60 eval '[ "$(created)" = "/a " ]'
    local hello
    hello=$(ask -- hello)
    make b
    [ "$(created -f "@$(value now "$hello")")" = '/b ' ]
    [ "$(created -f @1)" = '/a /b ' ]
    [ -z "$(created -f "@$(value now "$(ask -- hello)")")" ]
    brick_end TERM
    brick_start retention-size 8KB segment-size 4KB
    wait_until 60 fs stat "$M/a"
    make "$(seq -s ' ' 200)"
    ask -f "@$(value now "$hello")" -- fetch | sed -n '/^= /{p;q}' | grep -q ' overtaken'
}

@test "hello counts what was done before it, also what is not written yet" {
    brick_start
    ask -- fence 100 >"$BATS_TEST_TMPDIR/fences"
    ask -- fetch | sed -n 's/^setxattr .* detail=\(user[^ ]*\) .* seq=/\1 /p' >"$BATS_TEST_TMPDIR/changes"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/changes")" = 100 ]
    paste -d' ' "$BATS_TEST_TMPDIR/fences" "$BATS_TEST_TMPDIR/changes" | awk '$1 != $3 || $2 <= $4 { print; bad = 1 } END { exit bad }'
}

@test "since when all is recorded: from the start on, not before a gap, and never while it is off" {
    brick_start buffer-size 600 && mount_brick
    local long first second
    first=$(value recording "$(ask -- hello)")
    [ "$first" -gt 0 ]
    long=$(printf 'l%.0s' {1..255})
    on c1 mkdir -p "$M/$long/$long"
    wait_until 60 eval 'ask -- fetch | grep -q "^gap "'
    second=$(value recording "$(ask -- hello)")
    [ "$second" -gt "$first" ]
    brick_end TERM
    brick_start active off
    [ "$(value recording "$(ask -- hello)")" = 0 ]
}

@test "there is an end to the number of cursors" {
    brick_start
    local hello
    hello=$(ask -- hello)
    on c1 sh -c "mkdir $J/cursors; cd $J/cursors; for i in \$(seq 256); do echo 'volext-gnotify-cursor 1 00000000000000000000000000000000 1' >c\$i; done"
    run ask -- ack more "$(value id "$hello")" 1
    [ "$output" = 'error No space left on device' ]
    run ask -- ack c7 "$(value id "$hello")" 2
    [ "$status" = 0 ]
}

@test "a brick that is stopped in good order has lost nothing; one that is killed says so, and no number comes twice" {
    brick_start && mount_brick
    make a
    brick_end TERM
    brick_run
    wait_until 60 fs stat "$M/a"
    make b
    brick_end KILL
    brick_run
    wait_until 60 fs stat "$M/a"
    make c
    ask -- fetch >"$BATS_TEST_TMPDIR/all"
    cat "$BATS_TEST_TMPDIR/all"
    [ "$(grep -aE '^(start|stop)' "$BATS_TEST_TMPDIR/all" | sed -E 's/ at=0\+0/ first/; s/ at=.*//; s/ gfid.*//; s/ +/ /g')" = 'start | clean first
stop |
start | clean
start |' ]
    [ "$(created)" = '/a /b /c ' ]
    [ -z "$(sed -n 's/.* seq=\([0-9]*\)$/\1/p' "$BATS_TEST_TMPDIR/all" | sort | uniq -d)" ]
    sed -n 's/.* seq=\([0-9]*\)$/\1/p' "$BATS_TEST_TMPDIR/all" | sort -nc
}

@test "while it is off what happens is unknown, and the next start says so, after a good end, too" {
    brick_start && mount_brick
    make a
    brick_end TERM
    brick_start active off
    wait_until 60 fs stat "$M/a"
    make lost
    brick_end TERM
    brick_start
    wait_until 60 fs stat "$M/a"
    make b
    [ "$(created)" = '/a /b ' ]
    ask -- fetch | grep -a '^start' | tail -n 1 >"$BATS_TEST_TMPDIR/last"
    cat "$BATS_TEST_TMPDIR/last"
    run grep clean "$BATS_TEST_TMPDIR/last"
    [ "$status" = 1 ]
}

@test "what there is no room for is a gap, told at once and in its place" {
    brick_start buffer-size 600 && mount_brick # one event of a long name is more than that
    local long
    long=$(printf 'l%.0s' {1..255})
    make before
    from_now
    on c1 mkdir -p "$M/$long/$long"
    wait_until 60 eval 'ask "${FROM[@]}" -- fetch | grep -q "^gap "'
    [ "$(dump dropped)" -gt 0 ]
    make after
    [ "$(created)" = '/before /after ' ]
    ask -- fetch | sed -n '/^gap/,$p' | grep -q '^create /after'
    logged 'told of a gap'
}

@test "a disk without room is a gap, and nobody waits for it" {
    brick_start reserve 1000TB
    mount_brick
    make a b c
    [ -z "$(created)" ]
    [ "$(fs stat -c %s "$M/c")" = 0 ]
    brick_end TERM
    brick_start
    wait_until 60 fs stat "$M/a"
    ask -- fetch | grep -a '^start' | tail -n 1 >"$BATS_TEST_TMPDIR/last"
    run grep clean "$BATS_TEST_TMPDIR/last"
    [ "$status" = 1 ]
}

@test "a disk that fills is a gap while the brick runs, and it goes on when there is room" {
    on c1 sh -c "mkdir -p $D; mount -t tmpfs -o size=64m gnotify-$N $D"
    brick_start reserve 50% && mount_brick
    make before
    wait_until 60 eval '[ "$(created)" = "/before " ]'
    on c1 fallocate -l 40m "$D/.glusterfs/filler"
    lost() { make lost && on c1 rm "$M/lost" && [ "$(status 'b["dropped"] > 0')" = True ]; }
    wait_until 60 lost
    from_now
    make meanwhile
    [ "$(fs stat -c %s "$M/meanwhile")" = 0 ]
    on c1 rm "$D/.glusterfs/filler"
    goes_on() { make again && on c1 rm "$M/again" && created | grep -q '/again'; }
    wait_until 60 goes_on
    ask -- fetch | sed -n '/^create .before/,/^create .again/p' | grep -q '^gap '
    run changes
    [[ $output != *meanwhile* ]]
    [ "$(value recording "$(ask -- hello)")" -gt 0 ]
    brick_end TERM
    on c1 umount "$M" "$D"
}

@test "retention takes the oldest away, and a reader that is overtaken is told" {
    brick_start retention-size 64KB segment-size 16KB && mount_brick
    make a
    local hello
    hello=$(ask -- hello)
    on c1 sh -c "cd $M && for i in \$(seq 8); do mkdir \$i; touch \$(seq -f \"\$i/%g\" 150); done"
    [ "$(on c1 sh -c "du -bs $J | cut -f1")" -lt 120000 ]
    ask -f "$(value next "$hello")" -i "$(value id "$hello")" -- fetch >"$BATS_TEST_TMPDIR/all"
    sed -n 's/^= //p' "$BATS_TEST_TMPDIR/all" | head -3
    sed -n '/^= /{p;q}' "$BATS_TEST_TMPDIR/all" | grep -q ' overtaken'
    # and who is who is told in what is left
    sed '/^create/,$d' "$BATS_TEST_TMPDIR/all" | grep -q '^client .*HOST:'
}

@test "another journal's numbers mean nothing" {
    brick_start && mount_brick
    make a
    ask -f 5000000000 -i 11111111-2222-3333-4444-555555555555 -- fetch | sed -n '/^= /{p;q}' | grep -q ' other'
}

@test "readers that go while they wait, a hundred that wait, and more than there may be" {
    brick_start && mount_brick
    from_now
    ask "${FROM[@]}" -w 60000 -o 0x2 -- hold 100 >"$BATS_TEST_TMPDIR/out" 3>&- &
    waiting() { [ "$(dump held)" = "$1" ]; }
    wait_until 60 waiting 100
    # one that goes without a word
    # shellcheck disable=SC2016
    on c1 sh -c '/root/bin/ask -f now -w 60000 "/srv/$1.ask.vol" hold 20 >/dev/null & pid=$!; echo $pid >/tmp/held.pid; wait' sh "$N" 3>&- &
    wait_until 60 waiting 120
    on c1 sh -c 'kill -9 "$(cat /tmp/held.pid)"'
    wait_until 60 waiting 100
    make x
    wait_until 60 waiting 0
    wait_until 60 eval '[ "$(grep -c "^create /x" "$BATS_TEST_TMPDIR/out")" = 100 ]'
    ask "${FROM[@]}" -f now -w 1000 -- hold 200 >"$BATS_TEST_TMPDIR/many"
    [ "$(grep -c 'error Resource temporarily unavailable' "$BATS_TEST_TMPDIR/many")" = 72 ]
    [ "$(grep -c '^= ' "$BATS_TEST_TMPDIR/many")" = 128 ]
}

# flood ARGUMENT...: as ask, in a process that goes without a word as soon as it has sent its requests
flood() {
    # shellcheck disable=SC2016
    on c1 sh -c 'v=/srv/$1.ask.vol; shift; n=$1; shift; rm -f /tmp/flood
        /root/bin/ask "$@" "$v" hold "$n" >/tmp/flood & pid=$!
        until grep -q held /tmp/flood 2>/dev/null; do sleep .05; done; kill -9 $pid; wait $pid' sh "$N" "$@" 3>&- 2>/dev/null || :
}
# resident KB
resident() { on c1 sh -c "sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' /proc/\$(cat /run/$N.brick.pid)/status"; }
nobody_waits() { [ "$(status 'b["held"]')" = 0 ]; }

@test "readers that flood, do not read, never acknowledge, or vanish cost memory that has an end" {
    brick_start && mount_brick
    on c1 sh -c "cd $M && mkdir $(seq -s ' ' 500)"
    local i before after
    round() {
        flood 1000 -f oldest -s 1
        flood 1000 -f now -w 60000
        ask -- garbage 500
        wait_until 30 nobody_waits
    }
    round
    before=$(resident)
    for i in 1 2 3 4; do round; done
    # one that stops while a hundred of its fetches are answered
    # shellcheck disable=SC2016
    on c1 sh -c '/root/bin/ask -f now -w 60000 "/srv/$1.ask.vol" hold 100 >/dev/null & echo $! >/tmp/stopped; wait' sh "$N" 3>&- &
    wait_until 10 eval '[ "$(status "b[\"held\"]")" = 100 ]'
    on c1 sh -c 'kill -STOP $(cat /tmp/stopped)'
    on c1 sh -c "cd $M && rmdir $(seq -s ' ' 500)"
    wait_until 10 nobody_waits
    after=$(resident)
    on c1 sh -c 'kill -KILL $(cat /tmp/stopped)'
    echo "$before KB before, $after KB after"
    [ "$after" -lt $((before + 40000)) ]
    [ "$(status 'len(s) <= 256')" = True ]
    make works
}

@test "who does not take his answers gets no more of them, and goes on when he does; who then asks on is cut off" {
    brick_start && mount_brick
    local long before during
    long=$(printf 'l%.0s' {1..255})
    on c1 sh -c "cd $M; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do mkdir $long; cd $long; done; mkdir $(seq -s ' ' 300)"
    wait_until 60 eval '[ "$(ask -- fetch | grep -c "^mkdir ")" = 314 ]'
    [ "$(ask -l 1044480 -- fetch | wc -c)" -gt 1000000 ]
    before=$(resident)
    # 100 times a megabyte is asked for
    # shellcheck disable=SC2016
    on c1 sh -c '/root/bin/ask -S -f oldest "/srv/$1.ask.vol" hold 100 >/tmp/$1.held & echo $! >/tmp/stopped; wait' sh "$N" 3>&- &
    wait_until 60 eval '[ "$(status "b[\"held\"]")" -gt 50 ]'
    make others-are-served
    ask -f oldest -o 2 -- fetch | grep -q '^create /others-are-served' # behind those, which all were looked at
    [ "$(status 'b["held"]')" -gt 50 ]
    during=$(resident)
    echo "$before KB before, $during KB with answers that are not taken"
    [ "$during" -lt $((before + 30000)) ]
    on c1 sh -c 'kill -USR2 $(cat /tmp/stopped)'
    wait_until 60 nobody_waits
    wait_until 60 eval '[ "$(on c1 grep -c "^= " /tmp/$N.held)" = 100 ]'
    # shellcheck disable=SC2016
    on c1 sh -c '/root/bin/ask -S -f oldest "/srv/$1.ask.vol" hold 128 >/dev/null & echo $! >/tmp/stopped; wait' sh "$N" 3>&- &
    wait_until 60 eval '[ "$(status "b[\"held\"]")" -gt 50 ]'
    asks_on_until_cut_off() {
        on c1 sh -c 'kill -USR1 $(cat /tmp/stopped)'
        logged 'asks on and on and takes no answers'
    }
    wait_until 60 asks_on_until_cut_off
    wait_until 60 nobody_waits
    on c1 sh -c 'kill -KILL $(cat /tmp/stopped)'
    make works
}

@test "what is no request is refused, and told once; others' ipc passes" {
    brick_start && mount_brick
    run ask -- garbage 2000
    [ "$output" = '2000 sent, 0 taken' ]
    [ "$(on c1 grep -c 'is no request' "$LOG")" = 1 ]
    [ "$(dump refused)" = 2000 ]
    run ask -- ipc 77
    [ "$output" = 'Operation not supported' ]
    make works
}

@test "the status tells what is recorded, and who reads how far behind" {
    brick_start && mount_brick
    [ "$(status 'b["active"], b["recording"] > 0, b["brick"], b["gaps"], s')" = "True True $D 0 []" ]
    make a b
    local hello
    hello=$(ask -- hello)
    ask -- ack daily "$(value id "$hello")" "$(value next "$hello")"
    make c d e
    hello=$(ask -- hello)
    [ "$(status 'b["next"], b["oldest"], b["bytes"], b["since"] > 0')" = \
        "$(value next "$hello") $(value oldest "$hello") $(value bytes "$hello") True" ]
    status 's'
    [ "$(status 's[0]["name"], s[0]["host"], s[0]["connected"], s[0]["lag"] > 2, s[0]["lag-ms"] > 0, s[0]["acked"] > 0, len(s)')" = \
        'daily c1 False True True True 1' ]
    ask -s 171 -f =daily -w 50000 -o 0x8 -- hold 1 >"$BATS_TEST_TMPDIR/named" 3>&- &
    ask -f now -w 50000 -o 0x8 -- hold 2 >"$BATS_TEST_TMPDIR/out" 3>&- &
    here() { [ "$(status '[x["connected"] for x in s], s[0]["name"], [x["lag"] for x in s[1:]], b["held"]')" = "[True, True, True] daily [0, 0] 3" ]; }
    wait_until 10 here
    status 's'
    on c1 mkdir "$M/all"
    gone() { [ "$(status 'len(s), s[0]["connected"], b["held"]')" = "1 False 0" ]; }
    wait_until 10 gone
    # numbers of an earlier start
    brick_end TERM
    brick_run
    wait_until 10 eval '[ "$(status "s[0][\"lag\"] > 0, s[0][\"lag-ms\"] > 0, s[0][\"other-journal\"]")" = "True True False" ]'
}

@test "the status of a brick that is off, or cannot record" {
    brick_start active off
    [ "$(status 'b["active"], b["recording"], b["bytes"], s')" = 'False 0 0 []' ]
    brick_end TERM
    brick_start directory /proc/none
    problem() { [ "$(status 'b["active"], b["recording"], b.get("problem")')" = 'True 0 /proc/none: No such file or directory' ]; }
    wait_until 10 problem
    brick_end TERM
    brick_start buffer-size 100 && mount_brick
    make a
    lost() { [ "$(status 'b["gaps"] > 0, b["dropped"] > 0')" = 'True True' ]; }
    wait_until 10 lost
}

@test "users that are not root are refused" {
    brick_start
    run ask -u 1000 -- hello
    [ "$output" = 'error Operation not permitted' ]
    run ask -u 1000 -- fetch
    [ "$output" = 'error Operation not permitted' ]
}

@test "a client that mounts a folder of the volume is refused" {
    brick_start && mount_brick
    on c1 mkdir "$M/sub"
    run ask -m /sub -- hello
    echo "$output"
    [ "$output" = 'error Operation not permitted' ]
}

@test "the brick goes while readers wait" {
    brick_start
    ask -f now -w 60000 -- hold 10 >"$BATS_TEST_TMPDIR/out" 3>&- &
    local reader=$!
    wait_until 60 grep -q held "$BATS_TEST_TMPDIR/out" # GlusterFS 10 does not survive a statedump before any operation
    waiting() { [ "$(dump held)" = 10 ]; }
    wait_until 60 waiting
    brick_end TERM
    wait "$reader"
    [ "$(grep -c '^error' "$BATS_TEST_TMPDIR/out")" = 10 ]
    brick_run
    ask -- fetch | grep -a '^start' | tail -n 1 | grep -q clean
}

@test "no brick has crashed" { no_brick_has_crashed; }
