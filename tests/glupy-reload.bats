#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Modules that are loaded anew while operations are under way.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_start 1
    stock 1 volume create v1 "$(brick 1 a)" force
    stock 1 volume start v1
    wait_until 60 bricks_online v1 1
    on 1 cp "$BATS_TEST_DIRNAME/modules/slow.py" /srv/
    gluster 1 glupy install /srv/slow.py
    gluster 1 volume set v1 features.glupy-module slow features.glupy-option.slow.gate /srv/gate \
        features.glupy-option.slow.file /srv/seen
    volume_mount 1 v1
}
teardown_file() { pool_stop; }

waiting() { # N: operations are under way
    [ "$(gluster 1 --json volume glupy v1 status | /usr/bin/python3 -c '
import json, sys
print(json.load(sys.stdin)["volGlupy"]["instances"][0]["inFlight"])')" = "$1" ]
}

# in the background, on the volume's mount
do_mkdir() { on 1 mkdir "/mnt/v1/$1" 3>&- & made_by+=($!); }

# An operation that began with the old object ends with it; one that came later had the
# new one all along.
crosses_a_reload() {
    local made made_by=()
    # the kernel lets one operation at a time change a folder
    on 1 sh -c 'rm -rf /srv/gate /mnt/v1/[abc]; mkdir /mnt/v1/a /mnt/v1/b /mnt/v1/c; rm -f /srv/seen'
    made=$(on 1 cat /srv/seen.made | wc -l)
    do_mkdir a/slow1
    wait_until 60 waiting 1
    gluster 1 volume glupy v1 reload
    on 1 mkdir /mnt/v1/c/quick
    do_mkdir b/slow2
    wait_until 60 waiting 2
    on 1 touch /srv/gate
    wait "${made_by[@]}"
    [ "$(on 1 sort /srv/seen)" = "quick $((made + 1))"$'\n'"slow1 $made"$'\n'"slow2 $((made + 1))" ]
    wait_until 60 waiting 0
}

@test "on a mount, what is under way finishes with the old code" {
    crosses_a_reload
}

@test "again and again, while files are made and looked at: nothing fails" {
    # shellcheck disable=SC2016
    on 1 sh -c 'n=0; while [ ! -e /srv/enough ]; do
            n=$((n + 1)); echo $n >/srv/rounds; mkdir /mnt/v1/d$n && stat /mnt/v1/d$n && ! stat /mnt/v1/no && rmdir /mnt/v1/d$n || echo failed $n >>/srv/failed
        done >/dev/null 2>&1' 3>&- &
    local loop=$!
    for _ in 1 2 3 4 5 6 7 8; do gluster 1 volume glupy v1 reload; done
    until rounds 20; do gluster 1 volume glupy v1 reload; done
    on 1 touch /srv/enough
    wait $loop
    run ! on 1 cat /srv/failed
    waiting 0
}
rounds() { [ "$(on 1 sh -c 'tail -n 1 /srv/rounds || echo 0')" -gt "$1" ]; }

@test "in a brick, too; and its statedump tells of it" {
    gluster 1 volume set v1 features.glupy-side brick
    gluster 1 volume extension v1 apply force
    wait_until 60 not_in_graph 1 v1 features/glupy
    on 1 mkdir /mnt/v1/quick0
    crosses_a_reload
    stock 1 volume statedump v1
    dumped() { on 1 sh -c 'cat /run/gluster/*.dump.*' | sed -n '/^\[features\/glupy.v1-volext-glupy-slow\]/,/^$/p' | grep -E "$1"; }
    wait_until 60 dumped '^mkdir.calls=[1-9]'
    dumped "^where=$(brick 1 a)$"
}

@test "nothing has crashed" { logs_clean; }
