#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# A mount with modules under valgrind: no byte that is not ours is read or written, none is
# used before it is set, whatever a module does. CPython's own suppressions, and Debian's
# package of them; what has no frame of ours or of Python is GlusterFS's own.
#
# VALGRIND=all runs all of it, some minutes; else one.
bats_require_minimum_version 1.5.0
load lib/pool
load lib/glupy

setup_file() { glupy_setup; }
teardown_file() { pool_stop; }
setup() { glupy_names; }
teardown() { glupy_umount; }

long() { [ "${VALGRIND:-}" = all ] || skip "only with VALGRIND=all"; }

# checked NODE...: mounts at M under valgrind. The report is /srv/N.valgrind
checked() {
    on c1 sh -c "mkdir -p $D $M; cat >/srv/$N.vol" <<<"$(printf '%s\n' "$(posix_node)" "$@")"
    on c1 sh -c "valgrind --suppressions=/usr/lib/valgrind/python3.supp --num-callers=30 \
        --log-file=/srv/$N.valgrind --vex-guest-max-insns=25 --fair-sched=try \
        glusterfs -N -f /srv/$N.vol -l $LOG -p /run/$N.pid --attribute-timeout=0 --entry-timeout=0 $M \
        >/dev/null 2>&1 &" 3>&-
    wait_until 60 on c1 mountpoint -q "$M"
    wait_until 60 on c1 timeout 60 stat "$M/."
}

# Nothing wrong that has a frame of glupy's or Python's.
clean() {
    on c1 umount "$M"
    wait_until 60 on c1 grep -q 'ERROR SUMMARY' "/srv/$N.valgrind"
    on c1 cat "/srv/$N.valgrind" | awk '
        /^==[0-9]+== *$/ { if (wrong && ours) { bad = 1; print text } text = ""; wrong = ours = 0; next }
        /Invalid |uninitialised|Mismatched|overlap|points to un|Process terminating/ { wrong = 1 }
        /glupy|python/ { ours = 1 }
        { text = text $0 "\n" }
        END { exit bad }'
}

do_all() {
    on c1 timeout 60 sh -c "cd $M && mkdir -p d && echo text >d/a && cat d/a && ln -s a d/l && readlink d/l && mv d/a d/b &&
        setfattr -n user.x -v y d/b && getfattr -d d/b && ls -lR . && truncate -s 3 d/b && ln d/b d/c && stat -f . &&
        dd if=/dev/zero of=d/z bs=64k count=4 && cat d/z | wc -c && ! stat absent && rm -r d"
}

@test "everything intercepted, the classic interface" {
    long
    checked "$(node g posix everything timeout 60000)"
    do_all
    clean
}

@test "everything intercepted, the native interface, every value through Python" {
    checked "$(node g posix everything_native timeout 60000 module-option.rebuilt yes)"
    do_all
    clean
}

@test "inline" {
    long
    checked "$(node h posix everything threads inline timeout 60000)" "$(node g h everything_native threads inline timeout 60000)"
    do_all
    clean
}

@test "a module that does everything wrong" {
    long
    checked "$(node g posix misbehaves timeout 2000 breaker-failures 0)"
    local name
    for name in forgets keeps loops recurses exits forks winds-twice unwinds-twice winds-nothing \
        succeeds-with-nothing of-another-kind wrong-type too-few uses-a-stale-one answers-later winds-its-own; do
        on c1 timeout 60 stat "$M/$name" >/dev/null 2>&1 || [ $? = 1 ]
    done
    clean
}

@test "a module that falters at every third operation" {
    long
    checked "$(node g posix falters timeout 1000 breaker-failures 0 module-option.every 3 module-option.ways '"before after nothing forgets slow never"')"
    local i
    for i in 1 2 3; do do_all || :; on c1 rm -rf "$M/d"; done
    clean
}
