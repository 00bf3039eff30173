#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""The module negative, by itself: what it winds and unwinds is recorded, and the time
is what a test says. tests/negative.bats runs this; by hand: tests/negative_test.py -v
"""
import importlib.util
import itertools
import os
import sys
import types
import unittest
from errno import ENOENT
from unittest import mock

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "../python/modules/negative.py")
PARENT, OTHER = bytes(15) + b"\x01", bytes(15) + b"\x02"
MAKERS = {  # which of its arguments is the loc of the name that it makes
    "create": 0, "mknod": 0, "mkdir": 0, "symlink": 1, "link": 1, "rename": 1}


class Recorder:
    """gluster.glupy's dl: keeps each call; a frame is its own id."""

    def __init__(self):
        self.calls = []

    def get_id(self, frame):
        return frame

    def __getattr__(self, name):
        if not name.startswith(("wind_", "unwind_")):
            raise AttributeError(name)
        return lambda *args: self.calls.append((name, args))


class Translator:
    given = {}

    @property
    def options(self):
        return self.given

    def __init__(self, c_this):
        pass


def load():
    """The module, with a recorder of its own in place of GlusterFS."""
    glupy = types.ModuleType("gluster.glupy")
    glupy.dl, glupy.Translator = Recorder(), Translator
    glupy.xlator_t, glupy.POINTER = object, lambda kind: lambda: "the child"
    with mock.patch.dict(sys.modules, {"gluster": types.ModuleType("gluster"),
                                       "gluster.glupy": glupy}):
        spec = importlib.util.spec_from_file_location("negative", FILE)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module, glupy.dl


def loc(name, parent=PARENT):
    return types.SimpleNamespace(
        contents=types.SimpleNamespace(pargfid=parent, name=name))


class Negative(unittest.TestCase):

    def begin(self, **options):
        self.module, self.dl = load()
        self.now, self.frame = 1000.0, 0
        clock = mock.patch.object(self.module.time, "monotonic", lambda: self.now)
        clock.start()
        self.addCleanup(clock.stop)
        with mock.patch.object(Translator, "given", options):
            self.xl = self.module.xlator(None)

    def setUp(self):
        sys.dont_write_bytecode = True
        self.begin()

    # -- one operation ------------------------------------------------------

    def ask(self, where):
        """A lookup comes from above: its frame if it goes on to the child, or None
        if it was answered."""
        self.frame += 1
        self.xl.lookup_fop(self.frame, None, where, None)
        name, args = self.dl.calls.pop()
        self.assertEqual(self.dl.calls, [])
        self.assertEqual(args[0], self.frame)
        if name == "wind_lookup":
            self.assertEqual(args[1:3], ("the child", where))
            return self.frame
        self.assertEqual(name, "unwind_lookup")
        self.assertEqual(args[3:5], (-1, ENOENT))
        return None

    def answer(self, frame, op_ret=-1, op_errno=ENOENT):
        self.xl.lookup_cbk(frame, None, None, op_ret, op_errno, "inode", "buf", "xdata",
                           "postparent")
        self.assertEqual(self.dl.calls.pop(),
                         ("unwind_lookup", (frame, None, None, op_ret, op_errno, "inode",
                                            "buf", "xdata", "postparent")))
        self.assertEqual(self.dl.calls, [])

    def look(self, where, **reply):
        """A lookup, answered by the child if it gets there: whether it did."""
        frame = self.ask(where)
        if frame is not None:
            self.answer(frame, **reply)
        return frame is not None

    def make_begin(self, fop, where):
        self.frame += 1
        args = ["an argument"] * MAKERS[fop] + [where, "mode"]
        getattr(self.xl, fop + "_fop")(self.frame, None, *args)
        self.assertEqual(self.dl.calls.pop(),
                         ("wind_" + fop, (self.frame, "the child", *args)))
        return self.frame

    def make_end(self, fop, frame, op_ret=0):
        getattr(self.xl, fop + "_cbk")(frame, None, None, op_ret, 0, "inode")
        self.assertEqual(self.dl.calls.pop(),
                         ("unwind_" + fop, (frame, None, None, op_ret, 0, "inode")))

    # -- how long -----------------------------------------------------------

    def test_a_missing_name_is_answered_from_memory_for_less_than_a_second(self):
        self.assertTrue(self.look(loc("a")))
        for self.now in 1000.0, 1000.5, 1000.999:
            self.assertFalse(self.look(loc("a")))

    def test_after_one_second_the_child_is_asked(self):
        for later in 1.0, 1.001, 1.5, 2.0, 100.0:
            with self.subTest(later=later):
                self.begin()
                self.look(loc("a"))
                self.now += later
                self.assertTrue(self.look(loc("a")))

    def test_an_answer_from_memory_does_not_prolong_the_entry(self):
        self.look(loc("a"))
        self.now += 0.9
        self.assertFalse(self.look(loc("a")))
        self.now += 0.1
        self.assertTrue(self.look(loc("a")))

    def test_the_second_begins_when_the_child_is_asked(self):
        frame = self.ask(loc("a"))
        self.now += 0.6
        self.answer(frame)
        self.now += 0.399
        self.assertFalse(self.look(loc("a")))
        self.now += 0.001
        self.assertTrue(self.look(loc("a")))

    def test_an_answer_that_took_a_second_is_not_used(self):
        frame = self.ask(loc("a"))
        self.now += 1.0
        self.answer(frame)
        self.assertTrue(self.look(loc("a")))

    def test_a_longer_lifetime_is_cut_to_one_second(self):
        for lifetime in "1.5", "2", "3600", "inf":
            with self.subTest(lifetime=lifetime):
                self.begin(lifetime=lifetime)
                self.look(loc("a"))
                self.now += 0.999
                self.assertFalse(self.look(loc("a")))
                self.now += 0.001
                self.assertTrue(self.look(loc("a")))

    def test_a_shorter_lifetime_is_kept(self):
        self.begin(lifetime="0.25")
        self.look(loc("a"))
        self.now += 0.125
        self.assertFalse(self.look(loc("a")))
        self.now += 0.125
        self.assertTrue(self.look(loc("a")))

    # -- what ---------------------------------------------------------------

    def test_only_a_name_that_is_missing_is_remembered(self):
        self.look(loc("there"), op_ret=0, op_errno=0)
        self.assertTrue(self.look(loc("there")))
        for errno in 5, 107, 116:
            self.look(loc(f"error {errno}"), op_errno=errno)
            self.assertTrue(self.look(loc(f"error {errno}")))
        self.assertTrue(self.look(loc("a")))

    def test_another_name_and_another_folder_are_others(self):
        self.look(loc("a"))
        self.assertTrue(self.look(loc("b")))
        self.assertTrue(self.look(loc("a", OTHER)))
        self.assertFalse(self.look(loc("a")))

    def test_a_loc_without_parent_or_name_is_not_remembered(self):
        for where in loc("a", bytes(16)), loc(None), loc(""):
            self.assertTrue(self.look(where))
            self.assertTrue(self.look(where))

    # -- names that come to be ------------------------------------------------

    def test_making_a_name_forgets_that_it_was_missing(self):
        for fop in MAKERS:
            with self.subTest(fop=fop):
                self.begin()
                self.look(loc("a"))
                self.look(loc("b"))
                self.make_end(fop, self.make_begin(fop, loc("a")))
                self.assertFalse(self.look(loc("b")))
                self.assertTrue(self.look(loc("a"), op_ret=0, op_errno=0))

    def test_a_rename_forgets_the_new_name_only(self):
        self.look(loc("old"))
        self.look(loc("new"))
        frame = self.frame = self.frame + 1
        self.xl.rename_fop(frame, None, loc("old"), loc("new"), None)
        self.dl.calls.clear()
        self.make_end("rename", frame)
        self.assertFalse(self.look(loc("old")))
        self.assertTrue(self.look(loc("new")))

    def test_a_name_is_forgotten_before_it_is_made(self):
        for fop in MAKERS:
            with self.subTest(fop=fop):
                self.begin()
                self.look(loc("a"))
                self.make_begin(fop, loc("a"))
                self.assertIsNotNone(self.ask(loc("a")))

    def test_a_name_made_during_a_lookup_spoils_its_answer(self):
        orders = itertools.product(MAKERS, (True, False), (True, False))
        for fop, lookup_begins, lookup_ends in orders:
            with self.subTest(fop=fop, lookup_begins=lookup_begins,
                              lookup_ends=lookup_ends):
                self.begin()
                self.overlap(fop, lookup_begins, lookup_ends)
                self.assertTrue(self.look(loc("a"), op_ret=0, op_errno=0))

    def overlap(self, fop, lookup_begins, lookup_ends):
        """A lookup of a name while it is made: does the lookup begin, end first?"""
        looked = self.ask(loc("a")) if lookup_begins else None
        made = self.make_begin(fop, loc("a"))
        looked = looked or self.ask(loc("a"))
        if lookup_ends:
            self.answer(looked)
        self.make_end(fop, made)
        if not lookup_ends:
            self.answer(looked)

    def test_of_two_lookups_on_the_way_both_are_spoiled(self):
        first, second = self.ask(loc("a")), self.ask(loc("a"))
        made = self.make_begin("create", loc("a"))
        self.answer(first)
        self.make_end("create", made)
        self.answer(second)
        self.assertTrue(self.look(loc("a")))

    def test_a_name_made_elsewhere_spoils_nothing(self):
        looked = self.ask(loc("a"))
        self.make_end("create", self.make_begin("create", loc("b")))
        self.answer(looked)
        self.assertFalse(self.look(loc("a")))

    def test_a_lookup_that_finds_the_name_forgets_that_it_was_missing(self):
        first, second = self.ask(loc("a")), self.ask(loc("a"))
        self.answer(first)
        self.answer(second, op_ret=0, op_errno=0)
        self.assertTrue(self.look(loc("a")))

    # -- how much -----------------------------------------------------------

    def test_no_more_names_are_kept_than_it_may(self):
        self.begin(entries="3")
        for name in "abcde":
            self.look(loc(name))
        self.assertEqual(len(self.xl.absent), 3)
        self.assertFalse(any(self.look(loc(name)) for name in "cde"))
        self.assertTrue(self.look(loc("a")))

    def test_lookups_and_creates_that_never_end_are_dropped(self):
        self.begin(entries="3")
        for number in range(20):
            self.ask(loc(f"lookup {number}"))
            self.make_begin("create", loc(f"create {number}"))
        self.assertLessEqual(len(self.xl.lookups), 3)
        self.assertLessEqual(len(self.xl.on_the_way), 3)
        self.assertLessEqual(len(self.xl.creating), 3)
        self.answer(1)  # comes all the same
        self.assertTrue(self.look(loc("lookup 0")))

    def test_nothing_is_kept_of_what_has_ended(self):
        for name in "abc":
            self.look(loc(name))
            self.make_end("mkdir", self.make_begin("mkdir", loc(name)))
        self.assertEqual([self.xl.absent, self.xl.lookups, self.xl.on_the_way,
                          self.xl.creating], [{}] * 4)


if __name__ == "__main__":
    unittest.main()
