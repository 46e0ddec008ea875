"""Runs workflows for real: nektos/act executes them on this machine, without containers and without a network.

The project under test is a git repository with a copy of the Action in it, as ``uses: ./`` and the checkout need it.
Other actions are replaced by stubs in ``stubs/``: the cache is a folder, artifacts are folders, and setup-python only
prints a line.
"""

import contextlib
import functools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from leakgate.github.starter_workflow import ACTION
from tests.action.fake_github import TOKEN, FakeGithub
from tests.action.job_python import quick_python
from tests.action.locks import alone

ROOT: Final = Path(__file__).parents[2]
STUBS: Final = Path(__file__).with_name("stubs")
ACTION_FILES: Final = ("action.yml", "action", "leakgate", "requirements")
GIT: Final = shutil.which("git") or "git"
PATIENT_PIP: Final = {"PIP_RETRIES": "10", "PIP_DEFAULT_TIMEOUT": "60"}
"""For the few tests that fetch packages: an index may be slow."""
TIMEOUT_S: Final = 900
"""Far more than any run takes, because the machine may be busy."""
TEMPLATES: Final[list[Path]] = []
"""The folder of the repository from which all projects are copied, once a fixture has named it."""


def act_path() -> str | None:
    """Return the path of act: that of this test environment, or that of the machine."""
    own = Path(sys.executable).with_name("act")
    return str(own) if own.exists() else shutil.which("act")


@dataclass(frozen=True)
class Annotation:
    """A message that the runner would show beside a line."""

    level: str
    text: str
    properties: dict[str, str]


@dataclass(frozen=True)
class Run:
    """The result of a workflow run."""

    status: int
    lines: list[dict[str, Any]] = field(repr=False)

    @property
    def log(self) -> str:
        """Everything that a reader of the log would see."""
        return "\n".join(str(line.get("msg", "")) for line in self.lines)

    def annotations(self, level: str) -> list[Annotation]:
        """The messages of one level: error, warning, notice or debug."""
        return [
            Annotation(level, line.get("arg", ""), line.get("kvPairs") or {})
            for line in self.lines
            if line.get("command") == level
        ]

    def outputs(self) -> dict[str, str]:
        """Every output that any step set, by name."""
        return {line["name"]: line["arg"] for line in self.lines if line.get("command") == "set-output"}

    def results(self) -> dict[str, str]:
        """The conclusion of each named step of the workflow."""
        return {line["step"]: line["stepResult"] for line in self.lines if "stepResult" in line and "step" in line}

    def jobs(self) -> dict[str, str]:
        """The conclusion of each job."""
        return {line["job"]: line["jobResult"] for line in self.lines if "jobResult" in line}


class Project:
    """A repository that uses the Action, and a runner for its workflows."""

    def __init__(self, folder: Path, *, cache: Path) -> None:
        self.folder = folder / "app"
        self.home = folder / "home"
        self.cache = cache
        self.artifacts = folder / "artifacts"
        for made in (self.folder, self.home, self.artifacts):
            made.mkdir(parents=True)
        self.path = (
            f"{quick_python(folder / 'job-python', cache.with_name('unpacked'))}{os.pathsep}{os.environ['PATH']}"
        )
        shutil.copytree(template(), self.folder, copy_function=_link, dirs_exist_ok=True)

    def write(self, name: str, text: str) -> Path:
        """Write a file of the repository."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # other projects may have the same file
        path.write_text(text, "utf-8")
        return path

    def run(
        self,
        workflow: str,
        *,
        event: str = "push",
        payload: dict[str, Any] | None = None,
        github: FakeGithub | None = None,
        env: dict[str, str] | None = None,
        offline: bool = False,
        arguments: tuple[str, ...] = (),
        commit: bool = True,
    ) -> Run:
        """Run a workflow to its end, on a new commit of everything, or on the commit that is checked out."""
        act = act_path()
        assert act is not None
        path = self.write(".github/workflows/under-test.yml", workflow)
        if commit:
            self.commit()
        event_path = self.folder.parent / "event.json"
        event_path.write_text(json.dumps(payload or {}), "utf-8")
        api = github.api_url if github else "http://127.0.0.1:9"
        token = github.token if github else TOKEN
        given = {
            "GITHUB_API_URL": api,
            "GITHUB_GRAPHQL_URL": f"{api}/graphql",
            "GITHUB_SERVER_URL": "https://ghe.example",
            "GITHUB_REPOSITORY": "octo/app",
            "GITHUB_RUN_ID": "500",
            "GITHUB_RUN_ATTEMPT": "1",
            "STUB_CACHE": str(self.cache),
            "STUB_ARTIFACTS": str(self.artifacts),
        } | (env or {})
        command = [*(["unshare", "--net", "--map-root-user"] if offline else []), act, event]
        command += ["--workflows", str(path), "--eventpath", str(event_path), "--secret", f"GITHUB_TOKEN={token}"]
        command += ["--pull=false", "--no-cache-server", "--use-gitignore=false", "--json"]
        command += [f"--platform={label}=-self-hosted" for label in ("ubuntu-latest", "self-hosted", "linux")]
        command += arguments
        command += [f"--env={name}={value}" for name, value in given.items()]
        command += [f"--local-repository={used}={self._stand_in(used)}" for used in third_party(workflow)]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
            errors="backslashreplace",
        )
        lines = list(_json_lines(done.stdout + done.stderr))
        run = Run(done.returncode, lines)
        sys.stdout.write(run.log)  # pytest shows it if a test fails
        return run

    def _stand_in(self, used: str) -> Path:
        """Return the replacement of an action: the copy of this one, or a stub."""
        return self.folder if used == ACTION else STUBS / used.partition("@")[0].replace("/", "-")

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "PYENV_ROOT") if name in os.environ}
        pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        return (
            kept
            | PATIENT_PIP
            | pip
            | {"PATH": self.path, "HOME": str(self.home), "XDG_CACHE_HOME": str(self.home / "cache")}
        )

    def commit(self) -> None:
        """Commit all files."""
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message=x")

    def git(self, *arguments: str) -> None:
        """Run git in the repository, with a neutral user and no configuration of the machine."""
        _git(self.folder, self._environment(), *arguments)


@functools.cache
def template() -> Path:
    """Make a repository with the Action in it, once for all tests, and return the folder.

    act copies each file of a repository for each job. So the objects of this one are in a single file.
    """
    folder = TEMPLATES[-1]
    with alone(folder.with_suffix(".lock")):
        if not folder.exists():
            made = folder.with_suffix(".new")
            copy_action(made)
            path = {"PATH": os.environ["PATH"]}
            _git(made, path, "init", "--quiet", "--initial-branch=main", "--template=")
            _git(made, path, "add", "--all", "--force")
            _git(made, path, "commit", "--quiet", "--message=x")
            _git(made, path, "repack", "-a", "-d", "--quiet")
            made.rename(folder)
    return folder


def copy_action(folder: Path) -> None:
    """Make a new folder with the files of the Action."""
    folder.mkdir()
    for name in ACTION_FILES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)


def _link(source: str, target: str) -> None:
    """Give a second name to a file, which takes less time than a copy. git writes into some of its files."""
    if "/.git/" not in source or "/.git/objects/" in source:
        with contextlib.suppress(OSError):  # another file system
            os.link(source, target)
            return
    shutil.copy2(source, target)


def _git(folder: Path, environment: dict[str, str], *arguments: str) -> None:
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    nobody = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    subprocess.run([GIT, *nobody, *arguments], cwd=folder, env=environment | settings, check=True, capture_output=True)


def third_party(workflow: str) -> set[str]:
    """Return ``owner/name@ref`` of every other action that a workflow, or the Action itself, uses."""
    texts = (workflow, (ROOT / "action.yml").read_text("utf-8"))
    used = {step for text in texts for step in _uses(yaml.safe_load(text))}
    return {re.sub(r"^([^/]+/[^/@]+)[^@]*@", r"\1@", name) for name in used if "@" in name}


def _uses(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("uses"), str):
            yield node["uses"]
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from _uses(item)


def _json_lines(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            value = {"msg": line}
        yield value if isinstance(value, dict) else {"msg": line}
