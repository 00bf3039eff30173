# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
include libgnotify/api.mk

noinst_LIBRARIES += libgnotify/libmerge.a
libgnotify_libmerge_a_SOURCES = libgnotify/merge.c libgnotify/merge.h libgnotify/merge_inside.h \
	libgnotify/merge_bricks.c libgnotify/merge_clients.c libgnotify/merge_copies.c \
	libgnotify/merge_names.c libgnotify/gnotify.h \
	libgnotify/remember.c libgnotify/remember.h
libgnotify_libmerge_a_CFLAGS = $(AM_CFLAGS) $(XXHASH_CFLAGS) -fPIC

MERGE_LIBS = libgnotify/libmerge.a notify/libnotify.a $(XXHASH_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += libgnotify/merge_test
libgnotify_merge_test_SOURCES = libgnotify/merge_test.c libgnotify/merge_test.h
libgnotify_merge_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
libgnotify_merge_test_LDADD = $(MERGE_LIBS)
check_PROGRAMS += libgnotify/merge_memory_test
libgnotify_merge_memory_test_SOURCES = libgnotify/merge_memory_test.c libgnotify/merge_test.h
libgnotify_merge_memory_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
libgnotify_merge_memory_test_LDADD = $(MERGE_LIBS)
check_PROGRAMS += libgnotify/merge_model_test
libgnotify_merge_model_test_SOURCES = libgnotify/merge_model_test.c libgnotify/merge_test.h
libgnotify_merge_model_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
libgnotify_merge_model_test_LDADD = $(MERGE_LIBS)

# the reader
noinst_LIBRARIES += libgnotify/libstream.a
libgnotify_libstream_a_SOURCES = libgnotify/link.h libgnotify/stream.h libgnotify/stream_inside.h \
	libgnotify/brick.c libgnotify/brick_records.c libgnotify/cursor.c \
	libgnotify/cover.c libgnotify/cover.h \
	libgnotify/stream.c libgnotify/stream_fence.c libgnotify/stream_gaps.c libgnotify/stream_heals.c \
	libgnotify/stream_gone.c \
	libgnotify/stream_inbox.c libgnotify/stream_inbox.h \
	libgnotify/stream_layout.c \
	libgnotify/stream_names.c libgnotify/stream_names.h \
	libgnotify/stream_queue.c libgnotify/stream_queue.h \
	libgnotify/stream_run.c \
	libgnotify/track.c libgnotify/track.h
libgnotify_libstream_a_CFLAGS = $(AM_CFLAGS) $(XXHASH_CFLAGS) -fPIC
STREAM_LIBS = libgnotify/libstream.a libgnotify/libmerge.a notify/libnotify.a common/libcommon.a \
	$(XXHASH_LIBS) $(ZLIB_LIBS) -lpthread

check_LIBRARIES += libgnotify/libfake.a
libgnotify_libfake_a_SOURCES = libgnotify/fake_link.c libgnotify/fake_link.h \
	libgnotify/fake_inside.h libgnotify/fake_journal.c
libgnotify_libfake_a_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
FAKE_LIBS = libgnotify/libfake.a $(STREAM_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += libgnotify/stream_test
libgnotify_stream_test_SOURCES = libgnotify/stream_test.c libgnotify/stream_test.h
libgnotify_stream_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
libgnotify_stream_test_LDADD = $(FAKE_LIBS)
check_PROGRAMS += libgnotify/stream_cursor_test
libgnotify_stream_cursor_test_SOURCES = libgnotify/stream_cursor_test.c libgnotify/stream_test.h
libgnotify_stream_cursor_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
libgnotify_stream_cursor_test_LDADD = $(FAKE_LIBS)
check_PROGRAMS += libgnotify/stream_gap_test
libgnotify_stream_gap_test_SOURCES = libgnotify/stream_gap_test.c libgnotify/stream_test.h
libgnotify_stream_gap_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
libgnotify_stream_gap_test_LDADD = $(FAKE_LIBS)
check_PROGRAMS += libgnotify/stream_gone_test
libgnotify_stream_gone_test_SOURCES = libgnotify/stream_gone_test.c libgnotify/stream_test.h
libgnotify_stream_gone_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
libgnotify_stream_gone_test_LDADD = $(FAKE_LIBS)
check_PROGRAMS += libgnotify/stream_model_test
libgnotify_stream_model_test_SOURCES = libgnotify/stream_model_test.c
libgnotify_stream_model_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
libgnotify_stream_model_test_LDADD = $(FAKE_LIBS)

# the bricks of a real volume
noinst_LIBRARIES += libgnotify/liblink.a
libgnotify_liblink_a_SOURCES = libgnotify/link_own.h \
	libgnotify/link.c libgnotify/link_server.c libgnotify/link_tell.c libgnotify/link_volfile.c \
	libgnotify/link_wires.c
libgnotify_liblink_a_CPPFLAGS = $(AM_CPPFLAGS) $(PATHS_CPPFLAGS)
libgnotify_liblink_a_CFLAGS = $(GFAPI_CFLAGS) -fPIC
LINK_LIBS = libgnotify/liblink.a $(GFAPI_LIBS) -lpthread -ldl

# what a link has, for tests
noinst_PROGRAMS += libgnotify/peek
libgnotify_peek_SOURCES = libgnotify/peek.c
libgnotify_peek_CFLAGS = $(AM_CFLAGS)
libgnotify_peek_LDADD = $(LINK_LIBS) notify/libnotify.a common/libcommon.a $(ZLIB_LIBS)

# what a stream gives, for tests
noinst_PROGRAMS += libgnotify/follow
libgnotify_follow_SOURCES = libgnotify/follow.c
libgnotify_follow_CFLAGS = $(AM_CFLAGS)
libgnotify_follow_LDADD = libgnotify/libstream.a libgnotify/libmerge.a $(LINK_LIBS) notify/libnotify.a \
	common/libcommon.a $(XXHASH_LIBS) $(ZLIB_LIBS) -lpthread

check_PROGRAMS += libgnotify/link_test
libgnotify_link_test_SOURCES = libgnotify/link_test.c
libgnotify_link_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
libgnotify_link_test_LDADD = libgnotify/liblink.a common/libcommon.a $(MD_LIBS) $(CMOCKA_LIBS) -lpthread

EXTRA_DIST += libgnotify/fuzz_stream.c
