# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # work and here are bench/gnotify's
#
# What it costs a brick, in CPU time: what a busy machine does to clocks does little to that.
#
# inside: in a process with nothing else, setattr, which is an event each time. To pass the translator while it is off,
# beside one of GlusterFS's that passes all on (bench/between, in RUNS=N processes); and with all threads, also those that write
# the journal later, without the translator, off and on (bench/inside, PAIRS=N rounds).
#
# bricks: of a brick's process, all threads, for each create, write, close and unlink of a storm through a mount. One brick
# records and one does not, by turns, and after half of the rounds the other one does: two that do the same differ more than by
# what is looked for. PAIRS=N rounds in all, STORM=N files in each. PRIORITY=N: the real-time priority of bricks and
# mounts, for a machine on which other programs run.

part_cost() {
    cost_inside
    cost_bricks
}

# node NAME TYPE LINE...: of a volfile
cost_node() {
    local line
    printf 'volume %s\n type %s\n' "$1" "$2"
    for line in "${@:3}"; do printf ' %s\n' "$line"; done
    printf 'end-volume\n'
}

# Below is one of GlusterFS's translators that passes all on, as in a brick: whoever passes on to the last translator
# of all counts that for it.
cost_bottom() {
    cost_node sink "../../../../../../../../../..$(readlink -f "$BUILD")/bench/xlators/.libs/sink" 'option size 0'
    cost_node below features/barrier 'option barrier off' 'subvolumes sink'
}

# cost_gnotify on|off
cost_gnotify() {
    cost_node g features/gnotify "option active $1" "option directory /root/cost-journal-$1" 'option buffer-size 64MB' \
        'option path /root' 'subvolumes below'
}

cost_inside() {
    local kind i
    {
        cost_bottom
        cost_gnotify off
        cost_node stock features/barrier 'option barrier off' 'subvolumes below'
    } | on 1 sh -c 'cat >/root/cost-between.vol'
    for ((i = 0; i < ${RUNS:-9}; i++)); do
        on 1 "$BUILD/bench/between" -r 2000 /root/cost-between.vol below g stock
    done >"$work/between"
    echo "to pass it while it is off, ns in each process: $(cost_of_node g); middle $(cost_of_node g | tr ' ' '\n' | median) (aim 30)"
    echo "one of GlusterFS's that passes all on: $(cost_of_node stock); middle $(cost_of_node stock | tr ' ' '\n' | median)"
    for kind in none off on; do
        { cost_bottom; [ $kind = none ] || cost_gnotify $kind; } | on 1 sh -c "cat >/root/cost-$kind.vol"
    done
    on 1 "$BUILD/bench/inside" -f setattr -u -b 1 -m 20 -r "${PAIRS:-30}" \
        none=/root/cost-none.vol off=/root/cost-off.vol on=/root/cost-on.vol
}

# what each process said of a node
cost_of_node() { awk -v node="$1:" '$1 == node { printf "%s%s", n++ ? " " : "", $4 }' "$work/between"; }

cost_bricks() {
    local roles=(off=/mnt/voff on=/mnt/von)
    volume voff off 1
    volume von on 1
    prefer
    cost_storm 1
    storm_change_parts voff von
    roles=(off=/mnt/von on=/mnt/voff)
    cost_storm 2
    echo "a brick that records, and one that does not, ${PAIRS:-160} rounds of ${STORM:-100} files:"
    on 1 /usr/bin/python3 "$here/gnotify.d/storm.py" --join /root/storm-1 /root/storm-2
    echo "(aim 5)"
    volume_gone von
    volume_gone voff
}

cost_storm() { # NUMBER
    preferred /usr/bin/python3 "$here/gnotify.d/storm.py" --times "/root/storm-$1" \
        $((${PAIRS:-160} / 2)) "${STORM:-100}" "${roles[@]}" >"$work/storm-$1"
}
