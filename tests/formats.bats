#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# XML and JSON: well formed for any bytes in values, in stock's shape, and the same tree.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    pool_start 1
    stock 1 volume create v1 "$(brick 1 v1)" force
    stock 1 volume create v2 replica 2 "$(brick 1 v2a)" "$(brick 1 v2b)" force
}
teardown_file() { pool_stop; }

# Not by our gluster: it would refuse these values
setup() {
    stock 1 volume set v1 user.features.glupy-position "$(printf 'a\001\033[1m\377<&>"]]>\303\244')"
    stock 1 volume set v1 user.other "$(printf 'b\002')"
}
teardown() { stock 1 volume reset v1; }

# well_formed xml|json <DOCUMENT
well_formed() {
    /usr/bin/python3 -c 'import sys, json, xml.etree.ElementTree as x
data = sys.stdin.buffer.read()
x.fromstring(data) if sys.argv[1] == "xml" else json.loads(data.decode())' "$1"
}

@test "documents are well formed whatever is in values" {
    for words in 'volume get v1 features.glupy-position' 'volume get v1 all' 'volume info v1' 'volume info' \
        'volume extension v1 status' 'volume glupy v1 status' 'volume glupy v1 reload' 'glupy list' 'volume info nope' 'volume get nope all' \
        'volume get nope features.glupy-side' 'volume set v1 features.glupy-side nowhere'; do
        for format in xml json; do
            [ "$format $words" != 'xml volume info nope' ] || continue # stock's
            # shellcheck disable=SC2086
            gluster 1 --$format $words >"$BATS_TEST_TMPDIR/out" || :
            echo "--$format $words: $(cat "$BATS_TEST_TMPDIR/out")"
            well_formed $format <"$BATS_TEST_TMPDIR/out"
        done
    done
}

@test "volume info as JSON is the tree of the XML" {
    stock 1 volume reset v1
    gluster 1 --json volume info >"$BATS_TEST_TMPDIR/json"
    gluster 1 --xml volume info >"$BATS_TEST_TMPDIR/xml"
    /usr/bin/python3 - "$BATS_TEST_TMPDIR/json" "$BATS_TEST_TMPDIR/xml" <<-'END'
	import json, sys, xml.etree.ElementTree as x
	ours = json.load(open(sys.argv[1]))["volInfo"]["volumes"]["volume"]
	theirs = x.parse(sys.argv[2]).getroot().findall("volInfo/volumes/volume")
	def text(value): return str(int(value)) if isinstance(value, bool) else str(value)
	assert len(ours) == len(theirs) == 2
	for o, t in zip(ours, theirs):
	    for child in t:
	        if child.tag not in ("bricks", "options"):
	            assert text(o[child.tag]) == child.text, child.tag
	    assert {p["name"]: p["value"] for p in o["options"]} == {
	        p.findtext("name"): p.findtext("value") for p in t.findall("options/option")}
	    for b, s in zip(o["bricks"], t.findall("bricks/brick")):
	        assert b["name"] == s.text == s.findtext("name") and b["hostUuid"] == s.get("uuid")
	END
}

@test "XML that stock cannot write has the shape that it would have had" {
    stock 1 volume reset v1
    stock 1 volume set v1 user.features.glupy-side brick
    gluster 1 --xml volume info v1 >"$BATS_TEST_TMPDIR/stock"
    stock 1 volume set v1 user.features.glupy-side "$(printf 'bri\001')"
    gluster 1 --xml volume info v1 >"$BATS_TEST_TMPDIR/ours"
    # but for the order of options, which is that of a hash table
    diff <(sed 's/<value>brick</<value>bri\xef\xbf\xbd</' "$BATS_TEST_TMPDIR/stock" | sort) \
        <(sort "$BATS_TEST_TMPDIR/ours")
}

@test "all options as XML are stock's, then ours" {
    stock 1 volume reset v1
    stock 1 --xml volume get v1 all >"$BATS_TEST_TMPDIR/stock"
    gluster 1 --xml volume get v1 all >"$BATS_TEST_TMPDIR/ours"
    run diff "$BATS_TEST_TMPDIR/stock" "$BATS_TEST_TMPDIR/ours"
    [ "$(grep -c '^<' <<<"$output")" = 1 ] # the count
    [[ $output == *'<Option>features.glupy-module</Option>'* ]]
}

@test "a question does not get into a document" {
    stock 1 volume start v1
    run --separate-stderr on 1 sh -c 'gluster --xml volume extension v1 apply </dev/null'
    [[ $output != *'(y/n)'* ]]
    stock 1 --mode=script volume stop v1
}

@test "reset of all as JSON" {
    run --separate-stderr gluster 1 --json volume reset v2
    echo "$output"
    well_formed json <<<"$output"
}
