#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# gluster volume glupy VOLNAME status, reload: what every process of the pool's nodes says
# of the volume's modules, and that each loads them anew.
bats_require_minimum_version 1.5.0
load lib/pool

SOCKETS=/run/volext/glupy

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_start 2
    stock 1 volume create v1 "$(brick 1 a)" "$(brick 2 a)" force
    stock 1 volume create v2 replica 2 "$(brick 1 b)" "$(brick 2 b)" force
    stock 1 volume start v1
    stock 1 volume start v2
    on 1 cp "$BATS_TEST_DIRNAME/modules/versions.py" /srv/
    gluster 1 glupy install /srv/versions.py
    gluster 1 volume set v1 features.glupy-module versions,negative features.glupy-option.versions.file /srv/loaded \
        features.glupy-option.versions.unless /srv/not-now
    volume_mount 1 v1
    volume_mount 2 v1
}
teardown_file() { pool_stop; }

# status EXPRESSION [VOLUME]: is it true of what status says (d)? i: {(node, module): instance}
status() {
    gluster 1 --json volume glupy "${2:-v1}" status >"$BATS_TEST_TMPDIR/json" || return 1
    /usr/bin/python3 - "$BATS_TEST_TMPDIR/json" "$1" <<'P'
import json, sys
d = json.load(open(sys.argv[1]))['volGlupy']
i = {(n['node'], n['module']): n for n in d['instances']}
ok = eval(sys.argv[2])
if not ok: print(json.dumps(d))
sys.exit(not ok)
P
}
refused() { # SENTENCE ARGS...
    local sentence=$1
    shift
    run --separate-stderr gluster 1 volume glupy "$@"
    echo "$stderr"
    [ "$status" = 1 ]
    [ -z "$output" ]
    [ "$stderr" = "volume glupy $2: failed: $sentence" ]
}
use() { on "$1" test ! -e /mnt/v1/absent; on "$1" test ! -e /mnt/v1/absent; }
loads() { on "$1" cat /srv/loaded 2>/dev/null | wc -l; }

@test "every mount is shown with its modules and their operations" {
    use 1
    use 2
    status "d['count'] == 4 and d['missing'] == [] and d['silent'] == []"
    status "all(n['state'] == 'running' and n['where'] == '/mnt/v1' and len(n['digest']) == 64 for n in i.values())"
    status "all({o['name']: o for o in n['operations']}['lookup']['calls'] >= 2 for n in i.values())"
    status "all(0 < {o['name']: o for o in n['operations']}['lookup']['p50Ns'] < 10**9 for n in i.values())"
    status "all(n['interface'] == ('classic' if m == 'versions' else 'native') and n['memoryUsed'] > 0 for (_, m), n in i.items())"
    gluster 2 volume glupy v1 status | tee "$BATS_TEST_TMPDIR/text"
    grep -qE '^Node .*, mount /mnt/v1, process [0-9]+ \(glusterfs\)$' "$BATS_TEST_TMPDIR/text"
    [ "$(grep -c '^  Module versions: running$' "$BATS_TEST_TMPDIR/text")" = 2 ]
    grep -qE '^    lookup +[0-9]+ +0 +[0-9.]+ +[0-9.]+$' "$BATS_TEST_TMPDIR/text"
    [ "$(gluster 1 --xml volume glupy v1 status | xmllint --xpath 'count(//instances/instance/operations/operation[name="lookup"])' -)" = 4 ]
}

@test "what is asked wrongly is told, with what would be right" {
    refused "Volume nope does not exist" nope status
    # shellcheck disable=SC2016
    refused 'Volume v2 has no modules: `gluster volume set v2 features.glupy-module NAME` gives it one' v2 status
    # shellcheck disable=SC2016
    refused 'Volume v2 has no modules: `gluster volume set v2 features.glupy-module NAME` gives it one' v2 reload
    refused "Volume v1 does not run module other, but versions,negative" v1 reload other
    run -1 gluster 1 volume glupy v1
    [[ $output == *'volume glupy VOLNAME {status | reload [MODULE]}'* ]]
}

@test "reload: every process loads the module anew, once, without another graph" {
    local before
    before=$(loads 1)
    run gluster 1 volume glupy v1 reload versions
    echo "$output"
    [ "$status" = 0 ]
    [ "$(grep -c 'module versions: reloaded$' <<<"$output")" = 2 ]
    [ "${lines[-1]}" = "volume glupy reload: success" ]
    [ "$(loads 1)" = $((before + 1)) ]
    [ "$(on 1 grep -c 'switched to graph' /var/log/glusterfs/mnt-v1.log)" = 1 ]
    as_desired v1 1 2
    # once more, all modules, from the other node, in XML
    [ "$(gluster 2 --xml volume glupy v1 reload | xmllint --xpath 'count(//instance[outcome="reloaded"])' -)" = 4 ]
    [ "$(loads 1)" = $((before + 2)) ]
    run gluster 1 volume info v1
    [[ $output != *generation* ]]
}

@test "a module that does not load leaves the old one running, and that is said" {
    on 2 touch /srv/not-now
    run --separate-stderr gluster 1 volume glupy v1 reload versions
    echo "$output $stderr"
    [ "$status" = 1 ]
    [[ $output == *"module versions: could not load it; the one that ran before goes on: "*"it is not to be loaded now"* ]]
    [ "$(grep -c 'module versions: reloaded$' <<<"$output")" = 1 ]
    [[ $stderr == *"1 of 2 processes did not load it"* ]]
    status "[n['state'] for n in i.values()] == ['running'] * 4"
    status "sum('not to be loaded' in n['reason'] for n in i.values()) == 1"
    use 2
    on 2 rm /srv/not-now
    gluster 1 volume glupy v1 reload
    status "all(n['reason'] == '' and n['generation'] == n['wantedGeneration'] for n in i.values())"
}

@test "a new version that one process cannot load: install says which" {
    on 2 touch /srv/not-now
    on 1 sh -c 'echo "# newer" >>/srv/versions.py'
    run --separate-stderr gluster 1 glupy install /srv/versions.py
    echo "$output $stderr"
    [ "$status" = 0 ]
    [[ $stderr == "node $(address 2), mount /mnt/v1, process "*": module versions: could not load it; the one that ran before goes on: "*"not to be loaded now"* ]]
    [ "$(wc -l <<<"$stderr")" = 1 ]
    on 2 rm /srv/not-now
    on 1 sh -c 'echo "# newest" >>/srv/versions.py'
    run --separate-stderr gluster 1 glupy install /srv/versions.py
    [ -z "$stderr" ]
    status "all(n['reason'] == '' and n['digest'] == n['wantedDigest'] for n in i.values())"
}

@test "an application is shown by its name, and where it forks, nobody is misled" {
    # shellcheck disable=SC2046
    on 1 cc -o /srv/app "$BATS_TEST_DIRNAME/lib/app.c" $(pkg-config --cflags --libs glusterfs-api)
    on 1 sh -c 'mkfifo /srv/words; (exec 9>/srv/words; echo stat /absent >&9; exec sleep 100) & echo $! >/srv/typist
        timeout 90 /srv/app v1 /srv/app.log </srv/words >/srv/answers &' 3>&-
    wait_until 60 on 1 grep -qx 2 /srv/answers
    status "sorted((n['kind'], n['where'], n['program']) for n in d['instances'])[0] == ('application', 'app', 'app')"
    # shellcheck disable=SC2016
    on 1 sh -c 'kill $(cat /srv/typist)'
    wait_until 60 on 1 sh -c '! pgrep -x app'
    status "d['count'] == 4 and d['silent'] == []"
}

@test "of a mount that has another graph now, only that one is shown; counts go on" {
    local calls
    calls=$(gluster 1 --json volume glupy v1 status | /usr/bin/python3 -c 'import json, sys
print(min(n["calls"] for n in json.load(sys.stdin)["volGlupy"]["instances"] if n["module"] == "versions"))')
    gluster 1 volume set v1 features.glupy-module versions
    wait_until 60 not_in_graph 1 v1 v1-volext-glupy-negative
    wait_until 60 not_in_graph 2 v1 v1-volext-glupy-negative
    use 1
    use 2
    wait_until 60 status "d['count'] == 2 and all(n['state'] == 'running' for n in i.values())"
    gluster 1 volume set v1 features.glupy-module versions,negative
    wait_until 60 in_graph 1 v1 v1-volext-glupy-negative
    wait_until 60 in_graph 2 v1 v1-volext-glupy-negative
    use 1
    use 2
    wait_until 60 status "d['count'] == 4 and all(n['state'] == 'running' for n in i.values())"
    status "all(n['calls'] > $calls for (_, m), n in i.items() if m == 'versions')"
}

@test "a process that hangs is named, and does not hide the others" {
    local pid
    pid=$(on 2 cat /run/mnt-v1.pid)
    on 2 kill -STOP "$pid"
    run gluster 1 volume glupy v1 status
    on 2 kill -CONT "$pid"
    echo "$output"
    [ "$status" = 0 ]
    [[ $output == *"process $pid (glusterfs): did not answer within 4 s"* ]]
    [ "$(grep -c '^  Module versions: running$' <<<"$output")" = 1 ]
}

@test "a process that was killed is not shown, and its socket is removed" {
    local pid
    volume_mount 2 v1 other
    on 2 test ! -e /mnt/other/absent
    pid=$(on 2 cat /run/mnt-other.pid)
    status "d['count'] == 6"
    on 2 kill -9 "$pid"
    on 2 umount -l /mnt/other
    on 2 test -e "$SOCKETS/$pid"
    status "d['count'] == 4"
    on 2 test ! -e "$SOCKETS/$pid"
}

@test "a process whose Python is lost to a call into C says so at once" {
    on 1 sh -c 'cat >/srv/hog.py' <<-'END'
	import re
	from gluster.glupy import *
	class xlator(Translator):
	    def lookup_fop(self, frame, this, loc, xdata):
	        if loc.contents.name == 'hog':
	            re.match('(a*)*b', 'a' * 60)
	        dl.wind_lookup(frame, POINTER(xlator_t)(), loc, xdata)
	END
    gluster 1 glupy install /srv/hog.py
    stock 1 volume create v3 "$(brick 1 d)" force
    stock 1 volume start v3
    gluster 1 volume set v3 features.glupy-module hog
    volume_mount 1 v3
    on 1 test ! -e /mnt/v3/hog
    run -0 on 1 timeout 60 ls /mnt/v3
    wait_until 60 status "[n['state'] for n in i.values()] == ['stuck']" v3
    status "i.popitem()[1]['operations'][0]['errors'] >= 1" v3
    # shellcheck disable=SC2016
    on 1 sh -c 'kill -9 $(cat /run/mnt-v3.pid); umount -l /mnt/v3'
}

@test "bricks that run a module are shown by host and path" {
    gluster 1 volume set v2 features.glupy-module negative features.glupy-side brick
    gluster 1 volume extension v2 apply
    volume_mount 1 v2
    on 1 sh -c 'echo x >/mnt/v2/x; ls /mnt/v2'
    wait_until 60 status "sorted(n['where'] for n in i.values()) == ['$(brick 1 b)', '$(brick 2 b)']" v2
    status "all(n['kind'] == 'brick' and n['state'] == 'running' for n in i.values())" v2
    run gluster 2 volume glupy v2 reload
    echo "$output"
    [ "$status" = 0 ]
    [ "$(grep -c 'reloaded$' <<<"$output")" = 2 ]
}

@test "a node that is down is named" {
    node_kill 2
    wait_until 60 peers_connected 1 1
    run --separate-stderr gluster 1 volume glupy v1 status
    [ "$status" = 0 ]
    [[ $stderr == *"node $(address 2): is down"* ]]
    status "[n['host'] for n in d['missing']] == ['$(address 2)'] and d['count'] == 2"
}

@test "nothing has crashed" { logs_clean 'mnt-v1.log.*Traceback'; }
