"""The starter config names a project's programs and is valid.

It is made in bounded time for any content of the folder.
"""

import os
from pathlib import Path

import pytest

from leakgate.config.found_programs import commands_of
from leakgate.config.load_config import load_config
from leakgate.config.starter_file import starter_config
from leakgate.errors import ConfigError
from leakgate.model.target import TargetSpec
from leakgate.targets.kind import command_line, pinned_file

MAIN = 'def main():\n    pass\n\n\nif __name__ == "__main__":\n    main()\n'


def add(root: Path, path: str, text: str = MAIN) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def start(root: Path) -> tuple[TargetSpec, ...]:
    """The targets of the starter, once it is written."""
    config = root / "leakgate.yaml"
    config.write_text(starter_config(root).text, encoding="utf-8")
    return load_config(config).targets


def test_programs_are_found_and_the_starter_is_valid(tmp_path: Path) -> None:
    add(tmp_path, "src/app/worker.py")
    add(tmp_path, "serve.py", MAIN.replace('"', "'"))
    add(tmp_path, "library.py", "def f():\n    pass\n")
    add(tmp_path, "notes.txt")

    assert [(target.name, pinned_file(target)) for target in start(tmp_path)] == [
        ("serve", tmp_path / "serve.py"),
        ("worker", tmp_path / "src/app/worker.py"),
    ]


@pytest.mark.parametrize(
    "path",
    [
        "tests/run.py",
        "node_modules/gyp/run.py",
        ".hidden/run.py",
        "own-env/lib/run.py",
        "thing.egg-info/run.py",
        "build/run.py",
        "a/b/c/d/e/f/g/run.py",
        "test_run.py",
        "run_test.py",
        "conftest.py",
        "setup.py",
        "-run.py",
        "bad\u202ename.py",
        "bad\u202efolder/run.py",
    ],
)
def test_what_is_no_program_of_the_project(tmp_path: Path, path: str) -> None:
    add(tmp_path, "own-env/pyvenv.cfg", "")
    add(tmp_path, path)
    add(tmp_path, "real.py")

    assert [target.name for target in start(tmp_path)] == ["real"]


def test_programs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for folder in "abc":
        add(tmp_path, f"{folder}/main.py")

    assert [target.name for target in start(tmp_path)] == ["main", "main-2", "main-3"]


def test_only_the_first_few_are_taken(tmp_path: Path) -> None:
    for number in range(20):
        add(tmp_path, f"sub/p{number:02}.py")
    add(tmp_path, "z.py")

    assert [target.name for target in start(tmp_path)] == ["z", "p00", "p01", "p02", "p03"]


@pytest.mark.parametrize(
    "name", ["true.py", "a b.py", "a #b.py", "1.py", "é.py", "it's.py", "[x].py", "&a.py", "{0}.py"]
)
def test_names_that_need_quotes(tmp_path: Path, name: str) -> None:
    add(tmp_path, name)

    assert [pinned_file(target) for target in start(tmp_path)] == [tmp_path / name]


@pytest.mark.skipif(os.name == "nt", reason="the quote cannot stand in a file name of Windows")
def test_a_quote_in_a_file_name(tmp_path: Path) -> None:
    add(tmp_path, 'say "hi".py')

    assert [target.name for target in start(tmp_path)] == ['say "hi"']


@pytest.mark.parametrize("python", ["bin/python", "Scripts/python.exe"])
def test_the_virtual_environment_is_used(tmp_path: Path, python: str) -> None:
    add(tmp_path, "run.py")
    add(tmp_path, f"venv/{python}", "")
    (tmp_path / "venv" / python).chmod(0o755)

    assert [target.python for target in start(tmp_path)] == [tmp_path / "venv" / python]


def test_a_project_without_programs_gets_a_place_to_fill_in(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        start(tmp_path)

    (problem,) = caught.value.problems
    assert "there is no file 'path/to/my_program.py'" in problem.message


def test_huge_and_unreadable_files_are_passed_over(tmp_path: Path) -> None:
    add(tmp_path, "huge.py", MAIN + "#" * 300_000)
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere.py")
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")
    (tmp_path / "bytes.py").write_bytes(b"# \xff\n" + MAIN.encode())

    assert [target.name for target in start(tmp_path)] == ["bytes"]


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that exists and fails to be read")
def test_a_file_that_fails_to_be_read_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "broken.py").symlink_to("/proc/self/mem")
    add(tmp_path, "run.py")

    assert [target.name for target in start(tmp_path)] == ["run"]


def test_the_walk_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leakgate.config.starter_file._MOST_FILES", 10)
    for number in range(30):
        add(tmp_path, f"f{number:02}.txt", "")
    add(tmp_path, "z.py")

    assert "path/to/my_program.py" in starter_config(tmp_path).text


FOUND = {
    "shop/main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
    "star.py": "from starlette.applications import Starlette\napplication: Starlette = Starlette()\n",
    "orders.py": "import flask\napp = flask.Flask(__name__)\n@app.get('/orders/<int:number>')\ndef f(number): ...\n"
    "@app.route('/new', methods=['POST'])\ndef g(): ...\n",
    "users.py": "from aiohttp import web\napp = web.Application()\n"
    "if '__main__' == __name__:\n    web.run_app(app, port=9090)\n",
    "mail.py": "from celery import Celery\napp = Celery('mail')\n",
    "actors.py": "import dramatiq\n@dramatiq.actor\ndef f(): ...\n",
    "manage.py": "import django\nif __name__ == '__main__':\n    pass\n",
    "site_of_shop/settings.py": "DEBUG = False\n",
    "site_of_shop/urls.py": "from django.urls import include, path\nfrom x import admin, views\n"
    "urlpatterns = [path('admin/', admin.site.urls), path('shop/', include('x')), path('items/<int:n>/', views.item),\n"
    "    path('about', views.About.as_view())]\n",
    "of_shop/urls.py": "from django.urls import path\nurlpatterns = [path('unknown', f)]\n",
    "tool/__init__.py": "",
    "tool/__main__.py": "print(1)\n",
    "brackets.py": "if (__name__ == ('__main__')):\n    pass\n",
    "no_app.py": "class FastAPI: ...\napp = FastAPI()\n",
    "jobs.py": "from rq import Queue\n",
}


def test_applications_of_frameworks_are_found_and_their_entries_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leakgate.config.starter_file._MOST_SCRIPTS", 20)
    for path, text in FOUND.items():
        add(tmp_path, path, text)
    add(tmp_path, "pyproject.toml", "[project.scripts]\ncrawl = 'tool:main'\nother = 'x:y'\n")
    add(tmp_path, "tests/test_x.py", "")
    for program in ("python", "crawl", "pytest"):
        add(tmp_path, f".venv/bin/{program}", "")
        (tmp_path / ".venv/bin" / program).chmod(0o755)

    targets = {target.name: target for target in start(tmp_path)}
    found = {name: " ".join(command_line(target)) for name, target in targets.items()}
    assert found == {
        "shop": "-m uvicorn shop.main:app --port {port}",
        "star": "-m uvicorn star:application --port {port}",
        "orders": "-m flask --app orders:app run --port {port}",
        "users": str(tmp_path / "users.py"),
        "mail": "-m celery -A mail:app worker --concurrency 2",
        "actors": "-m dramatiq actors --processes 1",
        "django": f"{tmp_path / 'manage.py'} runserver --noreload 127.0.0.1:{{port}}",
        "tool": "-m tool",
        "crawl": "crawl",
        "brackets": str(tmp_path / "brackets.py"),
        "rq": "-m rq.cli worker --worker-class rq.SimpleWorker --url redis://127.0.0.1:{port:redis}",
        "tests": "pytest tests",
    }
    assert {name for name, target in targets.items() if target.load} == {"shop", "star", "orders", "users", "django"}
    orders = targets["orders"].load
    assert orders is not None
    assert isinstance(orders.source, tuple)
    assert [request.path for request in orders.source] == ["/orders/{n}"]
    django = targets["django"].load
    assert django is not None
    assert isinstance(django.source, tuple)
    assert [request.path for request in django.source] == ["/items/{n}/", "/about"]
    starter = starter_config(tmp_path)
    assert "shop: the FastAPI application app in shop/main.py" in starter.found
    assert [line.split(":")[0] for line in starter.left_out] == ["the console script other"]


@pytest.mark.parametrize(
    ("source", "services", "env"),
    [
        (
            "import os\nfrom celery import Celery\napp = Celery('m', broker=os.environ['BROKER_URL'])\n",
            ["{port:redis}"],
            {"BROKER_URL": "redis://127.0.0.1:{port:redis}"},
        ),
        ("from celery import Celery\napp = Celery('m', broker='redis://localhost')\n", ["6379"], {}),
        ("from celery import Celery\napp = Celery('m', broker='redis://127.0.0.1:6400/0')\n", ["6400"], {}),
        ("from celery import Celery\napp = Celery('m', broker='amqp://elsewhere')\n", [], {}),
        (
            "import dramatiq, os\nurl = os.getenv('REDIS_URL')\n@dramatiq.actor\ndef f(): ...\n",
            ["{port:redis}"],
            {"REDIS_URL": "redis://127.0.0.1:{port:redis}"},
        ),
    ],
)
def test_a_worker_gets_the_broker_that_its_source_names(
    tmp_path: Path, source: str, services: list[str], env: dict[str, str]
) -> None:
    add(tmp_path, "mail.py", source)
    (target,) = start(tmp_path)
    assert [one.command[2] for one in target.services] == services
    assert {name: value for name, value in target.env.items() if name.endswith("URL")} == env


@pytest.mark.parametrize(
    ("source", "requests"),
    [
        (
            "from aiohttp import web\na = web.Application()\na.add_get('/users/{name}', f)\nx.getenv('PORT')\n",
            ["/users/{n}"],
        ),
        ("import os\nif __name__ == '__main__':\n    serve(int(os.environ.get('PORT', 8000)))\n", ["/"]),
    ],
)
def test_a_server_that_reads_the_variable_port_gets_a_load_on_it(
    tmp_path: Path, source: str, requests: list[str]
) -> None:
    add(tmp_path, "serve.py", source)
    (target,) = start(tmp_path)
    assert target.load is not None
    assert target.load.url == "http://127.0.0.1:{port}"
    assert isinstance(target.load.source, tuple)
    assert [request.path for request in target.load.source] == requests


def test_a_project_has_one_worker_of_rq(tmp_path: Path) -> None:
    add(tmp_path, "jobs.py", "from rq import Queue\n")
    add(tmp_path, "queue_of_mail.py", "import os\nimport rq\nurl = os.environ.get('REDIS_URL', '')\n")
    (target,) = start(tmp_path)
    assert target.env["REDIS_URL"] == "redis://127.0.0.1:{port:redis}"


GRPC_SERVER = "import grpc\nport = '50051'\ns = grpc.server(x)\ns.add_insecure_port('[::]:' + port)\n"
MAIN = "if __name__ == '__main__':\n    serve()\n"
SERVERS = {
    "gRPC": (GRPC_SERVER + MAIN, 50051),
    "gRPC without a main block": (f"def serve():\n    x\nserve()\n{GRPC_SERVER}", 50051),
    "WebSockets": (
        "import asyncio\nfrom websockets import serve\nserve(f, 'localhost', 8765)\nasyncio.run(main())\n",
        8765,
    ),
    "asyncio": ("import asyncio\nPORT = 9000\nasyncio.start_server(f, port=PORT)\n" + MAIN, 9000),
}


@pytest.mark.parametrize(("source", "port"), SERVERS.values(), ids=SERVERS)
def test_a_server_of_another_protocol_is_ready_when_its_port_accepts(tmp_path: Path, source: str, port: int) -> None:
    add(tmp_path, "server.py", source)
    (target,) = start(tmp_path)
    assert target.ready is not None
    assert target.ready.port == str(port)
    assert target.load is None
    assert "# load: {path: traffic.py}" in starter_config(tmp_path).text


@pytest.mark.parametrize(
    ("server", "client"),
    [
        (GRPC_SERVER + MAIN, "import grpc\ngrpc.insecure_channel('localhost:50051')\n" + MAIN),
        (SERVERS["WebSockets"][0], "import websockets\nwebsockets.connect('ws://localhost:8765')\n" + MAIN),
    ],
)
def test_the_client_of_a_server_makes_its_load(tmp_path: Path, server: str, client: str) -> None:
    add(tmp_path, "server.py", server)
    add(tmp_path, "client.py", client)
    (target,) = start(tmp_path)
    assert target.name == "server"
    assert "load: {path: client.py}" in starter_config(tmp_path).text
    assert starter_config(tmp_path).found[0].endswith("server, and client.py calls it")


@pytest.mark.parametrize(
    ("source", "port"),
    [
        ("from gevent.pywsgi import WSGIServer\nWSGIServer(('', 8088), f).serve_forever()\n" + MAIN, 8088),
        ("from http.server import HTTPServer\nHTTPServer(('', 8001), f)\n" + MAIN, 8001),
        ("import tornado.web\ndef main():\n    tornado.web.Application().listen(8888)\nmain()\n", 8888),
        ("from aiohttp import web\ndef f():\n    web.run_app(make())\n" + MAIN, 8080),
        ("from waitress import serve\nserve(app, port=8002)\n" + MAIN, 8002),
    ],
)
def test_a_server_with_a_port_of_its_own_gets_a_load_on_it(tmp_path: Path, source: str, port: int) -> None:
    add(tmp_path, "server.py", source)
    (target,) = start(tmp_path)
    assert target.load is not None
    assert target.load.url == f"http://127.0.0.1:{port}"


def test_a_server_with_an_option_for_its_port_gets_it(tmp_path: Path) -> None:
    option = "parser.add_argument('--port', type=int)\n"
    add(tmp_path, "server.py", f"from aiohttp import web\n{option}web.run_app(app, port=args.port)\n{MAIN}")
    (target,) = start(tmp_path)
    assert target.args == ("--port", "{port}")
    assert target.load is not None
    assert target.load.url == "http://127.0.0.1:{port}"


def test_a_function_that_creates_an_application_is_found(tmp_path: Path) -> None:
    add(tmp_path, "src/shop/main.py", "from fastapi import FastAPI\ndef create(a=1):\n    return FastAPI()\n")
    add(tmp_path, "web/__init__.py", "import flask\ndef create_app():\n    app = flask.Flask('x')\n    return app\n")
    add(
        tmp_path,
        "web/views.py",
        "from flask import Blueprint\nbp = Blueprint('b', 'b')\n@bp.get('/orders/<n>')\ndef f(n): ...\n",
    )
    add(tmp_path, "lib.py", "import flask\ndef configured(settings):\n    return flask.Flask('x')\n")
    found = {target.name: " ".join(command_line(target)) for target in start(tmp_path)}
    assert found == {
        "shop": "-m uvicorn shop.main:create --factory --port {port}",
        "web": "-m flask --app web:create_app run --port {port}",
    }
    assert '"/orders/{n}"' in starter_config(tmp_path).text


def test_a_program_that_starts_at_its_top_level_is_found(tmp_path: Path) -> None:
    add(tmp_path, "job.py", "import asyncio\nasync def main(): ...\nasyncio.run(main())\n")
    add(tmp_path, "plain.py", "def main():\n    pass\nmain()\n")
    add(tmp_path, "library.py", "import re\nre.compile('x')\nprint(1)\n")
    assert [target.name for target in start(tmp_path)] == ["job", "plain"]


def test_a_worker_of_rq_asks_the_redis_that_leakgate_starts(tmp_path: Path) -> None:
    add(tmp_path, "jobs.py", "import os, rq\nurl = os.environ.get('REDIS_URL', 'redis://localhost:6379')\n")
    (target,) = start(tmp_path)
    assert target.args[-1] == "redis://127.0.0.1:{port:redis}"


@pytest.mark.parametrize(
    "text", ["[project", "a = " + "9" * 5_000, "a = " + "[" * 100_000], ids=["broken", "digits", "deep"]
)
def test_a_pyproject_that_cannot_be_read_has_no_console_scripts(text: str) -> None:
    assert commands_of(text, frozenset({"shop"})) == ([], [])
