"""The JSON Schema agrees with the loader: the committed copy is the generated one, and both accept the same files."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from leakgate.config.schema import SCHEMA_FILE, config_schema
from leakgate.targets.kind import KEYS
from tests.helpers.projects import Project

SCHEMA = json.loads(config_schema())
VALIDATOR = Draft202012Validator(SCHEMA)

BEYOND_THE_SCHEMA = (
    "must be between",  # the bounds of a duration that is written with a unit
    "larger than any memory",
    "'1001%' is not a tolerance",
    "two scripts are named",
    "there is no",  # files, folders, interpreters
    "has no __main__.py",
    "cannot be split into words",
    "is not an interpreter",
    "gives too few readings",
    "leaves nothing to judge",
    "is not a day of the calendar",
    "is not a valid name",  # printable means more than a pattern can say
    "cannot be used as a name",
    "that no program can be given",
    "is only for",  # keys of a load that need another one
    "unknown placeholder",
    "has no number to choose",
    "is incomplete; write {random",
    "leakgate sets this header itself",
    "is not a command",
    "a time-out must be between",
    "'101%' is not a share",
)
"""Parts of messages whose rules a schema cannot express; every other problem must be one of the schema too."""

_EMPTY: tuple[Any, ...] = (None, [], {}, "", [[]], [{}], "  ")
_VALUES: dict[str, tuple[Any, ...]] = {
    "duration": (
        30,
        1.5,
        0,
        -1,
        86_400,
        86_401,
        "30s",
        "5 m",
        "1h",
        "250ms",
        "30 sec",
        "x",
        "1:30",
        True,
        "30",
        " 30s ",
    ),
    "warmup": ("auto", "Auto", 0, 0.5, -0.1, 86_400, "10s", "", False),
    "interval": (0.01, 0.009, 1, 10.1, "100ms", "1 d"),
    "tolerance": (0, 0.25, 10, 10.5, -0.1, "25%", "2.5 %", "25", "%", "1001%", True),
    "trace": ("auto", "always", "never", "on", True, 1),
    "expect": ("ok", "leak", "OK", False),
    "name": ("worker", "a b", "a/b", "-a", " a", "a ", "x" * 80, "x" * 81, 5, "é", "a\tb"),
    "args": (["a", 1, 1.5, True], ["a", None], ["a", []], "a", {"a": 1}),
    "env": ({"A": "x", "B_1": 1, "_": True}, {"1": "x"}, {"A B": "x"}, {"A": []}, {"A" * 101: 1}, ["A=1"]),
    "cwd": (".", "sub", 5, "x" * 4001),
    "python": ("bin/python", 3.11),
    "path": ("a.py", 5),
    "module": ("json.tool", "a b", "a..b", "a.", ".a", "a-b", "1a", "x" * 101, 5, True, "é.b"),
    "call": ("shop.parser:parse", "shop.parser:Parser.parse", "shop.parser", "shop:", ":f", "a b:c", 5, ["a:b"]),
    "work": ("mail.tasks:send", "mail:Sender.send", "mail.tasks", "mail:", ":f", "a b:c", 5, ["a:b"]),
    "pytest": ("tests -x", ["tests", "-n", 2, True], [], "'open", {"a": 1}, 5, [["a"]]),
    "repeat": (True, False, "yes", 1, []),
    "time-per-test": ("2s", 1, 0.1, "50ms", "2h", "fast", []),
    "command": ("sh -c :", ["sh", "-c", 5, True], ["sh", None], [5], [" "], "'open", "nowhere --x", {"a": 1}, 5),
}
_BUDGETS: dict[str, tuple[Any, ...]] = {
    "blocks": ("0/call", "2.5 / test", "1/run", 0, 5, "2", "2 blocks", "-1/call", []),
    **dict.fromkeys(
        ("rss", "heap", "native"),
        (
            0,
            1024,
            1024.0,
            1.5,
            -1,
            2**63,
            "20MB",
            "1.5 MiB",
            "20 mb",
            "20",
            "MB",
            "1MB/min",
            "1MB / h",
            "1MB/day",
            "64B/request",
            "1.5KB / iteration",
            "0/call",
            "64B/requests",
            "/s",
            True,
        ),
    ),
    "peak": ("300MB", 5, "1MB/s", "300", -5),
    **dict.fromkeys(
        ("fds", "threads", "tasks", "children"),
        (0, 10, 10.0, 1.5, -1, "10", "0/call", "0.1 / request", "1/day", 10**9 + 1, False),
    ),
}
_LOAD: dict[str, tuple[Any, ...]] = {
    "requests": (["/"], ["/items/{n}", "/x y", "x"], [5], [{"path": "/"}], ["/{id}"], "/"),
    "openapi": ("/openapi.json", "api.json", 5),
    "methods": (["GET"], ["GET", "FETCH"], "GET"),
    "path": ("a.py", "nope.py"),
    "module": ("tools.load", "tools-load", 5),
    "command": ("locust -H x", "locust '", ["k6", "run", 1], [["k6"]], 5),
    "args": (["a", 1], "a"),
    "url": ("http://127.0.0.1:{port}", "https://x", "http://x/a?b", "x", 5),
    "connections": (1, 1.0, 1000, 1001, 0, -1, 1.5, "4", True),
    "rate": (200, 0.5, 0, -1, 100_001, "200", True),
    "expect": (1, 0.99, "99%", "101%", 1.1, "x", True),
    "timeout": (5, 0.1, 0.01, "5s", "20m", 601, "x"),
}
_REQUEST: dict[str, tuple[Any, ...]] = {
    "path": ("/", "/a?b=c#d", "/{n}", "/{uuid}/{choice:a|b}", "/{random:9-1}", "/{random:x}", "/{uid}", 5),
    "method": ("GET", "get", 5, "TRACE"),
    "headers": ({"X-A": "b", "X-B": 1}, {"X A": "b"}, {"Content-Length": 1}, {"X": "é"}, {"X": "a\nb"}, {"X": []}),
    "json": ({"a": ["{uuid}", 1, True]}, "text", 5, ["{random:x}"]),
    "form": ({"a": "{n}", "b": 1}, {"a": []}, {"": 1}, "a=b"),
    "body": ("a,b", "{", 5, ["a"]),
    "weight": (1, 1000, 0, 1001, 1.5, "2"),
    "expect": (200, "200", "2xx", [200, "4xx"], [], "6xx", 99, 600, True, [[200]]),
}
_TOP: dict[str, tuple[Any, ...]] = {
    "version": (1, 1.0, 2, "1", True, 0),
    "baseline": ("x.json", "ci/x.json", 5),
    "fail-on": (["leak"], ["leak", "inconclusive", "known", "error"], ["ok"], ["leek"], "leak", [True]),
    "fail_on": (["leak"],),
    "time-limit": ("15m", "1h", 90, "0s", "25h", "15", True),
    "time_limit": ("15m",),
    "defaults": ({"duration": 5}, {"path": "a.py"}, {"name": "x"}, "x"),
    "scripts": ([{"path": "a.py"}], [{"name": "x"}], ["a.py"], {"path": "a.py"}, [5]),
    "suppressions": (
        [{"site": "a", "reason": "b"}],
        [{"holder": "a", "reason": "b", "expires": "2030-12-31", "owner": "c"}],
        [{"library": "a", "reason": "b", "expires": "31.12.2030"}],
        [{"signature": "a", "reason": "b", "expires": "2030-13-31"}],
        [{"site": "a", "holder": "c", "reason": "b"}],
        [{"reason": "b"}],
        [{"site": "a"}],
        [{"site": "a", "reason": " "}],
        [{"site": "a", "reason": "b", "until": "2030-12-31"}],
    ),
}

_SOURCES = ("requests", "openapi", "path", "module", "command")
_LOADS: tuple[Any, ...] = (
    {},
    5,
    {"requests": ["/"], "openapi": "/openapi.json"},
    {"requests": ["/"], "other": 1},
    {"requests": [{"path": "/", "other": 1}]},
    {"requests": [{"method": "GET"}]},
    {"requests": [{"path": "/", "json": 1, "body": "x"}]},
    {"openapi": "/openapi.json", "methods": ["GET", "POST"]},
    {"path": "a.py", "args": ["x"], "rate": 5},
)


_STAGING: dict[str, dict[str, tuple[Any, ...]]] = {
    "ready": {
        "url": ("/", "/health?x=1", "http://127.0.0.1:{port}/", "health", "ftp://x", "/a b", 5, *_EMPTY),
        "port": (80, "80", "{port}", "{port:redis}", "redis", 0, 65_536, "{prt}", "a b", True, *_EMPTY),
        "output": ("ready", "ready [0-9]+", 5, *_EMPTY),
        "timeout": (30, "1m", 0, "x", *_EMPTY),
    },
    "stop": {
        "signal": ("SIGINT", "SIGTERM", "INT", "SIGSTOP", 2, *_EMPTY),
        "timeout": ("30s", 86_401, *_EMPTY),
    },
}
_SERVICE: dict[str, tuple[Any, ...]] = {
    "command": ("redis-server --port {port:redis}", ["redis-server", 5], "'open", [5], *_EMPTY),
    "name": ("redis", "-x", *_EMPTY),
    "env": ({"A": 1}, {"1": 1}),
    "ready": ({"port": "redis"}, {"url": "/", "port": 80}, {"pot": 1}, *_EMPTY),
    "stop": ({"timeout": "5s"}, {"signl": 1}, *_EMPTY),
}


def _cases() -> list[dict[str, Any]]:
    script = {"path": "a.py"}
    minimal = {"version": 1, "scripts": [script]}
    cases: list[dict[str, Any]] = [minimal, {}, {"version": 1}, {"scripts": [script]}, {**minimal, "x-own": 1}]
    for key, values in _TOP.items():
        cases += [{**minimal, key: value} for value in (*values, *_EMPTY)]
    for key, values in _VALUES.items():
        other = {} if key in KEYS else script
        cases += [{**minimal, "scripts": [{**other, key: value}]} for value in (*values, *_EMPTY)]
        cases += [{**minimal, "scripts": [{**script, key: value}]} for value in values if key in KEYS]
        cases += [{**minimal, "defaults": {key: value}} for value in values]
    for key, values in _BUDGETS.items():
        cases += [{**minimal, "scripts": [{**script, "budgets": {key: value}}]} for value in (*values, *_EMPTY)]
    for form, keys in _STAGING.items():
        cases += [{**minimal, "scripts": [{**script, form: {key: one}}]} for key in keys for one in keys[key]]
    services = [{"command": ["sh"], key: one} for key in _SERVICE for one in _SERVICE[key]]
    cases += [{**minimal, "scripts": [{**script, "services": [one]}]} for one in services]
    for key, values in _LOAD.items():
        beside = {} if key in _SOURCES else {"requests": ["/"]}
        cases += [{**minimal, "scripts": [{**script, "load": {**beside, key: value}}]} for value in (*values, *_EMPTY)]
    cases += [{**minimal, "scripts": [{**script, "load": load}]} for load in _LOADS]
    for key, values in _REQUEST.items():
        requests = [{"path": "/", key: value} for value in (*values, *_EMPTY)]
        cases += [{**minimal, "scripts": [{**script, "load": {"requests": [one]}}]} for one in requests]
    return cases


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "project")


def _agree(project: Project, value: object) -> None:
    problems = project.problems(json.dumps(value))
    within = [problem for problem in problems if not any(part in problem for part in BEYOND_THE_SCHEMA)]
    errors = [error.message for error in VALIDATOR.iter_errors(value)]
    if within or not problems:
        assert bool(within) == bool(errors), (value, problems, errors)


def test_the_committed_schema_is_the_generated_one() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == config_schema()


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_and_the_loader_accept_the_same(project: Project) -> None:
    cases = _cases()
    assert len(cases) > 300
    for case in cases:
        _agree(project, case)


_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-5, 50)
    | st.floats(0, 20, width=16)
    | st.sampled_from(["30s", "1MB", "auto", "x"])
)
_settings = st.dictionaries(st.sampled_from([*_VALUES, "budgets", "other"]), _scalars, max_size=3)
_budgets = st.dictionaries(st.sampled_from([*_BUDGETS, "other"]), _scalars, max_size=3)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=200, deadline=None
)
@given(script=_settings, budgets=_budgets, defaults=_settings)
def test_the_schema_and_the_loader_agree_on_anything(
    project: Project, script: dict[str, Any], budgets: dict[str, Any], defaults: dict[str, Any]
) -> None:
    _agree(
        project,
        {"version": 1, "defaults": defaults, "scripts": [{"path": "a.py", "budgets": budgets, **script}]},
    )


def _properties(schema: object) -> list[dict[str, Any]]:
    """Every property of the schema, wherever it is."""
    if isinstance(schema, list):
        return [found for item in schema for found in _properties(item)]
    if not isinstance(schema, dict):
        return []
    own = list(schema.get("properties", {}).values()) if isinstance(schema.get("properties"), dict) else []
    return own + [found for item in schema.values() for found in _properties(item)]


def test_every_key_is_described_and_its_examples_are_valid() -> None:
    for key in _properties(SCHEMA):
        assert key["description"].endswith(".")
        validator = Draft202012Validator({**key, "$defs": SCHEMA["$defs"]})
        for example in key.get("examples", []):
            assert validator.is_valid(example), (key, example)


def test_every_key_is_tried_here() -> None:
    definitions = SCHEMA["$defs"]
    assert {*_TOP} - {"fail_on", "time_limit"} == {*SCHEMA["properties"]}
    assert {*_VALUES, *_STAGING, "services", "setup", "budgets", "load"} == {*definitions["ScriptKeys"]["properties"]}
    assert {*_STAGING["ready"]} == {*definitions["ReadyForm"]["properties"]}
    assert {*_STAGING["stop"]} == {*definitions["StopForm"]["properties"]}
    assert {*_SERVICE} == {*definitions["ServiceForm"]["properties"]}
    assert {*_LOAD} == {*definitions["LoadForm"]["properties"]}
    assert {*_REQUEST} == {*definitions["RequestForm"]["properties"]}
    assert {*_BUDGETS} == {*definitions["BudgetsForm"]["properties"]}
