# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""The native types, on requests that types_test.c makes."""
import ast
import collections.abc
import gc
import hashlib
import os
import pickle
import stat
import time
import unittest
import weakref

import _glupy
import _probe
from _glupy import (Dict, Dirent, Dirents, Fd, Iatt, Inode, IoVec, Loc, Lock, LockList, Lease,
                    Request, StaleRequest, StatVfs)

FOPS = _glupy.fops()
TYPES = (Dict, Dirent, Dirents, Fd, Iatt, Inode, IoVec, Loc, Lock, LockList, Lease, StatVfs,
         Request)


def results(fop):
    return _probe.sample(fop)


def arguments(fop):
    return _probe.sample(fop, False)


def wait_until(condition):
    end = time.monotonic() + 10
    while not condition():
        if time.monotonic() > end:
            raise AssertionError('still not true')
        time.sleep(0.001)


class Case(unittest.TestCase):
    def refuses(self, error, *words):
        """The error, and that its text has the words."""
        case = self

        class Refused:
            def __enter__(self):
                return self

            def __exit__(self, kind, value, trace):
                case.assertIsNotNone(kind, f'{error.__name__} is not raised')
                if not issubclass(kind, error):
                    return False
                for word in words:
                    case.assertIn(word, str(value))
                return True
        return Refused()


class Every(Case):
    def test_arguments_and_results_of_every_operation_are_shown(self):
        for fop in FOPS:
            for answer in (True, False):
                _, values = _probe.sample(fop, answer)
                for name, value in values.items():
                    repr(value)
                    self.assertIsNotNone(value, f'{fop} {name}')

    def test_what_was_shown_can_be_answered_by_another_request(self):
        for fop in FOPS:
            r, values = results(fop)
            before = {n: repr(v) for n, v in values.items()}
            other, again = _probe.hold(fop, values)
            self.assertEqual({n: repr(v) for n, v in again.items()}, before, fop)

    def test_views_outlive_their_request(self):
        for fop in FOPS:
            values = results(fop)[1]
            gc.collect()
            for value in values.values():
                repr(value)

    def test_what_belongs_to_a_graph_is_stale_when_that_is_gone(self):
        self.addCleanup(_probe.graph_is_gone, False)
        for fop in FOPS:
            r, values = results(fop)
            _probe.graph_is_gone(True)
            for name, value in values.items():
                if isinstance(value, TYPES) and not isinstance(value, IoVec):
                    with self.assertRaises(StaleRequest, msg=f'{fop} {name}'):
                        repr(value)
                elif isinstance(value, IoVec):
                    with self.assertRaises(ValueError):
                        value.tobytes()
            _probe.graph_is_gone(False)  # before they go: nothing is given back then
            del value

    def test_own_objects_of_a_graph_are_stale_when_that_is_gone(self):
        loc = arguments('lookup')[1]['loc']
        own = loc.replace(path='/other'), loc.parent.new(), Fd(loc.inode)
        self.addCleanup(_probe.graph_is_gone, False)
        _probe.graph_is_gone(True)
        for o in own:
            with self.assertRaises(StaleRequest):
                repr(o)
        _probe.graph_is_gone(False)

    def test_references_are_given_back(self):
        gc.collect()
        before = _probe.inode_refs()  # some may be on their way back
        for fop in FOPS:
            results(fop), arguments(fop)
        keep = results('lookup')[1]['inode'].new()
        del keep
        gc.collect()
        wait_until(lambda: _probe.inode_refs() <= before)

    def test_every_type_method_and_attribute_has_a_docstring(self):
        for type_ in TYPES:
            self.assertTrue(type_.__doc__, type_)
            self.assertEqual(type_.__module__, 'gluster.glupy.native')
            for name, member in vars(type_).items():
                if not name.startswith('__'):
                    self.assertTrue(member.__doc__, f'{type_.__name__}.{name}')

    def test_a_view_of_another_type_is_refused_by_name(self):
        values = results('lookup')[1]
        with self.refuses(TypeError, 'buf', 'Iatt', 'Inode'):
            _probe.hold('lookup', {**values, 'buf': values['inode']})


class Locs(Case):
    def setUp(self):
        self.r, values = arguments('lookup')
        self.loc = values['loc']

    def test_texts_that_are_no_utf8_survive(self):
        self.assertEqual(self.loc.path, '/dir/f\udce9')
        self.assertEqual(self.loc.name, 'f\udce9')
        self.assertEqual(Loc(path=self.loc.path).path, self.loc.path)
        self.assertEqual(Loc(path=b'/dir/f\xe9').name, 'f\udce9')

    def test_gfids_are_bytes(self):
        self.assertEqual(self.loc.gfid, b'\2' * 16)
        self.assertEqual(self.loc.pargfid, bytes(16))
        self.assertEqual(self.loc.inode.gfid, b'\2' * 16)

    def test_an_inode_brings_its_gfid(self):
        loc = Loc(name='x', parent=self.loc.parent, inode=self.loc.parent.new())
        self.assertEqual(loc.pargfid, b'\1' * 16)
        self.assertEqual(loc.gfid, bytes(16))
        self.assertIsNone(loc.path)
        self.assertEqual(loc.name, 'x')

    def test_a_gfid_may_be_a_text(self):
        text = '00010203-0405-0607-0809-0a0B0C0D0E0F'
        self.assertEqual(Loc(gfid=text).gfid, bytes(range(16)))
        for bad in ('0001', text + '0', text.replace('0', 'g'), 'x'):
            with self.refuses(ValueError, 'gfid', repr(bad)):
                Loc(gfid=bad)
        with self.refuses(ValueError, 'pargfid', '16', '3'):
            Loc(pargfid=b'abc')
        with self.refuses(TypeError, 'gfid', 'int'):
            Loc(gfid=5)

    def test_a_name_is_the_last_part_of_the_path(self):
        self.assertEqual(Loc(path='/a/b').name, 'b')
        self.assertEqual(Loc('/a/b', 'b').name, 'b')
        with self.refuses(ValueError, 'name', "'c'", "'/a/b'"):
            Loc('/a/b', 'c')

    def test_bad_values_are_refused_by_name(self):
        with self.refuses(ValueError, 'path', 'null'):
            Loc(path='/a\0b')
        with self.refuses(TypeError, 'path', 'int'):
            Loc(path=3)
        with self.refuses(TypeError, 'inode', 'str'):
            Loc(inode='x')
        with self.assertRaises(TypeError):
            Loc(nonsense=1)
        with self.assertRaises(AttributeError):
            self.loc.path = '/x'

    def test_replace_makes_another_one(self):
        other = self.loc.replace(path='/dir/other')
        self.assertEqual((other.path, other.name), ('/dir/other', 'other'))
        self.assertEqual(other.inode, self.loc.inode)
        self.assertEqual(other.gfid, self.loc.gfid)
        self.assertEqual(self.loc.name, 'f\udce9')
        named = self.loc.replace(name='n', inode=self.loc.parent)
        self.assertEqual((named.path, named.name, named.gfid), (None, 'n', b'\1' * 16))
        self.assertEqual(other.replace(gfid=b'x' * 16).gfid, b'x' * 16)


class Inodes(Case):
    def test_two_are_equal_if_they_are_the_same_file(self):
        a = arguments('lookup')[1]['loc']
        b = arguments('stat')[1]['loc']
        self.assertEqual(a.inode, b.inode)
        self.assertEqual(hash(a.inode), hash(b.inode))
        self.assertNotEqual(a.inode, a.parent)
        self.assertEqual({a.inode: 1}[b.inode], 1)
        self.assertFalse(a.inode == 3)
        with self.assertRaises(TypeError):
            a.inode < b.inode

    def test_types(self):
        loc = arguments('lookup')[1]['loc']
        self.assertTrue(loc.inode.is_file)
        self.assertTrue(loc.parent.is_dir)
        self.assertFalse(loc.inode.is_symlink)
        self.assertEqual(loc.inode.ia_type, 1)
        with self.assertRaises(TypeError):
            Inode()

    def test_an_object_stays_with_the_inode(self):
        class Kept:
            pass
        inode = arguments('lookup')[1]['loc'].inode
        self.assertIsNone(inode.ctx)
        inode.ctx = Kept()
        gone = weakref.ref(inode.ctx)
        again = arguments('stat')[1]['loc'].inode
        self.assertIs(again.ctx, gone())
        again.ctx = 'other'
        self.assertIsNone(gone())
        self.assertEqual(inode.ctx, 'other')
        del inode.ctx
        self.assertIsNone(again.ctx)

    def test_an_own_inode_has_a_context_too(self):
        new = arguments('lookup')[1]['loc'].parent.new()
        new.ctx = [1]
        self.assertEqual(Loc(inode=new).inode.ctx, [1])
        self.assertEqual(Fd(new).inode.ctx, [1])
        new.ctx = None


class Fds(Case):
    def test_attributes(self):
        fd = arguments('readv')[1]['fd']
        self.assertEqual((fd.flags, fd.pid, fd.anonymous), (0, 1, False))
        self.assertTrue(fd.inode.is_file)
        fd.ctx = {'n': 1}
        self.assertEqual(fd.ctx, {'n': 1})
        del fd.ctx
        self.assertIsNone(fd.ctx)

    def test_modules_make_their_own(self):
        inode = arguments('lookup')[1]['loc'].inode
        fd = Fd(inode, os.O_RDONLY)
        self.assertEqual((fd.flags, fd.inode, fd.pid), (os.O_RDONLY, inode, os.getpid()))
        self.assertTrue(Fd(inode, anonymous=True).anonymous)
        self.assertEqual(len({fd, fd, Fd(inode)}), 2)
        with self.assertRaises(TypeError):
            Fd(None)


class Iatts(Case):
    def setUp(self):
        self.r, values = results('stat')
        self.buf = values['buf']

    def test_attributes_are_those_of_stat(self):
        self.assertEqual(self.buf.st_mode, stat.S_IFREG | 0o644)
        self.assertEqual(self.buf.st_size, 4096)
        self.assertEqual(self.buf.st_mtime_ns, 1700000000000000005)
        self.assertAlmostEqual(self.buf.st_mtime, 1700000000)
        self.assertEqual(self.buf.ia_gfid, b'\7' * 16)
        made = self.buf.stat_result()
        self.assertIsInstance(made, os.stat_result)
        for name in ('st_mode', 'st_ino', 'st_dev', 'st_nlink', 'st_uid', 'st_gid', 'st_size',
                     'st_blocks', 'st_blksize', 'st_rdev', 'st_mtime_ns', 'st_atime', 'st_ctime'):
            self.assertEqual(getattr(made, name), getattr(self.buf, name), name)
        self.assertTrue(stat.S_ISREG(made[0]))

    def test_they_can_be_set_in_place(self):
        self.buf.st_size = 2 ** 63
        self.buf.st_mode = 0o4755
        self.buf.st_uid = 2 ** 32 - 1
        self.buf.st_atime_ns = -1
        self.buf.st_ctime = 1.5
        self.buf.ia_gfid = b'z' * 16
        self.assertEqual(self.buf.st_size, 2 ** 63)
        self.assertEqual(self.buf.st_mode, stat.S_IFREG | 0o4755)
        self.assertEqual(self.buf.st_atime_ns, -1)
        self.assertEqual(self.buf.st_ctime_ns, 1500000000)
        self.buf.st_ctime = -1.25
        self.assertEqual(self.buf.st_ctime_ns, -1250000000)
        self.buf.st_ctime = 7
        self.assertEqual((self.buf.st_ctime_ns, self.buf.st_ctime), (7000000000, 7.0))
        self.buf.st_mode = stat.S_IFDIR | 0o700
        self.assertEqual((self.buf.ia_type, self.buf.st_mode), (2, stat.S_IFDIR | 0o700))
        self.assertEqual(_probe.hold('stat', {'buf': self.buf})[1]['buf'].st_size, 2 ** 63)

    def test_what_does_not_fit_is_refused_by_name_and_value(self):
        for name, value in (('st_uid', 2 ** 32), ('st_size', -1), ('st_mode', 2 ** 17),
                            ('st_size', 2 ** 64), ('ia_type', 9), ('st_atime_ns', 2 ** 64),
                            ('st_mtime', float('inf'))):
            with self.refuses(OverflowError, name, str(value)):
                setattr(self.buf, name, value)
        for name in ('st_uid', 'st_size', 'st_mode', 'st_mtime_ns', 'st_mtime', 'ia_gfid'):
            with self.refuses(TypeError, name):
                setattr(self.buf, name, 'text') if name != 'ia_gfid' else setattr(
                    self.buf, name, 5)
            with self.refuses(TypeError, name):
                delattr(self.buf, name)
        with self.assertRaises(AttributeError):
            self.buf.nonsense = 1

    def test_modules_make_their_own(self):
        own = Iatt(st_mode=stat.S_IFDIR | 0o755, st_size=3, st_mtime_ns=7)
        self.assertEqual((own.st_size, own.st_mtime_ns, own.st_uid), (3, 7, 0))
        self.assertEqual(own.ia_flags, 1 | 2 | 0x40 | 0x200)
        copy = self.buf.copy()
        copy.st_size = 1
        self.assertEqual(self.buf.st_size, 4096)
        with self.refuses(TypeError, 'nonsense'):
            Iatt(nonsense=1)
        with self.refuses(TypeError, 'stat_result'):
            Iatt(stat_result=1)
        with self.refuses(TypeError):
            Iatt(1)
        with self.refuses(OverflowError, 'st_size'):
            Iatt(st_size=-1)


class Dicts(Case):
    def test_it_is_a_mutable_mapping(self):
        d = Dict({'a': b'1'}, b='x')
        self.assertIsInstance(d, collections.abc.MutableMapping)
        self.assertEqual(dict(d), {'a': b'1', 'b': b'x\0'})
        self.assertEqual(len(d), 2)
        self.assertEqual(list(d), ['a', 'b'])
        self.assertEqual(d, {'a': b'1', 'b': b'x\0'})
        self.assertNotEqual(d, {'a': b'1'})
        self.assertEqual(d.items(), [('a', b'1'), ('b', b'x\0')])
        self.assertIn('a', d)
        self.assertNotIn('c', d)
        self.assertEqual(d.pop('a'), b'1')
        self.assertEqual(d.pop('a', 5), 5)
        with self.refuses(KeyError, 'a'):
            d['a']
        with self.refuses(KeyError, 'a'):
            del d['a']
        with self.refuses(KeyError):
            d.pop('a')
        self.assertEqual(d.get('a'), None)
        self.assertEqual(d.get('a', 1), 1)
        self.assertEqual(d.setdefault('c', b'3'), b'3')
        self.assertEqual(d.popitem(), ('c', b'3'))
        d.update({'e': b'5'}, f=b'6')
        d.update([('g', b'7')])
        self.assertEqual(d.keys(), ['b', 'e', 'f', 'g'])
        copy = d.copy()
        d.clear()
        self.assertEqual((len(d), len(copy)), (0, 4))
        with self.assertRaises(KeyError):
            d.popitem()
        with self.assertRaises(TypeError):
            hash(d)
        with self.assertRaises(TypeError):
            {**d, 'x': Dict(5)}
        self.assertEqual({**copy}['b'], b'x\0')

    def test_typed_values(self):
        d = Dict()
        for kind, low, high in (('int32', -2 ** 31, 2 ** 31 - 1), ('int64', -2 ** 63, 2 ** 63 - 1),
                                ('uint32', 0, 2 ** 32 - 1), ('uint64', 0, 2 ** 64 - 1)):
            for value in (low, high):
                getattr(d, 'set_' + kind)('k', value)
                self.assertEqual(getattr(d, 'get_' + kind)('k'), value)
                self.assertEqual(d.get_str('k'), str(value))
            for value in (low - 1, high + 1):
                with self.refuses(OverflowError, 'value', str(value)):
                    getattr(d, 'set_' + kind)('k', value)
                with self.refuses(OverflowError, "'big'", str(value), kind):
                    d.set_str('big', str(value))
                    getattr(d, 'get_' + kind)('big')
            self.assertIsNone(getattr(d, 'get_' + kind)('none'))
            self.assertEqual(getattr(d, 'get_' + kind)('none', 4), 4)
        with self.refuses(ValueError, "'t'", "'seven'"):
            d['t'] = 'seven'
            d.get_int32('t')
        d['i'] = -5
        self.assertEqual((d.get_int64('i'), d['i']), (-5, b'-5\0'))
        d.set_double('f', 2.5)
        self.assertEqual(d.get_double('f'), 2.5)
        with self.refuses(ValueError, "'t'"):
            d.get_double('t')
        d.set_gfid('g', b'g' * 16)
        self.assertEqual(d.get_gfid('g'), b'g' * 16)
        with self.refuses(ValueError, "'t'", 'gfid'):
            d.get_gfid('t')
        d.set_bytes('b', bytearray(b'a\0b'))
        self.assertEqual((d.get_bytes('b'), d['b'], d.get_str('b')), (b'a\0b', b'a\0b', 'a'))
        d.set_bytes('empty', b'')
        self.assertEqual(d['empty'], b'')
        d.set_str('s', '\udcff')
        self.assertEqual((d['s'], d.get_str('s')), (b'\xff\0', '\udcff'))

    def test_bad_keys_and_values_are_refused(self):
        d = Dict()
        with self.refuses(TypeError, 'key', 'int'):
            d[1] = b''
        with self.refuses(ValueError, 'key', 'null'):
            d['a\0b'] = b''
        with self.refuses(TypeError, 'value', 'list'):
            d['a'] = []
        with self.refuses(ValueError, 'value', 'null'):
            d['a'] = 'x\0y'
        with self.refuses(OverflowError, 'value'):
            d['a'] = 2 ** 64
        with self.refuses(TypeError, 'value'):
            d.set_bytes('a', 'text')
        self.assertEqual(len(d), 0)

    def test_a_requests_dict_is_changed_in_place(self):
        r, values = results('lookup')
        values['xdata']['new'] = b'1'
        self.assertEqual(values['xdata'].get_int64('number'), -7)
        self.assertEqual(values['xdata'].get_str('text'), 'abc')
        self.assertEqual(_probe.hold('lookup', values)[1]['xdata']['new'], b'1')


class Entries(Case):
    def setUp(self):
        self.r, values = results('readdirp')
        self.entries = values['entries']

    def names(self):
        return [e.name for e in self.entries]

    def given(self):
        return _probe.give(self.r)

    def test_it_is_a_sequence(self):
        self.assertEqual(self.names(), ['one', 'two', 'three', '\udcff\udcfe', 'five'])
        self.assertEqual(len(self.entries), 5)
        self.assertEqual(self.entries[-1].name, 'five')
        self.assertEqual([e.name for e in self.entries[1:3]], ['two', 'three'])
        self.assertEqual([e.name for e in self.entries[::-2]], ['five', 'three', 'one'])
        for i in (5, -6, 2 ** 70):
            with self.assertRaises(IndexError):
                self.entries[i]
        with self.assertRaises(TypeError):
            self.entries['x']
        with self.assertRaises(TypeError):
            self.entries[0] = self.entries[1]
        with self.assertRaises(TypeError):
            Dirents()

    def test_entries_are_taken_out(self):
        second = self.entries[1]
        del self.entries[1]
        self.assertEqual(second.name, 'two')
        self.assertEqual(self.names(), ['one', 'three', '\udcff\udcfe', 'five'])
        del self.entries[-2:]
        self.assertEqual([e[0] for e in self.given()], ['one', 'three'])

    def test_keep(self):
        self.entries.keep(lambda e: 'e' in e.name)
        self.assertEqual(self.names(), ['one', 'three', 'five'])
        self.entries.keep(lambda e: False)
        self.assertEqual(len(self.entries), 0)
        self.assertEqual(self.given(), [])

    def test_keep_that_raises_changes_nothing(self):
        with self.assertRaises(ZeroDivisionError):
            self.entries.keep(lambda e: 1 / (e.ino - 3))
        self.assertEqual(len(self.entries), 5)

    def test_keep_that_takes_entries_out_itself(self):
        def both(entry):
            if len(self.entries) == 5:
                del self.entries[0]
            return entry.name != 'two'
        self.entries.keep(both)
        self.assertEqual(self.names(), ['three', '\udcff\udcfe', 'five'])

    def test_entries_are_edited(self):
        one, two = self.entries[0], self.entries[1]
        one.name = 'a much longer name than the one before \udcff'
        one.ino, one.off, one.type = 99, 98, 4
        two.stat.st_size = 7
        self.assertEqual(self.entries[1].stat.st_size, 7)
        self.entries[2].stat = Iatt(st_size=8)
        self.entries[3].stat = None
        self.assertEqual(one.name, self.entries[0].name)
        given = self.given()
        self.assertEqual(given[0], ('a much longer name than the one before \udcff', 99, 98, 4,
                                    4096))
        self.assertEqual([g[4] for g in given], [4096, 7, 8, 0, 0])

    def test_bad_values_are_refused(self):
        entry = self.entries[0]
        with self.refuses(OverflowError, 'ino'):
            entry.ino = -1
        with self.refuses(OverflowError, 'type'):
            entry.type = 2 ** 32
        with self.refuses(ValueError, 'name'):
            entry.name = 'a\0'
        with self.refuses(TypeError, 'stat'):
            entry.stat = 5
        with self.refuses(TypeError, 'name'):
            del entry.name

    def test_parts_of_entries(self):
        entry, last = self.entries[0], self.entries[4]
        self.assertTrue(entry.inode.is_file)
        self.assertEqual(entry.dict.get_int64('number'), -7)
        self.assertEqual((last.stat, last.inode, last.dict), (None, None, None))
        last.inode, last.dict = entry.inode, Dict(x=b'1')
        entry.inode = entry.dict = None
        self.assertEqual(last.dict['x'], b'1')
        self.assertIsNone(entry.inode)
        last.inode.ctx = 3
        self.assertEqual(last.inode.ctx, 3)
        del last.inode.ctx

    def test_after_the_answer_they_are_stale(self):
        entry, stat_ = self.entries[0], self.entries[1].stat
        inode = entry.inode
        self.given()
        for look in (lambda: entry.name, lambda: entry.stat, lambda: len(self.entries),
                     lambda: self.entries[0], lambda: repr(entry), lambda: entry.inode,
                     lambda: self.entries.keep(bool), lambda: setattr(entry, 'name', 'x')):
            with self.assertRaises(StaleRequest):
                look()
        with self.assertRaises(StaleRequest):
            _probe.hold('readdirp', {'entries': self.entries})
        stat_.st_size = 5  # its own memory by now
        self.assertTrue(inode.is_file)

    def test_another_request_may_answer_them(self):
        first = self.entries[0]
        r, values = _probe.hold('readdirp', {'entries': self.entries})
        with self.assertRaises(StaleRequest):
            first.name
        self.assertEqual(len(values['entries']), 5)
        del self.entries, self.r, first
        gc.collect()
        self.assertEqual(values['entries'][0].name, 'one')


class Vectors(Case):
    def setUp(self):
        self.r, values = results('readv')
        self.vector = values['vector']

    def test_segments_are_seen_without_a_copy(self):
        self.assertEqual((len(self.vector), self.vector.nbytes), (2, 150))
        self.assertEqual([bytes(v) for v in self.vector.views], [b'a' * 100, b'b' * 50])
        self.assertIs(self.vector.views, self.vector.views)
        self.assertTrue(self.vector.views[0].readonly)
        self.assertEqual(self.vector.tobytes(), b'a' * 100 + b'b' * 50)
        with self.assertRaises(BufferError):
            memoryview(self.vector)
        with self.assertRaises(TypeError):
            self.vector.views[0][0] = 1

    def test_after_revoking_nothing_can_be_seen(self):
        views = self.vector.views
        part = views[0][10:20]
        cast = views[1].cast('c')
        _probe.revoke(self.vector)
        for view in (*views, part, cast):
            with self.assertRaises(ValueError):
                view[0]
        with self.assertRaises(ValueError):
            self.vector.views
        with self.assertRaises(ValueError):
            self.vector.tobytes()
        self.assertEqual(self.vector.nbytes, 150)
        _probe.revoke(self.vector)

    def test_what_c_code_still_has_stays(self):
        held = pickle.PickleBuffer(self.vector.views[0])  # has a buffer of the memoryview
        slices = pickle.PickleBuffer(self.vector.views[1][10:])
        _probe.revoke(self.vector)
        del self.vector, self.r
        gc.collect()
        self.assertEqual(bytes(held.raw()), b'a' * 100)
        self.assertEqual(bytes(slices.raw()), b'b' * 40)

    def test_an_own_one_is_like_bytes(self):
        own = IoVec(b'some data')
        self.assertEqual((len(own), own.nbytes, own.tobytes()), (1, 9, b'some data'))
        self.assertEqual(hashlib.md5(own).digest(), hashlib.md5(b'some data').digest())
        self.assertEqual(IoVec(own).tobytes(), b'some data')
        self.assertEqual(IoVec(bytearray(3)).tobytes(), bytes(3))
        self.assertEqual(IoVec(b'').nbytes, 0)
        big = os.urandom(1 << 20)
        self.assertEqual(IoVec(big).tobytes(), big)
        with self.refuses(TypeError, 'data', 'str'):
            IoVec('text')
        with self.assertRaises(TypeError):
            IoVec()
        mine = memoryview(own)
        part = mine[2:]
        _probe.revoke(own)
        for view in (mine, part):
            with self.assertRaises(ValueError):
                view[0]

    def test_a_vector_may_be_answered_after_it_was_revoked(self):
        _probe.revoke(self.vector)
        r, values = _probe.hold('readv', {'vector': self.vector})
        again = values['vector']
        del self.vector, self.r
        gc.collect()
        self.assertEqual(again.tobytes(), b'a' * 100 + b'b' * 50)

    def hold_one(self, data):
        """A request that has one segment of data, and its IoVec."""
        r, values = _probe.hold('readv', {'vector': IoVec(data)})
        return r, values['vector']

    def test_what_nobody_has_any_more_is_used_for_other_data(self):
        for size in (5, 4096, 0, 17):
            data = os.urandom(size)
            r, vector = self.hold_one(data)
            view = vector.views[0]
            self.assertEqual((len(vector), vector.nbytes, bytes(view)), (1, size, data))
            self.assertEqual((view.nbytes, len(view), view.shape), (size, size, (size,)))
            self.assertEqual(hash(view), hash(data))
            self.assertEqual((bytes(view[1:3]), view.tolist()), (data[1:3], list(data)))
            self.assertEqual(memoryview(vector), data)
            del view, vector, r

    def test_what_somebody_has_still_is_not_used_again(self):
        keep = {
            'vector': lambda v: v, 'views': lambda v: v.views, 'view': lambda v: v.views[0],
            'slice': lambda v: v.views[0][1:], 'cast': lambda v: v.views[0].cast('c'),
            'own': lambda v: (v.views, memoryview(v))[1],
            'weak': lambda v: weakref.ref(v.views[0]),
            'own after a release': lambda v: (v.views[0].release(), memoryview(v))[1],
            'iterator': lambda v: iter(v.views[0]),
        }
        for name, kept in keep.items():
            with self.subTest(name):
                r, vector = self.hold_one(b'secret')
                kept = kept(vector)
                del vector, r
                r, vector = self.hold_one(b'others')
                view = vector.views[0]
                with self.assertRaises((ValueError, TypeError)):
                    if name == 'vector':
                        kept.tobytes()
                    elif name == 'views':
                        kept[0][0]
                    elif name == 'iterator':
                        next(kept)
                    elif name == 'weak':
                        kept()[0]  # None, or released
                    else:
                        kept[0]
                self.assertEqual(bytes(view), b'others')

    def test_what_c_code_has_still_is_not_used_again(self):
        r, vector = self.hold_one(b'secret')
        held = pickle.PickleBuffer(vector.views[0])
        del vector, r
        r, vector = self.hold_one(b'others')
        self.assertEqual((bytes(held.raw()), bytes(vector.views[0])), (b'secret', b'others'))

    def test_what_waits_to_be_used_again_shows_nothing(self):
        r, vector = self.hold_one(b'secret')
        vector.views
        del vector, r
        found = [o for o in gc.get_objects() if isinstance(o, IoVec) and len(o) == 1]
        self.assertTrue(found)
        self.assertEqual({o.tobytes() for o in found}, {b''})
        r, vector = self.hold_one(b'others')
        self.assertNotIn(vector, found)
        self.assertEqual(bytes(vector.views[0]), b'others')

    def test_views_in_a_cycle_are_collected(self):
        own = IoVec(b'x' * 1000)
        gone = weakref.ref(own.views[0])
        cycle = [own.views]
        cycle.append(cycle)
        del own, cycle
        gc.collect()
        self.assertIsNone(gone())

    def test_arguments_have_one_too(self):
        for fop in ('writev', 'put'):
            self.assertEqual(arguments(fop)[1]['vector'].nbytes, 150)
            self.assertNotIn('iobref', arguments(fop)[1])


class Others(Case):
    def test_lock(self):
        lock = results('lk')[1]['flock']
        self.assertEqual((lock.l_type, lock.l_start, lock.l_len, lock.l_pid, lock.l_owner),
                         (1, 5, 10, 77, b'own'))
        lock.l_owner = b'x' * 1024
        lock.l_start = -1
        self.assertEqual((lock.l_owner, lock.l_start), (b'x' * 1024, -1))
        with self.refuses(ValueError, 'l_owner', '1025'):
            lock.l_owner = b'x' * 1025
        with self.refuses(TypeError, 'l_owner'):
            lock.l_owner = 'text'
        with self.refuses(OverflowError, 'l_type'):
            lock.l_type = 2 ** 15
        own = Lock(l_type=2, l_len=4, l_owner=b'o')
        self.assertEqual((own.l_type, own.l_len, own.l_start, own.l_owner), (2, 4, 0, b'o'))

    def test_lease(self):
        lease = results('lease')[1]['lease']
        self.assertEqual((lease.cmd, lease.lease_type, lease.lease_flags), (2, 1, 0))
        lease.lease_id = b'l' * 16
        self.assertEqual(lease.lease_id, b'l' * 16)
        with self.refuses(ValueError, 'lease_id'):
            lease.lease_id = b''
        self.assertEqual(Lease(cmd=1).cmd, 1)

    def test_statvfs(self):
        buf = results('statfs')[1]['buf']
        self.assertEqual((buf.f_bsize, buf.f_blocks), (4096, 100))
        buf.f_bavail = 5
        self.assertEqual(buf.f_bavail, 5)
        self.assertEqual(StatVfs(f_files=3).f_files, 3)
        with self.refuses(OverflowError, 'f_files'):
            StatVfs(f_files=-1)

    def test_locks_of_clients(self):
        locks = results('getactivelk')[1]['locklist']
        self.assertEqual(len(locks), 2)
        self.assertEqual([(c, k.l_len, f) for c, k, f in locks],
                         [('client', 1, 0), ('client', 2, 1)])
        with self.assertRaises(IndexError):
            locks[2]
        own = LockList([('c1', Lock(l_len=9), 1), ('c2', locks[0][1])])
        again = _probe.hold('getactivelk', {'locklist': own})[1]['locklist']
        self.assertEqual([(c, k.l_len, f) for c, k, f in again], [('c1', 9, 1), ('c2', 1, 0)])
        self.assertEqual(len(LockList()), 0)
        for bad in ([5], [('c', None)], [('c', 5, 0)], 5, [('c\0', Lock())]):
            with self.assertRaises((TypeError, ValueError)):
                LockList(bad)

    def test_checksums_have_the_length_that_xdata_tells(self):
        values = results('rchecksum')[1]
        self.assertEqual(values['strong_checksum'], b'\t' * 16)
        sha = _probe.hold('rchecksum', {'strong_checksum': b'x' * 32,
                                        'xdata': Dict({'fips-mode-rchecksum': 1})})[1]
        self.assertEqual(sha['strong_checksum'], b'x' * 32)
        short = _probe.hold('rchecksum', {'strong_checksum': b'y' * 16,
                                          'xdata': Dict({'fips-mode-rchecksum': 1})})[1]
        self.assertEqual(short['strong_checksum'], b'y' * 16 + bytes(16))
        with self.refuses(ValueError, 'strong_checksum', '16', '32', '5'):
            _probe.hold('rchecksum', {'strong_checksum': b'x' * 5})


class Stubs(Case):
    """What native.pyi says is what there is."""

    @staticmethod
    def classes():
        with open('python/gluster/glupy/native.pyi', encoding='utf-8') as f:
            tree = ast.parse(f.read())
        return {c.name: c for c in tree.body if isinstance(c, ast.ClassDef)}

    def test_types_have_the_same_attributes_and_methods(self):
        classes = self.classes()
        for type_ in TYPES:
            said = set()
            for part in classes[type_.__name__].body:
                if isinstance(part, ast.FunctionDef):
                    said.add(part.name)
                elif isinstance(part, ast.AnnAssign):
                    said.add(part.target.id)
            said = {name for name in said if not name.startswith('_')}
            self.assertEqual(said, {name for name in vars(type_) if not name.startswith('_')},
                             type_.__name__)

    def test_keyword_arguments_are_those_of_the_types(self):
        classes = self.classes()
        values = {'l_owner': b'', 'lease_id': bytes(16), 'ia_gfid': bytes(16)}
        for type_ in (Iatt, Lock, Lease, StatVfs):
            init = next(f for f in classes[type_.__name__].body
                        if isinstance(f, ast.FunctionDef) and f.name == '__init__')
            type_(**{a.arg: values.get(a.arg, 1) for a in init.args.kwonlyargs})

    def test_children_and_replies_have_every_operation(self):
        classes = self.classes()
        for name in ('Child', '_Replies'):
            methods = {f.name: [a.arg for a in f.args.args[1:]] for f in classes[name].body
                       if isinstance(f, ast.FunctionDef)}
            self.assertEqual(set(methods), set(FOPS))
            for fop, names in methods.items():
                values = _probe.sample(fop, name == '_Replies')[1]
                self.assertEqual(names, list(values), fop)


class Speed(Case):
    def test_views_are_made_in_nanoseconds(self):
        r, _ = results('stat')
        best = min(_probe.time(r, kind, 200000) for kind in (5, 7, 9) for _ in range(3))
        print(f'a view: {best:.1f} ns')


if __name__ == '__main__':
    unittest.main(argv=['types_test'], verbosity=1)
