# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# The tests on real daemons are run by scripts/check; here they are only packed.
# No test is registered anywhere: every tests/*.bats is one.
EXTRA_DIST += tests/lib tests/chaos/driver.py tests/chaos/judge.py tests/chaos/trial.py tests/posix tests/glupy-soak tests/gnotify-soak tests/negative_test.py tests/limiter_test.py \
	tests/audit_test.py tests/policy_test.py tests/checksum_test.py tests/standin_test.py tests/locality_test.py tests/gnotify_python.py

dist-hook: dist-bats
.PHONY: dist-bats
dist-bats:
	for f in $(srcdir)/tests/*.bats; do \
	    test ! -e "$$f" || cp -p "$$f" "$(distdir)/tests/" || exit 1; \
	done

# what reads changes in gnotify-chaos.bats
noinst_PROGRAMS += tests/chaos/consumer
tests_chaos_consumer_SOURCES = tests/chaos/consumer.c
tests_chaos_consumer_LDADD = $(GNOTIFY_LIBS)
tests_chaos_consumer_LDFLAGS = $(LINK_GNOTIFY)
