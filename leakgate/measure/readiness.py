"""Whether a program is ready: its port accepts connections, its address answers, or its output has a certain line."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from leakgate.files import read_plain_file
from leakgate.measure.free_ports import LOOPBACK, Listener, accepts, listener_of
from leakgate.model.staging import ReadySpec

_ANSWER_S: Final = 5.0
_LONGEST_CHUNK: Final = 1_000_000
_LONGEST_LINE: Final = 10_000
_LOCAL_HOSTS: Final = (LOOPBACK, "localhost", "0.0.0.0", "::1")  # noqa: S104 - recognised, not bound


class Readiness:
    """Checks whether one program is ready."""

    def __init__(self, ready: ReadySpec, tree: Callable[[], list[int]], logs: tuple[Path, ...]) -> None:
        """``tree`` returns the PIDs of the program's processes. ``logs``: the files of its stdout and stderr."""
        self._ready = ready
        self._tree = tree
        self._offsets = dict.fromkeys(logs, 0)
        self.foreign_port = 0
        """A port on which another program than this one accepts connections; 0: none."""
        self.refused_status = 0
        """Status of the last answer to `ready.url`, if it was neither 2xx nor 3xx; 0: there was no such answer."""
        self.missing = ""
        """Why the program is not ready, as text for the user; empty if it is ready."""

    def look(self) -> bool:
        """Whether the program is ready now."""
        self.missing = self._missing()
        return not self.missing

    def _missing(self) -> str:
        if self._ready.output:
            return self._output_missing()
        if self._ready.url:
            return self._answer_missing(self._ready.url)
        return self._listener_missing(int(self._ready.port), LOOPBACK)

    def _listener_missing(self, port: int, host: str) -> str:
        refused = accepts(port, host)
        if refused:
            return f"port {port} does not accept connections ({refused})"
        self.foreign_port = 0
        if host in _LOCAL_HOSTS and listener_of(port, self._tree()) is Listener.FOREIGN:
            self.foreign_port = port
            return f"port {port} is served by another process, not by the program"
        return ""

    def _answer_missing(self, url: str) -> str:
        parts = urlsplit(url)
        host, secure = parts.hostname or LOOPBACK, parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        missing = self._listener_missing(port, host)
        if missing or secure:  # a test server's certificate is often not valid, so an accepted connection is enough
            return missing
        import http.client  # noqa: PLC0415 - loads ssl and email as well; most programs have no URL to ask

        connection = http.client.HTTPConnection(host, port, timeout=_ANSWER_S)
        try:
            path = parts.path or "/"
            connection.request("GET", f"{path}?{parts.query}" if parts.query else path)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            return f"GET {url} gives no answer ({str(error) or type(error).__name__})"
        finally:
            connection.close()
        self.refused_status = 0 if 200 <= status < 400 else status
        return f"GET {url} answers with status {status}" if self.refused_status else ""

    def _output_missing(self) -> str:
        for log, offset in self._offsets.items():
            try:
                chunk = read_plain_file(log, _LONGEST_CHUNK, offset)
            except OSError:
                continue
            *lines, rest = chunk.split(b"\n")
            self._offsets[log] = offset + len(chunk) - len(rest)
            if any(re.search(self._ready.output, line[:_LONGEST_LINE].decode(errors="replace")) for line in lines):
                return ""
        return f"no line of its output matches {self._ready.output!r}"
