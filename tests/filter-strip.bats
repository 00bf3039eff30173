#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# strip: what uninstalling does first.
# shellcheck disable=SC2016 # what is quoted so is expanded on the node
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    pool_start 1
    stock 1 volume create v1 "$(brick 1 a)" force
    stock 1 volume create v2 "$(brick 1 b)" force
    stock 1 volume set v1 user.features.glupy-module negative
    stock 1 volume set v2 user.features.glupy-module negative user.features.glupy-side brick
    stock 1 volume start v1
    stock 1 volume start v2
    wait_until 60 bricks_online v2 1
}
teardown_file() { pool_stop; }

@test "strip takes our nodes out of all volfiles and lists the bricks to restart" {
    grep -rq -- -volext- "$POOL_DIR/1/lib/vols"
    run -0 on 1 volext strip --all
    [[ $output == *"volume v2: restart brick $(brick 1 b)"* ]]
    [[ $output != *"$(brick 1 a)"* ]]
    run ! grep -rq -- -volext- "$POOL_DIR/1/lib/vols"
    [ -z "$(find "$POOL_DIR/1/lib/volext/"{pending,bricks} -type f 2>/dev/null)" ]
}

@test "without our files the volumes stop, start and mount" {
    on 1 sh -c 'd=$(glusterfsd --print-xlatordir); rm "${d%/xlator}/filter/volext" "$d/features/glupy.so"
        find /var/lib/glusterd/hooks -name S50volext.sh -delete; rm /usr/local/sbin/volext'
    for vol in v1 v2; do
        stock 1 volume stop $vol
        stock 1 volume start $vol
        wait_until 60 bricks_online $vol 1
        volume_mount 1 $vol
        on 1 sh -c "echo x >/mnt/$vol/f && cat /mnt/$vol/f"
        not_in_graph 1 $vol features/glupy
    done
    run ! grep -rq -- -volext- "$POOL_DIR/1/lib/vols"
    logs_clean
}
