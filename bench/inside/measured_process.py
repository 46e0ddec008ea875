"""Starts coverage in every Python process of an environment, and on the raw threads that the probe starts.

`make coverage-probe` puts this file into the environment whose interpreter runs the programs. Python loads it at each
start. coverage follows the threads of `threading` only; the probe starts its own with `_thread`.
"""

import os
import sys


def _measure(settings):
    import _thread
    import threading

    import coverage

    start = _thread.start_new_thread

    def start_measured(function, arguments, keywords=None):
        def run(*given, **named):
            sys.settrace(threading._trace_hook)  # noqa: SLF001 - new in 3.10: threading.gettrace()
            function(*given, **named)

        return start(run, arguments, keywords or {})

    os.environ["COVERAGE_PROCESS_START"] = settings
    coverage.process_startup()
    del os.environ["COVERAGE_PROCESS_START"]  # the programs see the environment that the tests give them
    _thread.start_new_thread = start_measured


if "COVERED_SETTINGS" in os.environ:
    _measure(os.environ["COVERED_SETTINGS"])
