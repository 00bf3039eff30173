#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# A translator that volext does not know, added by a description file: the example
# of docs/extensions.md, on real daemons.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_start 2
    stock 1 volume create v1 replica 2 "$(brick 1 b1)" "$(brick 2 b2)" force
    stock 1 volume start v1
    wait_until 60 bricks_online v1 2
    describe 1
    describe 2
    volume_mount 1 v1
}
teardown_file() { pool_stop; }

# The documented file, and one for the bricks
describe() {
    on "$1" mkdir -p /etc/glusterfs/volext.d
    sed -n '/^```ini/,/^```$/p' "$POOL_SOURCE/docs/extensions.md" | grep -v '^```' |
        on "$1" tee /etc/glusterfs/volext.d/errors.conf >/dev/null
    on "$1" tee /etc/glusterfs/volext.d/slow.conf >/dev/null <<'EOF'
[extension]
xlator = debug/delay-gen
switch = debug.slow
help = Makes some operations of the bricks slow.
volfiles = brick
position = above features/locks
[option debug.slow-for]
type = int
minimum = 1
maximum = 1000000
unit = us
default = 1
option = delay-duration
help = For how long.
EOF
}

client() { echo "$POOL_DIR/$1/lib/vols/v1/trusted-v1.tcp-fuse.vol"; }
brick_file() { echo "$POOL_DIR"/"$1"/lib/vols/v1/v1.*srv-b"$1".vol; }
writes() { on 1 sh -c 'echo x >/mnt/v1/new && rm /mnt/v1/new'; }
fails() { ! writes; }

@test "values are checked by the description" {
    run gluster 1 volume set v1 debug.errors-rate 101
    [ "$status" != 0 ]
    [[ $output == *"debug.errors-rate: '101' is out of range; give a number of % from 0 to 100"* ]]
    run gluster 1 volume set v1 debug.errors-errno EWHAT
    [[ $output == *"is not one of: ENOENT, EACCES, EIO, ENOSPC"* ]]
}

@test "switched on, mounted clients have the translator; switched off, they lose it" {
    local before
    before=$(cat "$(client 1)")
    gluster 1 volume set v1 debug.errors-rate 100 debug.errors-errno ENOSPC
    [ "$before" = "$(cat "$(client 1)")" ]
    gluster 1 volume set v1 debug.errors on
    wait_until 60 in_graph 1 v1 debug/error-gen
    grep -A6 'volume v1-volext-errors-1$' "$(client 2)" | tee "$BATS_TEST_TMPDIR/node"
    diff - "$BATS_TEST_TMPDIR/node" <<'EOF'
volume v1-volext-errors-1
    type debug/error-gen
    option failure 100
    option random-failure off
    option error-no ENOSPC
    option enable open,create
    subvolumes v1-client-1
EOF
    wait_until 60 fails
    gluster 1 volume reset v1 debug.errors
    wait_until 60 not_in_graph 1 v1 debug/error-gen
    wait_until 60 writes
    [ "$before" = "$(cat "$(client 1)")" ]
}

@test "a brick that runs gets it at its next start" {
    local i before
    before=$(cat "$(brick_file 1)")
    gluster 1 volume set v1 debug.slow on
    [ "$before" = "$(cat "$(brick_file 1)")" ]
    gluster 1 volume stop v1 force
    gluster 1 volume start v1
    wait_until 60 bricks_online v1 2
    for i in 1 2; do
        grep -q 'subvolumes v1-volext-slow' "$(brick_file $i)"
        grep -A4 'volume v1-volext-slow$' "$(brick_file $i)" | grep -q 'option delay-duration 1$'
    done
    # other options still reach the running brick, and off keeps its topology
    gluster 1 volume set v1 debug.slow-for 20
    grep -q 'option delay-duration 20$' "$(brick_file 1)"
    gluster 1 volume reset v1 debug.slow
    grep -q 'subvolumes v1-volext-slow' "$(brick_file 1)"
    wait_until 60 writes
}

@test "a file with an error in it is left out and told" {
    echo 'colour = red' | on 1 tee -a /etc/glusterfs/volext.d/slow.conf >/dev/null
    run gluster 1 volume set v1 debug.slow on
    [ "$status" != 0 ]
    on 1 volext reconcile v1
    grep -q "slow.conf:15: 'colour' is not known in" "$POOL_DIR/1/log/volext.log"
}

@test "no log tells of a crash" { logs_clean; }
