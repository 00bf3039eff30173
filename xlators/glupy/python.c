/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * The interpreter: how it is started, how threads enter it, how modules are
 * loaded and handlers run. Nothing here knows how arguments look in Python.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "xlators/glupy/native.h"

#include <dlfcn.h>

#include "common/cleanup.h"

static bool started, broken; /* it is tried once */
static PyObject *package; /* gluster.glupy */
static pthread_mutex_t start_lock = PTHREAD_MUTEX_INITIALIZER;

static void
py_drop(PyObject **o)
{
    Py_XDECREF(*o);
}
#define AUTO_PY AUTO(py_drop)

/* A child that goes on in this process's memory would be a second server on the
 * same mount, and hang it. subprocess does not use os.fork. */
static int
audit(const char *event, PyObject *args, void *data)
{
    (void)args;
    (void)data;
    if (strcmp(event, "os.fork") && strcmp(event, "os.forkpty"))
        return 0;
    PyErr_SetString(PyExc_PermissionError,
                    "a module may not fork the process that serves the volume; "
                    "use subprocess");
    return -1;
}

static PyStatus
configure(PyConfig *config)
{
    PyStatus status;

    PyConfig_InitIsolatedConfig(config);
    config->site_import = 0;    /* the standard library and ours, nothing else */
    config->write_bytecode = 0;
    config->install_signal_handlers = 0;
    config->pathconfig_warnings = 0;
    /* isolated is not enough: the prefix would come from PATH */
    status = PyConfig_SetBytesString(config, &config->program_name, PYTHON3);
    if (!PyStatus_Exception(status))
        status = PyConfig_SetBytesString(config, &config->executable, PYTHON3);
    if (!PyStatus_Exception(status))
        status = PyConfig_SetBytesString(config, &config->home, PYTHON_HOME);
    return status;
}

/* Python's extension modules (ctypes) look for libpython's symbols globally, and
 * GlusterFS loads us with local scope. */
static void
make_symbols_global(void)
{
    Dl_info info;

    if (dladdr((void *)Py_IsInitialized, &info) && info.dli_fname)
        dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL);
}

/* A state that nobody uses and that stays: where the thread of the only one ended while
 * another thread made its own, CPython 3.11 would give that the static one, which is not
 * yet reset then, and end the process. It is no thread's: it is the newest, and an
 * interrupt goes to the newest that has the thread's number. */
static int
keep_a_state(void)
{
    PyThreadState *kept = PyThreadState_New(PyInterpreterState_Main());

    if (!kept)
        return -ENOMEM;
    kept->thread_id = 0;
    return 0;
}

static int
start_interpreter(void)
{
    PyPreConfig pre;
    PyConfig config;

    if (Py_IsInitialized()) { /* an application on libgfapi that is in Python */
        gf_log("glupy", GF_LOG_ERROR, "this program runs a Python of its own, which "
                                      "modules cannot share");
        return -EBUSY;
    }
    make_symbols_global();
    PyPreConfig_InitIsolatedConfig(&pre);
    pre.utf8_mode = 1;
#ifdef __SANITIZE_ADDRESS__
    pre.allocator = PYMEM_ALLOCATOR_MALLOC; /* so that it sees every object */
#endif
    PyStatus status = Py_PreInitialize(&pre);

    if (PyStatus_Exception(status)) {
        gf_log("glupy", GF_LOG_ERROR, "Python: %s", status.err_msg);
        return -EIO;
    }
    memory_hook();
    PyImport_AppendInittab("_glupy", classic_init);
    PySys_AddAuditHook(audit, NULL);
    status = configure(&config);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status)) {
        gf_log("glupy", GF_LOG_ERROR, "Python: %s", status.err_msg);
        return -EIO;
    }
    return keep_a_state();
}

static int
import_package(void)
{
    PyRun_SimpleString("import sys\n"
                       "sys.path.insert(0, '" PYTHONDIR "')\n"
                       "sys.setswitchinterval(0.0001)\n");
    package = PyImport_ImportModule("gluster.glupy");
    AUTO_PY PyObject *none = package ? PyObject_CallMethod(package, "_prepare", NULL) : NULL;

    if (none)
        return 0;
    python_log_error(NULL, "import gluster.glupy");
    return -EIO;
}

int
python_start(struct worker_state *w)
{
    int err = 0;

    pthread_mutex_lock(&start_lock);
    if (!started && !broken) {
        memory_ours_begin();
        fork_watch();
        err = start_interpreter();
        if (!err) {
            err = import_package();
            /* the state that was made now is this thread's. It must not make
             * another one: PyGILState_Ensure, for C code that calls back into
             * Python, would find this one and wait for the GIL it has */
            w->tstate = PyEval_SaveThread();
        }
        started = !err;
        broken = err;
        memory_ours_end();
    }
    pthread_mutex_unlock(&start_lock);
    return started ? 0 : -EIO;
}

static atomic_ullong entries;

unsigned long long
python_entries(void)
{
    return atomic_load_explicit(&entries, memory_order_relaxed);
}

bool
python_is_free(void)
{
#if PY_VERSION_HEX < 0x030C0000
    /* the thread that holds the GIL; later versions only tell a thread about itself */
    for (int i = 0; i < 500; i++) { /* some 20 us: longer than most handlers run */
        if (!_PyThreadState_UncheckedGet())
            return true;
#ifdef __x86_64__
        __builtin_ia32_pause();
#endif
    }
    return false;
#else
    return true;
#endif
}

int
python_enter(struct worker_state *w)
{
    if (!w->tstate) {
        memory_ours_begin();
        w->tstate = PyThreadState_New(PyInterpreterState_Main());
        memory_ours_end();
    }
    if (!w->tstate)
        return -ENOMEM;
    atomic_store_explicit(&w->waits, true, memory_order_relaxed);
    PyEval_RestoreThread(w->tstate);
    atomic_store_explicit(&w->waits, false, memory_order_relaxed);
    /* the GIL makes it exact */
    atomic_store_explicit(
        &entries, atomic_load_explicit(&entries, memory_order_relaxed) + 1,
        memory_order_relaxed);
    w->thread_id = PyThread_get_thread_ident();
    return 0;
}

void
python_leave(struct worker_state *w)
{
    fork_check();
    w->tstate = PyEval_SaveThread();
}

void
python_forget(struct worker_state *w)
{
    PyThreadState *tstate = TAKE(w->tstate);

    PyEval_RestoreThread(tstate);
    PyThreadState_Clear(tstate);
    PyThreadState_DeleteCurrent();
}

/* ---- errors ------------------------------------------------------------- */

void
python_log_error(struct glupy *g, const char *where)
{
    PyObject *type, *value, *trace;
    const char *name = g ? g->name : "glupy";

    if (g) {
        atomic_fetch_add(&g->count.errors, 1);
        breaker_failed(g);
    }
    memory_ours_begin();
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    if (trace && value)
        PyException_SetTraceback(value, trace);
    /* the package counts equal ones; what it returns is to be logged */
    AUTO_PY PyObject *text =
        package ? PyObject_CallMethod(package, "_describe", "ksO", (unsigned long)g,
                                      where, value ? value : Py_None)
                : PyObject_Str(value ? value : Py_None);
    const char *utf8 = text && text != Py_None ? PyUnicode_AsUTF8(text) : NULL;

    if (utf8)
        gf_log(name, GF_LOG_ERROR, "%s: %s", where, utf8);
    else if (!text)
        gf_log(name, GF_LOG_ERROR, "%s: an exception that cannot be described", where);
    PyErr_Clear();
    memory_ours_end();
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
}

PyObject *
python_take_error(void)
{
    PyObject *type, *value, *trace;

    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    if (trace && value)
        PyException_SetTraceback(value, trace);
    Py_XDECREF(type);
    Py_XDECREF(trace);
    return value;
}

void
python_interrupt(struct worker_state *w, struct request *r, unsigned job)
{
    if (atomic_load(&w->current) != r)
        return;
    if (!r && (!(job & 1) || atomic_load(&w->job) != job))
        return;
    AUTO_PY PyObject *timeout = PyObject_GetAttrString(package, "HandlerTimeout");

    if (timeout)
        PyThreadState_SetAsyncExc(w->thread_id, timeout);
    PyErr_Clear();
}

void
python_not_interrupted(struct worker_state *w)
{
    PyThreadState_SetAsyncExc(w->thread_id, NULL);
}

/* ---- modules ------------------------------------------------------------ */

static int
load_failed(struct code *code, const char *what)
{
    PyObject *type, *value, *trace;

    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    AUTO_PY PyObject *text = value ? PyObject_Repr(value) : NULL;
    const char *utf8 = text ? PyUnicode_AsUTF8(text) : NULL;

    PyErr_Clear();
    snprintf(code->reason, sizeof(code->reason), "%s: %s", what, utf8 ? utf8 : "failed");
    PyErr_Restore(type, value, trace);
    python_log_error(code->g, what);
    return -1;
}

int
python_load(struct code *code)
{
    AUTO_FREE char *text = NULL, *file = NULL;
    size_t len;

    if (module_read(code, &text, &len, &file, code->reason, sizeof(code->reason)))
        return -1;
    AUTO_PY PyObject *c_this = PyLong_FromVoidPtr(code);

    if (!c_this)
        return load_failed(code, "memory");
    AUTO_PY PyObject *instance = PyObject_CallMethod(
        package, "_load", "Osy#s", c_this, code->module, text, (Py_ssize_t)len, file);

    if (!instance)
        return load_failed(code, "import");
    code->instance = TAKE(instance);
    return 0;
}

void
python_unload(struct code *code)
{
    memory_ours_begin();
    AUTO_PY PyObject *c_this = PyLong_FromVoidPtr(code);
    AUTO_PY PyObject *none =
        c_this ? PyObject_CallMethod(package, "_unload", "O", c_this) : NULL;

    memory_ours_end();
    if (!none)
        python_log_error(NULL, "dropping a module");
}

enum next_step
python_run(struct request *r, unsigned running)
{
    if (!r->task && !r->code->handlers[r->fop][r->phase]) /* it was dropped just now */
        return request_decided(r, running, false);
    if (r->code->is_native)
        return native_run(r, running);
    PyObject *argv[VALUES_MAX + 6] = {NULL};
    AUTO_PY PyObject *handler = Py_NewRef(r->code->handlers[r->fop][r->phase]);
    AUTO_PY PyObject *handle = classic_handle(r);
    int argc = handle ? convert_arguments(r, handle, argv + 1) : -1;
    PyObject *result = NULL;

    if (argc >= 0)
        result = PyObject_Vectorcall(handler, argv + 1,
                                     (size_t)argc | PY_VECTORCALL_ARGUMENTS_OFFSET,
                                     NULL);
    if (!result) {
        char where[64];

        snprintf(where, sizeof(where), "%s_%s", glupy_fops[r->fop].name,
                 r->phase == PHASE_FOP ? "fop" : "cbk");
        python_log_error(r->g, where);
        latency_error(r->g, r->fop);
    }
    /* before the handle goes: it is what may still end the request */
    enum next_step step = request_returned(r, running, result != NULL);

    Py_XDECREF(result);
    for (int i = 1; i <= argc; i++)
        Py_DECREF(argv[i]);
    return step;
}
