#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""The module limiter, by itself; its clock is the test's. tests/modules.bats runs this."""
import os
import unittest
from unittest import mock

from gluster.glupy import testing
from gluster.glupy.testing import IoVec, Loc, clock

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "../python/modules/limiter.py")


class Limiter(unittest.TestCase):

    def begin(self, **options):
        self.module = testing.load(FILE, options)
        patch = mock.patch.object(self.module.module.time, "monotonic", lambda: 1000 + clock.now)
        patch.start()
        self.addCleanup(patch.stop)

    def time_of(self, *calls):
        """Seconds that these calls take, one after the other."""
        begun = clock.now
        for fop, arguments in calls:
            getattr(self.module, fop)(**arguments)
        return clock.now - begun

    def test_operations_beyond_the_rate_wait_and_all_are_done(self):
        self.begin(ops="10", burst="0.1")
        took = self.time_of(*[("mkdir", {"loc": Loc(f"/{n}"), "uid": 7}) for n in range(31)])
        self.assertAlmostEqual(took, 3.0)
        self.assertEqual(len(self.module.child.calls), 31)

    def test_what_was_not_used_may_be_used_at_once(self):
        self.begin(ops="10", burst="2")
        self.assertEqual(self.time_of(*[("open", {"uid": 7})] * 20), 0)
        self.assertAlmostEqual(self.time_of(("open", {"uid": 7})), 0.1)

    def test_each_user_has_a_limit_of_its_own(self):
        self.begin(ops="1", burst="1")
        self.assertEqual(self.time_of(("unlink", {"uid": 1}), ("unlink", {"uid": 2})), 0)
        self.assertAlmostEqual(self.time_of(("unlink", {"uid": 1})), 1)

    def test_exempt_users_never_wait(self):
        self.begin(ops="1", exempt="0, 12")
        self.assertEqual(self.time_of(*[("mkdir", {"uid": 12})] * 100), 0)

    def test_bytes_are_counted_of_reads_and_writes(self):
        self.begin(bytes="1M", burst="1")
        write = "writev", {"vector": IoVec(bytes(1 << 20)), "uid": 5}
        self.assertEqual(self.time_of(write), 0)
        self.assertAlmostEqual(self.time_of(write), 1)
        self.assertAlmostEqual(self.time_of(("readv", {"size": 512 << 10, "uid": 5})), 0.5)
        self.assertEqual(self.time_of(("mkdir", {"uid": 5})), 0)

    def test_no_operation_waits_longer_than_glupy_lets_it(self):
        self.begin(bytes="1", burst="1")
        self.assertAlmostEqual(
            self.time_of(("writev", {"vector": IoVec(bytes(1000)), "uid": 5})), 50)

    def test_lookups_do_not_count(self):
        self.begin(ops="1")
        self.assertEqual(self.time_of(*[("lookup", {"loc": Loc("/a")})] * 10), 0)

    def test_users_of_long_ago_are_forgotten(self):
        self.begin(ops="100")
        with mock.patch.object(self.module.module, "BUCKETS", 10):
            for uid in range(100):
                clock.now += 5
                self.module.mkdir(uid=uid)
            self.assertLess(len(self.module.xlator.buckets), 12)

    def test_bad_options_are_named(self):
        for options in ({"ops": "many"}, {"bytes": "-1"}, {"ops": "0"}, {"per": "name"},
                        {"exempt": "root"}, {"opps": "3"}, {"burst": ""}):
            with self.subTest(options=options), self.assertRaisesRegex(ValueError, *options):
                self.begin(**options)


if __name__ == "__main__":
    unittest.main()
