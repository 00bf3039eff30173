# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
glusterd_parts = \
	glusterd/apply.c glusterd/apply.h \
	glusterd/brick.c glusterd/brick.h \
	glusterd/config.c glusterd/config.h \
	glusterd/later.c glusterd/later.h \
	glusterd/lock.c glusterd/lock.h \
	glusterd/module.c glusterd/module.h \
	glusterd/site.c glusterd/site.h \
	glusterd/store.c glusterd/store.h
glusterd_programs_LDADD = volgen/libvolgen.a common/libcommon.a $(MD_LIBS)

volext_PROGRAMS += volext-filter
volext_filter_SOURCES = glusterd/filter.c $(glusterd_parts)
volext_filter_CPPFLAGS = $(AM_CPPFLAGS) $(PATHS_CPPFLAGS)
volext_filter_LDADD = $(glusterd_programs_LDADD)

sbin_PROGRAMS += volext
volext_SOURCES = glusterd/main.c $(glusterd_parts) \
	glusterd/check.c glusterd/fetch.c \
	glusterd/dump.c glusterd/dump.h \
	glusterd/hear.c glusterd/hear.h \
	glusterd/hook.c glusterd/hook.h \
	glusterd/peer.c glusterd/peer.h \
	glusterd/peer_brick.c glusterd/peer_check.c glusterd/peer_glupy.c glusterd/peer_module.c \
	glusterd/peer_each.c glusterd/peer_forget.c glusterd/peer_notify.c \
	glusterd/peer_upcall.c glusterd/mounts.c glusterd/mounts.h \
	glusterd/reconcile.c glusterd/reconcile.h \
	glusterd/run.c glusterd/run.h \
	glusterd/wait.c glusterd/wait.h
volext_CPPFLAGS = $(AM_CPPFLAGS) $(PATHS_CPPFLAGS)
volext_LDADD = $(glusterd_programs_LDADD)

if STATIC_FILTER
# -all-static is libtool's; half of a small program's time is the dynamic linker's
volext_filter_LDFLAGS = $(AM_LDFLAGS) -all-static
volext_LDFLAGS = $(AM_LDFLAGS) -all-static
endif

# What GlusterFS looks for in its own folders.
install-exec-local: install-links
install-data-local: install-dropin install-config
uninstall-local: uninstall-glusterd
.PHONY: install-links install-dropin install-config uninstall-glusterd
install-links:
	@$(NORMAL_INSTALL)
	$(MKDIR_P) "$(DESTDIR)$(filterdir)" "$(DESTDIR)$(peerdir)"
	ln -sfn "$(volextdir)/volext-filter" "$(DESTDIR)$(filterdir)/volext"
	ln -sfn "$(sbindir)/volext" "$(DESTDIR)$(peerdir)/peer_volext"
install-dropin:
	@$(NORMAL_INSTALL)
	$(MKDIR_P) "$(DESTDIR)$(systemdunitdir)/glusterd.service.d"
	$(SED) -e 's|@volext[@]|$(sbindir)/volext|' \
	    "$(srcdir)/glusterd/volext.conf.in" \
	    >"$(DESTDIR)$(systemdunitdir)/glusterd.service.d/volext.conf"
# What an administrator wrote there stays.
install-config:
	@$(NORMAL_INSTALL)
	$(MKDIR_P) "$(DESTDIR)$(dir $(configfile))"
	test -e "$(DESTDIR)$(configfile)" || \
	    $(INSTALL_DATA) "$(srcdir)/glusterd/volext-settings.conf" "$(DESTDIR)$(configfile)"

# First nothing runs our parts any more, then they leave the volfiles: otherwise
# the next volfile that glusterd writes has them again. The program of the build
# is used, since the installed one may be gone already.
uninstall-glusterd: uninstall-hooks
	rm -f "$(DESTDIR)$(filterdir)/volext" "$(DESTDIR)$(peerdir)/peer_volext"
	rm -f "$(DESTDIR)$(systemdunitdir)/glusterd.service.d/volext.conf"
	-rmdir "$(DESTDIR)$(systemdunitdir)/glusterd.service.d" 2>/dev/null
	! cmp -s "$(srcdir)/glusterd/volext-settings.conf" "$(DESTDIR)$(configfile)" || \
	    rm -f "$(DESTDIR)$(configfile)"
	test -n "$(DESTDIR)" || test ! -d "$(gdworkdir)/vols" || ./volext --workdir "$(gdworkdir)" strip --all

EXTRA_DIST += glusterd/volext.conf.in glusterd/volext-settings.conf

check_PROGRAMS += glusterd/glusterd_test
glusterd_glusterd_test_SOURCES = glusterd/glusterd_test.c $(glusterd_parts) \
	glusterd/check.c \
	glusterd/run.c glusterd/run.h
glusterd_glusterd_test_CPPFLAGS = $(AM_CPPFLAGS) $(PATHS_CPPFLAGS)
glusterd_glusterd_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
glusterd_glusterd_test_LDADD = $(glusterd_programs_LDADD) $(CMOCKA_LIBS)
