#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# glupy while the graph around it changes: a mounted client gets it, gets another
# module file or option, and loses it, with operations under way.
bats_require_minimum_version 1.5.0
load lib/pool

MODULES=/root/modules
VOLFILE=/var/lib/glusterd/vols/v1/trusted-v1.tcp-fuse.vol

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_start 1
    on 1 sh -c "mkdir -p $MODULES && cp $BATS_TEST_DIRNAME/modules/*.py $MODULES && chmod 600 $MODULES/*"
    stock 1 volume create v1 replica 2 "$(brick 1 a)" "$(brick 1 b)" force
    stock 1 volume start v1
    wait_until 60 bricks_online v1 2
    on 1 cp $VOLFILE /srv/plain.vol
    volume_mount 1 v1
}
teardown_file() { pool_stop; }

# use [MODULE [OPTION VALUE]...]: the mounted client's volfile with one glupy node, or none
use() {
    on 1 /usr/bin/python3 - "$VOLFILE" "$MODULES" "$@" <<'P'
import re, sys
path, modules, *words = sys.argv[1:]
text = open('/srv/plain.vol').read()
if words:
    options = [('module-name', words[0]), ('module-path', modules)]
    options += zip(words[1::2], words[2::2])
    below = re.findall(r'subvolumes (\S+)', text)[-1]
    top = text.rindex('volume v1\n')
    text = (text[:top] + 'volume v1-glupy\n    type features/glupy\n'
            + ''.join('    option %s %s\n' % o for o in options)
            + '    subvolumes %s\nend-volume\n\n' % below
            + text[top:].replace('subvolumes ' + below, 'subvolumes v1-glupy'))
open(path, 'w').write(text)
P
    on 1 sh -c 'kill -HUP $(cat /run/mnt-v1.pid)'
}
log_has() { on 1 grep -q "$@" /var/log/glusterfs/mnt-v1.log; }
lines() { on 1 cat "$1" 2>/dev/null | wc -l; }
seen_more() { on 1 ls -l /mnt/v1 >/dev/null; [ "$(lines "$1")" -gt "$2" ]; }

@test "a mounted client gets a module" {
    use counts module-option.file /srv/one
    wait_until 60 in_graph 1 v1 features/glupy
    wait_until 60 seen_more /srv/one 5
}

@test "another option reaches the module without another graph" {
    local graphs
    graphs=$(on 1 grep -c 'switched to graph' /var/log/glusterfs/mnt-v1.log)
    use counts module-option.file /srv/two
    wait_until 60 seen_more /srv/two 5
    [ "$(on 1 grep -c 'switched to graph' /var/log/glusterfs/mnt-v1.log)" = "$graphs" ]
}

@test "another file is loaded when the volume names its digest; a wrong one is not" {
    local sum old
    on 1 sh -c "sed -i 's/ fop.n/ newfop&/' $MODULES/counts.py"
    sum=$(on 1 sha256sum $MODULES/counts.py)
    use counts module-option.file /srv/two module-digest "${sum%% *}"
    newer() { on 1 ls -l /mnt/v1 >/dev/null; on 1 grep -q newfop /srv/two; }
    wait_until 60 newer
    use counts module-option.file /srv/three module-digest "${sum%% *}0"
    wait_until 60 log_has 'The one that ran before goes on'
    old=$(lines /srv/two)
    wait_until 60 seen_more /srv/two "$old"
    [ "$(lines /srv/three)" = 0 ]
}

@test "where another module does not run, the one before does not go on" {
    use no_import
    wait_until 60 log_has 'Operations pass through'
    use counts module-option.file /srv/four
    wait_until 60 seen_more /srv/four 5
}

@test "passthrough is switched live" {
    local quiet
    use counts module-option.file /srv/four passthrough on
    quiet() { local n; n=$(lines /srv/four); on 1 ls -l /mnt/v1 >/dev/null; [ "$(lines /srv/four)" = "$n" ]; }
    wait_until 60 quiet
}

@test "what a module keeps with files is dropped with their graph" {
    use contexts module-option.file /srv/kept
    wait_until 60 in_graph 1 v1 features/glupy
    on 1 sh -c 'echo 1 >/mnt/v1/k1; echo 2 >/mnt/v1/k2'
    looked() { on 1 stat /mnt/v1/k1 /mnt/v1/k2; on 1 grep -qx 'lookup k2 k2' /srv/kept; }
    wait_until 60 looked
    use
    dropped() { on 1 stat /mnt/v1/k1; on 1 grep -qx "dropped $1" /srv/kept; }
    wait_until 60 dropped k1
    wait_until 60 dropped k2
    on 1 sh -c 'rm /mnt/v1/k1 /mnt/v1/k2'
}

@test "operations go on while the graph is switched, to good and to bad modules" {
    on 1 sh -c 'while [ ! -e /srv/enough ]; do
            echo x >/mnt/v1/w && cat /mnt/v1/w && mkdir /mnt/v1/d && rmdir /mnt/v1/d && rm /mnt/v1/w && ! stat /mnt/v1/w || echo failed >>/srv/failed
            echo x >>/srv/rounds
        done >/dev/null 2>&1' 3>&- &
    local i rounds m loop=$!
    for i in 1 2 3; do
        for m in "" negative "raises module-option.where cbk" no_import "counts module-option.file /srv/c" "negative threads 4"; do
            rounds=$(lines /srv/rounds)
            # shellcheck disable=SC2086
            case $m in negative*) on 1 cp /usr/local/share/volext/modules/negative.py $MODULES ;; esac
            use $m
            advanced() { [ "$(lines /srv/rounds)" -gt $((rounds + 20)) ]; }
            wait_until 60 advanced
        done
    done
    on 1 touch /srv/enough
    wait $loop
    [ "$(lines /srv/failed)" = 0 ]
    [ "$(on 1 grep -c 'switched to graph' /var/log/glusterfs/mnt-v1.log)" -gt 6 ]
}

@test "nothing is left in flight, and unmounting ends the process" {
    on 1 sh -c 'kill -USR1 $(cat /run/mnt-v1.pid)'
    wait_until 60 on 1 sh -c 'grep -q DUMP-END-TIME /run/gluster/*.dump.*'
    [ "$(on 1 sh -c 'sed -n s/^in-flight=//p /run/gluster/*.dump.* | sort -u')" = 0 ]
    volume_umount 1 v1
    run ! log_has 'signal received'
}
