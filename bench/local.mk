# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
noinst_PROGRAMS += bench/pair bench/mounts
bench_pair_SOURCES = bench/pair.c bench/quantile.h
bench_pair_LDADD = common/libcommon.a $(MD_LIBS)
bench_mounts_SOURCES = bench/mounts.c bench/quantile.h

# what a fop costs inside the process: bench/glupy
noinst_PROGRAMS += bench/inside
bench_inside_SOURCES = bench/inside.c bench/quantile.h
bench_inside_CPPFLAGS = $(AM_CPPFLAGS) $(GLUSTERFS_ABI)
bench_inside_CFLAGS = $(AM_CFLAGS) $(GLUSTERFS_SYSTEM_CFLAGS)
bench_inside_LDADD = xlators/drive/libdrive.a common/libcommon.a -lglusterfs -luuid -lpthread

# translators for it: they are built, and not installed
BENCH_XLATOR_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath $(abs_builddir)
noinst_LTLIBRARIES += bench/xlators/sink.la bench/xlators/native.la bench/xlators/gilstate.la \
	bench/xlators/negative.la
bench_xlators_sink_la_SOURCES = bench/xlators/sink.c
bench_xlators_sink_la_CPPFLAGS = $(AM_CPPFLAGS) $(GLUSTERFS_ABI)
bench_xlators_sink_la_CFLAGS = $(AM_CFLAGS) $(GLUSTERFS_SYSTEM_CFLAGS)
bench_xlators_sink_la_LDFLAGS = $(BENCH_XLATOR_LDFLAGS)
bench_xlators_sink_la_LIBADD = -lglusterfs
bench_xlators_native_la_SOURCES = bench/xlators/native.c
bench_xlators_native_la_CPPFLAGS = $(AM_CPPFLAGS) $(GLUSTERFS_ABI)
bench_xlators_native_la_CFLAGS = $(AM_CFLAGS) $(GLUSTERFS_SYSTEM_CFLAGS)
bench_xlators_native_la_LDFLAGS = $(BENCH_XLATOR_LDFLAGS)
bench_xlators_native_la_LIBADD = -lglusterfs
bench_xlators_gilstate_la_SOURCES = bench/xlators/gilstate.c
bench_xlators_gilstate_la_CPPFLAGS = $(AM_CPPFLAGS) $(GLUSTERFS_ABI)
bench_xlators_gilstate_la_CFLAGS = $(AM_CFLAGS) $(GLUSTERFS_SYSTEM_CFLAGS) \
	$(subst -I,-isystem ,$(PYTHON_EMBED_CFLAGS))
bench_xlators_gilstate_la_LDFLAGS = $(BENCH_XLATOR_LDFLAGS)
bench_xlators_gilstate_la_LIBADD = $(PYTHON_EMBED_LIBS) -lglusterfs
bench_xlators_negative_la_SOURCES = bench/xlators/negative.c
bench_xlators_negative_la_CPPFLAGS = $(AM_CPPFLAGS) $(GLUSTERFS_ABI)
bench_xlators_negative_la_CFLAGS = $(AM_CFLAGS) $(GLUSTERFS_SYSTEM_CFLAGS)
bench_xlators_negative_la_LDFLAGS = $(BENCH_XLATOR_LDFLAGS)
bench_xlators_negative_la_LIBADD = -lglusterfs
EXTRA_DIST += bench/modules bench/glupy bench/locality bench/locality.py bench/many-bricks \
	bench/run bench/upcall

# how soon a change is told: bench/gnotify
noinst_PROGRAMS += bench/latency
bench_latency_SOURCES = bench/latency.c
bench_latency_LDADD = $(GNOTIFY_LIBS) -lpthread
EXTRA_DIST += bench/gnotify bench/gnotify.d

# how fast journals are read: bench/gnotify replay
noinst_PROGRAMS += bench/fill bench/replay
bench_fill_SOURCES = bench/fill.c
bench_fill_CFLAGS = $(GFAPI_CFLAGS)
bench_fill_LDADD = $(GLUSTERFS_LIBS) -lpthread
bench_replay_SOURCES = bench/replay.c
bench_replay_LDADD = $(GNOTIFY_LIBS)

# a volume with many files, made quickly: gfind of bench/gnotify
noinst_PROGRAMS += bench/tree
bench_tree_SOURCES = bench/tree.c
bench_tree_CFLAGS = $(GFAPI_CFLAGS)
bench_tree_LDADD = $(GLUSTERFS_LIBS) -lpthread

# what it costs to pass a translator: cost of bench/gnotify
noinst_PROGRAMS += bench/between
bench_between_SOURCES = bench/between.c
bench_between_CPPFLAGS = $(AM_CPPFLAGS) $(GLUSTERFS_ABI)
bench_between_CFLAGS = $(AM_CFLAGS) $(GLUSTERFS_SYSTEM_CFLAGS)
bench_between_LDADD = xlators/drive/libdrive.a common/libcommon.a -lglusterfs -luuid -lpthread -lm
