#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# The benchmark of glupy runs, and what it measures is there. Nothing about time.
bats_require_minimum_version 1.5.0

@test "bench/glupy measures every translator that it names" {
    [ -n "${STAGE:-}" ] && [ -n "${BUILD:-}" ] || skip "STAGE or BUILD is not set"
    ROUNDS=1 run timeout 100 "$BATS_TEST_DIRNAME/../bench/glupy" fops
    echo "$output"
    [ "$status" = 0 ]
    for name in nothing C default undefined native classic gilstate native-worker classic-worker; do
        [[ "$output" == *$'\n'"$name "*" over "* ]]
    done
    [[ "$output" != *"does not run"* ]]
}
