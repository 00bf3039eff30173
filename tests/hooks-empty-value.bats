#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# An empty value, which no command line sends but any program may: glusterd stores it and
# would not start again. Nothing of ours is disturbed, and our next command mends it.
bats_require_minimum_version 1.5.0
load lib/pool
export POOL_HOOKS=all # ours among all of them

setup_file() {
    pool_start 1
    stock 1 volume create v1 replica 2 "$(brick 1 a)" "$(brick 1 b)" force
    stock 1 volume start v1
    wait_until 60 bricks_online v1 2
    volume_mount 1 v1
    gluster 1 volume set v1 features.glupy-module negative
    wait_until 60 in_graph 1 v1 features/glupy
    on 1 sh -c 'echo hello >/mnt/v1/a'
}
teardown_file() { pool_stop; }

raw_set() { on 1 /usr/bin/python3 -IB "$POOL_LIB/rawset" "$@"; }
stored() { grep -x "user.features.glupy-module=$1" "$POOL_DIR/1/lib/vols/v1/info"; }

@test "our client of glusterd's RPC sets as the stock program does" {
    raw_set v1 user.a b performance.io-thread-count 17
    [ "$(stock 1 volume get v1 user.a | awk '$1 == "user.a" { print $2 }')" = b ]
    grep -qx performance.io-thread-count=17 "$POOL_DIR/1/lib/vols/v1/info"
    run -1 raw_set nowhere user.a b
    [[ $output == *nowhere* ]]
}

@test "an empty value: volfiles as without the extension, the mount goes on" {
    : >"$POOL_DIR/1/log/volext.log"
    raw_set v1 user.features.glupy-module ''
    stored ''
    wait_until 60 as_desired v1 1
    on 1 sh -c '[ "$(cat /mnt/v1/a)" = hello ] && echo again >/mnt/v1/b && ! stat /mnt/v1/missing'
    # who looked at it said so and went on with what is the default
    grep -q '\[hook\] set user.features.glupy-module: .*empty.*left out' "$POOL_DIR/1/log/volext.log"
    for file in trusted-v1.tcp-fuse.vol v1.tcp-fuse.vol "v1.$(address 1).srv-a.vol"; do
        grep -q "$file: .*features.glupy-module: '' is empty.*default off is used" "$POOL_DIR/1/log/volext.log"
    done
    # a second set, with the empty value in info
    stock 1 volume set v1 performance.io-thread-count 18
    grep -q "\[filter\] .*'' is empty.*default off is used" "$POOL_DIR/1/log/volext.log"
    as_desired v1 1
    on 1 sh -c '[ "$(cat /mnt/v1/a)" = hello ] && echo again >>/mnt/v1/c'
}

@test "our command that switches it off makes info good again: glusterd starts" {
    stored ''
    gluster 1 volume set v1 features.glupy-module off
    stored off
    as_desired v1 1
    glusterd_stop 1
    glusterd_start 1
    gluster 1 volume info v1
    as_desired v1 1
    gluster 1 volume set v1 features.glupy-module negative
    wait_until 60 in_graph 1 v1 features/glupy
    [ "$(on 1 cat /mnt/v1/a /mnt/v1/b)" = $'hello\nagain' ]
    logs_clean
}
