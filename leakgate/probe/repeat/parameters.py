"""Puts the parameters of a test back to what they were before its first run: some tests change them in place.

A doctest has names in place of parameters: those of its module, which `doctest` removes after each run.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOST_CONTAINERS, _MOST_ENTRIES = 200, 20_000
"""Larger parameters are not recorded: copies of them would cost more than the test."""


class Parameters:
    """The contents of the lists, dictionaries, sets and byte arrays among the parameters of one test.

    `restore` fills the same objects again, so a test that compares identities sees no difference.
    """

    def __init__(self, item: Any) -> None:
        """Record the parameters of `item`, a test of pytest. A test without parameters has nothing to record."""
        self._saved: list[tuple[Any, Any]] = []
        names = getattr(getattr(item, "dtest", None), "globs", None)
        self._names = (names, names.copy()) if type(names) is dict else None
        params = getattr(getattr(item, "callspec", None), "params", None)
        if type(params) is dict and not self._record(list(params.values())):
            self._saved = []

    def __bool__(self) -> bool:
        """Whether there is anything that a test can change."""
        return bool(self._saved)

    def _record(self, waiting: list[Any]) -> bool:
        """Record all containers that the values lead to. Returns False if there are too many."""
        entries, seen = 0, set()
        while waiting:
            one = waiting.pop()
            if type(one) is tuple:
                waiting += one
                entries += len(one)
            elif type(one) in (list, dict, set, bytearray) and id(one) not in seen:
                seen.add(id(one))
                self._saved.append((one, one.copy()))
                entries += len(one)
                if type(one) in (list, dict):
                    waiting += one.values() if type(one) is dict else one
            if entries > _MOST_ENTRIES or len(seen) > _MOST_CONTAINERS:
                return False
        return True

    def restore(self) -> None:
        """Give each container the entries that it had."""
        for container, before in self._saved:
            if type(container) in (list, bytearray):
                container[:] = before
            else:
                container.clear()
                container.update(before)

    def give_names(self) -> None:
        """Give a doctest its names again; for any other test, do nothing."""
        if self._names is not None:
            names, before = self._names
            names.clear()
            names.update(before)
