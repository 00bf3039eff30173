#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Whatever goes wrong, the filter leaves the volfile as it was and says why in one
# line; when the cause is gone, reconciling makes it what it should be.
# shellcheck disable=SC2016 # what is quoted so is expanded on the node
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    pool_start 1
    # a small disk of its own for the volfiles
    on 1 mount -t tmpfs -o size=2m,mode=755 volfiles /var/lib/glusterd/vols
    stock 1 volume create v1 "$(brick 1 a)" force
    stock 1 volume set v1 user.features.glupy-module negative
}
teardown_file() { pool_stop; }
setup() {
    vol=/var/lib/glusterd/vols/v1
    client=$vol/trusted-v1.tcp-fuse.vol
    # what a test before left behind, looking for a module, would put the node in again
    wait_until 60 helpers_are_done
    : >"$POOL_DIR/1/log/volext.log"
    # as glusterd has just written it
    on 1 volext strip v1
    lacks_node
}

helpers_are_done() { ! on 1 pgrep -x volext; }
has_node() { on 1 grep -q v1-volext-glupy-negative "$client"; }
lacks_node() { ! has_node; }
filter() { on 1 sh -c 'exec "$(volext_dir=$(glusterfsd --print-xlatordir); echo "${volext_dir%/xlator}/filter/volext")" "$1"' sh "$1"; }
sum() { on 1 sha256sum "$client"; }
log_says() { grep -E "$1" "$POOL_DIR/1/log/volext.log"; }
nothing_left_over() { [ -z "$(on 1 find "$vol" -name '*.vol.*')" ]; }

@test "a filter run puts the node in; a second one changes nothing" {
    filter "$client"
    has_node
    before=$(sum)
    on 1 touch -d '2020-01-01' "$client"
    : >"$POOL_DIR/1/log/volext.log"
    filter "$client"
    [ "$(sum)" = "$before" ]
    on 1 find "$client" ! -newermt 2020-01-02 | grep -q .
    [ ! -s "$POOL_DIR/1/log/volext.log" ]
}

@test "mode and owner stay" {
    on 1 chmod 640 "$client"
    on 1 chown 12:34 "$client"
    filter "$client"
    has_node
    [ "$(on 1 stat -c '%a %u:%g' "$client")" = "640 12:34" ]
    on 1 chmod 600 "$client"
    on 1 chown 0:0 "$client"
}

@test "disk full" {
    before=$(sum)
    on 1 sh -c 'cat /dev/zero >/var/lib/glusterd/vols/fill' || :
    run filter "$client"
    [ "$status" -ne 0 ]
    [ "$(sum)" = "$before" ]
    nothing_left_over
    log_says "writing $client: No space left on device; left as it is"
    run on 1 volext reconcile v1
    [ "$(sum)" = "$before" ]
    nothing_left_over
    on 1 rm /var/lib/glusterd/vols/fill
    on 1 volext reconcile v1
    has_node
    as_desired v1 1
}

@test "a volfile cut in half" {
    on 1 sh -c 'truncate -s $(($(stat -c %s "$1") / 2)) "$1"' sh "$client"
    before=$(sum)
    run filter "$client"
    [ "$status" -ne 0 ]
    [ "$(sum)" = "$before" ]
    [ "$(log_says "$client, line [0-9]+, column [0-9]+: .*left as it is" | wc -l)" = 1 ]
    run on 1 volext reconcile v1
    [ "$(sum)" = "$before" ]
    # glusterd's next write mends it
    stock 1 volume set v1 user.x y
    has_node
    as_desired v1 1
}

@test "an empty volfile, a folder, a link, a device" {
    on 1 cp "$client" /tmp/kept
    on 1 cp "$client" /tmp/target
    for make in ': >"$1"' 'mkdir "$1"' 'ln -s /tmp/target "$1"' 'mkfifo "$1"'; do
        on 1 rm -rf "$client"
        on 1 sh -c "$make" sh "$client"
        run -1 filter "$client"
    done
    on 1 cmp /tmp/kept /tmp/target
    on 1 rm -rf "$client"
    on 1 cp /tmp/kept "$client"
    filter "$client"
    has_node
}

@test "a read-only workdir" {
    before=$(sum)
    on 1 sh -c 'cd / && w=/var/lib/glusterd && mount --rbind $w $w && mount -o remount,bind,ro $w &&
        mount -o remount,bind,ro $w/vols'
    run filter "$client"
    [ "$status" -ne 0 ]
    [ "$(sum)" = "$before" ]
    log_says "Read-only file system"
    on 1 umount /var/lib/glusterd/vols
    on 1 umount /var/lib/glusterd
    on 1 volext reconcile v1
    has_node
}

@test "info cut, or gone" {
    on 1 cp $vol/info /tmp/info
    on 1 sh -c "head -c 100 /tmp/info >$vol/info"
    before=$(sum)
    run filter "$client"
    [ "$status" -ne 0 ]
    [ "$(sum)" = "$before" ]
    log_says "volume v1: reading its info"
    on 1 rm $vol/info
    run filter "$client"
    [ "$(sum)" = "$before" ]
    on 1 cp /tmp/info $vol/info
}

@test "paths that are no volume's are left alone" {
    on 1 sh -c "mkdir -p /tmp/vols/v1 /var/lib/glusterd/snaps/vols/v1
        for d in /tmp /tmp/vols/v1 /var/lib/glusterd/snaps/vols/v1; do cp $client \$d/trusted-v1.tcp-fuse.vol; done"
    for path in /tmp /tmp/vols/v1 /var/lib/glusterd/snaps/vols/v1; do
        filter $path/trusted-v1.tcp-fuse.vol
        on 1 cmp $path/trusted-v1.tcp-fuse.vol "$client"
    done
    filter /nowhere/vols/v1/trusted-v1.tcp-fuse.vol
    filter trusted-v1.tcp-fuse.vol
    [ ! -s "$POOL_DIR/1/log/volext.log" ]
}

@test "an xlator that is not installed is not put in" {
    so=$(on 1 glusterfsd --print-xlatordir)/features/glupy.so
    on 1 mv "$so" /tmp/glupy.so
    filter "$client"
    lacks_node
    on 1 volext peer check v1 features.glupy-module=negative | grep -P 'xlator\tfeatures/glupy\tmissing'
    on 1 mv /tmp/glupy.so "$so"
    filter "$client"
    has_node
}

@test "a module that may not be run is not put in" {
    module=/var/lib/glusterd/volext/modules/negative.py
    on 1 chmod 666 $module
    filter "$client"
    lacks_node
    log_says "negative.* writable by others"
    on 1 chmod 600 $module
    filter "$client"
    has_node
}

@test "a lock that somebody holds does not stop glusterd's filters" {
    on 1 sh -c 'exec 9>/var/lib/glusterd/volext/lock/v1; flock 9; echo $$ >/tmp/holding; exec sleep 600' &
    wait_until 60 on 1 test -s /tmp/holding
    filter "$client" # while the lock is held
    has_node
    on 1 sh -c 'kill "$(cat /tmp/holding)"'
}
