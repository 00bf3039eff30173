# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
noinst_LIBRARIES += notify/libnotify.a
notify_libnotify_a_SOURCES = \
	notify/bytes.h notify/keep.h \
	notify/journal.c notify/journal.h \
	notify/pack.c notify/pack.h \
	notify/place.c \
	notify/record.c notify/record.h \
	notify/segment.c notify/segment.h \
	notify/wire.c notify/wire.h
notify_libnotify_a_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS) -fPIC

check_PROGRAMS += notify/record_test notify/journal_test notify/wire_test
notify_record_test_SOURCES = notify/record_test.c
notify_record_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
notify_record_test_LDADD = $(notify_test_libs)
notify_journal_test_SOURCES = notify/journal_test.c
notify_journal_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
notify_journal_test_LDADD = $(notify_test_libs)
notify_wire_test_SOURCES = notify/wire_test.c
notify_wire_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
notify_wire_test_LDADD = $(notify_test_libs)
notify_test_libs = notify/libnotify.a common/libcommon.a $(ZLIB_LIBS) $(CMOCKA_LIBS)

EXTRA_DIST += notify/fuzz_records.c
