"""Whose code a file is: the project's, an installed package's, or Python's own. Decided by its path alone."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final


class Origin(StrEnum):
    """Whose code a line belongs to."""

    PROJECT = "project"
    """The measured project: a leak can be fixed there."""
    PACKAGE = "package"
    """An installed package."""
    STDLIB = "stdlib"
    """The standard library, frozen code, or code without a file."""


_PACKAGE_FOLDERS: Final = frozenset({"site-packages", "dist-packages"})
_COMMAND_FOLDERS: Final = frozenset({"bin", "Scripts"})
_STDLIB: Final = re.compile(
    r"(?:^|/)(?:lib(?:64)?/(?:python|pypy)\d+(?:\.\d+)?t?|python\d+\.zip)/|^[A-Za-z]:/(?:.*/)?[Ll]ib/"
)
"""POSIX names the version below ``lib``; Windows has a folder ``Lib`` on a drive (sysconfig, ``stdlib``)."""
_NO_FILE: Final = re.compile(r"^<.*>$")


def origin_of(file: str) -> Origin:
    """Whose code a file is. ``file``: a path as a traceback names it."""
    if _NO_FILE.match(file):
        return Origin.STDLIB
    if not _PACKAGE_FOLDERS.isdisjoint(_parts(file)):
        return Origin.PACKAGE
    return Origin.STDLIB if _STDLIB.search(_posix(file)) else Origin.PROJECT


def is_console_script(file: str, called: str) -> bool:
    r"""Whether ``file`` is the script that an installer wrote for a command of the installed package of ``called``.

    Both lie in one environment: ``/venv/bin/crawl`` and ``/venv/lib/python3.12/site-packages/crawler/cli.py``. On
    Windows the script is ``Scripts\crawl.exe\__main__.py``.
    """
    parts = _parts(file)
    at = next((index for index, part in enumerate(parts[:-1]) if part in _COMMAND_FOLDERS), None)
    return at is not None and _parts(called)[:at] == parts[:at] and origin_of(called) is Origin.PACKAGE


def library_part(file: str) -> str:
    """The path below the folder of packages or of the standard library; empty for a file of the project.

    ``/usr/lib/python3.12/asyncio/events.py`` gives ``asyncio/events.py``.
    """
    parts = _parts(file)
    last = max((index for index, part in enumerate(parts[:-1]) if part in _PACKAGE_FOLDERS), default=None)
    if last is not None:
        return "/".join(parts[last + 1 :])
    found = None
    for found in _STDLIB.finditer(_posix(file)):  # noqa: B007 - the last one counts
        pass
    return _posix(file)[found.end() :] if found is not None else ""


def installed_modules(file: str) -> Iterator[tuple[str, str]]:
    """The folder of installed packages that a file lies in, and the top-level module there; none for other files."""
    parts = _parts(file)
    for index, part in enumerate(parts[:-1]):
        if part in _PACKAGE_FOLDERS:
            yield "/".join(parts[: index + 1]), parts[index + 1].removesuffix(".py")


def _parts(file: str) -> list[str]:
    return _posix(file).split("/")


def _posix(file: str) -> str:
    return file.replace("\\", "/")
