#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# The crawl of libgnotify: it finds what a mount shows, with any names, and says what it could
# not see.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=120
    pool_start 1
    stock 1 volume create v1 replica 2 "$(brick 1 a)" "$(brick 1 b)" "$(brick 1 c)" "$(brick 1 d)" force
    stock 1 volume create v2 "$(brick 1 e)" "$(brick 1 f)" force
    stock 1 volume create v3 disperse 3 redundancy 1 "$(brick 1 g)" "$(brick 1 h)" "$(brick 1 i)" force
    local v
    for v in v1 v2 v3; do
        stock 1 volume start $v
        volume_mount 1 $v
    done
    on 1 sh -c "mkdir /root/bin && cp '$BUILD/libgnotify/crawl-list' /root/bin"
}
teardown_file() { pool_stop; }

crawl() { on 1 timeout 60 /root/bin/crawl-list "$@"; }
# the same from a mount: type and path, NUL-separated, sorted
found_by_find() { on 1 find "/mnt/$1" -mindepth 1 -printf '%y %s /%P\0' | LC_ALL=C sort -z; }
found_by_crawl() { crawl "$1" | LC_ALL=C sed -zE 's/^(.) [0-9a-f]{32} /\1 /' | LC_ALL=C sort -z; }
same() {
    found_by_find "$1" >"$BATS_TEST_TMPDIR/find"
    found_by_crawl "$1" >"$BATS_TEST_TMPDIR/crawl"
    # of a folder a mount may show another brick's size
    sed -zE -i 's/^d [0-9]+ /d /' "$BATS_TEST_TMPDIR/find" "$BATS_TEST_TMPDIR/crawl"
    cmp "$BATS_TEST_TMPDIR/find" "$BATS_TEST_TMPDIR/crawl" || {
        diff <(tr '\0' '\n' <"$BATS_TEST_TMPDIR/find") <(tr '\0' '\n' <"$BATS_TEST_TMPDIR/crawl")
        false
    }
}

@test "a crawl finds what find finds, whatever the names are" {
    local v
    for v in v1 v2 v3; do
        on 1 /usr/bin/python3 - "/mnt/$v" <<'P'
import os, sys
os.chdir(sys.argv[1])
for d in range(20):
    os.mkdir('d%d' % d)
    for f in range(20):
        with open('d%d/f%d' % (d, f), 'w') as out:
            out.write('x' * f)
os.mkdir('names')
for name in (b'new\nline', b'no \xff\xfe utf8', b' ', b'-n', b'\xc3\xa4', b'n' * 255, b'\\', b"'", b'tab\t'):
    open(b'names/' + name, 'w').close()
os.mkdir(b'names/' + b'd' * 255)
os.symlink('nowhere', 'names/link')
os.mkfifo('names/fifo')
os.link('d0/f5', 'names/hard')
os.makedirs('/'.join('deep%d' % i for i in range(40)))
P
        same "$v"
    done
}

@test "an entry has its file's gfid" {
    local gfid
    gfid=$(on 1 getfattr --absolute-names --only-values -n glusterfs.gfid.string /mnt/v1/d3/f7 | tr -d -)
    crawl v1 | tr '\0' '\n' | grep -qxF "f $gfid 7 /d3/f7"
}

@test "what is below one folder" {
    [ "$(crawl v1 /d3 | tr '\0' '\n' | cut -d ' ' -f 4 | sort | head -3 | xargs)" = "/d3/f0 /d3/f1 /d3/f10" ]
    [ "$(crawl v1 /d3/ | tr -dc '\0' | wc -c)" = 20 ]
    run -1 crawl v1 /none
    [[ "$output" == *'No such file'* ]]
    run -1 crawl v1 /d3/f1
    [[ "$output" == *'Not a directory'* ]]
}

@test "what was changed since" {
    local since
    on 1 touch /mnt/v1/clock
    since=$(($(on 1 stat -c %Z /mnt/v1/clock) + 1))
    wait_until 10 on 1 sh -c "touch /mnt/v1/clock; [ \$(stat -c %Z /mnt/v1/clock) -ge $since ]"
    on 1 sh -c 'echo >/mnt/v1/d5/f1; chmod 600 /mnt/v1/d6/f1; mkdir /mnt/v1/d7/new; touch /mnt/v1/d7/new/f'
    [ "$(crawl -s "$since" v1 | tr '\0' '\n' | cut -d ' ' -f 4 | sort | xargs)" = "/clock /d5/f1 /d6/f1 /d7 /d7/new /d7/new/f" ]
}

@test "where xtime is kept, folders without changes are not listed" {
    local since
    stock 1 volume set v1 geo-replication.indexing on
    # marker has begun when it marks what is new
    wait_until 30 on 1 sh -c 'mkdir -p /mnt/v1/x; n=/mnt/v1/x/$(date +%N); mkdir "$n"
        for b in a b c d; do getfattr -d -m xtime "/srv/$b/x/${n##*/}"; done 2>/dev/null | grep -c xtime= | grep -qx 4'
    on 1 sh -c 'for i in $(seq 20); do mkdir /mnt/v1/x/$i; touch /mnt/v1/x/$i/f; done'
    on 1 touch /mnt/v1/clock
    since=$(($(on 1 stat -c %Z /mnt/v1/clock) + 1))
    wait_until 10 on 1 sh -c "touch /mnt/v1/clock; [ \$(stat -c %Z /mnt/v1/clock) -ge $since ]"
    on 1 sh -c 'echo >/mnt/v1/x/9/f'
    [ "$(crawl -s "$since" v1 | tr '\0' '\n' | cut -d ' ' -f 4 | sort | xargs)" = "/clock /x/9/f" ]
    local all some
    all=$(crawl -q v1 /x | cut -d ' ' -f 4)
    some=$(crawl -q -s "$since" v1 /x | cut -d ' ' -f 4)
    echo "$some of $all folders"
    [ "$some" = 2 ]
}

@test "folders that come and go meanwhile are no error" {
    on 1 sh -c 'while [ ! -e /tmp/stop ]; do mkdir -p /mnt/v1/go/a/b/c; rm -rf /mnt/v1/go; done' &
    local changer=$! i rc=0
    for i in 1 2 3 4 5; do crawl -q v1 || rc=$?; done
    on 1 touch /tmp/stop
    wait $changer || :
    [ $rc = 0 ]
}

@test "with a replica's brick away all is found; with a lone brick away that is said" {
    brick_kill 1 a
    same v1
    brick_kill 1 g
    same v3
    brick_kill 1 e
    run -1 crawl -q v2
    [[ "$output" == *'v2-client-0: Transport endpoint is not connected'* ]]
    brick_kill 1 h
    run -1 crawl -q v3
    stock 1 volume start v2 force
    wait_until 30 bricks_online v2 2
    wait_until 30 crawl -q v2
}

@test "no process has crashed" { logs_clean; }
