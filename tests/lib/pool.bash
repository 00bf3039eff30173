# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# shellcheck shell=bash
#
# A pool of real GlusterFS nodes in namespaces of one machine, for tests.
#
#   setup_file()    { pool_start 3; }
#   teardown_file() { pool_stop; }
#
# STAGE is where `make install DESTDIR=$STAGE` put the package; nodes see it as
# installed, the machine does not. A pool ends with the process that started it,
# however that ends. POOL_RESIDENT is what nodes have for `resident` in volext.conf: no,
# unless told otherwise, so that bricks are as without volext where nothing of it is on.
# POOL_HOOKS=all: nodes have all of the stock hooks, also those for Samba and the like. What
# each function does is said above it; I is a node's number or a client's name (c1, c2, ...).
#
# On a node: bricks below /srv, mounts below /mnt, a /tmp and a /root of its own in which
# only the pool's folder, the source tree and bats' folders are the machine's.
# From outside, $POOL_DIR/I/ has the node's lib (/var/lib/glusterd), log, run,
# bricks (/srv) and upper (what it wrote to /usr and /etc).

POOL_LIB=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
POOL_SOURCE=$(dirname "$(dirname "$POOL_LIB")")
POOL_NET=${POOL_NET:-10.70.0}
POOL_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
PATH=$PATH:/usr/sbin:/sbin

# -- conditions --------------------------------------------------------------------

# wait_until SECONDS CMD...: runs CMD until it succeeds; fails, showing what it said
# last, when the time is over. After the first second it asks less often: what it waits for
# needs the processor, too.
wait_until() {
    local end=$((SECONDS + $1)) out tries=0
    shift
    until out=$("$@" 2>&1); do
        if [ $SECONDS -gt "$end" ]; then
            echo "still not true: $*" >&2
            [ -z "$out" ] || echo "$out" >&2
            return 1
        fi
        if [ $((tries += 1)) -le 8 ]; then sleep .1; else sleep .3; fi
    done
}

pool_start_time() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # shellcheck disable=SC2086
    set -- ${stat##*) }
    echo "${20}"
}

# The pid that FILE (pid, start time) holds, if that very process still lives.
pool_alive() {
    local pid start
    { read -r pid start <"$1"; } 2>/dev/null || return 1
    [ "$(pool_start_time "$pid")" = "$start" ] && echo "$pid"
}

pool_remember() { # FILE PID
    echo "$2 $(pool_start_time "$2")" >"$1.new" && mv "$1.new" "$1"
}

# -- the pool ----------------------------------------------------------------------

# Folders of pools whose process 1 was killed; pools that live or start are left.
pool_remove_stale() {
    local old
    for old in "${TMPDIR:-/tmp}"/volext-pool.*/; do
        [ -d "$old" ] || continue
        [ -n "$(find "$old" -maxdepth 0 -mmin +1)" ] || continue
        pool_alive "$old/life" >/dev/null || rm -rf --one-file-system "$old"
    done
}

# pool_start N [--bare I]...: N nodes with glusterd, peers of one another. Sets
# POOL_DIR. Needs root.
pool_start() {
    local n=$1 i pids=() owner=${POOL_OWNER:-$$} bare=" "
    shift || { n=3; }
    while [ $# -gt 0 ]; do
        case $1 in --bare) bare+="$2 "; shift 2 ;; *) echo "pool_start: $1?" >&2; return 1 ;; esac
    done
    pool_create "$owner" || return 1
    for ((i = 1; i <= n; i++)); do
        case $bare in *" $i "*) node_begin $i bare ;; *) node_begin $i ;; esac || return 1
    done
    for ((i = 1; i <= n; i++)); do
        { node_finish $i && glusterd_start $i; } &
        pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i" || { pool_stop; return 1; }; done
    pool_peers $(seq "$n") || { pool_stop; return 1; }
}

# The pool without nodes, owned by process $1.
pool_create() {
    local owner=$1 start=0 life
    pool_remove_stale
    if [ -z "${POOL_DIR:-}" ] || [ -n "${BATS_VERSION:-}" ]; then
        POOL_DIR=$(mktemp -d "${TMPDIR:-/tmp}/volext-pool.XXXXXX") || return 1
    elif ! mkdir "$POOL_DIR"; then
        echo "a pool is there already: tests/lib/pool stop" >&2
        return 1
    fi
    chmod 755 "$POOL_DIR"
    export POOL_DIR POOL_NET
    # Overlays cannot have their upper folder on an overlay, as in a container.
    case $(stat -f -c %T "$POOL_DIR") in overlay*) mount -t tmpfs volext-pool "$POOL_DIR" || return 1 ;; esac
    pool_shares >"$POOL_DIR/shares"
    [ "$owner" = 0 ] || start=$(pool_start_time "$owner")
    setsid env -i PATH="$POOL_PATH" LANG=C.UTF-8 \
        unshare -n -m -p -f --kill-child -- "$POOL_LIB/init" pool "$POOL_DIR" "$owner" "$start" \
        >"$POOL_DIR/init.log" 2>&1 </dev/null 3>&- 4>&- &
    wait_until 60 test -e "$POOL_DIR/pid" || { cat "$POOL_DIR/init.log" >&2; return 1; }
    read -r life <"$POOL_DIR/pid"
    pool_remember "$POOL_DIR/life" "$life"
}

pool_shares() {
    local dir
    for dir in "$POOL_DIR" "$POOL_SOURCE" "${BATS_RUN_TMPDIR:-}" "${STAGE:-}" "${BUILD:-}"; do
        [ ! -d "$dir" ] || readlink -f "$dir"
    done | sort -u
}

# pool_stop: ends and removes everything; fine to call twice, or when nothing began
pool_stop() {
    local pid
    [ -n "${POOL_DIR:-}" ] && [ -d "$POOL_DIR" ] || return 0
    if pid=$(pool_alive "$POOL_DIR/life"); then
        pool_tell stop
        wait_until 15 test ! -e "/proc/$pid" || kill -9 "$pid"
    fi
    if mountpoint -q "$POOL_DIR"; then umount -l "$POOL_DIR"; fi
    rm -rf --one-file-system "$POOL_DIR"
}

# pool_peers I...: makes these nodes peers and waits until each sees all
pool_peers() {
    local first=$1 i
    for i in "${@:2}"; do stock "$first" peer probe "$(address "$i")" >/dev/null || return 1; done
    for i in "$@"; do wait_until 60 peers_connected "$i" $# || return 1; done
}

# peers_connected I N: node I sees N nodes that are connected and in the pool, itself
# included. Connected alone is not enough: what is asked of a peer while the two still greet
# one another may be dropped, and `peer detach` is then never answered.
peers_connected() {
    [ $(($(stock "$1" peer status | grep -c '^State: Peer in Cluster (Connected)') + 1)) = "$2" ]
}

# -- nodes -------------------------------------------------------------------------

# address I: the address of node I
address() { case $1 in c*) echo "$POOL_NET.$((100 + ${1#c}))" ;; *) echo "$POOL_NET.$1" ;; esac; }

# The same whenever node $1 boots: others remember it, and would for half a minute send to
# the one it had before.
hardware_address() {
    local i=${1#c}
    printf '02:00:00:00:%02x:%02x' $((${#1} - ${#i})) "$i"
}

# brick I NAME: HOST:PATH of a brick on node I
brick() { echo "$(address "$1"):/srv/$2"; }

# on I CMD...: runs CMD on node I
on() {
    local pid dir=$POOL_DIR/$1
    pid=$(pool_alive "$dir/life") || { echo "node $1 is down" >&2; return 3; }
    shift
    PATH=$POOL_PATH LANG=C.UTF-8 nsenter -t "$pid" -m -n -p -u -- "$@" 3>&- 4>&-
}

# gluster I ARGS...: the gluster that a user of node I finds. stock I ARGS...: GlusterFS's own
gluster() { on "$1" gluster --mode=script "${@:2}"; }
stock() { on "$1" /usr/sbin/gluster --mode=script "${@:2}"; }

# node_boot I [bare]: starts node I (again, with its disk as it was), without glusterd
node_boot() { node_begin "$@" && node_finish "$1"; }

node_begin() {
    local dir=$POOL_DIR/$1
    if pool_alive "$dir/life" >/dev/null; then return 0; fi
    mkdir -p "$dir"/{log,run/gluster,bricks,mnt,tmp,root,upper,work}
    if [ ! -e "$dir/lib" ]; then
        mkdir "$dir/lib"
        cp -a /var/lib/glusterd/{groups,hooks} "$dir/lib/" 2>/dev/null || :
        # Without the hooks that are for programs which no node has; they do nothing, and take six
        # times as long as a volume's deletion and a quarter of a set.
        [ "${POOL_HOOKS:-few}" = all ] || rm -f "$dir"/lib/hooks/1/*/*/*{selinux,amba,CTDB,ganesha,glusterfind,geo-rep,shared_storage}*
        echo "${STAGE:-}" >"$dir/stage"
        [ "${2:-}" != bare ] || echo >"$dir/stage"
        [ ! -s "$dir/stage" ] || install -D -m 644 <(echo "resident = ${POOL_RESIDENT:-no}") \
            "$dir/upper/etc/glusterfs/volext.conf"
        [ ! -s "$dir/stage" ] || cp -a "$(cat "$dir/stage")/var/lib/glusterd/." "$dir/lib/" 2>/dev/null || :
    fi
    rm -rf "$dir/pid" "$dir/life" "$dir"/run/*
    mkdir -p "$dir"/run/gluster
    pool_tell "boot $1"
}

pool_tell() { echo "$1" >"$POOL_DIR/control"; }

node_finish() {
    local dir=$POOL_DIR/$1 pid switch
    wait_until 60 test -e "$dir/pid" || { cat "$dir/init.log" >&2; return 1; }
    read -r pid <"$dir/pid"
    switch=$(pool_alive "$POOL_DIR/life") || return 1
    # In a chroot, entering the node's mounts would lead to the machine's own folders.
    if ! nsenter -t "$pid" -m -- test -e /run/volext-node; then
        echo "pool: nodes cannot be had in a chroot; use a container or pivot_root" >&2
        kill -9 "$pid"
        return 1
    fi
    nsenter -t "$switch" -n sh -c "ip link del v$1 2>/dev/null; set -e
        ip link add v$1 type veth peer name eth0 address $(hardware_address "$1") netns $pid
        ip link set v$1 master br0 up" || return 1
    nsenter -t "$pid" -n sh -c "set -e; ip addr add $(address "$1")/24 dev eth0; ip link set eth0 up" || return 1
    pool_remember "$dir/life" "$pid"
}

# node_kill I: power off
node_kill() {
    local pid
    pid=$(pool_alive "$POOL_DIR/$1/life") || return 0
    kill -9 "$pid"
    wait_until 60 test ! -e "/proc/$pid"
}

# -- glusterd ----------------------------------------------------------------------

# glusterd_start I [ARGS...]: as the service does: volext reconciles first
glusterd_start() {
    on "$1" env -i PATH="$POOL_PATH" LANG=C.UTF-8 sh -c '
        ! command -v volext >/dev/null || volext reconcile --all
        exec glusterd -p /run/glusterd.pid "$@"' sh "${@:2}" || return 1
    wait_until 60 stock "$1" pool list
}

glusterd_end() { # I SIGNAL
    # shellcheck disable=SC2016
    on "$1" sh -c 'read -r pid </run/glusterd.pid && kill "-$1" "$pid" || exit 1
        while kill -0 "$pid" 2>/dev/null; do sleep .05; done' sh "$2"
}

# glusterd_stop I, glusterd_kill I: bricks go on
glusterd_stop() { glusterd_end "$1" TERM; }
glusterd_kill() { glusterd_end "$1" KILL; }

# -- bricks ------------------------------------------------------------------------

# brick_pid I NAME: the process of brick /srv/NAME of node I, if it runs
brick_pid() {
    # shellcheck disable=SC2016
    on "$1" sh -c 'for f in /run/gluster/vols/*/*-srv-"$1".pid; do
        read -r pid <"$f" && kill -0 "$pid" && echo "$pid" && exit 0
    done 2>/dev/null; exit 1' sh "$2"
}

# bricks_online VOL N: node 1 sees N bricks of VOL online
bricks_online() {
    [ "$(stock 1 volume status "$1" --xml | awk -F'[<>]' '
        $2 == "hostname" { brick = $3 !~ /Daemon/ }
        $2 == "status" && $3 == 1 { n += brick }
        END { print n + 0 }')" -ge "$2" ]
}

# brick_kill I NAME: kill -9 of one brick's process
brick_kill() {
    local pid
    pid=$(brick_pid "$1" "$2") || return 1
    on "$1" kill -9 "$pid"
    wait_until 60 on "$1" test ! -e "/proc/$pid"
}

# -- mounts ------------------------------------------------------------------------

# volume_mount I VOL [NAME [SERVER]]: FUSE mount of VOL at /mnt/NAME (VOL) of node I,
# served by node SERVER (I itself; 1 for a client)
volume_mount() {
    local name=${3:-$2} server=${4:-$1}
    case $server in c*) server=1 ;; esac
    on "$1" mkdir -p "/mnt/$name"
    on "$1" timeout 60 env -i PATH="$POOL_PATH" LANG=C.UTF-8 glusterfs --volfile-server="$(address "$server")" \
        --volfile-id="/$2" --process-name fuse -p "/run/mnt-$name.pid" -l "/var/log/glusterfs/mnt-$name.log" \
        "/mnt/$name" || {
        tail -n 20 "$POOL_DIR/$1/log/mnt-$name.log" >&2
        return 1
    }
    wait_until 60 on "$1" timeout 30 stat "/mnt/$name/." || {
        tail -n 20 "$POOL_DIR/$1/log/mnt-$name.log" >&2
        return 1
    }
}

# volume_umount I NAME
volume_umount() {
    # shellcheck disable=SC2016
    on "$1" sh -c 'read -r pid <"/run/mnt-$1.pid"; umount "/mnt/$1" || umount -l "/mnt/$1" || exit 1
        n=0; while kill -0 "$pid" 2>/dev/null; do n=$((n+1)); [ $n -lt 100 ] || exit 1; sleep .1; done' sh "$2"
}

# graph_of I NAME: `type name` of every xlator in the active graph of the mount
graph_of() {
    # shellcheck disable=SC2016
    on "$1" sh -c 'cd "/mnt/$1/.meta/graphs/active" && grep -Hs . */type' sh "$2" |
        sed -nE 's|^([^/]*)/type:(.*)|\2 \1|p'
}

# in_graph I NAME XLATOR, not_in_graph: is XLATOR (a type or a name) in the mount's graph?
in_graph() { graph_of "$1" "$2" | grep -qE "(^| )$3( |\$)"; }
not_in_graph() {
    local graph
    graph=$(graph_of "$1" "$2") && [ -n "$graph" ] && ! grep -qE "(^| )$3( |\$)" <<<"$graph"
}

# -- what must hold ----------------------------------------------------------------

# as_desired VOL I...: on each of these nodes all volfiles of VOL hold exactly what its
# own info asks for, found without volext's help
as_desired() {
    local vol=$1 i rc=0 pid roots=()
    for i in "${@:2}"; do
        if pid=$(pool_alive "$POOL_DIR/$i/life"); then
            roots+=("$i=/proc/$pid/root")
        else
            echo "(node $i is down)"
            rc=1
        fi
    done
    /usr/bin/python3 -B "$POOL_LIB/desired.py" "$vol" "${roots[@]}" && return $rc
}

# info_agrees VOL I...: these nodes have the same info (an upgrade changes the order)
info_agrees() {
    local vol=$1 i sum
    shift
    for i in "$@"; do
        sum+=$(sort "$POOL_DIR/$i/lib/vols/$vol/info" | sha256sum)$'\n'
    done
    [ "$(sort -u <<<"${sum%$'\n'}" | wc -l)" = 1 ]
}

# logs_clean [REGEX]: no log of any node tells of a crash; lines that match REGEX are
# expected. Of the self-heal daemon nothing is wanted: it never has our translators, and
# the stock one sometimes crashes when bricks are replaced.
logs_clean() {
    local found
    found=$(grep -rEi 'time of crash|core dumped|assertion failed|traceback|signal received|pending frames|sanitizer|stack smashing|double free|corrupted' \
        "$POOL_DIR"/*/log --include='*.log' --exclude=glustershd.log | grep -vE "${1:-^$}") || return 0
    echo "$found" | head -40
    return 1
}
