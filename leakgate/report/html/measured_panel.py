"""How a script was measured: its command, environment, notes and processes."""

from typing import Final

from leakgate.growth.roles import role_labels
from leakgate.model.evidence import NO_PYTHON, EndReason, ProcessTrack, TrialFailed
from leakgate.model.report import TargetResult
from leakgate.model.units import format_duration
from leakgate.report.html.blocks import head_cell, part, table
from leakgate.report.html.markup import NOTHING, Html, join, tag
from leakgate.report.places import Places
from leakgate.targets.kind import command_line

_SHOWN_PROCESSES: Final = 20
_ENDINGS: Final[dict[EndReason, str]] = {
    EndReason.DURATION: "ended at the end of its duration",
    EndReason.EARLY: "ended early, because the answer was clear",
    EndReason.EXITED: "ended by itself",
    EndReason.INTERRUPTED: "interrupted",
}


def how_measured(result: TargetResult, places: Places) -> Html:
    """Return the command, the environment, the notes and the processes of a script."""
    target, trial = result.target, result.measurement.trial
    script = " ".join(places.path(word) for word in command_line(target))
    facts: list[tuple[str, Html | str]] = [
        ("Script", tag("code", script)),
        ("Watched", _watched(result)),
        ("Where", _where(result)),
        ("Started", result.measurement.started_at),
    ]
    notes = _notes(result)
    parts = [
        tag("dl", *(cell for name, value in facts for cell in (tag("dt", name), tag("dd", value))), class_="facts"),
        tag("ul", *(tag("li", note) for note in notes), class_="plain-list") if notes else NOTHING,
        _processes(trial.processes) if len(trial.processes) > 1 else NOTHING,
    ]
    return part("How it was measured", *parts)


def _watched(result: TargetResult) -> str:
    trial = result.measurement.trial
    if isinstance(trial, TrialFailed):
        return f"{format_duration(trial.at_s)}, then it failed"
    longer = ", longer than its duration because the answer was not clear" if trial.extended else ""
    watched, warm = format_duration(trial.watched_s), format_duration(result.warmup_s)
    return f"{watched}{longer}, the first {warm} as warm-up; {_ENDINGS[trial.ending.reason]}"


def _where(result: TargetResult) -> str:
    env = result.measurement.environment
    if env.implementation == NO_PYTHON:
        return env.title
    return f"{env.implementation} {env.python}, {env.os} {env.machine}{f', {env.malloc}' if env.malloc else ''}"


def _notes(result: TargetResult) -> list[str]:
    trial = result.measurement.trial
    if isinstance(trial, TrialFailed):
        return []
    notes = list(trial.notes)
    if trial.explanation:
        window, pause = format_duration(trial.explanation.window_s), format_duration(trial.explanation.longest_pause_s)
        notes += [f"Allocations were traced for {window}; the longest pause was {pause}.", *trial.explanation.notes]
    return notes


def _processes(processes: tuple[ProcessTrack, ...]) -> Html:
    rows = (
        tag(
            "tr",
            tag("td", str(process.pid), class_="num"),
            tag("td", label),
            tag("td", tag("code", process.command)),
            tag("td", f"{format_duration(process.first_s)} to {format_duration(process.last_s)}", class_="num"),
            tag("td", "yes" if process.probed else "from outside only"),
        )
        for process, label in list(zip(processes, role_labels(processes), strict=True))[:_SHOWN_PROCESSES]
    )
    head = (
        head_cell("PID", "num"),
        head_cell("Role"),
        head_cell("Command"),
        head_cell("Seen", "num"),
        head_cell("Counters read"),
    )
    rest = len(processes) - _SHOWN_PROCESSES
    more = [tag("p", f"{rest:,} more in results.json.", class_="soft")] if rest > 0 else []
    return join((table(head, rows, "Processes"), *more))
