#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# What mounted clients see of an extension that is turned on and off.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    export BATS_TEST_TIMEOUT=300
    pool_start 3
    node_boot c1
    node_boot c2 bare
    stock 1 volume create v1 replica 3 "$(brick 1 v1)" "$(brick 2 v1)" "$(brick 3 v1)" force
    stock 1 volume start v1
    wait_until 60 bricks_online v1 3
    volume_mount 1 v1
    volume_mount 2 v1
}
teardown_file() { pool_stop; }

on_v1() { gluster 1 volume set v1 features.glupy-module negative && wait_until 60 in_graph 1 v1 features/glupy && wait_until 60 in_graph 2 v1 features/glupy; }
off_v1() { gluster 1 volume reset v1 features.glupy-module && wait_until 60 not_in_graph 1 v1 features/glupy && wait_until 60 not_in_graph 2 v1 features/glupy; }

# lookups_of I NAME: lookups that reached the bricks during 300 questions for NAME on node I
lookups_of() {
    stock 1 volume profile v1 start >/dev/null 2>&1 || :
    stock 1 volume profile v1 info clear >/dev/null
    on "$1" sh -c "i=0; while [ \$i -lt 300 ]; do [ -e /mnt/v1/$2 ] && exit 1; i=\$((i+1)); done"
    stock 1 volume profile v1 info incremental | awk '$NF == "LOOKUP" { n += $(NF - 1) } END { print n + 0 }'
}

@test "a mounted client switches live, the module acts, and off again" {
    off_v1
    on 1 sh -c 'exec 5>/mnt/v1/open; while sleep .1; do echo x >&5 || exit; done' &
    writer=$!
    n=$(lookups_of 1 missing-1)
    [ "$n" -ge 300 ]
    on_v1
    n=$(lookups_of 1 missing-1)
    [ "$n" -lt 60 ]
    kill -0 $writer # a file that was open all the time is still written
    a=$(on 1 stat -c %s /mnt/v1/open)
    wait_until 60 sh -c "[ \$(stat -c %s '$POOL_DIR/3/bricks/v1/open') -gt $a ]"
    off_v1
    kill -0 $writer
    on 1 pkill -f 'mnt/v1/open'
    n=$(lookups_of 1 missing-1)
    [ "$n" -ge 300 ]
}

@test "what another client creates, renames or links is seen" {
    on_v1
    for how in 'echo x >NEW' 'mkdir NEW' 'ln -s y NEW' 'echo x >tmp-NEW && mv tmp-NEW NEW' 'echo x >tmp-NEW && ln tmp-NEW NEW' 'mkfifo NEW'; do
        name=new-$((++n))
        on 1 sh -c "cd /mnt/v1; for i in 1 2 3 4 5; do [ ! -e $name ] && [ ! -L $name ] || exit 1; done"
        on 2 sh -c "cd /mnt/v1 && ${how//NEW/$name}"
        on 2 stat "/mnt/v1/$name" # its own is there at once
        wait_until 20 on 1 stat "/mnt/v1/$name"
        on 1 sh -c "! stat /mnt/v1/also-$name; cd /mnt/v1 && ${how//NEW/also-$name} && stat also-$name"
        wait_until 20 on 2 stat "/mnt/v1/also-$name"
    done
}

@test "a second mount on the same node has it from the start" {
    on_v1
    volume_mount 1 v1 again
    in_graph 1 again features/glupy
    on 1 sh -c '! stat /mnt/again/nothing && echo x >/mnt/again/something && cat /mnt/again/something'
    volume_umount 1 again
}

# glusterd takes for trusted only who asks the glusterd of the very machine it runs on.
@test "a node that mounts from another node's server is a client as any other" {
    on_v1
    volume_mount 3 v1 v1 2
    not_in_graph 3 v1 features/glupy
    gluster 1 volume set v1 features.glupy-clients all
    wait_until 60 in_graph 3 v1 features/glupy
    gluster 1 volume reset v1 features.glupy-clients
    wait_until 60 not_in_graph 3 v1 features/glupy
    volume_umount 3 v1
}

@test "while the glusterd of its own node is away a client goes on" {
    on_v1
    glusterd_kill 2
    on 2 sh -c 'echo x >/mnt/v1/away && cat /mnt/v1/away && ! stat /mnt/v1/nothing'
    glusterd_start 2
    wait_until 60 peers_connected 1 3
    on 2 sh -c 'echo x >/mnt/v1/back && cat /mnt/v1/back && ! stat /mnt/v1/nothing'
    as_desired v1 1 2 3
    volume_umount 2 v1
    volume_mount 2 v1
    in_graph 2 v1 features/glupy
}

@test "clients outside the pool mount, without the translator unless clients says all" {
    on_v1
    volume_mount c1 v1
    not_in_graph c1 v1 features/glupy
    volume_mount c2 v1
    not_in_graph c2 v1 features/glupy
    volume_umount c2 v1
    gluster 1 volume set v1 features.glupy-clients all
    wait_until 60 in_graph c1 v1 features/glupy
    as_desired v1 1 2 3
    on c1 sh -c '! stat /mnt/v1/nothing-c1'
    gluster 1 volume reset v1 features.glupy-clients
    wait_until 60 not_in_graph c1 v1 features/glupy
    volume_umount c1 v1
}

@test "no log tells of a crash" {
    logs_clean
}
