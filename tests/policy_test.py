#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""The module policy, by itself, over files in memory. tests/modules.bats runs this."""
import os
import struct
import unittest
from errno import EDQUOT, ENODATA, ENOENT, EPERM

from gluster.glupy import testing
from gluster.glupy.testing import Dict, Fd, Iatt, Inode, IoVec, Loc, reply

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "../python/modules/policy.py")
MARK = "trusted.glupy.policy"


class Files(testing.Child):
    """Names, and the sizes and marks of inodes; the sums on the root."""

    def __init__(self):
        super().__init__()
        self.names, self.size, self.marks, self.sums, self.counted = {}, {}, {}, {}, {}
        for fop in ("create", "writev", "stat", "fstat", "truncate", "ftruncate", "fallocate",
                    "unlink", "rename", "link", "getxattr", "setxattr", "xattrop", "fxattrop"):
            self.answers[fop] = getattr(self, "do_" + fop)

    def iatt(self, inode):
        return Iatt(st_size=self.size[inode], st_nlink=list(self.names.values()).count(inode),
                    st_mode=0o100644)

    def do_create(self, call):
        inode = self.names[call.loc.path] = call.loc.inode
        self.size[inode] = 0
        if call.xdata and MARK in call.xdata:
            self.marks[inode] = call.xdata[MARK]
        return reply.create(inode=inode, fd=call.fd, buf=self.iatt(inode))

    def resized(self, fop, inode, size, pre="prebuf", post="postbuf"):
        before = self.iatt(inode)
        self.size[inode] = size
        return getattr(reply, fop)(**{pre: before, post: self.iatt(inode)})

    def do_writev(self, call):
        inode = call.fd.inode
        end = (self.size[inode] if call.fd.flags & os.O_APPEND else call.offset) + call.vector.nbytes
        return self.resized("writev", inode, max(end, self.size[inode]))

    def do_truncate(self, call):
        return self.resized("truncate", call.loc.inode, call.offset)

    def do_ftruncate(self, call):
        return self.resized("ftruncate", call.fd.inode, call.offset)

    def do_fallocate(self, call):
        size = max(self.size[call.fd.inode], 0 if call.keep_size else call.offset + call.len)
        return self.resized("fallocate", call.fd.inode, size, "preop_stbuf", "postop_stbuf")

    def do_stat(self, call):
        return reply.stat(buf=self.iatt(call.loc.inode))

    def do_fstat(self, call):
        return reply.fstat(buf=self.iatt(call.fd.inode))

    def do_unlink(self, call):
        if call.loc.path not in self.names:
            return FileNotFoundError(ENOENT, "no such file")
        del self.names[call.loc.path]
        return reply.unlink()

    def do_rename(self, call):
        self.names[call.newloc.path] = self.names.pop(call.oldloc.path)
        return reply.rename()

    def do_link(self, call):
        self.names[call.newloc.path] = call.oldloc.inode
        return reply.link()

    def do_getxattr(self, call):
        if call.loc.inode not in self.marks:
            return OSError(ENODATA, "no attribute")
        return reply.getxattr(dict=Dict({MARK: self.marks[call.loc.inode]}))

    def do_setxattr(self, call):
        self.marks[call.loc.inode] = call.dict[MARK]
        return reply.setxattr()

    def do_xattrop(self, call):
        (key, delta), = call.xattr.items()
        if key == f"{MARK}.counted":
            return self.exchange("xattrop", call.loc.inode, key, delta)
        self.sums[key] = self.sums.get(key, 0) + struct.unpack(">q", delta)[0]
        return reply.xattrop(xattr=Dict({key: struct.pack(">q", self.sums[key])}))

    def do_fxattrop(self, call):
        (key, value), = call.xattr.items()
        return self.exchange("fxattrop", call.fd.inode, key, value)

    def exchange(self, fop, inode, key, value):
        before, self.counted[inode] = self.counted.get(inode), value
        return getattr(reply, fop)(xattr=Dict({key: before} if before else {}))


class Policy(unittest.TestCase):

    def setUp(self):
        self.disk = Files()

    def begin(self, **options):
        self.module = testing.load(FILE, options, self.disk)
        return self.module

    def used(self, suffix=".mp4"):
        return self.disk.sums.get(f"{MARK}.used.{suffix}", 0)

    def create(self, path):
        fd = Fd(Inode(gfid=os.urandom(16)))
        self.module.create(loc=Loc(path, inode=fd.inode), fd=fd)
        return fd

    def write(self, fd, size, offset=0):
        self.module.writev(fd=fd, vector=IoVec(bytes(size)), offset=offset)

    def loc(self, path):
        return Loc(path, inode=self.disk.names.get(path))

    def refused(self, number, function, *args, **kwargs):
        with self.assertRaises(OSError) as raised:
            function(*args, **kwargs)
        self.assertEqual(raised.exception.errno, number)

    # -- names ------------------------------------------------------------------------

    def test_a_refused_suffix_cannot_be_had_in_any_way(self):
        module = self.begin(refuse=".exe, .Bad")
        for fop in "create", "mknod", "mkdir", "symlink":
            self.refused(EPERM, getattr(module, fop), loc=Loc("/a.EXE"))
        for fop in "link", "rename":
            self.refused(EPERM, getattr(module, fop), oldloc=Loc("/a"), newloc=Loc("/b.bad"))
        self.assertEqual(self.disk.calls, [])
        module.mkdir(loc=Loc("/a.exe.txt"))

    def test_case_matters_if_it_shall(self):
        module = self.begin(refuse=".exe", case="match")
        module.mkdir(loc=Loc("/a.EXE"))
        self.refused(EPERM, module.mkdir, loc=Loc("/a.exe"))

    def test_without_a_quota_data_never_comes_to_python(self):
        module = self.begin(refuse=".exe")
        for fop in "writev", "truncate", "unlink":
            self.assertIsNone(getattr(module.xlator, fop))

    # -- bytes ------------------------------------------------------------------------

    def test_files_of_a_suffix_have_so_many_bytes_together(self):
        self.begin(quota=".mp4=1000,.iso=10")
        a, b, other = self.create("/a.mp4"), self.create("/b.MP4"), self.create("/c.txt")
        self.write(a, 600)
        self.write(b, 400)
        self.refused(EDQUOT, self.write, b, 1, 400)
        self.write(a, 600)  # the same bytes again
        self.write(other, 5000)
        self.assertEqual(self.used(), 1000)

    def test_what_is_cut_or_removed_is_free_again(self):
        self.begin(quota=".mp4=1000")
        a = self.create("/a.mp4")
        self.write(a, 1000)
        self.module.ftruncate(fd=a, offset=100)
        self.assertEqual(self.used(), 100)
        self.module.truncate(loc=self.loc("/a.mp4"), offset=900)
        self.refused(EDQUOT, self.module.truncate, loc=self.loc("/a.mp4"), offset=1001)
        self.refused(EDQUOT, self.module.fallocate, fd=a, keep_size=0, offset=0, len=1001)
        self.module.fallocate(fd=a, keep_size=1, offset=0, len=5000)
        self.module.unlink(loc=self.loc("/a.mp4"))
        self.assertEqual(self.used(), 0)

    def test_a_file_with_another_name_left_is_not_gone(self):
        self.begin(quota=".mp4=1000")
        self.write(self.create("/a.mp4"), 100)
        self.module.link(oldloc=self.loc("/a.mp4"), newloc=Loc("/b.mp4"))
        self.module.unlink(loc=self.loc("/a.mp4"))
        self.assertEqual(self.used(), 100)
        self.module.unlink(loc=self.loc("/b.mp4"))
        self.assertEqual(self.used(), 0)

    def test_a_hard_link_has_the_suffix_of_the_file(self):
        self.begin(quota=".mp4=1000")
        self.create("/a.mp4")
        self.create("/b")
        for old, new in ("/a.mp4", "/a"), ("/b", "/b.mp4"):
            self.refused(EPERM, self.module.link, oldloc=self.loc(old), newloc=Loc(new))

    def test_a_rename_takes_the_bytes_along(self):
        self.begin(quota=".mp4=1000,.iso=500")
        fd = self.create("/a")
        self.write(fd, 600)
        self.refused(EDQUOT, self.module.rename, oldloc=self.loc("/a"), newloc=Loc("/a.iso"))
        self.module.rename(oldloc=self.loc("/a"), newloc=Loc("/a.mp4"))
        self.assertEqual((self.used(), self.used(".iso")), (600, 0))
        self.write(fd, 100, 600)
        self.assertEqual(self.used(), 700)
        self.module.rename(oldloc=self.loc("/a.mp4"), newloc=Loc("/b"))
        self.assertEqual(self.used(), 0)

    def test_what_a_rename_replaces_is_free(self):
        self.begin(quota=".mp4=1000")
        self.write(self.create("/a.mp4"), 300)
        self.write(self.create("/b.mp4"), 200)
        self.module.rename(oldloc=self.loc("/a.mp4"), newloc=self.loc("/b.mp4"))
        self.assertEqual(self.used(), 300)

    def test_another_client_sees_the_same_sum_and_marks(self):
        self.begin(quota=".mp4=1000")
        self.write(self.create("/a.mp4"), 900)
        inode = self.disk.names["/a.mp4"]
        inode.ctx = None
        self.begin(quota=".mp4=1000")
        self.refused(EDQUOT, self.write, Fd(inode), 101, 900)
        self.write(Fd(inode), 100, 900)
        self.assertEqual(self.used(), 1000)

    def under_way(self, module, fd, size, offset):
        """A write that the disk has, and has not answered yet."""
        self.disk.hold("writev")
        write = module.begin("writev", fd=fd, vector=IoVec(bytes(size)), offset=offset)
        write.step()
        return write, self.disk.calls[-1]

    def test_writes_of_a_file_under_way_together_count_once(self):
        for clients in 1, 2:  # of one client; of two
            with self.subTest(clients=clients):
                self.setUp()
                modules = [self.begin(quota=".mp4=1000") for _ in range(clients)]
                fd = self.create("/a.mp4")
                writes = [self.under_way(modules[i % clients], fd, 100, i * 100) for i in range(3)]
                before = self.disk.iatt(fd.inode)
                self.disk.size[fd.inode] = 300
                after = self.disk.iatt(fd.inode)
                for write, call in writes:  # all of them see the size go from 0 to 300
                    call.answer(reply.writev(op_ret=100, prebuf=before, postbuf=after))
                    write.finish()
                self.assertEqual(self.used(), 300)
                modules[-1].unlink(loc=self.loc("/a.mp4"))
                self.assertEqual(self.used(), 0)

    def test_writes_that_ask_for_the_sum_together_fit_together(self):
        module = self.begin(quota=".mp4=1000")
        fd = self.create("/a.mp4")
        self.disk.hold("xattrop")
        writes = [module.begin("writev", fd=fd, vector=IoVec(bytes(400)), offset=i * 400)
                  for i in range(3)]
        self.assertEqual(self.disk.fops().count("xattrop"), 3)
        over = [False] * 3
        while not all(over):
            for call in self.disk.calls:
                if call.held:
                    call.answer()
            over = [write.step() for write in writes]
        writes[0].finish()
        writes[1].finish()
        self.refused(EDQUOT, writes[2].finish)
        self.assertEqual(self.used(), 800)

    def test_a_size_that_changes_while_it_is_counted_is_counted(self):
        module = self.begin(quota=".mp4=1000")
        fd = self.create("/a.mp4")
        self.disk.hold("fxattrop")
        write = module.begin("writev", fd=fd, vector=IoVec(bytes(100)), offset=0)
        write.step()
        self.disk.size[fd.inode] = 250  # another client, which has not counted yet
        while not write.step():
            self.disk.calls[-1].answer()
        self.assertEqual(self.used(), 250)

    def test_what_could_not_be_removed_still_counts(self):
        self.begin(quota=".mp4=1000")
        self.write(self.create("/a.mp4"), 100)
        self.disk.answers["unlink"] = OSError(EPERM, "no")
        self.refused(EPERM, self.module.unlink, loc=self.loc("/a.mp4"))
        self.assertEqual(self.used(), 100)

    def test_what_is_written_without_a_name_does_not_count(self):
        self.begin(quota=".mp4=1000")
        fd = self.create("/a.mp4")
        self.write(fd, 100)
        self.module.unlink(loc=self.loc("/a.mp4"))
        self.write(fd, 100, 100)
        self.assertEqual(self.used(), 0)

    def test_appending_counts_from_the_end(self):
        self.begin(quota=".mp4=1000")
        fd = self.create("/a.mp4")
        self.write(fd, 999)
        end = Fd(fd.inode, os.O_WRONLY | os.O_APPEND)
        self.write(end, 1)
        self.refused(EDQUOT, self.write, end, 1)

    def test_files_from_before_are_not_counted(self):
        self.begin()
        inode = Inode(gfid=os.urandom(16))
        self.disk.names["/old.mp4"], self.disk.size[inode] = inode, 5000
        self.begin(quota=".mp4=10")
        self.write(Fd(inode), 6000)
        self.module.unlink(loc=self.loc("/old.mp4"))
        self.assertEqual(self.used(), 0)

    def test_bad_options_are_named(self):
        for options in ({"quota": ".mp4"}, {"quota": ".mp4=lots"}, {"refuse": "a/b"},
                        {"case": "no"}, {"refused": ".x"}):
            with self.subTest(options=options), self.assertRaisesRegex(ValueError, *options):
                self.begin(**options)


if __name__ == "__main__":
    unittest.main()
