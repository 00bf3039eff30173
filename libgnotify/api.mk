# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# The library and its outer part; first: which events a change is for which watches.
noinst_LIBRARIES += libgnotify/libwatch.a
libgnotify_libwatch_a_SOURCES = libgnotify/watch.c libgnotify/watch.h libgnotify/watch_renames.c \
	libgnotify/events.c libgnotify/events_pass.c libgnotify/events_pass.h
libgnotify_libwatch_a_CFLAGS = $(AM_CFLAGS) -fPIC -fvisibility=hidden

check_PROGRAMS += libgnotify/watch_test
libgnotify_watch_test_SOURCES = libgnotify/watch_test.c
libgnotify_watch_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
libgnotify_watch_test_LDADD = libgnotify/libwatch.a notify/libnotify.a common/libcommon.a $(ZLIB_LIBS) $(CMOCKA_LIBS)

libgnotify_api_sources = libgnotify/api.h \
	libgnotify/api.c libgnotify/api_call.c libgnotify/api_fill.c libgnotify/api_numbers.c \
	libgnotify/api_pack.c libgnotify/api_read.c libgnotify/api_words.c libgnotify/fill.c libgnotify/fill.h

check_PROGRAMS += libgnotify/api_test libgnotify/api_fill_test
libgnotify_api_fake_sources = libgnotify/api_fake.c libgnotify/api_fake.h $(libgnotify_api_sources)
libgnotify_api_test_SOURCES = libgnotify/api_test.c $(libgnotify_api_fake_sources)
libgnotify_api_test_CPPFLAGS = $(AM_CPPFLAGS) $(PATHS_CPPFLAGS)
libgnotify_api_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
libgnotify_api_test_LDADD = $(libgnotify_watch_test_LDADD) -lpthread
libgnotify_api_fill_test_SOURCES = libgnotify/api_fill_test.c $(libgnotify_api_fake_sources)
libgnotify_api_fill_test_CPPFLAGS = $(libgnotify_api_test_CPPFLAGS)
libgnotify_api_fill_test_CFLAGS = $(libgnotify_api_test_CFLAGS)
libgnotify_api_fill_test_LDADD = $(libgnotify_api_test_LDADD)

# the library
lib_LTLIBRARIES += libgnotify.la
include_HEADERS = libgnotify/gnotify.h
libgnotify_la_SOURCES = $(libgnotify_api_sources) libgnotify/api_names.c
libgnotify_la_CPPFLAGS = $(AM_CPPFLAGS) $(PATHS_CPPFLAGS)
libgnotify_la_CFLAGS = $(GFAPI_CFLAGS)
libgnotify_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -Wl,-z,defs \
	-Wl,--version-script=$(srcdir)/libgnotify/gnotify.map
libgnotify_la_LIBADD = libgnotify/libwatch.a libgnotify/libcrawl.a libgnotify/libstream.a libgnotify/libmerge.a $(LINK_LIBS) \
	notify/libnotify.a common/libcommon.a $(XXHASH_LIBS) $(ZLIB_LIBS) $(MD_LIBS) -lpthread
libgnotify_la_DEPENDENCIES = libgnotify/gnotify.map libgnotify/libwatch.a libgnotify/libcrawl.a libgnotify/libstream.a \
	libgnotify/libmerge.a libgnotify/liblink.a gfapi/libconnect.a notify/libnotify.a common/libcommon.a
EXTRA_DIST += libgnotify/gnotify.map

# for programs that use it: they find it where it is installed, in the linker's cache or not
GNOTIFY_LIBS = libgnotify.la
LINK_GNOTIFY = $(AM_LDFLAGS) -Wl,-rpath,$(libdir)

pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = libgnotify/gnotify.pc
