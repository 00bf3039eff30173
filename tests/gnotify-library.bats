#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# libgnotify as a program that is not ours has it: built by pkg-config, in C and in C++, against a
# real volume.
# shellcheck disable=SC2016 # what is quoted so is expanded on the node
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300 POOL_RESIDENT=yes
    pool_start 1
    stock 1 volume create v1 replica 2 "$(brick 1 a)" "$(brick 1 b)" force
    gluster 1 volume set v1 features.notify on
    stock 1 volume start v1
    wait_until 60 bricks_online v1 2
    volume_mount 1 v1
    on 1 mkdir -p /root/bin /mnt/v1/d
    build cc app -std=gnu11
    build c++ app++ -x c++ -std=c++11
}
teardown_file() { pool_stop; }

# build COMPILER NAME FLAGS...: on the node as /root/bin/NAME; the header has no warnings
build() {
    local flags
    flags=$(PKG_CONFIG_PATH="$STAGE/usr/local/lib/pkgconfig" pkg-config --define-variable=prefix="$STAGE/usr/local" --cflags --libs gnotify)
    # shellcheck disable=SC2086
    "$1" "${@:3}" -Wall -Wextra -Werror -pedantic -o "$BATS_FILE_TMPDIR/$2" "$POOL_SOURCE/tests/lib/gnotify_app.c" \
        $flags -Wl,-rpath,/usr/local/lib -pthread
    on 1 cp "$BATS_FILE_TMPDIR/$2" /root/bin/
}

@test "only the library's own calls are exported, all with a version" {
    run -0 nm -D --defined-only "$STAGE/usr/local/lib/libgnotify.so.0"
    names=$(awk '$2 != "A" { print $3 }' <<<"$output")
    [ "$(grep -c . <<<"$names")" = 14 ]
    run -1 grep -v '^gnotify_[a-z_]*@@GNOTIFY_0\.1$' <<<"$names"
    readelf -d "$STAGE/usr/local/lib/libgnotify.so.0" | grep -q 'soname: \[libgnotify.so.0\]'
    [ -z "$(find "$STAGE/usr/local" -name '*.la')" ]
    # each has its manual page
    for name in $(sed 's/@.*//' <<<"$names"); do
        [ -s "$STAGE/usr/local/share/man/man3/$name.3" ] || { echo "$name"; false; }
        grep -q "$name" "$STAGE/usr/local/share/man/man3/gnotify.3"
    done
}

@test "the programs in the manual page and in docs/gnotify.md compile, and tell what is done" {
    local t=$BATS_TEST_TMPDIR flags
    flags=$(PKG_CONFIG_PATH="$STAGE/usr/local/lib/pkgconfig" pkg-config --define-variable=prefix="$STAGE/usr/local" --cflags --libs gnotify)
    sed -n '/^\.SH EXAMPLES/,/^\.fi/p' "$POOL_SOURCE/docs/gnotify.3" | sed '1,2d;$d;s/\\e/\\/g;s/\\-/-/g' >"$t/page.c"
    awk '/^```c$/ { p = 1; next } /^```/ { p = 0 } p' "$POOL_SOURCE/docs/gnotify.md" >"$t/snippet"
    { printf '#include <err.h>\n#include <stdio.h>\n%s\nint main(void) {\nsetlinebuf(stdout);\n' "$(head -n 1 "$t/snippet")"
      tail -n +2 "$t/snippet"; echo 'return 0; }'; } >"$t/text.c"
    for name in page text; do
        # shellcheck disable=SC2086
        cc -D_GNU_SOURCE -Wall -Wextra -Werror -o "$t/$name" "$t/$name.c" $flags -Wl,-rpath,/usr/local/lib
    done
    on 1 cp "$t/text" /root/bin/
    on 1 mkdir -p /mnt/v1/projects
    on 1 sh -c 'timeout 60 /root/bin/text >/root/text 2>&1 &' 3>&- 4>&-
    wait_until 60 on 1 grep -qx '0x40000 ?' /root/text
    on 1 mkdir /mnt/v1/projects/x
    wait_until 30 on 1 grep -qx '0x40000100 /projects/x' /root/text
    on 1 pkill -x text
}

# told WAY PROGRAM: what is done in a folder, to a program that waits in this way
told() {
    on 1 sh -c 'rm -f /root/out; (timeout 100 "/root/bin/$2" "$1" v1 /d 4 >/root/out 2>&1; echo "ended $?" >>/root/out) &
        ' sh "$1" "$2" 3>&- 4>&-
    wait_until 60 on 1 grep -q -e ready -e ended /root/out
    on 1 sh -c 'cd /mnt/v1/d && mkdir x && mkdir x/y && mv x/y x/z && rmdir x/z && rmdir x'
    wait_until 60 on 1 grep -q ended /root/out
    run -0 on 1 cat /root/out
    [ "$output" = "ready
CREATE /d/x
CREATE /d/x/y
MOVED_FROM /d/x/y
MOVED_TO /d/x/z
closed
ended 0" ] || { echo "$1 $2: $output"; false; }
}

@test "a program can read, poll, select, epoll, or be called" {
    for way in read poll select epoll call; do told $way app; done
    told read app++
    told call app++
}

@test "another thread wakes a read" {
    run -0 on 1 timeout 100 /root/bin/app wake v1 /d 0
    [ "$output" = "woken -4
closed" ]
}

@test "what is wrong is said" {
    run -1 on 1 timeout 100 /root/bin/app read v1 /none 1
    [[ $output == *"cannot watch /none on the volume: No such file or directory"* ]]
    run -1 on 1 timeout 100 /root/bin/app read v2 / 1
    [[ $output == *"there is no volume v2"* ]]
    gluster 1 volume set v1 features.notify off
    refused() {
        run on 1 timeout 100 /root/bin/app read v1 / 1
        [ "$status" = 1 ] && [[ $output == *"volume notify"* ]]
    }
    wait_until 60 refused
    gluster 1 volume set v1 features.notify on
}

# Names that a watch has when a rename was not told: it is found again by its gfid.
@test "a watch is found again after a gap" {
    on 1 mkdir -p /mnt/v1/g/h/i
    on 1 sh -c '(timeout 100 gnotifywait -m -r --format "%w %e %f" v1 g/h >/root/out 2>/root/err; echo "ended $?" >>/root/out) &' 3>&- 4>&-
    wait_until 60 on 1 grep -q established /root/err
    gluster 1 volume set v1 features.notify off
    on 1 sh -c 'cd /mnt/v1; n=0; until [ $n = 50 ]; do mkdir t && rmdir t; n=$((n+1)); done; mv g/h g2'
    gluster 1 volume set v1 features.notify on
    seen() { on 1 sh -c 'mkdir /mnt/v1/g2/i/x && rmdir /mnt/v1/g2/i/x; grep -q "^g/h/i/ CREATE,ISDIR x" /root/out'; }
    wait_until 60 seen
    on 1 grep -q '^v1 GAP ' /root/out
    on 1 grep -q 'gnotifywait: gap: changes of volume v1' /root/err
    on 1 pkill -f '^gnotifywait'
}
