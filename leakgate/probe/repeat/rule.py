"""The rule of `leakgate/growth/counts.py`, found through the path of this package: leakgate cannot be imported here."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

counts: Any = import_module(__package__.rpartition(".")[0] + ".counts")
