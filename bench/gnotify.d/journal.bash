# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # here is bench/gnotify's
#
# Bytes of a brick's journal for an event of a storm, paths of 30 characters: headers of batches and all else that is
# in it are counted. Beside it stock's journal of the same storm, which has no paths. STORM=N files.

part_journal() {
    local files=${STORM:-1000} kind
    volume on on
    volume changelog changelog
    for kind in on changelog; do
        journal_storm
        journal_of "$kind" /srv/"$kind"0/.glusterfs
    done
    volume_gone on
    volume_gone changelog
}

journal_of() { # KIND .GLUSTERFS
    local before after
    case $1 in on) set -- "$1" "$2/gnotify" ;; *) set -- "$1" "$2/changelogs" ;; esac
    before=$(journal_size "$2")
    journal_storm
    after=$(journal_size "$2")
    awk -v b="$((after - before))" -v n="$files" -v kind="$1" 'BEGIN {
        printf "%s: %d bytes for a storm of %d files; for each of create, write, close and unlink: %.1f%s\n", kind, b, n, b / n / 4,
            kind == "on" ? " (aim 120)" : "" }'
}

journal_storm() {
    on 1 /usr/bin/python3 "$here/gnotify.d/storm.py" 0 "$files" "/mnt/$kind"
    sleep 2 # all of it is written then
}
journal_size() { on 1 sh -c "find $1 -name 'HTIME*' -prune -o -type f -print0 | xargs -0 cat | wc -c"; }
