# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
noinst_PROGRAMS += bench/pair bench/lookups
bench_pair_SOURCES = bench/pair.c
bench_pair_LDADD = common/libcommon.a $(MD_LIBS)
bench_lookups_SOURCES = bench/lookups.c
