#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# gupcallwait: how it is called, what it says, and what it does when bricks go and return,
# when time passes, and when it is killed.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    export BATS_TEST_TIMEOUT=300
    pool_start 2
    stock 1 volume create v1 replica 2 "$(brick 1 v1)" "$(brick 2 v1)" force
    gluster 1 volume upcall v1 enable leases
    stock 1 volume create off "$(brick 1 off)" force
    stock 1 volume start v1
    stock 1 volume start off
    wait_until 60 bricks_online v1 2
    volume_mount 1 v1
    volume_mount 1 off
}
teardown_file() { pool_stop; }

# every test has a folder of its own, which is what it watches
setup() {
    events=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err
    dir=t$BATS_TEST_NUMBER
    if [ -n "${POOL_DIR:-}" ]; then on 1 mkdir -p "/mnt/v1/$dir"; fi
    watcher=
}
teardown() { unwatch; }

# watch ARGS...: gupcallwait in the background, its pid in $watcher, once it watches
watch() {
    : >"$events"
    : >"$err" # else the one before has established the watches
    on 1 gupcallwait "$@" >"$events" 2>"$err" &
    watcher=$!
    wait_until 60 grep -q 'Watches established' "$err"
}
# through the mount, in the test's folder
change() { on 1 sh -c "cd /mnt/v1/$dir && $1"; }
# said LINE: a line that gupcallwait has printed
said() { grep -qxF -- "$1" "$events" || { cat "$events"; false; }; }
# ended STATUS: it ends, with this status
ended() {
    local rc=0
    wait "$watcher" || rc=$?
    watcher=
    [ "$rc" = "$1" ] || { echo "status $rc"; cat "$err"; false; }
}
unwatch() {
    [ -n "$watcher" ] || return 0
    on 1 pkill -x gupcallwait || :
    wait "$watcher" || :
    watcher=
}

@test "one event, and the end with 0" {
    change 'touch f'
    watch v1 "/$dir/f"
    change 'chmod 600 f'
    ended 0
    said "/$dir/f ATTRIB,MODE,TIMES"
    [ "$(wc -l <"$events")" = 1 ]
}

@test "no event in time, and the end with 2" {
    run -2 on 1 gupcallwait -t 0.5 -q v1 "/$dir"
    [ -z "$output" ]
}

@test "upcall is off: the end with 1, and the command that turns it on" {
    run -1 on 1 gupcallwait off /
    [[ "$output" == *'gluster volume upcall off enable'* ]]
}

@test "leases are off: the end with 1, and the command that turns them on" {
    stock 1 volume set off features.cache-invalidation on
    run -1 on 1 gupcallwait --lease off /
    [[ "$output" == *'gluster volume upcall off enable leases'* ]]
    stock 1 volume reset off features.cache-invalidation
}

@test "upcall that is turned off while it waits ends it with 1" {
    gluster 1 volume upcall off enable
    watch -m off /
    gluster 1 volume upcall off disable
    ended 1
    grep -q 'gluster volume upcall off enable' "$err"
}

@test "what cannot be watched is named" {
    run -1 on 1 gupcallwait -q v1 "/$dir/none"
    [ "$output" = "gupcallwait: /$dir/none: cannot be watched: No such file or directory" ]
    run -1 on 1 gupcallwait none /
    [[ "$output" == *'there is no volume none'* ]]
    run -1 on 1 gupcallwait /tmp
    [[ "$output" == *'/tmp is on a file system of type '*'VOLUME'* ]]
    run -1 on 1 gupcallwait v1
    [[ "$output" == *'the PATH to watch is missing'* ]]
    run -1 on 1 gupcallwait --format '%w %z' v1 /
    [[ "$output" == *'%z means nothing'* ]]
    run -1 on 1 gupcallwait -e modify,made v1 /
    [[ "$output" == *'made: there is no such event'* ]]
    run -1 on 1 gupcallwait --keep often v1 /
    [[ "$output" == *'a number of seconds is needed'* ]]
}

@test "a volume that is not started is told from one that is not there" {
    stock 1 volume create stopped "$(brick 1 stopped)" force
    run -1 on 1 gupcallwait stopped /
    [[ "$output" == *'gluster volume start stopped'* ]]
}

@test "output that cannot be written ends it with 1" {
    change 'touch f'
    on 1 sh -c "exec gupcallwait v1 /$dir/f >/dev/full" 2>"$err" &
    watcher=$!
    wait_until 60 grep -q 'Watches established' "$err"
    change 'chmod 600 f'
    ended 1
    grep -q 'cannot write to standard output' "$err"
}

@test "a volume by a server, by a path on a mount, and by a path below a bind mount" {
    change 'mkdir sub; touch sub/f'
    on 1 mkdir -p /mnt/bound
    on 1 mount --bind "/mnt/v1/$dir" /mnt/bound
    for spec in "$(address 2):v1 /$dir/sub/f" "$(address 2):/v1/$dir/sub f" "/mnt/v1/$dir/sub/f" "/mnt/bound/sub f" "/mnt/bound/sub/f"; do
        # shellcheck disable=SC2086 # two words
        watch $spec
        change 'echo x >>sub/f'
        ended 0
        said "/$dir/sub/f MODIFY,SIZE,TIMES"
    done
    on 1 umount /mnt/bound
}

@test "names with spaces, newlines and bytes that are not UTF-8 keep their shape" {
    watch -m v1 "/$dir"
    # shellcheck disable=SC1003
    change 'touch "a b
c" "$(printf "\\377\\\\x")"'
    wait_until 60 said "/$dir/ CREATE a\\x20b\\x0ac"
    wait_until 60 said "/$dir/ CREATE \\xff\\x5cx"
    on 1 test -e "/mnt/v1/$dir/$(printf %b 'a\x20b\x0ac')"
    unwatch
    watch -m --json v1 "/$dir"
    change 'rm a*; rm "$(printf "\\377\\\\x")"'
    wait_until 60 json '.path == "/'"$dir"'/a b\nc" and .path_base64 == null'
    wait_until 60 json '.path == "/'"$dir"'/\ufffd\\x" and .path_base64 == "'"$(printf '/%s/\377\\x' "$dir" | base64)"'"'
}
json() { jq -e -n "[inputs] | any($1)" <"$events" || { cat "$events"; false; }; }

@test "a format of one's own, and only the events asked for" {
    change 'touch f g'
    watch -m -e delete,create --format '%T|%w|%f|%e|% e|%u|%%|%n%0' --timefmt 'at' v1 "/$dir"
    change 'echo x >>f; mkdir h; rm g'
    wait_until 60 grep -qa "^at|/$dir/|g|DELETE|DELETE|NLINK,TIMES.*|%|" "$events"
    grep -qa "^at|/$dir/|h|CREATE,ISDIR|CREATE ISDIR|TIMES|%|" "$events"
    ! grep -qa '|f|' "$events" || false
}

@test "renames within what is watched, out of it, and into it" {
    change 'mkdir -p in/sub out; touch in/a in/b out/c'
    watch -m -r --keep 1 v1 "/$dir/in"
    change 'mv in/a in/sub/a2'
    wait_until 60 said "/$dir/in/ MOVED_FROM a"
    wait_until 60 said "/$dir/in/sub/ MOVED_TO a2"
    change 'mv in/b out/b'
    wait_until 60 said "/$dir/in/ MOVED_FROM b"
    change 'mv out/c in/c'
    wait_until 60 said "/$dir/in/ CREATE c"
    change 'mv in/sub in/sub2; echo x >in/sub2/a2'
    wait_until 60 said "/$dir/in/ MOVED_TO,ISDIR sub2"
    wait_until 60 said "/$dir/in/sub2/ MODIFY,SIZE,TIMES a2"
    change 'rm -r in'
    ended 0
    said "/$dir/in DELETE_SELF,ISDIR"
    grep -q 'nothing is left to watch' "$err"
}

@test "a name that another file takes over is told as what it was, and watched on" {
    change 'touch a b c d'
    watch -m --keep 100 --expiry 600 v1 "/$dir"
    change 'mv a b'
    wait_until 60 said "/$dir/ MOVED_TO b"
    change 'echo x >>b'
    wait_until 60 said "/$dir/ MODIFY,SIZE,TIMES b"
    change 'rm c; echo new >c'
    wait_until 60 grep -q "^/$dir/ CREATE c" "$events"
    said "/$dir/ DELETE c"
    change 'mv d e; mkdir d'
    wait_until 60 said "/$dir/ CREATE,ISDIR d"
    wait_until 60 said "/$dir/ MOVED_TO e"
    change 'chmod 600 c; rmdir d'
    wait_until 60 said "/$dir/ ATTRIB,MODE,TIMES c"
    wait_until 60 said "/$dir/ DELETE,ISDIR d"
    [ "$(grep -c CREATE "$events")" = 2 ]
}

@test "a file that is renamed is watched on; one that replaces it is another" {
    change 'touch f other'
    watch -m v1 "/$dir/f"
    change 'mv f g; echo x >>g'
    wait_until 60 said "/$dir/f MOVE_SELF"
    wait_until 60 said "/$dir/g MODIFY,SIZE,TIMES"
    change 'mv other g'
    ended 0
    said "/$dir/g DELETE_SELF"
}

# older SECONDS FILE
older() { [ $(($(date +%s) - $(stat -c %Y "$2"))) -ge "$1" ]; }

@test "interest is kept alive beyond the time after which a brick forgets it" {
    stock 1 volume set v1 features.cache-invalidation-timeout 3
    change 'touch f'
    watch -m --json v1 "/$dir/f"
    # the same without looking again: it is forgotten
    on 1 gupcallwait -m --json --keep 1000 v1 "/$dir/f" >"$events.once" 2>"$err.once" &
    wait_until 60 grep -q 'Watches established' "$err.once"
    wait_until 60 older 8 "$err.once"
    change 'echo x >>f'
    wait_until 60 json '.upcall != [] and .events == ["modify"]'
    [ ! -s "$events.once" ]
    stock 1 volume set v1 features.cache-invalidation-timeout 600
}

@test "bricks that were restarted tell again, and what was missed is found" {
    change 'touch f g'
    watch -m --json --keep 2 v1 "/$dir"
    brick_kill 1 v1
    change 'echo x >>f'
    wait_until 60 json '.path == "/'"$dir"'/f" and .events == ["modify"]'
    brick_kill 2 v1
    stock 1 volume start v1 force
    wait_until 60 bricks_online v1 2
    wait_until 60 change 'chmod 600 g'
    wait_until 60 json '.path == "/'"$dir"'/g" and .mode == "0600"'
    wait_until 60 tells_again
    json '.path == "/'"$dir"'/f" and .events == ["modify"]'
}
# Once it has looked at them again, the new bricks send upcalls.
tells_again() { change 'echo y >>g' && json '.path == "/'"$dir"'/g" and (.upcall | contains(["size"]))'; }

@test "a new graph, after an option of clients was changed, loses nothing for long" {
    change 'touch f'
    watch -m --json v1 "/$dir/f"
    stock 1 volume set v1 performance.read-ahead off
    wait_until 60 tells_f
}
tells_f() { change 'echo y >>f' && json '.upcall != []'; }

@test "a sharded file's size is told, also when the write is behind the first block" {
    stock 1 volume create shard replica 2 "$(brick 1 shard)" "$(brick 2 shard)" force
    stock 1 volume set shard features.shard on
    stock 1 volume set shard features.shard-block-size 4MB
    stock 1 volume set shard features.cache-invalidation on
    stock 1 volume start shard
    wait_until 60 bricks_online shard 2
    volume_mount 1 shard
    on 1 sh -c 'echo x >/mnt/shard/f'
    watch -m --json --keep 1000 --expiry 60 shard /f
    on 1 dd if=/dev/zero of=/mnt/shard/f bs=1M count=1 seek=5 conv=notrunc
    wait_until 60 json '.path == "/f" and .events == ["modify"] and .size == 6 * 1024 * 1024 and (.changed | contains(["size"]))'
}

@test "a conflicting open recalls a lease and waits until it is given back" {
    stock 1 volume stop v1
    stock 1 volume start v1
    wait_until 60 bricks_online v1 2
    wait_until 60 change 'echo x >f'
    watch -m --lease v1 "/$dir/f"
    change 'echo y >>f'
    wait_until 60 said "/$dir/f LEASE_RECALL"
    wait_until 60 grep -q "^/$dir/f MODIFY" "$events"
    [ "$(change 'cat f')" = $'x\ny' ]
}

# leasable: nobody has the file open any more (a mount closes files later)
leasable() { run -2 on 1 gupcallwait -q -t 0.1 --lease=write v1 "/$dir/f"; }

@test "a lease to write is recalled by a second holder, who is refused meanwhile" {
    change 'echo x >f'
    wait_until 60 leasable
    watch -m --lease=write v1 "/$dir/f"
    run -1 on 1 gupcallwait -q --lease=write v1 "/$dir/f"
    [[ "$output" == *"/$dir/f: "* ]]
    wait_until 60 said "/$dir/f LEASE_RECALL"
    run -1 on 1 gupcallwait -q --lease v1 "/$dir"
    [[ "$output" == *'only a regular file can have a lease'* ]]
}

@test "a lease of a client that was killed stands in nobody's way" {
    change 'echo x >f'
    wait_until 60 leasable
    watch -m --lease=write v1 "/$dir/f"
    on 1 pkill -KILL -x gupcallwait
    wait "$watcher" || :
    watcher=
    wait_until 60 change 'timeout 20 sh -c "echo y >>f"'
}

# away N: it has said N times that bricks cannot be reached
away() { [ "$(grep -c 'cannot be looked at' "$err")" = "$1" ] || { cat "$err"; false; }; }

@test "bricks that are all gone are said once and waited for; a volume that is deleted ends it" {
    stock 1 volume create pairs replica 2 "$(brick 1 p1)" "$(brick 2 p2)" "$(brick 1 p3)" "$(brick 2 p4)" force
    stock 1 volume create plain "$(brick 1 d1)" "$(brick 2 d2)" force
    for volume in pairs plain; do
        stock 1 volume set $volume features.cache-invalidation on
        stock 1 volume start $volume
    done
    wait_until 60 bricks_online pairs 4
    wait_until 60 bricks_online plain 2
    volume_mount 1 pairs
    on 1 mkdir /mnt/pairs/logs
    on 1 touch /mnt/pairs/logs/a /mnt/pairs/logs/b /mnt/pairs/logs/c
    for args in 'pairs /logs' 'plain /'; do
        volume=${args% *}
        # shellcheck disable=SC2086 # two words
        watch -m --keep 1 $args
        stock 1 volume stop $volume force
        wait_until 60 away 1
        wait_until 60 older 4 "$err"
        away 1
        if [ $volume = pairs ]; then
            stock 1 volume start $volume
            wait_until 60 on 1 sh -c 'echo x >>/mnt/pairs/logs/a'
            wait_until 60 grep -q '^/logs/ MODIFY.* a$' "$events"
            stock 1 volume stop $volume force
            wait_until 60 away 2
        fi
        stock 1 volume delete $volume
        ended 1
        grep -q "volume $volume no longer exists" "$err"
        [ ! -s "$events" ] || ! grep -v ' MODIFY' "$events" || false
    done
    on 1 umount -l /mnt/pairs
}

# as root it would be let in everywhere
nobody() { on 1 setpriv --reuid=65534 --regid=65534 --clear-groups gupcallwait "$@"; }

@test "with -r a folder that may not be read is named and left out, and the rest watched" {
    change 'mkdir -p open/in shut/in dark/in; touch open/f shut/f dark/f; chmod 700 shut; chmod 744 dark'
    : >"$events"
    nobody -m -r "$(address 1):v1" "/$dir" >"$events" 2>"$err" &
    watcher=$!
    wait_until 60 grep -q 'Watches established' "$err"
    grep -qx "gupcallwait: /$dir/shut: cannot be watched: Permission denied" "$err"
    grep -qx "gupcallwait: /$dir/dark/f: cannot be watched: Permission denied" "$err"
    [ "$(grep -c 'cannot be' "$err")" = 3 ]
    change 'touch open/in/g shut/in/g; mkdir new; chmod 700 new; touch h'
    wait_until 60 said "/$dir/open/in/ CREATE g"
    wait_until 60 said "/$dir/ CREATE h"
    ! grep -q shut/ "$events" || false
    # one that may be read later is watched from then on
    change 'chmod 755 shut'
    wait_until 60 sees_f
    ! grep -q "^/$dir/shut/ CREATE f" "$events" || false
}
sees_f() { change 'echo x >>shut/f' && grep -q "^/$dir/shut/ MODIFY.* f\$" "$events"; }

@test "files made while others are renamed are told once each" {
    change 'for i in $(seq 60); do touch "f$i"; done'
    watch -m -r v1 "/$dir"
    # shellcheck disable=SC2016 # the inner shell's
    change 'for i in $(seq 40); do exec 3>"new$i"; mv "f$i" "moved$i"; exec 3>&-; done; touch last'
    wait_until 60 said "/$dir/ CREATE last"
    wait_until 60 told 40 MOVED_TO
    [ "$(grep -c ' CREATE new' "$events")" = 40 ]
    [ "$(grep -c ' CREATE ' "$events")" = 41 ]
    [ "$(grep -c ' MOVED_FROM ' "$events")" = 40 ]
}
told() { [ "$(grep -c " $2 " "$events")" = "$1" ]; }

@test "messages show no control characters of names" {
    bad=$(printf '/\033[31mx')
    run -1 on 1 gupcallwait "$bad" /
    [[ "$output" == *'/\x1b[31mx: '* && "$output" != *$'\033'* ]]
    run -1 on 1 gupcallwait "v1$(printf '\033')" /
    [[ "$output" == 'gupcallwait: v1\x1b is not a volume'* ]]
    change 'mkdir "$(printf "a\\033b")"'
    run -1 on 1 gupcallwait -q --lease v1 "/$dir/$(printf 'a\033b')"
    [[ "$output" == "gupcallwait: /$dir/a\\x1bb: only a regular file can have a lease"* ]]
}

@test "no log tells of a crash" { logs_clean; }
