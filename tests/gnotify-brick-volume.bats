#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# gnotify in the bricks of a real volume, put there by a description file: options change
# while operations are under way, and bricks of one process come and go.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_start 1
    on 1 mkdir -p /etc/glusterfs/volext.d /root/bin
    on 1 cp "$BUILD/xlators/gnotify/ask" /root/bin/
    on 1 tee /etc/glusterfs/volext.d/recorded.conf >/dev/null <<'E'
[extension]
xlator = features/gnotify
switch = test.recorded
help = For a test.
volfiles = brick
position = above performance/io-threads
[option test.recorded-active]
type = bool
default = off
option = active
help = For a test.
[option test.recorded-events]
type = text
default = default
option = events
help = For a test.
E
    stock 1 volume set all cluster.brick-multiplex on
    local v
    for v in v1 v2; do
        stock 1 volume create $v replica 2 "$(brick 1 $v.a)" "$(brick 1 $v.b)" force
        gluster 1 volume set $v test.recorded on
        stock 1 volume start $v
        wait_until 60 bricks_online $v 2
    done
    volume_mount 1 v1
    volume_mount 1 v2
}
teardown_file() { pool_stop; }

# ask VOLUME BRICK-NUMBER ARGUMENTS...
ask() {
    local v=$1 i=$2
    shift 2
    on 1 sh -c "sed -n '/^volume $v-client-$i\$/,/^end-volume/p' /var/lib/glusterd/vols/$v/trusted-$v.tcp-fuse.vol >/root/$v.$i.vol"
    on 1 timeout 60 /root/bin/ask "${@:1:$#-1}" "/root/$v.$i.vol" "${!#}"
}
is_on() { ! ask "$1" 0 hello | grep -q ' off'; }
is_off() { ask "$1" 0 hello | grep -q ' off'; }
kinds() { ask "$@" fetch | cut -d' ' -f1; }

@test "it is in the bricks, off, and switched on and off live, also for files that are open" {
    is_off v1
    on 1 sh -c 'exec 5>/mnt/v1/open; echo 1 >&5; touch /tmp/is-open; until [ -e /tmp/go ]; do sleep .1; done; echo 2 >&5' 3>&- &
    local writer=$!
    wait_until 60 on 1 test -e /tmp/is-open
    gluster 1 volume set v1 test.recorded-active on
    wait_until 60 is_on v1
    on 1 touch /tmp/go
    wait "$writer"
    closed() { ask v1 "$1" fetch | grep -q '^close /open | written writable '; }
    wait_until 60 closed 0
    wait_until 60 closed 1
    ask v1 0 fetch | grep -q '^write /open '
    gluster 1 volume set v1 test.recorded-events mkdir
    on 1 sh -c 'mkdir /mnt/v1/d; touch /mnt/v1/d/f'
    ask v1 0 fetch | grep -q '^mkdir /d '
    run ask v1 0 fetch
    [[ $output != *'create /d/f'* ]]
    gluster 1 volume set v1 test.recorded-events all
}

@test "on and off while much is under way: nothing is lost silently" {
    on 1 sh -c 'for w in 1 2 3; do (mkdir /mnt/v1/s$w; i=0; until [ -e /tmp/enough ]; do i=$((i+1)); echo x >/mnt/v1/s$w/$i; rm /mnt/v1/s$w/$i; done) & done; wait' 3>&- &
    local storm=$! i
    for i in 1 2 3; do
        gluster 1 volume set v1 test.recorded-active off
        wait_until 60 is_off v1
        gluster 1 volume set v1 test.recorded-active on
        wait_until 60 is_on v1
    done
    on 1 touch /tmp/enough
    wait "$storm"
    on 1 mkdir /mnt/v1/last
    ask v1 0 fetch | grep -q '^mkdir /last '
    [ "$(ask v1 0 fetch | grep '^start' | grep -vc ' clean')" = 3 ]
    logs_clean
}

@test "a brick leaves the process that it shares while readers of it and of others wait" {
    gluster 1 volume set v2 test.recorded-active on
    wait_until 60 is_on v2
    [ "$(brick_pid 1 v1.a)" = "$(brick_pid 1 v2.a)" ]
    on 1 sh -c 'cd /mnt/v2; mkdir $(seq 20)'
    volume_umount 1 v2
    on 1 sh -c "sed -n '/^volume v2-client-0\$/,/^end-volume/p' /var/lib/glusterd/vols/v2/trusted-v2.tcp-fuse.vol >/root/w2.vol
        sed -n '/^volume v1-client-0\$/,/^end-volume/p' /var/lib/glusterd/vols/v1/trusted-v1.tcp-fuse.vol >/root/w1.vol"
    on 1 timeout 60 /root/bin/ask -f now -w 60000 /root/w2.vol hold 5 >"$BATS_TEST_TMPDIR/v2" 3>&- &
    local gone=$!
    on 1 timeout 60 /root/bin/ask -f now -w 60000 -o 0x8 /root/w1.vol hold 5 >"$BATS_TEST_TMPDIR/v1" 3>&- &
    local stays=$!
    wait_until 60 grep -q held "$BATS_TEST_TMPDIR/v1"
    wait_until 60 grep -q held "$BATS_TEST_TMPDIR/v2"
    stock 1 volume stop v2
    wait "$gone"
    on 1 mkdir /mnt/v1/now
    wait "$stays"
    cat "$BATS_TEST_TMPDIR/v1" "$BATS_TEST_TMPDIR/v2"
    [ "$(grep -c '^mkdir /now ' "$BATS_TEST_TMPDIR/v1")" = 5 ]
    [ "$(grep -cE '^(error|=)' "$BATS_TEST_TMPDIR/v2")" = 5 ]
    stock 1 volume start v2
    wait_until 60 bricks_online v2 2
    wait_until 60 is_on v2
    # it ended in good order
    [ "$(ask v2 0 fetch | grep -E '^(start|stop)' | sed 's/ *|.*//' | tail -n 2 | tr '\n' ' ')" = 'stop start ' ]
    ask v2 0 fetch | grep '^start' | tail -n 1 | grep -q clean
    logs_clean
}
