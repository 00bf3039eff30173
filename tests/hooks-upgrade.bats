#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# An upgrade of GlusterFS brings new folders: the filter's link is made again, and
# translators that are not there for the new version leave the volfiles.
# shellcheck disable=SC2016 # what is quoted so is expanded on the node
bats_require_minimum_version 1.5.0
load lib/pool
export POOL_HOOKS=all # ours among all of them

setup_file() {
    pool_start 1
    stock 1 volume create v1 "$(brick 1 a)" force
    stock 1 volume set v1 user.features.glupy-module negative
}
teardown_file() { pool_stop; }

has_node() { grep -q v1-volext-glupy-negative "$POOL_DIR/1/lib/vols/v1/trusted-v1.tcp-fuse.vol"; }

@test "after an upgrade the filter is linked again, and nothing is used that is not there" {
    has_node
    lib=$(on 1 glusterfsd --print-xlatordir)
    lib=${lib%/*/xlator}
    # what the next version's would say
    on 1 sh -c 'cp /usr/sbin/glusterfsd /tmp/kept && mkdir -p "$1/99/xlator" && rm /usr/sbin/glusterfsd &&
        printf "#!/bin/sh\necho %s\n" "$1/99/xlator" >/usr/sbin/glusterfsd && chmod 755 /usr/sbin/glusterfsd' sh "$lib"
    on 1 volext reconcile --all
    [ "$(on 1 readlink "$lib/99/filter/volext")" = /usr/local/libexec/volext/volext-filter ]
    run ! has_node
    # once our translators are built for it, they return
    on 1 sh -c 'mkdir "$1/99/xlator/features" && cp "$1"/*/xlator/features/glupy.so "$1/99/xlator/features/"' sh "$lib" || :
    on 1 volext reconcile --all
    has_node
    on 1 volext peer applied v1 | grep -P 'trusted-v1.tcp-fuse.vol\tok'
}

@test "reconcile makes no working directory where there is none" {
    run on 1 volext --workdir /nowhere/glusterd reconcile --all
    on 1 test ! -e /nowhere
    run on 1 volext --workdir /srv/none reconcile --all
    on 1 test ! -e /srv/none
}
