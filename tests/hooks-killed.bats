#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# glusterd is killed before, between and after each step of a set, on the node that
# takes the command and on a peer. After its restart, info and volfiles agree.
bats_require_minimum_version 1.5.0
load lib/pool
export POOL_HOOKS=all # ours among all of them

setup_file() {
    pool_start 3
    stock 1 volume create v1 replica 3 "$(brick 1 a)" "$(brick 2 a)" "$(brick 3 a)" force
    stock 1 volume start v1
    wait_until 60 bricks_online v1 3
    count_runs 1
    count_runs 2
}
teardown_file() { pool_stop; }

filters() { on "$1" sh -c 'd=$(glusterfsd --print-xlatordir); echo "${d%/xlator}/filter"'; }

# Filter runs of a set on node I before info is written, in $BATS_FILE_TMPDIR/runs-I:
# those that do not find the new value in info. All others come after it.
count_runs() {
    local file runs=$BATS_FILE_TMPDIR/runs-$1
    file=$(filters "$1")/count
    # shellcheck disable=SC2016
    printf '#!/bin/sh\nif grep -q "^user.count=$(cat /run/counted)\$" /var/lib/glusterd/vols/v1/info; then echo after; else echo before; fi >>/run/runs\n' |
        on "$1" sh -c 'echo yes >/run/counted; cat >"$1"; chmod 755 "$1"' sh "$file"
    stock 1 volume set v1 user.count "node-$1"
    on "$1" sh -c 'echo "$1" >/run/counted; >/run/runs' sh "again-$1"
    stock 1 volume set v1 user.count "again-$1"
    on "$1" rm "$file"
    on "$1" cat /run/runs | sort | uniq -c
    on "$1" grep -c before /run/runs >"$runs"
    # in this order, or `last` and `first after` are not what they are called
    [ "$(on "$1" uniq /run/runs | xargs)" = "before after" ]
}
runs() { cat "$BATS_FILE_TMPDIR/runs-$1"; }

# kill_at NODE WHERE: puts a trap there that kills glusterd once
kill_at() {
    local file hooks=/var/lib/glusterd/hooks/1/set
    case $2 in
    before-pre) file=$hooks/pre/S10kill.sh ;;
    after-pre) file=$hooks/pre/S90kill.sh ;;
    before-post) file=$hooks/post/S10kill.sh ;;
    after-post) file=$hooks/post/S90kill.sh ;;
    filter-*) file=$(filters "$1")/kill ;;
    esac
    # shellcheck disable=SC2016
    printf '#!/bin/sh\nn=$(cat /run/kill-at)\n[ "$n" -gt 0 ] || exit 0\necho $((n - 1)) >/run/kill-at\n[ "$n" -gt 1 ] || kill -9 $PPID\n' |
        on "$1" sh -c 'echo "$2" >/run/kill-at; cat >"$1.new"; chmod 755 "$1.new"; mv "$1.new" "$1"' sh "$file" \
            "$(case $2 in filter-*) echo "${2#filter-}" ;; *) echo 1 ;; esac)"
    echo "$file"
}

glusterd_gone() { on "$1" sh -c 'read -r pid </run/glusterd.pid; ! kill -0 "$pid" 2>/dev/null'; }
all_agree() { info_agrees v1 1 2 3 && as_desired v1 1 2 3; }
no_pending() { [ -z "$(find "$POOL_DIR"/*/lib/volext/pending -name 'v1.*')" ]; }

# A peer may still hold the lock of a node that died: then a set does nothing at all,
# and is tried again.
set_until_gone() { # NODE VALUE
    stock 1 volume set v1 user.features.glupy-module "$2" || :
    glusterd_gone "$1"
}

try() { # NODE WHERE
    local trap value=negative
    # each try sets something else than what is
    if on 1 grep -q 'glupy-module=negative' /var/lib/glusterd/vols/v1/info; then value=off; fi
    trap=$(kill_at "$1" "$2")
    wait_until 60 set_until_gone "$1" $value
    on "$1" rm "$trap"
    glusterd_start "$1"
    wait_until 60 peers_connected 1 3
    wait_until 60 all_agree
    wait_until 60 no_pending
    all_agree
}

@test "killed on the node that takes the command: before and after the pre hook" {
    try 1 before-pre
    try 1 after-pre
}
@test "killed on the node that takes the command: at the first, middle and late filter runs" {
    try 1 filter-1
    try 1 filter-2
    try 1 filter-3
    try 1 filter-4
    try 1 filter-7
}
@test "killed on the node that takes the command: at the last filter run before info is written" {
    try 1 "filter-$(runs 1)"
}
@test "killed on the node that takes the command: info written, in the first filter run after it, before and after the post hook" {
    try 1 "filter-$(($(runs 1) + 1))"
    try 1 before-post
    try 1 after-post
}
@test "killed on a peer: before and after the pre hook" {
    try 2 before-pre
    try 2 after-pre
}
@test "killed on a peer: at the first, middle and late filter runs" {
    try 2 filter-1
    try 2 filter-2
    try 2 filter-3
    try 2 filter-4
    try 2 filter-7
}
@test "killed on a peer: at the last filter run before info is written" {
    try 2 "filter-$(runs 2)"
}
@test "killed on a peer: info written, in the first filter run after it, before and after the post hook" {
    try 2 "filter-$(($(runs 2) + 1))"
    try 2 before-post
    try 2 after-post
}
