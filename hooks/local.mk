# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# One script for every operation that glusterd has hooks for, before and after it.
hook_ops = add-brick create delete gsync-create remove-brick reset set start stop
hookdir = $(gdworkdir)/hooks/1

EXTRA_DIST += hooks/S50volext.sh.in

install-data-local: install-hooks
.PHONY: install-hooks uninstall-hooks
install-hooks:
	@$(NORMAL_INSTALL)
	@for op in $(hook_ops); do for stage in pre post; do \
	    dir="$(DESTDIR)$(hookdir)/$$op/$$stage"; \
	    $(MKDIR_P) "$$dir" && \
	    $(SED) -e 's|@OP[@]|'"$$op"'|' -e 's|@STAGE[@]|'"$$stage"'|' \
	        -e 's|@volext[@]|$(sbindir)/volext|' \
	        "$(srcdir)/hooks/S50volext.sh.in" >"$$dir/S50volext.sh.new" && \
	    chmod 755 "$$dir/S50volext.sh.new" && \
	    mv -f "$$dir/S50volext.sh.new" "$$dir/S50volext.sh" || exit 1; \
	done; done
uninstall-hooks:
	@for op in $(hook_ops); do for stage in pre post; do \
	    dir="$(DESTDIR)$(hookdir)/$$op/$$stage"; \
	    rm -f "$$dir/S50volext.sh"; \
	done; done
