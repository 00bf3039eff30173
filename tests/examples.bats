#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# The packaged modules on a replicated volume, mounted by two nodes.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=60
    pool_start 2
    stock 1 volume create v1 replica 2 "$(brick 1 v1)" "$(brick 2 v1)" force
    stock 1 volume start v1
    wait_until 30 bricks_online v1 2
    volume_mount 1 v1
    volume_mount 2 v1
}
teardown_file() { pool_stop; }

# use MODULE [KEY VALUE]...: the volume has this module, with these options, and both mounts
# have switched
use() {
    local module=$1 settings=()
    shift
    while [ $# -gt 0 ]; do
        settings+=("features.glupy-option.$module.$1" "$2")
        shift 2
    done
    [ ${#settings[@]} = 0 ] || gluster 1 volume set v1 "${settings[@]}"
    gluster 1 volume set v1 features.glupy-module "$module"
    wait_until 20 in_graph 1 v1 "v1-volext-glupy-$module"
    wait_until 20 in_graph 2 v1 "v1-volext-glupy-$module"
}
fs() { on "$1" timeout 30 sh -c "cd /mnt/v1 && $2"; }
logged() { grep -q "$1" "$POOL_DIR"/1/log/mnt-v1.log; }

@test "negative: a missing name is answered at once, and found as soon as it is made" {
    use negative
    run ! fs 1 'ls -d a'
    run ! fs 1 'ls -d a'
    fs 1 'touch a && ls -d a'
    run ! fs 2 'ls -d b'
    fs 1 'mkdir b'
    wait_until 3 fs 2 'ls -d b'
    fs 1 'rmdir b; rm a'
}

@test "limiter: a user is held to the rate, and others are not" {
    use limiter ops 20 burst 0.1 exempt 1
    fs 1 'chmod 777 .'
    took() { # UID: milliseconds that making 20 folders takes
        # shellcheck disable=SC2016
        on 1 setpriv --reuid "$1" --clear-groups bash -c 'cd /mnt/v1 && a=${EPOCHREALTIME/./}
            for i in {1..20}; do mkdir d$0.$i || exit; done; echo $(((${EPOCHREALTIME/./} - a) / 1000))' "$1"
    }
    wait_until 10 logged 'module limiter is loaded'
    local held free
    held=$(took 1000)
    free=$(took 1)
    echo "$held $free"
    [ "$held" -ge 850 ]
    [ "$held" -lt 10000 ]
    [ "$free" -lt "$held" ]
    fs 1 'rmdir d*'
}

@test "limiter: what an option says is wrong is in the log, and the volume goes on" {
    gluster 1 volume set v1 features.glupy-option.limiter.ops often
    wait_until 20 logged 'option ops is "often"'
    fs 1 'mkdir e && rmdir e'
}

@test "audit: each node's log has what was done there, and nothing is missing" {
    use audit
    fs 1 'mkdir d && echo x >d/a && chmod 640 d/a && mv d/a d/b'
    fs 2 'ls -d d/b && rm d/b && rmdir d'
    ops() { on "$1" sh -c "jq -r '.op + \" \" + .path + \" \" + .result' /var/log/glusterfs/audit-*.log"; }
    wait_until 5 eval '[ "$(ops 2 | tail -1)" = "rmdir /d ok" ]'
    [ "$(ops 1)" = 'mkdir /d ok
create /d/a ok
write /d/a ok
setattr /d/a ok
rename /d/a ok' ]
    [ "$(ops 2)" = 'unlink /d/b ok
rmdir /d ok' ]
    on 1 jq -es 'all(.uid == 0 and .gfid != null)' /var/log/glusterfs/audit-v1-volext-glupy-audit.log
    # an option that changes takes effect at once
    gluster 1 volume set v1 features.glupy-option.audit.ops mkdir features.glupy-option.audit.file /srv/made.log
    wait_until 20 on 1 test -e /srv/made.log
    wait_until 20 on 2 test -e /srv/made.log
    fs 1 'mkdir e; rmdir e'
    wait_until 5 on 1 grep -q '"op": "mkdir", "path": "/e"' /srv/made.log
    run ! on 1 grep -q rmdir /srv/made.log
}

@test "policy: names and bytes, for all clients together" {
    gluster 1 volume set v1 features.glupy-position cluster/distribute features.glupy-clients all features.glupy-on-error fail
    use policy refuse .tmp quota .bin=1M
    run ! fs 1 'touch a.tmp'
    fs 1 'head -c 700000 /dev/zero >a.bin && touch a'
    run ! fs 2 'mv a b.tmp'
    run fs 2 'dd if=/dev/zero of=b.bin bs=100000 count=7 conv=fsync'
    [ "$status" != 0 ]
    [[ $output == *"quota exceeded"* ]]
    fs 2 'rm a.bin b.bin && dd if=/dev/zero of=b.bin bs=100000 count=10 conv=fsync'
    local i
    for i in 1 2; do
        [ "$(on $i getfattr --only-values -n trusted.glupy.policy.used..bin /srv/v1 | od -An -t x1 | tr -d ' ')" = 00000000000f4240 ]
    done
    fs 1 'rm b.bin a'
}

@test "no log tells of a crash or of a traceback that was not meant" {
    gluster 1 volume reset v1 features.glupy-module
    logs_clean 'Traceback|often'
    [ -z "$(grep -h 'Error' "$POOL_DIR"/*/log/mnt-v1.log | grep '^[A-Za-z]*Error' | grep -v often)" ]
}
