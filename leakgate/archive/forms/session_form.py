"""``leakgate.session/1``: everything that a verdict depends on, as the texts of four files. Frozen.

``session.json`` has the request and the ending, ``evidence.jsonl`` every reading exactly, ``rss_history.json`` the
resident memory again for other tools, ``snapshots/explanation.pytrace`` the explanation.
Text in, text out; ``archive/read_session.py`` and ``archive/write_session.py`` read and write the files.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from leakgate import __version__
from leakgate.archive.forms.evidence_form import EndingForm, EnvironmentForm
from leakgate.archive.forms.form_fields import MANY, Count, Flag, Form, Number, Text, number
from leakgate.archive.forms.json_text import FormT, UnreadableError, check_version, parse, render, validate
from leakgate.archive.forms.judgement_form import AcceptedForm
from leakgate.archive.forms.recording_form import (
    FAMILY,
    VERSION,
    check_evidence,
    dump_evidence,
    dump_snapshot,
    load_evidence,
    load_snapshot,
)
from leakgate.archive.forms.script_form import FailureForm
from leakgate.archive.forms.series_form import SamplesForm, readings
from leakgate.archive.forms.suppression_form import SuppressionForm, check_day
from leakgate.archive.forms.target_form import TargetForm
from leakgate.errors import SessionError
from leakgate.model.baseline import BaselineState
from leakgate.model.evidence import Measurement, ProcessTrack, Series, Trial, TrialFailed, TrialOk
from leakgate.model.explanation import Explanation
from leakgate.model.metrics import Metric
from leakgate.model.session_record import Session
from leakgate.model.verdict import SEVERITY, Expectation, Verdict
from leakgate.model.work_record import WorkRecord

META_MOST_BYTES: Final = 8 * 1024 * 1024
HISTORY_MOST_BYTES: Final = 16 * 1024 * 1024
META: Final = "session.json"
EVIDENCE: Final = "evidence.jsonl"
HISTORY: Final = "rss_history.json"
SNAPSHOT: Final = "snapshots/explanation.pytrace"


class WatchedForm(Form):
    """A script that left evidence: how watching it ended."""

    ending: EndingForm
    watched_s: Number = Field(description="readings until this time count for the verdict")
    longest_settle_s: Number
    extended: Flag
    idle_port: Count = Field(default=0, description="a port on which an idle server listened; 0: none")
    explained: Flag = Field(description="whether there is snapshots/explanation.pytrace")
    unexplained: Text = Field(default="", description="why an explanation that leakgate asked for is missing")
    notes: list[Text] = Field(max_length=MANY)


class SessionForm(Form):
    """``session.json``: the request for a script, how its watch ended, and the baseline that it was compared with."""

    schema_: Literal["leakgate.session/1"] = Field(alias="schema")
    leakgate_version: Text
    name: Text
    expect: Expectation
    started_at: Text = Field(description="UTC, ISO 8601")
    watched: WatchedForm | None
    failure: FailureForm | None
    environment: EnvironmentForm
    target: TargetForm
    root: Text = Field(description="folder of the project on the machine that recorded it")
    baseline_state: BaselineState | Literal[""]
    baseline: AcceptedForm | None
    suppressions: list[SuppressionForm] = Field(max_length=MANY)
    fail_on: list[Verdict]
    extra: list[Text] = Field(max_length=MANY)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.watched is None) is (self.failure is None):
            raise ValueError("should have either watched or failure")
        if self.watched is not None:
            check_day(self.started_at[:10])  # this date decides whether a suppression has expired
        return self


class HistoryForm(Form):
    """``rss_history.json``: resident memory of the process tree over time."""

    schema_: Literal["leakgate.session/1"] = Field(alias="schema")
    name: Text
    t_s: list[Number] = Field(description="seconds since the script was started")
    rss_bytes: list[Number]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTexts:
    """The texts of the files that are read back."""

    meta: str
    history: str
    evidence: str
    snapshot: str | None
    """None if nothing was explained."""


def dump_session(session: Session) -> SessionTexts:
    """Return the texts of a session. Paths of logs are left out, because they follow from the session's folder."""
    trial = session.measurement.trial
    explanation = trial.explanation if isinstance(trial, TrialOk) else None
    return SessionTexts(
        meta=render(_form(session).model_dump(by_alias=True)),
        history=render(_history(session.target.name, trial.tree).model_dump(by_alias=True)),
        evidence=dump_evidence(trial.processes, trial.tree, trial.work, session.measurement.suite),
        snapshot=None if explanation is None else dump_snapshot(explanation),
    )


def _form(session: Session) -> SessionForm:
    trial = session.measurement.trial
    return SessionForm(
        schema="leakgate.session/1",
        leakgate_version=__version__,
        name=session.target.name,
        expect=session.target.expect,
        started_at=session.measurement.started_at,
        watched=_watched(trial) if isinstance(trial, TrialOk) else None,
        failure=FailureForm.of(trial) if isinstance(trial, TrialFailed) else None,
        environment=EnvironmentForm.of(session.measurement.environment),
        target=TargetForm.of(session.target),
        root=session.root,
        baseline_state=session.baseline_state or "",
        baseline=None if session.baseline is None else AcceptedForm.of(session.baseline),
        suppressions=[SuppressionForm.of(suppression) for suppression in session.suppressions],
        fail_on=[verdict for verdict in SEVERITY if verdict in session.fail_on],
        extra=[],
    )


def _watched(trial: TrialOk) -> WatchedForm:
    return WatchedForm(
        ending=EndingForm.of(trial.ending),
        watched_s=number(trial.watched_s),
        longest_settle_s=number(trial.longest_settle_s),
        extended=trial.extended,
        idle_port=trial.idle_port,
        explained=trial.explanation is not None,
        unexplained=trial.unexplained,
        notes=list(trial.notes),
    )


def _history(name: str, tree: tuple[Series, ...]) -> HistoryForm:
    rss = next((readings(one) for one in tree if one.metric is Metric.RSS and not one.settled), None)
    samples = rss or SamplesForm(t_s=[], values=[])
    return HistoryForm(schema="leakgate.session/1", name=name, t_s=samples.t_s, rss_bytes=samples.values)


def check_session(texts: SessionTexts, evidence: Iterable[str], folder: str) -> None:
    """Raise SessionError as `load_session` does, before the evidence is in memory as a whole.

    ``evidence``: the lines of the evidence, which is left out of ``texts``.
    """
    form = _load_meta(texts, folder)
    with _reading(f"{folder}/{EVIDENCE}"):
        resident = check_evidence(evidence)
    with _reading(f"{folder}/{HISTORY}"):
        found = HistoryForm(schema="leakgate.session/1", name=form.name, t_s=resident.t_s, rss_bytes=resident.values)
        _check_history(texts, found)
    if texts.snapshot is not None:
        with _reading(f"{folder}/{SNAPSHOT}"):
            load_snapshot(texts.snapshot)


def _load_meta(texts: SessionTexts, folder: str) -> SessionForm:
    with _reading(f"{folder}/{META}"):
        form = _load_document(texts.meta, SessionForm, META_MOST_BYTES)
        explained = form.watched is not None and form.watched.explained
        if explained is not (texts.snapshot is not None):
            raise UnreadableError(f"does not agree with whether there is {SNAPSHOT}", path=("watched", "explained"))
    return form


def _check_history(texts: SessionTexts, found: HistoryForm) -> None:
    if _load_document(texts.history, HistoryForm, HISTORY_MOST_BYTES) != found:
        raise UnreadableError(f"does not agree with the readings in {EVIDENCE}")


def load_session(texts: SessionTexts, folder: str) -> Session:
    """Return the session in the texts, without paths of logs.

    Raises SessionError with file, line and field of the first problem; ``folder`` is for its message.
    """
    form = _load_meta(texts, folder)
    with _reading(f"{folder}/{EVIDENCE}"):
        processes, tree, work, suite = load_evidence(texts.evidence)
    with _reading(f"{folder}/{HISTORY}"):
        _check_history(texts, _history(form.name, tree))
    explanation = None
    if texts.snapshot is not None:
        with _reading(f"{folder}/{SNAPSHOT}"):
            explanation = load_snapshot(texts.snapshot)
    return Session(
        target=form.target.value(form.name, form.expect),
        measurement=Measurement(
            trial=_trial(form, processes, tree, explanation, work),
            environment=form.environment.value(),
            started_at=form.started_at,
            suite=suite,
        ),
        root=form.root,
        baseline_state=form.baseline_state or None,
        baseline=None if form.baseline is None else form.baseline.value(),
        suppressions=tuple(suppression.value() for suppression in form.suppressions),
        fail_on=frozenset(form.fail_on),
    )


@contextmanager
def _reading(source: str) -> Iterator[None]:
    try:
        yield
    except UnreadableError as error:
        hint = "use a folder that `leakgate run --output` wrote, unchanged and whole"
        raise SessionError(error.describe(source), hint=hint) from None


def _load_document(text: str, form: type[FormT], most: int) -> FormT:
    value = parse(text, most)
    check_version(value, FAMILY, VERSION)
    return validate(form, value)


def _trial(
    form: SessionForm,
    processes: tuple[ProcessTrack, ...],
    tree: tuple[Series, ...],
    explanation: Explanation | None,
    work: WorkRecord | None,
) -> Trial:
    if form.failure is not None:
        return form.failure.value(processes, tree, work)
    assert form.watched is not None  # noqa: S101 - checked when the form was made
    return TrialOk(
        processes=processes,
        tree=tree,
        ending=form.watched.ending.value(),
        explanation=explanation,
        watched_s=form.watched.watched_s,
        longest_settle_s=form.watched.longest_settle_s,
        work=work,
        extended=form.watched.extended,
        idle_port=form.watched.idle_port,
        unexplained=form.watched.unexplained,
        notes=tuple(form.watched.notes),
    )


def is_session(meta: str) -> bool:
    """Whether a text is a ``session.json`` that some version of leakgate wrote."""
    try:
        value = parse(meta, META_MOST_BYTES)
    except UnreadableError:
        return False
    schema = value.get("schema") if isinstance(value, dict) else None
    return isinstance(schema, str) and schema.startswith(f"{FAMILY}/")
