#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# A set whose commit fails on one node, after its volfiles and before its info were
# written: the node goes on with what its info says, and nothing of the new value stays.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    export BATS_TEST_TIMEOUT=300
    pool_start 3
    stock 1 volume create v1 replica 3 "$(brick 1 v1)" "$(brick 2 v1)" "$(brick 3 v1)" force
    stock 1 volume start v1
    wait_until 60 bricks_online v1 3
}
teardown_file() { pool_stop; }

# info cannot be stored on node I while its temporary name is a folder
break_store() { mkdir "$POOL_DIR/$1/lib/vols/v1/info.tmp"; }
mend_store() { rmdir "$POOL_DIR/$1/lib/vols/v1/info.tmp"; }
pending() { find "$POOL_DIR/$1/lib/volext/pending" -type f 2>/dev/null | grep .; }

# what node I's info holds: all but what counts its changes
stored() { grep -v '^version=' "$POOL_DIR/$1/lib/vols/v1/info" | sort; }
has_value() { [ "$(sed -n 's/^user.features.glupy-module=//p' "$POOL_DIR/$1/lib/vols/v1/info")" = "$2" ]; }

fails_on() { # NODE PROGRAM KEY VALUE
    break_store "$1"
    run "$2" 1 volume set v1 "$3" "$4"
    mend_store "$1"
    echo "$output"
    [ "$status" != 0 ]
    wait_until 60 as_desired v1 1 2 3
}

@test "on another node, by our command" {
    old=$(stored 3)
    fails_on 3 gluster features.glupy-module negative
    for i in 1 2 3; do run ! pending $i; done
    # the others had committed
    has_value 1 negative
    has_value 2 negative
    [ "$(stored 3)" = "$old" ]
    run ! grep -q features/glupy "$POOL_DIR/3/lib/vols/v1/trusted-v1.tcp-fuse.vol"
    glusterd_stop 3
    glusterd_start 3
    wait_until 60 peers_connected 1 3
    wait_until 60 info_agrees v1 1 2 3
    wait_until 60 as_desired v1 1 2 3
    has_value 3 negative
}

@test "on the node itself, by our command: no node has the new value" {
    old=$(stored 1)
    fails_on 1 gluster features.glupy-module off
    for i in 1 2 3; do
        run ! pending $i
        diff <(echo "$old") <(stored $i)
        has_value $i negative
    done
    wait_until 60 as_desired v1 1 2 3
    # and with what was in the way gone, it is set everywhere (GlusterFS counts the
    # failed one on node 1, so versions differ)
    gluster 1 volume set v1 features.glupy-module off
    for i in 1 2 3; do
        has_value $i off
        diff <(stored 1) <(stored $i)
    done
    as_desired v1 1 2 3
}
