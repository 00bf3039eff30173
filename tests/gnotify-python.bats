#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# gluster.gnotify and its Observer on a real volume: gnotify_python.py has the tests.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=180
    pool_start 1
    stock 1 volume create v1 replica 2 "$(brick 1 a)" "$(brick 1 b)" force
    gluster 1 volume notify v1 enable
    stock 1 volume start v1
    wait_until 60 bricks_online v1 2
    volume_mount 1 v1
    on 1 cp "$BATS_TEST_DIRNAME/gnotify_python.py" /root/
}
teardown_file() { pool_stop; }

# tests CLASS: runs them
tests() { on 1 env ADDRESS="$(address 1)" timeout 170 /usr/bin/python3 -B -W error -X dev /root/gnotify_python.py -v "$1"; }

@test "reading: events, names, cursors, errors, threads, what ends a wait" { tests Reading; }

@test "an Observer with watchdog's events and handlers" {
    on 1 /usr/bin/python3 -c 'import watchdog' || skip "python3-watchdog is not installed"
    tests Watchdog
}

@test "an Observer without watchdog" { tests WithoutWatchdog; }

@test "everything is told once while bricks are added and replaced" { tests Changing; }

@test "the types are right" {
    command -v mypy >/dev/null || skip "mypy is not installed"
    cd "$BATS_TEST_DIRNAME/../python"
    mypy --cache-dir "$BATS_FILE_TMPDIR/cache" --ignore-missing-imports --follow-imports=silent --explicit-package-bases -p gluster.gnotify
}

@test "nothing crashed" { logs_clean; }
