"""``leakgate.results/1``: the whole run as JSON. Frozen: a new field or another meaning needs a new version.

Text in, text out; the caller reads and writes the files.
"""

from typing import Final, Literal, Self

from pydantic import Field

from leakgate import __version__
from leakgate.archive.forms.evidence_form import EnvironmentForm
from leakgate.archive.forms.form_fields import MANY, Count, Flag, Form, Text, count
from leakgate.archive.forms.json_text import UnreadableError, check_version, parse, render, validate
from leakgate.archive.forms.script_form import ScriptForm, script_form
from leakgate.archive.forms.suppression_form import SuppressionUseForm
from leakgate.archive.forms.target_form import SourceForm
from leakgate.archive.slim_results import slim
from leakgate.errors import SessionError
from leakgate.model.baseline import BaselineState
from leakgate.model.report import Circumstances, Excerpt, GateReport, RunProblem, Shard
from leakgate.model.verdict import SEVERITY, ExitCode, GateVerdict, Verdict

FAMILY: Final = "leakgate.results"
VERSION: Final = 1
MOST_EXCERPT_LINES: Final = 20
MOST_BYTES: Final = 32 * 1024 * 1024


class BaselineUseForm(Form):
    """Which baseline the run was compared with."""

    path: Text
    state: BaselineState | Literal[""] = Field(description="empty if no script was measured")


class ShardForm(Form):
    """Which part of a run that is spread over several machines this is."""

    index: Count
    count: Count
    names: list[Text] = Field(max_length=MANY, description="every script of the whole run, in the order of the config")

    @classmethod
    def of(cls, shard: Shard) -> Self:
        """Return the form of a value."""
        return cls(index=count(shard.index), count=count(shard.count), names=list(shard.names))

    def value(self) -> Shard:
        """Return the value that this form stores."""
        return Shard(index=self.index, count=self.count, names=tuple(self.names))


class ProblemForm(Form):
    """Why a run measured nothing."""

    message: Text
    hint: Text
    where: SourceForm | None = Field(description="the line of the config that is wrong; null if there is none")

    @classmethod
    def of(cls, problem: RunProblem) -> Self:
        """Return the form of a value."""
        where = None if problem.where is None else SourceForm.of(problem.where)
        return cls(message=problem.message, hint=problem.hint, where=where)

    def value(self) -> RunProblem:
        """Return the value that this form stores."""
        return RunProblem(
            message=self.message, hint=self.hint, where=None if self.where is None else self.where.value()
        )


class ExcerptForm(Form):
    """A few lines of a source file around the line of a leak."""

    file: Text = Field(description="as in the frames of the leak")
    line: Count = Field(description="number of the line of the leak, from 1")
    first: Count = Field(description="number of the first of the lines")
    lines: list[Text] = Field(max_length=MOST_EXCERPT_LINES)

    @classmethod
    def of(cls, excerpt: Excerpt) -> Self:
        """Return the form of a value."""
        return cls(file=excerpt.file, line=count(excerpt.line), first=count(excerpt.first), lines=list(excerpt.lines))

    def value(self) -> Excerpt:
        """Return the value that this form stores."""
        return Excerpt(file=self.file, line=self.line, first=self.first, lines=tuple(self.lines))


class ResultsForm(Form):
    """A whole run of the gate."""

    schema_: Literal["leakgate.results/1"] = Field(alias="schema")
    leakgate_version: Text
    verdict: GateVerdict
    exit_code: ExitCode
    command: Text = Field(description="the command that repeats the run")
    config: Text = Field(description="as it was typed")
    root: Text = Field(default="", description="the folder of the config, absolute")
    folder: Text | None = Field(
        default=None, description="that folder from the root of the repository; empty: the root; null: not known"
    )
    baseline: BaselineUseForm
    fail_on: list[Verdict]
    interrupted: Flag
    shard: ShardForm | None = Field(description="null for a whole run")
    notes: list[Text] = Field(max_length=MANY)
    problems: list[ProblemForm] = Field(
        default=[], max_length=MANY, description="why nothing was measured; empty if anything was measured"
    )
    suppressions: list[SuppressionUseForm] = Field(
        default=[], max_length=MANY, description="all suppressions of the config, in its order, with the effect of each"
    )
    source: list[ExcerptForm] = Field(
        default=[], max_length=MANY, description="the source lines of the leaks, from the machine that measured"
    )
    environment: EnvironmentForm | None = Field(description="that of the first script; null if none was measured")
    scripts: list[ScriptForm] = Field(max_length=MANY, description="in the order of the config")

    @classmethod
    def of(cls, report: GateReport) -> Self:
        """Return the form of a value."""
        scripts = [script_form(result) for result in report.results]
        return cls(
            schema="leakgate.results/1",
            leakgate_version=__version__,
            verdict=report.verdict,
            exit_code=report.exit_code,
            command=report.about.command,
            config=report.about.config_path,
            root=report.about.root,
            folder=report.about.folder,
            baseline=BaselineUseForm(path=report.about.baseline_path, state=report.about.baseline_state or ""),
            fail_on=[verdict for verdict in SEVERITY if verdict in report.about.fail_on],
            interrupted=report.about.interrupted,
            shard=None if report.about.shard is None else ShardForm.of(report.about.shard),
            notes=list(report.about.notes),
            problems=[ProblemForm.of(problem) for problem in report.problems],
            suppressions=[SuppressionUseForm.of_use(use) for use in report.suppressions],
            source=[ExcerptForm.of(excerpt) for excerpt in report.excerpts],
            environment=scripts[0].environment if scripts else None,
            scripts=scripts,
        )

    def value(self) -> GateReport:
        """Return the value that this form stores."""
        return GateReport(
            results=tuple(script.value() for script in self.scripts),
            verdict=self.verdict,
            exit_code=self.exit_code,
            about=Circumstances(
                config_path=self.config,
                root=self.root,
                folder=self.folder,
                baseline_path=self.baseline.path,
                baseline_state=self.baseline.state or None,
                fail_on=frozenset(self.fail_on),
                interrupted=self.interrupted,
                notes=tuple(self.notes),
                command=self.command,
                shard=None if self.shard is None else self.shard.value(),
            ),
            problems=tuple(form.value() for form in self.problems),
            suppressions=tuple(form.use() for form in self.suppressions),
            excerpts=tuple(form.value() for form in self.source),
        )


def dump_results(report: GateReport) -> str:
    """Return the report as ASCII text, keys in a fixed order, at most 600 readings per metric, minima and maxima kept.

    For very many scripts, fewer readings are kept, so that the text is never too long to be read back.
    """
    return render(ResultsForm.of(slim(report)).model_dump(by_alias=True))


def load_results(text: str, source: str = "results.json") -> GateReport:
    """Return the report in a text. Raises SessionError with the JSON path of the first problem."""
    try:
        value = parse(text, MOST_BYTES)
        check_version(value, FAMILY, VERSION)
        return validate(ResultsForm, value).value()
    except UnreadableError as error:
        raise SessionError(
            error.describe(source), hint="use a file that leakgate wrote with --json, unchanged"
        ) from None
