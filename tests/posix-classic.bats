#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# The classic interface on clients. What is tested is said in lib/posix.bash.
bats_require_minimum_version 1.5.0
load lib/posix

setup_file() { posix_start classic inline; }
teardown_file() { pool_stop; }

@test "the suite, without a module, finds nothing that is not known" { suite_plain 1000; }

@test "classic: with a module that intercepts everything it says the same" { suite_same classic 3000; }

@test "classic: fio finds what it wrote" { fio_verifies classic; }

@test "classic: stress-ng finds nothing wrong" { stress_ng_verifies classic; }

@test "classic: dbench ends without an error" { dbench_ends classic; }

@test "inline: with a module that intercepts everything it says the same" { suite_same inline 1000; }

@test "nothing is in flight afterwards, and nothing crashed" { posix_at_rest classic inline; }
