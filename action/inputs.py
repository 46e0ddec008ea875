"""The inputs of the Action for measuring.

All of them are checked before anything runs, and then become a command line.
"""

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
    """Return everything that is wrong with the inputs. So nothing is measured if its report could not be written."""
    found = [problem for name, check in CHECKS.items() if (problem := _problem(env, name, check))]
    folder = Path(env["GITHUB_WORKSPACE"], env["LEAKGATE_WORKING_DIRECTORY"])
    if not folder.is_dir():
        found.append(RunProblem(message=f"input working-directory: {folder} is not a folder"))
    return tuple(found)


def command_of(env: Mapping[str, str], results: Path) -> list[str]:
    """Return the command ``leakgate run`` with the inputs as options, and with its results in a file."""
    folder = Path(env["GITHUB_WORKSPACE"], env["LEAKGATE_WORKING_DIRECTORY"])
    command = [sys.executable, "-I", "-B", *_compiled_modules(), "-m", "leakgate", "run"]
    command += [f"--json={results}", f"--python={interpreter(env)}"]
    command += options(env, folder)
    return [*command, "--", *(line.strip() for line in env["LEAKGATE_SCRIPTS"].splitlines() if line.strip())]


def options(env: Mapping[str, str], folder: Path) -> list[str]:
    """Return the given inputs as options of ``leakgate run``; ``--durations`` only if an earlier run left its file."""
    given = {option: env[name] for name, option in NAMED_OPTIONS.items() if env[name]}
    # An absolute path, so that the report can show it from the root of the repository.
    given["--config"] = str(folder / env["LEAKGATE_CONFIG"])
    if (durations := env["LEAKGATE_DURATIONS"]) and (folder / durations).exists():
        given["--durations"] = durations
    return [f"{option}={value}" for option, value in given.items()]


def interpreter(env: Mapping[str, str]) -> str:
    """Return the absolute path of the Python that runs the scripts.

    Links are kept, because a virtual environment depends on them.
    """
    wanted = env["LEAKGATE_PYTHON"]
    for name in (wanted,) if wanted else ("python", "python3"):
        local = Path(env["GITHUB_WORKSPACE"], env["LEAKGATE_WORKING_DIRECTORY"], name)
        if os.sep in name or "/" in name:
            return str(local)
        if found := shutil.which(name):
            return found
    return wanted or sys.executable


def is_true(text: str) -> bool:
    """Whether a switch is on. Its value was checked before."""
    return text.strip().lower() == "true"


def _compiled_modules() -> tuple[str, ...]:
    """Return the interpreter option for the compiled modules that the step which installs has made."""
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
