# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # work and here are bench/gnotify's
#
# Bytes of a brick's journal for an event of a storm, paths of 30 characters. STORM=N files.

part_journal() {
    local before after files=${STORM:-1000}
    volume v1 on
    journal_storm
    before=$(journal_size)
    journal_storm
    after=$(journal_size)
    awk -v b="$((after - before))" -v n="$files" 'BEGIN {
        printf "journal: %d bytes for a storm of %d files, of which create, write, close and unlink are told: %.0f for each event (aim 120)\n", b, n, b / n / 4 }'
    volume_gone v1
}

journal_storm() {
    on 1 /usr/bin/python3 "$here/gnotify.d/storm.py" "$files" /mnt/v1 >/dev/null
    sleep 1 # it is written, and is now
}
journal_size() { on 1 sh -c 'cat /srv/v10/.glusterfs/gnotify/* 2>/dev/null | wc -c'; }
