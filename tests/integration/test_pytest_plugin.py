"""`pytest --leakgate`, the marker, the fixture `leak_check` and `leakgate.check`, in a real pytest of its own."""

import asyncio
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import leakgate

KEPT: list[object] = []

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
    leak_check(lambda: KEPT.append(object()))


def test_good(leak_check):
    assert leak_check(lambda: [1]).answer == "ok"
"""


def run_pytest(folder: Path, *args: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *args]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=170, check=False)


@pytest.fixture
def plugin() -> tuple[str, ...]:
    """How the plugin is named where the installed metadata is older than its entry point."""
    installed = any(one.value == "leakgate.pytest_plugin" for one in entry_points(group="pytest11"))
    return () if installed else ("-p", "leakgate.pytest_plugin")


@pytest.mark.parametrize("spread", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_leak_fails_the_session_and_is_named(
    tmp_path: Path, plugin: tuple[str, ...], spread: tuple[str, ...]
) -> None:
    (tmp_path / "test_shop.py").write_text(SUITE, encoding="utf-8")
    done = run_pytest(tmp_path, *plugin, "--leakgate", *spread)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "test_shop.py:7 in test_keeps" in done.stdout
    assert "held by test_shop.KEPT" in done.stdout
    assert "4 passed" in done.stdout
    assert "1 leak, 1 not repeated, 2 ok" in done.stdout


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


def test_check_names_place_holder_and_figures() -> None:
    with pytest.raises(AssertionError) as failure:
        leakgate.check(lambda: KEPT.append(object()))
    text = str(failure.value)
    assert re.search(r"\+(1 block|0\.9\d blocks) ", text), text  # this pytest itself frees a block now and then
    assert "test_pytest_plugin.py" in text
    assert "KEPT" in text


def test_check_takes_coroutines_and_set_up() -> None:
    async def fetch() -> None:
        await asyncio.sleep(0)

    assert leakgate.check(fetch).answer == "ok"


def test_check_allows_what_it_is_told_to_allow() -> None:
    assert leakgate.check(lambda: KEPT.append(object()), blocks_per_call=2, bytes_per_call=200).answer == "ok"


def test_check_lets_exceptions_of_the_callable_through() -> None:
    def broken() -> None:
        raise LookupError("no such thing")

    with pytest.raises(LookupError, match="no such thing"):
        leakgate.check(broken)
