#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# A commit that fails on one peer leaves no trace of the new value there, whoever
# sent the set.
# shellcheck disable=SC2016 # what is quoted so is expanded on the node
bats_require_minimum_version 1.5.0
load lib/pool
export POOL_HOOKS=all # ours among all of them

setup_file() {
    pool_start 3
    stock 1 volume create v1 replica 3 "$(brick 1 a)" "$(brick 2 a)" "$(brick 3 a)" force
    stock 1 volume set v1 user.features.glupy-module negative
    # glusterd writes info to this name first: node 2 writes its volfiles, then fails
    on 2 mkdir /var/lib/glusterd/vols/v1/info.tmp
}
teardown_file() { pool_stop; }

no_pending() { [ -z "$(find "$POOL_DIR/2/lib/volext/pending" -name 'v1.*')" ]; }
volfile_says() { grep -q "option timeout $1" "$POOL_DIR/2/lib/vols/v1/trusted-v1.tcp-fuse.vol"; }
info_says() { grep -q "glupy-timeout=$1" "$POOL_DIR/2/lib/vols/v1/info"; }

@test "a commit that fails on one peer leaves no trace of the new value" {
    run stock 1 volume set v1 user.features.glupy-timeout 3333
    [ "$status" -ne 0 ]
    run ! info_says 3333
    wait_until 60 no_pending
    wait_until 60 as_desired v1 2
    run ! volfile_says 3333
    as_desired v1 1 3
}

@test "settle does it at once" {
    run stock 1 volume set v1 user.features.glupy-timeout 4444
    [ "$status" -ne 0 ]
    on 2 volext peer settle v1
    no_pending
    as_desired v1 2
    run ! volfile_says 4444
}

@test "when the cause is gone, the next set goes through everywhere" {
    on 2 rmdir /var/lib/glusterd/vols/v1/info.tmp
    stock 1 volume set v1 user.features.glupy-timeout 5555
    wait_until 60 as_desired v1 1 2 3
    volfile_says 5555
}
