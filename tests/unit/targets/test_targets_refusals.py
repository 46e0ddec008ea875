"""Why a process cannot be watched, or the probe cannot enter it: pure, with made-up facts."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from leakgate.errors import UsageError
from leakgate.targets.refusals import Method, Refused, require_watchable, why_not_inside
from leakgate.targets.running import Permission, RunningProcess
from leakgate.targets.running_python import FUNCTIONS, WAITING, RunningPython

PYTHON = RunningPython(
    implementation="cpython",
    version=(3, 12),
    functions=tuple((name, 4096) for name in sorted(FUNCTIONS | WAITING | {"mmap"})),
)
PROCESS = RunningProcess(
    pid=4242,
    created=1.0,
    label="worker",
    arguments=("python", "worker.py"),
    ports=(),
    script=Path("/srv/worker.py"),
    program=Path("/usr/bin/python3.12"),
    cwd=Path("/srv"),
    owner="deploy",
    ours=True,
    user_id=1000,
    group_id=1000,
    python=PYTHON,
)
ALLOWED = Permission()


def refusal(
    method: Method = Method.GDB, permission: Permission = ALLOWED, platform: str = "linux", **changes: Any
) -> Refused | None:
    """Why a process that differs in this cannot be entered."""
    of_python: dict[str, Any] = {name: value for name, value in changes.items() if hasattr(PYTHON, name)}
    of_process: dict[str, Any] = {name: value for name, value in changes.items() if name not in of_python}
    python = replace(PYTHON, **of_python)
    return why_not_inside(replace(PROCESS, python=python, **of_process), method, permission, platform)


def test_nothing_speaks_against_an_ordinary_process() -> None:
    assert refusal() is None
    assert refusal(Method.REMOTE_EXEC, version=(3, 14)) is None
    assert refusal(Method.AUTO, version=(3, 15), platform="darwin") is None
    assert require_watchable(PROCESS.pid, PROCESS) is PROCESS


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"elsewhere": ("its own files",)}, "another container"),
        ({"bits": 32}, "32-bit"),
        ({"musl": True}, "musl"),
        ({"free_threaded": True}, "without the GIL"),
        ({"version": (3, 8)}, "3.9 or newer"),
        ({"version": (3, 14)}, "does not need gdb"),
        ({"implementation": "pypy"}, "PyPy"),
        ({"tracer": "strace, PID 7"}, "being debugged by strace, PID 7"),
        ({"is_visited": True}, "another leakgate"),
        ({"functions": ()}, "replaced on disk"),
        ({"platform": "darwin"}, "Linux only"),
    ],
)
def test_gdb_is_refused_with_a_reason_and_a_hint(changes: dict[str, Any], message: str) -> None:
    found = refusal(**changes)
    assert found is not None
    assert message in found.message
    assert found.hint


def test_what_is_not_python_has_no_inside() -> None:
    found = why_not_inside(replace(PROCESS, python=None), Method.AUTO, ALLOWED, "linux")
    assert found is not None
    assert "is not Python" in found.message


@pytest.mark.parametrize("method", [Method.AUTO, Method.REMOTE_EXEC])
def test_an_older_python_has_no_way_in_of_its_own(method: Method) -> None:
    found = refusal(method)
    assert found is not None
    assert "3.14" in found.message
    assert "--method gdb" in found.hint
    elsewhere = refusal(method, platform="darwin")
    assert elsewhere is not None
    assert "--method gdb" not in elsewhere.hint


@pytest.mark.parametrize(
    ("scope", "may_trace_all", "said"),
    [
        (0, False, ""),
        (1, False, "ptrace_scope is 1"),
        (1, True, ""),
        (2, False, "ptrace_scope is 2"),
        (2, True, ""),
        (3, True, "ptrace_scope is 3"),
    ],
)
def test_what_yama_forbids_is_said_with_what_to_set(scope: int, may_trace_all: bool, said: str) -> None:  # noqa: FBT001
    found = refusal(permission=Permission(yama_scope=scope, may_trace_all=may_trace_all))
    assert (found is not None) is bool(said)
    if found is not None:
        assert said in found.message
        assert "kernel.yama.ptrace_scope" in found.hint


def test_processes_that_cannot_be_watched_at_all() -> None:
    with pytest.raises(UsageError, match="there is no process 7"):
        require_watchable(7, None)
    with pytest.raises(UsageError, match="measure itself"):
        require_watchable(7, replace(PROCESS, above_us=True))
    with pytest.raises(Refused, match="belongs to deploy") as caught:
        require_watchable(7, replace(PROCESS, ours=False))
    assert "sudo -u deploy" in caught.value.hint
