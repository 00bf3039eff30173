#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# What the bricks of volumes of each kind record of the same operations: each copy and each
# fragment the same; and nothing of what heal, rebalance, scrub and quota do.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=180 POOL_RESIDENT=yes
    pool_start 1
    on 1 mkdir -p /root/bin
    on 1 cp "$BUILD/xlators/gnotify/ask" /root/bin/
}
teardown_file() { pool_stop; }
# one volume at a time: bricks of all of them are much for a small machine
teardown() {
    local v
    for v in $(stock 1 volume list 2>/dev/null | grep -x 'k[a-z]*'); do
        volume_umount 1 "$v" || :
        stock 1 volume stop "$v" force
        stock 1 volume delete "$v"
    done >/dev/null 2>&1 || :
}

# volume V BRICKS KIND...: made, with notification, and mounted
volume() {
    local v=$1 bricks=() i
    for i in $(seq 0 $(($2 - 1))); do bricks+=("$(brick 1 "$v.$i")"); done
    stock 1 volume create "$v" "${@:3}" "${bricks[@]}" force
    stock 1 volume start "$v"
    wait_until 60 bricks_online "$v" "$2"
    gluster 1 volume notify "$v" enable
    volume_mount 1 "$v"
    for i in $(seq 0 $(($2 - 1))); do wait_until 30 records "$v" "$i"; done
}
# ask VOLUME BRICK-NUMBER REQUEST...
ask() {
    # shellcheck disable=SC2016
    on 1 sh -c 'sed -n "/^volume $1-client-$2\$/,/^end-volume/p" "/var/lib/glusterd/vols/$1/trusted-$1.tcp-fuse.vol" >"/root/$1.$2.vol"' sh "$1" "$2"
    on 1 timeout 30 /root/bin/ask "/root/$1.$2.vol" "${@:3}"
}
records() { ! ask "$1" "$2" hello | grep -q ' off'; }
# told VOLUME BRICK-NUMBER: its changes, as a reader knows copies by
told() {
    ask "$1" "$2" fetch | grep -avE '^(=|start|stop|client|gap|missed) ' |
        LC_ALL=C sed -E 's/ (seq|at)=[^ ]*//g; s/^(write .*time=[0-9]*)[0-9]{8}$/\1/'
}
kinds() { told "$@" | sed -E 's/ \|.*//'; }
fs() { on 1 timeout 60 sh -c "cd /mnt/$1 && $2"; }
# everywhere V COUNT: all operations that there are
everything() {
    fs "$1" 'mkdir d && echo 12345 >d/f && echo 6 >>d/f && ln d/f d/h && mv d/f d/g && ln -s x d/s && mkfifo d/p &&
        truncate -s 3 d/g && fallocate -l 5000 d/g && chmod 600 d/g && setfattr -n user.a -v 1 d/g && setfattr -x user.a d/g &&
        dd if=/dev/zero of=d/g bs=100 count=50 conv=notrunc 2>/dev/null && : >d/g && cat d/g && rm d/h d/g d/s d/p && rmdir d && mkdir end'
}
expected='mkdir /d
create /d/f
write /d/f
write /d/f
link /d/h
rename /d/f -> /d/g
symlink /d/s
mknod /d/p
truncate /d/g
fallocate /d/g
setattr /d/g
setxattr /d/g
removexattr /d/g
write /d/g
truncate /d/g
unlink /d/h
unlink /d/g
unlink /d/s
unlink /d/p
rmdir /d
mkdir /end'
# same V BRICKS: all of them have recorded what is expected (how often writes are told is theirs),
# each the same. Files are closed when the client lets go of them, which it does beside other things.
same() {
    local i
    for i in $(seq 0 $(($2 - 1))); do
        ended() { told "$1" "$i" | grep -q '^mkdir /end' && [ "$(told "$1" "$i" | grep -c '^close .* | written writable ')" = 5 ]; }
        wait_until 30 ended "$1"
        told "$1" "$i" | grep -v '^close ' >"$BATS_TEST_TMPDIR/$i"
        diff <(uniq <<<"$expected") <(sed -E 's/ \|.*//; s/ $//' "$BATS_TEST_TMPDIR/$i" | uniq)
        diff "$BATS_TEST_TMPDIR/0" "$BATS_TEST_TMPDIR/$i"
    done
}

@test "disperse: all fragments tell the same" {
    volume kd 3 disperse 3 redundancy 1
    everything kd
    same kd 3
    # what its healer takes off its list, as a process with a number like any other
    local gfid=9fc04f44-6024-4e13-a580-b60465e9b6fe
    on 1 sh -c 'cd /srv/kd.0/.glusterfs/indices/xattrop && ln xattrop-* "$1"' sh $gfid
    taken_off() {
        stock 1 volume heal kd >/dev/null || :
        on 1 test ! -e /srv/kd.0/.glusterfs/indices/xattrop/$gfid
    }
    wait_until 60 taken_off
    fs kd 'mkdir after'
    after_is_told() { told kd 0 | grep -q '^mkdir /after'; }
    wait_until 60 after_is_told
    told kd 0 >"$BATS_TEST_TMPDIR/told"
    run -1 grep $gfid "$BATS_TEST_TMPDIR/told"
}

@test "replica with an arbiter: it tells the same; a heal tells what was missed, and nothing else" {
    volume ka 3 replica 3 arbiter 1
    everything ka
    same ka 3
    local i
    fs ka 'echo 1 >old; mkdir -p t/u'
    brick_kill 1 ka.0
    fs ka 'echo 2 >>old; echo 3 >new; mkdir t/v; rmdir t/u; chmod 700 t'
    for i in 1 2; do
        wait_until 30 eval 'kinds ka '$i' | grep -q "^setattr /t"'
        kinds ka $i | sed 's/ *$//' | sort | uniq -c >"$BATS_TEST_TMPDIR/before.$i"
    done
    kinds_of() { kinds ka "$1" | sed 's/ *$//' | sort | uniq -c; }
    stock 1 volume start ka force
    wait_until 60 bricks_online ka 3
    healed() {
        stock 1 volume heal ka >/dev/null || :
        on 1 sh -c 'cd /srv/ka.0 && cmp new ../ka.1/new && cmp old ../ka.1/old && [ "$(stat -c %a t)" = 700 ] && [ -d t/v ] && [ ! -e t/u ]' &&
            [[ $(stock 1 volume heal ka info) != *"Number of entries: "[1-9]* ]]
    }
    wait_until 90 healed
    for i in 1 2; do diff "$BATS_TEST_TMPDIR/before.$i" <(kinds_of $i); done
    # what they keep of what is to be healed, and take away when it is, is no file
    for i in 1 2; do
        run -0 ask ka $i fetch
        [ "$(grep -aE '^missed .* detail=(unlink|rmdir) ' <<<"$output")" = "" ]
    done
    # what it was told of before it was killed is all that it tells, but for what it missed
    run -0 ask ka 0 fetch
    grep -aE '^missed' <<<"$output" | cut -d'|' -f1 | sort -u
    [ -z "$(kinds ka 0 | grep -E '/new|/t/v|^rmdir /t/u|^setattr /t')" ]
    grep -aqE '^missed .*/?new \|' <<<"$output"
    grep -aqE '^missed .*/?old \|' <<<"$output"
    grep -aqE '^missed .*t/v \|' <<<"$output"
    grep -aqE '^missed .*t/u ' <<<"$output"
}

@test "rebalance, scrub and quota tell nothing" {
    volume kr 2
    fs kr 'mkdir d && for i in $(seq 60); do echo $i >d/f$i; done; for i in $(seq 60); do mv d/f$i d/g$i; done; mkdir end'
    local i
    stock 1 volume bitrot kr enable
    stock 1 volume bitrot kr scrub-frequency hourly
    stock 1 volume quota kr enable
    stock 1 volume quota kr limit-usage /d 1GB
    stock 1 volume add-brick kr "$(brick 1 kr.2)" force
    wait_until 60 bricks_online kr 3
    wait_until 30 records kr 2
    for i in 0 1; do kinds kr $i | grep -vE '^(mkdir|close)' | sort | uniq -c >"$BATS_TEST_TMPDIR/$i"; done
    [ "$(cat "$BATS_TEST_TMPDIR"/[01] | grep -c 'rename /d/f')" = 60 ]
    stock 1 volume rebalance kr start force
    rebalanced() { stock 1 volume rebalance kr status | grep -q completed; }
    wait_until 90 rebalanced
    [ "$(on 1 sh -c 'ls /srv/kr.2/d | wc -l')" -gt 5 ]
    # bitrot signs what was not touched for two minutes: not waited for
    stock 1 volume bitrot kr scrub ondemand
    scrubbed() { stock 1 volume bitrot kr scrub status | grep -qE 'Last completed scrub time: +[0-9]'; }
    wait_until 60 scrubbed
    fs kr 'du -s . >/dev/null; cat d/* >/dev/null'
    for i in 0 1; do diff "$BATS_TEST_TMPDIR/$i" <(kinds kr $i | grep -vE '^(mkdir|close)' | sort | uniq -c); done
    run -0 told kr 2
    echo "$output"
    [ -z "$(grep -vE '^(mkdir /(d|end)|close /d/[^ ]* \| pid)' <<<"$output")" ] # which the reading closed
}

@test "nothing has crashed" { logs_clean; }
