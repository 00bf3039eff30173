# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
glusterpydir = $(pythondir)/gluster
dist_glusterpy_DATA = python/gluster/__init__.py
glupypydir = $(pythondir)/gluster/glupy
dist_glupypy_DATA = python/gluster/glupy/__init__.py python/gluster/glupy/structures.py \
	python/gluster/glupy/check.py python/gluster/glupy/errors.py python/gluster/glupy/processes.py python/gluster/glupy/outside.py python/gluster/glupy/native.py \
	python/gluster/glupy/run.py python/gluster/glupy/volfile.py python/gluster/glupy/showlog.py \
	python/gluster/glupy/testing.py python/gluster/glupy/standin.py \
	python/gluster/glupy/py.typed python/gluster/glupy/recorder.py python/gluster/glupy/replay.py
nodist_glupypy_DATA = python/gluster/glupy/layout.py python/gluster/glupy/names.py \
	python/gluster/glupy/places.py python/gluster/glupy/native.pyi
localitypydir = $(pythondir)/gluster/locality
dist_localitypy_DATA = python/gluster/locality/__init__.py python/gluster/locality/errors.py \
	python/gluster/locality/graph.py python/gluster/locality/hosts.py \
	python/gluster/locality/mount.py python/gluster/locality/program.py \
	python/gluster/locality/py.typed
nodist_localitypy_DATA = python/gluster/locality/places.py
gnotifypydir = $(pythondir)/gluster/gnotify
dist_gnotifypy_DATA = python/gluster/gnotify/__init__.py python/gluster/gnotify/errors.py \
	python/gluster/gnotify/handlers.py python/gluster/gnotify/observer.py \
	python/gluster/gnotify/_native.pyi python/gluster/gnotify/py.typed
discopydir = $(pythondir)/disco/dfs
dist_discopy_DATA = python/disco/dfs/gluster.py
toppydir = $(pythondir)
dist_toppy_DATA = python/volext_disco.py
EXTRA_DIST += python/volext_disco.pth
dist_module_DATA = python/modules/negative.py python/modules/limiter.py python/modules/audit.py \
	python/modules/policy.py python/modules/checksum.py

python/gluster/glupy/layout.py: xlators/glupy/layout$(EXEEXT)
	@$(MKDIR_P) python/gluster/glupy
	$(AM_V_GEN)ASAN_OPTIONS=detect_leaks=0 xlators/glupy/layout >$@.tmp && mv $@.tmp $@

python/gluster/glupy/names.py: $(srcdir)/xlators/fops.def $(srcdir)/xlators/fops.py
	@$(MKDIR_P) python/gluster/glupy
	$(AM_V_GEN)$(PYTHON3) $(srcdir)/xlators/fops.py $(srcdir)/xlators/fops.def >$@.tmp && mv $@.tmp $@

python/gluster/glupy/native.pyi: $(srcdir)/xlators/fops.def $(srcdir)/xlators/fops.py \
		$(srcdir)/python/stubs.py $(srcdir)/python/gluster/glupy/native.pyi.in
	@$(MKDIR_P) python/gluster/glupy
	$(AM_V_GEN)$(PYTHON3) $(srcdir)/python/stubs.py $(srcdir)/xlators/fops.def \
		$(srcdir)/python/gluster/glupy/native.pyi.in >$@.tmp && mv $@.tmp $@
CLEANFILES += python/gluster/glupy/native.pyi
EXTRA_DIST += python/stubs.py python/gluster/glupy/native.pyi.in

python/gluster/glupy/places.py python/gluster/locality/places.py: Makefile
	@$(MKDIR_P) $(@D)
	$(AM_V_GEN){ echo '# Generated while building.'; echo "VOLEXTDIR = '$(volextdir)'"; } >$@.tmp && mv $@.tmp $@
CLEANFILES += python/gluster/glupy/layout.py python/gluster/glupy/names.py python/gluster/glupy/places.py \
	python/gluster/locality/places.py

# gluster.gnotify._native; the package has a link to it
pkglib_LTLIBRARIES += python/gluster/gnotify/gnotify_native.la
python_gluster_gnotify_gnotify_native_la_SOURCES = python/gluster/gnotify/native.c \
	python/gluster/gnotify/native.h python/gluster/gnotify/native_event.c \
	python/gluster/gnotify/native_handle.c python/gluster/gnotify/native_read.c
python_gluster_gnotify_gnotify_native_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden \
	$(subst -I,-isystem ,$(PYTHON_EMBED_CFLAGS))
python_gluster_gnotify_gnotify_native_la_LDFLAGS = $(LINK_GNOTIFY) -module -avoid-version -shared \
	-export-symbols-regex '^PyInit__native$$'
python_gluster_gnotify_gnotify_native_la_LIBADD = $(GNOTIFY_LIBS)

# The package lies in a folder of its own, the only one of ours or of others that modules
# see. python3 finds it by a link; `gluster` there is a namespace that others share.
.PHONY: install-python-site uninstall-python-site
install-data-local: install-python-site
uninstall-local: uninstall-python-site
install-python-site:
	$(MKDIR_P) "$(DESTDIR)$(gnotifypydir)"
	rm -f "$(DESTDIR)$(gnotifypydir)/_native.so"
	$(LN_S) "$(pkglibdir)/gnotify_native.so" "$(DESTDIR)$(gnotifypydir)/_native.so"
if PYTHON_SITE
	$(MKDIR_P) "$(DESTDIR)$(python_sitedir)/gluster"
	rm -f "$(DESTDIR)$(python_sitedir)/gluster/glupy"
	$(LN_S) "$(glupypydir)" "$(DESTDIR)$(python_sitedir)/gluster/glupy"
	rm -f "$(DESTDIR)$(python_sitedir)/gluster/locality" "$(DESTDIR)$(python_sitedir)/volext_disco.py"
	$(LN_S) "$(localitypydir)" "$(DESTDIR)$(python_sitedir)/gluster/locality"
	rm -f "$(DESTDIR)$(python_sitedir)/gluster/gnotify"
	$(LN_S) "$(gnotifypydir)" "$(DESTDIR)$(python_sitedir)/gluster/gnotify"
	$(LN_S) "$(toppydir)/volext_disco.py" "$(DESTDIR)$(python_sitedir)/volext_disco.py"
	$(INSTALL_DATA) $(srcdir)/python/volext_disco.pth "$(DESTDIR)$(python_sitedir)"
endif
uninstall-python-site:
if PYTHON_SITE
	rm -f "$(DESTDIR)$(python_sitedir)/gluster/glupy" "$(DESTDIR)$(python_sitedir)/gluster/locality" \
		"$(DESTDIR)$(python_sitedir)/gluster/gnotify" \
		"$(DESTDIR)$(python_sitedir)/volext_disco.pth" "$(DESTDIR)$(python_sitedir)/volext_disco.py"
	rm -f "$(DESTDIR)$(python_sitedir)/__pycache__/volext_disco."*
	-rmdir "$(DESTDIR)$(python_sitedir)/gluster" 2>/dev/null
endif
	rm -f "$(DESTDIR)$(gnotifypydir)/_native.so"
	rm -rf "$(DESTDIR)$(gnotifypydir)/__pycache__" "$(DESTDIR)$(glusterpydir)/__pycache__" "$(DESTDIR)$(glupypydir)/__pycache__" \
		"$(DESTDIR)$(localitypydir)/__pycache__" "$(DESTDIR)$(discopydir)/__pycache__" \
		"$(DESTDIR)$(toppydir)/__pycache__"
