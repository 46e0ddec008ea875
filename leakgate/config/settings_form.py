"""The keys that ``defaults`` and each script share: how a script runs, how it is watched, and its budgets.

As in `form.py`, a description is Markdown, and its last sentence states the value that is used if the key is missing.
"""

from pydantic import Field

from leakgate.config import choice_fields, config_paths, number_fields, text_fields
from leakgate.config.strict import ConfigForm


class BudgetsForm(ConfigForm):
    """What is allowed. Without a budget, sustained growth beyond the noise is a leak."""

    rss: number_fields.Growth | None = Field(
        default=None, description="Growth of the resident memory of the process tree.", examples=["20MB", "1MB/min"]
    )
    heap: number_fields.Growth | None = Field(
        default=None, description="Growth of live Python memory.", examples=["256KB/min", "1MB"]
    )
    blocks: number_fields.CountEach | None = Field(
        default=None,
        description="Live blocks of Python's allocator that each test, call or run may leave behind; for tests, "
        "callables and scripts with repeat.",
        examples=["0/call"],
    )
    native: number_fields.Growth | None = Field(
        default=None, description="Growth of the memory in the C allocator.", examples=["512KB", "1MiB/h"]
    )
    peak: number_fields.Peak | None = Field(
        default=None,
        description="A ceiling: the resident memory of the process tree at any moment.",
        examples=["300MB"],
    )
    fds: number_fields.Count | None = Field(
        default=None, description="How many more open files, sockets and pipes (handles on Windows).", examples=[10]
    )
    threads: number_fields.Count | None = Field(default=None, description="How many more threads.", examples=[5])
    tasks: number_fields.Count | None = Field(
        default=None, description="How many more asyncio tasks that are not done.", examples=[100]
    )
    children: number_fields.Count | None = Field(
        default=None,
        description="How many more child processes, including those that ended and that no process waited for.",
        examples=[2],
    )


class SettingsForm(ConfigForm):
    """How scripts are run and judged. A script may set each of these keys for itself."""

    python: config_paths.Interpreter | None = Field(
        default=None,
        description="The interpreter that runs the script, CPython 3.9 or newer: a path, or a command on `PATH`. "
        "leakgate does not have to be installed there. `bin/python` of a virtual environment also finds "
        "`Scripts/python.exe` on Windows. Default: the interpreter that runs leakgate.",
        examples=[".venv/bin/python", "python3.12"],
    )
    duration: number_fields.Duration | None = Field(
        default=None,
        description="How long leakgate watches the script, `1s` to `24h`. A clear answer ends the watch earlier. Where "
        "the answer is not clear, the watch takes up to twice as long. Time for explaining growth comes on top. "
        "Default: 30s.",
        examples=["2m", "30s"],
    )
    warmup: number_fields.Warmup | None = Field(
        default=None,
        description="Time at the start that is not judged: `auto` (found from the readings) or a duration. "
        "Default: auto.",
        examples=["10s", "auto"],
    )
    interval: number_fields.Interval | None = Field(
        default=None,
        description="Time between two readings, `10ms` to `10s`, at most a tenth of the duration. Default: 100ms.",
        examples=["250ms", "1s"],
    )
    budgets: BudgetsForm = Field(
        default_factory=BudgetsForm,
        description="How much growth is allowed.",
        examples=[{"rss": "20MB", "heap": "1MB"}],
    )
    tolerance: number_fields.Tolerance | None = Field(
        default=None,
        description="How much worse than the baseline a script may be: a fraction or a percentage. Default: 25%.",
        examples=[0.1, "10%"],
    )
    trace: choice_fields.Trace | None = Field(
        default=None,
        description="When allocations are traced: `auto` (to explain growth), `always` or `never`. Tracing slows the "
        "script down. Without tracing, a report names no allocating lines. Default: auto.",
        examples=["never"],
    )
    time_per_test: number_fields.TestTime | None = Field(
        default=None,
        alias="time-per-test",
        description="With `pytest` and `call`: time for the repetitions of one test, `100ms` to `1h`. A test that may "
        "leak gets five times as long. Default: 2s.",
        examples=["500ms", "10s"],
    )
    env: dict[text_fields.EnvName, text_fields.Argument] = Field(
        default_factory=dict,
        description="Variables that are added to the environment of the script. Values are taken as they are written: "
        "`3.10` stays `3.10`.",
        examples=[{"MODE": "demo", "WORKERS": 4}],
        json_schema_extra={"additionalProperties": False},
    )
    args: list[text_fields.Argument] | None = Field(
        default=None,
        description="Arguments of the script, as they are written.",
        examples=[["--queue", "demo", 3]],
    )
    cwd: config_paths.Folder | None = Field(
        default=None,
        description="The working directory of the script. Default: the folder of the config file.",
        examples=["services/api"],
    )
