#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# What native handlers get, on a mount: looked at, edited, made, kept too long.
bats_require_minimum_version 1.5.0
load lib/pool

MODULES=/root/modules
M=/mnt/1 OUT=/srv/out

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_create $$
    node_boot c1
    on c1 sh -c "mkdir -p $MODULES /srv/1 $M; cp $BATS_TEST_DIRNAME/modules/*.py $MODULES; chmod 600 $MODULES/*
        cd /srv/1; echo data >big1; echo secret >hidden1; echo x >olleh; echo real >real; echo abc >read
        cat >/srv/1.vol
        glusterfs -f /srv/1.vol -l /var/log/glusterfs/1.log --attribute-timeout=0 --entry-timeout=0 $M" <<V
volume posix
    type storage/posix
    option directory /srv/1
end-volume
volume g
    type features/glupy
    option module-name edits
    option module-path $MODULES
    option module-option.file $OUT
    subvolumes posix
end-volume
V
    wait_until 60 on c1 timeout 30 stat $M/.
}
teardown_file() { pool_stop; }
fs() { on c1 timeout 60 "$@"; }

@test "an answer's size and mode are edited in place" {
    [ "$(fs stat -c '%s %a %F' $M/big1)" = "1099511627776 600 regular file" ]
}

@test "entries are taken out of a directory, and renamed" {
    run fs ls $M
    [[ $output != *hidden1* ]]
    [[ $output == *'hello, with a longer name'* ]]
    [[ $output == *big1* ]]
}

@test "an entry that is kept is stale in the next operation" {
    fs ls $M
    fs ls $M
    on c1 grep -qx StaleRequest $OUT
}

@test "data that is kept answers again, but cannot be seen any more" {
    [ "$(fs cat $M/read)" = abc ]
    on c1 sh -c 'echo changed >/srv/1/read'
    fs dd if=$M/read iflag=direct bs=4096 status=none | grep -qx abc
    on c1 grep -qx "first byte b'a'" $OUT
    on c1 grep -qx ValueError $OUT
}

@test "data of the module's own is written" {
    fs sh -c "echo 'rot13 hello' >$M/w"
    [ "$(on c1 cat /srv/1/w)" = 'ebg13 uryyb' ]
}

@test "a child is asked with a location of the module's own" {
    [ "$(fs stat -c %s $M/alias)" = 5 ]
}

@test "a dictionary and numbers of the module's own are answered" {
    [ "$(fs getfattr --only-values -n user.made $M/read)" = 'by Python' ]
    [ "$(fs stat -f -c %b $M)" = 12345 ]
}

@test "nothing was logged as an error, and the mount has not crashed" {
    run ! on c1 grep -e 'Traceback' -e 'signal received' /var/log/glusterfs/1.log
}
