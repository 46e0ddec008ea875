"""The form of ``leakgate.yaml``: which keys there are and what they mean. The JSON Schema is made from these models."""

from typing import Any, Self

from pydantic import ConfigDict, Field, model_validator

from leakgate.config import config_paths, fields
from leakgate.config.load_form import LoadForm
from leakgate.config.staging_keys import ReadyForm, ServiceForm, StopForm
from leakgate.config.strict import ConfigForm
from leakgate.model.suppression import SuppressionSubject
from leakgate.targets.kind import KEYS

Json = dict[str, Any]


class BudgetsForm(ConfigForm):
    """What is allowed; no budget means that anything sustained above the noise is a leak."""

    rss: fields.Growth | None = Field(
        default=None, description="Growth of resident memory of the process tree.", examples=["20MB", "1MB/min"]
    )
    heap: fields.Growth | None = Field(
        default=None, description="Growth of live Python memory.", examples=["256KB/min", "1MB"]
    )
    native: fields.Growth | None = Field(
        default=None, description="Growth of memory in the C allocator.", examples=["512KB", "1MiB/h"]
    )
    peak: fields.Peak | None = Field(
        default=None, description="Ceiling of resident memory of the process tree.", examples=["300MB"]
    )
    fds: fields.Count | None = Field(
        default=None, description="How many more open files, sockets and pipes.", examples=[10]
    )
    threads: fields.Count | None = Field(default=None, description="How many more threads.", examples=[5])
    tasks: fields.Count | None = Field(
        default=None, description="How many more asyncio tasks that are not done.", examples=[100]
    )
    children: fields.Count | None = Field(
        default=None, description="How many more living child processes.", examples=[2]
    )


class SettingsForm(ConfigForm):
    """How scripts are run and judged; what a script does not say itself."""

    python: config_paths.Interpreter | None = Field(
        default=None,
        description="Interpreter that runs the script: a path relative to this file, or a command on PATH. "
        "Default: the one that runs leakgate.",
        examples=[".venv/bin/python", "python3.12"],
    )
    duration: fields.Duration | None = Field(
        default=None, description="How long the script is watched, 1s to 24h. Default: 30s.", examples=["30s", "5m"]
    )
    warmup: fields.Warmup | None = Field(
        default=None,
        description="Time at the start that is never judged: auto (found from the data) or a duration. Default: auto.",
        examples=["auto", "10s"],
    )
    interval: fields.Interval | None = Field(
        default=None, description="Time between two readings, 10ms to 10s. Default: 100ms.", examples=["100ms", "1s"]
    )
    budgets: BudgetsForm = Field(default_factory=BudgetsForm, description="What is allowed.")
    tolerance: fields.Tolerance | None = Field(
        default=None,
        description="How much worse than the baseline is still the same, a fraction or a percentage. Default: 25%.",
        examples=[0.25, "25%"],
    )
    trace: fields.Trace | None = Field(
        default=None,
        description="When allocations are traced: auto (to explain growth), always, never. Default: auto.",
        examples=["auto"],
    )
    time_per_test: fields.TestTime | None = Field(
        default=None,
        alias="time-per-test",
        description="Time for the repetitions of one test, or of a callable, 100ms to 1h; a suspect has five times as "
        "long. Default: 2s.",
        examples=["2s", "500ms"],
    )
    env: dict[fields.EnvName, fields.Argument] = Field(
        default_factory=dict,
        description="Variables added to the script's environment; values are taken as they are written.",
        examples=[{"MODE": "demo", "WORKERS": 4}],
        json_schema_extra={"additionalProperties": False},
    )
    args: list[fields.Argument] | None = Field(
        default=None,
        description="Arguments of the script, taken as they are written.",
        examples=[["--queue", "demo", 3]],
    )
    cwd: config_paths.Folder | None = Field(
        default=None,
        description="Working directory of the script, relative to this file. Default: the folder of this file.",
        examples=["services/api"],
    )


def _exactly_one_kind(schema: Json) -> None:
    schema["oneOf"] = [{"required": [key]} for key in KEYS]


class ScriptKeys(SettingsForm):
    """A script to run and judge: exactly one key says what is run, and every key of 'defaults' may stand here too."""

    model_config = ConfigDict(json_schema_extra=_exactly_one_kind)

    name: fields.Name | None = Field(
        default=None,
        description="Its name in reports, in the baseline and on the command line. Default: the file name without .py, "
        "the module, the program, the callable, or pytest and its first argument.",
        examples=["worker"],
    )
    path: config_paths.Script | None = Field(
        default=None,
        description="The Python file, relative to this file; also a folder or zip file with a __main__.py.",
        examples=["examples/worker.py"],
    )
    module: fields.Module | None = Field(
        default=None, description="A module or package, run as python -m runs it.", examples=["shop.cli"]
    )
    command: fields.Words | None = Field(
        default=None,
        description="Any command: a list of words, or one text that is split as a shell splits it. Looked up beside "
        "'python', then on PATH.",
        examples=[["gunicorn", "shop.wsgi", "-w", 2], "celery -A mail worker"],
    )
    setup: fields.Words | None = Field(
        default=None,
        description="A command that is run to its end before the script starts, such as migrations.",
        examples=[["python", "manage.py", "migrate"]],
    )
    services: list[ServiceForm] = Field(
        default_factory=list,
        description="Other programs, started before the script and stopped after it. They are not judged.",
        examples=[[{"command": ["redis-server", "--port", "{port:redis}"], "ready": {"port": "redis"}}]],
    )
    ready: ReadyForm | None = Field(
        default=None,
        description="When the script is ready to be watched. Default: when {port} accepts connections, if it is used.",
        examples=[{"url": "/health"}],
    )
    stop: StopForm | None = Field(
        default=None, description="How the script is ended.", examples=[{"signal": "SIGINT", "timeout": "30s"}]
    )
    call: fields.CallablePath | None = Field(
        default=None,
        description="A callable without arguments, called again and again: package.module:name.",
        examples=["shop.parser:parse_sample"],
    )
    pytest: fields.Arguments | None = Field(
        default=None,
        description="Arguments of pytest: every test of the suite is repeated, and judged by itself.",
        examples=[["tests/unit", "-m", "not slow"]],
    )
    load: LoadForm | None = Field(
        default=None,
        description="What makes the server work while it is watched.",
        examples=[{"requests": ["/items/{n}"]}],
    )
    expect: fields.Expect | None = Field(
        default=None,
        description="leak: a planted leak; the run fails if it is not caught. Default: ok.",
        examples=["leak"],
    )


def _exactly_one_subject(schema: Json) -> None:
    schema["oneOf"] = [{"required": [subject.value]} for subject in SuppressionSubject]


class SuppressionKeys(ConfigForm):
    """A leak that is accepted: one pattern (signature, site, holder or library) and the reason."""

    model_config = ConfigDict(json_schema_extra=_exactly_one_subject)

    signature: fields.Text | None = Field(
        default=None, description="Signature of the leak, as reports show it.", examples=["3f9a*"]
    )
    site: fields.Text | None = Field(
        default=None, description="Where it allocates, file:function.", examples=["myapp/cache.py:remember"]
    )
    holder: fields.Text | None = Field(
        default=None, description="Path of what holds it.", examples=["myapp.cache._SESSIONS"]
    )
    library: fields.Text | None = Field(
        default=None, description="Installed package that allocates it.", examples=["somelib"]
    )
    reason: fields.Text = Field(description="Why it is accepted.", examples=["bounded by the number of tenants"])
    expires: fields.Day | None = Field(
        default=None, description="Last day on which this counts.", examples=["2030-12-31"]
    )
    owner: fields.Text | None = Field(default=None, description="Who looks after it.", examples=["payments team"])

    @model_validator(mode="after")
    def _has_one_subject(self) -> Self:
        given = [subject.value for subject in SuppressionSubject if getattr(self, subject.value) is not None]
        if len(given) == 1:
            return self
        found = f", not {' and '.join(given)}" if given else ""
        raise ValueError(f"needs exactly one of signature, site, holder or library{found}")


class FileForm(ConfigForm):
    """leakgate.yaml: which scripts are watched for memory leaks, and what they are allowed."""

    version: fields.Version = Field(description="Version of this format.", examples=[1])
    baseline: config_paths.BaselineFile | None = Field(
        default=None,
        description="The reviewed baseline file, relative to this file. Default: leakgate-baseline.json.",
        examples=["ci/leakgate-baseline.json"],
    )
    fail_on: list[fields.FailOn] | None = Field(
        default=None,
        alias="fail-on",
        description="Verdicts that fail the gate; an empty list is advisory: everything is reported and nothing fails. "
        "Default: leak, over-budget, regression.",
        examples=[["leak", "over-budget", "regression", "inconclusive"]],
    )
    time_limit: fields.Duration | None = Field(
        default=None,
        alias="time-limit",
        description="How long the whole run may take, 1s to 24h; what was not measured by then is an error. "
        "Default: no limit.",
        examples=["15m", "1h"],
    )
    defaults: SettingsForm = Field(default_factory=SettingsForm, description="What holds for every script.")
    scripts: list[ScriptKeys] = Field(description="The scripts to run and judge.", min_length=1)
    suppressions: list[SuppressionKeys] = Field(default_factory=list, description="Leaks that are accepted.")
