"""From a filled-in form to the values of `model`. A script's keys win over `defaults`, these over leakgate's own."""

from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, TypeVar

from leakgate.config.form import ScriptKeys, SuppressionKeys
from leakgate.config.load_values import load_spec
from leakgate.config.number_fields import Limit
from leakgate.config.settings_form import BudgetsForm, SettingsForm
from leakgate.config.staging_keys import ready_spec, service_spec, stop_spec, words_of
from leakgate.config.text_fields import read_name
from leakgate.config.yaml_source import Document, Loc
from leakgate.errors import ConfigProblem
from leakgate.model.entry import Entry
from leakgate.model.load_spec import DEFAULT_URL
from leakgate.model.metrics import METRICS
from leakgate.model.source_ref import SourceRef
from leakgate.model.suppression import Suppression, SuppressionSubject
from leakgate.model.target import (
    DEFAULT_DURATION_S,
    DEFAULT_INTERVAL_S,
    DEFAULT_TIME_PER_TEST_S,
    DEFAULT_TOLERANCE,
    Budget,
    BudgetForm,
    TargetSpec,
    TraceMode,
)
from leakgate.model.units import format_duration
from leakgate.model.verdict import Expectation
from leakgate.targets.kind import KINDS, TargetKind, default_name

_T = TypeVar("_T")
_LEAST_READINGS: Final = 10
_METRIC_OF_KEY: Final = {key: metric for metric, info in METRICS.items() for key in info.budget_keys}
_BUDGET_METRICS: Final = {key: _METRIC_OF_KEY[key] for key in BudgetsForm.model_fields}
"""In the order of the config's form."""


def suppression(form: SuppressionKeys, origin: SourceRef) -> Suppression:
    """Return one accepted leak; the form has exactly one subject."""
    subject, pattern = next(
        (word, text) for word in SuppressionSubject if (text := getattr(form, word.value)) is not None
    )
    return Suppression(
        subject=subject,
        pattern=pattern,
        reason=form.reason,
        expires=form.expires,
        owner=form.owner or "",
        origin=origin,
    )


class TargetBuilder:
    """Builds the targets of one file, and collects settings that do not fit together as problems."""

    def __init__(
        self, document: Document, root: Path, defaults: SettingsForm, *, duration_s: float | None, python: Path
    ) -> None:
        self.problems: list[ConfigProblem] = []
        self._document = document
        self._root = root
        self._defaults = defaults
        self._duration_s = duration_s
        self._python = python

    def target(self, index: int, script: ScriptKeys) -> TargetSpec:
        """Return the script with every default filled in."""
        loc = ("scripts", index)
        defaults = self._defaults
        warmup: float | Literal["auto"] = _first(script.warmup, defaults.warmup, "auto")
        kind, entry = self._entry(loc, script)
        target = TargetSpec(
            name=self._name(loc, script, kind.key, entry),
            entry=entry,
            python=_first(script.python, defaults.python, self._python),
            cwd=_first(script.cwd, defaults.cwd, self._root),
            args=self._args(loc, script),
            env=MappingProxyType(self._env(("defaults",), defaults) | self._env(loc, script)),
            duration_s=_first(self._duration_s, script.duration, _first(defaults.duration, None, DEFAULT_DURATION_S)),
            warmup_s=None if warmup == "auto" else warmup,
            interval_s=_first(script.interval, defaults.interval, DEFAULT_INTERVAL_S),
            budgets=self._budgets(loc, script.budgets, counts_calls=_counts_calls(script)),
            tolerance=_first(script.tolerance, defaults.tolerance, DEFAULT_TOLERANCE),
            time_per_test_s=_first(script.time_per_test, defaults.time_per_test, DEFAULT_TIME_PER_TEST_S),
            trace=_first(script.trace, defaults.trace, TraceMode.AUTO),
            ready=ready_spec(script.ready, (script.load and script.load.url) or DEFAULT_URL),
            stop=stop_spec(script.stop),
            services=tuple(
                service_spec(service, self._document, (*loc, "services", at))
                for at, service in enumerate(script.services)
            ),
            setup=words_of(script.setup, self._document, (*loc, "setup")) if script.setup is not None else (),
            load=None if script.load is None else load_spec(script.load, self._document, (*loc, "load")),
            work=script.work or "",
            repeat=bool(script.repeat),
            expect=_first(script.expect, None, Expectation.OK),
            origin=self._document.place(loc),
        )
        self._check_times(loc, target)
        self._check_repeating(loc, script)
        self._check_work(loc, script)
        problem = kind.problem(target, entry)
        if problem:
            place = self._document.place((*loc, kind.key))
            self.problems.append(ConfigProblem(place, f"{kind.key}: {problem}"))
        return target

    def _entry(self, loc: Loc, script: ScriptKeys) -> tuple[TargetKind[Any], Entry]:
        """Return what is run. The form has exactly one key of a kind."""
        kind = next(kind for kind in KINDS if getattr(script, kind.key) is not None)
        value = getattr(script, kind.key)
        words = self._texts((*loc, kind.key), value) if isinstance(value, list) else kind.split(str(value))
        return kind, kind.read(words)

    def _name(self, loc: Loc, script: ScriptKeys, key: str, entry: Entry) -> str:
        name = script.name or default_name(entry)
        try:
            return read_name(name)
        except ValueError as error:
            where = self._document.place((*loc, key))
            self.problems.append(ConfigProblem(where, f"this cannot be used as a name ({error}); add the key 'name'"))
            return name

    def _args(self, loc: Loc, script: ScriptKeys) -> tuple[str, ...]:
        owner, args = (loc, script.args) if script.args is not None else (("defaults",), self._defaults.args)
        return self._texts((*owner, "args"), args or [])

    def _texts(self, loc: Loc, items: Sequence[object]) -> tuple[str, ...]:
        """Return the items of a list as they are written in the file."""
        return tuple(self._document.texts[(*loc, index)] for index in range(len(items)))

    def _env(self, loc: Loc, form: SettingsForm) -> dict[str, str]:
        return {name: self._document.texts[(*loc, "env", name)] for name in form.env}

    def _budgets(self, loc: Loc, own: BudgetsForm, *, counts_calls: bool) -> tuple[Budget, ...]:
        """Merge the budgets metric by metric. Budgets of the defaults that do not fit the entry are left out."""
        budgets = []
        for key, metric in _BUDGET_METRICS.items():
            owner, form = (loc, own) if getattr(own, key) is not None else (("defaults",), self._defaults.budgets)
            limit: Limit | None = getattr(form, key)
            if limit is not None:
                place = (*owner, "budgets", key)
                text, origin = self._document.texts[place].strip(), self._document.place(place)
                problem = _unfit_budget(key, limit, text, counts_calls=counts_calls)
                if not problem or (owner == loc and not counts_calls):  # the verdict reports that it cannot be measured
                    budgets.append(Budget(metric=metric, form=limit.form, limit=limit.amount, text=text, origin=origin))
                elif owner == loc:
                    self.problems.append(ConfigProblem(origin, f"{key}: {problem}"))
        return tuple(budgets)

    def _check_times(self, loc: Loc, target: TargetSpec) -> None:
        duration = format_duration(target.duration_s)
        if target.interval_s * _LEAST_READINGS > target.duration_s:
            interval = format_duration(target.interval_s)
            message = (
                f"an interval of {interval} gives too few readings in {duration}; use at most a tenth of the duration"
            )
            self.problems.append(ConfigProblem(self._setting_place(loc, "interval"), message))
        if target.warmup_s is not None and target.warmup_s >= target.duration_s:
            message = f"a warm-up of {format_duration(target.warmup_s)} leaves nothing to judge in {duration}"
            self.problems.append(ConfigProblem(self._setting_place(loc, "warmup"), message))

    def _check_repeating(self, loc: Loc, script: ScriptKeys) -> None:
        """Report keys that cannot be combined with repeating: those of a program that keeps running."""
        if not _counts_calls(script):
            return
        if script.repeat and (script.call is not None or script.pytest is not None):
            message = "tests and callables are always repeated; remove 'repeat'"
            self.problems.append(ConfigProblem(self._document.key_place((*loc, "repeat")), message))
        for key in ("load", "ready"):
            if getattr(script, key) is not None:
                message = f"{key!r} is for programs that keep running, and not for those that are repeated"
                self.problems.append(ConfigProblem(self._document.key_place((*loc, key)), message))

    def _check_work(self, loc: Loc, script: ScriptKeys) -> None:
        """Only one thing can be counted: requests, repetitions, or the calls of a function."""
        if script.work is None:
            return
        requests = script.load is not None and (script.load.requests is not None or script.load.openapi is not None)
        counted = "the requests of 'load'" if requests else "every repetition" if _counts_calls(script) else ""
        if counted:
            message = f"leakgate counts {counted} already; remove 'work'"
            self.problems.append(ConfigProblem(self._document.key_place((*loc, "work")), message))

    def _setting_place(self, loc: Loc, key: str) -> SourceRef:
        own = (*loc, key)
        return self._document.place(own if own in self._document.places else ("defaults", key))


def _counts_calls(script: ScriptKeys) -> bool:
    """Whether the entry is repeated, so that growth is counted per call."""
    return bool(script.repeat) or script.call is not None or script.pytest is not None


def _unfit_budget(key: str, limit: Limit, text: str, *, counts_calls: bool) -> str:
    """Return why a budget does not fit the entry; empty if it fits."""
    if limit.form is BudgetForm.PEAK:
        return ""
    if not counts_calls:
        return "blocks are counted for tests, callables and scripts with repeat" if key == "blocks" else ""
    if key == "children":
        return "child processes are not counted for tests, callables and scripts with repeat"
    if limit.form is BudgetForm.ITERATION:
        return ""
    amount = text.partition("/")[0].strip()
    return f"tests, callables and scripts with repeat have budgets per call; write {amount}/call"


def _first(own: _T | None, inherited: _T | None, otherwise: _T) -> _T:
    if own is not None:
        return own
    return otherwise if inherited is None else inherited
