"""A name for a leak that stays the same when lines move, files are reformatted, or another leak appears."""

import hashlib
import re
from pathlib import PurePath
from typing import Final

from leakgate.model.explanation import Frame, GrowthSite, Holder

_LIBRARY: Final = re.compile(r".*/(?:site-packages|dist-packages|lib/python\d+(?:\.\d+)?t?|[Ll]ib)/")
_ANONYMOUS: Final = frozenset({"<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>", "<lambda>", "<locals>"})
LENGTH: Final = 12
"""Hexadecimal digits of a signature: 48 bits, so that two leaks of one project do not share one."""


def signature_of(site: GrowthSite, holder: Holder | None, root: str) -> str:
    """Twelve hexadecimal digits from the blamed function, the function that allocates, the kind and the holder.

    Line numbers, sizes and absolute paths are not included: paths are relative to ``root`` (the project's folder), or
    to ``site-packages`` for a library. Comprehensions and lambdas count as the function around them, because Python
    3.12 inlines some of them (PEP 709).
    """
    parts = [site.kind.value, _place(site.blamed, root), _place(site.frames[0], root)]
    if holder is not None:
        parts.append(f"{holder.root}|{holder.path}|{holder.container_type}")
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]


def _place(frame: Frame, root: str) -> str:
    return f"{portable_path(frame.file, root)}:{_function(frame.function)}"


def portable_path(file: str, root: str) -> str:
    """The path in a form that is equal on all machines: relative to the project, or to the folder of packages."""
    posix = file.replace("\\", "/")
    base = root.replace("\\", "/").rstrip("/")
    inside = posix.removeprefix(base + "/") if base else posix
    if inside != posix and not _LIBRARY.match(posix):
        return inside
    if _LIBRARY.match(posix):
        return _LIBRARY.sub("", posix, count=1)
    return PurePath(posix).name if posix.startswith("/") or ":" in posix else posix


def _function(qualified: str) -> str:
    return ".".join(part for part in qualified.split(".") if part not in _ANONYMOUS)
