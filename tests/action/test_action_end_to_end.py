"""The two steps that measure and report, one after the other, without a workflow, which would only repeat this."""

import json
import re
import sys
from pathlib import Path

import pytest

from leakgate.archive.forms.results_form import dump_results
from tests.action import step
from tests.action.fake_github import FakeGithub
from tests.action.recipe_events import PULL_REQUEST
from tests.helpers.reports import sample_report

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a name with a line break, and bash")

MOST_LINES = 50
"""Lines that a reader of the log sees without unfolding a group."""


def reported(files: step.Files, github: FakeGithub, **inputs: str) -> str:
    """Measure and report, and return the log of both steps. The outputs are those of the report."""
    log = step.run("measure", files, files.environment() | step.variables_of("measure", **inputs))
    given = {
        "LEAKGATE_MEASURED": "success",
        "LEAKGATE_COMMENT": "always",
        "LEAKGATE_GITHUB_TOKEN": github.token,
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_API_URL": github.api_url,
    }
    return log + step.report(files, files.outputs(), PULL_REQUEST, **given)


def test_names_with_line_breaks_and_commands_forge_nothing_and_the_log_is_short(
    tmp_path: Path, github: FakeGithub
) -> None:
    files = step.Files(folder=tmp_path)
    files.environment()
    names = ("a\n::error::forged.py", "b\u202e\n##[error]forged|`x`.py")
    for name in names:
        path = files.workspace / "folder\n::set-output name=verdict::pass" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("print('::stop-commands::x\\n::error::forged')\nraise SystemExit(7)\n", "utf-8")
    paths = [str(path.relative_to(files.workspace)) for path in sorted(files.workspace.rglob("*.py"))]
    scripts = [{"name": name, "path": path} for name, path in zip(("one", "two"), paths, strict=True)]
    (files.workspace / "leakgate.yaml").write_text(json.dumps({"version": 1, "scripts": scripts}), "utf-8")

    log = reported(files, github)

    assert (files.outputs()["verdict"], files.outputs()["exit-code"]) == ("error", "3")
    obeyed = lines_that_the_runner_obeys(log)
    errors = [line for line in obeyed if line.startswith("::error ")]
    assert len(errors) == 2
    for line in errors:
        assert "file=folder%0A" in line
    assert all(re.match(r"::(error |group::|endgroup::|stop-commands::|[0-9a-f]{32}::)", line) for line in obeyed), (
        obeyed
    )
    (body,) = github.bodies()
    assert "\u202e" not in body + log
    assert not [line for line in log.splitlines() if "##[" in line and not line.startswith("::error ")]
    assert not [line for line in body.splitlines() if line.startswith("::")]
    assert len(outside_of_groups(log)) < MOST_LINES


def lines_that_the_runner_obeys(log: str) -> list[str]:
    """Commands at the start of a line, except those between ``stop-commands`` and its token."""
    obeyed, token = [], ""
    for line in log.splitlines():
        if token:
            if line.strip() == f"::{token}::":
                token = ""
                obeyed.append(line.strip())
        elif re.match(r"\s*::[\w-]+( [^:]*)?::", line):
            obeyed.append(line.strip())
            token = line.strip().removeprefix("::stop-commands::") if "stop-commands" in line else ""
    return obeyed


def outside_of_groups(log: str) -> list[str]:
    seen, folded = [], False
    for line in log.splitlines():
        folded = folded or line.startswith("::group::")
        if not folded:
            seen.append(line)
        folded = folded and not line.startswith("::endgroup::")
    return seen


@pytest.mark.parametrize(
    ("kind", "verdict", "code"), [("inconclusive", "pass", "0"), ("inconclusive-fails", "fail", "1")]
)
def test_a_script_that_is_too_noisy_to_judge_is_said_to_be_so(
    tmp_path: Path, github: FakeGithub, kind: str, verdict: str, code: str
) -> None:
    """The results are recorded, because the noise of a real program depends on the machine."""
    files = step.Files(folder=tmp_path)
    files.environment()
    given = files.workspace / "results.json"
    given.write_text(dump_results(sample_report(kind)), "utf-8")
    log = reported(files, github, LEAKGATE_RESULTS="results.json")
    assert (files.outputs()["verdict"], files.outputs()["exit-code"]) == (verdict, code)
    (body,) = github.bodies()
    assert "inconclusive" in body
    assert "batch" in body
    assert "batch" in log
