#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# What volext-locate and gluster.locality say, against what is on the bricks, for
# volumes of every kind.
bats_require_minimum_version 1.5.0
load lib/pool

volumes='dist same rep2 rep3 arb disp drep shard'

volume() { # NAME BRICKS-OR-WORDS...
    stock 1 volume create "$@" force >/dev/null && stock 1 volume start "$1" >/dev/null
}

mount_has_all_bricks() { # VOLUME
    # shellcheck disable=SC2016
    on 1 sh -c 'set -- "/mnt/$1"/.meta/graphs/active/*-client-*/private
        [ "$(cat "$@" | grep -c "^connected = 1")" = $# ]' - "$1"
}

setup_file() {
    pool_start 3
    for i in 1 2 3; do on $i hostname node$i; done # before bricks tell it
    volume dist "$(brick 1 da)" "$(brick 2 db)" "$(brick 3 dc)"
    volume same "$(brick 1 s)" "$(brick 2 s)" "$(brick 3 s)"
    volume rep2 replica 2 "$(brick 1 b1)" "$(brick 2 b2)"
    volume rep3 replica 3 "$(brick 1 r)" "$(brick 2 r)" "$(brick 3 r)"
    volume arb replica 3 arbiter 1 "$(brick 1 a)" "$(brick 2 a)" "$(brick 3 a)"
    volume disp disperse 3 redundancy 1 "$(brick 1 e)" "$(brick 2 e)" "$(brick 3 e)"
    volume drep replica 2 "$(brick 1 x1)" "$(brick 2 x2)" "$(brick 2 x3)" "$(brick 3 x4)"
    volume shard replica 2 "$(brick 1 h1)" "$(brick 2 h2)" "$(brick 2 h3)" "$(brick 3 h4)"
    stock 1 volume set shard features.shard on
    stock 1 volume set shard features.shard-block-size 4MB
    for v in rep2 arb; do stock 1 volume set $v cluster.self-heal-daemon off; done
    for v in $volumes; do
        wait_until 60 bricks_online "$v" 2
        volume_mount 1 "$v"
        wait_until 60 mount_has_all_bricks "$v" # what is made without one is there when it is healed
        on 1 /usr/bin/python3 "$POOL_SOURCE/tests/lib/locality_fill.py" "/mnt/$v"
    done
    for i in 1 2 3; do echo "$(address $i) node$i"; done | on 1 tee -a /etc/hosts >/dev/null
}
teardown_file() { pool_stop; }

program() { on "$1" /usr/local/libexec/volext/volext-locate "${@:2}"; }
right() { # [SERVER:PATH...]: what comes in is what is on the bricks that are not down
    /usr/bin/python3 -B "$POOL_LIB/locality.py" "$POOL_DIR" "$@"
}
same() { on 1 /usr/bin/python3 -B "$POOL_SOURCE/tests/lib/locality_same.py" "$@"; }
# field PATH NUMBER: of the record of a file
field() { tr '\0\n' '\n\1' | grep -xF -A4 -- "$1" | sed -n "$2p"; }

@test "every file of every kind of volume is told where its data is" {
    for v in $volumes; do
        echo "$v"
        program 1 "$v" | right
    done
}

@test "a walk of the mount says the same, and so does a question for one file" {
    run -0 same /mnt/{dist,same,rep2,rep3,arb,disp,drep,shard}
    [ "$(grep -c ' files' <<<"$output")" = 8 ]
}

@test "no mount, and not even a glusterd, is needed" {
    node_boot c1
    program c1 "$(address 2):drep" | right
    program c1 "$(address 2):disp" /d | grep -qa '/d/e e/plain'
    run -3 program c1 drep
    [[ $output == *'no glusterd at'* ]]
}

@test "a relative path begins where VOLUME is, names may be of any bytes" {
    program 1 /mnt/rep2/d | tr '\0' '\n' | grep -qx /d/plain
    [ "$(program 1 /mnt/rep2/d 'e e/plain' | field '/d/e e/plain' 2)" = 0 ]
    [ "$(program 1 /mnt/rep2/d /plain | field /plain 3)" = 0,1 ]
    [ "$(program 1 rep2 $'/\xff\xfe\x80' $'new\nline' 'a> <POSIX(' '//d/./gt>' | tr '\0' '\n' |
        tail -n 4 | tr '\n' ' ')" = 'end 4 0  ' ]
}

@test "what is not there or no file is told, the rest too" {
    out=$BATS_TEST_TMPDIR/out
    program 1 rep2 /nope /link /fifo /plain /d/../plain >"$out" || [ $? = 1 ]
    text=$(tr '\0' '\n' <"$out")
    [ "$(grep -c '^error$' <<<"$text")" = 4 ]
    grep -A1 -x error <<<"$text" | grep -qx /nope
    [ "$(tail -n 3 <<<"$text" | tr '\n' ' ')" = 'end 1 4 ' ]
}

@test "an arbiter is marked, and is not an address" {
    program 1 arb | tr '\0' '\n' | grep -qx arbiter
    run -0 gluster 1 volume locate arb /plain
    [ "${lines[0]}" = '/plain: replicated, arb-replicate-0' ]
    [ "${lines[3]}" = "    $(brick 3 a) (arbiter)" ]
    run -0 on 1 /usr/bin/python3 -c 'from gluster.locality import *
place = locate("/mnt/arb/plain")
assert [r.arbiter for r in place.replicas] == [False, False, True], place
print(place.urls)'
    [ "$output" = "['dfs://$(address 1)/plain', 'dfs://$(address 2)/plain']" ]
}

@test "a file of more than one shard is told as such" {
    on 1 sh -c 'head -c 9M /dev/zero >/mnt/shard/big; truncate -s 20M /mnt/shard/sparse; echo >/mnt/shard/small'
    out=$(program 1 shard | tr '\0\n' '\n\1')
    [ "$(grep -x -A3 /big <<<"$out" | tail -n 1)" = 4194304:9437184 ]
    [ "$(grep -x -A3 /sparse <<<"$out" | tail -n 1)" = 4194304:20971520 ]
    [ "$(grep -x -A3 /small <<<"$out" | tail -n 1)" = - ]
    [ "$(program 1 shard /big | field /big 4)" = 4194304:9437184 ]
    run -0 gluster 1 volume locate shard /big
    [[ ${lines[0]} == '/big: replicated, shard-replicate-'?', sharded: the first 4194304 bytes' ]]
    same /mnt/shard
    program 1 shard >"$BATS_TEST_TMPDIR/out"
    run ! grep -qa '/\.shard' "$BATS_TEST_TMPDIR/out"
}

@test "gluster volume locate: text, XML and JSON, and what it refuses" {
    run -0 gluster 1 volume locate drep d/plain $'/new\nline'
    [ "$(grep -c ': replicated, drep-replicate-' <<<"$output")" = 2 ]
    grep -q '^/new\\x0aline: ' <<<"$output"
    gluster 1 --json volume locate rep2 $'/\xff\xfe\x80' / >"$BATS_TEST_TMPDIR/json"
    run -0 /usr/bin/python3 - "$BATS_TEST_TMPDIR/json" <<<'import json, sys
found = json.load(open(sys.argv[1]))["volLocate"]
one = [f for f in found["files"] if f.get("pathHex") == "2ffffe80"]
assert len(one) == 2 and one[0]["bricks"][1]["path"] == "/srv/b2", one
assert len(found["files"]) > 70 and one[0]["type"] == "replicated"'
    run -0 gluster 1 --xml volume locate dist /plain
    [[ $output == *'<type>distributed</type>'* && $output == *'<arbiter>0</arbiter>'* ]]
    xmllint --noout - <<<"$output" 2>/dev/null || ! command -v xmllint
    run -1 --separate-stderr gluster 1 volume locate nix /
    [ "$stderr" = 'volume locate: failed: Volume nix does not exist' ]
    run -1 --separate-stderr gluster 1 volume locate rep2 /nope
    [ "$stderr" = 'volume locate: failed: /nope: No such file or directory' ]
    run -1 --separate-stderr gluster 1 volume locate rep2 /plain ''
    [ "$stderr" = 'volume locate: failed: a PATH is empty: name a file or a folder of rep2, or / for all of it' ]
    [ -z "$output" ]
    for path in d/../plain /d/../plain //d//../plain; do
        run -1 --separate-stderr gluster 1 volume locate rep2 "$path"
        echo "$stderr"
        [[ $stderr == 'volume locate: failed: /d/../plain: '*'a path with ..' ]]
    done
    # shellcheck disable=SC2016
    run -1 gluster 1 volume locate rep2 '$(touch /tmp/shell)' '; touch /tmp/shell'
    run ! on 1 test -e /tmp/shell
    run -1 gluster 1 volume locate rep2
    [[ $output == *'volume locate VOLNAME PATH...'* ]]
}

@test "XML and JSON have every error, and every name" {
    for form in json xml; do
        for args in '/no1 /plain /no2 /no\xff' '/plain'; do
            read -ra paths <<<"$args"
            gluster 1 --$form volume locate rep2 "${paths[@]/'\xff'/$'\xff'}" >"$BATS_TEST_TMPDIR/$form" || [ "$args" != /plain ]
            run -0 /usr/bin/python3 - $form "$BATS_TEST_TMPDIR/$form" "$args" <<'END'
import json, sys, xml.etree.ElementTree as tree
if sys.argv[1] == "json":
    whole = json.load(open(sys.argv[2]))
    errors, files = whole["volLocate"]["errors"], whole["volLocate"]["files"]
else:
    root = tree.parse(sys.argv[2]).getroot()
    whole = {n: root.findtext(n) for n in ("opRet", "opErrstr")}
    files, errors = ([{f.tag: f.text for f in e} for e in root.findall("volLocate/%s/%s" % names)]
                     for names in (("files", "file"), ("errors", "error")))
assert [f["path"] for f in files] == ["/plain"], files
if sys.argv[3] == "/plain":
    assert errors == [] and int(whole["opRet"]) == 0, whole
else:
    assert [e["path"] for e in errors] == ["/no1", "/no2", "/no\ufffd"], errors
    assert [int(e["errno"]) for e in errors] == [2, 2, 2] and errors[0]["reason"] == "No such file or directory", errors
    assert errors[2]["pathHex"] == "2f6e6fff" and "pathHex" not in errors[0], errors
    assert int(whole["opRet"]) == -1 and whole["opErrstr"] == "/no1: No such file or directory", whole
END
        done
    done
    # what is true of the whole volume has its name
    stock 1 volume create off "$(brick 1 off)" force
    gluster 1 --json volume locate off /plain >"$BATS_TEST_TMPDIR/json" || [ $? = 1 ]
    run -0 /usr/bin/python3 - "$BATS_TEST_TMPDIR/json" <<<'import json, sys
whole = json.load(open(sys.argv[1]))
[error] = whole["volLocate"]["errors"]
assert whole["volLocate"]["files"] == [] and error["path"] == "off" and "start" in error["reason"], whole
assert error["reason"] == whole["opErrstr"], whole'
    stock 1 --mode=script volume delete off
    # what UTF-8 can say and XML cannot
    on 1 sh -c 'mkdir /mnt/rep2/odd && touch "$1" "$2"' - $'/mnt/rep2/odd/\xef\xbf\xbe' $'/mnt/rep2/odd/\xef\xbf\xbf'
    for form in json xml; do
        gluster 1 --$form volume locate rep2 /odd >"$BATS_TEST_TMPDIR/$form"
        for hex in be bf; do grep -q "2f6f64642fefbf$hex" "$BATS_TEST_TMPDIR/$form"; done
    done
}

@test "who is not root gets what he may see" {
    run -0 on 1 setpriv --reuid 65534 --regid 65534 --clear-groups /usr/bin/python3 -c 'import sys
from gluster.locality import *
errors = []
paths = [p.name for p in iterate("/mnt/drep", onerror=errors.append)]
assert "/d/plain" in paths and [e.path for e in errors] == ["/mnt/drep/f11"], errors'
}

@test "with bricks down those that answer are told, and a set without any is named" {
    brick_kill 2 b2
    brick_kill 1 a
    brick_kill 3 e
    brick_kill 2 x3
    program 1 rep2 | right "$(brick 2 b2)"
    program 1 arb | right "$(brick 1 a)"
    program 1 disp | right "$(brick 3 e)"
    program 1 drep | right "$(brick 2 x3)"
    same /mnt/rep2 /mnt/arb /mnt/disp /mnt/drep
    brick_kill 2 db
    program 1 dist >"$BATS_TEST_TMPDIR/out" || [ $? = 1 ]
    right "$(brick 2 db)" <"$BATS_TEST_TMPDIR/out"
    tr '\0' '\n' <"$BATS_TEST_TMPDIR/out" | grep -x -A3 error | grep -qx 'none of its bricks answers'
    tr '\0' '\n' <"$BATS_TEST_TMPDIR/out" | grep -x -A1 error | grep -qx dist-client-1
    same /mnt/dist
}

# Asking for a name makes GlusterFS mend it on the brick that missed it, first of all the name.
@test "what a brick has missed is told as the volume sees it" {
    on 1 sh -c 'echo new >/mnt/rep2/new; rm /mnt/rep2/d/plain; mkdir /mnt/rep2/n; echo 1 >/mnt/rep2/n/1'
    stock 1 volume start rep2 force
    wait_until 60 bricks_online rep2 2
    wait_until 60 both_see_plain
    program 1 rep2 >"$BATS_TEST_TMPDIR/out"
    tr '\0' '\n' <"$BATS_TEST_TMPDIR/out" | grep -qx /new
    tr '\0' '\n' <"$BATS_TEST_TMPDIR/out" | grep -qx /n/1
    run ! grep -qa '/d/plain' "$BATS_TEST_TMPDIR/out"
    if program 1 rep2 /d/plain >/dev/null; then false; fi
    program 1 rep2 | right
    wait_until 60 same /mnt/rep2 # the mount finds the brick again, too
}
both_see_plain() { [ "$(program 1 rep2 /plain | field /plain 3)" = 0,1 ]; }

@test "nothing has crashed" { logs_clean; }
