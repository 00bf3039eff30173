# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# which bricks hold which files
volext_PROGRAMS += volext-locate
volext_locate_SOURCES = \
	gfapi/locate/ask.c \
	gfapi/locate/brick.c \
	gfapi/locate/join.c \
	gfapi/locate/locate.c \
	gfapi/locate/pathinfo.c gfapi/locate/pathinfo.h \
	gfapi/locate/resolve.c \
	gfapi/locate/walk.c gfapi/locate/walk.h gfapi/locate/walk_inside.h \
	gfapi/locate/worker.c gfapi/locate/worker.h
volext_locate_CFLAGS = $(GFAPI_CFLAGS)
volext_locate_LDADD = $(GFAPI_LIBS) -lpthread

check_PROGRAMS += gfapi/locate/locate_test
gfapi_locate_locate_test_SOURCES = gfapi/locate/locate_test.c \
	gfapi/locate/pathinfo.c gfapi/locate/pathinfo.h
gfapi_locate_locate_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
gfapi_locate_locate_test_LDADD = gfapi/libconnect.a common/libcommon.a $(MD_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += gfapi/locate/fuzz_pathinfo.c
