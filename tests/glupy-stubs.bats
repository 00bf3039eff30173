#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# The type stubs of the native interface: mypy takes them, finds the examples right, and
# finds mistakes.
bats_require_minimum_version 1.5.0

setup() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    command -v mypy >/dev/null || skip "mypy is not installed"
    export BATS_TEST_TIMEOUT=300
    stubs=$(find "$STAGE" -path '*/glupy/native.pyi')
    [ -n "$stubs" ]
    export MYPYPATH=${stubs%/gluster/glupy/native.pyi}
    cd "$BATS_TEST_TMPDIR"
}
check() { mypy --follow-imports=silent --cache-dir "$BATS_FILE_TMPDIR/cache" "$@"; }

@test "the stubs are sound" {
    check --strict "$stubs"
}

@test "the native examples are right by them" {
    for module in "$BATS_TEST_DIRNAME"/../python/modules/*.py; do
        grep -q 'gluster.glupy.native' "$module" || continue
        check "$module"
    done
}

@test "a mistake is found" {
    cat >wrong.py <<'M'
from gluster.glupy.native import *
from gluster.glupy.native import LookupReply


class xlator(Translator):
    async def lookup(self, loc: Loc) -> LookupReply:
        reply = await self.child.lookup(loc)
        return await self.child.stat(loc)

    async def unlink(self, loc: Loc) -> None:
        await self.child.unlnk(loc)
        loc.name = 'x'
        Iatt(st_sise=3)
M
    run check wrong.py
    [ "$status" -ne 0 ]
    [[ $output == *'"StatReply"'* ]]
    [[ $output == *'"unlnk"'* ]]
    [[ $output == *'Property "name"'* ]]
    [[ $output == *'"st_sise"'* ]]
}
