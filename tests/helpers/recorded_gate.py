"""A project in a git repository whose gate uses recorded readings: the report of a runner, without measuring."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from leakgate.archive.forms.results_form import dump_results
from leakgate.cli.requested_run import policy_of
from leakgate.config.load_config import load_config
from leakgate.model.entry import ScriptEntry
from leakgate.model.evidence import Environment, Measurement
from leakgate.model.explanation import Explanation, Frame, GrowthSite
from leakgate.model.report import Circumstances, GateReport, TargetResult
from leakgate.model.target import TargetSpec
from leakgate.verdict.script import judge_session
from leakgate.verdict.whole_run import conclude, joint_state
from tests.helpers.git_repository import GitRepository
from tests.helpers.trials import KB, MB, flat, linear, trial_from

FOLDER: Final = "services/shop"
RUNNER: Final = f"/home/runner/work/mono/mono/{FOLDER}"
"""The folder of the project on the runner; the repository of the test is on the laptop."""
BASELINE: Final = f"{FOLDER}/leakgate-baseline.json"
WATCHED_S: Final = 30.0


@dataclass(frozen=True)
class Leaky:
    """One place that leaks."""

    place: str
    """``store.py:remember``."""
    kb_per_s: float


@dataclass(frozen=True)
class Behaviour:
    """The behaviour of one script."""

    leaks: tuple[Leaky, ...] = ()
    resting_mb: float = 30.0
    """Resident memory at the start."""


class RecordedGate:
    """A repository with a project in a folder of it, and the gate of its pull requests."""

    def __init__(self, folder: Path, inside: str = FOLDER) -> None:
        self.repository = GitRepository(folder)
        self.inside = inside
        self.project = folder / inside
        self.results = folder.parent / "results.json"

    def write_config(self, *names: str) -> None:
        """A config with these scripts."""
        self.project.mkdir(parents=True, exist_ok=True)
        scripts = ", ".join(f"{{name: {name}, path: {name}.py}}" for name in names)
        for name in names:
            (self.project / f"{name}.py").write_text("pass\n", encoding="utf-8")
        (self.project / "leakgate.yaml").write_text(f"version: 1\nscripts: [{scripts}]\n", encoding="utf-8")

    def run(self, python: str = "3.11.7", root: str = RUNNER, **scripts: Behaviour) -> GateReport:
        """Return the runner's report on these scripts, and write it to ``results.json`` outside of the repository."""
        config = load_config(self.project / "leakgate.yaml")
        policy = replace(policy_of(config), root=root)
        sessions = [
            policy.session(_target(name, root), _measurement(behaviour, python, root))
            for name, behaviour in scripts.items()
        ]
        report = conclude(
            tuple(map(judge_session, sessions)),
            Circumstances(
                config_path=f"{root}/leakgate.yaml",
                root=root,
                folder=self.inside,
                baseline_path=f"{root}/leakgate-baseline.json",
                baseline_state=joint_state(sessions),
            ),
        )
        self.results.write_text(dump_results(report), encoding="utf-8")
        return report

    @property
    def baseline(self) -> str:
        """The text of the baseline file."""
        return (self.project / "leakgate-baseline.json").read_text(encoding="utf-8")


def _target(name: str, root: str) -> TargetSpec:
    return TargetSpec(
        name=name, entry=ScriptEntry(path=Path(f"{root}/{name}.py")), python=Path("/usr/bin/python3"), cwd=Path(root)
    )


def _measurement(behaviour: Behaviour, python: str, root: str) -> Measurement:
    total = KB * sum(leak.kb_per_s for leak in behaviour.leaks)
    sites = tuple(_site(leak, leak.kb_per_s * KB / total, root) for leak in behaviour.leaks)
    level = behaviour.resting_mb * MB
    trial = trial_from(
        end_s=WATCHED_S,
        heap=linear(total) if total else flat(),
        native=flat(),
        resident=linear(total, level=level) if total else flat(level),
        explanation=Explanation(window_s=4.0, sites=sites) if sites else None,
    )
    environment = Environment(implementation="cpython", python=python, os="linux", machine="x86_64", leakgate="0.1.0")
    return Measurement(trial=trial, environment=environment, started_at="2026-03-01T12:00:00Z")


def _site(leak: Leaky, share: float, root: str) -> GrowthSite:
    file, _, function = leak.place.partition(":")
    return GrowthSite(
        frames=(Frame(f"{root}\\{file}" if "\\" in root else f"{root}/{file}", 12, function),),
        grew_bytes=round(4 * leak.kb_per_s * KB),
        grew_blocks=40,
        bytes_per_s=leak.kb_per_s * KB,
        share=share,
    )


def verdicts(report: GateReport) -> Mapping[str, str]:
    """Script to verdict."""
    return {result.target.name: result.verdict.value for result in report.results}


def result_of(report: GateReport, name: str) -> TargetResult:
    """The result of one script."""
    return next(result for result in report.results if result.target.name == name)
