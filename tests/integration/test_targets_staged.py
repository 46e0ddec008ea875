"""Real servers with real services and loads: their verdicts and errors, and that no process is left."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from leakgate.measure.free_ports import PortChooser
from leakgate.measure.surroundings import Surroundings
from leakgate.model.entry import CommandEntry, ModuleEntry
from leakgate.model.evidence import FailureReason, TrialFailed, TrialOk
from leakgate.model.load_spec import LoadProgram, LoadSpec, RequestSpec
from leakgate.model.staging import ReadySpec, ServiceSpec, StopSpec
from leakgate.model.target import TargetSpec
from tests.helpers.outside import PatientPacer, is_judgeable, is_probed, never
from tests.helpers.real_runs import MARK, SCRIPTS, marked, spec_of, try_script, wait_until, wait_until_gone

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups of POSIX")

LOAD = LoadSpec(source=(RequestSpec(path="/items/{n}"),), rate_per_s=50.0)
"""Without a rate, the load and the server would take a processor each."""
SERVER = str(SCRIPTS / "staged_server.py")
ROOT = Path(__file__).parents[2]


def server(folder: Path, *args: str, **fields: Any) -> TargetSpec:
    return replace(spec_of("staged_server.py", folder, *args), **{"load": LOAD, **fields})


def is_answering(so_far: TrialOk) -> bool:
    """Whether the watch can be judged, and the server has answered some requests of the load."""
    return is_judgeable(so_far) and so_far.work is not None and so_far.work.expected > 20


def failure(spec: TargetSpec, folder: Path, surroundings: Surroundings | None = None) -> TrialFailed:
    trial = try_script(spec, folder / "logs", pacer=PatientPacer(never), surroundings=surroundings)
    assert isinstance(trial, TrialFailed), trial
    return trial


def test_a_server_is_watched_from_when_it_is_ready_and_its_load_is_counted(tmp_path: Path) -> None:
    pacer = PatientPacer(lambda so_far: is_probed(so_far) and is_answering(so_far))
    trial = try_script(server(tmp_path, "leaks"), tmp_path / "logs", pacer=pacer)
    assert isinstance(trial, TrialOk)
    assert trial.work is not None
    assert trial.work.sent > 20
    assert trial.work.expected == trial.work.sent
    assert [track.probed for track in trial.processes] == [True], "the load is no part of the tree"
    assert all(t_s >= 0 for track in trial.processes for series in track.series for t_s in series.t_s)


@pytest.mark.parametrize("ready", [ReadySpec(url="http://127.0.0.1:{port}/x"), ReadySpec(output="ready [a-z]+")])
def test_a_server_is_ready_when_it_answers_or_says_so(tmp_path: Path, ready: ReadySpec) -> None:
    trial = try_script(server(tmp_path, ready=ready), tmp_path / "logs", pacer=PatientPacer(is_answering))
    assert isinstance(trial, TrialOk)


def test_a_server_that_nothing_asks_is_seen_to_be_idle(tmp_path: Path) -> None:
    """The trial records it; the rule makes the verdict inconclusive."""
    done = subprocess.run(
        [sys.executable, "-m", "leakgate", "monitor", "--duration", "12s", "--json", "r.json", "--", "python3", SERVER],
        cwd=tmp_path,
        env={**os.environ, "PORT": "0", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    (script,) = json.loads((tmp_path / "r.json").read_text("utf-8"))["scripts"]
    assert script["verdict"] == "inconclusive", done.stderr
    assert script["reason"].startswith("it listened on port")


def test_a_server_that_reads_a_port_that_the_entry_does_not_use(tmp_path: Path) -> None:
    load = LoadSpec(source=LoadProgram(command=("sleep", "600")))
    failed = failure(server(tmp_path, load=load), tmp_path)
    assert failed.reason is FailureReason.CRASHED
    assert failed.hint.startswith('write `ready: {port: "{port}"}`')


def test_a_load_and_a_service_that_are_not_installed(tmp_path: Path) -> None:
    load = LoadSpec(source=LoadProgram(command=("no-such-load", "run")))
    service = ServiceSpec(name="data", command=("no-such-service",))
    for missing in (server(tmp_path, load=load, ready=ReadySpec(port="{port}")), server(tmp_path, services=(service,))):
        failed = failure(missing, tmp_path)
        assert "there is no program 'no-such-" in failed.message
        assert failed.hint.startswith("install no-such-")


def test_a_server_that_is_not_ready_in_time(tmp_path: Path) -> None:
    deaf = CommandEntry(words=("sh", "-c", "echo I never listen >&2; exec sleep 600"))  # says it before five seconds
    failed = failure(server(tmp_path, entry=deaf, ready=ReadySpec(port="{port}", timeout_s=5.0)), tmp_path)
    assert failed.reason is FailureReason.NOT_READY
    assert "does not accept connections" in failed.message
    assert "I never listen" in failed.stderr_tail


def test_a_server_that_ends_while_it_starts(tmp_path: Path) -> None:
    failed = failure(server(tmp_path, "dies"), tmp_path)
    assert failed.reason is FailureReason.CRASHED
    assert "ended with status 3" in failed.message
    assert "no database" in failed.stderr_tail


def test_a_server_that_ends_under_load(tmp_path: Path) -> None:
    failed = failure(server(tmp_path, "later"), tmp_path)
    assert failed.reason is FailureReason.CRASHED
    assert "status 9" in failed.message


class TakenFirst(PortChooser):
    """Returns a port that another socket holds, and then free ones."""

    def __init__(self, taken: int) -> None:
        super().__init__()
        self.taken = [taken]

    def _free_port(self) -> int:
        return self.taken.pop() if self.taken else super()._free_port()


def test_a_port_that_is_taken_meanwhile_is_chosen_again(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        ports = TakenFirst(other.getsockname()[1])
        spec = server(tmp_path)
        surroundings = Surroundings(ports=ports)
        trial = try_script(spec, tmp_path / "logs", pacer=PatientPacer(is_answering), surroundings=surroundings)
    assert isinstance(trial, TrialOk)
    assert ports.taken == []


def test_answers_that_are_not_as_expected(tmp_path: Path) -> None:
    load = replace(LOAD, source=(RequestSpec(path="/gone/{n}"),))
    failed = failure(server(tmp_path, load=load), tmp_path)
    assert failed.reason is FailureReason.STAGE
    assert failed.message.startswith("0 of ")
    assert "GET /gone/{n}: status 404" in failed.message
    assert "no such page" in failed.stderr_tail, "what the server said, not its answer"
    assert failed.hint


def test_a_load_program_of_the_users(tmp_path: Path) -> None:
    (tmp_path / "asks.py").write_text(
        "import os, urllib.request\nfor n in range(20):\n"
        "    urllib.request.urlopen(os.environ['LEAKGATE_URL'] + f'/items/{n}').read()\n"
    )
    load = LoadSpec(source=LoadProgram(path=tmp_path / "asks.py"))
    spec = server(tmp_path, load=load, args=("well", "asked-{port}"))
    pacer = PatientPacer(lambda so_far: is_judgeable(so_far) and any(tmp_path.glob("asked-*")))
    trial = try_script(spec, tmp_path / "logs", pacer=pacer)
    assert isinstance(trial, TrialOk)
    (tmp_path / "asks.py").write_text("import sys\nsys.exit('no such user')\n")
    failed = failure(spec, tmp_path)
    assert failed.message.startswith("the load ended with status 1")
    assert "no such user" in failed.stderr_tail


def test_set_up_and_services(tmp_path: Path) -> None:
    port = "{port:data}"
    data = ServiceSpec(
        name="data",
        command=("python", "-u", "-m", "http.server", "--bind", "127.0.0.1", port),
        ready=ReadySpec(port=port),
    )
    (tmp_path / "setup.py").write_text("import os, pathlib\npathlib.Path('made').write_text(os.environ['DATA'])\n")
    env = {**spec_of("x", tmp_path).env, "DATA": port}
    spec = server(tmp_path, setup=("python", "setup.py"), services=(data,), env=env)
    trial = try_script(spec, tmp_path / "logs", pacer=PatientPacer(is_answering))
    assert isinstance(trial, TrialOk)
    assert (tmp_path / "made").read_text().isdecimal()
    assert (tmp_path / "logs" / "data.stdout.log").read_text().startswith("Serving HTTP")


def test_a_set_up_that_fails(tmp_path: Path) -> None:
    failed = failure(server(tmp_path, setup=("python", "-c", "raise SystemExit('no table')")), tmp_path)
    assert failed.message == "its set-up ended with status 1"
    assert "no table" in failed.stderr_tail


@pytest.mark.parametrize(("seconds", "message"), [("0", "before it was ready"), ("3", "while the script was watched")])
def test_a_service_that_ends(tmp_path: Path, seconds: str, message: str) -> None:
    code = f"import time, sys; print('up', flush=True); time.sleep({seconds}); sys.exit('service is out of luck')"
    ready = ReadySpec(output="up" if seconds != "0" else "never")
    service = ServiceSpec(name="moody", command=("python", "-c", code), ready=ready)
    failed = failure(server(tmp_path, services=(service,)), tmp_path)
    assert "the service moody ended with status 1" in failed.message
    assert message in failed.message
    assert "out of luck" in failed.stderr_tail


def test_a_module_and_a_command_are_watched_from_inside(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("")
    (tmp_path / "app" / "part.py").write_text("import time\ndef work():\n    time.sleep(600)\n")
    (tmp_path / "app" / "__main__.py").write_text("from .part import work\nwork()\n")
    for entry in (ModuleEntry(module="app"), CommandEntry(words=("sh", "-c", "exec python3 -m app"))):
        spec = replace(spec_of("x", tmp_path), entry=entry, python=Path(sys.executable))
        trial = try_script(spec, tmp_path / "logs", pacer=PatientPacer(is_probed))
        assert isinstance(trial, TrialOk)
        assert any(track.probed for track in trial.processes), entry


def test_a_python_that_ignores_its_environment_is_named(tmp_path: Path) -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', 'import time; time.sleep(600)'])"
    spec = replace(spec_of("x", tmp_path), entry=CommandEntry(words=("python", "-c", code)))

    def child_is_old(so_far: TrialOk) -> bool:
        lived_s = [track.last_s - track.first_s for track in so_far.processes[1:]]
        return is_probed(so_far) and max(lived_s, default=0.0) > 4.0

    trial = try_script(spec, tmp_path / "logs", pacer=PatientPacer(child_is_old))
    assert isinstance(trial, TrialOk)
    assert [track.probed for track in trial.processes] == [True, False]
    assert any("Python without a probe in process" in note for note in trial.notes)


def test_the_main_process_gets_the_signal_that_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "polite.py").write_text(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, lambda *a: (print('bye', flush=True), sys.exit(0)))\n"
        "open('sign', 'w').close()\ntime.sleep(600)\n"
    )
    pacer = PatientPacer(lambda so_far: (tmp_path / "sign").exists() and is_judgeable(so_far))
    entry = CommandEntry(words=("python", "polite.py"))
    spec = replace(spec_of("x", tmp_path), entry=entry, stop=StopSpec(signal="SIGINT", timeout_s=60.0))
    trial = try_script(spec, tmp_path / "logs", pacer=pacer)
    assert isinstance(trial, TrialOk)
    assert (tmp_path / "logs" / "stdout.log").read_text() == "bye\n"


CONFIG = f"""
version: 1
scripts:
  - name: api
    path: {SERVER}
    args: [WAY, SIGN]
    setup: [python, -c, "import time; open('in-setup', 'x'); time.sleep(SETUP_S)"]
    services:
      - command: [python, -c, "import time; open('in-service','x'); time.sleep(SERVICE_S); print('up'); time.sleep(99)"]
        ready: {{output: up}}
        env: {{PYTHONUNBUFFERED: "1"}}
    load: {{rate: 50, requests: ["/items/{{n}}"]}}
"""
PHASES = {
    "setup": ("well", "600", "0", "in-setup"),
    "services": ("well", "0", "600", "in-service"),
    "ready": ("deaf", "0", "0", "in-server"),
    "load": ("well", "0", "0", "in-server"),
}


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc; orphans are adopted on Linux")
@pytest.mark.parametrize("phase", PHASES)
def test_kill_9_of_leakgate_leaves_nothing(tmp_path: Path, phase: str) -> None:
    way, setup_s, service_s, sign = PHASES[phase]
    text = CONFIG.replace("WAY", way).replace("SETUP_S", setup_s).replace("SERVICE_S", service_s)
    (tmp_path / "leakgate.yaml").write_text(text.replace("SIGN", str(tmp_path / "in-server")))
    _kill_when_there_is(tmp_path / sign)


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc; orphans are adopted on Linux")
@pytest.mark.parametrize("phase", ["explaining", "stopping"])
def test_kill_9_while_growth_is_explained_or_the_script_is_stopped_leaves_nothing(tmp_path: Path, phase: str) -> None:
    script = SCRIPTS / "target_phases.py"
    trace = "trace: always" if phase == "explaining" else "trace: never"
    (tmp_path / "leakgate.yaml").write_text(
        f"version: 1\nscripts:\n  - {{path: {script}, args: [{tmp_path}], duration: 8s, warmup: 1s, expect: leak, "
        f"stop: {{timeout: 600s}}, {trace}}}\n"
    )
    _kill_when_there_is(tmp_path / f"in-{phase}")


def _kill_when_there_is(sign: Path) -> None:
    """Run the gate in the folder of this file, kill it when the file appears, and check that no process is left."""
    temporary = sign.parent / "tmp"
    temporary.mkdir()
    with marked() as mark:
        gate = subprocess.Popen(
            [sys.executable, "-m", "leakgate", "run"],
            cwd=sign.parent,
            env={**os.environ, MARK: mark, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(sign.exists)
        gate.kill()
        gate.wait()
        assert wait_until_gone(mark) == []
    assert list(temporary.glob("leakgate-*")) == []
