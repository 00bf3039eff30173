#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# A module that allocates without end gets MemoryError; the process stays as it was.
bats_require_minimum_version 1.5.0
load lib/pool
load lib/glupy

setup_file() { glupy_setup; }
teardown_file() { pool_stop; }
setup() { glupy_names; }
teardown() { glupy_umount; }

MB=$((1 << 20))
used() { dump memory-used | head -1; }
peak() { dump memory-peak | head -1; }

@test "whatever it allocates, MemoryError ends it, and it may have it again" {
    serve "$(node g posix allocates memory 64 timeout 60000 on-error fail breaker-failures 0)"
    on c1 touch "$D/there"
    there "$M/there"
    local before way answer
    before=$(used)
    [ "$before" -gt $MB ]
    [ "$before" -lt $((30 * MB)) ]
    for way in large at-once doubles small dicts frames large small; do
        answer=$(errno stat "$M/$way")
        echo "$way: $answer"
        [ "$answer" = "Input/output error" ]
        there "$M/there"
    done
    [ "$(peak)" -ge $((60 * MB)) ]
    [ "$(peak)" -le $((64 * MB + 33 * MB)) ]
    [ "$(used)" -lt $((before + 16 * MB)) ]
    [ "$(dump errors)" -ge 8 ]
    logged "^MemoryError"
    [ "$(dump memory-limit)" = $((64 * MB)) ]
    [ "$(on c1 grep -c 'features.glupy-memory' "$LOG")" = 1 ]
    wait_until 60 at_rest
}

@test "a module that handles its MemoryError goes on" {
    serve "$(node g posix allocates memory 64 timeout 60000 on-error fail)"
    on c1 touch "$D/handles"
    there "$M/handles"
    [ "$(dump errors)" = 0 ]
    [ "$(dump memory-refused)" -ge 1 ]
}

@test "threads of a module's own are limited, too" {
    serve "$(node g posix allocates memory 64 timeout 60000 on-error fail)"
    on c1 touch "$D/threads"
    there "$M/threads"
    [ "$(peak)" -le $((64 * MB + 33 * MB)) ]
}

@test "a module that keeps all it got fails until it lets go; nothing else does" {
    serve "$(node g posix allocates memory 64 timeout 60000 breaker-failures 0)"
    on c1 touch "$D/there" "$D/keeps" "$D/keeps-small" "$D/lets-go" "$D/other"
    local i
    for i in 1 2 3 4 5; do
        there "$M/keeps"
        there "$M/keeps-small"
        fs sh -c "echo $i >$M/other && cat $M/other"
        there "$M/there"
    done
    [ "$(peak)" -le $((64 * MB + 33 * MB)) ]
    there "$M/lets-go"
    [ "$(used)" -lt $((40 * MB)) ]
    [ "$(dump state)" = running ]
    wait_until 60 at_rest
}

@test "the largest of the instances counts; 0 is no limit" {
    serve "$(node g posix allocates memory 64; node h g turns memory 128 module-option.file /none)"
    fs ls "$M"
    [ "$(dump memory-limit | sort -u)" = $((128 * MB)) ]
    on c1 umount "$M"
    serve "$(node g posix allocates memory 64; node h g turns memory 0 module-option.file /none)"
    fs ls "$M"
    [ "$(dump memory-limit | sort -u)" = 0 ]
}

@test "no mount has crashed" { no_mount_has_crashed; }
