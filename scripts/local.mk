# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
dist_noinst_SCRIPTS += scripts/check scripts/install-deps scripts/quickstart .ci/run
