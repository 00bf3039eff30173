#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# The end of a module, and of the graph that it is in: what Python had of it goes, and what
# Python still does touches nothing that is freed.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_start 1
    stock 1 volume create v1 "$(brick 1 a)" force
    stock 1 volume start v1
    wait_until 60 bricks_online v1 1
    on 1 sh -c 'mkdir -m 777 /srv/out; touch /srv/a/blocks /srv/a/there'
    on 1 cp "$BATS_TEST_DIRNAME/modules/outlives.py" /srv/outlives.py
    gluster 1 glupy install /srv/outlives.py
    # shellcheck disable=SC2046
    on 1 cc -g -o /srv/fini "$BATS_TEST_DIRNAME/lib/fini.c" $(pkg-config --cflags --libs glusterfs-api)
}
teardown_file() { pool_stop; }

setup() { F=/srv/out/$BATS_TEST_NUMBER; }
said() { on 1 grep -qx -- "$1" "$F"; }
module() { gluster 1 volume set v1 features.glupy-module outlives features.glupy-option.outlives.file "$F" features.glupy-timeout 500; }
no_module() { gluster 1 volume reset v1 features.glupy-module; }

# Python looks at what is not there any more, and is told so
all_is_stale() {
    local what
    for what in path inode size own gfid ctx; do said "$what StaleRequest"; done
    said 'uid works'
    said 'log works'
    said 'dict StaleRequest' # it would belong to the graph, too
    said end
}

@test "an application leaves the volume while a handler blocks; that touches nothing that is freed" {
    module
    # undefined values are CPython's and GlusterFS's own affair; freed memory is ours
    run on 1 timeout 250 valgrind -q --fair-sched=yes --undef-value-errors=no --error-exitcode=9 --num-callers=30 \
        /srv/fini v1 /srv/out/app.log "$F" /there /blocks
    echo "$output" | head -60
    [ "$status" = 0 ]
    [ "$(grep -c '^/blocks: ok' <<<"$output")" = 2 ]
    [ "$(grep -c '^/there: ok' <<<"$output")" = 2 ]
    all_is_stale
}

@test "without valgrind's slowness, too" {
    module
    local i
    for i in 1 2; do
        on 1 rm -f "$F"
        run on 1 timeout 60 /srv/fini v1 /srv/out/app.log "$F" /there /blocks
        echo "$output"
        [ "$status" = 0 ]
        all_is_stale
    done
    no_module
}

@test "when a graph is switched, its module goes" {
    volume_mount 1 v1
    module
    reached() { on 1 stat /mnt/v1/there >/dev/null; in_graph 1 v1 features/glupy; }
    wait_until 60 reached
    run ! on 1 test -e "$F"
    no_module
    left() { on 1 stat /mnt/v1/there >/dev/null; said 'dropped v1-volext-glupy-outlives'; }
    wait_until 60 left
}

@test "when a module is loaded anew, the old one goes; a blocking handler keeps it until it ends" {
    module
    reached() { on 1 stat /mnt/v1/there >/dev/null; in_graph 1 v1 features/glupy; }
    wait_until 60 reached
    on 1 stat /mnt/v1/blocks >/dev/null # goes on for seconds
    gluster 1 volume set v1 features.glupy-option.outlives.other 1
    reloaded() { on 1 stat /mnt/v1/there >/dev/null; said 'dropped v1-volext-glupy-outlives'; }
    wait_until 60 reloaded
    said end
    said 'path works' # its graph is there
    # what comes now is the new one's
    on 1 stat /mnt/v1/there >/dev/null
    [ "$(on 1 grep -c dropped "$F")" = 1 ]
    volume_umount 1 v1
    no_module
}

@test "nothing has crashed" { logs_clean '[Tt]raceback'; }
