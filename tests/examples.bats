#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# The packaged modules on a replicated volume, mounted by two nodes.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_start 2
    stock 1 volume create v1 replica 2 "$(brick 1 v1)" "$(brick 2 v1)" force
    stock 1 volume start v1
    wait_until 60 bricks_online v1 2
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
    wait_until 60 in_graph 1 v1 "v1-volext-glupy-$module"
    wait_until 60 in_graph 2 v1 "v1-volext-glupy-$module"
}
fs() { on "$1" timeout 60 sh -c "cd /mnt/v1 && $2"; }
logged() { grep -q "$1" "$POOL_DIR"/1/log/mnt-v1.log; }

@test "negative: a missing name is answered at once, and found as soon as it is made" {
    use negative
    run ! fs 1 'ls -d a'
    run ! fs 1 'ls -d a'
    fs 1 'touch a && ls -d a'
    run ! fs 2 'ls -d b'
    fs 1 'mkdir b'
    wait_until 20 fs 2 'ls -d b'
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
    wait_until 60 logged 'module limiter is loaded'
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
    wait_until 60 logged 'option ops is "often"'
    fs 1 'mkdir e && rmdir e'
}

@test "audit: each node's log has what was done there, and nothing is missing" {
    use audit
    fs 1 'mkdir d && echo x >d/a && chmod 640 d/a && mv d/a d/b'
    fs 2 'ls -d d/b && rm d/b && rmdir d'
    ops() { on "$1" sh -c "jq -r '.op + \" \" + .path + \" \" + .result' /var/log/glusterfs/audit-*.log"; }
    wait_until 60 eval '[ "$(ops 2 | tail -1)" = "rmdir /d ok" ]'
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
    wait_until 60 on 1 test -e /srv/made.log
    wait_until 60 on 2 test -e /srv/made.log
    fs 1 'mkdir e; rmdir e'
    wait_until 60 on 1 grep -q '"op": "mkdir", "path": "/e"' /srv/made.log
    run ! on 1 grep -q rmdir /srv/made.log
}

used() { on "$1" getfattr --only-values -n trusted.glupy.policy.used..bin /srv/v1 | od -An -t x1 | tr -d ' '; }
all_is_counted() { [ $((16#$(used 1))) = "$(on 1 sh -c 'cat /srv/v1/*.bin | wc -c')" ]; }

@test "policy: names and bytes, for all clients together" {
    gluster 1 volume set v1 features.glupy-position cluster/distribute features.glupy-clients all features.glupy-on-error fail
    use policy refuse .tmp quota .bin=1M
    run ! fs 1 'touch a.tmp'
    # fsync: a close does not wait for what write-behind still has
    fs 1 'dd if=/dev/zero of=a.bin bs=100000 count=7 conv=fsync && touch a'
    run ! fs 2 'mv a b.tmp'
    run fs 2 'dd if=/dev/zero of=b.bin bs=100000 count=7 conv=fsync'
    [ "$status" != 0 ]
    [[ $output == *"quota exceeded"* ]]
    # what a client tries again after the refusal may still be under way
    wait_until 60 all_is_counted
    fs 2 'rm a.bin b.bin && dd if=/dev/zero of=b.bin bs=100000 count=3 conv=fsync'
    # both write the rest of it at once
    fs 1 'dd if=/dev/zero of=b.bin bs=100000 count=3 seek=3 conv=notrunc,fsync' &
    fs 2 'dd if=/dev/zero of=b.bin bs=100000 count=3 seek=3 conv=notrunc,fsync'
    wait $!
    local i
    for i in 1 2; do
        [ "$(used $i)" = 00000000000927c0 ]
    done
    fs 1 'rm b.bin a'
}

@test "checksum: what is read is what was written; a changed byte is EIO" {
    gluster 1 volume set v1 features.glupy-position cluster/distribute features.glupy-clients all features.glupy-on-error fail features.glupy-timeout 60000
    use checksum block 4K
    fs 1 'head -c 1000000 /dev/urandom >f; md5sum <f >sum'
    fs 2 'md5sum <f | cmp - sum'
    # both bricks lose the same bit, and keep the time
    local i
    for i in 1 2; do
        on $i sh -c 'cd /srv/v1; t=$(stat -c %y f); head -c 1 /dev/zero | dd of=f bs=1 seek=500000 conv=notrunc; touch -d "$t" f'
    done
    gluster 1 volume set v1 performance.io-cache off
    run fs 2 'dd if=f of=/dev/null bs=4096 skip=122 count=1 iflag=direct'
    echo "$output"
    [[ $output == *"Input/output error"* ]]
    fs 2 'dd if=f of=/dev/null bs=4096 skip=123 count=3 iflag=direct'
    # what is written over it is good again
    fs 1 'dd if=/dev/urandom of=f bs=4096 seek=122 count=1 conv=notrunc'
    fs 2 'cat f >/dev/null'
}

@test "checksum: several writers on two clients, pieces of any size, O_DIRECT, holes, truncation" {
    gluster 1 volume set v1 cluster.eager-lock off
    fs 1 'rm -f g && touch g'
    # each writes its own bytes, which lie among the other's
    writer() {
        on "$1" timeout 60 /usr/bin/python3 - "/mnt/v1/g" "$1" <<'P'
import os, random, sys
path, me = sys.argv[1], int(sys.argv[2])
dice = random.Random(me)
fd = os.open(path, os.O_RDWR)
for n in range(40):
    at = dice.randrange(100) * 2000 + (me - 1) * 1000
    os.pwrite(fd, bytes([me]) * dice.randrange(1, 1001), at)
    if n % 10 == 0:
        os.fsync(fd)
os.close(fd)
P
    }
    writer 1 &
    local first=$!
    writer 2
    wait $first
    on 1 /usr/bin/python3 - /mnt/v1/g <<'P'
import os, sys
path = sys.argv[1]
data = open(path, 'rb').read()
for n, byte in enumerate(data):
    assert byte in (0, n // 1000 % 2 + 1), (n, byte)
os.truncate(path, 3000)
os.truncate(path, 50000)
data = data[:3000] + bytes(47000)
assert open(path, 'rb').read() == data
fd = os.open(path, os.O_RDWR | os.O_DIRECT)
import mmap
block = mmap.mmap(-1, 4096)
block.write(b'd' * 4096)
os.pwrite(fd, block, 8192)
os.preadv(fd, [block], 0)
assert block[:3000] == data[:3000]
os.close(fd)
with open(path, 'ab') as f:
    f.write(b'end')
os.rename(path, path + '2')
os.link(path + '2', path)
data = data[:8192] + b'd' * 4096 + data[12288:] + b'end'
assert open(path, 'rb').read() == data
P
    fs 2 'cat g g2 >/dev/null'
    # both bricks have the sums, and they are those of the file
    [ "$(on 1 getfattr -n trusted.glupy.checksum -e hex --only-values /srv/v1/g | md5sum)" = \
        "$(on 2 getfattr -n trusted.glupy.checksum -e hex --only-values /srv/v1/g | md5sum)" ]
}

@test "no log tells of a crash or of a traceback that was not meant" {
    gluster 1 volume reset v1 features.glupy-module
    logs_clean 'Traceback|often'
    [ -z "$(grep -h 'Error' "$POOL_DIR"/*/log/mnt-v1.log | grep '^[A-Za-z]*Error' | grep -v often)" ]
}
