"""The entry of leakgate.yaml for a running program; the config's own loader takes it."""

from pathlib import Path

import pytest
import yaml

from leakgate.config.load_config import load_config
from leakgate.targets.suggestion import Entry, suggest_entry

ROOT = Path("/srv/app")


def suggested(*arguments: str, ports: tuple[int, ...] = (), cwd: Path = ROOT) -> Entry:
    return suggest_entry("it", arguments, cwd=cwd, root=ROOT, ports=ports, watched_s=12.3)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("python", "worker.py"), {"path": "worker.py"}),
        (("/srv/app/.venv/bin/python3.12", "-u", "-W", "error", "src/w.py", "-q", "a"),
         {"path": "src/w.py", "args": ["-q", "a"]}),
        (("python3", "-m", "shop.cli", "sync"), {"module": "shop.cli", "args": ["sync"]}),
        (("python3", "/srv/app/.venv/bin/celery", "-A", "mail", "worker"),
         {"command": ["celery", "-A", "mail", "worker"]}),
        (("/usr/bin/uwsgi", "--ini", "x.ini"), {"command": ["uwsgi", "--ini", "x.ini"]}),
        (("python", "-c", "work()"), {"command": ["python", "-c", "work()"]}),
        ((), {"command": [""]}),
    ],
)  # fmt: skip
def test_what_runs_is_told_by_the_command_line(arguments: tuple[str, ...], expected: Entry) -> None:
    entry = suggested(*arguments)
    assert {key: entry[key] for key in expected} == expected
    assert entry["duration"] == "30s"


def test_the_interpreter_of_an_environment_is_named() -> None:
    assert suggested("/srv/app/.venv/bin/python", "worker.py")["python"] == ".venv/bin/python"
    assert suggested("/opt/venv/bin/python", "worker.py")["python"] == "/opt/venv/bin/python"
    assert "python" not in suggested("python", "worker.py")


def test_a_server_gets_its_port_and_a_load() -> None:
    entry = suggested("python", "/v/bin/gunicorn", "shop.wsgi", "-b", "127.0.0.1:8000", ports=(8000,))
    assert entry["command"] == ["gunicorn", "shop.wsgi", "-b", "127.0.0.1:{port}"]
    assert entry["load"] == {"requests": ["/"]}
    assert "8000" not in str(entry)


def test_a_port_that_the_program_chose_stays() -> None:
    entry = suggested("python", "serve.py", "--size", "18000", ports=(8000,))
    assert entry["args"] == ["--size", "18000"]
    assert entry["load"] == {"url": "http://127.0.0.1:8000", "requests": ["/"]}


@pytest.mark.parametrize(
    ("arguments", "ports"),
    [
        (("python", "worker.py", "--fast"), ()),
        (("python", "-m", "shop", "sync"), ()),
        (("python", "/v/bin/pytest", "w", "-b", ":8000"), (8000,)),
        (("python", "worker.py"), (8000,)),
    ],
)
def test_the_config_takes_what_is_suggested(tmp_path: Path, arguments: tuple[str, ...], ports: tuple[int, ...]) -> None:
    (tmp_path / "worker.py").write_text("")
    entry = suggest_entry("it", arguments, cwd=tmp_path, root=tmp_path, ports=ports, watched_s=90.0)
    config = tmp_path / "leakgate.yaml"
    config.write_text(yaml.safe_dump({"version": 1, "scripts": [entry]}))
    (target,) = load_config(config).targets
    assert target.name == "it"
    assert target.duration_s == 90.0
