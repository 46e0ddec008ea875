"""Which entry of the baseline is used for a script that has no entry of its own in this environment. Pure.

A new Python, or a new name of a script, does not make an accepted leak a new one.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace

from leakgate.blame.signature import portable_path
from leakgate.model.baseline import AcceptedLeak, Baseline, BaselineEntry, EntryName
from leakgate.model.report import Leak


def entry_of_other_environment(baseline: Baseline, own: EntryName) -> BaselineEntry | None:
    """The entry of the script from the nearest other environment; None if there is none, or nothing grew there.

    Its peak is left out: resident memory of two Pythons or systems is not comparable.
    """
    known = [
        (key, entry)
        for key, entries in sorted(baseline.environments.items())
        if key != own.environment and (entry := entries.get(own.script)) is not None
    ]
    if not known:
        return None
    key, entry = min(known, key=lambda pair: _distance(own.environment, pair[0]))
    if entry.growth_bytes_per_s <= 0 and not entry.leaks:
        return None
    return replace(entry, peak_bytes=0, taken_from=EntryName(key, own.script))


def _distance(own: str, other: str) -> tuple[bool, bool, bool, int]:
    """How different two environments are: system, machine, implementation, then minor versions of Python."""
    (implementation, python, *system), (other_implementation, other_python, *other_system) = (
        key.split("-", 3) for key in (f"{own}---", f"{other}---")
    )
    return (
        system[:1] != other_system[:1],
        system[1:] != other_system[1:],
        implementation != other_implementation,
        abs(_minor(python) - _minor(other_python)),
    )


def _minor(version: str) -> int:
    minor = version.rpartition(".")[2]
    return int(minor) if minor.isdecimal() and len(minor) < 6 else 0


def entry_of_earlier_name(
    baseline: Baseline, own: EntryName, leaks: tuple[Leak, ...], configured: Collection[str], root: str
) -> BaselineEntry | None:
    """The entry of a name that the config no longer has, if its leaks are those of this script; else None.

    ``configured``: the names of all scripts of the config. ``root``: the project's folder.
    """
    if not configured:
        return None
    entries = baseline.environments.get(own.environment, {})
    rated = [(_likeness(leaks, entry.leaks, root), name) for name, entry in entries.items() if name not in configured]
    score, name = max(rated, default=(0.0, ""))
    return replace(entries[name], taken_from=EntryName(own.environment, name)) if score > 0 else None


def _likeness(leaks: tuple[Leak, ...], accepted: tuple[AcceptedLeak, ...], root: str) -> float:
    """Return the share of the growth that the accepted leaks explain.

    A leak counts half if only the function, or only the file, is the same.
    """
    signatures = {one.signature for one in accepted}
    functions = {one.where.rpartition(":")[2] for one in accepted} - {""}
    files = {one.where.rpartition(":")[0] for one in accepted}

    def shares() -> Iterator[float]:
        for leak in leaks:
            frame = leak.site.blamed
            if leak.signature in signatures:
                yield leak.site.share
            elif frame.function in functions or portable_path(frame.file, root) in files:
                yield leak.site.share / 2

    return sum(shares())
