"""One sentence on what to do, if the evidence fits a known pattern; else nothing."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from leakgate.model.explanation import Explanation, GrowthSite, Holder, RootKind
from leakgate.model.verdict import Kind

MANY_OBJECTS: Final = 50
"""An advice names a type only if at least so many objects of it were added during the look."""
SOME_BLOCKS: Final = 10
"""A smaller number of blocks may be tables of the program, which no container needs to hold."""
_LRU_CACHE: Final = "functools.lru_cache"
_LISTENER: Final = re.compile(
    r"(?i)(?:listener|callback|handler|subscriber|observer|hook|signal|receiver)s?\b|_func_cid_map"
)
_CLASS: Final = re.compile(r"(?:\w+\.)*_*[A-Z]\w*$")


@dataclass(frozen=True, slots=True)
class Case:
    """The place and the holder that the advice is about."""

    site: GrowthSite
    holder: Holder

    @property
    def name(self) -> str:
        """The last name of the path: ``_SESSIONS`` of ``myapp.cache._SESSIONS``."""
        return self.holder.path.replace("[...]", "").rpartition(".")[2].rpartition(": ")[2]


Pattern = Callable[[Case], str]


def advise(site: GrowthSite, holder: Holder | None) -> str:
    """The sentence of the first pattern that fits the holder of a leak; empty if none fits."""
    if holder is None or holder.weak:
        return ""
    case = Case(site, holder)
    return next(filter(None, (pattern(case) for pattern in PATTERNS)), "")


def advise_unheld(site: GrowthSite, explanation: Explanation) -> str:
    """A sentence for objects or arrays that grow without a known holder; empty for any other leak.

    It applies if leakgate looked at all live objects, and many objects of a class, or many blocks of one place, grew.
    """
    if site.kind is not Kind.PYTHON or explanation.keepers or not explanation.looked:
        return ""
    growing = next((one for one in explanation.types if one.grew_count >= MANY_OBJECTS), None)
    if growing is None and site.grew_blocks < SOME_BLOCKS:
        return ""
    what = f"{growing.name} objects" if growing is not None else "objects that are allocated here"
    return (
        f"leakgate found no container, frame or module that holds the {what}. C code may keep a reference to them "
        "(an extension, ctypes, or a cycle through one of these): release it there"
    )


def _cached_method(case: Case) -> str:
    holder = case.holder
    of_class = holder.root_kind is RootKind.CLASS and holder.path.startswith(holder.root_name)
    if holder.container_type != _LRU_CACHE or not of_class:
        return ""
    return (
        f"lru_cache on a method keeps every instance alive: cache on the instance (functools.cached_property), or make "
        f"{case.name} a function with plain values as arguments"
    )


def _unbounded_cache(case: Case) -> str:
    if case.holder.container_type != _LRU_CACHE or case.holder.bound is not None:
        return ""
    return f"the lru_cache {case.name} has no maxsize, and its keys are always new: set a maxsize, or remove the cache"


def _loggers(case: Case) -> str:
    if case.name != "loggerDict":
        return ""
    return "logging keeps every logger until the end: use one logger for each module, and pass the rest as arguments"


def _tasks(case: Case) -> str:
    if case.holder.root_kind is not RootKind.TASKS:
        return ""
    return f"tasks of {case.holder.path} never end: await or cancel them, or use a timeout"


def _kept_tasks(case: Case) -> str:
    if case.holder.entry_type.rpartition(".")[2] != "Task":
        return ""
    return f"{case.name} keeps its tasks: discard each task when it is done, and await or cancel tasks that never end"


def _futures(case: Case) -> str:
    package, _, kind = case.holder.entry_type.rpartition(".")
    if kind != "Future":
        return ""
    if package.startswith("concurrent."):  # of an executor, which does not forget to set results
        return f"{case.name} keeps futures with their results: remove each future when its result was used"
    return (
        f"{case.name} keeps futures that are not done: set their results, or cancel the tasks that wait for them, "
        "for example with a timeout"
    )


def _threads(case: Case) -> str:
    if case.holder.root_kind is not RootKind.THREADS:
        return ""
    return f"threads in {case.holder.path} never end: stop and join them, or use a pool"


def _exit_callbacks(case: Case) -> str:
    if case.holder.root_kind is not RootKind.EXIT_CALLBACKS:
        return ""
    return (
        "atexit keeps each callback and its arguments until the program ends: register once, or call atexit.unregister"
    )


def _fork_hooks(case: Case) -> str:
    if case.holder.root_kind is not RootKind.FORK_HOOKS:
        return ""
    return "a hook of os.register_at_fork can never be removed: register one function that uses weak references"


def _cycles(case: Case) -> str:
    if case.holder.root_kind is not RootKind.CYCLES:
        return ""
    return "the garbage collector is off, so reference cycles stay: break them, or call gc.collect() from time to time"


def _finalizers(case: Case) -> str:
    if case.holder.path != "weakref.finalize._registry":
        return ""
    return (
        "weakref.finalize keeps its callback and arguments as long as its object lives: call it or detach() it earlier"
    )


def _classes(case: Case) -> str:
    if not case.holder.entry_type.endswith(("Meta", "type")):
        return ""
    return "classes are created and registered while the program runs: create each class once and reuse it"


def _default_dict(case: Case) -> str:
    if case.holder.container_type != "collections.defaultdict":
        return ""
    return f"reading a missing key adds it to the defaultdict {case.name}: use .get() to read"


def _contexts(case: Case) -> str:
    if not case.holder.entry_type.endswith("Context"):
        return ""
    return "each context keeps the values that were set in it: remove contexts that are no longer needed"


def _exit_stack(case: Case) -> str:
    if case.name != "_exit_callbacks":
        return ""
    return "an exit stack keeps every callback until it is closed: use a separate stack for each piece of work"


def _listeners(case: Case) -> str:
    if not _LISTENER.search(case.name):
        return ""
    return f"entries of {case.name} stay until they are removed: remove each with its owner, or use weak references"


def _keyed_by_object(case: Case) -> str:
    key, _, value = case.holder.entry_type.partition(": ")
    if not value or not _CLASS.match(key):
        return ""
    return f"{case.name} keeps its keys alive: delete the entry with its object, or use a WeakKeyDictionary"


_FIXTURES: Final = "pytest.fixtures."
"""The name under which the runner of tests shows the values of fixtures that live longer than one test."""


def _long_lived(case: Case) -> str:
    holder = case.holder
    if holder.root_kind not in (RootKind.MODULE, RootKind.CLASS) or holder.bound is not None:
        return ""
    if holder.path.startswith(_FIXTURES):
        fixture = holder.path.removeprefix(_FIXTURES).partition(".")[0].partition("[")[0]
        return f"the fixture {fixture} lives longer than a test: empty it after each test, or use the function scope"
    return f"{case.name} belongs to the {holder.root} and lives as long as the program: remove entries, or set a limit"


PATTERNS: Final[tuple[Pattern, ...]] = (
    _cached_method,
    _unbounded_cache,
    _loggers,
    _tasks,
    _kept_tasks,
    _futures,
    _threads,
    _exit_callbacks,
    _fork_hooks,
    _cycles,
    _finalizers,
    _classes,
    _default_dict,
    _contexts,
    _exit_stack,
    _listeners,
    _keyed_by_object,
    _long_lived,
)
"""The most specific patterns first."""
