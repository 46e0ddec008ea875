"""From ``leakgate.yaml`` to TargetSpec values: paths resolved, defaults filled in, all problems of the file at once."""

import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from leakgate.config.build import TargetBuilder, default_name, suppression
from leakgate.config.fields import FAIL_ON, LONGEST_NAME, check_duration, quote
from leakgate.config.form import FileForm
from leakgate.config.problems import explain
from leakgate.config.yaml_source import Document, read_document
from leakgate.errors import ConfigError, ConfigProblem, UsageError
from leakgate.model.suppression import Suppression
from leakgate.model.target import SourceRef, TargetSpec
from leakgate.model.verdict import DEFAULT_FAIL_ON, Verdict

DEFAULT_CONFIG: Final = "leakgate.yaml"
DEFAULT_BASELINE: Final = "leakgate-baseline.json"
NO_VERDICT: Final = "none"
"""What ``--fail-on`` takes for: advisory, report everything and fail on nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What the command line says instead of the file; None: nothing."""

    duration_s: float | None = None
    baseline: Path | None = None
    """Relative to the current folder, not to the file."""
    fail_on: frozenset[Verdict] | None = None
    python: Path | None = None
    """The interpreter of scripts for which the file names none; a path, or a command of ``PATH``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What one config file asks for."""

    path: Path
    """As the user gave it."""
    root: Path
    """The folder of the file, absolute; relative paths in the file start here."""
    baseline: Path
    """Absolute; need not exist."""
    targets: tuple[TargetSpec, ...]
    """In the order of the file, those that were asked for."""
    fail_on: frozenset[Verdict] = DEFAULT_FAIL_ON
    suppressions: tuple[Suppression, ...] = ()
    time_limit_s: float | None = None
    """How long the whole run may take; None: no limit."""


def load_config(path: Path, *, only: tuple[str, ...] = (), overrides: Overrides = Overrides()) -> Config:
    """Read a config file; ``only`` picks scripts by name.

    Raises ConfigError with every problem of the file, and UsageError where there is no file, no script has a name of
    ``only``, or an override is out of bounds.
    """
    if overrides.duration_s is not None:
        _check_override(overrides.duration_s)
    python = _interpreter(overrides.python)
    document = read_document(path)
    root = path.absolute().parent
    form, problems = _read_form(document, root)
    problems += _repeated_names(document)
    targets: tuple[TargetSpec, ...] = ()
    if form is not None:
        build = TargetBuilder(document, root, form.defaults, duration_s=overrides.duration_s, python=python)
        targets = tuple(build.target(index, script) for index, script in enumerate(form.scripts))
        problems += build.problems
    if form is None or problems:
        raise ConfigError(tuple(sorted(set(problems), key=_in_file_order)))
    return Config(
        path=path,
        root=root,
        baseline=(overrides.baseline or form.baseline or root / DEFAULT_BASELINE).absolute(),
        targets=_pick(targets, only),
        fail_on=_fail_on(overrides.fail_on, form.fail_on),
        time_limit_s=form.time_limit,
        suppressions=tuple(
            suppression(item, document.place(("suppressions", at))) for at, item in enumerate(form.suppressions)
        ),
    )


def _fail_on(asked: frozenset[Verdict] | None, written: list[Verdict] | None) -> frozenset[Verdict]:
    """The command line wins over the file. An empty set is an answer: nothing fails the gate."""
    if asked is not None:
        return asked
    return DEFAULT_FAIL_ON if written is None else frozenset(written)


def parse_fail_on(names: Iterable[str]) -> frozenset[Verdict]:
    """The verdicts of ``--fail-on``; none at all for the single word ``none``.

    Raises UsageError that names the nearest valid one.
    """
    valid = [verdict.value for verdict in FAIL_ON]
    hint = f"valid are {', '.join(valid)}; or none, so that nothing fails"
    chosen = tuple(names)
    if chosen == (NO_VERDICT,):
        return frozenset()
    for name in chosen:
        if name not in valid:
            raise UsageError(f"--fail-on: unknown verdict {quote(name)}{_or_near(name, valid)}", hint=hint)
    if not chosen:
        raise UsageError("--fail-on needs at least one verdict", hint=hint)
    return frozenset(map(Verdict, chosen))


def _check_override(duration_s: float) -> None:
    try:
        check_duration(duration_s)
    except ValueError as error:
        raise UsageError(f"--duration: {error}") from None


def _interpreter(asked: Path | None) -> Path:
    """The absolute path of an interpreter; links are kept, for they are what makes a virtual environment."""
    if asked is None:
        return Path(sys.executable)
    found = str(asked) if asked.is_file() else shutil.which(asked)
    if found is None:
        raise UsageError(f"--python: {quote(str(asked))} is no program that can be run")
    return Path(found).absolute()


def _in_file_order(problem: ConfigProblem) -> tuple[int, int, str]:
    return problem.where.line, problem.where.column, problem.message


def _read_form(document: Document, root: Path) -> tuple[FileForm | None, list[ConfigProblem]]:
    """The form and what is wrong with the document and the form; no form where anything is."""
    problems = list(document.problems)
    try:
        return FileForm.model_validate(document.value, context=root), problems
    except ValidationError as failure:
        errors = failure.errors(include_url=False)
    return None, problems + [explain(error, document) for error in errors if error["loc"] not in document.faulty]


def _repeated_names(document: Document) -> list[ConfigProblem]:
    """Scripts of one name, looked for in the plain values so that problems elsewhere do not hide them."""
    problems: list[ConfigProblem] = []
    first: dict[str, SourceRef] = {}
    scripts = document.value.get("scripts")
    for index, script in enumerate(scripts if isinstance(scripts, list) else []):
        key = "name" if isinstance(script, dict) and "name" in script else "path"
        written = script.get(key) if isinstance(script, dict) else None
        if not isinstance(written, str):
            continue
        name = written if key == "name" else default_name(Path(written))
        place = document.place(("scripts", index, key))
        if name in first:
            advice = "" if key == "name" else "; give one of them a 'name'"
            problems.append(
                ConfigProblem(place, f"two scripts are named {quote(name)} (first on line {first[name].line}){advice}")
            )
        first.setdefault(name, place)
    return problems


def _pick(targets: tuple[TargetSpec, ...], only: tuple[str, ...]) -> tuple[TargetSpec, ...]:
    names = [target.name for target in targets]
    for name in only:
        if name not in names:
            known = ", ".join(names[:20]) + (" ..." if len(names) > 20 else "")
            raise UsageError(
                f"there is no script named {quote(name)}{_or_near(name, names)}", hint=f"the config has {known}"
            )
    return tuple(target for target in targets if not only or target.name in only)


def _or_near(name: str, valid: list[str]) -> str:
    near = get_close_matches(name[:LONGEST_NAME], valid, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
