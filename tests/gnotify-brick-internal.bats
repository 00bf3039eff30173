#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# What GlusterFS's clients do that no user asked for is no event: of replicas and their heal,
# of distribute's links and renames, of shards.
bats_require_minimum_version 1.5.0
load lib/pool
load lib/gnotify

setup_file() { gnotify_setup; }
teardown_file() { pool_stop; }
setup() { gnotify_names; }
teardown() {
    gnotify_down
    at a gnotify_down
    at b gnotify_down
}

# at a|b COMMAND...: of that brick
at() {
    local i=$1
    shift
    local N=$BATS_TEST_NUMBER$i D=/srv/$BATS_TEST_NUMBER$i LOG=/var/log/glusterfs/$BATS_TEST_NUMBER$i.brick.log
    local PORT=$((49400 + 2 * BATS_TEST_NUMBER))
    [ "$i" = a ] || PORT=$((PORT + 1))
    "$@"
}

# mount_both TYPE [OPTION VALUE]...: what stands above both bricks' clients
mount_both() {
    local type=$1 i
    shift
    {
        for i in a b; do at $i client_volfile | sed "s/volume client/volume client-$i/"; done
        printf 'volume both\n    type %s\n' "$type"
        while [ $# -gt 0 ]; do echo "    option $1 $2"; shift 2; done
        printf '    subvolumes client-a client-b\nend-volume\n'
        cat
        printf 'volume utime\n    type features/utime\n    subvolumes %s\nend-volume\n' "${TOP:-both}"
    } | on c1 sh -c "mkdir -p $M; cat >/srv/$N.vol
        glusterfs -f /srv/$N.vol -l /var/log/glusterfs/$N.log -p /run/$N.pid --attribute-timeout=0 --entry-timeout=0 $M"
    wait_until 60 on c1 timeout 30 stat "$M/."
}
doing() { on c1 timeout 60 sh -c "cd $M && $1"; }
# of both bricks: the changes
everywhere() { at a changes; at b changes; }

replica() {
    at a brick_start && at b brick_start
    TOP=dht mount_both cluster/replicate data-self-heal on metadata-self-heal on entry-self-heal on \
        afr-pending-xattr p-a,p-b <<'V'
volume dht
    type cluster/distribute
    subvolumes both
end-volume
V
}

@test "replicas record the same, but for their own numbers; their bookkeeping is none of it" {
    replica
    doing 'mkdir d; echo 1 >d/f; echo 2 >>d/f; mv d/f d/g; chmod 600 d/g; rm d/g; rmdir d'
    both() { at a changes | grep -q '^rmdir' && at b changes | grep -q '^rmdir'; }
    wait_until 60 both
    same() { at "$1" ask -- fetch | grep -avE '^(=|start|client)' | sed 's/ seq=.*//'; }
    diff <(same a) <(same b)
    [ "$(at a changes | cut -d'|' -f1 | tr '\n' ,)" = 'mkdir /d ,create /d/f ,write /d/f ,close /d/f ,write /d/f ,close /d/f ,rename /d/f -> /d/g ,setattr /d/g ,unlink /d/g ,rmdir /d ,' ]
}

# writes a|b: of that brick, as the copies are known by: file, client, and time / 100 ms
writes() {
    at "$1" ask -- fetch | sed -nE 's/^write .* client=([^ ]*) gfid=([^ ]*) time=([0-9]*)[0-9]{8} .*/\2 \1 \3/p' | sort
}

@test "writes that are told together are the same on each replica, with many writers" {
    replica
    doing 'for i in 1 2 3 4; do
            dd if=/dev/zero of=own$i bs=512 count=400 2>/dev/null &
            (dd if=/dev/zero of=all bs=512 count=400 seek=$((i * 1000)) conv=notrunc 2>/dev/null) &
        done; wait; chmod 600 own* all; mkdir end'
    ended() { at "$1" changes | grep -q '^mkdir /end'; }
    wait_until 60 ended a
    wait_until 60 ended b
    writes a >"$BATS_TEST_TMPDIR/a"
    writes b >"$BATS_TEST_TMPDIR/b"
    local total alone
    total=$(wc -l <"$BATS_TEST_TMPDIR/a")
    alone=$(comm -3 "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b" | wc -l)
    echo "3200 writes, $total records, $alone without a twin"
    [ "$total" -lt 1000 ]
    # a machine that stands still for a while makes some
    [ "$alone" -le $((total / 5 + 4)) ]
    local i
    for i in a b; do
        at $i changes | sed -n 's/^write \/own1 .* at=\([0-9]*\)+\([0-9]*\) .*/\1 \2/p' | sort -n |
            awk '$1 > end { exit 1 } $1 + $2 > end { end = $1 + $2 } END { exit end != 204800 }'
    done
}

@test "a heal is told as missed, by what it did, and is no change" {
    replica
    doing 'mkdir d; echo old >d/changed; echo x >d/gone; echo x >d/mode'
    at b changes >"$BATS_TEST_TMPDIR/b.before"
    at b brick_end KILL
    doing 'echo new >>d/changed; rm d/gone; echo x >d/new; chmod 600 d/mode; mkdir d/e'
    at a changes >"$BATS_TEST_TMPDIR/before"
    at b brick_run
    healed() {
        on c1 sh -c "ls -lR $M >/dev/null; cat $M/d/* >/dev/null 2>&1; cmp $M/d/changed /srv/${N}b/d/changed" &&
            on c1 test "$(on c1 stat -c %a "/srv/${N}b/d/mode")" = 600 -a -e "/srv/${N}b/d/new" -a -d "/srv/${N}b/d/e" -a ! -e "/srv/${N}b/d/gone"
    }
    wait_until 60 healed
    at b records >"$BATS_TEST_TMPDIR/b"
    cat "$BATS_TEST_TMPDIR/b"
    for what in 'detail=unlink' 'detail=writev' 'detail=setattr'; do
        grep -q "^missed .*$what" "$BATS_TEST_TMPDIR/b"
    done
    grep -qE '^missed .*/d/new \|.*detail=(mknod|create)' "$BATS_TEST_TMPDIR/b"
    grep -q '^missed /d/e | dir detail=mkdir' "$BATS_TEST_TMPDIR/b"
    # neither the healed one nor the other one has a change of it
    run grep -E '^(create|mkdir|unlink|write|setattr|rename) /d/(new|gone|e|changed|mode)' <(at b changes | comm -13 <(sort "$BATS_TEST_TMPDIR/b.before") <(at b changes | sort))
    echo "$output"
    [ -z "$output" ]
    [ "$(at a changes | grep -avE '^close' | wc -l)" = "$(grep -avcE '^close' "$BATS_TEST_TMPDIR/before")" ]
}

@test "distribute: each change once, but folders; a rename to where the file is not is one rename" {
    at a brick_start && at b brick_start
    mount_both cluster/distribute </dev/null
    doing 'for i in $(seq 20); do echo $i >f$i; done; for i in $(seq 20); do mv f$i g$i; done; mkdir d; rm g*'
    finished() { [ "$(everywhere | grep -c '^mkdir /d')" = 2 ]; }
    wait_until 60 finished
    everywhere >"$BATS_TEST_TMPDIR/all"
    cut -d' ' -f1 "$BATS_TEST_TMPDIR/all" | sort | uniq -c
    local i
    for i in $(seq 20); do
        [ "$(grep -c "^create /f$i " "$BATS_TEST_TMPDIR/all")" = 1 ]
        [ "$(grep -c "^rename /f$i -> /g$i " "$BATS_TEST_TMPDIR/all")" = 1 ]
    done
    run grep -E '^(link|mknod|create /g|setxattr|setattr)' "$BATS_TEST_TMPDIR/all"
    echo "$output"
    [ "$status" = 1 ]
    # what a folder's mkdir is merged by
    [ "$(for i in a b; do at $i ask -- fetch | grep '^mkdir /d '; done | sed -E 's/.*(gfid=[^ ]*) (time=[^ ]*).*/\1 \2/' | sort -u | wc -l)" = 1 ]
}

@test "what is written to a shard is told of its file, where it is in the file" {
    brick_start shard-block-size 4MB
    { client_volfile; echo "volume dht
    type cluster/distribute
    subvolumes client
end-volume
volume shard
    type features/shard
    option shard-block-size 4MB
    subvolumes dht
end-volume
volume utime
    type features/utime
    subvolumes shard
end-volume"; } | on c1 sh -c "mkdir -p $M; cat >/srv/$N.vol
        glusterfs -f /srv/$N.vol -l /var/log/glusterfs/$N.log -p /run/$N.pid --attribute-timeout=0 --entry-timeout=0 $M"
    wait_until 60 on c1 timeout 30 stat "$M/."
    doing 'dd if=/dev/zero of=big bs=1M count=10 2>/dev/null'
    closed() { changes | grep -q '^close .*written'; }
    wait_until 60 closed
    doing 'dd if=/dev/zero of=big bs=1 seek=9000000 count=5 conv=notrunc 2>/dev/null
        truncate -s 8M big; truncate -s 5M big; truncate -s 30M big; truncate -s 4M big; truncate -s 1M big; rm big'
    gone() { changes | grep -q '^unlink'; }
    wait_until 60 gone
    changes >"$BATS_TEST_TMPDIR/all"
    cat "$BATS_TEST_TMPDIR/all"
    run grep -E 'shard|remove_me' "$BATS_TEST_TMPDIR/all"
    [ "$status" = 1 ]
    [ "$(ask -- fetch | sed -nE 's/^write .*gfid=([^ ]*).*/\1/p' | sort -u)" = "$(ask -- fetch | sed -nE 's/^create \/big .*gfid=([^ ]*).*/\1/p')" ]
    sed -n 's/^write .* at=\([0-9]*\)+\([0-9]*\) .*/\1 \2/p' "$BATS_TEST_TMPDIR/all" | sort -n |
        awk '$1 > end { exit 1 } $1 + $2 > end { end = $1 + $2 } END { exit end != 10485760 }'
    grep -q '^write .* at=9000000+[1-5] ' "$BATS_TEST_TMPDIR/all"
    [ "$(sed -n 's/^truncate \/big | at=\([0-9]*\)+0 .*/\1/p' "$BATS_TEST_TMPDIR/all" | xargs)" = '8388608 5242880 31457280 0 4194304 1048576' ] # stock cuts the first part to 0
    [ "$(tail -n 1 "$BATS_TEST_TMPDIR/all")" = 'unlink /big | last-link uid=0 gid=0' ] # what waited comes before
}

@test "no brick has crashed" { no_brick_has_crashed; }

@test "a file that a heal has put aside is changed: by its other name, or by none" {
    brick_start
    mount_brick
    fs sh -c "cd $M && mkdir .glusterfs-anonymous-inode-x && echo >f && ln f .glusterfs-anonymous-inode-x/g &&
        echo >alone && mv alone .glusterfs-anonymous-inode-x/h && mkdir d && mv d .glusterfs-anonymous-inode-x/d"
    changes >"$BATS_TEST_TMPDIR/before"
    fs sh -c "cd $M/.glusterfs-anonymous-inode-x && chmod 600 g && chmod 600 h && mkdir d/made"
    changes | tail -n +$(($(wc -l <"$BATS_TEST_TMPDIR/before") + 1)) >"$BATS_TEST_TMPDIR/told"
    cat "$BATS_TEST_TMPDIR/told"
    [ "$(grep -c '^setattr' "$BATS_TEST_TMPDIR/told")" = 2 ]
    grep -q '^setattr /f ' "$BATS_TEST_TMPDIR/told"
    grep -q '^mkdir ?made ' "$BATS_TEST_TMPDIR/told"
    run -1 grep anonymous "$BATS_TEST_TMPDIR/told"
}
