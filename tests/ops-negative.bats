#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Every operation on a volume ends with the extension on as it does without: each test
# does the same to two volumes, a plain one and one with a module, and compares exit
# status and output; afterwards every node's volfiles are as its info wants them.
#
# What is said of the plain volume is the same in all of these files. Where PLAIN_RECORDS names
# a folder, the first that is through leaves it there, and files that begin later have no plain
# volume.
#
# The other ops-*.bats are links to this file. The word in the name is the module:
#   negative   the packaged example
#   raises     one that raises on every operation
#   no-import  one that cannot be imported
#   brick      the packaged example, in the bricks: set before the volume is started. There
#              both volumes' bricks have the resident translator of change notification, too
bats_require_minimum_version 1.5.0
load lib/pool

state=${BATS_TEST_FILENAME##*/ops-}
state=${state%.bats}

setup_file() {
    export BATS_TEST_TIMEOUT=300
    [ $state != brick ] || export POOL_RESIDENT=yes
    [ $state != negative ] || export POOL_HOOKS=all
    export RECORD=${PLAIN_RECORDS:+$PLAIN_RECORDS/ops-$(sha256sum <"$BATS_TEST_FILENAME" | cut -c 1-64)}
    export RECORDED=no
    [ ! -d "$RECORD" ] || RECORDED=yes
    pool_start 3
    local i
    case $state in
    raises | no-import)
        for i in 1 2 3; do deploy $i "${state/-/_}" <"$BATS_TEST_DIRNAME/modules/${state/-/_}.py"; done ;;
    esac
}
teardown_file() {
    pool_stop
    record
}

# What the plain volumes said, if each operation was done, for the files that come later.
record() {
    local said=$BATS_FILE_TMPDIR/plain
    if [ -z "$RECORD" ] || [ -d "$RECORD" ] || [ ! -d "$said" ]; then return 0; fi
    [ "$(find "$said" -type f | wc -l)" = "$(grep -c '^    same ' "$BATS_TEST_FILENAME")" ] || return 0
    mkdir -p "$PLAIN_RECORDS"
    cp -r "$said" "$RECORD.$$" && mv -T "$RECORD.$$" "$RECORD"
}

# The volumes that an operation is done to
both() { if [ $RECORDED = no ]; then echo "$P"; fi; echo "$E"; }
# plain CMD...: CMD, if there is a plain volume
plain() { [ $RECORDED = yes ] || "$@"; }

# Puts a module where `gluster glupy install` does, also one that it would refuse.
deploy() {
    on "$1" sh -c 'umask 077; mkdir -p /var/lib/glusterd/volext/modules
        cat >"/var/lib/glusterd/volext/modules/$1.py"' sh "$2"
}

# extend VOL: the module of this file on VOL; by the stock program where ours would say no.
# For all clients: one whose own glusterd is away gets its volfile from another node, and
# is not a trusted one there.
extend() {
    case $state in
    brick) gluster 1 volume set "$1" features.glupy-side brick || return 1 ;;
    *) gluster 1 volume set "$1" features.glupy-clients all || return 1 ;;
    esac
    case $state in
    negative | brick) gluster 1 volume set "$1" features.glupy-module negative ;;
    *) stock 1 volume set "$1" user.features.glupy-module "${state/-/_}" ;;
    esac
}

# Volumes named `kept` serve all tests that leave them as they were.
teardown() {
    local v
    case ${E:-ext-kept} in *-kept) return ;; esac
    for v in $(both); do
        on 2 umount -l "/mnt/$v"
        gluster 1 volume stop "$v" force
        gluster 1 volume delete "$v"
        rm -rf "$POOL_DIR"/?/bricks/"$v"-*
    done >/dev/null 2>&1 || :
}

# volumes NAME LAYOUT BRICKS...: a plain one (P) and one with the module (E), started and
# mounted, with some files. LAYOUT: as `replica 2`, or -; bricks as NODE:NAME
volumes() {
    local layout=$2 v b bricks
    P=plain-$1 E=ext-$1
    [ "$layout" != - ] || layout=
    shift 2
    if stock 1 volume info "$E" >/dev/null 2>&1; then return 0; fi
    for v in $(both); do
        bricks=()
        for b in "$@"; do bricks+=("$(brick "${b%%:*}" "$v-${b#*:}")"); done
        # shellcheck disable=SC2086
        stock 1 volume create $v $layout "${bricks[@]}" force
        # bricks that run gain nothing
        if [ $state = brick ] && [ $v = $E ]; then extend $E; fi
        stock 1 volume start $v
    done
    if [ $state != brick ]; then extend $E; fi
    for v in $(both); do
        wait_until 60 bricks_online $v $#
        volume_mount 2 $v
        on 2 sh -c "cd /mnt/$v && for i in 1 2 3 4 5 6 7 8; do echo \$i >f\$i; done; mkdir d"
    done
    wait_until 60 extended $E
    plain not_in_graph 2 $P features/glupy
}

# extended VOL: the module is where it belongs: in the mount, or in every brick
extended() {
    case $state in
    brick) not_in_graph 2 "$1" features/glupy && bricks_extended "$1" ;;
    *) in_graph 2 "$1" features/glupy ;;
    esac
}

# Every brick of VOL runs with the module: its node has it in the volfile, active, and
# the brick was started with it; and no node says that a brick waits.
bricks_extended() {
    local brick address path i
    while IFS== read -r _ brick; do
        address=${brick%%:*} path=${brick#*:-}
        i=${address##*.}
        brick_extended "$1" "$POOL_DIR/$i/lib/vols/$1/$1.$address.$path.vol" "$POOL_DIR/$i/log/bricks/$path.log" || {
            echo "$brick has no module"
            return 1
        }
    done < <(grep '^brick-[0-9]' "$POOL_DIR/1/lib/vols/$1/info")
    status_extended "$1"
}
# `volume extension status`: every brick wants and has the module, and is up
status_extended() {
    local rows bricks
    bricks=$(grep -c '^brick-[0-9]' "$POOL_DIR/1/lib/vols/$1/info")
    rows=$(gluster 1 volume extension "$1" status | grep '^brick ') || return 1
    echo "$rows"
    [ "$(grep -cE '^brick +[^ ]+ +gnotify negative +gnotify negative +applied$' <<<"$rows")" = "$bricks" ] &&
        [ "$(wc -l <<<"$rows")" = "$bricks" ]
}
brick_extended() { # VOL VOLFILE LOG
    grep -q "^volume $1-volext-glupy-negative\$" "$2" && ! grep -q 'option passthrough on' "$2" &&
        awk -v node="volume $1-volext-glupy-negative\$" '
            /Final graph:/ { has = 0 } $0 ~ node { has = 1 } END { exit !has }' "$3"
}

# Output of an operation on $1 without what differs from volume to volume and run to run.
clean() {
    sed -E "s/\\b$1\\b/VOL/g; s/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UUID/g; s/[[:space:]]+\$//"
}

# same OP [ARGS...]: op_OP on both volumes ends alike
same() {
    local v out status said=$BATS_FILE_TMPDIR/plain/$BATS_TEST_NAME-$1
    [ $RECORDED = no ] || cp "$RECORD/${said##*/}" "$BATS_TEST_TMPDIR/$P"
    for v in $(both); do
        status=0
        out=$("op_$1" "$v" "${@:2}" 2>&1) || status=$?
        printf 'status %s\n%s\n' "$status" "$(clean "$v" <<<"$out")" >"$BATS_TEST_TMPDIR/$v"
    done
    diff -u "$BATS_TEST_TMPDIR/$P" "$BATS_TEST_TMPDIR/$E"
    [ "$(head -n 1 "$BATS_TEST_TMPDIR/$P")" = "status 0" ] || { cat "$BATS_TEST_TMPDIR/$P"; return 1; }
    mkdir -p "${said%/*}"
    cp "$BATS_TEST_TMPDIR/$P" "$said"
}

# What must hold after each test: volfiles as wanted, the mount alive, the module still in
settled() {
    wait_until 60 info_agrees "$E" 1 2 3
    wait_until 60 as_desired "$E" 1 2 3
    plain as_desired "$P" 1 2 3
    on 2 sh -c "cd /mnt/$E && echo again >f1 && cat f1 f2 f8 && ls && ! stat missing && mv f8 f9 && mv f9 f8"
    case $state in
    brick) wait_until 60 extended "$E" ;; # the brick may just be starting
    *) extended "$E" ;;
    esac
}

# -- one function per operation: op_NAME VOL; prints what a user sees -------------------

op_heal_info() { gluster 1 volume heal "$1" info && gluster 3 volume heal "$1" info summary; }

op_replace_brick() {
    gluster 1 volume replace-brick "$1" "$(brick 2 "$1-b")" "$(brick 2 "$1-new")" commit force
}

op_reset_brick() {
    gluster 1 volume reset-brick "$1" "$(brick 2 "$1-b")" start &&
        gluster 1 volume reset-brick "$1" "$(brick 2 "$1-b")" "$(brick 2 "$1-b")" commit force
}

op_add_brick() { gluster 1 volume add-brick "$1" "$(brick 3 "$1-c")" "$(brick 1 "$1-d")" force; }

op_add_replica() { gluster 1 volume add-brick "$1" replica 3 "$(brick 3 "$1-c")" force; }

op_rebalance_start() { gluster 1 volume rebalance "$1" start | sed 's/ID:.*//'; }
op_rebalance_status() { gluster 1 volume rebalance "$1" status | grep -Eo 'completed|failed' | sort -u; }
# Every question is a transaction of the pool, so not too often.
rebalance_ended() {
    local s
    sleep .5
    s=$(gluster 1 volume rebalance "$1" status) && grep -q completed <<<"$s" && ! grep -q 'in progress' <<<"$s"
}

op_remove_start() { gluster 1 volume remove-brick "$1" "$(brick 3 "$1-c")" start | sed 's/ID:.*//'; }
remove_ended() {
    sleep .5
    gluster 1 volume remove-brick "$1" "$(brick 3 "$1-c")" status | grep -q completed
}
op_remove_commit() {
    gluster 1 volume remove-brick "$1" "$(brick 3 "$1-c")" commit
    on 2 sh -c "cd /mnt/$1 && cat f1 f2 f3 f4 f5 f6 f7 f8"
}

op_remove_replica() { gluster 1 volume remove-brick "$1" replica 2 "$(brick 3 "$1-c")" force; }

op_quota() {
    gluster 1 volume quota "$1" enable && gluster 1 volume quota "$1" limit-usage /d 10MB &&
        gluster 1 volume quota "$1" list && gluster 1 volume quota "$1" remove /d
}
op_quota_off() { gluster 1 volume quota "$1" disable; }

op_profile() {
    gluster 1 volume profile "$1" start && gluster 1 volume profile "$1" info | grep -c '^Brick' &&
        gluster 1 volume profile "$1" stop
}

op_stop_start() { gluster 1 volume stop "$1" && gluster 2 volume start "$1"; }
op_start_force() { gluster 3 volume start "$1" force; }
op_stock_set() { gluster 1 volume set "$1" cluster.lookup-optimize off && gluster 1 volume get "$1" cluster.lookup-optimize; }
op_status() { gluster 2 volume status "$1" | sed -E 's/ +[0-9]+ +[0-9]+ +Y +[0-9]+ *$/ Y/; s/ +N\/A +N\/A +Y +[0-9]+ *$/ Y/' | sort -u; }

# heal VOL: begins a heal. Its daemon gets a new graph with every change of bricks, and stock's
# sometimes crashes then; glusterd starts it again only when it is told to, as an
# administrator would.
heal() {
    wait_until 20 gluster 1 volume heal "$1" && return
    gluster 1 volume start "$1" force
    wait_until 60 gluster 1 volume heal "$1"
}
healed() { [ "$(gluster 1 volume heal "$1" info | grep -c 'Number of entries: 0')" = "$2" ]; }

# -- tests ------------------------------------------------------------------------------

@test "heal info, a stock option" {
    volumes kept "replica 3" 1:a 2:b 3:c
    same heal_info
    same stock_set
    settled
}

@test "replace-brick and reset-brick" {
    volumes rep "replica 3" 1:a 2:b 3:c
    same reset_brick
    same replace_brick
    wait_until 60 bricks_online "$E" 3
    settled
    heal "$E"
    wait_until 60 healed "$E" 3
}

@test "add-brick, rebalance" {
    volumes add "replica 2" 1:a 2:b
    same add_brick
    same rebalance_start
    plain wait_until 60 rebalance_ended "$P"
    wait_until 60 rebalance_ended "$E"
    same rebalance_status
    settled
}

@test "add-brick that raises the replica count, remove-brick that lowers it" {
    volumes raise "replica 2" 1:a 2:b
    same add_replica
    wait_until 60 bricks_online "$E" 3
    settled
    same remove_replica
    settled
}

@test "remove-brick with data moved away" {
    volumes remove - 1:a 2:b 3:c
    same remove_start
    plain wait_until 60 remove_ended "$P"
    wait_until 60 remove_ended "$E"
    same remove_commit
    settled
}

@test "quota" {
    volumes kept "replica 3" 1:a 2:b 3:c
    same quota
    settled
    same quota_off
    settled
}

@test "profile, status" {
    volumes kept "replica 3" 1:a 2:b 3:c
    wait_until 60 bricks_online "$E" 3
    same profile
    same status
    settled
}

@test "stop and start, start force" {
    volumes kept "replica 3" 1:a 2:b 3:c
    same stop_start
    wait_until 60 bricks_online "$E" 3
    wait_until 60 on 2 stat "/mnt/$E/f1"
    settled
    brick_kill 2 "$E-b"
    plain brick_kill 2 "$P-b"
    same start_force
    wait_until 60 bricks_online "$E" 3
    # a mount connects to a brick again each three seconds, and writes with two of three
    wait_until 60 on 2 sh -c "echo again >/mnt/$E/f1"
    settled
}

@test "volfiles written anew by an upgrade" {
    volumes kept "replica 3" 1:a 2:b 3:c
    glusterd_stop 2
    run on 2 timeout 60 glusterd --xlator-option '*.upgrade=on' -N
    [ "$status" = 15 ] # it ends itself by SIGTERM
    as_desired "$E" 2
    glusterd_start 2
    wait_until 60 peers_connected 2 3
    wait_until 60 bricks_online "$E" 3
    settled
}

@test "glusterd restarts, bricks up and bricks down" {
    volumes kept "replica 3" 1:a 2:b 3:c
    glusterd_stop 2
    glusterd_start 2
    wait_until 60 peers_connected 1 3
    wait_until 60 bricks_online "$E" 3
    settled
    glusterd_kill 2
    brick_kill 2 "$E-b"
    glusterd_start 2
    wait_until 60 peers_connected 1 3
    wait_until 60 bricks_online "$E" 3
    settled
}

@test "no log tells of a crash" {
    case $state in
    negative | brick) logs_clean ;;
    *) logs_clean 'raceback' ;; # those of the module
    esac
}
