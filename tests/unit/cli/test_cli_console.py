"""The abilities of the terminal, and how text and errors are written to it."""

import errno
import io
import os
import sys
from collections.abc import Callable

import pytest
import typer

from leakgate.cli import console
from leakgate.cli.failure import MOST_PROBLEMS, as_command, report_bug, report_error
from leakgate.errors import ConfigError, ConfigProblem, LeakgateError, MeasureError, OutputError, UsageError
from leakgate.model.source_ref import SourceRef
from leakgate.model.verdict import ExitCode
from leakgate.report.style import Detail


class Terminal(io.StringIO):
    """A terminal; ``encoding`` as it says."""

    def __init__(self, encoding: str = "utf-8", *, tty: bool = True) -> None:
        super().__init__()
        self._encoding = encoding
        self._tty = tty

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return self._tty


class Broken(Terminal):
    """A stream that cannot be written."""

    def __init__(self, number: int, stands_for: int) -> None:
        super().__init__()
        self._number = number
        self._stands_for = stands_for

    def write(self, text: str) -> int:
        raise OSError(self._number, "no")

    def fileno(self) -> int:
        return self._stands_for


@pytest.fixture(autouse=True)
def _no_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TERM"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("columns", "width"), [(80, 80), (200, console.LOG_WIDTH), (0, console.LOG_WIDTH)])
def test_what_is_piped_fits_the_terminal_beside_it(monkeypatch: pytest.MonkeyPatch, columns: int, width: int) -> None:
    termios = pytest.importorskip("termios")
    main, other = os.openpty()
    try:
        termios.tcsetwinsize(other, (24, columns))
        with os.fdopen(other, "w", closefd=False) as stderr:
            monkeypatch.setattr(sys, "stderr", stderr)
            assert console.style_of(Terminal(tty=False), Detail.NORMAL).width == width
    finally:
        os.close(main)
        os.close(other)


@pytest.mark.parametrize(
    ("wishes", "tty", "color"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    monkeypatch: pytest.MonkeyPatch, *, wishes: dict[str, str], tty: bool, color: bool
) -> None:
    for name, value in wishes.items():
        monkeypatch.setenv(name, value)
    assert console.style_of(Terminal(tty=tty), Detail.NORMAL).color is color


@pytest.mark.parametrize(
    ("columns", "tty", "width"),
    [
        ("120", True, 120),
        ("30", True, 40),
        ("500", True, 140),
        ("80", False, 80),
        ("wide", False, 100),
        ("", False, 100),
    ],
)
def test_the_width_is_that_of_the_terminal_within_reason(
    monkeypatch: pytest.MonkeyPatch, *, columns: str, tty: bool, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert console.style_of(Terminal(tty=tty), Detail.NORMAL).width == width


@pytest.mark.parametrize(
    ("encoding", "unicode"), [("UTF-8", True), ("utf-16", True), ("cp1252", False), ("ascii", False)]
)
def test_unicode_where_the_encoding_has_it(*, encoding: str, unicode: bool) -> None:
    assert console.style_of(Terminal(encoding), Detail.QUIET).unicode is unicode


def test_a_closed_stream_is_no_terminal_and_takes_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    monkeypatch.setattr("sys.stderr", None)
    assert not console.is_terminal(None)
    assert not console.style_of(None, Detail.NORMAL).unicode
    console.show("text")
    console.say("text")


def test_what_cannot_be_encoded_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal("ascii")
    monkeypatch.setattr("sys.stdout", stream)
    console.show("caf\u00e9\n")
    assert stream.getvalue() == "caf?\n"


@pytest.fixture
def spare() -> io.BufferedWriter:
    """A descriptor that may be pointed elsewhere."""
    return open("/dev/null", "wb")  # noqa: PTH123 - closed by the test that takes it


@pytest.mark.parametrize("number", [errno.EPIPE, errno.EIO, errno.ENXIO])
def test_a_reader_that_has_gone_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, spare: io.BufferedWriter, number: int
) -> None:
    with spare:
        monkeypatch.setattr("sys.stdout", Broken(number, spare.fileno()))
        console.show("text")


def test_a_full_disk_is_an_error_of_stdout_and_nothing_on_stderr(
    monkeypatch: pytest.MonkeyPatch, spare: io.BufferedWriter
) -> None:
    with spare:
        monkeypatch.setattr("sys.stdout", Broken(errno.ENOSPC, spare.fileno()))
        monkeypatch.setattr("sys.stderr", Broken(errno.ENOSPC, spare.fileno()))
        console.say("text")
        with pytest.raises(OutputError, match="stdout cannot be written: no"):
            console.show("text")


PROBLEMS = tuple(ConfigProblem(SourceRef("leakgate.yaml", line, 5), f"problem {line}") for line in (1, 2))


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (UsageError("wrong", hint="right"), ExitCode.USAGE, "error: wrong\nhint: right\n"),
        (MeasureError("no"), ExitCode.UNMEASURED, "error: no\n"),
        (LeakgateError("odd"), ExitCode.BUG, "error: odd\n"),
        (UsageError("a\x1b[31mb"), ExitCode.USAGE, None),
        (
            ConfigError(PROBLEMS),
            ExitCode.USAGE,
            "leakgate.yaml:1:5: problem 1\nleakgate.yaml:2:5: problem 2\n2 problems in the config; nothing was run\n",
        ),
        (
            ConfigError(PROBLEMS[:1], hint="look"),
            ExitCode.USAGE,
            "leakgate.yaml:1:5: problem 1\n1 problem in the config; nothing was run\nhint: look\n",
        ),
    ],
)
def test_an_expected_error_is_told_in_a_line(
    capsys: pytest.CaptureFixture[str], error: LeakgateError, status: ExitCode, said: str | None
) -> None:
    assert report_error(error) is status
    text = capsys.readouterr().err
    assert "\x1b" not in text
    assert said is None or text == said


def test_a_bug_is_reported_with_what_to_paste(capsys: pytest.CaptureFixture[str]) -> None:
    assert report_bug(ZeroDivisionError("planted")) is ExitCode.BUG
    text = capsys.readouterr().err
    assert text.startswith("leakgate has a bug: ZeroDivisionError.")
    assert text.count("---\n") == 2
    assert "ZeroDivisionError: planted" in text


def raising(error: BaseException) -> Callable[[], ExitCode]:
    def command() -> ExitCode:
        raise error

    return command


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (lambda: ExitCode.FAIL, 1),
        (raising(UsageError("x")), 2),
        (raising(MeasureError("x")), 3),
        (raising(ZeroDivisionError()), 4),
        (raising(KeyboardInterrupt()), 130),
    ],
)
def test_every_end_has_its_status(command: Callable[[], ExitCode], status: int) -> None:
    with pytest.raises(typer.Exit) as ending:
        as_command(command)()
    assert ending.value.exit_code == status


def test_a_bad_parameter_is_left_to_typer() -> None:
    with pytest.raises(typer.BadParameter):
        as_command(raising(typer.BadParameter("x")))()


def test_only_the_first_problems_of_a_config_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    problems = tuple(ConfigProblem(SourceRef("leakgate.yaml", line, 1), "is wrong") for line in range(1, 20_001))
    assert report_error(ConfigError(problems)) is ExitCode.USAGE
    printed = capsys.readouterr().err.splitlines()
    assert len(printed) == MOST_PROBLEMS + 1
    assert printed[-1] == "20,000 problems in the config; the first 100 are printed; nothing was run"
