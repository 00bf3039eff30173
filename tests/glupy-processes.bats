#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Modules may start programs, and may not double the process that serves the volume.
bats_require_minimum_version 1.5.0
load lib/pool
load lib/glupy

setup_file() { glupy_setup; }
teardown_file() { pool_stop; }
setup() { glupy_names; }
teardown() { glupy_umount; }

spawns() { node g posix spawns module-option.file "/srv/$N.out" timeout 30000 on-error fail "$@"; }
said() { on c1 grep -qx -- "$1" "/srv/$N.out"; }
# Processes that have the mount's, or the brick's, program: those of this test
servers() { on c1 pgrep -cf "glusterfsd? -f /srv/$N\."; }
alone() { [ "$(servers)" = "$1" ]; }

@test "a program that a module starts has no signal blocked, and can be terminated" {
    serve "$(spawns)"
    on c1 touch "$D/runs" "$D/terminates"
    there "$M/runs"
    there "$M/terminates"
    on c1 cat "/srv/$N.out"
    said $'runs SigBlk:\t0000000000000000'
    said $'thread SigBlk:\t0000000000000000'
    said $'SigBlk:\t0000000000000000'
    said 'system 768'
    said 'terminated -15'
    wait_until 60 at_rest
}

@test "os.fork and os.forkpty are refused" {
    serve "$(spawns)"
    on c1 touch "$D/forks"
    there "$M/forks"
    said 'fork refused'
    said 'forkpty refused'
    alone 1
}

@test "a child that is forked by other means ends when it leaves Python" {
    serve "$(spawns)"
    on c1 touch "$D/forks-in-c" "$D/there"
    there "$M/forks-in-c"
    said 'forks True'
    said 'forks False'
    wait_until 60 alone 1
    [ "$(errno stat "$M/forks-in-c-and-raises")" = "Input/output error" ]
    wait_until 60 alone 1
    fs sh -c "echo x >$M/file && cat $M/file"
    wait_until 60 at_rest
}

@test "inline and on a brick, too" {
    serve "$(spawns threads inline)"
    on c1 touch "$D/forks-in-c" "$D/runs"
    there "$M/forks-in-c"
    there "$M/runs"
    said $'runs SigBlk:\t0000000000000000'
    wait_until 60 alone 1
    on c1 umount "$M"
    on c1 rm "/srv/$N.out"
    wait_until 60 alone 0
    serve_brick "$(spawns)"
    there "$M/runs"
    said $'runs SigBlk:\t0000000000000000'
    there "$M/forks-in-c"
    said 'forks False'
    wait_until 60 alone 2 # the brick and the mount
    fs sh -c "echo x >$M/file && cat $M/file"
}

@test "no mount has crashed" { no_mount_has_crashed; }
