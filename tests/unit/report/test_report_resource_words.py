"""Descriptors, threads, tasks and child processes that pile up, in the words of each report."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from leakgate.model.explanation import Frame, ResourceGrowth
from leakgate.model.metrics import Metric
from leakgate.model.origin import Origin
from leakgate.model.report import TargetResult
from leakgate.report.html.page import render as render_html
from leakgate.report.markdown import render as render_markdown
from leakgate.report.resource_words import resource_growth
from leakgate.report.script_order import noteworthy
from leakgate.report.style import Detail, Style
from leakgate.report.terminal import render as render_terminal
from tests.helpers.hostile import HOSTILE_TEXTS
from tests.helpers.report_parts import ROOT
from tests.helpers.reports import gate, healthy

CONNECT = Frame(f"{ROOT}/shop/feed.py", 31, "Feed.connect")
MAIN = Frame(f"{ROOT}/worker.py", 9, "main")
LIBRARY = Frame("/usr/lib/python3.11/socket.py", 232, "socket.__init__", origin=Origin.STDLIB)
SOCKETS = ResourceGrowth(
    metric=Metric.FDS,
    what="socket (AF_INET, SOCK_STREAM)",
    grew_count=12,
    per_min=61.4,
    frames=(LIBRARY, CONNECT, LIBRARY, MAIN),
    blame=1,
)
ALONE = replace(SOCKETS, frames=(CONNECT,), blame=0)
THREADS = ResourceGrowth(metric=Metric.THREADS, what="Peer.run", grew_count=4, per_min=20.0)
NAMELESS = replace(ALONE, frames=(Frame(f"{ROOT}/x.py", 3, ""),))


def piling_up(*resources: ResourceGrowth) -> TargetResult:
    return replace(healthy(), resources=resources)


@pytest.mark.parametrize(
    ("growth", "said"),
    [
        (SOCKETS, "file descriptors +61/min: socket (AF_INET, SOCK_STREAM)"),
        (THREADS, "threads +20/min: running Peer.run"),
        (replace(THREADS, metric=Metric.CHILDREN, what="process"), "child processes +20/min: process"),
        (replace(THREADS, what=""), "threads +20/min"),
    ],
)
def test_in_words(growth: ResourceGrowth, said: str) -> None:
    assert resource_growth(growth) == said


@pytest.mark.parametrize("detail", list(Detail))
def test_the_terminal_says_what_is_made_where(detail: Detail) -> None:
    text = render_terminal(gate(piling_up(SOCKETS, ALONE, THREADS, NAMELESS)), Style(detail=detail))
    if detail is Detail.QUIET:
        assert "piles up" not in text
        return
    assert "what piles up" in text
    assert "file descriptors +61/min: socket (AF_INET, SOCK_STREAM)" in text
    assert "created at   shop/feed.py:31 in Feed.connect" in text
    assert "worker.py:9 in main" in text
    assert "not known" in text
    assert ("socket.py:232" in text) is (detail is Detail.VERBOSE)


def test_a_script_that_passes_is_shown_for_it() -> None:
    assert noteworthy(gate(healthy("a"), replace(piling_up(SOCKETS)))) != ()
    assert noteworthy(gate(healthy("a"))) == ()


def test_markdown_says_it_in_a_list() -> None:
    text = render_markdown(gate(piling_up(SOCKETS, THREADS)), Style())
    assert "What piles up:" in text
    assert "created at: <code>shop/feed&#46;py&#58;31</code> in <code>Feed&#46;connect</code>" in text.replace(
        "&#47;", "/"
    )
    assert "created at: not known" in text


def test_the_page_says_it_with_the_way_there() -> None:
    page = render_html(gate(piling_up(SOCKETS, THREADS, NAMELESS)), Style())
    assert "What piles up" in page
    assert "Traceback, 4 frames" in page
    assert "not known" in page


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_hostile_names_stay_text(text: str) -> None:
    frames = (Frame(f"{ROOT}/{text}", 3, text),)
    report = gate(piling_up(replace(SOCKETS, what=text, frames=frames, blame=0)))
    met: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            del attrs
            met.append(tag)

    Tags().feed(render_html(report, Style()))
    expected: list[str] = list(met)
    met.clear()
    Tags().feed(render_html(gate(piling_up(replace(SOCKETS, what="x", frames=(MAIN,), blame=0))), Style()))
    assert expected == met
    assert "\x1b[" not in render_terminal(report, Style(color=False)).replace("\x1b[0m", "")
    assert "<script>alert" not in render_markdown(report, Style())
