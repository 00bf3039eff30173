#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# The soaks, shortened: see glupy-soak and gnotify-soak, which by themselves run for half an hour.
bats_require_minimum_version 1.5.0

@test "under load, through switches, reloads and failing modules, nothing is lost or wrong" {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    "$BATS_TEST_DIRNAME/glupy-soak" 40
}

@test "bricks with notification and who reads them take no more and more memory" {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    "$BATS_TEST_DIRNAME/gnotify-soak" 25
}
