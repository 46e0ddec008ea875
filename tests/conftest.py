"""What holds for every test of the suite."""

import gc
import signal
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.helpers.ready_tests import compile_package, rewrite_tests
from tests.probe.probe_tools import find_interpreters

# A busy machine makes any example slow, and slow to make, and that says nothing about the code. A change is judged by
# the same examples each time, as hypothesis does it in CI; `make bench-fuzz` looks for new ones.
settings.register_profile(
    "leakgate", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, database=None
)
settings.load_profile("leakgate")

TESTS = Path(__file__).parent


def _listen_to_signals() -> None:
    """Take signals that the caller of the suite ignores, as `nohup` and background jobs of a shell do.

    leakgate leaves a signal ignored that was ignored when it started. Tests send it signals, and a child inherits
    what is ignored: without this, leakgate would not end in those tests.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


_listen_to_signals()


def pytest_configure(config: pytest.Config) -> None:
    """Compile once what all workers of pytest-xdist need, also where PYTHONDONTWRITEBYTECODE is set."""
    if not hasattr(config, "workerinput"):  # the workers start after this
        workers = config.getoption("numprocesses", None)
        compile_package(find_interpreters().values() if workers else ())
        if workers:
            rewrite_tests(config)


# Collecting makes a million objects that stay: the collector would look at them again and again.
gc.disable()


def pytest_collection_finish() -> None:
    """Let the collector go on, and leave alone what there is by now."""
    gc.freeze()
    gc.enable()


SIDE_BY_SIDE = {
    ("action",): 0.8,
    ("recipes", "attach", "integration", "probe"): 1.0,
    ("browser", "docs", "unit"): 1.0,
}
"""Folders that are spread evenly over each other, and the part of the run over which each row is spread.

Files of the first row start many short processes, those of the second mostly wait for programs, and those of the third
compute. Side by side they keep the processors busy from the beginning to the end. A file of `action` may take minutes:
none starts last, so that no worker waits for it at the end.
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files by what they need; the tests of a file keep their order."""
    files: dict[str, dict[Path, None]] = defaultdict(dict)
    for item in items:
        files[item.path.relative_to(TESTS).parts[0]][item.path] = None
    start: dict[Path, float] = {}
    for folders, part in SIDE_BY_SIDE.items():
        row = [path for folder in folders for path in files[folder]]
        start |= {path: part * at / len(row) for at, path in enumerate(row)}
    items.sort(key=lambda item: start[item.path])
