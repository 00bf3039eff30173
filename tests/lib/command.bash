# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2119,SC2120 # status, output and stderr are bats'; volumes are v1 where none is named
#
# For tests of a command that changes a group of options, `gluster volume $COMMAND VOL ...` on
# node 1; volumes are v1 unless told otherwise.

info() { echo "$POOL_DIR/1/lib/vols/${1:-v1}/info"; }
version() { sed -n 's/^version=//p' "$(info "$@")"; }
# stored KEY [VOL]: its value, as glusterd keeps it
stored() { sed -n "s/^$1=//p" "$(info "${2:-v1}")"; }
# command_of_v1 ARGS...: the command
command_of_v1() { gluster 1 volume "$COMMAND" v1 "$@"; }
# refused SENTENCE ARGS...: of v1; that is said, and nothing was changed
refused() {
    local sentence=$1 before
    shift
    before=$(version)
    run --separate-stderr command_of_v1 "$@"
    echo "$stderr"
    [ "$status" = 1 ]
    [ -z "$output" ]
    [ "$stderr" = "volume $COMMAND $1: failed: $sentence. Nothing was changed" ]
    [ "$(version)" = "$before" ]
}
