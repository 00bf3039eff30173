# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
