#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Whatever a module does, its operation ends, the others go on, and one can see it. Each
# kind of misbehaviour, in both interfaces, on a FUSE mount and on a brick, with both
# values of on-error. What must come of it is in the tables below and, for readers, in
# docs/isolation.md.
bats_require_minimum_version 1.5.0
load lib/pool
load lib/glupy

setup_file() { BATS_TEST_TIMEOUT=300 glupy_setup; }
teardown_file() { pool_stop; }
setup() { glupy_names; }
teardown() { glupy_umount; }

# NAME              on-error fail  on-error pass  counter  in the log
# by on-error: EIO, or what the operation finds without the module (it is there)
CLASSIC='
returns-nothing     EIO            ok             orphans  -
raises-before       EIO            ok             errors   RuntimeError:.before.winding
raises-after        ok             ok             errors   RuntimeError:.after.winding
winds-twice         ok             ok             refused  StaleRequest:.wind.of.lookup
unwinds-twice       ENOENT         ENOENT         refused  StaleRequest:.unwind.of.lookup
never-unwinds       EIO            ok             timeouts lookup:.Python.did.not.finish
in-a-cycle          EIO            ok             timeouts lookup:.Python.did.not.finish
keeps-all           ok             ok             -        -
destructor-raises   ok             ok             -        RuntimeError:.in.a.destructor
loops               EIO            ok             timeouts HandlerTimeout
loops-on            EIO            ok             timeouts lookup:.Python.did.not.finish
sleeps              EIO            ok             timeouts lookup:.Python.did.not.finish
locks               EIO            ok             timeouts lookup:.Python.did.not.finish
matches             EIO            ok             timeouts the.match.is.over
recurses            EIO            ok             errors   RecursionError
recurses-in-c       EIO            ok             errors   RecursionError
allocates           EIO            ok             errors   MemoryError
exits               EIO            ok             errors   SystemExit
forks               EIO            ok             errors   PermissionError:.a.module.may.not.fork
runs-a-program      ok             ok             -        -
busy-threads        ok             ok             -        -
thread-raises       ok             ok             -        ZeroDivisionError
gives-junk          EIO            ok             errors   TypeError
raises-oddly        EIO            ok             errors   Odd'
NATIVE='
returns-nothing     EIO            ok             errors   TypeError:.lookup.returned.None
returns-junk        EIO            ok             errors   TypeError:.lookup.returned.int
raises-before       EIO            ok             errors   RuntimeError:.before.winding
raises-after        EIO            ok             errors   RuntimeError:.after.winding
raises-oserror      ENOSPC         ENOSPC         -        -
awaits-a-foreign-one EIO           ok             errors   TypeError:.a.handler.can.await
awaits-asyncio      EIO            ok             errors   RuntimeError:.no.running.event.loop
never-unwinds       EIO            ok             timeouts lookup:.Python.did.not.finish
winds-and-never-unwinds EIO        ok             timeouts lookup:.Python.did.not.finish
in-a-cycle          EIO            ok             timeouts lookup:.Python.did.not.finish
keeps-all           ok             ok             -        -
forgets-a-call      ok             ok             -        -
destructor-raises   ok             ok             -        RuntimeError:.in.a.destructor
loops               EIO            ok             timeouts HandlerTimeout
loops-after         EIO            ok             timeouts HandlerTimeout
sleeps              EIO            ok             timeouts lookup:.Python.did.not.finish
sleeps-too-long     EIO            ok             errors   sleep
thread-blocks       EIO            ok             timeouts lookup:.Python.did.not.finish
locks               EIO            ok             timeouts lookup:.Python.did.not.finish
matches             EIO            ok             timeouts the.match.is.over
recurses            EIO            ok             errors   RecursionError
allocates           EIO            ok             errors   MemoryError
exits               EIO            ok             errors   SystemExit
exits-after         EIO            ok             errors   SystemExit
generator-exit      EIO            ok             errors   GeneratorExit
swallows-its-end    EIO            ok             timeouts lookup:.Python.did.not.finish
forks               EIO            ok             errors   PermissionError:.a.module.may.not.fork
runs-a-program      ok             ok             -        -
busy-threads        ok             ok             -        -
one-of-three-fails  ENOENT         ENOENT         -        -
one-of-three-raises EIO            ok             errors   RuntimeError:.one.of.three'

# What stat says: ok, or the errno's name
outcome() {
    run fs stat "$1"
    case $status,${output##*: } in
    0,*) echo ok ;;
    124,*) echo hung ;;
    *,'Input/output error') echo EIO ;;
    *,'No such file or directory') echo ENOENT ;;
    *,'No space left on device') echo ENOSPC ;;
    *) echo "$output" ;;
    esac
}

# Another file answers: as ever, or, while a call into C keeps Python, by on-error
other_answers() {
    local got
    got=$(outcome "$M/there")
    case $1,$got in *,ok | matches,EIO) ;; *) echo "$1: there: $got"; return 1 ;; esac
}

# row NAME WANTED COUNTER LOG: one misbehaviour, while another file is asked for
row() {
    local name=$1 wanted=$2 counter=$3 log=$4 before=0 got
    [ "$counter" = - ] || before=$(dump "$counter")
    outcome "$M/$name" >"$BATS_TEST_TMPDIR/got" 3>&- &
    local job=$!
    other_answers "$name" || return 1
    wait $job || :
    got=$(<"$BATS_TEST_TMPDIR/got")
    [ "$got" = "$wanted" ] || { echo "$name: $got, not $wanted"; return 1; }
    [ "$counter" = - ] || [ "$(dump "$counter")" -gt "$before" ] || { echo "$name: $counter is still $before"; return 1; }
    # it is also what shows that a call into C has let go of Python
    [ "$log" = - ] || wait_until 60 logged "$log" || return 1
    wait_until 60 there "$M/there"
}

# table fail|pass TABLE: all rows of a table on what is served. What computes ends with its row.
table() {
    local column=$1 text=$2 bad=0 wanted name fail pass counter log
    while read -r name fail pass counter log; do
        [ -n "$name" ] || continue
        on c1 touch "$D/$name" "$D/there"
        case $column in fail) wanted=$fail ;; *) wanted=$pass ;; esac
        row "$name" "$wanted" "$counter" "$log" || bad=$((bad + 1))
        case $name in loops-on | busy-threads) on c1 touch "/srv/$N.said.$name-over" ;; esac
    done <<<"$text"
    [ $bad = 0 ]
    wait_until 60 at_rest
    [ "$(dump state)" = running ]
}

options() { echo "timeout ${2:-500} memory 64 breaker-failures 0 module-option.file /srv/$N.said on-error $1"; }
# shellcheck disable=SC2046
classic() { node g posix isolation $(options "$@"); }
# shellcheck disable=SC2046
native() { node g posix isolation_native $(options "$@"); }

# tables serve|serve_brick classic|native fail|pass TABLE: what time ends, with little of it;
# the other rows with so much that none of them is ended by it on a machine that is busy
tables() {
    "$1" "$("$2" "$3")"
    table "$3" "$(awk '$4 == "timeouts"' <<<"$4")"
    glupy_umount
    "$1" "$("$2" "$3" 30000)"
    table "$3" "$(awk '$4 != "timeouts"' <<<"$4")"
    [ "$(dump timeouts)" = 0 ]
}

@test "classic, on a mount, on-error fail" { tables serve classic fail "$CLASSIC"; }
@test "classic, on a mount, on-error pass" { tables serve classic pass "$CLASSIC"; }
@test "classic, on a brick, on-error fail" { tables serve_brick classic fail "$CLASSIC"; }
@test "classic, on a brick, on-error pass" { tables serve_brick classic pass "$CLASSIC"; }
@test "native, on a mount, on-error fail" { tables serve native fail "$NATIVE"; }
@test "native, on a mount, on-error pass" { tables serve native pass "$NATIVE"; }
@test "native, on a brick, on-error fail" { tables serve_brick native fail "$NATIVE"; }
@test "native, on a brick, on-error pass" { tables serve_brick native pass "$NATIVE"; }

@test "a buffer that is kept is revoked when the answer goes up (native), or stays (classic)" {
    serve_brick "$(native fail)"
    on c1 sh -c "echo some text >$D/file"
    local i
    for i in 1 2 3; do [ "$(fs dd "if=$M/file" iflag=direct status=none)" = "some text" ]; done
    on c1 grep -qx revoked "/srv/$N.said"
    run ! on c1 grep -vx revoked "/srv/$N.said"
    glupy_umount
    serve "$(classic fail)"
    for i in 1 2 3; do [ "$(fs dd "if=$M/file" iflag=direct status=none)" = "some text" ]; done
    [ "$(dump errors)" = 0 ]
}

@test "a traceback is in the log once, then it is counted" {
    serve "$(classic fail)"
    on c1 touch "$D/raises-before"
    # shellcheck disable=SC2016
    fs sh -c 'for i in $(seq 30); do stat "$1/raises-before"; done >/dev/null 2>&1; :' sh "$M"
    [ "$(on c1 grep -c 'RuntimeError: before winding' "$LOG")" = 1 ]
    [ "$(on c1 grep -c 'RuntimeError for the 10th time' "$LOG")" = 1 ]
    [ "$(dump errors)" -ge 30 ]
}

@test "a disk that hangs under what is passed on holds up nothing else" {
    # each stat takes two seconds below; they are wound by threads that are not those
    # that look after everybody's time
    serve "volume slow
    type debug/delay-gen
    option delay-percentage 100
    option delay-duration 2000000
    option enable stat
    subvolumes posix
end-volume
$(node g slow drops timeout 200 breaker-failures 0)"
    on c1 sh -c "cd $D && touch 1 2 3 4 5 6 7 8 9 10 11 12"
    # shellcheck disable=SC2016
    fs sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do stat "$1/$i" >/dev/null & done; wait' sh "$M"
    [ "$(dump orphans)" -ge 12 ]
    wait_until 60 at_rest
}

@test "no mount and no brick has crashed" { no_mount_has_crashed; }
