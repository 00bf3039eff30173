# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
bin_PROGRAMS += gupcallwait
gupcallwait_SOURCES = \
	gfapi/gupcallwait/main.c \
	gfapi/gupcallwait/enlist.c gfapi/gupcallwait/found.h \
	gfapi/gupcallwait/lease.c gfapi/gupcallwait/lease.h \
	gfapi/gupcallwait/look.c gfapi/gupcallwait/look.h \
	gfapi/gupcallwait/options.c gfapi/gupcallwait/options.h \
	gfapi/gupcallwait/setting.c gfapi/gupcallwait/setting.h \
	gfapi/gupcallwait/show.c gfapi/gupcallwait/show.h \
	gfapi/gupcallwait/watch.c gfapi/gupcallwait/watch.h
gupcallwait_CFLAGS = $(GFAPI_CFLAGS)
gupcallwait_LDADD = $(GFAPI_LIBS)

check_PROGRAMS += gfapi/gupcallwait_test
gfapi_gupcallwait_test_SOURCES = gfapi/gupcallwait/gupcallwait_test.c \
	gfapi/gupcallwait/show.c gfapi/gupcallwait/show.h \
	gfapi/gupcallwait/watch.c gfapi/gupcallwait/watch.h
gfapi_gupcallwait_test_CFLAGS = $(GFAPI_CFLAGS) $(CMOCKA_CFLAGS)
gfapi_gupcallwait_test_LDADD = $(GFAPI_LIBS) $(CMOCKA_LIBS)
