#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# docs/writing-modules.md, done as it says: its module, its test, its commands.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_start 2
    stock 1 volume create v1 "$(brick 1 v1)" "$(brick 2 v1)" force
    stock 1 volume start v1
    # the blocks of Python, as files
    on 1 mkdir -p /root/modules /mnt/v1 /tmp/files
    on 1 /usr/bin/python3 - "$POOL_SOURCE/docs/writing-modules.md" <<'P'
import re, sys
blocks = re.findall(r'^```python\n(.*?)^```', open(sys.argv[1]).read(), re.S | re.M)
for name, text in zip(('notmp.py', 'notmp_test.py'), blocks, strict=True):
    open('/root/modules/' + name, 'w').write(text)
P
}
teardown_file() { pool_stop; }
there() { on 1 sh -c "cd /root/modules && $1"; }

@test "the module runs over a folder" {
    run -1 --separate-stderr there '/usr/bin/python3 -m gluster.glupy.run notmp.py /tmp/files -- touch a.txt b.tmp'
    [[ $stderr == *"notmp: module notmp is loaded"* ]]
    [[ $stderr == *"glupy: uid 0 may not create /b.tmp; 1 so far"* ]]
    [[ $stderr == *"cannot touch 'b.tmp'"* ]]
    on 1 test -e /tmp/files/a.txt
}

@test "its test passes" {
    there '/usr/bin/python3 notmp_test.py'
}

@test "what is recorded can be replayed" {
    there "rm -rf /tmp/files; mkdir /tmp/files
        /usr/bin/python3 -m gluster.glupy.run --record notmp.jsonl notmp.py /tmp/files -- sh -c 'touch a.txt b.tmp; ls; rm a.txt'
        /usr/bin/python3 -m gluster.glupy.run --replay notmp.jsonl notmp.py" | grep 'operations, all answered as recorded'
}

@test "it is deployed, looked at, changed and taken away" {
    there 'gluster glupy install notmp.py'
    gluster 1 volume set v1 features.glupy-module notmp
    gluster 1 volume set v1 features.glupy-option.notmp.suffix .bak
    there 'mount -t glusterfs localhost:/v1 /mnt/v1 && touch /mnt/v1/x.tmp && ! touch /mnt/v1/x.bak'
    gluster 1 volume glupy v1 status | grep 'Module notmp: running'
    gluster 1 glupy show notmp | grep 'Options: suffix'
    there 'echo "# changed" >>notmp.py && gluster glupy install notmp.py' | grep '1 volume uses it from now on'
    gluster 1 volume glupy v1 reload
    there '! touch /mnt/v1/y.bak'
    gluster 1 volume reset v1 features.glupy-module
    wait_until 60 on 1 touch /mnt/v1/y.bak
    there 'umount /mnt/v1'
}
