# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # status and output are bats'
#
# A file system behind a module that intercepts everything and changes nothing is the
# file system that it was: every test of posix/, and programs that verify what they wrote,
# say the same on a volume with such a module as on one without.
#
# posix-*.bats name the ways to have a module; each is a volume of that name, mounted, beside
# one that is called plain:
#   classic    the classic interface, on a client
#   inline     the same, in the threads that bring the operations
#   brick      the same, in the bricks of a replicated volume
#   native, native-inline, native-brick   the native interface likewise
#   rebuilt    the native interface, where every argument and result goes through Python
#
# What the suite says without a module is the same in files whose volumes are alike. Where
# PLAIN_RECORDS names a folder, the first leaves it there, and later ones have no plain volume.

load lib/pool
SUITE=$BATS_TEST_DIRNAME/posix

# posix_start WAY...: all are on bricks, or none is
posix_start() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=400
    pool_start 1
    local v replica=() bricks=2
    # internal operations (locks of entries, xattrop) are seen in bricks of a replica set
    case $1 in *brick) replica=(replica 2) bricks=4 ;; esac
    export RECORD=${PLAIN_RECORDS:+$PLAIN_RECORDS/posix-$bricks-$(cat "$SUITE"/* | sha256sum | cut -c 1-64)}
    local volumes=(plain "$@")
    if [ -e "$RECORD" ]; then
        cp "$RECORD" "$BATS_FILE_TMPDIR/plain"
        volumes=("$@")
    fi
    for v in "${volumes[@]}"; do
        local list=() i
        for ((i = 0; i < bricks; i++)); do list+=("$(brick 1 "$v$i")"); done
        gluster 1 volume create "$v" "${replica[@]}" "${list[@]}" force
        [ "$v" = plain ] || with_module "$v"
        gluster 1 volume start "$v"
        wait_until 60 bricks_online "$v" $bricks
        volume_mount 1 "$v"
    done
}

# with_module WAY: the volume has the module of that way
with_module() {
    local module=everything_native
    case $1 in classic | inline | brick) module=everything ;; esac
    gluster 1 glupy install "$BATS_TEST_DIRNAME/modules/$module.py"
    gluster 1 volume set "$1" features.glupy-module $module \
        features.glupy-option.$module.seen "/srv/seen-$1"
    case $1 in
    *inline) gluster 1 volume set "$1" features.glupy-threads inline ;;
    *brick) gluster 1 volume set "$1" features.glupy-side brick ;;
    rebuilt) gluster 1 volume set "$1" features.glupy-option.$module.rebuilt yes ;;
    esac
}

# suite VOL ENTRIES: what the suite says of VOL's mount, kept for later tests. ENTRIES: so
# many in its large folder
suite() {
    on 1 env POSIX_ENTRIES="$2" /usr/bin/python3 -B "$SUITE/suite.py" "/mnt/$1" \
        >"$BATS_FILE_TMPDIR/$1" || :
}

# without a module nothing is found that is not known
suite_plain() { # ENTRIES
    [ -e "$BATS_FILE_TMPDIR/plain" ] || suite plain "$1"
    [ "$(grep -c '' "$BATS_FILE_TMPDIR/plain")" = "$(cat "$SUITE"/[a-z]*.py | grep -c '^def test_')" ]
    run grep -vF -f <(awk '/^[a-z]/ { print "not ok " $1 ":" }' "$SUITE/known") \
        <(grep '^not' "$BATS_FILE_TMPDIR/plain")
    echo "$output"
    [ -z "$output" ]
    if [ -z "$RECORD" ] || [ -e "$RECORD" ]; then return 0; fi
    mkdir -p "$PLAIN_RECORDS"
    cp "$BATS_FILE_TMPDIR/plain" "$RECORD.$$" && mv "$RECORD.$$" "$RECORD"
}

# with a module it says the same, and the module did see what was done
suite_same() { # WAY ENTRIES
    suite "$1" "$2"
    diff "$BATS_FILE_TMPDIR/plain" "$BATS_FILE_TMPDIR/$1"
    local fop want='lookup stat fstat setattr mkdir create mknod open opendir readdirp readv writev flush fsync
        fsyncdir truncate ftruncate unlink rmdir rename link symlink readlink statfs
        setxattr getxattr removexattr fgetxattr fallocate discard seek lk'
    # on bricks: what the translators between make of them
    case $1 in *brick) want='lookup setattr mkdir create open opendir readdirp writev unlink rmdir rename link
        inodelk finodelk entrylk xattrop fxattrop fsync' ;; esac
    for fop in $want; do
        grep -qx "$fop" "$POOL_DIR/1/bricks/seen-$1" || { echo "$fop did not reach the module"; return 1; }
    done
}

fio_verifies() { # WAY
    local engine
    for engine in psync mmap libaio; do
        on 1 fio --name=$engine --directory="/mnt/$1" --rw=randrw --bs=4k-64k --size=4m --numjobs=2 \
            --verify=crc32c --verify_fatal=1 --fallocate=none --ioengine=$engine --minimal
    done
    on 1 find "/mnt/$1" -name '*.0' -delete
}

stress_ng_verifies() { # WAY
    on 1 mkdir "/mnt/$1/stress"
    # without lockofd and io-uring, which fail on the plain volume too; without those that
    # make more names than can be removed in the time (link, symlink)
    on 1 stress-ng --verify --temp-path "/mnt/$1/stress" --timeout 8 \
        --access 1 --chmod 1 --chown 1 --dentry 1 --dentries 64 --dir 1 --dir-dirs 64 \
        --fallocate 1 --fallocate-bytes 8m --fcntl 1 --filename 1 --flock 2 --fpunch 1 --fstat 1 \
        --getdent 1 --hdd 1 --hdd-bytes 4m --iomix 1 --iomix-bytes 8m --locka 1 --lockf 1 --mknod 1 \
        --mmap 1 --mmap-file --mmap-bytes 4m --rename 2 --revio 1 --revio-bytes 4m \
        --seek 1 --seek-size 4m --sendfile 1 --sendfile-size 1m --touch 1 --utime 1 --xattr 1
    on 1 rm -r "/mnt/$1/stress"
}

dbench_ends() { # WAY
    on 1 mkdir "/mnt/$1/dbench"
    run -0 on 1 dbench -D "/mnt/$1/dbench" -t 5 2
    [[ ! $output =~ (ERROR|failed) ]]
    on 1 rm -r "/mnt/$1/dbench"
}

# nothing is in flight, and nothing crashed
posix_at_rest() { # WAY...
    local dump='/run/gluster/*.dump.*' way n=0
    for way in "$@"; do
        n=$((n + 1))
        on 1 sh -c "kill -USR1 \$(cat /run/mnt-$way.pid)"
        case $way in *brick)
            n=$((n + 4))
            on 1 sh -c "for p in /run/gluster/vols/$way/*.pid; do kill -USR1 \$(cat \$p); done" ;;
        esac
    done
    # shellcheck disable=SC2086,SC2317
    ended() { [ "$(on 1 sh -c "grep -l DUMP-END-TIME $dump" | wc -l)" -ge $n ]; }
    wait_until 60 ended
    [ "$(on 1 sh -c "sed -n s/^in-flight=//p $dump" | sort -u)" = 0 ]
    [ "$(on 1 sh -c "sed -n s/^errors=//p $dump" | sort -u)" = 0 ]
    [ "$(on 1 sh -c "sed -n s/^timeouts=//p $dump" | sort -u)" = 0 ]
    logs_clean
}
