#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# gluster volume notify [VOLNAME|all] status
# shellcheck disable=SC2016 # what is quoted so is expanded on the node
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=180 POOL_RESIDENT=yes
    pool_start 2
    on 1 mkdir -p /root/bin
    on 1 cp "$BUILD/xlators/gnotify/ask" /root/bin/
    stock 1 volume create v1 replica 2 "$(brick 1 a)" "$(brick 2 a)" force
    stock 1 volume create v2 "$(brick 1 b)" force
    stock 1 volume start v1
    wait_until 30 bricks_online v1 2
    volume_mount 1 v1
}
teardown_file() { pool_stop; }

# ask BRICK-NUMBER REQUEST...: of v1
ask() {
    on 1 sh -c 'sed -n "/^volume v1-client-$1\$/,/^end-volume/p" /var/lib/glusterd/vols/v1/trusted-v1.tcp-fuse.vol >/root/v1.vol' sh "$1"
    on 1 timeout 30 /root/bin/ask /root/v1.vol "${@:2}"
}
# status EXPRESSION [VOL]: is it true of what status says of the volume (d)? b: its bricks, in their order
status() {
    gluster 1 --json volume notify "${2:-v1}" status >"$BATS_TEST_TMPDIR/json" || return 1
    /usr/bin/python3 - "$BATS_TEST_TMPDIR/json" "$1" <<'P'
import json, sys
d = json.load(open(sys.argv[1]))['volNotify']['volumes'][0]
b = d['bricks']
ok = eval(sys.argv[2])
if not ok: print(json.dumps(d))
sys.exit(not ok)
P
}
says() { gluster 1 volume notify "${2:-v1}" status | grep -E "$1"; }

@test "a volume that never had it: its bricks stand ready and do not record" {
    status "d['state'] == 'off' and d['events'] == 'default' and len(b) == 2 and all(x['known'] and not x['active'] for x in b)"
    says '^Volume v1: notification is off$'
    says "^  $(brick 2 a): does not record$"
    status "d['state'] == 'off' and b[0]['state'] == 'down' and not b[0]['known'] and not d['started']" v2
    says "^  $(brick 1 b): down$" v2
}

@test "what is recorded is counted, and how far back it reaches" {
    gluster 1 volume notify v1 enable
    wait_until 20 status "all(x['active'] and x['recordingSince'] for x in b)"
    status "all(x['next'] and not x['gaps'] for x in b)"
    on 1 sh -c 'i=0; while [ $i -lt 50 ]; do echo x >/mnt/v1/f$i; i=$((i + 1)); done'
    wait_until 20 status "all(x['written'] >= 50 and x['perSecond'] > 0 and x['journalBytes'] > 2000 and x['journalSince'] > 1e9 for x in b)"
    says '^Volume v1: notification is on, events: default$'
    says '^  kept in each brick: 1% of its disk, 256MB to 16GB, 7d$'
    says "^  $(brick 1 a): records everything since [0-9]{4}-"
    says '^    next record [0-9]+, [0-9]+ a second; journal [0-9.]+ (bytes|KB|MB), back to [0-9]{4}-.*\('
    gluster 1 volume set v1 features.notify-retention-size 5GB features.notify-retention-time 3h
    says '^  kept in each brick: 5GB, 3h$'
}

@test "who reads is there, with how far it is; also when it is away" {
    local hello
    hello=$(ask 0 hello)
    ask 0 ack backup "$(grep -oE 'id[= ][0-9a-f-]+' <<<"$hello" | sed 's/id.//')" $(($(grep -oE 'next[= ][0-9]+' <<<"$hello" | sed 's/next.//') - 20))
    status "any(r.get('name') == 'backup' and not r['connected'] and r['lag'] >= 20 and r['cursor'] for r in b[0]['readers'])"
    says '^    reader backup, away, was last at .*: [0-9]+ records behind, '
}

# readers_are NAME: no other reader is told of, by any brick
readers_are() { status "all([r.get('name') for r in x['readers'] if r.get('name') != 'backup'] == ['$1'] for x in b)"; }

@test "who goes on behind a cursor is one reader, whatever it has to look up again" {
    local i
    for i in 1 2; do
        on 1 sh -c 'timeout 60 gnotifywait -q -e create --cursor again v1 >/root/again 2>&1 &'
        wait_until 30 readers_are again
        on 1 touch "/mnt/v1/again$i"
        wait_until 30 on 1 grep -q "CREATE again$i" /root/again
    done
    readers_are again
}

forget() { gluster 1 "${@:2}" volume notify v1 forget "$1"; }

@test "a reader that does not come back is forgotten by all bricks" {
    gone() { status "not any(r.get('name') == '$1' for x in b for r in x['readers'])"; }
    run -1 --separate-stderr forget nope
    [ "$stderr" = "volume notify forget: failed: volume v1 knows no reader nope; those it knows: again, backup" ] ||
        [ "$stderr" = "volume notify forget: failed: volume v1 knows no reader nope; those it knows: backup, again" ]
    run -1 --separate-stderr forget ../../x
    [[ $stderr == *"'../../x' is no reader's name: up to 64 letters, digits, dots, underscores and hyphens, no dot first. Nothing was changed" ]]
    run -1 --separate-stderr gluster 1 volume notify nope forget again
    [ "$stderr" = 'volume notify forget: failed: Volume nope does not exist' ]
    # of a client that was killed the bricks know that it is away
    on 1 sh -c 'timeout 60 gnotifywait -q -m -e delete --cursor stays v1 >/root/stays 2>&1 &'
    wait_until 30 readers_are_there stays
    run -1 --separate-stderr forget stays
    [[ $stderr == "volume notify forget: failed: reader stays of volume v1 is connected, from "*", and would be known again at once: end it first"*". Nothing was changed" ]]
    status "any(r.get('name') == 'stays' for r in b[0]['readers'])"
    on 1 pkill -9 -f -- '--cursor stays'
    forgotten() { forget stays >"$BATS_TEST_TMPDIR/said" 2>/dev/null; }
    wait_until 60 forgotten
    [ "$(cat "$BATS_TEST_TMPDIR/said")" = "volume notify: success: volume v1 has forgotten reader stays" ]
    gone stays
    forget again --json | jq -e '.opRet == 0 and (.volNotify.volumes[0] | .reader == "again" and (.bricks | length == 2 and all(.state == "forgot")))'
    gone again
    run -1 forget again --xml
    xmllint --xpath '/cliOutput[opRet=-1 and contains(opErrstr, "knows no reader again")]/volNotify/volumes/volume[reader="again"]/bricks/brick[state="unknown"]' - <<<"$output" >/dev/null
}
readers_are_there() { status "all(any(r.get('name') == '$1' and r['connected'] for r in x['readers']) for x in b)"; }

@test "what was lost since a brick's process began is told" {
    on 1 sh -c 'cd /usr/lib/*/glusterfs && mkdir real && mv peer_volext real/ && printf "%s\n" "#!/bin/sh" \
        "$PWD/real/peer_volext \"\$@\" | sed \"s/gaps=0/gaps=2/;s/dropped=0/dropped=37/\"" >peer_volext && chmod +x peer_volext'
    run -0 says '^    lost since its process began: '
    status "b[0]['gaps'] == 2 and b[0]['dropped'] == 37 and b[1]['gaps'] == 0"
    [ "$output" = '    lost since its process began: 37 records in 2 gaps' ]
    on 1 sh -c 'cd /usr/lib/*/glusterfs && mv real/peer_volext .'
}

@test "a brick that is down, hangs or has just begun is said to be so, in bounded time" {
    local pid began
    brick_kill 2 a
    status "b[0]['known'] and not b[1]['known'] and b[1]['state'] == 'down'"
    says "^  $(brick 2 a): down$"
    forget backup # a brick keeps it in a file, and need not run
    stock 1 volume start v1 force
    wait_until 30 status "all(x['known'] and x['active'] for x in b)"
    pid=$(brick_pid 1 a)
    on 1 kill -STOP "$pid"
    began=$SECONDS
    status "not b[0]['known'] and 'did not answer within 4 s' in b[0]['reason'] and b[1]['known']"
    [ $((SECONDS - began)) -lt 30 ]
    run -1 --separate-stderr forget backup
    [[ $stderr == *"brick $(brick 1 a) does not tell who reads it: did not answer within 4 s: "*". Nothing was changed" ]]
    on 1 kill -CONT "$pid"
    wait_until 30 status "all(x['known'] for x in b)"
}

@test "what was done by hand and keeps events from readers is told, with the remedy" {
    status "d['conflicts'] == []"
    stock 1 volume set v1 features.ctime off
    gluster 1 volume set v1 features.notify-events open
    status "len(d['conflicts']) == 2"
    says '^  features.ctime is off: .* .gluster volume set v1 features.ctime on.$'
    says '^  performance.open-behind is on: .* .gluster volume notify v1 enable.$'
    stock 1 volume reset v1 features.ctime
    gluster 1 volume notify v1 enable
    status "d['conflicts'] == []"
    gluster 1 volume notify v1 enable default
}

@test "bricks of one process are told apart" {
    stock 1 volume set all cluster.brick-multiplex on
    stock 1 volume create m1 "$(brick 1 c)" "$(brick 1 d)" force
    stock 1 volume start m1
    wait_until 30 bricks_online m1 2
    [ "$(brick_pid 1 c)" = "$(brick_pid 1 d)" ]
    gluster 1 volume notify m1 enable
    volume_mount 1 m1
    on 1 sh -c 'i=0; while [ $i -lt 41 ]; do : >/mnt/m1/f$i; i=$((i + 1)); done' # an odd number: halves differ
    wait_until 20 status "all(x['active'] and x['written'] for x in b) and b[0]['written'] != b[1]['written']" m1
    stock 1 volume set all cluster.brick-multiplex off
}

@test "a brick that runs without the translator is said to record nothing, with the remedy" {
    on 1 sh -c 'echo "resident = no" >/etc/glusterfs/volext.conf'
    stock 1 volume start v2
    wait_until 30 bricks_online v2 1
    gluster 1 volume notify v2 enable
    says "^  $(brick 1 b): records nothing: it has been running without .*: .gluster volume extension v2 apply. restarts it$" v2
    status "not b[0]['known'] and b[0]['state'] == 'running' and 'without the translator' in b[0]['reason']" v2
    on 1 sh -c 'echo "resident = yes" >/etc/glusterfs/volext.conf'
}

@test "all volumes, XML and JSON; a volume that is none" {
    gluster 1 --json volume notify status | jq -e '.opRet == 0 and ([.volNotify.volumes[].volName] | sort == ["m1", "v1", "v2"])'
    gluster 1 --xml volume notify all status | xmllint --xpath '/cliOutput[opRet=0]/volNotify/volumes/volume[volName="v1"]/bricks/brick[active=1]/name' - >/dev/null
    gluster 1 volume notify status | grep -c '^Volume ' | grep -qx 3
    run ! --separate-stderr gluster 1 volume notify nope status
    [ "$stderr" = 'volume notify status: failed: Volume nope does not exist' ]
}

@test "a node that is away is named, what others know is shown" {
    on 1 timeout 60 gnotifywait -q -t 1 --cursor half v1 || [ $? = 2 ]
    glusterd_stop 2
    wait_until 30 peers_connected 1 1
    status "b[0]['known'] and not b[1]['known'] and b[1]['reason'] == 'its node is down' and d['missing'][0]['reason'] == 'is down'"
    says "^  $(brick 2 a): not known: its node is down$"
    run -1 --separate-stderr forget half
    [ "$stderr" = "volume notify forget: failed: reader half is forgotten, but not on $(brick 2 a) (its node is down): when that is mended, run this again" ]
    run -1 --separate-stderr forget half
    [ "$stderr" = "volume notify forget: failed: volume v1 knows no reader half; it knows none. Not asked: $(brick 2 a) (its node is down)" ]
    glusterd_start 2
    wait_until 60 peers_connected 1 2
    run -0 --separate-stderr forget half
    logs_clean
}
