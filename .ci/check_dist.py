"""Checks what is to be published: contents, metadata, and an installation into a bare environment, of each file.

``python .ci/check_dist.py dist VERSION``. It ends with 1 and says what is wrong, or with 0.
"""

import email.parser
import os
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

NAME = "leakgate-ci"
"""The name ``leakgate`` on the package index belongs to another project."""
NEEDED = (
    "leakgate/py.typed",
    "leakgate/__main__.py",
    "leakgate/config/leakgate.schema.json",
    "leakgate/archive/forms/results.schema.json",
    "leakgate/report/html/report.css",
    "leakgate/probe/__main__.py",
)
"""A part of each kind: modules, data files, the probe."""
ROOTS_OF_WHEEL = ("leakgate", "leakgate_ci-{version}.dist-info")


def problems_of_wheel(path: Path, version: str) -> Iterator[str]:
    """What is wrong with a wheel."""
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        roots = {root.format(version=version) for root in ROOTS_OF_WHEEL}
        yield from (f"{path.name}: {name} does not belong there" for name in names if name.split("/")[0] not in roots)
        yield from (f"{path.name}: {name} is missing" for name in NEEDED if name not in names)
        info = f"leakgate_ci-{version}.dist-info"
        yield from _problems_of_metadata(wheel.read(f"{info}/METADATA").decode("utf-8"), path.name, version)
        if not any(name.startswith(f"{info}/licenses/") for name in names):
            yield f"{path.name}: the licence is missing"
        if "leakgate = leakgate.__main__:main" not in wheel.read(f"{info}/entry_points.txt").decode("utf-8"):
            yield f"{path.name}: the command is missing"


def problems_of_sdist(path: Path, version: str) -> Iterator[str]:
    """What is wrong with a source distribution."""
    root = f"leakgate_ci-{version}"
    with tarfile.open(path) as sdist:
        names = sdist.getnames()
        strange = [name for name in names if PurePosixPath(name).parts[0] != root]
        yield from (f"{path.name}: {name} does not belong there" for name in strange)
        needed = (*NEEDED, "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "PKG-INFO", "tests/conftest.py")
        yield from (f"{path.name}: {name} is missing" for name in needed if f"{root}/{name}" not in names)
        metadata = sdist.extractfile(f"{root}/PKG-INFO")
        if metadata is not None:
            yield from _problems_of_metadata(metadata.read().decode("utf-8"), path.name, version)


def _problems_of_metadata(text: str, where: str, version: str) -> Iterator[str]:
    found = email.parser.Parser().parsestr(text)
    expected = {"Name": NAME, "Version": version, "Requires-Python": ">=3.11", "License-Expression": "MIT"}
    for key, value in expected.items():
        if found[key] != value:
            yield f"{where}: {key} is {found[key]!r}, not {value!r}"
    if not found.get_payload():
        yield f"{where}: there is no description"
    if "OWNER" in str(found["Project-URL"]):
        yield f"{where}: an address still has OWNER in it"


def problems_of_installation(path: Path, version: str) -> Iterator[str]:
    """Install into a bare environment and ask for the version."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder)  # the pip that runs this can install into it
        scripts = Path(folder, "Scripts" if os.name == "nt" else "bin")
        pip = [sys.executable, "-m", "pip", "--python", str(scripts / "python")]
        install = [*pip, "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
        done = subprocess.run([*install, str(path.absolute())], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            yield f"{path.name}: cannot be installed: {done.stderr.strip()[-500:]}"
            return
        command = [str(scripts / "leakgate"), "--version"]
        asked = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        if asked.stdout.strip() != f"leakgate {version}":
            yield f"{path.name}: `leakgate --version` says {asked.stdout.strip()!r} {asked.stderr.strip()[-300:]!r}"


def main(folder: Path, version: str) -> int:
    """Check both files of a release."""
    wheels, sdists = sorted(folder.glob("*.whl")), sorted(folder.glob("*.tar.gz"))
    problems = [] if len(wheels) == len(sdists) == 1 else [f"{folder} holds {len(wheels)} wheels, {len(sdists)} sdists"]
    for path in wheels:
        problems += problems_of_wheel(path, version)
        problems += problems_of_installation(path, version)
    for path in sdists:
        problems += problems_of_sdist(path, version)
        problems += problems_of_installation(path, version)
    sys.stdout.write("".join(f"{problem}\n" for problem in problems) or f"{NAME} {version} is sound\n")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), sys.argv[2]))
