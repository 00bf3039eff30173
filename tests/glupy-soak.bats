#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# The soak, shortened: see glupy-soak, which by itself runs for half an hour.
bats_require_minimum_version 1.5.0

@test "under load, through switches, reloads and failing modules, nothing is lost or wrong" {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    "$BATS_TEST_DIRNAME/glupy-soak" 40
}
