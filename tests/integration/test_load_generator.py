"""The load generator, run as a program, with real servers: correct ones, and all kinds of faulty ones."""

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from leakgate.load.order import order_text
from leakgate.measure.work_feed import WorkFeed
from leakgate.model.load_spec import LoadSpec, OpenApiSpec, RequestSpec
from leakgate.model.work_record import WorkRecord
from tests.helpers.http_servers import Exchange, Server, fine, serving
from tests.helpers.real_runs import wait_until

ENOUGH: Final = 20
"""Requests that a test waits for."""
PATIENCE_S: Final = 180.0
CONNECTIONS: Final = LoadSpec(source=()).connections
"""At most this many requests may be cut off when the load is asked to end."""


class Load:
    """A load generator that runs."""

    def __init__(self, folder: Path, load: LoadSpec) -> None:
        (folder / "order.json").write_text(order_text(load, interval_s=0.05))
        self.feed = WorkFeed(folder / "result.jsonl", time.monotonic())
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "leakgate.load", folder / "order.json", folder / "result.jsonl"],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def until(self, requests: int, *, turns: int = 1) -> WorkRecord:
        """Wait until so many requests and turns were counted."""
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            self.feed.poll()
            record = self.feed.record()
            if record is not None and record.sent >= requests and len(record.turns) >= turns and asked(record):
                return record
            assert self.process.poll() is None, "the load ended by itself"
            time.sleep(0.02)
        raise AssertionError(f"fewer than {requests} requests in {PATIENCE_S} s: {self.feed.record()}")

    def end(self) -> WorkRecord:
        """Ask it to end, as leakgate does, and read the rest of its results."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.ended()

    def ended(self) -> WorkRecord:
        status = self.process.wait(PATIENCE_S)
        assert self.process.stderr is not None
        trouble = self.process.stderr.read().decode()
        self.process.stderr.close()
        assert (status, trouble) == (0, "")
        self.feed.poll()
        record = self.feed.record()
        assert record is not None
        return record


def asked(record: WorkRecord) -> bool:
    """Whether each route was requested at least once."""
    return {one.route for turn in record.turns for one in turn.counts if one.sent} == set(range(len(record.routes)))


def play(folder: Path, server: Server, *paths: str, **changes: Any) -> WorkRecord:
    """The results of a load of at least ``ENOUGH`` requests."""
    requests = tuple(RequestSpec(path=path) for path in paths or ("/",))
    load = replace(LoadSpec(source=requests, url=f"http://127.0.0.1:{server.port}"), **changes)
    running = Load(folder, load)
    try:
        running.until(ENOUGH, turns=4)
    except BaseException:
        running.process.kill()
        raise
    return running.end()


def whats(record: WorkRecord) -> set[str]:
    return {one.what for one in record.unexpected}


def test_every_request_is_counted_and_connections_are_kept(tmp_path: Path) -> None:
    with serving(fine) as server:
        record = play(tmp_path, server, "/items/{n}", "/about")

    assert record.routes == ("GET /items/{n}", "GET /about")
    assert record.sent == record.expected
    assert 0 <= sum(server.requests.values()) - record.sent <= CONNECTIONS
    assert server.connections < record.sent / 2
    assert record.cpu_s > 0


def test_turns_do_not_overlap_and_have_a_rest_between_them(tmp_path: Path) -> None:
    with serving(fine) as server:
        record = play(tmp_path, server, "/a", "/b", "/c")

    assert all(len(turn.counts) == 1 for turn in record.turns)
    assert all(turn.from_s < turn.to_s for turn in record.turns)
    assert all(after.from_s - before.to_s >= 0.1 for before, after in zip(record.turns, record.turns[1:], strict=False))


def test_placeholders_make_every_request_new(tmp_path: Path) -> None:
    requests = (
        RequestSpec(path="/n/{n}"),
        RequestSpec(
            method="POST",
            path="/orders?c={choice:tea|coffee}",
            headers=(("Content-Type", "application/json"), ("X-Id", "{random:5-7}")),
            body='{"id": "{uuid}", "é": {"n": 1}}',
        ),
    )
    with serving(fine) as server:
        play(tmp_path, server, source=requests)
    gets = [one for one in server.seen if one.method == "GET"]
    posts = [one for one in server.seen if one.method == "POST"]

    assert len({one.path for one in gets}) == len(gets) > 1
    assert {one.path for one in posts} <= {"/orders?c=tea", "/orders?c=coffee"}
    assert len({json.loads(one.body)["id"] for one in posts}) == len(posts) > 1
    assert {line for one in posts for line in one.head.split("\r\n") if "X-Id" in line} <= {
        "X-Id: 5",
        "X-Id: 6",
        "X-Id: 7",
    }


def test_unexpected_answers_are_failures_that_are_shown(tmp_path: Path) -> None:
    async def missing(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nno \x1b[31mitem")

    with serving(missing) as server:
        record = play(tmp_path, server, "/a")

    assert record.expected == 0
    assert [(one.route, one.what, one.answer) for one in record.unexpected] == [(0, "status 404", "no \x1b[31mi")]


def test_a_status_that_is_expected_counts(tmp_path: Path) -> None:
    async def missing(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    with serving(missing) as server:
        record = play(tmp_path, server, source=(RequestSpec(path="/", expect=("404",)),))

    assert record.sent == record.expected


def test_large_and_chunked_answers_are_read_to_their_end_in_little_memory(tmp_path: Path) -> None:
    async def large(exchange: Exchange) -> None:
        if exchange.path == "/chunked":
            exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(16):
                exchange.send(b"10000\r\n", bytes(65_536), b"\r\n")
                await exchange.writer.drain()
            exchange.send(b"0;x=y\r\nTrailer: 1\r\n\r\n")
        else:
            exchange.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1048576\r\n\r\n", bytes(1_048_576))

    with serving(large) as server:
        running = Load(
            tmp_path,
            LoadSpec(
                source=(RequestSpec(path="/chunked"), RequestSpec(path="/plain")),
                url=f"http://127.0.0.1:{server.port}",
            ),
        )
        running.until(4 * ENOUGH)
        memory = psutil.Process(running.process.pid).memory_info().rss
        record = running.end()

    assert record.sent == record.expected
    assert sum(turn.received_bytes for turn in record.turns) == record.sent * 1_048_576
    assert memory < 60_000_000


def test_a_server_that_closes_every_connection(tmp_path: Path) -> None:
    async def closing(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.0 200 OK\r\n\r\nhello")
        exchange.writer.close()

    with serving(closing) as server:
        record = play(tmp_path, server)

    assert record.sent == record.expected
    assert 0 <= server.connections - record.sent <= CONNECTIONS


def test_a_kept_connection_that_the_server_closes_between_requests_is_no_failure(tmp_path: Path) -> None:
    async def twice(exchange: Exchange) -> None:
        times = getattr(exchange.writer, "times", 0) + 1
        exchange.writer.times = times  # type: ignore[attr-defined]
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        if times == 2:
            exchange.writer.close()  # without saying so

    with serving(twice) as server:
        record = play(tmp_path, server)

    assert record.sent == record.expected


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "connection closed in the middle of the answer"),
        (b"", "connection closed without an answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "the answer is not HTTP/1.1"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "the chunks of the answer are not those of HTTP/1.1",
        ),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000, "the answer is not HTTP/1.1"),
    ],
)
def test_broken_answers_are_failures(tmp_path: Path, answer: bytes, what: str) -> None:
    async def broken(exchange: Exchange) -> None:
        exchange.send(answer)
        await exchange.writer.drain()
        exchange.writer.close()

    with serving(broken) as server:
        record = play(tmp_path, server)

    assert record.expected == 0
    assert whats(record) == {what}


def test_an_answer_that_never_comes_is_a_failure_in_time(tmp_path: Path) -> None:
    async def silent(_exchange: Exchange) -> None:
        await asyncio.sleep(3600)

    with serving(silent) as server:
        record = play(tmp_path, server, timeout_s=0.2, connections=10)

    assert whats(record) == {"no whole answer within 200 ms"}


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not accept connections
        load = LoadSpec(source=(RequestSpec(path="/"),), url=f"http://127.0.0.1:{taken.getsockname()[1]}")
        running = Load(tmp_path, load)
        running.until(ENOUGH)
        record = running.end()

    assert whats(record) == {"connection refused"}


@pytest.mark.skipif(sys.platform != "linux", reason="the delay of Linux")
def test_head_and_body_written_apart_are_not_slowed_by_delayed_acknowledgements(tmp_path: Path) -> None:
    """The quickest exchange counts: on a busy machine others take long for other reasons."""
    begun_s: dict[int, list[float]] = {}

    async def apart(exchange: Exchange) -> None:
        begun_s.setdefault(id(exchange.writer), []).append(time.monotonic())
        connection = exchange.writer.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        exchange.send(b"hel")
        exchange.send(b"lo")

    with serving(apart) as server:
        running = Load(tmp_path, LoadSpec(source=(RequestSpec(path="/"),), url=f"http://127.0.0.1:{server.port}"))
        running.until(400)
        running.end()

    # The first answers of a connection are acknowledged at once in any case.
    took_s = [after - before for times in begun_s.values() for before, after in pairwise(times[50:])]
    assert len(took_s) > 50
    assert min(took_s) < 0.03, "a delayed acknowledgement takes 40 ms each time"


def test_a_hundred_connections(tmp_path: Path) -> None:
    """The server answers when a hundred requests are open, or after a while: a busy machine may end a turn early."""
    busy, most = 0, 0
    everyone = asyncio.Event()

    async def patient(exchange: Exchange) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        if busy == 100:
            everyone.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(everyone.wait(), timeout=3.0)
        busy -= 1
        await fine(exchange)

    with serving(patient) as server:
        load = LoadSpec(
            source=(RequestSpec(path="/"),),
            url=f"http://127.0.0.1:{server.port}",
            connections=100,
            timeout_s=PATIENCE_S,
        )
        running = Load(tmp_path, load)
        wait_until(everyone.is_set, PATIENCE_S)
        running.until(300)
        record = running.end()

    assert record.sent == record.expected
    assert most == 100


def test_connections_are_renewed_so_that_other_workers_get_requests(tmp_path: Path) -> None:
    with serving(fine) as server:
        running = Load(
            tmp_path,
            LoadSpec(source=(RequestSpec(path="/a"), RequestSpec(path="/b")), url=f"http://127.0.0.1:{server.port}"),
        )
        running.until(1, turns=7)
        turns = len(running.end().turns)

    # One of the four is new in each fifth turn. The last turn may have ended before that connection was used.
    assert 4 + (turns - 2) // 5 <= server.connections <= 4 + (turns - 1) // 5


def test_a_rate_is_kept(tmp_path: Path) -> None:
    with serving(fine) as server:
        record = play(tmp_path, server, rate_per_s=20.0)

    first, last = record.turns[0], record.turns[-1]
    assert record.sent <= 20.0 * (last.to_s - first.from_s) + 20.0 * 0.05 + 1


def test_it_ends_on_sigterm_and_when_leakgate_is_gone(tmp_path: Path) -> None:
    with serving(fine) as server:
        running = Load(tmp_path, LoadSpec(source=(RequestSpec(path="/"),), url=f"http://127.0.0.1:{server.port}"))
        running.until(1)
        running.process.send_signal(signal.SIGTERM)
        record = running.ended()
        assert running.process.stdin is not None
        running.process.stdin.close()

    assert running.feed.ended
    assert record.sent == record.expected


def test_an_openapi_document_of_the_server(tmp_path: Path) -> None:
    document = {
        "openapi": "3.1.0",
        "paths": {
            "/items/{id}": {
                "get": {
                    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                    "responses": {"200": {}, "404": {}},
                },
                "delete": {"responses": {}},
            },
            "/search": {
                "get": {"parameters": [{"name": "q", "in": "query", "required": True, "example": "tea & cup"}]}
            },
        },
    }

    async def answer(exchange: Exchange) -> None:
        text = json.dumps(document).encode()
        exchange.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n".encode(), text)

    with serving(answer) as server:
        record = play(tmp_path, server, source=OpenApiSpec(document="/openapi.json", on_server=True))

    assert record.routes == ("GET /items/{id}", "GET /search")
    assert {"/openapi.json", "/items/1", "/search?q=tea%20%26%20cup"} == {one.path for one in server.seen}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "the server answered 404 to /openapi.json"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            "/openapi.json is not an OpenAPI document: it has no `paths`",
        ),
        (
            b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"paths":{}}',
            "the document /openapi.json has no operation for GET",
        ),
    ],
)
def test_a_document_that_cannot_be_used_is_refused(tmp_path: Path, answer: bytes, why: str) -> None:
    async def give(exchange: Exchange) -> None:
        exchange.send(answer)

    with serving(give) as server:
        source = OpenApiSpec(document="/openapi.json", on_server=True)
        running = Load(tmp_path, LoadSpec(source=source, url=f"http://127.0.0.1:{server.port}"))
        assert running.process.wait(PATIENCE_S) == 2
        running.feed.poll()
        assert running.process.stdin is not None
        assert running.process.stderr is not None
        running.process.stdin.close()
        running.process.stderr.close()

    assert running.feed.refusal is not None
    assert running.feed.refusal[0] == why
