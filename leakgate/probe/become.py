"""Runs the script in place of the probe. The script sees what plain Python shows it, including its last traceback."""

from __future__ import annotations

import os
import sys

from . import main_code, wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

_HERE = os.path.dirname(__file__)
"""The folder of the probe, as tracebacks show it."""
_FOLDER = os.path.abspath(_HERE)


def run_script() -> None:
    """Start sampling, then run the script in the namespace of `__main__`. Raises what the script raises."""
    channel, interval, script, *more = sys.argv[1:]
    channel = os.path.abspath(channel)
    _disappear(script)
    if script == main_code.MODULE:
        main_code.prepare_module()
    _start(channel, float(interval))
    try:
        if script == main_code.MODULE:
            main_code.run_module(more[0])
        elif main_code.is_importable(script):
            main_code.run_importable(script)
        else:
            _run_file(script)
    except SystemExit:
        raise
    except BaseException:
        _shorten_traceback()
        raise


def _run_file(script: str) -> None:
    path = os.path.abspath(script)
    data = _read(script)
    code = main_code.unmarshal(data) if path.endswith(".pyc") else compile(data, path, "exec", dont_inherit=True)
    exec(code, sys.modules["__main__"].__dict__)  # type: ignore[arg-type] # noqa: S102 - it is what the probe is for


def _disappear(script: str) -> None:
    """Make `sys` and `__main__` as plain Python gives them to a script."""
    del sys.argv[:3]
    original = getattr(sys, "orig_argv", None)
    if original:  # from 3.10: `sys.orig_argv` is new
        del original[-len(sys.argv) - 3 : -len(sys.argv)]
    if sys.path and os.path.abspath(sys.path[0]) == _FOLDER:
        resolve = os.path.abspath if os.name == "nt" else os.path.realpath
        sys.path[0] = os.path.dirname(resolve(script))
    sys.path_importer_cache.pop(_FOLDER, None)
    main = sys.modules["__main__"]
    path = os.path.abspath(script)
    for name in [name for name in vars(main) if not name.startswith("__")]:
        delattr(main, name)
    main.__doc__ = None
    main.__file__ = path
    loader: Any = type(main.__loader__)
    main.__loader__ = loader("__main__", path)


def _start(channel: str, interval_s: float) -> None:
    try:
        from . import carry, sampler  # noqa: PLC0415 - whatever goes wrong in there must not stop the script

        sampler.install(channel, interval_s, lazy=False)
        carry.pass_on(channel, interval_s)
    except BaseException as error:
        wire.report_error(channel, "starting", error)


def _read(script: str) -> bytes:
    try:
        with open(script, "rb") as file:
            return file.read()
    except OSError as error:
        sys.stderr.write(
            "%s: can't open file %r: [Errno %s] %s\n"
            % (sys.executable, os.path.abspath(script), error.errno, error.strerror)
        )
        raise SystemExit(2) from None


def _shorten_traceback() -> None:
    """Let the interpreter show the script's exception without the frames of the probe above it.

    The interpreter adds these frames after the exception has left them, so the probe can remove them only where the
    exception is shown: in `sys.excepthook`.
    The interpreter does the rest itself (exit status, SIGINT after KeyboardInterrupt, `sys.last_value`).
    """
    shown = getattr(sys, "excepthook", None)
    if shown is None:
        return

    def excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.excepthook = shown
        while trace is not None and trace.tb_frame.f_code is not run_script.__code__:
            trace = trace.tb_next
        while trace is not None and os.path.dirname(trace.tb_frame.f_code.co_filename) == _HERE:
            trace = trace.tb_next
        error.__traceback__ = sys.last_traceback = trace
        shown(kind, error, trace)

    sys.excepthook = excepthook
