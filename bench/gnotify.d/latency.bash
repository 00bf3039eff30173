# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # here is bench/gnotify's
#
# From the return of a create to the return of the read that tells of it: libgnotify, and inotify on a local
# folder, by turns, COUNT=N of each, each when the one before was told; then N creates of libgnotify's in a row. Beside it stock's journal: from the return of a create to the time at which the file of the
# journal that has it is there for who reads it, with stock's interval of 15 s and with the least, 1 s.

part_latency() {
    local interval
    volume v1 on
    on 1 sh -c "mkdir -p /mnt/v1/latency /root/here; cp '$BUILD/bench/.libs/latency' /root/ 2>/dev/null || cp '$BUILD/bench/latency' /root/"
    on 1 env LD_LIBRARY_PATH=/usr/local/lib timeout 300 /root/latency "${COUNT:-2000}" v1 /latency /mnt/v1/latency /root/here
    volume_gone v1
    volume log changelog
    for interval in 15 1; do
        quietly stock 1 volume set log changelog.rollover-time "$interval"
        on 1 /usr/bin/python3 "$here/gnotify.d/stock_latency.py" "$interval" /mnt/log /srv/log0/.glusterfs/changelogs
    done
    volume_gone log
}
