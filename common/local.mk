# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
noinst_LIBRARIES += common/libcommon.a
common_libcommon_a_SOURCES = \
	common/banned.h common/cleanup.h \
	common/file.c common/file.h \
	common/json.c common/json.h \
	common/kv.c common/kv.h \
	common/log.c common/log.h \
	common/strbuf.c common/strbuf.h
common_libcommon_a_CFLAGS = $(AM_CFLAGS) $(MD_CFLAGS) -fPIC
