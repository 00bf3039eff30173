#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# gnotifywait and gnotifywatch beside inotify-tools' programs: the same options, lines and
# exit status; and what only a volume has.
# shellcheck disable=SC2016 # what is quoted so is expanded on the node
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300 POOL_RESIDENT=yes
    pool_start 1
    local bricks=() b
    for b in 1 2 3 4; do bricks+=("$(brick 1 b$b)"); done
    stock 1 volume create v1 replica 2 "${bricks[@]}" force
    stock 1 volume start v1
    wait_until 60 bricks_online v1 4
    gluster 1 volume notify v1 enable all
    volume_mount 1 v1
    records() { on 1 timeout 60 gnotifywait -q -t 1 v1; [ $? = 2 ]; }
    wait_until 60 records
    on 1 cp "$POOL_SOURCE/tests/lib/beside.py" /root/
}
teardown_file() { pool_stop; }

# start PROGRAM ARGS...: in the background, in /root/l or /root
start() {
    on 1 sh -c 'rm -f "/root/$1".out "/root/$1".err "/root/$1".status
        (case $1 in inotify*) cd /root ;; *) cd /mnt/v1 ;; esac
         "$@" >"/root/$1".out 2>"/root/$1".err; echo $? >"/root/$1".status) >/dev/null 2>&1 &' sh "$@"
    wait_until 60 on 1 sh -c 'grep -qe established -e "now collecting" "/root/$1.err" || [ -e "/root/$1.status" ]' sh "$1"
}
shown() { on 1 cat "/root/${2:-gnotifywait}.out" | grep -qF -- "$1"; }
status_of() { on 1 cat "/root/$1.status"; }
stop() { on 1 sh -c 'pkill -f "^$1 " || :' sh "$1"; wait_until 30 on 1 test -e "/root/$1.status"; }
out() { on 1 cat /root/gnotifywait.out; }

@test "the same operations give the same lines as inotifywait, but where a volume must differ" {
    run on 1 timeout 200 /usr/bin/python3 /root/beside.py /root/w /mnt/v1/w
    echo "$output"
    [ "$status" = 0 ]
}

# both OPTION...: both programs with these options on d, below a local folder and the mount
both() {
    start inotifywait -m "$@" ./d
    start gnotifywait -m "$@" ./d
    on 1 sh -c 'for d in /root/d /mnt/v1/d; do
            cd $d && for f in a.tmp "b,\"c" sub/x Sub2/y; do mknod "$f" p && rm "$f"; done && mkdir new && rmdir new
        done; mknod /root/d/end p; mknod /mnt/v1/d/end p; rm /root/d/end /mnt/v1/d/end'
    for p in inotifywait gnotifywait; do
        wait_until 30 shown end $p
        stop $p
    done
    on 1 sh -c 'cd /root; for p in inotifywait gnotifywait; do
        tr "\\000" "\n" <$p.out | grep -v -e OPEN -e CLOSE -e ACCESS -e "end\$" -e DELETE_SELF >$p.lines; done
        diff -u inotifywait.lines gnotifywait.lines && diff -u inotifywait.err gnotifywait.err && [ -s gnotifywait.lines ]'
}

@test "options give what they give with inotifywait" {
    on 1 mkdir -p /root/d/sub /root/d/Sub2 /mnt/v1/d/sub /mnt/v1/d/Sub2
    both -e create,unmount -e delete,Move
    both -r --csv
    both -r --format '%w|%f|%e|%:e|%%|%z|%c' -e create,delete
    both -r --format '%f%0' --no-newline --exclude 'sub|\.tmp$' -e create,delete
    both -r --timefmt '%Y' --format '%T %f' --excludei sub -e create,delete
    both -r --include '[xy]$|end'
    both -r @./d/sub -e create
}

@test "it ends as inotifywait does" {
    on 1 mkdir -p /mnt/v1/s
    start gnotifywait v1 s
    on 1 mkdir /mnt/v1/s/one /mnt/v1/s/two
    wait_until 30 on 1 test -e /root/gnotifywait.status
    [ "$(status_of gnotifywait)" = 0 ]
    [ "$(out)" = "s/ CREATE,ISDIR one" ]
    run -2 on 1 timeout 60 gnotifywait -q -t 1 v1 s
    run -2 on 1 timeout 60 gnotifywait -m -q -t 1 v1 s
    run -1 on 1 timeout 60 gnotifywait v1 none
    [[ $output == *"Couldn't watch none: "*"No such file or directory"* ]]
    run -1 on 1 timeout 60 gnotifywait -e nonsense v1
    [[ $output == *"'nonsense' is not a valid event!"* ]]
    run -1 on 1 timeout 60 gnotifywait novolume /
    [[ $output == *novolume* ]]
    run -1 on 1 gnotifywait
    run -1 on 1 gnotifywait -e unmount v1
    [[ $output == *"-e needs another event, too"* ]]
    run -1 on 1 gnotifywait --format '%T' v1
    run -1 on 1 gnotifywait -t 0.5 v1
    run -1 on 1 gnotifywait --csv --format %f v1
    run -1 on 1 gnotifywait --exclude a --include b v1
    run -1 on 1 gnotifywait --cursor 'a b' v1
    [[ $output == *"'a b' is no cursor's name: up to 64 letters, "* ]]
    stock 1 volume create v2 "$(brick 1 c)" force
    stock 1 volume start v2
    wait_until 30 bricks_online v2 1
    run -1 on 1 timeout 60 gnotifywait "$(address 1):v2"
    [[ $output == *"does not record what happens: switch it on by "'`gluster volume notify v2 enable`' ]]
    local p args
    for args in "-d ./d" "-s -t x ./d" "--exclude a --excludei b ./d" "--include a --includei b ./d" \
        "--include a --exclude b ./d" "--timefmt %Y ./d" "--no-newline ./d" "--exclude ( ./d"; do
        for p in inotifywait gnotifywait; do
            # shellcheck disable=SC2086
            run -1 --separate-stderr on 1 timeout 60 $p $args
            [ -z "$output" ]
            [ -n "$stderr" ]
        done
    done
    run -2 --separate-stderr on 1 sh -c 'cd /mnt/v1 && timeout 60 gnotifywait -qq -m -t 1 --exclude a --exclude b ./s'
    [ "$output$stderr" = "--exclude: only the last option will be taken into consideration." ]
    # what is watched is removed, and that is none of the events
    on 1 mknod /mnt/v1/s/f p
    start gnotifywait -e open v1 s/f
    on 1 rm /mnt/v1/s/f
    wait_until 30 on 1 test -e /root/gnotifywait.status
    [ "$(status_of gnotifywait)" = 1 ]
    run -0 on 1 gnotifywait --help
}

# sees WATCHED ARGS...: what is made in /mnt/v1/n is told, in a folder that is called so
sees() {
    local watched=$1
    start gnotifywait "${@:2}"
    on 1 sh -c 'mkdir /mnt/v1/n/made && rmdir /mnt/v1/n/made'
    wait_until 30 on 1 test -e /root/gnotifywait.status
    [ "$(out)" = "$watched CREATE,ISDIR made" ] || { out; on 1 cat /root/gnotifywait.err; false; }
}

@test "a volume and its files can be named in all ways" {
    on 1 sh -c 'mkdir -p /mnt/v1/n /mnt/v1/other; ln -s n /mnt/v1/link; ln -s /mnt/v1/n /root/outside'
    sees n/ v1 n
    sees /n/ v1 /n
    sees v1:n/ v1:n
    sees "$(address 1):v1/n/" "$(address 1):v1/n" || sees n/ "$(address 1):v1" n
    sees ./n/ ./n
    sees /mnt/v1/n/ /mnt/v1/other /mnt/v1/n
    sees link/ v1 link
    sees /root/outside/ /root/outside
    on 1 sh -c 'printf "%s\n" n @none >/root/list'
    sees n/ --fromfile /root/list v1
    start gnotifywait -P v1 link
    on 1 rm /mnt/v1/link
    wait_until 30 on 1 test -e /root/gnotifywait.status
    [[ $(out) == "link ATTRIB " ]]
    run -1 on 1 timeout 60 gnotifywait /root
    [[ $output == *"not on a mounted volume"* ]]
    run -1 on 1 sh -c 'cd /mnt/v1 && timeout 60 gnotifywait n'
    on 1 sh -c 'for name in v1 v1:n /mnt/v1/n "$1:v1" "$1:v1/n"; do
            timeout 60 gnotifywatch -t 1 "$name" 2>&1 & pids="$pids $!"
        done; cd /mnt/v1/n; for pid in $pids; do wait $pid || exit 1; done' sh "$(address 1)"
}

@test "JSON has all that is known" {
    on 1 mkdir -p /mnt/v1/j
    start gnotifywait -m -r --json v1 j
    on 1 sh -c 'cd /mnt/v1/j; printf "12345" >f; setfattr -n user.x -v 1 f; mv f "$(printf "g\\377")"; rm g*'
    wait_until 30 shown '"last_link":true'
    stop gnotifywait
    on 1 jq -es '[.[] | select(.file == "f" and .events == ["modify"])][0] |
        .path == "/j/f" and .offset == 0 and .length == 5 and .uid == 0 and .pid > 0 and
        .watched == "j/" and (.gfid | length) == 36 and .directory == false and
        (.client | startswith("CTX_ID:")) and (.time | tonumber) > 1e9' /root/gnotifywait.out
    on 1 jq -es '[.[] | select(.attribute == "user.x")] | length > 0' /root/gnotifywait.out
    on 1 jq -es '[.[] | select(.cookie)] | length == 2 and .[0].cookie == .[1].cookie and
        .[1].file_base64 == "Z/8="' /root/gnotifywait.out
}

@test "a cursor goes on where it ended, whoever has ended it" {
    on 1 mkdir -p /mnt/v1/c
    next() { on 1 timeout 60 gnotifywait -q -e create --format %f --cursor me v1 c; }
    start gnotifywait -e create --cursor me --format %f v1 c
    on 1 mkdir /mnt/v1/c/1 /mnt/v1/c/2 /mnt/v1/c/3
    wait_until 30 on 1 test -e /root/gnotifywait.status
    [ "$(out)" = 1 ]
    [ "$(next)" = 2 ]
    on 1 mkdir /mnt/v1/c/4
    [ "$(next)" = 3 ]
    [ "$(next)" = 4 ]
    run -2 on 1 timeout 60 gnotifywait -t 1 -q -e create --cursor me v1 c
    run -2 on 1 timeout 60 gnotifywait -t 1 -q -m -e create --format %f --from-oldest v1 c
    [ "$output" = $'1\n2\n3\n4' ]
}

# monitored NAME SIGNAL: shows /c/NAME1 and 2 under a cursor, then ends by the signal
monitored() {
    start env "--default-signal=$2" gnotifywait -m -e create --cursor "$1" --format %f v1 c
    on 1 mkdir "/mnt/v1/c/$1"1
    wait_until 30 shown "$1"1 env
    on 1 mkdir "/mnt/v1/c/$1"2
    wait_until 30 shown "$1"2 env
    on 1 pkill "-$2" -f "^gnotifywait.* --cursor $1 "
    wait_until 30 on 1 test -e /root/env.status
}

@test "what a signal has ended does not tell again what it has shown" {
    on 1 mkdir -p /mnt/v1/c
    local sig number
    for sig in INT:130 TERM:143 HUP:129; do
        number=${sig#*:} sig=${sig%:*}
        monitored "$sig" "$sig"
        [ "$(status_of env)" = "$number" ]
        run -2 on 1 timeout 60 gnotifywait -t 1 -q -e create --cursor "$sig" v1 c
        [ -z "$output" ]
    done
}

@test "what could not be written is told again" {
    on 1 mkdir -p /mnt/v1/c
    local n=0 how
    again() { on 1 timeout 60 gnotifywait -q -e create --cursor "$1" --format %f v1 c; }
    for how in "" -m; do
        n=$((n + 1))
        start env sh -c "exec gnotifywait $how -e create --cursor full$n --format %f v1 c >/dev/full"
        on 1 mkdir "/mnt/v1/c/full$n"
        wait_until 30 on 1 test -e /root/env.status
        [ "$(status_of env)" = 1 ]
        on 1 grep -q "cannot write to standard output: No space left on device" /root/env.err
        [ "$(again full$n)" = full$n ]
        # who reads has gone, and no signal says so
        start env sh -c "(trap '' PIPE; gnotifywait $how -e create --cursor pipe$n --format %f v1 c; echo \$? >/root/pipe) | :"
        on 1 mkdir "/mnt/v1/c/pipe$n"
        wait_until 30 on 1 test -e /root/env.status
        [ "$(on 1 cat /root/pipe)" = 1 ]
        [ "$(again pipe$n)" = pipe$n ]
    done
}

@test "a daemon writes to its file" {
    on 1 mkdir -p /mnt/v1/b
    run -1 on 1 gnotifywait -d v1 b
    on 1 timeout 60 gnotifywait -d -o /root/daemon.out v1 b
    on 1 mkdir /mnt/v1/b/x
    daemon_told() { on 1 grep -qx "b/ CREATE,ISDIR x" /root/daemon.out; }
    wait_until 30 daemon_told
    on 1 pkill -f 'gnotifywait -d'
}

# table PROGRAM: as it counts what is done
table() {
    start "$1" -r -e create,delete,attrib,moved_to,moved_from "${@:2}" ./k
    local d=/mnt/v1/k
    [ "$1" = gnotifywatch ] || d=/root/k
    on 1 sh -c 'cd "$1"; mknod a p; chmod 600 a; mv a sub/b; mv sub/b c; rm c; mkdir e; rmdir e' sh "$d"
    on 1 pkill -INT -f "^$1 "
    wait_until 30 on 1 test -e "/root/$1.status"
    [ "$(status_of "$1")" = 0 ]
    on 1 cat "/root/$1.err" "/root/$1.out"
}

@test "gnotifywatch counts as inotifywatch does" {
    on 1 mkdir -p /root/k/sub /mnt/v1/k/sub
    local a b
    for sort in "" "-a create" "-d delete" "-z"; do
        # shellcheck disable=SC2086
        a=$(table inotifywatch $sort | grep -v /e/) && b=$(table gnotifywatch $sort | grep -v /e/)
        [ "$a" = "$b" ] || { echo "$sort"; echo "$a"; echo "$b"; false; }
    done
    run -1 on 1 gnotifywatch -a nonsense v1
    run -1 on 1 gnotifywatch -a open -e create v1
    run -1 on 1 inotifywatch -a open -d total /root/k
    run -1 on 1 gnotifywatch -a open -d total v1
}

@test "the manual pages have the options that --help has" {
    for p in gnotifywait gnotifywatch; do
        on 1 "$p" --help | grep -oE -- '--[a-z-]+' | sort -u >"$BATS_TEST_TMPDIR/help"
        mandoc -T ascii "$STAGE/usr/local/share/man/man1/$p.1" | col -bx | grep -oE -- '(^|[ ,])--[a-z-]+' |
            tr -d ' ,' | sort -u >"$BATS_TEST_TMPDIR/page"
        diff "$BATS_TEST_TMPDIR/help" "$BATS_TEST_TMPDIR/page"
    done
}
