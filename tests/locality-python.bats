#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# gluster.locality and disco.dfs.gluster as programs in Python use them.
bats_require_minimum_version 1.5.0
load lib/pool

setup_file() {
    pool_start 2
    stock 1 volume create v1 replica 2 "$(brick 1 b1)" "$(brick 2 b2)" "$(brick 1 b3)" "$(brick 2 b4)" force
    stock 1 volume start v1
    wait_until 60 bricks_online v1 4
    volume_mount 1 v1
    on 1 mkdir -p /mnt/v1/web_logs/sub
    for n in 2026-06-30 2026-07-01 2026-07-02 sub/2026-07-03; do on 1 touch "/mnt/v1/web_logs/$n"; done
}
teardown_file() { pool_stop; }
setup() { on 1 rm -f /mnt/v1/.hostname_map /tmp/map; }

# python NODE CODE: with everything imported, an error fails
python() { on "$1" env "${@:3}" /usr/bin/python3 -B -c "from gluster.locality import *
import re
$2"; }
# raises NODE CLASS CODE [ENV...]: prints what it says
raises() {
    python "$1" "
try: $3
except $2 as error: print(error)
else: raise SystemExit('nothing was raised')" "${@:4}"
}

@test "unit tests" {
    run -0 on 1 /usr/bin/python3 -B "$POOL_SOURCE/tests/locality_test.py"
}

@test "files are lists of addresses, chosen by a string or an expression" {
    python 1 '
a, b = "dfs://'"$(address 1)"'", "dfs://'"$(address 2)"'"
both = lambda name: [a + name, b + name]
found = files("/mnt/v1/web_logs/", "2026-07", {})
assert found == [both("/web_logs/" + n) for n in ("2026-07-01", "2026-07-02", "sub/2026-07-03")], found
assert files("/mnt/v1/web_logs", re.compile("/mnt/.*sub/.*3$"), {}) == found[2:]
assert files("/mnt/v1/web_logs", re.compile(b".*-02$"), {}) == found[1:2]
# an expression matches from the beginning of the absolute path
assert files("/mnt/v1/web_logs", re.compile("sub/"), {}) == files("/mnt/v1/web_logs", re.compile("web_logs"), {}) == []
assert [p.name for p in iterate("web_logs", re.compile("/web_logs/sub"), volume="v1")] == ["/web_logs/sub/2026-07-03"]
assert files("/mnt/v1", "/mnt/v1/web_logs/sub", {}) == found[2:]
assert files("/mnt/v1/web_logs/2026-07-01", "", {}) == found[:1]
assert files("/mnt/v1", "no such", {}) == []
assert len(files("/mnt/v1", None, {})) == 4
assert files("/mnt/v1/web_logs", "2026-07", {}, method="mount") == found
'
    on 1 ln -s /mnt/v1/web_logs /tmp/logs
    python 1 'assert files("/tmp/logs", "/tmp/logs/2026-06", {})[0][0].endswith("/web_logs/2026-06-30")'
}

@test "host names are mapped: a dictionary, a file in the mount's root, one that is named" {
    python 1 'assert files("/mnt/v1", "06", {"'"$(address 1)"'": "disco-01", "'"$(address 2)"'": "disco-02"}) == [
        ["dfs://disco-01/web_logs/2026-06-30", "dfs://disco-02/web_logs/2026-06-30"]]'
    python 1 'names = {"v1-client-0": "a", "v1-client-1": "b", "'"$(brick 1 b3)"'": "a", "'"$(brick 2 b4)"'": "b"}
assert all(p.hosts == ["a", "b"] for p in iterate("/mnt/v1", None, names))'
    printf '%s disco-01\n\n# more\n[%s]\t[disco-02]\n' "$(address 1)" "$(address 2)" | on 1 tee /mnt/v1/.hostname_map >/dev/null
    python 1 'assert files("/mnt/v1/web_logs", "06") == [["dfs://disco-01/web_logs/2026-06-30", "dfs://disco-02/web_logs/2026-06-30"]]'
    echo "$(address 1) other" | on 1 tee /tmp/map >/dev/null
    python 1 'assert files("/mnt/v1/web_logs", "06")[0][0] == "dfs://other/web_logs/2026-06-30"' DISCO_HOSTNAME_MAP=/tmp/map
    python 1 'assert files("/mnt/v1/web_logs", "06", {})[0][0].startswith("dfs://10.")' DISCO_HOSTNAME_MAP=/nope
    # with the mark that some editors begin a file with
    printf '\xef\xbb\xbf%s first\n' "$(address 1)" | on 1 tee /tmp/map >/dev/null
    python 1 'assert files("/mnt/v1/web_logs", "06")[0][0] == "dfs://first/web_logs/2026-06-30"
from disco.dfs.gluster import load_hostname_map
import os
map = os.environ.pop("DISCO_HOSTNAME_MAP")
assert load_hostname_map(map) == {"'"$(address 1)"'": "first"}' DISCO_HOSTNAME_MAP=/tmp/map
}

@test "every error has a class, and names the thing" {
    [[ $(raises 1 NotGluster 'files("/tmp", "", {})') == '/tmp: not on a GlusterFS mount: '* ]]
    [[ $(raises 1 HostnameMapNotFound 'files("/mnt/v1/web_logs")') == '/mnt/v1/.hostname_map: no hostname map there (No such file or directory): '* ]]
    [[ $(raises 1 HostnameMapNotFound 'files("/mnt/v1")' DISCO_HOSTNAME_MAP=/nope) == '/nope: '* ]]
    printf 'a b\n\nonly-one\n' | on 1 tee /mnt/v1/.hostname_map >/dev/null
    [[ $(raises 1 HostnameMapMalformed 'files("/mnt/v1")') == "/mnt/v1/.hostname_map, line 3: 1 word instead of two: 'only-one'; "* ]]
    printf 'a b\na c\n' | on 1 tee /tmp/map >/dev/null
    [[ $(raises 1 HostnameMapMalformed 'files("/mnt/v1")' DISCO_HOSTNAME_MAP=/tmp/map) == "/tmp/map, line 2: a was b before: 'a c'; "* ]]
    [[ $(raises 1 NotLocated 'locate("/mnt/v1/nope")') == '/mnt/v1/nope: cannot tell where it is: No such file or directory' ]]
    [[ $(raises 1 NotLocated 'locate("/mnt/v1/web_logs")') == *'not a regular file'* ]]
    [[ $(raises 1 VolumeUnreachable 'list(iterate("/", volume="nix"))') == *'there is no volume nix'* ]]
    [[ $(raises 1 LocalityError 'files("/tmp", "", {})') == '/tmp: not'* ]]
    [[ $(raises 1 TypeError 'files("/mnt/v1", 3, {})') == 'filter is a string'* ]]
}

@test "what is not there, and a link that leads nowhere, are NotLocated by every method" {
    on 1 sh -c 'cd /mnt/v1 && ln -s loop loop && ln -s gone dangling && ln -s web_logs link'
    python 1 '
import errno, itertools
from disco.dfs.gluster import DFSException
def says(function, *args, **more):
    try: found = list(function(*args, **more))
    except DFSException as error: return type(error), error.path, error.errno
    raise SystemExit("nothing was raised: %r" % (found,))
for method, (name, code) in itertools.product(("auto", "program", "mount"), {
        "nope": errno.ENOENT, "nope/x": errno.ENOENT, "dangling": errno.ENOENT, "loop": errno.ELOOP, "loop/x": errno.ELOOP,
        "web_logs/2026-06-30/x": errno.ENOTDIR}.items()):
    path = "/mnt/v1/" + name
    wanted = NotLocated, path, code
    assert says(files, path, None, {}, method=method) == wanted, (method, path)
    assert says(iterate, path, method=method) == wanted, (method, path)
    assert says(lambda: [locate(path, method=method)]) == wanted, (method, path)
    errors = []
    assert list(iterate(path, method=method, onerror=errors.append)) == [] and [e.path for e in errors] == [path]
assert len(files("/mnt/v1/link", None, {})) == 4'
    on 1 sh -c 'cd /mnt/v1 && rm loop dangling link'
}

@test "an error names the path as it was asked for" {
    on 1 sh -c 'mkdir -m 700 /mnt/v1/web_logs/priv; ln -sfn /mnt/v1/web_logs /tmp/logs'
    on 1 setpriv --reuid 65534 --regid 65534 --clear-groups /usr/bin/python3 -c '
import pickle
from gluster.locality import *
for method in "program", "mount":
    for path in "/mnt/v1", "/mnt/v1/web_logs", "/mnt/v1/web_logs/priv", "/tmp/logs":
        errors = []
        there = [p.path for p in iterate(path, method=method, onerror=errors.append)]
        assert all(p.startswith(path + "/") for p in there) and len(there) == (0 if "priv" in path else 4), there
        wanted = "/tmp/logs/priv" if path == "/tmp/logs" else "/mnt/v1/web_logs/priv"
        assert [(e.path, e.errno) for e in errors] == [(wanted, 13)], (method, path, errors)
        assert str(errors[0]) == wanted + ": cannot tell where it is: Permission denied"
        again = pickle.loads(pickle.dumps(errors[0]))
        assert (str(again), again.path, again.errno) == (str(errors[0]), wanted, 13)'
    on 1 rmdir /mnt/v1/web_logs/priv
    python 1 '
errors = []
assert not list(iterate("web_logs/nope", volume="v1", onerror=errors.append)) and errors[0].path == "/web_logs/nope", errors'
}

@test "one file: bricks, host, set and type" {
    python 1 '
place = locate("/mnt/v1/web_logs/sub/2026-07-03")
assert (place.type, place.volume, place.name) == ("replicated", "v1", "/web_logs/sub/2026-07-03")
assert place.subvolume in ("v1-replicate-0", "v1-replicate-1") and not place.sharded
one = place.replicas[0]
assert one.brick == one.server + ":" + one.path[:-len(place.name)] and one.host == one.server
assert not one.arbiter and one.client.startswith("v1-client-")
assert locate("/web_logs/sub/2026-07-03", volume="v1").replicas == place.replicas
assert locate("/web_logs/sub/2026-07-03", volume="v1", server="'"$(address 2)"'").replicas == place.replicas'
}

@test "a path in a volume may be spelt in any way: name, path and address are the same" {
    python 1 '
names = ["/web_logs/2026-06-30", "/web_logs/2026-07-01", "/web_logs/2026-07-02", "/web_logs/sub/2026-07-03"]
for path in "/web_logs", "web_logs", "/web_logs/", "//web_logs", "///web_logs//", "./web_logs/sub/..", b"/web_logs":
    found = sorted(iterate(path, volume="v1"), key=lambda place: place.name)
    assert [p.name for p in found] == [p.path for p in found] == names, (path, found)
    assert [p.urls[0] for p in found] == ["dfs://'"$(address 1)"'" + name for name in names], (path, found)
    assert [r.path[len("/srv/b1"):] for p in found for r in p.replicas] == sorted(2 * names), (path, found)
    assert len(list(iterate(path, "/web_logs/sub/", volume="v1"))) == 1, path
for path in "/", "", "//", b"/":
    assert sorted(p.name for p in iterate(path, volume="v1")) == names, path
for path in "/web_logs/2026-06-30", "web_logs/2026-06-30", "//web_logs/2026-06-30", "/web_logs/2026-06-30/", b"/web_logs/2026-06-30":
    place = locate(path, volume="v1")
    assert place.name == place.path == names[0] and place.urls[0].endswith(".1" + names[0]), (path, place)
for path in "/mnt/v1/web_logs", "//mnt/v1//web_logs/", b"/mnt/v1/web_logs":
    found = sorted((p.name, p.path) for p in iterate(path))
    assert found == [(name, "/mnt/v1" + name) for name in names], (path, found)
    assert files(path, "/mnt/v1/web_logs", {}, method="mount") == files(path, "/mnt/v1/web_logs", {}) != [], path
for path in "/mnt/v1/web_logs/2026-06-30", "//mnt/v1/web_logs/2026-06-30", b"/mnt/v1/web_logs/2026-06-30":
    assert (locate(path).name, locate(path).path) == (names[0], "/mnt/v1" + names[0]), path'
}

@test "this machine first, files by node" {
    python 2 '
paths = [p.hosts for p in iterate("/web_logs", volume="v1", order="local-first")]
assert paths and all(p == ["'"$(address 2)"'", "'"$(address 1)"'"] for p in paths), paths
places = list(iterate("/web_logs", volume="v1"))
nodes = by_node(places)
assert sorted(map(len, nodes.values())) == [2, 2] and set(map(id, sum(nodes.values(), []))) == set(map(id, places))
assert sorted(map(len, by_node(places, every=True).values())) == [4, 4]'
}

@test "a walk that is left early ends the program" {
    python 1 '
walk = iterate("/mnt/v1")
next(walk)
walk.close()
import subprocess
assert subprocess.run(["pgrep", "volext-locate"]).returncode == 1'
}

@test "without the program the mount is walked" {
    python 1 '
from gluster.locality import program
there = files("/mnt/v1", "", {})
program.PROGRAM = "/nope"
assert files("/mnt/v1", "", {}) == there
try: files("/mnt/v1", "", {}, method="program")
except VolumeUnreachable as error: assert "/nope" in str(error)'
}

@test "a mount of a folder of the volume has its own root" {
    on 1 mkdir -p /mnt/logs
    on 1 mount -t glusterfs "$(address 1):/v1/web_logs" /mnt/logs
    wait_until 60 on 1 test -e /mnt/logs/sub
    python 1 '
found = files("/mnt/logs", "06", {})
assert found == [["dfs://'"$(address 1)"'/2026-06-30", "dfs://'"$(address 2)"'/2026-06-30"]], found
assert [p.name for p in iterate("/mnt/logs/sub")] == ["/sub/2026-07-03"]
assert locate("/mnt/logs/sub/2026-07-03").replicas == locate("/mnt/v1/web_logs/sub/2026-07-03").replicas
assert files("/mnt/logs", "06", {}, method="mount") == found'
    on 1 umount /mnt/logs
}

@test "disco.dfs.gluster has its old names" {
    on 1 /usr/bin/python3 -B -c '
from disco.dfs.gluster import files, replicas, find_gluster_mountpoint, load_hostname_map, DFSException
assert find_gluster_mountpoint("/mnt/v1/web_logs") == "/mnt/v1"
assert len(files("/mnt/v1/web_logs/", "2026-07", {})) == 3
assert replicas("/mnt/v1/web_logs/2026-06-30", {"'"$(address 1)"'": "x"}) == ["x", "'"$(address 2)"'"]
try: files("/tmp", "", {})
except DFSException as error: assert "not on a GlusterFS mount" in str(error)
else: raise SystemExit(1)'
}

# A disco as pip installs it, with and without a dfs of its own
@test "beside an installed disco: both are found, in any order, and none hides the other" {
    on 1 mkdir -p /tmp/site/disco /tmp/own/disco/dfs
    on 1 sh -c 'echo "REAL = 1" >/tmp/site/disco/__init__.py; echo "CORE = 2" >/tmp/site/disco/core.py
        cp -r /tmp/site/disco/. /tmp/own/disco; echo "DFS = 3" >/tmp/own/disco/dfs/__init__.py'
    # shellcheck disable=SC2016
    check='import sys; sys.path.insert(int(sys.argv[1]), sys.argv[2])
import disco, disco.core
assert disco.REAL == 1 and disco.core.CORE == 2 and disco.__file__.startswith(sys.argv[2])
from disco.dfs.gluster import files
assert len(files("/mnt/v1/web_logs/", "2026-07", {})) == 3
import disco.dfs
assert sys.argv[2] == "/tmp/site" or disco.dfs.DFS == 3'
    for site in /tmp/site /tmp/own; do
        for place in 0 100; do on 1 /usr/bin/python3 -B -c "$check" $place $site; done
    done
    # first what is ours, then theirs
    on 1 /usr/bin/python3 -B -c 'import sys; sys.path.insert(0, "/tmp/site")
import disco.dfs.gluster, disco.core; assert disco.REAL == 1'
    # one that has the module keeps it
    on 1 sh -c 'echo "OLD = 4" >/tmp/own/disco/dfs/gluster.py'
    on 1 env PYTHONPATH=/tmp/own /usr/bin/python3 -B -c 'import disco.dfs.gluster; assert disco.dfs.gluster.OLD == 4'
    # where it is not wanted, nothing is there
    on 1 /usr/bin/python3 -I -S -c 'import disco' 2>&1 | grep -q ModuleNotFoundError
    on 1 /usr/bin/python3 -B -c '
try: import disco.other
except ModuleNotFoundError: pass
else: raise SystemExit(1)'
}
