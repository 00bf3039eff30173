#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""The module audit, by itself: what it writes down, and to which file. tests/modules.bats runs this."""
import json
import os
import stat
import tempfile
import unittest
import uuid

from gluster.glupy import testing
from gluster.glupy.testing import Dict, Fd, Iatt, Inode, IoVec, Loc, Request, logged, reply

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "../python/modules/audit.py")


class Audit(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "audit.log")
        logged.clear()
        self.begin()

    def begin(self, **options):
        self.module = testing.load(FILE, {"file": self.path, **options})
        self.child = self.module.child
        return self.module

    def lines(self, path=None):
        with open(path or self.path, encoding="ascii") as f:
            return [json.loads(line) for line in f]

    def test_who_did_what_to_which_path_and_how_it_ended(self):
        gfid = uuid.uuid4()
        self.child.answers["unlink"] = PermissionError(13, "no")
        with self.assertRaises(PermissionError):
            self.module.unlink(loc=Loc("/d/a", inode=Inode(gfid.bytes)),
                               request=Request(uid=7, gid=8, pid=9, client="host-1"))
        line, = self.lines()
        self.assertRegex(line.pop("time"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        self.assertEqual(line, {"op": "unlink", "path": "/d/a", "gfid": str(gfid), "uid": 7,
                                "gid": 8, "pid": 9, "client": "host-1", "result": "EACCES"})
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)

    def test_what_is_made_has_the_gfid_of_the_answer(self):
        gfid = uuid.uuid4()
        self.child.answers["mkdir"] = reply.mkdir(buf=Iatt(ia_gfid=gfid.bytes))
        self.module.mkdir(loc=Loc("/d", inode=Inode()))
        self.assertEqual(self.lines()[0]["gfid"], str(gfid))

    def test_details_of_some_operations(self):
        self.module.rename(oldloc=Loc("/a"), newloc=Loc("/b"))
        self.module.setattr(loc=Loc("/a"), valid=1 | 2, stbuf=Iatt(st_mode=0o100640, st_uid=5))
        self.module.setxattr(loc=Loc("/a"), dict=Dict({"user.x": b"1"}))
        self.module.truncate(loc=Loc("/a"), offset=5)
        self.module.symlink(loc=Loc("/l"), linkname="../t")
        got = self.lines()
        self.assertEqual(got[0]["to"], "/b")
        self.assertEqual(got[1]["set"], {"uid": 5, "mode": "0640"})
        self.assertEqual(got[2]["names"], ["user.x"])
        self.assertEqual(got[3]["set"], {"size": 5})
        self.assertEqual(got[4]["to"], "../t")

    def test_the_first_write_of_an_opened_file_is_one_line(self):
        fd = Fd(Inode())
        self.module.create(loc=Loc("/a"), fd=fd, mode=0o644)
        for _ in range(3):
            self.module.writev(fd=fd, vector=IoVec(b"x"), offset=0)
        self.child.answers["writev"] = OSError(28, "full")
        with self.assertRaises(OSError):
            self.module.writev(fd=fd, vector=IoVec(b"x"), offset=0)
        self.assertEqual([(n["op"], n["path"], n["result"]) for n in self.lines()],
                         [("create", "/a", "ok"), ("write", "/a", "ok"), ("write", "/a", "ENOSPC")])

    def test_only_named_operations_are_written_down_and_come_to_python(self):
        self.begin(ops="open, read")
        self.assertIsNone(self.module.xlator.unlink)
        fd = Fd(Inode())
        self.module.open(loc=Loc("/a"), fd=fd, flags=0)
        self.module.readv(fd=fd, size=1, offset=0)
        self.module.create(loc=Loc("/b"), fd=Fd(Inode()), mode=0)
        self.assertEqual([n["op"] for n in self.lines()], ["open", "read"])

    def test_names_that_are_no_text_can_be_told_back(self):
        name = os.fsdecode(b"/\xff\n\"")
        self.module.unlink(loc=Loc(name, name="x"))
        self.assertEqual(os.fsencode(self.lines()[0]["path"]), b"/\xff\n\"")

    def test_a_file_that_is_full_becomes_an_old_one(self):
        self.begin(size="2K", keep="2")
        for n in range(60):
            self.module.unlink(loc=Loc(f"/{n}"))
        self.assertEqual(sorted(os.listdir(os.path.dirname(self.path))),
                         ["audit.log", "audit.log.1", "audit.log.2"])
        kept = [n["path"] for end in (".2", ".1", "") for n in self.lines(self.path + end)]
        self.assertEqual(kept, [f"/{n}" for n in range(60)][-len(kept):])
        self.assertLess(os.stat(self.path + ".1").st_size, 2500)

    def test_several_processes_share_a_file_and_its_rotation(self):
        modules = [self.begin(size="2K", keep="99") for _ in range(3)]
        for n in range(90):
            modules[n % 3].unlink(loc=Loc(f"/{n}"))
        folder = os.path.dirname(self.path)
        got = [n["path"] for f in os.listdir(folder) for n in self.lines(os.path.join(folder, f))]
        self.assertEqual(sorted(got), sorted(f"/{n}" for n in range(90)))

    def test_a_file_that_others_rename_away_is_made_anew(self):
        self.module.unlink(loc=Loc("/a"))
        os.rename(self.path, self.path + "-old")
        self.module.unlink(loc=Loc("/b"))
        self.assertEqual([n["path"] for n in self.lines()], ["/b"])

    def test_a_link_in_its_place_is_not_followed(self):
        target = self.path + "-target"
        os.remove(self.path)
        os.symlink(target, self.path)
        with self.assertRaises(OSError):
            self.begin()
        self.assertFalse(os.path.exists(target))

    def test_lines_that_cannot_be_written_are_counted(self):
        sink, self.module.xlator.sink = self.module.xlator.sink, self

        for _ in range(3):
            self.module.unlink(loc=Loc("/a"))
        self.module.xlator.sink = sink
        self.module.unlink(loc=Loc("/b"))
        self.assertEqual([(n["op"], n.get("lines")) for n in self.lines()],
                         [("lost", 3), ("unlink", None)])
        self.assertEqual([level for level, _ in logged], ["error", "info"])

    def write(self, data):
        """A sink that fails."""
        raise OSError(28, "full")

    def test_bad_options_are_named(self):
        for options in ({"ops": "unlnk"}, {"file": "audit.log"}, {"size": "big"}, {"keep": "-1"},
                        {"wait": "maybe"}, {"paths": "x"}):
            with self.subTest(options=options), self.assertRaisesRegex(ValueError, *options):
                self.begin(**options)


if __name__ == "__main__":
    unittest.main()
