#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# A brick that runs keeps the graph it was started with, whatever is set; it still
# takes other options, and has what is wanted when it is started again.
# shellcheck disable=SC2016 # what is quoted so is expanded on the node
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() { pool_start 1; }
teardown_file() { pool_stop; }
setup() { work=$POOL_DIR/1/lib; }

volfile() { echo "$work/vols/$1/$1.$(address 1).srv-$2.vol"; }
has_node() { grep -q "volume $1-volext-glupy-negative" "$(volfile "$1" "$2")"; }
lacks_node() { ! has_node "$@"; }
brick_up() { [ -n "$(brick_pid 1 "$1")" ]; }

# what the brick's process really has in its graph, from its own log
ran_with_node() { grep -q "volume $1-volext-glupy-negative" "$POOL_DIR/1/log/bricks/srv-$2.log"; }

# What the process itself says, not its volfile: io-threads of VOL's graph may have N
# threads. Bricks of one process have their graphs in the same dump.
threads_are() { # VOL N
    rm -f "$POOL_DIR"/1/run/gluster/*.dump.*
    stock 1 volume statedump "$1" && wait_until 60 dump_ended || return 1
    awk -v graph="[performance/io-threads.$1-io-threads]" \
        'last == graph { print } { last = $0 }' "$POOL_DIR"/1/run/gluster/*.dump.* | tee /dev/stderr |
        grep -qx "maximum_threads_count=$2"
}
dump_ended() { grep -qs DUMP-END-TIME "$POOL_DIR"/1/run/gluster/*.dump.*; }

# a process that runs takes another option, whatever waits in its volfile
takes_options() { # VOL N
    stock 1 volume set "$1" performance.io-thread-count "$2"
    wait_until 60 threads_are "$1" "$2"
}

make_volume() { # VOL BRICK…
    local vol=$1 bricks=() b
    for b in "${@:2}"; do bricks+=("$(brick 1 "$b")"); done
    stock 1 volume create "$vol" "${bricks[@]}" force
    stock 1 volume start "$vol"
    for b in "${@:2}"; do wait_until 60 brick_up "$b"; done
}

on_bricks() { stock 1 volume set "$1" user.features.glupy-module negative user.features.glupy-side brick; }

@test "a running brick's volfile gains no node; the next start has it; then it loses none" {
    make_volume v1 a
    on_bricks v1
    has_no=$(volfile v1 a)
    lacks_node v1 a
    on 1 volext peer applied v1 | grep -P "volfile\t${has_no##*/}\twaiting"
    as_desired v1 1
    takes_options v1 21
    lacks_node v1 a
    grep -q 'thread-count 21' "$(volfile v1 a)"
    stock 1 volume stop v1
    stock 1 volume start v1
    wait_until 60 brick_up a
    has_node v1 a
    wait_until 60 ran_with_node v1 a
    as_desired v1 1
    stock 1 volume set v1 user.features.glupy-module off
    has_node v1 a
    grep -A20 'volume v1-volext-glupy-negative' "$(volfile v1 a)" | grep -q 'option passthrough on'
    as_desired v1 1
    # the graph did not change its topology: options still arrive
    takes_options v1 22
    has_node v1 a
    run ! grep -E 'Address already in use|graph: init failed' "$POOL_DIR/1/log/bricks/srv-a.log"
    stock 1 volume stop v1
    stock 1 volume start v1
    wait_until 60 brick_up a
    lacks_node v1 a
    as_desired v1 1
}

@test "of several bricks, those that are down follow at once, those that run wait" {
    make_volume v2 c d
    brick_kill 1 d
    on_bricks v2
    lacks_node v2 c
    has_node v2 d
    as_desired v2 1
    stock 1 volume start v2 force
    wait_until 60 brick_up d
    wait_until 60 ran_with_node v2 d
    lacks_node v2 c
    as_desired v2 1
}

@test "a brick that is stopped by brick-stop has the node after start force" {
    on 1 volext peer brick-stop v2 "$(brick 1 c)" | grep -P 'brick\t.*\tstopped'
    run ! brick_up c
    stock 1 volume start v2 force
    wait_until 60 brick_up c
    has_node v2 c
    wait_until 60 ran_with_node v2 c
}

@test "multiplexed: bricks in one process keep their graphs; a stale pid file stops nothing" {
    stock 1 volume set all cluster.brick-multiplex on
    make_volume v3 e
    make_volume v4 f
    [ "$(brick_pid 1 e)" = "$(brick_pid 1 f)" ]
    on_bricks v4
    lacks_node v4 f
    as_desired v4 1
    takes_options v4 21
    takes_options v3 23
    takes_options v4 23 # only volumes of the same options share a process
    # only v4's brick goes: its pid file's process lives on
    stock 1 volume stop v4
    stock 1 volume start v4
    wait_until 60 brick_up f
    has_node v4 f
    as_desired v4 1
    [ "$(brick_pid 1 e)" = "$(brick_pid 1 f)" ]
    on_bricks v3
    lacks_node v3 e
    brick_kill 1 e
    stock 1 volume start v3 force
    wait_until 60 brick_up e
    has_node v3 e
    as_desired v3 1
}

@test "multiplexed: bricks that run with a node that is not wanted any more take options" {
    stock 1 volume start v4 force
    wait_until 60 brick_up f
    [ "$(brick_pid 1 e)" = "$(brick_pid 1 f)" ]
    wait_until 60 ran_with_node v3 e
    stock 1 volume set v3 user.features.glupy-module off
    has_node v3 e
    as_desired v3 1
    takes_options v3 24
    takes_options v4 25
    has_node v3 e
    on_bricks v3
    takes_options v3 26
    as_desired v3 1
}

@test "multiplexed: brick-stop takes one brick out of the process" {
    stock 1 volume start v4 force
    wait_until 60 brick_up f
    pid=$(brick_pid 1 e)
    on 1 volext peer brick-stop v4 "$(brick 1 f)" | grep -P 'brick\t.*\tstopped'
    [ "$(brick_pid 1 e)" = "$pid" ]
    stock 1 volume start v4 force
    wait_until 60 brick_up f
    logs_clean
}
