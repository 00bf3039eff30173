# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
noinst_LIBRARIES += common/libcommon.a
common_libcommon_a_SOURCES = \
	common/banned.h common/cleanup.h \
	common/base64.c common/base64.h \
	common/clock.h \
	common/file.c common/file.h \
	common/json.c common/json.h common/json_read.c \
	common/kv.c common/kv.h \
	common/line.c common/line.h \
	common/log.c common/log.h \
	common/must.h \
	common/onoff.h \
	common/strbuf.c common/strbuf.h \
	common/tell.c common/tell.h \
	common/turn.h \
	common/utf8.h
common_libcommon_a_CFLAGS = $(AM_CFLAGS) $(MD_CFLAGS) -fPIC

check_PROGRAMS += common/common_test
common_common_test_SOURCES = common/common_test.c
common_common_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
common_common_test_LDADD = common/libcommon.a $(MD_LIBS) $(CMOCKA_LIBS)
