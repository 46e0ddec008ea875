"""Twenty pull requests in a row in a real git repository: leaks come, grow, move, are accepted and fixed.

The readings are recorded, so nothing is measured; the judging, the results file, the commands and git are real.
"""

import html
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from leakgate.cli.app import app
from leakgate.model.report import GateReport
from leakgate.report.formats import ReportFormat
from leakgate.report.next_commands import accept_command
from leakgate.report.reporters import render
from leakgate.report.style import Style
from tests.helpers.recorded_gate import RUNNER, Behaviour, Leaky, RecordedGate, result_of, verdicts

OLD, NEW = "cpython-3.11-linux-x86_64", "cpython-3.12-linux-x86_64"
CALM = Behaviour()
STORE = Leaky("store.py:remember", 100)


@dataclass
class Story:
    """The repository, and the change of each pull request."""

    gate: RecordedGate
    merged: int = 0

    def pull_request(self, verdict: str, worker: Behaviour, *, name: str = "worker", **more: Any) -> GateReport:
        """Run the gate on a pull request, and compare the verdict on its script."""
        report = self.gate.run(**{name: worker, "api": more.pop("api", CALM)}, **more)
        assert verdicts(report)[name] == verdict, result_of(report, name).reason
        self.check_comment(report, verdict, name)
        return report

    def check_comment(self, report: GateReport, verdict: str, name: str) -> None:
        """Check what the reviewer sees: the verdict, and for a failure its place and the command that accepts it."""
        text = self.comment(report)
        fails = verdict in ("leak", "regression")
        assert text.startswith("### \u274c" if fails else "### \u2705"), text
        if fails:
            assert f"leakgate baseline update -c services/shop/leakgate.yaml {name}" in text
            leak = result_of(report, name).leaks[0]
            place = f"services/shop/{leak.place.file.removeprefix(RUNNER)[1:]}:12"
            assert place in text.splitlines()[2], "what is new is told first, although a known leak may grow faster"
            assert leak.known == (verdict == "regression")

    def comment(self, report: GateReport) -> str:
        return html.unescape(render(ReportFormat.MARKDOWN, report, Style(source_root="/github/workspace")))

    def accept(self, *words: str, status: int = 0) -> str:
        """Run ``leakgate baseline update ... --from results.json`` on a laptop, and return its output."""
        return self.command("baseline", "update", *words, f"--from={self.gate.results}", status=status)

    def command(self, *words: str, status: int = 0) -> str:
        done = CliRunner().invoke(app, [*words, *self.config(words)])
        assert done.exit_code == status, done.output
        return done.output

    def config(self, words: tuple[str, ...]) -> list[str]:
        return [] if "-c" in words else ["-c", str(self.gate.project / "leakgate.yaml")]

    def merge(self, subject: str) -> None:
        self.merged += 1
        self.gate.repository.commit({}, f"#{self.merged} {subject}")

    def entry(self, script: str, key: str = OLD) -> Any:
        return json.loads(self.gate.baseline)["environments"].get(key, {}).get(script)

    def leaks(self, script: str, key: str = OLD) -> dict[str, str]:
        """Place to rate."""
        return {leak["where"]: leak["rate"] for leak in self.entry(script, key)["leaks"].values()}


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    gate = RecordedGate(tmp_path / "laptop")
    gate.write_config("worker", "api")
    monkeypatch.chdir(tmp_path)
    story = Story(gate)
    story.merge("a project")
    return story


def test_twenty_pull_requests_in_a_row(story: Story) -> None:  # noqa: PLR0915 - one story, in its order
    # 1. The first baseline: everything is healthy.
    story.pull_request("ok", CALM)
    story.accept()
    assert sorted(json.loads(story.gate.baseline)["environments"][OLD]) == ["api", "worker"]
    story.merge("a baseline")

    # 2. A leak comes, and is fixed before it is merged.
    story.pull_request("leak", Behaviour((Leaky("cache.py:put", 300),)))
    story.pull_request("ok", CALM)
    story.merge("a cache with a limit")

    # 3. A leak comes, and is accepted by its signature, with a reason. The paths are the runner's, made relative.
    report = story.pull_request("leak", Behaviour((STORE,)))
    worker = result_of(report, "worker")
    assert accept_command(report, worker, "/github/workspace").startswith("leakgate baseline update -c services/shop/")
    story.accept("worker", f"--leak={worker.leaks[0].signature}", "--reason=bounded by tenants", "--owner=shop team")
    assert story.leaks("worker") == {"store.py:remember": "100 KB/s"}
    assert story.entry("worker")["peak"] == "30 MB", "the peak was not named, so it stays"
    assert "bounded by tenants" in story.gate.baseline
    report = story.pull_request("known", Behaviour((STORE,)))
    assert result_of(report, "worker").reason.endswith("no worse; accepted: bounded by tenants (shop team)")
    assert "; accepted: bounded by tenants (shop team) |" in story.comment(report)
    story.merge("remember tenants")

    # 4. A second leak in the same script is new, whatever is known of the first one. Only that one is accepted.
    note = Leaky("log.py:note", 60)
    report = story.pull_request("leak", Behaviour((STORE, note)))
    assert [(leak.site.blamed.function, leak.known) for leak in result_of(report, "worker").leaks] == [
        ("note", False),
        ("remember", True),
    ], "what is new comes first, although it grows more slowly"
    assert "also +100 KB/s, 62 %, at <code>services/shop/store.py:12</code>: known" in story.comment(report)
    signature = result_of(report, "worker").leaks[0].signature
    story.accept("worker", f"--leak={signature[:6]}")
    assert story.leaks("worker") == {"log.py:note": "60 KB/s", "store.py:remember": "100 KB/s"}
    story.pull_request("known", Behaviour((STORE, note)))
    story.merge("note requests")

    # 5. The second one is fixed: the gate passes, and invites to tighten.
    report = story.pull_request("known", Behaviour((STORE,)))
    assert "the accepted leak got smaller, from +160 KB/s to +100 KB/s" in result_of(report, "worker").invitations[0]
    story.accept("worker", "--accept=better,gone")
    assert story.leaks("worker") == {"store.py:remember": "100 KB/s"}
    story.merge("forget requests")

    # 6. The first one grows: a regression. It is accepted on purpose, and only then.
    faster = Leaky("store.py:remember", 180)
    story.pull_request("regression", Behaviour((faster,)))
    story.accept("worker", "--accept=better")
    story.pull_request("regression", Behaviour((faster,)))
    story.accept("worker", "--reason=more per tenant")
    assert "more per tenant" in story.gate.baseline
    story.pull_request("known", Behaviour((faster,)))
    story.merge("remember more")

    # 7. Growth within tolerance passes, and recording it changes nothing.
    before = story.gate.baseline
    story.pull_request("known", Behaviour((Leaky("store.py:remember", 210),)))
    assert "is up to date" in story.accept("worker")
    assert story.gate.baseline == before
    story.merge("a little more")

    # 8. The function is renamed; 9. its file is moved. The leak stays known, and its reason goes with it.
    for place in ("store.py:keep", "memory/tenants.py:keep"):
        report = story.pull_request("known", Behaviour((Leaky(place, 180),)))
        assert any(
            "is treated as the one that was accepted" in text for text in result_of(report, "worker").invitations
        )
        story.accept("worker")
        assert (list(story.leaks("worker")), "more per tenant" in story.gate.baseline) == ([place], True)
        story.merge(f"move to {place}")
    kept = Leaky("memory/tenants.py:keep", 180)

    # 10. In its place another leak of another rate: not known.
    story.pull_request("leak", Behaviour((Leaky("memory/tenants.py:index", 20),)))
    story.merge("no index")

    # 11. A new Python: known by the entry of the old one. 12. It gets an entry of its own; the old one stays.
    report = story.pull_request("known", Behaviour((kept,)), python="3.12.1")
    assert f"the entry for {OLD} is used" in result_of(report, "worker").invitations[0]
    old = story.entry("worker")
    story.merge("try Python 3.12")
    story.accept()
    assert (story.entry("worker"), list(story.leaks("worker", NEW))) == (old, ["memory/tenants.py:keep"])
    assert story.entry("worker", NEW)["leaks"].popitem()[1]["reason"] == "more per tenant"
    story.merge("accept Python 3.12")

    # 13. The script is renamed: known by its earlier name. 14. The entry moves, with its reason.
    story.gate.write_config("consumer", "api")
    report = story.pull_request("known", Behaviour((kept,)), name="consumer")
    assert "the entry of `worker` is used" in result_of(report, "consumer").invitations[0]
    story.merge("call it consumer")
    story.accept("consumer")
    assert (story.entry("worker"), story.entry("consumer")["leaks"]) == (None, old["leaks"])
    story.merge("rename the entry")

    # 15. The leak gets smaller. 16. The baseline is tightened, and the old rate is a regression from then on.
    report = story.pull_request("known", Behaviour((Leaky(kept.place, 70),)), name="consumer")
    assert "the accepted leak got smaller" in result_of(report, "consumer").invitations[0]
    story.merge("remember less")
    story.accept("consumer", "--accept=better")
    story.pull_request("regression", Behaviour((kept,)), name="consumer")
    story.merge("tighten")

    # 17. It is fixed, and the entry goes. 18. The same leak comes back: it is a leak again.
    report = story.pull_request("ok", CALM, name="consumer")
    assert "that is gone" in result_of(report, "consumer").invitations[0]
    story.accept("consumer")
    assert story.leaks("consumer") == {}
    story.merge("fix it")
    story.pull_request("leak", Behaviour((kept,)), name="consumer")
    story.merge("not again")

    # 19. Two pull requests accept a leak each; the second one to be merged has a conflict.
    _two_branches(story)

    # 20. The peak of another script rises by a quarter in each of eight pull requests.
    _small_steps(story)


def _two_branches(story: Story) -> None:
    first, second = Leaky("one.py:f", 100), Leaky("two.py:g", 50)
    repository = story.gate.repository
    for branch, leak in (("first", first), ("second", second)):
        repository.git("switch", "-q", "-c", branch, "main")
        story.pull_request("leak", Behaviour((leak,)), name="consumer")
        story.accept("consumer", f"--reason=for {branch}")
        story.merge(f"accept a leak of {branch}")
    repository.git("switch", "-q", "main")
    repository.git("merge", "-q", "--no-edit", "first")
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("merge", "-q", "--no-edit", "second")
    assert "leakgate baseline resolve" in story.command("baseline", "show", status=2)
    assert "nothing was measured" in story.command("baseline", "resolve")
    story.merge("merge the second branch")
    assert story.leaks("consumer") == {"one.py:f": "100 KB/s", "two.py:g": "50 KB/s"}
    assert ("for first" in story.gate.baseline, "for second" in story.gate.baseline) == (True, True)
    story.pull_request("known", Behaviour((first, second)), name="consumer")
    story.pull_request("regression", Behaviour((Leaky("one.py:f", 200), second)), name="consumer")
    assert "has no merge conflict" in story.command("baseline", "resolve", status=2)


def _small_steps(story: Story) -> None:
    told, failed = "", []
    for step in range(1, 9):
        megabytes = 30.0 * 1.25**step
        report = story.gate.run(api=Behaviour(resting_mb=megabytes), consumer=CALM)
        failed.append(verdicts(report)["api"] == "regression")
        told = story.accept("api", "--reason=a larger model")
        story.merge(f"step {step}")
    assert failed == [False, True, False, True, False, True, False, True]
    assert "drift: api: the accepted peak rose 4 times" in told
    assert "from 30 MB to 180 MB" in told
    history = story.command("baseline", "show", "--history", "api")
    first = next(line for line in history.splitlines() if "peak" in line and "->" in line)
    assert first.endswith("30 MB -> 47 MB")
    assert "Ada: #" in history
