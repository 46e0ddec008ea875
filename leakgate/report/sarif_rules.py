"""The rules of the SARIF report: what can be wrong with a script, and how to fix it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from leakgate.model.verdict import Kind


class RuleId(StrEnum):
    """Stable ids: code scanning recognises alerts by them."""

    LEAK_PYTHON = "leak-python"
    LEAK_NATIVE = "leak-native"
    LEAK_CHILD = "leak-child"
    LEAK = "leak"
    OVER_BUDGET = "over-budget"
    REGRESSION = "regression"
    CANARY_MISSED = "canary-missed"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule in words."""

    name: str
    short: str
    full: str
    help: str


LEAK_RULES: Final[dict[Kind, RuleId]] = {
    Kind.PYTHON: RuleId.LEAK_PYTHON,
    Kind.NATIVE: RuleId.LEAK_NATIVE,
    Kind.CHILD: RuleId.LEAK_CHILD,
    Kind.NONE: RuleId.LEAK,
}

_ACCEPT: Final = (
    "If the growth is intended, set a budget in leakgate.yaml, suppress the leak there with a reason, or record it "
    "with `leakgate baseline update`."
)

RULES: Final[dict[RuleId, Rule]] = {
    RuleId.LEAK_PYTHON: Rule(
        "PythonMemoryLeak",
        "Live Python memory grows and is not given back.",
        "Objects allocated at this line stay alive: the floor of live Python memory rises to the end of the measured "
        "window, beyond noise and beyond what is allowed.",
        "Look at the holder of the objects: the message names the growing container and the line that fills it, if "
        f"they were found. Limit the container, or remove entries that are no longer needed. {_ACCEPT}",
    ),
    RuleId.LEAK_NATIVE: Rule(
        "NativeMemoryLeak",
        "Memory of the C allocator grows and is not given back.",
        "While this line runs, an extension module takes memory from the C allocator that it does not give back; live "
        "Python memory does not explain the growth.",
        "Close or release the result of the call, and look for a newer version of the extension. The line is found by "
        f"sampling; the message says how sure it is. {_ACCEPT}",
    ),
    RuleId.LEAK_CHILD: Rule(
        "ChildProcessMemoryLeak",
        "Memory of a child process grows and is not given back.",
        "A process that the script started keeps growing while the script itself does not.",
        f"To look closer, add the child's work to leakgate.yaml as a separate script. {_ACCEPT}",
    ),
    RuleId.LEAK: Rule(
        "MemoryLeak",
        "Memory grows and is not given back.",
        "The script's memory rises to the end of the measured window, beyond noise and beyond what is allowed; no line "
        "is known to cause it.",
        f"Give the script a longer `duration`, so that more of the growth can be traced. {_ACCEPT}",
    ),
    RuleId.OVER_BUDGET: Rule(
        "MemoryBudgetExceeded",
        "A memory budget is exceeded.",
        "The growth or the peak of a metric is above the budget that leakgate.yaml gives it.",
        "Lower the growth or the peak, or raise the budget at this line of leakgate.yaml.",
    ),
    RuleId.REGRESSION: Rule(
        "MemoryRegression",
        "The script behaves worse than its baseline.",
        "Growth or peak lies above what the baseline accepted, by more than tolerance and noise.",
        f"Compare with the commit that last changed the baseline. {_ACCEPT}",
    ),
    RuleId.CANARY_MISSED: Rule(
        "PlantedLeakMissed",
        "A planted leak was not caught.",
        "The script is marked `expect: leak`, and the gate did not find one: it may miss real leaks as well.",
        "Check that the planted leak is still reached within the script's duration.",
    ),
}
