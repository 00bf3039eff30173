# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
noinst_LIBRARIES += volgen/libvolgen.a
volgen_libvolgen_a_SOURCES = volgen/volgen.h volgen/volfile.c volgen/extension.c volgen/describe.c
