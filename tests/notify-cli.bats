#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# gluster volume notify [VOLNAME|all] {enable [EVENTS] | disable | status | forget READER}
# shellcheck disable=SC2016 # what is quoted so is expanded on the node
bats_require_minimum_version 1.5.0
load lib/pool
load lib/command
COMMAND=notify

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=180 POOL_RESIDENT=yes
    pool_start 3
    on 1 mkdir -p /root/bin
    on 1 cp "$BUILD/xlators/gnotify/ask" /root/bin/
    stock 1 volume create v1 replica 2 "$(brick 1 a)" "$(brick 2 a)" force
    stock 1 volume create v2 "$(brick 1 b)" "$(brick 3 b)" force
    stock 1 volume start v1
    wait_until 30 bricks_online v1 2
    volume_mount 1 v1
}
teardown_file() { pool_stop; }
teardown() { # every test begins with volumes as they were made
    local v
    for v in v1 v2; do
        ! is_changed $v || gluster 1 volume reset $v force
    done >/dev/null 2>&1
}
is_changed() {
    options_of "$1" | grep -qE '^(user|performance\.open-behind|features\.ctime)' ||
        grep -qE '^user\.(features\.notify=on|volext\.notify=[^d])' "$(info "$1")"
}

# What is set of a volume but for what glusterd cannot drop: our own, at their defaults
options_of() {
    grep -vE '^(version|user.volext.notify|user.features.notify)=|^user.features.notify-events=default$' "$(info "$@")" | sort
}
notify() { command_of_v1 "$@"; }

# ask VOL BRICK-NUMBER REQUEST...
ask() {
    on 1 sh -c 'sed -n "/^volume $1-client-$2\$/,/^end-volume/p" "/var/lib/glusterd/vols/$1/trusted-$1.tcp-fuse.vol" >"/root/$1.vol"' sh "$1" "$2"
    on 1 timeout 30 /root/bin/ask "/root/$1.vol" "${@:3}"
}
records() { [[ $(ask v1 "$1" hello) != *' off'* ]]; }
rests() { [[ $(ask v1 "$1" hello) == *' off'* ]]; }

@test "enable has every brick record, at once, and disable ends that" {
    run -0 --separate-stderr notify enable
    [ "$output" = "volume notify: success: enabled on volume v1, events: default" ]
    [ -z "$stderr" ]
    wait_until 20 records 0
    wait_until 20 records 1
    on 1 touch /mnt/v1/f
    ask v1 0 fetch | grep -q '^create /f '
    ask v1 1 fetch | grep -q '^create /f '
    as_desired v1 1 2 3
    # what is remembered is nobody's business
    gluster 1 volume info v1 | grep -x 'features.notify: on'
    run -1 grep -E 'user\.|volext' <(gluster 1 volume info v1)
    run ! gluster 1 volume get v1 volext.notify
    run -0 --separate-stderr notify disable
    [ "$output" = "volume notify: success: disabled on volume v1" ]
    [ -z "$stderr" ]
    wait_until 20 rests 0
    wait_until 20 rests 1
    as_desired v1 1 2 3
    run -0 --separate-stderr notify disable # once more is no error
    [ "$stderr" = "it was not enabled on volume v1; nothing was changed" ]
}

@test "enable with opens has them reach the bricks, and disable puts back exactly what was before" {
    opened() { # a small file, read only
        on 1 cat /mnt/v1/small >/dev/null
        ask v1 0 fetch >"$BATS_TEST_TMPDIR/0"
        ask v1 1 fetch >"$BATS_TEST_TMPDIR/1"
        cat "$BATS_TEST_TMPDIR"/[01] | grep -q '^open /small '
    }
    local was
    on 1 sh -c 'echo x >/mnt/v1/small'
    for was in '' on off; do
        [ -z "$was" ] || stock 1 volume set v1 performance.open-behind $was
        gluster 1 volume set v1 features.notify-events create
        options_of >"$BATS_TEST_TMPDIR/before"
        notify enable open,close,moved_to
        [ "$(stored performance.open-behind)" = off ]
        [ "$(stored user.features.notify-events)" = open,close,moved_to ]
        wait_until 30 opened
        notify enable all
        notify enable
        [ "$(stored performance.open-behind)" = off ]
        [ "$(stored user.features.notify-events)" = all ]
        as_desired v1 1 2
        run -0 --separate-stderr notify disable
        [ -z "$stderr" ]
        options_of | diff "$BATS_TEST_TMPDIR/before" -
        [ "$(stored user.volext.notify)" != on ]
    done
    stock 1 volume reset v1 performance.open-behind
    # with other events opens are put off again, at once
    notify enable open
    options=$(options_of | grep -v events)
    notify enable create
    [ -z "$(stored performance.open-behind)" ]
    [ "$(stored user.features.notify-events)" = create ]
    [[ $options == *open-behind=off* ]]
    stock 1 volume set v1 performance.open-behind on
    notify enable close_nowrite
    [ "$(stored performance.open-behind)" = off ]
    notify enable default
    [ "$(stored performance.open-behind)" = on ]
    notify disable
    [ "$(stored performance.open-behind)" = on ]
}

@test "what was changed by hand since stays, and is named" {
    notify enable open
    stock 1 volume set v1 performance.open-behind on
    gluster 1 volume set v1 features.notify-events delete
    run -0 --separate-stderr notify disable
    [[ $stderr == *"performance.open-behind was changed by hand: it stays on"* ]]
    [[ $stderr == *"features.notify-events was changed by hand: it stays delete"* ]]
    [ "$(stored performance.open-behind)" = on ]
    [ "$(stored user.features.notify-events)" = delete ]
    [ "$(stored user.features.notify)" = off ]
    stock 1 volume reset v1 performance.open-behind
    notify enable open
    stock 1 volume set v1 performance.open-behind on
    run -0 --separate-stderr notify enable open
    [[ $stderr == *"performance.open-behind was on by hand: it is off again"* ]]
    notify disable
    [ -z "$(stored performance.open-behind)" ]
    # turned on by hand, off by the command
    gluster 1 volume set v1 features.notify on
    notify disable
    [ "$(stored user.features.notify)" = off ]
}

@test "what cannot be is refused with its reason, and nothing was changed" {
    local words='access, modify, attrib, close_write, close_nowrite, close, open, moved_to, moved_from, move, move_self, create, delete, delete_self, default, all'
    refused "features.notify-events: 'create,erase' is no list of events: 'erase' is none; give some of $words with commas between them" enable create,erase
    refused "features.notify-events: 'Create' is no list of events: 'Create' is none; give some of $words with commas between them" enable Create
    refused "features.notify-events: '' is empty: glusterd would not start again with it; to go back to the default use volume reset" enable ''
    stock 1 volume set v1 features.ctime off
    refused "features.ctime of volume v1 is off, and by the time that it puts on changes the copies of one are known for one: \`gluster volume set v1 features.ctime on\`" enable
    stock 1 volume reset v1 features.ctime
    run --separate-stderr gluster 1 volume notify nope enable
    [ "$status" = 1 ]
    [ "$stderr" = "volume notify enable: failed: Volume nope does not exist" ]
    stock 1 volume set v1 user.volext.notify 'on performance.md-cache-timeout=1'
    run --separate-stderr notify enable
    [ "$status" = 1 ]
    [[ $stderr == *"gluster volume set v1 user.volext.notify default"* ]]
    for wrong in '' 'v1' 'v1 start' 'v1 enable a b' 'v1 disable now' 'status v1 x' 'all' 'v1 forget' 'v1 forget a b' 'all forget a' 'forget a'; do
        # shellcheck disable=SC2086
        run --separate-stderr gluster 1 volume notify $wrong
        [ "$status" = 1 ]
        [[ $stderr == *"volume notify [VOLNAME|all] {enable [EVENTS] | disable | status | forget READER}"* ]]
    done
}

@test "a node without the translator is named, and no node has changed anything" {
    on 3 sh -c 'mv /usr/lib/*/glusterfs/*/xlator/features/gnotify.so /root/'
    refused "node $(address 3) has no translator features/gnotify for the GlusterFS that is installed there: install the package again" enable
    on 3 sh -c 'mv /root/gnotify.so "$(dirname /usr/lib/*/glusterfs/*/xlator/features/changelog.so)/"'
    notify enable
}

@test "all volumes at once: each is told, one that cannot be does not keep the others" {
    stock 1 volume set v1 features.ctime off
    run --separate-stderr gluster 1 volume notify enable create
    [ "$status" = 1 ]
    [ "$output" = "volume notify: success: enabled on volume v2, events: create" ]
    [[ $stderr == *"features.ctime of volume v1 is off"* ]]
    [[ $stderr == *"volume v2 is not started: this takes effect when it is"* ]]
    [ "$(stored user.features.notify v2)" = on ]
    [ -z "$(stored user.features.notify v1)" ] || [ "$(stored user.features.notify v1)" = off ]
    as_desired v2 1 2 3
    stock 1 volume reset v1 features.ctime
    run -0 gluster 1 volume notify all enable create
    [ "$(stored user.features.notify v1)" = on ]
    run -0 gluster 1 volume notify all disable
    [ "$(stored user.features.notify v1)" = off ]
    [ "$(stored user.features.notify v2)" = off ]
    run -1 gluster 1 volume notify enable disable # a volume may be called so
    [[ $output == *'Volume enable does not exist'* ]]
}

@test "XML and JSON say the same, also where a volume could not" {
    gluster 1 --json volume notify v1 enable open | jq -e '.opRet == 0 and (.volNotify.volumes[0] |
        .volName == "v1" and .state == "on" and .events == "open" and .waiting == [] and
        (.options | any(.name == "performance.open-behind" and .value == "off")))'
    gluster 1 --xml volume notify v1 disable | xmllint --xpath '/cliOutput[opRet=0]/volNotify/volumes/volume[volName="v1" and state="off"]' - >/dev/null
    stock 1 volume set v1 features.ctime off
    run -1 gluster 1 --json volume notify enable
    jq -e '.opRet == -1 and (.volNotify.volumes | length == 2 and any(.error != null) and any(.state == "on"))' <<<"$output"
    run -1 gluster 1 --xml volume notify v1 enable
    xmllint --xpath '/cliOutput[opRet=-1]/opErrstr[contains(., "features.ctime")]' - <<<"$output" >/dev/null
}

@test "bricks that ran before the translator was there are named; apply restarts them and they record" {
    on 1 sh -c 'echo "resident = no" >/etc/glusterfs/volext.conf'
    on 3 sh -c 'echo "resident = no" >/etc/glusterfs/volext.conf'
    stock 1 volume start v2
    wait_until 30 bricks_online v2 2
    run -0 --separate-stderr gluster 1 volume notify v2 enable
    [[ $stderr == "bricks that have been running without the translator record nothing before they are restarted: "*"$(brick 1 b)"*'`gluster volume extension v2 apply` does that, one at a time' ]]
    [[ $stderr == *"$(brick 3 b)"* ]]
    gluster 1 --json volume notify v2 enable | jq -e '.volNotify.volumes[0].waiting | length == 2'
    gluster 1 volume extension v2 apply force
    wait_until 30 bricks_online v2 2
    run -0 --separate-stderr gluster 1 volume notify v2 enable
    [ -z "$stderr" ]
    as_desired v2 1 2 3
    gluster 1 volume notify v2 disable
    stock 1 volume stop v2
    on 1 sh -c 'echo "resident = yes" >/etc/glusterfs/volext.conf'
    on 3 sh -c 'echo "resident = yes" >/etc/glusterfs/volext.conf'
}

@test "a reset of all turns it off; disable after it has nothing to put back" {
    notify enable open
    gluster 1 volume reset v1
    wait_until 20 rests 0
    as_desired v1 1 2 3
    notify disable
    [ -z "$(stored performance.open-behind)" ]
    notify enable open
    stock 1 volume reset v1 force
    wait_until 20 rests 0
    wait_until 20 as_desired v1 1 2 3
    notify enable
    wait_until 20 records 0
}

@test "two at once on two nodes end as one after the other" {
    local pids=() i
    for i in 1 2 3; do
        gluster $i volume notify v1 enable open >"$BATS_TEST_TMPDIR/$i" 2>&1 &
        pids+=($!)
        gluster $i volume notify v1 disable >"$BATS_TEST_TMPDIR/d$i" 2>&1 &
        pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i" || { cat "$BATS_TEST_TMPDIR"/*; false; }; done
    notify disable
    [ -z "$(stored performance.open-behind)" ]
    [ "$(stored user.features.notify)" = off ]
    [ "$(stored user.volext.notify)" = default ]
    wait_until 30 info_agrees v1 1 2 3
}

# killed OP ARGS...: the command is killed when glusterd begins the first OP of it
killed() {
    local hook=$POOL_DIR/1/lib/hooks/1/$1/pre/S00kill.sh
    shift
    printf '#!/bin/sh\npkill -9 -x gluster\n' >"$hook"
    chmod +x "$hook"
    run notify "$@"
    rm "$hook"
    [ "$status" = 137 ]
}

@test "killed at any step, what is run again completes it" {
    options_of >"$BATS_TEST_TMPDIR/before"
    killed set enable open
    wait_until 20 recorded_as on
    notify enable open
    as_desired v1 1 2 3
    killed set disable
    wait_until 20 recorded_as off
    notify disable
    options_of | diff "$BATS_TEST_TMPDIR/before" -
    notify enable open
    killed reset disable
    [ "$(stored user.features.notify)" = off ]
    [ "$(stored performance.open-behind)" != off ]
    wait_until 20 notify disable
    options_of | diff "$BATS_TEST_TMPDIR/before" -
    # open-behind goes back on alone: while the rest stays
    notify enable open
    killed reset enable create
    wait_until 20 notify enable open
    [ "$(stored performance.open-behind)" = off ]
    killed reset enable create
    wait_until 20 notify disable
    options_of | diff "$BATS_TEST_TMPDIR/before" -
    [ "$(stored user.volext.notify)" = default ]
}
recorded_as() { [ "$(stored user.features.notify)" = "$1" ]; }

@test "a node that is away applies it when it returns" {
    glusterd_stop 3
    wait_until 30 peers_connected 1 2
    run -0 --separate-stderr notify enable create
    [[ $stderr == *"node $(address 3) is down: it applies this when it returns"* ]]
    glusterd_start 3
    wait_until 60 peers_connected 1 3
    wait_until 60 info_agrees v1 1 2 3
    wait_until 30 as_desired v1 1 2 3
    logs_clean
}
