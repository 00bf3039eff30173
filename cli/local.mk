# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
CLI_CPPFLAGS = $(AM_CPPFLAGS) $(PATHS_CPPFLAGS)

# All but main.c: tests and the generator of documentation use the same table.
noinst_LIBRARIES += cli/libcli.a
cli_libcli_a_SOURCES = \
	cli/change.c cli/change.h \
	cli/commands.h \
	cli/complete.c cli/complete.h \
	cli/dict.c cli/dict.h \
	cli/extension.c cli/extension.h \
	cli/glupy.c cli/glupy.h \
	cli/glupy_reload.c \
	cli/glupy_status.c \
	cli/group.c cli/group.h \
	cli/group_memory.c cli/group_restore.c cli/group_turn.c \
	cli/help.c \
	cli/info.c \
	cli/locate.c \
	cli/notify.c cli/notify.h \
	cli/notify_enable.c cli/notify_forget.c cli/notify_status.c \
	cli/offer.c \
	cli/option.c cli/option.h \
	cli/peers.c cli/peers.h \
	cli/prompt.c cli/prompt.h \
	cli/rpc.c cli/rpc.h \
	cli/restart.c \
	cli/stock.c \
	cli/table.c \
	cli/upcall.c cli/upcall.h \
	cli/upcall_disable.c cli/upcall_enable.c \
	cli/upcall_options.c cli/upcall_rules.c \
	cli/upcall_status.c \
	cli/volume.c
cli_libcli_a_CPPFLAGS = $(CLI_CPPFLAGS)
CLI_LIBS = cli/libcli.a cli/libface.a volgen/libvolgen.a common/libcommon.a $(MD_LIBS)

sbin_PROGRAMS += cli/gluster
cli_gluster_SOURCES = cli/main.c
cli_gluster_CPPFLAGS = $(CLI_CPPFLAGS)
cli_gluster_LDADD = $(CLI_LIBS)
if !STATIC_FILTER
# The address sanitizer has its own xdr_ functions, which look for libtirpc's where
# those of the program are: with the module alone they would call NULL.
cli_gluster_LDFLAGS = $(AM_LDFLAGS) -Wl,--no-as-needed,-ltirpc,--as-needed
endif

# Loaded when they are used, so that other commands do not wait for the linker.
pkglib_LTLIBRARIES = cli/emit_xml.la
cli_emit_xml_la_SOURCES = cli/emit_xml.c cli/emit.h
cli_emit_xml_la_CFLAGS = $(AM_CFLAGS) $(XML_CFLAGS)
cli_emit_xml_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared
cli_emit_xml_la_LIBADD = common/libcommon.a $(XML_LIBS)

pkglib_LTLIBRARIES += cli/interactive.la
cli_interactive_la_SOURCES = \
	cli/interactive.c cli/prompt.h \
	cli/history.c cli/history.h
cli_interactive_la_CFLAGS = $(AM_CFLAGS) $(READLINE_CFLAGS)
cli_interactive_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared
cli_interactive_la_LIBADD = common/libcommon.a $(READLINE_LIBS)

# One call to glusterd; libtirpc brings ten more libraries with it.
pkglib_LTLIBRARIES += cli/wire.la
cli_wire_la_SOURCES = cli/wire.c cli/wire.h
cli_wire_la_CPPFLAGS = $(AM_CPPFLAGS) $(GLUSTERFS_ABI) -I/usr/include/glusterfs/rpc
cli_wire_la_CFLAGS = $(AM_CFLAGS) $(GLUSTERFS_CFLAGS) $(TIRPC_CFLAGS)
cli_wire_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared
cli_wire_la_LIBADD = -lgfxdr $(TIRPC_LIBS)

noinst_LIBRARIES += cli/libface.a
cli_libface_a_SOURCES = \
	cli/cli.h \
	cli/emit.c cli/emit.h \
	cli/emit_json.c \
	cli/grammar.c cli/grammar.h \
	cli/module.c cli/module.h \
	cli/values.c cli/values.h
cli_libface_a_CPPFLAGS = $(AM_CPPFLAGS) -DCLI_MODULEDIR='"$(pkglibdir)"'

check_PROGRAMS += cli/emit_test
cli_emit_test_SOURCES = cli/emit_test.c
cli_emit_test_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_MODULEDIR='"$(abs_builddir)/cli/.libs"'
cli_emit_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
cli_emit_test_LDADD = cli/libface.a common/libcommon.a $(MD_LIBS) $(CMOCKA_LIBS)
# the module is loaded, not linked: say that it must be there
EXTRA_cli_emit_test_DEPENDENCIES = cli/emit_xml.la

check_PROGRAMS += cli/grammar_test
cli_grammar_test_SOURCES = cli/grammar_test.c
cli_grammar_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
cli_grammar_test_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += cli/dict_test
cli_dict_test_SOURCES = cli/dict_test.c
cli_dict_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
cli_dict_test_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += cli/upcall_test
cli_upcall_test_SOURCES = cli/upcall_test.c
cli_upcall_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
cli_upcall_test_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)

# What else shows the tables is made from them.
noinst_PROGRAMS += cli/gendoc
cli_gendoc_SOURCES = cli/gendoc.c cli/gendoc.h cli/gendoc_bash.c cli/gendoc_man.c
cli_gendoc_CPPFLAGS = $(CLI_CPPFLAGS)
cli_gendoc_LDADD = $(CLI_LIBS)

man_MANS = cli/volext-gluster.8
cli/volext-gluster.8: cli/gendoc$(EXEEXT)
	$(AM_V_GEN)cli/gendoc man >$@.new && mv $@.new $@

completionsdir = $(datadir)/bash-completion/completions
nodist_completions_DATA = completions/gluster
completions/gluster: cli/gendoc$(EXEEXT) cli/completion.bash
	$(AM_V_at)$(MKDIR_P) completions
	$(AM_V_GEN)cli/gendoc bash $(srcdir)/cli/completion.bash >$@.new && mv $@.new $@
EXTRA_DIST += cli/completion.bash docs/options.md
CLEANFILES += cli/volext-gluster.8 completions/gluster
