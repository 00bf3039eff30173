#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""The module checksum, by itself, over a file in memory. tests/modules.bats runs this."""
import os
import random
import unittest
from errno import EIO, ENODATA, ENOSPC, EPERM

from gluster.glupy import testing
from gluster.glupy.testing import Dict, Fd, Iatt, Inode, IoVec, Loc, reply

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "../python/modules/checksum.py")
KEY = "trusted.glupy.checksum"
BLOCK = 4096


class Disk(testing.Child):
    """One file; every change has a time of its own."""

    def __init__(self):
        super().__init__()
        self.data, self.xattrs, self.mtime, self.room = bytearray(), {}, 1, 1 << 16
        for fop in ("readv", "writev", "fstat", "fgetxattr", "fsetxattr", "ftruncate", "truncate",
                    "fallocate", "zerofill", "discard", "fsetattr", "inodelk",
                    "copy_file_range"):
            self.answers[fop] = getattr(self, "do_" + fop)
        self.locks = []

    def iatt(self):
        return Iatt(st_size=len(self.data), st_mtime_ns=self.mtime, st_nlink=1, st_mode=0o100644)

    def changed(self, fop, change, pre="preop_stbuf", post="postop_stbuf", **results):
        before = self.iatt()
        change()
        self.mtime += 1
        return getattr(reply, fop)(**{pre: before, post: self.iatt()}, **results)

    def do_inodelk(self, call):
        self.locks.append(call.flock.l_type)
        return reply.inodelk()

    def do_fstat(self, call):
        return reply.fstat(buf=self.iatt())

    def do_readv(self, call):
        return reply.readv(vector=IoVec(self.data[call.offset:call.offset + call.size]),
                           stbuf=self.iatt())

    def put(self, offset, data):
        self.data.extend(bytes(max(0, offset - len(self.data))))
        self.data[offset:offset + len(data)] = data

    def do_writev(self, call):
        data = call.vector.tobytes()
        offset = len(self.data) if call.fd.flags & os.O_APPEND else call.offset
        return self.changed("writev", lambda: self.put(offset, data), "prebuf", "postbuf",
                            op_ret=len(data))

    def resize(self, size):
        del self.data[size:]
        self.data.extend(bytes(max(0, size - len(self.data))))

    def do_ftruncate(self, call):
        return self.changed("ftruncate", lambda: self.resize(call.offset), "prebuf", "postbuf")

    def do_truncate(self, call):
        return self.changed("truncate", lambda: self.resize(call.offset), "prebuf", "postbuf")

    def do_fallocate(self, call):
        end = len(self.data) if call.keep_size else max(len(self.data), call.offset + call.len)
        return self.changed("fallocate", lambda: self.resize(end))

    def do_zerofill(self, call):
        return self.changed("zerofill", lambda: self.put(call.offset, bytes(call.len)))

    def do_discard(self, call):
        size = max(0, min(call.len, len(self.data) - call.offset))
        return self.changed("discard", lambda: self.put(call.offset, bytes(size)) if size else None)

    def do_copy_file_range(self, call):
        data = self.data[call.off_in:call.off_in + call.len]
        return self.changed("copy_file_range", lambda: self.put(call.off_out, data),
                            "prebuf_dst", "postbuf_dst", op_ret=len(data))

    def do_fsetattr(self, call):
        def change():
            self.mtime += 1000
        return self.changed("fsetattr", change)

    def do_fgetxattr(self, call):
        if call.name not in self.xattrs:
            return OSError(ENODATA, "no such attribute")
        return reply.fgetxattr(dict=Dict({call.name: self.xattrs[call.name]}))

    def do_fsetxattr(self, call):
        if len(call.dict[KEY]) > self.room:
            return OSError(ENOSPC, "no space")
        self.xattrs.update(call.dict)
        return reply.fsetxattr()


class Checksum(unittest.TestCase):

    def setUp(self):
        self.disk = Disk()
        self.a = testing.load(FILE, {"block": "4K"}, self.disk)
        self.fd = Fd(Inode(), os.O_RDWR)

    def other_client(self, **options):
        """Another client's module and its own fd of the file."""
        return testing.load(FILE, {"block": "4K", **options}, self.disk), Fd(Inode(), os.O_RDWR)

    def write(self, offset, data, module=None, fd=None):
        answer = (module or self.a).writev(fd=fd or self.fd, vector=IoVec(data), offset=offset, flags=0)
        self.assertEqual(answer.op_ret, len(data))

    def read(self, offset=0, size=1 << 20, module=None, fd=None):
        answer = (module or self.a).readv(fd=fd or self.fd, size=size, offset=offset, flags=0)
        self.assertEqual(answer.op_ret, answer.vector.nbytes)
        return answer.vector.tobytes()

    def assert_bad(self, *args, **kwargs):
        with self.assertRaises(OSError) as raised:
            self.read(*args, **kwargs)
        self.assertEqual(raised.exception.errno, EIO)

    def assert_every_byte_is_protected(self):
        """Whatever single byte changes on the disk, reading it is EIO."""
        for at in {*range(0, len(self.disk.data), 977), len(self.disk.data) - 1}:
            self.disk.data[at] ^= 1
            for module, fd in ((self.a, self.fd), self.other_client()):
                self.assert_bad(at, 1, module, fd)
            self.disk.data[at] ^= 1
        self.read()

    # -- what is read is what was written ---------------------------------------------

    def test_any_sequence_of_changes_reads_as_without_and_is_protected(self):
        for seed in range(12):
            with self.subTest(seed=seed):
                self.setUp()
                self.any_sequence(random.Random(seed))
                if self.disk.data:
                    self.assert_every_byte_is_protected()

    def any_sequence(self, dice):
        model = Disk()
        modules = [(self.a, self.fd), self.other_client()]
        for _ in range(60):
            module, fd = dice.choice(modules)
            fop = dice.choice(("writev",) * 6 + ("append", "ftruncate", "truncate", "fallocate", "zerofill",
                                                 "discard", "fsetattr"))
            offset = dice.choice((dice.randrange(5 * BLOCK), dice.randrange(5) * BLOCK))
            size = dice.choice((1, dice.randrange(1, 3 * BLOCK), BLOCK, 2 * BLOCK))
            if fop in ("writev", "append"):
                data = dice.randbytes(size)
                end = Fd(fd.inode, os.O_RDWR | os.O_APPEND) if fop == "append" else fd
                self.write(offset, data, module, end)
                model.put(len(model.data) if fop == "append" else offset, data)
                continue
            arguments = {"offset": offset}
            if fop == "truncate":
                arguments["loc"] = Loc("/f", inode=fd.inode)
            else:
                arguments["fd"] = fd
            if fop in ("fallocate", "zerofill", "discard"):
                arguments["len"] = size
            if fop == "fallocate":
                arguments["keep_size"] = dice.randrange(2)
            if fop == "fsetattr":
                arguments = {"fd": fd, "valid": 32, "stbuf": Iatt()}
            getattr(module, fop)(**arguments)
            model.answers[fop](testing.Call(fop, arguments, None, False))
            self.assertEqual(self.disk.data, model.data)
            at, n = dice.randrange(6 * BLOCK), dice.randrange(1, 3 * BLOCK)
            self.assertEqual(self.read(at, n, module, fd), model.data[at:at + n])
        for module, fd in modules:
            self.assertEqual(self.read(0, 1 << 20, module, fd), model.data)

    def test_a_bad_block_is_not_completed_and_so_called_good(self):
        self.write(0, b"x" * 3 * BLOCK)
        self.disk.data[BLOCK + 7] ^= 4
        with self.assertRaises(OSError):
            self.write(BLOCK + 100, b"y")
        with self.assertRaises(OSError):
            self.a.ftruncate(fd=self.fd, offset=BLOCK + 8)
        self.assertEqual(self.read(0, BLOCK), b"x" * BLOCK)
        self.assert_bad(BLOCK, BLOCK)
        self.write(BLOCK, b"z" * BLOCK)  # all of it is new
        self.assertEqual(self.read(BLOCK, BLOCK), b"z" * BLOCK)

    # -- others -----------------------------------------------------------------------

    def test_what_others_changed_is_read_as_it_is(self):
        self.write(0, b"x" * 3 * BLOCK)
        self.disk.data[5:6] = b"y"
        self.disk.mtime += 1
        self.assertEqual(self.read(0, 10), b"xxxxxyxxxx")
        strict, fd = self.other_client(strict="yes")
        self.assert_bad(0, 10, strict, fd)

    def test_blocks_get_sums_again_when_they_are_written(self):
        self.write(0, b"x" * 3 * BLOCK)
        self.disk.mtime += 1
        self.write(BLOCK, b"y" * BLOCK)
        self.disk.data[BLOCK + 1] ^= 1
        self.assert_bad(BLOCK, 10)
        self.disk.data[1] ^= 1
        self.read(0, 10)

    def test_somebody_between_our_look_and_our_write_costs_the_sums_only(self):
        self.write(0, b"x" * 2 * BLOCK)
        write = self.disk.answers["writev"]

        def others_first(call):
            self.disk.data[0] = 0
            self.disk.mtime += 1
            return write(call)
        self.disk.answers["writev"] = others_first
        self.write(BLOCK, b"y" * BLOCK)
        self.disk.answers["writev"] = write
        self.assertEqual(self.read(0, 3), b"\0xx")

    def test_a_file_from_before_can_be_read_also_strictly(self):
        self.disk.data[:] = b"old"
        self.assertEqual(self.read(), b"old")
        self.assertEqual(self.read(0, 9, *self.other_client(strict="yes")), b"old")

    def test_two_states_that_look_the_same_are_told_apart(self):
        other, fd = self.other_client()
        self.write(0, b"x" * BLOCK)
        self.read(0, 10, other, fd)
        self.disk.mtime -= 1  # a clock that is late: the same time and size again
        self.write(0, b"y" * BLOCK)
        self.disk.mtime -= 0
        self.assertEqual(self.read(0, 3, other, fd), b"yyy")

    # -- a read while a write is under way ----------------------------------------------

    def test_a_read_during_a_write_is_no_error(self):
        self.write(0, b"x" * BLOCK)
        self.disk.hold("fsetxattr")
        write = self.a.begin("writev", fd=self.fd, vector=IoVec(b"y" * BLOCK), offset=0, flags=0)
        self.assertEqual(bytes(self.disk.data[:2]), b"yy")
        self.disk.mtime -= 1  # the time is set after the data
        read = self.a.begin("readv", fd=self.fd, size=10, offset=0, flags=0)
        self.assertFalse(read.done)
        self.disk.mtime += 1
        self.disk.calls[-1].answer() if self.disk.calls[-1].fop == "fsetxattr" else next(
            c for c in self.disk.calls if c.fop == "fsetxattr" and c.held).answer()
        _, got = self.a.at_once(write, read)
        self.assertEqual(got.vector.tobytes(), b"y" * 10)

    def test_writers_of_one_client_take_turns(self):
        self.write(0, bytes(2 * BLOCK))
        self.disk.hold("writev")
        runs = [self.a.begin("writev", fd=self.fd, vector=IoVec(bytes([n]) * 100), offset=n * 50,
                             flags=0) for n in range(5)]
        for n in range(5):
            self.assertEqual(sum(c.fop == "writev" for c in self.disk.calls), n + 2)
            next(c for c in self.disk.calls if c.held).answer()
            for run in runs:
                run.step()
        for run in runs:
            run.finish()
        self.read()
        self.assert_every_byte_is_protected()

    # -- limits, and what is not for users ----------------------------------------------

    def test_a_file_whose_sums_have_no_room_is_written_and_read_without(self):
        self.disk.room = 100
        self.write(0, b"x" * 50 * BLOCK)
        self.write(7, b"y")
        self.assertEqual(self.read(6, 3), b"xyx")
        self.a.ftruncate(fd=self.fd, offset=0)
        self.write(0, b"x")
        self.assert_every_byte_is_protected()

    def test_a_short_write_leaves_no_sum_for_what_was_not_written(self):
        self.write(0, b"x" * 3 * BLOCK)

        def short(call):
            return self.disk.changed("writev", lambda: self.disk.put(0, b"y" * (BLOCK + 5)),
                                     "prebuf", "postbuf", op_ret=BLOCK + 5)
        self.disk.answers["writev"] = short
        self.a.writev(fd=self.fd, vector=IoVec(b"y" * 3 * BLOCK), offset=0, flags=0)
        self.assertEqual(self.read(), self.disk.data)

    def test_copied_ranges_can_be_read(self):
        self.write(0, b"x" * 3 * BLOCK)
        self.a.copy_file_range(fd_in=self.fd, off_in=0, fd_out=self.fd, off_out=BLOCK + 3, len=50)
        self.assertEqual(self.read(), self.disk.data)

    def test_the_attribute_is_neither_set_nor_listed(self):
        with self.assertRaises(OSError) as raised:
            self.a.setxattr(loc=Loc("/f"), dict=Dict({KEY: b"", "user.a": b"b"}))
        self.assertEqual(raised.exception.errno, EPERM)
        self.disk.answers["getxattr"] = reply.getxattr(dict=Dict({KEY: b"1", "user.a": b"b"}))
        self.assertEqual(list(self.a.getxattr(loc=Loc("/f"), name=None).dict), ["user.a"])

    def test_small_files_are_not_had_by_lookup(self):
        self.a.lookup(loc=Loc("/f"), xdata=Dict({"glusterfs.content": 65536, "other": 1}))
        self.assertEqual(list(self.disk.calls[-1].xdata), ["other"])
        self.a.lookup(loc=Loc("/f"), xdata=None)

    def test_locks_are_given_back(self):
        self.write(0, b"x" * 100)
        self.disk.data[0] ^= 1
        self.assert_bad(0, 10)
        self.assertEqual(self.disk.locks, [1, 2, 0, 2])

    def test_bad_options_are_named(self):
        for options in ({"block": "5000"}, {"block": "2M"}, {"block": ""}, {"strict": "1"},
                        {"blocks": "4K"}):
            with self.subTest(options=options), self.assertRaisesRegex(ValueError, *options):
                testing.load(FILE, options)


if __name__ == "__main__":
    unittest.main()
