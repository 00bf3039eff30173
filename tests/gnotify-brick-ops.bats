#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# What a brick records of each operation that comes from a mount, and of what it leaves out.
bats_require_minimum_version 1.5.0
load lib/pool
load lib/gnotify

setup_file() { gnotify_setup; }
teardown_file() { pool_stop; }
setup() { gnotify_names; }
teardown() { gnotify_down; }

# in M: COMMAND...; expects: the changes since the last time, on stdin
doing() { on c1 timeout 60 sh -c "cd $M && $1"; }
recorded() { changes -f "${SEQ:-oldest}" "${FROM[@]}"; }
# All changes of the test are what stdin has. CLOSE comes when the client lets go.
expects() {
    cat >"$BATS_TEST_TMPDIR/expected"
    changes_are() { changes "$@" >"$BATS_TEST_TMPDIR/found" && diff "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/found"; }
    wait_until 60 changes_are
}

@test "names: create, mkdir, mknod, symlink, link, rename, unlink, rmdir" {
    brick_start && mount_brick
    doing 'mkdir d && : >d/a && mkfifo d/p && mknod d/n c 1 3 && ln -s nowhere d/s && ln d/a d/b && mv d/a d/c &&
        mv -T d e; : >e/x; : >e/y; mv e/x e/y; rm e/b e/p e/c; rm -r e'
    expects <<'E'
mkdir /d | dir uid=0 gid=0
create /d/a | uid=0 gid=0
close /d/a | writable uid=0 gid=0
mknod /d/p | uid=0 gid=0
mknod /d/n | uid=0 gid=0
symlink /d/s | uid=0 gid=0
link /d/b | uid=0 gid=0
rename /d/a -> /d/c | uid=0 gid=0
rename /d -> /e | dir uid=0 gid=0
create /e/x | uid=0 gid=0
close /e/x | writable uid=0 gid=0
create /e/y | uid=0 gid=0
close /e/y | writable uid=0 gid=0
rename /e/x -> /e/y | last-link uid=0 gid=0
unlink /e/b | uid=0 gid=0
unlink /e/p | last-link uid=0 gid=0
unlink /e/c | last-link uid=0 gid=0
unlink /e/n | last-link uid=0 gid=0
unlink /e/s | last-link uid=0 gid=0
unlink /e/y | last-link uid=0 gid=0
rmdir /e | dir uid=0 gid=0
E
}

@test "data: write, truncate, fallocate, punch, zero, copy, O_TRUNC" {
    brick_start && mount_brick
    doing 'echo 12345 >f; echo 678 >>f; truncate -s 3 f; fallocate -l 8192 f; fallocate -p -o 0 -l 4096 f; 
        : >f' || :
    expects <<'E'
create /f | uid=0 gid=0
write /f | at=0+6 uid=0 gid=0
close /f | written writable uid=0 gid=0
write /f | at=6+4 uid=0 gid=0
close /f | written writable uid=0 gid=0
truncate /f | at=3+0 uid=0 gid=0
close /f | written writable uid=0 gid=0
fallocate /f | at=0+8192 uid=0 gid=0
close /f | written writable uid=0 gid=0
discard /f | at=0+4096 uid=0 gid=0
close /f | written writable uid=0 gid=0
truncate /f | at=0+0 uid=0 gid=0
close /f | writable uid=0 gid=0
E
}

@test "zerofill, copy_file_range, discard and fallocate, as programs without a mount send them" {
    brick_start
    on c1 timeout 30 /usr/local/libexec/volext/glupy-drive -l /root/log "/srv/$N.ask.vol" >"$BATS_TEST_TMPDIR/out" <<'S'
{"fop":"create","args":{"loc":{"path":"/f"},"flags":66,"mode":"0640","fd":"f"}}
{"fop":"writev","args":{"fd":"f","vector":["0123456789"],"offset":0}}
{"fop":"create","args":{"loc":{"path":"/g"},"flags":66,"mode":"0640","fd":"g"}}
{"fop":"copy_file_range","args":{"fd_in":"f","off_in":2,"fd_out":"g","off_out":100,"len":6,"flags":0}}
{"fop":"zerofill","args":{"fd":"g","offset":50,"len":60}}
{"fop":"fallocate","args":{"fd":"g","keep_size":1,"offset":0,"len":8192}}
{"fop":"discard","args":{"fd":"g","offset":0,"len":4096}}
{"fop":"ftruncate","args":{"fd":"g","offset":7}}
S
    jq -c '[.line, .fop, .op_ret, .op_errno]' "$BATS_TEST_TMPDIR/out"
    told() { changes | grep -q '^truncate'; }
    wait_until 10 told
    run changes
    echo "$output"
    [ "$(grep -v '^close' <<<"$output" | sed 's/ uid.*//')" = 'create /f |
write /f | at=0+10
create /g |
write /g | at=100+6
zerofill /g | at=50+60
fallocate /g | at=0+8192
discard /g | at=0+4096
truncate /g | at=7+0' ]
}

@test "put is told as a file that is made and written" {
    on c1 mkdir -p "$D"
    brick_volfile | sed '/debug.io-stats/,$d; /^volume .srv/d' | on c1 sh -c "cat >/srv/$N.put.vol"
    on c1 timeout 30 /usr/local/libexec/volext/glupy-drive -l /root/log "/srv/$N.put.vol" <<'S'
{"fop":"put","args":{"loc":{"path":"/put"},"mode":"0644","umask":0,"flags":66,"vector":["12345"],"offset":0,"xattr":{}}}
S
    brick_start
    [ "$(changes)" = 'create /put | written at=0+5 uid=0 gid=0' ]
}

@test "a rename of one name of a file to another one, which does nothing, is answered and not told" {
    brick_start
    on c1 timeout 30 /usr/local/libexec/volext/glupy-drive -l /root/log "/srv/$N.ask.vol" >"$BATS_TEST_TMPDIR/out" <<'S'
{"fop":"create","args":{"loc":{"path":"/a"},"flags":66,"mode":"0640","fd":"f"}}
{"fop":"link","args":{"oldloc":{"path":"/a"},"newloc":{"path":"/b"}}}
{"fop":"rename","args":{"oldloc":{"path":"/a"},"newloc":{"path":"/b"}}}
{"fop":"unlink","args":{"loc":{"path":"/a"},"xflags":0}}
S
    jq -c '[.fop, .op_ret, .op_errno]' "$BATS_TEST_TMPDIR/out"
    [ "$(jq -r .op_ret "$BATS_TEST_TMPDIR/out" | sort -u)" = 0 ]
    expects <<'E'
create /a | uid=0 gid=0
link /b | uid=0 gid=0
unlink /a | uid=0 gid=0
close /b | writable uid=0 gid=0
E
}

@test "attributes; those of GlusterFS's own are not told" {
    brick_start && mount_brick
    doing ': >f; mkdir d; chmod 700 f; chown 7:8 f; touch -d 2001-01-01 d; setfattr -n user.a -v 1 f
        setfattr -n trusted.mine -v 1 d; setfattr -n trusted.glusterfs.dht.x -v 1 f; setfattr -x user.a f
        setfacl -m u:9:r d 2>/dev/null' || :
    expects <<'E'
create /f | uid=0 gid=0
close /f | writable uid=0 gid=0
mkdir /d | dir uid=0 gid=0
setattr /f | uid=0 gid=0
setattr /f | uid=0 gid=0
setattr /d | dir uid=0 gid=0
setxattr /f | detail=user.a uid=0 gid=0
setxattr /d | dir detail=trusted.mine uid=0 gid=0
removexattr /f | detail=user.a uid=0 gid=0
E
}

@test "a hundred writes are a few records that cover all of them; what waited comes before the close" {
    brick_start && mount_brick
    doing 'dd if=/dev/zero of=f bs=100 count=100 2>/dev/null'
    closed() { changes | grep -q '^close /f'; }
    wait_until 60 closed
    changes >"$BATS_TEST_TMPDIR/all"
    cat "$BATS_TEST_TMPDIR/all"
    [ "$(tail -n 1 "$BATS_TEST_TMPDIR/all")" = 'close /f | written writable uid=0 gid=0' ]
    [ "$(grep -c '^write' "$BATS_TEST_TMPDIR/all")" -lt 60 ]
    # the ranges, one behind the other, are the file
    sed -n 's/^write .* at=\([0-9]*\)+\([0-9]*\) .*/\1 \2/p' "$BATS_TEST_TMPDIR/all" |
        awk '$1 > end { exit 1 } $1 + $2 > end { end = $1 + $2 } END { exit end != 10000 }'
}

@test "an open file goes by the name it was opened by, by its new name after a rename, and by its last one after unlink" {
    brick_start && mount_brick
    doing ': >a; ln a b; exec 5>>b; echo 1 >&5; mv b c; echo 22 >&5; mkdir d; mv c d/e; mv d f; echo 333 >&5
        rm f/e; echo 4444 >&5; rm a; echo 55555 >&5; exec 5>&-'
    names() { [ "$(changes | grep -aE '^(write|close)' | cut -d' ' -f2 | uniq | tr '\n' ' ')" = "$*" ]; }
    closed() { changes | grep -q '^close .*written'; }
    wait_until 60 closed
    changes
    names '/a /b /c /f/e /a '
}

@test "who did it: user, group, process, and a client that is named" {
    brick_start && mount_brick
    on c1 chmod 777 "$M"
    # shellcheck disable=SC2016
    on c1 setpriv --reuid 1234 --regid 5678 --clear-groups sh -c 'echo $$ >/tmp/pid; exec touch "$1"' sh "$M/theirs" ||
        on c1 sh -c "cat /tmp/pid"
    ask -- fetch >"$BATS_TEST_TMPDIR/all"
    cat "$BATS_TEST_TMPDIR/all"
    grep '^create /theirs' "$BATS_TEST_TMPDIR/all" | grep -q ' uid=1234 gid=5678 '
    local client
    client=$(sed -n 's/^create .*client=\([0-9a-f]*\) .*/\1/p' "$BATS_TEST_TMPDIR/all" | head -1)
    [ "$client" != 0000000000000000 ]
    sed '/^create/,$d' "$BATS_TEST_TMPDIR/all" | grep '^client' | grep "client=$client" | grep -q 'detail=CTX_ID:.*-PID:.*-HOST:c1'
}

@test "names with blanks, newlines, bytes that are no text, and of 255 bytes" {
    brick_start && mount_brick
    local long
    long=$(printf 'l%.0s' {1..255})
    on c1 sh -c "cd $M && touch 'with blank' \"\$(printf 'new\nline')\" \"\$(printf '\377\376')\" $long && mkdir -p 1/2/3/4/5/6/7/8/9 && touch 1/2/3/4/5/6/7/8/9/x"
    changes >"$BATS_TEST_TMPDIR/all"
    grep -qx 'create /with blank | uid=0 gid=0' "$BATS_TEST_TMPDIR/all"
    grep -qx 'create /new\\x0aline | uid=0 gid=0' "$BATS_TEST_TMPDIR/all"
    LC_ALL=C grep -aqx "$(printf 'create /\377\376 | uid=0 gid=0')" "$BATS_TEST_TMPDIR/all"
    grep -qx "create /$long | uid=0 gid=0" "$BATS_TEST_TMPDIR/all"
    grep -qx 'create /1/2/3/4/5/6/7/8/9/x | uid=0 gid=0' "$BATS_TEST_TMPDIR/all"
}

@test "a brick that has just started knows the paths, too" {
    brick_start && mount_brick
    doing 'mkdir -p d/e; echo 1 >d/e/f; echo 1 >d/e/g; ln d/e/g d/h; exec 5>>d/e/f; echo 2 >&5; touch /tmp/ready; exec sleep 1000' 3>&- &
    wait_until 60 on c1 test -e /tmp/ready
    brick_end KILL
    brick_run
    wait_until 60 fs stat "$M/d/e/f"
    doing 'echo 3 >>/proc/$(pgrep -f "^sleep 1000")/fd/5; echo 4 >>d/e/g; chmod 600 d/e; touch d/e/new; rm d/e/f; rmdir d/e || :; rm d/e/* && rmdir d/e'
    on c1 pkill -x sleep
    run changes
    echo "$output"
    # after the second start
    ask -- fetch | sed -n '/^start .*at=[1-9]/,$p' >"$BATS_TEST_TMPDIR/after"
    run grep '^[a-z]* ?' "$BATS_TEST_TMPDIR/after"
    [ "$status" = 1 ]
    grep -q '^write /d/e/f ' "$BATS_TEST_TMPDIR/after"
    grep -qE '^write /d/(e/g|h) ' "$BATS_TEST_TMPDIR/after"
    grep -q '^setattr /d/e ' "$BATS_TEST_TMPDIR/after"
    grep -q '^rmdir /d/e ' "$BATS_TEST_TMPDIR/after"
}

@test "only the events that are wanted; open, read and opendir only when asked for" {
    brick_start events open,close,read,opendir
    mount_brick
    doing 'echo 1 >f; cat f; ls . >/dev/null'
    both() { changes | grep -qx 'close / | dir uid=0 gid=0' && changes | grep -qx 'close /f | uid=0 gid=0'; }
    wait_until 60 both
    run changes
    echo "$output"
    run grep -cE '^(create|write)' <<<"$output"
    [ "$output" = 0 ]
    changes | grep -qx 'open /f | uid=0 gid=0'
    changes | grep -qx 'read /f | at=0+2 uid=0 gid=0'
    changes | grep -qx 'open / | dir uid=0 gid=0'
}

@test "a client that connects again opens its files again: that is none, their close is one" {
    brick_start events all && mount_brick
    on c1 sh -c "exec 5>$M/f; echo 1 >&5; touch /tmp/opened; exec sleep 1001" 3>&- &
    wait_until 60 on c1 test -e /tmp/opened
    brick_end KILL
    brick_run
    wait_until 60 fs stat "$M/f"
    doing 'echo 2 >>/proc/$(pgrep -f "^sleep 1001")/fd/5'
    on c1 pkill -f '^sleep 1001'
    both_closed() { # by who wrote a line, and by who had it open
        ask -- fetch | sed -n '/^start .*at=[1-9]/,$p' | grep -a ' /f ' | sed 's/ |.*//' >"$BATS_TEST_TMPDIR/after"
        [ "$(grep -c ^close "$BATS_TEST_TMPDIR/after")" = 2 ]
    }
    wait_until 60 both_closed
    cat "$BATS_TEST_TMPDIR/after"
    [ "$(grep -c ^open "$BATS_TEST_TMPDIR/after")" = 1 ] # of the second one
    [ "$(grep -c ^write "$BATS_TEST_TMPDIR/after")" = 1 ]
}

@test "off: nothing is recorded, and readers are told so" {
    brick_start active off && mount_brick
    doing 'echo 1 >f'
    [ -z "$(changes)" ]
    ask -- hello | grep -q ' off$'
    on c1 test ! -e "$J"
}

@test "no brick has crashed" { no_brick_has_crashed; }
