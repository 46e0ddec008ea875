"""The file that answers an EXPLAIN command."""

from __future__ import annotations

import json
import os


class Answer:
    """`explain-PID-SEQ.jsonl`: under another name until it is complete."""

    def __init__(self, channel: str, seq: int) -> None:
        self.channel = channel
        self._pid = os.getpid()
        self._path = os.path.join(channel, "explain-%d-%d.jsonl" % (self._pid, seq))
        self._lines: list[str] = []
        self._longest_pause_s = 0.0
        self.add("header", version=1, pid=self._pid)

    def add(self, kind: str, **values: object) -> None:
        """Add a line."""
        self._lines.append(json.dumps({"kind": kind, **values}))

    def note(self, text: str) -> None:
        """Say what was given up, and why."""
        self.add("note", text=text)

    def held(self, seconds: float) -> None:
        """The program was held for so long in one piece."""
        self._longest_pause_s = max(self._longest_pause_s, seconds)

    def finish(self) -> None:
        """Write it all; not in a child that was forked meanwhile."""
        if os.getpid() != self._pid:
            return
        self.add("end", pause_s=round(self._longest_pause_s, 6))
        part = self._path + ".part"
        with open(part, "w", encoding="utf-8") as file:
            file.write("\n".join(self._lines) + "\n")
        os.replace(part, self._path)
