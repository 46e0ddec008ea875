"""The shortest path from a root of the program to an object: a breadth-first search from modules, frames and tasks.

Objects that this search does not reach are traced back through `gc.get_referrers` to an object that it did reach.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from . import contexts, interpreters, naming, piled_up, plain
from .awake import awake_s
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

LONG_TEXT = 4_096
"""A text with at least this many characters or bytes is recorded, because a program may replace it by a longer copy."""
_TEXTS = frozenset((id(str), id(bytes)))
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
    """The objects that the roots lead to, each with the object through which it was reached."""

    def __init__(self) -> None:
        self.things: list[object] = []
        self.texts: list[tuple[int, object]] = []
        """Long texts, each once, with the index of the object through which it was reached; -1 for a variable of a
        running function."""
        self._texts: set[int] = set()
        """Ids of these texts."""
        self._parents = WholeNumbers()
        self._index: dict[int, int] = {}
        self._kinds: dict[int, bool] = {}
        """Whether a type belongs to the probe, by the id of the type."""
        self._roots: dict[int, naming.Root] = {}
        self._at = 0
        """Index of the next object to expand."""
        self._stages: list[int] = []
        """The index up to which each started stage may expand. The stages are modules, the outermost functions, and the
        others."""
        self._cpu_ends = self._ends = float("inf")

    def run(self, wanted: Iterable[object]) -> Generator[float]:
        """Walk until all wanted objects are reached, or a limit is reached. Yields seconds to wait."""
        missing = {id(thing) for thing in wanted}.difference(self._index)
        yield from self._walk(missing, lambda: not missing)

    def run_until(self, is_wanted: Callable[[object], bool]) -> Generator[float]:
        """Walk until a wanted object and `_SOME_MORE` others are reached, or a limit. Yields seconds to wait."""
        looked, enough_at = 0, float("inf")

        def is_enough() -> bool:
            nonlocal looked, enough_at
            while looked < len(self.things) and enough_at == float("inf"):
                if is_wanted(self.things[looked]):
                    enough_at = looked + _SOME_MORE
                looked += 1
            return self._at >= enough_at

        yield from self._walk(set(), is_enough)

    def _walk(self, missing: set[int], is_enough: Callable[[], bool]) -> Generator[float]:
        if not self.things:
            self._enter_modules()
            self._stages = [len(self.things)]
        while len(self._stages) < _STAGES:
            yield from self._expand_all(missing, is_enough)
            # Outermost functions come first: the paths through them do not depend on what runs at the moment.
            self._enter_variables(_frame_roots()[len(self._stages) - 1])
            if len(self._stages) == 1:
                self._enter_contexts()  # once for each walk, because it reads the whole list of the collector
            missing.difference_update(self._index)
            self._stages.append(len(self.things) + _MOST_NODES)
        yield from self._expand_all(missing, is_enough)

    def name(self, chain: list[object]) -> naming.Path | None:
        """Return the path of a chain that begins at a root; None if an object on it belongs to the probe."""
        if any(naming.belongs_to_probe(one) for one in chain):
            return None
        return naming.name_path(self._roots[id(chain[0])], chain)

    def _enter_modules(self) -> None:
        """Enter the globals, before the variables of running functions, which often refer to the same objects."""
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

    def _enter_contexts(self) -> None:
        for context in contexts.contexts():
            self._enter(context, -1, naming.Root("context variables", "context"))

    def _expand_all(self, missing: set[int], is_enough: Callable[[], bool]) -> Generator[float]:
        """Expand until there is enough, all objects are expanded, or this stage has used its limits."""
        self._cpu_ends, self._ends = system.cpu_time() + _MOST_CPU_S, awake_s() + _LONGEST_S
        while self._at < min(len(self.things), self._stages[-1]) and not is_enough() and not self.is_late():
            self._at = self._expand_some(self._at, missing)
            yield 0.0
        self._cpu_ends, self._ends = system.cpu_time() + _MOST_CPU_S, awake_s() + _LONGEST_S

    def _expand_some(self, at: int, missing: set[int]) -> int:
        """Expand from an index on for a few milliseconds, and return the next index."""
        until = system.monotonic() + _SLICE_S
        while at < len(self.things) and system.monotonic() < until:
            self._expand(at, missing)
            at += 1
        return at

    def _enter(self, thing: object, parent: int, root: naming.Root | None = None) -> None:
        kind = type(thing)
        if id(kind) in _LEAVES:
            long = id(kind) in _TEXTS and len(thing) >= LONG_TEXT  # type: ignore[arg-type]
            if long and id(thing) not in self._texts:
                self._texts.add(id(thing))
                self.texts.append((parent, thing))
                if root is not None:
                    self._roots.setdefault(id(thing), root)
            return
        if id(thing) in self._index:
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
            kind = id(type(child))
            if kind in _LEAVES and (kind not in _TEXTS or len(child) < LONG_TEXT):  # type: ignore[arg-type]
                continue
            if id(child) in self._index:
                continue
            self._enter(child, at)
            missing.discard(id(child))

    def is_late(self) -> bool:
        """Whether the limit of processor time is reached, or on a busy machine the longer limit of time."""
        return system.cpu_time() > self._cpu_ends or awake_s() > self._ends

    def met(self) -> Iterator[tuple[object, object]]:
        """Yield each object with the object through which it was reached (None for a root), the nearest first."""
        for at, parent in enumerate(self._parents):
            yield self.things[at], self.things[parent] if parent >= 0 else None

    def chain_to_text(self, parent: int, text: object) -> list[object]:
        """Return the objects from a root to a text."""
        return [*(self.chain_to(self.things[parent]) or []), text] if parent >= 0 else [text]

    def chain_to(self, thing: object) -> list[object] | None:
        """Return the objects from a root to this one; None if it was not reached."""
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
    """Return roots for the running functions, without the probe's: the outermost of each thread, and the others."""
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
    """Sort key: modules of the project come first, then installed packages, then the standard library."""
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
