#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# python3 -m gluster.glupy.run: a module over a folder, without glusterd.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_create $$
    node_boot c1
    on c1 sh -c "mkdir -p /root/modules /srv/files && cp $BATS_TEST_DIRNAME/modules/*.py /root/modules && chmod 600 /root/modules/*
        touch /srv/files/there"
}
teardown_file() { pool_stop; }

RUN="/usr/bin/python3 -m gluster.glupy.run"
# shellcheck disable=SC2086
harness() { on c1 timeout 60 $RUN "$@"; }
nothing_is_left() {
    local left
    left=$(on c1 sh -c 'ls -d /tmp/glupy-run.*; grep fuse.glusterfs /proc/mounts; pgrep -ax glusterfs' 2>/dev/null) || :
    echo "$left"
    [ -z "$left" ]
}
mounted() { on c1 grep -q fuse.glusterfs /proc/mounts; }

@test "a command runs in the mount, through the module, and its status is the harness's" {
    run -7 --separate-stderr harness /root/modules/functions.py /srv/files -- sh -c 'ls; stat hidden; exit 7'
    [ "$output" = there ]
    [[ $stderr == *"hidden"*"No such file"* ]]
    nothing_is_left
    # shellcheck disable=SC2016 # the inner shell's
    run -0 harness negative /srv/files -- sh -c '[ "$GLUPY_MOUNT" = "$PWD" ] && touch a && ls -d a'
    on c1 test -e /srv/files/a
    run -127 harness negative /srv/files -- no-such-program
    # shellcheck disable=SC2016
    run -137 harness negative /srv/files -- sh -c 'kill -9 $$'
    nothing_is_left
}

@test "options reach the module, and its log and traceback the terminal" {
    run -1 --separate-stderr harness /root/modules/raises.py /srv/files -o where=cbk -o but=lookup -- sh -c 'touch x || exit'
    [[ $stderr == *"Input/output error"* ]]
    [[ $stderr == *"raises: error: create_cbk: Traceback"*"RuntimeError: before unwinding create"* ]]
    [[ $stderr != *"[MSGID"* ]]
    run -0 --separate-stderr harness /root/modules/raises.py /srv/files --on-error pass -- stat there
    on c1 sh -c "printf 'from gluster.glupy import *\nclass xlator(Translator):\n    def __init__(self, c_this):\n        log_info(repr(self.options))\n' >/root/modules/says.py"
    # shellcheck disable=SC2016
    run -0 --separate-stderr harness /root/modules/says.py /srv/files -o 'a=b "c" `date` \n' -- stat there
    echo "$stderr"
    [[ $stderr == *'glupy: {'*"'a': 'b \"c\" \`date\` \\\\n'}"* ]]
}

@test "ctrl-C, SIGTERM and an umount end it, and nothing is left" {
    local how
    for how in INT TERM umount; do
        on c1 sh -c "exec $RUN negative /srv/files /mnt/here 2>/tmp/err" &
        wait_until 60 mounted
        wait_until 60 on c1 grep -q 'ctrl-C unmounts' /tmp/err
        on c1 ls -d /mnt/here/there
        case $how in umount) on c1 umount /mnt/here ;; *) on c1 pkill -$how -f gluster.glupy.run ;; esac
        wait $!
        nothing_is_left
    done
    on c1 test -d /mnt/here
}

@test "a mount that is in use goes when it no longer is" {
    on c1 sh -c "exec $RUN negative /srv/files /mnt/here 2>/tmp/err2" &
    local harness=$!
    wait_until 60 on c1 grep -q 'ctrl-C unmounts' /tmp/err2
    on c1 sh -c 'cd /mnt/here && exec sleep 30' &
    wait_until 60 on c1 pgrep -x sleep
    on c1 pkill -INT -f gluster.glupy.run
    wait $harness
    nothing_is_left
    on c1 grep -q 'is in use' /tmp/err2
    on c1 pkill -x sleep
}

@test "when the harness is killed, its mount ends too" {
    on c1 sh -c "exec $RUN negative /srv/files 2>/tmp/err" &
    wait_until 60 mounted
    on c1 pkill -KILL -f gluster.glupy.run
    wait_until 60 eval '! on c1 pgrep -x glusterfs'
    on c1 sh -c 'rm -rf /tmp/glupy-run.*'
}

@test "a module that is somebody else's runs as a copy, and is told how to be trusted" {
    on c1 sh -c 'mkdir -p /tmp/mine && cp /root/modules/functions.py /tmp/mine && chown -R nobody /tmp/mine'
    run -0 --separate-stderr harness /tmp/mine/functions.py /srv/files -- sh -c '! stat hidden'
    [[ $stderr == *"is not root's: this run uses a copy of /tmp/mine/functions.py."*chown* ]]
    nothing_is_left
}

@test "what cannot be done is refused with the reason, and nothing is left" {
    refused() { # PATTERN ARGS...
        local pattern=$1
        shift
        run -125 --separate-stderr harness "$@"
        echo "$stderr"
        # shellcheck disable=SC2053
        [[ $stderr == "glupy.run: "*$pattern* ]]
        nothing_is_left
    }
    refused 'no such file' /root/modules/nothing.py /srv/files
    refused 'no such folder' negative /srv/nothing
    refused 'not called NAME.py' /root/modules/1.py /srv/files
    refused 'neither a file' '1.x' /srv/files
    refused 'KEY=VALUE is wanted' negative /srv/files -o x
    refused 'line end' negative /srv/files -o "x=a
b"
    on c1 sh -c 'mkdir -p /srv/brick; setfattr -n trusted.glusterfs.volume-id -v abc /srv/brick'
    refused 'is a brick of a volume' negative /srv/brick
    run -2 harness negative /srv/files --timeout soon
    run -2 harness negative /srv/files --
    # shellcheck disable=SC2086 # a list of words
    run ! on c1 setpriv --reuid nobody --clear-groups $RUN negative /srv/files
    [[ $output == *"root is needed"* ]]
}

@test "with the module missing or broken, it says so" {
    run --separate-stderr harness /root/modules/no_import.py /srv/files -- stat there
    [[ $stderr == *there_is_no_such_module* ]]
    run --separate-stderr harness nosuchmodule /srv/files -- stat there
    echo "$stderr"
    [[ $stderr == *"nosuchmodule.py: cannot be looked at"* ]]
}

@test "what is recorded is answered the same when it is replayed" {
    on c1 rm -rf /srv/files /srv/rec
    on c1 mkdir /srv/files
    run -0 harness negative /srv/files --record /srv/rec -- sh -ec 'mkdir d; echo hallo >d/a; cat d/a; ln d/a d/b
        mv d/b c; ls -l . d; ln -s x s; readlink s; setfattr -n user.a -v b d/a; getfattr -d d/a; truncate -s 3 d/a
        rm c; ! cat nothing; chmod 600 d/a; chown 5:6 d/a; mkfifo p; rm d/a; rmdir d'
    run -0 harness negative --replay /srv/rec
    echo "$output"
    [[ $output == *[0-9]" operations, all answered as recorded" ]]
    run -125 harness negative /srv/files --record /srv/rec -- true
    [[ $output == *"such a file already"* ]]
    nothing_is_left
}

@test "a replay says which answers are others, and how" {
    on c1 sh -c 'cat >/srv/lines' <<'L'
{"fop": "create", "args": {"loc": "/hidden", "flags": 66, "mode": "0644", "fd": "f1"}, "op_ret": 0, "results": {"buf": {"st_size": 1}}}
{"fop": "writev", "args": {"fd": "f1", "vector": "text", "offset": 0}, "op_ret": 4}
# a comment
{"close": "f1"}
{"fop": "lookup", "args": {"loc": "/hidden"}, "op_ret": 0, "results": {"buf": {"st_size": 4}}}
{"fop": "lookup", "args": {"loc": "/none"}, "op_ret": -1, "op_errno": "ENOENT"}
L
    run -1 harness /root/modules/functions.py --replay /srv/lines
    echo "$output"
    [ "$output" = '/srv/lines:1: create(loc="/hidden", flags=66, mode="0644", fd="f1")
    buf.st_size: recorded 1, now 0
/srv/lines:5: lookup(loc="/hidden")
    op_ret: recorded 0, now -1
4 operations, 2 with another answer' ]
    nothing_is_left
}

@test "a replay may begin with a copy of a folder" {
    on c1 sh -c 'rm -rf /srv/files; mkdir /srv/files'
    run -0 harness negative /srv/files -- sh -c 'echo text >a; mkdir d; echo x >d/b'
    on c1 cp -a /srv/files /srv/before
    run -0 harness negative /srv/files --record /srv/rec2 -- sh -c 'cat a; mv d/b a; rmdir d'
    run -0 harness negative --replay /srv/rec2 /srv/before
    on c1 test -e /srv/before/d/b
    run -1 harness negative --replay /srv/rec2
}

@test "a module that winds a place without an inode hears of it; the process lives" {
    on c1 sh -c 'cat >/root/modules/noinode.py' <<'P'
from gluster.glupy.native import *
class xlator(Translator):
    async def mkdir(self, loc):
        await self.child.getxattr(Loc(path='/', gfid=bytes(15) + b'\1'), 'user.a')
    async def rmdir(self, loc):
        root = Loc(path='/', inode=loc.parent.root, gfid=loc.parent.root.gfid)
        assert (await self.child.stat(root)).buf.st_ino == 1
        return await self.child.rmdir()
P
    run -0 --separate-stderr harness /root/modules/noinode.py /srv/files -- sh -c '! mkdir x && ls'
    [[ $stderr == *"TypeError: argument loc: the Loc has no inode"* ]]
    on c1 mkdir /srv/files/y
    run -0 harness /root/modules/noinode.py /srv/files -- rmdir y
}

@test "a classic module may format all that it gets, and slice names, also what is NULL" {
    on c1 sh -c "cp $BATS_TEST_DIRNAME/modules/formats.py /root/modules; rm -rf /srv/files; mkdir /srv/files"
    # shellcheck disable=SC2016
    run -0 --separate-stderr harness /root/modules/formats.py /srv/files -o file=/srv/seen -- sh -ec 'echo text >a
        cat a; setfattr -n user.a -v b a; getfattr -d a; ! cat none'
    [[ $stderr != *Traceback* ]]
    [[ $output == *'user.a="b"'* ]] # the list of names was asked for by NULL
    on c1 grep -qE '^lookup [0-9]+ gfid=[0-9a-f-]{36} path=/a name=a inode=<.*> xdata=<.*>$' /srv/seen
    on c1 grep -qE '^looked 00000000-0000-0000-0000-000000000001/none -1 2 .*xdata=' /srv/seen
    on c1 grep -qE '^created [0-9a-f-]{36} fd=<.*> \(gfid=[0-9a-f-]{36} ino=[0-9]+ mode=644 size=0 nlink=1 type=1 year=20' /srv/seen
    on c1 grep -q '^getxattr /a name=NULL True$' /srv/seen
    on c1 grep -qE '^readv [0-9a-f-]{36} fd=<.*> size=' /srv/seen
}

@test "GlusterFS's own package of the same name works beside ours" {
    on c1 /usr/bin/python3 -c 'import gluster.cliutils, gluster.glupy, gluster.glupy.run'
    on c1 /usr/bin/python3 -c 'import gluster.glupy; import gluster.cliutils.cliutils' 
    on c1 /usr/bin/python3 -I -m gluster.glupy.run --help
}
