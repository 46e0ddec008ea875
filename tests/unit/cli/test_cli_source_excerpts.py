"""Lines of source for a report: bounded, and only of Python files below the repository."""

from dataclasses import replace
from pathlib import Path

import pytest

from leakgate.archive.forms.results_form import load_results
from leakgate.cli.reports import write_files
from leakgate.cli.source_excerpts import LARGEST_SOURCE_BYTES, read_excerpts
from leakgate.cli.wanted_reports import Wanted
from leakgate.model.explanation import Frame
from leakgate.model.report import GateReport
from leakgate.report.formats import ReportFormat
from tests.helpers.report_leaks import CACHE_LEAK, CACHE_SITE
from tests.helpers.reports import gate, leaky_python

SOURCE = "class Api:\n    def login(self):\n        items = []\n        items.append(1)\n        return items\n"


def report_of(frame: Frame) -> GateReport:
    site = replace(CACHE_SITE, frames=(frame,), blame=0)
    return gate(leaky_python(leaks=(replace(CACHE_LEAK, site=site, holder=None),)))


def written(folder: Path, name: str = "shop/api.py", text: str = SOURCE) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_line_is_shown_between_its_neighbours(tmp_path: Path) -> None:
    frame = Frame(str(written(tmp_path)), 3, "Api.login")
    (excerpt,) = read_excerpts(report_of(frame), tmp_path)

    assert (excerpt.file, excerpt.line, excerpt.first) == (frame.file, 3, 2)
    assert excerpt.lines == ("def login(self):", "    items = []", "    items.append(1)")


def test_the_first_line_has_no_line_before_it(tmp_path: Path) -> None:
    frame = Frame(str(written(tmp_path)), 1, "")
    assert read_excerpts(report_of(frame), tmp_path)[0].first == 1


def test_a_report_that_was_made_elsewhere_finds_its_files_from_the_project(tmp_path: Path) -> None:
    written(tmp_path)
    frame = Frame("/home/ada/shop/shop/api.py", 3, "Api.login")
    assert [one.file for one in read_excerpts(report_of(frame), tmp_path)] == [frame.file]


def test_the_lines_go_with_the_results_to_another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If one job measures and another one reports, the second job has no checkout."""
    runner, other = tmp_path / "runner", tmp_path / "other"
    frame = Frame(str(written(runner)), 3, "Api.login")
    other.mkdir()
    monkeypatch.chdir(runner)
    assert write_files(report_of(frame), Wanted(paths={ReportFormat.JSON: "results.json"})) == ()
    loaded = load_results((runner / "results.json").read_text("utf-8"))
    (runner / "shop/api.py").unlink()
    monkeypatch.chdir(other)
    assert write_files(loaded, Wanted(paths={ReportFormat.HTML: "page.html"})) == ()

    assert "items.append(1)" in (other / "page.html").read_text("utf-8")
    assert [excerpt.file for excerpt in loaded.excerpts] == [frame.file]


@pytest.mark.parametrize(
    ("name", "line", "function"),
    [
        ("shop/api.py", 3, "Api.logout"),  # the file has changed since
        ("shop/api.py", 99, "Api.login"),
        ("shop/api.cfg", 3, ""),
        (".git/hooks/api.py", 3, ""),
        ("../beside/api.py", 3, ""),
        ("leads_out.py", 3, ""),
        ("large.py", 1, ""),
        ("missing.py", 1, ""),
        ("bad\0name.py", 1, ""),
    ],
)
def test_nothing_else_is_read(tmp_path: Path, name: str, line: int, function: str) -> None:
    root = tmp_path / "repository"
    for file in ("shop/api.py", "shop/api.cfg", ".git/hooks/api.py", "../beside/api.py"):
        written(root, file)
    (root / "leads_out.py").symlink_to(tmp_path / "beside" / "api.py")
    written(root, "large.py", "#" * (LARGEST_SOURCE_BYTES + 1))
    frame = Frame(f"{root}/{name}", line, function)

    assert read_excerpts(report_of(frame), root) == ()
