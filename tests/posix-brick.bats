#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Both interfaces in bricks. What is tested is said in lib/posix.bash.
bats_require_minimum_version 1.5.0
load lib/posix

setup_file() { posix_start brick native-brick; }
teardown_file() { pool_stop; }

@test "the suite, without a module, finds nothing that is not known" { suite_plain 1000; }

@test "brick: with a module that intercepts everything it says the same" { suite_same brick 1000; }

@test "native-brick: with a module that intercepts everything it says the same" { suite_same native-brick 1000; }

@test "nothing is in flight afterwards, and nothing crashed" { posix_at_rest brick native-brick; }
