#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# The native interface of glupy on a FUSE mount, on worker threads and inline.
bats_require_minimum_version 1.5.0
load lib/pool
load lib/glupy

setup_file() { glupy_setup; }
teardown_file() { pool_stop; }
setup() { glupy_names; }
teardown() { glupy_umount; }

native() { serve "$(node g posix coroutines "$@")"; } # native OPTION VALUE...
waiting() { [ "$(dump in-flight)" = 1 ]; }
# Python answers, and not only on-error after the timeout
stat_answers() {
    local before after
    before=$(dump timeouts)
    fs stat "$M/1.f" || return
    after=$(dump timeouts)
    [ "$before" = "$after" ]
}
made() { fs mkdir "$M/$1" && fs test -d "$M/$1"; }

# Everything that a handler can do and that ends well
good() {
    made plain
    fs chown 7:8 "$M"
    # shellcheck disable=SC2016
    on c1 sh -c 'umask 77; setpriv --reuid 7 --regid 8 --groups 8,9 mkdir "$1/who"' sh "$M"
    logged 'uid 7 gid 8 groups \[8, 9\] fop mkdir client None mode 7'
    [ "$(fs stat -c %a "$M/who")" = 711 ]
    [ "$(errno mkdir "$M/refused")" = "Disk quota exceeded" ]
    made child_fails
    logged 'child: FileNotFoundError <reply of stat: op_ret -1, op_errno 2>'
    made sleeps
    made threaded
    logged 'thread .*: integer division'
    made foreign
    logged 'asyncio: '
    logged 'foreign: a handler can await calls of its children.*not int'
    made together
    logged 'together: True slow 0'
    [ "$(errno mkdir "$M/one_fails")" = "Invalid cross-device link" ]
    on c1 test -d "$D/one_fails" # which was awaited all the same
    logged 'one fails: Reply FileNotFoundError Reply'
    made many
    made twice
    logged 'twice: a _glupy.Call is awaited a second time'
    made keeps
    made uses_kept
    logged 'kept: /keeps 0 the _glupy.Call belongs to another operation'
    made outside
    logged 'outside: stat is only possible in the handler of an operation'
    made wrong_arguments
    [ "$(on c1 grep -c 'wrong: ' "$LOG")" = 7 ]
    logged 'wrong: mode: 1099511627776 does not fit into its 32 bits'
    logged 'wrong: stat: argument loc is wanted'
    wait_until 60 at_rest
}

@test "coroutines on workers" {
    native
    good
}

@test "coroutines inline" {
    native threads inline
    good
}

@test "a handler that is no coroutine goes on, refuses, or goes on otherwise" {
    native
    fs mkdir "$M/plain"
    on c1 mkdir "$D/stays" "$D/other" "$D/another" "$D/bad"
    [ "$(errno rmdir "$M/stays")" = "Device or resource busy" ]
    fs rmdir "$M/plain"
    fs rmdir "$M/other"
    on c1 test -d "$D/other"
    on c1 test ! -e "$D/another"
    fs rmdir "$M/bad" # returned 5: passed on
    logged 'rmdir returned int'
    [ "$(errno ln -s answered "$M/s")" = "Invalid cross-device link" ]
    fs ln -s x "$M/s"
    [ "$(on c1 readlink "$D/s")" = to/x ]
}

@test "a reply can be looked at and changed" {
    native
    on c1 ln -s x "$D/s"
    [ "$(fs readlink "$M/s")" = '<x>' ]
    fs touch "$M/hidden1" "$M/b" "$M/hidden2" "$M/a"
    [ "$(fs ls "$M")" = $'a\nb\ns' ]
}

@test "data can be read and written by a module" {
    native
    fs sh -c "echo 'Hello World' >$M/f; cat $M/f"
    [ "$(on c1 cat "$D/f")" = 'hELLO wORLD' ]
    [ "$(fs cat "$M/f")" = 'Hello World' ]
    # shellcheck disable=SC2016
    fs sh -c 'seq 200000 | sed s/$/Ab/ >/srv/big; cp /srv/big $1/big; cmp /srv/big $1/big' sh "$M"
    wait_until 60 at_rest
    [ "$(dump errors)" = 0 ]
}

@test "what fails goes on as if it were not there" {
    native
    made raises
    logged "KeyError: 'before'"
    made raises_later
    logged "KeyError: 'after'"
    made none
    logged 'mkdir returned None; wanted is a reply'
    made textual
    made sleeps_long
    logged 'one operation can sleep 0 to 60 seconds'
    made wrong_reply
    logged 'a reply to stat is no answer to mkdir'
    made empty_reply
    logged 'the reply to mkdir has no inode'
    made looks_elsewhere # the answer of another folder is not this one's
    wait_until 60 at_rest
    [ "$(dump errors)" = 8 ]
}

@test "what fails is an error with on-error fail, but done once" {
    native on-error fail
    [ "$(errno mkdir "$M/raises")" = "Input/output error" ]
    on c1 test ! -e "$D/raises"
    [ "$(errno mkdir "$M/raises_later")" = "Input/output error" ]
    on c1 test -d "$D/raises_later"
}

@test "what takes too long is ended" {
    local threads
    for threads in 2 inline; do
        native timeout 300 threads $threads
        made waits_in_vain
        made loops
        logged 'did not finish within 300 ms'
        made sleeps # 0.4 s: sleep is not the module's time
        wait_until 60 at_rest
        [ "$(dump timeouts)" = 2 ]
        glupy_umount
        on c1 rm -rf "$D"
    done
}

@test "an event lets those go on who wait" {
    native timeout 20000
    fs mkdir "$M/plain" # the kernel holds the folder in which something is made
    fs touch "$M/plain/a"
    fs mkdir "$M/waits" 3>&- &
    local waiter=$!
    wait_until 60 waiting
    fs mv "$M/plain/a" "$M/plain/b"
    wait "$waiter"
    fs test -d "$M/waits"
}

@test "gather over several children" {
    on c1 mkdir -p "$D/1" "$D/2"
    mount_volfile <<V
volume one
    type storage/posix
    option directory $D/1
end-volume
volume two
    type storage/posix
    option directory $D/2
end-volume
$(node g 'one two' spread)
V
    fs mkdir "$M/d"
    on c1 test -d "$D/1/d"
    on c1 test -d "$D/2/d"
    logged 'made on one two'
}

@test "a module with a wrong handler is refused with words" {
    local text
    while read -r name text; do
        on c1 sh -c "cat >$MODULES/wrong$name.py" <<P
from gluster.glupy.native import *
class xlator(Translator):
    $text
        return None
P
        serve "$(node g posix "wrong$name")"
        wait_until 60 logged "module wrong$name does not run"
        glupy_umount
    done <<W
1 def lookup(self, path):
2 async def lookpu(self, loc):
3 def lookup(self, **names):
4 def stat_repyl(self, reply):
W
    LOG="/var/log/glusterfs/$N.log"
    logged "lookup has no argument 'path'; it has loc, request, xdata"
    logged "no operation is called lookpu; is lookup meant"
    logged "the argument \*\*names cannot be given"
    logged "no operation is called stat_repyl; is stat_reply meant"
}

@test "a destructor that blocks for ever costs a thread, not the mount" {
    serve "$(node g posix destructor timeout 200 threads 2)"
    local i
    for i in 1 2 3; do fs mkdir "$M/$i"; done
    for i in 1 2 3 4 5; do
        fs touch "$M/$i.f"
        fs stat "$M/$i.f"
    done
    made 4
    wait_until 60 stat_answers
}

@test "an answer that nobody had time to look at goes up as it is" {
    serve "$(node g posix late_reply timeout 60 threads 1)"
    local i pids=()
    fs sh -c "mkdir $M/1 $M/2 $M/3 $M/4; touch $M/1/f"
    for i in 1 2 3 4; do
        fs sh -c "for n in 1 2 3 4 5; do ls $M/$i; stat $M/$i; done" 3>&- >/dev/null &
        pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i"; done
    [ "$(fs ls "$M/1")" = f ]
    wait_until 60 at_rest
}
