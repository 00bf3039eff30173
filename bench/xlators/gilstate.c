/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The classic approach, to measure: a fop and its callback enter Python by
 * PyGILState_Ensure, on whatever thread they come, and call a ctypes callback there;
 * that goes on through ctypes with a function of this file. Raw pointers, no timeout,
 * no isolation. For one instance, and for lookup only.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <dlfcn.h>

#include <glusterfs/defaults.h>
#include <glusterfs/xlator.h>

/* what bench/modules/gilstate.py finds by ctypes */
void
set_lookup_fop(fop_lookup_t function);
void
set_lookup_cbk(fop_lookup_cbk_t function);
void
wind_lookup(call_frame_t *frame, xlator_t *child, loc_t *loc, dict_t *xdata);
void
unwind_lookup(call_frame_t *frame, long cookie, xlator_t *this, int32_t op_ret,
              int32_t op_errno, inode_t *inode, struct iatt *buf, dict_t *xdata,
              struct iatt *postparent);

static fop_lookup_t python_fop;
static fop_lookup_cbk_t python_cbk;

void
set_lookup_fop(fop_lookup_t function)
{
    python_fop = function;
}

void
set_lookup_cbk(fop_lookup_cbk_t function)
{
    python_cbk = function;
}

static int32_t
gilstate_lookup_cbk(call_frame_t *frame, void *cookie, xlator_t *this, int32_t op_ret,
                    int32_t op_errno, inode_t *inode, struct iatt *buf, dict_t *xdata,
                    struct iatt *postparent)
{
    PyGILState_STATE state = PyGILState_Ensure();

    python_cbk(frame, cookie, this, op_ret, op_errno, inode, buf, xdata, postparent);
    PyGILState_Release(state);
    return 0;
}

static int32_t
gilstate_lookup(call_frame_t *frame, xlator_t *this, loc_t *loc, dict_t *xdata)
{
    PyGILState_STATE state = PyGILState_Ensure();

    python_fop(frame, this, loc, xdata);
    PyGILState_Release(state);
    return 0;
}

void
wind_lookup(call_frame_t *frame, xlator_t *child, loc_t *loc, dict_t *xdata)
{
    if (!child)
        child = FIRST_CHILD(frame->this);
    STACK_WIND(frame, gilstate_lookup_cbk, child, child->fops->lookup, loc, xdata);
}

void
unwind_lookup(call_frame_t *frame, long cookie, xlator_t *this, int32_t op_ret,
              int32_t op_errno, inode_t *inode, struct iatt *buf, dict_t *xdata,
              struct iatt *postparent)
{
    (void)cookie;
    (void)this;
    STACK_UNWIND_STRICT(lookup, frame, op_ret, op_errno, inode, buf, xdata, postparent);
}

static int32_t
gilstate_init(xlator_t *this)
{
    char *module = NULL;
    Dl_info python, self;

    if (dict_get_str(this->options, "module", &module))
        return -1;
    dladdr((void *)Py_InitializeEx, &python);
    dlopen(python.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL); /* for ctypes */
    dladdr((void *)gilstate_init, &self);
    Py_InitializeEx(0);
    PyObject *runpy = PyImport_ImportModule("runpy");
    PyObject *globals = runpy ? PyObject_CallMethod(runpy, "run_path", "s{ss}", module,
                                                    "LIBRARY", self.dli_fname)
                              : NULL;

    if (!globals)
        PyErr_Print(); /* globals are kept: the callbacks live in them */
    PyEval_SaveThread();
    return globals && python_fop && python_cbk ? 0 : -1;
}

static void
gilstate_fini(xlator_t *this)
{
    (void)this;
}

static struct xlator_fops fops = {.lookup = gilstate_lookup};
static struct xlator_cbks cbks;
static volume_option_t options[] = {
    {.key = {"module"}, .type = GF_OPTION_TYPE_ANY},
    {.key = {NULL}},
};

xlator_api_t xlator_api = {
    .init = gilstate_init,
    .fini = gilstate_fini,
    .notify = default_notify,
    .op_version = {1},
    .fops = &fops,
    .cbks = &cbks,
    .options = options,
    .identifier = "gilstate",
    .category = GF_EXPERIMENTAL,
};
