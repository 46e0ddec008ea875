"""The inputs of the Action that measuring needs: all of them checked before anything runs, then as a command line."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from leakgate.config.option_values import check_duration, parse_fail_on
from leakgate.errors import UsageError
from leakgate.github.comment import CommentMode, check_key
from leakgate.model.report import RunProblem
from leakgate.model.units import parse_duration

NAMED_OPTIONS = {
    "LEAKGATE_BASELINE": "--baseline",
    "LEAKGATE_COMPARE_WITH": "--compare-with",
    "LEAKGATE_FAIL_ON": "--fail-on",
    "LEAKGATE_DURATION": "--duration",
    "LEAKGATE_TIME_LIMIT": "--time-limit",
    "LEAKGATE_JOBS": "--jobs",
    "LEAKGATE_SHARD": "--shard",
}
SWITCHES = ("LEAKGATE_ANNOTATIONS", "LEAKGATE_SUMMARY", "LEAKGATE_ALLOW_UNSAFE_EVENT")


def problems_of(env: Mapping[str, str]) -> tuple[RunProblem, ...]:
    """Everything that is wrong with the inputs, so that no run is measured whose report could not be written."""
    found = [problem for name, check in CHECKS.items() if (problem := _problem(env, name, check))]
    folder = Path(env["GITHUB_WORKSPACE"], env["LEAKGATE_WORKING_DIRECTORY"])
    if not folder.is_dir():
        found.append(RunProblem(message=f"input working-directory: {folder} is no folder"))
    return tuple(found)


def command_of(env: Mapping[str, str], results: Path) -> list[str]:
    """``leakgate run`` as the inputs ask for it, with its results in a file."""
    folder = Path(env["GITHUB_WORKSPACE"], env["LEAKGATE_WORKING_DIRECTORY"])
    command = [sys.executable, "-I", "-B", *_compiled_modules(), "-m", "leakgate", "run"]
    command += [f"--json={results}", f"--python={interpreter(env)}"]
    command += options(env, folder)
    return [*command, "--", *(line.strip() for line in env["LEAKGATE_SCRIPTS"].splitlines() if line.strip())]


def options(env: Mapping[str, str], folder: Path) -> list[str]:
    """The inputs that are given, as options of ``leakgate run``; durations only once an earlier run has left some."""
    given = {option: env[name] for name, option in NAMED_OPTIONS.items() if env[name]}
    # In full, so that the report can name it from the root of the repository.
    given["--config"] = str(folder / env["LEAKGATE_CONFIG"])
    if (durations := env["LEAKGATE_DURATIONS"]) and (folder / durations).exists():
        given["--durations"] = durations
    return [f"{option}={value}" for option, value in given.items()]


def interpreter(env: Mapping[str, str]) -> str:
    """The absolute path of the Python that runs the scripts. Links are kept: they make a virtual environment."""
    wanted = env["LEAKGATE_PYTHON"]
    for name in (wanted,) if wanted else ("python", "python3"):
        local = Path(env["GITHUB_WORKSPACE"], env["LEAKGATE_WORKING_DIRECTORY"], name)
        if os.sep in name or "/" in name:
            return str(local)
        if found := shutil.which(name):
            return found
    return wanted or sys.executable


def is_true(text: str) -> bool:
    """Whether a switch, which was checked, is on."""
    return text.strip().lower() == "true"


def _compiled_modules() -> tuple[str, ...]:
    """The option that names the compiled modules which the step that installs has made."""
    return ("-X", f"pycache_prefix={sys.pycache_prefix}") if sys.pycache_prefix else ()


def _problem(env: Mapping[str, str], name: str, check: Callable[[str], object]) -> RunProblem | None:
    try:
        check(env[name])
    except UsageError as error:
        message, hint = error.message, error.hint
    except ValueError as error:
        message, hint = str(error), ""
    else:
        return None
    shown = name.removeprefix("LEAKGATE_").lower().replace("_", "-")
    return RunProblem(message=f"input {shown}: {message}", hint=hint)


def _switch(text: str) -> None:
    if text.strip().lower() not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")


def _comment(text: str) -> None:
    if text not in list(CommentMode):
        raise ValueError(f"{text!r} is none of {', '.join(CommentMode)}")


def _comment_key(text: str) -> None:
    if text:
        check_key(text)


def _duration(text: str) -> None:
    if text:
        check_duration(parse_duration(text))


def _fail_on(text: str) -> None:
    if text:
        parse_fail_on(part.strip() for part in text.split(","))


def _jobs(text: str) -> None:
    if text and text != "auto" and not re.fullmatch(r"[1-9][0-9]?", text):
        raise ValueError(f"{text!r} is neither auto nor a number from 1 to 64")


def _shard(text: str) -> None:
    if text and not re.fullmatch(r"[1-9][0-9]{0,3}/[1-9][0-9]{0,3}", text):
        raise ValueError(f"invalid shard {text!r}: use N/COUNT, such as 1/4")


CHECKS: dict[str, Callable[[str], object]] = {
    **dict.fromkeys(SWITCHES, _switch),
    "LEAKGATE_COMMENT": _comment,
    "LEAKGATE_COMMENT_KEY": _comment_key,
    "LEAKGATE_DURATION": _duration,
    "LEAKGATE_FAIL_ON": _fail_on,
    "LEAKGATE_JOBS": _jobs,
    "LEAKGATE_SHARD": _shard,
    "LEAKGATE_TIME_LIMIT": _duration,
}
