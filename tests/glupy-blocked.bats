#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# A worker that winds or unwinds is in other translators' code, and that may wait for an
# operation that needs a worker itself: FUSE, where a lock is waited for and a signal ends
# the wait, keeps the thread that brings the lock's answer until its own operation, which
# takes the lock back, is answered.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_start 1
    gluster 1 volume create v1 "$(brick 1 a)" force
    gluster 1 glupy install "$BATS_TEST_DIRNAME/modules/everything.py"
    gluster 1 glupy install "$BATS_TEST_DIRNAME/modules/everything_native.py"
    # far longer than the test: nothing else may end the wait
    gluster 1 volume set v1 features.glupy-module everything features.glupy-timeout 600000 \
        features.glupy-threads 1
    gluster 1 volume start v1
    wait_until 60 bricks_online v1 1
    volume_mount 1 v1
    on 1 touch /mnt/v1/a
}
teardown_file() { pool_stop; }

# N processes wait for a lock, and a signal ends each one's wait.
interrupted() {
    on 1 timeout -k 1 20 /usr/bin/python3 - "$1" <<'P'
import fcntl, os, signal, sys
held = open('/mnt/v1/a', 'r+')
fcntl.lockf(held, fcntl.LOCK_EX)
class Rang(Exception):
    pass
def ring(*unused):
    raise Rang
pids = []
for i in range(int(sys.argv[1])):
    pid = os.fork()
    if not pid:
        signal.signal(signal.SIGALRM, ring)
        mine = open('/mnt/v1/a', 'r+')
        signal.setitimer(signal.ITIMER_REAL, .5)
        try:
            fcntl.lockf(mine, fcntl.LOCK_EX)
            os._exit(1)
        except Rang:
            os._exit(0)
    pids.append(pid)
sys.exit(any([os.waitpid(pid, 0)[1] for pid in pids]))
P
}

@test "a wait for a lock can be interrupted with one worker" {
    interrupted 1
}

@test "waits of ten processes can be interrupted at once" {
    interrupted 10
}

@test "the same with the native interface" {
    gluster 1 volume set v1 features.glupy-module everything_native
    wait_until 60 in_graph 1 v1 v1-volext-glupy-everything_native
    interrupted 1
    interrupted 10
}
