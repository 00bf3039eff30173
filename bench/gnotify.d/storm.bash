# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # work and here are bench/gnotify's
#
# Storm of create, write, unlink through a mount: with a reader that follows, off, and stock's changelog, in
# turns. PAIRS=N rounds, STORM=N files in each.

part_storm() {
    local i on off log reader pairs=${PAIRS:-30} files=${STORM:-1000}
    volume won on
    volume woff off
    volume wlog changelog
    on 1 sh -c 'exec gnotifywait -m -r -q won / >/tmp/events' &
    reader=$!
    wait_until 20 on 1 sh -c 'touch /mnt/won/probe; grep -q probe /tmp/events'
    for ((i = 0; i < pairs; i++)); do
        on=$(storm_on won) off=$(storm_on woff) log=$(storm_on wlog)
        echo "$on" >>"$work/on"; echo "$off" >>"$work/off"; echo "$log" >>"$work/log"
        awk -v a="$off" -v b="$on" 'BEGIN { print a / b }' >>"$work/ratio"
        awk -v a="$off" -v b="$log" 'BEGIN { print a / b }' >>"$work/logratio"
    done
    echo "storm of $files files, $pairs rounds: off $(median <"$work/off") s, on with a reader $(median <"$work/on") s," \
        "changelog $(median <"$work/log") s; rate of on to off $(median <"$work/ratio") ($(quartiles <"$work/ratio"))," \
        "of changelog to off $(median <"$work/logratio") ($(quartiles <"$work/logratio"))"
    echo "events that the reader printed: $(on 1 sh -c 'wc -l </tmp/events')"
    on 1 pkill -x gnotifywait || :
    wait "$reader" || :
    for i in won woff wlog; do volume_gone "$i"; done
}

storm_on() { on 1 /usr/bin/python3 "$here/gnotify.d/storm.py" "$files" "/mnt/$1"; }
