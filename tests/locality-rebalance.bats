#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Where files are while a rebalance moves them, and after it.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    pool_start 2
    stock 1 volume create v1 replica 2 "$(brick 1 b1)" "$(brick 2 b2)" "$(brick 1 b3)" "$(brick 2 b4)" force
    stock 1 volume set v1 cluster.rebal-throttle lazy
    stock 1 volume start v1
    wait_until 60 bricks_online v1 4
    volume_mount 1 v1
    # shellcheck disable=SC2016
    on 1 sh -c 'mkdir -p /mnt/v1/d/e; for i in $(seq 150); do
        echo $i | tee /mnt/v1/d/$i >/mnt/v1/d/e/$i; done; head -c 20M /dev/zero >/mnt/v1/d/e/big'
}
teardown_file() { pool_stop; }

program() { on 1 /usr/local/libexec/volext/volext-locate "$@"; }
compare() { /usr/bin/python3 -B "$POOL_LIB/locality.py" "$POOL_DIR" "$@"; }
moving() { stock 1 volume rebalance v1 status | grep -q 'in progress'; }
moved() { stock 1 volume rebalance v1 status | grep -qw completed && ! moving; }

@test "while files move, each is told where it was or where it is now" {
    program v1 | compare
    stock 1 volume add-brick v1 "$(brick 1 b5)" "$(brick 2 b6)" force
    wait_until 60 bricks_online v1 6
    before=$BATS_TEST_TMPDIR/before out=$BATS_TEST_TMPDIR/out
    bricks=("$(brick 1 b1)" "$(brick 2 b2)" "$(brick 1 b3)" "$(brick 2 b4)" "$(brick 1 b5)" "$(brick 2 b6)")
    compare --save "$before" "${bricks[@]}"
    stock 1 volume rebalance v1 start force
    while :; do
        program v1 >"$out" || [ $? = 1 ] # of one that moves it may not be known
        compare --moving "$before" <"$out"
        moving || break
        compare --save "$before" "${bricks[@]}"
    done
}

@test "after it, and with linkto files about, all is told where it is" {
    wait_until 60 moved
    program v1 | compare
    [ "$(program v1 | tr '\0' '\n' | grep -c '^file$')" = 301 ]
    # names whose hash says another brick
    # shellcheck disable=SC2016
    on 1 sh -c 'for i in $(seq 60); do mv /mnt/v1/d/$i /mnt/v1/d/other-$i; done'
    [ "$(find "$POOL_DIR"/*/bricks/b?/d -maxdepth 1 -perm 1000 | wc -l)" -gt 10 ]
    program v1 | compare
    on 1 /usr/bin/python3 -B "$POOL_SOURCE/tests/lib/locality_same.py" /mnt/v1
}

@test "a linkto file that has no file any more is none" {
    on 1 touch /mnt/v1/d/lost
    for i in 1 2; do
        for b in b1 b2 b3 b4 b5 b6; do
            [ -e "$POOL_DIR/$i/bricks/$b/d/lost" ] || continue
            on $i chmod 1000 "/srv/$b/d/lost"
            on $i setfattr -n trusted.glusterfs.dht.linkto -v v1-replicate-9 "/srv/$b/d/lost"
        done
    done
    program v1 | compare
    run ! program v1 /d/lost
}

@test "nothing has crashed" { logs_clean; }
