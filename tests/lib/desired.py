# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""desired.py VOLUME NODE=ROOT...: do the nodes' volfiles hold what their info asks for?

ROOT is the node's root folder (/proc/PID/root of its process 1). Written from the
documentation of the options and without volext's code or programs, so that both
can disagree. Prints what is wrong, one line each; the exit status is 0 if nothing is.
"""
import glob
import hashlib
import os
import re
import sys


class Wrong(Exception):
    pass


def parse(path):
    """{name: (type, options, subvolumes)} of a volfile, in its order."""
    nodes, name = {}, None
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        text = f.read()
    if not text.endswith("\n"):
        raise Wrong("does not end with a newline")
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split(None, 2)
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "volume":
            if name or words[1] in nodes:
                raise Wrong(f"line {number}: volume {words[1]} here")
            name = words[1]
            kind, options, children = None, {}, []
        elif name is None:
            raise Wrong(f"line {number}: {line!r} outside a volume")
        elif words[0] == "type":
            kind = words[1]
        elif words[0] == "option":
            options[words[1]] = words[2].strip('"') if len(words) > 2 else ""
        elif words[0] == "subvolumes":
            children = line.split()[1:]
            missing = [c for c in children if c not in nodes]
            if missing:
                raise Wrong(f"line {number}: {missing} not defined before")
        elif words[0] == "end-volume":
            if not kind:
                raise Wrong(f"{name} has no type")
            nodes[name] = (kind, options, children)
            name = None
        else:
            raise Wrong(f"line {number}: {line!r}")
    if name or not nodes:
        raise Wrong("is cut off" if name else "is empty")
    return nodes


def top_of(nodes):
    children = {c for _, _, cs in nodes.values() for c in cs}
    tops = [n for n in nodes if n not in children]
    if len(tops) != 1:
        raise Wrong(f"has {len(tops)} tops: {tops}")
    return tops[0]


class Node:
    def __init__(self, root, volume):
        self.root, self.volume = root, volume
        self.work = root + "/var/lib/glusterd"
        self.dir = f"{self.work}/vols/{volume}"
        self.info, self.bricks = {}, []
        with open(self.dir + "/info", encoding="utf-8", errors="surrogateescape") as f:
            for line in f.read().splitlines():
                key, _, value = line.partition("=")
                if re.fullmatch(r"brick-\d+", key):
                    self.bricks.append(value)
                else:
                    self.info[key] = value

    def option(self, key, default):
        return self.info.get("user.features.glupy-" + key, default)

    def module_place(self, name):
        """The folder of the module that this node would run, as it sees it, or None."""
        places = [self.work + "/volext/modules"] + glob.glob(self.root + "/usr/*/share/volext/modules")
        for place in places + [self.root + "/usr/share/volext/modules"]:
            if os.path.exists(f"{place}/{name}.py"):
                return place[len(self.root):]
        return None

    def module(self, name):
        """The SHA-256 of the module that this node would run, or None."""
        place = self.module_place(name)
        if place is None:
            return None
        with open(f"{self.root}{place}/{name}.py", "rb") as f:
            return hashlib.sha256(f.read()).hexdigest()

    def modules(self):
        """[(name, digest)] that are wanted and can be had, first on top."""
        wanted = self.option("module", "off")
        if wanted.lower() in ("off", "") or not self.has_xlator("glupy"):
            return []
        found = []
        for name in (n.strip() for n in wanted.split(",")):
            has, must = self.module(name), self.option("digest." + name, None)
            if has and must in (None, "", has):
                found.append((name, has))
        return found

    def names(self):
        return [f"{self.volume}-volext-glupy-{m}" for m, _ in self.modules()]

    def mark(self):
        """What gives clients another graph while upcall is enabled, below what else is ours."""
        found = re.match(r"on fresh=(\d+)( |$)", self.info.get("user.volext.upcall", ""))
        return [f"{self.volume}-volext-upcall-{found[1]}"] if found else []

    def has_xlator(self, name):
        path = f"/glusterfs/*/xlator/features/{name}.so"
        return glob.glob(self.root + "/usr/lib*" + path) or glob.glob(self.root + "/usr/lib*/*" + path)

    def notify(self, key, default):
        return self.info.get("user.features.notify" + key, default)

    def notified(self):
        return self.notify("", "off").lower() in ("on", "yes", "true", "enable", "1")

    def recorder(self):
        """gnotify, on top of what else is ours in bricks."""
        resident = True
        try:
            with open(self.root + "/etc/glusterfs/volext.conf", encoding="utf-8") as f:
                resident = not re.search(r"^\s*resident\s*=\s*no\s*$", f.read(), re.M)
        except FileNotFoundError:
            pass
        wanted = (resident or self.notified()) and self.has_xlator("gnotify")
        return [self.volume + "-volext-gnotify"] if wanted else []

    def wanted(self, file):
        """The names of our nodes in this file, top first."""
        volume, side = self.volume, self.option("side", "client")
        if file == f"trusted-{volume}.tcp-fuse.vol":
            return (self.names() if side == "client" else []) + self.mark()
        if file == f"{volume}.tcp-fuse.vol":
            everywhere = side == "client" and self.option("clients", "trusted") == "all"
            return (self.names() if everywhere else []) + self.mark()
        if file in [self.brick_file(b) for b in self.bricks]:
            return self.recorder() + (self.names() if side == "brick" else [])
        return []

    def brick_file(self, brick):
        host, _, path = brick.partition(":")
        return f"{self.volume}.{host}.{path.lstrip('-')}.vol"

    def running(self, file):
        """What a running brick of this node was started with, or None."""
        for brick in self.bricks:
            host, _, path = brick.partition(":")
            if self.brick_file(brick) != file:
                continue
            try:
                with open(f"{self.root}/run/gluster/vols/{self.volume}/{host}{path}.pid") as f:
                    pid = f.read().strip()
                os.stat(f"{self.root}/proc/{pid}/exe")
            except FileNotFoundError:
                return None
            try:
                with open(f"{self.work}/volext/bricks/{self.volume}/{host}{path}") as f:
                    return [line.split()[0] for line in f if line.strip()]
            except FileNotFoundError:
                return []
        return None

    def check_place(self, nodes, names, file):
        """Below the top io-stats, or directly above the type that position names."""
        top = top_of(nodes)
        if names[0] == self.volume + "-volext-gnotify":
            above = [p for p, (kind, _, cs) in nodes.items() if cs == names[:1]]
            if [nodes[p][0] for p in above] != ["debug/io-stats"]:
                raise Wrong(f"{names[0]} is below {above}, not directly below the io-stats")
            if not names[1:] or self.option("position", ""):
                names = names[1:]
            if not names:
                return
        position = self.option("position", "")
        for name, below in zip(names, names[1:]):
            if nodes[name][2] != [below]:
                raise Wrong(f"{name} is not directly above {below}")
        if names == self.mark():
            position = ""
        if position and any(kind == position for kind, _, _ in nodes.values()):
            child = nodes[names[-1]][2]
            if len(child) != 1 or nodes[child[0]][0] != position:
                raise Wrong(f"{names[-1]} is above {child}, not above a {position}")
        elif "tcp-fuse" in file:
            if nodes[top][0] != "debug/io-stats" or nodes[top][2] != names[:1]:
                raise Wrong(f"{names[0]} is not directly below the top {top}")
        elif [p for p, (kind, _, cs) in nodes.items() if names[0] in cs and kind == "debug/io-stats"] == []:
            raise Wrong(f"{names[0]} is not below the io-stats")

    # What a node has when the option is not there; a volfile may say it, too.
    DEFAULTS = {"on-error": "pass", "timeout": "1000", "threads": "2", "passthrough": "off"}

    def wanted_options(self, module, digest):
        """The options of a module's node that have to be there with another value than
        their default."""
        want = {"module-name": module, "module-digest": digest}
        for key in ("on-error", "timeout", "threads"):
            value = self.option(key, self.DEFAULTS[key])
            if value != self.DEFAULTS[key]:
                want[key] = value
        generation = self.option("generation." + module, "default")
        if generation != "default":
            want["module-generation"] = generation
        prefix = f"user.features.glupy-option.{module}."
        for key, value in self.info.items():
            if key.startswith(prefix) and value != "default":
                want["module-option." + key[len(prefix):]] = value
        return want

    RECORDS = {"access": "read", "modify": "write,truncate,fallocate,discard,zerofill",
               "attrib": "setattr,setxattr,removexattr", "close": "close", "open": "open,opendir",
               "move": "rename", "moved": "rename", "delete": "unlink,rmdir",
               "create": "create,mknod,mkdir,symlink,link", "default": "default", "all": "all"}

    def check_recorder(self, name, kind, has):
        want = {"active": "on" if self.notified() else "off"}
        events = self.notify("-events", "default")
        if events != "default":
            want["events"] = set()
            for event in events.split(","):
                want["events"] |= set(self.RECORDS[event.split("_")[0]].split(","))
            if "all" in want["events"]:
                want["events"] = {"all"}
        for key, default in (("size", "0"), ("time", "7d")):
            if self.notify("-retention-" + key, default) != default:
                want["retention-" + key] = self.notify("-retention-" + key, default)
        if "features.shard-block-size" in self.info:
            want["shard-block-size"] = self.info["features.shard-block-size"]
        has = {k: set(v.split(",")) if k == "events" else v for k, v in has.items()}
        if (kind, has) != ("features/gnotify", want):
            raise Wrong(f"{name} is a {kind} with {has}, wanted {want}")

    def check_options(self, nodes, ours, wanted):
        """Each of ours has the options that it should. One that is not wanted is in
        a brick that runs: it passes through."""
        digests = dict(self.modules())
        for name in ours:
            kind, has, _ = nodes[name]
            if name == self.volume + "-volext-gnotify":
                self.check_recorder(name, kind, has)
                continue
            if name in self.mark():
                if (kind, has) != ("performance/read-ahead", {"pass-through": "on"}):
                    raise Wrong(f"{name} is a {kind} with {has}")
                continue
            if kind != "features/glupy":
                raise Wrong(f"{name} is a {kind}")
            module = name[len(f"{self.volume}-volext-glupy-"):]
            if name in wanted:
                want = self.wanted_options(module, digests[module])
                want.setdefault("module-path", has.get("module-path"))
                if want["module-path"] not in (None, self.module_place(module)):
                    raise Wrong(f"{name}: module-path is {want['module-path']}, "
                                f"wanted {self.module_place(module)}")
            else:
                want = {"module-name": module, "passthrough": "on"}
            for key in set(want) | set(has):
                default = self.DEFAULTS.get(key)
                if has.get(key, default) != want.get(key, default):
                    raise Wrong(f"{name}: option {key} is {has.get(key)!r}, wanted "
                                f"{want.get(key, default)!r}")

    def check(self, path):
        file = os.path.basename(path)
        nodes = parse(path)
        top_of(nodes)
        ours = [n for n in reversed(nodes) if n.startswith(self.volume + "-volext-")]
        wanted = self.wanted(file)
        running = self.running(file)
        expected = wanted if running is None else running
        if ours != expected:
            raise Wrong(f"has {ours or 'nothing of ours'}, wanted {expected or 'nothing'}")
        if ours:
            self.check_place(nodes, ours, file)
            self.check_options(nodes, ours, wanted)


def check_node(root, volume):
    """True: all is as it should be."""
    node, bad = Node(root, volume), 0
    files = glob.glob(node.dir + "/*.vol") + glob.glob(node.dir + "/**/*.vol", recursive=True)
    files += glob.glob(node.work + "/*/*.vol")
    for path in sorted(set(files)):
        if "/snaps/" in path or "/volext/" in path:
            continue
        try:
            node.check(path)
        except (Wrong, IndexError) as e:
            print(f"{path[len(root):]}: {e}")
            bad += 1
    leftover = glob.glob(node.dir + "/.*.vol*") + glob.glob(node.dir + "/*.vol.*")
    for path in leftover:
        print(f"{path[len(root):]}: left over")
    return not bad and not leftover


def main():
    status = 0
    for node in sys.argv[2:]:
        name, root = node.split("=", 1)
        try:
            if check_node(root, sys.argv[1]):
                continue
        except OSError as e:  # the node has just gone down, or the volume is not there
            print(e)
        print(f"(node {name})")
        status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
