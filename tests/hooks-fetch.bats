#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# A node that lacks a module, or has another than the volume asks for, gets it from
# the others by itself.
# shellcheck disable=SC2016 # what is quoted so is expanded on the node
bats_require_minimum_version 1.5.0
load lib/pool
export POOL_HOOKS=all # ours among all of them

setup_file() {
    local i
    pool_start 2
    stock 1 volume create v1 replica 2 "$(brick 1 a)" "$(brick 2 a)" force
    printf '"""Says nothing.\n\nAt all."""\nclass xlator:\n    pass\n# %s\n' "$(seq -s ' ' 3000)" >"$POOL_DIR/quiet.py"
    sha=$(sha256sum <"$POOL_DIR/quiet.py" | cut -d' ' -f1)
    export sha
    for i in 1 2; do install_on $i; done
    stock 1 volume set v1 user.features.glupy-module quiet user.features.glupy-digest.quiet "$sha"
}
teardown_file() { pool_stop; }

modules=/var/lib/glusterd/volext/modules
install_on() {
    on "$1" volext peer module-prepare quiet
    on "$1" sh -c "umask 077; cat >$modules/incoming/quiet.py" <"$POOL_DIR/quiet.py"
    on "$1" volext peer module-commit quiet "$sha" | grep -P "module\tquiet\tok\t$sha"
}
has_module() { [ "$(sha256sum <"$POOL_DIR/$1/lib/volext/modules/quiet.py" | cut -d' ' -f1)" = "$sha" ]; }
has_node() { grep -q "module-digest $sha" "$POOL_DIR/$1/lib/vols/v1/trusted-v1.tcp-fuse.vol"; }

@test "list, show and get answer" {
    on 1 volext peer module-list | grep -P "module\tquiet\tdeployed\t$sha\tSays nothing\."
    on 1 volext peer module-list | grep -P 'module\tnegative\tpackaged'
    on 1 volext peer module-show quiet | grep -P 'doc\tAt all\.'
    on 1 volext peer module-get quiet | awk '$2 == "data" { print $3 }' | while read -r d; do base64 -d <<<"$d"; done |
        cmp - "$POOL_DIR/quiet.py"
}

@test "what does not arrive whole, or does not import, is not put in place" {
    on 1 sh -c "umask 077; echo 'class xlator: pass' >$modules/incoming/quiet.py"
    on 1 volext peer module-commit quiet "$sha" | grep -P 'module\tquiet\tbad\t'
    has_module 1
    on 1 sh -c "umask 077; echo 'import nowhere' >$modules/incoming/quiet.py"
    on 1 volext peer module-commit quiet "$(echo 'import nowhere' | sha256sum | cut -d' ' -f1)" |
        grep -P "bad\tdoes not import: ModuleNotFoundError"
    has_module 1
    on 1 volext peer module-commit ../x "$sha" | grep -P 'error\t'
    on 1 test ! -e $modules/incoming/quiet.py
}

@test "a module that a volume uses is not removed" {
    on 1 volext peer module-remove quiet | grep -P 'error\tmodule quiet is used by volume v1'
    has_module 1
}

@test "a module that is missing is fetched from another node" {
    has_node 2
    on 2 rm $modules/quiet.py
    stock 1 volume set v1 user.x y
    run ! has_node 2
    wait_until 60 has_module 2
    [ "$(stat -c '%a %u' "$POOL_DIR/2/lib/volext/modules/quiet.py")" = "644 0" ]
    wait_until 60 has_node 2
    as_desired v1 1 2
}

@test "a module that is another than the volume asks for is replaced" {
    on 2 sh -c "echo '# altered' >>$modules/quiet.py"
    stock 1 volume set v1 user.x z
    run ! has_node 2
    wait_until 60 has_module 2
    wait_until 60 has_node 2
    as_desired v1 1 2
}

no_fetch() { ! on "$1" pgrep -f 'volext .*fetch quiet'; }

@test "what was fetched and may not be used all the same is not fetched for ever" {
    on 2 chmod 770 $modules
    on 2 rm $modules/quiet.py
    stock 1 volume set v1 user.x u
    wait_until 60 grep -q 'it was fetched, but it lies in a folder that others than root can write' "$POOL_DIR/2/log/volext.log"
    wait_until 60 no_fetch 2
    run ! has_node 2
    on 2 volext peer module-prepare quiet
    on 2 sh -c "umask 077; cat >$modules/incoming/quiet.py" <"$POOL_DIR/quiet.py"
    on 2 volext peer module-commit quiet "$sha" | grep -P 'module\tquiet\tbad\tlies in a folder'
    on 2 chmod 700 $modules
    # an old file's mode is not taken over
    on 2 chmod 664 $modules/quiet.py
    install_on 2
    stock 1 volume set v1 user.x v
    wait_until 60 has_node 2
    as_desired v1 1 2
}

@test "a node that is probed in has it" {
    node_boot 3
    glusterd_start 3
    stock 1 peer probe "$(address 3)"
    wait_until 60 peers_connected 3 3
    wait_until 60 has_module 3
    wait_until 60 has_node 3
    as_desired v1 1 2 3
    logs_clean
}
