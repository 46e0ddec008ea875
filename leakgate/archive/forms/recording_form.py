"""The JSON lines files of ``leakgate.session/1``: every reading exactly, and the findings of the explaining phase."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Final, Literal

from pydantic import Field

from leakgate.archive.forms.explanation_form import HolderForm, PackageForm, ResourceForm, SiteForm, TypeForm, site_form
from leakgate.archive.forms.form_fields import Count, Flag, Form, Number, Text, Whole, count, number, whole
from leakgate.archive.forms.json_lines import dump_lines, forms_of, load_lines
from leakgate.archive.forms.json_text import UnreadableError
from leakgate.archive.forms.series_form import NO_LONGER_READ, SamplesForm, readings
from leakgate.archive.forms.suite_form import SuiteLine, TestLine, suite_lines, suite_value
from leakgate.archive.forms.work_form import WorkForm
from leakgate.growth.counts import RULE
from leakgate.model.evidence import ProcessRole, ProcessTrack, RepeatedTest, Series, SuiteEvidence
from leakgate.model.explanation import Explanation
from leakgate.model.metrics import Metric
from leakgate.model.work_record import WorkRecord

FAMILY: Final = "leakgate.session"
VERSION: Final = 1
EVIDENCE_MOST_BYTES: Final = 96 * 1024 * 1024
SNAPSHOT_MOST_BYTES: Final = 8 * 1024 * 1024
_MOST_REPETITIONS: Final = 10_000_000
"""The largest number of readings of all tests together. They are stored packed: twelve characters may stand for 4,000
of them."""


class HeaderLine(Form):
    """The first line of ``evidence.jsonl``."""

    kind: Literal["header"]
    schema_: Literal["leakgate.session/1"] = Field(alias="schema")


class ProcessLine(Form):
    """One process of the tree, the main process first."""

    kind: Literal["process"]
    pid: Count
    role: ProcessRole
    command: Text
    first_s: Number
    last_s: Number
    parent: Count = Field(default=0, description="the process that started it; 0: not known")
    pooled: Flag = Field(default=False, description="known to be a worker of a pool, which does many tasks")
    status: Whole | None = Field(default=None, description="how a child ended; negative: by a signal; null: not known")
    raised: Flag = Field(default=False, description="whether it ended because of an uncaught exception")
    last_words: Text = Field(default="", description="the end of stderr when a child had ended with a status above 0")
    probed: Flag


class SeriesLine(SamplesForm):
    """Readings of one metric of one process or of the whole tree."""

    kind: Literal["series"]
    process: Count | None = Field(description="counted from 0 in the order of the lines; null: the whole tree")
    metric: Metric | Literal["uss"] = Field(description="uss: of version 0.1.0, skipped")
    settled: Flag = Field(description="whether they were read right after full collections")


class WorkLine(Form):
    """The requests of the load and their answers."""

    kind: Literal["work"]
    work: WorkForm


class SnapshotHeaderLine(Form):
    """The first line of a snapshot: what was traced, and for how long."""

    kind: Literal["header"]
    schema_: Literal["leakgate.session/1"] = Field(alias="schema")
    window_s: Number
    traced_bytes: Whole
    traced_blocks: Whole
    live_blocks: Whole | None = None
    traced_large_bytes: Whole
    native_bytes: Whole
    longest_pause_s: Number
    looked: Flag = Field(
        default=False, description="whether all live objects were searched for the holders of the growth"
    )


class NoteLine(Form):
    """A part of the explanation that was skipped, with the reason."""

    kind: Literal["note"]
    text: Text


class SiteLine(Form):
    """A place that allocates."""

    kind: Literal["site"]
    site: SiteForm


class HolderLine(Form):
    """A container that grew."""

    kind: Literal["holder"]
    holder: HolderForm


class PackageLine(Form):
    """An installed distribution with frames in the tracebacks."""

    kind: Literal["package"]
    package: PackageForm


class TypeLine(Form):
    """A class whose number of live instances grows."""

    kind: Literal["type"]
    type: TypeForm


class ResourceLine(Form):
    """Descriptors, threads, tasks or child processes that pile up."""

    kind: Literal["resource"]
    resource: ResourceForm


EVIDENCE_LINES: Final[dict[str, type[Form]]] = {
    "header": HeaderLine,
    "process": ProcessLine,
    "series": SeriesLine,
    "work": WorkLine,
    "suite": SuiteLine,
    "test": TestLine,
}
SNAPSHOT_LINES: Final[dict[str, type[Form]]] = {
    "header": SnapshotHeaderLine,
    "note": NoteLine,
    "site": SiteLine,
    "holder": HolderLine,
    "type": TypeLine,
    "package": PackageLine,
    "resource": ResourceLine,
}


def dump_evidence(
    processes: tuple[ProcessTrack, ...],
    tree: tuple[Series, ...],
    work: WorkRecord | None,
    suite: SuiteEvidence | None = None,
) -> str:
    """Return the text of ``evidence.jsonl``."""
    return dump_lines(_evidence(processes, tree, work, suite))


def _evidence(
    processes: tuple[ProcessTrack, ...],
    tree: tuple[Series, ...],
    work: WorkRecord | None,
    suite: SuiteEvidence | None,
) -> Iterator[Form]:
    yield HeaderLine(kind="header", schema="leakgate.session/1")
    if work is not None:
        yield WorkLine(kind="work", work=WorkForm.of(work))
    for series in tree:
        yield _series_line(series, None)
    for index, track in enumerate(processes):
        yield ProcessLine(
            kind="process",
            pid=count(track.pid),
            role=track.role,
            command=track.command,
            first_s=number(track.first_s),
            last_s=number(track.last_s),
            parent=count(track.parent),
            pooled=track.pooled,
            status=None if track.status is None else whole(track.status),
            raised=track.raised,
            last_words=track.last_words,
            probed=track.probed,
        )
        for series in track.series:
            yield _series_line(series, index)
    if suite is not None:
        yield from suite_lines(suite, asdict(RULE))


def _series_line(series: Series, process: int | None) -> SeriesLine:
    samples = readings(series)
    return SeriesLine(
        kind="series",
        process=process,
        metric=series.metric,
        settled=series.settled,
        t_s=samples.t_s,
        values=samples.values,
    )


Evidence = tuple[tuple[ProcessTrack, ...], tuple[Series, ...], WorkRecord | None, SuiteEvidence | None]
"""The processes, the series of the whole tree, the work, and the tests that were repeated."""


def check_evidence(lines: Iterable[str]) -> SamplesForm:
    """Raise UnreadableError with the line for the first problem. Nothing is kept, so any length needs little memory.

    Returns the resident memory of the whole tree, which another file repeats.
    """
    processes = repetitions = 0
    resident = SamplesForm(t_s=[], values=[])
    for number_, form in forms_of(lines, FAMILY, VERSION, EVIDENCE_LINES):
        if isinstance(form, ProcessLine):
            processes += 1
        elif isinstance(form, SeriesLine):
            _require_process(form, processes, number_)
            if form.process is None and form.metric == Metric.RSS and not form.settled and not resident.t_s:
                resident = SamplesForm(t_s=form.t_s, values=form.values)
        elif isinstance(form, TestLine):
            repetitions += _repetitions(form.value())
            if repetitions > _MOST_REPETITIONS:
                raise UnreadableError(f"tests with more than {_MOST_REPETITIONS:,} readings", line=number_)
    return resident


def _require_process(form: SeriesLine, processes: int, line: int) -> None:
    if form.process is not None and form.process >= processes:
        raise UnreadableError("no such process before this line", path=("process",), line=line)


def _repetitions(test: RepeatedTest) -> int:
    parts = [one.readings for one in (test.first, test.confirmed) if one is not None]
    return sum(len(values) for readings_ in parts for values in readings_.values())


def load_evidence(text: str) -> Evidence:
    """Return everything in ``evidence.jsonl``. Raises UnreadableError with the line."""
    work: WorkRecord | None = None
    lines: list[ProcessLine] = []
    tree: list[Series] = []
    by_process: list[list[Series]] = []
    suite: SuiteLine | None = None
    tests: list[TestLine] = []
    for number_, form in load_lines(text, FAMILY, VERSION, EVIDENCE_LINES, EVIDENCE_MOST_BYTES):
        if isinstance(form, ProcessLine):
            lines.append(form)
            by_process.append([])
        elif isinstance(form, SeriesLine):
            _require_process(form, len(lines), number_)
            into = tree if form.process is None else by_process[form.process]
            if form.metric not in NO_LONGER_READ:
                into.append(form.series(Metric(form.metric), settled=form.settled))
        elif isinstance(form, WorkLine):
            work = form.work.value()
        elif isinstance(form, SuiteLine):
            suite = suite or form
        elif isinstance(form, TestLine):
            tests.append(form)
    processes = tuple(_track(line, series) for line, series in zip(lines, by_process, strict=True))
    return processes, tuple(tree), work, None if suite is None else suite_value(suite, tests)


def _track(line: ProcessLine, series: Sequence[Series]) -> ProcessTrack:
    return ProcessTrack(
        pid=line.pid,
        role=line.role,
        command=line.command,
        first_s=line.first_s,
        last_s=line.last_s,
        probed=line.probed,
        parent=line.parent,
        pooled=line.pooled,
        status=line.status,
        raised=line.raised,
        last_words=line.last_words,
        series=tuple(series),
    )


def dump_snapshot(explanation: Explanation) -> str:
    """Return the text of a ``.pytrace`` file."""
    header = SnapshotHeaderLine(
        kind="header",
        schema="leakgate.session/1",
        window_s=number(explanation.window_s),
        traced_bytes=whole(explanation.traced_bytes),
        traced_blocks=whole(explanation.traced_blocks),
        live_blocks=explanation.live_blocks,
        traced_large_bytes=whole(explanation.traced_large_bytes),
        native_bytes=whole(explanation.native_bytes),
        longest_pause_s=number(explanation.longest_pause_s),
        looked=explanation.looked,
    )
    return dump_lines(
        (
            header,
            *(NoteLine(kind="note", text=text) for text in explanation.notes),
            *(SiteLine(kind="site", site=site_form(site)) for site in explanation.sites),
            *(HolderLine(kind="holder", holder=HolderForm.of(holder)) for holder in explanation.holders),
            *(TypeLine(kind="type", type=TypeForm.of(growth)) for growth in explanation.types),
            *(ResourceLine(kind="resource", resource=ResourceForm.of(one)) for one in explanation.resources),
            *(PackageLine(kind="package", package=PackageForm.of(one)) for one in explanation.packages),
        )
    )


def load_snapshot(text: str) -> Explanation:
    """Return the explanation. Raises UnreadableError with the line."""
    forms = [form for _, form in load_lines(text, FAMILY, VERSION, SNAPSHOT_LINES, SNAPSHOT_MOST_BYTES)]
    header = next(form for form in forms if isinstance(form, SnapshotHeaderLine))
    return Explanation(
        window_s=header.window_s,
        traced_bytes=header.traced_bytes,
        traced_blocks=header.traced_blocks,
        live_blocks=header.live_blocks,
        traced_large_bytes=header.traced_large_bytes,
        native_bytes=header.native_bytes,
        longest_pause_s=header.longest_pause_s,
        looked=header.looked,
        notes=tuple(form.text for form in forms if isinstance(form, NoteLine)),
        sites=tuple(form.site.site() for form in forms if isinstance(form, SiteLine)),
        holders=tuple(form.holder.value() for form in forms if isinstance(form, HolderLine)),
        types=tuple(form.type.value() for form in forms if isinstance(form, TypeLine)),
        resources=tuple(form.resource.value() for form in forms if isinstance(form, ResourceLine)),
        packages=tuple(form.package.value() for form in forms if isinstance(form, PackageLine)),
    )
