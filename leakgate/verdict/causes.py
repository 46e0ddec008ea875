"""The causes of the growth in a test suite: each once, with all tests that show it."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePath
from typing import Final

from leakgate.model.explanation import Frame, GrowthSite
from leakgate.model.origin import Origin
from leakgate.model.report import Leak, LeakPart
from leakgate.verdict.one_test import TestVerdict

_FIXTURES: Final = "pytest.fixtures."
"""How paths of holders that belong to a fixture begin. Another module may have another fixture of the same name."""


def by_cause(verdicts: Iterable[TestVerdict]) -> tuple[Leak, ...]:
    """Each cause once, with all tests that show it; the one that most tests show comes first."""
    return grouped(leak for verdict in verdicts for leak in verdict.leaks)


def grouped(leaks: Iterable[Leak]) -> tuple[Leak, ...]:
    """Return the leaks, each cause once; the leak that most tests show comes first.

    Leaks with the same signature have the same cause. So have leaks of one holder that differ only in lines of tests,
    and leaks whose holder is not known if the same calls below the test allocate them.
    """
    joined = _by_calls(_by_holder(_by_signature(leaks)))
    return tuple(sorted(joined, key=lambda leak: (-len(leak.tests), -_weight(leak))))


def _by_signature(leaks: Iterable[Leak]) -> list[Leak]:
    found: dict[str, Leak] = {}
    for leak in leaks:
        known = found.get(leak.signature)
        if known is None:
            found[leak.signature] = leak
            continue
        larger = leak if _weight(leak) > _weight(known) else known
        found[leak.signature] = replace(larger, tests=(*known.tests, *leak.tests))
    return list(found.values())


def _by_holder(leaks: list[Leak]) -> list[Leak]:
    groups: dict[object, list[Leak]] = {}
    for leak in leaks:
        groups.setdefault(_cause_of(leak), []).append(leak)
    return [_as_one(group) for group in groups.values()]


def _cause_of(leak: Leak) -> object:
    """Return what is equal for leaks of one cause: the holder, and the innermost line of the project outside of tests.

    A leak without a holder, or whose test is not known, has a cause of its own.
    """
    holder, files = leak.holder, _files_of_tests(leak)
    if holder is None or not _is_held(leak) or not files:
        return leak.signature
    inner = next((one for one in leak.site.frames if one.own and not _is_in(one, files)), None)
    kept_by = (holder.root, holder.path, holder.container_type)
    module = min(files) if holder.path.startswith(_FIXTURES) else ""
    line = None if inner is None else (inner.file, inner.line)
    return kept_by, module, line, leak.site.kind, leak.known, leak.suppressed_by


def _by_calls(leaks: list[Leak]) -> list[Leak]:
    """Join leaks without a holder if the same calls below the test allocate them, also with the only such held leak.

    Of many tests that grow, only the first ones are searched for their holder.
    """
    with_calls: dict[object, set[int]] = {}
    for number, leak in enumerate(leaks):
        if _is_held(leak):
            for part in leak.parts:
                with_calls.setdefault(_calls_below(leak, part.site), set()).add(number)
    groups: dict[object, list[Leak]] = {}
    for number, leak in enumerate(leaks):
        calls = None if _is_held(leak) else _calls_below(leak, leak.site)
        cause: object = number
        if calls is not None:
            held = with_calls.get(calls, set())
            cause = calls if not held else min(held) if len(held) == 1 else number
        groups.setdefault(cause, []).append(leak)
    return [_as_one(group) for group in groups.values()]


def _is_held(leak: Leak) -> bool:
    return leak.holder is not None and not leak.holder.weak


def _calls_below(leak: Leak, site: GrowthSite) -> object:
    """Return the calls that allocate, innermost first, without lines of tests; None without code of a package."""
    files = _files_of_tests(leak)
    own = next((at for at, one in enumerate(site.frames) if one.own), len(site.frames))
    last = own + 1 if own < len(site.frames) and not _is_in(site.frames[own], files) else own
    calls = site.frames[:last]
    if not files or own == len(site.frames) or all(one.origin is Origin.STDLIB for one in calls):
        return None
    return tuple((one.file, one.line) for one in calls), site.kind, leak.known, leak.suppressed_by


def _files_of_tests(leak: Leak) -> frozenset[str]:
    """Return the files of the tests that show a leak, as their ids have them; a callable has none."""
    return frozenset(name.partition("::")[0] for name in leak.tests if "::" in name)


def _is_in(frame: Frame, files: frozenset[str]) -> bool:
    """Whether a line belongs to one of the test files, or to a ``conftest.py``."""
    path = PurePath(frame.file.replace("\\", "/"))
    return path.name == "conftest.py" or any(
        path.parts[-len(parts) :] == parts for parts in (PurePath(file).parts for file in files)
    )


def _as_one(leaks: list[Leak]) -> Leak:
    """Return one leak with the figures of the largest one, all tests, and the places of the others."""
    first, *others = sorted(leaks, key=lambda leak: -_weight(leak))
    if not others:
        return first
    seen = {part.signature for part in first.parts}
    also: list[LeakPart] = []
    for leak in others:
        new = [part for part in leak.parts if part.signature not in seen]
        also += [replace(part, per_call=leak.growth_of(part)) for part in new]
        seen.update(part.signature for part in new)
    tests = dict.fromkeys(test for leak in leaks for test in leak.tests)
    advice = next((leak.advice for leak in (first, *others) if leak.advice), "")
    return replace(first, also=(*first.also, *also), tests=tuple(tests), advice=advice)


def _weight(leak: Leak) -> float:
    per_call = leak.per_call
    explained = 1.0 if leak.holder is not None else 0.0
    return (per_call.bytes if per_call is not None else 0.0) + 1e9 * explained
