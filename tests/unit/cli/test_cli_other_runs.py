"""Results of other runs that a run uses, for comparison or to balance shards."""

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leakgate.archive.forms.results_form import dump_results, load_results
from leakgate.cli.app import app
from leakgate.cli.earlier_runs import earlier_durations, other_run
from tests.helpers.reports import gate, leaky_python


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "script.py").write_text("open('ran', 'w')\n", "utf-8")
    (tmp_path / "leakgate.yaml").write_text("version: 1\nscripts: [{path: script.py}]\n", "utf-8")
    (tmp_path / "bytes.json").write_bytes(b"\xff")
    if sys.platform != "win32":
        (tmp_path / "link.json").symlink_to(tmp_path / "leakgate.yaml")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("option", ["--compare-with", "--durations"])
@pytest.mark.parametrize("given", ["missing.json", "leakgate.yaml", "bytes.json", "link.json"])
def test_what_is_no_results_is_refused_before_anything_is_run(option: str, given: str) -> None:
    done = CliRunner().invoke(app, ["run", "--shard=1/1", f"{option}={given}"])
    assert done.exit_code == 2
    assert given in done.output
    assert not Path("ran").exists()


def test_another_run_may_be_a_file_or_the_folder_of_an_artifact(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(dump_results(gate(leaky_python())), "utf-8")
    for given in (tmp_path, tmp_path / "results.json"):
        assert [name for _, name, _ in other_run(given, "/elsewhere").baseline.rows()] == ["worker"]
        assert set(earlier_durations(given)) == {"worker"}


def test_without_another_run_there_is_nothing() -> None:
    assert other_run(None, "/elsewhere").baseline.rows() == ()
    assert earlier_durations(None) == {}


def test_a_run_tells_in_which_folder_it_was_made_however_its_config_was_named(tmp_path: Path) -> None:
    CliRunner().invoke(app, ["run", "--json=run.json"])
    report = load_results(Path("run.json").read_text("utf-8"))
    assert (report.about.config_path, report.about.root) == ("leakgate.yaml", str(tmp_path))
