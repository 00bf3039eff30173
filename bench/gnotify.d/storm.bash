# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # work and here are bench/gnotify's
#
# A storm of create, write, close and unlink through a mount, on volumes beside one another by turns: `off` (resident,
# nothing recorded), `on` with a reader that follows, `changelog` (stock's journal). Rounds are short and many,
# and a ratio is of the same round: the machine's other load is in both. After half of the rounds the volumes `off` and `on`
# change parts: two that do the same differ by some percent, by where their memory lies. PAIRS=N rounds in all, STORM=N files
# in each, KINDS: others of `volume` to compare, the first is what they are compared with; alone: `on` without its reader.
# PRIORITY=N: the real-time priority of all that is measured, which shows what it is where nothing else runs.

part_storm() {
    local kinds kind i roles=()
    read -ra kinds <<<"${KINDS:-off on changelog}"
    for kind in "${kinds[@]}"; do
        case $kind in alone) volume alone on ;; *) volume "$kind" "$kind" ;; esac
        roles+=("$kind=/mnt/$kind")
    done
    echo "storm of ${STORM:-200} files, ${PAIRS:-120} rounds; on (aim 0.95 of off) has a reader on the same machine:"
    storm_half 1 on
    if [[ " ${kinds[*]} " = *" off "* && " ${kinds[*]} " = *" on "* ]]; then
        storm_change_parts off on
        for i in "${!roles[@]}"; do
            case ${roles[i]} in off=*) roles[i]=off=/mnt/on ;; on=*) roles[i]=on=/mnt/off ;; esac
        done
        storm_half 2 off
        echo "both halves together, a round of one with one of the other:"
        on 1 /usr/bin/python3 "$here/gnotify.d/storm.py" --join /root/storm-1 /root/storm-2
    fi
    for kind in "${kinds[@]}"; do volume_gone "$kind"; done
}

# storm_half NUMBER VOLUME: of rounds, with a reader of VOLUME if one of them is `on`
storm_half() {
    local reader=''
    if [[ " ${kinds[*]} " = *" on "* ]]; then
        on 1 sh -c "exec gnotifywait -m -r -q $2 / >/tmp/events" || : & # it is ended below
        reader=$!
        wait_until 60 on 1 sh -c "echo >>/mnt/$2/probe; grep -q probe /tmp/events"
    fi
    prefer
    preferred /usr/bin/python3 "$here/gnotify.d/storm.py" --times "/root/storm-$1" \
        $((${PAIRS:-120} / 2)) "${STORM:-200}" "${roles[@]}"
    if [ -n "$reader" ]; then
        echo "the reader was told $(on 1 sh -c 'wc -l </tmp/events') events"
        on 1 pkill -x gnotifywait || :
        wait "$reader" 2>/dev/null || :
    fi
}
