#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# A module that fails again and again is left alone for a while, then tried again.
bats_require_minimum_version 1.5.0
load lib/pool
load lib/glupy

setup_file() { glupy_setup; }
teardown_file() { pool_stop; }
setup() { glupy_names; }
teardown() { glupy_umount; }

# looks N: looks up N names that are not there (each costs two or three operations)
looks() { fs sh -c 'for i in $(seq "$2"); do stat "$1/none$i"; done; :' sh "$M" "$1" 2>&1 | sort | uniq -c | sort -rn | head -3; }
seen() { on c1 sh -c "cat /srv/$N.t.seen 2>/dev/null | wc -l"; }
breaker() { [ "$(dump breaker)" = "$1" ]; }
recent() { [ "$(dump breaker-recent-failures)" = "$1" ]; }
turns() { node g posix turns module-option.file "/srv/$N.t" "$@"; }

@test "so many failures open it; operations pass, and after the pause one is tried" {
    serve "$(turns breaker-failures 20 breaker-window 60 breaker-pause 1)"
    on c1 touch "/srv/$N.t" "$D/there"
    looks 5
    breaker closed
    looks 30
    breaker open
    [ "$(dump errors)" -lt 25 ]
    logged '20 operations failed within 60 s'
    logged 'pass through (on-error pass) for 1 s'
    there "$M/there"
    # it is tried, and fails still
    wait_until 60 eval 'looks 2 >/dev/null; logged "the module fails still"'
    breaker open
    [ "$(on c1 grep -c 'operations failed within' "$LOG")" = 1 ]
    # it is well again
    on c1 rm "/srv/$N.t"
    wait_until 60 eval 'looks 1 >/dev/null; breaker closed'
    logged 'the module runs again'
    local before after
    before=$(seen)
    looks 10
    after=$(seen)
    [ $((after - before)) -ge 10 ]
    [ "$(dump breaker-opened)" = 1 ]
}

@test "with on-error fail, operations end with EIO while it is open" {
    serve "$(turns breaker-failures 5 breaker-pause 3600 on-error fail)"
    on c1 touch "/srv/$N.t" "$D/there"
    looks 10 | grep 'Input/output error'
    on c1 rm "/srv/$N.t"
    local before
    before=$(seen)
    [ "$(errno stat "$M/there")" = "Input/output error" ]
    [ "$(seen)" = "$before" ]
    logged 'end with EIO (on-error fail) for 3600 s'
    breaker open
    [ "$(dump breaker-seconds-left)" -gt 3000 ]
}

@test "failures that are far apart, and a limit of 0, leave it closed" {
    serve "$(turns breaker-failures 0)"
    on c1 touch "/srv/$N.t"
    looks 100
    breaker closed
    [ "$(dump errors)" -ge 100 ]
    on c1 umount "$M"
    serve "$(turns breaker-failures 8 breaker-window 1)"
    on c1 touch "/srv/$N.t"
    for _ in 1 2 3 4 5 6; do
        looks 1
        wait_until 60 recent 0
    done
    breaker closed
    [ "$(dump errors)" -gt 8 ] # in all
}

@test "what takes too long counts, too" {
    serve "$(node g posix misbehaves timeout 100 breaker-failures 4 breaker-pause 3600)"
    for _ in 1 2 3 4; do fs stat "$M/loops" "$M/forgets" 2>&1 || :; done
    breaker open
    local timeouts
    timeouts=$(dump timeouts)
    fs stat "$M/loops" 2>&1 | grep 'No such file'
    [ "$(dump timeouts)" = "$timeouts" ]
}

@test "no mount has crashed" { no_mount_has_crashed; }
