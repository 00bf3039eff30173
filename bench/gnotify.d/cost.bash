# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # work and here are bench/gnotify's
#
# CPU of a brick's process for an operation, all threads, also those that write the journal later: what a busy
# machine does to clocks does little to it. Once in a process with nothing else (bench/inside: setattr, which is
# an event each time): without the translator, off, on. Once in bricks on which a storm is made in turns, one that
# records and one that is told not to, for each create, write, close and unlink. PAIRS=N rounds, STORM=N files in each.

part_cost() {
    cost_inside
    cost_bricks
}

# Below is one of GlusterFS's translators that passes all on, as in a brick: whoever passes on to the last translator
# of all counts that for it.
cost_inside() {
    local sink kind
    sink=../../../../../../../../../..$(readlink -f "$BUILD")/bench/xlators/.libs/sink
    for kind in none off on; do
        {
            printf 'volume sink\n type %s\n option size 0\nend-volume\n' "$sink"
            printf 'volume below\n type features/barrier\n option barrier off\n subvolumes sink\nend-volume\n'
            [ $kind = none ] || printf 'volume g\n type features/gnotify\n option active %s\n option directory /root/cost-journal-%s
 option buffer-size 64MB\n option path /root\n subvolumes below\nend-volume\n' $kind $kind
        } | on 1 sh -c "cat >/root/cost-$kind.vol"
    done
    on 1 "$BUILD/bench/inside" -f setattr -u -b 1 -m 20 -r "${PAIRS:-30}" \
        none=/root/cost-none.vol off=/root/cost-off.vol on=/root/cost-on.vol
    echo "off, beside another translator of GlusterFS's that passes all on, in shorter batches on one processor:"
    { on 1 cat /root/cost-none.vol; printf 'volume g\n type features/barrier\n option barrier off\n subvolumes below\nend-volume\n'; } |
        on 1 sh -c "cat >/root/cost-stock.vol"
    on 1 "$BUILD/bench/inside" -f setattr -u -p -b 1 -m 5 -r 300 none=/root/cost-none.vol off=/root/cost-off.vol \
        stock=/root/cost-stock.vol
}

# ns of CPU that the brick of volume $1 has used
cost_used() {
    # shellcheck disable=SC2016
    on 1 sh -c 'cat /proc/"$(pgrep -f "[-]-volfile-id $1[.]")"/task/*/schedstat' sh "$1" |
        awk '{ s += $1 } END { printf "%.0f\n", s; exit !NR }'
}

# us of CPU for each of four operations of a file of the storm on volume $1
cost_of_storm() {
    local before after
    before=$(cost_used "$1")
    on 1 /usr/bin/python3 "$here/gnotify.d/storm.py" 0 "$files" "/mnt/$1"
    sleep .3 # what is still to be written
    after=$(cost_used "$1")
    awk -v ns=$((after - before)) -v n="$files" 'BEGIN { printf "%.2f\n", ns / 1e3 / n / 4 }'
}

cost_bricks() {
    local i on off files=${STORM:-1000} pairs=${PAIRS:-30}
    volume von on 1
    volume voff off 1
    cost_of_storm von >/dev/null
    cost_of_storm voff >/dev/null
    for ((i = 0; i < pairs; i++)); do
        on=$(cost_of_storm von) off=$(cost_of_storm voff)
        echo "$on" >>"$work/cost-on"; echo "$off" >>"$work/cost-off"
        awk -v a="$on" -v b="$off" 'BEGIN { print a - b }' >>"$work/cost-more"
    done
    echo "brick's CPU for each create, write, close and unlink of a storm of $files files, $pairs pairs: recording" \
        "$(median <"$work/cost-on") us, off $(median <"$work/cost-off") us; more by $(median <"$work/cost-more") us" \
        "($(quartiles <"$work/cost-more"))"
    volume_gone von
    volume_gone voff
}
