# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
dist_man_MANS = docs/volext.8 docs/gupcallwait.1
