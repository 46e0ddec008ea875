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
    """Writes `explain-PID-SEQ.jsonl`. The file has another name (`.part`) until it is complete."""

    def __init__(self, channel: str, seq: int) -> None:
        self.channel = channel
        self._pid = system.getpid()
        self._path = channel + system.SEP + "explain-%d-%d.jsonl" % (self._pid, seq)
        self._lines: list[str] = []
        self._longest_pause_s = 0.0
        self.flags = 0
        """Flags for readings that are taken while this answer is made."""
        self.hurried = False
        """Whether the process is about to end: the answer must be finished without any wait."""
        self.add("header", version=1, pid=self._pid)

    def add(self, kind: str, **values: object) -> None:
        """Add a line."""
        self._lines.append(encode({"kind": kind, **values}))

    def note(self, text: str) -> None:
        """Add a note for the report, such as what the probe gave up, and why."""
        self.add("note", text=text)

    def held(self, seconds: float) -> None:
        """Record that the probe held the program for this time without a pause; only the longest time is kept."""
        self._longest_pause_s = max(self._longest_pause_s, seconds)

    def finish(self) -> None:
        """Write the file. A child that was forked in the meantime writes nothing."""
        if system.getpid() != self._pid:
            return
        self.add("end", pause_s=round(self._longest_pause_s, 6))
        part = self._path + ".part"
        with system.open_file(part, "w", encoding="utf-8") as file:
            file.write("\n".join(self._lines) + "\n")
        system.replace(part, self._path)


def encode(value: object) -> str:
    """Return plain values as JSON. Raises TypeError for any other value.

    The `json` package would load five modules into the program, under names that the program may use itself.
    """
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
