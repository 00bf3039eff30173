#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# What is not ours is stock's, byte for byte. The list of commands is stock's own
# help, so that a command that a later GlusterFS has is tried, too.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    pool_start 1
    stock 1 volume create v1 "$(brick 1 v1)" force
    stock 1 volume create v2 replica 2 "$(brick 1 v2a)" "$(brick 1 v2b)" force
    stock 1 volume start v1
    wait_until 60 bricks_online v1 1
}
teardown_file() { pool_stop; }

# The words that each line of stock's help begins with: every command, once.
commands() {
    stock 1 help all | sed -nE '/^gluster /d; /^[a-z]/{s/^((([a-z0-9:-]+) ?)*).*/\1/; s/ +(- .*)?$//; p}' | sort -u
}

# twice OPTION...: the commands on standard input by stock and by ours, on node 1
twice() { on 1 "$POOL_LIB/twice" /usr/sbin/gluster gluster "$@"; }

# Help is the one thing that ours adds to.
but_help() { grep -vE '^(help|volume help|exit|quit)( |$)'; }

@test "the list of commands is stock's" {
    run commands
    echo "$output"
    [ "${#lines[@]}" -ge 45 ]
    for command in 'volume create' 'volume heal' 'peer probe' 'pool list' 'snapshot create' 'get-state'; do
        grep -qx "$command" <<<"$output"
    done
}

@test "bare words" {
    commands | but_help >"$BATS_TEST_TMPDIR/list"
    twice <"$BATS_TEST_TMPDIR/list"
}

@test "bare words, in script mode" {
    commands | but_help >"$BATS_TEST_TMPDIR/list"
    twice --mode=script <"$BATS_TEST_TMPDIR/list"
}

@test "a bogus argument" {
    commands | but_help | sed 's/$/ bogus/' >"$BATS_TEST_TMPDIR/list"
    twice --mode=script <"$BATS_TEST_TMPDIR/list"
}

@test "bare words and a bogus argument, as XML" {
    commands | but_help | sed 'p;s/$/ bogus/' >"$BATS_TEST_TMPDIR/list"
    twice --mode=script --xml <"$BATS_TEST_TMPDIR/list"
}

@test "stock options, set, shown and refused" {
    twice --mode=script <<-END
	volume info
	volume info all
	volume info v1
	volume info nope
	volume info v1 v2
	volume get v1 cluster.min-free-disk
	volume get v1 nope
	volume get all all
	volume get all cluster.brick-multiplex
	volume get nope cluster.min-free-disk
	volume get v1 user.none
	volume set v1 nope 1
	volume set v1 cluster.min-free-disk
	volume set v1 cluster.min-free-disk bad
	volume set v1 cluster.min-free-disk 5%
	volume set v1 user.mine 1
	volume get v1 user.mine
	volume set nope cluster.min-free-disk 5%
	volume set v1 group nope
	volume set v1 user.mine 2 cluster.min-free-disk 7%
	volume info v1
	volume reset v1 nope
	volume reset v1 cluster.min-free-disk
	volume reset v1 cluster.min-free-disk force
	volume reset nope
	volume info v1
	END
}

@test "abbreviations, and words that stock takes for others" {
    twice --mode=script <<-END
	vol inf
	vol info v1
	v i v1
	volume in v1
	vol list
	vo li
	pe st
	po l
	volume s
	volume
	vol
	nope
	volume nope
	volume infos
	volume volume info
	quit
	exit
	qui
	system:: getwd
	system:: uuid get
	system:: mount
	system:: nope
	END
}

@test "global options" {
    for options in --version --print-logdir --print-statedumpdir --nope --xml=1 \
        --mode=nope --timeout=0 --timeout=x --log-level=NOPE --secure-mgmt=nope \
        "--remote-host=$(address 1)" --glusterd-sock=/nope --log-level=INFO --inet6 --wignore --nolog; do
        echo 'volume list' | twice "$options"
    done
    for line in 'volume list --xml' '--xml volume list' 'volume --mode=script info v1' '-- volume list' \
        'volume list --' 'volume -- list' 'volume info -- --xml' '--help' '--help --xml' '--xml --version'; do
        twice <<<"$line"
    done
}

@test "with glusterd down" {
    glusterd_stop 1
    run twice --mode=script --timeout=2 <<-END
	volume info
	volume get v1 cluster.min-free-disk
	volume set v1 cluster.min-free-disk 5%
	volume reset v1
	volume list
	END
    glusterd_start 1
    echo "$output"
    [ "$status" = 0 ]
}

@test "arguments are passed on as they are" {
    # shellcheck disable=SC2016
    on 1 bash -c '
        for program in /usr/sbin/gluster gluster; do
            $program --mode=script volume set v1 user.odd "two  words; \$(id) \"x\" * \\" 2>&1
            $program volume get v1 user.odd 2>&1
            $program volume info "v 1" 2>&1
            $program volume info "" 2>&1
            $program "" 2>&1
            $program volume set v1 user.odd "$(printf "\303\244")" 2>&1
            $program volume get v1 user.odd 2>&1
        done' >"$BATS_TEST_TMPDIR/said"
    split -n l/2 "$BATS_TEST_TMPDIR/said" "$BATS_TEST_TMPDIR/half."
    lines=$(wc -l <"$BATS_TEST_TMPDIR/said")
    head -n $((lines / 2)) "$BATS_TEST_TMPDIR/said" >"$BATS_TEST_TMPDIR/stock"
    tail -n $((lines / 2)) "$BATS_TEST_TMPDIR/said" >"$BATS_TEST_TMPDIR/ours"
    diff "$BATS_TEST_TMPDIR/stock" "$BATS_TEST_TMPDIR/ours"
}

@test "ours only adds to stock's help and to the list of all options" {
    for words in help 'help all' 'volume help' 'volume set help' 'volume get v1 all'; do
        # shellcheck disable=SC2086
        stock 1 $words >"$BATS_TEST_TMPDIR/stock"
        # shellcheck disable=SC2086
        gluster 1 $words >"$BATS_TEST_TMPDIR/ours"
        run diff "$BATS_TEST_TMPDIR/stock" "$BATS_TEST_TMPDIR/ours"
        echo "$words: $output"
        ! grep -q '^<' <<<"$output" || return 1
    done
}

@test "lines from a pipe" {
    local script='volume list\n\n  volume   info  v1 \nvolume get v1 user.none\nvolume list\n'
    for program in /usr/sbin/gluster gluster; do
        # shellcheck disable=SC2016
        on 1 bash -c 'printf "$2" | "$1" >/tmp/out 2>/tmp/err; echo "exit status $?"; cat /tmp/out; echo --; cat /tmp/err' \
            bash "$program" "$script" >"$BATS_TEST_TMPDIR/${program##*/}.$([ "$program" = gluster ] && echo ours || echo stock)"
    done
    diff "$BATS_TEST_TMPDIR/gluster.stock" "$BATS_TEST_TMPDIR/gluster.ours"
    grep -q '^exit status 2' "$BATS_TEST_TMPDIR/gluster.ours"
}

@test "options of extensions are shown by their names" {
    stock 1 volume set v1 user.features.glupy-side brick
    run -0 gluster 1 volume info v1
    [[ $output == *$'\nfeatures.glupy-side: brick'* ]]
    [[ $output != *user.features.glupy* ]]
}
