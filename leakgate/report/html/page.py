"""The whole page: head with security policy, verdict, table, one part per script, footer; bounded in size."""

from typing import Final

from leakgate.model.report import GateReport
from leakgate.report.html.assets import policy, script, style_sheet
from leakgate.report.html.banner import banner
from leakgate.report.html.chart import patterns
from leakgate.report.html.markup import NOTHING, Html, join, tag
from leakgate.report.html.overview import table
from leakgate.report.html.section import Shown, section
from leakgate.report.number_words import plural
from leakgate.report.places import Places
from leakgate.report.script_order import worst_first
from leakgate.report.style import Style

MOST_POINTS: Final = 600
"""The largest number of readings per line: one for every second pixel of a wide screen."""
_ALL_POINTS: Final = 72_000
_FEWEST_POINTS: Final = 120
LARGEST_SECTIONS: Final = 6_000_000
"""The largest number of characters of all scripts' parts together; beyond it, the least severe scripts are left out."""
_OPENED: Final = 5


def render(report: GateReport, style: Style) -> str:
    """Return one self-contained HTML file: it opens offline, sends no request, and shows untrusted text as text.

    The style is not used: the browser chooses width and colours.
    """
    del style
    title = f"leakgate: {report.verdict}, {plural(len(report.results), 'script')}"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy()),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("link", rel="icon", href="data:,"),
        tag("title", title),
        style_sheet(),
    )
    body = tag(
        "body",
        tag("a", "Skip to the scripts", href="#scripts", class_="skip"),
        tag(
            "div",
            _top(),
            tag(
                "main",
                banner(report, worst_first(report)),
                _notes(report),
                table(report),
                _sections(report),
            ),
            _footer(report),
            class_="wrap",
        ),
        patterns(),
        script(),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en').source}\n"


def _top() -> Html:
    brand = tag("div", "leakgate", tag("span", " memory report"), class_="brand")
    toggle = tag("button", "Dark colours", type="button", id="theme", class_="button theme", hidden=True)
    return tag("header", brand, toggle, class_="top")


def _notes(report: GateReport) -> Html:
    if not report.remarks:
        return NOTHING
    return tag("ul", *(tag("li", note) for note in report.remarks), class_="notes plain-list", aria_label="Notes")


def _sections(report: GateReport) -> Html:
    """Return the parts of the scripts, worst first, until the page is full, and the number of those left out."""
    ranked = worst_first(report)
    if not ranked:
        return NOTHING
    points = max(_FEWEST_POINTS, min(MOST_POINTS, _ALL_POINTS // len(ranked)))
    parts: list[Html] = []
    used = 0
    for at, result in enumerate(ranked):
        opened = at < _OPENED and not result.passed
        shown = Shown(number=at + 1, opened=opened or len(ranked) == 1, points=points)
        part = section(result, report, shown)
        if used + len(part) > LARGEST_SECTIONS:
            break
        used += len(part)
        parts.append(part)
    left_out = len(ranked) - len(parts)
    if left_out:
        parts.append(
            tag("p", f"In the table and in results.json only: {plural(left_out, 'less severe script')}.", class_="soft")
        )
    return tag("section", tag("h2", "Details", id="details"), *parts, aria_labelledby="details")


def _footer(report: GateReport) -> Html:
    versions = sorted({result.measurement.environment.leakgate for result in report.results})
    baseline = Places((report.about.root,)).relative(report.about.baseline_path) or report.about.baseline_path
    facts = (
        ("leakgate", ", ".join(versions)),
        ("Config", report.about.config_path),
        (
            "Baseline",
            f"{baseline} ({report.about.baseline_state or ''})" if baseline else report.about.baseline_state or "",
        ),
        ("Fails on", ", ".join(sorted(report.about.fail_on)) or "nothing (advisory)"),
        ("Exit code", str(int(report.exit_code))),
        ("Shard", str(report.about.shard or "")),
        ("Command", report.about.command),
    )
    rows = (join((tag("dt", name), tag("dd", value))) for name, value in facts if value)
    return tag("footer", tag("dl", *rows, class_="facts"))
