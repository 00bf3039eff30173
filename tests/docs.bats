#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# The table of commands, the manual page, help, completion and docs/options.md say the
# same. BUILD is the folder volext was built in, STAGE where it was installed.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() { pool_start 1; }
teardown_file() { pool_stop; }

setup() {
    [ -n "${BUILD:-}" ] || skip "BUILD is not set"
    gendoc=$BUILD/cli/gendoc
}

# The rows of the table, as typed: WORDS ARGS
rows() { "$gendoc" rows; }
# The keys of the table of extensions
keys() { "$gendoc" options | sed -n 's/^| `\([^`]*\)` .*/\1/p'; }
page() { mandoc -T ascii "$STAGE/usr/local/share/man/man8/$1.8" | col -bx | tr -s ' \n' ' '; }

@test "every command is in the manual page, with its arguments" {
    page volext-gluster >"$BATS_TEST_TMPDIR/page"
    [ "$(rows | wc -l)" -ge 10 ]
    rows | while IFS= read -r row; do
        grep -qF -- "$row" "$BATS_TEST_TMPDIR/page" || { echo "not in the manual page: $row"; exit 1; }
    done
}

@test "a command with all its arguments is the tag of its paragraph in the manual page" {
    sed -n '/^\.SH COMMANDS/,/^\.SH "OPTIONS/p' "$STAGE/usr/local/share/man/man8/volext-gluster.8" |
        sed -n '/^\.TP$/{n;s/\\f[BIR]//g;s/\\-/-/g;p;}' | sort >"$BATS_TEST_TMPDIR/tags"
    rows | sort | diff - "$BATS_TEST_TMPDIR/tags"
}

@test "every option is in the manual page, in docs/options.md and in volume set help" {
    page volext-gluster >"$BATS_TEST_TMPDIR/page"
    gluster 1 volume set help >"$BATS_TEST_TMPDIR/help"
    [ "$(keys | wc -l)" -ge 8 ]
    for key in $(keys); do
        grep -qF -- "$key" "$BATS_TEST_TMPDIR/page" || { echo "not in the manual page: $key"; return 1; }
        grep -qx -- "Option: $key" "$BATS_TEST_TMPDIR/help" || { echo "not in volume set help: $key"; return 1; }
    done
    "$gendoc" options | diff - "$POOL_SOURCE/docs/options.md"
}

@test "every command that stock has not is in help, and no other" {
    stock 1 help >"$BATS_TEST_TMPDIR/stock"
    gluster 1 help >"$BATS_TEST_TMPDIR/ours"
    diff "$BATS_TEST_TMPDIR/stock" "$BATS_TEST_TMPDIR/ours" | sed -n 's/^> *//p' | sed 's/ *- .*//' >"$BATS_TEST_TMPDIR/added" || :
    "$gendoc" rows new | diff - "$BATS_TEST_TMPDIR/added"
}

@test "a word that is none after one of ours is told with what there is" {
    run -1 gluster 1 glupy nope
    [ "${lines[0]}" = 'unrecognized word: nope (position 1)' ]
    [[ $output == *'glupy install FILE - '* ]]
    run -1 gluster 1 glupy
    [ "${lines[0]}" = 'unrecognized command' ]
    run -0 gluster 1 glupy help
    [ "$(grep -c '^glupy ' <<<"$output")" = "$("$gendoc" rows new | grep -c '^glupy ')" ]
    run -1 gluster 1 volume extension
    [[ $output == *'volume extension VOLNAME {status | apply [force]}'* ]]
}

@test "every command's words are completed" {
    rows | while IFS= read -r row; do
        words=$(sed 's/ *[][{}|A-Z].*//' <<<"$row")
        grep -qF "    # $row" "$STAGE/usr/local/share/bash-completion/completions/gluster" || {
            echo "not in the completion: $row"
            exit 1
        }
        for word in $words; do
            grep -qE "^    '[0-9. ]+ word $word'" "$STAGE/usr/local/share/bash-completion/completions/gluster"
        done
    done
}

@test "every command of volext is in its manual page, and no other" {
    [ -x "$STAGE/usr/local/sbin/volext" ] || skip "volext is not installed"
    "$STAGE/usr/local/sbin/volext" --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p' | sort >"$BATS_TEST_TMPDIR/help"
    sed -n '/^.SH COMMANDS/,/^.SH "EXIT/s/^\\fB\([a-z-]*\)\\fR.*/\1/p' "$STAGE/usr/local/share/man/man8/volext.8" |
        sort >"$BATS_TEST_TMPDIR/page"
    [ -s "$BATS_TEST_TMPDIR/help" ]
    diff "$BATS_TEST_TMPDIR/help" "$BATS_TEST_TMPDIR/page"
}

@test "manual pages are clean" {
    for page in "$STAGE"/usr/local/share/man/man8/volext*.8 "$STAGE"/usr/local/share/man/man1/*.1 "$STAGE"/usr/local/share/man/man3/gnotify.3; do
        run mandoc -T lint -W warning "$page"
        echo "$page: $output"
        [ "$status" = 0 ] && [ -z "$output" ]
        # shellcheck disable=SC2016
        run bash -c 'man --warnings -l -Tutf8 "$1" 2>&1 >/dev/null' bash "$page"
        [ -z "$output" ]
    done
}

@test "the completion is clean" {
    shellcheck -e SC2154,SC2034 "$STAGE/usr/local/share/bash-completion/completions/gluster"
}

@test "the manual page does not hide stock's" {
    [ ! -e "$STAGE/usr/local/share/man/man8/gluster.8" ]
}
