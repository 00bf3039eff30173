#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""What gluster.glupy.testing stands in with has every name of the native interface, as its stub
has them. tests/modules.bats runs this."""
import ast
import os
import unittest

import gluster.glupy
from gluster.glupy import standin

STUB = os.path.join(os.path.dirname(gluster.glupy.__file__), "native.pyi")
MADE = {"Fd": lambda: standin.Fd(standin.Inode()), "Dirent": lambda: standin.Dirent("a"),
        "Reply": lambda: standin.Reply("stat")}


class StandIn(unittest.TestCase):

    def test_every_name_is_there(self):
        with open(STUB, encoding="utf-8") as f:
            tree = ast.parse(f.read())
        names = next(ast.literal_eval(n.value) for n in tree.body
                     if isinstance(n, ast.Assign) and n.targets[0].id == "__all__")
        self.assertEqual([n for n in names if not hasattr(standin, n)], [])
        missing = []
        for node in tree.body:
            if not isinstance(node, ast.ClassDef) or node.name not in names \
                    or node.name in ("Translator", "StaleRequest", "HandlerTimeout"):
                continue
            one = MADE.get(node.name, getattr(standin, node.name))()
            members = {n.name if isinstance(n, ast.FunctionDef) else n.target.id for n in node.body
                       if isinstance(n, (ast.FunctionDef, ast.AnnAssign))}
            missing += [f"{node.name}.{m}" for m in sorted(members)
                        if m != "__getattr__" and not hasattr(one, m)]
        self.assertEqual(missing, [])


if __name__ == "__main__":
    unittest.main()
