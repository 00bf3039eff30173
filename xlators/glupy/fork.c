/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Children of a process that serves a volume. os.fork is refused (python.c), and
 * subprocess makes programs of its children; a module that forks by other means (ctypes,
 * an extension) gets a child that is a second server on the same mount or port: it ends
 * itself as soon as it leaves Python.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "xlators/glupy/glupy.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

atomic_bool fork_child;

/* In the child. Threads that run Python have all signals blocked, since signals are for
 * GlusterFS's own; a program that a module starts does not expect that, and could not be
 * terminated. */
static void
in_child(void)
{
    atomic_store(&fork_child, true);
    if (Py_IsInitialized() && PyGILState_Check()) {
        sigset_t none;

        sigemptyset(&none);
        pthread_sigmask(SIG_SETMASK, &none, NULL);
    }
}

void
fork_watch(void)
{
    pthread_atfork(NULL, NULL, in_child);
}

void
fork_end_child(void)
{
    static const char text[] = "glupy: a module's fork of the volume's process ends\n";

    if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0) {
        /* then nobody is told */
    }
    _exit(1);
}
