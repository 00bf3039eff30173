#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# volume extension: what waits for a restart is shown, and apply restarts it brick by
# brick while the volume is in use.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_start 3
    stock 1 volume create r replica 3 "$(brick 1 r)" "$(brick 2 r)" "$(brick 3 r)" force
    stock 1 volume create d "$(brick 1 d)" "$(brick 2 d)" force
    stock 1 volume start r
    stock 1 volume start d
    wait_until 60 bricks_online r 3
    wait_until 60 bricks_online d 2
}
teardown_file() { pool_stop; }

states() { # VOL: of its bricks
    gluster 1 --json volume extension "$1" status | /usr/bin/python3 -c '
import json, sys
rows = json.load(sys.stdin)["volExtension"]["graph"]
print(",".join(sorted({r["state"] for r in rows if r["kind"] == "brick"})))'
}

@test "set on the brick side tells what waits" {
    run --separate-stderr gluster 1 volume set r features.glupy-side brick features.glupy-module negative
    [ "$status" = 0 ]
    [ "$output" = "volume set: success" ]
    [[ $stderr == *"gluster volume extension r apply"* ]]
    [ "$(states r)" = "waits for a restart" ]
    gluster 2 volume extension r status | grep -qE "^brick +$(brick 3 r) +negative +- +waits for a restart$"
    gluster 1 --xml volume extension r status | xmllint --xpath 'count(//graph[kind="brick"])' - | grep -qx 3
}

@test "apply restarts the bricks of a replicated volume one at a time, without a gap for clients" {
    volume_mount 2 r
    on 2 sh -c 'echo kept >/mnt/r/file'
    local i pids
    pids=$(for i in 1 2 3; do brick_pid $i r; done)
    on 2 sh -c 'i=0; until [ -e /tmp/stop ]; do i=$((i + 1)); echo $i >/mnt/r/count || exit 1; done; echo $i' >"$BATS_TEST_TMPDIR/count" &
    local writer=$!
    run gluster 1 volume extension r apply
    on 2 touch /tmp/stop
    wait $writer
    [ "$status" = 0 ]
    [[ $output == *"success: 3 bricks restarted" ]]
    [ "$(states r)" = applied ]
    [ "$(for i in 1 2 3; do brick_pid $i r; done)" != "$pids" ]
    [ "$(on 2 cat /mnt/r/count)" = "$(cat "$BATS_TEST_TMPDIR/count")" ]
    as_desired r 1 2 3
    volume_umount 2 r
}

@test "apply restarts no second brick before the clients are back at the first" {
    gluster 1 volume set r features.glupy-module off
    volume_mount 2 r
    local pids client
    pids="$(brick_pid 1 r) $(brick_pid 2 r) $(brick_pid 3 r)"
    client=$(on 2 pgrep -f 'glusterfs.* /mnt/r$')
    on 2 kill -STOP "$client"
    run gluster 1 volume extension r apply
    on 2 kill -CONT "$client"
    echo "$output"
    [ "$status" = 1 ]
    [[ $output == *"volume extension apply: failed: brick $(address 1):/srv/r was restarted, and 1 of its"*"not back after 30 s"* ]]
    [ "$(echo "$pids" | cut -d' ' -f2-)" = "$(brick_pid 2 r) $(brick_pid 3 r)" ]
    wait_until 60 bricks_online r 3
    run -0 gluster 1 volume extension r apply
    [[ $output == *"success: 2 bricks restarted" ]]
    volume_umount 2 r
}

@test "apply that is ended while a brick is stopped starts that brick first" {
    gluster 1 volume set r features.glupy-module negative
    local apply code=0 hook=/var/lib/glusterd/hooks/1/start/pre/S01held.sh
    # the start is held until the signal was sent
    printf '#!/bin/sh\ntouch /tmp/starting\nwhile [ -e /tmp/hold ]; do sleep .05; done\n' |
        on 1 sh -c "touch /tmp/hold; cat >$hook; chmod 755 $hook"
    on 1 sh -c 'echo $$ >/tmp/apply; exec gluster --mode=script volume extension r apply' >"$BATS_TEST_TMPDIR/said" 2>&1 &
    apply=$!
    wait_until 60 on 1 test -e /tmp/starting
    on 1 sh -c 'kill -TERM "$(cat /tmp/apply)"; rm /tmp/hold'
    wait $apply || code=$?
    on 1 rm "$hook"
    cat "$BATS_TEST_TMPDIR/said"
    [ "$code" = 143 ]
    grep -q "interrupted; brick $(address 1):/srv/r was restarted" "$BATS_TEST_TMPDIR/said"
    wait_until 60 bricks_online r 3
    run -0 gluster 1 volume extension r apply
    [[ $output == *"success: 2 bricks restarted" ]]
}

@test "apply with nothing to do restarts nothing" {
    local pid
    pid=$(brick_pid 1 r)
    run gluster 1 volume extension r apply
    [ "$output" = "volume extension apply: success: no brick waits" ]
    [ "$(brick_pid 1 r)" = "$pid" ]
}

@test "a volume without copies: apply asks first, no restarts nothing, force does" {
    gluster 1 volume set d features.glupy-side brick features.glupy-module negative
    local pid
    pid=$(brick_pid 1 d)
    run on 1 sh -c 'echo n | gluster volume extension d apply'
    [ "$status" = 1 ]
    [[ $output == *"(y/n)"* ]]
    [ "$(brick_pid 1 d)" = "$pid" ]
    on 1 gluster volume extension d apply force </dev/null
    [ "$(states d)" = applied ]
}

@test "a node that is down stops apply before anything is restarted" {
    gluster 1 volume reset r features.glupy-module
    glusterd_stop 3
    wait_until 60 peers_connected 1 2
    local pid
    pid=$(brick_pid 1 r)
    run -1 gluster 1 volume extension r apply
    [ "$output" = "volume extension apply: failed: node $(address 3) is down. No brick was restarted" ]
    [ "$(brick_pid 1 r)" = "$pid" ]
    glusterd_start 3
    wait_until 60 peers_connected 1 3
}

@test "a volume that is stopped gets it when it starts" {
    stock 1 volume stop r
    run -1 gluster 1 volume extension r apply
    [[ $output == *"Volume r is not started"* ]]
    stock 1 volume start r
    wait_until 60 bricks_online r 3
    [ "$(states r)" = applied ]
}

@test "wrong words are told with the usage" {
    run --separate-stderr -1 gluster 1 volume extension r restart
    [[ $stderr == *"volume extension VOLNAME {status | apply [force]}"* ]]
}

@test "logs tell of no crash" {
    logs_clean
}
