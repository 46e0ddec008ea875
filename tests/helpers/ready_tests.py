"""What each worker of pytest-xdist would do again, done once before they start.

Half of the time in which a worker collects the suite goes into rewriting the asserts of 300 modules. pytest keeps what
it has rewritten in files. Workers that start together find none, and under PYTHONDONTWRITEBYTECODE none are kept.
"""

import compileall
import contextlib
import importlib
import os
import re
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]


def compile_package() -> None:
    """Compile leakgate, which the suite starts hundreds of times. The probe is compiled where tests say so."""
    compileall.compile_dir(ROOT / "leakgate", rx=re.compile(r"[\\/]probe[\\/]"), quiet=2)


def rewrite_tests(config: pytest.Config) -> None:
    """Rewrite the asserts of each module of the tests, on all processors, and keep them where pytest looks for them."""
    if sys.platform != "linux":  # a forked process has this one's settings
        return
    tests = ROOT / "tests"
    measured = (tests / "scripts", tests / "recipes", tests / "data")
    modules = [path for path in sorted(tests.rglob("*.py")) if not set(measured) & set(path.parents)]
    processes = min(4, os.cpu_count() or 1)  # a container may have fewer processors than its machine
    with ProcessPoolExecutor(
        processes, mp_context=get_context("fork"), initializer=_remember, initargs=(config,)
    ) as pool:
        list(pool.map(_rewrite, [modules[index::processes] for index in range(processes)]))


_CONFIG: list[pytest.Config] = []


def _remember(config: pytest.Config) -> None:
    _CONFIG.append(config)


def _rewrite(modules: Sequence[Path]) -> None:
    """There are no public functions for this. A pytest that has others rewrites the modules later by itself."""
    with contextlib.suppress(ImportError, AttributeError, TypeError):
        pytests = importlib.import_module("_pytest.assertion.rewrite")
        state = _CONFIG[0].stash[pytests.assertstate_key]
        for path in modules:
            folder = pytests.get_cache_dir(path)
            kept = folder / f"{path.stem}{pytests.PYC_TAIL}"
            if pytests.try_makedirs(folder) and pytests._read_pyc(path, kept) is None:
                source, code = pytests._rewrite_test(path, _CONFIG[0])
                pytests._write_pyc(state, code, source, kept)
