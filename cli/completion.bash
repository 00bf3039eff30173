# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# shellcheck shell=bash
#
# Completion of `gluster` for bash: volext's commands, keys and values from the tables
# that gendoc puts here, the rest from GlusterFS's own completion where there is one,
# and from GlusterFS's own help otherwise.
# shellcheck disable=SC2154 # the arrays come with the tables

@TABLES@

_volext_options='--xml --json --mode=script --mode=interactive --glusterd-sock= --remote-host=
    --timeout= --log-file= --log-level= --help --version'

# GlusterFS's own completion, which this one asks too.
_volext_stock=
for _volext_file in /etc/bash_completion.d/gluster /etc/bash_completion.d/gluster.bash \
    /usr/share/bash-completion/completions/gluster; do
    if [ ! -r "$_volext_file" ] || [ "$_volext_file" -ef "${BASH_SOURCE[0]}" ]; then continue; fi
    # shellcheck source=/dev/null
    . "$_volext_file"
    _volext_stock=$(complete -p gluster 2>/dev/null | sed -n 's/.* -F \([^ ]*\) .*/\1/p')
    [ "$_volext_stock" = _volext_gluster ] && _volext_stock=
    [ -z "$_volext_stock" ] || break
done
unset _volext_file

# On an error stock says so on standard output: then there are none.
_volext_volumes() {
    local names
    names=$(timeout 2 gluster --mode=script volume list 2>/dev/null) && echo "$names"
}

_volext_modules() {
    local dir file
    for dir in "${_volext_module_dirs[@]}"; do
        for file in "$dir"/*.py; do
            [ -e "$file" ] || continue
            file=${file##*/}
            echo "${file%.py}"
        done
    done
}

# The keys; one that ends in a dot is followed by a module's name and what that takes.
_volext_keys() {
    local key module
    for key in "${!_volext_values[@]}"; do
        case $key in
        *.) for module in $(_volext_modules); do echo "$key$module."; done ;;
        *) echo "$key" ;;
        esac
    done
}

# The values of key $1, where $2 is typed. Module names go on after a comma.
_volext_values_of() {
    local key=${1#user.} value module
    for value in ${_volext_values[$key]-}; do
        case $value in
        @modules)
            for module in $(_volext_modules); do
                case $2 in *,*) echo "${2%,*},$module" ;; *) echo "$module" ;; esac
            done ;;
        @events) _volext_event_names "$2" ;;
        *) echo "$value" ;;
        esac
    done
}

# Names of events, where $1 is typed. They go on after a comma.
_volext_event_names() {
    local event before=''
    case $1 in *,*) before=${1%,*}, ;; esac
    for event in "${_volext_events[@]}"; do echo "$before$event"; done
}

# What edge KIND WORD offers, after the word $3, where $4 is typed.
_volext_offer() {
    case $1 in
    word) echo "$2" ;;
    volume) _volext_volumes ;;
    key) _volext_keys ;;
    value) _volext_values_of "$3" "$4" ;;
    module) _volext_modules ;;
    events) _volext_event_names "$4" ;;
    file) compgen -f -- "$4" ;;
    esac
}

# Offers what may come after these words: $1 is typed, the rest came before.
_volext_next() {
    local typed=$1 word edge from to kind literal
    local -A at=() next offered=()
    shift
    for edge in "${_volext_edges[@]}"; do at[${edge%%.*}.0]=1; done
    for word in "$@"; do
        next=()
        for edge in "${_volext_edges[@]}"; do
            read -r from to kind literal <<<"$edge"
            [ -n "${at[$from]-}" ] || continue
            [ "$kind" != word ] || [[ $literal == "$word"* ]] || continue
            next[$to]=1
        done
        at=()
        for to in "${!next[@]}"; do at[$to]=1; done
    done
    for edge in "${_volext_edges[@]}"; do
        read -r from to kind literal <<<"$edge"
        if [ -z "${at[$from]-}" ] || [ -n "${offered[$kind $literal]-}" ]; then continue; fi
        offered[$kind $literal]=1
        _volext_offer "$kind" "$literal" "${!#}" "$typed"
    done
}

# GlusterFS's commands from its help, kept for this shell: the words that a line
# begins with; then a volume's name where the line has one.
_volext_next_by_help() {
    local line words word match
    [ -n "${_volext_help-}" ] || _volext_help=$(timeout 2 gluster --mode=script help all 2>/dev/null)
    shift
    while IFS= read -r line; do
        # no headings, no continued lines
        [[ $line == [a-z]* && $line != 'gluster '* ]] || continue
        read -r -a words <<<"$line"
        match=1
        for word in "$@"; do
            [[ ${words[0]-} =~ ^[a-z] && ${words[0]} == "$word"* ]] || { match=; break; }
            words=("${words[@]:1}")
        done
        [ -n "$match" ] || continue
        case ${words[0]-} in
        [a-z]*) echo "${words[0]}" ;;
        '<VOLNAME>' | '[all|<VOLNAME>]') [ $# -eq 0 ] || _volext_volumes ;;
        esac
    done <<<"$_volext_help" | sort -u
}

_volext_gluster() {
    local cur=${COMP_WORDS[COMP_CWORD]} words=() i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in --* | =) ;; *) words+=("${COMP_WORDS[i]}") ;; esac
    done
    COMPREPLY=()
    case $cur in
    --*)
        mapfile -t COMPREPLY < <(compgen -W "$_volext_options" -- "$cur")
        [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace 2>/dev/null
        return ;;
    esac
    local stock=()
    if [ -n "$_volext_stock" ]; then
        "$_volext_stock" "$@" 2>/dev/null
        stock=("${COMPREPLY[@]}")
    else
        mapfile -t stock < <(_volext_next_by_help "$cur" "${words[@]}")
    fi
    mapfile -t COMPREPLY < <(
        { _volext_next "$cur" "${words[@]}"; printf '%s\n' "${stock[@]}"; } | sort -u |
            while IFS= read -r i; do [[ -n $i && $i == "$cur"* ]] && printf '%s\n' "$i"; done)
    [[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *. ]] || compopt -o nospace 2>/dev/null
}

complete -F _volext_gluster gluster
