#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# The example of a backup: what it copies is what the volume is, also when that is changed
# meanwhile, and when it is killed.
bats_require_minimum_version 1.5.0
load lib/pool

# Where folders are moved by another client while it looks at them, a mount sometimes goes on to list
# names that it does not find, or finds what was there before (the bricks have it right; a new mount, too). So each call has a
# new mount, as the page of gfind advises, and what is compared is what a brick has. Not distributed: distribute does the same more often.
setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    command -v rsync >/dev/null || skip "rsync is not installed"
    export BATS_TEST_TIMEOUT=240
    pool_start 1
    stock 1 volume create v1 replica 2 "$(brick 1 a)" "$(brick 1 b)" force
    gluster 1 volume set v1 features.notify on
    stock 1 volume start v1
    volume_mount 1 v1
    # another client makes the changes: what it has cached is its own
    volume_mount 1 v1 other
}
teardown_file() { pool_stop; }

backup() {
    on 1 umount -l /mnt/v1
    volume_mount 1 v1
    on 1 env GFIND='gfind --state /root/gfind' GFIND_BACKUP_ROUNDS="${ROUNDS:-10}" timeout 120 \
        "$POOL_SOURCE/examples/gfind-backup" v1 backup /mnt/v1 /srv/backup
}
churn() { on 1 /usr/bin/python3 "$POOL_SOURCE/tests/lib/churn.py" /mnt/other "$@"; }
listing() {
    on 1 sh -c "cd $1 && find . -mindepth 1 -path './.glusterfs*' -prune -o -mindepth 1 \( -type f -printf '%P %y %m %s ' -exec md5sum {} \; -o -printf '%P %y %m\n' \)" |
        LC_ALL=C sort
}
same() {
    listing /srv/a >"$BATS_TEST_TMPDIR/volume"
    listing /srv/backup/tree >"$BATS_TEST_TMPDIR/backup"
    [ -s "$BATS_TEST_TMPDIR/volume" ]
    diff "$BATS_TEST_TMPDIR/volume" "$BATS_TEST_TMPDIR/backup"
}
# what is merged at the bricks for 100 ms is told by the next call
backed_up() { backup && same; }

@test "the first backup is the volume" {
    churn 1 150
    wait_until 30 backed_up
}

@test "the next ones follow it: each move within the backup, each deletion" {
    local seed
    for seed in 2 3; do
        churn $seed 60
        wait_until 30 backed_up
    done
    # moved, not copied
    on 1 sh -c 'mkdir /mnt/other/big && head -c 1000000 /dev/urandom >/mnt/other/big/file'
    wait_until 30 backed_up
    local inode
    inode=$(on 1 stat -c %i /srv/backup/tree/big/file)
    on 1 mv /mnt/other/big /mnt/other/large
    wait_until 30 backed_up
    [ "$(on 1 stat -c %i /srv/backup/tree/large/file)" = "$inode" ]
}

@test "while the volume is changed, and when it was killed meanwhile" {
    churn 5 400 &
    local churning=$! i
    for i in 1 2; do ROUNDS=3 backup || :; done
    for i in 1 2 3; do
        on 1 env GFIND='gfind --state /root/gfind' timeout -s KILL 0.$((i * 3)) \
            "$POOL_SOURCE/examples/gfind-backup" v1 backup /mnt/v1 /srv/backup || :
        ROUNDS=2 backup || :
    done
    wait $churning
    wait_until 60 backed_up
}

@test "a gap costs a comparison of all, and nothing else" {
    on 1 sh -c 'echo before >/mnt/other/before-gap'
    wait_until 30 backed_up
    brick_kill 1 a
    brick_kill 1 b
    stock 1 volume start v1 force
    wait_until 30 bricks_online v1 2
    wait_until 30 on 1 sh -c 'rm -f /mnt/other/before-gap && echo after >/mnt/other/after-gap'
    wait_until 60 backed_up
}

@test "no process has crashed" { logs_clean; }
