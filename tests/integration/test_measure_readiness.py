"""Whether a program is ready, tested with a real server in this process."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from leakgate.measure.readiness import Readiness
from leakgate.model.staging import ReadySpec


class _Answers(BaseHTTPRequestHandler):
    """Answers only /health."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def _asked(url: str) -> Readiness:
    found = Readiness(ReadySpec(url=url), lambda: [os.getpid()], ())
    found.look()
    return found


def test_a_server_that_answers_with_404_is_not_ready_and_its_status_is_kept(address: str) -> None:
    wrong, right = _asked(f"{address}/gone"), _asked(f"{address}/health")
    assert (wrong.missing, wrong.refused_status) == (f"GET {address}/gone answers with status 404", 404)
    assert (right.missing, right.refused_status) == ("", 0)
