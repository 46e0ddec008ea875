"""`pytest --leakgate`, the marker, the fixture `leak_check` and `leakgate.check`, in a real pytest of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import leakgate
from tests.helpers.command_line import environment
from tests.helpers.real_runs import marked, wait_until, wait_until_gone

SUITE = """\
import pytest

KEPT = []


def test_keeps():
    KEPT.append({1: 2})


def test_healthy():
    pass


@pytest.mark.leakgate(skip="keeps on purpose")
def test_left_alone():
    KEPT.append([object()])


@pytest.mark.leakgate(budget="3 blocks/call")
def test_allowed():
    KEPT.append(object())
"""

WITH_FIXTURE = """\
KEPT = []


def test_bad(leak_check):
    leak_check(lambda: KEPT.append(object()), time_s=60.0)


def test_good(leak_check):
    assert leak_check(lambda: [1], time_s=60.0).answer == "ok"
"""


def run_pytest(folder: Path, *args: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *args]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)


@pytest.fixture
def plugin() -> tuple[str, ...]:
    """The option that names the plugin if the installed metadata is older than its entry point."""
    installed = any(one.value == "leakgate.pytest_plugin" for one in entry_points(group="pytest11"))
    return () if installed else ("-p", "leakgate.pytest_plugin")


@pytest.mark.parametrize(
    ("options", "passed", "answers"),
    [((), "4 passed", "1 leak, 1 not repeated, 2 ok"), (("-n2", "-k=keeps or healthy"), "2 passed", "1 leak, 1 ok")],
    ids=["alone", "xdist"],
)
def test_a_leak_fails_the_session_and_is_named(
    tmp_path: Path, plugin: tuple[str, ...], options: tuple[str, ...], passed: str, answers: str
) -> None:
    (tmp_path / "test_shop.py").write_text(SUITE, encoding="utf-8")
    done = run_pytest(tmp_path, *plugin, "--leakgate", "--leakgate-time=60", *options)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "test_shop.py:7 in test_keeps" in done.stdout
    assert "held by test_shop.KEPT" in done.stdout
    assert f"{passed}, " in done.stdout
    assert "1 leaking in " in done.stdout.splitlines()[-1]
    assert answers in done.stdout


def test_without_the_option_nothing_is_repeated_or_loaded(tmp_path: Path, plugin: tuple[str, ...]) -> None:
    (tmp_path / "test_shop.py").write_text(
        "import sys\n\n\ndef test_it():\n    assert 'leakgate.checking' not in sys.modules\n", encoding="utf-8"
    )
    done = run_pytest(tmp_path, *plugin)
    assert done.returncode == 0, done.stdout
    assert "leakgate" not in done.stdout.replace("leakgate-", "")


def test_the_fixture_fails_a_test_whose_callable_leaks(tmp_path: Path, plugin: tuple[str, ...]) -> None:
    (tmp_path / "test_shop.py").write_text(WITH_FIXTURE, encoding="utf-8")
    done = run_pytest(tmp_path, *plugin)
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert "held by test_shop.KEPT" in done.stdout


SUSPECT = """\
import os
import time

KEPT = []


def test_keeps():
    KEPT.append(object())
    with open("pids", "a") as file:
        print(os.getpid(), file=file)
    time.sleep(0.02)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="signals, and processes found in /proc")
def test_a_pytest_that_is_killed_while_it_confirms_leaves_no_process_and_no_folder(
    tmp_path: Path, plugin: tuple[str, ...]
) -> None:
    (tmp_path / "test_suspect.py").write_text(SUSPECT, encoding="utf-8")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    pids = tmp_path / "pids"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *plugin, "--leakgate", "--leakgate-time=60"]
    with marked() as mark:
        running = subprocess.Popen(
            command, cwd=tmp_path, env=environment(mark, TMPDIR=str(temporary)), stdout=subprocess.DEVNULL
        )
        wait_until(lambda: pids.exists() and len(set(pids.read_text(encoding="utf-8").split())) > 1)
        (folder,) = temporary.glob("leakgate-run-*")
        running.kill()
        running.wait()
        assert wait_until_gone(mark) == []
    assert not folder.exists()


CHECKS = """\
import asyncio

import leakgate

KEPT = []


async def fetch():
    await asyncio.sleep(0)


def keep():
    KEPT.append(object())


print(leakgate.check(fetch, time_s=60.0).answer)
print(leakgate.check(keep, time_s=60.0, blocks_per_call=2, bytes_per_call=200).answer)
leakgate.check(keep, time_s=60.0)
"""


def test_check_takes_coroutines_allows_what_it_is_told_to_and_names_place_holder_and_figures(tmp_path: Path) -> None:
    """In a separate process, because a pytest with threads makes and frees blocks meanwhile."""
    (tmp_path / "checks.py").write_text(CHECKS, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "checks.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(leakgate.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.stdout.split() == ["ok", "ok"], done.stderr
    assert done.returncode == 1
    _, _, text = done.stderr.partition("AssertionError: ")
    assert re.search(r"\+1 block ", text), text
    assert "checks.py:13 in keep" in text
    assert "held by checks.KEPT" in text or "held by __main__.KEPT" in text


def test_check_lets_exceptions_of_the_callable_through() -> None:
    def broken() -> None:
        raise LookupError("no such thing")

    with pytest.raises(LookupError, match="no such thing"):
        leakgate.check(broken)


@pytest.mark.parametrize(
    ("function", "options", "error", "message"),
    [
        (3, {}, TypeError, "callable without arguments, not int"),
        (print, {"time_s": 0.0}, ValueError, "more than 0 seconds"),
        (print, {"blocks_per_call": -1.0}, ValueError, "0 or more"),
    ],
)
def test_check_refuses_arguments_that_make_no_sense(
    function: Callable[[], object], options: dict[str, float], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        leakgate.check(function, **options)


USES_TYPES = """\
import leakgate
from leakgate import CheckResult, LeakCheck


def test_parser(leak_check: LeakCheck) -> None:
    result: CheckResult = leak_check(lambda: len("sample"), time_s=5, blocks_per_call=0)
    assert result.answer == "ok"
    reveal_type(leakgate.check(dict).bytes_per_call)
    leak_check(3)
    leakgate.chekc(dict)
"""


def test_the_api_is_typed_for_projects_that_check_strictly(tmp_path: Path) -> None:
    """The last two lines are mistakes, and the only ones."""
    (tmp_path / "test_parser.py").write_text(USES_TYPES, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "test_parser.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    said = [line.partition("test_parser.py:")[2] for line in done.stdout.splitlines() if "test_parser.py:" in line]
    assert [line.partition(": ")[0] for line in said if "error:" in line] == ["9", "10"], done.stdout
    assert any(line.startswith("8: note: Revealed type is") and "float" in line for line in said), done.stdout
    assert leakgate.CheckResult.__name__ == "CheckResult"
    with pytest.raises(AttributeError, match="chekc"):
        leakgate.chekc  # type: ignore[attr-defined]  # noqa: B018
