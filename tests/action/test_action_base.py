"""The recipe that measures the base of a pull request beside it, on real git histories."""

import re

import pytest

from tests.action.fake_github import FakeGithub
from tests.action.recipe_events import PULL_REQUEST
from tests.action.recipes import recipes
from tests.action.runner import ROOT, Project

LEAKS = (ROOT / "tests" / "scripts" / "action" / "leaking.py").read_text("utf-8")
CONFIG = "version: 1\ndefaults: {duration: 12s}\nscripts:\n  - {path: old.py}\n"


def as_pull_request(project: Project, base: dict[str, str], head: dict[str, str]) -> None:
    """Check out what GitHub checks out for a pull request: its merge into the base."""
    for name, text in base.items():
        project.write(name, text)
    project.commit()
    project.git("checkout", "--quiet", "-b", "change")
    for name, text in head.items():
        project.write(name, text)
    project.commit()
    project.git("checkout", "--quiet", "main")
    project.git("merge", "--quiet", "--no-ff", "--message=merge", "change")


def test_base_of_the_pull_request_is_measured_beside_it(project: Project, github: FakeGithub) -> None:
    """Leaks of the base are known, and leaks that the pull request adds are new.

    A script that the base lacks is judged alone.
    """
    head = {"fresh.py": LEAKS.replace("SESSIONS", "OTHERS"), "leakgate.yaml": CONFIG + "  - {path: fresh.py}\n"}
    as_pull_request(project, {"old.py": LEAKS, "leakgate.yaml": CONFIG}, head)
    run = project.run(recipes()["merge-base"], event="pull_request", payload=PULL_REQUEST, github=github, commit=False)
    assert (run.status, run.outputs()["verdict"], run.outputs()["leaks"]) == (1, "fail", "1")
    (body,) = github.bodies()
    rows = dict(re.findall(r"^\| \S+ \| <code>(\w+)</code> \| ([\w, ]+) \|", body, re.MULTILINE))
    assert rows == {"fresh": "leak, new", "old": "known"}
    assert "compared with the base run" in body
    assert [one.properties["file"] for one in run.annotations("error")] == ["fresh.py"]


@pytest.mark.parametrize("case", ["without history", "base without a config"])
def test_without_a_base_the_pull_request_is_judged_on_its_own(project: Project, github: FakeGithub, case: str) -> None:
    head = {"old.py": "raise SystemExit('no database')\n", "leakgate.yaml": CONFIG}
    as_pull_request(project, {"README": ""}, head)
    if case == "without history":
        shallow = project.folder.with_name("shallow")
        project.git("clone", "--quiet", "--depth=1", project.folder.as_uri(), str(shallow))
        project.folder = shallow
    run = project.run(recipes()["merge-base"], event="pull_request", payload=PULL_REQUEST, github=github, commit=False)
    assert (run.status, run.outputs()["verdict"], run.outputs()["exit-code"]) == (1, "error", "3")
    assert "no baseline yet" in github.bodies()[0]
    assert ("invalid reference" in run.log) == (case == "without history")
