# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# shellcheck shell=bash
#
# For tests of glupy by volfiles written by hand, on one client c1 without glusterd.
#
#   setup_file() { glupy_setup; }
#   setup()      { glupy_names; }
#   teardown()   { glupy_umount; }

MODULES=/root/modules

glupy_setup() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-300}
    pool_create $$
    node_boot c1
    on c1 sh -c "mkdir -p $MODULES && cp $BATS_TEST_DIRNAME/modules/*.py $MODULES && chmod 600 $MODULES/*"
}

# Where a test has its files: N a number, D what posix serves, M the mount, LOG its log
glupy_names() {
    N=$BATS_TEST_NUMBER D=/srv/$BATS_TEST_NUMBER M=/mnt/$BATS_TEST_NUMBER
    LOG=/var/log/glusterfs/$N.log
}

# Unmounts M and ends what was started; what hangs is killed.
glupy_umount() {
    # shellcheck disable=SC2016
    on c1 sh -c 'umount "$1" || umount -l "$1"
        for f in "/run/$2.pid" "/run/$2.brick.pid"; do
            read -r pid <"$f" && kill "$pid" && n=0 || continue
            while kill -0 "$pid"; do n=$((n+1)); [ $n -lt 50 ] || kill -9 "$pid"; sleep .1; done
            rm -f "$f"
        done' sh "$M" "$N" >/dev/null 2>&1 || :
}

# node NAME BELOW MODULE [OPTION VALUE]...: a glupy volume of a volfile
node() {
    printf 'volume %s\n    type features/glupy\n    option module-name %s\n' "$1" "$3"
    [ "$3" = negative ] || echo "    option module-path $MODULES"
    local below=$2
    shift 3
    while [ $# -gt 0 ]; do echo "    option $1 $2"; shift 2; done
    printf '    subvolumes %s\nend-volume\n' "$below"
}

posix_node() { printf 'volume posix\n    type storage/posix\n    option directory %s\nend-volume\n' "$D"; }

# mount_volfile: mounts what stdin says at M; nothing is cached
mount_volfile() {
    on c1 sh -c "mkdir -p $D $M; cat >/srv/$N.vol
        glusterfs -f /srv/$N.vol -l $LOG -p /run/$N.pid --attribute-timeout=0 --entry-timeout=0 $M"
    wait_until 60 on c1 timeout 30 stat "$M/."
}

# serve TEXT: mounts posix, and what the text has above it
serve() { printf '%s\n' "$(posix_node)" "$1" | mount_volfile; }

# serve_brick TEXT: a brick process with posix, what the text has above it (its top is
# called g) and a server; and a mount of it over a connection, without glupy. LOG is the
# brick's then.
serve_brick() {
    LOG=/var/log/glusterfs/$N.brick.log
    printf '%s\n' "$(posix_node)" "volume locks
    type features/locks
    subvolumes posix
end-volume" "${1//subvolumes posix/subvolumes locks}" "volume /srv/$N.export
    type performance/io-threads
    subvolumes g
end-volume
volume server
    type protocol/server
    option transport-type tcp
    option transport.socket.bind-address 127.0.0.1
    option transport.socket.listen-port $((49200 + N))
    option auth.addr./srv/$N.export.allow *
    subvolumes /srv/$N.export
end-volume" | on c1 sh -c "ip link set lo up; mkdir -p $D; cat >/srv/$N.brick.vol
        glusterfsd -f /srv/$N.brick.vol -l $LOG -p /run/$N.brick.pid --process-name brick"
    wait_until 60 on c1 sh -c "ss -ltn | grep -q ':$((49200 + N)) '"
    LOG=/var/log/glusterfs/$N.log mount_volfile <<V
volume client
    type protocol/client
    option transport-type tcp
    option remote-host 127.0.0.1
    option remote-port $((49200 + N))
    option remote-subvolume /srv/$N.export
end-volume
V
}

fs() { on c1 timeout 60 "$@"; }
there() { fs stat "$1" >/dev/null; }
absent() { ! fs stat "$1" 2>/dev/null; }
# errno CMD...: the text after the last colon of what CMD complains
errno() {
    run fs "$@"
    # shellcheck disable=SC2154 # of bats
    [ "$status" != 124 ] || echo hung
    # shellcheck disable=SC2154
    echo "${output##*: }"
}
logged() { on c1 grep -q -e "$@" "$LOG"; }

# dump KEY: a counter of the instance, from a new statedump of the process that runs Python
dump() {
    # shellcheck disable=SC2016
    on c1 sh -c 'f=/run/$1.brick.pid; [ -e "$f" ] || f=/run/$1.pid
        rm -f /run/gluster/*.dump.*; read -r pid <"$f"; kill -USR1 "$pid"
        until grep -q "DUMP-END-TIME" /run/gluster/*.dump.* 2>/dev/null; do sleep .02; done
        sed -n "s/^$2=//p" /run/gluster/*.dump.*' sh "$N" "$1"
}
at_rest() { [ "$(dump in-flight | sort -u)" = 0 ]; }
no_mount_has_crashed() { [ -z "$(on c1 grep -l 'signal received' -r /var/log/glusterfs)" ]; }
