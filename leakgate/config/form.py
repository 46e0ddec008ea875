"""The form of ``leakgate.yaml``: its keys and what they mean.

The JSON Schema and the tables of ``docs/configuration.md`` are generated from these models (``make docs``). A
description is Markdown. Its last sentence, ``Default: ...``, states the value that is used if the key is missing.
"""

from typing import Any, Self

from pydantic import ConfigDict, Field, model_validator

from leakgate.config import choice_fields, config_paths, number_fields, text_fields
from leakgate.config.load_form import LoadForm
from leakgate.config.option_values import FAIL_ON
from leakgate.config.settings_form import SettingsForm
from leakgate.config.staging_keys import ReadyForm, ServiceForm, StopForm
from leakgate.config.strict import ConfigForm
from leakgate.model.suppression import SuppressionSubject
from leakgate.targets.kind import KEYS

Json = dict[str, Any]


def _exactly_one_kind(schema: Json) -> None:
    schema["oneOf"] = [{"required": [key]} for key in KEYS]


class ScriptKeys(SettingsForm):
    """A script to run and judge. Exactly one key names what is run; every key of `defaults` can be used here too."""

    model_config = ConfigDict(json_schema_extra=_exactly_one_kind)

    name: text_fields.Name | None = Field(
        default=None,
        description="The name in reports, in the baseline and on the command line: up to 80 printable characters, not "
        "starting with `-`, and different for each script. Default: the file name without `.py`, the module, the "
        "program (for `python server.py`: `server`), the callable, or `pytest` and its first argument.",
        examples=["worker"],
    )
    path: config_paths.Script | None = Field(
        default=None,
        description="A Python file, run unmodified as `__main__`. Also a `.pyc` file, or a folder or zip file with a "
        "`__main__.py`.",
        examples=["src/worker.py"],
    )
    module: text_fields.Module | None = Field(
        default=None,
        description="A module or package, run as `python -m` runs it: imports start at `cwd`, and relative imports "
        "work.",
        examples=["shop.cli"],
    )
    command: text_fields.Words | None = Field(
        default=None,
        description="Any command: a list of words, or one text that is split as a POSIX shell splits it (no shell "
        "runs). leakgate looks for the program in the folder of `python`, then on `PATH`. It watches every Python "
        "process of the command from inside, and other processes from outside.",
        examples=[["gunicorn", "shop.wsgi", "-w", 2], "celery -A mail worker"],
    )
    setup: text_fields.Words | None = Field(
        default=None,
        description="A command that runs to its end before the script starts, such as migrations. The services run "
        "already. If it fails, the script is an `error`.",
        examples=[["python", "manage.py", "migrate"]],
    )
    services: list[ServiceForm] = Field(
        default_factory=list,
        description="Other programs. They start before the script, in this order, and stop after it. They are not "
        "judged.",
        examples=[[{"command": ["redis-server", "--port", "{port:redis}"], "ready": {"port": "redis"}}]],
    )
    ready: ReadyForm | None = Field(
        default=None,
        description="When the script is ready. The watch and the load begin then. Default: when `{port}` accepts "
        "connections, if the script uses it.",
        examples=[{"url": "/health"}],
    )
    stop: StopForm | None = Field(
        default=None,
        description="How leakgate ends the script. Default: SIGTERM, then 10 s.",
        examples=[{"signal": "SIGINT", "timeout": "30s"}],
    )
    call: text_fields.CallablePath | None = Field(
        default=None,
        description="A callable without arguments, plain or async, that is called repeatedly: `package.module:name`. A "
        "generator sets up and tears down around the callable that it yields.",
        examples=["shop.parser:parse_sample"],
    )
    pytest: text_fields.Arguments | None = Field(
        default=None,
        description="Arguments of pytest, a list of words or one text. Every test of the suite is repeated and judged "
        "separately.",
        examples=[["tests/unit", "-m", "not slow"]],
    )
    repeat: choice_fields.Switch | None = Field(
        default=None,
        description="true: a script that ends by itself is run again and again for its duration, in one process where "
        "that is possible, and judged by what each run leaves behind. Default: false.",
        examples=[True],
    )
    load: LoadForm | None = Field(
        default=None,
        description="The requests that a server gets while it is watched.",
        examples=[{"requests": ["/items/{n}"]}],
    )
    work: text_fields.CallablePath | None = Field(
        default=None,
        description="A function of the program, `package.module:function`. leakgate counts its calls in every process "
        "of the script, and reports and limits growth per call. Needs Python 3.12 or newer.",
        examples=["mail.tasks:send"],
    )
    expect: choice_fields.Expect | None = Field(
        default=None,
        description="`leak` marks a canary, a planted leak: the run fails unless the script is judged a `leak`. "
        "Default: ok.",
        examples=["leak"],
    )


def _exactly_one_subject(schema: Json) -> None:
    schema["oneOf"] = [{"required": [subject.value]} for subject in SuppressionSubject]


class SuppressionKeys(ConfigForm):
    """An accepted leak: one pattern (signature, site, holder or library) and the reason."""

    model_config = ConfigDict(json_schema_extra=_exactly_one_subject)

    signature: text_fields.Text | None = Field(
        default=None, description="The signature of the leak, as reports show it.", examples=["3f9a*"]
    )
    site: text_fields.Text | None = Field(
        default=None,
        description="Where the leak allocates: `file:function` of a frame of its traceback.",
        examples=["src/cache.py:remember"],
    )
    holder: text_fields.Text | None = Field(
        default=None, description="The path of the object that holds the leak.", examples=["app.cache._SESSIONS"]
    )
    library: text_fields.Text | None = Field(
        default=None,
        description="The installed package of a frame of its traceback.",
        examples=["somelib"],
    )
    reason: text_fields.Text = Field(
        description="Why the leak is accepted.", examples=["bounded by the number of tenants"]
    )
    expires: choice_fields.Day | None = Field(
        default=None, description="The last day on which the entry counts.", examples=["2030-12-31"]
    )
    owner: text_fields.Text | None = Field(
        default=None, description="Who is responsible for it.", examples=["payments team"]
    )

    @model_validator(mode="after")
    def _has_one_subject(self) -> Self:
        given = [subject.value for subject in SuppressionSubject if getattr(self, subject.value) is not None]
        if len(given) == 1:
            return self
        found = f", not {' and '.join(given)}" if given else ""
        raise ValueError(f"needs exactly one of signature, site, holder or library{found}")


class FileForm(ConfigForm):
    """leakgate.yaml: the scripts that are watched for memory leaks, and how much growth is allowed."""

    version: choice_fields.Version = Field(description="The version of this format.", examples=[1])
    baseline: config_paths.BaselineFile | None = Field(
        default=None,
        description="The reviewed baseline file. `leakgate baseline update` writes it. The file may be missing; a file "
        "given with `--baseline` must exist. Default: leakgate-baseline.json.",
        examples=["ci/leakgate-baseline.json"],
    )
    fail_on: list[choice_fields.FailOn] | None = Field(
        default=None,
        alias="fail-on",
        description="The verdicts that fail the gate with exit code 1: any of "
        + ", ".join(f"`{verdict}`" for verdict in FAIL_ON)
        + ". With an empty list, leakgate reports everything, and no leak, budget or regression fails the gate; a "
        "script that cannot be measured (3) and a planted leak that is not caught (1) still do. `--fail-on` wins; "
        "`--fail-on none` is the empty list. Default: leak, over-budget, regression.",
        examples=[["leak", "over-budget", "regression", "inconclusive"]],
    )
    time_limit: number_fields.Duration | None = Field(
        default=None,
        alias="time-limit",
        description="How long the whole run may take, `1s` to `24h`. After that, leakgate ends the scripts as Ctrl-C "
        "does, and each script that was not measured is an `error`. `--time-limit` wins. Default: no limit.",
        examples=["15m", "1h"],
    )
    defaults: SettingsForm = Field(
        default_factory=SettingsForm,
        description="Settings of every script that does not set them itself.",
        examples=[{"duration": "1m"}],
    )
    scripts: list[ScriptKeys] = Field(
        description="The scripts to run and judge; at least one.", min_length=1, examples=[[{"path": "src/worker.py"}]]
    )
    suppressions: list[SuppressionKeys] = Field(
        default_factory=list,
        description="Leaks that are accepted.",
        examples=[[{"holder": "app.cache.*", "reason": "bounded by tenants"}]],
    )
