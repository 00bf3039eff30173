#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Nothing is lost silently, whatever happens to bricks, nodes and to who reads.
#
# CHAOS_OPS: operations of the three clients together (900; 100000 for a real trial), CHAOS_BLOWS: so many
# blows at least (4), CHAOS_SECONDS: not longer than that, even if both are not reached; CHAOS_SEED: to do the
# same again. CHAOS_KEEP: a folder for what was done and told. CHAOS_TRY: events that are taken away or
# doubled in what was told, to see that the judge sees it (40).
# shellcheck disable=SC2016 # what is quoted so is expanded on the node
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export CHAOS_OPS=${CHAOS_OPS:-900} CHAOS_BLOWS=${CHAOS_BLOWS:-4} CHAOS_SEED=${CHAOS_SEED:-$RANDOM}
    export BATS_TEST_TIMEOUT=${CHAOS_TIMEOUT:-400} POOL_RESIDENT=yes
    pool_start 3
    local i
    for i in 1 2 3; do on $i sh -c 'mkdir -p /root/bin; cp "$1/tests/chaos/driver.py" /root/' sh "$POOL_SOURCE"; done
    on 1 cp "$BUILD/tests/chaos/.libs/consumer" /root/bin/ || on 1 cp "$BUILD/tests/chaos/consumer" /root/bin/
}
teardown_file() { pool_stop; }

# -- a consumer ----------------------------------------------------------------------

# consumer_start NAME VOL: in the background on node 1; what it is told is in /root/NAME/told
consumer_start() {
    local begun
    on 1 mkdir -p "/root/$1"
    begun=$(count_told "$1" begun)
    on 1 sh -c 'setsid /root/bin/consumer "$2" "$1" "/root/$1/told" 2>>"/root/$1/err" & echo $! >"/root/$1/pid"' sh "$1" "$2"
    wait_until 60 consumer_began "$1" "$begun"
}
count_told() { grep -c "^$2" "$POOL_DIR/1/root/$1/told" 2>/dev/null || :; }
consumer_began() { [ "$(count_told "$1" begun)" -gt "${2:-0}" ]; }
consumer_kill() {
    on 1 sh -c 'read -r pid <"/root/$1/pid" && kill -9 "$pid"; while kill -0 "$pid" 2>/dev/null; do sleep .05; done' sh "$1"
}
told() { grep -aqE "$2" "$POOL_DIR/1/root/$1/told"; }
# drained NAME PATH: all that was done before is told: a file made now is
drained() {
    on 1 sh -c ': >"$1"' sh "$2"
    wait_until 60 told "$1" "/$(basename "$2")\$"
}

# -- blows ---------------------------------------------------------------------------

# No brick has anything that another one lacks, as far as it knows.
healed() {
    local i
    for i in 1 2 3; do
        [ -z "$(on $i sh -c 'ls /srv/*/.glusterfs/indices/xattrop /srv/*/.glusterfs/indices/dirty' | grep -vE '^(/|xattrop-|dirty-|$)')" ] || return 1
    done
}
# While clients work there is always something that one brick has done and another has not yet: where
# that cannot be told from what is to be healed, they pause.
whole() { # VOL BRICKS
    wait_until 90 peers_connected 1 3
    wait_until 90 bricks_online "$1" "$2"
    ! wait_until 10 healed 2>/dev/null || return 0
    pause 1
    wait_until 300 healed
    pause
}
pause() { local i; for i in 1 2 3; do on $i sh -c "${1:+touch} ${1:-rm} /root/pause"; done; }
blow() {
    local i=$((RANDOM % 3 + 1)) kind
    kind=$((RANDOM % 6))
    case $kind in
    0 | 1) # a brick
        local brick=a
        [ $kind = 0 ] || brick=b
        echo "# $SECONDS: brick $brick of node $i killed"
        brick_kill $i $brick
        sleep .$((RANDOM % 9))
        stock $((i % 3 + 1)) volume start v1 force
        ;;
    2) # the consumer
        echo "# $SECONDS: consumer killed"
        consumer_kill chaos
        sleep .$((RANDOM % 9))
        consumer_start chaos v1
        ;;
    3) # a glusterd
        echo "# $SECONDS: glusterd $i killed"
        glusterd_kill $i
        sleep .$((RANDOM % 9))
        glusterd_start $i
        ;;
    4) # a network link
        echo "# $SECONDS: node $i cut off"
        on $i ip link set eth0 down
        sleep $((RANDOM % 4 + 1))
        on $i ip link set eth0 up
        ;;
    5) # all bricks of a node
        echo "# $SECONDS: both bricks of node $i killed, and the consumer"
        brick_kill $i a
        consumer_kill chaos
        brick_kill $i b
        stock $i volume start v1 force
        consumer_start chaos v1
        ;;
    esac
    whole v1 6
}

ended() { [ "$(cat "$POOL_DIR"/[123]/root/ledger-* | grep -c '^end')" -ge 3 ]; }
ready() { [ "$(cat "$POOL_DIR"/[123]/root/ledger-* | grep -c '^go')" -ge 3 ]; }
operations() { cat "$POOL_DIR"/[123]/root/ledger-* | grep -c .; }
done_until() { [ "$(operations)" -ge "$1" ]; }

@test "bricks, nodes, links and consumers that die while three clients work: all is told, once" {
    echo "# CHAOS_SEED=$CHAOS_SEED CHAOS_OPS=$CHAOS_OPS CHAOS_BLOWS=$CHAOS_BLOWS"
    RANDOM=$CHAOS_SEED
    stock 1 volume create v1 replica 3 "$(brick 1 a)" "$(brick 2 a)" "$(brick 3 a)" \
        "$(brick 1 b)" "$(brick 2 b)" "$(brick 3 b)" force
    stock 1 volume set v1 network.ping-timeout 4
    stock 1 volume set v1 cluster.heal-timeout 5
    gluster 1 volume set v1 features.notify on
    stock 1 volume start v1
    wait_until 60 bricks_online v1 6
    local i blows=0 dir=$BATS_TEST_TMPDIR
    for i in 1 2 3; do
        volume_mount $i v1
        [ $i != 1 ] || on 1 mkdir /mnt/v1/t
        on $i sh -c 'setsid /usr/bin/python3 -B /root/driver.py /mnt/v1/t "$1" "$2" /root >/root/driver.log 2>&1 &' \
            sh $i "$CHAOS_SEED"
    done
    wait_until 60 ready
    on 1 /usr/bin/python3 -B /root/driver.py --list /mnt/v1/t >"$dir/before"
    consumer_start chaos v1
    for i in 1 2 3; do on $i touch /root/go; done
    local end=$((SECONDS + ${CHAOS_SECONDS:-86400}))
    while { [ $blows -lt "$CHAOS_BLOWS" ] || ! done_until "$CHAOS_OPS"; } && [ $SECONDS -lt $end ]; do
        # at random, and not all while there is still little
        wait_until 30 done_until $((RANDOM % (2 * CHAOS_OPS / CHAOS_BLOWS) + $(operations))) 2>/dev/null || :
        blow
        blows=$((blows + 1))
    done
    for i in 1 2 3; do on $i touch /root/stop; done
    wait_until 300 ended || { cat "$POOL_DIR"/[123]/root/driver.log; false; }
    whole v1 6
    drained chaos /mnt/v1/last-of-all
    volume_mount 1 v1 fresh
    on 1 /usr/bin/python3 -B /root/driver.py --list /mnt/fresh/t >"$dir/after"
    cp "$POOL_DIR"/[123]/root/ledger-* "$POOL_DIR/1/root/chaos/told" "$dir/"
    cat "$POOL_DIR/1/root/chaos/err"
    [ -z "${CHAOS_KEEP:-}" ] || cp -r "$dir/." "$CHAOS_KEEP/"
    run /usr/bin/python3 -B "$POOL_SOURCE/tests/chaos/judge.py" "$dir" --no-gaps --try "${CHAOS_TRY:-40}"
    [ -z "${CHAOS_KEEP:-}" ] || echo "seed $CHAOS_SEED, $blows blows; $output" >"$CHAOS_KEEP/verdict"
    echo "$output"
    [ "$status" = 0 ]
}
