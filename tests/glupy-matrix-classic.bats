#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Every operation through modules that define it not, pass it, raise, answer with an error,
# answer late: what comes up is what comes up without a module. Many of the 54 cannot be reached
# through a mount, so they are wound in a graph in one process.
#
# The other glupy-matrix-*.bats is a link to this file: the word in the name is the interface.
bats_require_minimum_version 1.5.0
load lib/pool

interface=${BATS_TEST_FILENAME##*/glupy-matrix-}
interface=${interface%.bats}

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    [ -n "${BUILD:-}" ] || skip "BUILD is not set"
    export BATS_TEST_TIMEOUT=540
    pool_create $$
    node_boot c1
}
teardown_file() { pool_stop; }

# matrix BELOW: the last line of its report is checked, too
matrix() {
    local work=/root/$1
    on c1 mkdir -p "$work"
    run on c1 /usr/bin/python3 -B "$POOL_SOURCE/tests/lib/matrix.py" "$POOL_SOURCE/xlators/fops.def" \
        "$(readlink -f "$BUILD")/xlators/drive/.libs/sink" /usr/local/libexec/volext/glupy-drive "$work" "$interface" "$1"
    echo "$output"
    [ "$status" = 0 ]
}
counted() { # BELOW OPERATIONS
    grep -E "^$interface over $1: $2 operations x 5 = $(($2 * 5)) cells, [0-9]+ more in variants, 0 missing, 0 wrong\$" <<<"$output"
}

@test "each of the 54 operations, each behaviour, over a translator that answers all" {
    matrix sink
    counted sink 54
}

@test "the 49 operations that storage/posix has" {
    matrix posix
    counted posix 49
}

@test "many of each operation leave no memory behind" {
    matrix memory
}

@test "after an import that took so long that its thread was replaced, operations go on" {
    on c1 sh -c "mkdir -m 700 -p /root/slow; cp $BATS_TEST_DIRNAME/modules/slow_import.py /root/slow; chmod 600 /root/slow/*"
    on c1 sh -c 'cat >/root/slow/slow.vol' <<V
volume s
    type ../../../../../../../../../..$(readlink -f "$BUILD")/xlators/drive/.libs/sink
    option echo on
end-volume
volume g
    type features/glupy
    option module-name slow_import
    option module-path /root/slow
    subvolumes s
end-volume
V
    yes '{"fop":"stat","args":{"loc":"/"},"op_ret":1}' | head -n 4 | on c1 sh -c 'cat >/root/slow/script'
    run on c1 sh -c 'cd /root/slow; timeout 60 /usr/local/libexec/volext/glupy-drive -c slow.vol <script'
    echo "$output"
    [ "$status" = 0 ]
}

@test "no process has crashed" {
    [ -z "$(on c1 grep -rl 'signal received' /root)" ]
}
