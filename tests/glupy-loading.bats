#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# A module that takes so long to load that another worker is put in the place of the one
# that loads it, and started Python. That one ends when it is done, while the other begins:
# with CPython 3.11 the end of the only thread state and the beginning of another one at
# that moment is the end of the process.
bats_require_minimum_version 1.5.0
load lib/pool
load lib/glupy

setup_file() { glupy_setup; }
teardown_file() { pool_stop; }
setup() { glupy_names; }
teardown() { glupy_umount; }

@test "operations that wait for a module that loads slowly, thirty processes" {
    local i
    on c1 sh -c "mkdir -p $D; cat >/srv/slow.vol" <<<"$(posix_node; node g posix loads_slowly threads 1)"
    for i in $(seq 30); do
        on c1 sh -c "mkdir -p /mnt/s$i; glusterfs -f /srv/slow.vol -l /var/log/glusterfs/s$i.log -p /run/s$i.pid /mnt/s$i"
    done
    on c1 sh -c 'for m in /mnt/s*; do for i in 1 2 3; do stat $m/$i & done; done >/dev/null 2>&1; wait'
    # they are there, and run it
    for i in $(seq 30); do
        on c1 timeout 30 stat "/mnt/s$i/." >/dev/null
        on c1 grep -q 'module loads_slowly is loaded' "/var/log/glusterfs/s$i.log"
    done
    on c1 sh -c 'umount /mnt/s*'
    logs_clean
}
