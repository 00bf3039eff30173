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
    wait_until 30 bricks_online v1 4
    gluster 1 volume set v1 features.notify on
    volume_mount 1 v1
}
teardown_file() { pool_stop; }

# follows NAME ARGUMENTS...: in the background; its lines are in /root/NAME
follows() {
    on 1 sh -c 'name=$1; shift; setsid /root/bin/follow "$@" v1 >"/root/$name" 2>"/root/$name.err" & echo $! >"/root/$name.pid"' sh "$@"
    wait_until 30 has "$1" caught-up
}
ends() { on 1 sh -c 'kill "$(cat "/root/$1.pid")" 2>/dev/null' sh "$1" || true; }
has() { on 1 grep -q " $2" "/root/$1"; }
names() { on 1 sed -n 's/^[0-9]* create \([^ ]*\) .*/\1/p' "/root/$1"; }

@test "each change is told once, in the order of the client that made it" {
    follows one
    on 1 sh -c 'i=0; while [ $i -lt 300 ]; do : >"/mnt/v1/f$i"; i=$((i + 1)); done'
    wait_until 30 has one 'create /f299 '
    names one >"$BATS_TEST_TMPDIR/told"
    seq 0 299 | sed 's|^|/f|' >"$BATS_TEST_TMPDIR/made"
    diff "$BATS_TEST_TMPDIR/made" "$BATS_TEST_TMPDIR/told"
    on 1 grep -c 'client=CTX_ID' /root/one
    ends one
}

@test "bricks that are killed and come back leave nothing out and tell nothing twice" {
    follows two
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
