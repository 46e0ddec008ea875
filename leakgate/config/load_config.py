"""From ``leakgate.yaml`` to TargetSpec values: paths resolved, defaults filled in, all problems of the file at once."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from leakgate.config.build import TargetBuilder, suppression
from leakgate.config.form import FileForm
from leakgate.config.option_values import check_duration, or_near, quote
from leakgate.config.problems import explain
from leakgate.config.yaml_source import Document, Value, read_document
from leakgate.errors import ConfigError, ConfigProblem, UsageError
from leakgate.model.entry import ScriptEntry
from leakgate.model.source_ref import SourceRef
from leakgate.model.suppression import Suppression
from leakgate.model.target import TargetSpec
from leakgate.model.verdict import DEFAULT_FAIL_ON, Verdict
from leakgate.targets.kind import KEYS, KINDS
from leakgate.targets.path_kind import is_yaml

DEFAULT_BASELINE: Final = "leakgate-baseline.json"
_MOST_NAMES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """The options of the command line that replace settings of the file; None: not given."""

    duration_s: float | None = None
    baseline: Path | None = None
    """Relative to the current folder, not to the file."""
    fail_on: frozenset[Verdict] | None = None
    python: Path | None = None
    """The interpreter of scripts for which the file names none: a path, or a command on ``PATH``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The content of one config file."""

    path: Path
    """As the user gave it."""
    root: Path
    """The folder of the file, absolute; relative paths in the file start here."""
    baseline: Path
    """Absolute; the file may be missing."""
    targets: tuple[TargetSpec, ...]
    """The requested scripts, in the order of the file."""
    every_name: tuple[str, ...] = ()
    """The names of all scripts of the file, in its order."""
    fail_on: frozenset[Verdict] = DEFAULT_FAIL_ON
    suppressions: tuple[Suppression, ...] = ()
    time_limit_s: float | None = None
    """The limit for the whole run in seconds; None: no limit."""


def load_config(path: Path, *, only: tuple[str, ...] = (), overrides: Overrides = Overrides()) -> Config:
    """Read a config file; ``only`` selects scripts by name.

    Raises ConfigError with every problem of the file, and UsageError if there is no file, if no script has a name of
    ``only``, or if an override is out of bounds.
    """
    if overrides.duration_s is not None:
        _check_override(overrides.duration_s)
    python = _interpreter(overrides.python)
    document = read_document(path)
    root = path.absolute().parent
    form, problems = _read_form(document, root)
    several = _kinds_of_scripts(document)
    problems += several + _repeated_names(document)
    targets: tuple[TargetSpec, ...] = ()
    if form is not None and not several:
        build = TargetBuilder(document, root, form.defaults, duration_s=overrides.duration_s, python=python)
        targets = tuple(
            build.target(index, script)
            for index, script in enumerate(form.scripts)
            if any(getattr(script, key) is not None for key in KEYS)  # an empty value has a problem of its own
        )
        problems += build.problems
    if form is None or problems:
        raise ConfigError(tuple(sorted(set(problems), key=_in_file_order)))
    return Config(
        path=path,
        root=root,
        baseline=(overrides.baseline or form.baseline or root / DEFAULT_BASELINE).absolute(),
        targets=_pick(targets, only),
        every_name=tuple(target.name for target in targets),
        fail_on=_fail_on(overrides.fail_on, form.fail_on),
        time_limit_s=form.time_limit,
        suppressions=tuple(
            suppression(item, document.place(("suppressions", at))) for at, item in enumerate(form.suppressions)
        ),
    )


def _fail_on(asked: frozenset[Verdict] | None, written: list[Verdict] | None) -> frozenset[Verdict]:
    """The command line wins over the file. An empty set means: nothing fails the gate."""
    if asked is not None:
        return asked
    return DEFAULT_FAIL_ON if written is None else frozenset(written)


def _check_override(duration_s: float) -> None:
    try:
        check_duration(duration_s)
    except ValueError as error:
        raise UsageError(f"--duration: {error}") from None


def _interpreter(asked: Path | None) -> Path:
    """Return the absolute path of an interpreter. Links are kept, because a virtual environment depends on them."""
    if asked is None:
        return Path(sys.executable)
    found = str(asked) if asked.is_file() else shutil.which(asked)
    if found is None:
        raise UsageError(f"--python: {quote(str(asked))} is not an executable program")
    return Path(found).absolute()


def _in_file_order(problem: ConfigProblem) -> tuple[int, int, str]:
    return problem.where.line, problem.where.column, problem.message


def _read_form(document: Document, root: Path) -> tuple[FileForm | None, list[ConfigProblem]]:
    """Return the form, and the problems of document and form; no form if the form has problems."""
    problems = list(document.problems)
    try:
        return FileForm.model_validate(document.value, context=root), problems
    except ValidationError as failure:
        errors = failure.errors(include_url=False)
    return None, problems + [explain(error, document) for error in errors if error["loc"] not in document.faulty]


def _kinds_of_scripts(document: Document) -> list[ConfigProblem]:
    """Return a problem for each script without exactly one key of a kind. Looks at the plain values."""
    problems: list[ConfigProblem] = []
    for index, script in enumerate(_scripts(document)):
        given = [key for key in script if key in KEYS]
        if not given:
            message = f"an entry of 'scripts' needs one of the keys {_listed(KEYS)}"
            problems.append(ConfigProblem(document.place(("scripts", index)), message))
        problems += [
            ConfigProblem(
                document.key_place(("scripts", index, key)),
                f"{key!r} and {given[0]!r} exclude each other: an entry runs one thing",
            )
            for key in given[1:]
        ]
    return problems


def _scripts(document: Document) -> list[dict[str, Value]]:
    """Return the entries of the file. An entry that is not a mapping is reported elsewhere; here it has no value."""
    scripts = document.value.get("scripts")
    unreadable: dict[str, Value] = {KEYS[0]: None}
    return [one if isinstance(one, dict) else unreadable for one in scripts] if isinstance(scripts, list) else []


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(map(repr, words[:-1]))} or {words[-1]!r}"


def _name_of(script: dict[str, Value]) -> tuple[str, str]:
    """Return the key that names a script, and the name; both empty if there is no readable name."""
    if "name" in script:
        name = script["name"]
        return "name", name if isinstance(name, str) else ""
    kind = next((kind for kind in KINDS if kind.key in script), None)
    value = script[kind.key] if kind is not None else None
    if kind is None or not isinstance(value, str | list):
        return "", ""
    try:
        words = kind.split(value) if isinstance(value, str) else tuple(map(str, value))
        return kind.key, kind.default_name(kind.read(words))
    except ValueError:
        return "", ""


def _repeated_names(document: Document) -> list[ConfigProblem]:
    """Return a problem for each repeated name. Looks at the plain values, so that other problems do not hide these."""
    problems: list[ConfigProblem] = []
    first: dict[str, SourceRef] = {}
    for index, script in enumerate(_scripts(document)):
        key, name = _name_of(script)
        if not name:
            continue
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
            raise UsageError(f"there is no script named {quote(name)}{or_near(name, names)}", hint=_hint(name, targets))
    return tuple(target for target in targets if not only or target.name in only)


def _hint(name: str, targets: tuple[TargetSpec, ...]) -> str:
    """Return what to type instead of a name that no script has.

    It may be the path of a script, a config, or another program.
    """
    path = Path(name)
    if is_yaml(path):
        return f"to use this config: -c {name}"
    same = [one.name for one in targets if isinstance(one.entry, ScriptEntry) and one.entry.path == path.absolute()]
    if same:
        return f"the script with this path is named {quote(same[0])}"
    if path.exists():
        return f"to watch a program that the config does not list: leakgate monitor {name}"
    names = [one.name for one in targets]
    return f"the config has {', '.join(names[:_MOST_NAMES])}{' ...' if len(names) > _MOST_NAMES else ''}"
