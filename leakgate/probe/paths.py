"""The shortest path from a root of the program to an object: a breadth-first search from modules, frames and tasks.

Objects that this search does not reach are traced back through `gc.get_referrers` to an object that it did reach.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from . import interpreters, naming, piled_up, plain
from .kinds import CodeType, FrameType, GetSetDescriptorType, ModuleType
from .system import FOLDER, LIBRARY, system
from .whole_numbers import WholeNumbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator


_LIBRARY = LIBRARY + system.SEP
_MOST_NODES = 100_000
_MOST_CHILDREN = 400
_SOME_CHILDREN = 60
_MOST_CPU_S = 0.8
_LONGEST_S = 3.0
_SLICE_S = 0.004
_STAGES = 3
_SOME_MORE = 5_000
_MOST_FRAMES = 200
_OPTIMIZED = 1
"""Flag of code whose variables are not a namespace (CPython, `CO_OPTIMIZED`)."""

_LEAVES = frozenset(
    id(kind)
    for kind in (
        int,
        str,
        bytes,
        float,
        bool,
        complex,
        type(None),
        CodeType,
        GetSetDescriptorType,
        type(len),
        type(list.append),
        type(list.__len__),
        type([].__len__),
        type(...),
        type(NotImplemented),
    )
)


class Walk:
    """What is reached from the roots, each with where it was reached from."""

    def __init__(self) -> None:
        self.things: list[object] = []
        self._parents = WholeNumbers()
        self._index: dict[int, int] = {}
        self._kinds: dict[int, bool] = {}
        """By the id of a type, whether it is the probe's own."""
        self._roots: dict[int, naming.Root] = {}
        self._at = 0
        """Where to go on."""
        self._stages: list[int] = []
        """How far each may go, of those that were begun: modules, the outermost functions, the others."""
        self._cpu_ends = self._ends = float("inf")

    def run(self, wanted: Iterable[object]) -> Generator[float]:
        """Walk until all that is wanted was reached, or there is too much."""
        missing = {id(thing) for thing in wanted}.difference(self._index)
        yield from self._go_on(missing, lambda: not missing)

    def run_until(self, is_wanted: Callable[[object], bool]) -> Generator[float]:
        """Go on until something that is wanted was reached and a little more, or there is too much."""
        looked, enough_at = 0, float("inf")

        def is_enough() -> bool:
            nonlocal looked, enough_at
            while looked < len(self.things) and enough_at == float("inf"):
                if is_wanted(self.things[looked]):
                    enough_at = looked + _SOME_MORE
                looked += 1
            return self._at >= enough_at

        yield from self._go_on(set(), is_enough)

    def _go_on(self, missing: set[int], is_enough: Callable[[], bool]) -> Generator[float]:
        if not self.things:
            self._enter_modules()
            self._stages = [len(self.things)]
        while len(self._stages) < _STAGES:
            yield from self._expand_all(missing, is_enough)
            # What the outermost functions reach has the same way each time, whatever runs inside them at the moment.
            self._enter_variables(_frame_roots()[len(self._stages) - 1])
            missing.difference_update(self._index)
            self._stages.append(len(self.things) + _MOST_NODES)
        yield from self._expand_all(missing, is_enough)

    def name(self, chain: list[object]) -> naming.Path | None:
        """Words for a way that begins at a root; None for what is the probe's own."""
        if any(naming.belongs_to_probe(one) for one in chain):
            return None
        return naming.name_path(self._roots[id(chain[0])], chain)

    def _enter_modules(self) -> None:
        """Globals come before the variables of running functions, which are often only other names for them."""
        for text, landmark in naming.landmarks():
            self._enter(landmark, -1, naming.Root("module " + text.partition(".")[0], text))
        modules = [(name, module) for name, module in list(sys.modules.items()) if type(name) is str]
        modules.sort(key=lambda pair: _foreignness(pair[1]))
        for name, module in modules:
            namespace = plain.module_dict(module)
            if namespace is not None and name.partition(".")[0] != __package__ and not _is_probe(namespace):
                self._enter(namespace, -1, naming.Root("module " + name, name))

    def _enter_variables(self, roots: list[naming.Root]) -> None:
        for root in roots:
            for _, value in root.variables:
                self._enter(value, -1, root)
        for task in piled_up.tasks():
            self._enter(task, -1, naming.Root("asyncio", "task"))

    def _expand_all(self, missing: set[int], is_enough: Callable[[], bool]) -> Generator[float]:
        """Go on until there is enough, all was reached, or this stage has taken its share."""
        self._cpu_ends, self._ends = system.cpu_time() + _MOST_CPU_S, system.monotonic() + _LONGEST_S
        while self._at < min(len(self.things), self._stages[-1]) and not is_enough() and not self.is_late():
            self._at = self._expand_some(self._at, missing)
            yield 0.0
        self._cpu_ends, self._ends = system.cpu_time() + _MOST_CPU_S, system.monotonic() + _LONGEST_S

    def _expand_some(self, at: int, missing: set[int]) -> int:
        """Go on from one index for a few milliseconds; returns where to go on."""
        until = system.monotonic() + _SLICE_S
        while at < len(self.things) and system.monotonic() < until:
            self._expand(at, missing)
            at += 1
        return at

    def _enter(self, thing: object, parent: int, root: naming.Root | None = None) -> None:
        kind = type(thing)
        if id(thing) in self._index or id(kind) in _LEAVES:
            return
        if id(kind) not in self._kinds:
            self._kinds[id(kind)] = naming.is_of_probe(kind)
        if self._kinds[id(kind)]:
            return  # a path through the probe is not a path of the program
        self._index[id(thing)] = len(self.things)
        self.things.append(thing)
        self._parents.append(parent)
        if root is not None:
            self._roots[id(thing)] = root

    def _expand(self, at: int, missing: set[int]) -> None:
        thing = self.things[at]
        children = plain.referents(thing)
        if len(children) > _MOST_CHILDREN and not plain.is_kind(type(thing), type, ModuleType):
            wanted = [child for child in children if id(child) in missing]
            children = children[:_SOME_CHILDREN] + wanted + children[-2 * _SOME_CHILDREN :]
        for child in children:
            if id(type(child)) in _LEAVES or id(child) in self._index:
                continue
            self._enter(child, at)
            missing.discard(id(child))

    def is_late(self) -> bool:
        """Processor time counts; where the machine is busy, so does the clock in the end."""
        return system.cpu_time() > self._cpu_ends or system.monotonic() > self._ends

    def met(self) -> Iterator[tuple[object, object]]:
        """What was reached, each with what it was reached from, None for a root; the nearest first."""
        for at, parent in enumerate(self._parents):
            yield self.things[at], self.things[parent] if parent >= 0 else None

    def chain_to(self, thing: object) -> list[object] | None:
        """The objects from a root to this one; None where it was not reached."""
        at = self._index.get(id(thing))
        if at is None:
            return None
        chain = []
        while at >= 0:
            chain.append(self.things[at])
            at = self._parents[at]
        chain.reverse()
        return chain


def _frame_roots() -> tuple[list[naming.Root], list[naming.Root]]:
    """The variables of the functions that run, but the probe's: of each thread's outermost, and of the others."""
    outer: list[naming.Root] = []
    inner: list[naming.Root] = []
    for thread, top in list(interpreters.current_frames().items()):
        found: list[naming.Root] = []
        frame: FrameType | None = top if thread != get_ident() else None
        for _ in range(_MOST_FRAMES):
            if frame is None:
                break
            named = [] if frame.f_code.co_filename.startswith((FOLDER, "<frozen")) else naming.variables(frame)
            if named:
                name = plain.code_name(frame.f_code)
                found.append(naming.Root("frame " + name, name + "()", named))
            frame = frame.f_back
        outer += found[-1:]
        inner += reversed(found[:-1])
    return outer, inner


def _foreignness(module: object) -> int:
    """Modules of the project come before installed packages, and those before the standard library."""
    namespace = plain.module_dict(module)
    file = dict.get(namespace, "__file__") if namespace is not None else None
    if type(file) is not str:
        return 3
    if "-packages" in file:
        return 1
    return 2 if file.startswith(_LIBRARY) else 0


def _is_probe(namespace: dict[str, object]) -> bool:
    file = dict.get(namespace, "__file__")
    return type(file) is str and file.startswith(FOLDER)
