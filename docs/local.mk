# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
dist_man_MANS = docs/volext.8 docs/gupcallwait.1 docs/gfind.1 docs/gnotify.3 docs/gnotifywait.1 docs/gnotifywatch.1
# each call of the library by its own name
gnotify_calls = ack add_watch close error event_name fd forget init parse_events put_buffer read register \
	rm_watch wake
nodist_man3_MANS = $(gnotify_calls:%=docs/gnotify_%.3)
$(nodist_man3_MANS): Makefile
	$(AM_V_GEN)$(MKDIR_P) docs && echo '.so man3/gnotify.3' >$@
CLEANFILES += $(nodist_man3_MANS)
# options.md and extensions.md are packed by what checks them
EXTRA_DIST += docs/benchmarks.md docs/design.md docs/gfind.md docs/drive.md docs/glupy.md \
	docs/glupy-operations.md docs/glupy-types.md docs/gnotify.md docs/gnotify-brick.md docs/gnotify-python.md docs/gupcallwait.md \
	docs/isolation.md docs/locality.md docs/notify.md docs/operations.md docs/upcall.md docs/writing-modules.md
