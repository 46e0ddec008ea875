"""Which Python a script runs on. It is checked once, before any measurement, so that a wrong path is a clear error."""

import contextlib
import functools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import leakgate
from leakgate.errors import InterpreterError
from leakgate.model.evidence import Environment
from leakgate.model.target import TargetSpec
from leakgate.targets.environment import without_secrets

OLDEST: Final = (3, 9)
_ANSWER_TIMEOUT_S: Final = 30.0
_LONGEST_ANSWER: Final = 4096
_LONGEST_FIELD: Final = 64
_HINT: Final = "set `python` in leakgate.yaml to the interpreter of your project, such as .venv/bin/python"
_FIELDS: Final = ("implementation", "python", "os", "machine", "malloc")

# This must run on every Python 3 that a user may name by mistake, so that the error can say that it is too old.
_QUESTION: Final = """
import json, platform, sys
name = sys.implementation.name
threaded = not getattr(sys, "_is_gil_enabled", lambda: True)()
libc = " ".join(platform.libc_ver()).strip()
print(json.dumps({
    "implementation": name + ("-freethreaded" if threaded else ""),
    "python": "%d.%d.%d" % tuple(sys.version_info[:3]),
    "os": platform.system().lower(),
    "machine": platform.machine().lower(),
    "malloc": ("mimalloc" if threaded else "pymalloc") + (", " + libc if libc else ""),
}))
"""


def look_at_interpreter(spec: TargetSpec, parent_env: Mapping[str, str] | None = None) -> Environment:
    """Return the environment in which a script will run. Its interpreter is asked once for each path.

    Raises InterpreterError if the interpreter does not exist, cannot be executed, is no Python, is older than 3.9
    or does not answer within thirty seconds.
    """
    found = _ask(spec.python)
    env = {**(os.environ if parent_env is None else parent_env), **spec.env}
    chosen = env.get("PYTHONMALLOC", "")[:_LONGEST_FIELD]
    malloc = f"PYTHONMALLOC={chosen}, {found['malloc']}" if chosen else found["malloc"]
    return Environment(
        implementation=found["implementation"],
        python=found["python"],
        os=found["os"],
        machine=found["machine"],
        leakgate=leakgate.__version__,
        malloc=malloc,
    )


@functools.lru_cache(maxsize=128)
def _ask(python: Path) -> dict[str, str]:
    found = _parse(python, _run(python))
    version = tuple(int(part) for part in found["python"].split("."))
    if version[:2] < OLDEST:
        raise InterpreterError(
            f"{python} is Python {found['python']}; leakgate measures Python {OLDEST[0]}.{OLDEST[1]} or newer",
            hint="name a newer interpreter under `python` in leakgate.yaml",
        )
    return found


def _run(python: Path) -> bytes:
    try:
        return _answer(python)
    except FileNotFoundError as error:
        raise InterpreterError(f"the interpreter {python} does not exist", hint=_HINT) from error
    except (OSError, ValueError) as error:
        raise InterpreterError(f"the interpreter {python} cannot be executed: {error}", hint=_HINT) from error
    except subprocess.TimeoutExpired as error:
        message = f"the interpreter {python} did not answer within {_ANSWER_TIMEOUT_S:.0f} s"
        raise InterpreterError(message, hint=_HINT) from error


def _answer(python: Path) -> bytes:
    asked = None
    try:
        with _signals_held_back():
            asked = _start(python)
        return asked.communicate(timeout=_ANSWER_TIMEOUT_S)[0]
    finally:
        if asked is not None:
            with asked:
                asked.kill()


@contextlib.contextmanager
def _signals_held_back() -> Iterator[None]:
    """Block Ctrl-C and similar signals while a process is started: an exception then would leave the process behind."""
    if sys.platform == "win32":
        yield  # the console sends Ctrl-C to the new process too
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(python: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [str(python), "-I", "-S", "-c", _QUESTION],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=without_secrets(os.environ),
    )


def _parse(python: Path, answer: bytes) -> dict[str, str]:
    try:
        found = json.loads(answer[:_LONGEST_ANSWER].decode())
        fields = {name: str(found[name])[:_LONGEST_FIELD] for name in _FIELDS}
        tuple(int(part) for part in fields["python"].split("."))
    except (ValueError, KeyError, TypeError) as error:
        raise InterpreterError(
            f"{python} is not a Python 3 interpreter",
            hint=_HINT,
        ) from error
    return fields
