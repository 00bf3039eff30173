#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# What every process that has a module says of it: status socket, .meta, statedump.
bats_require_minimum_version 1.5.0
load lib/pool

SOCKETS=/run/volext/glupy

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_start 1
    stock 1 volume create v1 replica 2 "$(brick 1 a)" "$(brick 1 b)" force
    stock 1 volume start v1
    wait_until 60 bricks_online v1 2
    gluster 1 volume set v1 features.glupy-module negative
    volume_mount 1 v1
}
teardown_file() { pool_stop; }

mount_pid() { on 1 cat /run/mnt-v1.pid; }

# told PID EXPRESSION: of what process PID says (d), is EXPRESSION true?
told() {
    on 1 /usr/bin/python3 - "$SOCKETS/$1" "$2" <<'P'
import json, socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(10)
s.connect(sys.argv[1])
d = json.loads(s.makefile('rb').read())
i = d['instances'][0] if d['instances'] else None
fops = {f['name']: f for f in i['fops']} if i else {}
ok = eval(sys.argv[2])
if not ok: print(json.dumps(d))
sys.exit(not ok)
P
}

@test "a mount's process tells of its module, and of each operation" {
    local n
    for n in 1 2 3 4 5 6 7 8; do on 1 test ! -e "/mnt/v1/absent$n"; done
    told "$(mount_pid)" "d['pid'] == $(mount_pid) and len(d['instances']) == 1"
    told "$(mount_pid)" "i['volume'] == 'v1' and i['kind'] == 'mount' and i['where'] == '/mnt/v1'"
    told "$(mount_pid)" "i['module'] == 'negative' and i['state'] == 'running' and i['reason'] == ''"
    told "$(mount_pid)" "i['digest'] == i['wanted-digest'] == '$(sha256sum <"$POOL_DIR/1/lib/volext/modules/negative.py" | cut -d' ' -f1)'"
    told "$(mount_pid)" "i['in-flight'] == 0 and i['queued'] == 0 and i['errors'] == 0"
    told "$(mount_pid)" "fops['lookup']['calls'] >= 8 and 1000 < fops['lookup']['p50-ns'] <= fops['lookup']['p99-ns'] < 10**9"
    told "$(mount_pid)" "i['calls'] == sum(f['calls'] for f in fops.values())"
}

@test "the same is in .meta and in a statedump" {
    local shown dump
    shown=$(on 1 cat /mnt/v1/.meta/graphs/active/v1-volext-glupy-negative/private)
    echo "$shown"
    [[ $shown == *"state = running"* && $shown == *"where = /mnt/v1"* ]]
    grep -qE '^lookup\.calls = [1-9]' <<<"$shown"
    on 1 kill -USR1 "$(mount_pid)"
    wait_until 60 on 1 sh -c 'grep -q DUMP-END-TIME /run/gluster/*.dump.*'
    dump=$(on 1 sh -c 'cat /run/gluster/*.dump.*')
    grep -qx 'state=running' <<<"$dump"
    grep -qE '^lookup\.p99-ns=[1-9]' <<<"$dump"
}

@test "only root's processes are in the folder, which is root's alone" {
    [ "$(on 1 stat -c '%a %U' $SOCKETS)" = "700 root" ]
    [ "$(on 1 ls $SOCKETS)" = "$(mount_pid)" ]
}

@test "a process that ends takes its socket with it" {
    local pid
    pid=$(mount_pid)
    volume_umount 1 v1
    wait_until 60 on 1 test ! -e "$SOCKETS/$pid"
    volume_mount 1 v1
}

@test "where others can write the folder, no process puts a socket there" {
    volume_umount 1 v1
    on 1 sh -c "rm -rf $SOCKETS && mkdir -m 777 $SOCKETS"
    volume_mount 1 v1
    on 1 test ! -e /mnt/v1/absent
    [ -z "$(on 1 ls -A $SOCKETS)" ]
    volume_umount 1 v1
    on 1 sh -c "rm -rf $SOCKETS && mkdir -m 700 /root/mine && ln -s /root/mine $SOCKETS"
    volume_mount 1 v1
    on 1 test ! -e /mnt/v1/absent
    [ -z "$(on 1 ls -A /root/mine)" ]
    on 1 rm $SOCKETS
}

@test "nothing has crashed" { logs_clean; }
