#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# volume set, get, reset and info of extension keys, on three nodes.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_start 3
    local v
    for v in v1 v2; do
        stock 1 volume create $v replica 3 "$(brick 1 $v)" "$(brick 2 $v)" "$(brick 3 $v)" force
    done
    stock 1 volume start v1
    wait_until 60 bricks_online v1 3
}
teardown_file() { pool_stop; }

# What a command prints goes to $output, standard error to $stderr.
cli() { run --separate-stderr gluster "$@"; }
value() { gluster 1 volume get "$1" "$2" | sed -n "3s/^$2 *//p" | sed 's/ *$//'; }
# The stored value on node I; nothing when the key is not there
stored() { sed -n "s/^user.$3=//p" "$POOL_DIR/$1/lib/vols/$2/info"; }
version() { sed -n 's/^version=//p' "$POOL_DIR/1/lib/vols/$1/info"; }
applied_everywhere() { info_agrees "$1" 1 2 3 && as_desired "$1" 1 2 3; }

@test "a module is set on all nodes, and taken back" {
    cli 1 volume set v1 features.glupy-module negative
    [ "$status" = 0 ]
    [ "$output" = "volume set: success" ]
    applied_everywhere v1
    grep -q 'type features/glupy' "$POOL_DIR/3/lib/vols/v1/trusted-v1.tcp-fuse.vol"
    [ "$(value v1 features.glupy-module)" = negative ]
    cli 1 volume reset v1 features.glupy-module
    [ "$status" = 0 ]
    [ "$output" = "volume reset: success: reset volume successful" ]
    applied_everywhere v1
    run ! grep -q 'type features/glupy' "$POOL_DIR/3/lib/vols/v1/trusted-v1.tcp-fuse.vol"
    [ "$(value v1 features.glupy-module)" = off ]
}

@test "off is off in any case of letters, by stock too" {
    gluster 1 volume set v1 features.glupy-module negative
    gluster 1 volume set v1 features.glupy-module Off
    [ "$(value v1 features.glupy-module)" = off ]
    applied_everywhere v1
    run ! grep -q 'type features/glupy' "$POOL_DIR/2/lib/vols/v1/trusted-v1.tcp-fuse.vol"
    gluster 1 volume set v1 features.glupy-module negative
    stock 1 volume set v1 user.features.glupy-module OFF
    applied_everywhere v1
    run ! grep -q 'type features/glupy' "$POOL_DIR/2/lib/vols/v1/trusted-v1.tcp-fuse.vol"
    cli 1 volume set v1 features.glupy-module negative,Off
    [ "$status" = 1 ]
    [[ $stderr == *"has off among the modules"* ]]
    gluster 1 volume reset v1 features.glupy-module
}

@test "the digest of the module goes with it" {
    gluster 1 volume set v1 features.glupy-module negative
    [[ $(stored 2 v1 features.glupy-digest.negative) =~ ^[0-9a-f]{64}$ ]]
    gluster 1 volume reset v1 features.glupy-module
}

@test "several keys in one command are one change" {
    local before
    before=$(version v1)
    gluster 1 volume set v1 features.glupy-timeout 500 user.features.glupy-on-error fail
    [ "$(version v1)" = $((before + 1)) ]
    [ "$(value v1 features.glupy-timeout)" = 500 ]
    [ "$(value v1 features.glupy-on-error)" = fail ]
    gluster 1 volume reset v1 features.glupy-timeout
    gluster 1 volume reset v1 features.glupy-on-error
}

@test "stock keys and extension keys in one command" {
    local before
    before=$(version v1)
    cli 2 volume set v1 features.glupy-timeout 700 diagnostics.client-log-level WARNING
    [ "$status" = 0 ]
    [ "$output" = "volume set: success" ]
    [ "$(version v1)" = $((before + 1)) ]
    [ "$(stored 3 v1 features.glupy-timeout)" = 700 ]
    stock 1 volume get v1 diagnostics.client-log-level | grep -q WARNING
}

@test "one bad stock key rejects all, also the extension's" {
    cli 1 volume set v1 features.glupy-timeout 701 no.such-key 1
    [ "$status" = 1 ]
    [[ $stderr == "volume set: failed: option : no.such-key does not exist"* ]]
    [ "$(value v1 features.glupy-timeout)" = 700 ]
    applied_everywhere v1
    gluster 1 volume reset v1 features.glupy-timeout
}

@test "an option that the stock program set is shown as ours" {
    stock 3 volume set v1 user.features.glupy-timeout 4321
    [ "$(value v1 features.glupy-timeout)" = 4321 ]
    gluster 1 volume info v1 | grep -qx 'features.glupy-timeout: 4321'
    gluster 1 volume reset v1 user.features.glupy-timeout
    [ "$(value v1 features.glupy-timeout)" = 1000 ]
}

@test "info shows what is set, without user., and nothing that is at its default or hidden" {
    gluster 1 volume set v1 features.glupy-module negative features.glupy-option.negative.x '<a&b>=ü'
    run gluster 1 volume info v1
    [[ $output == *$'\nfeatures.glupy-module: negative\n'* ]]
    [[ $output == *$'\nfeatures.glupy-option.negative.x: <a&b>=ü\n'* ]]
    [[ $output != *user.features* && $output != *digest* && $output != *glupy-timeout* ]]
    gluster 1 volume info | grep -q 'Volume Name: v2'
    gluster 1 --xml volume info v1 | xmllint --xpath \
        'string(//option[name="features.glupy-option.negative.x"]/value)' - | grep -qxF '<a&b>=ü'
    [ "$(gluster 1 --xml volume info all | xmllint --xpath 'count(//volume)' -)" = 2 ]
    [ "$(gluster 1 --xml volume info v1 | xmllint --xpath '//optCount = count(//options/option)' -)" = true ]
    gluster 1 --json volume info | /usr/bin/python3 -c '
import json, sys
volumes = json.load(sys.stdin)["volInfo"]["volumes"]["volume"]
v1 = {v["name"]: {o["name"]: o["value"] for o in v["options"]} for v in volumes}["v1"]
assert v1["features.glupy-module"] == "negative", v1
assert v1["features.glupy-option.negative.x"] == "<a&b>=ü", v1
assert not [k for k in v1 if "digest" in k or k.startswith("user.")], v1'
    gluster 1 volume reset v1 features.glupy-module
}

@test "info of a volume without extension keys is stock's, byte for byte" {
    cmp <(gluster 1 volume info v2) <(stock 1 volume info v2)
    cmp <(gluster 1 --xml volume info v2) <(stock 1 --xml volume info v2)
}

@test "get shows the table, XML and JSON" {
    cmp <(gluster 1 volume get v2 features.glupy-threads) - <<-END
	$(printf '%-40s %-39s' Option Value)
	$(printf '%-40s %-39s' ------ -----)
	$(printf '%-40s %-39s' features.glupy-threads 2)
	END
    [ "$(gluster 1 --xml volume get v2 features.glupy-threads |
        xmllint --xpath 'concat(//opRet, //count, //Opt/Option, //Opt/Value)' -)" = 01features.glupy-threads2 ]
    gluster 1 --json volume get v2 features.glupy-threads | /usr/bin/python3 -c '
import json, sys
assert json.load(sys.stdin)["volGetopts"]["Opt"] == [{"Option": "features.glupy-threads", "Value": "2"}]'
}

@test "get all is stock's rows, then ours" {
    local rows
    rows=$(stock 1 volume get v2 all | wc -l)
    cmp <(stock 1 volume get v2 all) <(gluster 1 volume get v2 all | head -n "$rows")
    gluster 1 volume get v2 all | tail -n +$((rows + 1)) | grep -qE '^features.glupy-module +off \(DEFAULT\) *$'
    gluster 1 --xml volume get v2 all | xmllint --xpath '//count = count(//Opt)' - | grep -qx true
    gluster 1 --json volume get v2 all | /usr/bin/python3 -c '
import json, sys
got = json.load(sys.stdin)["volGetopts"]
assert got["count"] == len(got["Opt"]) > 300'
}

@test "set and reset say what stock says in XML" {
    local ours stocks
    ours=$(gluster 1 --xml volume set v1 features.glupy-timeout 77)
    stocks=$(stock 1 --xml volume set v1 diagnostics.client-log-level INFO)
    [ "$ours" = "$stocks" ]
    ours=$(gluster 1 --xml volume reset v1 features.glupy-timeout)
    stocks=$(stock 1 --xml volume reset v1 diagnostics.client-log-level)
    [ "$ours" = "$stocks" ]
    gluster 1 --json volume set v1 features.glupy-timeout 78 | /usr/bin/python3 -c '
import json, sys
assert json.load(sys.stdin)["opRet"] == 0'
}

@test "a reset of all options takes ours back on all nodes" {
    gluster 1 volume set v1 features.glupy-module negative features.glupy-timeout 5 diagnostics.client-log-level DEBUG
    cli 2 volume reset v1
    [ "$status" = 0 ]
    [ "$output" = "volume reset: success: reset volume successful" ]
    applied_everywhere v1
    run ! grep -q glupy "$POOL_DIR/3/lib/vols/v1/trusted-v1.tcp-fuse.vol"
    [ -z "$(stored 1 v1 features.glupy-module)" ]
    [ "$(value v1 features.glupy-timeout)" = 1000 ]
}

@test "an option without a default is reset, too" {
    gluster 1 volume reset v1
    gluster 1 volume set v1 features.glupy-position performance/io-cache features.glupy-option.m.k 1
    gluster 1 volume reset v1 features.glupy-position
    gluster 1 volume reset v1 features.glupy-option.m.k
    run gluster 1 volume info v1
    [[ $output != *glupy* ]]
    [ "$(value v1 features.glupy-position)" = "(null)" ]
    glusterd_stop 1
    glusterd_start 1
    wait_until 60 peers_connected 1 3
}

@test "words may be abbreviated as in stock" {
    gluster 1 v se v1 features.glupy-timeout 99
    gluster 1 vol get v1 features.glupy-timeout | grep -q 99
    gluster 1 vol inf v1 | grep -q 'features.glupy-timeout: 99'
    gluster 1 volume reset v1 features.glupy-timeout
}

@test "cmd_history.log tells who set what" {
    gluster 1 volume set v1 features.glupy-timeout 1234
    grep -q ' : volume set v1 features.glupy-timeout 1234 : SUCCESS' "$POOL_DIR/1/log/cmd_history.log"
}

@test "values of any alphabet, with = and blanks, survive a restart of glusterd" {
    gluster 1 volume set v1 features.glupy-option.m.k '日本=語  x "y"'
    glusterd_stop 2
    glusterd_start 2
    wait_until 60 peers_connected 2 3
    wait_until 60 peers_connected 1 3
    [ "$(gluster 2 volume get v1 features.glupy-option.m.k | sed -n '3s/^[^ ]* *//p' | sed 's/ *$//')" = '日本=語  x "y"' ]
}

@test "the longest value that glusterd bears is set and seen to be applied" {
    local key=features.glupy-option.m.k
    # all that a node's answer escapes, so that its lines are cut
    gluster 1 volume set v1 $key "$(head -c $((4090 - 5 - ${#key})) /dev/zero | tr '\0' %)"
    [ "$(stored 3 v1 $key | wc -c)" = $((4090 - 5 - ${#key} + 1)) ]
    gluster 1 volume set v1 $key "$(head -c $((4090 - 5 - ${#key})) /dev/zero | tr '\0' x)"
    gluster 1 volume reset v1 $key
}

@test "two nodes set at once, on one volume: both succeed, one after the other" {
    local i
    for i in 1 2 3 4 5; do gluster 1 volume set v1 features.glupy-timeout 1$i; done >"$BATS_TEST_TMPDIR/1" &
    local other=$!
    for i in 1 2 3 4 5; do gluster 2 volume set v1 features.glupy-threads $((2 + i)); done
    wait $other
    [ "$(grep -c success "$BATS_TEST_TMPDIR/1")" = 5 ]
    [ "$(value v1 features.glupy-timeout)" = 15 ]
    [ "$(value v1 features.glupy-threads)" = 7 ]
    applied_everywhere v1
}

@test "help lists our keys and commands beside stock's" {
    local rows
    rows=$(stock 1 volume set help | wc -l)
    [ "$(gluster 1 volume set help | wc -l)" -gt "$rows" ]
    gluster 1 volume set help | grep -qx 'Option: features.glupy-module'
    run ! grep -q 'glupy-digest\|volext.epoch' <(gluster 1 volume set help)
    gluster 1 volume set help-xml | xmllint --xpath 'string(//option[name="features.glupy-side"]/defaultValue)' - | grep -qx client
    gluster 1 volume help | grep -q '^volume extension VOLNAME'
    gluster 1 help | grep -q '^ glupy install'
}

@test "logs tell of no crash" {
    logs_clean
}
