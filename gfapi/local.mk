# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# Programs that are clients of a volume through libgfapi, without a mount.
GFAPI_CFLAGS = $(AM_CFLAGS) $(GLUSTERFS_CFLAGS)

# how each of them names a volume and reaches it
noinst_LIBRARIES += gfapi/libconnect.a
gfapi_libconnect_a_SOURCES = \
	gfapi/connect.c gfapi/connect.h \
	gfapi/graph.c gfapi/graph.h \
	gfapi/place.c
gfapi_libconnect_a_CFLAGS = $(GFAPI_CFLAGS) -fPIC
GFAPI_LIBS = gfapi/libconnect.a common/libcommon.a $(MD_LIBS) $(GLUSTERFS_LIBS) -lpthread

check_PROGRAMS += gfapi/place_test
gfapi_place_test_SOURCES = gfapi/place_test.c
gfapi_place_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
gfapi_place_test_LDADD = gfapi/libconnect.a common/libcommon.a $(MD_LIBS) $(CMOCKA_LIBS)

include gfapi/gupcallwait/local.mk
include gfapi/locate/local.mk
