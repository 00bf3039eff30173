#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Builds the fuzz targets with clang and its sanitizers and runs them.
#
#   tests/fuzz.sh [SECONDS]     in all, 60 by default
#
# Exit 1 on a finding, which is printed and kept in the folder that is named.
set -eu

seconds=${1:-60}
root=$(cd "$(dirname "$0")/.." && pwd)
corpus=$root/tests/corpus
work=$(mktemp -d "${TMPDIR:-/tmp}/volext-fuzz.XXXXXX")

command -v clang >/dev/null || { echo 'fuzz: clang is missing; install clang and libclang-rt-14-dev' >&2; exit 1; }

cat >"$work/dict" <<'EOF'
"volume "
"type "
"option "
"subvolumes "
"end-volume"
"\""
"\\`"
"v-volext-glupy-one"
"debug/io-stats"
"protocol/server"
"protocol/client"
"[extension]"
"[option a.b]"
"xlator = a/b"
"switch = a.c"
"volfiles = brick"
"position = above a/b"
"choices = "
"default = "
"type = enum"
"gnBA"
"GlusterFS Changelog | version: v1.2 | encoding : 2\x0a"
"GlusterFS Changelog | version: v1.1 | encoding : 1\x0a"
"0000000a-0000-0000-0000-000000000001\x00"
"gnQ1"
"gnR1"
"volext-gnotify-2"
"(<DISTRIBUTE:d> (<REPLICATE:r> "
"<POSIX(/b):h:/b/"
"> <POSIX(/b/c):j:/b/c/"
"cluster/replicate"
"subvolumes c0 c1"
EOF

# run FOLDER NAME SECONDS SEEDS...: FOLDER/fuzz_NAME.c, with all of FOLDER but its tests, or
# with $parts of it, made with $flags
parts='*.c' flags=
run() {
    folder=$1 name=$2 time=$3
    shift 3
    mkdir "$work/$name"
    # shellcheck disable=SC2086
    sources=$(cd "$root/$folder" && find $parts -maxdepth 0 ! -name '*_test.c' ! -name 'fuzz_*.c' \
        -printf "$root/$folder/%p ")
    # shellcheck disable=SC2086
    clang -g -O1 -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I"$root" \
        -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all $flags \
        "$root/$folder/fuzz_$name.c" $sources "$root/common/strbuf.c" \
        "$root/common/kv.c" "$root/common/file.c" -lmd -lz -lxxhash -lpthread -o "$work/fuzz_$name"
    if ! (cd "$work" && "./fuzz_$name" -max_total_time="$time" -timeout=10 -max_len=8192 \
            -rss_limit_mb=1024 -dict=dict -print_final_stats=1 "$name" "$@") >"$work/$name.log" 2>&1; then
        tail -n 60 "$work/$name.log"
        echo "fuzz: a finding in $name; it is kept in $work"
        exit 1
    fi
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name.log")
    echo "$name: $runs runs in $time s, no finding"
}

# what happens to a reader, of bytes like any
mkdir "$work/chances"
for i in $(seq 30); do seq "$i" $((i + 300)) | gzip -nc | tail -c +20 >"$work/chances/$i"; done

run volgen volfile $((seconds * 3 / 8 + 1)) "$corpus/volfiles" "$corpus/odd"
run volgen describe $((seconds / 8 + 1)) "$corpus/describe"
run notify records $((seconds / 8 + 1))
parts='changelog.c'
run gfind changelog $((seconds / 16 + 1))
parts='../graph.c pathinfo.c'
run gfapi/locate pathinfo $((seconds / 8 + 1))
# the reader's parts that know no network, on the target's own clock
parts='[bemrstw]*.c c[ou]*.c ../notify/record.c ../notify/wire.c'
flags=-Dclock_gettime=fuzz_clock
run libgnotify stream $((seconds / 4 + 1)) "$work/chances"
rm -rf "$work"
