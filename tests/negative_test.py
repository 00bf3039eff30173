#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""The module negative, by itself: what the child is asked and answers is the test's, and so
is the time. tests/modules.bats runs this; by hand:
PYTHONPATH=.../share/volext/python tests/negative_test.py -v
"""
import itertools
import os
import unittest
from errno import ENOENT
from unittest import mock

from gluster.glupy import testing
from gluster.glupy.testing import Loc, reply

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "../python/modules/negative.py")
PARENT, OTHER = bytes(15) + b"\x01", bytes(15) + b"\x02"
MAKERS = ("create", "mknod", "mkdir", "symlink", "link", "rename")


def loc(name, parent=PARENT):
    return Loc(name=name, pargfid=parent)


class Negative(unittest.TestCase):

    def begin(self, **options):
        self.module = testing.load(FILE, options)
        self.child, self.xl = self.module.child, self.module.xlator
        self.child.hold("lookup", *MAKERS)
        self.now = 1000.0
        clock = mock.patch.object(self.module.module.time, "monotonic", lambda: self.now)
        clock.start()
        self.addCleanup(clock.stop)

    def setUp(self):
        self.begin()

    # -- one operation ------------------------------------------------------

    def ask(self, where):
        """A lookup comes from above: it and what it asks the child; or None, if it was
        answered."""
        before = len(self.child.calls)
        run = self.module.begin("lookup", loc=where)
        if not run.done:
            self.assertEqual(len(self.child.calls), before + 1)
            return run, self.child.calls[-1]
        self.assertEqual(len(self.child.calls), before)
        answer = run.finish()
        self.assertEqual((answer.op_ret, answer.op_errno), (-1, ENOENT))
        return None

    def answer(self, asked, op_ret=-1, op_errno=ENOENT):
        run, call = asked
        call.answer(reply.lookup(op_ret=op_ret, op_errno=op_errno))
        if op_ret < 0:
            with self.assertRaises(OSError) as raised:
                run.finish()
            self.assertEqual(raised.exception.errno, op_errno)
        else:
            self.assertEqual(run.finish().op_ret, op_ret)

    def look(self, where, **reply):
        """A lookup, answered by the child if it gets there: whether it did."""
        asked = self.ask(where)
        if asked is not None:
            self.answer(asked, **reply)
        return asked is not None

    def make_begin(self, fop, where):
        names = {"link": "newloc", "rename": "newloc"}
        run = self.module.begin(fop, **{names.get(fop, "loc"): where})
        self.assertEqual(self.child.calls[-1].fop, fop)
        return run, self.child.calls[-1]

    def make_end(self, fop, made, op_ret=0):
        run, call = made
        call.answer(getattr(reply, fop)(op_ret=op_ret))
        self.assertEqual(run.finish().op_ret, op_ret)

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
        asked = self.ask(loc("a"))
        self.now += 0.6
        self.answer(asked)
        self.now += 0.399
        self.assertFalse(self.look(loc("a")))
        self.now += 0.001
        self.assertTrue(self.look(loc("a")))

    def test_an_answer_that_took_a_second_is_not_used(self):
        asked = self.ask(loc("a"))
        self.now += 1.0
        self.answer(asked)
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
        run = self.module.begin("rename", oldloc=loc("old"), newloc=loc("new"))
        self.make_end("rename", (run, self.child.calls[-1]))
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

    def test_nothing_is_kept_of_what_has_ended(self):
        for name in "abc":
            self.look(loc(name))
            self.make_end("mkdir", self.make_begin("mkdir", loc(name)))
        self.assertEqual([self.xl.absent, self.xl.on_the_way], [{}] * 2)


if __name__ == "__main__":
    unittest.main()
