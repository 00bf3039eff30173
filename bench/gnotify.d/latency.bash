# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# shellcheck shell=bash
#
# From the return of a create to the return of the read that tells of it: libgnotify, beside inotify on a local
# folder, by turns. COUNT=N of each.

part_latency() {
    volume v1 on
    on 1 sh -c "mkdir -p /mnt/v1/latency /root/here; cp '$BUILD/bench/.libs/latency' /root/ 2>/dev/null || cp '$BUILD/bench/latency' /root/"
    on 1 env LD_LIBRARY_PATH=/usr/local/lib timeout 300 /root/latency "${COUNT:-1000}" v1 /latency /mnt/v1/latency /root/here
    volume_gone v1
}
