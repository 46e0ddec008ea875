"""Runs one step of the Action as a runner does: bash with its options, the step's variables, the runner's files."""

import functools
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.action.locks import alone
from tests.action.runner import ROOT

SECOND_SIGNAL_S: Final = 120.0
KILL_S: Final = 120.0
"""A runner waits 7.5 s after SIGINT and 2.5 s after SIGTERM when a job is cancelled. A busy machine needs longer."""
ACTION: Final[dict[str, Any]] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS: Final = {step["id"]: step for step in ACTION["runs"]["steps"] if "id" in step}
COMPILED: Final[list[Path]] = []
"""The folder of compiled modules that all tests share; a fixture sets it."""


@functools.cache
def compiled() -> Path:
    """Compile what the steps import, as the step that installs does, once for all tests; return the folder."""
    folder = COMPILED[-1]
    code = "from action import unpack; unpack.compile_modules()"
    with alone(folder.with_suffix(".lock")):
        if not folder.exists():
            subprocess.run([sys.executable, "-I", "-X", f"pycache_prefix={folder}", "-c", code], check=True)
    return folder


@dataclass(frozen=True, kw_only=True)
class Files:
    """The files and variables of the runner for a step, and the results of the step."""

    folder: Path

    @property
    def temp(self) -> Path:
        return self.folder / "temp"

    @property
    def workspace(self) -> Path:
        return self.folder / "work"

    def command_file(self, name: str) -> Path:
        return self.temp / "_runner_file_commands" / f"{name.lower()}_1"

    def outputs(self) -> dict[str, str]:
        """The outputs of the step, with a delimiter each."""
        lines = iter(self.command_file("GITHUB_OUTPUT").read_text("utf-8").splitlines())
        found = {}
        for line in lines:
            name, _, delimiter = line.partition("<<")
            value = []
            while delimiter and (text := next(lines)) != delimiter:
                value.append(text)
            found[name] = "\n".join(value)
        return found

    def environment(self, **changes: str) -> dict[str, str]:
        """Return the job's environment with the runner's files.

        Of the machine that runs the tests, it has only PATH.
        """
        names = ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY")
        for name in names:
            self.command_file(name).parent.mkdir(parents=True, exist_ok=True)
            self.command_file(name).touch()
        self.workspace.mkdir(exist_ok=True)
        files = {name: str(self.command_file(name)) for name in names}
        job = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_WORKSPACE": str(self.workspace),
            "HOME": str(self.folder),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "RUNNER_TEMP": str(self.temp),
        }
        return job | files | changes


def variables_of(step: str, **given: str) -> dict[str, str]:
    """Return the variables of a step of the Action: the defaults of the inputs, replaced by the given values."""
    found = {}
    for name, value in STEPS[step]["env"].items():
        words = str(value).removeprefix("${{ inputs.").removesuffix(" }}")
        found[name] = str(ACTION["inputs"][words]["default"]) if words in ACTION["inputs"] else ""
    unknown = set(given) - set(found)
    assert not unknown, unknown
    if "LEAKGATE_COMPILED" in found:
        found["LEAKGATE_COMPILED"] = str(compiled())
    return found | {"LEAKGATE_OWN_PYTHON": sys.executable} | given


def patient_python(folder: Path) -> str:
    """Return a Python for the step that measures. With it, the step waits for leakgate as long as `cancel` does.

    The Action kills leakgate 6.5 s after the first signal, because a runner kills the step soon after that. On a busy
    machine leakgate may need longer to write its results.
    """
    path = folder / "patient-python"
    code = f"import action.following as f; f.PATIENCE_S = {KILL_S}; import action.measure; action.measure.start()"
    path.write_text(f"#!/bin/sh\nexec '{sys.executable}' -I -B -c '{code}'\n", "utf-8")
    path.chmod(0o755)
    return str(path)


def shell_of(step: str, script: Path) -> list[str]:
    """The command of a step's shell: ``bash`` as the runner starts it, or the one that the step names."""
    named = re.search(r"\|\| '([^']+)' }}$", STEPS[step]["shell"])
    if named is None:
        assert STEPS[step]["shell"] == "bash"
    words = (named[1] if named else "bash --noprofile --norc -e -o pipefail {0}").split()
    return [str(script) if word == "{0}" else word for word in words]


def start(step: str, files: Files, env: dict[str, str]) -> "subprocess.Popen[bytes]":
    """Start the step's own script in the runner's shell."""
    script = files.temp / f"{step}.sh"
    script.write_text(STEPS[step]["run"], "utf-8")
    return subprocess.Popen(
        shell_of(step, script),
        cwd=files.workspace,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def run(step: str, files: Files, env: dict[str, str]) -> str:
    """Run the step's own script, check that it succeeds, and return its log."""
    process = start(step, files, env)
    said, _ = process.communicate()
    log = said.decode(errors="backslashreplace")
    assert process.returncode == 0, log
    return log


def report(files: Files, measured: dict[str, str], event: dict[str, Any], **given: str) -> str:
    """Seal, run the step that reports on the results of the step that measures, and return its log.

    ``given``: variables of the step and of the job, such as ``GITHUB_API_URL``.
    """
    return run("report", files, prepare_report(files, measured, event, **given))


def prepare_report(files: Files, measured: dict[str, str], event: dict[str, Any], **given: str) -> dict[str, str]:
    """Seal, and return the environment of the step that reports."""
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        files.command_file(name).write_text("", "utf-8")
    run("seal", files, files.environment(LEAKGATE_SEALED=f"99 {ROOT / 'action'}"))
    digest = files.command_file("GITHUB_OUTPUT").read_text("utf-8").strip().removeprefix("digest=")
    files.command_file("GITHUB_OUTPUT").write_text("", "utf-8")
    known = {name: given.pop(name) for name in set(given) & set(STEPS["report"]["env"])}
    variables = variables_of(
        "report",
        LEAKGATE_SEALED=f"99 {ROOT / 'action'}",
        LEAKGATE_DIGEST=digest,
        LEAKGATE_JSON=measured.get("json", ""),
        LEAKGATE_EXIT_CODE=measured.get("exit-code", ""),
        **known,
    )
    return files.environment(**variables, **job_of(files, event, "http://127.0.0.1:9") | given)


def job_of(files: Files, event: dict[str, Any], api_url: str) -> dict[str, str]:
    """The job's variables about GitHub and the pull request."""
    payload = files.temp / "event.json"
    payload.write_text(json.dumps(event), "utf-8")
    return {
        "GITHUB_REPOSITORY": "octo/app",
        "GITHUB_EVENT_PATH": str(payload),
        "GITHUB_API_URL": api_url,
        "GITHUB_SERVER_URL": "https://ghe.example",
        "GITHUB_RUN_ID": "500",
        "GITHUB_RUN_ATTEMPT": "1",
    }


def cancel(process: "subprocess.Popen[bytes]") -> tuple[int, bytes]:
    """Cancel as a runner does: signal only that process, with the runner's pauses.

    Return the status and the rest of the log.
    """
    process.send_signal(signal.SIGINT)
    for number, patience_s in ((signal.SIGTERM, SECOND_SIGNAL_S), (signal.SIGKILL, KILL_S)):
        until_s = time.monotonic() + patience_s
        while process.poll() is None and time.monotonic() < until_s:
            time.sleep(0.05)
        if process.poll() is None:
            process.send_signal(number)
    said, _ = process.communicate()
    return process.returncode, said
