#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# The native interface on clients. What is tested is said in lib/posix.bash.
bats_require_minimum_version 1.5.0
load lib/posix

setup_file() { posix_start native native-inline rebuilt; }
teardown_file() { pool_stop; }

@test "the suite, without a module, finds nothing that is not known" { suite_plain 1000; }

@test "native: with a module that intercepts everything it says the same" { suite_same native 3000; }

@test "native: fio finds what it wrote" { fio_verifies native; }

@test "native: stress-ng finds nothing wrong" { stress_ng_verifies native; }

@test "native: dbench ends without an error" { dbench_ends native; }

@test "native-inline: with a module that intercepts everything it says the same" { suite_same native-inline 1000; }

@test "rebuilt: with a module that intercepts everything it says the same" { suite_same rebuilt 1000; }

@test "nothing is in flight afterwards, and nothing crashed" { posix_at_rest native native-inline rebuilt; }
