#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# The pool itself, on stock GlusterFS: what other tests rely on.
bats_require_minimum_version 1.5.0
load pool
export POOL_HOOKS=all

setup_file() { pool_start 3 --bare 3; }
teardown_file() { pool_stop; }

@test "nodes are peers of one another, and clients mount" {
    gluster 1 volume create v1 replica 3 "$(brick 1 v1)" "$(brick 2 v1)" "$(brick 3 v1)" force
    gluster 1 volume start v1
    wait_until 60 bricks_online v1 3
    node_boot c1 bare
    volume_mount c1 v1
    on c1 sh -c 'echo hello >/mnt/v1/a'
    volume_mount 2 v1
    [ "$(on 2 cat /mnt/v1/a)" = hello ]
    in_graph c1 v1 cluster/replicate
    not_in_graph c1 v1 features/glupy
    as_desired v1 1 2 3
    info_agrees v1 1 2 3
}

@test "a node's power is cut, and it returns with its disk" {
    node_boot 4
    on 4 sh -c 'echo kept >/srv/x; echo lost >/run/x; echo kept >/usr/lib/x'
    hardware=$(on 4 ip -o link show eth0 | grep -o 'link/ether [^ ]*')
    node_kill 4
    run on 4 true
    [ "$status" = 3 ]
    node_boot 4
    [ "$(on 4 cat /srv/x /usr/lib/x)" = $'kept\nkept' ]
    on 4 test ! -e /run/x
    [ "$(on 4 ip -o link show eth0 | grep -o 'link/ether [^ ]*')" = "$hardware" ]
    [ ! -e /usr/lib/x ]
}

# sleeps PID: how often this process has gone to sleep
sleeps() { awk '/^voluntary_ctxt_switches/ { print $2 }' "/proc/$1/status"; }
slept() { [ "$(sleeps "$1")" -ge "$2" ]; }

@test "what process 1 is told in two pieces, with the time of its read over between them, it does" {
    # as may be between two letters, on a busy machine
    pool_tell() {
        local pid before
        read -r pid _ <"$POOL_DIR/life"
        {
            printf %s "${1:0:3}"
            before=$(sleeps "$pid")
            # once when it has read this, and once more after the time is over: nobody else wakes it
            wait_until 60 slept "$pid" $((before + 2))
            echo "${1:3}"
        } >"$POOL_DIR/control"
    }
    node_boot 5
    on 5 true
    node_kill 5
}

@test "a node writes nothing to the machine's folders" {
    on 2 sh -c 'for d in /usr/lib /usr/local/sbin /etc /etc/glusterfs /var/lib /var/lib/glusterd /var/log/glusterfs /run /tmp /root /srv /mnt; do
        touch $d/volext-was-here || exit 1; done'
    for d in /usr/lib /usr/local/sbin /etc /etc/glusterfs /var/lib /var/lib/glusterd /var/log/glusterfs /run /tmp /root /srv /mnt; do
        [ ! -e $d/volext-was-here ]
    done
}

@test "a pool ends with its owner, even one that was killed" {
    cat >"$BATS_TEST_TMPDIR/owner" <<-END
	unset BATS_VERSION
	. '$BATS_TEST_DIRNAME/pool.bash'
	POOL_DIR=$BATS_TEST_TMPDIR/p
	pool_start 1
	kill -9 \$\$
	END
    run -137 bash "$BATS_TEST_TMPDIR/owner"
    read -r pid _ <"$BATS_TEST_TMPDIR/p/life"
    wait_until 60 test ! -e "/proc/$pid"
    wait_until 60 test ! -e "$BATS_TEST_TMPDIR/p"
}

@test "two pools live side by side" {
    first=$POOL_DIR
    (
        pool_start 1 || exit 1
        [ "$POOL_DIR" != "$first" ] && stock 1 volume list 2>&1 | grep -q 'No volumes'
        rc=$?
        pool_stop
        [ ! -e "$POOL_DIR" ] && exit $rc
    )
    [ -d "$first" ]
    peers_connected 1 3
}

@test "desired.py sees what is missing and what is too much" {
    wait_until 60 gluster 1 volume create d1 "$(brick 1 d1)" "$(brick 2 d1)" force
    as_desired d1 1 2
    fuse=$POOL_DIR/1/lib/vols/d1/trusted-d1.tcp-fuse.vol
    cp "$fuse" "$BATS_TEST_TMPDIR/keep"
    /usr/bin/python3 - "$fuse" <<-'END'
	import re, sys
	text = open(sys.argv[1]).read()
	head, top = text.rsplit("volume d1\n", 1)
	below = re.search(r"subvolumes (\S+)", top)[1]
	node = f"volume d1-volext-glupy-x\n    type features/glupy\n    option module-name x\n    subvolumes {below}\nend-volume\n\n"
	open(sys.argv[1], "w").write(head + node + "volume d1\n" + top.replace(below, "d1-volext-glupy-x"))
	END
    run -1 as_desired d1 1
    [[ $output == *"d1-volext-glupy-x"* ]]
    head -c 700 "$BATS_TEST_TMPDIR/keep" >"$fuse"
    run -1 as_desired d1 1
    cat "$BATS_TEST_TMPDIR/keep" >"$fuse"
    as_desired d1 1
}

# broken FILE SED WORD: as_desired sees what SED does to node 1's FILE, and says WORD. A
# post hook of the command before, which runs late, may mend the file: then once more.
broken() { wait_until 60 broken_once "$@" && as_desired d2 1; }
broken_once() {
    local out status=0
    cp "$1" "$BATS_TEST_TMPDIR/keep"
    sed -i "$2" "$1"
    ! cmp -s "$1" "$BATS_TEST_TMPDIR/keep" || { echo "$2 changes nothing"; return 1; }
    out=$(as_desired d2 1) || status=$?
    cat "$BATS_TEST_TMPDIR/keep" >"$1"
    echo "${out:-as_desired saw nothing}"
    [ $status = 1 ] && [[ $out == *"${1##*/}"*"$3"* ]]
}
volfile() { echo "$POOL_DIR/1/lib/vols/d2/$1"; }

@test "desired.py sees options that nobody asked for" {
    [ -n "${STAGE:-}" ] || skip 'no package in STAGE'
    stock 1 volume create d2 "$(brick 1 d2)" force
    stock 1 volume set d2 user.features.glupy-module negative
    fuse=$(volfile trusted-d2.tcp-fuse.vol)
    as_desired d2 1
    for option in 'timeout 5' 'on-error fail' 'threads 7' 'passthrough on' 'module-option.x y' 'unknown x'; do
        broken "$fuse" "/option module-name/a option $option" "${option% *}"
    done
    broken "$fuse" '/option module-digest/s/digest ./digest x/' module-digest
    broken "$fuse" '/option module-digest/d' module-digest
    broken "$fuse" '/option module-path/s/modules/elsewhere/' module-path
    # the defaults may be said
    sed -i '/option module-name/a option timeout 1000\noption passthrough off' "$fuse"
    as_desired d2 1
    stock 1 volume set d2 user.features.glupy-timeout 7
    broken "$fuse" '/option timeout/s/7/8/' timeout
    broken "$fuse" '/option timeout/d' timeout
}

@test "desired.py sees a node of a running brick that is not inactive, or is too early" {
    [ -n "${STAGE:-}" ] || skip 'no package in STAGE'
    stock 1 volume set d2 user.features.glupy-side brick
    brick=$(volfile "d2.$(address 1).srv-d2.vol")
    broken "$brick" '/option module-name/a option passthrough on' passthrough
    stock 1 volume start d2
    wait_until 60 brick_pid 1 d2
    broken "$brick" '/option module-name/a option passthrough on' passthrough
    broken "$brick" '/option timeout/s/7/8/' timeout
    stock 1 volume set d2 user.features.glupy-module off
    broken "$brick" '/option passthrough/d' passthrough
    broken "$brick" '/option passthrough/s/on$/off/' passthrough
    broken "$brick" '/option passthrough/a option timeout 8' timeout
}
