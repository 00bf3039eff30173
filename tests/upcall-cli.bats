#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# gluster volume upcall VOLNAME {enable [timeout SECONDS] [leases] | disable | status}
bats_require_minimum_version 1.5.0
load lib/pool
load lib/command
COMMAND=upcall

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_start 2
    stock 1 volume create v1 "$(brick 1 a)" "$(brick 2 a)" force
    stock 1 volume create v2 replica 2 "$(brick 1 b)" "$(brick 2 b)" force
    stock 1 volume start v1
    volume_mount 1 v1
    volume_mount 2 v1
}
teardown_file() { pool_stop; }
teardown() { # every test begins with a volume as it was made
    stock 1 volume reset v1 force
    stock 1 volume reset v2 force
}

# What is set of a volume, with the op-versions that it needs, but for glusterd's counter and what
# glusterd cannot drop
options_of() { # [VOL]
    grep -vE '^(version|user.volext.upcall)=' "$(info "$@")" | sort
}
upcall() { command_of_v1 "$@"; }
# status EXPRESSION [VOL]: is it true of what status says (d)? b: bricks by name, o: options, m: mounts by node
status() {
    gluster 1 --json volume upcall "${2:-v1}" status >"$BATS_TEST_TMPDIR/json" || return 1
    /usr/bin/python3 - "$BATS_TEST_TMPDIR/json" "$1" <<'P'
import json, sys
d = json.load(open(sys.argv[1]))['volUpcall']
b = {x['name'].rsplit('/', 1)[0].split(':')[0].rsplit('.', 1)[1]: x for x in d['bricks']}
o = {x['name']: x for x in d['options']}
m = d['mounts']
ok = eval(sys.argv[2])
if not ok: print(json.dumps(d))
sys.exit(not ok)
P
}

@test "enable sets the whole group in one change, bricks before it, and volume info shows it and nothing else" {
    run -0 upcall enable
    [ "$output" = "volume upcall: success: enabled on volume v1, timeout 600 s" ]
    before=$(version)
    upcall enable timeout 500 # neither has bricks to wait for nor clients that must begin anew
    [ "$(version)" = $((before + 1)) ]
    upcall enable timeout 600 # this would have clients believe again what was too old
    [ "$(version)" = $((before + 3)) ]
    # bricks are told one change before clients; a volume that is not started needs no order
    [ "$(grep -c 'volume upcall v1 enable : SUCCESS' "$POOL_DIR/1/log/cmd_history.log")" = 2 ]
    before=$(sed -n 's/^version=//p' "$POOL_DIR/1/lib/vols/v2/info")
    gluster 1 volume upcall v2 enable
    grep -qx "version=$((before + 1))" "$POOL_DIR/1/lib/vols/v2/info"
    gluster 1 volume info v1 | sed -n '/^Options/,$p' >"$BATS_TEST_TMPDIR/info"
    for line in 'features.cache-invalidation: on' 'features.cache-invalidation-timeout: 600' 'performance.stat-prefetch: on' \
        'performance.cache-invalidation: on' 'performance.md-cache-timeout: 600' 'network.inode-lru-limit: 200000' \
        'performance.quick-read-cache-invalidation: on'; do
        grep -qx "$line" "$BATS_TEST_TMPDIR/info"
    done
    run ! grep -E 'user\.|volext|leases|global-cache' "$BATS_TEST_TMPDIR/info"
    run ! gluster 1 volume get v1 volext.upcall
    wait_until 60 as_desired v1 1 2
    wait_until 60 as_desired v2 1 2
    gluster 1 volume extension v1 status | grep -qE 'trusted-v1.tcp-fuse.vol +upcall-[0-9]+ +upcall-[0-9]+ +applied'
    gluster 1 volume reset v1 # a stock one also takes the node away
    wait_until 60 as_desired v1 1 2
    run ! grep -q volext "$POOL_DIR/2/lib/vols/v1/trusted-v1.tcp-fuse.vol"
}

@test "disable puts back exactly what was before, also after enabling again and again" {
    stock 1 volume set v1 performance.md-cache-timeout 30 performance.stat-prefetch off network.inode-lru-limit 20000 \
        features.cache-invalidation disable performance.global-cache-invalidation no
    options_of >"$BATS_TEST_TMPDIR/before"
    gluster 1 volume info v1 | sed -n '/^Options/,$p' >"$BATS_TEST_TMPDIR/info"
    upcall enable timeout 100
    upcall enable
    [ "$(stored performance.md-cache-timeout)" = 100 ]
    upcall enable leases timeout 300
    upcall enable timeout 200
    [ "$(stored features.leases)" = on ]
    [ "$(stored features.cache-invalidation-timeout)" = 200 ]
    [ "$(stored performance.global-cache-invalidation)" = on ]
    run -0 --separate-stderr upcall disable
    [ "$output" = "volume upcall: success: disabled on volume v1" ]
    options_of | diff "$BATS_TEST_TMPDIR/before" -
    gluster 1 volume info v1 | sed -n '/^Options/,$p' | diff "$BATS_TEST_TMPDIR/info" -
    upcall disable # once more is no error
    options_of | diff "$BATS_TEST_TMPDIR/before" -
}

@test "a larger inode-lru-limit, or none, is left alone" {
    for limit in 400000 0; do
        stock 1 volume set v1 network.inode-lru-limit $limit
        upcall enable
        [ "$(stored network.inode-lru-limit)" = $limit ]
        upcall disable
        [ "$(stored network.inode-lru-limit)" = $limit ]
    done
}

@test "an option that was changed by hand since is seen, kept and said" {
    options_of >"$BATS_TEST_TMPDIR/before"
    upcall enable timeout 120
    stock 1 volume set v1 features.cache-invalidation off performance.md-cache-timeout 200
    stock 1 volume reset v1 performance.quick-read-cache-invalidation
    status "d['state'] == 'partly' and o['features.cache-invalidation']['changed'] == 'changed by hand'"
    status "o['performance.quick-read-cache-invalidation']['changed'] == 'reset by hand'"
    status "o['performance.stat-prefetch']['changed'] == '' and len(d['conflicts']) == 1"
    status "'performance.md-cache-timeout is 200 and features.cache-invalidation is off' in d['conflicts'][0]"
    status "all(x['consumes'] == 'no' and x['reason'] == 'the bricks send nothing' for x in m)"
    run -0 --separate-stderr upcall disable
    [[ $stderr == *'features.cache-invalidation was changed by hand: it stays off'* ]]
    [[ $stderr == *'performance.md-cache-timeout was changed by hand: it stays 200'* ]]
    [[ $stderr == *'performance.md-cache-timeout is 200 and performance.cache-invalidation is false (the default): clients silently take 60'* ]]
    { cat "$BATS_TEST_TMPDIR/before"; echo features.cache-invalidation=off; echo performance.md-cache-timeout=200; } |
        sort | diff - <(options_of)
}

@test "enabling again after a change by hand says so and keeps the first memory" {
    stock 1 volume set v1 performance.md-cache-timeout 5
    upcall enable timeout 120
    stock 1 volume set v1 performance.md-cache-timeout 77
    run -0 --separate-stderr upcall enable
    [[ $stderr == *'performance.md-cache-timeout was 77 by hand: it is 120 again'* ]]
    upcall disable
    [ "$(stored performance.md-cache-timeout)" = 5 ]
}

@test "seconds that are none are refused" {
    local range='it is a whole number of seconds from 2 to 600'
    refused "timeout is '0': $range" enable timeout 0
    refused "timeout is '1': $range, because with features.cache-invalidation-timeout 1 each brick keeps a processor busy" enable timeout 1
    refused "timeout is '601': $range, because performance.md-cache-timeout takes no more" enable timeout 601
    refused "timeout is '99999999999999999999': $range, because performance.md-cache-timeout takes no more" enable timeout 99999999999999999999
    for typed in -5 +5 1e3 ten '' ' 5' 5s 0x20; do refused "timeout is '$typed': $range" enable timeout "$typed"; done
    refused "timeout is 'a?b': $range" enable timeout $'a\nb' leases
    for words in '' 'on' 'enable timeout' 'enable 5' 'enable timeout 5 timeout 5' 'enable leases leases' 'disable now' 'status all'; do
        # shellcheck disable=SC2086
        run -1 upcall $words
        [[ $output == *'volume upcall VOLNAME {enable [timeout SECONDS] [leases] | disable | status}'* ]]
    done
}

@test "values of other options that would give stale reads are refused, with both and the remedy" {
    stock 1 volume set v1 performance.nl-cache on
    refused "performance.nl-cache-timeout is 60 (the default), longer than features.cache-invalidation-timeout, which is 59: clients believe that a name does not exist after bricks have ceased to tell them of changes. \`gluster volume set v1 performance.nl-cache-timeout 59\`, or \`gluster volume upcall v1 enable timeout 60\`" enable timeout 59
    stock 1 volume set v1 performance.nl-cache-timeout 10min
    refused "performance.nl-cache-timeout is 10min, longer than features.cache-invalidation-timeout, which is 599: clients believe that a name does not exist after bricks have ceased to tell them of changes. \`gluster volume set v1 performance.nl-cache-timeout 599\`, or \`gluster volume upcall v1 enable timeout 600\`" enable timeout 599
    upcall enable timeout 600
    upcall disable
    stock 1 volume set v1 performance.nl-cache off performance.io-cache on performance.cache-refresh-timeout 30 performance.quick-read-cache-timeout 40
    run -1 upcall enable timeout 20
    [[ $output == *'performance.quick-read-cache-timeout is 40, longer than features.cache-invalidation-timeout, which is 20'* ]]
    [[ $output == *'performance.cache-refresh-timeout is 30, longer than'* ]]
    upcall enable timeout 40
}

@test "a disable that was killed between its steps is completed by the next" {
    stock 1 volume set v1 performance.md-cache-timeout 30
    options_of >"$BATS_TEST_TMPDIR/before"
    upcall enable leases
    hook=$POOL_DIR/1/lib/hooks/1/reset/pre/S00kill.sh
    mkdir -p "${hook%/*}"
    printf '#!/bin/sh\npkill -9 -x gluster\n' >"$hook"
    chmod +x "$hook"
    run upcall disable
    rm "$hook"
    [ "$status" = 137 ]
    status "d['state'] == 'leaving' and d['byCommand']"
    # what it is until then is the state before, not a mixture
    stock 1 volume get v1 performance.md-cache-timeout | grep -q ' 30 '
    stock 1 volume get v1 features.cache-invalidation | grep -q ' off '
    wait_until 60 upcall disable
    options_of | diff "$BATS_TEST_TMPDIR/before" -
    status "d['state'] == 'off' and not d['byCommand']"
}

@test "an enable that was killed between its steps is completed, or undone" {
    stock 1 volume set v1 performance.md-cache-timeout 30
    options_of >"$BATS_TEST_TMPDIR/before"
    hook=$POOL_DIR/1/lib/hooks/1/set/pre/S00kill.sh
    for after in disable 'enable timeout 90'; do
        printf '#!/bin/sh\npkill -9 -x gluster\n' >"$hook"
        chmod +x "$hook"
        run upcall enable timeout 90
        rm "$hook"
        [ "$status" = 137 ]
        wait_until 60 status "d['state'] == 'partly' and d['byCommand']"
        upcall status | grep -qx 'Volume v1: an enable was begun and not completed: run it again, or `gluster volume upcall v1 disable`'
        # what clients have has not changed yet
        [ "$(stored performance.md-cache-timeout)" = 30 ]
        # shellcheck disable=SC2086
        run -0 --separate-stderr upcall $after
        [[ $stderr != *'by hand'* ]]
        [ "$after" != disable ] || options_of | diff "$BATS_TEST_TMPDIR/before" -
    done
    status "d['state'] == 'on' and d['timeout'] == 90"
    upcall disable
    options_of | diff "$BATS_TEST_TMPDIR/before" -
}

@test "an enable after a disable that was killed still knows what was before" {
    stock 1 volume set v1 performance.md-cache-timeout 30
    options_of >"$BATS_TEST_TMPDIR/before"
    upcall enable
    hook=$POOL_DIR/1/lib/hooks/1/reset/pre/S00kill.sh
    printf '#!/bin/sh\npkill -9 -x gluster\n' >"$hook"
    chmod +x "$hook"
    run upcall disable
    rm "$hook"
    [ "$status" = 137 ]
    wait_until 60 upcall enable timeout 50
    status "d['state'] == 'on' and d['timeout'] == 50"
    upcall disable
    options_of | diff "$BATS_TEST_TMPDIR/before" -
}

@test "commands at once wait for each other, and nothing is lost" {
    stock 1 volume set v1 performance.md-cache-timeout 30
    options_of >"$BATS_TEST_TMPDIR/before"
    local pids=() i
    for i in 1 2 3; do
        upcall enable timeout 10$i >"$BATS_TEST_TMPDIR/out.$i" 2>&1 &
        pids+=($!)
        upcall disable >"$BATS_TEST_TMPDIR/off.$i" 2>&1 &
        pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i" || { cat "$BATS_TEST_TMPDIR"/o*; return 1; }; done
    upcall disable
    options_of | diff "$BATS_TEST_TMPDIR/before" -
}

# One begins while another is anywhere between its steps.
@test "commands at once on two nodes wait for each other, and nothing is lost" {
    stock 1 volume set v1 performance.md-cache-timeout 33
    options_of >"$BATS_TEST_TMPDIR/before"
    local pids i j
    for i in 1 2 3; do
        pids=()
        upcall enable timeout 1$i >"$BATS_TEST_TMPDIR/out.1" 2>&1 &
        pids+=($!)
        for j in disable 'enable leases' disable; do
            # shellcheck disable=SC2086
            gluster 2 volume upcall v1 $j >"$BATS_TEST_TMPDIR/out.2${j// /}" 2>&1 &
            pids+=($!)
        done
        upcall disable >"$BATS_TEST_TMPDIR/out.3" 2>&1 &
        pids+=($!)
        for j in "${pids[@]}"; do wait "$j" || { cat "$BATS_TEST_TMPDIR"/out.*; return 1; }; done
        upcall disable
        options_of | diff "$BATS_TEST_TMPDIR/before" -
    done
}

# The node whose command has the turn is stopped in the middle of it.
@test "a command waits for the one that is under way on another node, and goes on when that is gone" {
    upcall enable
    hook=$POOL_DIR/1/lib/hooks/1/reset/pre/S00stop.sh
    mkdir -p "${hook%/*}"
    printf '#!/bin/sh\npkill -STOP -x gluster\nrm "$0"\n' >"$hook"
    chmod +x "$hook"
    upcall disable &
    first=$!
    wait_until 60 test ! -e "$hook"
    gluster 2 volume upcall v1 enable timeout 77 &
    second=$!
    asked() { grep -q 'execute volext upcall-turn' "$POOL_DIR/2/log/cmd_history.log"; }
    wait_until 60 asked
    # it has asked, and has not changed what the other has begun
    status "d['state'] == 'leaving'"
    kill -0 "$second"
    on 1 pkill -KILL -x gluster
    pkill -CONT -P "$first" # nsenter stops with its child
    if wait "$first"; then return 1; fi
    wait "$second"
    status "d['state'] == 'on' and d['timeout'] == 77"
}

@test "where it cannot be known whose turn it is, nothing is changed" {
    # what is still to come of the test before, as telling the clients of a reset
    nobody() { ! on 1 pgrep -x volext && ! on 2 pgrep -x volext; }
    wait_until 60 nobody
    before=$(version)
    peer=$(on 2 find /usr/lib /usr/libexec -name peer_volext | head -1)
    on 2 mv "$peer" "$peer.away"
    run -1 upcall enable
    on 2 mv "$peer.away" "$peer"
    [[ $output == *"node $(address 2): volext is not installed there"*". Nothing was changed" ]]
    [ "$(version)" = "$before" ]
    upcall enable
}

@test "a reset of all options in between takes the memory, too" {
    options_of >"$BATS_TEST_TMPDIR/before"
    upcall enable leases
    gluster 1 volume reset v1
    options_of | diff "$BATS_TEST_TMPDIR/before" -
    run -0 --separate-stderr upcall disable
    [ "$stderr" = "it was not enabled; nothing was changed" ]
    stock 1 volume set v1 features.cache-invalidation on
    run -1 upcall disable
    [[ $output == *'features.cache-invalidation of volume v1 is on, but not by this command'* ]]
    status "d['state'] == 'partly' and not d['byCommand']"
}

@test "a memory that is none is refused, not believed" {
    for text in nonsense 'on x' 'on a=%0' 'on a=1 a=2' 'on =1' 'on a=' on leaving 'on fresh=1' 'on auth.allow=x'; do
        stock 1 volume set v1 user.volext.upcall "$text"
        run -1 upcall disable
        [[ $output == *"user.volext.upcall of volume v1 is '$text', which this command cannot have set"* ]]
        run -1 upcall enable
        run -1 upcall status
    done
    stock 1 volume set v1 user.volext.upcall default # as it says
    upcall disable
}

@test "a disable of which every option was changed by hand leaves them all, and ends" {
    upcall enable
    stock 1 volume set v1 features.cache-invalidation off performance.stat-prefetch off performance.cache-invalidation off \
        performance.md-cache-timeout 5 features.cache-invalidation-timeout 70 network.inode-lru-limit 300000 \
        performance.quick-read-cache-invalidation off
    options_of >"$BATS_TEST_TMPDIR/before"
    run -0 --separate-stderr upcall disable
    [[ $stderr == *'performance.md-cache-timeout was changed by hand: it stays 5'* ]]
    options_of | diff "$BATS_TEST_TMPDIR/before" -
    [ "$(stored user.volext.upcall)" = default ]
    status "d['state'] == 'off' and not d['byCommand']"
}

@test "a volume that is not started, or does not exist" {
    run -0 --separate-stderr gluster 1 volume upcall v2 enable
    [ "$stderr" = "volume v2 is not started: this takes effect when it is" ]
    status "d['state'] == 'on' and all(x['state'] == 'down' for x in d['bricks'])" v2
    gluster 1 volume upcall v2 disable
    run -1 gluster 1 volume upcall nope enable
    [ "$output" = "volume upcall enable: failed: Volume nope does not exist" ]
    run -1 gluster 1 --json volume upcall nope status
    [[ $output == *'"opErrstr":"Volume nope does not exist"'* ]]
}

# On bricks of its own: a brick looks for what has expired each half of the timeout, and not
# sooner when that becomes shorter.
@test "status counts what bricks keep: it grows with what clients look at, and expires" {
    stock 1 volume create v3 "$(brick 1 c)" "$(brick 2 c)" force
    gluster 1 volume upcall v3 enable timeout 2
    stock 1 volume start v3
    volume_mount 1 v3
    volume_mount 2 v3
    status "d['timeout'] == 2 and all(x['counted'] and x['switch'] == 'on' and x['timeout'] == 2 for x in d['bricks'])" v3
    # shellcheck disable=SC2016
    on 1 sh -c 'for i in 1 2 3 4 5 6 7 8; do echo >/mnt/v3/f$i; done'
    on 2 sh -c 'stat /mnt/v3/f* >/dev/null'
    status "sum(x['inodes'] for x in d['bricks']) >= 8 and sum(x['clientEntries'] for x in d['bricks']) >= 12" v3
    # those of the root remain: status looks into the mounts
    wait_until 60 status "sum(x['clientEntries'] for x in d['bricks']) <= 4" v3
    run ! grep -E 'volext-dump\.[^l]|glusterdump|dump\.[0-9]' <<<"$(ls "$POOL_DIR"/[12]/run/gluster)"
    volume_umount 1 v3
    volume_umount 2 v3
}

@test "bricks that share a process are counted each for itself" {
    stock 1 volume set all cluster.brick-multiplex on
    stock 1 volume create v4 "$(brick 1 d1)" "$(brick 1 d2)" "$(brick 2 d)" force
    gluster 1 volume upcall v4 enable timeout 100
    stock 1 volume start v4
    volume_mount 1 v4
    [ "$(brick_pid 1 d1)" = "$(brick_pid 1 d2)" ]
    # shellcheck disable=SC2016
    on 1 sh -c 'for i in $(seq 40); do echo >/mnt/v4/f$i; done'
    gluster 1 --json volume upcall v4 status >"$BATS_TEST_TMPDIR/shared"
    /usr/bin/python3 - "$BATS_TEST_TMPDIR/shared" "$POOL_DIR/1/bricks" "$POOL_DIR/2/bricks" <<'P'
import json, os, sys
for brick in json.load(open(sys.argv[1]))['volUpcall']['bricks']:
    host, path = brick['name'].split(':')
    names = os.listdir(sys.argv[int(host.rsplit('.', 1)[1]) + 1] + '/' + os.path.basename(path))
    files = sum(n.startswith('f') for n in names)
    # the root, and what was created elsewhere first
    assert files and files <= brick['inodes'] <= files + 8 and brick['clientEntries'] >= files, (brick, files)
P
    volume_umount 1 v4
    stock 1 volume stop v4 force
    stock 1 volume reset all
}

@test "status counts what was sent while profiling is on, and else says why not" {
    upcall enable
    status "all(x['sent'] == {'counted': False, 'reason': 'profiling is off'} for x in d['bricks'])"
    stock 1 volume profile v1 start
    on 1 sh -c 'echo one >/mnt/v1/sent'
    on 2 sh -c 'cat /mnt/v1/sent; echo two >>/mnt/v1/sent'
    wait_until 60 status "sum(x['sent']['attributes'] for x in d['bricks']) >= 1"
    status "all(x['sent']['counted'] and x['sent']['all'] >= x['sent']['attributes'] for x in d['bricks'])"
    wait_until 60 status "[x['invalidations'] for x in m if x['node'] == '1'][0] >= 1"
    stock 1 volume profile v1 stop
}

dumping() { compgen -G "$POOL_DIR/1/run/gluster/glusterdump.*.options"; }

@test "a statedump of stock's at the same time is left alone, and what it is told for all is respected" {
    upcall enable
    stock 1 volume statedump v1 mem &
    pid=$!
    wait_until 60 dumping
    status "all(x['counted'] for x in d['bricks'])"
    wait "$pid"
    [ "$(find "$POOL_DIR"/[12]/run/gluster -name 'srv-a.*.dump.*' | wc -l)" = 2 ]
    rm "$POOL_DIR"/[12]/run/gluster/srv-a.*.dump.*
    echo path=/srv >"$POOL_DIR/1/run/gluster/glusterdump.options"
    status "b['1']['reason'].startswith('a file glusterdump.options says') and b['2']['counted']"
    rm "$POOL_DIR/1/run/gluster/glusterdump.options"
}

@test "a mount or a brick that hangs does not hold up status" {
    upcall enable
    on 1 sh -c 'kill -STOP $(cat /run/mnt-v1.pid)'
    pid=$(brick_pid 2 a)
    on 2 kill -STOP "$pid"
    run status "[x['reason'] for x in m if x['node'] == '1'] == ['it did not answer within 3 s'] and m[0]['consumes'] == 'unknown' \
        and b['2']['reason'] == 'its process did not make a statedump within 3 s' and b['1']['counted']"
    on 2 kill -CONT "$pid"
    on 1 sh -c 'kill -CONT $(cat /run/mnt-v1.pid)'
    echo "$output"
    [ "$status" = 0 ]
    wait_until 60 status "all(x['counted'] for x in d['bricks']) and all(x['consumes'] == 'yes' for x in m)"
}

# sees I FILE SIZE
sees() { [ "$(on "$1" stat -c %s "/mnt/v1/$2")" = "$3" ]; }

@test "clients do not believe what they looked at before anybody told them of changes" {
    on 1 sh -c 'echo one >/mnt/v1/early; stat /mnt/v1/early'
    on 2 sh -c 'echo two >>/mnt/v1/early'
    upcall enable
    # at most what the kernel keeps; md-cache would keep it for ten minutes
    wait_until 60 sees 1 early 8
    on 2 sh -c 'echo three >>/mnt/v1/early'
    wait_until 60 sees 1 early 14
    # too old to be believed and to be told of, until the timeout becomes longer
    upcall enable timeout 2
    wait_until 60 sees 1 early 14
    number() { graph_of 1 v1 | sed -n 's/.*volext-upcall-//p'; }
    before=$(number)
    upcall enable timeout 600
    wait_until 60 eval '[ "$(number)" -gt '"$before"' ]'
    wait_until 60 in_graph 1 v1 performance/md-cache
    status "all(x['graphSwitch'] == 'on' and x['graphTimeout'] == '600' for x in m)"
    upcall disable
    wait_until 60 not_in_graph 1 v1 performance/read-ahead
}

@test "status shows every mount and what its kernel keeps" {
    upcall enable
    on 1 mkdir -p /mnt/long
    on 1 glusterfs --attribute-timeout=300 --entry-timeout=0.5 --volfile-server="$(address 1)" --volfile-id=/v1 /mnt/long
    wait_until 60 on 1 stat /mnt/long/.
    status "len(m) == 3 and all(x['consumes'] == 'yes' for x in m)"
    status "[x for x in m if x['path'] == '/mnt/long'][0]['attributeTimeout'] == '300'"
    upcall status | grep -q 'mounted with --attribute-timeout=300: the kernel believes'
    run ! grep -q 'entry-timeout=0.5' <<<"$(upcall status)"
    # the graph is the one that was made when it was enabled
    status "all(x['graphSwitch'] == 'on' and x['graphTimeout'] == '600' for x in m)"
    on 1 umount /mnt/long
}

@test "a mount's name with bytes that a terminal obeys is shown with \\xNN in text, as it is in JSON" {
    name=$'/mnt/a\nb\ec\\d'
    on 1 mkdir -p "$name"
    on 1 mount --bind /mnt/v1 "$name"
    upcall status >"$BATS_TEST_TMPDIR/text"
    grep -qF '/mnt/a\x0ab\x1bc\x5cd: is not told' "$BATS_TEST_TMPDIR/text"
    status "'/mnt/a\\nb\\x1bc\\\\d' in [x['path'] for x in m]"
    on 1 umount "$name"
}

@test "text, XML and JSON say the same" {
    upcall enable timeout 60 leases
    gluster 1 --xml volume upcall v1 status >"$BATS_TEST_TMPDIR/xml"
    gluster 1 --json volume upcall v1 status >"$BATS_TEST_TMPDIR/json"
    /usr/bin/python3 - "$BATS_TEST_TMPDIR" <<'P'
import json, sys, xml.etree.ElementTree as E
x = E.parse(sys.argv[1] + '/xml').getroot()
d = json.load(open(sys.argv[1] + '/json'))['volUpcall']
assert x.findtext('opRet') == '0' and x.findtext('volUpcall/timeout') == '60' == str(d['timeout'])
assert x.findtext('volUpcall/leases') == '1' and d['leases'] is True
assert [o.text for o in x.findall('volUpcall/options/option/name')] == [o['name'] for o in d['options']]
assert [b.text for b in x.findall('volUpcall/bricks/brick/name')] == [b['name'] for b in d['bricks']]
P
    upcall status >"$BATS_TEST_TMPDIR/text"
    grep -qx 'Timeout: 60 s; leases: on' "$BATS_TEST_TMPDIR/text"
    [ "$(grep -c 'upcall on, timeout 60 s, leases on' "$BATS_TEST_TMPDIR/text")" = 2 ]
    run -0 gluster 1 --xml volume upcall v1 disable
    [[ $output == *'<state>off</state>'* ]]
    run -1 gluster 1 --xml volume upcall v1 enable timeout 0
    [[ $output == *'<opRet>-1</opRet>'* ]]
}

@test "a brick and a node that are down are said" {
    upcall enable
    brick_kill 2 a
    status "b['2']['state'] == 'down' and b['2']['reason'] == 'it is down' and b['1']['counted']"
    node_kill 2
    wait_until 60 peers_connected 1 1
    status "b['2']['state'] == 'unknown' and d['missing'][0]['reason'] == 'is down'"
    run -0 --separate-stderr upcall disable
    [[ $stderr == *"node $(address 2) is down: it applies this when it returns"* ]]
    run -0 gluster 1 --json volume upcall v1 enable
    [[ $output == *"\"notes\":[\"node $(address 2) is down: it applies this when it returns\"]"* ]]
    # it returns, and has what it missed
    node_boot 2
    glusterd_start 2
    wait_until 60 peers_connected 1 2
    wait_until 60 status "b['2']['state'] == 'running' and b['2']['switch'] == 'on' and b['2']['counted'] and not d['missing']"
    wait_until 60 as_desired v1 1 2
}
