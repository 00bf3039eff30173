#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# glupy-drive: scripts in, answers out; what it writes it can read.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    [ -n "${BUILD:-}" ] || skip "BUILD is not set"
    pool_create $$
    node_boot c1
    on c1 sh -c 'mkdir /srv/b
        printf "volume p\n type storage/posix\n option directory /srv/b\nend-volume\n" >/root/posix.vol'
    on c1 sh -c "printf 'volume s\n type %s\n option echo on\nend-volume\n' \
        ../../../../../../../../../..$(readlink -f "$BUILD")/xlators/drive/.libs/sink >/root/sink.vol"
}
teardown_file() { pool_stop; }

drive() { # OPTION... VOLFILE
    on c1 timeout 60 /usr/local/libexec/volext/glupy-drive -l /root/log "$@"
}
refuses() { # TEXT MESSAGE: the second line of a script
    run -2 --separate-stderr drive /root/sink.vol < <(printf '{"fop":"stat","args":{"loc":"/"}}\n%s\n' "$1")
    # shellcheck disable=SC2154 # run sets it
    echo "$stderr"
    [ "$stderr" = "glupy-drive: line 2: $2" ]
}

@test "what a script does to files is done, and what they answer is printed" {
    run -0 drive /root/posix.vol <<'S'
{"fop":"mkdir","args":{"loc":"/d","mode":"0755"}}
{"fop":"create","args":{"loc":{"path":"/d/a"},"flags":66,"mode":"0640","fd":"f"}}
# a comment

{"fop":"writev","args":{"fd":"f","vector":["hello ",{"base64":"/wA="}],"offset":0}}
{"fop":"readv","args":{"fd":"f","size":100,"offset":0}}
{"close":"f"}
{"fop":"rename","args":{"oldloc":"/d/a","newloc":"/d/b"}}
{"fop":"stat","args":{"loc":"/d/a"}}
{"fop":"stat","args":{"loc":"/d/b"}}
{"fop":"setxattr","args":{"loc":"/d/b","dict":{"user.x":"y"}}}
{"fop":"opendir","args":{"loc":"/d","fd":"d"}}
{"fop":"readdirp","args":{"fd":"d","size":4096}}
S
    [ "$(on c1 stat -c '%a %s' /srv/b/d/b)" = "640 8" ]
    [ "$(on c1 getfattr --only-values -n user.x --absolute-names /srv/b/d/b)" = y ]
    [ "$(jq -r 'select(.line == 6).results.vector.base64' <<<"$output")" = "$(printf 'hello \377\0' | base64)" ]
    [ "$(jq -c 'select(.line == 9) | [.op_ret, .op_errno, .lookup]' <<<"$output")" = '[-1,"ENOENT","/d/a"]' ]
    [ "$(jq 'select(.line == 10).results.buf.st_size' <<<"$output")" = 8 ]
    [ "$(jq -r 'select(.line == 13).results.entries[].name' <<<"$output" | sort | xargs)" = ". .. b" ]
}

@test "the answers with their arguments are a script that gets the same answers" {
    grep -v '^#' "$POOL_SOURCE/tests/lib/every.jsonl" >"$BATS_TEST_TMPDIR/script"
    run -0 drive -r /root/sink.vol <"$BATS_TEST_TMPDIR/script"
    [ "$(jq -r .fop <<<"$output" | sort -u | wc -l)" = 54 ]
    printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/record"
    run -0 drive -r -c /root/sink.vol <"$BATS_TEST_TMPDIR/record"
    [ "$output" = "$(cat "$BATS_TEST_TMPDIR/record")" ]
}

@test "--check says which answer is not the script's" {
    run -1 --separate-stderr drive -c /root/sink.vol <<'S'
{"fop":"stat","args":{"loc":"/"},"op_ret":1,"results":{"buf":{"st_uid":1004}}}
{"fop":"stat","args":{"loc":"/"},"results":{"buf":{"st_uid":3}}}
{"fop":"stat","args":{"loc":"/none"},"op_ret":-1,"op_errno":"EPERM"}
S
    [ "$(wc -l <<<"$stderr")" = 2 ]
    [[ $stderr == *'line 2: results is '*'the script has {"buf":{"st_uid":3}}'* ]]
    [[ $stderr == *'line 3: op_errno is "ENOENT", the script has "EPERM"'* ]]
}

@test "a line that cannot be read is named, with the member and what is wanted" {
    refuses 'x' "this is no JSON object: '[' or '{' expected near 'x' at column 1"
    refuses '{"fop":"stats"}' "fop: the name of one of GlusterFS's 54 operations is wanted, not stats"
    refuses '{"fop":"stat","args":{"lok":1}}' 'stat: lok: there is no such member; known are: loc, xdata'
    refuses '{"fop":"stat","args":{"loc":"a"}}' 'stat: loc: an absolute path without empty parts is wanted, not "a"'
    refuses '{"fop":"open","args":{"loc":"/","flags":"x"}}' 'open: flags: an integer is wanted, not "x"'
    refuses '{"fop":"fstat","args":{"fd":"f"}}' 'fstat: fd: an fd that an earlier line opened is wanted, not "f"'
    refuses '{"fop":"setattr","args":{"loc":"/","stbuf":{"st_uid":-1}}}' 'setattr: stbuf.st_uid: a number that fits is wanted, not -1'
    refuses '{"fop":"mkdir","args":{"loc":"/x","mode":4294967296}}' 'mkdir: mode: a number of 32 bits is wanted, not 4294967296'
    refuses '{"fop":"writev","args":{"vector":[1]}}' 'writev: vector: a string or {"base64": …} is wanted, not 1'
    refuses '{"fop":"stat","args":{"loc":"/","xdata":{"k":null}}}' 'stat: xdata["k"]: a string or {"base64": …} is wanted, not null'
    refuses '{"close":"f"}' 'close: the name of an open fd is wanted, not f'
    refuses '{}' 'an object with fop, close or forget is wanted'
}

@test "a graph that does not start, and an answer that does not come, end it" {
    run -3 drive /root/there-is-none.vol </dev/null
    [[ $output == *"open /root/there-is-none.vol: No such file or directory" ]]
    on c1 sh -c 'sed "s/option.*/option late 100000\n option only stat/" /root/sink.vol >/root/late.vol'
    run -4 drive -t 1 /root/late.vol <<<'{"fop":"stat","args":{"loc":"/"}}'
    [[ $output == *"line 1: stat: no answer within 1 s" ]]
}
