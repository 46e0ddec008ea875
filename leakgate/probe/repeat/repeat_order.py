"""The order that leakgate gives to one run of the runner."""

from __future__ import annotations

from .engine import RepeatPlan
from .originals import Original
from .rule import counts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .rests import Rest


class Order:
    """What to repeat: the contents of `order.json` of the channel."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.kind: str = values["kind"]
        """``pytest``, ``call``, ``path`` or ``module``."""
        self.args: list[str] = values.get("args", [])
        """Arguments of pytest, or of the script."""
        self.call: str = values.get("call", "")
        """``package.module:name``, the path of a script, or the name of a module."""
        self.name: str = values.get("name", self.call)
        """Name of the callable or the script in results."""
        self.time_s: float = values["time_s"]
        """Seconds for the repetitions of one test."""
        self.confirming: bool = values.get("confirming", False)
        self.explaining: list[str] = values.get("explaining", [])
        """Ids of suspects that get all parts of the explanation; other tests get only the allocation sites."""
        self.shorter: dict[str, int] = values.get("shorter", {})
        """Largest number of repetitions by test id, for tests that need fewer."""
        self.confirms_here: bool = values.get("confirms_here", False)
        """Whether suspects are confirmed at once, in a forked child; used inside the user's own pytest."""
        self.part: int = values.get("part", 0)
        self.parts: int = values.get("parts", 1)
        """Number of equal parts of the suite; this process runs part ``part``, from 0."""
        self.only: list[str] | None = values.get("only")
        """Ids of the tests to run; None: all tests of the part."""
        self.skip: list[str] = values.get("skip", [])
        """Ids of tests that ran before this process was started."""

    def confirming_plan(self, *, collects: bool) -> RepeatPlan:
        """Return the plan of a suspect that is confirmed at once."""
        return RepeatPlan(counts.RULE.confirming_times * self.time_s, confirming=True, collects=collects)

    def plan(self, name: str, *, collects: bool, most: int = 0, rest: Rest = Original.sleep) -> RepeatPlan:
        """Return the plan of one test. `most`: repetitions at most; 0: as the order or the rule says.

        `rest` waits for a number of seconds, so that timers and threads of the test can end.
        """
        return RepeatPlan(
            self.time_s,
            confirming=self.confirming,
            most=most or self.shorter.get(name, 0),
            collects=collects,
            counts_containers=self.kind != "pytest",
            rest=rest,
        )
