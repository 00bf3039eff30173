#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# glusterd runs the filter for every volfile that it writes: it must start fast.
bats_require_minimum_version 1.5.0

setup() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    filter=$(find "$STAGE" -name volext-filter -type f)
}

@test "the filter is linked statically" {
    [ -x "$filter" ]
    run -0 readelf -ld "$filter"
    [[ $output != *INTERP* ]]
    [[ $output != *NEEDED* ]]
}

@test "the filter holds neither Python nor libglusterfs" {
    run ! grep -qE 'Py_Initialize|xlator_set_type' "$filter"
}
