#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# The reader on a real volume of replicated sets: each change once, in order, whatever
# bricks go and come.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=180 POOL_RESIDENT=yes
    pool_start 1
    on 1 mkdir -p /root/bin
    on 1 cp "$BUILD/libgnotify/follow" /root/bin/
    stock 1 volume create v1 replica 2 "$(brick 1 a)" "$(brick 1 b)" "$(brick 1 c)" "$(brick 1 d)" force
    stock 1 volume set v1 cluster.self-heal-daemon off
    stock 1 volume start v1
    stock 1 volume create v2 replica 2 "$(brick 1 e)" "$(brick 1 f)" force
    stock 1 volume start v2
    wait_until 30 bricks_online v1 4
    wait_until 30 bricks_online v2 2
    gluster 1 volume set v1 features.notify on
    gluster 1 volume set v2 features.notify on
    volume_mount 1 v1
    volume_mount 1 v2
}
teardown_file() { pool_stop; }

# follows NAME ARGUMENTS... VOLUME: in the background; its lines are in /root/NAME
follows() {
    on 1 sh -c 'name=$1; shift; setsid /root/bin/follow "$@" >"/root/$name" 2>"/root/$name.err" & echo $! >"/root/$name.pid"' sh "$@"
    wait_until 30 has "$1" caught-up
}
ends() { on 1 sh -c 'kill "$(cat "/root/$1.pid")" 2>/dev/null' sh "$1" || true; }
has() { on 1 grep -q " $2" "/root/$1"; }
names() { on 1 sed -n 's/^[0-9]* create \([^ ]*\) .*/\1/p' "/root/$1"; }

healed() { stock 1 volume heal v2 info | awk '/^Number of entries:/ { n += $4 } END { exit n != 0 }'; }
bricks_up() {
    stock 1 volume start v2 force
    wait_until 30 bricks_online v2 2
}
# The mount of v2 works with all its bricks.
both_written() {
    on 1 touch /mnt/v2/probe
    on 1 sh -c 'test -e /srv/e/probe && test -e /srv/f/probe'
}

@test "what only a brick has that is away now is told as a gap, and by its heal" {
    on 1 touch /mnt/v2/before
    on 1 timeout 60 /root/bin/follow -c five -a -n 1 v2
    brick_kill 1 e
    on 1 touch /mnt/v2/made
    on 1 rm /mnt/v2/before
    bricks_up
    # its daemon starts with the brick, and reaches it later
    all_healed() { stock 1 volume heal v2 && healed && on 1 sh -c 'test -e /srv/e/made && test ! -e /srv/e/before'; }
    wait_until 60 all_healed
    brick_kill 1 f
    follows five -c five -a v2
    has five gap
    has five 'synthetic-missed /'
    on 1 cat /root/five
    bricks_up
    wait_until 30 has five 'create /made ' # late, but there
    wait_until 30 has five 'unlink /before '
    ends five
}

@test "each change is told once, in the order of the client that made it" {
    follows one v1
    on 1 sh -c 'i=0; while [ $i -lt 300 ]; do : >"/mnt/v1/f$i"; i=$((i + 1)); done'
    wait_until 30 has one 'create /f299 '
    names one >"$BATS_TEST_TMPDIR/told"
    seq 0 299 | sed 's|^|/f|' >"$BATS_TEST_TMPDIR/made"
    diff "$BATS_TEST_TMPDIR/made" "$BATS_TEST_TMPDIR/told"
    on 1 grep -c 'client=CTX_ID' /root/one
    ends one
}

@test "bricks that are killed and come back leave nothing out and tell nothing twice" {
    follows two v1
    for round in 0 1 2 3; do
        brick_kill 1 "$(tr 0123 acac <<<"$round")"
        on 1 sh -c 'i=0; while [ $i -lt 40 ]; do : >"/mnt/v1/r$1-$i"; i=$((i + 1)); done' sh "$round"
        stock 1 volume start v1 force
        wait_until 30 bricks_online v1 4
        mounted_on_all
    done
    wait_until 30 has two 'create /r3-39 '
    names two | grep '^/r' | sort >"$BATS_TEST_TMPDIR/told"
    for round in 0 1 2 3; do seq 0 39 | sed "s|^|/r$round-|"; done | sort >"$BATS_TEST_TMPDIR/made"
    diff "$BATS_TEST_TMPDIR/made" "$BATS_TEST_TMPDIR/told"
    ends two
}

# The mount writes to every brick again.
mounted_on_all() {
    all_have() {
        on 1 rm -f /mnt/v1/probe-*
        on 1 sh -c 'for i in 1 2 3 4 5 6 7 8; do : >/mnt/v1/probe-$i; done'
        [ "$(on 1 sh -c 'ls /srv/a /srv/b /srv/c /srv/d | grep -c ^probe-')" = 16 ]
    }
    wait_until 60 all_have
    on 1 rm -f /mnt/v1/probe-*
}

@test "a reader that is killed goes on behind what it acknowledged" {
    local writer round
    follows three -c three -a v2
    for round in 0 1 2 3 4; do
        on 1 sh -c 'i=0; while [ $i -lt 40 ]; do : >"/mnt/v2/c$1-$i"; i=$((i + 1)); done' sh "$round" &
        writer=$!
        wait_until 30 has three "create /c$round-7 "
        on 1 sh -c 'kill -9 "$(cat /root/three.pid)"; cat /root/three >>/root/three.all'
        wait "$writer"
        on 1 sh -c 'rm /root/three' # follows waits for a new one
        follows three -c three -a v2
    done
    # told to the last of them, or to the one before, if that had all when it was killed
    on 1 cp /root/three.all /root/three.before
    both_told() { on 1 sh -c 'cat /root/three.before /root/three >/root/three.all; grep -q " create /c4-39 " /root/three.all'; }
    wait_until 60 both_told
    on 1 sed -n 's/^[0-9]* create \(.c[^ ]*\) .*/\1/p' /root/three.all >"$BATS_TEST_TMPDIR/told"
    for round in 0 1 2 3 4; do seq 0 39 | sed "s|^|/c$round-|"; done | sort >"$BATS_TEST_TMPDIR/made"
    sort -u "$BATS_TEST_TMPDIR/told" | diff "$BATS_TEST_TMPDIR/made" -
    # one that was printed, and not acknowledged when it was killed, comes again
    [ "$(wc -l <"$BATS_TEST_TMPDIR/told")" -le 205 ]
    ends three
}

@test "the whole volume is stopped and started: nothing is lost, and no gap is told" {
    follows four v2
    stock 1 volume stop v2
    stock 1 volume start v2
    wait_until 30 bricks_online v2 2
    wait_until 60 both_written
    on 1 touch /mnt/v2/again
    wait_until 30 has four 'create /again '
    run ! has four gap
    ends four
}
