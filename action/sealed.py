"""The step of the Action that installs: lists everything that the reporting step runs or believes.

The next step computes a digest of it, before any script runs. This needs the standard library only.
"""

import os
import ssl
import sys
import sysconfig
from pathlib import Path

ALL_LEVELS = 99
"""Depth for a whole folder, or for one file."""
ONE_LEVEL = 1
"""Depth for the files of a folder, without its subfolders: those of a folder of libraries are not loaded."""
ACTION = Path(__file__).parents[1]


def main(event: str, libraries: str) -> None:
    """Write one line for each path: the depth, a space, and the path."""
    lines = (f"{depth} {path}" for path, depth in sealed(event, libraries).items())
    sys.stdout.buffer.write(os.fsencode("\n".join(lines)))  # text mode on Windows would write \r\n


def sealed(event: str, libraries: str) -> dict[str, int]:
    """Return path -> depth. A path may be missing: then the digest says that it is.

    ``event``: the file that says which pull request this is. ``libraries``: the value of LD_LIBRARY_PATH for Python.
    """
    base = Path(sys.base_prefix)
    whole = [Path(sys.prefix), *(ACTION / name for name in ("action", "leakgate", "requirements"))]
    whole += [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")] + [base / "DLLs"]
    whole += [Path(event)] if event else []
    # Shared libraries: those of Python, those that the loader prefers to the system's, and the settings of OpenSSL.
    flat = [base, base / "lib", base / sys.platlibdir, Path(ssl.get_default_verify_paths().openssl_cafile).parent]
    flat += [Path(name) for name in libraries.split(os.pathsep) if name]
    # `find` does not follow a link that it starts at, so links are resolved. The links to Python are sealed as links.
    depths = {os.path.realpath(path): ONE_LEVEL for path in flat}
    depths |= {os.path.realpath(path): ALL_LEVELS for path in whole}
    return depths | dict.fromkeys(map(str, _decides_how_python_starts()), ALL_LEVELS)


def _decides_how_python_starts() -> list[Path]:
    """Return the executable, every link to it, and files that are usually missing: if present, they change sys.path.

    The last are those that CPython's getpath looks for beside its executable.
    """
    link = Path(sys.executable)
    found = [link]
    while link.is_symlink():
        link = Path(os.path.normpath(link.parent / link.readlink()))
        found.append(link)
    markers = ("pybuilddir.txt", "Modules", "Lib", sys.platlibdir, f"{link.name}._pth")
    folders = {Path(os.path.realpath(link)).parent, *(one.parent for one in found[1:])}
    return [*found, *(folder / name for folder in sorted(folders) for name in markers)]


if __name__ == "__main__":
    main(*sys.argv[1:])
