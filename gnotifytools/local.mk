# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# inotify-tools' programs, for volumes
bin_PROGRAMS += gnotifywait
gnotifywait_sources = gnotifytools/aim.c gnotifytools/aim.h gnotifytools/lines.c
gnotifywait_libs = $(GNOTIFY_LIBS) gfapi/libconnect.a common/libcommon.a
gnotifywait_SOURCES = gnotifytools/wait.c gnotifytools/ending.c gnotifytools/show.c gnotifytools/show.h $(gnotifywait_sources)
gnotifywait_LDADD = $(gnotifywait_libs)
gnotifywait_LDFLAGS = $(LINK_GNOTIFY)

bin_PROGRAMS += gnotifywatch
gnotifywatch_SOURCES = gnotifytools/watch.c $(gnotifywait_sources)
gnotifywatch_LDADD = $(gnotifywait_libs)
gnotifywatch_LDFLAGS = $(LINK_GNOTIFY)

check_PROGRAMS += gnotifytools/lines_test
gnotifytools_lines_test_SOURCES = gnotifytools/lines_test.c gnotifytools/lines.c gnotifytools/aim.h \
	gnotifytools/show.c gnotifytools/show.h
gnotifytools_lines_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
gnotifytools_lines_test_LDADD = common/libcommon.a $(MD_LIBS) $(CMOCKA_LIBS)
