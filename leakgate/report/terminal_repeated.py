"""The table of a terminal report in which every script was repeated: counts of tests in place of growth per second."""

from typing import Final

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from leakgate.model.entry import CallEntry, TestsEntry
from leakgate.model.repeated import TestAnswer
from leakgate.model.report import GateReport, TargetResult
from leakgate.report.escape import one_line, terminal_text
from leakgate.report.script_order import blocks_gate
from leakgate.report.script_words import status, took
from leakgate.report.terminal_theme import Glyphs, mark, verdict_style

_LONGEST_NAME: Final = 32
_FIGURES: Final = 62
"""Cells for the columns beside the name."""
_GROWS: Final = (TestAnswer.LEAK, TestAnswer.OVER_BUDGET, TestAnswer.REGRESSION, TestAnswer.KNOWN)
_UNDECIDED: Final = (TestAnswer.INCONCLUSIVE, TestAnswer.TOO_SLOW, TestAnswer.NOT_REPEATABLE)


def is_repeated(result: TargetResult) -> bool:
    """Whether the script is a suite, a callable or a script whose repetitions were judged."""
    return bool(result.tests) or isinstance(result.target.entry, CallEntry | TestsEntry)


def repeated_table(report: GateReport, width: int, glyphs: Glyphs) -> Table:
    """Return one row per script: how many tests or callables it has, how many grow or are undecided, and the calls."""
    longest = max(cell_len(one_line(result.target.name, _LONGEST_NAME)) for result in report.results)
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim", show_edge=False)
    table.add_column("", width=1)
    table.add_column("script", width=max(6, min(longest, width - _FIGURES)), no_wrap=True, overflow="ellipsis")
    table.add_column("verdict", width=12, no_wrap=True)
    for title in ("tests", "grow", "undecided", "calls", "time"):
        table.add_column(title, min_width=6, justify="right", no_wrap=True)
    for result in report.results:
        answers = [test.answer for test in result.tests]
        counts = (
            len(answers),
            sum(answer in _GROWS for answer in answers),
            sum(answer in _UNDECIDED for answer in answers),
            sum(test.repetitions for test in result.tests),
        )
        table.add_row(
            mark(report, result, glyphs),
            terminal_text(result.target.name, "bold" if blocks_gate(report, result) else "", _LONGEST_NAME),
            Text(status(result), verdict_style(report, result)),
            *(Text(f"{count:,}", "" if count else "dim") for count in counts),
            Text(took(result), "dim"),
        )
    return table
