"""The explanation of a test that leaks, from the answer that its runner wrote."""

from dataclasses import replace
from pathlib import Path

from leakgate.blame.packages import installed_packages
from leakgate.blame.sites import explain, files_of, within_rate
from leakgate.blame.source import FunctionNames
from leakgate.growth.counts import NATIVE, judge_counts
from leakgate.measure.answers import read_explanation
from leakgate.measure.journals import LoggedTest
from leakgate.model.evidence import RepeatedTest
from leakgate.model.explanation import Explanation


def explanation_of(
    line: LoggedTest, folder: Path, started: float, names: FunctionNames
) -> tuple[Explanation, int] | None:
    """Return the explanation, and the number of calls in its tracing window; None if there is no explanation.

    ``folder`` is the channel, ``started`` the monotonic clock when the process was started.
    """
    pid = _pid_of(line.explanation)
    raw = read_explanation(folder / f"explain-{pid}-1.jsonl", pid, started) if pid else None
    if raw is None:
        return None
    window = raw.window
    calls = 0
    if window is not None:
        calls = sum(window.t0_s < moment - started <= window.t1_s for moment in line.moments)
        per_s = _native_per_call(line.test) * calls / max(1e-9, window.t1_s - window.t0_s)
        raw = within_rate(raw, per_s)
    explanation = explain((raw,), names, names.source)
    return (
        None
        if explanation is None
        else (replace(explanation, packages=installed_packages(files_of(explanation))), calls)
    )


def _native_per_call(test: RepeatedTest) -> float:
    """Return by how many bytes the C allocator's counter rose in each call; 0 if it did not rise steadily."""
    first = test.deciding
    if first is None:
        return 0.0
    judged = judge_counts(first.readings, first.count, final=True, confirming=True)
    return next((one.per_call for one in judged.rising if one.counter == NATIVE), 0.0)


def _pid_of(name: str) -> int:
    """Return the PID in ``explain-PID-1.jsonl``; 0 for a name of another form."""
    prefix, _, rest = name.partition("-")
    number = rest.partition("-")[0]
    return int(number) if prefix == "explain" and number.isdecimal() and len(number) < 12 else 0
