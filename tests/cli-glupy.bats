#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# gluster glupy install, list, show, remove: one file on all nodes, or on none.
bats_require_minimum_version 1.5.0
load lib/pool

MODULES=/var/lib/glusterd/volext/modules

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_start 3
    stock 1 volume create v1 "$(brick 1 v1)" "$(brick 2 v1)" force
    stock 1 volume start v1
}
teardown_file() { pool_stop; }

# write NAME [LINE]...: a module in /srv/NAME.py of node 1
write() {
    local name=$1
    shift
    on 1 sh -c 'cat >"/srv/$1.py"' sh "$name" < <(
        echo '"""Does nothing.

    Second line."""'
        printf '%s\n' 'from gluster.glupy import *' 'class xlator(Translator):' '    pass' "$@"
    )
}
digest() { sha256sum <"$POOL_DIR/$1/lib/volext/modules/$2.py" | cut -d' ' -f1; }
nowhere() { # NAME
    local i
    for i in 1 2 3; do on $i test ! -e "$MODULES/$1.py" || return 1; done
}
refused() { # PATTERN ARGS...
    local pattern=$1
    shift
    run --separate-stderr gluster 1 glupy "$@"
    echo "$stderr"
    [ "$status" = 1 ]
    [ -z "$output" ]
    # shellcheck disable=SC2053
    [[ $stderr == "glupy $1: failed: "*$pattern* ]]
}

@test "a module is installed on all nodes: root writes it, everybody may read it" {
    write first
    run gluster 1 glupy install /srv/first.py
    [ "$status" = 0 ]
    [ "$output" = "glupy install: success: module first is on 3 nodes" ]
    local i
    for i in 1 2 3; do
        [ "$(on $i stat -c '%a %U' $MODULES/first.py)" = "644 root" ]
        [ "$(on $i stat -c '%a %U' $MODULES ${MODULES%/*})" = $'755 root\n711 root' ]
        [ "$(on $i stat -c '%a %U' $MODULES/incoming $MODULES/.checked)" = $'700 root\n700 root' ]
        [ "$(digest $i first)" = "$(sha256sum <"$POOL_DIR/1/bricks/first.py" | cut -d' ' -f1)" ]
    done
}

@test "it is listed, and shown, in text, XML and JSON" {
    gluster 2 glupy list | grep -qE '^first +deployed +[0-9a-f]{12}  Does nothing\.$'
    gluster 2 glupy list | grep -qE '^negative '
    gluster 2 --xml glupy list | xmllint --xpath 'string(//module[name="first"]/state)' - | grep -qx deployed
    gluster 2 --json glupy list | /usr/bin/python3 -c '
import json, sys
modules = {m["name"]: m for m in json.load(sys.stdin)["glupyModules"]["module"]}
assert len(modules["first"]["digest"]) == 64 and modules["first"]["differs"] == []'
    gluster 3 glupy show first | grep -q 'Second line'
    gluster 3 --json glupy show first | /usr/bin/python3 -c '
import json, sys
assert json.load(sys.stdin)["glupyModule"]["doc"][0] == "Does nothing."'
}

@test "a module that does not compile is on no node, and an older one stays" {
    write bad 'class ('
    refused "module bad: node " install /srv/bad.py
    nowhere bad
    local before
    before=$(digest 2 first)
    write first 'raise RuntimeError("on purpose")'
    refused "on purpose" install /srv/first.py
    [ "$(digest 2 first)" = "$before" ]
}

@test "a module that one node cannot import is on no node, and an older one stays everywhere" {
    write picky
    gluster 1 glupy install /srv/picky.py
    old=$(digest 1 picky)
    write picky 'import socket' "if socket.gethostname() == '$(on 3 hostname)':" "    raise RuntimeError('not on this one')"
    refused "not on this one"*"Nothing was changed" install /srv/picky.py
    local i
    for i in 1 2 3; do
        [ "$(digest $i picky)" = "$old" ]
        [ -z "$(on $i ls $MODULES/incoming)" ]
    done
    gluster 1 glupy remove picky
}

@test "a method that would never be called, or cannot be, is told before anything is changed" {
    write typo '    def lookupp_fop(self, frame, this, loc, xdata): pass'
    refused "does not work: no operation is called lookupp, so that lookupp_fop would never be called; is lookup_fop meant?" install /srv/typo.py
    write few '    def lookup_fop(self, frame, this, loc): pass'
    refused "lookup_fop cannot be called with its arguments: they are (self, frame, this, loc, xdata)" install /srv/few.py
    write cbk '    def stat_cbk(self, frame, cookie, this, op_ret, op_errno, buf): pass'
    refused "they are (self, frame, cookie, this, op_ret, op_errno, buf, xdata)" install /srv/cbk.py
    local m
    for m in typo few cbk; do nowhere $m; done
    on 1 sh -c 'cat >/srv/coro.py' <<-'END'
	from gluster.glupy.native import *
	class xlator(Translator):
	    async def lookup(self, path): pass
	END
    refused "lookup has no argument 'path'; it has loc, request, xdata" install /srv/coro.py
    # what can be called is fine, and so is what is no operation
    write good '    def lookup_fop(self, *args): pass' '    @staticmethod' '    def stat_fop(frame, this, loc, xdata=None): pass' \
        '    def note_cbk(self): pass' '    def _lookupp_fop(self): pass'
    gluster 1 glupy install /srv/good.py
    gluster 1 glupy remove good
}

@test "what is no module is refused before anything is sent" {
    write x
    on 1 sh -c 'cd /srv; cp x.py bad-name.py; cp x.py noext; mkdir dir.py; head -c 1048577 /dev/zero >big.py; mkfifo pipe.py'
    refused '"bad-name" is not the name of a module' install /srv/bad-name.py
    refused "not called NAME.py" install /srv/noext
    refused "not a regular file" install /srv/dir.py
    refused "not a regular file" install /srv/pipe.py
    refused "larger than 1048576 bytes" install /srv/big.py
    refused "No such file" install /srv/nothing.py
    refused "is not the name of a module" show ../../etc/passwd
    refused "is not the name of a module" remove a/b
}

@test "a module of the largest size is installed" {
    write large
    on 1 sh -c 'cd /srv; n=$((1048576 - $(stat -c %s large.py) - 2)); printf "#%*s\n" $n "" >>large.py; [ "$(stat -c %s large.py)" = 1048576 ]'
    gluster 1 glupy install /srv/large.py
    [ "$(digest 3 large)" = "$(digest 1 large)" ]
    gluster 1 glupy remove large
    nowhere large
}

@test "volumes that use a module get its new code" {
    write used
    gluster 1 glupy install /srv/used.py
    gluster 1 volume set v1 features.glupy-module used
    write used 'x = 2'
    run gluster 1 glupy install /srv/used.py
    [ "$status" = 0 ]
    [ "$output" = "glupy install: success: module used is on 3 nodes; 1 volume uses it from now on" ]
    local i
    for i in 1 2 3; do
        grep -q "module-digest $(digest $i used)" "$POOL_DIR/$i/lib/vols/v1/trusted-v1.tcp-fuse.vol"
    done
    as_desired v1 1 2 3
    # the same file again changes nothing
    run gluster 1 glupy install /srv/used.py
    [ "$output" = "glupy install: success: module used is on 3 nodes" ]
}

@test "a module that is used is not removed" {
    refused "v1" remove used
    [ "$(digest 3 used)" = "$(digest 1 used)" ]
    gluster 1 volume reset v1 features.glupy-module
    gluster 1 glupy remove used
    nowhere used
}

@test "list names the node that differs" {
    on 3 sh -c "echo '# changed' >>$MODULES/first.py"
    gluster 1 glupy list | grep -qE "node $(address 3) has another file, [0-9a-f]{12}"
    on 3 rm $MODULES/first.py
    gluster 1 glupy list | grep -q "node $(address 3) does not have it"
    write first
    gluster 1 glupy install /srv/first.py
    run ! grep -q "node $(address 3)" <(gluster 1 glupy list)
}

@test "a module that nobody has" {
    refused "nosuch" show nosuch
    refused "no node has module nosuch" remove nosuch
}

@test "a packaged module stays; what was copied from it is removed" {
    refused "module negative comes with the package and stays" remove negative
    gluster 1 volume set v1 features.glupy-module negative
    gluster 1 volume reset v1 features.glupy-module
    run -0 gluster 1 glupy remove negative
    [ "$output" = "glupy remove: success: module negative is removed from 3 nodes" ]
    gluster 1 glupy list | grep -qE '^negative +packaged '
}

@test "a node that is down is named, and nothing is changed" {
    glusterd_stop 3
    wait_until 60 peers_connected 1 2
    write late
    refused "node $(address 3) is down" install /srv/late.py
    nowhere late
    refused "node $(address 3) is down" remove first
    on 2 test -e $MODULES/first.py
    gluster 1 glupy list 2>&1 | grep -q "node $(address 3): is down"
    glusterd_start 3
    wait_until 60 peers_connected 1 3
}

@test "wrong words are told with the usage" {
    run --separate-stderr -1 gluster 1 glupy install
    [[ $stderr == *"Usage:"*"glupy install FILE"* ]]
}

@test "logs tell of no crash" {
    logs_clean 'on purpose|Traceback'
}
