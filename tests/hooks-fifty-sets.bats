#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Post hooks are queued: with slow ones, those of many sets ago run beside the next
# set. No filter may see an old value, and no post hook may put one back.
# shellcheck disable=SC2016 # what is quoted so is expanded on the node
bats_require_minimum_version 1.5.0
load lib/pool
export POOL_HOOKS=all # ours among all of them

setup_file() {
    local i
    pool_start 3
    stock 1 volume create v1 replica 3 "$(brick 1 a)" "$(brick 2 a)" "$(brick 3 a)" force
    stock 1 volume set v1 user.features.glupy-module negative
    for i in 1 2 3; do
        printf '#!/bin/sh\nsleep 0.3\n' | on $i sh -c 'f=/var/lib/glusterd/hooks/1/set/post/S40slow.sh; cat >$f; chmod 755 $f'
    done
}
teardown_file() { pool_stop; }

value() { sed -n 's/^ *option timeout //p' "$POOL_DIR/$1/lib/vols/v1/trusted-v1.tcp-fuse.vol"; }
hooks_done() { [ -z "$(find "$POOL_DIR"/*/lib/volext/pending -type f)" ]; }

@test "fifty sets in a row with slow post hooks: no filter run sees an old value" {
    old=0
    for k in $(seq 50); do
        stock 1 volume set v1 user.features.glupy-timeout $((2000 + k)) >/dev/null
        # the post hook of this set sleeps: only the filter can have written it
        for i in 1 2 3; do
            [ "$(value $i)" = $((2000 + k)) ] || { old=$((old + 1)); echo "set $k, node $i: $(value $i)"; }
        done
    done
    [ $old = 0 ]
    # and the post hooks that are still to come leave it alone
    end=$((SECONDS + 180))
    until hooks_done; do
        for i in 1 2 3; do [ "$(value $i)" = 2050 ]; done
        [ $SECONDS -lt $end ]
    done
    for i in 1 2 3; do [ "$(value $i)" = 2050 ]; done
    as_desired v1 1 2 3
    info_agrees v1 1 2 3
}
