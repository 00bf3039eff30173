#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# What libgnotify has of a real volume: its bricks as they come, go and change, and an answer
# to everything they are asked. libgnotify/peek shows it.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=180
    pool_start 2
    node_boot c1
    local i
    for i in 1 2 c1; do
        on $i mkdir -p /root/bin
        on $i cp "$BUILD/libgnotify/peek" /root/bin/
    done
    stock 1 volume create v1 replica 2 "$(brick 1 a)" "$(brick 2 b)" force
    gluster 1 volume set v1 features.notify on
    stock 1 volume start v1
    wait_until 60 bricks_online v1 2
}
teardown_file() { pool_stop; }
teardown() { peek_end; }

# peek_start I ARGUMENTS...: on node I; OUT is what it says
peek_start() {
    WHERE=$1 OUT=$POOL_DIR/$1/root/out
    shift
    on "$WHERE" sh -c 'rm -f /root/in /root/out; mkfifo /root/in; echo >/root/out'
    # shellcheck disable=SC2016
    on "$WHERE" sh -c 'exec 9<>/root/in; echo $$ >/root/peek.pid; exec timeout 170 /root/bin/peek "$@" <&9 >/root/out 2>&1' sh "$@" 3>&- &
}
# tell LINE: to its standard input
tell() { on "$WHERE" sh -c 'echo "$1" >/root/in' sh "$1"; }
said() { grep -qxE "$1" "$OUT"; }
# times N TEXT: it said TEXT so often
times() { [ "$(grep -cxE "$2" "$OUT")" = "$1" ]; }
peek_end() {
    [ -n "${WHERE:-}" ] || return 0
    # shellcheck disable=SC2016
    on "$WHERE" sh -c 'read -r pid </root/peek.pid && kill "$pid"
        while kill -0 "$pid"; do sleep .05; done' 2>/dev/null || :
}
both_up() { wait_until 30 said 'hello 0 on, end .*' && wait_until 30 said 'hello 1 on, end .*'; }

@test "the layout is told, bricks come up and answer, of a local and of a named server" {
    peek_start 1 v1
    both_up
    said 'layout 2 bricks 1 sets'
    said "brick 0 set 0 $(brick 1 a)"
    said "brick 1 set 0 $(brick 2 b)"
    peek_end
    peek_start c1 "$(address 2):/v1"
    both_up
}

@test "what waits at a brick that dies is answered before the brick is told down; it comes back" {
    peek_start 1 v1
    both_up
    tell 'hold 30000'
    tell 'hold 30000'
    tell hello
    wait_until 30 times 2 'hello 1 on, .*' # behind those that wait
    brick_kill 2 b
    wait_until 30 said 'down 1'
    cat "$OUT"
    [ "$(grep -E '^(hold|down) 1' "$OUT" | sed 's/ error:.*//' | tr '\n' ' ')" = 'hold 1 hold 1 down 1 ' ]
    times 0 'hold 0.*'
    tell hello
    wait_until 10 said 'hello 1 not asked: .*'
    stock 1 volume start v1 force
    wait_until 60 times 2 'up 1'
    wait_until 30 times 3 'hello 1 on, .*'
    times 1 'up 0'
}

@test "a link that is lost is known after a while, and used when it is back" {
    peek_start 1 v1
    both_up
    tell 'hold 30000'
    on 2 ip link set eth0 down
    wait_until 60 said 'down 1'
    said 'hold 1 error: .*'
    on 2 ip link set eth0 up
    wait_until 60 times 2 'hello 1 on, .*'
    wait_until 60 bricks_online v1 2
}

@test "bricks are added, replaced and removed; numbers are never given twice; glusterd comes back" {
    peek_start 1 v1
    both_up
    glusterd_stop 1
    glusterd_start 1
    wait_until 60 peers_connected 1 2
    wait_until 60 peers_connected 2 2
    stock 1 volume add-brick v1 replica 2 "$(brick 1 c)" "$(brick 2 d)" force
    wait_until 60 said 'layout 4 bricks 2 sets'
    said "brick 3 set 1 $(brick 2 d)"
    wait_until 60 said 'hello 2 on, .*'
    wait_until 60 said 'hello 3 on, .*'
    wait_until 60 times 2 'hello 0 on, .*'
    stock 1 volume replace-brick v1 "$(brick 2 d)" "$(brick 2 e)" commit force
    wait_until 60 said "brick 4 set 1 $(brick 2 e)"
    wait_until 60 said 'hello 4 on, .*'
    stock 1 volume remove-brick v1 "$(brick 1 c)" "$(brick 2 e)" force
    wait_until 60 times 2 'layout 2 bricks 1 sets'
    wait_until 60 times 4 'hello 0 on, .*'
    stock 1 volume add-brick v1 replica 2 "$(brick 1 c)" "$(brick 2 f)" force
    wait_until 60 said "brick 5 set 1 $(brick 1 c)"
    wait_until 60 said 'hello 5 on, .*'
    stock 1 volume stop v1
    wait_until 60 said 'down 5'
    stock 1 volume start v1
    wait_until 60 times 2 'hello 5 on, .*'
}

@test "while a glusterd is away another node's tells of changes" {
    stock 1 volume create v5 replica 2 "$(brick 1 v5a)" "$(brick 2 v5b)" force
    stock 1 volume start v5
    wait_until 60 bricks_online v5 2
    peek_start 1 v5
    wait_until 30 said 'up 1'
    glusterd_stop 1
    stock 2 volume add-brick v5 replica 2 "$(brick 2 v5c)" "$(brick 2 v5d)" force
    wait_until 60 said 'layout 4 bricks 2 sets'
    wait_until 60 said 'up 3'
    glusterd_start 1
    wait_until 60 peers_connected 1 2
    wait_until 60 peers_connected 2 2
    wait_until 60 bricks_online v5 4
    stock 1 volume replace-brick v5 "$(brick 2 v5d)" "$(brick 1 v5e)" commit force
    wait_until 60 said "brick 4 set 1 $(brick 1 v5e)"
    peek_end
    glusterd_stop 1
    run on 1 timeout 60 /root/bin/peek v5
    [[ $output == *'no glusterd at /var/run/glusterd.socket'* ]]
    glusterd_start 1
    wait_until 60 peers_connected 1 2
    wait_until 60 peers_connected 2 2
}

@test "bricks that record nothing say so; sets and arbiters" {
    stock 1 volume create v2 replica 3 arbiter 1 "$(brick 1 v2a)" "$(brick 2 v2b)" "$(brick 1 v2c)" force
    stock 1 volume start v2
    wait_until 60 bricks_online v2 3
    peek_start 1 v2
    wait_until 30 said 'hello 2 (off, .*|error: Operation not supported)'
    said "brick 2 set 0 $(brick 1 v2c) arbiter"
}

@test "what cannot be reached is said with what to do" {
    run on 1 timeout 60 /root/bin/peek nothere
    [[ $output == *'there is no volume nothere'*'gluster volume list'* ]]
    run on 1 timeout 60 /root/bin/peek "$(address 1):/v1/nothere"
    [[ $output == *'cannot find /nothere in volume v1'* ]]
    run on 1 timeout 60 /root/bin/peek -s /nothere v1
    [[ $output == *'no glusterd at /nothere'*'systemctl start glusterd'* ]]
    stock 1 volume create v4 "$(brick 1 v4)" force
    run on 1 timeout 60 /root/bin/peek v4
    [[ $output == *'gluster volume start v4'* ]]
    run on 1 unshare -m sh -c 'mount -t tmpfs none /usr/lib/*/glusterfs/*/xlator/features; exec timeout 60 /root/bin/peek v1'
    [[ $output == *'features/gnotify-client'*'build and install it again'* ]]
}

@test "opened and closed again and again, and ended while open" {
    run -0 on 1 timeout 100 /root/bin/peek -n 20 v1 </dev/null
    [ "$(grep -c closed <<<"$output")" = 20 ]
    local i
    for i in 1 2 3 4 5 6; do
        echo 'hold 30000' | on 1 timeout 20 /root/bin/peek v1
    done
    logs_clean
}
