"""The file that answers an EXPLAIN command."""

from __future__ import annotations

import _json

from .system import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_json_any: Any = _json
_quoted = _json_any.encode_basestring_ascii


class Answer:
    """`explain-PID-SEQ.jsonl`: under another name until it is complete."""

    def __init__(self, channel: str, seq: int) -> None:
        self.channel = channel
        self._pid = system.getpid()
        self._path = channel + system.SEP + "explain-%d-%d.jsonl" % (self._pid, seq)
        self._lines: list[str] = []
        self._longest_pause_s = 0.0
        self.add("header", version=1, pid=self._pid)

    def add(self, kind: str, **values: object) -> None:
        """Add a line."""
        self._lines.append(encode({"kind": kind, **values}))

    def note(self, text: str) -> None:
        """Say what was given up, and why."""
        self.add("note", text=text)

    def held(self, seconds: float) -> None:
        """The program was held for so long in one piece."""
        self._longest_pause_s = max(self._longest_pause_s, seconds)

    def finish(self) -> None:
        """Write it all; not in a child that was forked meanwhile."""
        if system.getpid() != self._pid:
            return
        self.add("end", pause_s=round(self._longest_pause_s, 6))
        part = self._path + ".part"
        with system.open_file(part, "w", encoding="utf-8") as file:
            file.write("\n".join(self._lines) + "\n")
        system.replace(part, self._path)


def encode(value: object) -> str:
    """JSON of plain values. The `json` package would load five modules into the program, under names it may have."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(_quoted(value))
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, dict):
        return "{%s}" % ",".join("%s:%s" % (_quoted(key), encode(entry)) for key, entry in value.items())
    if isinstance(value, (list, tuple)):
        return "[%s]" % ",".join(map(encode, value))
    raise TypeError("no plain value: %s" % type(value).__name__)
