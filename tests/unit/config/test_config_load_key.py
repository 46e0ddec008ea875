"""The key ``load``: its values, and the messages if it is wrong."""

from pathlib import Path

import pytest

from leakgate.model.load_spec import LoadProgram, LoadSpec, OpenApiSpec, RequestSpec, is_expected
from tests.helpers.projects import Project

HEAD = "version: 1\nscripts:\n- path: a.py\n  load:\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "project")


def load_of(project: Project, text: str) -> LoadSpec:
    load = project.load(HEAD + text).targets[0].load
    assert load is not None
    return load


def test_a_script_has_no_load_unless_one_is_written(project: Project) -> None:
    assert project.load("version: 1\nscripts: [{path: a.py}]\n").targets[0].load is None


def test_requests_in_both_forms(project: Project) -> None:
    load = load_of(
        project,
        """\
    connections: 8
    rate: 50
    expect: 95%
    timeout: 2s
    requests:
      - /items/{n}?full=1
      - {method: PUT, path: "/é/{uuid}", headers: {X-Price: 1.10}, weight: 2, expect: [404, 2xx]}
      - {path: /orders, json: {id: "{uuid}", lines: [1, 2], price: 1.5, paid: true}}
      - {path: /login, form: {user name: "a&b {choice:x y|z}", n: "{n}"}}
      - {path: /csv, body: "a,{n}", headers: {content-type: text/csv}}
""",
    )
    assert load == LoadSpec(
        connections=8,
        rate_per_s=50.0,
        expected_share=0.95,
        timeout_s=2.0,
        source=(
            RequestSpec(path="/items/{n}?full=1"),
            RequestSpec(
                method="PUT",
                path="/%C3%A9/{uuid}",
                headers=(("X-Price", "1.10"),),
                weight=2,
                expect=("404", "2xx"),
            ),
            RequestSpec(
                method="POST",
                path="/orders",
                headers=(("Content-Type", "application/json"),),
                body='{"id": "{uuid}", "lines": [1, 2], "price": 1.5, "paid": true}',
            ),
            RequestSpec(
                method="POST",
                path="/login",
                headers=(("Content-Type", "application/x-www-form-urlencoded"),),
                body="user+name=a%26b+{choice:x+y|z}&n={n}",
            ),
            RequestSpec(method="POST", path="/csv", headers=(("content-type", "text/csv"),), body="a,{n}"),
        ),
    )
    assert isinstance(load.source, tuple)
    assert load.source[0].route == "GET /items/{n}"


def test_an_openapi_document_on_the_server_or_in_a_file(project: Project) -> None:
    on_server = load_of(project, "    openapi: /openapi.json\n    methods: [GET, POST]\n")
    in_file = load_of(project, "    openapi: sub/c.py\n")

    assert on_server.source == OpenApiSpec(document="/openapi.json", on_server=True, methods=("GET", "POST"))
    assert in_file.source == OpenApiSpec(document=str(project.path("sub/c.py")), on_server=False)


def test_programs_of_the_user(project: Project) -> None:
    as_list = load_of(project, "    command: [k6, run, --vus, 1.10]\n")
    as_text = load_of(project, "    command: k6 run 'my load.js'\n")
    as_path = load_of(project, "    path: sub/c.py\n    args: [-n, 5]\n")
    as_module = load_of(project, "    module: tools.load\n    url: http://127.0.0.1:8000/\n")

    assert as_list.source == LoadProgram(command=("k6", "run", "--vus", "1.10"))
    assert as_text.source == LoadProgram(command=("k6", "run", "my load.js"))
    assert as_path.source == LoadProgram(path=project.path("sub/c.py"), args=("-n", "5"))
    assert as_module.source == LoadProgram(module="tools.load")
    assert as_module.url == "http://127.0.0.1:8000"


def test_ports_are_filled_in_everywhere(project: Project) -> None:
    def fill(text: str) -> str:
        return text.replace("{port}", "4711")

    requests = load_of(project, '    requests: [{path: "/{port}", headers: {Origin: "x:{port}"}, body: "{port}{n}"}]\n')
    program = load_of(project, '    command: [wrk, "http://127.0.0.1:{port}"]\n')

    filled = requests.filled(fill)
    assert filled.url == "http://127.0.0.1:4711"
    assert filled.source == (RequestSpec(method="POST", path="/4711", headers=(("Origin", "x:4711"),), body="4711{n}"),)
    assert program.filled(fill).source == LoadProgram(command=("wrk", "http://127.0.0.1:4711"))


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "    request: [/]\n",
            ["5:5: unknown key 'request'; did you mean 'requests'?"],
        ),
        ("    requests: []\n", ["5:15: load.requests: must not be empty"]),
        ("    requests: [5]\n", ["5:16: load.requests[0]: must hold keys, not the number 5"]),
        ("    requests: [items]\n", ["5:16: load.requests[0].path: 'items' is not the path of a request"]),
        (
            "    requests: ['/{uid}']\n",
            ["5:16: load.requests[0].path: unknown placeholder '{uid}'; did you mean {uuid}?"],
        ),
        ("    requests: [{method: GET}]\n", ["5:16: 'load.requests[0]' needs the key 'path'"]),
        (
            "    requests: [{path: /, methd: GET}]\n",
            ["5:26: unknown key 'methd'; did you mean 'method'?"],
        ),
        (
            "    requests:\n    - {path: /, headers: {Content-Length: 5}, weight: 0}\n    - {path: x}\n",
            [
                "6:27: 'Content-Length': leakgate sets this header itself",
                "6:55: load.requests[0].weight: the number 0 is not a weight",
                "7:14: load.requests[1].path: 'x' is not the path of a request",
            ],
        ),
        ("    requests: [{path: /, json: 1, body: x}]\n", ["5:16: load.requests[0]: has json and body"]),
        ("    requests: [/]\n    openapi: /o\n", ["5:5: load: needs exactly one of requests, openapi"]),
        ("    path: a.py\n    rate: 5\n", ["5:5: load: 'rate' is only for 'requests' or 'openapi'"]),
        ("    requests: [/]\n    methods: [GET]\n", ["5:5: load: 'methods' is only for 'openapi'"]),
        ("    openapi: nope.json\n", ["5:14: load.openapi: there is no file 'nope.json'"]),
        ("    requests: [/]\n    url: https://x\n", ["6:10: load.url: the load sends plain HTTP"]),
    ],
)
def test_what_is_wrong_is_said_at_its_place(project: Project, text: str, problems: list[str]) -> None:
    found = project.problems(HEAD + text)
    assert len(found) == len(problems), found
    assert [one[: len(start)] for one, start in zip(found, problems, strict=True)] == problems


def test_a_key_of_a_load_in_a_script_is_sent_where_it_belongs(project: Project) -> None:
    assert project.problems("version: 1\nscripts:\n- path: a.py\n  requests: [/]\n") == [
        "4:3: unknown key 'requests' here; it belongs under 'load'"
    ]


def test_statuses_and_classes() -> None:
    assert is_expected(204, ("2xx", "3xx"))
    assert is_expected(404, ("404",))
    assert not is_expected(404, ("2xx", "40"))
