#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# The packaged modules by themselves, by gluster.glupy.testing: no GlusterFS, no root.
bats_require_minimum_version 1.5.0

setup() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export PYTHONPATH=$STAGE/usr/local/share/volext/python
}
unit() { /usr/bin/python3 -B "$BATS_TEST_DIRNAME/$1_test.py"; }

@test "negative remembers what it may and no longer than it may" { unit negative; }

@test "limiter lets everybody have what is theirs, and no more" { unit limiter; }

@test "audit writes down who did what, and loses no line when its file is full" { unit audit; }

@test "policy refuses names and bytes, and counts right" { unit policy; }

@test "checksum finds every changed byte, and never what was only written" { unit checksum; }

@test "what tests stand in with has every name that the native interface has" { unit standin; }
