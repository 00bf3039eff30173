#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# Completion in bash: what TAB offers after some words.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    pool_start 1
    for v in v1 other; do stock 1 volume create $v "$(brick 1 $v)" force; done
    on 1 mkdir -p /var/lib/glusterd/volext/modules
    on 1 touch /var/lib/glusterd/volext/modules/{quicker,slower}.py /var/lib/glusterd/volext/modules/not-a-module
}
teardown_file() { pool_stop; }

# offers WORDS...: what is offered for the last of these words, one per line
offers() {
    # shellcheck disable=SC2016
    on 1 bash -c '. /usr/local/share/bash-completion/completions/gluster || exit 1
        COMP_WORDS=(gluster "$@") COMP_CWORD=$#
        "$(complete -p gluster | sed "s/.* -F \([^ ]*\) .*/\1/")" gluster "${!#}" "${COMP_WORDS[-2]}"
        printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}

@test "commands of both" {
    [ "$(offers vol)" = volume ]
    [ "$(offers glu)" = glupy ]
    [ "$(offers volume ext)" = extension ]
    [ "$(offers volume crea)" = create ]
    [ "$(offers volume se)" = set ]
    [ "$(offers glupy '')" = $'help\ninstall\nlist\nremove\nshow' ]
    run -0 offers ''
    for word in volume glupy peer pool snapshot help; do grep -qx $word <<<"$output"; done
    run ! grep -qx gluster <<<"$output"
}

@test "volumes" {
    [ "$(offers volume extension '')" = $'other\nv1' ]
    [ "$(offers volume set o)" = other ]
    [ "$(offers volume start '')" = $'other\nv1' ]
}

@test "keys and values" {
    [ "$(offers volume set v1 features.glupy-si)" = features.glupy-side ]
    [ "$(offers volume set v1 features.glupy-side '')" = $'brick\nclient' ]
    [ "$(offers volume set v1 user.features.glupy-side b)" = brick ]
    [ "$(offers volume set v1 features.glupy-side brick features.glupy-on)" = features.glupy-on-error ]
    [ "$(offers volume set v1 features.glupy-side brick features.glupy-on-error f)" = fail ]
    [ "$(offers volume set v1 features.glupy-threads i)" = inline ]
    [ "$(offers volume get v1 al)" = all ]
    run -0 offers volume set v1 features.
    [[ $output != *digest* && $output != *generation* && $output != *epoch* ]]
}

@test "modules" {
    [ "$(offers volume set v1 features.glupy-module qu)" = quicker ]
    [ "$(offers volume set v1 features.glupy-module quicker,s)" = quicker,slower ]
    [ "$(offers volume set v1 features.glupy-option.qu)" = features.glupy-option.quicker. ]
    run -0 offers glupy show ''
    grep -qx quicker <<<"$output"
    run ! grep -q not-a-module <<<"$output"
}

@test "files, options, and words after options" {
    [ "$(offers glupy install /etc/hostn)" = /etc/hostname ]
    [ "$(offers --js)" = --json ]
    [ "$(offers --xml --mode=script volume inf)" = info ]
    [ "$(offers volume extension v1 apply '')" = force ]
    [ -z "$(offers volume extension v1 status '')" ]
    [ "$(offers volume glu)" = glupy ]
    [ "$(offers volume glupy v1 '')" = $'reload\nstatus' ]
    [ "$(offers volume glupy v1 reload qu)" = quicker ]
}

@test "GlusterFS's own completion is asked where there is one" {
    # shellcheck disable=SC2016
    on 1 sh -c 'mkdir -p /etc/bash_completion.d; cat >/etc/bash_completion.d/gluster' <<-'END'
	_gluster_completion() { COMPREPLY=(extra-word sorry); }
	complete -F _gluster_completion gluster
	END
    [ "$(offers volume ex)" = $'extension\nextra-word' ]
    on 1 rm /etc/bash_completion.d/gluster
}

@test "with glusterd down, or without the stock program, what is known is offered" {
    glusterd_stop 1
    [ "$(offers volume ext)" = extension ]
    [ -z "$(offers volume extension '')" ]
    glusterd_start 1
}
