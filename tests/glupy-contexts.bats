#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# What a module keeps with files and open files, and how it hears that those end.
bats_require_minimum_version 1.5.0
load lib/pool

MODULES=/root/modules

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_create $$
    node_boot c1
    on c1 sh -c "mkdir -p $MODULES && cp $BATS_TEST_DIRNAME/modules/*.py $MODULES && chmod 600 $MODULES/*"
}
teardown_file() { pool_stop; }

setup() {
    N=$BATS_TEST_NUMBER D=/srv/$BATS_TEST_NUMBER M=/mnt/$BATS_TEST_NUMBER OUT=/srv/$BATS_TEST_NUMBER.out
    LOG=/var/log/glusterfs/$BATS_TEST_NUMBER.log
}
teardown() { on c1 sh -c "umount $M || umount -l $M" 2>/dev/null || :; }

# serve MODULE [LINE]: mounts posix with the module above it
serve() {
    on c1 sh -c "mkdir -p $D $M; cat >/srv/$N.vol
        glusterfs -f /srv/$N.vol -l $LOG -p /run/$N.pid --attribute-timeout=0 --entry-timeout=0 $M" <<V
volume posix
    type storage/posix
    option directory $D
end-volume
volume g
    type features/glupy
    option module-name $1
    option module-path $MODULES
    option module-option.file $OUT
    $2
    subvolumes posix
end-volume
V
    wait_until 60 on c1 timeout 30 stat $M/.
}
fs() { on c1 timeout 60 "$@"; }
wrote() { on c1 grep -qxF -- "$1" $OUT; }
times() { on c1 grep -cxF -- "$1" $OUT; }

@test "an object stays with a file until the file is forgotten" {
    serve contexts
    fs sh -c "echo 1 >$M/kept; stat $M/kept; stat $M/kept"
    wrote 'lookup kept kept'
    fs rm $M/kept
    wait_until 60 wrote 'forget 16 kept'
    wait_until 60 wrote 'dropped kept'
    [ "$(times 'dropped kept')" = 1 ]
}

@test "an object stays with an open file until that is closed" {
    serve contexts
    fs sh -c "echo 1 >$M/a; cat $M/a; ls $M"
    wait_until 60 wrote "release 16 ('create', 'a')"
wait_until 60 wrote "release 16 ('open', '/a')"
    wait_until 60 wrote "releasedir 16 / again"
}

@test "a module that only wants to know of ends hears of them" {
    serve contexts 'option module-option.only 1'
    fs sh -c "echo 1 >$M/a; cat $M/a; ls $M; rm $M/a"
    wait_until 60 wrote "release 16 None"
    wait_until 60 wrote "releasedir 16 None"
    wait_until 60 wrote "forget 16 None"
    [ "$(times 'release 16 None')" = 2 ]
}

@test "an open that fails is no end" {
    serve contexts 'option module-option.only 1'
    fs mkdir $M/d
    run fs sh -c "exec 3<>$M/d"
    [ "$status" -ne 0 ]
    run fs cat $M/missing
    fs sh -c "echo 1 >$M/a"
    wait_until 60 wrote "release 16 None"
    [ "$(times 'release 16 None')" = 1 ]
}

@test "a classic module hears of ends too" {
    serve classic_ends
    fs sh -c "echo 1 >$M/a; ls $M; rm $M/a"
    wait_until 60 wrote "release 16"
    wait_until 60 wrote "releasedir 16"
    wait_until 60 wrote "forget 16"
}

@test "no mount has crashed" {
    run on c1 sh -c 'grep -l "signal received" /var/log/glusterfs/*.log'
    [ -z "$output" ]
}
