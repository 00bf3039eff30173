#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# What volume set refuses: it names thing, value or node and why, and nothing changes.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_start 3
    stock 1 volume create v1 replica 3 "$(brick 1 v1)" "$(brick 2 v1)" "$(brick 3 v1)" force
    stock 1 volume start v1
    wait_until 60 bricks_online v1 3
    gluster 1 volume set v1 features.glupy-timeout 1001
}
teardown_file() { pool_stop; }

sums() { sha256sum "$POOL_DIR"/[123]/lib/vols/v1/{info,trusted-v1.tcp-fuse.vol} "$POOL_DIR"/[123]/lib/vols/v1/*.vol; }
setup() { BEFORE=$(sums); }
unchanged() { [ "$(sums)" = "$BEFORE" ]; }

# refused PATTERN ARGS...: fails as stock does, says PATTERN, and nothing is changed
refused() {
    local pattern=$1
    shift
    run --separate-stderr gluster 1 volume set "$@"
    echo "$stderr"
    [ "$status" = 1 ]
    [ -z "$output" ]
    [[ $stderr == "volume set: failed: "* ]]
    # shellcheck disable=SC2053
    [[ $stderr == *$pattern* ]]
    unchanged
}

deploy() { # I NAME MODE: a module that does no harm but has that mode
    on "$1" sh -c 'd=/var/lib/glusterd/volext/modules; mkdir -p -m 700 $d; cat >$d/$1.py; chmod $2 $d/$1.py' sh "$2" "$3"
}

@test "a newline" { refused newline v1 features.glupy-option.m.k $'a\nb'; }

@test "5,000 bytes" {
    refused "4090" v1 features.glupy-option.m.k "$(head -c 5000 /dev/zero | tr '\0' x)"
}

@test "an empty value" { refused "is empty" v1 features.glupy-timeout ''; }

@test "= in a key" { refused "features.glupy-option.m.a=b" v1 features.glupy-option.m.a=b c; }

@test "a number out of range, a word that is none" {
    refused "'-1'" v1 features.glupy-timeout -1
    refused "'12x'" v1 features.glupy-timeout 12x
    refused "client, brick" v1 features.glupy-side both
}

@test "one bad value among good ones" {
    refused "'both'" v1 features.glupy-timeout 7 features.glupy-side both
}

@test "a module that nobody has" {
    refused "node *: module nosuchmodule: " v1 features.glupy-module nosuchmodule
}

@test "a module with a slash, with a dot" {
    refused "'../x'" v1 features.glupy-module ../x
    refused "'negative.py'" v1 features.glupy-module negative.py
}

@test "a module that does not compile" {
    local i
    for i in 1 2 3; do echo 'class xlator(' | deploy $i broken 600; done
    refused "module broken: " v1 features.glupy-module broken
}

@test "a module that raises on import" {
    local i
    for i in 1 2 3; do echo 'raise RuntimeError("on purpose")' | deploy $i raising 600; done
    refused "module raising: " v1 features.glupy-module raising
}

@test "a module that everybody may write" {
    local i
    for i in 1 2 3; do echo 'class xlator: pass' | deploy $i open 666; done
    refused "module open: " v1 features.glupy-module open
}

@test "a module that one node has not, and one that is another there" {
    echo 'class xlator: pass' | deploy 1 uneven 600
    echo 'class xlator: pass' | deploy 2 uneven 600
    refused "node $(address 3): module uneven: " v1 features.glupy-module uneven
    echo 'class xlator: x = 1' | deploy 3 uneven 600
    refused "node $(address 3) has another file of module uneven" v1 features.glupy-module uneven
}

@test "a position that no volfile has" {
    refused "node $(address 2): *v1.tcp-fuse.vol: *no place above cluster/nope"*"Nothing was changed" \
        v1 features.glupy-module negative features.glupy-position cluster/nope
    gluster 1 volume set v1 features.glupy-position cluster/nope
    setup
    refused "node $(address 3): *v1.tcp-fuse.vol: *no place above cluster/nope" v1 features.glupy-module negative
    gluster 1 volume set v1 features.glupy-module negative features.glupy-position cluster/replicate
    setup
    refused "no place above cluster/nope" v1 features.glupy-position cluster/nope
    # a brick that runs is to have a place when it starts again
    refused "v1.*.srv-v1.vol: *no place above cluster/nope" \
        v1 features.glupy-side brick features.glupy-position cluster/nope
    gluster 1 volume reset v1 features.glupy-module
    gluster 1 volume reset v1 features.glupy-position
}

@test "a position that stock options of the same command make" {
    gluster 1 volume set v1 features.glupy-module negative features.glupy-position performance/io-cache performance.io-cache on
    on 1 grep -q volext-glupy-negative /var/lib/glusterd/vols/v1/trusted-v1.tcp-fuse.vol
    gluster 1 volume reset v1 features.glupy-module
    gluster 1 volume reset v1 features.glupy-position
}

@test "a volume that does not exist" {
    refused "Volume nope does not exist" nope features.glupy-timeout 5
    run -1 gluster 1 volume get nope features.glupy-timeout
    [ "$output" = "volume get option: failed: Volume nope does not exist" ]
    run -1 gluster 1 volume reset nope features.glupy-timeout
    [ "$output" = "volume reset: failed: Volume nope does not exist" ]
    run -1 gluster 1 volume extension nope status
    [[ $output == *"Volume nope does not exist" ]]
}

@test "a node without the package" {
    on 3 sh -c 'mv /usr/lib/*/glusterfs/peer_volext /root/'
    refused "node $(address 3): volext is not installed there" v1 features.glupy-timeout 5
    on 3 sh -c 'mv /root/peer_volext /usr/lib/*/glusterfs/'
}

@test "a node that answers with garbage" {
    on 3 sh -c 'cd /usr/lib/*/glusterfs && mv peer_volext /root/ && printf "#!/bin/sh\necho hello\n" >peer_volext && chmod 755 peer_volext'
    refused "node $(address 3) did not answer" v1 features.glupy-timeout 5
    on 3 sh -c 'mv -f /root/peer_volext /usr/lib/*/glusterfs/'
}

@test "a node that is down, unless force" {
    glusterd_stop 3
    wait_until 60 peers_connected 1 2
    refused "node $(address 3) is down" v1 features.glupy-timeout 5
    run --separate-stderr gluster 1 volume set v1 features.glupy-timeout 1002 force
    [ "$status" = 0 ]
    [ "$output" = "volume set: success" ]
    [[ $stderr == *"node $(address 3) is down: it applies this when it returns"* ]]
    # force is for nodes that are down, not for what is wrong
    BEFORE=$(sums)
    refused "module nosuchmodule" v1 features.glupy-module nosuchmodule force
    glusterd_start 3
    wait_until 60 peers_connected 1 3
    wait_until 60 info_agrees v1 1 2 3
}

@test "failures in XML and JSON" {
    run -1 --separate-stderr gluster 1 --xml volume set v1 features.glupy-side both
    [ "$(xmllint --xpath 'concat(//opRet, //opErrno)' - <<<"$output")" = -122 ]
    [[ $output == *"<opErrstr>features.glupy-side: 'both' is not one of"* ]]
    run -1 --separate-stderr gluster 1 --json volume set v1 features.glupy-side both
    /usr/bin/python3 -c 'import json, sys; assert json.loads(sys.argv[1])["opRet"] == -1' "$output"
    unchanged
}

@test "Ctrl-C while the nodes are asked: at once, and nothing was changed" {
    # the node does not answer while the gate is shut
    on 1 sh -c 'mkfifo /root/gate; cd /usr/lib/*/glusterfs && mv peer_volext /root/ &&
        printf "#!/bin/sh\n: >/root/asked\nread -r _ </root/gate\n" >peer_volext && chmod 755 peer_volext'
    { wait_until 60 on 1 test -e /root/asked && on 1 pkill -INT -x gluster; } 3>&- &
    run --separate-stderr gluster 1 volume set v1 features.glupy-timeout 5
    wait $!
    on 1 sh -c 'mv -f /root/peer_volext /usr/lib/*/glusterfs/; exec 9<>/root/gate; echo >&9'
    [ "$status" = 130 ]
    [[ $stderr == "volume set: failed: interrupted while the nodes were asked. Nothing was changed" ]]
    unchanged
    # what was under way has ended when its lock is free again
    gluster 1 volume set v1 features.glupy-timeout 1003
}

@test "glusterd that does not run: stock's words, stock's status" {
    glusterd_stop 1
    local args
    for args in "volume set v1 features.glupy-timeout 5" "volume get v1 features.glupy-timeout" \
        "volume reset v1" "volume extension v1 status" "glupy list" "volume info"; do
        # shellcheck disable=SC2086
        run -1 --separate-stderr gluster 1 $args
        [ "$output" = "Connection failed. Please check if gluster daemon is operational." ]
    done
    run -1 --separate-stderr gluster 1 --json volume get v1 features.glupy-timeout
    /usr/bin/python3 -c 'import json, sys; assert json.loads(sys.argv[1])["opRet"] == -1' "$output"
    glusterd_start 1
    wait_until 60 peers_connected 1 3
}

@test "logs tell of no crash" {
    logs_clean 'on purpose|Traceback'
}
