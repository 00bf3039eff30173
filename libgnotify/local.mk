# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
noinst_LIBRARIES += libgnotify/libmerge.a
libgnotify_libmerge_a_SOURCES = libgnotify/merge.c libgnotify/merge.h libgnotify/gnotify.h \
	libgnotify/link.h libgnotify/stream.h
libgnotify_libmerge_a_CFLAGS = $(AM_CFLAGS) $(XXHASH_CFLAGS) -fPIC

check_PROGRAMS += libgnotify/merge_test
libgnotify_merge_test_SOURCES = libgnotify/merge_test.c
libgnotify_merge_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
libgnotify_merge_test_LDADD = libgnotify/libmerge.a notify/libnotify.a $(XXHASH_LIBS) $(CMOCKA_LIBS)
