/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only */
#include "xlators/glupy/types.h"
PyTypeObject dict_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "gluster.glupy.native.Dict",
    .tp_basicsize = sizeof(struct view), .tp_dealloc = view_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION};
