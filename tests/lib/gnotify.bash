# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# shellcheck shell=bash
#
# For tests of gnotify on bricks of volfiles written by hand: on one node c1 without
# glusterd, a brick process, a mount of it with distribute and utime as in a volume, and
# xlators/gnotify/ask as the reader.
#
#   setup_file() { gnotify_setup; }
#   setup()      { gnotify_names; }
#   teardown()   { gnotify_down; }

gnotify_setup() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-300}
    pool_create $$
    node_boot c1
    on c1 ip link set lo up
    on c1 sh -c "mkdir -p /root/bin && cp '$BUILD/xlators/gnotify/ask' /root/bin/"
}

# N a number, D the brick's folder, M the mount, J the journal
gnotify_names() {
    N=$BATS_TEST_NUMBER D=/srv/$BATS_TEST_NUMBER M=/mnt/$BATS_TEST_NUMBER
    # shellcheck disable=SC2034 # for tests
    J=$D/.glusterfs/gnotify LOG=/var/log/glusterfs/$N.brick.log PORT=$((49300 + N))
}

# brick_start [OPTION VALUE]...: with gnotify, on unless an option says otherwise
brick_start() {
    on c1 mkdir -p "$D"
    brick_volfile "$@" | on c1 sh -c "cat >/srv/$N.brick.vol"
    brick_run
}

brick_volfile() {
    cat <<V
volume posix
    type storage/posix
    option directory $D
    option ctime on
end-volume
volume locks
    type features/locks
    subvolumes posix
end-volume
volume threads
    type performance/io-threads
    subvolumes locks
end-volume
volume g
    type features/gnotify
$(gnotify_options "$@")
    subvolumes threads
end-volume
volume /srv/$N.export
    type debug/io-stats
    subvolumes g
end-volume
volume server
    type protocol/server
    option transport-type tcp
    option transport.socket.bind-address 127.0.0.1
    option transport.socket.listen-port $PORT
    option auth.addr./srv/$N.export.allow /(*),/sub(*)
    subvolumes /srv/$N.export
end-volume
V
}

gnotify_options() {
    case " $* " in *" active "*) ;; *) echo "    option active on" ;; esac
    while [ $# -gt 0 ]; do echo "    option $1 $2"; shift 2; done
}

brick_run() {
    # shellcheck disable=SC2086
    on c1 ${BRICK_UNDER:-} glusterfsd -f "/srv/$N.brick.vol" -l "$LOG" -p "/run/$N.brick.pid" --process-name brick
    wait_until 60 on c1 sh -c "ss -ltn | grep -q ':$PORT '"
    client_volfile | on c1 sh -c "cat >/srv/$N.ask.vol"
}

client_volfile() {
    cat <<V
volume client
    type protocol/client
    option transport-type tcp
    option remote-host 127.0.0.1
    option remote-port $PORT
    option remote-subvolume /srv/$N.export
    option ping-timeout 42
end-volume
V
}

# mount_brick: at M; nothing is cached
mount_brick() {
    { client_volfile; echo "volume dht
    type cluster/distribute
    subvolumes client
end-volume
volume utime
    type features/utime
    subvolumes dht
end-volume"; } | on c1 sh -c "mkdir -p $M; cat >/srv/$N.vol
        glusterfs -f /srv/$N.vol -l /var/log/glusterfs/$N.log -p /run/$N.pid \
            --attribute-timeout=0 --entry-timeout=0 $M"
    wait_until 60 on c1 timeout 30 stat "$M/."
}

# brick_end SIGNAL: and waits until it is gone
brick_end() {
    # shellcheck disable=SC2016
    on c1 sh -c 'read -r pid </run/"$1".brick.pid && kill "-$2" "$pid" || exit 1
        while kill -0 "$pid" 2>/dev/null; do sleep .05; done' sh "$N" "$1"
}

gnotify_down() {
    # shellcheck disable=SC2016
    on c1 sh -c 'umount "$1" || umount -l "$1"
        for f in "/run/$2.pid" "/run/$2.brick.pid"; do
            read -r pid <"$f" && kill "$pid" && n=0 || continue
            while kill -0 "$pid"; do n=$((n+1)); [ $n -lt 50 ] || kill -9 "$pid"; sleep .1; done
            rm -f "$f"
        done' sh "$M" "$N" >/dev/null 2>&1 || :
}

# ask ARGUMENTS...: of the reader, the volfile put in: options before `--`
ask() {
    local options=()
    while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
    shift
    on c1 timeout 60 /root/bin/ask "${options[@]}" "/srv/$N.ask.vol" "$@"
}

# records [OPTION...]: all from the start, without what is different each time
records() { ask "$@" -- fetch | grep -av '^= ' | LC_ALL=C sed -E 's/ (time|seq|gfid|pid|client)=[^ ]*//g'; }

# changes: those that are no notes
changes() { records "$@" | grep -avE '^(start|stop|client|gap|missed) '; }

fs() { on c1 timeout 60 "$@"; }
logged() { on c1 grep -q -e "$@" "$LOG"; }

# dump KEY: of the brick's statedump. A process that has just started may miss the signal.
dump() {
    # shellcheck disable=SC2016
    on c1 sh -c 'rm -f /run/gluster/*.dump.*; read -r pid <"/run/$1.brick.pid"; n=0
        until grep -q "DUMP-END-TIME" /run/gluster/*.dump.* 2>/dev/null; do
            [ $((n % 50)) != 0 ] || kill -USR1 "$pid" || exit 1
            n=$((n+1)); [ $n -lt 500 ] || exit 1; sleep .02
        done
        sed -n "s/^$2=//p" /run/gluster/*.dump.*' sh "$N" "$1"
}
# status PYTHON: prints what it makes of the brick's status, which is b, its subscribers s
status() {
    # shellcheck disable=SC2016
    on c1 sh -c 'read -r pid <"/run/$1.brick.pid"; exec /usr/bin/python3 -c "$2" "$pid"' sh "$N" "
import json, socket, sys
with socket.socket(socket.AF_UNIX) as c:
    c.connect('/run/volext/gnotify/' + sys.argv[1])
    told = json.loads(b''.join(iter(lambda: c.recv(65536), b'')))
b, = told['instances']
s = b['subscribers']
print($1)"
}
no_brick_has_crashed() { [ -z "$(on c1 grep -l 'signal received' -r /var/log/glusterfs)" ]; }
