"""Every loader of leakgate for the fuzzer, each with good inputs."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Final

from bench.runs import fuzz_seeds
from bench.runs.fuzz_answers import github_answer
from bench.runs.fuzz_damage import Seed
from leakgate.archive.forms import baseline_form, recording_form, results_form, session_form
from leakgate.archive.forms.json_text import UnreadableError
from leakgate.archive.read_results import read_results
from leakgate.blame.code import FunctionTable
from leakgate.blame.insertions import cannot_insert, insertions
from leakgate.blame.sites import explain
from leakgate.cli.accept_comment import accept_request
from leakgate.config.found_programs import commands_of
from leakgate.config.load_config import load_config
from leakgate.config.source_facts import facts_of
from leakgate.github.comment_memory import recall
from leakgate.github.event import read_run
from leakgate.github.patches import changed_file
from leakgate.load.openapi import RefusedError, operations
from leakgate.load.order import order_of
from leakgate.measure.answers import read_explanation
from leakgate.measure.feed import HEADER, MAGIC, RECORD, GaugeReader
from leakgate.measure.journals import JournalReader, read_journals
from leakgate.measure.work_feed import WorkFeed
from leakgate.model.evidence import Series
from leakgate.model.load_spec import LoadSpec, OpenApiSpec
from leakgate.model.report import Circumstances, GateReport, TargetResult
from leakgate.model.session_record import Session
from leakgate.report import reporters
from leakgate.report.formats import ReportFormat
from leakgate.report.style import Style
from leakgate.targets.elf import NotElfError, read_elf
from leakgate.verdict.script import judge_session
from leakgate.verdict.whole_run import conclude
from tests.helpers import reports

RENDERED: Final = 20
"""One of so many results that were accepted is also judged and rendered, in one format: that is slow."""
_READINGS: Final = 4
"""Readings of each series of a seed: with more, an input is slow, and its faults are the same."""


Load = Callable[[bytes, Path, Random], object]


@dataclass(frozen=True, slots=True)
class Loader:
    """One kind of input."""

    name: str
    seed: Seed
    load: Load
    """Reads the input. The folder is empty, and the random numbers are those of this input."""
    share: int = 4
    """How many inputs it gets in each round: slow loaders get fewer."""


@cache
def rounds() -> tuple[Loader, ...]:
    """Return the loaders of one round of inputs, each as often as its share."""
    return tuple(loader for at in range(4) for loader in all_loaders() if at < loader.share)


@cache
def all_loaders() -> tuple[Loader, ...]:
    """Return every loader with its good input."""
    report = reports.gate(*map(_short, (reports.leaky_python(), reports.crashed())))
    results = results_form.dump_results(report).encode()
    records = (RECORD.pack(float(at), 1_000 * at, 2_000, 3, 4, 5, 0, 0, 0.0, 0.0) for at in range(1, 9))
    gauges = HEADER.pack(MAGIC, RECORD.size, 7, 0.5, 1) + b"".join(records)
    parse_baseline = partial(baseline_form.parse_baseline, source="baseline.json")
    made: tuple[tuple[str, bytes, Load, int], ...] = (
        ("results", results, _results, 2),
        ("zip", fuzz_seeds.zip_of(results), _zip, 4),
        *_session_loaders(),
        ("baseline", fuzz_seeds.BASELINE, partial(_of_text, parse_baseline), 4),
        *((f"config {at}", config, _config, 1) for at, config in enumerate(fuzz_seeds.CONFIGS, start=1)),
        ("answer", fuzz_seeds.ANSWER, _answer, 4),
        ("gauges", gauges, _gauges, 4),
        ("journal", fuzz_seeds.JOURNAL, _journal, 4),
        ("work", fuzz_seeds.WORK, _work, 4),
        ("comment", fuzz_seeds.COMMENT, partial(_of_text, recall), 4),
        ("accepting comment", fuzz_seeds.ACCEPT, partial(_of_text, accept_request), 2),
        ("openapi", fuzz_seeds.OPENAPI, _openapi, 4),
        ("openapi in YAML", fuzz_seeds.OPENAPI_YAML, _openapi, 2),
        ("event", fuzz_seeds.EVENT, _event, 4),
        ("list of GitHub", fuzz_seeds.GITHUB_LIST, github_answer, 2),
        ("object of GitHub", fuzz_seeds.GITHUB_OBJECT, github_answer, 2),
        ("patch", fuzz_seeds.PATCH, partial(_of_text, changed_file), 4),
        ("source", fuzz_seeds.SOURCE, _source, 2),
        ("pyproject", fuzz_seeds.PYPROJECT, _pyproject, 4),
        ("elf", fuzz_seeds.elf(), _elf, 4),
    )
    return tuple(Loader(name, Seed.of(seed), load, share) for name, seed, load, share in made)


def _short(result: TargetResult) -> TargetResult:
    """Return the result with a few readings of each series."""
    trial = result.measurement.trial
    tracks = tuple(replace(track, series=tuple(map(_cut, track.series[:3]))) for track in trial.processes[:2])
    trial = replace(trial, tree=tuple(map(_cut, trial.tree)), processes=tracks)
    return replace(result, measurement=replace(result.measurement, trial=trial))


def _cut(series: Series) -> Series:
    return replace(series, t_s=series.t_s[:_READINGS], values=series.values[:_READINGS])


def _session_loaders() -> list[tuple[str, bytes, Load, int]]:
    leaky = _short(reports.leaky_python())
    session = Session(target=leaky.target, measurement=leaky.measurement)
    texts = session_form.dump_session(session)
    parts = {part: getattr(texts, part) for part in ("meta", "history", "evidence", "snapshot")}
    suite = replace(session, measurement=replace(session.measurement, suite=fuzz_seeds.suite()))
    tests = session_form.dump_session(suite)
    return [
        *((f"session {part}", text.encode(), partial(_session, part, texts), 2) for part, text in parts.items()),
        ("evidence", texts.evidence.encode(), partial(_recording, recording_form.load_evidence), 4),
        ("snapshot", (texts.snapshot or "").encode(), partial(_recording, recording_form.load_snapshot), 4),
        ("session tests", tests.evidence.encode(), partial(_session, "evidence", tests), 2),
    ]


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _written(data: bytes, path: Path) -> Path:
    """Write the input to this file, and return the path."""
    path.write_bytes(data)
    return path


def _of_text(read: Callable[[str], object], data: bytes, _folder: Path, _random: Random) -> None:
    """Load an input whose reader takes only its text."""
    read(_text(data))


def _recording(read: Callable[[str], object], data: bytes, _folder: Path, _random: Random) -> None:
    """Load a part of a recording, whose reader may raise UnreadableError."""
    with contextlib.suppress(UnreadableError):
        read(_text(data))


def _results(data: bytes, _folder: Path, random: Random) -> None:
    report = results_form.load_results(_text(data))
    if random.randrange(RENDERED) == 0:
        _render(report, random)


def _render(report: GateReport, random: Random) -> None:
    reporters.render(random.choice(list(ReportFormat)), report, Style())


def _session(part: str, texts: session_form.SessionTexts, data: bytes, _folder: Path, random: Random) -> None:
    session = session_form.load_session(replace(texts, **{part: _text(data)}), "session")
    if random.randrange(RENDERED) == 0:
        _render(conclude((judge_session(session),), Circumstances()), random)


def _config(data: bytes, folder: Path, _random: Random) -> None:
    load_config(_written(data, folder / "leakgate.yaml"))


def _answer(data: bytes, folder: Path, _random: Random) -> None:
    raw = read_explanation(_written(data, folder / "explain.jsonl"), 7, 0.0)
    if raw is not None:
        explain((raw,), lambda _file, _line: "")


def _gauges(data: bytes, folder: Path, _random: Random) -> None:
    reader = GaugeReader(_written(data, folder / "gauges-7.bin"), 7)
    try:
        list(reader.read(0.0, 1_000.0))
        list(reader.read(0.0, 1_000.0))
    finally:
        reader.close()


def _journal(data: bytes, folder: Path, _random: Random) -> None:
    inner = folder / "journals"
    inner.mkdir(exist_ok=True)
    _written(data, inner / "tests-7.jsonl")
    known: dict[str, JournalReader] = {}
    read_journals(inner, known)


def _work(data: bytes, folder: Path, _random: Random) -> None:
    feed = WorkFeed(path=_written(data, folder / "work.jsonl"), started_s=0.0)
    feed.poll()
    feed.record()


def _zip(data: bytes, folder: Path, _random: Random) -> None:
    results_form.load_results(_text(read_results(_written(data, folder / "artifact.zip"))))


def _openapi(data: bytes, folder: Path, _random: Random) -> None:
    path = _written(data, folder / "openapi.yaml")
    document = OpenApiSpec(document=str(path), on_server=False, methods=("GET", "POST"))
    load = LoadSpec(url="http://127.0.0.1:9", source=document)
    with contextlib.suppress(RefusedError, StopIteration):
        operations(order_of(load, interval_s=0.1)).send(None)  # it waits for nothing if the document is a file


def _event(data: bytes, folder: Path, random: Random) -> None:
    path = _written(data, folder / "event.json")
    event_name = random.choice(("pull_request", "workflow_run"))
    read_run({**fuzz_seeds.RUN, "GITHUB_EVENT_PATH": str(path), "GITHUB_EVENT_NAME": event_name})


def _source(data: bytes, _folder: Path, random: Random) -> None:
    text, line = _text(data), random.randint(1, 20)
    facts_of(text)
    insertions(text, "KEPT")
    cannot_insert(text, line)
    FunctionTable(text).name_at(line)


def _pyproject(data: bytes, _folder: Path, _random: Random) -> None:
    commands_of(_text(data), frozenset(("shop", "worker")))


def _elf(data: bytes, folder: Path, _random: Random) -> None:
    with contextlib.suppress(NotElfError):
        read_elf(_written(data, folder / "program"), {"main"})
