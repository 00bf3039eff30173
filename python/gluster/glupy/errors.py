# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
"""Exceptions of modules, for the log: each distinct one in full once, then a
count at every power of ten."""
import sys
import threading
import traceback

_LIMIT = 1000
_seen = {}


def describe(instance, where, error):
    """What is to be logged, or None. error is the exception."""
    if error is None:
        return 'no exception'
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append((code.co_filename, code.co_name, trace.tb_lineno))
        trace = trace.tb_next
    # a deep recursion is one place, wherever it ended
    # no objects in it: they would keep a module that is dropped
    key = (instance, where, type(error).__qualname__, tuple(places[-8:]) or str(error))
    count = _seen.get(key, 0) + 1
    if count == 1 and len(_seen) >= _LIMIT:
        _seen.clear()
    _seen[key] = count
    if count == 1:
        return ''.join(traceback.format_exception(error, limit=20)).rstrip()
    if str(count).strip('0') == '1':
        return f'{type(error).__name__} for the {count}th time (its traceback is above)'
    return None


def catch_others(log):
    """Has log(text) called for exceptions that no handler has: in destructors, which Python
    ignores, and in threads that a module has started."""
    def unraisable(what):
        said = describe(0, 'destructor', what.exc_value)
        if said:
            log(f'{what.err_msg or "exception ignored in"} {_name(what.object)}: {said}')

    def in_thread(what):
        said = describe(0, 'thread', what.exc_value)
        if said and what.exc_type is not SystemExit:
            log(f'thread {what.thread.name if what.thread else ""} ends: {said}')

    sys.unraisablehook = unraisable
    threading.excepthook = in_thread


def _name(thing):
    """What to call it, without calling it: its repr is the module's code."""
    return getattr(thing, '__qualname__', None) or type(thing).__qualname__
