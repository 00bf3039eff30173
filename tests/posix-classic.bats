#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# A file system behind a module that intercepts everything and changes nothing is the
# file system that it was: every test of posix/, and programs that verify what they wrote,
# say the same on a volume with such a module as on one without.
#
# The other posix-*.bats are links to this file. The word in the name:
#   classic    the classic interface, on a client
#   inline     the same, in the threads that bring the operations
#   brick      the same, in the bricks of a replicated volume
#   native, native-inline, native-brick   the native interface likewise
#   rebuilt    the native interface, where every argument and result goes through Python
bats_require_minimum_version 1.5.0
load lib/pool

state=${BATS_TEST_FILENAME##*/posix-}
state=${state%.bats}
SUITE=$BATS_TEST_DIRNAME/posix

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_start 1
    local v replica=() bricks=2 i
    module
    # internal operations (locks of entries, xattrop) are seen in bricks of a replica set
    case $state in *brick) replica=(replica 2) bricks=4 ;; esac
    for v in plain v1; do
        local list=()
        for ((i = 0; i < bricks; i++)); do list+=("$(brick 1 $v$i)"); done
        gluster 1 volume create $v "${replica[@]}" "${list[@]}" force
    done
    gluster 1 glupy install "$BATS_TEST_DIRNAME/modules/$module.py"
    gluster 1 volume set v1 features.glupy-module $module \
        features.glupy-option.$module.seen /srv/seen
    case $state in
    *inline) gluster 1 volume set v1 features.glupy-threads inline ;;
    *brick) gluster 1 volume set v1 features.glupy-side brick ;;
    rebuilt) gluster 1 volume set v1 features.glupy-option.$module.rebuilt yes ;;
    esac
    for v in plain v1; do
        gluster 1 volume start $v
        wait_until 60 bricks_online $v $bricks
        volume_mount 1 $v
    done
}
teardown_file() { pool_stop; }

# Which module the word in the name means.
module() {
    module=everything_native
    case $state in classic | inline | brick) module=everything ;; esac
}

# Is this one the place for what is as slow or as simple in the others?
long() { case $state in classic | native) ;; *) return 1 ;; esac; }

# suite VOL: what the suite says of VOL's mount, kept for later tests
suite() {
    local entries=10000
    long || entries=1000
    on 1 env POSIX_ENTRIES=$entries /usr/bin/python3 -B "$SUITE/suite.py" "/mnt/$1" \
        >"$BATS_FILE_TMPDIR/$1" || :
}
verdicts() { sed 's/:.*//; s/ #.*//' "$BATS_FILE_TMPDIR/$1"; }

@test "$state: the suite, without a module, finds nothing that is not known" {
    suite plain
    [ "$(grep -c '' "$BATS_FILE_TMPDIR/plain")" = "$(cat "$SUITE"/[a-z]*.py | grep -c '^def test_')" ]
    run grep -vF -f <(awk '/^[a-z]/ { print "not ok " $1 ":" }' "$SUITE/known") \
        <(grep '^not' "$BATS_FILE_TMPDIR/plain")
    echo "$output"
    [ -z "$output" ]
}

@test "$state: with a module that intercepts everything it says the same" {
    suite v1
    diff "$BATS_FILE_TMPDIR/plain" "$BATS_FILE_TMPDIR/v1"
}

@test "$state: the module did see these operations" {
    local fop want='lookup stat fstat setattr mkdir create mknod open opendir readdirp readv writev flush fsync
        fsyncdir truncate ftruncate unlink rmdir rename link symlink readlink statfs
        setxattr getxattr removexattr fgetxattr fallocate discard seek lk'
    # on bricks: what the translators between make of them
    case $state in *brick) want='lookup setattr mkdir create open opendir readdirp writev unlink rmdir rename link
        inodelk finodelk entrylk xattrop fxattrop fsync' ;; esac
    for fop in $want; do
        grep -qx "$fop" "$POOL_DIR/1/bricks/seen" || { echo "$fop did not reach the module"; return 1; }
    done
}

@test "$state: fio finds what it wrote" {
    long || skip "shown by posix-classic and posix-native"
    local engine
    for engine in psync mmap libaio; do
        on 1 fio --name=$engine --directory=/mnt/v1 --rw=randrw --bs=4k-64k --size=4m --numjobs=2 \
            --verify=crc32c --verify_fatal=1 --fallocate=none --ioengine=$engine --minimal
    done
    on 1 find /mnt/v1 -name '*.0' -delete
}

@test "$state: stress-ng finds nothing wrong" {
    long || skip "shown by posix-classic and posix-native"
    on 1 mkdir /mnt/v1/stress
    # without lockofd and io-uring, which fail on the plain volume too; without those that
    # make more names than can be removed in the time (link, symlink)
    on 1 stress-ng --verify --temp-path /mnt/v1/stress --timeout 8 \
        --access 1 --chmod 1 --chown 1 --dentry 1 --dentries 64 --dir 1 --dir-dirs 64 \
        --fallocate 1 --fallocate-bytes 8m --fcntl 1 --filename 1 --flock 2 --fpunch 1 --fstat 1 \
        --getdent 1 --hdd 1 --hdd-bytes 4m --iomix 1 --iomix-bytes 8m --locka 1 --lockf 1 --mknod 1 \
        --mmap 1 --mmap-file --mmap-bytes 4m --rename 2 --revio 1 --revio-bytes 4m \
        --seek 1 --seek-size 4m --sendfile 1 --sendfile-size 1m --touch 1 --utime 1 --xattr 1
    on 1 rm -r /mnt/v1/stress
}

@test "$state: dbench ends without an error" {
    long || skip "shown by posix-classic and posix-native"
    on 1 mkdir /mnt/v1/dbench
    run -0 on 1 dbench -D /mnt/v1/dbench -t 5 2
    [[ ! $output =~ (ERROR|failed) ]]
    on 1 rm -r /mnt/v1/dbench
}

@test "$state: nothing is in flight afterwards, and nothing crashed" {
    local dump='/run/gluster/*.dump.*'
    on 1 sh -c 'kill -USR1 $(cat /run/mnt-v1.pid); for p in /run/gluster/vols/v1/*.pid; do kill -USR1 $(cat $p); done'
    local n=1
    case $state in *brick) n=5 ;; esac
    # shellcheck disable=SC2086
    ended() { [ "$(on 1 sh -c "grep -l DUMP-END-TIME $dump" | wc -l)" -ge $n ]; }
    wait_until 60 ended
    [ "$(on 1 sh -c "sed -n s/^in-flight=//p $dump" | sort -u)" = 0 ]
    [ "$(on 1 sh -c "sed -n s/^errors=//p $dump" | sort -u)" = 0 ]
    [ "$(on 1 sh -c "sed -n s/^timeouts=//p $dump" | sort -u)" = 0 ]
    logs_clean
}
