# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
featuresdir = $(xlatordir)/features
features_LTLIBRARIES = xlators/glupy.la
xlators_glupy_la_SOURCES = \
	xlators/glupy/glupy.h xlators/glupy/value.h \
	xlators/glupy/glupy.c xlators/glupy/value.c xlators/glupy/request.c \
	xlators/glupy/worker.c xlators/glupy/watchdog.c xlators/glupy/errand.c xlators/glupy/down.c xlators/glupy/stuck.c xlators/glupy/fork.c xlators/glupy/breaker.c xlators/glupy/memory.c xlators/glupy/python.c xlators/glupy/module.c \
	xlators/glupy/latency.c xlators/glupy/status.c \
	xlators/glupy/convert.c xlators/glupy/classic.c
# what Python sees of a fop's arguments, natively
xlators_glupy_la_SOURCES += xlators/glupy/view.h xlators/glupy/types.h \
	xlators/glupy/context.h xlators/glupy/context.c \
	xlators/glupy/view.c xlators/glupy/attribute.c xlators/glupy/loc.c xlators/glupy/iatt.c \
	xlators/glupy/native.h xlators/glupy/request.h \
	xlators/glupy/native.c xlators/glupy/future.c xlators/glupy/task.c xlators/glupy/gather.c \
	xlators/glupy/act.c xlators/glupy/child.c xlators/glupy/reply.c xlators/glupy/marshal.c \
	xlators/glupy/timer.c \
	xlators/glupy/entries.h xlators/glupy/entries.c \
	xlators/glupy/dict.c xlators/glupy/dirent.c xlators/glupy/iovec.c xlators/glupy/lock.c
nodist_xlators_glupy_la_SOURCES = xlators/glupy/fops.c
xlators_glupy_la_CPPFLAGS = $(AM_CPPFLAGS) $(PATHS_CPPFLAGS) $(GLUSTERFS_ABI) \
	-DPYTHON_HOME='"$(PYTHON_PREFIX)"'
# their headers come as system headers: our warnings are not for them
GLUSTERFS_SYSTEM_CFLAGS = $(subst -I,-isystem ,$(GLUSTERFS_CFLAGS)) -isystem /usr/include/glusterfs
TIRPC_SYSTEM_CFLAGS = $(subst -I,-isystem ,$(TIRPC_CFLAGS))
xlators_glupy_la_CFLAGS = $(AM_CFLAGS) $(VOLEXT_LTO) -fvisibility=hidden $(GLUSTERFS_SYSTEM_CFLAGS) \
	$(subst -I,-isystem ,$(PYTHON_EMBED_CFLAGS)) $(MD_CFLAGS)
xlators_glupy_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared \
	-export-symbols-regex '^xlator_api$$'
xlators_glupy_la_LIBADD = common/libcommon.a $(PYTHON_EMBED_LIBS) $(MD_LIBS) -lglusterfs

# change notification: what a brick has of it
features_LTLIBRARIES += xlators/gnotify.la
gnotify_sources = xlators/gnotify/gnotify.h xlators/gnotify/begin.h \
	xlators/gnotify/gnotify.c xlators/gnotify/begin.c xlators/gnotify/names.c \
	xlators/gnotify/opened.c xlators/gnotify/internal.c xlators/gnotify/clients.c \
	xlators/gnotify/writer.c xlators/gnotify/merge.c xlators/gnotify/resolve.c \
	xlators/gnotify/serve.c xlators/gnotify/serve.h xlators/gnotify/requests.c \
	xlators/gnotify/fetch.c xlators/gnotify/places.c xlators/gnotify/answers.c xlators/gnotify/cursors.c xlators/gnotify/dump.c \
	xlators/gnotify/exit.c xlators/gnotify/sessions.c xlators/gnotify/status.c \
	xlators/gnotify/unread.c
xlators_gnotify_la_SOURCES = $(gnotify_sources)
nodist_xlators_gnotify_la_SOURCES = xlators/gnotify/fops.c
xlators_gnotify_la_CPPFLAGS = $(AM_CPPFLAGS) $(PATHS_CPPFLAGS) $(GLUSTERFS_ABI)
xlators_gnotify_la_CFLAGS = $(AM_CFLAGS) $(VOLEXT_LTO) -fvisibility=hidden $(GLUSTERFS_SYSTEM_CFLAGS) $(TIRPC_SYSTEM_CFLAGS)
xlators_gnotify_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -Wl,-z,defs \
	-export-symbols-regex '^xlator_api$$'
xlators_gnotify_la_LIBADD = notify/libnotify.a common/libcommon.a $(ZLIB_LIBS) $(MD_LIBS) -lglusterfs -luuid

xlators/gnotify/fops.c: $(srcdir)/xlators/fops.def $(srcdir)/xlators/fops.py $(srcdir)/xlators/gnotify/generate.py
	@$(MKDIR_P) xlators/gnotify
	$(AM_V_GEN)$(PYTHON3) $(srcdir)/xlators/gnotify/generate.py $(srcdir)/xlators/fops.def $@.new && mv $@.new $@
BUILT_SOURCES += xlators/gnotify/fops.c
CLEANFILES += xlators/gnotify/fops.c
EXTRA_DIST += xlators/gnotify/generate.py

# what a reader has of it: sends its questions to single bricks, in libgnotify's graphs
features_LTLIBRARIES += xlators/gnotify-client.la
xlators_gnotify_client_la_SOURCES = xlators/gnotify-client/gnotify-client.h \
	xlators/gnotify-client/gnotify-client.c xlators/gnotify-client/node.h
nodist_xlators_gnotify_client_la_SOURCES = xlators/gnotify-client/fops.c
xlators_gnotify_client_la_CPPFLAGS = $(AM_CPPFLAGS) $(GLUSTERFS_ABI)
xlators_gnotify_client_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden $(GLUSTERFS_SYSTEM_CFLAGS)
xlators_gnotify_client_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -Wl,-z,defs \
	-export-symbols-regex '^(xlator_api|gnotify_client_calls)$$'
xlators_gnotify_client_la_LIBADD = -lglusterfs

xlators/gnotify-client/fops.c: $(srcdir)/xlators/fops.def $(srcdir)/xlators/fops.py $(srcdir)/xlators/gnotify-client/generate.py
	@$(MKDIR_P) xlators/gnotify-client
	$(AM_V_GEN)$(PYTHON3) $(srcdir)/xlators/gnotify-client/generate.py $(srcdir)/xlators/fops.def $@
BUILT_SOURCES += xlators/gnotify-client/fops.c
CLEANFILES += xlators/gnotify-client/fops.c
EXTRA_DIST += xlators/gnotify-client/generate.py

# asks a brick as a reader does: for tests, so it is not installed
noinst_PROGRAMS += xlators/gnotify/ask
xlators_gnotify_ask_SOURCES = xlators/gnotify/ask.c
xlators_gnotify_ask_CPPFLAGS = $(AM_CPPFLAGS) $(GLUSTERFS_ABI)
xlators_gnotify_ask_CFLAGS = $(AM_CFLAGS) $(GLUSTERFS_SYSTEM_CFLAGS)
xlators_gnotify_ask_LDADD = xlators/drive/libdrive.a notify/libnotify.a common/libcommon.a \
	$(ZLIB_LIBS) -lglusterfs -luuid

check_PROGRAMS += xlators/glupy/types_test
xlators_glupy_types_test_SOURCES = xlators/glupy/types_test.c $(xlators_glupy_la_SOURCES)
nodist_xlators_glupy_types_test_SOURCES = xlators/glupy/fops.c
xlators_glupy_types_test_CPPFLAGS = $(xlators_glupy_la_CPPFLAGS)
xlators_glupy_types_test_CFLAGS = $(xlators_glupy_la_CFLAGS)
xlators_glupy_types_test_LDADD = xlators/drive/libdrive.a $(xlators_glupy_la_LIBADD)
EXTRA_xlators_glupy_types_test_DEPENDENCIES = python/gluster/glupy/native.pyi
EXTRA_DIST += xlators/glupy/types_test.py

# includes latency.c
check_PROGRAMS += xlators/glupy/latency_test
xlators_glupy_latency_test_SOURCES = xlators/glupy/latency_test.c xlators/glupy/glupy.h
xlators_glupy_latency_test_CPPFLAGS = $(xlators_glupy_la_CPPFLAGS)
xlators_glupy_latency_test_CFLAGS = $(AM_CFLAGS) $(GLUSTERFS_SYSTEM_CFLAGS) $(CMOCKA_CFLAGS)
xlators_glupy_latency_test_LDADD = $(CMOCKA_LIBS)

noinst_PROGRAMS += xlators/glupy/layout
xlators_glupy_layout_SOURCES = xlators/glupy/layout.c
xlators_glupy_layout_CPPFLAGS = $(AM_CPPFLAGS) $(GLUSTERFS_ABI)
xlators_glupy_layout_CFLAGS = $(AM_CFLAGS) $(GLUSTERFS_SYSTEM_CFLAGS)

EXTRA_DIST += tests/modules xlators/fops.def xlators/fops.py xlators/glupy/generate.py

xlators/glupy/fops.c: $(srcdir)/xlators/fops.def $(srcdir)/xlators/fops.py $(srcdir)/xlators/glupy/generate.py
	@$(MKDIR_P) xlators/glupy
	$(AM_V_GEN)$(PYTHON3) $(srcdir)/xlators/glupy/generate.py $(srcdir)/xlators/fops.def $@
BUILT_SOURCES += xlators/glupy/fops.c
CLEANFILES += xlators/glupy/fops.c

# a graph in this process: for glupy-drive, and for benchmarks
DRIVE_CPPFLAGS = $(AM_CPPFLAGS) $(GLUSTERFS_ABI)
DRIVE_CFLAGS = $(AM_CFLAGS) $(GLUSTERFS_SYSTEM_CFLAGS) $(JANSSON_CFLAGS)
noinst_LIBRARIES += xlators/drive/libdrive.a
xlators_drive_libdrive_a_SOURCES = xlators/drive/graph.c xlators/drive/graph.h
xlators_drive_libdrive_a_CPPFLAGS = $(DRIVE_CPPFLAGS)
xlators_drive_libdrive_a_CFLAGS = $(DRIVE_CFLAGS)

volext_PROGRAMS += glupy-drive
# not libcommon.a: its writer of JSON and jansson have names in common
drive_json = common/base64.c common/strbuf.c xlators/drive/fops.h xlators/drive/json.h \
	xlators/drive/fields.c xlators/drive/show.c xlators/drive/read.c
glupy_drive_SOURCES = $(drive_json) xlators/drive/wind.h \
	xlators/drive/drive.c xlators/drive/wind.c xlators/drive/tree.c
nodist_glupy_drive_SOURCES = xlators/drive/fops.c
glupy_drive_CPPFLAGS = $(DRIVE_CPPFLAGS)
glupy_drive_CFLAGS = $(DRIVE_CFLAGS)
glupy_drive_LDADD = xlators/drive/libdrive.a $(JANSSON_LIBS) -lglusterfs -luuid

xlators/drive/fops.c: $(srcdir)/xlators/fops.def $(srcdir)/xlators/fops.py $(srcdir)/xlators/drive/generate.py
	@$(MKDIR_P) xlators/drive
	$(AM_V_GEN)$(PYTHON3) $(srcdir)/xlators/drive/generate.py $(srcdir)/xlators/fops.def $@
BUILT_SOURCES += xlators/drive/fops.c
CLEANFILES += xlators/drive/fops.c
EXTRA_DIST += xlators/drive/generate.py

# debug/sink: for tests, so it is built and not installed. A volfile reaches it, as any
# translator, by a way out of GlusterFS's folder: type ../../../…/xlators/drive/.libs/sink
noinst_LTLIBRARIES += xlators/drive/sink.la
xlators_drive_sink_la_SOURCES = $(drive_json) xlators/drive/sink.h \
	xlators/drive/sink.c xlators/drive/answer.c
nodist_xlators_drive_sink_la_SOURCES = xlators/drive/fops.c
xlators_drive_sink_la_CPPFLAGS = $(DRIVE_CPPFLAGS) -DDRIVE_SINK
xlators_drive_sink_la_CFLAGS = $(DRIVE_CFLAGS)
# -rpath: libtool makes a shared object only of what could be installed
xlators_drive_sink_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared \
	-rpath $(xlatordir)/debug -export-symbols-regex '^xlator_api$$'
xlators_drive_sink_la_LIBADD = $(JANSSON_LIBS) -lglusterfs -luuid
