#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Which processes run a volume's modules, and which must see the volume as it is.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_start 1
    stock 1 volume create v1 replica 2 "$(brick 1 a)" "$(brick 1 b)" force
    stock 1 volume start v1
    wait_until 60 bricks_online v1 2
    gluster 1 volume set v1 features.glupy-module negative
}
teardown_file() { pool_stop; }

setup() { L=/var/log/glusterfs/t$BATS_TEST_NUMBER.log; }
log_has() { on 1 grep -q "$1" "${2:-$L}"; }

@test "a FUSE mount runs the module" {
    volume_mount 1 v1
    wait_until 60 log_has 'module negative is loaded' /var/log/glusterfs/mnt-v1.log
}

@test "an application on libgfapi runs the module" {
    on 1 sh -c 'cat >/srv/app.c; cd /srv && cc -o app app.c $(pkg-config --cflags --libs glusterfs-api)' <<'C'
#include <glusterfs/api/glfs.h>
#include <errno.h>
#include <sys/stat.h>
int main(int argc, char **argv)
{
    glfs_t *fs = glfs_new("v1");
    struct stat st;
    if (argc < 2 || !fs || glfs_set_volfile_server(fs, "tcp", "localhost", 24007) ||
        glfs_set_logging(fs, argv[1], 7) || glfs_init(fs))
        return 1;
    for (int i = 0; i < 100; i++)
        if (!glfs_stat(fs, "/absent", &st) || errno != ENOENT)
            return 2;
    glfs_fd_t *fd = glfs_creat(fs, "/absent", 0, 0600);
    if (!fd || glfs_close(fd) || glfs_stat(fs, "/absent", &st) || glfs_unlink(fs, "/absent"))
        return 3;
    return 0;
}
C
    on 1 timeout 60 /srv/app $L
    log_has 'module negative is loaded'
}

@test "an application with a Python of its own works, without the module" {
    on 1 timeout 60 /usr/bin/python3 - $L <<'P'
import ctypes, os, sys
api = ctypes.CDLL('libgfapi.so.0', use_errno=True)
api.glfs_new.restype = ctypes.c_void_p
fs = ctypes.c_void_p(api.glfs_new(b'v1'))
assert not api.glfs_set_volfile_server(fs, b'tcp', b'localhost', 24007)
assert not api.glfs_set_logging(fs, sys.argv[1].encode(), 7)
assert not api.glfs_init(fs)
buffer = ctypes.create_string_buffer(4096)
for i in range(10):
    assert api.glfs_stat(fs, b'/absent', buffer) == -1
sys.stdout.flush()
os._exit(0)
P
    log_has 'a Python of its own'
    run ! log_has 'is loaded'
}

@test "an internal mount and heal info do not run the module" {
    on 1 mkdir -p /mnt/internal
    on 1 glusterfs -s localhost --volfile-id=v1 --client-pid=-3 --process-name fuse -l $L /mnt/internal
    wait_until 60 on 1 timeout 30 stat /mnt/internal/.
    log_has 'passes through: this is an internal mount'
    run ! log_has 'is loaded'
    on 1 umount /mnt/internal
    gluster 1 volume heal v1 info
    log_has 'passes through: this is glfsheal' /var/log/glusterfs/glfsheal-v1.log
}

@test "nothing has crashed" { logs_clean; }
