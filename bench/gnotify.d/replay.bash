# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # work and here are bench/gnotify's
#
# How fast bricks' journals are read, decoded, merged and told, from the oldest record on: by libgnotify and by Python's
# iterator in turns, ROUNDS=N (5) times. BRICKS="1 4": how many bricks the volumes have, distributed; `copies`
# is two bricks, replica 2. FILES=N (10000): of so many files each of 8 threads has made, written, closed, changed, renamed
# and removed each, six records a file. PRIORITY=N: the real-time priority of bricks and readers
# while they are measured, which shows what they need themselves where other programs run. Aims: 50,000 records a
# second of one brick, 150,000 of four, by Python 100,000.

part_replay() {
    local bricks name
    for name in replay fill; do on 1 cp "$(replay_program $name)" /root/; done
    for bricks in ${BRICKS:-1 4}; do
        replay_volume "$bricks"
        replay_measure "$bricks"
        stock 1 volume stop v1 force >/dev/null
        stock 1 volume delete v1 >/dev/null
        on 1 sh -c 'rm -rf --one-file-system /srv/v1-*'
    done
}

replay_program() { if [ -e "$BUILD/bench/.libs/$1" ]; then echo "$BUILD/bench/.libs/$1"; else echo "$BUILD/bench/$1"; fi; }

replay_volume() { # BRICKS
    local i bricks=() replica=() n=$1
    [ "$n" != copies ] || { n=2; replica=(replica 2); }
    for ((i = 0; i < n; i++)); do bricks+=("$(brick 1 "v1-$i")"); done
    stock 1 volume create v1 "${replica[@]}" "${bricks[@]}" force >/dev/null
    gluster 1 volume set v1 features.notify on >/dev/null
    stock 1 volume start v1 >/dev/null
    wait_until 60 bricks_online v1 "$n"
    on 1 timeout 1800 /root/fill v1 8 "${FILES:-10000}"
    # shellcheck disable=SC2016
    [ -z "${PRIORITY:-}" ] || on 1 sh -c 'for f in /run/gluster/vols/v1/*.pid; do
        read -r pid <"$f"; chrt -a -r -p "$1" "$pid"; done' sh "$PRIORITY" >/dev/null
}

# seconds of the processor that the bricks have used
# shellcheck disable=SC2016
replay_bricks() {
    on 1 sh -c 'for f in /run/gluster/vols/v1/*.pid; do read -r pid <"$f"; cat "/proc/$pid/stat"; done' |
        awk -v tick="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); t += $12 + $13 } END { printf "%.2f", t / tick }'
}

# one round: what the reader says, and the bricks' seconds
replay_round() { # CMD...
    local before said
    before=$(replay_bricks)
    said=$(on 1 timeout 600 env LD_LIBRARY_PATH=/usr/local/lib ${PRIORITY:+chrt -r "$PRIORITY"} "$@" v1)
    echo "$said; bricks $(awk -v a="$before" -v b="$(replay_bricks)" 'BEGIN { printf "%.2f", b - a }')"
}

replay_measure() { # BRICKS
    local i
    rm -f "$work/C" "$work/Python"
    for ((i = 0; i < ${ROUNDS:-5}; i++)); do
        replay_round /root/replay >>"$work/C"
        replay_round /usr/bin/python3 "$here/gnotify.d/replay.py" >>"$work/Python"
    done
    cat "$work/C" "$work/Python"
    replay_report C "$1" "$work/C"
    replay_report Python "$1" "$work/Python"
}

# replay_middle AWK FILE: of an expression of the words of rounds
replay_middle() { awk "{ print $1 }" "$2" | median; }

# shellcheck disable=SC2016
replay_report() { # WHO BRICKS FILE
    local aim=50000
    [ "$2" != 4 ] || aim=150000
    [ "$1" = C ] || aim=100000
    printf '%s, bricks %s: %.0f records a second (aim %d; of %.0f), %.0f events a second; processor for a record: reader %.2f us, bricks %.2f us; memory %.0f MiB\n' \
        "$1" "$2" "$(replay_middle '$2 / $6' "$3")" $aim "$(replay_middle '$2' "$3")" "$(replay_middle '$4 / $6' "$3")" \
        "$(replay_middle '$8 / $2 * 1e6' "$3")" "$(replay_middle '$NF / $2 * 1e6' "$3")" "$(replay_middle '$10 / 1024' "$3")"
}
