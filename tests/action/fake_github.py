"""A stateful stand-in for GitHub's REST API over real HTTP.

It stores comments and pull requests, pages with Link, limits sizes and rights as GitHub does, and can simulate failures
of GitHub. Every request and every answer is checked against GitHub's own OpenAPI description; violations are collected
in ``violations``.
"""

import json
import re
import threading
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

from tests.action.openapi import filled

BOT: Final = "github-actions[bot]"
TOKEN: Final = "ghs_" + "s3cr3t" * 6
BODY_LIMIT_CHARS: Final = 65_536

_COMMENTS = re.compile(r"/repos/([^/]+/[^/]+)/issues/(\d+)/comments")
_COMMENT = re.compile(r"/repos/([^/]+/[^/]+)/issues/comments/(\d+)")
_PULLS = re.compile(r"/repos/([^/]+/[^/]+)/pulls")
_PULL = re.compile(r"/repos/([^/]+/[^/]+)/pulls/(\d+)")
_RUNS = re.compile(r"/repos/([^/]+/[^/]+)/actions/workflows/([^/]+)/runs")
_FILES = re.compile(r"/repos/([^/]+/[^/]+)/pulls/(\d+)/files")
GRAPHQL = "/graphql"
"""It has no OpenAPI description, so only its answer is checked."""


@dataclass(kw_only=True)
class Fault:
    """A failure of the next requests with a method."""

    method: str
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"message": "made to fail"}'
    times: int = 1
    carried_out: bool = False
    """The request is carried out; only the answer is lost."""
    hang_s: float = 0.0
    cut: bool = False
    """The connection is closed without an answer."""


@dataclass(frozen=True)
class Answer:
    """What the server sends."""

    status: int
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class FakeGithub:
    """GitHub with one repository ``octo/app``; a context manager that serves on a free port."""

    def __init__(
        self, *, rights: str = "write", login: str | None = None, prefix: str = "", token: str = TOKEN
    ) -> None:
        self.repository = "octo/app"
        self.rights = rights
        self.token = token
        """The only token that is accepted."""
        self.login = login
        """The user of the token; None for the job's own token, which may not ask."""
        self.prefix = prefix
        """Path in front of every request, as GitHub Enterprise Server has ``/api/v3``."""
        self.comments: list[dict[str, Any]] = []
        self.pulls: list[dict[str, Any]] = []
        self.opened: list[dict[str, Any]] = []
        """The bodies of the pull requests that were opened through the API."""
        self.runs: dict[str, int] = {}
        """The newest finished run of the gate, by its commit."""
        self.files: dict[str, str | None] = {}
        """The patches of the pull request by path; None: too large to be shown."""
        self.blame: dict[str, list[dict[str, Any]]] = {}
        """The answer of GraphQL about the lines of a path."""
        self.requests: list[tuple[str, str]] = []
        self.violations: list[str] = []
        self.faults: list[Fault] = []
        self.link_host: str | None = None
        """Another server that the Link header names."""
        self.before: Callable[[str], None] | None = None
        """Called before a request is handled, so that a test can change something first."""
        self._lock = threading.RLock()
        self._hurry = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def origin(self) -> str:
        """Where the server listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def api_url(self) -> str:
        """The value for ``GITHUB_API_URL``."""
        return self.origin + self.prefix

    def __enter__(self) -> Self:
        from tests.action.openapi_checks import load  # noqa: PLC0415 - takes a second, which few test processes need

        load()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hurry.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add_comment(self, body: str, *, author: str = BOT, number: int = 7) -> int:
        """Add a comment to a pull request, and return its id."""
        with self._lock:
            comment_id = 1000 + len(self.comments)
            url = f"https://example.invalid/{self.repository}/pull/{number}#issuecomment-{comment_id}"
            user = filled("simple-user", {"login": author, "type": "Bot" if author.endswith("[bot]") else "User"})
            values = {"id": comment_id, "body": body, "user": user, "html_url": url, "author_association": "NONE"}
            self.comments.append({"number": number, "deleted": False} | filled("issue-comment", values))
            return comment_id

    def add_pull(self, number: int, *, head: str, head_sha: str, state: str = "open") -> None:
        """Open a pull request from ``owner:branch``."""
        owner, _, branch = head.partition(":")
        repository = filled("repository", {"full_name": f"{owner}/app"})
        values = {
            "number": number,
            "state": state,
            "head": {"label": head, "ref": branch, "repo": repository, "sha": head_sha, "user": None},
            "author_association": "NONE",
        }
        self.pulls.append(filled("pull-request-simple", values))

    def bodies(self, number: int = 7) -> list[str]:
        """The texts of all comments, oldest first."""
        return [comment["body"] for comment in self._living(number)]

    def methods(self) -> list[str]:
        """The methods of all requests so far."""
        return [method for method, _ in self.requests]

    def handle(self, method: str, target: str, headers: dict[str, str], body: bytes | None) -> Answer | Fault:
        """One request."""
        from tests.action.openapi_checks import answer_problem, request_of, request_problem  # noqa: PLC0415 - as above

        url = urllib.parse.urlsplit(target)
        path = url.path.removeprefix(self.prefix)
        query = dict(urllib.parse.parse_qsl(url.query))
        if self.before is not None:
            self.before(method)
        with self._lock:
            self.requests.append((method, target))
            if path == GRAPHQL:
                return self._graphql(headers, json.loads(body or b"{}"))
            request = request_of(method, path, query, body)
            problem = request_problem(request)
            if problem or not url.path.startswith(self.prefix):
                self.violations.append(f"{method} {target}: {problem or 'outside of the API'}")
            fault = next((fault for fault in self.faults if fault.method == method and fault.times > 0), None)
            if fault is not None:
                fault.times -= 1
            if fault is not None and not fault.carried_out:
                return fault
            answer = self._answer(method, path, query, headers, json.loads(body) if body else {})
            content = json.dumps(answer.content).encode() if answer.content is not None else b""
            if wrong := answer_problem(request, answer.status, content):
                self.violations.append(f"answer {answer.status} to {method} {target}: {wrong}")
            return fault or answer

    def hang(self, seconds: float) -> None:
        """Let a client wait, at most until the test ends."""
        self._hurry.wait(seconds)

    def _living(self, number: int) -> list[dict[str, Any]]:
        return [comment for comment in self.comments if comment["number"] == number and not comment["deleted"]]

    def _answer(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], data: dict[str, Any]
    ) -> Answer:
        if headers.get("authorization") != f"Bearer {self.token}":
            return _said(401, "Bad credentials")
        if path == "/user":
            return self._user()
        if method != "GET" and self.rights == "read":
            return _said(403, "Resource not accessible by integration")
        return self._answer_about(method, path, query, data)

    def _graphql(self, headers: dict[str, str], asked: dict[str, Any]) -> Answer:
        if headers.get("authorization") != f"Bearer {self.token}":
            return _said(401, "Bad credentials")
        ranges = self.blame.get(asked["variables"]["path"])
        found = {"blame": {"ranges": ranges}} if ranges is not None else None
        return Answer(200, {"data": {"repository": {"object": found}}})

    def _list_files(self, query: dict[str, str]) -> Answer:
        page, size = int(query.get("page", "1")), int(query.get("per_page", "30"))
        files = []
        for path, patch in list(self.files.items())[(page - 1) * size : page * size]:
            values = {"filename": path, "status": "modified"} | ({"patch": patch} if patch is not None else {})
            files.append(filled("diff-entry", values))
        return Answer(200, files)

    def _answer_about(self, method: str, path: str, query: dict[str, str], data: dict[str, Any]) -> Answer:
        if match := _PULLS.fullmatch(path):
            return self._list_pulls(match[1], query) if method == "GET" else self._open_pull(data)
        if match := _COMMENTS.fullmatch(path):
            number = int(match[2])
            return self._list_comments(path, query, number) if method == "GET" else self._create(data, number)
        if match := _COMMENT.fullmatch(path):
            return self._change(method, int(match[2]), data)
        return self._answer_about_one(path, query)

    def _answer_about_one(self, path: str, query: dict[str, str]) -> Answer:
        if _FILES.fullmatch(path):
            return self._list_files(query)
        if match := _PULL.fullmatch(path):
            return self._one_pull(int(match[2]))
        return self._list_runs(query) if _RUNS.fullmatch(path) else _said(404, "Not Found")

    def _user(self) -> Answer:
        if self.login is None:
            return _said(403, "Resource not accessible by integration")
        return Answer(200, filled("public-user", {"login": self.login, "user_view_type": "public"}))

    def _list_pulls(self, repository: str, query: dict[str, str]) -> Answer:
        if repository != self.repository:
            return _said(404, "Not Found")
        wanted = (query["state"], query["head"])
        return Answer(200, [pull for pull in self.pulls if (pull["state"], pull["head"]["label"]) == wanted])

    def _open_pull(self, data: dict[str, Any]) -> Answer:
        owner = self.repository.partition("/")[0]
        if any(pull["state"] == "open" and pull["head"]["ref"] == data["head"] for pull in self.pulls):
            return _said(422, f"A pull request already exists for {owner}:{data['head']}.")
        self.add_pull(8 + len(self.pulls), head=f"{owner}:{data['head']}", head_sha="0" * 40)
        self.opened.append(data)
        return Answer(201, filled("pull-request", {"number": self.pulls[-1]["number"], "author_association": "NONE"}))

    def _one_pull(self, number: int) -> Answer:
        pull = next((pull for pull in self.pulls if pull["number"] == number), None)
        if pull is None:
            return _said(404, "Not Found")
        whole = filled("pull-request", {"number": number, "author_association": "NONE"})
        whole["head"] |= {name: value for name, value in pull["head"].items() if value is not None}
        return Answer(200, whole)

    def _list_runs(self, query: dict[str, str]) -> Answer:
        run_id = self.runs.get(query["head_sha"])
        runs = [] if run_id is None else [filled("workflow-run", {"id": run_id, "head_sha": query["head_sha"]})]
        return Answer(200, {"total_count": len(runs), "workflow_runs": runs})

    def _list_comments(self, path: str, query: dict[str, str], number: int) -> Answer:
        living = [_shown(comment) for comment in self._living(number)]
        size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
        headers = {}
        if page * size < len(living):
            following = urllib.parse.urlencode({"per_page": size, "page": page + 1})
            headers["Link"] = f'<{self.link_host or self.api_url}{path}?{following}>; rel="next"'
        return Answer(200, living[(page - 1) * size : page * size], headers)

    def _create(self, data: dict[str, Any], number: int) -> Answer:
        if refused := _refusal(data):
            return refused
        comment_id = self.add_comment(data["body"], author=self.login or BOT, number=number)
        return Answer(201, _shown(self.comments[comment_id - 1000]))

    def _change(self, method: str, comment_id: int, data: dict[str, Any]) -> Answer:
        comment = next((item for item in self.comments if item["id"] == comment_id and not item["deleted"]), None)
        if comment is None:
            return _said(404, "Not Found")
        if method == "DELETE":
            comment["deleted"] = True
            return Answer(204)
        if refused := _refusal(data):
            return refused
        comment["body"] = data["body"]
        return Answer(200, _shown(comment))


def _shown(comment: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in comment.items() if name not in ("number", "deleted")}


def _refusal(data: dict[str, Any]) -> Answer | None:
    body = data.get("body")
    if not isinstance(body, str) or not body.strip():
        return _said(422, "Validation Failed")
    if len(body) > BODY_LIMIT_CHARS:
        return _said(422, "Body is too long (maximum is 65536 characters)")
    return None


def _said(status: int, message: str) -> Answer:
    return Answer(status, {"message": message, "documentation_url": "https://docs.github.com/rest"})


def _handler_of(github: FakeGithub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = github.handle(self.command, self.path, headers, body)
            try:
                self._reply(answer)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # The client gave up, as expected.

        do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 - the names that http.server looks for

        def _reply(self, answer: Answer | Fault) -> None:
            if isinstance(answer, Fault):
                if answer.hang_s:
                    github.hang(answer.hang_s)
                if answer.cut or answer.hang_s:
                    self.close_connection = True
                    return
                content = answer.body
            else:
                content = json.dumps(answer.content).encode() if answer.content is not None else b""
            self.send_response_only(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 204:
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
            """Print nothing: the requests are stored in ``FakeGithub.requests``."""

    return Handler
