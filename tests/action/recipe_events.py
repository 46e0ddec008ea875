"""Input for the recipes of the documentation: scripts that cannot start, and the events of GitHub."""

from typing import Any, Final

from tests.action.runner import Project

SHA: Final = "c" * 40
PULL_REQUEST: Final[dict[str, Any]] = {
    "pull_request": {"number": 7, "head": {"sha": SHA, "repo": {"full_name": "mallory/app"}}}
}


def with_broken_scripts(project: Project) -> None:
    for folder in (".", "services/api", "services/worker"):
        for name in ("one", "two"):
            project.write(f"{folder}/{name}.py", "raise SystemExit('no database')\n")
        project.write(f"{folder}/leakgate.yaml", "version: 1\nscripts: [{path: one.py}, {path: two.py}]\n")
