#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# What a brick runs with is known also when its volfile needed no change.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() { pool_start 1; }
teardown_file() { pool_stop; }

@test "a module switched off while the bricks are down does not come back when they run" {
    stock 1 volume create v1 "$(brick 1 a)" force
    stock 1 volume set v1 user.features.glupy-module negative user.features.glupy-side brick
    stock 1 volume start v1
    wait_until 60 brick_pid 1 a
    grep -q volext-glupy-negative "$POOL_DIR"/1/lib/vols/v1/v1.*.srv-a.vol
    stock 1 volume stop v1
    stock 1 volume set v1 user.features.glupy-module off
    stock 1 volume start v1
    wait_until 60 brick_pid 1 a
    stock 1 volume set v1 performance.io-thread-count 17
    run ! grep volext-glupy "$POOL_DIR"/1/lib/vols/v1/v1.*.srv-a.vol
    as_desired v1 1
    logs_clean
}
