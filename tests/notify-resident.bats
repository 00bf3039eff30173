#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# The translator of change notification stands ready in bricks: put there when a brick is
# started, switched by options while it runs, taken out by an uninstall.
# shellcheck disable=SC2016 # what is quoted so is expanded on the node
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300 POOL_RESIDENT=yes
    pool_start 1
    on 1 mkdir -p /root/bin
    on 1 cp "$BUILD/xlators/gnotify/ask" /root/bin/
}
teardown_file() { pool_stop; }

volfile() { echo "$POOL_DIR/1/lib/vols/$1/$1.$(address 1).srv-$2.vol"; }
node_of() { sed -n "/^volume $1-volext-gnotify\$/,/^end-volume/p" "$(volfile "$1" "$2")"; }
no_node() { [ -s "$(volfile "$1" "$2")" ] && [ -z "$(node_of "$1" "$2")" ]; }
brick_up() { brick_pid 1 "$1" >/dev/null; }
resident() { on 1 sh -c 'echo "resident = $1" >/etc/glusterfs/volext.conf' sh "$1"; }

# make VOL BRICK...
make() {
    local vol=$1 bricks=() b
    for b in "${@:2}"; do bricks+=("$(brick 1 "$b")"); done
    stock 1 volume create "$vol" "${bricks[@]}" force
    stock 1 volume start "$vol"
    wait_until 60 bricks_online "$vol" $(($# - 1))
}

# ask VOL REQUEST...: of the first brick
ask() {
    on 1 sh -c 'sed -n "/^volume $1-client-0\$/,/^end-volume/p" "/var/lib/glusterd/vols/$1/trusted-$1.tcp-fuse.vol" >"/root/$1.vol"' sh "$1"
    on 1 timeout 30 /root/bin/ask "/root/$1.vol" "${@:2}"
}
is_on() { ask "$1" hello >"$BATS_TEST_TMPDIR/is-on" && ! grep -q ' off' "$BATS_TEST_TMPDIR/is-on"; }
is_off() { ask "$1" hello | grep -q ' off'; }

@test "a new volume's bricks have it, off; options switch it on and off while they run" {
    make v1 a
    node_of v1 a | grep -q 'option active off'
    as_desired v1 1
    is_off v1
    gluster 1 volume set v1 features.notify on
    wait_until 60 is_on v1
    as_desired v1 1
    volume_mount 1 v1
    on 1 touch /mnt/v1/f
    ask v1 fetch | grep '^create /f '
    gluster 1 volume set v1 features.notify-events create,move features.notify-retention-size 1GB \
        features.notify-retention-time 2d
    node_of v1 a | grep -q 'option events create,mknod,mkdir,symlink,link,rename'
    as_desired v1 1
    recorded_only_names() {
        on 1 sh -c 'echo x >>/mnt/v1/f; mv /mnt/v1/f /mnt/v1/g; mv /mnt/v1/g /mnt/v1/f'
        [[ $(ask v1 fetch | sed -n '/^rename/,$p') != *$'\nwrite'* ]]
    }
    wait_until 60 recorded_only_names
    gluster 1 volume set v1 features.shard-block-size 8MB
    node_of v1 a | grep -q 'option shard-block-size 8MB'
    as_desired v1 1
    stock 1 volume reset v1 features.shard-block-size
    wait_until 60 as_desired v1 1
    gluster 1 volume reset v1
    wait_until 60 is_off v1
    as_desired v1 1
}

@test "values that are wrong are refused, and the volume keeps what it had" {
    local key value
    while read -r key value; do
        run ! gluster 1 volume set v1 "$key" "$value"
        [[ $output == *"$key: '$value'"* ]] || { echo "$output"; false; }
    done <<'E'
features.notify maybe
features.notify-events create,erase
features.notify-events create,
features.notify-retention-size 5
features.notify-retention-size 1%
features.notify-retention-time -1
E
    run -1 grep -q user.features.notify-events=create "$POOL_DIR/1/lib/vols/v1/info"
    as_desired v1 1
}

@test "bricks that ran before gain it at their next start, one that runs is left alone and waits for nothing" {
    resident no
    make v2 b c
    no_node v2 b
    resident yes
    gluster 1 volume set v2 features.notify off
    no_node v2 b
    run -0 gluster 1 volume extension v2 status
    [[ $output != *gnotify* ]]
    brick_kill 1 c
    stock 1 volume start v2 force
    wait_until 60 bricks_online v2 2
    node_of v2 c | grep -q 'option active off'
    no_node v2 b
    as_desired v2 1
    resident no # one that has it keeps it, too
    stock 1 volume set v2 performance.io-thread-count 20
    node_of v2 c | grep -q 'option active off'
    as_desired v2 1
    resident yes
}

@test "what is on waits for bricks that ran without it; extension apply restarts those" {
    gluster 1 volume set v2 features.notify on 2>&1 | grep -F "srv-b.vol waits"
    no_node v2 b
    node_of v2 c | grep -q 'option active on'
    gluster 1 volume extension v2 apply force
    wait_until 60 bricks_online v2 2
    node_of v2 b | grep -q 'option active on'
    wait_until 60 is_on v2
    as_desired v2 1
}

@test "a line of volext.conf that is wrong is in the log, and the default holds" {
    on 1 sh -c 'printf "%s\n" "# words" "" "resident = perhaps" "other = 1" >/etc/glusterfs/volext.conf'
    stock 1 volume create v3 "$(brick 1 d)" force
    node_of v3 d | grep -q 'option active off'
    grep -F "volext.conf:3: resident is 'perhaps'; give yes or no" "$POOL_DIR/1/log/volext.log"
    grep -F "volext.conf:4: 'other' is not known" "$POOL_DIR/1/log/volext.log"
    resident yes
    stock 1 volume delete v3
}

@test "added and replaced bricks have it as the volume says" {
    stock 1 volume add-brick v2 "$(brick 1 e)" force
    wait_until 60 bricks_online v2 3
    node_of v2 e | grep -q 'option active on'
    stock 1 volume add-brick v1 replica 2 "$(brick 1 f)" force
    wait_until 60 bricks_online v1 2
    node_of v1 f | grep -q 'option active off'
    stock 1 volume replace-brick v1 "$(brick 1 f)" "$(brick 1 g)" commit force
    wait_until 60 bricks_online v1 2
    wait_until 60 as_desired v1 1
    node_of v1 g | grep -q 'option active off'
    as_desired v2 1
}

@test "multiplexed bricks have it, each its own, and one volume's switch is not another's" {
    stock 1 volume set all cluster.brick-multiplex on
    make m1 h
    make m2 i
    [ "$(brick_pid 1 h)" = "$(brick_pid 1 i)" ]
    gluster 1 volume set m1 features.notify on
    wait_until 60 is_on m1
    is_off m2
    stock 1 volume set all cluster.brick-multiplex off
    logs_clean
}

@test "an uninstall takes it out of every volfile and names the bricks that run with it" {
    run on 1 volext strip --all
    [[ $output == *"volume m1: restart brick $(brick 1 h)"* ]]
    run -1 grep -rl gnotify "$POOL_DIR/1/lib/vols" --include='*.vol'
}
