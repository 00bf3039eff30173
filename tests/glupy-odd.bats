#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Coroutines that do what makes no sense: the mount lives, each operation ends once, and
# nothing is kept.
bats_require_minimum_version 1.5.0
load lib/pool
load lib/glupy

setup_file() { glupy_setup; }
teardown_file() { pool_stop; }
setup() { glupy_names; }
teardown() { glupy_umount; }

odd() { serve "$(node g posix odd "$@")"; }
# odd_slow: a mkdir takes the child 0.7 s
odd_slow() {
    printf '%s\n' "$(posix_node)" "volume slow
    type debug/delay-gen
    option delay-percentage 100
    option delay-duration 700000
    option enable mkdir
    subvolumes posix
end-volume
volume threads
    type performance/io-threads
    subvolumes slow
end-volume" "$(node g threads odd)" | mount_volfile
}
alive() {
    wait_until 60 at_rest
    run ! logged 'signal received'
}

@test "gather of the same twice, of nothing, of gathers without end" {
    odd
    fs mkdir "$M/gather_twice" "$M/gather_nothing" "$M/gather_deep"
    logged 'gather twice: RuntimeError'
    logged 'gather deep: gather in gather, more than 64 deep'
    alive
}

@test "nothing is unwound while the child has it" {
    odd_slow
    local i
    for i in 1 2 3; do
        [ "$(errno mkdir "$M/early,$i")" = "Invalid cross-device link" ]
        on c1 test -d "$D/early,$i" # the child had answered before
        fs touch "$M/f"
        fs rm "$M/f"
    done
    alive
}

@test "another operation's call is not touched" {
    odd_slow
    fs sh -c "mkdir $M/d1 $M/d2" || : # no such cases: passed on
    fs mkdir "$M/d1/victim" 3>&- &
    local victim=$!
    wait_until 60 waiting
    [ "$(errno mkdir "$M/d2/attacker")" = "Disk quota exceeded" ]
    wait "$victim"
    logged 'attacker: .* belongs to another operation'
    alive
}
waiting() { [ "$(dump in-flight)" = 1 ]; }

@test "what counts bytes is as long as its data" {
    odd
    on c1 ln -s 0123456789 "$D/s"
    [ "$(fs readlink "$M/s")" = abc ]
    fs sh -c "echo data >$M/f"
    [ "$(fs cat "$M/f")" = data ]
    alive
}

@test "an answer's hook cannot call a child" {
    odd
    fs sh -c "touch $M/f; stat $M/f"
    logged 'stat: the child has answered'
    alive
}

@test "an operation is done once, also with a copied location" {
    odd
    fs mkdir "$M/copied"
    logged 'after a copied location'
    alive
}

@test "what is over keeps nothing" {
    odd timeout 300
    fs mkdir "$M/thread_fails" "$M/waits,1" "$M/waits,2"
    wait_until 60 logged 'canary thread is gone'
    fs mkdir "$M/collect"
    logged 'waiting 0'
    alive
}

@test "a coroutine that spins when it is closed is interrupted" {
    odd timeout 200
    fs mkdir "$M/spins,1" "$M/spins,2" # one for each worker
    wait_until 60 spins_over 2
    alive
}
spins_over() { [ "$(on c1 grep -c 'spin is over' "$LOG")" = "$1" ]; }

@test "a handler that reads a large file does not keep it" {
    odd timeout 0
    on c1 truncate -s 300M "$D/big"
    run fs getfattr -n user.scan "$M/big"
    logged 'scanned 314572800'
    # shellcheck disable=SC2016
    [ "$(on c1 sh -c 'sed -n "s/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p" /proc/$(cat /run/$1.pid)/status' sh "$N")" -lt 150000 ]
    alive
}
