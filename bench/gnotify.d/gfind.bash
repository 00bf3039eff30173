# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # work and here are bench/gnotify's
#
# What 1,000 changes among many files cost to find, connecting included, by turns on the same volume: gfind, a crawl of
# everything, and stock's glusterfind (`pre`), which reads stock's journal. FILES="N..." in the volume (2000 20000; 200000 takes
# minutes to make), ROUNDS=N for each.
#
# glusterfind sees nothing younger than an interval of stock's journal: that is set to 2 s (15 are its default), and it is
# run, as the others are, when that is over: the wait is in no number. Debian's package of it does not name what it needs:
# python3-pyxattr and openssh-client.

part_gfind() {
    local files i rounds=${ROUNDS:-5} tool option
    on 1 cp "$BUILD/libgnotify/crawl-list" "$BUILD/bench/tree" /root/
    for files in ${FILES:-2000 20000}; do
        gfind_prepare
        for ((i = 0; i < rounds; i++)); do
            on 1 /usr/bin/python3 "$here/gnotify.d/change.py" /mnt/v1 "$i"
            sleep 5 # two intervals of stock's journal, and what it rounds off
            for tool in $(gfind_order "$i"); do
                "run_$tool" >>"$work/$tool.$files"
                echo "$tool: $(tail -n 1 "$work/$tool.$files") s"
            done
            on 1 gfind --state /root/state --commit v1 s >"$work/found"
            [ "$(wc -l <"$work/found") $(cat "$work/glusterfound")" = "1000 1000" ] ||
                echo "NOT 1000 changes: gfind $(wc -l <"$work/found"), glusterfind $(cat "$work/glusterfound")"
            on 1 glusterfind post fs v1 >/dev/null
        done
        echo "of $files files: gfind $(median <"$work/gfind.$files") s (aim 0.5), a crawl of all $(median <"$work/crawl.$files") s," \
            "glusterfind pre $(median <"$work/glusterfind.$files") s ($rounds rounds)"
        on 1 glusterfind delete fs v1 >/dev/null
        volume_gone v1
        on 1 rm -rf /root/state
    done
}

# a volume of $files files, both journals on from before the first, and sessions of both tools
gfind_prepare() {
    volume v1 on
    for option in "changelog.changelog on" "changelog.capture-del-path on" "build-pgfid on" "changelog.rollover-time 2"; do
        # shellcheck disable=SC2086 # a key and a value
        stock 1 volume set v1 $option >/dev/null
    done
    on 1 gfind --state /root/state --commit v1 s >/dev/null
    echo "$files files made by libgfapi in $(on 1 /root/tree v1 8 "$files") s"
    echo "the first gfind after that, which tells all of them: $(run_gfind) s"
    on 1 gfind --state /root/state --commit v1 s >/dev/null
    # glusterfind writes below /var/lib/misc, which is the machine's
    on 1 sh -c 'mountpoint -q /var/lib/misc || mount -t tmpfs misc /var/lib/misc; mkdir -p /var/lib/glusterd/glusterfind/.keys'
    on 1 glusterfind create fs v1 >/dev/null
    sleep 5
}

gfind_order() { case $(($1 % 3)) in 0) echo gfind crawl glusterfind ;; 1) echo crawl glusterfind gfind ;; 2) echo glusterfind gfind crawl ;; esac; }
run_gfind() { timed on 1 gfind --state /root/state v1 s; }
run_crawl() { timed on 1 /root/crawl-list -q v1; }
run_glusterfind() {
    timed on 1 glusterfind pre --regenerate-outfile fs v1 /root/changed
    on 1 sh -c 'wc -l </root/changed' >"$work/glusterfound"
}
