# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
glusterpydir = $(pythondir)/gluster
dist_glusterpy_DATA = python/gluster/__init__.py
glupypydir = $(pythondir)/gluster/glupy
dist_glupypy_DATA = python/gluster/glupy/__init__.py python/gluster/glupy/structures.py \
	python/gluster/glupy/errors.py python/gluster/glupy/outside.py
nodist_glupypy_DATA = python/gluster/glupy/layout.py python/gluster/glupy/names.py
dist_module_DATA = python/modules/negative.py

python/gluster/glupy/layout.py: xlators/glupy/layout$(EXEEXT)
	@$(MKDIR_P) python/gluster/glupy
	$(AM_V_GEN)ASAN_OPTIONS=detect_leaks=0 xlators/glupy/layout >$@.tmp && mv $@.tmp $@

python/gluster/glupy/names.py: $(srcdir)/xlators/fops.def $(srcdir)/xlators/fops.py
	@$(MKDIR_P) python/gluster/glupy
	$(AM_V_GEN)$(PYTHON3) $(srcdir)/xlators/fops.py $(srcdir)/xlators/fops.def >$@.tmp && mv $@.tmp $@
CLEANFILES += python/gluster/glupy/layout.py python/gluster/glupy/names.py
