# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""For tests: cannot be imported."""
import there_is_no_such_module  # noqa: F401
