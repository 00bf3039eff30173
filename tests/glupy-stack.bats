#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Several modules on one volume, in clients and in bricks, each with options of its own;
# on FUSE mounts and in applications on libgfapi, root's and others'.
bats_require_minimum_version 1.5.0
load lib/pool

SEEN=/srv/seen/by

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_start 1
    stock 1 volume create v1 "$(brick 1 a)" force
    stock 1 volume start v1
    wait_until 60 bricks_online v1 1
    # a sticky folder for all: files of other users there could not be opened by root
    on 1 sh -c 'mkdir -m 777 /srv/seen; chmod 777 /srv'
    local m
    for m in one two; do
        on 1 cp "$BATS_TEST_DIRNAME/modules/marks.py" /srv/$m.py
        gluster 1 glupy install /srv/$m.py
    done
    # shellcheck disable=SC2046
    on 1 cc -o /srv/app "$BATS_TEST_DIRNAME/lib/app.c" $(pkg-config --cflags --libs glusterfs-api)
    gluster 1 volume set v1 features.glupy-module one,two \
        features.glupy-option.one.file $SEEN features.glupy-option.one.word hello \
        features.glupy-option.two.file $SEEN features.glupy-option.two.refuse no
    volume_mount 1 v1
    on 1 chmod 777 /mnt/v1
}
teardown_file() { pool_stop; }

setup() { on 1 rm -f $SEEN; }
seen() { on 1 cat $SEEN | sed 's/v1-volext-glupy-//'; }
# app USER LINE...: an application of USER's; what it answers
app() {
    local user=$1
    shift
    printf '%s\n' "$@" | on 1 setpriv --reuid "$user" --regid "$user" --clear-groups \
        timeout 60 /srv/app v1 "/srv/seen/app-$user.log"
}
through_both=$'hello one fop\n- two fop\n- two cbk\nhello one cbk'

@test "a mount's operation goes through both, the first on top, and back" {
    on 1 mkdir /mnt/v1/d
    [ "$(seen)" = "$through_both" ]
    on 1 rmdir /mnt/v1/d
}

@test "what the lower one refuses, the upper one sees refused; options are each one's own" {
    run -1 on 1 mkdir /mnt/v1/no
    [[ $output == *"Operation not permitted"* ]]
    [ "$(seen)" = $'hello one fop\n- two fop\nhello one cbk' ]
}

@test "an option that is set later reaches its module on the mount" {
    gluster 1 volume set v1 features.glupy-option.two.word bye
    spoken() { on 1 sh -c 'mkdir /mnt/v1/e && rmdir /mnt/v1/e'; seen | grep -q '^bye two'; }
    wait_until 60 spoken
    gluster 1 volume reset v1 features.glupy-option.two.word
    silent() { on 1 rm -f $SEEN; on 1 sh -c 'mkdir /mnt/v1/e && rmdir /mnt/v1/e'; seen | grep -q '^- two'; }
    wait_until 60 silent
}

@test "an application runs the same modules" {
    run app 0 'mkdir /f' 'mkdir /no' 'rmdir /f'
    [ "$output" = $'ok \n1\nok ' ]
    [ "$(seen)" = "$through_both"$'\nhello one fop\n- two fop\nhello one cbk' ]
}

@test "an application of another user's runs them, too" {
    run app 65534 'mkdir /g' 'mkdir /no' 'rmdir /g'
    echo "$output"
    [ "$output" = $'ok \n1\nok ' ]
    [ "$(seen)" = "$through_both"$'\nhello one fop\n- two fop\nhello one cbk' ]
    [ "$(on 1 stat -c %u $SEEN)" = 65534 ]
    # it has no status socket
    [ "$(on 1 ls /run/volext/glupy | wc -l)" = 1 ]
}

@test "a module that only root may read, of an older package, is opened to all" {
    on 1 sh -c 'cd /var/lib/glusterd && chmod 600 volext/modules/*.py && chmod 700 volext volext/modules'
    run app 65534 'mkdir /g' 'rmdir /g'
    [ "$output" = $'ok \nok ' ]
    [ -z "$(seen)" ]
    on 1 grep -q 'module one does not run: .*one.py: ' /srv/seen/app-65534.log
    gluster 1 volume set v1 features.glupy-timeout 2000
    app 65534 'mkdir /g' 'rmdir /g'
    [ "$(seen)" = "$through_both" ]
}

@test "a module that others can write is not run by anybody" {
    on 1 chmod 666 /var/lib/glusterd/volext/modules/two.py
    app 65534 'mkdir /g' 'rmdir /g'
    [ "$(seen)" = $'hello one fop\nhello one cbk' ]
    on 1 grep -q 'module two does not run: .*is writable by others than root' /srv/seen/app-65534.log
    on 1 chmod 644 /var/lib/glusterd/volext/modules/two.py
}

@test "the order is the option's" {
    gluster 1 volume set v1 features.glupy-module two,one
    turned() { on 1 rm -f $SEEN; on 1 sh -c 'mkdir /mnt/v1/e && rmdir /mnt/v1/e'; [ "$(seen)" = $'- two fop\nhello one fop\nhello one cbk\n- two cbk' ]; }
    wait_until 60 turned
    as_desired v1 1
}

@test "in bricks they run once for all clients, and in no client" {
    gluster 1 volume set v1 features.glupy-side brick
    gluster 1 volume extension v1 apply force
    wait_until 60 not_in_graph 1 v1 features/glupy
    moved() { on 1 rm -f $SEEN; on 1 sh -c 'mkdir /mnt/v1/e && rmdir /mnt/v1/e'; [ "$(seen)" = $'- two fop\nhello one fop\nhello one cbk\n- two cbk' ]; }
    wait_until 60 moved
    on 1 rm -f $SEEN
    run app 65534 'mkdir /h' 'mkdir /no' 'rmdir /h'
    [ "$output" = $'ok \n1\nok ' ]
    [ "$(on 1 stat -c %u $SEEN)" = 0 ]
    as_desired v1 1
    gluster 1 volume glupy v1 status | grep -qF "brick $(brick 1 a)"
}

@test "an option reaches a brick that runs" {
    gluster 1 volume set v1 features.glupy-option.two.refuse never
    allowed() { on 1 sh -c 'mkdir /mnt/v1/no && rmdir /mnt/v1/no'; }
    wait_until 60 allowed
}

@test "bricks of two volumes in one process are told apart" {
    stock 1 volume set all cluster.brick-multiplex on
    local v
    for v in v2 v3; do
        stock 1 volume create $v "$(brick 1 $v)" force
        gluster 1 volume set $v features.glupy-module one,two features.glupy-side brick \
            features.glupy-option.one.file $SEEN features.glupy-option.two.file $SEEN \
            features.glupy-option.one.word $v features.glupy-option.two.word $v
        stock 1 volume start $v
    done
    wait_until 60 bricks_online v3 1
    [ "$(brick_pid 1 v2)" = "$(brick_pid 1 v3)" ]
    for v in v2 v3; do
        volume_mount 1 $v
        on 1 rm -f $SEEN
        on 1 sh -c "mkdir /mnt/$v/d && rmdir /mnt/$v/d"
        [ "$(on 1 cat $SEEN | sed 's/volext-glupy-//')" = "$v $v-one fop"$'\n'"$v $v-two fop"$'\n'"$v $v-two cbk"$'\n'"$v $v-one cbk" ]
        gluster 1 --json volume glupy $v status | /usr/bin/python3 -c "
import json, sys
i = json.load(sys.stdin)['volGlupy']['instances']
assert sorted((n['module'], n['state'], n['where']) for n in i) == [(m, 'running', '$(brick 1 $v)') for m in ('one', 'two')], i"
    done
    gluster 1 volume glupy v3 reload
    stock 1 volume stop v3
    wait_until 60 on 1 sh -c "! gluster volume glupy v3 status | grep -q $(brick 1 v3)"
    on 1 sh -c 'mkdir /mnt/v2/d && rmdir /mnt/v2/d'
}

@test "nothing has crashed" { logs_clean; }
