#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# A call into C that keeps Python for itself: nobody can interrupt it, and nobody needs to
# wait for it.
bats_require_minimum_version 1.5.0
load lib/pool
load lib/glupy

setup_file() { glupy_setup; }
teardown_file() { pool_stop; }
setup() { glupy_names; }
teardown() { let_go; glupy_umount; }

# Python is held from `holds` on until it is let go (after $1 seconds), and then never again
let_go() {
    on c1 sh -c 'sleep "$2"; [ ! -p "$1" ] || exec sleep 300 <>"$1"' sh "/srv/$N.seen.fifo" "${1:-0}" >/dev/null 2>&1 3>&- &
}
holds() { node g posix holds module-option.file "/srv/$N.seen" "$@"; }
state() { [ "$(dump state)" = "$1" ]; }
seen() { on c1 grep -c '^there$' "/srv/$N.seen" || :; }
begun() { wait_until 60 on c1 grep -qx "$1" "/srv/$N.seen"; }
# The next operation on there is Python's again
python_is_back() { local n; n=$(seen); there "$M/there" && [ "$(seen)" -gt "$n" ]; }

@test "while Python is stuck operations end at once, by on-error; then it goes on" {
    on c1 mkfifo "/srv/$N.seen.fifo"
    serve "$(holds timeout 60000 on-error fail)" # a timeout that would be long
    on c1 touch "$D/there"
    there "$M/there"
    on c1 timeout 60 stat "$M/holds" >/dev/null 2>&1 3>&- &
    begun holds
    # what waits for Python is ended long before its timeout
    on c1 timeout 60 stat "$M/there" >/dev/null 2>&1 3>&- &
    wait_until 60 state stuck
    local before
    before=$(seen)
    [ "$(errno stat "$M/there")" = "Input/output error" ]
    [ "$(seen)" = "$before" ]
    dump reason | grep -E 'mount again, or restart the brick'
    [ "$(dump stuck-times)" = 1 ]
    logged 'Python is stuck'
    let_go
    wait_until 60 python_is_back
    logged 'Python is back after'
    state running
    wait_until 60 at_rest
    [ "$(on c1 grep -c 'Python is stuck' "$LOG")" = 1 ]
}

@test "with on-error pass, operations pass while it is stuck, also on a brick" {
    on c1 mkfifo "/srv/$N.seen.fifo"
    serve_brick "$(holds timeout 60000)"
    on c1 touch "$D/there"
    on c1 timeout 60 stat "$M/holds" >/dev/null 2>&1 3>&- &
    begun holds
    on c1 timeout 60 stat "$M/there" >/dev/null 2>&1 3>&- &
    wait_until 60 state stuck
    let_go 8 # the mount lets nothing be made in the folder where it looks for a name
    fs sh -c "echo x >$M/file && cat $M/file && rm $M/file"
    there "$M/there"
    wait_until 60 python_is_back
    wait_until 60 at_rest
}

@test "a regular expression that takes seconds holds up no other file" {
    on c1 mkfifo "/srv/$N.seen.fifo"
    serve "$(holds timeout 500)"
    on c1 touch "$D/there"
    on c1 timeout 60 stat "$M/matches" >/dev/null 2>&1 3>&- &
    local i
    for i in 1 2 3 4 5; do there "$M/there"; done
    let_go
    wait_until 60 python_is_back
    wait_until 60 at_rest
}

@test "inline, the thread that reads requests does not wait for Python" {
    on c1 mkfifo "/srv/$N.seen.fifo"
    serve "$(holds timeout 60000 threads inline on-error fail)"
    on c1 touch "$D/there" "$D/holds-elsewhere"
    there "$M/there"
    there "$M/holds-elsewhere"
    begun held
    # only what needs Python is held up: other operations are read and answered
    on c1 timeout 60 stat "$M/there" >/dev/null 2>&1 3>&- &
    on c1 timeout 30 stat -f "$M" >/dev/null
    wait_until 60 state stuck
    [ "$(errno stat "$M/there")" = "Input/output error" ]
    let_go
    wait_until 60 python_is_back
    wait_until 60 at_rest
    state running
}

@test "no mount has crashed" { no_mount_has_crashed; }
