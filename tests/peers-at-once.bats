#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Sets from two nodes at the same time.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    export BATS_TEST_TIMEOUT=300
    pool_start 3
    local v
    for v in one two; do
        stock 1 volume create $v replica 3 "$(brick 1 $v)" "$(brick 2 $v)" "$(brick 3 $v)" force
        stock 1 volume start $v
        wait_until 60 bricks_online $v 3
    done
}
teardown_file() { pool_stop; }

# at_once NODE VOL KEY=VALUE -- NODE VOL KEY=VALUE: sets $first and $second to the statuses
at_once() {
    gluster "$1" volume set "$2" "${3%%=*}" "${3#*=}" >"$BATS_TEST_TMPDIR/first" 2>&1 &
    local pid=$!
    second=0 first=0
    gluster "$5" volume set "$6" "${7%%=*}" "${7#*=}" >"$BATS_TEST_TMPDIR/second" 2>&1 || second=$?
    wait $pid || first=$?
    cat "$BATS_TEST_TMPDIR/first" "$BATS_TEST_TMPDIR/second"
}

@test "on different volumes both succeed" {
    for i in 1 2 3; do
        for module in negative off; do
            at_once 1 one features.glupy-module=$module -- 2 two features.glupy-module=$module
            [ "$first $second" = "0 0" ]
            [ "$(gluster 3 volume get one features.glupy-module | grep -cw $module)" = 1 ]
            as_desired one 1 2 3
            as_desired two 1 2 3
        done
    done
}

@test "on the same volume the cluster agrees on one of them" {
    gluster 1 volume set one features.glupy-module negative
    for i in 1 2 3 4 5; do
        at_once 1 one features.glupy-timeout=$((1000 + i)) -- 2 one features.glupy-timeout=$((2000 + i))
        [ "$first" = 0 ] || [ "$second" = 0 ]
        wait_until 60 info_agrees one 1 2 3
        wait_until 60 as_desired one 1 2 3
        got=$(stock 1 volume info one | sed -n 's/^user.features.glupy-timeout: //p')
        [ "$first" != 0 ] || [ "$second" = 0 ] || [ "$got" = $((1000 + i)) ]
        [ "$second" != 0 ] || [ "$first" = 0 ] || [ "$got" = $((2000 + i)) ]
        [[ $got == ?00$i ]]
    done
}

@test "no log tells of a crash" {
    logs_clean
}
