# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""volext's Python packages for GlusterFS."""
# GlusterFS's own commands bring another package of this name: both are one here.
__path__ = __import__('pkgutil').extend_path(__path__, __name__)
