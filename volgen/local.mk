# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
noinst_LIBRARIES += volgen/libvolgen.a
volgen_libvolgen_a_SOURCES = \
	volgen/volgen.h \
	volgen/check.c \
	volgen/describe.c \
	volgen/describe.h \
	volgen/events.c \
	volgen/extension.c \
	volgen/graph.h \
	volgen/notify.c \
	volgen/parse.c \
	volgen/place.c \
	volgen/plan.c \
	volgen/plan.h \
	volgen/running.c \
	volgen/table.c \
	volgen/volfile.c

check_PROGRAMS += volgen/volfile_test volgen/place_test volgen/describe_test \
	volgen/check_test volgen/notify_test
volgen_notify_test_SOURCES = volgen/notify_test.c volgen/testing.h
volgen_notify_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
volgen_notify_test_LDADD = $(volgen_test_libs)
volgen_check_test_SOURCES = volgen/check_test.c volgen/testing.h
volgen_check_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
volgen_check_test_LDADD = $(volgen_test_libs)
volgen_describe_test_SOURCES = volgen/describe_test.c volgen/testing.h
volgen_describe_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
volgen_describe_test_LDADD = $(volgen_test_libs)
volgen_volfile_test_SOURCES = volgen/volfile_test.c volgen/testing.h
volgen_volfile_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
volgen_volfile_test_LDADD = $(volgen_test_libs)
volgen_place_test_SOURCES = volgen/place_test.c volgen/testing.h
volgen_place_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
volgen_place_test_LDADD = $(volgen_test_libs)
volgen_test_libs = volgen/libvolgen.a common/libcommon.a $(MD_LIBS) $(CMOCKA_LIBS)

EXTRA_DIST += tests/corpus tests/fuzz.sh docs/extensions.md \
	volgen/fuzz_describe.c volgen/fuzz_volfile.c
