#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# What a brick keeps about a thousand clients: for each file one entry per client, in
# memory that is bounded by that, dropped when the time is over or a client is gone.
bats_require_minimum_version 1.5.0
load lib/pool

CLIENTS=1000 PROCESSES=4 FILES=20

setup_file() {
    export BATS_TEST_TIMEOUT=300
    pool_start 1
    stock 1 volume create v1 "$(brick 1 v1)" force
    stock 1 volume set v1 group metadata-cache
    stock 1 volume start v1
    wait_until 60 bricks_online v1 1
    volume_mount 1 v1
    on 1 sh -c 'cd /mnt/v1 && seq "$1" | xargs touch' sh $FILES
    # shellcheck disable=SC2046
    on 1 cc -O2 -o /srv/clients "$BATS_TEST_DIRNAME/lib/clients.c" $(pkg-config --cflags --libs glusterfs-api)
    on 1 tee /srv/client.vol >/dev/null <<END
volume client
    type protocol/client
    option transport-type tcp
    option remote-host $(address 1)
    option remote-port $(stock 1 volume status v1 --xml | sed -n 's/.*<port>\([0-9]*\)<.*/\1/p' | head -1)
    option remote-subvolume /srv/v1
end-volume
END
}
teardown_file() { pool_stop; }

# start CLIENTS PROCESSES: their pipes are $BATS_FILE_TMPDIR/in.N and out.N
start() {
    local n fd
    for ((n = 1; n <= $2; n++)); do
        rm -f "$BATS_FILE_TMPDIR/in.$n" "$BATS_FILE_TMPDIR/out.$n"
        mkfifo "$BATS_FILE_TMPDIR/in.$n"
        # shellcheck disable=SC2046
        on 1 /srv/clients /srv/client.vol $(($1 / $2)) $(seq $FILES) <"$BATS_FILE_TMPDIR/in.$n" >"$BATS_FILE_TMPDIR/out.$n" &
        # opened for reading and writing, so that nobody waits for anybody
        exec {fd}<>"$BATS_FILE_TMPDIR/in.$n"
    done
    for ((n = 1; n <= $2; n++)); do wait_until 120 grep -q ready "$BATS_FILE_TMPDIR/out.$n"; done
}

# kill them all
end() {
    on 1 pkill -KILL -x clients || :
    wait_until 60 nobody
}
nobody() { run ! on 1 pgrep -x clients; }

# received: how many upcalls all clients together have had
received() {
    local n sum=0 lines
    for ((n = 1; n <= PROCESSES; n++)); do
        lines=$(wc -l <"$BATS_FILE_TMPDIR/out.$n")
        echo >"$BATS_FILE_TMPDIR/in.$n"
        wait_until 60 longer "$lines" "$BATS_FILE_TMPDIR/out.$n"
        sum=$((sum + $(tail -n 1 "$BATS_FILE_TMPDIR/out.$n")))
    done
    echo $sum
}
longer() { [ "$(wc -l <"$2")" -gt "$1" ]; }
have_received() { [ "$(received)" = "$1" ]; }

# allocated TYPE: how many of these the brick has, by its own account
allocated() {
    on 1 sh -c 'rm -f /run/gluster/*.dump.*'
    stock 1 volume statedump v1 mem >/dev/null
    on 1 sh -c 'cat /run/gluster/*.dump.*' | awk -v type="$1" -F= '
        /^\[/ { here = index($0, "features/upcall") && index($0, type) }
        here && $1 == "num_allocs" { n += $2 } END { print n + 0 }'
}
at_most() { [ "$(allocated "$2")" -le "$1" ]; } # N TYPE

# in kB
brick_memory() { on 1 awk '$1 == "VmRSS:" { print $2 }' "/proc/$(brick_pid 1 v1)/status"; }

@test "a thousand clients: an entry for each file and client, memory within bounds, and all are told" {
    before=$(brick_memory)
    start $CLIENTS $PROCESSES
    # the files and the root, and a few of the mount
    [ "$(allocated upcall_client_entry)" -ge $((CLIENTS * FILES)) ]
    at_most $(((CLIENTS + 10) * (FILES + 10))) upcall_client_entry
    at_most $((FILES + 20)) upcall_inode_ctx
    after=$(brick_memory)
    echo "# brick: $before kB; with $CLIENTS clients that know $FILES files: $after kB" >&3
    # connections and their buffers are the larger part of it
    [ $((after - before)) -lt $((CLIENTS * 100)) ]
    # one change is told to each of them, once
    on 1 sh -c 'echo x >>/mnt/v1/1'
    wait_until 60 have_received $CLIENTS
    end
}

@test "what is kept about clients that were killed goes with the file, and nobody waits for them" {
    [ "$(allocated upcall_client_entry)" -gt $((CLIENTS * FILES)) ]
    # told to clients that are no more: the change itself is not held up
    on 1 timeout 60 sh -c 'echo x >>/mnt/v1/1'
    on 1 sh -c 'rm /mnt/v1/2 /mnt/v1/3'
    wait_until 60 at_most $((CLIENTS * FILES)) upcall_client_entry
    on 1 sh -c 'touch /mnt/v1/2 /mnt/v1/3'
}

@test "entries expire when the time that is configured is over, although their clients live on" {
    stock 1 volume set v1 features.cache-invalidation-timeout 5
    # a brick that runs looks at the time again after half of what it was: 300 s
    stock 1 volume stop v1
    stock 1 volume start v1
    wait_until 60 bricks_online v1 1
    port=$(stock 1 volume status v1 --xml | sed -n 's/.*<port>\([0-9]*\)<.*/\1/p' | head -1)
    on 1 sed -i "s/remote-port .*/remote-port $port/" /srv/client.vol
    start 100 1
    [ "$(allocated upcall_client_entry)" -ge $((10 * FILES)) ]
    wait_until 60 at_most $((2 * FILES)) upcall_client_entry
    end
}

@test "no log tells of a crash" { logs_clean; }
