#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Stock's reset of all options drops ours from info after the filters ran: hooks make
# the volfiles follow, and mounted clients are told.
# shellcheck disable=SC2016 # what is quoted so is expanded on the node
bats_require_minimum_version 1.5.0
load lib/pool
export POOL_HOOKS=all # ours among all of them

setup_file() {
    pool_start 3
    stock 1 volume create v1 replica 3 "$(brick 1 a)" "$(brick 2 a)" "$(brick 3 a)" force
    stock 1 volume start v1
    wait_until 60 bricks_online v1 3
}
teardown_file() { pool_stop; }

# glusterds that are young are not told anything: wait that out
old_enough() { on "$1" volext peer uptime >/dev/null; [ "$(stock 1 system:: execute volext uptime | awk '$2 == "uptime" && $3 < 31' | wc -l)" = 0 ]; }
epochs() { grep -c 'volume set v1 user.volext.epoch' "$POOL_DIR/$1/log/cmd_history.log"; }

@test "a mounted client loses the translator after a stock reset of all options" {
    volume_mount 1 v1
    stock 1 volume set v1 user.features.glupy-module negative
    wait_until 60 in_graph 1 v1 features/glupy
    wait_until 60 old_enough 1
    stock 1 volume reset v1
    wait_until 60 as_desired v1 1 2 3
    wait_until 60 not_in_graph 1 v1 features/glupy
    wait_until 60 told v1 # also where the client came so late that it had read the right volfile
    wait_until 60 info_agrees v1 1 2 3
    as_desired v1 1 2 3
    # one node does it; on a slow machine the next may not have seen that yet
    for i in 1 2 3; do
        n=$(epochs $i || :)
        echo "node $i: $n"
        [ "$n" -le 1 ]
        total=$((${total:-0} + n))
    done
    [ "$total" -ge 1 ]
}

@test "a reset of one stock option, with the extension on, leaves the extension" {
    stock 1 volume set v1 user.features.glupy-module negative
    stock 1 volume set v1 performance.io-thread-count 20
    wait_until 60 in_graph 1 v1 features/glupy
    stock 1 volume reset v1 performance.io-thread-count
    as_desired v1 1 2 3
    in_graph 1 v1 features/glupy
}

told() { grep -qs "volume set $1 user.volext.epoch" "$POOL_DIR"/?/log/cmd_history.log; }

# /mnt/v2 lets nothing be made while the module on the bricks acts
refuses() { ! on 1 mkdir "/mnt/v2/$1" 2>/dev/null; }
lets() { on 1 mkdir "/mnt/v2/$1" 2>/dev/null; }

@test "a module on running bricks acts no more after a stock reset" {
    printf '%s\n' 'from gluster.glupy import *' 'class xlator(Translator):' \
        '    def mkdir_fop(self, frame, this, loc, mode, umask, xdata):' \
        '        dl.unwind_mkdir(frame, 0, this, -1, 1, None, None, None, None, None)' >"$POOL_DIR/nodirs.py"
    stock 1 volume create v2 "$(brick 1 c)" force
    for i in 1 2 3; do
        on $i volext peer module-prepare nodirs
        on $i sh -c 'umask 077; cat >/var/lib/glusterd/volext/modules/incoming/nodirs.py' <"$POOL_DIR/nodirs.py"
        on $i volext peer module-commit nodirs "$(sha256sum <"$POOL_DIR/nodirs.py" | cut -d' ' -f1)" | grep -P 'nodirs\tok'
    done
    stock 1 volume set v2 user.features.glupy-module nodirs user.features.glupy-side brick
    stock 1 volume start v2
    volume_mount 1 v2
    refuses a
    wait_until 60 old_enough 1
    stock 1 volume reset v2
    as_desired v2 1 2 3
    # the reset itself tells the bricks, too: whether before or after the hook is luck
    wait_until 60 told v2
    wait_until 60 lets a
    volume_umount 1 v2
}

@test "delete removes what volext kept; a volume of the same name begins anew" {
    volume_umount 1 v1
    stock 1 volume stop v1
    stock 1 volume delete v1
    gone() { [ -z "$(find "$POOL_DIR"/*/lib/volext/{pending,bricks,lock} -name 'v1*' ! -name '*.notify' 2>/dev/null)" ]; }
    wait_until 60 gone
    stock 1 volume create v1 replica 3 "$(brick 1 b)" "$(brick 2 b)" "$(brick 3 b)" force
    as_desired v1 1 2 3
    logs_clean
}

@test "a filter that is gone is put back on every node, and the nodes come to rest" {
    stock 1 volume start v1 force
    link=$(on 1 sh -c 'echo "$(dirname "$(glusterfsd --print-xlatordir)")/filter/volext"')
    for i in 1 2 3; do on $i rm "$link"; done
    stock 1 volume set v1 user.features.glupy-module negative
    wait_until 60 as_desired v1 1 2 3
    links_back() { for i in 1 2 3; do on $i test -x "$link" || return 1; done; }
    wait_until 60 links_back
    # nobody is left who would set anything
    at_rest() { for i in 1 2 3; do ! on $i pgrep -f 'volext .*notify' || return 1; done; }
    wait_until 120 at_rest
    as_desired v1 1 2 3
    info_agrees v1 1 2 3
}
