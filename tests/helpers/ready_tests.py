"""Work that each worker of pytest-xdist would repeat, done once before they start.

Half of the time in which a worker collects the suite goes into rewriting the asserts of 300 modules of the tests, and
of all modules of leakgate and hypothesis, because both have a plugin. pytest keeps what it has rewritten in files, and
so does hypothesis with the constants of leakgate, which it uses in its examples. Workers that start together find none
of these files, and under PYTHONDONTWRITEBYTECODE pytest keeps none.
"""

import compileall
import contextlib
import importlib
import os
import subprocess
import sys
import warnings
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Final

import hypothesis
import pytest

ROOT: Final = Path(__file__).parents[2]


def compile_package(interpreters: Iterable[str]) -> None:
    """Compile leakgate, which the suite starts hundreds of times, and the probe for each of these interpreters.

    Without this, each measured program would compile the probe again where PYTHONDONTWRITEBYTECODE is set.
    """
    others = [python for python in interpreters if not Path(python).samefile(sys.executable)]
    command = ("-m", "compileall", "-q", str(ROOT / "leakgate" / "probe"))
    started = [subprocess.Popen([python, *command], stdout=subprocess.DEVNULL) for python in others]
    compileall.compile_dir(ROOT / "leakgate", quiet=2)
    for process in started:
        process.wait()


def rewrite_tests(config: pytest.Config) -> None:
    """Rewrite the asserts of each module, on all processors, and keep them where pytest looks for them."""
    if sys.platform != "linux":  # a forked process has this one's settings
        return
    tests = ROOT / "tests"
    measured = (tests / "scripts", tests / "recipes", tests / "data")
    folders = (tests, ROOT / "leakgate", Path(hypothesis.__file__).parent)
    modules = [
        path for folder in folders for path in sorted(folder.rglob("*.py")) if not set(measured) & set(path.parents)
    ]
    processes = min(4, os.cpu_count() or 1)  # a container may have fewer processors than its machine
    with ProcessPoolExecutor(
        processes, mp_context=get_context("fork"), initializer=_remember, initargs=(config,)
    ) as pool:
        shares = [modules[index::processes] for index in range(processes)]
        list(pool.map(_rewrite, shares))
        list(pool.map(_find_constants, shares))


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


def _find_constants(modules: Sequence[Path]) -> None:
    """Have hypothesis write its files of constants. A hypothesis that keeps them in another way finds them later."""
    with contextlib.suppress(ImportError, AttributeError, TypeError), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that this is slow
        constants = importlib.import_module("hypothesis.internal.constants_ast")
        for path in modules:
            if path.is_relative_to(ROOT / "leakgate"):
                module = ModuleType(path.stem)
                module.__file__ = str(path)
                constants.constants_from_module(module)
