# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
dist_man_MANS = docs/volext.8 docs/gupcallwait.1
# options.md and extensions.md are packed by what checks them
EXTRA_DIST += docs/benchmarks.md docs/design.md docs/drive.md docs/glupy.md \
	docs/glupy-operations.md docs/glupy-types.md docs/gnotify.md docs/gnotify-python.md docs/gupcallwait.md \
	docs/isolation.md docs/locality.md docs/notify.md docs/operations.md docs/upcall.md docs/writing-modules.md
