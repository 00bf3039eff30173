# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # work and here are bench/gnotify's
#
# gfind after 1,000 changes, beside a crawl of all. FILES=N in the volume, ROUNDS=N.

part_gfind() {
    local i rounds=${ROUNDS:-5} files=${FILES:-20000}
    volume v1 on
    on 1 /usr/bin/python3 - /mnt/v1/tree "$files" <<'P'
import os, sys
root, n = sys.argv[1], int(sys.argv[2])
for d in range(n // 200):
    os.makedirs('%s/%d' % (root, d))
    for f in range(200):
        open('%s/%d/%d' % (root, d, f), 'w').close()
P
    on 1 cp "$BUILD/libgnotify/crawl-list" /root/
    on 1 gfind --state /root/state --commit v1 s >/dev/null
    for ((i = 0; i < rounds; i++)); do
        # shellcheck disable=SC2016
        on 1 sh -c 'cd /mnt/v1/tree; for d in 0 1 2 3 4; do for f in $(seq 0 199); do echo "$1" >$d/$f; done; done' sh $i
        sleep 1
        timed on 1 gfind --state /root/state v1 s >>"$work/gfind"
        timed on 1 /root/crawl-list v1 >>"$work/crawl"
        echo "round: gfind $(tail -n 1 "$work/gfind") s, crawl $(tail -n 1 "$work/crawl") s"
        [ "$(on 1 gfind --state /root/state --commit v1 s | wc -l)" = 1000 ] || echo "not 1000 changes"
    done
    echo "gfind after 1,000 changes of $files files: $(median <"$work/gfind") s (aim 0.5); a crawl of all $(median <"$work/crawl") s"
    volume_gone v1
}
