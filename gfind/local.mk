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
