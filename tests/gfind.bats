#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# gfind on real volumes: what changed since the last time that was acknowledged.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=150
    pool_start 1
    stock 1 volume create v1 replica 2 "$(brick 1 a)" "$(brick 1 b)" "$(brick 1 c)" "$(brick 1 d)" force
    stock 1 volume create v2 "$(brick 1 e)" "$(brick 1 f)" force
    stock 1 volume create off "$(brick 1 off)" force
    local v
    for v in v1 v2; do gluster 1 volume set $v features.notify on; done
    for v in v1 v2 off; do
        stock 1 volume start $v
        volume_mount 1 $v
    done
    gfind --commit v1 s >/dev/null
}
teardown_file() { pool_stop; }

gfind() { on 1 timeout 100 gfind --state /root/gfind "$@"; }
# in the mount of v1
fs() { on 1 sh -c "cd /mnt/v1 && $1"; }
# all until now is acknowledged
begin() { gfind --commit v1 s >/dev/null; }
# the changes as one line; what is still merged at the bricks comes within 100 ms
all=
contains() {
    all=$(gfind "${@:2}" v1 s | paste -sd ';')
    [[ ";$all;" == *";$1;"* ]]
}
# told LINES LAST [OPTION]...: LINES are told, once LAST is among them
told() {
    wait_until 30 contains "$2" "${@:3}" || { echo "$all"; false; }
    contains "$2" "${@:3}"
    [ "$all" = "$1" ] || { echo "$all"; false; }
}

@test "the first time all is told that there is, then what has changed" {
    fs 'mkdir d d/e; echo 1 >d/f; echo 2 >g'
    run -0 gfind v1 first
    [ "$(sort <<<"$output" | paste -sd ' ')" = "found /d found /d/e found /d/f found /g" ]
    run -0 gfind --ack v1 first
    run -0 gfind v1 first
    [ -z "$output" ]
    gfind --delete v1 first
}

@test "on a terminal progress is shown while all is listed, and taken away again" {
    fs 'mkdir -p shown; : >shown/x'
    # in: what a terminal shows of it
    terminal() { on 1 script -qec "timeout 100 gfind --state /root/gfind $*" /dev/null; }
    run -0 terminal v1 shown
    [[ "$output" == *" found in "*" folders wait"* ]]
    [[ "$output" == *$'\r\e[K'* ]]
    [[ "$output" == *"found /shown/x"* ]]
    run -0 terminal --quiet v1 shown
    [[ "$output" != *" found in "* ]]
    run -0 gfind v1 shown
    [[ "$output" != *" found in "* ]]
    gfind --delete v1 shown
}

@test "several events of a file are one line" {
    begin
    fs 'echo >>d/f; mv d moved; echo new >new; echo >t; rm t; chmod 600 g; rmdir moved/e; mv new new2; echo >end'
    told 'deleted /d/e;moved /d /moved;created /end;changed /g;modified /moved/f;created /new2' 'created /end'
}

@test "what was not acknowledged is told again, with what is new" {
    begin
    fs 'echo >one'
    told 'created /one' 'created /one'
    fs 'echo >two'
    told 'created /one;created /two' 'created /two'
    # exactly what was printed last
    fs 'echo >three'
    gfind --ack v1 s
    told 'created /three' 'created /three'
}

@test "a file that was moved, changed or linked under several names" {
    fs 'mkdir x; echo >x/a; echo >x/b; echo >x/c; echo >x/d2'
    begin
    fs 'mv x/a x/t; mv x/b x/a; mv x/t x/b; ln x/c x/h; chmod 640 x/d2; echo >x/c.tmp; mv x/c.tmp x/d; echo >end2'
    told 'moved /x/b /x/a;moved /x/a /x/b;created /end2;created /x/d;changed /x/d2;created /x/h' 'created /end2'
}

@test "any name comes back from words, NULs and JSON" {
    begin
    on 1 /usr/bin/python3 -c "
import os; os.chdir(b'/mnt/v1')
for n in (b'new\nline', b'no \xff\xfe utf8', b'back\\\\slash', b'n' * 255): open(n, 'w').close()"
    wait_until 30 contains "created /$(printf 'n%.0s' {1..255})"
    gfind v1 s | while read -r word path; do
        [ "$word" = created ] && printf '%b\0' "$path"
    done | LC_ALL=C sort -z >"$BATS_TEST_TMPDIR/words"
    gfind -0 v1 s | LC_ALL=C sed -z '1~2d' | LC_ALL=C sort -z >"$BATS_TEST_TMPDIR/nul"
    gfind -j v1 s | /usr/bin/python3 -c '
import base64, json, sys
for line in sys.stdin:
    c = json.loads(line)
    path = base64.b64decode(c["path_base64"]) if "path_base64" in c else c["path"].encode()
    sys.stdout.buffer.write(path + b"\0")' | LC_ALL=C sort -z >"$BATS_TEST_TMPDIR/json"
    [ "$(tr -dc '\0' <"$BATS_TEST_TMPDIR/nul" | wc -c)" = 4 ]
    cmp "$BATS_TEST_TMPDIR/words" "$BATS_TEST_TMPDIR/nul"
    cmp "$BATS_TEST_TMPDIR/json" "$BATS_TEST_TMPDIR/nul"
    on 1 sh -c 'cd /mnt/v1 && xargs -0 -I{} stat "/mnt/v1{}"' <"$BATS_TEST_TMPDIR/nul" >/dev/null
}

@test "only below a path, only files, only folders" {
    fs 'mkdir in out out/deep; echo >out/deep/f; echo >out/move; echo >in/gone; mkdir in/sub'
    begin
    fs 'mv out/deep in/deep; mv in/gone out/gone; mv out/move in/move; echo >out/x; rmdir in/sub; echo >in/end'
    wait_until 30 contains 'created /in/end' --path /in
    [ "$(gfind --path /in v1 s | LC_ALL=C sort | paste -sd ';')" = \
        'created /in/deep;created /in/end;created /in/move;deleted /in/gone;deleted /in/sub;found /in/deep/f' ]
    [ "$(gfind /mnt/v1/in s | wc -l)" = 6 ]
    [ "$(gfind v1:in s | wc -l)" = 6 ]
    grep -qx 'created /out/x' <<<"$(gfind "$(address 1):v1" s)"
    [ "$(gfind --type d --path /in v1 s | LC_ALL=C sort | paste -sd ';')" = 'created /in/deep;deleted /in/sub' ]
    run gfind --type f --path //in/ v1 s
    [[ "$output" != *'/in/sub'* && "$output" == *'created /in/move'* ]]
}

@test "sessions are listed, deleted, and do not mix" {
    fs 'echo >for-two'
    gfind v1 two >/dev/null
    run -0 gfind --list
    [[ "$output" == *'v1 s 20'* && "$output" == *'v1 two - printed'* ]]
    run -0 gfind --list -j v1
    [ "$(jq -r 'select(.session == "two") | .state' <<<"$output")" = printed ]
    [ "$(on 1 stat -c %a /root/gfind/v1)" = 700 ]
    gfind --ack v1 two
    run -0 gfind --list v1
    [[ "$output" == *"v1 two 20"*" acknowledged"* ]]
    gfind --delete v1 two
    run -0 gfind --list v1
    [[ "$output" != *two* ]]
    run -1 gfind --ack v1 two
    [[ "$output" == *'has no session two'* ]]
}

@test "what is wrong is said, with the remedy" {
    run -1 gfind off s
    [[ "$output" == *'gluster volume notify'*'enable'* ]]
    run -1 gfind none s
    [[ "$output" == *'there is no volume none'* ]]
    on 1 test ! -e /root/gfind/none
    run -1 gfind v1 'a/b'
    [[ "$output" == *'a/b: a session'* ]]
    run -1 gfind v1
    [[ "$output" == *'SESSION'* ]]
    run -1 gfind --type x v1 s
    run -1 gfind --ack v1 never
    on 1 sh -c 'echo rubbish >/root/gfind/v1/bad'
    run -1 gfind v1 bad
    [[ "$output" == *'is damaged'* ]]
    on 1 rm /root/gfind/v1/bad
    run -1 on 1 su -s /bin/sh nobody -c 'gfind v1 s'
    [[ "$output" == *'Permission denied'*'run it as root'* ]]
}

@test "output that cannot be written is not there to be acknowledged" {
    begin
    fs 'echo >unwritten'
    wait_until 30 contains 'created /unwritten'
    run -1 on 1 sh -c 'gfind --state /root/gfind v1 s >/dev/full'
    run -1 gfind --ack v1 s
    [[ "$output" == *'nothing was printed'* ]]
    told 'created /unwritten' 'created /unwritten'
}

@test "a session that is in use is refused" {
    on 1 sh -c 'flock /root/gfind/v1/.s.lock sleep 60' &
    wait_until 20 on 1 sh -c '! flock -n /root/gfind/v1/.s.lock true'
    run -1 gfind v1 s
    [[ "$output" == *'in use by another gfind'* ]]
    on 1 pkill -x sleep
}

@test "a brick that crashes leaves a gap, which is said, and filled by a crawl" {
    on 1 sh -c 'cd /mnt/v2 && mkdir d && for i in $(seq 20); do echo >d/$i; done'
    gfind --commit v2 s >/dev/null
    # clients' clocks may differ by a minute: so long a crawl looks back
    on 1 sh -c 'cd /mnt/v2 && for i in $(seq 20); do touch -d "2001-01-01" d/$i; done'
    brick_kill 1 e
    stock 1 volume start v2 force
    wait_until 30 bricks_online v2 2
    wait_until 30 on 1 sh -c 'echo x >>/mnt/v2/d/1 && echo >/mnt/v2/after && echo >/mnt/v2/after2 && echo >/mnt/v2/after3'
    on 1 rm /mnt/v2/d/2
    run -3 gfind v2 s
    [[ "${lines[0]}" == 'gap '* ]]
    grep -qx 'found /d/1' <<<"$output"
    grep -qx 'found /after' <<<"$output"
    gfind --ack v2 s
    run -0 gfind v2 s
    [ -z "$output" ]
}

@test "a volume that was made anew does not go on without a word" {
    stock 1 volume create v3 "$(brick 1 g)" force
    gluster 1 volume set v3 features.notify on
    stock 1 volume start v3
    gfind --commit v3 s
    stock 1 volume stop v3
    stock 1 volume delete v3
    stock 1 volume create v3 "$(brick 1 h)" force
    gluster 1 volume set v3 features.notify on
    stock 1 volume start v3
    volume_mount 1 v3
    on 1 sh -c 'echo >/mnt/v3/f'
    run -3 gfind v3 s
    [[ "${lines[0]}" == 'gap '* && "$output" == *'found /f'* ]]
    gfind --ack v3 s
    run -0 gfind v3 s
    [ -z "$output" ]
}

# history OPTION... BRICK...: as one line
history() { on 1 timeout 60 gfind --from-changelog "$@" | paste -sd ';'; }
J=.glusterfs/changelogs
last_slice() { on 1 sh -c "cat /srv/$1/$J/htime/HTIME.*" | tr '\0' '\n' | tail -n 1 | sed 's/.*\.//'; }
# slowly FILE BRICK: a read of the journal that opens FILE of it seconds after it began
slowly() {
    # shellcheck disable=SC2016
    on 1 timeout 60 sh -c 'strace -f -qq -o /dev/null -P "$(ls /srv/$2/$1)" -e trace=openat -e inject=openat:delay_enter=2500000 \
        gfind --from-changelog "/srv/$2"' sh "$1" "$2" | paste -sd ';'
}
slice_after() { [ "$(last_slice "$1")" -gt "$2" ]; }

@test "the journals of GlusterFS's own changelog are read, in both encodings" {
    local enc b1 b2 done_at
    for enc in ascii binary; do
        b1=$(brick 1 "$enc-1") b2=$(brick 1 "$enc-2")
        stock 1 volume create "$enc" replica 2 "$b1" "$b2" force
        stock 1 volume set "$enc" changelog.changelog on
        stock 1 volume set "$enc" changelog.rollover-time 1
        stock 1 volume set "$enc" changelog.encoding "$enc"
        stock 1 volume start "$enc"
        wait_until 60 bricks_online "$enc" 2
        volume_mount 1 "$enc"
        b1=/srv/$enc-1 b2=/srv/$enc-2
        on 1 sh -c "cd /mnt/$enc && mkdir -p d/e moved && echo 1 >d/old && echo 2 >d/gone && echo 3 >d/mode && echo 4 >one && echo 5 >t && rm t"
        run -0 history "$b1" "$b2"
        # GlusterFS itself sets an attribute of the root: the journal does not say which
        [ "${output#changed /;}" = 'created /d;created /d/e;created /d/gone;created /d/mode;created /d/old;created /moved;created /one' ] || { echo "$output"; false; }
        done_at=$(on 1 date +%s)
        wait_until 60 slice_after "$enc-1" "$done_at"
        wait_until 60 slice_after "$enc-2" "$done_at"
        done_at=$(($(on 1 date +%s) + 1))
        wait_until 60 slice_after "$enc-1" "$done_at"
        wait_until 60 slice_after "$enc-2" "$done_at"
        on 1 /usr/bin/python3 -c "
import os; os.chdir('/mnt/$enc')
open('d/old', 'a').write('more'); os.remove('d/gone'); os.chmod('d/mode', 0o600); os.rmdir('d/e')
os.rename('d', 'moved/d'); open(b'new\nli \xff', 'w').write('x'); os.link('one', 'two'); os.symlink('one', 'link')"
        run -0 history --since "$done_at" "$b1" "$b2"
        [ "$output" = 'deleted /d/gone;deleted /d/e;moved /d /moved/d;created /link;changed /moved/d/mode;modified /moved/d/old;created /new\x0ali\x20\xff;created /two' ] || { echo "$output"; false; }
        # slices that end while it reads: before it opens what is written now, and after
        on 1 sh -c ": >/mnt/$enc/late"
        [[ "$(slowly "$J/CHANGELOG" "$enc-1")" == *'created /late;'* ]]
        on 1 sh -c ": >/mnt/$enc/later; mv /mnt/$enc/later /mnt/$enc/latest"
        [[ "$(slowly "$J/htime/HTIME.*" "$enc-1")" == *'created /latest;'* ]]
        # a journal alone: names, but no paths
        [[ "$(history "$b2/$J/")" == *'created /link'* ]]
    done
}

@test "a journal that is damaged says where, and leaves a gap" {
    local file
    on 1 sh -c "mkdir -p /root/log/htime && cp -r /srv/ascii-1/$J/* /root/log/"
    file=$(on 1 sh -c "ls /root/log/*/*/*/CHANGELOG.* | head -n 1")
    on 1 truncate -s -3 "$file"
    run -3 on 1 gfind --from-changelog /root/log
    [[ "$output" == *"$file: a record is cut off at byte"* && "$output" == *'gap '* ]]
    on 1 rm "$file"
    run -3 on 1 gfind --from-changelog /root/log
    [[ "$output" == *'gap '* ]]
    run -1 gfind --from-changelog /srv
    [[ "$output" == *'/srv: no journal'*'changelogs'* ]]
    on 1 mkdir -p "/root/never/$J/htime" # as GlusterFS makes it for each brick
    run -3 on 1 gfind --from-changelog /root/never
    [[ "$output" == 'gap - '* ]]
    run -1 gfind --from-changelog
    run -1 gfind --from-changelog --since yesterday /srv/ascii-1
    [[ "$output" == *'seconds since 1970'* ]]
}

@test "no process has crashed" { logs_clean; }
