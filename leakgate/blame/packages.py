"""Finds the installed distributions in a traceback, by the metadata folders next to their files."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from leakgate.model.explanation import Package
from leakgate.model.origin import installed_modules

_METADATA: Final = re.compile(r"(?P<name>[A-Za-z0-9_.]{1,100})-(?P<version>[A-Za-z0-9_.!+]{1,60})\.dist-info")
_MOST_FOLDERS: Final = 5
_MOST_ENTRIES: Final = 20_000
_MOST_PACKAGES: Final = 50


def installed_packages(files: Iterable[str]) -> tuple[Package, ...]:
    """The distributions of these source files, sorted; those that share a namespace package are all named.

    Nothing is imported or opened: only names of folders are read. The paths come from the measured program.
    """
    found: set[Package] = set()
    for folder, modules in sorted(_folders(files).items())[:_MOST_FOLDERS]:
        for name in _entries(folder):
            match = _METADATA.fullmatch(name)
            if match is not None and _is_of(_normal(match["name"]), modules):
                found.add(Package(_normal(match["name"]), match["version"]))
    return tuple(sorted(found, key=lambda package: (package.name, package.version))[:_MOST_PACKAGES])


def _folders(files: Iterable[str]) -> dict[str, set[str]]:
    """Folder of installed packages -> top-level modules of these files there."""
    found: dict[str, set[str]] = {}
    for file in files:
        for folder, module in installed_modules(file):
            found.setdefault(folder, set()).add(_normal(module))
    return found


def _entries(folder: str) -> list[str]:
    try:
        return [entry.name for entry, _ in zip(Path(folder).iterdir(), range(_MOST_ENTRIES), strict=False)]
    except (OSError, ValueError):
        return []


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_of(distribution: str, modules: set[str]) -> bool:
    return any(distribution == module or distribution.startswith(module + "-") for module in modules)
