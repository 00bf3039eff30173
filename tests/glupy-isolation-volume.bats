#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# A misbehaving module in the bricks of a real volume: two mounts, and what an
# administrator sees and sets meanwhile.
bats_require_minimum_version 1.5.0
load lib/pool

LOG=/var/log/glusterfs/bricks/srv-a.log

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_start 1
    on 1 sh -c 'umask 077; cat >/root/isolation.py' <"$BATS_TEST_DIRNAME/modules/isolation.py"
    gluster 1 glupy install /root/isolation.py
    stock 1 volume create v1 "$(brick 1 a)" force
    gluster 1 volume set v1 features.glupy-side brick features.glupy-timeout 500 \
        features.glupy-memory 64 features.glupy-on-error fail features.glupy-breaker-failures 0
    gluster 1 volume set v1 features.glupy-module isolation
    stock 1 volume start v1
    wait_until 60 bricks_online v1 1
    volume_mount 1 v1
    volume_mount 1 v1 other
    on 1 sh -c 'cd /srv/a && touch there loops sleeps locks exits allocates raises-before returns-nothing keeps-all'
}
teardown_file() { pool_stop; }

fs() { on 1 timeout 60 "$@"; }
# The brick's node in a new statedump: KEY
dump() {
    # shellcheck disable=SC2016
    on 1 sh -c 'rm -f /run/gluster/*.dump.*; kill -USR1 "$2"
        until grep -q "DUMP-END-TIME" /run/gluster/*.dump.* 2>/dev/null; do sleep .02; done
        sed -n "s/^$1=//p" /run/gluster/*.dump.*' sh "$1" "$(brick_pid 1 a)"
}
at_rest() { [ "$(dump in-flight)" = 0 ]; }
ends() { # ends NAME TEXT
    run fs stat "/mnt/v1/$1"
    [ "${output##*: }" = "$2" ]
}
well() { fs stat /mnt/other/there >/dev/null; }
breaker() { [ "$(dump breaker)" = "$1" ]; }

@test "one mount's operations that misbehave end; the other mount's go on" {
    well
    local pid name
    pid=$(brick_pid 1 a)
    for name in loops sleeps locks exits allocates raises-before returns-nothing; do
        fs stat "/mnt/v1/$name" >/dev/null 2>&1 3>&- &
        well
        ends "$name" 'Input/output error'
    done
    fs stat /mnt/v1/keeps-all >/dev/null
    wait_until 60 at_rest
    [ "$(brick_pid 1 a)" = "$pid" ]
    stock 1 volume status v1 | grep -E 'Brick.* Y '
    on 1 grep -q 'RuntimeError: before winding' $LOG
}

@test "the breaker's limits are set live, and it opens in the brick" {
    gluster 1 volume set v1 features.glupy-breaker-failures 5 features.glupy-breaker-pause 2 \
        features.glupy-breaker-window 60
    opens() { fs stat /mnt/v1/raises-before >/dev/null 2>&1; breaker open; }
    wait_until 60 opens
    on 1 grep -q 'end with EIO (on-error fail) for 2 s, then one is tried' $LOG
    gluster 1 volume glupy v1 status | grep -i 'left alone'
    closes() { well; breaker closed; }
    wait_until 60 closes
    gluster 1 volume set v1 features.glupy-on-error pass
    wait_until 60 opens
    fs stat /mnt/v1/raises-before >/dev/null # it is there
    gluster 1 volume set v1 features.glupy-breaker-failures 0
    wait_until 60 eval 'well && breaker closed'
}

@test "the limit of memory is set live" {
    [ "$(dump memory-limit)" = $((64 << 20)) ]
    gluster 1 volume set v1 features.glupy-memory 32
    limited() { [ "$(dump memory-limit)" = $((32 << 20)) ]; }
    wait_until 60 limited
    run gluster 1 volume set v1 features.glupy-memory lots
    [ "$status" != 0 ]
    gluster 1 volume reset v1 features.glupy-memory
    unlimited() { [ "$(dump memory-limit)" = $((512 << 20)) ]; }
    wait_until 60 unlimited
}

@test "nothing has crashed" { logs_clean '[Tt]raceback'; }
