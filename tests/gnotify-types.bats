#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Every change on every type of volume, of three nodes: what a reader on a fourth machine is
# told is the same for all of them; where a type must differ, lib/changes.py says how.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300 POOL_RESIDENT=yes
    pool_start 3
    node_boot c1
    on c1 ldconfig
}
teardown_file() { pool_stop; }
teardown() {
    # shellcheck disable=SC2016
    on c1 sh -c 'kill $(cat /srv/reader.pid)' || :
    on 1 umount -l "/mnt/$VOL" || :
    stock 1 volume stop "$VOL" force || :
    stock 1 volume delete "$VOL" || :
} >/dev/null 2>&1

# begin VOL LAYOUT BRICKS [KEY VALUE]...: a volume with so many bricks, with files in it, a
# mount that has none of them open, and a reader of it on c1
begin() {
    VOL=$1
    local layout=$2 n=$3 i bricks=()
    shift 3
    for ((i = 0; i < n; i++)); do bricks+=("$(brick $((i % 3 + 1)) "$VOL-$i")"); done
    # shellcheck disable=SC2086
    stock 1 volume create "$VOL" $layout "${bricks[@]}" force
    while [ $# -gt 0 ]; do stock 1 volume set "$VOL" "$1" "$2"; shift 2; done
    gluster 1 volume set "$VOL" features.notify on
    stock 1 volume start "$VOL"
    wait_until 60 bricks_online "$VOL" "$n"
    volume_mount 1 "$VOL"
    on 1 mkdir "/mnt/$VOL/d"
    changes prepare
    volume_umount 1 "$VOL"
    wait_until 60 nothing_is_open
    volume_mount 1 "$VOL"
    # shellcheck disable=SC2016
    on c1 sh -c 'setsid gnotifywait -mr --format "%e %w%f|%c" "$1" /d >/srv/told 2>/srv/told.err &
        echo $! >/srv/reader.pid' sh "$(address 1):$VOL"
    wait_until 60 on c1 grep -q 'Watches established' /srv/told.err
}
changes() { on 1 /usr/bin/python3 -B "$POOL_SOURCE/tests/lib/changes.py" "$1" "/mnt/$VOL/d"; }

# A file that is closed is still open on bricks for a while.
nothing_is_open() {
    local i
    # shellcheck disable=SC2016
    for i in 1 2 3; do
        on $i sh -c 'for f in /run/gluster/vols/"$1"/*.pid; do [ ! -e "$f" ] || ls -l /proc/"$(cat "$f")"/fd; done' sh "$VOL"
    done >"$BATS_TEST_TMPDIR/open"
    [ -z "$(grep -E "/srv/$VOL-[0-9]+/(d/|\.glusterfs/[0-9a-f]{2}/)" "$BATS_TEST_TMPDIR/open")" ]
}

# What is told, as changes.py says it: without repetitions, since writes that follow one
# another may be told as one; of a file with two names one is told.
told() {
    local unplaced='MODIFY,UNPLACED'
    [ "$VOL" = sharded ] || unplaced=none
    on c1 sed "s/|[0-9a-f]*\$//; s|/d/||; s|second-name|two-names|; /^$unplaced /d; /,ISDIR last\$/d" /srv/told | uniq
}
expected() { /usr/bin/python3 -B "$POOL_SOURCE/tests/lib/changes.py" told "$VOL" | uniq; }

# In order are the events of each file, and those of names for all files: the end of writing is
# told when the brick sees it, which is later than the next operation on another file.
by_file() { sort -s -k 2 | uniq; }
names() { grep -vE '^(MODIFY|CLOSE|ATTRIB)'; }
alike() { diff <(expected | by_file) <(told | by_file) && diff <(expected | names) <(told | names); }

told_alike() {
    changes make
    wait_until 60 alike || { on c1 cat /srv/told.err; false; }
    # and nothing comes behind that
    on 1 mkdir "/mnt/$VOL/d/last"
    wait_until 60 on c1 grep -q 'CREATE,ISDIR /d/last' /srv/told
    alike
    on c1 cat /srv/told | moves_have_cookies
    reading_is_told
}

# Both names of a move have one number, which no other move has.
moves_have_cookies() {
    LC_ALL=C awk -F'|' '/^MOVED_FROM/ { from[$NF]++; last = $NF } /^MOVED_TO/ { to[$NF]++; bad += $NF != last }
        END { for (c in from) bad += from[c] != 1 || to[c] != 1 || c == 0; exit bad || length(from) != 10 || length(to) != 10 }'
}

# With all events also what changes nothing, of a mount that has nothing in its caches.
reading_is_told() {
    gluster 1 volume notify "$VOL" enable all
    volume_umount 1 "$VOL"
    volume_mount 1 "$VOL"
    on 1 cmp "/mnt/$VOL/d/large" /dev/zero || : # which has no end
    wait_until 60 on c1 grep -q 'CLOSE_NOWRITE,CLOSE /d/large|' /srv/told
    [ "$(on c1 sed -n 's/|0$//; s|/d/large$||p' /srv/told | uniq | tail -n 3 | xargs)" = 'OPEN ACCESS CLOSE_NOWRITE,CLOSE' ] ||
        { on c1 tail /srv/told; false; }
}

@test "distribute" { begin distribute "" 2; told_alike; }

@test "replica 2" { begin replica2 "replica 2" 2; told_alike; }

@test "replica 3" { begin replica3 "replica 3" 3; told_alike; }

@test "arbiter" { begin arbiter "replica 2 arbiter 1" 3; told_alike; }

@test "disperse" { begin disperse "disperse 3 redundancy 1" 3; told_alike; }

@test "distributed replicas" { begin distributed "replica 2" 4; told_alike; }

@test "sharded" { begin sharded "" 2 features.shard on features.shard-block-size 4MB; told_alike; }

@test "no log tells of a crash" { logs_clean; }
