# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# what changed on a volume since the last time
noinst_LIBRARIES += gfind/libreduce.a
gfind_libreduce_a_SOURCES = gfind/changes.c gfind/names.c gfind/names.h gfind/reduce.c gfind/reduce.h gfind/tree.c gfind/tree.h

check_PROGRAMS += gfind/reduce_test gfind/reduce_model_test
gfind_reduce_test_SOURCES = gfind/reduce_test.c gfind/reduce_test.h
gfind_reduce_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
gfind_reduce_test_LDADD = gfind/libreduce.a common/libcommon.a $(MD_LIBS) $(CMOCKA_LIBS)
gfind_reduce_model_test_SOURCES = gfind/reduce_model_test.c gfind/reduce_test.h
gfind_reduce_model_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
gfind_reduce_model_test_LDADD = gfind/libreduce.a common/libcommon.a $(MD_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += gfind/changelog_test
gfind_changelog_test_SOURCES = gfind/changelog_test.c gfind/changelog.c gfind/changelog.h
gfind_changelog_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
gfind_changelog_test_LDADD = $(CMOCKA_LIBS)
EXTRA_DIST += gfind/fuzz_changelog.c

# what there is, where no record tells it
noinst_LIBRARIES += libgnotify/libcrawl.a
libgnotify_libcrawl_a_SOURCES = libgnotify/crawl.c libgnotify/crawl.h libgnotify/crawl-bricks.c \
	libgnotify/crawl-own.h
libgnotify_libcrawl_a_CFLAGS = $(GFAPI_CFLAGS) -fPIC
CRAWL_LIBS = libgnotify/libcrawl.a $(GFAPI_LIBS) -lpthread -ldl

noinst_PROGRAMS += libgnotify/crawl-list
libgnotify_crawl_list_SOURCES = libgnotify/crawl-list.c
libgnotify_crawl_list_CFLAGS = $(GFAPI_CFLAGS)
libgnotify_crawl_list_LDADD = $(CRAWL_LIBS)

bin_PROGRAMS += gfind/gfind
gfind_gfind_SOURCES = gfind/changelog.c gfind/changelog.h gfind/gfind.c gfind/gfind.h \
	gfind/handle.c gfind/handle.h gfind/history.c gfind/journal.c gfind/journal.h \
	gfind/read.c gfind/read.h gfind/run.c gfind/session.c gfind/session.h \
	gfind/show.c gfind/show.h gfind/volume.c gfind/volume.h
gfind_gfind_CPPFLAGS = $(AM_CPPFLAGS) $(PATHS_CPPFLAGS)
gfind_gfind_CFLAGS = $(GFAPI_CFLAGS)
gfind_gfind_LDADD = gfind/libreduce.a $(GNOTIFY_LIBS) $(CRAWL_LIBS)
gfind_gfind_LDFLAGS = $(LINK_GNOTIFY)
exampledir = $(pkgdatadir)/examples
dist_example_SCRIPTS = examples/gfind-backup
