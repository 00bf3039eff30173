#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# The packaged module negative by itself, with a clock that the test sets: what it may
# remember, for how long, and what makes it forget.
bats_require_minimum_version 1.5.0

@test "negative remembers what it may and no longer than it may" {
    /usr/bin/python3 -IB "$BATS_TEST_DIRNAME/negative_test.py"
}
