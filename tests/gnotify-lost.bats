#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# What a consumer is told that was away, or that follows while bricks die, are removed or
# forget: each change, or a gap; and nothing of what GlusterFS does by itself.
# shellcheck disable=SC2016 # what is quoted so is expanded on the node
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=240 POOL_RESIDENT=yes
    pool_start 1
    on 1 mkdir -p /root/bin
    on 1 cp "$BUILD/tests/chaos/.libs/consumer" /root/bin/
}
teardown_file() { pool_stop; }
setup() { V=v$BATS_TEST_NUMBER M=/mnt/v$BATS_TEST_NUMBER TOLD=$POOL_DIR/1/root/v$BATS_TEST_NUMBER; }
teardown() {
    consumer_end
    volume_umount 1 "$V"
    stock 1 volume stop "$V" force
} >/dev/null 2>&1 || :

# volume TYPE... LAST: with bricks V-a to V-LAST, notified, mounted
volume() {
    local last=${*: -1} name bricks=()
    for name in a b c d e f; do
        bricks+=("$(brick 1 "$V-$name")")
        [ "$name" != "$last" ] || break
    done
    COUNT=${#bricks[@]}
    # shellcheck disable=SC2086
    stock 1 volume create "$V" ${*:1:$#-1} "${bricks[@]}" force
    gluster 1 volume set "$V" features.notify on
    stock 1 volume start "$V"
    wait_until 60 bricks_online "$V" "$COUNT"
    volume_mount 1 "$V"
}
# The mount's requests reach all bricks.
mount_connected() {
    connected() { [ "$(on 1 sh -c 'grep -h "^connected = 1" /mnt/"$1"/.meta/graphs/active/"$1"-client-*/private | wc -l' sh "$V")" -ge "$1" ]; }
    wait_until 60 connected "${1:-$COUNT}"
}
back() { # all bricks
    stock 1 volume start "$V" force
    wait_until 60 bricks_online "$V" "$COUNT"
    mount_connected
}
healed() { ! stock 1 volume heal "$V" info | grep -E '^Number of entries: ([1-9-])'; }

consumer_start() {
    local begun
    begun=$(lines begun)
    on 1 sh -c 'setsid /root/bin/consumer "$1" cursor "/root/$1" 2>>"/root/$1.err" & echo $! >"/root/$1.pid"' sh "$V"
    wait_until 60 began "$begun"
}
lines() { grep -acE "^$1" "$TOLD" 2>/dev/null || :; }
began() { [ "$(lines begun)" -gt "${1:-0}" ]; }
consumer_end() {
    on 1 sh -c 'read -r pid <"/root/$1.pid" && kill -9 "$pid"; while kill -0 "$pid" 2>/dev/null; do sleep .05; done' sh "$V"
}
told() { grep -aqP "$1" "$TOLD"; }
# caught_up NAME: all that was done until now is told, and what of the past is missing. NAME is new.
caught_up() {
    wait_until 60 past_told
    on 1 touch "$M/$1"
    wait_until 60 told "/$1\$"
    wait_until 60 acked
}
past_told() { sed -n '/^begun/h;/^begun/!H;${g;p}' "$TOLD" | grep -aq ^caught-up; }
acked() { [ "$(tail -n 1 "$TOLD" | cut -f1)" = acked ]; }
# names MASK: of what was told with this bit (hexadecimal), but for those made by caught_up
names() { awk -F'\t' -v bit="$1" '$1 == "event" && $3 ~ "^4?0*" bit "$" { print $9 }' "$TOLD" | grep -v '^/mark' | sort; }
files() { local i; for ((i = $2; i <= $3; i++)); do echo "/$1$i"; done | sort; }
create() { on 1 sh -c 'for i in $(seq "$2" "$3"); do : >"$1$i" || exit 1; done' sh "$M/$1" "$2" "$3"; }
SYNTHETIC='event\t\d+\t[0-9a-f]*2[0-9a-f]{4}\t'
no_gap() { [ -s "$TOLD" ] && { ! grep -aP "^(gap|$SYNTHETIC)" "$TOLD" || return 1; }; }

@test "a copy that was healed and then stays alone tells what it missed" {
    volume replica 2 b
    stock 1 volume set "$V" cluster.quorum-type none
    create old 1 3
    consumer_start
    caught_up mark1
    consumer_end
    brick_kill 1 "$V-a"
    create new 1 3
    on 1 rm "$M"/old1
    back
    wait_until 60 healed
    brick_kill 1 "$V-b"
    consumer_start
    caught_up mark2
    cat "$TOLD"
    for name in new1 new2 new3 old1; do told "^gap|^$SYNTHETIC.*/$name\$"; done
}

@test "a volume that is stopped and started in good order has no gap" {
    volume replica 2 d
    consumer_start
    create a 1 20
    caught_up mark1
    consumer_end
    create b 1 20
    stock 1 volume stop "$V"
    stock 1 volume start "$V"
    wait_until 60 bricks_online "$V" 4
    mount_connected
    create c 1 20
    consumer_start
    caught_up mark2
    no_gap
    diff <(files a 1 20; files b 1 20; files c 1 20) <(names 100)
}

@test "what was acknowledged stays so when all loses its power" {
    volume replica 2 b
    consumer_start
    create a 1 20
    caught_up mark1
    node_kill 1
    node_boot 1
    glusterd_start 1
    wait_until 60 bricks_online "$V" 2
    volume_mount 1 "$V"
    create b 1 20
    consumer_start
    caught_up mark2
    diff <(files a 1 20; files b 1 20) <(names 100)
}

@test "copies that are killed all at once leave a gap that has an end, and only one" {
    volume replica 2 b
    consumer_start
    create a 1 20
    caught_up mark1
    local before
    before=$(date +%s%N)
    brick_kill 1 "$V-a"
    brick_kill 1 "$V-b"
    back
    create b 1 20
    caught_up mark2
    [ "$(lines gap)" = 1 ]
    # it began not long before, and ended not long ago
    awk -F'\t' -v before="$before" -v now="$(date +%s%N)" '
        $1 == "gap" && $3 < before + 5e9 && $3 > before - 60e9 && $4 > before - 1e9 && $4 < now + 1e9 { ok = 1 }
        END { exit !ok }' "$TOLD" || { grep -a '^gap' "$TOLD"; false; }
    diff <(files a 1 20; files b 1 20) <(names 100)
}

# brick_end NAME: in good order
brick_end() {
    local pid
    pid=$(brick_pid 1 "$1")
    on 1 kill "$pid"
    wait_until 60 on 1 test ! -e "/proc/$pid"
}
# What is there by all that was told, in order.
there() {
    awk -F'\t' '
        $1 != "event" { next }
        { bits = substr($3, length($3) > 3 ? length($3) - 2 : 1); sub(/^0*/, "", bits) }
        bits == "100" || bits == "80" { there[$9] = 1 }
        bits == "200" || bits == "40" { delete there[$9] }
        END { for (path in there) print path }' "$TOLD" | grep -v '^/mark' | sort
}
listed() { on 1 find "/mnt/fresh$V" -mindepth 1 -not -path '*/mark*' | sed "s|^/mnt/fresh$V||" | sort; }

@test "what a heal brings back that was gone is told, once, and nothing else of it" {
    volume replica 2 d
    stock 1 volume set "$V" cluster.quorum-type none
    stock 1 volume set "$V" cluster.self-heal-daemon off
    consumer_start
    on 1 mkdir "$M/d"
    create d/f 1 6
    create f 1 6
    caught_up mark1
    brick_end "$V-a"
    on 1 rm -r "$M"/d
    on 1 sh -c 'cd "$1" && rm f5 f6 && for i in 1 2 3 4; do mv f$i r$i; done' sh "$M"
    back
    caught_up mark2
    brick_end "$V-b" # nobody can know now whether these were removed, or made meanwhile
    create g 1 6
    back
    stock 1 volume set "$V" cluster.self-heal-daemon on
    all_healed() { stock 1 volume heal "$V" && healed; }
    wait_until 60 all_healed
    volume_mount 1 "$V" "fresh$V"
    on 1 stat "/mnt/fresh$V/d" # distribute makes it on the other set
    on 1 test -e "/srv/$V-c/d"
    listed >"$BATS_TEST_TMPDIR/listed"
    caught_up mark3
    cat "$TOLD"
    cat "$BATS_TEST_TMPDIR/listed"
    grep -qx /d "$BATS_TEST_TMPDIR/listed" # it did
    diff "$BATS_TEST_TMPDIR/listed" <(there)
    [ "$(grep -acP "$SYNTHETIC.*/d\$" "$TOLD")" = 1 ]
    grep -aP "$SYNTHETIC" "$TOLD" | cut -f9 | sort >"$BATS_TEST_TMPDIR/synthetic"
    uniq -d "$BATS_TEST_TMPDIR/synthetic" | diff /dev/null -
    comm -23 "$BATS_TEST_TMPDIR/synthetic" <({ files d/f 1 6; files f 1 6; echo /d; } | sort) | diff /dev/null -
    volume_umount 1 "fresh$V"
}

# What gnotifywait shows in the background, with a cursor and crawls, to /root/V.shown.
shower_start() {
    on 1 sh -c 'rm -f "/root/$1.shown"; setsid gnotifywait -m -r --cursor c --crawl --format "%e %p" "$1" >"/root/$1.shown" 2>"/root/$1.err" & echo $! >"/root/$1.pid"' sh "$V"
    wait_until 60 on 1 grep -q established "/root/$V.err"
}
shown() { on 1 grep -qxF "$1" "/root/$V.shown"; }
many() { on 1 /usr/bin/python3 -c 'import sys
for i in range(1000):
    open("%s/%04d-%s" % (sys.argv[1], i, "n" * 240), "w").close()' "$M"; }
SYN='^CREATE,SYNTHETIC /[0-9]{4}-n{240}$'
all_acknowledged() {
    gluster 1 --json volume notify "$V" status | jq -e '[.. | .readers? | arrays | .[] | select(.name == "c")] | any and all(.lag == 0)'
} >/dev/null
found_all() { [ "$(on 1 grep -cE "$SYN" "/root/$V.shown")" -ge 1000 ]; }

@test "after a gap a crawl tells what is there; one that was killed in it gets all of it again" {
    volume a
    shower_start
    many
    wait_until 60 shown "CREATE /0999-$(printf 'n%.0s' {1..240})"
    consumer_end
    brick_kill 1 "$V-a"
    back
    # to a pipe of which only the first lines are read
    on 1 timeout 60 sh -c 'mkfifo "/root/$1.pipe"
        gnotifywait -m -r --cursor c --crawl --json "$1" >"/root/$1.pipe" 2>/dev/null & pid=$!
        exec 3<"/root/$1.pipe"
        while read -r line <&3 && [ "${line#*synthetic}" = "$line" ]; do :; done; kill -9 $pid; [ "$line" ]' sh "$V"
    shower_start
    wait_until 60 found_all
    grep -q '^GAP' "$POOL_DIR/1/root/$V.shown"
    [ "$(on 1 grep -cE "$SYN" "/root/$V.shown")" = 1000 ]
    on 1 touch "$M/after"
    wait_until 60 shown 'CREATE /after'
    wait_until 60 all_acknowledged
    consumer_end
    shower_start
    on 1 touch "$M/after2"
    wait_until 60 shown 'CREATE /after2'
    run -1 on 1 grep -E 'GAP|SYNTHETIC' "/root/$V.shown"
}

@test "a crawl of a folder that goes, one that is closed in its midst, one with a brick away" {
    volume b
    on 1 mkdir "$M/d"
    on 1 touch "$M/d/f"
    cat >"$POOL_DIR/1/root/crawl.py" <<'P'
import os, shutil, signal, sys, time
from gluster.gnotify import *
volume, mount, pid = sys.argv[1:]
def read(g):
    events = []
    while not any(e.is_crawled for e in events):
        new = g.read(60)
        assert new, events
        events += new
    return [(e.names, e.path or e.detail) for e in events]
def stop(how): os.kill(int(pid), how)

with Gnotify(volume) as g:
    g.add_watch('/', ALL_CHANGES | RECURSIVE, crawl='first')
    found = read(g)
    assert sorted(p for n, p in found if 'SYNTHETIC' in n) == ['/', '/d', '/d/f'], found
    g.add_watch('/d', CREATE, crawl='first')
    shutil.rmtree(mount + '/d')
    found = read(g)
    assert not [n for n, p in found if 'GAP' in n], found
g = Gnotify(volume)
g.add_watch('/', ALL_CHANGES | RECURSIVE, crawl='first')
stop(signal.SIGSTOP)
g.read(1)
before = time.monotonic()
g.close()
took = time.monotonic() - before
stop(signal.SIGCONT)
assert took < 10, took
stop(signal.SIGKILL)
while os.path.exists('/proc/' + pid):
    time.sleep(.05)
with Gnotify(volume) as g:
    g.add_watch('/', ALL_CHANGES | RECURSIVE, crawl='first')
    found = read(g)
    if not [p for n, p in found if n == ['GAP'] and '-client-1 is away: the crawl' in p]:
        sys.exit('no gap: %s' % found)
P
    on 1 timeout 100 /usr/bin/python3 -B /root/crawl.py "$V" "$M" "$(brick_pid 1 "$V-b")"
}

@test "what retention has dropped is a gap" {
    volume replica 2 b
    gluster 1 volume set "$V" features.notify-retention-size 1MB
    consumer_start
    caught_up mark1
    consumer_end
    # what a path shares with the one before it is not kept twice
    on 1 /usr/bin/python3 -c 'import os, sys
folders = []
for name in "d" * 250, "e" * 250:
    os.chdir(sys.argv[1])
    for i in range(4):
        os.mkdir(name)
        os.chdir(name)
    folders.append(os.open(".", os.O_RDONLY))
for i in range(3000):
    os.fchmod(folders[i % 2], 0o700 + i // 2 % 2)' "$M"
    consumer_start
    caught_up mark2
    [ "$(lines gap)" -ge 1 ]
    told 'gap.*does not reach back'
}

@test "bricks that are added, replaced and removed, a rebalance: each change once, no gap" {
    volume replica 2 b
    consumer_start
    create a 1 30
    stock 1 volume add-brick "$V" replica 2 "$(brick 1 "$V-c")" "$(brick 1 "$V-d")" force
    COUNT=4
    wait_until 60 bricks_online "$V" 4
    mount_connected
    create b 1 30
    on 1 mkdir "$M/folder"
    caught_up mark1
    stock 1 volume rebalance "$V" start force
    create c 1 30
    rebalanced() { stock 1 volume rebalance "$V" status | grep -q completed; }
    wait_until 60 rebalanced
    caught_up mark2
    stock 1 volume replace-brick "$V" "$(brick 1 "$V-b")" "$(brick 1 "$V-e")" commit force
    wait_until 60 bricks_online "$V" 4
    mount_connected
    create d 1 30
    wait_until 60 healed
    caught_up mark3
    stock 1 volume remove-brick "$V" "$(brick 1 "$V-c")" "$(brick 1 "$V-d")" start
    create e 1 30
    removed() { stock 1 volume remove-brick "$V" "$(brick 1 "$V-c")" "$(brick 1 "$V-d")" status | grep -q completed; }
    wait_until 60 removed
    stock 1 volume remove-brick "$V" "$(brick 1 "$V-c")" "$(brick 1 "$V-d")" commit
    COUNT=2
    mount_connected
    create f 1 30
    caught_up mark4
    diff <(files a 1 30; files b 1 30; files c 1 30; files d 1 30; files e 1 30; files f 1 30; echo /folder) <(names 100)
    [ -z "$(names 200)" ]
    [ "$(names 40)$(names 80)" = "" ]
    no_gap
}

@test "heals and scrubs are no events" {
    volume replica 2 b
    stock 1 volume bitrot "$V" enable
    consumer_start
    create a 1 10
    on 1 sh -c 'echo data >"$1/a1"' sh "$M"
    caught_up mark1
    brick_kill 1 "$V-a"
    create b 1 10
    on 1 sh -c 'echo data >"$1/a2"' sh "$M"
    back
    stock 1 volume heal "$V" full
    wait_until 60 healed
    stock 1 volume bitrot "$V" scrub ondemand || true
    caught_up mark2
    diff <(files a 1 10; files b 1 10) <(names 100)
    [ "$(names 4)$(names 200)" = "" ]
    no_gap
}

@test "bricks in one process: killed and back, a gap; a volume beside is stopped, none" {
    stock 1 volume set all cluster.brick-multiplex on
    volume replica 2 b
    consumer_start
    create a 1 10
    caught_up mark1
    stock 1 volume create w1 "$(brick 1 w1)" force
    stock 1 volume start w1
    wait_until 60 bricks_online w1 1
    stock 1 volume stop w1
    create b 1 10
    caught_up mark2
    no_gap
    brick_kill 1 "$V-a"
    back
    caught_up mark3
    diff <(files a 1 10; files b 1 10) <(names 100)
    [ "$(lines gap)" = 1 ]
    stock 1 volume set all cluster.brick-multiplex off
}
