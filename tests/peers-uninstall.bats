#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# The package is removed while extensions are on: a real `make uninstall` on each node.
bats_require_minimum_version 1.5.0
load lib/pool
export POOL_HOOKS=all # ours among all of them

setup_file() {
    export BATS_TEST_TIMEOUT=300
    pool_start 3
}
teardown_file() { pool_stop; }

@test "after an uninstall with extensions on, volumes stop, start and mount" {
    [ -n "${BUILD:-}" ] || skip 'BUILD names no build folder'
    local v
    for v in client brick; do
        gluster 1 volume create $v replica 3 "$(brick 1 $v)" "$(brick 2 $v)" "$(brick 3 $v)" force
        gluster 1 volume set $v features.glupy-side $v
        gluster 1 volume set $v features.glupy-module negative
        gluster 1 volume start $v
        wait_until 60 bricks_online $v 3
    done
    volume_mount 1 client
    volume_mount 2 brick
    in_graph 1 client features/glupy
    on 1 sh -c 'echo kept >/mnt/client/a'
    on 2 sh -c 'echo kept >/mnt/brick/a'
    grep -rq features/glupy "$POOL_DIR/3/lib/vols/brick"

    for n in 1 2 3; do
        run -0 on $n make -s -C "$BUILD" uninstall
        [[ $output == *"$(brick $n brick)"* ]] # it is said which bricks to restart
    done
    for n in 1 2 3; do
        run ! grep -r features/glupy "$POOL_DIR"/$n/lib/vols/*/*.vol
        on $n sh -c '! ls /usr/lib/*/glusterfs/*/xlator/features/glupy.so /usr/lib/*/glusterfs/*/filter/volext \
            /usr/lib/*/glusterfs/peer_volext /usr/local/sbin/gluster /usr/local/sbin/volext 2>/dev/null'
        on $n sh -c '! find /var/lib/glusterd/hooks -name "*volext*" | grep .'
    done
    [ "$(on 1 cat /mnt/client/a)" = kept ]

    for v in client brick; do
        stock 2 volume set $v cluster.lookup-optimize off
        stock 2 volume stop $v
        stock 3 volume start $v
        wait_until 60 bricks_online $v 3
        volume_mount 3 $v
        [ "$(on 3 cat /mnt/$v/a)" = kept ]
        not_in_graph 3 $v features/glupy
    done
    glusterd_stop 1
    glusterd_start 1
    wait_until 60 peers_connected 1 3
    logs_clean
}
