# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # here is bench/gnotify's
#
# A storm of create, write, close and unlink through a mount, on volumes beside one another by turns: `off` (resident,
# nothing recorded), `on` with a reader that follows, `changelog` (stock's journal). Rounds are short and many,
# and a ratio is of the same round: the machine's other load is in both. PAIRS=N rounds, STORM=N files in each, KINDS: others
# of `volume` to compare, the first is what they are compared with; alone: `on` without its reader.

part_storm() {
    local kinds kind reader='' mounts=()
    read -ra kinds <<<"${KINDS:-off on changelog}"
    for kind in "${kinds[@]}"; do
        case $kind in alone) volume alone on ;; *) volume "$kind" "$kind" ;; esac
        mounts+=("/mnt/$kind")
    done
    if [[ " ${kinds[*]} " = *" on "* ]]; then
        on 1 sh -c 'exec gnotifywait -m -r -q on / >/tmp/events' &
        reader=$!
        wait_until 60 on 1 sh -c 'touch /mnt/on/probe; grep -q probe /tmp/events'
    fi
    echo "storm of ${STORM:-200} files, ${PAIRS:-60} rounds; on (aim 0.95 of off) has a reader on the same machine:"
    on 1 /usr/bin/python3 "$here/gnotify.d/storm.py" "${PAIRS:-60}" "${STORM:-200}" "${mounts[@]}"
    if [ -n "$reader" ]; then
        echo "the reader was told $(on 1 sh -c 'wc -l </tmp/events') events"
        on 1 pkill -x gnotifywait || :
        wait "$reader" 2>/dev/null || :
    fi
    for kind in "${kinds[@]}"; do volume_gone "$kind"; done
}
