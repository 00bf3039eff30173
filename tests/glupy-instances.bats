#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Several instances of one module: on two volumes in one process, on two mounts, and one
# after the other in a graph that is switched with requests under way. What is global in
# the module is each instance's own; a request ends on the code it began on.
bats_require_minimum_version 1.5.0
load lib/pool

SEEN=/srv/seen

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_start 1
    # shellcheck disable=SC2046
    on 1 cc -o /srv/volumes "$BATS_TEST_DIRNAME/lib/volumes.c" -lpthread $(pkg-config --cflags --libs glusterfs-api)
    on 1 cp "$BATS_TEST_DIRNAME/modules/globals.py" /srv/globals.py
    gluster 1 glupy install /srv/globals.py
    local v
    for v in v1 v2; do
        gluster 1 volume create $v "$(brick 1 $v)" force
        gluster 1 volume set $v features.glupy-module globals features.glupy-option.globals.file $SEEN \
            features.glupy-option.globals.go /srv/go
        gluster 1 volume start $v
        wait_until 60 bricks_online $v 1
    done
}
teardown_file() { pool_stop; }

setup() { on 1 rm -f $SEEN /srv/go; }
seen() { on 1 cat $SEEN | sed 's/-volext-glupy-globals//g'; }
volumes() { # VOLUMES LINE...
    local words=$1
    shift
    # shellcheck disable=SC2086
    printf '%s\n' "$@" | on 1 timeout 60 /srv/volumes /srv/volumes.log $words
}

@test "two volumes in one application have a module each, and one Python" {
    run volumes 'v1 v2' '0 mkdir /a' '1 mkdir /b' '0 mkdir /c' '0 rmdir /a' '1 rmdir /b' '0 rmdir /c'
    [ "$output" = $'ok\nok\nok\nok\nok\nok' ]
    seen
    [ "$(seen)" = "v1 a 1 {'v1': 1} 1
v2 b 1 {'v2': 1} 2
v1 c 1 {'v1': 2} 2" ]
}

@test "the same volume twice in one application" {
    run volumes 'v1 v1' '0 mkdir /a' '1 mkdir /b' '0 rmdir /a' '1 rmdir /b'
    [ "$output" = $'ok\nok\nok\nok' ]
    [ "$(seen)" = "v1 a 1 {'v1': 1} 1
v1 b 1 {'v1': 1} 1" ]
}

@test "both volumes under load at once" {
    run volumes 'v1 v2' 'all 2 300' 'all 2 300'
    [ "$output" = $'ok\nok' ]
}

@test "two mounts have a Python each" {
    volume_mount 1 v1
    volume_mount 1 v1 again
    on 1 sh -c 'mkdir /mnt/v1/a && mkdir /mnt/again/b && mkdir /mnt/v1/c && rmdir /mnt/v1/?'
    [ "$(seen)" = "v1 a 1 {'v1': 1} 1
v1 b 1 {'v1': 1} 1
v1 c 1 {'v1': 2} 1" ]
    volume_umount 1 again
}

# begin NAME: a mkdir that waits in Python; each in a folder of its own, which the kernel
# holds meanwhile
begin() {
    on 1 mkdir "/mnt/v1/p$1"
    on 1 sh -c "mkdir /mnt/v1/p$1/waits-$1 || echo \$? >/srv/failed" 3>&- &
    pids+=($!)
}
in_flight() { # N
    gluster 1 --json volume glupy v1 status | /usr/bin/python3 -c "
import json, sys
sys.exit(sum(i['inFlight'] for i in json.load(sys.stdin)['volGlupy']['instances']) < $1)"
}

@test "a request ends on the code it began on, later ones run the new code" {
    pids=()
    local i
    for i in 1 2 3; do begin $i; done
    wait_until 60 in_flight 3
    on 1 sed -i 's/^VERSION = 1/VERSION = 2/' /srv/globals.py
    gluster 1 glupy install /srv/globals.py
    newer() { on 1 sh -c 'mkdir /mnt/v1/x; rmdir /mnt/v1/x'; seen | grep -q '^v1 x 2 '; }
    wait_until 60 newer
    run ! grep -q waits <(seen)
    on 1 touch /srv/go
    wait "${pids[@]}"
    seen
    [ "$(seen | grep -c 'waits-. 1 ')" = 3 ]
    # the new one began with globals of its own
    seen | grep -q "^v1 x 2 {'v1': 1} "
    on 1 test ! -e /srv/failed
    on 1 sh -c 'rmdir /mnt/v1/p?/waits-? /mnt/v1/p?'
}

@test "a request of a graph that is no more in use ends as well" {
    pids=()
    local i before
    for i in 4 5 6; do begin $i; done
    wait_until 60 in_flight 3
    before=$(on 1 grep -c 'switched to graph' /var/log/glusterfs/mnt-v1.log)
    gluster 1 volume set v1 performance.open-behind off
    switched() { on 1 timeout 10 stat /mnt/v1/absent; [ "$(on 1 grep -c 'switched to graph' /var/log/glusterfs/mnt-v1.log)" -gt "$before" ]; }
    wait_until 60 switched
    after_it() { on 1 sh -c 'mkdir /mnt/v1/y; rmdir /mnt/v1/y'; seen | grep -q '^v1 y 2 '; }
    wait_until 60 after_it
    run ! grep -q waits <(seen)
    # and once more without the module
    gluster 1 volume set v1 features.glupy-module off
    wait_until 60 not_in_graph 1 v1 features/glupy
    on 1 touch /srv/go
    wait "${pids[@]}"
    seen
    [ "$(seen | grep -c 'waits-. 2 ')" = 3 ]
    seen | grep -q "^v1 y 2 {'v1': 1} "
    on 1 test ! -e /srv/failed
    on 1 sh -c 'rmdir /mnt/v1/p?/waits-? /mnt/v1/p?'
}

@test "nothing has crashed" {
    volume_umount 1 v1
    logs_clean
    run ! on 1 grep -qE 'time of crash|signal received' /srv/volumes.log
}
