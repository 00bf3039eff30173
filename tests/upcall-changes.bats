#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# What one client changes, others see at once although they cache for 600 seconds: that is
# upcall. The volume v2 differs in one option, features.cache-invalidation, which is off;
# there the same look through the same kind of mount shows what was before, so that a test
# here cannot pass for another reason.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    local vol
    export BATS_TEST_TIMEOUT=300 EVENTS=$BATS_FILE_TMPDIR/events
    pool_start 2
    for vol in v1 v2; do
        stock 1 volume create $vol replica 2 "$(brick 1 $vol)" "$(brick 2 $vol)" force
        gluster 1 volume upcall $vol enable
        stock 1 volume set $vol performance.xattr-cache-list 'user.*'
    done
    stock 1 volume set v2 features.cache-invalidation off
    for vol in v1 v2; do
        stock 1 volume start $vol
        wait_until 60 bricks_online $vol 2
        cached_mount $vol a
        cached_mount $vol b
        a $vol 'mkdir d && cd d && touch size mode owner xattr gone entries.d && echo old >name && mkdir entries'
    done
    on 1 gupcallwait -m -r --json v1 /d >"$EVENTS" 2>"$EVENTS.log" &
    wait_until 60 grep -q 'Watches established' "$EVENTS.log"
}
teardown_file() { pool_stop; }

# cached_mount VOLUME NAME: on node 1, at /mnt/VOLUME-NAME. The kernel caches nothing, so
# that what is seen is what GlusterFS's own caches hold.
cached_mount() {
    on 1 mkdir -p "/mnt/$1-$2"
    on 1 glusterfs --volfile-server="$(address 1)" --volfile-id="$1" --attribute-timeout=0 --entry-timeout=0 \
        -l "/var/log/glusterfs/$1-$2.log" "/mnt/$1-$2"
    wait_until 60 on 1 stat "/mnt/$1-$2/."
}

# a VOLUME COMMAND, b VOLUME COMMAND: in that volume, through that mount
a() { on 1 sh -c "cd /mnt/$1-a && $2" 2>&1 || :; }
b() { on 1 sh -c "cd /mnt/$1-b/d && $2" 2>&1 || :; }

# shows_other VOLUME LOOK TEXT: through b, LOOK shows something else than TEXT
shows_other() { [ "$(b "$1" "$2")" != "$3" ]; }

# told JQ-CONDITION: an event for which this holds, and which an upcall has brought
told() { jq -e -n "[inputs | select(.upcall != [])] | any($1)" <"$EVENTS"; }

# seen LOOK CHANGE EVENT: after CHANGE through a, LOOK through b shows something else
# where upcall is on, and what it showed before where it is off; and gupcallwait was told
seen() {
    local before
    before=$(b v2 "$1")
    a v2 "cd d && $2"
    [ "$(b v2 "$1")" = "$before" ]
    before=$(b v1 "$1")
    [ "$(b v1 "$1")" = "$before" ]
    a v1 "cd d && $2"
    wait_until 60 shows_other v1 "$1" "$before"
    wait_until 60 told "$3"
    # it was not that the caches of v2 had ended by now
    [ "$(b v2 "$1")" != "$(b v1 "$1")" ]
}

@test "a file that grows" {
    seen 'stat -c %s size' 'echo more >>size' '.path == "/d/size" and .events == ["modify"] and (.changed | contains(["size"])) and .size == 5'
}

@test "a mode" {
    seen 'stat -c %a mode' 'chmod 4711 mode' '.path == "/d/mode" and .events == ["attrib"] and (.changed | contains(["mode"])) and .mode == "4711"'
}

@test "an owner" {
    seen 'stat -c %u:%g owner' 'chown 7:8 owner' '.path == "/d/owner" and .events == ["attrib"] and .changed[0] == "owner" and .uid == 7 and .gid == 8'
}

@test "an extended attribute" {
    a v1 'setfattr -n user.x -v old d/xattr'
    a v2 'setfattr -n user.x -v old d/xattr'
    seen 'stat xattr >/dev/null; getfattr --only-values -n user.x xattr' 'setfattr -n user.x -v new xattr' \
        '.path == "/d/xattr" and .events == ["attrib"] and (.changed | contains(["xattr"]))'
}

@test "an extended attribute that is removed" {
    seen 'stat xattr >/dev/null; getfattr --only-values -n user.x xattr' 'setfattr -x user.x xattr' \
        '.path == "/d/xattr" and (.upcall | contains(["xattr_rm"]))'
}

@test "a name" {
    seen 'stat -c %s name' 'mv name other' '.path == "/d/other" and .events == ["moved_to"]'
    told '.path == "/d/name" and .events == ["moved_from"]'
}

@test "a deletion" {
    seen 'stat -c %s gone' 'rm gone' '.path == "/d/gone" and .events == ["delete"]'
}

@test "a directory's entries" {
    seen 'stat -c %y entries' 'touch entries/new' '.path == "/d/entries/new" and .events == ["create"]'
    seen 'stat -c %y entries' 'mkdir entries/dir' '.path == "/d/entries/dir" and .directory and .events == ["create"]'
}

@test "a directory's entries, when one goes that was looked at" {
    b v1 'stat entries/new'
    b v2 'ls -l entries'
    seen 'stat entries/new >/dev/null; stat -c %y entries' 'rm entries/new' '.path == "/d/entries/new" and .events == ["delete"]'
}

@test "each change was told once, although there are two replicas" {
    wait_until 60 told '.path == "/d/mode"'
    [ "$(jq -c 'select(.path == "/d/mode" or .path == "/d/owner")' "$EVENTS" | wc -l)" = 2 ]
}

# connected NAME N: the mount of v1 has its connection to the brick of node N
connected() { on 1 grep -q 'connected = 1' "/mnt/v1-$1/.meta/graphs/active/v1-client-$(($2 - 1))/private"; }
restart_brick() { # NODE
    brick_kill "$1" v1
    stock 1 volume start v1 force
    wait_until 60 bricks_online v1 2
    wait_until 60 connected a "$1"
    wait_until 60 connected b "$1"
}

@test "bricks that were restarted know nobody: clients ask again, and are told again" {
    before=$(b v1 'stat -c %s size')
    restart_brick 1
    restart_brick 2
    a v1 'echo more >>d/size'
    wait_until 60 shows_other v1 'stat -c %s size' "$before"
    before=$(b v1 'stat -c %s size')
    a v1 'echo more >>d/size'
    wait_until 60 shows_other v1 'stat -c %s size' "$before"
}

@test "upcall that is turned off and on again takes effect on running mounts" {
    a v2 'echo 1 >d/late'
    stock 1 volume set v2 features.cache-invalidation on
    wait_until 60 sees_late
}
# What is new since a try is seen at once, when the bricks have the option.
sees_late() {
    local before
    before=$(b v2 'stat -c %s late')
    a v2 'echo more >>d/late'
    [ "$(b v2 'stat -c %s late')" != "$before" ]
}

@test "no log tells of a crash" { logs_clean; }
