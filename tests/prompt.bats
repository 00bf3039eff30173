#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# The prompt, played by a person at a terminal (lib/terminal).
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    pool_start 1
    for v in v1 other; do stock 1 volume create $v "$(brick 1 $v)" force; done
    on 1 mkdir -p /var/lib/glusterd/volext/modules
    on 1 touch /var/lib/glusterd/volext/modules/quicker.py
}
teardown_file() { pool_stop; }

setup() { on 1 rm -rf /root/.gluster_history /root/elsewhere; }

# at_prompt ARGS... <SCRIPT: a person at `gluster ARGS`
at_prompt() { on 1 "$POOL_LIB/terminal" gluster "$@"; }

@test "commands of stock and of ours, and an end by quit, exit and Ctrl-D" {
    run -0 at_prompt <<-'END'
	< Welcome to gluster prompt, type 'help' to see the available commands.
	< gluster> 
	> volume list\r
	< v1
	< gluster> 
	> volume get v1 features.glupy-side\r
	< client
	< gluster> 
	> volume nope\r
	< unrecognized word: nope (position 1)
	< gluster> 
	>    \r
	< gluster> 
	> --xml volume list\r
	< unrecognized word: --xml (position 0)
	< gluster> 
	> quit\r
	END
    for end in 'exit\r' 'q\r' '\x04'; do
        run -0 at_prompt <<<"< gluster> "$'\n'"> $end"
    done
}

@test "options of the session hold for its commands" {
    run -0 at_prompt --xml <<-'END'
	< gluster> 
	> volume list\r
	< <volume>v1</volume>
	< gluster> 
	> volume get v1 features.glupy-side\r
	< <Option>features.glupy-side</Option>
	< gluster> 
	> quit\r
	END
}

@test "completion of commands, volumes, keys, values and modules" {
    run -0 at_prompt <<-'END'
	< gluster> 
	> vol\t
	< ume 
	> ext\t
	< ension 
	> v\t
	< 1 
	> st\t
	< atus 
	> \x03
	< gluster> 
	> volume set v1 features.glupy-si\t
	< de 
	> bri\t
	< ck 
	> \x03
	< gluster> 
	> volume set v1 features.glupy-module quick\t
	< er 
	> \x03
	< gluster> 
	> volume set v1 features.glupy-option.quick\t
	< er.
	> delay\x03
	< gluster> 
	> glupy show quick\t
	< er 
	> \x03
	< gluster> 
	> glupy install /etc/hostn\t
	< ame 
	> \x03
	< gluster> 
	> volume crea\t
	< te 
	> \x03
	< gluster> 
	> peer \t\t
	< detach
	< probe
	> \x03quit\r
	END
}

@test "the words that may come next are listed, also those of extensions" {
    run -0 at_prompt <<-'END'
	< gluster> 
	> volume set v1 features.\t\t\t
	< features.glupy-clients
	< features.glupy-timeout
	> \x03quit\r
	END
}

@test "Ctrl-C clears the line" {
    run -0 at_prompt <<-'END'
	< gluster> 
	> volume delete v1
	< volume delete v1
	> \x03
	< gluster> 
	> volume list\r
	< v1
	< gluster> 
	> quit\r
	END
}

@test "Ctrl-C ends the command that runs, stock's or ours, and not the prompt" {
    on 1 sh -c 'kill -STOP $(cat /run/glusterd.pid)'
    run at_prompt <<-'END'
	< gluster> 
	> volume status\r
	< volume status
	> \x03
	< gluster> 
	> volume get v1 features.glupy-side\r
	< volume get v1 features.glupy-side
	> \x03
	< gluster> 
	> quit\r
	END
    on 1 sh -c 'kill -CONT $(cat /run/glusterd.pid)'
    [ "$status" = 0 ]
}

# glusterd goes on, however a test ended
teardown() { on 1 sh -c 'kill -CONT $(cat /run/glusterd.pid)'; }

@test "completion does not wait for a glusterd that hangs" {
    on 1 sh -c 'kill -STOP $(cat /run/glusterd.pid)'
    local start=$SECONDS
    run at_prompt <<-'END'
	< gluster> 
	> volume info \t
	> \x03quit\r
	END
    on 1 sh -c 'kill -CONT $(cat /run/glusterd.pid)'
    [ "$status" = 0 ]
    [ $((SECONDS - start)) -lt 60 ] # glusterd's own limit is 120
    # nor leaves anybody behind who does
    on 1 sh -c '! pgrep -x gluster'
}

@test "Ctrl-Z stops the session, at the prompt and while a command runs" {
    # shellcheck disable=SC2016
    on 1 sh -c 'kill -STOP $(cat /run/glusterd.pid)'
    run -0 on 1 env PS1='shell: ' "$POOL_LIB/terminal" bash --norc --noediting -i <<-'END'
	< shell: 
	> gluster\r
	< gluster> 
	> \x1a
	< Stopped
	< shell: 
	> fg\r
	< gluster> 
	> volume status\r
	< volume status
	> \x1a
	< Stopped
	< shell: 
	> fg\r
	< gluster
	* \x03
	< gluster> 
	> quit\r
	< shell: 
	> exit 0\r
	END
}

@test "completion with glusterd down offers what is known without it" {
    glusterd_stop 1
    run at_prompt <<-'END'
	< gluster> 
	> volume info \t
	> \x03volume ext\t
	< ension 
	> \x03quit\r
	END
    glusterd_start 1
    [ "$status" = 0 ]
}

@test "lines are remembered for the next session, by root alone" {
    run -0 at_prompt <<-'END'
	< gluster> 
	> volume info v1\r
	< Volume Name
	< gluster> 
	>  volume info other\r
	< Volume Name
	< gluster> 
	> quit\r
	END
    [ "$(on 1 cat /root/.gluster_history)" = $'volume info v1\nquit' ]
    [ "$(on 1 stat -c '%a %U' /root/.gluster_history)" = '600 root' ]
    run -0 at_prompt <<-'END'
	< gluster> 
	> \x10\x10
	< volume info v1
	> \r
	< Volume Name
	< gluster> 
	> quit\r
	END
}

@test "a history file that somebody else may have made is not used" {
    # shellcheck disable=SC2016
    on 1 sh -c 'echo precious >/root/elsewhere && ln -s elsewhere /root/.gluster_history'
    run -0 at_prompt <<<$'< history is not kept: /root/.gluster_history: \n< gluster> \n> volume list\\r\n< v1\n< gluster> \n> quit\\r'
    [ "$(on 1 cat /root/elsewhere)" = precious ]

    on 1 sh -c 'rm /root/.gluster_history && mkfifo /root/.gluster_history'
    run -0 at_prompt <<<$'< history is not kept\n< gluster> \n> quit\\r'

    on 1 sh -c 'rm /root/.gluster_history && echo x >/root/.gluster_history && chown nobody /root/.gluster_history'
    run -0 at_prompt <<<$'< it belongs to another account\n< gluster> \n> quit\\r'

    on 1 sh -c 'chown root /root/.gluster_history && chmod 666 /root/.gluster_history'
    run -0 at_prompt <<<$'< others may write to it\n< gluster> \n> quit\\r'
}

@test "HOME does not say where the history is" {
    on 1 env HOME=/tmp "$POOL_LIB/terminal" gluster <<<$'< gluster> \n> volume list\\r\n< v1\n< gluster> \n> quit\\r'
    on 1 test -e /root/.gluster_history
    on 1 test ! -e /tmp/.gluster_history
}

@test "a history that has grown is cut to its last lines" {
    on 1 sh -c 'umask 077; for i in $(seq 3000); do
        echo "volume info a-volume-with-quite-a-long-name-so-that-the-file-grows-faster-than-it-would-otherwise-$i"
        done >/root/.gluster_history'
    run -0 at_prompt <<<$'< gluster> \n> quit\\r'
    [ "$(on 1 sh -c 'wc -l </root/.gluster_history')" = 1001 ]
    on 1 grep -q -- '-otherwise-3000$' /root/.gluster_history
}

@test "control characters that are shown do not reach the terminal" {
    on 1 /usr/sbin/gluster --mode=script volume set v1 user.features.glupy-side "$(printf 'a\033[31mb\302\23332mc')"
    run -0 at_prompt <<-'END'
	< gluster> 
	> volume get v1 features.glupy-side\r
	< a\\x1b[31mb\\x9b32mc
	< gluster> 
	> quit\r
	END
    on 1 /usr/sbin/gluster --mode=script volume set v1 user.features.glupy-side client
}

@test "from a pipe: no prompt, no questions, and the first failure ends it" {
    # shellcheck disable=SC2016
    run --separate-stderr on 1 sh -c 'printf "volume get v1 features.glupy-side\nvolume get v1 nope\nvolume list\n" | gluster'
    [ "$status" = 1 ]
    [[ $output == *client* && $output != *gluster\>* && $output != *other* ]]
    [[ $stderr == Welcome* ]]
    run -0 on 1 sh -c 'printf "volume get v1 features.glupy-side\nquit\nvolume nope\n" | gluster'
    run -0 on 1 sh -c 'printf "volume stop other\nvolume list" | gluster || :; printf "volume start other\nvolume stop other\n" | gluster'
    run -0 on 1 sh -c ': | gluster'
}

@test "a terminal that goes away ends the session" {
    # shellcheck disable=SC2016
    run -129 on 1 "$POOL_LIB/terminal" gluster <<<$'< gluster> \n^ HUP'
}

@test "a long wait is shown, on a terminal only, and Ctrl-C ends it" {
    on 1 sh -c 'kill -STOP $(cat /run/glusterd.pid)'
    run -130 on 1 "$POOL_LIB/terminal" gluster volume get v1 features.glupy-side <<-'END'
	< waiting for glusterd … 1 s
	> \x03
	END
    # shellcheck disable=SC2016
    run -0 on 1 sh -c 'timeout -s INT 3 gluster volume get v1 features.glupy-side >/tmp/out 2>&1; cat /tmp/out'
    on 1 sh -c 'kill -CONT $(cat /run/glusterd.pid)'
    [[ $output != *waiting* ]]
    run -0 on 1 "$POOL_LIB/terminal" gluster volume get v1 features.glupy-side <<<'< client'
    [[ $output != *waiting* ]]
}

@test "what ignores a hangup goes on ignoring it" {
    on 1 sh -c 'echo "system:: getwd" | (trap "" HUP; exec gluster)'
    # shellcheck disable=SC2016
    run -0 on 1 sh -c 'kill -STOP $(cat /run/glusterd.pid)
        (trap "" HUP; exec gluster <<-END >/tmp/out 2>&1
	volume get v1 features.glupy-side
	END
	) & session=$!
        until command=$(pgrep -P $session); do :; done
        kill -HUP $session $command
        kill -CONT $(cat /run/glusterd.pid)
        wait $session; cat /tmp/out'
    [[ $output == *client* ]]
}
