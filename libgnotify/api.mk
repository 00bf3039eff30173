# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# The library's outer part: which events a change is for which watches.
noinst_LIBRARIES += libgnotify/libwatch.a
libgnotify_libwatch_a_SOURCES = libgnotify/watch.c libgnotify/watch.h libgnotify/events.c
libgnotify_libwatch_a_CFLAGS = $(AM_CFLAGS) -fPIC -fvisibility=hidden

check_PROGRAMS += libgnotify/watch_test
libgnotify_watch_test_SOURCES = libgnotify/watch_test.c
libgnotify_watch_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
libgnotify_watch_test_LDADD = libgnotify/libwatch.a notify/libnotify.a common/libcommon.a $(ZLIB_LIBS) $(CMOCKA_LIBS)

libgnotify_api_sources = libgnotify/api.h \
	libgnotify/api.c libgnotify/api_call.c libgnotify/api_pack.c libgnotify/api_read.c \
	libgnotify/api_words.c

check_PROGRAMS += libgnotify/api_test
libgnotify_api_test_SOURCES = libgnotify/api_test.c $(libgnotify_api_sources)
libgnotify_api_test_CPPFLAGS = $(AM_CPPFLAGS) $(PATHS_CPPFLAGS)
libgnotify_api_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
libgnotify_api_test_LDADD = $(libgnotify_watch_test_LDADD) -lpthread
